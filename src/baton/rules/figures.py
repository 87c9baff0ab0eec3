"""Shares with honest uncertainty: Wilson's interval, small cells hidden, gaps only where numbers carry them. Table: data/figures.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import NormalDist

from baton.rules.tables import table

TABLE = "figures"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, in percent with its interval; `hidden`: too small to show, or it would give a small one away."""

    name: str
    kept: int
    of: int
    low: float
    high: float
    hidden: bool = False
    flagged: bool = False

    @property
    def percent(self) -> float:
        """The share itself."""
        return round(100 * self.kept / self.of, 1) if self.of else 0.0

    @property
    def missed(self) -> int:
        """How many were not in time."""
        return self.of - self.kept


def number(code: str, name: str, day: date) -> float:
    """A number of the table."""
    return float(table(TABLE).row(code, day).values[name])


def names(code: str, name: str, day: date) -> tuple[str, ...]:
    """A list of the table."""
    return tuple(str(each) for each in table(TABLE).row(code, day).values[name])


def wilson(kept: int, of: int, level: float) -> tuple[float, float]:
    """Wilson's interval of a share, from 0 to 1. Nothing of nothing says nothing: the whole range."""
    if of <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, z2 = kept / of, z * z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(name: str, kept: int, of: int, day: date) -> Share:
    """One share with its interval."""
    low, high = wilson(kept, of, number("interval", "percent", day) / 100)
    return Share(name, kept, of, round(100 * low, 1), round(100 * high, 1))


def groups(
    counts: Mapping[str, tuple[int, int]], day: date, *, comparisons: int | None = None, people: Mapping[str, int] | None = None
) -> tuple[Share, ...]:
    """The shares of groups (name → kept, of how many) beside each other: small ones hidden, gaps flagged that the numbers carry.

    `comparisons`: how many groups the whole page compares; those given, when it is not said. `people`: how many people a group is, where
    that is not how many were counted.
    """
    shown = [share(name, kept, of, day) for name, (kept, of) in counts.items()]
    hidden = _hidden({name: (people or {}).get(name, of) for name, (_, of) in counts.items()}, int(number("small-cell", "least", day)))
    compared = max(1, comparisons or len([each for each in shown if each.name not in hidden]))
    level = 1 - number("flag", "percent", day) / 100 / compared
    kept, of = sum(each.kept for each in shown), sum(each.of for each in shown)
    found = []
    for each in shown:
        low, high = wilson(each.kept, each.of, level)
        rest = wilson(kept - each.kept, of - each.of, level)
        apart = each.name not in hidden and of > each.of and (high < rest[0] or low > rest[1])
        found.append(Share(each.name, each.kept, each.of, each.low, each.high, each.name in hidden, apart))
    return tuple(found)


def _hidden(sizes: Mapping[str, int], least: int) -> set[str]:
    """Cells of too few people; and with them the next smallest until what is hidden could not be worked out from the total."""
    hidden = {name for name, size in sizes.items() if 0 < size < least}
    others = sorted((size, name) for name, size in sizes.items() if size >= least)
    while hidden and others and (len(hidden) == 1 or sum(sizes[name] for name in hidden) < least):
        hidden.add(others.pop(0)[1])
    return hidden


def age_bands(day: date) -> tuple[int, ...]:
    """Where the bands of age begin."""
    return tuple(int(each) for each in table(TABLE).row("ages", day).values["from"])


def payers(day: date) -> dict[str, tuple[str, ...]]:
    """The kinds of insurance and the codes each has, those that say most first."""
    return {str(name): tuple(str(code) for code in codes) for name, codes in table(TABLE).row("insurance", day).values["kinds"].items()}
