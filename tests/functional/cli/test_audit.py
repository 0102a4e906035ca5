from typing import Any

from tests.fakes.clock import StoppedClock
from tests.functional.cli.conftest import Run, Told
from widget_host.wiring import Wiring


class TestList:
    def test_prints_the_newest_first(self, run: Run, made: dict[str, Any]) -> None:
        run("environments", "update", *which(made), "--allowed-origin", "https://bank.example")
        lines = run("audit", "list").output.splitlines()
        assert [line.split()[1] for line in lines] == ["environment.changed", "secret.created"]
        assert lines[0].startswith("2026-01-31T10:00:00.000Z  environment.changed ")
        assert '"allowed_origins":["https://bank.example"]' in lines[0]

    def test_tells_the_same_as_json(self, told: Told, made: dict[str, Any]) -> None:
        (event,) = told("audit", "list")["events"]
        assert event.pop("id").startswith("aud_")
        secret_id = event["details"].pop("secret_id")
        assert secret_id.startswith("sec_")
        assert event == {
            "at": "2026-01-31T10:00:00.000Z",
            "event": "secret.created",
            "environmentId": made["environments"]["sandbox"]["environmentId"],
            "details": {},
        }

    def test_is_narrowed_by_client_event_and_moment(
        self, run: Run, told: Told, made: dict[str, Any], clock: StoppedClock
    ) -> None:
        other = told("organizations", "create", "Southwind Bank")
        clock.advance(minutes=1)
        told("secrets", "create", *which(other))
        counts = {
            options: len(told("audit", "list", *options)["events"])
            for options in (
                ("--client-id", made["clientId"]),
                ("--client-id", other["clientId"]),
                ("--event", "secret.created"),
                ("--event", "secret.revoked"),
                ("--since", "2026-01-31T10:01:00"),
                ("--limit", "2"),
            )
        }
        assert list(counts.values()) == [1, 2, 3, 0, 1, 2]

    def test_says_which_client_there_is_not(self, run: Run, wiring: Wiring) -> None:
        refused = run("audit", "list", "--client-id", "cli_unknown")
        assert (refused.exit_code, refused.output) == (1, "Error: Client cli_unknown has no sandbox environment.\n")


def which(made: dict[str, Any]) -> tuple[str, ...]:
    return ("--client-id", made["clientId"], "--environment", "sandbox")
