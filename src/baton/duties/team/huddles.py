"""Huddles: the team talks about those with the most open loops; each decision is a promise with an owner and a date, a disagreement is kept
as one, and who was there how long is counted for staff.

A huddle is an `Encounter` without a patient, its people participants with periods; each patient on the agenda a `Communication` in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from baton.duties import codes, promises, reading
from baton.duties.support.agreements import MOST_WORDS, TOLD_TO_PATIENT
from baton.duties.team import teams
from baton.duties.team.huddle_reading import DISAGREEMENT, HUDDLE, KIND, OFFERED, every, is_huddle, is_unsettled
from baton.duties.today import caseload
from baton.duties.today.caseload import Filters
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of, target
from baton.rules.calendar import end_of_day, local_day
from baton.store import Invalid, NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

VIRTUAL: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"}
AGENDA: Final = 12


# --- before and during -----------------------------------------------------------------------------------------------------------------


def agenda(view: View, team: str, limit: int = AGENDA) -> list[str]:
    """Whom to talk about, from the open loops of a team: the patients with the most that is late, then those with what is due first."""
    return [f"Patient/{each['id']}" for each in owed_something(view, team, limit)]


def owed_something(view: View, team: str, limit: int) -> list[Resource]:
    """The patients of a team to whom something is owed: those with the most that is late, then those with what is due first."""
    owners = caseload.owners_of(view, Filters(whose="team", team=team))
    today, found = end_of_day(local_day(view.now, view.zone), view.zone), dict[str, Resource]()
    for state in ("late", "today", "coming"):
        if len(found) < limit:
            chosen = view.pressing(state, owners=owners, end_of_today=today, limit=limit + len(found), most=state == "late")
            for each in chosen:
                found.setdefault(str(each["id"]), each)
    return list(found.values())[:limit]


def begin(change: Change, *, team: str, patients: Sequence[str] | None = None, about: Resource | None = None) -> str:
    """A huddle of a team begins now, with whoever begins it and its agenda. Returns its id. Raises Invalid.

    `patients`: those to talk about, where another meeting says so; `about`: what that meeting is called (CodeableConcept).
    """
    if team not in dict(teams.names(change)):
        raise Invalid("Choose one of your teams.", expression="Encounter.serviceProvider", code="required")
    if any(each.end is None and each.team == team for each in every(change)):
        raise Invalid("A huddle of this team is under way already.", expression="Encounter.status", code="business-rule")
    now = episodes.instant(change.now)
    stored = change.put(
        {
            "resourceType": "Encounter",
            "status": "in-progress",
            "class": VIRTUAL,
            "type": [codes.concept(KIND, HUDDLE), *([about] if about else [])],
            "serviceProvider": codes.reference_to(team, reading.name_of(change, team)),
            "period": {"start": now},
            "participant": [{"individual": codes.reference_to(change.who.person, change.who.name), "period": {"start": now}}],
        }
    )
    for patient in agenda(change, team) if patients is None else patients:
        change.put(_point(stored.id, patient))
    return stored.id


def _point(huddle: str, patient: str) -> Resource:
    return {
        "resourceType": "Communication",
        "id": codes.derived_id(HUDDLE, huddle, patient),
        "status": "preparation",
        "category": [codes.concept(KIND, HUDDLE)],
        "subject": {"reference": patient},
        "encounter": {"reference": f"Encounter/{huddle}"},
    }


def add(change: Change, *, huddle: str, patient: str) -> None:
    """One more patient to talk about. Raises Invalid when the huddle is over."""
    _running(change, huddle)
    change.get(*patient.split("/", 1))
    point = _point(huddle, patient)
    if reading.peek(change, f"Communication/{point['id']}") is None:
        change.put(point)


def join(change: Change, *, huddle: str, people: Sequence[str]) -> None:
    """These people are there from now on. Raises Invalid."""
    encounter = _running(change, huddle)
    if not people or not all(teams.works(change, each) for each in people):
        raise Invalid("Choose somebody who works here.", expression="Encounter.participant", code="required")
    there = {target(each["individual"]) for each in encounter["participant"] if "end" not in each["period"]}
    now = episodes.instant(change.now)
    added = [
        {"individual": codes.reference_to(each, reading.name_of(change, each)), "period": {"start": now}}
        for each in dict.fromkeys(people)
        if each not in there
    ]
    if added:
        change.put({**encounter, "participant": [*encounter["participant"], *added]})


def leave(change: Change, *, huddle: str, person: str) -> None:
    """Somebody leaves before the end."""
    encounter = _running(change, huddle)
    change.put({**encounter, "participant": [_ended(change, each, person) for each in encounter["participant"]]})


def _ended(change: Change, participant: Resource, person: str | None = None) -> Resource:
    if "end" in participant["period"] or person not in (None, target(participant["individual"])):
        return participant
    return {**participant, "period": {**participant["period"], "end": episodes.instant(change.now)}}


def say(change: Change, *, huddle: str, patient: str, words: str, disagree: bool = False) -> Stored:
    """What was said about a patient; `disagree`: not everybody agrees, and it is kept as that. Raises Invalid."""
    _running(change, huddle)
    if not words.strip():
        raise Invalid("Write what was said.", expression="Communication.note", code="required")
    point = change.get("Communication", codes.derived_id(HUDDLE, huddle, patient))
    note = {
        "authorReference": codes.reference_to(change.who.person, change.who.name),
        "time": episodes.instant(change.now),
        "text": words.strip()[:2000],
        **({"extension": [{"url": f"{codes.P}/StructureDefinition/disagreement", "valueBoolean": True}]} if disagree else {}),
    }
    after = {**point, "status": "completed", "sent": episodes.instant(change.now), "note": [*point.get("note", ()), note]}
    marked = [*point["category"], *([] if is_unsettled(point) else [codes.concept(KIND, DISAGREEMENT)])]
    return change.put(after | ({"category": marked, "reasonCode": [codes.concept(KIND, DISAGREEMENT)]} if disagree else {}))


def decide(change: Change, *, huddle: str, patient: str, what: str, owner: str, due: date, told: str = "") -> Stored:
    """Something is decided: a promise, owed by somebody until a day; one who is not there has still to say yes. Raises Invalid.

    It is what the patient reads as agreed, too: `told` in their words, where they should know what it is.
    """
    encounter = _running(change, huddle)
    point = change.get("Communication", codes.derived_id(HUDDLE, huddle, patient))
    stored = promises.make_by_hand(change, patient=patient, what=what, due=due, owner=owner)
    there = {target(each["individual"]) for each in encounter["participant"] if "end" not in each["period"]}
    task = {**stored.resource(), "encounter": {"reference": f"Encounter/{huddle}"}}
    if told.strip():
        task = codes.with_extension(task, TOLD_TO_PATIENT, {"url": TOLD_TO_PATIENT, "valueString": told.strip()[:MOST_WORDS]})
    if owner.startswith("Practitioner/") and owner not in there:
        task["businessStatus"] = codes.concept(KIND, OFFERED)
    if point["status"] == "preparation":
        change.put({**point, "status": "completed", "sent": episodes.instant(change.now)})
    return change.put(task)


def accept(change: Change, *, task: str) -> Stored:
    """Whoever was not there says yes. Raises Invalid."""
    found = _offered(change, task)
    rest = {name: value for name, value in found.items() if name != "businessStatus"}
    return change.put(promises.stamped(change, {**rest, "status": "accepted"}))


def decline(change: Change, *, task: str, why: str) -> Stored:
    """Whoever was not there says no, and why: it is back with whoever decided it. Raises Invalid."""
    found = _offered(change, task)
    if not why.strip():
        raise Invalid("Say why.", expression="Task.statusReason", code="required")
    rest = {name: value for name, value in found.items() if name != "businessStatus"}
    back = promises.with_note(change, {**rest, "owner": found["requester"]}, why.strip())
    return change.put(promises.stamped(change, back))


def settle(change: Change, *, point: str, words: str) -> Stored:
    """What was not agreed is agreed now, whenever that is; how, is kept beside what was said. Raises Invalid."""
    found = change.get("Communication", point)
    if not is_unsettled(found):
        raise Invalid("This is settled already.", expression="Communication.reasonCode", code="business-rule")
    if not words.strip():
        raise Invalid("Write what was agreed.", expression="Communication.note", code="required")
    me, now = codes.reference_to(change.who.person, change.who.name), episodes.instant(change.now)
    note = {"authorReference": me, "time": now, "text": words.strip()[:2000]}
    rest = {name: value for name, value in found.items() if name != "reasonCode"}
    category = [each for each in found["category"] if code_of(each, KIND) != DISAGREEMENT]
    return change.put({**rest, "category": category, "note": [*found.get("note", ()), note]})


def _offered(change: Change, task: str) -> Resource:
    found = promises.held(change, task)
    if code_of(found.get("businessStatus"), KIND) != OFFERED:
        raise Invalid("Nobody waits for an answer to this any more.", expression="Task.businessStatus", code="business-rule")
    if target(found.get("owner")) != change.who.person:
        raise Invalid("This is for whoever it was given to.", expression="Task.owner", code="forbidden")
    return found


def end(change: Change, *, huddle: str) -> None:
    """It is over: everybody's minutes end, and whom nobody talked about is put off. Raises Invalid when it is over already."""
    encounter = _running(change, huddle)
    now = episodes.instant(change.now)
    people = [_ended(change, each) for each in encounter["participant"]]
    change.put({**encounter, "status": "finished", "period": {**encounter["period"], "end": now}, "participant": people})
    for point in change.find("Communication", encounter=f"Encounter/{huddle}", status="preparation"):
        change.put({**point, "status": "not-done"})


def _running(change: Change, huddle: str) -> Resource:
    encounter = change.get("Encounter", huddle)
    if not is_huddle(encounter):
        raise NotFound("There is no such huddle.")
    if encounter["status"] != "in-progress":
        raise Invalid("This huddle is over.", expression="Encounter.status", code="business-rule")
    return encounter
