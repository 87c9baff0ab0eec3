"""The board of referrals: whose turn it is, what is late, the story of one, and how many loops close."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.duties.referrals import answering, office_links, promises, referrals, stalled, states
from baton.duties.referrals.referrals import Meter
from baton.duties.today import loops
from baton.duties.today.rows import Identity, Row
from baton.duties.trace import Trace
from baton.duties.trace import of as trace_of
from baton.fhir.resource import Resource, parse, target, text_of
from baton.rules import referrals as rules
from baton.store import figures as store_figures

if TYPE_CHECKING:
    from baton.store import View

COLUMNS = ("send", "answer", "booked", "result", "review", "tell", "again")
"""The columns of the board; `STEPS_OF` says which steps each holds."""
STEPS_OF: Mapping[str, tuple[str, ...]] = {
    "send": ("send",),
    "answer": ("answer", "cancellation"),
    "booked": ("book", "visit"),
    "result": ("result",),
    "review": ("review",),
    "tell": ("tell",),
    "again": ("rebook", "reroute", "hold"),
}
TURN_OF: Mapping[str, str] = {
    **dict.fromkeys(("send", "rebook", "review", "tell", "reroute", "hold"), "ours"),
    **dict.fromkeys(("answer", "book", "result", "cancellation"), "theirs"),
    "visit": "patient",
}
MOST = 500
PAGE = 100
"""So many rows are shown at a time."""
WINDOWS = (30, 60, 90)
LOOKED_BACK = timedelta(days=180)
EVERY = 20_000
"""More referrals than a house sends in that time: where a number stands for all of them."""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything under way: counts by column and by whose turn it is, and a page of rows of what was chosen, the earliest due first.

    `start` is where the page begins (the last one, when fewer are left than was thought), `following` the next, None on the last. `more`:
    so much is under way that not all was counted.
    """

    columns: tuple[tuple[str, int], ...]
    turns: tuple[tuple[str, int], ...]
    late: int
    rows: tuple[Row, ...]
    start: int
    following: int | None
    more: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    """One thing that happened: when, which state it led to, why, and what was said."""

    when: datetime
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """One referral whole. `moves` are the triggers that are legal now; `step` is what is owed, None when the loop is closed."""

    task: str
    patient: Identity
    what: str
    question: str | None
    to: str
    urgency: str
    state: str
    step: str | None
    turn: str | None
    due: datetime | None
    chapters: tuple[Chapter, ...]
    moves: tuple[str, ...]
    meter: Meter | None
    results: tuple[tuple[str, str], ...]
    trace: Trace | None
    others: tuple[tuple[str, str], ...]
    request: str = ""  # the "ServiceRequest/id" it is about
    link: answering.Link | None = None  # with which an outside office answers
    answers: tuple[answering.Answered, ...] = ()
    may_link: bool = False  # whether one can be sent now
    told: stalled.Told | None = None  # that it is past its limit
    address: str = ""  # where it would go, as far as it is on file


@dataclass(frozen=True, slots=True)
class Closure:
    """How many of the loops that are old enough closed within 30, 60 and 90 days (closed, of how many), for one party or all."""

    name: str
    within: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """How loops go: closure overall and by whom they were sent to, why they were declined, and how long each step took (median days)."""

    overall: Closure
    by_party: tuple[Closure, ...]
    declined: tuple[tuple[str, int], ...]
    days: tuple[tuple[str, float], ...]
    baseline: float


def board(view: View, *, column: str | None = None, turn: str | None = None, start: int = 0) -> Board:
    """What is under way, of all patients one may see; narrowed to a column or to whose turn it is; a page of rows from `start` on."""
    wanted = [f"referral-{step}" for step in rules.STEPS]
    rows = view.promises(None, codes=wanted, limit=MOST + 1)
    steps = Counter(str(row.code).removeprefix("referral-") for row in rows)
    chosen = [
        row
        for row in rows[:MOST]
        for step in (row.code.removeprefix("referral-"),)
        if (column is None or step in STEPS_OF.get(column, ())) and (turn is None or TURN_OF.get(step) == turn)
    ]
    start = min(start, max(0, len(chosen) - 1) // PAGE * PAGE)
    return Board(
        columns=tuple((name, sum(steps[step] for step in STEPS_OF[name])) for name in COLUMNS),
        turns=tuple(
            (name, sum(count for step, count in steps.items() if TURN_OF.get(step) == name)) for name in ("ours", "theirs", "patient")
        ),
        late=sum(row.due < view.now for row in rows),
        rows=tuple(_row(view, each.task, parse(each.patient_body)) for each in chosen[start : start + PAGE] if each.patient_body),
        start=start,
        following=start + PAGE if len(chosen) > start + PAGE else None,
        more=len(rows) > MOST,
    )


def _row(view: View, task: Resource, patient: Resource) -> Row:
    return loops.row(task, patient, now=view.now, zone=view.zone, who=view.who, names={})


def referral_of(view: View, promise: str) -> str | None:
    """The referral ("Task/id") that a promise is about."""
    found = reading.maybe(view, f"Task/{promise}")
    return target((found or {}).get("focus")) if promises.step_of(found) else None


def story(view: View, *, task: str) -> Story:
    """One referral: where it stands, what is owed and by when, how it came there, and what may happen next. Raises NotFound."""
    referral = referrals.held(view, task)
    loop = promises.read(view, referral)
    step = loop.next_step()
    promise = loop.known.get(step.name) if step else None
    told = trace_of(promise) if promise else None
    request = reading.maybe(view, target(referral.get("focus"))) or {}
    person = view.get("Patient", str(target(referral.get("for"))).partition("/")[2])
    may_link = states.kind(referral) == "medical" and not states.is_ended(referral) and states.state(referral) != "draft"
    siblings = view.find("Task", focus=str(target(referral.get("focus"))), code=f"{states.TASK_CODE}|fulfill")
    return Story(
        task=str(referral["id"]),
        patient=identity.identity(person, view.now.astimezone(view.zone).date()),
        what=str(referral.get("description") or text_of(request.get("code"))),
        question=next((str(each["text"]) for each in request.get("orderDetail", ()) if each.get("text")), None),
        to=promises.name_of_owner(referral),
        urgency=states.urgency(referral),
        state=states.state(referral),
        step=step.name if step else None,
        turn=step.turn if step else None,
        due=told.due.astimezone(view.zone) if told else None,
        chapters=chapters(view, str(referral["id"])),
        moves=tuple(dict.fromkeys(move.trigger for move in states.open_moves(referral))) if states.state(referral) != "draft" else (),
        meter=referrals.meter(view, referral) if states.state(referral) == "draft" else None,
        results=tuple((each, reading.name_of(view, each)) for each in loop.results),
        trace=told,
        others=tuple((str(each["id"]), promises.name_of_owner(each)) for each in siblings if each["id"] != referral["id"]),
        request=str(target(referral.get("focus")) or ""),
        link=answering.link_of(referral, view),
        answers=answering.answered(referral, view),
        may_link=may_link,
        told=stalled.told(loop.known.get(step.name), view) if step else None,
        address=office_links.address_of(view, referral) if may_link else "",
    )


def chapters(view: View, task: str) -> tuple[Chapter, ...]:
    """Every state the referral has been in, the first first."""
    found: list[Chapter] = []
    for stored in reversed(view.history("Task", task, count=100).entries):
        if stored.body is None:
            continue
        resource = stored.resource()
        now = states.state(resource)
        if not found or found[-1].state != now:
            found.append(Chapter(stored.last_updated.astimezone(view.zone), now, (resource.get("statusReason") or {}).get("text")))
    return tuple(found)


# --- figures ------------------------------------------------------------------------------------------------------------------------------


def figures(view: View) -> Figures:
    """How the loops of the last half year went, of all patients one may see."""
    first, closed = _looked_back(view)
    kinds = {step: f"referral-{step}" for step in rules.STEPS}
    took = store_figures.waits(view, view.now - LOOKED_BACK, list(kinds.values()))
    by_party: dict[str, list[Resource]] = {}
    for each in first:
        by_party.setdefault(promises.name_of_owner(each), []).append(each)
    ordered = sorted(by_party.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:8]
    declined = Counter(
        str(each["statusReason"]["text"]) for each in first if each.get("status") == "rejected" and each.get("statusReason", {}).get("text")
    )
    return Figures(
        overall=closure("", first, closed, view),
        by_party=tuple(closure(name, several, closed, view) for name, several in ordered),
        declined=tuple(declined.most_common(5)),
        days=tuple((step, round(took[kind][1], 1)) for step, kind in kinds.items() if kind in took),
        baseline=rules.baseline(),
    )


def _looked_back(view: View, most: int = 1000) -> tuple[list[Resource], dict[str, datetime | None]]:
    """The referrals sent in the last half year, and when the loops that closed did: when the patient was told. Asked once by a page."""
    return reading.once(view, ("looked back", most), lambda: _read_back(view, most))


def _read_back(view: View, most: int) -> tuple[list[Resource], dict[str, datetime | None]]:
    since = f"ge{(view.now - LOOKED_BACK).date().isoformat()}"
    found = view.find("Task", code=f"{states.TASK_CODE}|fulfill", authored_on=since, _count=most)
    told = view.find("Task", code=f"{codes.PROMISE}|referral-tell", authored_on=since, status="completed", _count=most)
    closed = {str(target(each.get("focus"))): _end(view, each) for each in told}
    return [each for each in found if states.is_referral(each) and each.get("status") != "draft"], closed


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop that is old enough to tell: since when, when it closed (None: not yet), and whether that was in time."""

    task: Resource
    start: datetime
    end: datetime | None
    in_time: bool


def loops_within(view: View, days: int) -> tuple[Loop, ...]:
    """Who stands behind the closure in 30, 60 or 90 days: the loops it counts, the oldest first."""
    first, closed = _looked_back(view, EVERY)
    return tuple(sorted(_within(first, closed, view, days), key=lambda each: (each.start, str(each.task["id"]))))


def closed_within(view: View) -> tuple[tuple[int, int, int], ...]:
    """Days, closed in them, of how many: of every loop of the last half year, however many there are."""
    first, closed = _looked_back(view, EVERY)
    return closure("", first, closed, view).within


def _within(found: Sequence[Resource], closed: Mapping[str, datetime | None], view: View, days: int) -> list[Loop]:
    span, loops_ = timedelta(days=days), []
    for each in found:
        start = None if _went_on(each) else reading.moment(each["authoredOn"], view.zone)
        if start is not None and start <= view.now - span:
            end = closed.get(f"Task/{each['id']}")
            loops_.append(Loop(each, start, end, end is not None and end <= start + span))
    return loops_


def closure(name: str, found: Sequence[Resource], closed: Mapping[str, datetime | None], view: View) -> Closure:
    """Of the loops old enough to tell, how many closed in time. One that went on elsewhere counts where it went."""
    within = [(days, _within(found, closed, view, days)) for days in WINDOWS]
    return Closure(name, tuple((days, sum(each.in_time for each in old), len(old)) for days, old in within))


def _went_on(task: Mapping[str, Any]) -> bool:
    return any(each.get("url") == states.SETTLED and each.get("valueString") == "rerouted" for each in task.get("extension", ()))


def _end(view: View, promise: Mapping[str, Any]) -> datetime | None:
    return reading.moment(promise.get("executionPeriod", {}).get("end"), view.zone)
