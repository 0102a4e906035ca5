"""The Multibrand widget: which programs a card's rewards go to, and how many percent each gets."""
