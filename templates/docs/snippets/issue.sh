REFERENCE="order-$(date +%s)"
curl -s "$HOST/transactions" -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d "{
  $asked, \"quoteId\": \"$QUOTE\",
  \"destinationAccount\": {\"destinationUserId\": \"AC12345678\"},
  \"referenceNumber\": \"$REFERENCE\"}"
curl -s "$HOST/transactions/$REFERENCE" -H "Authorization: Bearer $TOKEN"
