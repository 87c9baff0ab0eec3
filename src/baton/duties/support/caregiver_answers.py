"""What somebody who cares for a patient answers about themselves in the portal: how strained they are, and what they can do at home.

Their answers, in their own name, about nobody else. Neither the patient nor the rest of the family reads them (label CARER) unless the
caregiver shows them; the caregiver reaches their own by this module, which looks for nothing but what is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, promises, reading
from baton.duties.contact import thread_notices
from baton.duties.patients import identity
from baton.duties.promises import refuse
from baton.duties.reactions import Reaction, wanting
from baton.duties.support import agreements, assessments, findings
from baton.duties.support.assessments import DONE, Response
from baton.duties.support.caregiver_marks import PERSON, SHOWN, assessment_of, is_own
from baton.duties.transitions import upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, human_name, target
from baton.packs.assessments import Assessment, library, of_canonical
from baton.rules import portal as rules
from baton.rules.calendar import local_day
from baton.store import NotFound, Who

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

NO_SUCH: Final = "There are no such questions."
PAGE: Final = "/my/me"
SEEN_BY_ALL: Final = "Appointment"
"""The type that everybody let in sees, whether they see everything or dates alone: their page of questions is there for both."""


@dataclass(frozen=True, slots=True)
class Follows:
    """What is owed because of answers: what was found (its key without the assessment), until when, and the day it was done."""

    what: str
    due: datetime | None
    done: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """Answers that are finished, and what follows."""

    it: Response
    follows: tuple[Follows, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody close to the patient. `how` they would be told in the portal (`thread_notices.how`); `asked`: what of them, until when."""

    person: str
    name: str
    how: str
    child: bool
    asked: tuple[tuple[Assessment, date], ...]


@dataclass(frozen=True, slots=True)
class Own:
    """One assessment a caregiver may answer: what was begun, until when it was asked for, and what was answered, the latest first."""

    assessment: Assessment
    begun: Response | None
    asked: date | None
    said: tuple[Said, ...]


def as_themselves(who: Who) -> Who:
    """Whoever is let in, for a change in which they say something of themselves: it may keep what is hidden from those who are let in.

    What they may write in it is only that: `guard`. Who is answerable stays the same.
    """
    if not who.person.startswith(PERSON) or who.role != "related":
        raise NotFound(NO_SUCH)
    return replace(who, role="system", lent=who.own_role)


def mine(view: View) -> tuple[Own, ...]:
    """What somebody who is let in may answer about themselves and has answered. Raises NotFound for the patient."""
    me, patient = view.who.person, str(view.who.on_behalf_of)
    if not me.startswith(PERSON):
        raise NotFound(NO_SUCH)
    with reading.seeing_all(view):
        known = [each for each in assessments.of_patient(view, patient=patient) if each.source == me and each.shown is not None]
        asked = {found.code: _day(view, each) for each in _asked(view, patient, me) if (found := agreements.questions_of(each)) is not None}
        tasks = view.find("Task", patient=patient, focus=",".join(f"QuestionnaireResponse/{each.id}" for each in known)) if known else []
        return tuple(_own(view, each, known, tasks, asked.get(each.code)) for each in of_caregivers())


def of_caregivers() -> tuple[Assessment, ...]:
    """The assessments a caregiver answers about themselves, strain first."""
    found = (each for each in library().values() if each.about == "caregiver" and "caregiver" in each.by)
    return tuple(sorted(found, key=lambda each: not each.scores))


def _own(view: View, of: Assessment, known: list[Response], tasks: list[Resource], asked: date | None) -> Own:
    given = [each for each in known if each.assessment == of]
    begun = next((each for each in given if each.status == "in-progress"), None)
    return Own(of, begun, asked, tuple(Said(each, tuple(_follows(view, each, tasks))) for each in given if each.done))


def _follows(view: View, answered: Response, tasks: list[Resource]) -> Iterator[Follows]:
    for each in tasks:
        found = findings.finding(each)
        if found is not None and target(each.get("focus")) == f"QuestionnaireResponse/{answered.id}":
            done = reading.moment(each.get("executionPeriod", {}).get("end"), view.zone) if each["status"] == "completed" else None
            if codes.is_open(each) or done is not None:
                yield Follows(found[1], _due(view, each), done)


def _due(view: View, task: Resource) -> datetime | None:
    return reading.moment(task.get("restriction", {}).get("period", {}).get("end"), view.zone)


def _day(view: View, task: Resource) -> date | None:
    due = _due(view, task)
    return due.astimezone(view.zone).date() if due else None


def _asked(view: View, patient: str, person: str) -> list[Resource]:
    """What was asked of somebody and is not answered yet."""
    found = view.find("Task", patient=patient, owner=person, status=codes.OPEN)
    return [each for each in found if is_own(each) and agreements.questions_of(each) is not None]


# --- answering ----------------------------------------------------------------------------------------------------------------------------


def begin(change: Change, *, assessment: str, shown: bool, language: str | None) -> str:
    """Begin to answer, in a change of theirs (`as_themselves`); what was begun before goes on. Returns the id of the answers."""
    found = next((each for each in of_caregivers() if each.code == assessment), None)
    if found is None:
        raise NotFound(NO_SUCH)
    begun = next((each.begun for each in mine(change) if each.assessment == found and each.begun), None)
    if begun is not None:
        id_ = begun.id
    else:
        me, patient = change.who.person, str(change.who.on_behalf_of)
        id_ = assessments.answer(change, patient=patient, assessment=found.code, source=me, language=language).id
    show(change, response=id_, shown=shown)
    return id_


def held(view: View, response: str) -> Response:
    """Answers of theirs, by id. Raises NotFound for anybody else's."""
    with reading.seeing_all(view):
        found = reading.maybe(view, f"QuestionnaireResponse/{response}")
        own = found is not None and is_own(found) and target(found.get("source")) == view.who.person
        read = assessments.read(view, found) if found is not None and own else None
    if read is None or read.status == "entered-in-error":
        raise NotFound(NO_SUCH)
    return read


def say(change: Change, *, response: str, link: str, said: str | int) -> Response:
    """One answer, kept at once; the last one finishes. Raises NotFound, and Invalid for what is none of the answers."""
    found = held(change, response)
    if found.done:
        raise NotFound(NO_SUCH)
    given: dict[str, Any] = {"patient": found.patient, "assessment": found.assessment.code, "response": response}
    stored = assessments.answer(change, **given, answers={link: said})
    kept = assessments.read(change, stored.resource())
    if kept is not None and kept.next is None:
        assessments.answer(change, **given, done=True)
    return held(change, response)


def show(change: Change, *, response: str, shown: bool) -> Stored:
    """The patient may read these answers, or may not (any more): for the caregiver to say. Raises NotFound."""
    held(change, response)
    found = change.get("QuestionnaireResponse", response)
    return change.put(codes.with_extension(found, SHOWN, {"url": SHOWN, "valueBoolean": shown}), unless_same=True)


def shown_to_patient(view: View, *, patient: str) -> tuple[Response, ...]:
    """What those who care for a patient said of themselves and let the patient read, the latest first."""
    return tuple(each for each in assessments.of_patient(view, patient=patient) if each.shown and each.done)


def near(view: View, *, patient: str) -> tuple[Near, ...]:
    """Those close to a patient ("Patient/id") who may be asked about themselves, and those who are not asked: children."""
    found, today = [], local_day(view.now, view.zone)
    tasks = view.find("Task", patient=patient, status=codes.OPEN)
    for each in view.find("RelatedPerson", patient=patient):
        person = f"{PERSON}{each['id']}"
        mine = [task for task in tasks if target(task.get("owner")) == person and is_own(task)]
        asked = [(found_, day) for task in mine if (found_ := agreements.questions_of(task)) and (day := _day(view, task))]
        if each.get("active", True) and human_name(each):
            how = thread_notices.how(view, patient, person, page=SEEN_BY_ALL)
            found.append(Near(person, human_name(each), how, rules.is_minor(identity.birth_date(each), today), tuple(asked)))
    return tuple(sorted(found, key=lambda each: each.name.casefold()))


def ask(change: Change, *, patient: str, person: str, assessment: str, due: date) -> str:
    """Ask somebody close to a patient to answer about themselves in the portal by a day: theirs to do. Raises Invalid, for a child too.

    They are told that something waits for them, no more; returns how, or why they are not told (`thread_notices.how`).
    """
    reference = patient if "/" in patient else f"Patient/{patient}"
    found = next((each for each in of_caregivers() if each.code == assessment), None)
    kin = reading.maybe(change, person) if person.startswith(PERSON) else None
    if found is None or kin is None or target(kin.get("patient")) != reference:
        raise refuse("There is nobody of that name close to the patient.", "Task.owner")
    if rules.is_minor(identity.birth_date(kin), local_day(change.now, change.zone)):
        raise refuse("A child is not asked how they bear it: speak with an adult of the family.", "Task.owner")
    if any(agreements.questions_of(each) == found for each in _asked(change, reference, person)):
        raise refuse("These questions are asked already.", "Task.input")
    task = promises.by_hand(change, patient=reference, what=f"{found.said('en').title}: {human_name(kin)}", due=due, owner=person)
    change.put({**task, "input": [{"type": agreements.QUESTIONS, "valueCanonical": found.canonical}]})
    return thread_notices.announce(change, patient=reference, reader=person, link=PAGE, topic="appointment", page=SEEN_BY_ALL)


# --- what the door refuses, and what follows ----------------------------------------------------------------------------------------------


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Somebody who is let in answers in their own name: about themselves, and for the patient what an informant may.

    Whoever writes it down, nobody but the patient answers what only the patient can say.
    """
    me = view.who.person
    if not me.startswith(PERSON):
        yield from _only_the_patient(before, after)
        return
    with reading.seeing_all(view):
        patient = target((reading.peek(view, me) or {}).get("patient"))
    for each in (before, after):
        if each is not None and (target(each.get("source")) != me or codes.patient_of(each) != patient or not _theirs(each, view)):
            text = "Whoever is let in answers in their own name, and only what is theirs to say."
            yield error("forbidden", text, "QuestionnaireResponse.source")
            return
    if after is None:
        yield error("forbidden", "Answers are taken back, not deleted.", "QuestionnaireResponse")


def _only_the_patient(before: Resource | None, after: Resource | None) -> Iterator[Issue]:
    found = of_canonical(after.get("questionnaire")) if after is not None and before is None else None
    if found is not None and after is not None and "caregiver" not in found.by and str(target(after.get("source"))).startswith(PERSON):
        yield error("business-rule", "Only the patient can answer this.", "QuestionnaireResponse.source")


def _theirs(response: Resource, view: View) -> bool:
    """Whether somebody who is let in may give these answers: about themselves, or as one who sees everything and may inform."""
    found = of_canonical(response.get("questionnaire"))
    if is_own(response):
        return True
    return found is not None and found.informant and thread_notices.may_sign_in(view, view.who.person, str(codes.patient_of(response)))


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """What the patient alone can answer is not ticked off by somebody else who is let in."""
    if before is None or after is None or not codes.is_open(before) or codes.is_open(after) or not view.who.person.startswith(PERSON):
        return
    if not agreements.may_answer(view, before):
        yield error("forbidden", "Only the patient can answer this.", "Task.status")


@wanting(lambda after: after is not None and after.get("status") in DONE and assessment_of(after) is not None)
def on_answers(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """They have answered, in the portal or by telephone: what was asked of them is done."""
    if after is None or (before or {}).get("status") in DONE:
        return []
    with reading.seeing_all(view):
        asked = _asked(view, str(codes.patient_of(after)), str(target(after.get("source"))))
        mine_ = [view.get("Task", each["id"]) for each in asked if agreements.questions_of(each) == assessment_of(after)]
        evidence = f"QuestionnaireResponse/{after['id']}"
        return [upkeep.closed(each, upkeep.Kept("completed", "kept", view.now, evidence), view.now) for each in mine_]


GUARDS = {"QuestionnaireResponse": [guard], "Task": [task_guard]}
REACTIONS: dict[str, list[Reaction]] = {"QuestionnaireResponse": [on_answers]}
