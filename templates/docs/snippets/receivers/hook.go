package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"
)

var tenDigits = regexp.MustCompile(`^[0-9]{10}$`)

func isGenuine(secret, timestamp, signature string, body []byte) bool {
	// Looked at first: with "timestamp:body" the colon could be moved, same signature, other body.
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || !tenDigits.MatchString(timestamp) || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + ":"))
	mac.Write(body)
	return hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(signature))
}

func hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 256<<10))
	timestamp, signature := r.Header.Get("x-timestamp"), r.Header.Get("x-signature")
	if err != nil || !isGenuine(os.Getenv("WEBHOOK_SECRET"), timestamp, signature, body) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if keepOnce(body) != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
