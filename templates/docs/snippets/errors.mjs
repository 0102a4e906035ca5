const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function send(path, body, tries = 4) {
  for (let wait = 1; wait < 2 ** tries; wait *= 2) {
    const answer = await post(path, body).catch(() => null);
    if (answer?.ok) return answer.json();
    if (answer?.status === 401) await authenticate();
    else if (!answer || answer.status === 429 || answer.status >= 500)
      await pause(Number(answer?.headers.get("Retry-After") ?? wait));
    else throw Object.assign(new Error("refused"), await answer.json());
  }
  throw new Error("The outcome is unknown: send the same request again later.");
}

try {
  const small = { ...order, value: 1, quoteId: null, referenceNumber: `order-${crypto.randomUUID()}` };
  await send("/transactions", small);
} catch (refusal) {
  console.log(`${refusal.code}: ${refusal.detail}`);
}
