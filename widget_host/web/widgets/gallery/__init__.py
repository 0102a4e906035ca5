"""Every screen and state of the widgets side by side, for who works on them; made by what makes the real ones."""
