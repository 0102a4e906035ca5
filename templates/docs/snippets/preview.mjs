const asked = { programId: program.id, value: 25, currency: "USD" };
const preview = await (await post("/transactions/preview", asked)).json();
console.log(preview.totalPoints, program.programCurrency, "until", preview.expiresAt);
