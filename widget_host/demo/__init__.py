"""Northwind Bank: a partner's side of Widget Host, small enough to copy.

Read it in this order: ``config``, ``host`` (get a widget), ``webhooks`` (believe an event),
``store`` (debit once), ``bank`` (the pages). It imports nothing else of this project. ``trouble`` and
``deliveries`` are for trying: they break the receiver, and show what Widget Host does then.
"""
