"""The outbox of events and their delivery to the issuer's endpoints."""
