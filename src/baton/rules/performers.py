"""Who may do what by their licence: kinds of people, and the licences that make them so. Table: data/performers.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from baton.rules.tables import NoRuleError, Row, table

TABLE = "performers"


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as it stands: its code in HL7 table 0360, and its first and last day (None: open)."""

    code: str
    start: date | None = None
    end: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether it counts on that day; both ends count."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


def gate(task: str, day: date) -> Row | None:
    """The row that says who may do this on that day; None when anybody may."""
    try:
        return table(TABLE).row(task, day)
    except NoRuleError:
        return None


def kinds(row: Row) -> Mapping[str, Sequence[str]]:
    """The kinds of people of a row ("registered-nurse"), each with its licences."""
    found: Mapping[str, Sequence[str]] = row.values["kinds"]
    return found


def kind_of(task: str, held: Iterable[Licence], day: date) -> str | None:
    """As what somebody with these licences may do this on that day; None when they may not. "anybody" where no licence is asked for."""
    row = gate(task, day)
    if row is None:
        return "anybody"
    codes = {licence.code for licence in held if licence.in_force(day)}
    return next((kind for kind, licences in kinds(row).items() if codes & set(licences)), None)
