"""Opens widgets: a launch token is exchanged for a session, in one round trip to the database."""
