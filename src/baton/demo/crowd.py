"""A big plain crowd for measuring: many patients with many open promises, brought in as fast as the door allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from baton.demo.chart import care_team, patient
from baton.demo.dice import Dice
from baton.demo.grounds import ground
from baton.demo.people import Person, people
from baton.demo.places import COORDINATORS, EASTERN, TEAMS, P, Worker, reference
from baton.demo.town import HUB
from baton.duties.trace import Fact, MadeBy, Step, Trace, to_extension
from baton.rules.calendar import end_of_day
from baton.store import Store

Resource = dict[str, Any]

KINDS = ("contact-after-discharge", "visit-after-discharge", "medication-reconciliation", "discharge-information", "by-hand")
WORDS = (
    "Chase the consult note",
    "Teach-back: inhaler technique",
    "Renew the placard form",
    "Housing letter",
    "Ask about weight and breath",
)


def bench_town(store: Store, *, patients: int = 10_000, promises_per_patient: int = 10, seed: int = 5, settled: bool = False) -> int:
    """Bring in a crowd with open promises around today, without stories; `settled`: promises alone, the town of this seed is there.

    Returns how many resources; doing it again changes nothing.
    """
    now = store.now()
    several = _crowd(seed, patients, promises_per_patient, now, settled)
    count = 0
    while handful := list(islice(several, 2000)):
        with store.change(HUB, because="A crowd to measure with") as change:
            change.hold((resource["resourceType"], resource["id"]) for resource in handful)
            for resource in handful:
                change.put(resource, unless_same=True)
        count += len(handful)
    return count


def _crowd(seed: int, patients: int, each: int, now: datetime, settled: bool) -> Iterator[Resource]:
    today = now.astimezone(ZoneInfo(EASTERN)).date()
    if not settled:
        yield from ground(today)
    for person in people(seed, patients, today):
        dice = Dice(seed, "crowd", person.index)
        if not settled:
            yield patient(dice, person)
            yield care_team(person)
        for number in range(each):
            yield _promise(dice, person, number, now)


def _promise(dice: Dice, person: Person, number: int, now: datetime) -> Resource:
    kind = KINDS[number % len(KINDS)]
    zone = ZoneInfo(EASTERN)
    today = now.astimezone(zone).date()
    due = end_of_day(today + timedelta(days=dice.randint(-3, 25)), zone)
    moment = (now - timedelta(days=dice.randint(4, 20))).replace(microsecond=0)
    made, worker = moment.isoformat(), COORDINATORS[person.team]
    owner = (
        reference("Practitioner", worker.id, worker.name)
        if dice.chance(0.2)
        else reference("Organization", person.team, TEAMS[person.team])
    )
    code = {"coding": [{"system": f"{P}/CodeSystem/promise", "code": kind}]}
    return {
        "resourceType": "Task", "id": f"{person.id}-promise{number + 1}", "status": "on-hold" if dice.chance(0.08) else "requested",
        "extension": _trace(kind, due, moment, worker), "intent": "order", "code": code,
        "description": dice.choice(WORDS), "for": reference("Patient", person.id, person.name), "authoredOn": made, "lastModified": made,
        "requester": reference("Practitioner", worker.id, worker.name), "owner": owner, "restriction": {"period": {"end": due.isoformat()}},
    }  # fmt: skip


def _trace(kind: str, due: datetime, made: datetime, worker: Worker) -> list[Resource]:
    """Why each is here: somebody promised it."""
    by = MadeBy(f"Practitioner/{worker.id}", worker.name, made, "A crowd to measure with")
    day = due.date()
    steps = (Step("start", made.date()), Step("end", day))
    rule = "https://baton.example/fhir/PlanDefinition/by-hand|1"
    return [to_extension(Trace(rule, "Promised by hand", kind, "A colleague's word", (Fact("promised", made),), steps, due, ("done",), by))]
