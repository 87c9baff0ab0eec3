"""Teaching: a lesson suggested by the chart, given on paper or aloud, and each of its items taught back until it is understood.

Nothing counts as taught because it was handed over: only what somebody said in their own words does. What was not understood comes back in
the next call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, letters, reading
from baton.duties.contact import interpreting
from baton.duties.contact.interpreting import Interpreter
from baton.duties.privacy import slips
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension, human_name, target
from baton.packs.lessons import Ask, Lesson, library
from baton.paper import Facts, Heading, Notice, Paper, Rows, Text, pdf

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

TEACH_BACK: Final = f"{codes.P}/CodeSystem/teach-back"
HOW: Final = f"{codes.P}/CodeSystem/lesson-given"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/communication-category"
ICD10: Final = ("http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10")
SNOMED: Final = "http://snomed.info/sct"
LESSON: Final = f"{codes.P}/Library/lesson-"
RESULTS = ("understood", "repeat", "refused", "said")
"""What a teach-back can show: understood, needs repeating, they would not; or said in the portal, and nobody has looked at it yet."""
GIVEN_AS = ("paper", "aloud")
GOING_HOME: Final = "going-home"


@dataclass(frozen=True, slots=True)
class Proof:
    """The latest teach-back of one item: its result, when, who learnt, who taught, in which language."""

    result: str
    when: datetime
    learner: str
    teacher: str
    language: str | None
    words: str = ""
    interpreter: str = ""
    interpreter_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a lesson that was given, with its latest proof (None: nobody has asked yet)."""

    ask: Ask
    proof: Proof | None

    @property
    def open(self) -> bool:
        """Whether it is still to be asked (again)."""
        return self.proof is None or self.proof.result in ("repeat", "said")


@dataclass(frozen=True, slots=True)
class Given:
    """A lesson that was given: which Communication says so, how, when, in which language, and how far it is understood."""

    id: str
    lesson: Lesson
    title: str
    how: str
    when: datetime
    language: str
    items: tuple[Item, ...]

    @property
    def taught(self) -> bool:
        """Whether every item was understood or refused."""
        return not any(item.open for item in self.items)


@dataclass(frozen=True, slots=True)
class Learning:
    """What a patient has been taught and what the chart suggests: (lesson, the problem that suggests it)."""

    language: str | None
    written: bool  # in the patient's language, for every lesson suggested
    given: tuple[Given, ...]
    suggested: tuple[tuple[Lesson, str], ...]
    learners: tuple[tuple[str, str], ...]  # (reference, name): the patient and those close to them
    interpreted: bool = False  # whether the patient needs an interpreter


def suggested(conditions: Iterable[Mapping[str, Any]], *, just_home: bool) -> dict[str, str]:
    """The lessons that active problems suggest, by code, each with the problem's words; going home first after a stay."""
    found: dict[str, str] = {GOING_HOME: ""} if just_home else {}
    for condition in conditions:
        status = {code for _, code in reading.codings(condition.get("clinicalStatus"))}
        if status and not status & {"active", "recurrence", "relapse"}:
            continue
        for lesson in library().values():
            if any(_suggests(lesson, system, code) for system, code in reading.codings(condition.get("code"))):
                found.setdefault(lesson.code, str(condition.get("code", {}).get("text") or ""))
    return found


def _suggests(lesson: Lesson, system: str | None, code: str) -> bool:
    if system in ICD10:
        return any(code.startswith(start) for start in lesson.icd10)
    return system == SNOMED and code in lesson.snomed


def learning(view: View, *, patient: str) -> Learning:
    """Everything about what a patient is taught. Raises NotFound."""
    reference = patient if "/" in patient else f"Patient/{patient}"
    person = view.get("Patient", reference.partition("/")[2])
    language = _language(person)
    chart = view.compartment(
        reference.partition("/")[2], ("Condition", "Communication", "Observation", "EpisodeOfCare", "RelatedPerson"), per_type=500
    )
    given = given_lessons(chart.get("Communication", ()), chart.get("Observation", ()), view)
    just_home = any(episodes.is_transition(each) and episodes.is_active(each) for each in chart.get("EpisodeOfCare", ()))
    names = suggested(chart.get("Condition", ()), just_home=just_home)
    have = {each.lesson.code for each in given}
    open_ = tuple((library()[code], why) for code, why in names.items() if code not in have)
    close = ((f"RelatedPerson/{each['id']}", human_name(each)) for each in chart.get("RelatedPerson", ()) if each.get("active", True))
    learners = ((reference, human_name(person)), *((ref, name) for ref, name in close if name))
    written = all(lesson.speaks(language) for lesson, _ in open_)
    return Learning(language, written, given, open_, learners, interpreting.needed_by(person))


def _language(person: Mapping[str, Any]) -> str | None:
    spoken = sorted(person.get("communication", ()), key=lambda each: not each.get("preferred", False))
    return next((code for each in spoken for _, code in reading.codings(each.get("language"))), None)


def given_lessons(communications: Iterable[Mapping[str, Any]], observations: Iterable[Mapping[str, Any]], view: View) -> tuple[Given, ...]:
    """The lessons that were given, the newest first, each with how far it is understood."""
    proofs = _proofs(observations, view)
    found = []
    for communication in communications:
        lesson = lesson_of(communication)
        when = reading.moment(communication.get("sent"), view.zone)
        if lesson is None or when is None or communication.get("status") == "entered-in-error":
            continue
        language = str(communication.get("language") or "en")
        words = lesson.said(language)
        reference = f"Communication/{communication['id']}"
        items = tuple(Item(ask, proofs.get((reference, ask.item))) for ask in words.ask)
        how = next((code for each in communication.get("medium", ()) for system, code in reading.codings(each) if system == HOW), "aloud")
        found.append(Given(str(communication["id"]), lesson, words.title, how, when, language, items))
    return tuple(sorted(found, key=lambda each: each.when, reverse=True))


def lesson_of(communication: Mapping[str, Any]) -> Lesson | None:
    """The lesson that a Communication gave; None when it gave none."""
    for canonical in communication.get("instantiatesCanonical", ()):
        if canonical.startswith(LESSON):
            return library().get(canonical.removeprefix(LESSON).partition("|")[0])
    return None


def _proofs(observations: Iterable[Mapping[str, Any]], view: View) -> dict[tuple[str, str], Proof]:
    found: dict[tuple[str, str], Proof] = {}
    for observation in observations:
        item = next((code for system, code in reading.codings(observation.get("code")) if system == TEACH_BACK), None)
        when = reading.moment(observation.get("effectiveDateTime"), view.zone)
        about = next((target(each) for each in observation.get("focus", ())), None)
        result = next((code for _, code in reading.codings(observation.get("valueCodeableConcept"))), None)
        if item is None or when is None or about is None or result is None or observation.get("status") == "entered-in-error":
            continue
        performers = observation.get("performer", ({}, {}))
        proof = Proof(
            result, when, _display(performers, 1), _display(performers, 0), observation.get("language"), _note(observation),
            str(extension(observation, codes.CONTACT_INTERPRETER) or ""), interpreting.kind_of(observation),
        )  # fmt: skip
        if (about, item) not in found or found[about, item].when < when:
            found[about, item] = proof
    return found


def _note(observation: Mapping[str, Any]) -> str:
    return next((str(each.get("text", "")) for each in observation.get("note", ())), "")


def _display(references: Any, place: int) -> str:
    return str(references[place].get("display") or "") if place < len(references) else ""


# --- teaching -----------------------------------------------------------------------------------------------------------------------------


def give(
    change: Change, *, patient: str, lesson: str, how: str, language: str | None = None, to: str | None = None,
    way: str | None = None,
) -> Stored:  # fmt: skip
    """Give a lesson: on paper or aloud, to the patient or somebody close to them. It is not taught until it was taught back.

    `way`: how a paper reaches a patient who is not written to at home, see `slips.handed`; what is said aloud is in nobody's post.

    Raises Invalid for a lesson or a way that is none.
    """
    found = library().get(lesson)
    if found is None:
        raise refuse("There is no such lesson.", "Communication.instantiatesCanonical")
    if how not in GIVEN_AS:
        raise refuse("Say how it is given.", "Communication.medium")
    reference = patient if "/" in patient else f"Patient/{patient}"
    change.get("Patient", reference.partition("/")[2])
    slips.handed(change, "lesson", patient=reference, way=way if how == "paper" else slips.BY_HAND)
    spoken = (language or "en").split("-")[0]
    words = found.said(spoken)
    return change.put(
        {
            "resourceType": "Communication",
            **letters.reaches_by(way if how == "paper" else None),
            "language": spoken if spoken in found.words else "en",
            "instantiatesCanonical": [found.canonical],
            "status": "completed",
            "category": [codes.concept(CATEGORY, "instruction")],
            "medium": [codes.concept(HOW, how)],
            "subject": {"reference": reference},
            "topic": {"text": words.title},
            "sent": episodes.instant(change.now),
            "recipient": [{"reference": to or reference}],
            "sender": codes.reference_to(change.who.person, change.who.name),
        }
    )


def teach_back(
    change: Change, *, given: str, item: str, result: str, learner: str | None = None, note: str | None = None,
    interpreter: Interpreter | None = None,
) -> Stored:  # fmt: skip
    """Record what somebody said in their own words about one item: understood, to be repeated, or refused.

    `learner` is the "Patient/id" or "RelatedPerson/id" who said it, `interpreter` who interpreted. Raises Invalid.
    """
    communication = change.get("Communication", given.removeprefix("Communication/"))
    lesson = lesson_of(communication)
    ask = next((each for each in lesson.said(communication.get("language")).ask if each.item == item), None) if lesson else None
    if lesson is None or ask is None:
        raise refuse("There is no such item in this lesson.", "Observation.code")
    if result not in RESULTS:
        raise refuse("Say how it went.", "Observation.valueCodeableConcept")
    if result == "said" and not (note or "").strip():
        raise refuse("Say it in your own words.", "Observation.note")
    patient = str(target(communication.get("subject")))
    who = learner or patient
    if reading.maybe(change, who) is None:
        raise refuse("There is nobody of that name who learns.", "Observation.performer")
    return change.put(
        {
            "resourceType": "Observation",
            "language": communication.get("language", "en"),
            **({"extension": marks} if (marks := interpreting.interpreted(interpreter, communication.get("language"))) else {}),
            "status": "final",
            "code": {**codes.concept(TEACH_BACK, item), "text": ask.question},
            "subject": {"reference": patient},
            "focus": [{"reference": f"Communication/{communication['id']}"}],
            "effectiveDateTime": episodes.instant(change.now),
            "performer": [codes.reference_to(change.who.person, change.who.name), codes.reference_to(who, reading.name_of(change, who))],
            "valueCodeableConcept": codes.concept(TEACH_BACK, result),
            **({"note": [{"text": note.strip()}]} if note and note.strip() else {}),
        }
    )


def opened(change: Change, *, given: str) -> None:
    """Whoever it is for has opened it. That is all it says: what is read is not yet understood."""
    communication = change.get("Communication", given)
    if lesson_of(communication) is not None and "received" not in communication:
        change.put({**communication, "received": episodes.instant(change.now)})


def unproved(view: View, *, patient: str, communications: Sequence[Resource]) -> tuple[tuple[Given, Item], ...]:
    """What the next call still has to ask: every item not yet understood, of the lessons among the patient's Communications."""
    if not any(lesson_of(each) for each in communications):
        return ()
    said = view.find("Observation", patient=patient, code=f"{TEACH_BACK}|")
    return tuple((each, item) for each in given_lessons(communications, said, view) for item in each.items if item.open)


# --- on paper -----------------------------------------------------------------------------------------------------------------------------

PAPER_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "points": "The three things to know",
        "plan": "Warning signs",
        "green": "All is well. Go on.",
        "yellow": "Call us today.",
        "red": "Call 911 now.",
        "sign": "What I see",
        "do": "What I do",
        "call": "Our telephone",
        "version": "Version {version}, reviewed {reviewed}. Sources: {sources}",
    },
    "es": {
        "points": "Las tres cosas que debe saber",
        "plan": "Señales de alerta",
        "green": "Todo va bien. Siga así.",
        "yellow": "Llámenos hoy.",
        "red": "Llame al 911 ya.",
        "sign": "Lo que veo",
        "do": "Lo que hago",
        "call": "Nuestro teléfono",
        "version": "Versión {version}, revisada {reviewed}. Fuentes: {sources}",
    },
}


def paper(lesson: Lesson, language: str | None, *, phone: str = "") -> Paper:
    """The lesson as a paper to take home, in the patient's language where it is written in it."""
    spoken = (language or "en").split("-")[0]
    spoken = spoken if spoken in lesson.words else "en"
    words, own = lesson.words[spoken], PAPER_WORDS[spoken]
    rows = [(sign, own[colour]) for colour in ("green", "yellow", "red") for sign in words.plan[colour]]
    first_red = len(words.plan["green"]) + len(words.plan["yellow"])
    blocks = [
        Notice("\n".join(f"{number}. {point}" for number, point in enumerate(words.points, 1)), own["points"]),
        *(block for heading, said in words.sections for block in (Heading(heading), *(Text(each) for each in said))),
        Heading(own["plan"]),
        Rows((own["sign"], own["do"]), rows, (3, 1.4), frozenset(range(first_red, len(rows)))),
        *((Facts([(own["call"], phone)]),) if phone else ()),
    ]
    about = own["version"].format(version=lesson.version, reviewed=lesson.reviewed.isoformat(), sources="; ".join(lesson.sources))
    return Paper(words.title, (*blocks, Text(about, small=True)), language=spoken)


def pdf_of(lesson: str, language: str | None, *, phone: str = "") -> bytes:
    """That paper as PDF. Raises Invalid when there is no such lesson."""
    found = library().get(lesson)
    if found is None:
        raise refuse("There is no such lesson.", "Library")
    return pdf(paper(found, language, phone=phone))


def outdated(day: date) -> tuple[Lesson, ...]:
    """The lessons whose review is due."""
    return tuple(lesson for lesson in library().values() if lesson.review_by <= day)
