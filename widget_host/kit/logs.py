"""Structured logs: one JSON object a line on the error stream, so that answers of commands stay clean."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from structlog.processors import TimeStamper, add_log_level, format_exc_info
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

# PostgreSQL repeats the row that it refused, and the text in which it found what it cannot read: somebody's data.
REFUSED_ROW = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)
SECRETS = re.compile(
    r"""whs_\w+_[\w-]{20,}                      # client secrets
      | eyJ[\w-]{10,}\.[\w-]+\.[\w-]+          # access tokens
      | (?:(?<=token=)|(?<=receipt=))[^&\s"']+ # what opens a widget or a receipt, in addresses
      | (?i:(?<=bearer\ )|(?<=basic\ ))[\w.~+/=-]{8,}
      | (?<=://)[^/@\s:]*:[^/@\s]+(?=@)       # passwords in addresses""",
    re.VERBOSE | re.ASCII,
)
# Each form has one of these in it, in small letters: to look for them takes a sixth of the time.
SIGNS = ("whs_", "eyj", "token=", "receipt=", "bearer ", "basic ", "://")
WITHHELD = "[withheld]"
_made: FilteringBoundLogger | None = None
_stamp = TimeStamper(fmt="iso", utc=True)
# Made once: one is made for each line else. What JSON does not know is written as Python shows it.
_write = json.JSONEncoder(default=repr).encode
_write_plain = msgspec.json.Encoder(enc_hook=lambda value: str(value) if isinstance(value, str) else repr(value)).encode


def written(line: Mapping[str, Any]) -> str:
    """Write a line in ASCII that can be shown: other letters may move a terminal's cursor."""
    try:
        text = _write_plain(line).decode()
    except (ValueError, TypeError, OverflowError):
        return _write(line)
    return text if text.isascii() and text.isprintable() else _write(line)


def withhold(line: EventDict) -> EventDict:
    """Take out what has the form of a credential: nobody logs one on purpose, a fault's text may hold one."""
    line.update({name: SECRETS.sub(WITHHELD, value) for name, value in line.items() if isinstance(value, str)})
    return line


def finish(logger: WrappedLogger, method: str, line: EventDict) -> str:
    """Say when and how bad, and write the line; one step, for each more would cost as much as the writing."""
    add_log_level(logger, method, line)
    _stamp(logger, method, line)
    if "exc_info" in line:
        format_exc_info(logger, method, line)
    _without_rows(line)
    text = written(line)
    # Most lines hold no sign of a credential, and JSON leaves signs as they are.
    lowered = text.lower()
    return written(withhold(line)) if any(map(lowered.__contains__, SIGNS)) else text


def configure(level: str) -> None:
    """Set up logging for the process."""
    structlog.configure(
        processors=[finish],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    global _made  # noqa: PLW0603 - one process has one configuration
    _made = structlog.get_logger().bind()


def logger() -> FilteringBoundLogger:
    """Return the logger as it is configured now; structlog's own stand-in makes one for each line."""
    return _made or structlog.get_logger()


def _without_rows(line: EventDict) -> None:
    if "exception" in line:
        line["exception"] = REFUSED_ROW.sub(r"\1: left out", str(line["exception"]))
