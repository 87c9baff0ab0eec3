"""Finding times together, as plain values: needs, those who serve them, the patient's wishes, and the plan that comes out. Pure.

Instants are aware. Inside, a day has 288 slots of five minutes on the wall of the facility's zone, counted from the first day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from baton.rules.calendar import US_FEDERAL, Calendar

MINUTES = 5
"""The grain of every start."""
SLOTS = 24 * 60 // MINUTES
"""Slots in a day."""
HOME = "home"
"""The site of what is done by video or telephone, and where every trip begins and ends."""
LATENESS, FINISH, TRIPS, WAITING, PREFERENCE, EARLIER = "lateness", "finish", "trips", "waiting", "preference", "earlier"
ORDER = (LATENESS, FINISH, TRIPS, WAITING, PREFERENCE, EARLIER)
"""What matters, most important first: days late by urgency, last day, trips, minutes waited and travelled, preferences, early days."""
RESERVE_COST = 5
"""What using time kept for the urgent weighs, in days of an earlier visit."""


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant up to another."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs aware instants")


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that can be booked: when it is free, and what of that is kept for the urgent."""

    id: str
    name: str
    free: tuple[Span, ...]
    reserve: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A part in a visit that any one of these actors can take: clinician, room, interpreter.

    An optional one is filled when a wish (`Attended`) asks for it: without the wish the visit is held without.
    """

    code: str
    anyone: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One way to meet a need: at a site, with these roles; `cost` says how much less it is liked."""

    site: str
    roles: tuple[Role, ...]
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Need:
    """One visit to be placed. `wanted_by` is a day wished for: each day after it is late, `urgency` times over."""

    id: str
    name: str
    minutes: int
    options: tuple[Option, ...]
    urgency: int = 1
    wanted_by: date | None = None

    @property
    def slots(self) -> int:
        """Its length in slots, rounded up."""
        return -(-self.minutes // MINUTES)


# --- wishes: each can be given up when nothing else helps, and is named when it stands in the way ---------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """A need begins no earlier than one instant and ends no later than another."""

    key: str
    need: str
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A need begins within these hours (fasting, sugar, daylight)."""

    key: str
    need: str
    start_from: time | None = None
    start_until: time | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """The patient is elsewhere: on a weekday, or on one day."""

    key: str
    label: str
    start: time
    end: time
    weekday: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The patient can be away from home only on these weekdays and within these hours (a ride, work, a child at school)."""

    key: str
    label: str
    start: time
    end: time
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody in this optional role has to be there (an interpreter): given up, the visit is held without."""

    key: str
    role: str


@dataclass(frozen=True, slots=True)
class Order:
    """One need after another, with room between: minutes from end to start, calendar days, business days."""

    key: str
    first: str
    then: str
    min_minutes: int = 0
    max_minutes: int | None = None
    min_days: int | None = None
    max_days: int | None = None
    min_business_days: int | None = None
    max_business_days: int | None = None


@dataclass(frozen=True, slots=True)
class SameDay:
    """All on one day."""

    key: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DifferentDays:
    """No two on one day."""

    key: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SameSite:
    """All at one site."""

    key: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SamePerson:
    """The same one in this role for all."""

    key: str
    needs: tuple[str, ...]
    role: str


@dataclass(frozen=True, slots=True)
class Calendars:
    """Nobody's choice, but it can stand in the way: when those who serve this need are free."""

    key: str
    need: str


Wish = Window | TimeOfDay | Busy | Reach | Attended | Order | SameDay | DifferentDays | SameSite | SamePerson
Obstacle = Wish | Calendars


@dataclass(frozen=True, slots=True)
class Problem:
    """All of it: what is needed, who could serve, what is wished, how long the ways are, and the days looked at.

    `travel` is minutes by (from, to); what is missing takes no time. `taken` is when the patient is booked already.
    """

    needs: tuple[Need, ...]
    actors: tuple[Actor, ...]
    wishes: tuple[Wish, ...]
    first_day: date
    days: int
    zone: ZoneInfo
    travel: Mapping[tuple[str, str], int] = field(default_factory=dict)
    taken: tuple[Span, ...] = ()
    order: tuple[str, ...] = ORDER
    calendar: Calendar = US_FEDERAL

    def __post_init__(self) -> None:
        ids = [need.id for need in self.needs]
        known = {actor.id for actor in self.actors}
        keys = [wish.key for wish in self.wishes]
        named = {name for wish in self.wishes for name in needs_of(wish)}
        used = {actor for need in self.needs for option in need.options for role in option.roles for actor in role.anyone}
        for wrong, words in (
            (not ids or len(set(ids)) < len(ids), "needs have ids of their own"),
            (len(set(keys)) < len(keys), "wishes have keys of their own"),
            (not named <= set(ids), "a wish speaks of a need that is not there"),
            (not used <= known, "a need asks for somebody who is not there"),
            (any(not 0 < need.minutes <= 24 * 60 for need in self.needs), "a visit takes between one minute and a day"),
            (sorted(self.order) != sorted(ORDER), "the order names each of the six parts once"),
            (not 0 < self.days <= 366, "between one day and a year is looked at"),
        ):
            if wrong:
                raise ValueError(words)

    def way(self, here: str, there: str) -> int:
        """Minutes from one site to another."""
        return self.travel.get((here, there), 0) if here != there else 0

    def day(self, number: int) -> date:
        """The day with this number."""
        return self.first_day + timedelta(days=number)

    def instant(self, slot: int) -> datetime:
        """The instant of a slot, in the facility's zone."""
        day, of_day = divmod(slot, SLOTS)
        return datetime.combine(self.day(day), time(of_day * MINUTES // 60, of_day * MINUTES % 60), self.zone)

    def need(self, id_: str) -> Need:
        """The need of this id."""
        return next(need for need in self.needs if need.id == id_)


def needs_of(wish: Wish) -> tuple[str, ...]:
    """The needs a wish names; none when it is about the patient or a role."""
    if isinstance(wish, Window | TimeOfDay):
        return (wish.need,)
    if isinstance(wish, Order):
        return (wish.first, wish.then)
    return wish.needs if isinstance(wish, SameDay | DifferentDays | SameSite | SamePerson) else ()


# --- what comes out ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """A need with its time: where, with whom (role, actor), and how much less it is liked than the best option."""

    need: str
    start: datetime
    end: datetime
    site: str
    actors: tuple[tuple[str, str], ...]
    cost: int = 0


OPTIMAL, BEST_KNOWN, IMPOSSIBLE, UNKNOWN = "optimal", "best-known", "impossible", "unknown"


@dataclass(frozen=True, slots=True)
class Plan:
    """The visits by time. `values` are the six parts by name, `bounds` what no plan can better; equal when proved.

    status: optimal, best-known (time ran out: a plan, with its bound), impossible (proved), unknown (time ran out, no plan yet).
    """

    status: str
    visits: tuple[Visit, ...] = ()
    values: Mapping[str, int] = field(default_factory=dict)
    bounds: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def last_day(self) -> date | None:
        """The day of the last visit."""
        return max((visit.start.date() for visit in self.visits), default=None)

    @property
    def trips(self) -> int:
        """Days on which the patient has to leave home."""
        return len({visit.start.date() for visit in self.visits if visit.site != HOME})
