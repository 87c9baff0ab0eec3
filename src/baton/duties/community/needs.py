"""Social needs of a patient, in Gravity's terms: a need found, and the goal in the patient's words.

A need is a `Condition`; that somebody looks for help is promised until a referral is sent, the need is met, or help is not wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, owed, reading, trace
from baton.duties.community.directory import GRAVITY
from baton.duties.privacy.consent_terms import ACT_CODE
from baton.duties.promises import refuse
from baton.duties.reactions import Reaction, wanting
from baton.duties.trace import Fact
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, codings, has_code, target
from baton.rules import needs
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baton.store import Change, Stored, View

PLAN: Final = "community"
HELP: Final = "need-help"
SCREENED: Final = "screen-need"
"""The promise to look at what the questions about life showed (`findings`)."""
US_CORE: Final = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
CONDITION_CATEGORY: Final = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
ICD10: Final = "http://hl7.org/fhir/sid/icd-10-cm"
COMMUNITY: Final = f"{codes.P}/CodeSystem/community"
ENDS: Final = {"met": "resolved", "declined": "inactive", "mistaken": "resolved"}
LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Need:
    """One need: its Condition's id, its Gravity category, since when, what was said of it, whether it is still open."""

    id: str
    code: str
    since: datetime | None
    said: str
    source: str | None
    open: bool
    goal: str | None
    goal_state: str | None


# --- needs ---------------------------------------------------------------------------------------------------------------------------


def need_of(resource: Mapping[str, Any] | None) -> str | None:
    """The Gravity category of a Condition, ServiceRequest, Goal or Observation; None when it is about no social need."""
    said = (resource or {}).get("category", ())
    several = said if isinstance(said, Sequence) else (said,)
    return next((code for each in several for system, code in codings(each) if system == GRAVITY and code in needs.NEEDS), None)


def is_need(resource: Mapping[str, Any] | None) -> bool:
    """Whether a Condition is a social need."""
    return resource is not None and resource.get("resourceType") == "Condition" and need_of(resource) is not None


def is_open(condition: Mapping[str, Any] | None) -> bool:
    """Whether a need is still one."""
    if condition is None or has_code(condition.get("verificationStatus"), VERIFICATION, "refuted", "entered-in-error"):
        return False
    return has_code(condition.get("clinicalStatus"), CLINICAL, "active", "recurrence", "relapse")


def categories(need: str, *more: Resource) -> list[Resource]:
    """The categories of a resource about a need."""
    return [*more, codes.concept(US_CORE, "sdoh"), codes.concept(GRAVITY, need)]


def marks(need: str) -> Resource:
    """The security labels of whatever is about a need, as `meta`: violence is nobody's business but of those who help."""
    label = needs.label(need)
    return {"meta": {"security": [{"system": ACT_CODE, "code": label}]}} if label else {}


def raise_need(change: Change, *, patient: str, need: str, said: str | None = None, source: str | None = None) -> Stored:
    """Somebody has this need. `source` is the QuestionnaireResponse or Observation that showed it. Raises Invalid.

    The same need twice is one: what is open already is refused.
    """
    patient = patient if "/" in patient else f"Patient/{patient}"
    change.get(*patient.split("/", 1))
    if need not in needs.NEEDS:
        raise refuse("Say which need it is.", "Condition.category")
    if said and len(said) > LONGEST:
        raise refuse("Say it in at most 500 characters.", "Condition.note")
    if any(need_of(each) == need for each in open_of(change, patient)):
        raise refuse("This need is on the list already.", "Condition.category")
    condition: Resource = {
        "resourceType": "Condition",
        **marks(need),
        "clinicalStatus": codes.concept(CLINICAL, "active"),
        "verificationStatus": codes.concept(VERIFICATION, "confirmed" if source is None else "unconfirmed"),
        "category": categories(need, codes.concept(CONDITION_CATEGORY, "health-concern")),
        "code": {"coding": [{"system": ICD10, "code": needs.icd10(need, _today(change))}], "text": need.replace("-", " ").capitalize()},
        "subject": {"reference": patient},
        "recordedDate": episodes.instant(change.now),
        "recorder": codes.reference_to(change.who.person, change.who.name),
        **({"note": [{"text": said.strip()}]} if said and said.strip() else {}),
        **({"evidence": [{"detail": [{"reference": source}]}]} if source else {}),
    }
    return change.put(condition)


def open_of(view: View, patient: str) -> list[Resource]:
    """The open needs of a patient ("Patient/id")."""
    found = view.find("Condition", patient=patient, category=f"{US_CORE}|sdoh")
    return [each for each in found if is_need(each) and is_open(each)]


def settle(change: Change, *, need: str, how: str, note: str | None = None) -> Stored:
    """A need is over: met, help is not wanted (declined), or it never was one (mistaken). A goal for it goes with it. Raises Invalid."""
    condition = change.get("Condition", need)
    if not is_need(condition) or not is_open(condition):
        raise refuse("This need is not open any more.", "Condition.clinicalStatus")
    if how not in ENDS:
        raise refuse("Say how it ended.", "Condition.clinicalStatus")
    if how != "met" and not (note and note.strip()):
        raise refuse("Say why.", "Condition.note")
    after = {**condition, "clinicalStatus": codes.concept(CLINICAL, ENDS[how]), "abatementDateTime": episodes.instant(change.now)}
    if how == "mistaken":
        after = {
            **upkeep.without(after, "clinicalStatus", "abatementDateTime"),
            "verificationStatus": codes.concept(VERIFICATION, "refuted"),
        }
        after["clinicalStatus"] = codes.concept(CLINICAL, "inactive")
    if note and note.strip():
        author = codes.reference_to(change.who.person, change.who.name)
        said = {"authorReference": author, "time": episodes.instant(change.now), "text": note.strip()}
        after["note"] = [*condition.get("note", ()), said]
    for found in goals_of(change, f"Condition/{need}"):
        achieved = codes.concept(ACHIEVEMENT, "achieved" if how == "met" else "not-attainable")
        status = "completed" if how == "met" else "cancelled"
        change.put({**found, "lifecycleStatus": status, "achievementStatus": achieved, "statusDate": _today(change).isoformat()})
    return change.put(after)


def _today(view: View) -> date:
    return local_day(view.now, view.zone)


@dataclass(frozen=True, slots=True)
class Screened:
    """A need that the questions about life showed and nobody has put on the list yet: its promise, its category, the answers."""

    task: str
    code: str
    response: str


def screened(view: View, patient: str) -> tuple[Screened, ...]:
    """What the questions showed of a patient ("Patient/id") and is still to be taken up."""
    found = view.find("Task", patient=patient, code=f"{codes.PROMISE}|{SCREENED}", status=codes.OPEN)
    told = ((each, trace.of(each)) for each in found)
    asked = ((each, str(why.fact("domain") or "")) for each, why in told if why is not None)
    return tuple(Screened(str(each["id"]), need, str(target(each.get("focus")))) for each, need in asked if need in needs.NEEDS)


def take_up(change: Change, *, patient: str, task: str, said: str | None = None) -> Stored:
    """Put on the list what the questions showed; the promise to look at it is kept by that. Raises Invalid."""
    patient = patient if "/" in patient else f"Patient/{patient}"
    found = next((each for each in screened(change, patient) if each.task == task), None)
    if found is None:
        raise refuse("That is not owed any more.", "Task.status")
    return raise_need(change, patient=patient, need=found.code, said=said, source=found.response)


# --- goals ---------------------------------------------------------------------------------------------------------------------------


def goals_of(view: View, condition: str) -> list[Resource]:
    """The goals that are still pursued for a need."""
    need = reading.maybe(view, condition) or {}
    found = view.find("Goal", patient=codes.patient_of(need), lifecycle_status="proposed,planned,accepted,active,on-hold")
    return [each for each in found if any(target(one) == condition for one in each.get("addresses", ()))]


def set_goal(change: Change, *, need: str, words: str, due: date | None = None) -> Stored:
    """What the patient wants instead, in their words; one goal for a need, said anew when it changes. Raises Invalid."""
    condition = change.get("Condition", need)
    if not is_need(condition) or not is_open(condition):
        raise refuse("This need is not open any more.", "Goal.addresses")
    if not words.strip() or len(words) > LONGEST:
        raise refuse("Say the goal in the patient’s words.", "Goal.description")
    if due is not None and due < _today(change):
        raise refuse("The day has passed already.", "Goal.target.dueDate")
    before: Resource = next(iter(goals_of(change, f"Condition/{need}")), {})
    goal: Resource = {
        "resourceType": "Goal",
        **marks(str(need_of(condition))),
        "lifecycleStatus": "active",
        "achievementStatus": codes.concept(ACHIEVEMENT, "in-progress"),
        "category": categories(str(need_of(condition))),
        "description": {"text": words.strip()},
        "subject": {"reference": codes.patient_of(condition)},
        "startDate": _today(change).isoformat(),
        **({"target": [{"dueDate": due.isoformat()}]} if due else {}),
        "expressedBy": {"reference": codes.patient_of(condition)},
        "addresses": [{"reference": f"Condition/{need}"}],
        **({"id": before["id"], "startDate": before.get("startDate")} if before else {}),
    }
    return change.put({key: value for key, value in goal.items() if value is not None})


def read(view: View, condition: Resource, goals: Sequence[Resource] | None = None) -> Need:
    """A need, as pages show it; `goals` saves the question when they are known."""
    reference = f"Condition/{condition['id']}"
    known = goals_of(view, reference) if goals is None else goals
    goal: Resource = next((each for each in known if any(target(one) == reference for one in each.get("addresses", ()))), {})
    return Need(
        id=str(condition["id"]),
        code=str(need_of(condition)),
        since=reading.moment(condition.get("recordedDate") or condition.get("onsetDateTime"), view.zone),
        said=next((str(each["text"]) for each in condition.get("note", ()) if each.get("text")), ""),
        source=next((target(one) for each in condition.get("evidence", ()) for one in each.get("detail", ())), None),
        open=is_open(condition),
        goal=goal.get("description", {}).get("text"),
        goal_state=code_of(goal.get("achievementStatus"), ACHIEVEMENT),
    )


# --- what is owed -------------------------------------------------------------------------------------------------------------------


def promise_id(condition: str) -> str:
    """The id of the promise to look for help with a need ("Condition/id")."""
    return codes.derived_id(PLAN, condition, HELP)


def promised(view: View, condition: Resource) -> list[Resource]:
    """The promise of a need, as it should now stand: open while the need is and nobody was referred to, closed otherwise."""
    reference = f"Condition/{condition['id']}"
    before = reading.maybe(view, f"Task/{promise_id(reference)}")
    asked = bool(is_open(condition) and _sent(view, reference, str(codes.patient_of(condition))))
    if is_open(condition) and not asked:
        if before is not None:  # what a person closed stays closed; a referral that came to nothing is owed on its own
            return []
        return [_promise(view, condition, reference)]
    if before is None or not codes.is_open(before):
        return []
    if asked:
        return [upkeep.shut(before, reason="kept", status="completed", now=view.now)]
    return [upkeep.shut(before, reason="all-closed", now=view.now)]


def _promise(view: View, condition: Resource, reference: str) -> Resource:
    answer = needs.limit(_today(view))
    facts = (Fact("need", str(need_of(condition)), reference),)
    told = owed.told(view, plan=PLAN, step=HELP, answer=answer, facts=facts)
    patient = str(codes.patient_of(condition))
    need = str(need_of(condition))
    made = owed.promise(view, told, id_=promise_id(reference), patient=patient, focus=reference, description=need)
    return {**made, **marks(need)}


def _sent(view: View, condition: str, patient: str) -> bool:
    """Whether somebody was referred to about this need."""
    for request in view.find("ServiceRequest", patient=patient, category=f"{US_CORE}|sdoh"):
        if any(target(each) == condition for each in request.get("reasonReference", ())):
            tasks = view.find("Task", focus=f"ServiceRequest/{request['id']}")
            if any(each.get("status") not in ("draft", "entered-in-error") and codes.promise_code(each) is None for each in tasks):
                return True
    return False


@wanting(is_need)
def on_need(_before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A need was found, or is over: what is owed about it follows."""
    if after is None:
        return []
    with reading.seeing_all(view):
        return [*promised(view, after), *_taken_up(view, after)]


def _taken_up(view: View, condition: Resource) -> Iterator[Resource]:
    """The promises about answers that showed this need: they are kept once it is on the list."""
    shown = {target(one) for each in condition.get("evidence", ()) for one in each.get("detail", ())}
    if not any(each and each.startswith("QuestionnaireResponse/") for each in shown):
        return
    for each in screened(view, str(codes.patient_of(condition))):
        if each.response in shown and each.code == need_of(condition):
            task = view.get("Task", each.task)
            kept = upkeep.Kept("completed", "kept", view.now, f"Condition/{condition['id']}")
            yield {**upkeep.closed(task, kept, view.now), "lastModified": episodes.instant(view.now)}


def need_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An open need is not made to disappear: it is settled with a reason."""
    if after is None and is_need(before) and is_open(before):
        yield error("business-rule", "An open need is not deleted: say how it ended.", "Condition")


GUARDS = {"Condition": [need_guard]}
REACTIONS: dict[str, list[Reaction]] = {"Condition": [on_need]}
