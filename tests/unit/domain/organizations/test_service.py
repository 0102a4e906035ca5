import pytest

from tests.factories.issuers import Issuer, make_issuer
from widget_host.config import Settings
from widget_host.kit.errors import InvalidFields, NotFound
from widget_host.kit.value import replace
from widget_host.wiring import Wiring


class TestCreate:
    def test_makes_an_organization_with_its_sandbox(self, wiring: Wiring) -> None:
        with wiring.writing() as services:
            organization, sandbox = services.organizations.create("  Northwind Bank ", local_currency="AED")

        assert (organization.name, organization.points_mode) == ("Northwind Bank", True)
        assert (sandbox.organization_id, sandbox.kind, sandbox.local_currency) == (organization.id, "sandbox", "AED")
        assert (sandbox.allowed_origins, sandbox.created_at) == ([], wiring.clock.now())

    def test_gives_nobody_the_keys_of_another(self, wiring: Wiring) -> None:
        with wiring.writing() as services:
            made = [services.organizations.create("Northwind Bank") for _ in range(2)]

        assert len({organization.client_id for organization, _ in made}) == 2
        assert len({sandbox.tenant_key for _, sandbox in made}) == 2

    @pytest.mark.parametrize("name", ["", "   "])
    def test_refuses_one_without_a_name(self, wiring: Wiring, name: str) -> None:
        with pytest.raises(InvalidFields, match="name"), wiring.writing() as services:
            services.organizations.create(name)


class TestGet:
    def test_finds_by_id(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            assert services.organizations.get(issuer.organization_id).client_id == issuer.client_id

    def test_refuses_what_is_not_there(self, wiring: Wiring) -> None:
        with wiring.reading() as services, pytest.raises(NotFound):
            services.organizations.get("org_unknown")


class TestGetEnvironment:
    def test_finds_by_id_and_by_tenant_key_and_by_client(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            organizations = services.organizations
            found = {
                organizations.get_environment(issuer.environment_id),
                organizations.find_environment_by_tenant_key(issuer.tenant_key),
                organizations.get_environment_of_client(issuer.client_id, "sandbox"),
            }
            assert [environment.id for environment in found if environment] == [issuer.environment_id]

    def test_refuses_what_is_not_there(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            assert services.organizations.find_environment_by_tenant_key("tnt_unknown") is None
            with pytest.raises(NotFound):
                services.organizations.get_environment("env_unknown")
            for client_id, kind in ((issuer.client_id, "production"), ("cli_unknown", "sandbox")):
                with pytest.raises(NotFound, match=kind):
                    services.organizations.get_environment_of_client(client_id, kind)


class TestAllowOrigins:
    def test_replaces_those_that_were_allowed(self, wiring: Wiring, issuer: Issuer) -> None:
        self.allow(wiring, issuer, "https://a.example", "https://A.example/", "https://b.example:8443")

        assert self.allowed(wiring, issuer) == ["https://a.example", "https://b.example:8443"]

    def test_names_each_bad_one_and_changes_nothing(self, wiring: Wiring, issuer: Issuer) -> None:
        before = self.allowed(wiring, issuer)

        with pytest.raises(InvalidFields) as raised:
            self.allow(wiring, issuer, "https://a.example", "nonsense", "https://b.example/path")
        assert [error.code for error in raised.value.errors] == ["scheme", "not_an_origin"]
        assert self.allowed(wiring, issuer) == before

    def test_takes_plain_http_in_development_alone(self, wiring: Wiring, issuer: Issuer, settings: Settings) -> None:
        self.allow(wiring, issuer, "http://127.0.0.1:8001")
        wiring.settings = replace(settings, development=False)

        with pytest.raises(InvalidFields):
            self.allow(wiring, issuer, "http://127.0.0.1:8001")

    def test_leaves_a_stranger_alone(self, wiring: Wiring, issuer: Issuer) -> None:
        stranger = make_issuer(wiring, "Elsewhere", origins=("https://elsewhere.example",))
        self.allow(wiring, issuer)

        assert (self.allowed(wiring, issuer), self.allowed(wiring, stranger)) == ([], ["https://elsewhere.example"])

    def allow(self, wiring: Wiring, issuer: Issuer, *origins: str) -> None:
        with wiring.writing() as services:
            services.organizations.allow_origins(services.organizations.get_environment(issuer.environment_id), origins)

    def allowed(self, wiring: Wiring, issuer: Issuer) -> list[str]:
        with wiring.reading() as services:
            return services.organizations.get_environment(issuer.environment_id).allowed_origins
