async function get(path) {
  const answer = await fetch(HOST + path, { headers: { Authorization: `Bearer ${token}` } });
  return answer.json();
}

const programs = await get("/programs");
for (const each of programs) console.log(each.name, each.pricePerPoint, each.localCurrency);

const program = programs.find((each) => each.name === "Aurora Club");
console.log(program.fields);
