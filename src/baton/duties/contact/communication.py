"""Reaching people: each call is one Communication, about a promise or about none; what follows from it is decided where it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from baton.duties import codes, promises, reading
from baton.duties.contact import interpreting, safe_contact
from baton.duties.contact.interpreting import Interpreter, interpreted
from baton.duties.today.rows import Attempt
from baton.duties.transitions import episodes, evidence
from baton.fhir.outcome import error
from baton.fhir.resource import Resource, extension, target
from baton.rules.attempts import ABOUT_NEEDS, OUTCOMES, PHONE
from baton.rules.tables import table
from baton.store import Invalid

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

NOT_DONE = frozenset({"no-answer", "wrong-number", "language-line"})
DURATION = f"{codes.P}/StructureDefinition/contact-duration"
UCUM = "http://unitsofmeasure.org"
LONGEST_CALL = 480
WRITTEN = {"EMAILWRIT": "email", "SMSWRIT": "sms"}
"""What is written, as the channels of safe contact."""
MEDIUMS = tuple(row.code for row in table("tcm").rows if row.values["kind"] == "medium")
TOPICS = tuple(row.code for row in table("tcm").rows if row.values["kind"] == "topic")


def attempt(
    change: Change,
    *,
    task: str,
    outcome: str,
    language: str | None = None,
    to: str | None = None,
    interpreter: str | Interpreter | None = None,
    note: str | None = None,
    medium: str = PHONE,
    topic: str = ABOUT_NEEDS,
    minutes: int | None = None,
) -> Stored:
    """Document one attempt to reach somebody about a promise: see `call`.

    A refusal closes the promise when the note gives a reason. Raises Invalid for a code that is none, NotFound when it is no open promise.
    """
    owed = promises.held(change, task)
    return call(
        change, patient=str(codes.patient_of(owed)), outcome=outcome, language=language, to=to, interpreter=interpreter, note=note,
        medium=medium, topic=topic, minutes=minutes, owed=owed,
    )  # fmt: skip


def call(
    change: Change,
    *,
    patient: str,
    outcome: str,
    language: str | None = None,
    to: str | None = None,
    interpreter: str | Interpreter | None = None,
    note: str | None = None,
    medium: str = PHONE,
    topic: str = ABOUT_NEEDS,
    minutes: int | None = None,
    owed: Resource | None = None,
) -> Stored:
    """Document a call to a patient ("Patient/id") or somebody close to them; `owed` is the promise it is about, if it is about one.

    outcome: one of OUTCOMES. `to`: "RelatedPerson/id", "Patient/id" or a name; else the patient. `language` is BCP 47, `interpreter` who
    interpreted, or a name or number; `medium` a code of v3 ParticipationMode; `topic` needs-and-status or scheduling-only; `minutes` how
    long it took. Raises Invalid.
    """
    found = [
        error("code-invalid", f"{value!r} is none of {', '.join(known)}.", element)
        for value, known, element in (
            (outcome, OUTCOMES, "Communication.extension"),
            (medium, MEDIUMS, "Communication.medium"),
            (topic, TOPICS, "Communication.topic"),
        )
        if value not in known
    ]
    if minutes is not None and not 0 <= minutes <= LONGEST_CALL:
        found.append(error("invalid", "Say how many minutes it took, or leave it empty.", "Communication.extension(contact-duration)"))
    if isinstance(interpreter, Interpreter):
        found += interpreting.refusals(change, interpreter.kind, interpreter.name, interpreter.person, interpreter.born)
    if found:
        raise Invalid(found)
    extensions: list[Resource] = [{"url": codes.CONTACT_OUTCOME, "valueCode": outcome}]
    extensions += [{"url": codes.CONTACT_LANGUAGE, "valueCode": language}] if language else []
    extensions += interpreted(interpreter, language)
    extensions += [{"url": DURATION, "valueDuration": {"value": minutes, "unit": "min", "system": UCUM, "code": "min"}}] if minutes else []
    extensions += against(change, patient, outcome, to, medium)
    communication: Resource = {
        "resourceType": "Communication",
        "extension": extensions,
        "status": "not-done" if outcome in NOT_DONE else "completed",
        "medium": [codes.concept(codes.PARTICIPATION_MODE, medium)],
        "subject": {"reference": patient},
        "topic": codes.concept(codes.TOPIC, topic),
        **({"about": [{"reference": f"Task/{owed['id']}"}]} if owed else {}),
        "sent": episodes.instant(change.now),
        "recipient": [recipient(patient, to)],
        "sender": codes.reference_to(change.who.person, change.who.name),
    }
    if note and note.strip():
        author = codes.reference_to(change.who.person, change.who.name)
        communication["note"] = [{"authorReference": author, "time": episodes.instant(change.now), "text": note.strip()}]
    stored = change.put(communication)
    if owed is not None and codes.promise_code(owed) != codes.CONTACT:
        change.put(promises.stamped(change, linked(owed, f"Communication/{stored.id}")))
    return stored


def against(change: Change, patient: str, outcome: str, to: str | None, medium: str = PHONE) -> list[Resource]:
    """What was done is kept as it was done; what went a way the patient ruled out is marked, so that somebody makes it good.

    Of a call nobody writes down the number: only a message left is marked, since which number rang is not known.
    """
    channel = "voicemail" if medium == PHONE and outcome == "left-message" else WRITTEN.get(medium)
    if channel is None or (to and to != patient):
        return []
    found = safe_contact.may_contact(change, patient, channel)
    asked = not found.allowed and found.because != "voicemail-not-asked"
    asked = asked and (channel == "voicemail" or found.because != "only-the-other-way")  # perhaps it was the other address
    return [{"url": safe_contact.AGAINST, "valueCode": found.because}] if asked else []


def recipient(patient: str, to: str | None) -> Resource:
    """Who was called, as a Reference; somebody known only by name is described."""
    if not to:
        return {"reference": patient}
    return {"reference": to} if to.startswith(("Patient/", "RelatedPerson/", "Practitioner/")) else {"display": to}


def linked(task: Resource, communication: str) -> Resource:
    """The promise with an attempt linked; those of the contact after discharge are linked where they are judged."""
    entry = {"type": codes.concept(codes.OUTPUT, "attempt"), "valueReference": {"reference": communication}}
    return {**task, "output": [*task.get("output", ()), entry]}


@dataclass(frozen=True, slots=True)
class AttemptsState:
    """The attempts about a promise, earliest first, and whether its rule is met by them though nobody was reached."""

    attempts: tuple[Attempt, ...]
    requirement_met: bool


def attempts_state(
    view: View, *, task: Resource, communications: list[Resource] | None = None, zone: ZoneInfo | None = None
) -> AttemptsState:
    """The attempts about a promise; `communications` saves the question when the page has them already."""
    from baton.duties import trace  # noqa: PLC0415

    if communications is None:
        communications = view.find("Communication", patient=codes.patient_of(task))
    own = [each for each in communications if f"Task/{task['id']}" in evidence.about(each) and evidence.is_attempt(each)]
    read = sorted((found for each in own if (found := as_attempt(each, zone or view.zone)) is not None), key=lambda each: each.when)
    told = trace.of(task)
    return AttemptsState(tuple(read), told is not None and told.fact("requirement") == "met")


def as_attempt(communication: Resource, zone: ZoneInfo) -> Attempt | None:
    """A Communication as an attempt for a page; None when it does not say when it was."""
    when = reading.moment(communication.get("sent") or communication.get("received"), zone)
    if when is None:
        return None
    sender: Resource = communication.get("sender", {})
    to: Resource = next(iter(communication.get("recipient", ())), {})
    return Attempt(
        when=when,
        by=str(sender.get("display") or target(sender) or ""),
        to=str(to.get("display") or target(to) or ""),
        outcome=str(extension(communication, codes.CONTACT_OUTCOME)),
        language=extension(communication, codes.CONTACT_LANGUAGE),
        note=next((str(each["text"]) for each in communication.get("note", ()) if each.get("text")), None),
        minutes=int(lasted["value"]) if (lasted := extension(communication, DURATION)) else None,
        interpreter=extension(communication, codes.CONTACT_INTERPRETER),
        interpreter_kind=interpreting.kind_of(communication),
        against=extension(communication, safe_contact.AGAINST),
    )


def named(attempt: Attempt, people: Mapping[str, str]) -> Attempt:
    """The attempt with the name of whoever was called, where it only points at them."""
    return replace(attempt, to=people.get(attempt.to, attempt.to))
