"""Outgoing HTTP: every address others chose is checked, looked up once and pinned before anything is sent."""
