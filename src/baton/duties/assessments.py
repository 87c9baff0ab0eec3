"""Assessments: asked question by question, each answer kept the moment it is given; sums, and what is promised because of them.

A `QuestionnaireResponse` is in progress until it is finished. What follows is decided where it is stored, whoever stored it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, episodes, owed, reading, trace, upkeep, working_days
from baton.duties.promises import refuse
from baton.duties.reactions import Reaction, wanting
from baton.duties.trace import Fact
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target
from baton.packs.assessments import Assessment, Item, Score, library, of_canonical
from baton.rules import assessments as rules
from baton.rules.calendar import local_day
from baton.store import Invalid, labels

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

SCORE: Final = f"{codes.P}/CodeSystem/assessment-score"
BAND: Final = f"{codes.P}/CodeSystem/assessment-band"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
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
    """Somebody's answers. `next` is the question to ask now, None when all are answered; `asked` are the links asked so far or next."""

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

    @property
    def done(self) -> bool:
        """Whether it was finished."""
        return self.status in DONE


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
) -> Stored:
    """Keep these answers (link → code of the answer, number of a scale, or words); `done` finishes. Call it for every single answer.

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
    return change.put(_resource(change, found, before, reference, source, spoken if spoken in found.words else "en", kept, done))


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
    """What one answer says: the code of a coding, else the value itself."""
    value = next((each for key, each in answered.items() if key.startswith("value")), None)
    return value.get("code") or value.get("value") if isinstance(value, dict) else value


def answers_of(resource: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answers by link; the first where there are several."""
    found: dict[str, Any] = {}
    for link, each in items_of(resource):
        found.setdefault(link, said_by(each))
    return found


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


# --- what follows -------------------------------------------------------------------------------------------------------------------------


def _ours(after: Resource | None) -> bool:
    return after is not None and of_canonical(after.get("questionnaire")) is not None


@wanting(_ours)
def on_response(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Answers were finished, corrected or taken back: sums are kept as Observations, and what follows from them is promised."""
    if after is None or (before is None and after["status"] not in DONE) or not {(before or {}).get("status"), after["status"]} & {*DONE}:
        return []
    found = of_canonical(after.get("questionnaire"))
    patient = codes.patient_of(after)
    if found is None or patient is None:
        return []
    with reading.seeing_all(view):
        stands = after["status"] in DONE
        return [*_observations(view, found, after, stands), *_promises(view, found, after, patient, stands)]


def _observations(view: View, found: Assessment, after: Resource, stands: bool) -> Iterator[Resource]:
    reference = f"QuestionnaireResponse/{after['id']}"
    when = reading.moment(after.get("authored"), view.zone) or view.now
    known = {each.code: each for each in sums(found, answers_of(after), when.date())}
    for score in found.scores:
        id_ = codes.derived_id("score", reference, score.code)
        before = reading.maybe(view, f"Observation/{id_}")
        one = known.get(score.code) if stands else None
        if one is not None:
            status = "final" if before is None else "corrected"
            made = _observation(found, score, one, after, id_)
            if before is None or {**before, "meta": None, "status": None} != {**made, "meta": None, "status": None}:
                yield {**made, "status": status}
        elif before is not None and before.get("status") != "entered-in-error":
            yield {**before, "status": "entered-in-error"}


def _observation(found: Assessment, score: Score, one: Sum, after: Resource, id_: str) -> Resource:
    coding = [{"system": system, "code": code} for system, code in score.codes]
    coding.append({"system": SCORE, "code": f"{found.code}-{score.code}"})
    about = target(after.get("source"))
    observation: Resource = {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "category": [codes.concept(CATEGORY, "survey")],
        "code": {"coding": coding, "text": found.words["en"].title},
        "subject": after["subject"],
        **({"effectiveDateTime": after["authored"]} if after.get("authored") else {}),
        "valueInteger": one.value,
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{after['id']}"}],
    }
    if performers := [after[each] for each in ("author", "source") if after.get(each)]:
        observation["performer"] = performers
    if found.about == "caregiver" and about is not None and about.startswith("RelatedPerson/"):
        observation["focus"] = [{"reference": about}]
    if one.band:
        observation["interpretation"] = [codes.concept(BAND, one.band)]
    return observation


def _promises(view: View, found: Assessment, after: Resource, patient: str, stands: bool) -> Iterator[Resource]:
    """What these answers ask for and is not owed already; what they asked for before and do not any more; what they keep."""
    reference = f"QuestionnaireResponse/{after['id']}"
    day = local_day(reading.moment(after.get("authored"), view.zone) or view.now, view.zone)
    answers = answers_of(after)
    scores = {each.code: each.value for each in sums(found, answers, day)}
    wanted = rules.actions(found.code, scores, values_of(found, answers), answers, day) if stands else ()
    due = {codes.derived_id("finding", reference, each.key): each for each in wanted}
    owed_already = set()
    for task in view.find("Task", patient=patient, status=codes.OPEN):
        told = trace.of(task)
        if told is None or not told.step.startswith("screen-"):
            continue
        mine = target(task.get("focus")) == reference
        if mine and task["id"] not in due:
            yield upkeep.shut(view.get("Task", task["id"]), reason="answer-corrected", now=view.now)
        elif stands and not mine and told.fact("ask") == found.code:
            shut = upkeep.closed(view.get("Task", task["id"]), upkeep.Kept("completed", "kept", view.now, reference), view.now)
            yield {**shut, "lastModified": episodes.instant(view.now)}
        else:
            owed_already.add(told.fact("finding"))
    for id_, action in due.items():
        if action.key not in owed_already and reading.maybe(view, f"Task/{id_}") is None:
            yield _promise(view, action, id_, after, patient)


def _promise(view: View, action: rules.Action, id_: str, after: Resource, patient: str) -> Resource:
    team, name, _ = reading.team_of(view, patient)
    reference = f"QuestionnaireResponse/{after['id']}"
    found = local_day(view.now, view.zone)
    answer = rules.due(action.row, found, working_days.calendar(view, team))
    facts = [Fact("finding", action.key, reference), Fact("counted", action.value)]
    facts += [Fact("ask", action.ask)] if action.ask else []
    facts += [Fact("domain", action.domain)] if action.domain else []
    explained = owed.told(view, plan=owed.SUPPORT, step=action.promise, answer=answer, facts=facts)
    task = owed.promise(view, explained, id_=id_, patient=patient, focus=reference, owner=(team, name), description=action.key)
    return {**task, "meta": {"security": [labels.coding(action.label)]}} if action.label else task


def finding(task: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a promise was found by: (assessment, what), from its description ("social-needs/food"); None for another promise."""
    said = str(task.get("description") or "")
    return (said.partition("/")[0], said.partition("/")[2]) if str(codes.promise_code(task)).startswith("screen-") and "/" in said else None


def response_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Finished answers are corrected or taken back; they do not become unfinished, and are not deleted."""
    if before is None or not _ours(before) or before["status"] not in DONE:
        return
    if after is None:
        yield error("business-rule", "Answers are taken back, not deleted.", "QuestionnaireResponse")
    elif after["status"] not in (*DONE, "entered-in-error"):
        yield error("business-rule", "Finished answers are corrected or taken back.", "QuestionnaireResponse.status")


REACTIONS: dict[str, list[Reaction]] = {"QuestionnaireResponse": [on_response]}
GUARDS = {"QuestionnaireResponse": [response_guard]}

__all__ = ["Response", "Sum", "answer", "answers_of", "of_patient", "response", "take_back"]
