import pytest
from flask.testing import FlaskClient

from tests.functional.widgets.budgets import check_first_view, check_fragment
from tests.functional.widgets.conftest import Widget

# What is sent does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class TestBudgets:
    def test_hold_for_the_first_view(self, client: FlaskClient, widget: Widget) -> None:
        check_first_view(client, widget.page)

    def test_hold_for_every_fragment(self, widget: Widget, entry: dict[str, str]) -> None:
        for step in ("program", "preview", "amount", "review", "confirm"):
            check_fragment(widget.post(step, **{**entry, "amount": "1"}))
            check_fragment(widget.post(step, **entry))
        check_fragment(widget.confirm(**entry))
