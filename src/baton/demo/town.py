"""The demo town: made once, lived through the real door and the real duties up to today, and left alone ever after.

It can be stopped at any moment and goes on where it was: what is there is left alone, and an act is known by its instant, which
no other act shares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from baton.demo import apps, community, earlier, evening, visits
from baton.demo.acts import Act
from baton.demo.chart import chart
from baton.demo.days import Days
from baton.demo.everyday import everyday
from baton.demo.grounds import ground
from baton.demo.people import Person, people
from baton.demo.places import COORDINATORS, EASTERN, TEAMS, WORKERS, P
from baton.demo.plot import Stage, cast
from baton.demo.rooms import ROOMS
from baton.store import Change, Gone, NotFound, Store, Who

Resource = dict[str, Any]
Counted = Callable[[int, float], None]
_EACH, _ACT = 30, 12
"""What making the town takes, in resources brought along: a person comes to so many, an act through its duty takes as long as so many."""
Happens = Callable[[datetime], None]

SEED = 1972
LIVED = 1500  # people whose month is played out; the rest of a bigger town is loaded as it stands
NEIGHBOURS = 60  # of a team: so many people live a month as busy as a small town's
HANDFUL = 1000  # resources to a change
HUB = Who("Device/baton", "Baton", "system", (), "demo")
MARK = f"{P}/StructureDefinition/demo-town"


@dataclass(frozen=True, slots=True)
class Summary:
    """What there is now. `sign_ins`: role, name, e-mail address of those who work here; `made` is False when it was all there."""

    sign_ins: list[tuple[str, str, str]]
    patients: int
    made: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """What the town was begun as: its seed, size and today; and whether it is complete."""

    seed: int
    patients: int
    today: date
    complete: bool = False

    def resource(self) -> Resource:
        """The mark as it is stored."""
        parts = [
            {"url": "seed", "valueInteger": self.seed}, {"url": "patients", "valueInteger": self.patients},
            {"url": "today", "valueDate": self.today.isoformat()}, {"url": "complete", "valueBoolean": self.complete},
        ]  # fmt: skip
        return {"resourceType": "Basic", "id": "demo-town", "code": {"text": "Demo town"}, "extension": [{"url": MARK, "extension": parts}]}

    @classmethod
    def of(cls, resource: Resource) -> Mark:
        """The mark a resource keeps."""
        found = {part["url"]: part[next(key for key in part if key.startswith("value"))] for part in resource["extension"][0]["extension"]}
        return cls(found["seed"], found["patients"], date.fromisoformat(found["today"]), found["complete"])


def populate(
    store: Store, *, patients: int = 250, now: datetime | None = None, seed: int = SEED, progress: Counted | None = None
) -> Summary:
    """Make the town, or finish it, or find it there. `now` (aware; the store's clock when None) is its today.

    The same seed, size and day always give the same town. `progress` is told how many more resources there are, and the share of the whole
    is made. Raises ValueError for a size that is none.
    """
    if not 1 <= patients <= 100_000:
        raise ValueError("a town has 1 to 100,000 people")
    zone = ZoneInfo(EASTERN)
    now = now or store.now()
    found = _mark(store)
    mark = found or Mark(seed, patients, now.astimezone(zone).date())
    if not mark.complete:
        _Making(store, mark, now, progress or (lambda count, share: None)).go(again=found is not None)
    return Summary(sign_ins(), mark.patients, found is None or not found.complete)


def is_complete(store: Store) -> bool:
    """Whether the town is there and complete."""
    mark = _mark(store)
    return mark is not None and mark.complete


def sign_ins() -> list[tuple[str, str, str]]:
    """Role, name and e-mail address of everyone who works in the town."""
    return [(worker.role, worker.name, worker.email) for worker in WORKERS.values()]


def _mark(store: Store) -> Mark | None:
    with store.view(HUB) as view:
        try:
            return Mark.of(view.get("Basic", "demo-town"))
        except (NotFound, Gone):
            return None


class _Making:
    """One making of the town. `lived` are the instants that are over already, when it goes on after having been stopped."""

    def __init__(self, store: Store, mark: Mark, now: datetime, progress: Counted) -> None:
        self.store, self.mark, self.now, self._progress = store, mark, now, progress
        self.whole, self.made = mark.patients * _EACH, 0
        self.days = Days(mark.today, ZoneInfo(EASTERN))
        self.lived: frozenset[datetime] = frozenset()

    def go(self, *, again: bool) -> None:
        if again:
            self.lived = self._instants()
        else:
            with self.store.change(HUB, because="The town is begun", at=self._opened()) as change:
                change.put(self.mark.resource())
        lived = list(islice(self._people(), LIVED))
        happenings, morning = list(_apart(self._month(lived))), self.days.at(self.days.begun, "06:00")
        self._bring(ground(self.mark.today), self._opened(), "The town's organizations and people who work there")
        self._bring(self._known(lived), self._opened(), "Charts brought along")
        self._live(happenings, until=morning)
        self._bring(visits.ground(self.days), morning, "Calendars of the town's doctors and rooms")
        self._bring(community.ground(), morning, "The directory of community services")
        self._bring(self._charts(), morning, "Charts brought along")
        self._live(happenings, since=morning)
        later = (resource for person in islice(self._people(), LIVED, None) for _, resource in self._everyday(person))
        self._bring(later, min(self.now, self.days.at(self.days.business(-1), "20:00")), "The rest of the town's month")
        self._hold(lived)
        done = evening.went_through(self.store, at=self.now)
        self.progress(done, done)
        apps.registered(self.store)
        with self.store.change(HUB, because="The town is complete", at=self.now) as change:
            change.put(replace(self.mark, complete=True).resource())

    def _live(self, happenings: list[tuple[datetime, Happens]], *, since: datetime | None = None, until: datetime | None = None) -> None:
        """What happened from one moment to another, as far as it is not over already."""
        first, last = since or self._opened(), until or self.now + timedelta(seconds=1)
        for when, happens in happenings:
            if first <= when < last and when not in self.lived:
                happens(when)

    def _hold(self, lived: list[Person]) -> None:
        """Somebody of each team has a time held at this very moment."""
        _, left = cast(lived, COORDINATORS, self.days, self.mark.seed)
        mine = [found[-1] for team in TEAMS if len(found := [stage for stage in left if stage.person.team == team]) > 5]
        fresh = [stage for stage in mine if not self._there("ServiceRequest", visits.need_id(stage.person, "visit"))]
        for stage in fresh:
            with self.store.change(stage.worker.who, because="A time is held", at=self.now) as change:
                visits.held(change, [stage])

    def _there(self, type_: str, id_: str) -> bool:
        with self.store.view(HUB) as view:
            try:
                view.stored(type_, id_)
            except (NotFound, Gone):
                return False
        return True

    def _opened(self) -> datetime:
        return self.days.at(self.days.opened, "06:00")

    def _people(self) -> Iterator[Person]:
        return people(self.mark.seed, self.mark.patients, self.mark.today)

    def _known(self, lived: list[Person]) -> Iterator[Resource]:
        """The charts of those who were known before the month."""
        for person in earlier.people(_neighbours(cast(lived, COORDINATORS, self.days, self.mark.seed)[1])):
            yield from chart(self.mark.seed, person, self.days.opened, self.days.zone)

    def _charts(self) -> Iterator[Resource]:
        for person in self._people():
            yield from chart(self.mark.seed, person, self.days.begun, self.days.zone)

    def _everyday(self, person: Person) -> Iterator[tuple[date, Resource]]:
        return everyday(self.mark.seed, person, self.days)

    def _month(self, lived: list[Person]) -> Iterator[tuple[datetime, Happens]]:
        """Everything that happened in the month: when, and how to make it so."""
        told, left = cast(lived, COORDINATORS, self.days, self.mark.seed)
        for story, stage in told:
            for act in story(stage):
                yield act.when, self._played(act)
        for several in _neighbours(left):
            for lived_in in ROOMS:
                for act in lived_in(several):
                    yield act.when, self._played(act)
        by_day: dict[date, list[Resource]] = defaultdict(list)
        booked = {stage.person.id for _, stage in told}  # their stories book their visits: nobody can be in two places at once
        for person in lived:
            for day, resource in self._everyday(person):
                if person.id not in booked or resource["resourceType"] != "Appointment":
                    by_day[day].append(resource)
        for day, resources in by_day.items():
            yield self.days.at(day, "18:30"), partial(self._bring, resources, because="A day in the town")

    def _played(self, act: Act) -> Happens:
        def happens(when: datetime) -> None:
            with self.store.change(act.who, because=act.because, at=when) as change:
                act.do(change)
            self.progress(1, _ACT)

        self.whole += _ACT
        return happens

    def progress(self, count: int, weight: int) -> None:
        """So many more resources, which weighed so much of the whole."""
        self.made += weight
        self._progress(count, min(1.0, self.made / self.whole))

    def _bring(self, resources: Iterable[Resource], when: datetime, because: str) -> None:
        """Bring in what is not there yet."""
        several = iter(resources)
        while handful := list(islice(several, HANDFUL)):
            with self.store.change(HUB, because=because, at=when) as change:
                change.hold((resource["resourceType"], resource["id"]) for resource in handful)
                for resource in handful:
                    if not _is_there(change, resource):
                        change.put(resource)
            self.progress(len(handful), len(handful))

    def _instants(self) -> frozenset[datetime]:
        """When anything was recorded so far."""
        found: set[datetime] = set()
        with self.store.view(HUB) as view:
            page = view.history(since=self._opened(), count=1000)
            found.update(stored.last_updated for stored in page.entries)
            while page.next:
                page = view.history(since=self._opened(), count=1000, cursor=page.next)
                found.update(stored.last_updated for stored in page.entries)
        return frozenset(found)


def _neighbours(left: Sequence[Stage]) -> Iterator[Sequence[Stage]]:
    """Those in no story, team by team, sixty at a time."""
    for team in TEAMS:
        mine = [stage for stage in left if stage.person.team == team]
        yield from (mine[first : first + NEIGHBOURS] for first in range(0, len(mine), NEIGHBOURS))


def _apart(happenings: Iterable[tuple[datetime, Happens]]) -> Iterator[tuple[datetime, Happens]]:
    """In order of time, each at an instant of its own: a millisecond after the one it would have shared it with."""
    last = datetime.min.replace(tzinfo=UTC)
    for when, happens in sorted(happenings, key=lambda timed: timed[0]):
        last = max(when, last + timedelta(milliseconds=1))
        yield last, happens


def _is_there(change: Change, resource: Resource) -> bool:
    try:
        change.stored(resource["resourceType"], resource["id"])
    except (NotFound, Gone):
        return False
    return True
