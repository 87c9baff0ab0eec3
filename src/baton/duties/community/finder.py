"""Finding help: the services of the directory by need, distance, eligibility, language, opening hours and how fresh their record is.

Distance is asked of the index by cells of the map, in rings that grow until enough is found: a big directory is never read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from baton.duties.community import directory
from baton.duties.community.directory import CELL, GRAVITY, NOWHERE, Place, Service
from baton.duties.patients import identity
from baton.fhir import query
from baton.fhir.resource import Resource, extension
from baton.rules import needs, opening
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import View

RINGS = (5.0, 15.0, 30.0, 60.0)
"""Miles: the next ring is only asked when the one before gave too little."""
ENOUGH = 30
MOST, SOME = 1000, 300
"""How many services are looked at in one ring; where distance cannot tell which are nearer, fewer will do."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where distances are counted from: a point and how it is known (address, zip), or nothing."""

    point: tuple[float, float] | None
    how: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. `words` narrow by name; `age` and `language` are the person's; `miles` ends the rings earlier."""

    need: str | None = None
    language: str | None = None
    age: int | None = None
    open_now: bool = False
    fresh: bool = False
    words: str = ""
    miles: float = RINGS[-1]


@dataclass(frozen=True, slots=True)
class Found:
    """One service that was found: how far (None: nobody knows), where, whether it is open, how fresh, whether it fits and has room."""

    service: Service
    miles: float | None
    place: Place | None
    open: bool | None
    freshness: str
    speaks: bool | None
    room: bool | None
    room_known: bool
    holiday: bool = False  # open by the hours of every week, and today is a holiday: they may be closed


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, the best first; `more` says that the list was cut; `asked` how many services were looked at."""

    rows: tuple[Found, ...]
    more: bool
    asked: int
    origin: Origin


def origin_of(view: View, patient: Resource) -> Origin:
    """Where a patient lives, as well as it is known: by the position of the address, else the middle of its ZIP code's known places."""
    at_home = [each for each in patient.get("address", ()) if each.get("use") in (None, "home")]
    for address in at_home:
        at = {part["url"]: part.get("valueDecimal") for part in extension(address, directory.GEOLOCATION) or ()}
        if at.get("latitude") is not None and at.get("longitude") is not None:
            return Origin((float(at["latitude"]), float(at["longitude"])), "address")
    code = next((str(each["postalCode"]) for each in at_home if each.get("postalCode")), "")
    return of_zip(view, code)


def of_zip(view: View, code: str) -> Origin:
    """The middle of the places known in a ZIP code; unknown where there is none."""
    code = code.strip()[:5]
    if not code.isdigit() or len(code) != 5:
        return Origin(None, "unknown")
    found = view.find("Location", address_postalcode=code, _count=200)
    points = [
        (float(each["position"]["latitude"]), float(each["position"]["longitude"]))
        for each in found
        if each.get("position") and str(each.get("address", {}).get("postalCode", ""))[:5] == code
    ]
    if not points:
        return Origin(None, "unknown")
    return Origin((sum(lat for lat, _ in points) / len(points), sum(lon for _, lon in points) / len(points)), "zip")


def person(patient: Resource, now: datetime, view: View) -> tuple[int | None, str | None]:
    """A patient's age and language: what services are asked about on their behalf."""
    who = identity.identity(patient, local_day(now, view.zone))
    return who.age, who.language


def find(view: View, wanted: Wanted, origin: Origin) -> Results:
    """The services that fit, the best first: with room and fresh before without, then by distance, then by name."""
    found: list[Found] = []
    seen: set[str] = set()
    asked = 0
    for cells in _rings(origin, wanted.miles):
        for service in _asked(view, wanted, cells):
            if service.id in seen:
                continue
            seen.add(service.id)
            asked += 1
            one = judged(service, wanted, origin, view)
            if one is not None:
                found.append(one)
        if len(found) >= ENOUGH:
            break
    found.sort(key=_order)
    return Results(tuple(found[:ENOUGH]), len(found) > ENOUGH, asked, origin)


def _rings(origin: Origin, most: float) -> Iterator[tuple[str, ...] | None]:
    """The cells to ask, ring after ring; what has no place on the map is asked with the first. None: everywhere."""
    if origin.point is None:
        yield None
        return
    before: set[str] = set()
    for miles in sorted({*(each for each in RINGS if each < most), most}):
        cells = [each for each in directory.cells(*origin.point, miles) if each not in before]
        first = () if before else (NOWHERE,)
        before |= {*cells, NOWHERE}
        if cells or first:
            yield (*first, *cells)


def _asked(view: View, wanted: Wanted, cells: Iterable[str] | None) -> list[Service]:
    asked = [("active", "true"), ("_count", str(SOME if cells is None and not wanted.words else MOST))]
    if wanted.need:
        asked.append(("service-category", f"{GRAVITY}|{wanted.need}"))
    if cells is not None:
        asked.append(("characteristic", ",".join(f"{CELL}|{each}" for each in cells)))
    if wanted.words and not wanted.need and cells is None:
        asked.append(("name", wanted.words.split()[0]))
    found = (directory.stored(each.body) for each in view.search(query.parse("HealthcareService", asked)).entries if each.body is not None)
    return [each for each in found if each is not None]


def judged(service: Service, wanted: Wanted, origin: Origin, view: View) -> Found | None:
    """One service against what is wanted; None when it does not fit. What is not known never keeps a service out."""
    near = directory.nearest(service.places, origin.point)
    if near is not None and near[0] > wanted.miles:
        return None
    low, high = service.ages
    if wanted.age is not None and ((low is not None and wanted.age < low) or (high is not None and wanted.age > high)):
        return None
    if wanted.words and not _speaks_of(service, wanted.words):
        return None
    speaks = speaks_it(service, wanted.language)
    if wanted.language and not wanted.language.startswith("en") and speaks is False:
        return None
    is_open = opening.is_open(service.hours, service.clock(view.zone), view.now)
    if wanted.open_now and not is_open:
        return None
    today = local_day(view.now, view.zone)
    fresh = needs.freshness(service.assured, today)
    if wanted.fresh and fresh != "fresh":
        return None
    said = service.capacity
    known = said.answered is not None and view.now - said.answered <= needs.span("capacity-holds", today)
    place = near[1] if near else next(iter(service.places), None)
    room = needs.has_room(said.code) if known else None
    holiday = opening.on_holiday(service.hours, service.clock(view.zone), view.now) is not None
    return Found(service, near[0] if near else None, place, is_open, fresh, speaks, room, known, holiday)


def _speaks_of(service: Service, words: str) -> bool:
    text = f"{service.name} {service.organization_name} {service.about} {' '.join(service.kinds)}".casefold()
    return all(word.casefold() in text for word in words.split())


def speaks_it(service: Service, language: str | None) -> bool | None:
    """Whether somebody there speaks a language (BCP 47); None when the directory says nothing about languages."""
    if not language or not service.languages:
        return None
    return language.split("-")[0].lower() in {each.split("-")[0].lower() for each in service.languages}


def _order(found: Found) -> tuple[int, int, float, str]:
    room = 2 if found.room is False else 0 if found.room else 1
    old = 1 if found.freshness == "old" else 0
    return (room, old, found.miles if found.miles is not None else 10_000.0, found.service.name)


def is_there(view: View) -> bool:
    """Whether a directory has been loaded at all."""
    wanted = ",".join(f"{GRAVITY}|{each}" for each in (*needs.NEEDS, "sdoh-category-unspecified"))
    return bool(view.find("HealthcareService", service_category=wanted, _count=1))
