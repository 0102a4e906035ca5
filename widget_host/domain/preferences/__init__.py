"""What a card's rewards are turned into: programs and their allocation."""
