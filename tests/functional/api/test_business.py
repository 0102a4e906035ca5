from flask.testing import FlaskClient

from tests.factories.issuers import Issuer, make_issuer
from tests.fixtures import Api
from widget_host.wiring import Wiring

PROFILE = [
    "name",
    "programId",
    "programName",
    "legalEntity",
    "logo",
    "industry",
    "country",
    "address",
    "city",
    "zipCode",
    "localCurrency",
    "technicalContact",
    "technicalContactEmail",
    "billingContact",
    "billingContactEmail",
    "countryCode",
    "phone",
]


class TestProfile:
    def test_is_seventeen_texts_empty_where_nothing_was_told(self, api: Api) -> None:
        said = api.get("/business/profile").get_json()
        assert len(PROFILE) == 17
        assert said == dict.fromkeys(PROFILE, "") | {"name": "Northwind Bank", "localCurrency": "USD"}

    def test_shows_what_was_told(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        told = {name: f"the {name}" for name in PROFILE if name != "localCurrency"} | {"name": "Eastwind Bank"}
        with wiring.writing() as services:
            services.organizations.update_profile(services.organizations.get(issuer.organization_id), told)
        assert api.get("/business/profile").get_json() == told | {"localCurrency": "USD"}

    def test_is_the_callers_own(self, api: Api, client: FlaskClient, wiring: Wiring) -> None:
        stranger = Api(client, make_issuer(wiring, "Southwind Bank"))
        assert stranger.get("/business/profile").get_json()["name"] == "Southwind Bank"
