"""Opens widgets, those of the same moment together: one statement on PostgreSQL, one turn of its writer on SQLite."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any, cast

from widget_host.domain.access.rules import (
    LAUNCH_LIFE,
    LONGEST_SESSION,
    SESSION_LIFE,
    OpenWidget,
    SessionEnded,
    Standing,
    bearer_prefix,
    request_of,
)
from widget_host.domain.access.service import WidgetSessions, read_launch_token
from widget_host.domain.accounts.rules import Holder
from widget_host.domain.accounts.service import read_accounts
from widget_host.domain.opening.queries import AT_ONCE, IN_TURN, MOST_TOGETHER
from widget_host.domain.programs.rules import Destination
from widget_host.kit import direct, wire
from widget_host.kit.clock import EnvironmentClock
from widget_host.kit.crypto import BearerHasher, SecretBox, new_secret
from widget_host.kit.db import Database, moment_of_sqlite
from widget_host.kit.gathering import Gathering
from widget_host.kit.lookups import Lookups
from widget_host.kit.signing import LaunchTokenSigner
from widget_host.kit.value import Value, asdict

# What the issuer said, and the accounts used before, each a program's id and what is sealed; null where there are none.
Found = tuple[dict[str, Any], list[tuple[str, str]] | None]
# Nobody sees a page come so much later, and those who come in at once then need half as many statements.
COMPANY_SECONDS = 0.004  # float: seconds


class Asked(Value, frozen=True):
    """A session to be written down in its launch, as `queries.ASKED` names it."""

    launch_id: str
    environment_id: str
    at: datetime
    session_hash: str
    asked_locale: str
    asked_theme: str


class Opened(Value, frozen=True):
    """A session that has just begun: its bearer, whose it is, and the accounts they used before, the last one first."""

    bearer: str
    widget: OpenWidget
    accounts: Mapping[str, Destination]


class Openings:
    """Exchanges launch tokens for sessions; what is asked of a tenant each time is remembered for a second at most."""

    def __init__(
        self,
        *,
        database: Database,
        clock: EnvironmentClock,
        sessions: Callable[[], AbstractContextManager[WidgetSessions]],
        signer: LaunchTokenSigner,
        hasher: BearerHasher,
        box: SecretBox,
        lookups: Lookups,
    ) -> None:
        """Take a way to read, what signs, hashes and opens what was sealed, and the memory."""
        self._database = database
        self._clock = clock
        self._sessions = sessions
        self._signer = signer
        self._hasher = hasher
        self._box = box
        self._lookups = lookups
        self._writing = Gathering[Asked, Found | None](
            self._write,
            most=MOST_TOGETHER,
            patience=COMPANY_SECONDS,
            around=partial(direct.keeping_line, database),
        )

    def open(self, token: str, widget: str, *, locale: str = "", theme: str = "") -> Opened:
        """Exchange a launch token for a session's bearer; the sessions it opened before end.

        `locale` and `theme` are what the address asked for.
        Raises NoLaunchToken for one never signed here, SessionEnded for one expired or spent.
        """
        launch_id, tenant_key = read_launch_token(self._signer, token, widget)
        standing = self._lookups.get(("standing", tenant_key), lambda: self._find(tenant_key))
        if standing is not None and standing.is_open:
            with self._clock.ahead(standing.tenant.clock_ahead):
                opened = self._exchange(launch_id, standing, locale, theme)
            if opened is not None:
                return opened
        raise self._refusal(launch_id, tenant_key, standing)

    def end(self) -> None:
        """Let go of the connection that is kept for whoever comes next."""
        self._writing.end()

    def _find(self, tenant_key: str) -> Standing | None:
        with self._sessions() as sessions:
            return sessions.find_standing(tenant_key)

    def _refusal(self, launch_id: str, tenant_key: str, standing: Standing | None) -> SessionEnded:
        with self._sessions() as sessions:
            return sessions.why_closed(launch_id, tenant_key, is_paused=standing is not None and not standing.is_open)

    def _exchange(self, launch_id: str, standing: Standing, locale: str, theme: str) -> Opened | None:
        """Write the session down; None where the launch opens nothing any more."""
        bearer, now = new_secret(bearer_prefix(launch_id)), self._clock.now()
        session_hash, environment_id = self._hasher.hash(bearer), standing.tenant.environment_id
        found = self._writing.do(Asked(launch_id, environment_id, now, session_hash, locale, theme))
        if found is None:
            return None
        claims, sealed = found
        request = request_of(claims)
        widget = OpenWidget(
            launch_id=launch_id,
            session_hash=session_hash,
            tenant=standing.tenant,
            request=request,
            currency=request.currency or standing.currency,
            expires_at=now + SESSION_LIFE,
            extendable_until=now + LONGEST_SESSION,
            is_spent=False,
            asked_locale=locale,
            asked_theme=theme,
        )
        holder = Holder(environment_id, request.source_user_id)
        return Opened(bearer, widget, read_accounts(self._box, holder, sealed or ()))

    def _write(self, asked: Sequence[Asked]) -> list[Found | None]:
        """Write sessions down, and return for each what its launch was for, and what accounts were used before."""
        # A launch that is opened twice at once is opened once, and then once more.
        first = {each.launch_id: each for each in reversed(asked)}
        write = self._write_in_turn if self._database.is_sqlite else self._write_at_once
        # In an order that all keep to: of two who open the same launches nobody waits for the other who waits for him.
        found = write([first[launch_id] for launch_id in sorted(first)])
        others = [each for each in asked if first[each.launch_id] is not each]
        later = iter(self._write(others) if others else ())
        return [found.get(each.launch_id) if first[each.launch_id] is each else next(later) for each in asked]

    def _write_at_once(self, asked: Sequence[Asked]) -> dict[str, Found | None]:
        said = wire.dumps([asdict(each) | {"at": each.at.isoformat()} for each in asked])
        found, _is_off = direct.at_once(self._database, AT_ONCE, [said])
        return cast("dict[str, Found | None]", wire.loads(found))

    def _write_in_turn(self, asked: Sequence[Asked]) -> dict[str, Found | None]:
        found = direct.rows_in_turn(self._database, IN_TURN, [_in_sqlite(each) for each in asked])
        return {each.launch_id: wire.loads(row[0]) for each, row in zip(asked, found, strict=True) if row is not None}


def _in_sqlite(asked: Asked) -> list[str]:
    """Return what `queries.IN_TURN` takes."""
    ends = [moment_of_sqlite(asked.at + life) for life in (SESSION_LIFE, LONGEST_SESSION)]
    launch = [asked.launch_id, asked.environment_id, moment_of_sqlite(asked.at - LAUNCH_LIFE)]
    return [asked.session_hash, *ends, asked.asked_locale, asked.asked_theme, *launch]
