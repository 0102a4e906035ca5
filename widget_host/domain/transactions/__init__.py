"""Turning value into points: previewing, issuing, reading back."""
