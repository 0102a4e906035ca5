"""What the bank is told by its environment, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

REQUIRED = ("BANK_CLIENT_ID", "BANK_CLIENT_SECRET", "BANK_WEBHOOK_SECRET", "BANK_DATABASE")
PORTS = range(1, 65536)


class Misconfigured(Exception):
    """A variable is missing or wrong; the message names it."""


@dataclass(frozen=True)
class Config:
    """Where Widget Host is, who the bank is there, and where the bank keeps its own data."""

    host_url: str
    client_id: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    database: Path
    port: int

    @property
    def host_origin(self) -> str:
        """The one origin this bank lets into a frame."""
        url = urlsplit(self.host_url)
        return f"{url.scheme}://{url.netloc}"


def read_config(environ: Mapping[str, str]) -> Config:
    """Read the ``BANK_*`` variables, or raise Misconfigured."""
    if missing := [name for name in REQUIRED if not environ.get(name)]:
        raise Misconfigured(f"Set {', '.join(missing)} in the environment.")
    host_url = environ.get("BANK_HOST_URL", "http://localhost:8000").rstrip("/")
    if urlsplit(host_url).scheme not in ("http", "https"):
        raise Misconfigured(f"BANK_HOST_URL must start with http:// or https://, not {host_url!r}.")
    port = environ.get("BANK_PORT", "8001")
    if not port.isdecimal() or int(port) not in PORTS:
        raise Misconfigured(f"BANK_PORT must be a port number, not {port!r}.")
    client_id, client_secret, webhook_secret, database = (environ[name] for name in REQUIRED)
    return Config(host_url, client_id, client_secret, webhook_secret, Path(database), int(port))
