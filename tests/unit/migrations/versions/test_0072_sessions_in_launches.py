import pytest

from tests.factories.issuers import Issuer
from tests.factories.orders import launch
from tests.factories.widgets import get_widget, open_widget
from widget_host import migrations
from widget_host.domain.access.rules import SessionEnded
from widget_host.kit.clock import SystemClock
from widget_host.wiring import Wiring


class TestMigration:
    def test_ends_sessions_and_leaves_launches_to_be_opened(
        self, wiring: Wiring, issuer: Issuer, database_url: str
    ) -> None:
        token = launch(wiring, issuer)
        before, _ = open_widget(wiring, token)
        wiring.end()
        migrations.downgrade(database_url, "0071")
        migrations.upgrade(database_url)

        with pytest.raises(SessionEnded):
            get_widget(wiring, before)
        after, opened = open_widget(wiring, token)
        assert get_widget(wiring, after) == opened

    @pytest.fixture
    def clock(self) -> SystemClock:
        """The machine's: a database that is migrated knows no other."""
        return SystemClock()

    @pytest.fixture
    def database_url(self, own_database_url: str) -> str:
        return own_database_url
