const order = {
  ...asked,
  quoteId: preview.quoteId,
  destinationAccount: account,
  referenceNumber: `order-${crypto.randomUUID()}`,
};
const issued = await (await post("/transactions", order)).json();
console.log(issued.id, issued.status);

const readBack = await get(`/transactions/${order.referenceNumber}`);
console.log(readBack.id, readBack.totalPoints);
