"""The people of the town, one household after the other: who they are, who lives with them, who cares for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from baton.demo import clinical
from baton.demo.dice import Dice
from baton.demo.names import ORIGINS

STREETS = (
    "Alder Street", "Juniper Avenue", "Foundry Street", "Lighthouse Lane", "Cannery Row", "Mill Pond Road", "Orchard Street", "Harbor Way",
    "Signal Hill Road", "Depot Street", "Abbey Street", "Bayline Avenue", "Net Loft Lane", "Quarry Road", "Sandpiper Circle",
    "Chandlery Street",
)  # fmt: skip
AREAS = ("401", "508", "617", "774", "860", "203")
AGES = {(0, 4): 0.04, (5, 17): 0.06, (18, 39): 0.16, (40, 64): 0.28, (65, 79): 0.28, (80, 99): 0.18}


@dataclass(frozen=True, slots=True)
class Kin:
    """Somebody close to a person, who may or may not be a patient too."""

    relation: str  # v3-RoleCode
    given: str
    family: str
    gender: str
    phone: str
    told: str | None  # what they may be told, when anybody has asked
    first: bool  # ring them first


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the town. `problems` are keys of clinical.PROBLEMS."""

    index: int
    id: str
    given: str
    family: str
    gender: str
    born: date
    age: int
    origin: str
    language: str
    interpreter: bool
    street: str
    phone: str
    alone: bool
    problems: tuple[str, ...]
    team: str
    primary: str  # id of the primary care place
    kin: tuple[Kin, ...] = field(default=())

    @property
    def reference(self) -> str:
        """ "Patient/<id>"."""
        return f"Patient/{self.id}"

    @property
    def name(self) -> str:
        """Given name and family name."""
        return f"{self.given} {self.family}"

    @property
    def mrn(self) -> str:
        """The medical record number, seven digits, no two alike."""
        return f"{(self.index * 7919 + 48213) % 10_000_000:07d}"


def people(seed: int, count: int, today: date) -> Iterator[Person]:
    """The first `count` people of the town. The same person comes out whatever `count` is."""
    index = household = 0
    while index < count:
        for person in _household(seed, household, index, today):
            if index == count:
                return
            yield person
            index += 1
        household += 1


@dataclass(slots=True)
class _Sketch:
    given: str
    family: str
    gender: str
    born: date
    age: int
    phone: str


def _household(seed: int, household: int, first: int, today: date) -> list[Person]:
    dice = Dice(seed, "household", household)
    origin = dice.weighted({name: each.share for name, each in ORIGINS.items()})
    street = f"{dice.randint(2, 240)} {dice.choice(STREETS)}"
    family = dice.choice(ORIGINS[origin].family)
    head = _sketch(dice, origin, family, dice.weighted(AGES), today)
    members = [head] if head.age >= 18 else [_sketch(dice, origin, family, (max(28, head.age + 22), head.age + 40), today), head]
    if members[0].age >= 22 and dice.chance(0.55 if members[0].age < 80 else 0.3):
        span = (max(20, members[0].age - 6), members[0].age + 5)
        members.insert(1, _sketch(dice, origin, family, span, today, {"female": "male", "male": "female"}[members[0].gender]))
    if members[0].age < 55 and dice.chance(0.25):
        members.append(_sketch(dice, origin, family, (0, min(17, members[0].age - 18)), today))
    language = dice.weighted(ORIGINS[origin].languages)
    return [_person(dice, members, place, first + place, origin, language, street, today) for place in range(len(members))]


def _sketch(dice: Dice, origin: str, family: str, ages: tuple[int, int], today: date, gender: str = "") -> _Sketch:
    gender = gender or dice.choice(("female", "female", "male", "male"))
    names = ORIGINS[origin].female if gender == "female" else ORIGINS[origin].male
    age = dice.randint(ages[0], max(ages))
    born = date(today.year - age, today.month, 1) - timedelta(days=dice.randint(1, 360))
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    phone = f"({dice.choice(AREAS)}) 555-01{dice.randint(0, 99):02d}"
    if origin == "russian" and gender == "female" and family.endswith(("ov", "in", "ev")):
        family += "a"
    return _Sketch(dice.choice(names), family, gender, born, age, phone)


def _person(dice: Dice, members: list[_Sketch], place: int, index: int, origin: str, language: str, street: str, today: date) -> Person:
    self = members[place]
    spoken = "en" if self.age < 18 or (language != "en" and self.age < 45 and dice.chance(0.4)) else language
    problems = _problems(dice, self)
    alone = len(members) == 1
    kin = _kin(dice, members, place, origin, today)
    primary = (
        "little-wharf"
        if self.age < 18
        else "mill-pond"
        if self.age >= 80 and dice.chance(0.5)
        else dice.choice(("foundry-family", "harborview"))
    )
    return Person(
        index, f"p{index + 1:05d}", self.given, self.family, self.gender, self.born, self.age, origin, spoken,
        spoken != "en" and dice.chance(0.75), street, self.phone, alone, problems, _team(dice, self, problems), primary, kin,
    )  # fmt: skip


def _problems(dice: Dice, self: _Sketch) -> tuple[str, ...]:
    found = []
    for name, problem in clinical.PROBLEMS.items():
        low, high = problem.ages
        draw = dice.random()
        if self.age < low or (problem.sex and problem.sex != self.gender):
            continue
        share = problem.shares[0] + (problem.shares[1] - problem.shares[0]) * min(1.0, (self.age - low) / (high - low))
        if draw < share:
            found.append(name)
    return tuple(found)


def _team(dice: Dice, self: _Sketch, problems: tuple[str, ...]) -> str:
    if set(problems) & set(clinical.CANCERS):
        return "oncology-navigation"
    if set(problems) & set(clinical.HEART) and (self.age < 80 or dice.chance(0.5)):
        return "heart-vascular"
    if self.age >= 76 or "dementia" in problems:
        return "geriatrics"
    return dice.weighted({"outpatient-coordination": 0.4, "hospital-transitions": 0.33, "case-management": 0.27})


def _kin(dice: Dice, members: list[_Sketch], place: int, origin: str, today: date) -> tuple[Kin, ...]:
    self = members[place]
    told = dice.weighted({"everything": 0.5, "appointments": 0.2, "nothing": 0.05, None: 0.25})
    if self.age < 18:
        parent = members[0]
        return (_kin_of(parent, "MTH" if parent.gender == "female" else "FTH", "everything", True),)
    found = []
    for other in members:
        if other is not self and abs(other.age - self.age) <= 14 and other.age >= 18:
            found.append(_kin_of(other, "WIFE" if other.gender == "female" else "HUSB", told, self.age >= 80))
    if self.age >= 62 and dice.chance(0.6):
        span = (max(18, self.age - 36), self.age - 22)
        child = _sketch(dice, origin, self.family, span, today)
        relation = "DAUC" if child.gender == "female" else "SONC"
        found.append(
            _kin_of(child, relation, dice.choice(("everything", "everything", "appointments", None)), not found and self.age >= 78)
        )
    elif not found and dice.chance(0.4):
        friend = _sketch(dice, origin, dice.choice(ORIGINS[origin].family), (max(18, self.age - 10), self.age + 8), today)
        found.append(_kin_of(friend, dice.choice(("NBOR", "FRND", "SIS" if friend.gender == "female" else "BRO")), None, False))
    return tuple(found)


def _kin_of(sketch: _Sketch, relation: str, told: str | None, first: bool) -> Kin:
    return Kin(relation, sketch.given, sketch.family, sketch.gender, sketch.phone, told, first)
