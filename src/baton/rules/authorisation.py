"""What an authorisation (164.508) and a Part 2 consent (2.31) must contain, and what makes them void. Table: data/authorisation.json."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal

from baton.rules.tables import Row, table

TABLE = "authorisation"
Law = Literal["164.508", "2.31"]
LAWS: tuple[Law, ...] = ("164.508", "2.31")
STATEMENTS = ("right-to-revoke", "conditioning", "redisclosure", "redisclosure-tpo", "copy-given")
"""What is said on the form itself, as codes."""
COMPOUND = "compound"


def asked(law: Law, day: date) -> tuple[Row, ...]:
    """Every row of a law in force on that day."""
    return tuple(row for row in table(TABLE).in_force(day) if row.values["law"] == law)


def lacking(law: Law, given: Collection[str], day: date, circumstances: Collection[str] = ()) -> tuple[Row, ...]:
    """What keeps a form from being used, one row each, in the order of the rule: what is not there, and how it was wrongly combined.

    `given` are the codes of what is there; `circumstances` say which further rows apply: representative, tpo, intermediary, or the code
    of a wrong combination.
    """
    found = []
    for row in asked(law, day):
        when = row.values["when"]
        if when == COMPOUND:
            if row.code in circumstances:
                found.append(row)
        elif row.values["blocks"] and row.code not in given and (when == "always" or when in circumstances):
            found.append(row)
    return tuple(found)
