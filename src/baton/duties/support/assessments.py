"""Assessments: asked question by question, each answer kept the moment it is given; the sums of answers, and what somebody has answered.

A `QuestionnaireResponse` is in progress until it is finished. What follows (`findings`) is decided where it is stored, whoever stored it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.promises import refuse
from baton.duties.support import caregiver_marks
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target
from baton.packs.assessments import Assessment, Item, library, of_canonical
from baton.rules import assessments as rules
from baton.rules.calendar import local_day
from baton.store import Invalid

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

DONE: Final = ("completed", "amended")
LONGEST: Final = 2000
Answers = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of an assessment: its code, its value and what it is called (a code; None where nothing is)."""

    code: str
    value: int
    band: str | None


@dataclass(frozen=True, slots=True)
class Response:
    """Somebody's answers. `next` is the question to ask now, None when all are answered; `asked` are the links asked so far or next.

    `shown`: whether a caregiver, who answered about themselves, lets the patient read it; None for all other answers.
    """

    id: str
    assessment: Assessment
    patient: str
    status: str
    when: datetime | None
    by: str
    source: str
    source_name: str
    language: str
    answers: Mapping[str, str | int]
    asked: tuple[str, ...]
    next: str | None
    sums: tuple[Sum, ...]
    left: frozenset[str] = frozenset()
    shown: bool | None = None

    @property
    def done(self) -> bool:
        """Whether it was finished."""
        return self.status in DONE

    @property
    def upcoming(self) -> str | None:
        """The question to show now where one goes through them all: words too, until they are said or left out."""
        return upcoming(self.assessment, self.answers, self.left)


# --- answering ----------------------------------------------------------------------------------------------------------------------------


def answer(
    change: Change,
    *,
    patient: str,
    assessment: str,
    answers: Answers | None = None,
    response: str | None = None,
    source: str | None = None,
    language: str | None = None,
    done: bool = False,
    left: Collection[str] = (),
) -> Stored:
    """Keep these answers (link → code of the answer, number of a scale, or words); `done` finishes. Call it for every single answer.

    `left` are questions in words that were asked and left empty: kept as asked, without an answer.

    `response` is the "id" of one that was begun. `source`: whose answers they are ("Patient/id", "RelatedPerson/id"); else the patient's.
    Raises Invalid naming the question.
    """
    found = library().get(assessment)
    if found is None:
        raise refuse("There is no such assessment.", "QuestionnaireResponse.questionnaire")
    reference = patient if "/" in patient else f"Patient/{patient}"
    before = _begun(change, found, reference, response)
    if before is None:
        change.get(*reference.split("/", 1))
        _known(change, source)
    given = {**(answers_of(before) if before else {}), **(answers or {})}
    issues = list(_wrong(found, answers or {}))
    if issues:
        raise Invalid(issues)
    kept = {link: given[link] for link in asked(found, given) if link in given}
    missing = next_question(found, kept)
    if done and missing is not None:
        raise refuse("A question is not answered yet.", f"QuestionnaireResponse.item('{missing}')")
    spoken = (before or {}).get("language") or (language or "en").split("-")[0]
    stored = _resource(change, found, before, reference, source, spoken if spoken in found.words else "en", kept, done)
    empty = (left_out(before) | {each for each in left if found.item(each) is not None and not _required(found, each)}) - set(kept)
    words = found.said(spoken).items
    items = [*stored.pop("item", ()), *({"linkId": each, "text": words[each]} for each in sorted(empty))]
    return change.put({**stored, "item": items} if items else stored)


def _begun(change: Change, found: Assessment, patient: str, response: str | None) -> Resource | None:
    if response is None:
        return None
    before = change.get("QuestionnaireResponse", response.removeprefix("QuestionnaireResponse/"))
    if of_canonical(before.get("questionnaire")) != found or codes.patient_of(before) != patient:
        raise refuse("These are answers to something else.", "QuestionnaireResponse.questionnaire")
    if before["status"] in ("entered-in-error", "stopped"):
        raise refuse("These answers were taken back.", "QuestionnaireResponse.status")
    return before


def _known(change: Change, source: str | None) -> None:
    if source is not None and reading.maybe(change, source) is None:
        raise refuse("There is nobody of that name who answers.", "QuestionnaireResponse.source")


def _wrong(found: Assessment, answers: Answers) -> Iterator[Issue]:
    for link, said in answers.items():
        item = found.item(link)
        element = f"QuestionnaireResponse.item('{link}')"
        if item is None:
            yield error("value", "There is no such question.", element)
        elif item.type == "text" and (not isinstance(said, str) or not said.strip() or len(said) > LONGEST):
            yield error("value", "Say it in words, in at most 2000 characters.", element)
        elif item.type != "text" and item.value(said) is None:
            yield error("value", "That is none of the answers.", element)


def _resource(
    change: Change, found: Assessment, before: Resource | None, patient: str, source: str | None, spoken: str, kept: Answers, done: bool
) -> Resource:
    words = found.said(spoken)
    was_done = before is not None and before["status"] in DONE
    who = change.who
    resource: Resource = {
        **(before or {"resourceType": "QuestionnaireResponse"}),
        "language": spoken,
        "questionnaire": found.canonical,
        "status": "amended" if was_done else "completed" if done else "in-progress",
        "subject": {"reference": patient},
        "authored": (before or {}).get("authored") if was_done else episodes.instant(change.now),
        "author": codes.reference_to(who.person, who.name),
        "source": (before or {}).get("source") or codes.reference_to(source or patient, reading.name_of(change, source or patient)),
        "item": [
            {"linkId": link, "text": words.items[link], "answer": [_kept(item, said, words.answer(item, said))]}
            for link, said in kept.items()
            if (item := found.item(link)) is not None
        ],
    }
    if not resource["item"]:
        del resource["item"]
    return resource


def _kept(item: Item, said: str | int, words: str) -> Resource:
    if item.type == "scale":
        return {"valueInteger": said}
    if item.type == "text":
        return {"valueString": str(said).strip()}
    return {"valueCoding": {"system": item.system, "code": said, "display": words}}


def carried(view: View, *, patient: str, assessment: str, source: str | None = None) -> dict[str, str | int]:
    """Answers given today to the same questions of another assessment, finished: nobody is asked the same thing twice in a day."""
    today, found = local_day(view.now, view.zone), library().get(assessment)
    known: dict[str, str | int] = {}
    for each in reversed(of_patient(view, patient=patient)) if found else ():
        mine = each.done and each.when is not None and local_day(each.when, view.zone) == today
        if mine and found and each.assessment != found and each.source == (source or each.patient):
            known |= {link: said for link, said in each.answers.items() if (item := found.item(link)) and item.codes}
    return known


def take_back(change: Change, *, response: str, reason: str) -> Stored:
    """These answers were recorded by mistake: what followed from sums falls away with them; a safety case stays. Raises Invalid."""
    if not reason.strip():
        raise refuse("Say why.", "QuestionnaireResponse.status")
    return change.put({**change.get("QuestionnaireResponse", response), "status": "entered-in-error"})


# --- reading ------------------------------------------------------------------------------------------------------------------------------


def items_of(resource: Mapping[str, Any] | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(link, answer) of every answer of a QuestionnaireResponse, those within groups as well."""
    for item in (resource or {}).get("item", ()):
        for each in item.get("answer", ()):
            yield str(item.get("linkId", "")), each
            yield from items_of(each)
        yield from items_of(item)


def said_by(answered: Mapping[str, Any]) -> Any:
    """What one answer says: a number, the code of a coding (of a concept the first, or its text), else the value itself."""
    value = next((each for key, each in answered.items() if key.startswith("value")), None)
    if not isinstance(value, dict) or "value" in value:
        return value["value"] if isinstance(value, dict) else value
    coding = next((each for each in value.get("coding", ()) if each.get("code")), value)
    return coding.get("code") or value.get("text")


def answers_of(resource: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answers by link; the first where there are several."""
    found: dict[str, Any] = {}
    for link, each in items_of(resource):
        found.setdefault(link, said_by(each))
    return found


def left_out(resource: Mapping[str, Any] | None) -> frozenset[str]:
    """The questions that were asked and left empty."""
    items = (resource or {}).get("item", ())
    return frozenset(str(each.get("linkId", "")) for each in items if not each.get("answer") and not each.get("item"))


def values_of(found: Assessment, answers: Mapping[str, Any]) -> dict[str, int | None]:
    """What each answer counts."""
    return {link: item.value(said) for link, said in answers.items() if (item := found.item(link)) is not None}


def asked(found: Assessment, answers: Answers) -> tuple[str, ...]:
    """The questions that are asked, given these answers, in their order: those whose reason to be asked has fallen away are not."""
    kept: dict[str, str | int] = {}
    links = []
    for item in found.items:
        conditions = [(each.item, each.op, each.value) for each in item.when]
        if rules.asked(conditions, kept, values_of(found, kept)):
            links.append(item.link)
            if item.link in answers:
                kept[item.link] = answers[item.link]
    return tuple(links)


def next_question(found: Assessment, answers: Answers) -> str | None:
    """The first question that is asked and not answered; words may be left out. None when nothing is missing."""
    return next((link for link in asked(found, answers) if link not in answers and _required(found, link)), None)


def upcoming(found: Assessment, answers: Answers, left: Collection[str]) -> str | None:
    """The first question that is asked, not answered, and not left empty. None when they have gone through all."""
    return next((link for link in asked(found, answers) if link not in answers and link not in left), None)


def _required(found: Assessment, link: str) -> bool:
    item = found.item(link)
    return item is not None and item.type != "text"


def sums(found: Assessment, answers: Answers, day: date) -> tuple[Sum, ...]:
    """The sums of these answers, as far as all their questions are answered."""
    values = values_of(found, answers)
    totals = ((score.code, rules.total(values, score.items)) for score in found.scores)
    rows = ((code, value, rules.band(found.code, code, value, day)) for code, value in totals if value is not None)
    return tuple(Sum(code, value, row.values["band"] if row else None) for code, value, row in rows)


def read(view: View, resource: Resource) -> Response | None:
    """A QuestionnaireResponse as the pages need it; None when it answers nothing of the library."""
    found = of_canonical(resource.get("questionnaire"))
    if found is None:
        return None
    answers = answers_of(resource)
    when = reading.moment(resource.get("authored"), view.zone)
    source = resource.get("source") or {}
    return Response(
        id=str(resource["id"]),
        assessment=found,
        patient=str(codes.patient_of(resource)),
        status=str(resource["status"]),
        when=when,
        by=str((resource.get("author") or {}).get("display") or ""),
        source=str(target(source) or codes.patient_of(resource)),
        source_name=str(source.get("display") or ""),
        language=str(resource.get("language") or "en"),
        answers=answers,
        asked=asked(found, answers),
        next=next_question(found, answers),
        sums=sums(found, answers, (when or view.now).date()),
        left=left_out(resource),
        shown=caregiver_marks.is_shown(resource) if caregiver_marks.is_own(resource) else None,
    )


def response(view: View, *, response: str) -> Response:
    """Somebody's answers by their id. Raises NotFound, and Invalid when they answer nothing of the library."""
    found = read(view, view.get("QuestionnaireResponse", response))
    if found is None:
        raise refuse("There is no such assessment.", "QuestionnaireResponse.questionnaire")
    return found


def of_patient(view: View, *, patient: str, assessment: str | None = None) -> tuple[Response, ...]:
    """What a patient (or their caregiver) has answered, the newest first; what was taken back is left out."""
    reference = patient if "/" in patient else f"Patient/{patient}"
    found = (read(view, each) for each in view.find("QuestionnaireResponse", patient=reference))
    mine = (each for each in found if each is not None and each.status != "entered-in-error")
    wanted = (each for each in mine if assessment in (None, each.assessment.code))
    return tuple(sorted(wanted, key=lambda each: (each.when is not None, each.when), reverse=True))
