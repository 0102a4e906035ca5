curl -s "$HOST/programs/$PROGRAM/validate-member" -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" -d '{"destinationUserId": "AC12345678"}'
