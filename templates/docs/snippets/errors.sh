# --retry waits and repeats on 408, 429, 500, 502, 503 and 504: the reference keeps that harmless.
curl -s --retry 3 "$HOST/transactions" -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d "{
  \"programId\": \"$PROGRAM\", \"value\": 1, \"currency\": \"USD\",
  \"destinationAccount\": {\"destinationUserId\": \"AC12345678\"},
  \"referenceNumber\": \"$REFERENCE-small\"}"
