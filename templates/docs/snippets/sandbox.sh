curl -s "$HOST/sandbox/personas" -H "Authorization: Bearer $TOKEN"
curl -s "$HOST/transactions" -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d "{
  $asked,
  \"destinationAccount\": {\"destinationUserId\": \"sandbox-pending\"},
  \"referenceNumber\": \"$REFERENCE-pending\"}"
curl -s "$HOST/sandbox/clock" -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" -d '{"advance": "PT5S"}'
