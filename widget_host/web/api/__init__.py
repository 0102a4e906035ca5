"""The API that the issuer's backend calls."""
