from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.clock import START
from widget_host.domain.endpoints import rules
from widget_host.domain.endpoints.rules import BASIC, OAUTH2, Authentication, Details, Health, Tally
from widget_host.kit.addresses import AddressRules
from widget_host.kit.errors import InvalidFields

RULES = AddressRules(development=False)
URL = "https://hook.example/"
BY_PASSWORD = Authentication(BASIC, username="host", credential="secret")
TOKEN = {"token_url": "https://id.example/token", "client_id": "me", "credential": "secret"}


class TestCheck:
    @pytest.mark.parametrize("said", [Authentication(), BY_PASSWORD, Authentication(OAUTH2, **TOKEN)])
    def test_takes_what_can_be_sent_to(self, said: Authentication) -> None:
        rules.check(Details(url=URL, authentication=said, event_types=("LINKED",)), RULES)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"url": "http://hook.example/"}, "url"),
            ({"url": "https://169.254.169.254/latest"}, "url"),
            ({"event_types": ("transaction.pending",)}, "eventTypes"),
            ({"authentication": Authentication(BASIC, username="host")}, "authentication.password"),
            ({"authentication": Authentication(BASIC, credential="x")}, "authentication.username"),
            ({"authentication": Authentication(BASIC, username="a:b", credential="x")}, "authentication.username"),
            ({"authentication": Authentication(OAUTH2, **{**TOKEN, "client_id": None})}, "authentication.clientId"),
            (
                {"authentication": Authentication(OAUTH2, **{**TOKEN, "token_url": "https://127.0.0.1/"})},
                "authentication.tokenUrl",
            ),
        ],
    )
    def test_names_what_is_wrong(self, changes: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidFields) as refused:
            rules.check(Details(**{"url": URL, **changes}), RULES)
        assert [error.field for error in refused.value.errors] == [field]


class TestHealth:
    def test_trips_at_seven_failures_of_ten_within_five_minutes(self) -> None:
        health = Health().after(Tally(failures=6), START).after(Tally(successes=3), START)
        assert health.tripped_at is None
        assert health.after(Tally(failures=1), START).tripped_at == START

    def test_forgets_failures_after_five_minutes(self) -> None:
        health = Health().after(Tally(failures=9), START)
        later = START + timedelta(minutes=5, seconds=1)
        assert health.after(Tally(failures=1), later).tripped_at is None

    def test_is_as_if_nothing_had_been_once_a_probe_is_taken(self) -> None:
        tripped = Health().after(Tally(failures=10), START)
        assert tripped.probe_at == START + timedelta(seconds=30)
        assert tripped.after(Tally(successes=1), START) == Health()

    def test_rests_again_when_a_probe_fails(self) -> None:
        later = START + timedelta(seconds=30)
        again = Health().after(Tally(failures=10), START).after(Tally(failures=1), later)
        assert (again.tripped_at, again.probe_at) == (START, later + timedelta(seconds=30))

    @pytest.mark.parametrize(
        ("hours", "failures", "is_given_up"), [(119, 50, False), (120, 4, False), (120, 5, True), (200, 5, True)]
    )
    def test_is_given_up_after_five_days_of_failures_alone(self, hours: int, failures: int, is_given_up: bool) -> None:
        health = Health(failing_since=START, failures=failures)
        assert health.is_given_up(START + timedelta(hours=hours)) is is_given_up

    def test_is_not_given_up_when_one_of_many_was_taken(self) -> None:
        health = Health().after(Tally(failures=5), START).after(Tally(successes=1, failures=3), START)
        assert health.failing_since is None


class TestSigningOrder:
    @pytest.mark.parametrize(
        ("stages", "order"),
        [
            ([("SIGNING", "a")], ("a",)),
            ([("STAGED", "b"), ("SIGNING", "a")], ("a", "b")),
            ([("SIGNING", "b"), ("ENDING", "a")], ("b", "a")),
            ([("STAGED", "c"), ("SIGNING", "b"), ("ENDING", "a")], ("b", "a", "c")),
            ([("STAGED", "b"), ("ENDING", "a")], ()),
            ([("ENDED", "a")], ()),
            ([], ()),
        ],
    )
    def test_puts_the_one_that_signs_alone_first(self, stages: list[tuple[str, str]], order: tuple[str, ...]) -> None:
        assert rules.signing_order(stages) == order
