programs = api.get(f"{HOST}/programs", timeout=10).json()
for program in programs:
    print(program["name"], program["pricePerPoint"], program["localCurrency"])

program = next(each for each in programs if each["name"] == "Aurora Club")
print(program["fields"])
