"""What a process of its own is told, to be another of the same installation."""

import os
from collections.abc import Mapping
from pathlib import Path

from widget_host.config import Settings

ROOT = Path(__file__).parents[2]


def environment_of(settings: Settings, **more: str) -> Mapping[str, str]:
    """Return the variables that make these settings again, and more by their short names."""
    told = {
        "DEVELOPMENT": "1",
        "INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": ",".join(settings.secret_keys),
        "BASE_URL": settings.base_url,
        "WORKER": "0",
        "LOG_LEVEL": "ERROR",
        **more,
    }
    return {**os.environ, "PYTHONPATH": str(ROOT)} | {f"WIDGET_HOST_{name}": value for name, value in told.items()}
