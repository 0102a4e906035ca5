"""Rewards of several parts: what becomes of them when one part is refused in the end."""
