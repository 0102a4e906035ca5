from uuid import uuid4

order = {
    **asked,
    "quoteId": preview["quoteId"],
    "destinationAccount": account,
    "referenceNumber": f"order-{uuid4()}",
}
issued = api.post(f"{HOST}/transactions", json=order, timeout=30).json()
print(issued["id"], issued["status"])

read_back = api.get(f"{HOST}/transactions/{order['referenceNumber']}", timeout=10).json()
print(read_back["id"], read_back["totalPoints"])
