"""What happens to people whom no story is told about: a visit last month, one to come, a referral on its way, a medicine filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from baton.demo import shapes
from baton.demo.days import Days
from baton.demo.dice import Dice
from baton.demo.people import Person
from baton.demo.places import AFTERCARE, PLACES, Place

Resource = dict[str, Any]

SPECIALTIES = {
    "heart-failure": "Cardiology", "afib": "Cardiology", "cad": "Cardiology", "copd": "Pulmonology", "kidney": "Nephrology",
    "diabetes": "Endocrinology", "arthritis": "Orthopedics", "depression": "Behavioral health", "anxiety": "Behavioral health",
    "breast-cancer": "Oncology", "prostate-cancer": "Oncology", "colon-cancer": "Oncology", "lung-cancer": "Oncology",
}  # fmt: skip


def everyday(seed: int, person: Person, days: Days) -> Iterator[tuple[date, Resource]]:
    """Resources with the day they were recorded on, in no order; never later than yesterday."""
    dice = Dice(seed, "everyday", person.index)
    primary = PLACES[person.primary]
    if dice.chance(0.35):
        start = _slot(dice, days, days.business(-dice.randint(2, 20)))
        yield start.date(), shapes.visit(f"{person.id}-recent", person, primary, start, start + timedelta(minutes=30))
    taken: list[str] = []
    if dice.chance(0.4):
        day, entry = _booked(dice, person, primary, days, "next")
        taken.append(entry["start"])
        yield day, entry
    special = next((AFTERCARE[SPECIALTIES[problem]] for problem in person.problems if problem in SPECIALTIES), None)
    if special is not None and dice.chance(0.5):
        asked = _slot(dice, days, days.business(-dice.randint(3, 18)))
        request = shapes.referral(f"{person.id}-referral", person, special, f"{special.service} consultation", asked)
        yield asked.date(), request
        day, entry = _booked(dice, person, special, days, "special", taken)
        yield max(day, asked.date()), {**entry, "basedOn": [{"reference": f"ServiceRequest/{request['id']}"}]}


def _slot(dice: Dice, days: Days, day: date) -> datetime:
    return days.at(day, f"{dice.randint(8, 16):02d}:{dice.choice((0, 20, 40)):02d}")


def _booked(dice: Dice, person: Person, place: Place, days: Days, name: str, taken: Sequence[str] = ()) -> tuple[date, Resource]:
    """A visit to come, half an hour long, when the person is not somewhere else."""
    made = _slot(dice, days, days.business(-dice.randint(1, 10)))
    start = _slot(dice, days, days.business(dice.randint(1, 25)))
    while any(abs(start - datetime.fromisoformat(each)) < timedelta(minutes=30) for each in taken):
        start += timedelta(minutes=20)
    what = f"{place.service} visit"
    entry = shapes.appointment(
        f"{person.id}-{name}", person, place, start, start + timedelta(minutes=30), status="booked", what=what, made=made
    )
    return made.date(), entry
