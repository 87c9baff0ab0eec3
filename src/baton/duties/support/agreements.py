"""What was agreed, told to both sides by the same promises: what the patient does, what we do, until when, and honestly what is late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from baton.duties import codes, promises, reading
from baton.duties.contact import threads
from baton.duties.contact.thread_promises import REPLY
from baton.duties.contact.thread_states import is_outside
from baton.duties.patients import chart_parts, identity
from baton.duties.patients.charts import Goal
from baton.duties.support import caregiver_marks
from baton.duties.support.concern_states import CODE as CONCERN
from baton.fhir.resource import Resource, extension, target
from baton.packs.assessments import Assessment, library, of_canonical
from baton.rules.calendar import add_business_days, local_day
from baton.store import NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

TOLD_TO_PATIENT: Final = f"{codes.P}/StructureDefinition/told-to-patient"
"""On a promise made by hand: its words as the patient reads them, in their language."""
INNER: Final = frozenset(
    {
        "co-signature",
        "message-colleague",
        "message-party",
        "message-party-reply",
        "look-again-request",
        "plan-contradiction",
        "screen-caregiver",
        "screen-training",
        "unusual-look",
        "working-days",
        "on-call-line",
    }
)
"""What we owe one another, or somebody who cares for the patient and spoke for themselves."""
SAID: Final = ("referral-", "message-", "record-request")
"""Promises of kinds that begin so tell the patient what they are about; of all others the kind says enough."""
LATELY: Final = timedelta(days=14)
MOST_WORDS: Final = 300
By = Literal["patient", "us"]
State = Literal["late", "today", "coming", "done"]


@dataclass(frozen=True, slots=True)
class Agreed:
    """One promise as both sides see it. `words`: those of who wrote it, where they are for the patient.

    `asks`: questions that whoever looks may answer; `alone`: questions that nobody but the patient answers, shown to somebody else.
    """

    id: str
    code: str
    words: str
    due: datetime
    state: State
    waiting: bool = False
    owner: str = ""
    asks: bool = False
    alone: bool = False
    questions: Assessment | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """What was agreed: theirs and ours, the earliest first, and what was done lately, the latest first."""

    theirs: tuple[Agreed, ...]
    ours: tuple[Agreed, ...]
    done: tuple[Agreed, ...]

    @property
    def late(self) -> tuple[int, int]:
        """How much is late: of theirs, of ours."""
        found = [sum(each.state == "late" for each in several) for several in (self.theirs, self.ours)]
        return found[0], found[1]


def together(view: View, *, patient: str) -> Together:
    """What was agreed with a patient ("Patient/id"), as far as who looks may see it. Raises nothing."""
    read, me = _threads(view, patient), view.who.person
    open_ = [each for each in view.find("Task", patient=patient, status=codes.OPEN) if _shown(each, read, me)]
    since = (view.now - LATELY).date().isoformat()
    closed = [each for each in view.find("Task", patient=patient, status="completed", modified=f"ge{since}") if _shown(each, read, me)]
    theirs = [each for each in open_ if is_theirs(each)]
    ours = [each for each in open_ if not is_theirs(each)]
    done = sorted(closed, key=lambda each: str(each.get("lastModified", "")), reverse=True)
    return Together(_read(view, theirs), _read(view, ours), tuple(agreed(view, each) for each in done))


def _threads(view: View, patient: str) -> frozenset[str] | None:
    """The threads that somebody from outside reads; None for staff. What one of a family wrote is not told to another by what we owe."""
    if not is_outside(view.who.person):
        return None
    return frozenset(f"Communication/{each.id}" for each in threads.of_patient(view, patient))


def _shown(task: Resource, read: frozenset[str] | None, me: str) -> bool:
    code = codes.promise_code(task)
    if code is None or code in INNER:
        return False
    if caregiver_marks.is_own(task):
        return False  # what a caregiver is asked about themselves stands on their own page, and on the desk beside their name
    if code == CONCERN and read is not None and target(task.get("requester")) != me:
        return False  # what worries one of them is not told to another
    return read is None or not code.startswith("message-") or target(task.get("focus")) in read


def is_theirs(task: Resource) -> bool:
    """Whether it is the patient's, or a family member's, to do."""
    outside = str(target(task.get("owner")) or "").startswith(("Patient/", "RelatedPerson/"))
    return outside or codes.promise_code(task) == REPLY


def _read(view: View, tasks: Iterable[Resource]) -> tuple[Agreed, ...]:
    return tuple(sorted((agreed(view, each) for each in tasks), key=lambda each: each.due))


def agreed(view: View, task: Resource) -> Agreed:
    """A promise as both sides see it; late is late, whoever owes it."""
    code = str(codes.promise_code(task))
    end = task.get("restriction", {}).get("period", {}).get("end")
    due = reading.moment(end or task.get("lastModified"), view.zone) or view.now
    if task["status"] in codes.CLOSED:
        due = reading.moment(task.get("lastModified"), view.zone) or due
        state: State = "done"
    elif due < view.now:
        state = "late"
    else:
        state = "today" if due.date() == local_day(view.now, view.zone) else "coming"
    words = codes.own_words(code, task) or ""
    if is_outside(view.who.person) and not code.startswith(SAID):
        words = str(extension(task, TOLD_TO_PATIENT) or (words if code == codes.BY_HAND and is_theirs(task) else ""))
    owner = str((task.get("owner") or {}).get("display") or "")
    asked, mine = questions_of(task), may_answer(view, task)
    asks = asked is not None
    return Agreed(task["id"], code, words, due, state, task["status"] == "on-hold", owner, asks and mine, asks and not mine, asked)


def agree(change: Change, *, patient: str, what: str, due: date, by: By, told: str | None = None) -> Stored:
    """Agree with the patient who does what until when. `told`: the same as the patient reads it, where that is another language.

    It is a promise like any other. Raises Invalid.
    """
    patient = patient if "/" in patient else f"Patient/{patient}"
    if len(what) > MOST_WORDS:
        raise promises.refuse("Say it in fewer words.", "Task.description")
    if by not in ("patient", "us"):
        raise promises.refuse("Say who does it.", "Task.owner")
    made = promises.make_by_hand(change, patient=patient, what=what, due=due, owner=patient if by == "patient" else None)
    return change.put(
        codes.with_extension(made.resource(), TOLD_TO_PATIENT, {"url": TOLD_TO_PATIENT, "valueString": (told or what).strip()})
    )


def ask_us(change: Change, *, patient: str, what: str, told: str | None = None) -> Stored:
    """Something the patient, or somebody they let in, asks of us: ours from now on, due on the next business day. Raises Invalid.

    `what` is in the language of those who work here, `told` in the patient's.
    """
    if not what.strip():
        raise promises.refuse("Say what you want to tell us.", "Task.description")
    due = add_business_days(local_day(change.now, change.zone), 1).value
    return agree(change, patient=patient, what=what, due=due, by="us", told=told)


def did(change: Change, *, task: str) -> Stored:
    """Whose it is says that they did it. Raises NotFound when it is not theirs to say, Invalid when it is closed."""
    found = change.get("Task", task)
    owner = target(found.get("owner"))
    if owner not in (change.who.person, change.who.on_behalf_of) or not may_answer(change, found):
        raise NotFound(f"There is no Task/{task}.")
    return promises.done(change, task=task)


def goals(view: View, *, patient: str) -> tuple[Goal, ...]:
    """The patient's goals in their own words, with the latest measurement."""
    found = view.find("Goal", patient=patient, lifecycle_status="proposed,planned,accepted,active,on-hold")
    return (
        chart_parts.goals(found, view.find("Observation", patient=patient, category="vital-signs", _sort="-date", _count=50))
        if found
        else ()
    )


# --- questions for the patient ---------------------------------------------------------------------------------------------------------

QUESTIONS: Final = codes.concept(codes.OUTPUT, "questions")
ANSWERS: Final = codes.concept(codes.OUTPUT, "answers")


@dataclass(frozen=True, slots=True)
class Asked:
    """An assessment that was asked of the patient in the portal: the promise it is, and the answers where some were given."""

    task: str
    assessment: Assessment
    due: datetime
    response: str | None


def ask_questions(change: Change, *, patient: str, assessment: str, due: date) -> Stored:
    """Ask the patient to answer an assessment in the portal by a day: theirs to do, like anything they agreed to. Raises Invalid."""
    found = library().get(assessment)
    if found is None or "patient" not in found.by:
        raise promises.refuse("There is no such assessment.", "Task.input")
    person = change.get("Patient", patient.removeprefix("Patient/"))
    if any(each.assessment == found for each in asked(change, patient=f"Patient/{person['id']}")):
        raise promises.refuse("These questions are asked already.", "Task.input")
    told = found.said(identity.language(person)).title
    made = agree(change, patient=patient, what=found.said("en").title, due=due, by="patient", told=told)
    return change.put({**made.resource(), "input": [{"type": QUESTIONS, "valueCanonical": found.canonical}]})


def asked(view: View, *, patient: str) -> tuple[Asked, ...]:
    """What is asked of a patient ("Patient/id") in the portal and not answered to the end, the earliest due first.

    Somebody else who is let in sees what may be answered for the patient, unless the patient has begun to; what one began, the other
    does not go on with.
    """
    me, found = view.who.person, []
    for task in view.find("Task", patient=patient, status=codes.OPEN):
        assessment = questions_of(task)
        if assessment is None or not is_theirs(task) or not may_answer(view, task):
            continue
        begun, whose = begun_by(view, task)
        if is_outside(me) and whose not in (None, me):
            if me != patient:
                continue
            begun = None
        found.append(Asked(task["id"], assessment, agreed(view, task).due, begun))
    return tuple(sorted(found, key=lambda each: each.due))


def begun_by(view: View, task: Resource) -> tuple[str | None, str | None]:
    """The answers that were begun for a promise (their id), and whose they are; nothing where there are none."""
    response = next((target(each.get("valueReference")) for each in task.get("output", ()) if "valueReference" in each), None)
    if response is None or not response.startswith("QuestionnaireResponse/"):
        return None, None
    with reading.seeing_all(view):
        kept = reading.peek(view, response) or {}
    return response.partition("/")[2], target(kept.get("source"))


def may_answer(view: View, task: Resource) -> bool:
    """Whether whoever looks may do what a promise asks: of questions, somebody of the family those alone that an informant may answer."""
    asks = questions_of(task)
    return (
        asks is None or not view.who.person.startswith("RelatedPerson/") or asks.informant or target(task.get("owner")) == view.who.person
    )


def kept_for_the_patient(view: View, *, task: str, patient: str) -> Literal["alone", "begun"] | None:
    """Why somebody who is let in does not answer what is asked of the patient: nobody else can, or the patient has begun to; else None."""
    found = reading.peek(view, f"Task/{task}")
    if found is None or codes.patient_of(found) != patient or questions_of(found) is None or not is_theirs(found):
        return None
    if not may_answer(view, found):
        return "alone"
    return "begun" if begun_by(view, found)[1] not in (None, view.who.person) else None


def questions_of(task: Resource) -> Assessment | None:
    """The assessment that a promise of the patient's asks them to answer; None when it is something else."""
    return next((found for each in task.get("input", ()) if (found := of_canonical(each.get("valueCanonical")))), None)


def began(change: Change, *, task: str, response: str) -> Stored:
    """The answers that were begun, kept with the promise so that they go on where they were left."""
    found = change.get("Task", task)
    output = [{"type": ANSWERS, "valueReference": {"reference": f"QuestionnaireResponse/{response}"}}]
    return change.put({**found, "output": output}, unless_same=True)
