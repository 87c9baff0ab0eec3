"""Papers that came without their patient, in every state; visits whose charts are ready and not; a reconciliation half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from baton.demo import shapes
from baton.demo.acts import Act
from baton.demo.places import PLACES, RECONCILES, WORKERS
from baton.demo.plot import Stage
from baton.demo.privacy import TEAM
from baton.duties.privacy.decisions import Recipient
from baton.duties.privacy.packets import DISCLOSURE
from baton.duties.records import documents, inbound, inbound_states, readiness, readiness_promises, reconciliation, records
from baton.duties.transitions.happenings import patients_of
from baton.rules.matching import Said
from baton.store import Change, Who

FIRST, SECOND = WORKERS["ines-duarte"].who, WORKERS["luis-ortega"].who
HUB = Who("Device/baton", "Baton", "system", (), "demo")
LOOKED_AT = 3
"""How many coming visits of a team somebody has looked at already; the worker looks at the rest."""
NOTE = "{place}\nConsultation report\n\nPatient: {name}\nDOB: {born}\n\nSeen today. Stable; continue as before. See again in three months."


def papers(stages: Sequence[Stage]) -> Iterator[Act]:
    """What arrived for one team, as far as anybody has dealt with it."""
    if len(stages) > 18:
        yield from ready(stages)
        yield from reconciled(stages)
    if len(stages) > 18 and stages[0].person.team == TEAM:
        for stage, told in zip(stages[7:13], TOLD, strict=True):
            yield from told(stage)


def _came(stage: Stage, said: Said, title: str, place: str, *, code: str = "11488-4", born: str = "") -> Callable[[Change], object]:
    words = NOTE.format(place=PLACES[place].name.upper(), name=said.name, born=born or said.birth)

    def do(change: Change) -> None:
        upload = documents.checked("fax.txt", f"{words}\n{stage.person.mrn[-2:]}".encode())
        inbound.receive(change, upload=upload, said=said, title=title, code=code, source=PLACES[place].name)

    return do


def _whole(stage: Stage) -> Said:
    return Said(stage.person.name, stage.person.born.isoformat())


def _smudged(stage: Stage) -> Said:
    return Said(stage.person.name, stage.person.born.isoformat()[:9] + "?")


def _by(stage: Stage, days_ago: int, clock: str, who: Who, because: str, do: Callable[[Change], object]) -> Act:
    return Act(stage.days.at(stage.days.business(-days_ago) if days_ago else stage.days.today, clock), who, because, do)


def _paper(stage: Stage, do: Callable[..., object], **more: Any) -> Callable[[Change], object]:
    """Something done with the paper that waits and says this person's name."""

    def with_it(change: Change) -> None:
        for each in change.find("DocumentReference", category=f"{DISCLOSURE}|{inbound.WAITS}"):
            if inbound_states.said_of(each).name == stage.person.name:
                do(change, document=each["id"], **more)

    return with_it


def answered(stage: Stage) -> Iterator[Act]:
    """Asked for, and it came by itself: two identifiers agree, so it is in the chart and the request is answered."""
    place = PLACES["heart-clinic"]
    source = Recipient(place.name, "provider", f"Organization/{place.id}", place.phone)
    ask = lambda change: records.ask(  # noqa: E731
        change, patient=stage.person.reference, what="Consult note of this month", source=source, channels=("fax",)
    )
    yield _by(stage, 4, "11:20", stage.worker.who, "Records asked for", ask)
    yield _by(stage, 1, "07:55", FIRST, "A paper came", _came(stage, _whole(stage), "Consult note", "heart-clinic"))


def doubtful(stage: Stage) -> Iterator[Act]:
    """A digit of the date of birth cannot be read."""
    yield _by(stage, 1, "08:12", FIRST, "A paper came", _came(stage, _smudged(stage), "Consult note, 4 pages", "lung-clinic"))


def proposed(stage: Stage) -> Iterator[Act]:
    """One says whose it is; a second person is to agree."""
    yield _by(stage, 2, "08:31", FIRST, "A paper came", _came(stage, _smudged(stage), "Imaging report", "bone-joint", code="18748-4"))
    yield _by(stage, 1, "09:05", FIRST, "Whose a paper is", _paper(stage, inbound.file, patient=stage.person.reference))


def nobodys(stage: Stage) -> Iterator[Act]:
    """Sent here by mistake."""
    said = Said(f"{stage.person.family} Roofing")
    yield _by(stage, 3, "10:02", FIRST, "A paper came", _came(stage, said, "An offer for a new roof", "food-bank", code="52033-8"))

    def aside(change: Change) -> None:
        for each in change.find("DocumentReference", category=f"{DISCLOSURE}|{inbound.WAITS}"):
            if inbound_states.said_of(each).name == said.name:
                inbound.set_aside(change, document=each["id"], reason="An advertisement; thrown away")

    yield _by(stage, 3, "10:06", FIRST, "A paper set aside", aside)


def program(stage: Stage) -> Iterator[Act]:
    """From a substance use program: seen by its envelope alone."""
    yield _by(stage, 1, "13:40", FIRST, "A paper came", _came(stage, _smudged(stage), "Summary of treatment", "hillside", code="34133-9"))


def misfiled(stage: Stage) -> Iterator[Act]:
    """It lay in the wrong chart for a day: found, taken out, and the privacy desk knows who saw it."""
    yield _by(stage, 4, "09:45", FIRST, "A paper came", _came(stage, _smudged(stage), "Letter about a hip", "bone-joint", code="51852-2"))
    yield _by(stage, 4, "09:50", FIRST, "Whose a paper is", _paper(stage, inbound.file, patient=stage.person.reference))
    yield _by(stage, 4, "10:10", SECOND, "Whose a paper is, agreed", _paper(stage, inbound.agree))

    def found(change: Change) -> None:
        for each in change.find("DocumentReference", patient=stage.person.reference, type="51852-2"):
            if inbound_states.parts(each).get("state") == "filed":
                documents.opened(change, patient=stage.person.id, document=each["id"])
                inbound.wrong(change, document=each["id"], reason="Never had a hip operated on")

    yield _by(stage, 2, "15:35", stage.worker.who, "A document in the wrong chart", found)


TOLD: tuple[Callable[[Stage], Iterator[Act]], ...] = (answered, doubtful, proposed, nobodys, program, misfiled)


# --- charts before visits, and medicines after a stay -------------------------------------------------------------------------------------


def ready(stages: Sequence[Stage]) -> Iterator[Act]:
    """The first look at some visits of the coming week: one chart has everything that is asked for, the others lack something."""
    people = {each.person.reference: each for each in stages}

    def coming(change: Change) -> list[dict[str, Any]]:
        span = [f"ge{change.now.isoformat()}", f"le{(change.now + timedelta(days=7)).isoformat()}"]
        booked = change.find("Appointment", status="booked", date=span, _sort="date", _count=300)
        return [each for each in booked if set(patients_of(each)) & set(people) and readiness.asks(change, each)][:LOOKED_AT]

    def complete(change: Change) -> None:
        for each in coming(change)[1:2]:
            for resource in everything(people[patients_of(each)[0]]):
                change.put(resource)

    def look(change: Change) -> None:
        for each in coming(change):
            if not change.find("Task", _id=readiness_promises.task_id(each)):
                readiness_promises.look(change, appointment=each["id"])

    yield _by(stages[0], 0, "06:05", HUB, "Papers for a visit", complete)
    yield _by(stages[0], 0, "06:06", HUB, "Is the chart ready for the visit?", look)


def everything(stage: Stage) -> Iterator[dict[str, Any]]:
    """All that any visit asks for."""
    person, day = stage.person, stage.days.business(-2)
    when, place = stage.days.at(day, "16:10"), PLACES[stage.person.primary]
    yield shapes.document(f"{person.id}-ready-note", person, "57133-1", "Referral note", "Why they come.", when, place)
    title = "Chest X-ray, CT, ECG and echo, pathology"
    yield shapes.document(f"{person.id}-ready-imaging", person, "18748-4", title, "Nothing new.", when, place)
    for each, value in (("oxygen", 96.0), ("creatinine", 0.9), ("potassium", 4.1), ("hemoglobin", 13.2)):
        yield shapes.observation(f"{person.id}-ready-{each}", person, each, value, when)
    yield {
        "resourceType": "MedicationStatement", "id": f"{person.id}-ready-list", "status": "active", "dateAsserted": day.isoformat(),
        "subject": {"reference": person.reference}, "medicationCodeableConcept": {"text": "acetaminophen 325 mg"},
    }  # fmt: skip


def reconciled(stages: Sequence[Stage]) -> Iterator[Act]:
    """Two who are home from a stay said what they take: of one some differences are decided, the other's sheet is signed."""
    stage = stages[0]

    def half(change: Change) -> None:
        waiting = reconciliation.waiting(change)
        if not waiting:
            return
        patient = str(waiting[0][0]["for"]["reference"]).partition("/")[2]
        now = reconciliation.sheet(change, patient=patient)
        if now.lists.asked:
            return
        reconciliation.take_as_ordered(change, patient=patient, orders=tuple(each.reference for each in now.lists.discharge[1:]))
        reconciliation.takes(change, patient=patient, text="ibuprofen 200 mg", directions="2 tablets when the knee hurts")
        for each in reconciliation.sheet(change, patient=patient).decided[:1]:
            reconciliation.decide(change, patient=patient, difference=each.id, decision=each.choices[0])

    def whole(change: Change) -> None:
        """By whoever has the licence; the promise is kept with it."""
        waiting = [str(each["for"]["reference"]).partition("/")[2] for each, _name in reconciliation.waiting(change)]
        for patient in reversed(waiting):
            now = reconciliation.sheet(change, patient=patient)
            if now.lists.discharge and not now.lists.asked:
                reconciliation.take_as_ordered(change, patient=patient, orders=tuple(each.reference for each in now.lists.discharge))
                for each in reconciliation.sheet(change, patient=patient).decided:
                    note = "" if each.difference.sure else "Read from the bottle"
                    reconciliation.decide(change, patient=patient, difference=each.id, decision=settling(each), note=note)
                reconciliation.sign(change, patient=patient)
                return

    nurse = stage.worker if stage.worker.licence else RECONCILES
    yield _by(stage, 0, "06:40", stage.worker.who, "What the patient takes", half)
    if stage.turn % 2 == 0:  # in the others nobody has come to it
        yield _by(stage, 1, "16:20", nurse.who, "Medicines reconciled", whole)


def settling(one: reconciliation.Decided) -> str:
    """A decision that settles a difference: as ordered where that is one."""
    return next((each for each in one.choices if each in reconciliation.SETTLED), one.choices[0])
