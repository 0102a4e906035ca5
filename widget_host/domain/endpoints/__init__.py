"""The addresses of issuers' backends: what they want, how they know us, and how they are."""
