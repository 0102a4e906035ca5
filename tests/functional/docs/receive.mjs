// Posts to the page's receiver what comes in, and prints how each was answered and what was kept.
import { readFileSync } from "node:fs";

const kept = [];
globalThis.keepOnce = (event) => kept.push(event);
const { app, isGenuine } = await import("./hook.mjs");
const said = JSON.parse(readFileSync(0, "utf8"));

const now = Date.now;
const vectors = said.vectors.map((each) => {
  Date.now = () => each.now * 1000;
  return isGenuine(each.secret, each.timestamp, each["x-signature"], Buffer.from(each.body));
});
Date.now = now;

const server = app.listen(0, async () => {
  const posts = [];
  for (const { headers, body } of said.posts) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/hook`, { method: "POST", headers, body });
    posts.push(answer.status);
  }
  console.log(JSON.stringify({ vectors, posts, kept }));
  server.close();
  server.closeAllConnections();
});
