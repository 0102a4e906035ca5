"""Issuing points: deciding, asking programs, settling what came of it, now or later."""
