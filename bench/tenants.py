"""Many environments, made by copying one: as many as keep each other's rows apart."""

from sqlalchemy import text

from bench.served import Site

COUNT = 100
COPIES = (
    "INSERT INTO organizations (id, name, client_id, points_mode, profile, kyb_approved_at, created_at)"
    " SELECT id || '_' || n, name, client_id || '_' || n, points_mode, profile, kyb_approved_at, created_at"
    " FROM organizations, generate_series(1, :count) n WHERE id = :organization",
    "INSERT INTO environments (id, organization_id, kind, tenant_key, local_currency, allowed_origins, return_urls,"
    " clock_ahead_ms, theme, created_at)"
    " SELECT 'env_' || n, organization_id || '_' || n, kind, tenant_key || '_' || n, local_currency, allowed_origins,"
    " return_urls, clock_ahead_ms, theme, created_at FROM environments, generate_series(1, :count) n"
    " WHERE id = :environment",
)
# One after another for each environment: who knows the first number knows them all.
OPENED = (
    "INSERT INTO ledger_accounts (environment_id, kind, holder, asset, guarded, created_at)"
    " SELECT 'env_' || n, kind, holder, asset, guarded, a.created_at FROM ledger_accounts a,"
    " generate_series(1, :count) n WHERE environment_id = :environment ORDER BY n, a.id"
)


def copy(site: Site) -> int:
    """Make `env_1` to `env_100` with the site's accounts, and return the first account's number."""
    ids = {"organization": site.issuer.organization_id, "environment": site.issuer.environment_id, "count": COUNT}
    with site.own.wiring.database.writing() as session:
        for statement in (*COPIES, OPENED):
            session.execute(text(statement), {name: ids[name] for name in ids if f":{name}" in statement})
        return int(session.scalars(text("SELECT min(id) FROM ledger_accounts WHERE environment_id = 'env_1'")).one())
