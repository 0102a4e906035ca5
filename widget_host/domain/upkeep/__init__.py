"""What the host remembers of its own running: signs of life, checks of the books, who did what."""
