"""Which transactions a list shows: of a period, in pages."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from widget_host.kit.errors import FieldError, InvalidFields
from widget_host.web.api.shapes_programs import PROGRAM_ID
from widget_host.web.operations import Parameter
from widget_host.web.paging import PAGE_PARAMETERS, PageSize, page_size, read_cursor
from widget_host.web.parsing import NO_CONTROLS, Id, Query, Text

EPOCH_SECONDS = "^[0-9]{10}$"
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
    *PAGE_PARAMETERS,
)


class Period(Query):
    """A period in epoch seconds, both ends included; of one program, if named."""

    start_date: EpochSeconds
    end_date: EpochSeconds
    program_id: Id | None = None
    limit: PageSize = None
    cursor: Annotated[Text, Field(max_length=200)] | None = None

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
        moment, transaction_id = read_cursor(self.cursor, 2)
        try:
            return datetime.fromisoformat(moment).replace(tzinfo=UTC), transaction_id
        except ValueError:
            raise InvalidFields([FieldError("cursor", "malformed", "This cursor is not one of this list.")]) from None
