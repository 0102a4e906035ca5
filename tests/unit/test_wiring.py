import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from tests.fakes.clock import StoppedClock
from widget_host import migrations
from widget_host.config import Settings
from widget_host.kit.clock import SystemClock
from widget_host.wiring import Wiring


class TestReadiness:
    def test_is_good_with_a_migrated_database(self, wiring: Wiring) -> None:
        assert wiring.readiness() == {"database": True, "migrations": True}

    @pytest.mark.parametrize("mark", ["DELETE FROM alembic_version", "UPDATE alembic_version SET version_num = '0001'"])
    def test_sees_that_a_migration_is_missing(self, wiring: Wiring, mark: str) -> None:
        with wiring.database.engine.begin() as connection:
            connection.execute(text(mark))
        try:
            assert wiring.readiness() == {"database": True, "migrations": False}
        finally:
            self.put_back(wiring)

    def put_back(self, wiring: Wiring) -> None:
        with wiring.database.engine.begin() as connection:
            connection.execute(text("DELETE FROM alembic_version"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": self.newest()})

    def newest(self) -> str:
        return str(ScriptDirectory.from_config(migrations._config("")).get_current_head())

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_sees_that_the_database_is_away(self, settings: Settings, database_url: str) -> None:
        file = settings.database_file
        assert file is not None
        file.unlink()
        file.mkdir()
        wiring = Wiring(settings)

        assert wiring.readiness() == {"database": False, "migrations": False}


class TestWiring:
    def test_takes_the_machines_clock_unless_it_is_given_one(self, settings: Settings, clock: StoppedClock) -> None:
        assert isinstance(Wiring(settings).clock.machine, SystemClock)
        assert Wiring(settings, clock).clock.machine is clock

    def test_builds_each_service_once_in_a_unit(self, wiring: Wiring) -> None:
        with wiring.reading() as services:
            assert services.ledger is services.ledger
        with wiring.reading() as others:
            assert others.ledger is not services.ledger
