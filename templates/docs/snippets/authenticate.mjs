const { HOST, CLIENT_ID, CLIENT_SECRET } = process.env;
let token;

async function authenticate() {
  const answer = await fetch(`${HOST}/auth/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      grant_type: "client_credentials",
    }),
  });
  if (!answer.ok) throw new Error(`no token: ${answer.status}`);
  token = (await answer.json()).access_token;
}

await authenticate();
