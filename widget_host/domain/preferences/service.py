"""What may be done with the preferences of cards, and the rewards they divide."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import delete
from sqlalchemy.orm import Session

from widget_host.domain.inbound.rules import Sender
from widget_host.domain.inbound.service import Inbox
from widget_host.domain.issuing.service import Issuing
from widget_host.domain.orders.rules import AllIssued, Claim
from widget_host.domain.preferences import queries, rules
from widget_host.domain.preferences.models import CardPreferences, PreferredProgram, ProgramWord
from widget_host.domain.preferences.rules import CardChoice, Connection, Preferred, Share, Word
from widget_host.domain.programs.rules import Destination, InvalidProgram
from widget_host.domain.programs.service import Programs
from widget_host.domain.transactions.rules import check_destination
from widget_host.domain.webhooks.service import Outbox
from widget_host.kit.clock import Clock, isoformat
from widget_host.kit.db import insert_if_new
from widget_host.kit.errors import NotFound
from widget_host.kit.ids import new_id


class Preferences:
    """Keeps which programs a card's rewards go to; each change comes with its events, in one unit of work."""

    def __init__(self, *, session: Session, clock: Clock, programs: Programs, outbox: Outbox) -> None:
        """Work within this session, together with these services of the same session."""
        self._session = session
        self._clock = clock
        self._programs = programs
        self._outbox = outbox

    def get(self, environment_id: str, source_user_id: str, card_id: str) -> CardChoice:
        """Return what was chosen for the card; raises NotFound where nothing was."""
        found = self.find(environment_id, source_user_id, card_id)
        if found is None or not found.programs:
            raise NotFound("This customer has chosen no programs for this card.")
        return found

    def find(self, environment_id: str, source_user_id: str, card_id: str) -> CardChoice | None:
        """Return what was chosen for the card, if anything was; without programs where all were taken away since."""
        found = queries.find(self._session, environment_id, source_user_id, card_id)
        return None if found is None else self._choice(found)

    def save(
        self,
        environment_id: str,
        source_user_id: str,
        card_id: str,
        programs: Sequence[Preferred],
        *,
        version: int,
        most: int = rules.MOST_PROGRAMS,
    ) -> CardChoice:
        """Replace what was chosen; `version` is the one it was read at, 0 for a card without preferences.

        Raises InvalidFields, InvalidProgram or NoPartnership for a choice that cannot be, and PreferencesChanged
        where another version is stored by now. Nothing is told of what did not change.
        """
        rules.check(programs, most)
        found = self._claim(environment_id, source_user_id, card_id, version)
        before = self._choice(found)
        if before.version and before.programs == tuple(programs):
            return before
        told = rules.changes(before.programs, programs)
        self._check_accounts(environment_id, rules.connected_anew(before.programs, programs))
        for _kind, each in told:
            self._note(found, each.program_id, Word(self._clock.now()))
        return self._keep(found, [Share(each, each.allocation) for each in programs], told)

    def hear(self, environment_id: str, said: Connection, sender: str | None) -> None:
        """Take in what a sender says of a program, unless something newer is known of it.

        Raises InvalidFields, InvalidProgram or NoPartnership for a connection that cannot be.
        """
        rules.check_date(said.date, self._clock.now())
        self._programs.get_program(said.program_id)
        found = self._lock(environment_id, said.source_user_id, said.card_id)
        word = Word(said.date, sender, said.sequence)
        if not rules.is_newer(word, self._known(found, said.program_id)):
            return
        before = self._shares(found)
        after = rules.heard(before, said)
        programs, earlier = [each.preferred for each in after], [each.preferred for each in before]
        self._check_offered(environment_id, said, programs)
        self._note(found, said.program_id, word)
        if programs == earlier:
            self._write(found, after)
        else:
            self._keep(found, after, rules.untold(rules.changes(earlier, programs), said, sender))

    def _claim(self, environment_id: str, source_user_id: str, card_id: str, version: int) -> CardPreferences:
        if version == 0:
            found: CardPreferences | None = self._lock(environment_id, source_user_id, card_id)
        else:
            found = queries.find(self._session, environment_id, source_user_id, card_id, for_change=True)
        if found is None or found.version != version:
            raise rules.PreferencesChanged("The preferences of this card were changed meanwhile. Read them again.")
        return found

    def _lock(self, environment_id: str, source_user_id: str, card_id: str) -> CardPreferences:
        """Return the card's row for a change, made where there is none."""
        row = {
            "id": new_id("prf"),
            "environment_id": environment_id,
            "source_user_id": source_user_id,
            "card_id": card_id,
            "version": 0,
            "updated_at": self._clock.now(),
        }
        insert_if_new(self._session, CardPreferences, [row])
        return queries.get_for_change(self._session, environment_id, source_user_id, card_id)

    def _check_accounts(self, environment_id: str, connected: Sequence[Preferred]) -> None:
        for each in connected:
            check_destination(each.destination, self._programs.get_offer(environment_id, each.program_id))

    def _check_offered(self, environment_id: str, said: Connection, after: Sequence[Preferred]) -> None:
        if said.kind != rules.DELINKED:
            self._check_accounts(environment_id, [each for each in after if each.program_id == said.program_id])

    def _keep(
        self, found: CardPreferences, shares: Sequence[Share], told: Sequence[tuple[str, Preferred]]
    ) -> CardChoice:
        found.version += 1
        found.updated_at = self._clock.now()
        self._write(found, shares)
        choice = self._choice(found)
        for kind, preferred in told:
            payload = rules.connection(choice, preferred, isoformat(choice.updated_at))
            self._outbox.record(found.environment_id, new_id("evt"), kind, found.id, payload)
        return choice

    def _write(self, found: CardPreferences, shares: Sequence[Share]) -> None:
        self._session.execute(delete(PreferredProgram).where(PreferredProgram.preference_id == found.id))
        self._session.add_all(_row(found.id, place, each) for place, each in enumerate(shares))
        self._session.flush()

    def _known(self, found: CardPreferences, program_id: str) -> Word | None:
        row = self._session.get(ProgramWord, (found.id, program_id))
        return None if row is None else Word(row.said_at, row.sender_program_id, row.sequence)

    def _note(self, found: CardPreferences, program_id: str, word: Word) -> None:
        self._session.merge(
            ProgramWord(
                preference_id=found.id,
                program_id=program_id,
                said_at=word.date,
                sender_program_id=word.sender,
                sequence=word.sequence,
            )
        )

    def _shares(self, found: CardPreferences) -> list[Share]:
        return [Share(_preferred(row), row.asked) for row in queries.programs(self._session, found.id)]

    def _choice(self, found: CardPreferences) -> CardChoice:
        programs = tuple(_preferred(row) for row in queries.programs(self._session, found.id))
        return CardChoice(found.source_user_id, found.card_id, found.version, programs, found.updated_at)


class Connections:
    """What others say of the programs of cards, each event taken once, in one unit of work with what it changes."""

    def __init__(self, *, inbox: Inbox, preferences: Preferences) -> None:
        """Work together with these services of one session."""
        self._inbox = inbox
        self._preferences = preferences

    def take(self, sender: Sender, event_id: str, body: bytes, said: Connection) -> None:
        """Change the card's preferences as said; a repeat, and what is older than what is known, change nothing.

        Raises EventConflict, InvalidProgram (a program speaks for itself alone), and what Preferences.hear raises.
        """
        if not self._inbox.admit(sender.environment_id, event_id, body):
            return
        if sender.program_id not in (None, said.program_id):
            raise InvalidProgram("There is no program with this id.", programId=said.program_id)
        self._preferences.hear(sender.environment_id, said, sender.program_id)


class Rewards:
    """Divides what a card earned among its programs, all or nothing."""

    def __init__(self, *, reading: Callable[[], AbstractContextManager[Preferences]], issuing: Issuing) -> None:
        """Take a way to read preferences, and who issues points."""
        self._reading = reading
        self._issuing = issuing

    def give(self, reward: rules.Reward, *claims: Claim) -> AllIssued:
        """Turn a reward into one transaction per program that gets a share of it, once per reference number.

        `claims` are further keys that make it happen once. Raises NotFound for a card without preferences, a Refused
        where any program refuses its part: then nothing is posted.
        """
        keys = (reward.claim(), *claims)
        earlier = self._issuing.find_all(keys)
        if earlier is not None:
            return earlier
        with self._reading() as preferences:
            choice = preferences.get(reward.environment_id, reward.source_user_id, reward.card_id)
        return self._issuing.issue_all(keys, rules.parts(reward, choice.programs))


def _row(preference_id: str, place: int, share: Share) -> PreferredProgram:
    preferred = share.preferred
    return PreferredProgram(
        preference_id=preference_id,
        program_id=preferred.program_id,
        place=place,
        destination_user_id=preferred.destination.user_id,
        destination_user_email=preferred.destination.user_email,
        allocation=preferred.allocation,
        asked=share.asked,
    )


def _preferred(row: PreferredProgram) -> Preferred:
    destination = Destination(row.destination_user_id, row.destination_user_email)
    return Preferred(row.program_id, destination, row.allocation)
