"""What was sent, and sending it again."""
