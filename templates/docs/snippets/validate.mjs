function post(path, body) {
  return fetch(HOST + path, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

const account = { destinationUserId: "AC12345678" };
const checked = await post(`/programs/${program.id}/validate-member`, account);
console.log(await checked.json());
