"""Plans of care: barriers, goals in the patient's words with confidence, interventions, evidence; templates without duplicates.

A plan is a CarePlan, a goal a Goal, a barrier a Condition of category health-concern, what somebody has to do a promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, promises, reading
from baton.duties.programs import packs as program_packs
from baton.duties.programs.packs import Intervention, Program
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of, extension, target
from baton.rules import contradictions as rules
from baton.rules.calendar import local_day
from baton.store import NotFound, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

KIND: Final = f"{codes.P}/CodeSystem/plan-kind"
COORDINATION: Final = "coordination"
CONFIDENCE: Final = f"{codes.P}/StructureDefinition/confidence"
ORIGIN: Final = f"{codes.P}/StructureDefinition/origin"
CATEGORY: Final = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ACHIEVEMENTS: Final = ("in-progress", "improving", "no-change", "worsening", "achieved", "not-attainable")
LONGEST: Final = 300
LIVE: Final = ("draft", "active", "on-hold")


def is_ours(plan: Mapping[str, Any]) -> bool:
    """Whether it is the one plan of coordination, not that of another specialty."""
    return any(code_of(each, KIND) == COORDINATION for each in plan.get("category", ()))


def plans_of(view: View, patient: str) -> list[Resource]:
    """Every plan of a patient that is in force, ours first, then by who made it."""
    found = [each for each in view.find("CarePlan", patient=patient) if each.get("status") in LIVE]
    return sorted(found, key=lambda each: (not is_ours(each), source_of(each), str(each["id"])))


def source_of(plan: Mapping[str, Any]) -> str:
    """Who made a plan: its author, else its title."""
    return str(plan.get("author", {}).get("display") or plan.get("title") or target(plan.get("author")) or plan.get("id", ""))


def ours(view: View, patient: str) -> Resource | None:
    """The plan of coordination; in a change, locked."""
    found = next((each for each in plans_of(view, patient) if is_ours(each)), None)
    return view.get("CarePlan", str(found["id"])) if found is not None else None


def said_in(plan: Mapping[str, Any]) -> list[rules.Said]:
    """What a plan tells the patient to do: its activities that are not over."""
    reference = f"CarePlan/{plan.get('id', '')}"
    details = (each.get("detail", {}) for each in plan.get("activity", ()))
    return [
        rules.Said(reference, str(text), code_of(detail.get("code"), program_packs.DIRECTION))
        for detail in details
        if (text := detail.get("description") or detail.get("code", {}).get("text"))
        and detail.get("status") not in ("cancelled", "stopped", "completed", "entered-in-error")
    ]


def begun(change: Change, patient: str) -> Resource:
    """The plan of coordination, or a new one that is not stored yet."""
    found = ours(change, patient)
    if found is not None:
        return found
    change.get(*patient.split("/", 1))
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "category": [codes.concept(KIND, COORDINATION)],
        "title": "One plan of care",
        "subject": {"reference": patient},
        "period": {"start": local_day(change.now, change.zone).isoformat()},
        "created": episodes.instant(change.now),
        "author": codes.reference_to(change.who.person, change.who.name),
    }


# --- goals and barriers ------------------------------------------------------------------------------------------------------------------


def barrier(change: Change, *, patient: str, text: str) -> str:
    """What stands in the way, as a Condition; the same words are the same barrier. Returns "Condition/id"."""
    for each in change.find("Condition", patient=patient, category=f"{CATEGORY}|health-concern", clinical_status="active"):
        if rules.normal(str(each.get("code", {}).get("text", ""))) == rules.normal(text):
            return f"Condition/{each['id']}"
    made: Resource = {
        "resourceType": "Condition",
        "clinicalStatus": codes.concept(CLINICAL, "active"),
        "category": [codes.concept(CATEGORY, "health-concern")],
        "code": {"text": text.strip()},
        "subject": {"reference": patient},
        "recordedDate": local_day(change.now, change.zone).isoformat(),
    }
    return change.put(made).reference


def add_goal(
    change: Change,
    *,
    patient: str,
    words: str,
    confidence: int | None = None,
    addresses: str = "",
    by: date | None = None,
    measure: Mapping[str, Any] | None = None,
) -> Stored:
    """A goal in the patient's own words, how sure they are to reach it (0 to 10), and what stands in the way. Raises Invalid.

    `addresses`: a barrier in words, or "Condition/id" of a problem. The goal becomes part of the plan of coordination.
    """
    patient = patient if "/" in patient else f"Patient/{patient}"
    if not words.strip() or len(words) > LONGEST:
        raise refuse("Say the goal in the patient's words.", "Goal.description")
    _confident(confidence)
    problem = (
        addresses if addresses.startswith("Condition/") else barrier(change, patient=patient, text=addresses) if addresses.strip() else ""
    )
    aim: Resource = {**(measure or {}), **({"dueDate": by.isoformat()} if by else {})}
    goal: Resource = {
        "resourceType": "Goal",
        **({"extension": [_confidence(confidence)]} if confidence is not None else {}),
        "lifecycleStatus": "active",
        "achievementStatus": codes.concept(ACHIEVEMENT, "in-progress"),
        "description": {"text": words.strip()},
        "subject": {"reference": patient},
        "startDate": local_day(change.now, change.zone).isoformat(),
        "expressedBy": {"reference": patient},
        **({"target": [aim]} if aim else {}),
        **({"addresses": [{"reference": problem}]} if problem else {}),
    }
    stored = change.put(goal)
    plan = begun(change, patient)
    change.put(linked(plan, "goal", [stored.reference]) | ({"addresses": _more(plan, "addresses", [problem])} if problem else {}))
    return stored


def linked(plan: Resource, element: str, references: Iterable[str]) -> Resource:
    """The plan with these references added to an element of it."""
    return {**plan, element: _more(plan, element, references)}


def _more(plan: Mapping[str, Any], element: str, references: Iterable[str]) -> list[Resource]:
    there = {target(each) for each in plan.get(element, ())}
    return [*plan.get(element, ()), *({"reference": each} for each in references if each not in there)]


def _confident(confidence: int | None) -> None:
    if confidence is not None and not 0 <= confidence <= 10:
        raise refuse("Confidence is from 0 to 10.", "Goal.extension(confidence)")


def _confidence(value: int) -> Resource:
    return {"url": CONFIDENCE, "valueInteger": value}


def judge_goal(
    change: Change, *, goal: str, achievement: str, confidence: int | None = None, note: str = "", evidence: str | None = None
) -> Stored:
    """How a goal goes, how sure the patient is now, and what shows it ("Type/id", or words). Raises Invalid."""
    found = change.get("Goal", goal)
    if achievement not in ACHIEVEMENTS:
        raise refuse("Say how the goal goes.", "Goal.achievementStatus")
    _confident(confidence)
    if confidence is not None:
        found = codes.with_extension(found, CONFIDENCE, _confidence(confidence))
    over = {"achieved": "completed", "not-attainable": "cancelled"}.get(achievement, "active")
    after: Resource = {
        **found,
        "achievementStatus": codes.concept(ACHIEVEMENT, achievement),
        "lifecycleStatus": over,
        "statusDate": local_day(change.now, change.zone).isoformat(),
    }
    if note.strip():
        author = codes.reference_to(change.who.person, change.who.name)
        said = {"authorReference": author, "time": episodes.instant(change.now), "text": note.strip()}
        after["note"] = [*found.get("note", ()), said]
    if evidence:
        if reading.maybe(change, evidence) is None:
            raise NotFound(f"There is no {evidence}.")
        after["outcomeReference"] = [*found.get("outcomeReference", ()), {"reference": evidence}]
    return change.put(after)


# --- interventions -----------------------------------------------------------------------------------------------------------------------


def activity(text: str, goals: Iterable[str], *, direction: str | None = None, origin: str | None = None) -> Resource:
    """One thing to be done, as an activity of a plan."""
    detail: Resource = {"status": "in-progress", "description": text.strip()}
    if direction:
        detail["code"] = codes.concept(program_packs.DIRECTION, direction)
    if several := [{"reference": each} for each in goals]:
        detail["goal"] = several
    return {**({"extension": [{"url": ORIGIN, "valueString": origin}]} if origin else {}), "detail": detail}


def same_thing(one: rules.Said, other: rules.Said, day: date) -> bool:
    """Whether two things to be done are one: the same words, or the same direction."""
    codes_ = [each.code or rules.direction(each.text, day) for each in (one, other)]
    return rules.normal(one.text) == rules.normal(other.text) or (codes_[0] is not None and codes_[0] == codes_[1])


def add_intervention(
    change: Change, *, patient: str, text: str, goal: str | None = None, due: date | None = None, owner: str | None = None
) -> Stored:
    """Something to be done for a goal; with a day it is promised, too. What the plan has already is not added twice. Raises Invalid."""
    patient = patient if "/" in patient else f"Patient/{patient}"
    if not text.strip() or len(text) > LONGEST:
        raise refuse("Say what is to be done.", "CarePlan.activity.detail.description")
    plan = begun(change, patient)
    today = local_day(change.now, change.zone)
    if any(same_thing(rules.Said("", text), each, today) for each in said_in(plan)):
        raise refuse("The plan says that already.", "CarePlan.activity")
    added = activity(text, [f"Goal/{goal}"] if goal else [])
    if due is not None:
        promise = promises.make_by_hand(change, patient=patient, what=text, due=due, owner=owner)
        added["outcomeReference"] = [{"reference": promise.reference}]
    return change.put({**plan, "activity": [*plan.get("activity", ()), added]})


def finish_intervention(change: Change, *, patient: str, number: int, status: str, evidence: str = "") -> Stored:
    """An intervention was done, or is not done any more, and what shows it. Raises Invalid."""
    plan = ours(change, patient)
    if plan is None or not 0 <= number < len(plan.get("activity", ())):
        raise refuse("There is no such intervention.", "CarePlan.activity")
    if status not in ("completed", "stopped"):
        raise refuse("Say whether it was done.", "CarePlan.activity.detail.status")
    found = plan["activity"][number]
    detail = {**found.get("detail", {}), "status": status}
    progress = [{"time": episodes.instant(change.now), "text": evidence.strip()}] if evidence.strip() else []
    after = {**found, "detail": detail, **({"progress": [*found.get("progress", ()), *progress]} if progress else {})}
    return change.put({**plan, "activity": [*plan["activity"][:number], after, *plan["activity"][number + 1 :]]})


# --- templates ---------------------------------------------------------------------------------------------------------------------------


def merge(change: Change, *, patient: str, program: str, language: str | None = None) -> tuple[int, int]:
    """Bring a program's goals and interventions into the one plan; what is there already is not added again. Returns how many of each."""
    patient = patient if "/" in patient else f"Patient/{patient}"
    found = program_packs.current(change, program)
    known = {rules.normal(str(each.get("description", {}).get("text", ""))): each for each in _goals(change, patient)}
    goals: dict[str, str] = {}
    fresh = 0
    for each in found.goals:
        words = each.text.said(language)
        there = known.get(rules.normal(words)) or known.get(rules.normal(each.text.text))
        if there is None:
            stored = add_goal(change, patient=patient, words=words, addresses=each.barrier.said(language), measure=each.target)
            fresh += 1
        goals[each.code] = f"Goal/{there['id']}" if there is not None else stored.reference
    plan = begun(change, patient)
    added = _missing(plan, found, goals, language, local_day(change.now, change.zone))
    canonical = [each for each in plan.get("instantiatesCanonical", ()) if each != found.canonical]
    change.put({**plan, "instantiatesCanonical": [*canonical, found.canonical], "activity": [*plan.get("activity", ()), *added]})
    return fresh, len(added)


def _goals(view: View, patient: str) -> list[Resource]:
    return [each for each in view.find("Goal", patient=patient) if each.get("lifecycleStatus") in ("active", "proposed", "accepted")]


def _missing(plan: Resource, program: Program, goals: Mapping[str, str], language: str | None, today: date) -> list[Resource]:
    said, added = said_in(plan), []
    for each in program.interventions:
        fresh = rules.Said("", each.title.said(language), each.direction)
        if any(same_thing(fresh, there, today) for there in said):
            continue
        said.append(fresh)
        added.append(activity(fresh.text, _served(each, goals), direction=each.direction, origin=f"{program.code} {each.code}"))
    return added


def _served(intervention: Intervention, goals: Mapping[str, str]) -> list[str]:
    return [goals[each] for each in intervention.goals if each in goals]


def confidence_of(goal: Mapping[str, Any]) -> int | None:
    """How sure the patient is, 0 to 10."""
    found = extension(goal, CONFIDENCE)
    return int(found) if found is not None else None
