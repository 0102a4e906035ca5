"""Who calls the API, remembered for a second at most."""
