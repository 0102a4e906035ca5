account = {"destinationUserId": "AC12345678"}
checked = api.post(f"{HOST}/programs/{program['id']}/validate-member", json=account, timeout=10).json()
print(checked)
