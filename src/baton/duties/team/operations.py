"""The house as numbers: clocks kept, loops closed, waits, days lost, whether all groups are served alike; and who is behind each number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from baton.duties.discharge import days_lost
from baton.duties.referrals import board as referral_board
from baton.duties.team import equity, interpreted
from baton.rules import figures as rules
from baton.rules.calendar import local_day
from baton.rules.figures import Share
from baton.store import figures as store
from baton.store.staff import Known

if TYPE_CHECKING:
    from baton.store import View

ROLES: Final = ("administrator", "supervisor")


@dataclass(frozen=True, slots=True)
class Wait:
    """How long one kind of thing took, in days: the middle, and what nine of ten stay under."""

    kind: str
    count: int
    middle: float
    most: float


@dataclass(frozen=True, slots=True)
class Operations:
    """The page. `closure` is (days, closed, of how many); `lost` hours by cause; `equity` by kind of group."""

    days: int
    clocks: tuple[Share, ...]
    closure: tuple[tuple[int, int, int], ...]
    waits: tuple[Wait, ...]
    lost: tuple[tuple[str, float], ...]
    equity: tuple[tuple[str, tuple[Share, ...]], ...]
    interpreted: Share


@dataclass(frozen=True, slots=True)
class Slow:
    """What has to read bodies: loops closed, hours lost by cause, groups beside each other, contacts with an interpreter."""

    closure: tuple[tuple[int, int, int], ...]
    lost: tuple[tuple[str, float], ...]
    equity: tuple[tuple[str, tuple[Share, ...]], ...]
    interpreted: Share


REMEMBERED: Known[Slow] = Known(seconds=60)
"""The same, remembered a minute for whoever asked."""


def page(view: View) -> Operations:
    """All of it, in a handful of questions."""
    day = local_day(view.now, view.zone)
    since, kinds = equity.window(view, day), rules.names("kept-kinds", "kinds", day)
    clocks = store.clocks(view, since, kinds)
    slow = _slow(view, since, day)
    waits = store.waits(view, since, rules.names("waits-kinds", "kinds", day))
    return Operations(
        int(rules.number("window", "days", day)),
        tuple(rules.share(kind, *clocks[kind], day) for kind in kinds if kind in clocks),
        slow.closure,
        tuple(Wait(kind, count, round(middle, 1), round(most, 1)) for kind, (count, middle, most) in sorted(waits.items())),
        slow.lost,
        slow.equity,
        slow.interpreted,
    )


def _slow(view: View, since: datetime, day: date) -> Slow:
    who = view.who

    def ask() -> Slow:
        spoken = interpreted.contacts(view, since, rules.names("languages", "other", day))
        return Slow(
            referral_board.closed_within(view),
            days_lost.by_cause(days_lost.since(view, since)),
            equity.table(view),
            _small(
                rules.share("interpreter", sum(each.kept for each in spoken), len(spoken), day), len({each.patient for each in spoken}), day
            ),
        )

    return REMEMBERED.get((view.store.key, who.person, who.role, who.purpose), ask)


def _small(share: Share, people: int, day: date) -> Share:
    return replace(share, hidden=0 < people < rules.number("small-cell", "least", day))
