"""Issuers and their environments."""
