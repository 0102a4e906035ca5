"""What happened, and what was sent again, in an order that nothing can slip into: for who pulls."""
