"""Keeps an order that is decided, in one round trip to the database."""
