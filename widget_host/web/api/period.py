"""Which transactions a list shows: of a period, in pages."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from widget_host.web.answers import LETTERS
from widget_host.web.api.shapes_programs import PROGRAM_ID
from widget_host.web.operations import Parameter
from widget_host.web.paging import LIMIT_PARAMETER, PageSize, page_size
from widget_host.web.parsing import NO_CONTROLS, Id, Query

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_SECONDS = "^[0-9]{10}$"
# The last row of the page before: when it was made, in microseconds, and its id.
CURSOR = f"^[0-9]{{16}}\\.txn_[{LETTERS}]{{26}}$"
EpochSeconds = Annotated[str, Field(pattern=EPOCH_SECONDS)]
PERIOD_PARAMETERS = (
    Parameter(
        "startDate",
        "The first second of the period, in epoch seconds of ten digits.",
        {"type": "string", "pattern": EPOCH_SECONDS, "examples": ["1767225600"]},
        is_required=True,
    ),
    Parameter(
        "endDate",
        "The last second of the period, in epoch seconds of ten digits.",
        {"type": "string", "pattern": EPOCH_SECONDS, "examples": ["1893456000"]},
        is_required=True,
    ),
    Parameter(
        "programId",
        "Only transactions with this program.",
        {"type": "string", "minLength": 1, "maxLength": 120, "pattern": NO_CONTROLS, "examples": [PROGRAM_ID]},
    ),
    LIMIT_PARAMETER,
    Parameter(
        "cursor",
        "Where the page begins, from the `Link` header of the page before.",
        {"type": "string", "pattern": CURSOR},
    ),
)


class Period(Query):
    """A period in epoch seconds, both ends included; of one program, if named."""

    start_date: EpochSeconds
    end_date: EpochSeconds
    program_id: Id | None = None
    limit: PageSize = None
    cursor: Annotated[str, Field(pattern=CURSOR)] | None = None

    def ends(self) -> tuple[datetime, datetime]:
        """Return the first and the last moment."""
        start, end = (datetime.fromtimestamp(int(each), UTC) for each in (self.start_date, self.end_date))
        return start, end.replace(microsecond=999_999)

    def page_size(self) -> int:
        """Return how many rows a page has."""
        return page_size(self.limit)

    def after(self) -> tuple[datetime, str] | None:
        """Return the row after which the page begins."""
        if self.cursor is None:
            return None
        microseconds, _, transaction_id = self.cursor.partition(".")
        return EPOCH + timedelta(microseconds=int(microseconds)), transaction_id


def cursor_after(moment: datetime, transaction_id: str) -> str:
    """Return where the page after this row begins."""
    return f"{(moment - EPOCH) // timedelta(microseconds=1):016}.{transaction_id}"
