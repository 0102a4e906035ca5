import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import AURORA, Issuer
from tests.functional.widgets.budgets import check_first_view, check_fragment
from tests.functional.widgets.multibrand.conftest import Open, draft_of

# What is sent does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class TestBudgets:
    def test_hold_for_the_first_view(self, client: FlaskClient, open_card: Open, chosen: Issuer) -> None:
        check_first_view(client, open_card().page)

    @pytest.mark.parametrize("step", ["overview", "programs", "search", "account", "save"])
    def test_hold_for_every_fragment(self, open_card: Open, chosen: Issuer, step: str) -> None:
        widget = open_card()
        check_fragment(widget.post(step, draft=draft_of(widget.page), program=chosen.programs[AURORA]))
