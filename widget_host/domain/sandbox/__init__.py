"""What only sandboxes have: a clock that can be moved."""
