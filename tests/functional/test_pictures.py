"""Pictures that operators gave, as browsers get them."""

from flask.testing import FlaskClient

from tests.factories.issuers import AURORA, Issuer
from tests.fixtures import Api
from tests.functional.api.answers import problem
from widget_host.domain.partnering.rules import ProgramDetails
from widget_host.wiring import Wiring

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><style>path { fill: red }</style><script>alert(1)</script></svg>'
HOST = "http://localhost"


class TestShow:
    def test_can_do_nothing_even_where_it_is_opened_itself(self, client: FlaskClient, wiring: Wiring) -> None:
        shown = client.get(f"/{kept(wiring, DRAWING)}")
        assert (shown.status_code, shown.mimetype, shown.data) == (200, "image/svg+xml", DRAWING)
        policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        assert shown.headers["Content-Security-Policy"] == policy
        assert shown.headers["X-Content-Type-Options"] == "nosniff"

    def test_may_be_kept_for_ever(self, client: FlaskClient, wiring: Wiring) -> None:
        name = kept(wiring, DRAWING)
        assert kept(wiring, DRAWING) == name != kept(wiring, DRAWING + b"\n")
        assert client.get(f"/{name}").headers["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_finds_nothing_under_another_name(self, client: FlaskClient) -> None:
        problem(client.get(f"/pictures/{'0' * 64}.png"), 404, "NOT_FOUND")


class TestLogos:
    def test_are_listed_and_shown_in_the_widget(
        self, api: Api, client: FlaskClient, issuer: Issuer, wiring: Wiring
    ) -> None:
        name = kept(wiring, DRAWING)
        with wiring.writing() as services:
            services.directory.update(issuer.programs[AURORA], ProgramDetails(logo=name))
        logos = {program["name"]: program["logo"] for program in api.get("/programs").get_json()}
        assert logos.pop(AURORA) == f"{HOST}/{name}"
        assert all(logo.startswith(f"{HOST}/static/logos/") for logo in logos.values())
        launched = api.post("/auth/widget/point-exchange", {"sourceUserId": "user-1"}).get_json()
        assert f'src="/{name}"' in client.get(launched["widgetUrl"].removeprefix(HOST)).text


def kept(wiring: Wiring, content: bytes) -> str:
    with wiring.writing() as services:
        return services.pictures.keep(content)
