asked="\"programId\": \"$PROGRAM\", \"value\": 25, \"currency\": \"USD\""
PREVIEW=$(curl -s "$HOST/transactions/preview" -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" -d "{$asked}")
echo "$PREVIEW"
QUOTE=$(echo "$PREVIEW" | sed 's/.*"quoteId":"\([^"]*\)".*/\1/')
