TOKEN=$(curl -s "$HOST/auth/token" -d client_id="$CLIENT_ID" -d client_secret="$CLIENT_SECRET" |
  sed 's/.*"access_token":"\([^"]*\)".*/\1/')
