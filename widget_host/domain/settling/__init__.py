"""What becomes of what was issued: asked about again, told by programs, taken back."""
