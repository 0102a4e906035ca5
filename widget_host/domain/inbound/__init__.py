"""Webhooks that come in: the secrets that sign them, and what came before."""
