"""The rules of the business: no web, no outgoing calls, no commit."""
