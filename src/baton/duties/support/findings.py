"""What follows from answers, decided where they are stored, whoever stored them: sums as Observations, and promises by thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, owed, reading, trace, working_days
from baton.duties.reactions import Reaction, wanting
from baton.duties.support.assessments import DONE, Sum, answers_of, sums, values_of
from baton.duties.support.caregiver_marks import SCORE, assessment_of
from baton.duties.trace import Fact
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, target
from baton.packs.assessments import Assessment, Score, of_canonical
from baton.rules import assessments as rules
from baton.rules.calendar import local_day
from baton.store import labels

if TYPE_CHECKING:
    from baton.store import View

BAND: Final = f"{codes.P}/CodeSystem/assessment-band"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"


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
        if not mine and found.about == "caregiver" and not _same_source(view, task, after):
            continue  # what one caregiver answered is not another's
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


def _same_source(view: View, task: Resource, response: Resource) -> bool:
    other = reading.peek(view, target(task.get("focus"))) or {}
    return target(other.get("source")) == target(response.get("source"))


def _promise(view: View, action: rules.Action, id_: str, after: Resource, patient: str) -> Resource:
    team, name, _ = reading.team_of(view, patient)
    reference, source = f"QuestionnaireResponse/{after['id']}", after.get("source") or {}
    found = local_day(view.now, view.zone)
    answer = rules.due(action.row, found, working_days.calendar(view, team))
    facts = [Fact("finding", action.key, reference), Fact("counted", action.value)]
    facts += [Fact("ask", action.ask)] if action.ask else []
    facts += [Fact("caregiver", str(source.get("display") or "-"), target(source))] if assessment_of(after) else []
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
