"""Who may call: client secrets, access tokens, widget launches and widget sessions."""
