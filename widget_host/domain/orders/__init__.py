"""Orders: their earlier answers, and what is kept of them."""
