"""A self-hosted loyalty points exchange with embeddable widgets."""

__version__ = "0.1.0"
