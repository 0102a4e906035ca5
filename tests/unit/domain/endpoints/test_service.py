from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.factories.books import Books
from tests.fakes.clock import StoppedClock
from widget_host.domain.endpoints.models import Endpoint, EndpointSecret
from widget_host.domain.endpoints.rules import (
    BASIC,
    Authentication,
    Details,
    EndpointLimit,
    Receiver,
    SecretInUse,
    Tally,
)
from widget_host.kit.errors import InvalidFields, NotFound
from widget_host.wiring import Wiring

URL = "http://127.0.0.1:9/hook"
BY_PASSWORD = Authentication(BASIC, username="höst", credential="pässword")


class Kept:
    """An endpoint, each call a unit of work of its own."""

    def __init__(self, wiring: Wiring, environment_id: str, details: Details) -> None:
        self.wiring = wiring
        self.environment_id = environment_id
        with wiring.writing() as services:
            endpoint, self.secret = services.endpoints.create(environment_id, details)
            self.id = endpoint.id

    def read(self) -> Endpoint:
        with self.wiring.reading() as services:
            return services.endpoints.get(self.environment_id, self.id)

    def receiver(self) -> Receiver:
        with self.wiring.reading() as services:
            return services.endpoints.receivers([self.id])[self.id]

    def stage(self) -> tuple[str, str]:
        with self.wiring.writing() as services:
            made, secret = services.endpoint_secrets.add(services.endpoints.get(self.environment_id, self.id))
            return made.id, secret

    def promote(self, secret_id: str, overlap: timedelta = timedelta(hours=24)) -> None:
        with self.wiring.writing() as services:
            endpoint = services.endpoints.get(self.environment_id, self.id)
            services.endpoint_secrets.promote(endpoint, secret_id, overlap)

    def end(self, secret_id: str) -> None:
        with self.wiring.writing() as services:
            services.endpoint_secrets.end(services.endpoints.get(self.environment_id, self.id), secret_id)


class TestCreate:
    def test_keeps_every_secret_sealed(self, wiring: Wiring, books: Books) -> None:
        kept = Kept(wiring, books.environment_id, Details(url=URL, authentication=BY_PASSWORD))

        with wiring.database.reading() as session:
            endpoint = session.get_one(Endpoint, kept.id)
            (secret,) = session.query(EndpointSecret).all()
        assert "credential" not in endpoint.authentication
        assert wiring.box.open(str(endpoint.sealed_credential), owner=books.environment_id) == "pässword"
        assert wiring.box.open(secret.sealed_secret, owner=books.environment_id) == kept.secret

    def test_makes_no_more_than_an_environment_may_have(
        self, wiring: Wiring, books: Books, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("widget_host.domain.endpoints.rules.MOST_ENDPOINTS", 1)
        Kept(wiring, books.environment_id, Details(url=URL))
        with pytest.raises(EndpointLimit):
            Kept(wiring, books.environment_id, Details(url=URL))


class TestUpdate:
    def test_changes_what_is_named_and_nothing_else(self, kept: Kept) -> None:
        with kept.wiring.writing() as services:
            services.endpoints.update(kept.environment_id, kept.id, {"description": "Ours", "per_second": 5})

        read = kept.read()
        assert (read.description, read.per_second, read.url) == ("Ours", 5, URL)
        assert kept.receiver().secrets == (kept.secret,)

    def test_keeps_a_password_that_is_not_said_again(self, wiring: Wiring, books: Books) -> None:
        kept = Kept(wiring, books.environment_id, Details(url=URL, authentication=BY_PASSWORD))
        with wiring.writing() as services:
            services.endpoints.update(kept.environment_id, kept.id, {"ordered": True})

        assert kept.receiver().authentication == BY_PASSWORD

    def test_changes_nothing_where_something_is_wrong(self, kept: Kept) -> None:
        with kept.wiring.writing() as services, pytest.raises(InvalidFields):
            services.endpoints.update(kept.environment_id, kept.id, {"url": "nowhere", "description": "Ours"})
        assert kept.read().description == ""


class TestEnable:
    def test_forgets_the_failures(self, kept: Kept) -> None:
        with kept.wiring.writing() as services:
            services.endpoints.note({kept.id: Tally(failures=20, is_gone=True)})
        assert (kept.read().enabled, kept.read().disabled_reason) == (False, "gone")
        with kept.wiring.writing() as services:
            services.endpoints.enable(kept.environment_id, kept.id)

        read = kept.read()
        assert (read.enabled, read.disabled_reason, read.tripped_at, read.failures) == (True, None, None, 0)


class TestDelete:
    def test_leaves_nothing_to_be_found_and_no_secret(self, kept: Kept, books: Books) -> None:
        with kept.wiring.writing() as services:
            services.endpoints.delete(kept.environment_id, kept.id)

        with pytest.raises(NotFound):
            kept.read()
        assert books.count("webhook_secrets") == 0


class TestSecrets:
    def test_are_staged_then_promoted_then_ended(self, kept: Kept, clock: StoppedClock) -> None:
        new_id, new = kept.stage()
        assert kept.receiver().secrets == (kept.secret, new)
        kept.promote(new_id)
        assert kept.receiver().secrets == (new, kept.secret)
        clock.advance(hours=24)
        assert kept.receiver().secrets == (new,)

    def test_end_at_once_where_no_overlap_is_wanted(self, kept: Kept) -> None:
        new_id, new = kept.stage()
        kept.promote(new_id, timedelta(0))
        assert kept.receiver().secrets == (new,)

    @pytest.mark.parametrize("overlap", [timedelta(days=7, seconds=1), timedelta(seconds=-1)])
    def test_overlap_no_longer_than_a_week(self, kept: Kept, overlap: timedelta) -> None:
        with pytest.raises(InvalidFields):
            kept.promote(kept.stage()[0], overlap)

    def test_are_five_at_most_and_one_of_them_staged(self, kept: Kept) -> None:
        for _ in range(4):
            kept.promote(kept.stage()[0], timedelta(days=7))
        with pytest.raises(EndpointLimit):
            kept.stage()

    def test_are_staged_one_at_a_time(self, kept: Kept) -> None:
        kept.stage()
        with pytest.raises(SecretInUse):
            kept.stage()

    def test_are_promoted_once(self, kept: Kept) -> None:
        new_id, _ = kept.stage()
        kept.promote(new_id)
        with pytest.raises(SecretInUse):
            kept.promote(new_id)

    def test_that_sign_are_not_ended_where_nothing_else_does(self, kept: Kept) -> None:
        new_id, _ = kept.stage()
        kept.promote(new_id)
        with pytest.raises(SecretInUse):
            kept.end(new_id)

    def test_may_all_end_where_there_is_a_password(self, wiring: Wiring, books: Books) -> None:
        kept = Kept(wiring, books.environment_id, Details(url=URL, authentication=BY_PASSWORD))
        with wiring.reading() as services:
            (only,) = services.endpoint_secrets.list_live(kept.read())
        kept.end(only.id)
        assert kept.receiver().secrets == ()

    def test_of_another_endpoint_are_not_found(self, kept: Kept, wiring: Wiring) -> None:
        other = Kept(wiring, kept.environment_id, Details(url=URL))
        with pytest.raises(NotFound):
            kept.promote(other.stage()[0])

    @pytest.mark.parametrize("table", [Endpoint, EndpointSecret])
    def test_that_cannot_be_opened_stop_everything(self, wiring: Wiring, books: Books, table: type[Endpoint]) -> None:
        kept = Kept(wiring, books.environment_id, Details(url=URL, authentication=BY_PASSWORD))
        column = "sealed_credential" if table is Endpoint else "sealed_secret"
        with wiring.database.writing() as session:
            session.execute(update(table).values({column: "0badc0de.AAAA"}))
        assert kept.receiver().problem == "the endpoint's secret cannot be opened with the configured keys"


@pytest.fixture
def kept(wiring: Wiring, books: Books) -> Kept:
    return Kept(wiring, books.environment_id, Details(url=URL))
