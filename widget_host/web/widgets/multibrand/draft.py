"""What the customer has chosen but not saved: it travels in the form itself, and is read anew with each step."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from widget_host.domain.preferences.rules import WHOLE, CardChoice, Preferred, split_evenly
from widget_host.domain.programs.rules import Destination
from widget_host.kit.errors import Refused

FIELD, PERCENT = "draft", "percent-"
SIGNS = "%٪ "
MOST_DIGITS = 3
MOST_LINES = 60
MOST_VERSION = 2**31 - 1
LONGEST = 254


class BadDraft(Refused):
    """The form does not carry what a form of this widget carries."""

    code = "BAD_DRAFT"


@dataclass(frozen=True, slots=True)
class Line:
    """One program of the draft; `percent` is what was typed."""

    program_id: str
    destination: Destination
    percent: str = "0"

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


@dataclass(frozen=True, slots=True)
class Draft:
    """The lines as they stand, those removed until it is saved, and the version they are a change of."""

    version: int = 0
    lines: tuple[Line, ...] = ()
    removed: tuple[Line, ...] = ()

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
            draft = cls(_version(said["version"]), _lines(said["lines"]), _lines(said["removed"]))
        except (KeyError, TypeError, ValueError, RecursionError):
            raise BadDraft("This form is not one of this widget.") from None
        typed = (replace(each, percent=_typed(form, each)) for each in draft.lines)
        return replace(draft, lines=tuple(typed))

    def written(self) -> str:
        """Return it as the form carries it on."""
        lines = {"lines": [_written(each) for each in self.lines], "removed": [_written(each) for each in self.removed]}
        return json.dumps({"version": self.version, **lines}, separators=(",", ":"))

    @property
    def total(self) -> int:
        """How many percent are given out; what cannot be read counts nothing."""
        return sum(each.allocation or 0 for each in self.lines)

    def find(self, program_id: str) -> Line | None:
        """Return the program's line, if it has one."""
        return next((each for each in self.lines if each.program_id == program_id), None)

    def put(self, line: Line) -> "Draft":
        """Take in a line, in place of the program's own where it has one; else last, and no longer as removed."""
        if self.find(line.program_id) is None:
            removed = tuple(each for each in self.removed if each.program_id != line.program_id)
            return replace(self, lines=(*self.lines, line), removed=removed)
        return replace(self, lines=tuple(line if each.program_id == line.program_id else each for each in self.lines))

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
        shared = [each for each in self.lines if each.program_id in ids]
        parts = (
            dict(zip((each.program_id for each in shared), split_evenly(len(shared)), strict=True)) if shared else {}
        )
        return replace(self, lines=tuple(each.at(parts.get(each.program_id, 0)) for each in self.lines))

    def remove(self, program_id: str) -> "Draft":
        """Take a program out, to be brought back until it is saved."""
        gone = tuple(each for each in self.lines if each.program_id == program_id)
        kept = tuple(each for each in self.lines if each.program_id != program_id)
        return replace(self, lines=kept, removed=(*self.removed, *gone))

    def bring_back(self, program_id: str) -> "Draft":
        """Undo a removal; the program comes last."""
        line = next((each for each in self.removed if each.program_id == program_id), None)
        return self if line is None else self.put(line)

    def without_any_but(self, ids: Collection[str]) -> "Draft":
        """Drop the programs that are not among these."""
        lines, removed = (tuple(each for each in part if each.program_id in ids) for part in (self.lines, self.removed))
        return replace(self, lines=lines, removed=removed)

    def emptied_of_all_but(self, ids: Collection[str]) -> "Draft":
        """Take the percents of the programs that are not among these: nothing can be given there."""
        return replace(self, lines=tuple(each if each.program_id in ids else each.at(0) for each in self.lines))

    def upon(self, version: int) -> "Draft":
        """Make this a change of another version."""
        return replace(self, version=version)

    def preferred(self) -> list[Preferred]:
        """Return the choice to be saved."""
        return [Preferred(each.program_id, each.destination, each.allocation or 0) for each in self.lines]


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


def _line(program_id: Any, user_id: Any, user_email: Any, percent: Any) -> Line:
    texts = (program_id, user_id or "", user_email or "", percent)
    if any(not isinstance(text, str) or len(text) > LONGEST or not text.isprintable() for text in texts):
        raise ValueError(program_id)
    return Line(program_id, Destination(user_id, user_email), percent)


def _written(line: Line) -> list[str | None]:
    return [line.program_id, line.destination.user_id, line.destination.user_email, line.percent]


def _typed(form: Mapping[str, str], line: Line) -> str:
    typed = form.get(f"{PERCENT}{line.program_id}", line.percent)
    return "".join(letter for letter in typed if letter.isprintable()).strip()[:20]


def ids_of(lines: Iterable[Line]) -> set[str]:
    """Return the programs of these lines."""
    return {each.program_id for each in lines}
