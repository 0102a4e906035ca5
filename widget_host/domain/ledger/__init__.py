"""The double-entry ledger: append-only, integers, one asset per posting."""
