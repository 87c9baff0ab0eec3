"""The house as numbers: clocks kept, loops closed, waits, days lost, whether all groups are served alike; and who is behind each number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import trace
from baton.duties.discharge import board as discharge_board
from baton.duties.patients import identity
from baton.duties.referrals import board as referral_board
from baton.fhir.resource import Resource, human_name, parse
from baton.rules import figures as rules
from baton.rules.calendar import local_day
from baton.rules.figures import Share
from baton.store import figures as store
from baton.store.staff import Known

if TYPE_CHECKING:
    from baton.store import PromiseRow, View

ROLES: Final = ("administrator", "supervisor")
KINDS: Final = ("language", "sex", "age")
MOST: Final = 1000
_REMEMBERED: Known[tuple[tuple[tuple[int, int, int], ...], tuple[tuple[str, float], ...]]] = Known(seconds=60)


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


@dataclass(frozen=True, slots=True)
class Behind:
    """One promise behind a number: whose, when it was due, when it was done (None: late still)."""

    patient: str
    name: str
    kind: str
    due: datetime
    done: datetime | None
    kept: bool


def page(view: View) -> Operations:
    """All of it, in a handful of questions."""
    day = local_day(view.now, view.zone)
    since, kinds = _since(view, day), rules.names("kept-kinds", "kinds", day)
    clocks = store.clocks(view, since, kinds)
    closure, lost = _slow(view)
    waits = store.waits(view, since, rules.names("waits-kinds", "kinds", day))
    return Operations(
        int(rules.number("window", "days", day)),
        tuple(rules.share(kind, *clocks[kind], day) for kind in kinds if kind in clocks),
        closure,
        tuple(Wait(kind, count, round(middle, 1), round(most, 1)) for kind, (count, middle, most) in sorted(waits.items())),
        lost,
        equity(view),
    )


def _slow(view: View) -> tuple[tuple[tuple[int, int, int], ...], tuple[tuple[str, float], ...]]:
    """What has to read bodies: loops closed, and hours lost by cause. Remembered a minute for whoever asked."""
    who = view.who
    return _REMEMBERED.get(
        (view.store.key, who.person, who.role, who.purpose),
        lambda: (referral_board.figures(view).overall.within, tuple(discharge_board.board(view).causes)),
    )


def _since(view: View, day: date) -> datetime:
    return view.now - timedelta(days=rules.number("window", "days", day))


def equity(view: View) -> tuple[tuple[str, tuple[Share, ...]], ...]:
    """The clocks of all kinds together, group beside group: by language, sex and age."""
    day = local_day(view.now, view.zone)
    bands = rules.age_bands(day)
    found = store.equity(
        view, _since(view, day), rules.names("kept-kinds", "kinds", day), others=rules.names("languages", "other", day), ages=bands
    )
    compared = sum(len(groups) for groups in found.values())
    return tuple((kind, rules.groups(dict(sorted(found.get(kind, {}).items())), day, comparisons=compared)) for kind in KINDS)


def behind(view: View, *, kind: str | None = None, group: tuple[str, str] | None = None, missed: bool = False) -> tuple[Behind, ...]:
    """The promises behind a number: of one kind or all the clocks, of everybody or one group, all or only those not in time.

    Nothing of a group that is too small to be shown.
    """
    day = local_day(view.now, view.zone)
    known = rules.names("kept-kinds", "kinds", day)
    kinds = [kind] if kind in known else list(known)
    if group and any(each.hidden for name, shares in equity(view) if name == group[0] for each in shares if each.name == group[1]):
        return ()
    closed = [
        (row, row.due) for row in view.promises_closed(None, since=_since(view, day), codes=kinds, limit=MOST) if row.status == "completed"
    ]
    late = [(row, None) for row in view.promises(None, codes=kinds, state="late", limit=MOST) if row.due >= _since(view, day)]
    rows = [_behind(view, row, done) for row, done in (*late, *closed) if group is None or _in_group(view, row, group, day)]
    return tuple(each for each in rows if not (missed and each.kept))


def _behind(view: View, row: PromiseRow, done: datetime | None) -> Behind:
    told = trace.of(row.task)
    due = (told.due if told else row.due).astimezone(view.zone)
    name = human_name(parse(row.patient_body)) if row.patient_body else ""
    return Behind(str(row.patient), name, row.code, due, done.astimezone(view.zone) if done else None, done is not None and done <= due)


def _in_group(view: View, row: PromiseRow, group: tuple[str, str], day: date) -> bool:
    patient = parse(row.patient_body) if row.patient_body else {}
    return group_of(patient, group[0], day) == group[1]


def group_of(patient: Resource, kind: str, day: date) -> str:
    """The group a patient is counted in, as the store counts them."""
    if kind == "sex":
        return str(patient.get("gender")) if patient.get("gender") in ("female", "male") else "other"
    if kind == "age":
        age = identity.age(patient, day)
        return "-1" if age is None else str(sum(age >= each for each in rules.age_bands(day)))
    spoken = {str(coding.get("code")) for each in patient.get("communication", ()) for coding in each.get("language", {}).get("coding", ())}
    return "es" if "es" in spoken else "other" if spoken & set(rules.names("languages", "other", day)) else "en"
