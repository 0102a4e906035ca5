import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask.testing import FlaskClient

from tests.factories.issuers import Issuer
from tests.fakes.clock import StoppedClock
from widget_host.wiring import Wiring

FIELD = '{"name": "destinationUserId", "label": "Fjord number", "required": true, "pattern": "FJ[0-9]{8}"}'


class TestPrograms:
    def test_are_added_with_a_secret_shown_once_and_kept_sealed(self, desk: "Desk", wiring: Wiring) -> None:
        made = desk.program("--field", FIELD)
        with wiring.reading() as services:
            program = services.directory.get(made["id"])
        assert wiring.box.open(str(program.sealed_secret), owner=program.id) == made["secret"]
        assert made["secret"] not in desk.run("programs", "list", "--json").stdout
        assert made["fields"][0]["pattern"] == "FJ[0-9]{8}"

    def test_take_a_secret_that_is_given(self, desk: "Desk") -> None:
        assert desk.program("--secret", "agreed elsewhere")["secret"] == "agreed elsewhere"

    def test_can_be_changed_one_thing_at_a_time(self, desk: "Desk") -> None:
        made = desk.program()
        changed = desk.told("programs", "update", made["id"], "--unit", "Fjord Miles")
        assert changed == {name: value for name, value in made.items() if name != "secret"} | {"unit": "Fjord Miles"}

    def test_have_a_logo_of_their_own(self, desk: "Desk", tmp_path: Path) -> None:
        file = tmp_path / "logo.svg"
        file.write_bytes(b"<svg></svg>")
        made = desk.program("--logo", str(file))
        assert re.fullmatch(r"pictures/[0-9a-f]{64}\.svg", made["logo"])
        file.write_bytes(b"\x89PNG\r\n\x1a\n")
        assert desk.told("programs", "update", made["id"], "--logo", str(file))["logo"].endswith(".png")
        assert desk.told("programs", "update", made["id"], "--unit", "Miles")["logo"].endswith(".png")

    @pytest.mark.parametrize(
        ("content", "said"),
        [(b"GIF89a", "is none of them"), (b"<svg>" + b" " * 65536, "at most 64 KiB"), (None, "No such file")],
    )
    def test_are_refused_with_what_is_no_picture(
        self, desk: "Desk", tmp_path: Path, content: bytes | None, said: str
    ) -> None:
        file = tmp_path / "logo.svg"
        if content is not None:
            file.write_bytes(content)
        refused = desk.run(*desk.NEW, "--logo", str(file))
        assert refused.exit_code in (1, 2)
        assert said in refused.output

    @pytest.mark.parametrize(
        ("option", "text"),
        [
            ("--base-url", "ftp://points.example"),
            ("--base-url", "https://user:password@points.example"),
            ("--unit", "x" * 61),
            ("--currency", "XYZ"),
            ("--field", "[]"),
            ("--field", '{"name": "zip"}'),
            ("--field", '{"name": "destinationUserId", "pattern": "("}'),
            ("--field", '{"name": "destinationUserId", "pattern": "[0-9]", "example": "A"}'),
            ("--field", '{"name": "destinationUserId", "required": "yes"}'),
            ("--field", '{"name": "destinationUserId", "sort": 1}'),
        ],
    )
    def test_are_refused_with_what_nobody_could_use(self, desk: "Desk", option: str, text: str) -> None:
        refused = desk.run(*desk.NEW, option, text)
        assert refused.exit_code in (1, 2)
        assert refused.exception is None or isinstance(refused.exception, SystemExit)


class TestPartnerships:
    def test_prepare_production_without_a_key_to_it(self, desk: "Desk", client: FlaskClient) -> None:
        made = desk.partnership("--price", "0.02")
        assert (made["enabled"], made["pricePerPoint"], made["minValue"]) == (True, "0.02", 1)
        credentials = {"client_id": desk.issuer.client_id, "client_secret": ""}
        assert client.post("/auth/token", json=credentials).status_code == 401

    def test_change_what_is_named_and_keep_the_rest(self, desk: "Desk") -> None:
        made = desk.partnership("--price", "0.02")
        changed = desk.partnership("--max-value", "50.50", "--disabled", verb="update")
        assert changed == made | {"maxValue": 50.5, "enabled": False}
        assert desk.told("partnerships", "list", *desk.production) == {"partnerships": [changed]}

    @pytest.mark.parametrize(
        "terms",
        [
            ("--price", "0"),
            ("--price", "nothing"),
            ("--price", "0.000000001"),
            ("--price", "1", "--min-points", "9", "--max-points", "8"),
            ("--price", "1", "--min-value", "0"),
            ("--price", "1", "--max-value", "1.001"),
        ],
    )
    def test_are_refused_with_terms_nobody_could_sell_by(self, desk: "Desk", terms: tuple[str, ...]) -> None:
        refused = desk.run("partnerships", "create", *desk.production, "--program-id", desk.program()["id"], *terms)
        assert refused.exit_code in (1, 2)

    def test_keep_the_two_worlds_apart(self, desk: "Desk") -> None:
        real, imaginary = desk.program()["id"], next(iter(desk.issuer.programs.values()))
        for environment, program in (("sandbox", real), ("production", imaginary)):
            which = ("--client-id", desk.issuer.client_id, "--environment", environment, "--program-id", program)
            refused = desk.run("partnerships", "create", *which, "--price", "1")
            assert "is not a program for" in refused.output

    def test_are_made_once(self, desk: "Desk") -> None:
        desk.partnership("--price", "0.02")
        again = desk.run("partnerships", "create", *desk.production, "--program-id", desk.programs[-1], "--price", "1")
        assert "already" in again.output


class TestCampaigns:
    def test_begin_and_end_by_the_clock(self, desk: "Desk", wiring: Wiring, clock: StoppedClock) -> None:
        desk.partnership("--price", "0.02")
        made = desk.campaign("--starts", "2026-01-31T10:10:00", "--ends", "2026-01-31T10:20:00")
        assert [self.bonus(desk, wiring), made["startsAt"]] == [None, "2026-01-31T10:10:00.000Z"]
        clock.advance(minutes=10)
        assert self.bonus(desk, wiring) == "12.5"
        clock.advance(minutes=10)
        assert self.bonus(desk, wiring) is None

    def test_can_be_ended_and_taken_back(self, desk: "Desk", wiring: Wiring, clock: StoppedClock) -> None:
        desk.partnership("--price", "0.02")
        on, later = (
            desk.campaign("--ends", "2027-01-01"),
            desk.campaign("--starts", "2026-06-01", "--ends", "2027-01-01"),
        )
        clock.advance(minutes=1)
        for each in (on, later):
            assert desk.run("campaigns", "end", *desk.production, each["id"]).exit_code == 0
        assert self.bonus(desk, wiring) is None
        (left,) = desk.told("campaigns", "list", *desk.production)["campaigns"]
        assert (left["id"], left["endsAt"]) == (on["id"], "2026-01-31T10:01:00.000Z")

    @pytest.mark.parametrize(
        "wrong",
        [("--bonus-percent", "0"), ("--bonus-percent", "x"), ("--issuer-share", "101"), ("--ends", "2020-01-01")],
    )
    def test_are_refused_when_they_could_not_run(self, desk: "Desk", wrong: tuple[str, ...]) -> None:
        desk.partnership("--price", "0.02")
        refused = desk.run(*desk.new_campaign("--ends", "2027-01-01", *wrong))
        assert refused.exit_code == 1

    def test_of_another_environment_are_not_found(self, desk: "Desk") -> None:
        desk.partnership("--price", "0.02")
        made = desk.campaign("--ends", "2027-01-01")
        sandbox = ("--client-id", desk.issuer.client_id, "--environment", "sandbox")
        assert desk.run("campaigns", "end", *sandbox, made["id"]).exit_code == 1

    def bonus(self, desk: "Desk", wiring: Wiring) -> str | None:
        with wiring.reading() as services:
            environment = services.organizations.get_environment_of_client(desk.issuer.client_id, "production")
            (offer,) = services.programs.list_offers(environment.id)
        return None if offer.campaign is None else str(offer.campaign.bonus_percent)


class TestOrganizations:
    def test_say_what_is_known_of_them(self, desk: "Desk") -> None:
        which = ("organizations", "update", "--client-id", desk.issuer.client_id)
        desk.told(*which, "--no-points-mode", "--profile", "legalEntity=Northwind plc", "--profile", "name=Northwind")
        shown = desk.told(*which)
        assert (shown["name"], shown["profile"]["legalEntity"]) == ("Northwind", "Northwind plc")
        assert (shown["pointsMode"], shown["kybApproved"]) == (False, False)

    @pytest.mark.parametrize("said", ["colour=red", "name=", "localCurrency=EUR", "legalEntity"])
    def test_have_no_other_fields(self, desk: "Desk", said: str) -> None:
        which = ("organizations", "update", "--client-id", desk.issuer.client_id)
        assert desk.run(*which, "--profile", said).exit_code in (1, 2)

    def test_enter_production_when_everything_is_in_place(self, desk: "Desk", client: FlaskClient) -> None:
        opening = ("organizations", "open-production", "--client-id", desk.issuer.client_id)
        assert "KYB is not approved" in desk.run(*opening).output
        desk.told("organizations", "update", "--client-id", desk.issuer.client_id, "--kyb-approved")
        assert "no partnership is enabled" in desk.run(*opening).output
        desk.partnership("--price", "0.02", "--disabled")
        assert "no partnership is enabled" in desk.run(*opening).output
        desk.partnership("--enabled", verb="update")
        made = desk.told(*opening)
        assert made.keys() == {"environmentId", "tenantKey", "clientSecret"}
        credentials = {"client_id": desk.issuer.client_id, "client_secret": made["clientSecret"]}
        assert client.post("/auth/token", json=credentials).status_code == 200


class TestHooks:
    def test_secrets_are_shown_once_and_ended(self, desk: "Desk") -> None:
        desk.partnership("--price", "0.02")
        made = desk.told("hooks", "add-secret", *desk.production)
        assert made["url"].startswith("http://localhost/hooks/tnt_")
        assert desk.told("hooks", "list-secrets", *desk.production)["secrets"][0]["id"] == made["id"]
        assert desk.run("hooks", "end-secret", *desk.production, made["id"]).exit_code == 0
        assert desk.run("hooks", "end-secret", *desk.production, made["id"]).exit_code == 1
        assert desk.told("hooks", "list-secrets", *desk.production) == {"secrets": []}

    def test_secrets_are_five_at_most(self, desk: "Desk") -> None:
        desk.partnership("--price", "0.02")
        made = [desk.run("hooks", "add-secret", *desk.production).exit_code for _ in range(6)]
        assert made == [0, 0, 0, 0, 0, 1]


class Desk:
    """An operator with one issuer to bring into production."""

    NEW = ("programs", "create", "--name", "Fjord Line", "--base-url", "https://fjord-line.example/api")

    def __init__(self, run: Callable[..., Result], told: Callable[..., Any], issuer: Issuer) -> None:
        self.run, self.told, self.issuer = run, told, issuer
        self.production = ("--client-id", issuer.client_id, "--environment", "production")
        self.programs: list[str] = []

    def program(self, *options: str) -> Any:
        made = self.told(*self.NEW, *options)
        self.programs.append(made["id"])
        return made

    def partnership(self, *terms: str, verb: str = "create") -> Any:
        program = self.program()["id"] if verb == "create" else self.programs[-1]
        return self.told("partnerships", verb, *self.production, "--program-id", program, *terms)

    def new_campaign(self, *options: str) -> tuple[str, ...]:
        which = (*self.production, "--program-id", self.programs[-1])
        return ("campaigns", "create", *which, "--name", "Spring", "--bonus-percent", "12.5", *options)

    def campaign(self, *options: str) -> Any:
        return self.told(*self.new_campaign(*options))


@pytest.fixture
def desk(run: Callable[..., Result], told: Callable[..., Any], issuer: Issuer) -> Desk:
    return Desk(run, told, issuer)
