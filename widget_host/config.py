"""The settings: read once from `WIDGET_HOST_…` variables, wrong values named before anything starts."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from widget_host.kit.value import Value

PREFIX = "WIDGET_HOST_"
SECRET_LENGTH = 32
LOOPBACK = ("localhost", "127.0.0.1", "::1")
STORAGES = ("memory", "redis", "rediss", "redis+unix")
TRACING = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")
MOST_A_MINUTE = 1_000_000
MOST_AT_ONCE = 1024
HIGHEST_PORT = 65_535
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}

T = TypeVar("T")


class WrongSetting(ValueError):
    """A variable has a value that the host cannot start with; the message names it."""

    def __init__(self, name: str, why: str) -> None:
        """Name the variable with its prefix."""
        super().__init__(f"{PREFIX}{name}: {why}")


class Settings(Value, frozen=True, kw_only=True):
    """Everything that differs between one installation and another."""

    # INSTANCE: the folder for what this installation keeps on disk; made when missing. Default: ./instance
    instance: Path
    # DEVELOPMENT: 1 allows plain http and private webhook addresses; 0 is production: no default is made up for it.
    # Default: production where BASE_URL begins with https://, else a trial on this machine alone
    development: bool
    # DATABASE_URL: sqlite:///file.db or postgresql://user@host/name. Default: widget-host.db in the instance folder
    database_url: str
    # SECRET_KEY: one or several secrets of 32 characters or more, comma-separated, newest first: the first signs and
    # encrypts, all verify and decrypt. Keep an old one for as long as client or webhook secrets made under it are used.
    # Required in production; otherwise generated into the instance folder on the first run.
    secret_keys: tuple[str, ...]
    # BASE_URL: the address at which callers and browsers reach this host. Required in production; otherwise
    # http://localhost:8000
    base_url: str
    # SANDBOX_HOST, PRODUCTION_HOST: the host (and port, where it is not the usual one) that each environment's
    # callers use; a secret or token of the other environment is refused there. Default: any host, for both
    sandbox_host: str | None
    production_host: str | None
    # WORKER: 1 delivers webhooks from a thread of each server process, 0 leaves it to `widget-host worker`. Default: 1
    worker: bool
    # WORKER_CONCURRENCY: how many webhooks one worker sends at a time, 1 to 1024. Default: 64
    worker_concurrency: int
    # OUTGOING_PORTS: the ports that webhooks, token endpoints and programs may be reached at, comma-separated;
    # DEVELOPMENT allows every one. Default: 443,8443
    outgoing_ports: frozenset[int]
    # WEBHOOK_RETENTION_DAYS: for how many days attempts and ended deliveries are kept, 7 to 3650. Events stay.
    # 90 by default
    webhook_retention_days: int
    # LOG_LEVEL: DEBUG, INFO, WARNING or ERROR. Default: INFO
    log_level: str
    # PROXIES: how many reverse proxies of yours stand before this host, 0 to 10: so many values at the end of
    # X-Forwarded-For, -Proto and -Host are believed. Default: 0, the headers are not looked at
    proxies: int
    # RATE_LIMIT_STORAGE: memory:// counts in each server process for itself; redis://host:6379/0 (rediss:// with TLS,
    # redis+unix:///path) counts once for all processes and machines. Default: memory://
    rate_limit_storage: str
    # RATE_LIMIT_TOKENS: tokens a minute for each client, and token requests a minute from each address; 0 sets no
    # limit, here and below. Default: 120
    rate_limit_tokens: int
    # RATE_LIMIT_READS: GETs a minute for each client and environment, or each address where no client is known.
    # 1200 by default
    rate_limit_reads: int
    # RATE_LIMIT_WRITES: the same for everything else. Default: 6000
    rate_limit_writes: int
    # RATE_LIMIT_WIDGET: requests a minute of each open widget. Default: 240
    rate_limit_widget: int
    # MAINTENANCE: 1 shows whoever opens a widget a calm page (503) instead, and lets no step go on; the API, webhooks
    # and what is pending go on. Default: 0
    maintenance: bool
    # METRICS_TOKEN: the bearer that may read /metrics, 32 characters or more. Default: none; then /metrics answers
    # callers on this machine, while BASE_URL is an address of this machine, and nobody otherwise
    metrics_token: str | None
    # Spans are sent where one of the standard variables OTEL_EXPORTER_OTLP_ENDPOINT,
    # OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_TRACES_EXPORTER is set, and neither OTEL_SDK_DISABLED nor
    # OTEL_TRACES_EXPORTER=none says no. Needs the extra `otel`
    traces: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the variables, or raise WrongSetting for the first one that is wrong."""
        environment = os.environ if environment is None else environment
        read = _Reader(environment)
        development = read("DEVELOPMENT", None, lambda text: _switch(text) if text else None)
        default = None if development is False else "http://localhost:8000"
        base_url = read("BASE_URL", default, lambda text: _base_url(text, development=development))
        is_production = development is False or (development is None and base_url.startswith("https://"))
        instance = read("INSTANCE", "instance", lambda text: Path(text).absolute())
        return cls(
            instance=instance,
            development=bool(development),
            database_url=read("DATABASE_URL", f"sqlite:///{instance / 'widget-host.db'}", _database_url),
            secret_keys=read("SECRET_KEY", None, lambda text: _secret_keys(text, None if is_production else instance)),
            base_url=base_url,
            sandbox_host=read("SANDBOX_HOST", None, _host),
            production_host=read("PRODUCTION_HOST", None, _host),
            worker=read("WORKER", "1", _switch),
            worker_concurrency=read("WORKER_CONCURRENCY", "64", lambda text: _whole_number(text, 1, MOST_AT_ONCE)),
            outgoing_ports=read("OUTGOING_PORTS", "443,8443", _ports),
            webhook_retention_days=read("WEBHOOK_RETENTION_DAYS", "90", lambda text: _whole_number(text, 7, 3650)),
            log_level=read("LOG_LEVEL", "INFO", _log_level),
            proxies=read("PROXIES", "0", lambda text: _whole_number(text, 0, 10)),
            rate_limit_storage=read("RATE_LIMIT_STORAGE", "memory://", _storage),
            rate_limit_tokens=read("RATE_LIMIT_TOKENS", "120", _limit),
            rate_limit_reads=read("RATE_LIMIT_READS", "1200", _limit),
            rate_limit_writes=read("RATE_LIMIT_WRITES", "6000", _limit),
            rate_limit_widget=read("RATE_LIMIT_WIDGET", "240", _limit),
            maintenance=read("MAINTENANCE", "0", _switch),
            metrics_token=read("METRICS_TOKEN", None, _token),
            traces=_wants_traces(environment),
        )

    @property
    def metrics_folder(self) -> Path:
        """Where the processes of this installation count together."""
        return self.instance / "metrics"

    @property
    def is_local(self) -> bool:
        """Whether this host is a trial: reached by an address that means this machine alone."""
        return urlsplit(self.base_url).hostname in LOOPBACK

    @property
    def database_file(self) -> Path | None:
        """The file of an embedded database, None for a server."""
        url = make_url(self.database_url)
        return Path(str(url.database)).absolute() if url.get_backend_name() == "sqlite" else None


class _Reader:
    """Reads one variable at a time and puts its name on what is wrong with it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, name: str, default: str | None, parse: Callable[[str], T]) -> T:
        text = self._environment.get(PREFIX + name, "").strip() or default or ""
        try:
            return parse(text)
        except ValueError as error:
            raise WrongSetting(name, str(error)) from None


def _switch(text: str) -> bool:
    try:
        return SWITCH[text.lower()]
    except KeyError:
        raise ValueError(f"{text!r} is neither 1 nor 0") from None


def _whole_number(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
    return int(text)


def _ports(text: str) -> frozenset[int]:
    return frozenset(_whole_number(part.strip(), 1, HIGHEST_PORT) for part in text.split(","))


def _limit(text: str) -> int:
    return _whole_number(text, 0, MOST_A_MINUTE)


def _storage(text: str) -> str:
    if urlsplit(text).scheme not in STORAGES or "://" not in text:
        raise ValueError(f"this is none of {', '.join(f'{scheme}://' for scheme in STORAGES)}")
    return text


def _token(text: str) -> str | None:
    if text and (len(text) < SECRET_LENGTH or not text.isascii() or not text.isprintable() or " " in text):
        raise ValueError(f"a token has {SECRET_LENGTH} printable ASCII characters or more, and no space")
    return text or None


def _wants_traces(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(environment.get(name) for name in TRACING)


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"{text!r} is none of {', '.join(LOG_LEVELS)}")
    return text.upper()


def _database_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("this is not a database address such as sqlite:///host.db or postgresql://…") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise ValueError("only a SQLite file and PostgreSQL are supported")
    return text


def _base_url(text: str, *, development: bool | None) -> str:
    parts = urlsplit(text)
    if not text:
        raise ValueError("it is missing: the https address at which this host is reached")
    # The port is looked at for its own ValueError.
    is_origin = parts.hostname and parts.port != 0 and parts.username is None and parts.path in ("", "/")
    if parts.scheme not in ("http", "https") or not is_origin or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is not an address such as https://points.example.com")
    if parts.scheme == "http" and not (development or (development is None and parts.hostname in LOOPBACK)):
        raise ValueError(f"{text!r}: plain http is for development only ({PREFIX}DEVELOPMENT=1)")
    return text.rstrip("/")


def _host(text: str) -> str | None:
    if not text:
        return None
    parts = urlsplit(f"//{text.lower()}")
    if not parts.hostname or parts.netloc != text.lower() or parts.username is not None:
        raise ValueError(f"{text!r} is not a host such as sandbox.points.example.com")
    return parts.netloc


def _secret_keys(text: str, kept_in: Path | None) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    if any(len(key) < SECRET_LENGTH for key in keys):
        raise ValueError(f"each secret needs {SECRET_LENGTH} characters or more")
    if not keys and kept_in is None:
        raise ValueError(f"it is missing: production needs a secret of {SECRET_LENGTH} random characters or more")
    return keys or (_kept_secret(Path(str(kept_in)) / "secret-key"),)


def _kept_secret(file: Path) -> str:
    """Return the generated secret; of processes starting together the first one writes it, whole, for all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48), "utf-8")
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file.read_text("utf-8")
