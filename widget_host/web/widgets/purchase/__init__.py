"""The Purchase widget: an amount turned into points, step by step."""
