"""Shares with honest uncertainty: Wilson's interval, small cells hidden, gaps only where numbers carry them. Table: data/figures.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def groups(counts: Mapping[str, tuple[int, int]], day: date, *, comparisons: int | None = None) -> tuple[Share, ...]:
    """The shares of groups (name → kept, of how many) beside each other: small ones hidden, gaps flagged that the numbers carry.

    `comparisons`: how many groups the whole page compares; those given, when it is not said.
    """
    shown = [share(name, kept, of, day) for name, (kept, of) in counts.items()]
    hidden = _hidden(shown, int(number("small-cell", "least", day)))
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


def _hidden(shares: Sequence[Share], least: int) -> set[str]:
    """Cells of too few people; and where one alone is, the next smallest, or the total would give it away."""
    small = {each.name for each in shares if 0 < each.of < least}
    others = sorted((each for each in shares if each.of >= least), key=lambda each: (each.of, each.name))
    return small | ({others[0].name} if len(small) == 1 and others else set())


def age_bands(day: date) -> tuple[int, ...]:
    """Where the bands of age begin."""
    return tuple(int(each) for each in table(TABLE).row("ages", day).values["from"])
