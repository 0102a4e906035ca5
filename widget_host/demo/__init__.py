"""Northwind Bank: a partner's side of Widget Host, small enough to copy.

Read it in this order: ``config``, ``host`` (get a widget), ``webhooks`` (believe an event),
``store`` (debit once), ``bank`` (the pages). It imports nothing else of this project.
"""
