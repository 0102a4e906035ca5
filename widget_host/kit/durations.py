"""ISO 8601 durations of a fixed length: days, hours, minutes, seconds; months and years differ and are refused."""

import re
from datetime import timedelta
from typing import Any

PATTERN = re.compile(
    r"P(?=[0-9T])(?:(?P<days>[0-9]{1,5})D)?(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,6})H)?"
    r"(?:(?P<minutes>[0-9]{1,7})M)?(?:(?P<seconds>[0-9]{1,9})S)?)?",
    re.ASCII,
)


def read_duration(text: Any) -> timedelta:
    """Return the duration that a text such as `PT1H` or `P1DT30M` says; raises ValueError for another text."""
    found = PATTERN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is not an ISO 8601 duration")
    return timedelta(**{unit: int(number) for unit, number in found.groupdict().items() if number})
