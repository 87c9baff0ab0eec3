"""The demo town: made once, lived through the real door and the real duties up to today, and left alone ever after.

It can be stopped at any moment and goes on where it was: how far it is stands in one resource, written in the same change as the step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from baton.demo.acts import Act
from baton.demo.chart import chart
from baton.demo.days import Days
from baton.demo.errands import errands, notes
from baton.demo.everyday import everyday
from baton.demo.people import Person, people
from baton.demo.places import COORDINATORS, EASTERN, TEAMS, WORKERS, P, ground
from baton.demo.plot import cast
from baton.store import Change, Gone, NotFound, Store, Who

Resource = dict[str, Any]
Counted = Callable[[int], None]

SEED = 1972
LIVED = 1500  # people whose month is played out; the rest of a bigger town is loaded as it stands
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
    """How far the town is: its seed, size and today, how many of its steps are done, and whether that is all."""

    seed: int
    patients: int
    today: date
    steps: int = 0
    complete: bool = False

    def resource(self) -> Resource:
        """The mark as it is stored."""
        parts = [
            {"url": "seed", "valueInteger": self.seed}, {"url": "patients", "valueInteger": self.patients},
            {"url": "today", "valueDate": self.today.isoformat()}, {"url": "steps", "valueInteger": self.steps},
            {"url": "complete", "valueBoolean": self.complete},
        ]  # fmt: skip
        return {"resourceType": "Basic", "id": "demo-town", "code": {"text": "Demo town"}, "extension": [{"url": MARK, "extension": parts}]}

    @classmethod
    def of(cls, resource: Resource) -> Mark:
        """The mark a resource keeps."""
        found = {part["url"]: part[next(key for key in part if key.startswith("value"))] for part in resource["extension"][0]["extension"]}
        return cls(found["seed"], found["patients"], date.fromisoformat(found["today"]), found["steps"], found["complete"])


def populate(
    store: Store, *, patients: int = 250, now: datetime | None = None, seed: int = SEED, progress: Counted | None = None
) -> Summary:
    """Make the town, or finish it, or find it there. `now` (aware; the store's clock when None) is its today.

    The same seed, size and day always give the same town. `progress` is told how many more resources there are. Raises ValueError for a
    size that is none.
    """
    if not 1 <= patients <= 100_000:
        raise ValueError("a town has 1 to 100,000 people")
    zone = ZoneInfo(EASTERN)
    now = now or store.now()
    found = _mark(store)
    mark = found or Mark(seed, patients, now.astimezone(zone).date())
    if not mark.complete:
        _Making(store, mark, now, progress or (lambda count: None)).go()
    return Summary(sign_ins(), mark.patients, found is None or not found.complete)


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
    """One making of the town: steps in a fixed order, those done already left out."""

    def __init__(self, store: Store, mark: Mark, now: datetime, progress: Counted) -> None:
        self.store, self.mark, self.now, self.progress = store, mark, now, progress
        self.days = Days(mark.today, ZoneInfo(EASTERN))
        self.done, self.step = mark.steps, 0

    def go(self) -> None:
        begun = self.days.at(self.days.begun, "06:00")
        self._bring(ground(), begun, "The town's organizations and people who work there")
        self._bring(self._charts(), begun, "Charts brought along")
        lived = list(islice(self._people(), LIVED))
        for when, act in sorted(self._month(lived), key=lambda timed: timed[0]):
            if when <= self.now:
                act()
        later = (resource for person in islice(self._people(), LIVED, None) for _, resource in self._everyday(person))
        self._bring(later, min(self.now, self.days.at(self.days.business(-1), "20:00")), "The rest of the town's month")
        with self.store.change(HUB, because="The town is complete", at=self.now) as change:
            change.put(self._marked(complete=True))

    def _people(self) -> Iterator[Person]:
        return people(self.mark.seed, self.mark.patients, self.mark.today)

    def _charts(self) -> Iterator[Resource]:
        for person in self._people():
            yield from chart(self.mark.seed, person, self.days.begun, self.days.zone)

    def _everyday(self, person: Person) -> Iterator[tuple[date, Resource]]:
        return everyday(self.mark.seed, person, self.days)

    def _month(self, lived: list[Person]) -> Iterator[tuple[datetime, Callable[[], None]]]:
        """Everything that happened in the month: when, and how to make it so."""
        told, left = cast(lived, COORDINATORS, self.days, self.mark.seed)
        for story, stage in told:
            for act in story(stage):
                yield act.when, lambda act=act: self._play(act)  # type: ignore[misc]
        for team in TEAMS:
            mine = [stage for stage in left if stage.person.team == team]
            for act in (*errands(mine), *notes(mine)):
                yield act.when, lambda act=act: self._play(act)  # type: ignore[misc]
        by_day: dict[date, list[Resource]] = defaultdict(list)
        for person in lived:
            for day, resource in self._everyday(person):
                by_day[day].append(resource)
        for day, resources in by_day.items():
            when = self.days.at(day, "18:30")
            yield when, lambda when=when, resources=resources: self._bring(resources, when, "A day in the town")  # type: ignore[misc]

    def _play(self, act: Act) -> None:
        if self._is_done():
            return
        with self.store.change(act.who, because=act.because, at=act.when) as change:
            act.do(change)
            change.put(self._marked())
        self.progress(1)

    def _bring(self, resources: Iterable[Resource], when: datetime, because: str) -> None:
        several = iter(resources)
        while handful := list(islice(several, HANDFUL)):
            if self._is_done():
                continue
            with self.store.change(HUB, because=because, at=when) as change:
                _put(change, [*handful, self._marked()])
            self.progress(len(handful))

    def _is_done(self) -> bool:
        self.step += 1
        return self.step <= self.done

    def _marked(self, *, complete: bool = False) -> Resource:
        return Mark(self.mark.seed, self.mark.patients, self.mark.today, self.step, complete).resource()


def _put(change: Change, resources: list[Resource]) -> None:
    change.hold((resource["resourceType"], resource["id"]) for resource in resources)
    for resource in resources:
        change.put(resource, unless_same=True)
