"""Rules as dated, cited tables: JSON files beside this module, one row per rule and span of time.

Every row carries `effective_from` and perhaps `effective_to` (both inclusive), a `source`, and a `mark`: S (the figure was
read at the source), GK (general knowledge, to be verified), DERIVED, PROPOSED. Where sources conflict the row says so in `conflict`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any


class NoRuleError(LookupError):
    """No row of this table is in force on that day."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule in force for a span of time. `values` holds what is particular to the table."""

    code: str
    effective_from: date
    effective_to: date | None
    source: str
    mark: str
    conflict: str | None
    values: Mapping[str, Any]

    def in_force(self, day: date) -> bool:
        """Whether the row holds on that calendar day (both ends included)."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True, slots=True)
class Table:
    """A file of rows, its version, and the worked examples that prove it."""

    name: str
    title: str
    version: str
    rows: tuple[Row, ...]
    examples: tuple[Mapping[str, Any], ...]

    def row(self, code: str, day: date) -> Row:
        """The row with this code that is in force on that day. Raises NoRuleError."""
        for row in self.rows:
            if row.code == code and row.in_force(day):
                return row
        raise NoRuleError(f"{self.name} has no rule {code!r} in force on {day.isoformat()}")

    def in_force(self, day: date) -> Iterable[Row]:
        """Every row in force on that day, in the order of the file."""
        return (row for row in self.rows if row.in_force(day))


OWN = frozenset({"code", "effective_from", "effective_to", "source", "mark", "conflict"})


def read_row(raw: Mapping[str, Any]) -> Row:
    """One row as it stands in the file."""
    until = raw.get("effective_to")
    return Row(
        code=raw["code"],
        effective_from=date.fromisoformat(raw["effective_from"]),
        effective_to=date.fromisoformat(until) if until else None,
        source=raw["source"],
        mark=raw["mark"],
        conflict=raw.get("conflict"),
        values={key: value for key, value in raw.items() if key not in OWN},
    )


@cache
def table(name: str) -> Table:
    """The table in `data/<name>.json`, read once."""
    raw = json.loads(resources.files(__package__).joinpath("data", f"{name}.json").read_text(encoding="utf-8"))
    return Table(name, raw["title"], raw["version"], tuple(read_row(r) for r in raw["rows"]), tuple(raw.get("examples", ())))
