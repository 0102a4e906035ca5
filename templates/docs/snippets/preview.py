asked = {"programId": program["id"], "value": 25, "currency": "USD"}
preview = api.post(f"{HOST}/transactions/preview", json=asked, timeout=10).json()
print(preview["totalPoints"], program["programCurrency"], "until", preview["expiresAt"])
