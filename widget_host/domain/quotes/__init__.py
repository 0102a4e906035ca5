"""Prices held for two minutes."""
