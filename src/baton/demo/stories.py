"""What stories of the past month are made of: one person's stay, and what may become of the promises it makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from baton.demo import acts, clinical, sayings, shapes
from baton.demo.acts import Act
from baton.demo.days import Days
from baton.demo.dice import Dice
from baton.demo.people import Person
from baton.demo.places import AFTERCARE, PLACES, RECONCILES, Place, Worker, at, concept, feed, reference

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """One person's stay: who, why they were in, where, from when to when (None: still there), and who looks after them."""

    person: Person
    stay: clinical.Stay
    place: Place
    admitted: datetime
    discharged: datetime | None
    worker: Worker
    days: Days
    dice: Dice
    number: int = 1
    kind: str = "IMP"
    to: str = "home"

    @property
    def encounter(self) -> str:
        """The id of the Encounter."""
        return f"{self.person.id}-stay{self.number}"

    @property
    def aftercare(self) -> Place:
        """Who sees them afterwards."""
        return AFTERCARE.get(self.stay.service, PLACES[self.person.primary])

    def by(self, when: datetime, because: str, *deeds: acts.Deed) -> Act:
        """Something the coordinator did."""
        return Act(when, self.worker.who, because, acts.all_of(deeds))

    def came(self, when: datetime, because: str, *deeds: acts.Deed) -> Act:
        """Something the hospital sent."""
        return Act(when, feed(self.place), because, acts.all_of(deeds))

    def day(self, n: int, clock: str) -> datetime:
        """The n-th business day after the discharge."""
        assert self.discharged is not None
        return self.days.at(self.days.after(self.discharged.date(), n), clock)

    def stay_encounter(self, **elements: Any) -> Resource:
        """The Encounter as it stands: in progress, or finished with a disposition."""
        period = {"start": shapes.instant(self.admitted)}
        resource: Resource = {
            "resourceType": "Encounter", "id": self.encounter, "status": "in-progress",
            "class": {"system": shapes.ACT, "code": self.kind, "display": shapes.CLASSES[self.kind]},
            "type": [{"text": {"IMP": "Inpatient stay", "OBSENC": "Observation stay", "NONAC": "Skilled nursing stay"}[self.kind]}],
            "subject": reference("Patient", self.person.id, self.person.name), "period": period,
            "reasonCode": [shapes.coded(clinical.SNOMED, self.stay.snomed, self.stay.text, self.stay.icd10)],
            "location": [{"location": reference("Location", self.place.id, self.place.name)}], "serviceProvider": at(self.place),
        }  # fmt: skip
        if self.discharged:
            names = {"home": "Home", "snf": "Skilled nursing facility", "exp": "Expired"}
            resource["status"] = "finished"
            period["end"] = shapes.instant(self.discharged)
            resource["hospitalization"] = {"dischargeDisposition": concept(shapes.DISPOSITION, self.to, names[self.to])}
        return {**resource, **elements}


def admitted(story: Story) -> Iterator[Act]:
    """They come in, and (when they do) go home with other medicines than before."""
    here = replace(story, discharged=None)
    yield story.came(story.admitted, f"ADT A01 from {story.place.name}", acts.put(here.stay_encounter()))
    if story.discharged is None:
        return
    person, day = story.person, story.discharged.date()
    diagnosis = shapes.coded(clinical.SNOMED, story.stay.snomed, story.stay.text, story.stay.icd10)
    changes = [shapes.condition(f"{story.encounter}-reason", person, diagnosis, story.admitted.date(), encounter=story.encounter)]
    started = story.stay.started if story.to == "home" else ()
    changes += [shapes.medication_request(f"{story.encounter}-{drug}", person, drug, day) for drug in started]
    arrived = f"ADT A03 from {story.place.name}"
    yield story.came(story.discharged, arrived, acts.put(story.stay_encounter()))
    yield story.came(
        story.discharged + timedelta(minutes=4), f"Discharge medicines from {story.place.name}", acts.put(*changes), _stopped(story)
    )
    yield Act(
        story.discharged + timedelta(minutes=40),
        story.worker.who,
        "Complexity of the transition",
        acts.complexity(person, story.stay.complexity),
    )


def _stopped(story: Story) -> acts.Deed:
    """Medicines the hospital ended: those taken until now, in the same or an older strength."""
    assert story.discharged is not None
    on = story.discharged.date().isoformat()

    def do(change: Any) -> None:
        ended = {*story.stay.stopped, *(drug for drug in clinical.DRUGS if _replaced(drug, story.stay.started))}
        for request in change.find("MedicationRequest", patient=story.person.reference, status="active") if ended else ():
            drug = request["id"].removeprefix(f"{story.person.id}-")
            if drug in ended:
                validity = {"start": request["authoredOn"], "end": on}
                change.put({**request, "status": "stopped", "dispenseRequest": {"validityPeriod": validity}})

    return do


def _replaced(drug: str, started: tuple[str, ...]) -> bool:
    return any(drug != new and drug.partition("-")[0] == new.partition("-")[0] for new in started)


# ---- pieces of stories


def summary(story: Story, when: datetime) -> Act:
    """The discharge summary arrives, and with it what the hospital knew."""
    words = (
        f"{story.person.name} was with us for {story.stay.text.lower()}. Course without complications. Medicines at discharge are listed; "
        f"changes are marked. No results pending. Follow-up with {story.aftercare.name}. Call {story.place.phone} with questions."
    )
    arrived = shapes.document(
        f"{story.encounter}-summary", story.person, "18842-5", "Discharge summary", words, when, story.place, encounter=story.encounter
    )
    return story.came(
        when, f"Discharge summary from {story.place.name}", acts.put(arrived), acts.done(story.person, "discharge-information")
    )


def booked(story: Story, made: datetime, start: datetime, *, number: int = 1, place: Place | None = None) -> Act:
    """The visit after the stay is booked."""
    place = place or story.aftercare
    entry = shapes.appointment(
        f"{story.encounter}-visit{number}", story.person, place, start, start + timedelta(minutes=40), status="booked",
        what=f"Follow-up at {place.name}", made=made,
    )  # fmt: skip
    return story.by(made, f"Booked with {place.name}", acts.put(entry))


def kept(story: Story, start: datetime, *, number: int = 1) -> Iterator[Act]:
    """They come, medicines are gone through, and two promises are kept."""
    id_ = f"{story.encounter}-visit{number}"
    seen = shapes.visit(f"{id_}-seen", story.person, story.aftercare, start, start + timedelta(minutes=40), appointment=id_)
    pressure = shapes.blood_pressure(f"{id_}-bp", story.person, story.dice.randint(108, 152), story.dice.randint(60, 92), start)
    deeds = acts.amend("Appointment", id_, status="fulfilled"), acts.put(seen, pressure)
    end = start + timedelta(minutes=55)
    yield story.by(end, f"Visit kept at {story.aftercare.name}", *deeds, acts.done(story.person, "visit-after-discharge"))
    reconciled = acts.done(
        story.person,
        "medication-reconciliation",
        sayings.vary("Gone through with the list from the hospital; one duplicate stopped.", story.person.index),
    )
    nurse = story.worker if story.worker.licence else RECONCILES
    yield Act(end + timedelta(minutes=5), nurse.who, "Medicines reconciled", reconciled)


def missed(story: Story, start: datetime, *, number: int = 1) -> Act:
    """They do not come."""
    return story.by(
        start + timedelta(hours=1), "No-show",
        acts.amend("Appointment", f"{story.encounter}-visit{number}", status="noshow", cancelationReason={"text": "no ride"}),
        acts.note(story.person, "Did not come. Rang: the ride did not arrive. Wants another day, with a ride booked by us."),
    )  # fmt: skip


def around(story: Story) -> Iterator[Act]:
    """The others who play: pharmacy, home health, food, rides; who exactly is decided by the dice."""
    assert story.discharged is not None
    person, dice, days = story.person, story.dice, story.days
    pharmacy = PLACES[dice.choice(("alder-pharmacy", "cannery-pharmacy"))]
    filled = days.at(story.discharged.date() + timedelta(days=1), "11:20")
    given = [shapes.dispense(f"{story.encounter}-filled-{drug}", person, pharmacy, drug, filled) for drug in story.stay.started]
    if given and dice.chance(0.8):
        yield story.came(filled + timedelta(minutes=30), f"Dispensed by {pharmacy.name}", acts.put(*given))
    if person.age >= 60 and dice.chance(0.6):
        yield from _home_health(story)
    if dice.chance(0.4):
        yield from _community(story)


def _home_health(story: Story) -> Iterator[Act]:
    home, person = PLACES["tidewater"], story.person
    asked = story.day(1, "13:30")
    request = shapes.referral(f"{story.encounter}-home", person, home, "Home health, nursing and therapy", asked)
    yield story.by(asked, f"Referral to {home.name}", acts.put(request))
    for number, n in enumerate((2, 4, 7)):
        start = story.day(n, "10:00")
        if start.date() < story.days.today:
            seen = shapes.visit(f"{story.encounter}-nurse{number}", person, home, start, start + timedelta(minutes=50), kind="HH")
            yield Act(start + timedelta(hours=2), story.worker.who, f"Visit reported by {home.name}", acts.put(seen))
        else:
            entry = shapes.appointment(
                f"{story.encounter}-nurse{number}", person, home, start, start + timedelta(minutes=50), status="booked", what="Nurse visit",
                made=asked,
            )  # fmt: skip
            yield story.by(asked + timedelta(hours=1), f"Booked with {home.name}", acts.put(entry))


def _community(story: Story) -> Iterator[Act]:
    place = PLACES[story.dice.choice(("food-bank", "meals", "bay-riders", "housing-help"))]
    what = {"food-bank": "Weekly box, low salt", "meals": "Meals for two weeks", "bay-riders": "Ride to the follow-up visit"}
    asked = story.day(1, "15:10")
    request = shapes.referral(
        f"{story.encounter}-community", story.person, place, what.get(place.id, "Help with the heating bill"), asked,
        by=f"Practitioner/{story.worker.id}",
    )  # fmt: skip
    start = story.day(5, "09:30")
    words = request["code"]["text"]
    status = "fulfilled" if start.date() < story.days.today else "booked"
    entry = shapes.appointment(
        f"{story.encounter}-community", story.person, place, start, start + timedelta(minutes=30), status=status, what=words,
        made=asked,
    )  # fmt: skip
    entry["basedOn"] = [{"reference": f"ServiceRequest/{request['id']}"}]
    yield story.by(asked, f"Asked {place.name} for help", acts.put(request, entry))


def span(dice: Dice, stay: clinical.Stay, discharged: datetime) -> datetime:
    """When somebody must have come in to go home then."""
    return discharged - timedelta(days=dice.randint(*stay.days), hours=dice.randint(1, 9), minutes=dice.choice((5, 20, 35)))
