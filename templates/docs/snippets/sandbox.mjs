const personas = await get("/sandbox/personas");
console.log(personas.map((persona) => persona.destinationUserId));

const pending = await send("/transactions", {
  ...asked,
  destinationAccount: { destinationUserId: "sandbox-pending" },
  referenceNumber: `order-${crypto.randomUUID()}`,
});
console.log(pending.id, pending.status);

const moved = await send("/sandbox/clock", { advance: "PT5S" });
console.log("ahead by", moved.aheadSeconds);
