"""Whom a patient would rather see, and where they can get to: the sex of the clinician, a place without steps, how far it is from home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.community import finder
from baton.duties.community.directory import miles_between
from baton.duties.scheduling import calendars, terms
from baton.fhir.resource import Resource

if TYPE_CHECKING:
    from baton.store import View

STEP_FREE: Final = f"{codes.P}/StructureDefinition/step-free"
"""On a Location: whether somebody in a wheelchair can get in. Unknown is no."""
SEXES: Final = ("female", "male")
FAR: Final = 10
"""Miles within which a place is near (PROPOSED)."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Suits:
    """What is asked of who sees the patient and where; nothing unless said. `home` is where miles are counted from."""

    sex: str | None = None
    step_free: bool = False
    miles: int | None = None
    home: Point | None = None


def home_of(view: View, patient: Resource) -> Point | None:
    """Where a patient lives: by the position of the address, else the middle of its postal code's known places; None when unknown."""
    return finder.origin_of(view, patient).point


def fits(view: View, schedule: Mapping[str, Any], asked: Suits) -> bool:
    """Whether a Schedule fits. What is not known of it (a sex, a position, whether there are steps) does not fit when it is asked for."""
    if asked.sex and (reading.peek(view, calendars.actor_of(schedule)) or {}).get("gender") != asked.sex:
        return False
    place = reading.peek(view, calendars.site_of(schedule)) or {}
    if asked.step_free and terms.value(place, STEP_FREE) is not True:
        return False
    if asked.miles is None:
        return True
    away = miles(place, asked.home)
    return away is not None and away <= asked.miles


def miles(place: Mapping[str, Any] | None, home: Point | None) -> float | None:
    """How far a Location is from home as the crow flies; None when either is not known."""
    position = (place or {}).get("position")
    if home is None or not position:
        return None
    return miles_between(home, (float(position["latitude"]), float(position["longitude"])))
