"""Accounts at programs that customers used before, offered to them again."""
