"""Loyalty programs, the partnerships an environment has with them, and what a point costs."""
