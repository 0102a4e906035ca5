personas = api.get(f"{HOST}/sandbox/personas", timeout=10).json()
print([persona["destinationUserId"] for persona in personas])

waiting = {**asked, "destinationAccount": {"destinationUserId": "sandbox-pending"}}
pending = send("/transactions", {**waiting, "referenceNumber": f"order-{uuid4()}"})
print(pending["id"], pending["status"])

moved = send("/sandbox/clock", {"advance": "PT5S"})
print("ahead by", moved["aheadSeconds"])
