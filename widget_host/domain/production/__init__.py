"""An issuer's way into production."""
