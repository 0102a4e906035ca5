"""What the customer has chosen but not saved: it travels in the form itself, and is read anew with each step."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from widget_host.domain.preferences.rules import WHOLE, CardChoice, Preferred, split_evenly
from widget_host.domain.programs.rules import Destination
from widget_host.kit.errors import Refused
from widget_host.kit.value import Value, replace

FIELD, PERCENT = "draft", "percent-"
SIGNS = "%٪ "
MOST_DIGITS = 3
MOST_LINES = 60
MOST_VERSION = 2**31 - 1
LONGEST = 254


class BadDraft(Refused):
    """The form does not carry what a form of this widget carries."""

    code = "BAD_DRAFT"


class Line(Value, frozen=True):
    """One program of the draft, removed or not; `percent` is what was typed."""

    program_id: str
    destination: Destination
    percent: str = "0"
    is_removed: bool = False

    @property
    def allocation(self) -> int | None:
        """The percent as a number from 0 to 100; None where anything else was typed."""
        typed = self.percent.strip(SIGNS)
        if not typed.isdecimal() or len(typed) > MOST_DIGITS or int(typed) > WHOLE:
            return None
        return int(typed)

    def at(self, percent: int) -> "Line":
        """Return the line with another percent."""
        return replace(self, percent=str(percent))


class Draft(Value, frozen=True):
    """The lines as they stand, removed ones in their places, and the version they are a change of."""

    version: int = 0
    everything: tuple[Line, ...] = ()

    @classmethod
    def of(cls, choice: CardChoice | None) -> "Draft":
        """Begin with what is stored."""
        if choice is None:
            return cls()
        lines = (Line(each.program_id, each.destination, str(each.allocation)) for each in choice.programs)
        return cls(choice.version, tuple(lines))

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "Draft":
        """Read a posted form, the percents as its fields have them; raises BadDraft."""
        try:
            said = json.loads(form[FIELD])
            draft = cls(_version(said["version"]), _lines(said["lines"]))
        except (KeyError, TypeError, ValueError, RecursionError):
            raise BadDraft("This form is not one of this widget.") from None
        typed = (replace(each, percent=_typed(form, each)) for each in draft.everything)
        return replace(draft, everything=tuple(typed))

    def written(self) -> str:
        """Return it as the form carries it on."""
        said = {"version": self.version, "lines": [_written(each) for each in self.everything]}
        return json.dumps(said, separators=(",", ":"))

    @property
    def lines(self) -> tuple[Line, ...]:
        """What would be saved."""
        return tuple(each for each in self.everything if not each.is_removed)

    @property
    def removed(self) -> tuple[Line, ...]:
        """What would be gone."""
        return tuple(each for each in self.everything if each.is_removed)

    @property
    def total(self) -> int:
        """How many percent are given out; what cannot be read counts nothing."""
        return sum(each.allocation or 0 for each in self.lines)

    def find(self, program_id: str) -> Line | None:
        """Return the program's line, if it has one that is not removed."""
        return next((each for each in self.lines if each.program_id == program_id), None)

    def put(self, line: Line) -> "Draft":
        """Take in a line, in place of the program's own where it has one, removed or not; else last."""
        if line.program_id not in ids_of(self.everything):
            return replace(self, everything=(*self.everything, line))
        return self._each(lambda known: line if known.program_id == line.program_id else known)

    def give(self, program_id: str, percent: int, ids: Collection[str]) -> "Draft":
        """Give a program a percent; where it shares with exactly one of these programs, the other gets the rest."""
        line, percent = self.find(program_id), max(0, min(WHOLE, percent))
        if line is None or program_id not in ids:
            return self
        others = [each for each in self.lines if each.program_id in ids and each is not line]
        changed = self.put(line.at(percent))
        return changed.put(others[0].at(WHOLE - percent)) if len(others) == 1 else changed

    def give_rest(self, program_id: str) -> "Draft":
        """Give a program all that nobody has."""
        line = self.find(program_id)
        return self if line is None else self.put(line.at(min(WHOLE, max(0, self._room(line)))))

    def _room(self, line: Line) -> int:
        return WHOLE - self.total + (line.allocation or 0)

    def even(self, ids: Collection[str]) -> "Draft":
        """Divide a hundred percent among these programs, the others getting nothing."""
        shared = [each.program_id for each in self.lines if each.program_id in ids]
        parts = dict(zip(shared, split_evenly(len(shared)), strict=True)) if shared else {}
        return self._each(lambda line: line if line.is_removed else line.at(parts.get(line.program_id, 0)))

    def remove(self, program_id: str) -> "Draft":
        """Take a program out, to be brought back until it is saved."""
        return self._each(lambda line: replace(line, is_removed=line.is_removed or line.program_id == program_id))

    def bring_back(self, program_id: str) -> "Draft":
        """Undo a removal."""
        return self._each(lambda line: replace(line, is_removed=line.is_removed and line.program_id != program_id))

    def without_any_but(self, ids: Collection[str]) -> "Draft":
        """Drop the programs that are not among these."""
        return replace(self, everything=tuple(each for each in self.everything if each.program_id in ids))

    def emptied_of_all_but(self, ids: Collection[str]) -> "Draft":
        """Take the percents of the programs that are not among these: nothing can be given there."""
        return self._each(lambda line: line if line.program_id in ids else line.at(0))

    def upon(self, version: int) -> "Draft":
        """Make this a change of another version."""
        return replace(self, version=version)

    def preferred(self) -> list[Preferred]:
        """Return the choice to be saved."""
        return [Preferred(each.program_id, each.destination, each.allocation or 0) for each in self.lines]

    def _each(self, changed: Callable[[Line], Line]) -> "Draft":
        return replace(self, everything=tuple(changed(each) for each in self.everything))


def _version(said: Any) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or not 0 <= said <= MOST_VERSION:
        raise ValueError(said)
    return said


def _lines(said: Any) -> tuple[Line, ...]:
    if len(said) > MOST_LINES:
        raise ValueError(len(said))
    lines = tuple(_line(*each) for each in said)
    if len({each.program_id for each in lines}) < len(lines):
        raise ValueError(said)
    return lines


def _line(program_id: Any, user_id: Any, user_email: Any, percent: Any, is_removed: Any) -> Line:
    texts = (program_id, user_id or "", user_email or "", percent)
    if any(not isinstance(text, str) or len(text) > LONGEST or not text.isprintable() for text in texts):
        raise ValueError(program_id)
    return Line(program_id, Destination(user_id, user_email), percent, is_removed is True)


def _written(line: Line) -> list[str | bool | None]:
    account = line.destination
    return [line.program_id, account.user_id, account.user_email, line.percent, line.is_removed]


def _typed(form: Mapping[str, str], line: Line) -> str:
    typed = form.get(f"{PERCENT}{line.program_id}", line.percent)
    return "".join(letter for letter in typed if letter.isprintable()).strip()[:20]


def ids_of(lines: Iterable[Line]) -> set[str]:
    """Return the programs of these lines."""
    return {each.program_id for each in lines}
