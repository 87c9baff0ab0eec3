"""The call after going home (RED): prefilled from the chart, what was not understood comes first, answers become somebody's work.

The call itself is an attempt about the contact promised after the stay, so that it counts as every other does (see communication).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.contact import communication, safe_contact
from baton.duties.discharge import evidence, states
from baton.duties.discharge import paper as papers
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import promises as discharge_promises
from baton.duties.discharge.states import Plan
from baton.duties.patients import identity, medicines
from baton.duties.promises import refuse
from baton.duties.scheduling import needs
from baton.duties.support import education
from baton.duties.today.rows import Contact, Identity, Medicine
from baton.duties.trace import Fact
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, target
from baton.rules import discharge_plan as rules
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

QUESTIONNAIRE: Final = f"{codes.P}/Questionnaire/discharge-call|1"
DIFFERENCES: Final = {"duplicate": "DUPTHPY", "dose": "DOSE", "other": "DRG"}
"""Kinds of difference and their codes of v3-ActCode (DetectedIssue)."""
ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Script:
    """What the call goes through, in its order. `to_ask` first: what was taught and is not yet understood."""

    plan: Plan
    patient: Identity
    contacts: tuple[Contact, ...]
    to_ask: tuple[tuple[education.Given, education.Item], ...]
    medicines: tuple[Medicine, ...]
    orders: tuple[tuple[str, str], ...]
    visits: tuple[papers.Visit, ...]
    pending: tuple[evidence.Pending, ...]
    contact: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said. `status`: better, same or worse; `medicines`: same, differ or none; `visit`: knows, none or no-ride."""

    outcome: str = "reached"
    to: str | None = None
    language: str | None = None
    interpreter: str | None = None
    status: str = ""
    worse: str = ""
    medicines: str = ""
    difference: str = "other"
    about: str = ""
    orders: tuple[str, ...] = ()
    visit: str = ""
    services: str = ""
    question: str = ""
    understood: Mapping[str, str] = field(default_factory=dict)  # "Communication id|item" → understood, repeat
    note: str = ""


CHART: Final = (*evidence.CHART, "MedicationRequest", "MedicationStatement", "RelatedPerson")


def script(view: View, *, plan: str) -> Script:
    """The call, prefilled. Raises NotFound."""
    _, known = discharge_plans.held(view, plan)
    patient = view.get("Patient", known.patient.partition("/")[2])
    chart = view.compartment(patient["id"], tuple(dict.fromkeys(CHART)), per_type=300)
    given = education.given_lessons(chart.get("Communication", ()), chart.get("Observation", ()), view)
    since = local_day(known.admitted or view.now, view.zone)
    active = [each for each in chart.get("MedicationRequest", ()) if each.get("status") in medicines.TAKEN]
    task = next((each for each in chart.get("Task", ()) if each["id"] == evidence.contact_task(known.encounter)), None)
    known_contacts = identity.contacts(patient, chart.get("RelatedPerson", ()), local_day(view.now, view.zone))
    asked = safe_contact.wanted_of(view, known.patient)
    return Script(
        plan=known,
        patient=identity.identity(patient, local_day(view.now, view.zone)),
        contacts=safe_contact.reachable(known_contacts, asked, patient),
        to_ask=tuple((each, item) for each in given for item in each.items if item.open),
        medicines=medicines.medicines(
            chart.get("MedicationRequest", ()), chart.get("MedicationStatement", ()), stay=(since, local_day(view.now, view.zone))
        ),
        orders=tuple(sorted((f"MedicationRequest/{each['id']}", medicines.name(each)) for each in active)),
        visits=tuple(papers.visits(view, chart.get("Appointment", ()))),
        pending=evidence.pending(chart, known.encounter, view),
        contact=str(task["id"]) if codes.is_open(task) and task is not None else None,
        language=identity.language(patient),
    )


def finish(change: Change, *, plan: str, answers: Answers) -> tuple[str, ...]:
    """The call is over: the attempt is documented, each answer that asks for something becomes somebody's. Returns what was made, as codes.

    Raises Invalid, naming what is still to be said; then nothing is kept.
    """
    _, known = discharge_plans.held(change, plan)
    if known.state == "planning":
        raise refuse("They have not left yet.", "QuestionnaireResponse.encounter")
    _check(answers)
    task = evidence.contact_task(known.encounter)
    owed = reading.maybe(change, f"Task/{task}")
    if codes.is_open(owed):
        communication.attempt(
            change, task=task, outcome=answers.outcome, language=answers.language, to=answers.to, interpreter=answers.interpreter,
            note=summary(answers) or None,
        )  # fmt: skip
    if answers.outcome != "reached":
        return ()
    for key, result in answers.understood.items():
        lesson, _, item = key.partition("|")
        learner = answers.to if answers.to and answers.to.startswith("RelatedPerson/") else None
        education.teach_back(change, given=lesson, item=item, result=result, learner=learner)
    made = tuple(_follow(change, known, answers))
    change.put(_response(change, known, answers))
    _settle(change, plan)
    return made


def _settle(change: Change, plan: str) -> None:
    found, known = discharge_plans.held(change, plan)
    if known.state in states.OPEN:
        after = discharge_plans.settled(change, found)
        if after != found:
            change.put(after)


def _check(answers: Answers) -> None:
    if answers.outcome != "reached":
        return
    for value, known, element in (
        (answers.status, ("better", "same", "worse"), "status"),
        (answers.medicines, ("same", "differ", "none"), "medicines"),
        (answers.visit, ("knows", "none", "no-ride"), "visit"),
    ):
        if value not in known:
            raise refuse("Say what they answered to each question.", f"QuestionnaireResponse.item({element})")
    if answers.status == "worse" and not answers.worse.strip():
        raise refuse("Say in what they are worse.", "QuestionnaireResponse.item(worse)")
    if answers.medicines == "differ" and not answers.about.strip():
        raise refuse("Say which medicines differ, and how.", "DetectedIssue.detail")
    if answers.difference not in DIFFERENCES:
        raise refuse(f"{answers.difference!r} is none of {', '.join(DIFFERENCES)}.", "DetectedIssue.code")


def summary(answers: Answers) -> str:
    """What stands in the note of the attempt."""
    parts = [answers.note.strip()]
    if answers.outcome == "reached":
        said = {"status": answers.status, "medicines": answers.medicines, "visit": answers.visit}
        parts.append(", ".join(f"{name}: {value}" for name, value in said.items() if value))
        parts += [answers.worse.strip(), answers.about.strip(), answers.services.strip(), answers.question.strip()]
    return ". ".join(part for part in parts if part)[:2000]


# --- what follows --------------------------------------------------------------------------------------------------


def _follow(change: Change, plan: Plan, answers: Answers) -> Iterator[str]:
    if answers.status == "worse":
        _flag(change, plan, answers.worse)
        yield _owed(change, plan, "worse", answers.worse, plan.patient)
    if answers.medicines == "differ":
        issue = change.put(_issue(change, plan, answers))
        yield _owed(change, plan, "medicines-differ", answers.about, issue.reference)
    if answers.medicines == "none":
        yield _owed(change, plan, "no-medicines", answers.about or "-", plan.patient)
    if answers.visit == "none":
        _need(change, plan)
        yield "visit"
    if answers.visit == "no-ride":
        yield _owed(change, plan, "no-services", "ride", plan.patient)
    if answers.services.strip():
        yield _owed(change, plan, "no-services", answers.services, plan.patient)
    if answers.question.strip():
        yield _owed(change, plan, "question", answers.question, plan.patient)


def _owed(change: Change, plan: Plan, code: str, about: str, focus: str) -> str:
    """A promise for what somebody said: to a clinician, a pharmacist or the team, by its hours."""
    row = next(each for each in rules.rows("answer") if each.values["name"] == code)
    owner, name = owner_of(change, plan.patient, str(row.values["to"]))
    due = change.now + timedelta(hours=int(row.values["hours"]))
    facts = (Fact("answer", code), Fact("what", about.strip()[:LONGEST] or code), Fact("clock", f"{rules.TABLE}/{row.code}"))
    told = discharge_promises.told_of(change, states.ANSWER, facts, due, change.now, "")
    words = f"{code}|{about.strip()[:LONGEST]}"
    urgent = {"priority": "stat"} if code == "worse" else {}
    task = discharge_promises.made(
        change, plan, states.ANSWER, told, codes.reference_to(owner, name), description=words, focus={"reference": focus}, **urgent
    )
    change.put(task)
    return code


def owner_of(view: View, patient: str, role: str) -> tuple[str, str]:
    """Somebody of this role in the patient's team, by name; the team itself when there is nobody."""
    team, name, _ = reading.team_of(view, patient)
    if role != "team":
        with reading.seeing_all(view):
            roles = view.find("PractitionerRole", organization=team, active="true", _count=100)
        people = sorted(
            str(target(each.get("practitioner")))
            for each in roles
            if any(
                code == role for concept in each.get("code", ()) for system, code in reading.codings(concept) if system == codes.STAFF_ROLE
            )
        )
        if people:
            return people[0], reading.name_of(view, people[0])
    return team, name


def _issue(change: Change, plan: Plan, answers: Answers) -> Resource:
    return {
        "resourceType": "DetectedIssue",
        "status": "preliminary",
        "code": codes.concept(ACT, DIFFERENCES[answers.difference]),
        "severity": "moderate",
        "patient": {"reference": plan.patient},
        "identifiedDateTime": episodes.instant(change.now),
        "author": codes.reference_to(change.who.person, change.who.name),
        "detail": answers.about.strip()[:LONGEST],
        **({"implicated": [{"reference": each} for each in answers.orders]} if answers.orders else {}),
    }


def _flag(change: Change, plan: Plan, what: str) -> None:
    category = codes.concept("http://terminology.hl7.org/CodeSystem/flag-category", "clinical")
    change.put(
        {
            "resourceType": "Flag",
            "status": "active",
            "category": [category],
            "code": {"text": what.strip()[:200]},
            "subject": {"reference": plan.patient},
            "period": {"start": episodes.instant(change.now)},
            "author": codes.reference_to(change.who.person, change.who.name),
        }
    )


def _need(change: Change, plan: Plan) -> Stored:
    """A visit is to be booked: it stands among the needs until it is."""
    episode = f"EpisodeOfCare/{codes.derived_id('transitional-care-adult', plan.encounter)}"
    owed = next(
        (
            each
            for each in change.find("Task", patient=plan.patient, code=f"{codes.PROMISE}|{codes.VISIT}", status=codes.OPEN)
            if codes.episode_of(each) == episode
        ),
        None,
    )
    due = reading.moment((owed or {}).get("restriction", {}).get("period", {}).get("end"), change.zone)
    latest = due.date() if due is not None and due >= change.now else None
    return needs.make(
        change, patient=plan.patient, what="Visit after discharge", specialty="Primary care", minutes=40, priority="urgent", latest=latest
    )


def _response(change: Change, plan: Plan, answers: Answers) -> Resource:
    """The answers as they were given."""
    said: dict[str, Any] = {
        "status": answers.status, "worse": answers.worse, "medicines": answers.medicines, "about": answers.about, "visit": answers.visit,
        "services": answers.services, "question": answers.question,
        **{f"teach-back.{key}": value for key, value in answers.understood.items()},
    }  # fmt: skip
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": {"reference": plan.patient},
        "encounter": {"reference": plan.encounter},
        "basedOn": [{"reference": f"CarePlan/{plan.id}"}],
        "authored": episodes.instant(change.now),
        "author": codes.reference_to(change.who.person, change.who.name),
        "item": [{"linkId": name, "answer": [{"valueString": value.strip()}]} for name, value in said.items() if value.strip()],
    }
