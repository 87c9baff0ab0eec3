"""The federal poverty level: a household's income in percent of the guideline of a day, by size and region. Table: data/poverty.json."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from baton.rules.tables import Row, table

TABLE = "poverty"
REGIONS = {"AK": "alaska", "HI": "hawaii"}
"""States with a guideline of their own; every other state and D.C. has the one of the 48 contiguous states."""
WITHOUT = frozenset({"PR", "GU", "VI", "AS", "MP"})
"""Territories for which no guideline is issued: whoever runs a program there says which one it takes."""
MOST = 30
"""A household of more people than this is a mistake in typing."""


@dataclass(frozen=True, slots=True)
class Level:
    """Where a household stands: its income a year, the guideline it is measured by, the percentage, and the row that says so."""

    percent: Decimal
    income: Decimal
    guideline: int
    size: int
    region: str
    year: int
    rule: str
    source: str


def region(state: str) -> str:
    """The region of a state by its postal code. Raises ValueError for a territory without a guideline."""
    if state.upper() in WITHOUT:
        raise ValueError(f"no poverty guideline is issued for {state}")
    return REGIONS.get(state.upper(), "contiguous")


def row(state: str, on: date) -> Row:
    """The guideline in force. Raises NoRuleError before the first and ValueError for a territory without one."""
    return table(TABLE).row(region(state), on)


def guideline(size: int, state: str, on: date) -> int:
    """The guideline in dollars a year for a household of this many. Raises ValueError for a size that is none."""
    if not 1 <= size <= MOST:
        raise ValueError(f"a household has 1 to {MOST} people")
    found = row(state, on).values
    return cast(int, found["first"]) + (size - 1) * cast(int, found["each"])


def level(income: Decimal, size: int, state: str, on: date) -> Level:
    """The percentage, to two places, half up. `income` is of a whole year. Raises ValueError for an income below nothing."""
    if income < 0:
        raise ValueError("an income is not below nothing")
    line, found = guideline(size, state, on), row(state, on)
    percent = (100 * income / line).quantize(Decimal("0.01"), ROUND_HALF_UP)
    rule = f"{TABLE}/{found.code}-{found.values['year']}, version {table(TABLE).version}"
    return Level(percent, income, line, size, found.code, cast(int, found.values["year"]), rule, found.source)
