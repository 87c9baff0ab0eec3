"""Contradictions between plans: found whenever a plan is written, owed a decision, decided into one new plan; the old ones stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from baton.duties import care_plans, codes, episodes, identity, plans, program_packs, reading, trace, upkeep, working_days
from baton.duties.promises import refuse
from baton.duties.reactions import Reaction, wanting
from baton.duties.trace import Fact, Trace
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, human_name, target
from baton.rules import contradictions as rules
from baton.rules.calendar import US_FEDERAL, add_business_days, end_of_day, local_day
from baton.rules.contradictions import Conflict
from baton.rules.tables import table
from baton.store import View

if TYPE_CHECKING:
    from baton.store import Change, Stored

CODE: Final = "plan-contradiction"
SYSTEM: Final = f"{codes.P}/CodeSystem/plan-issue"
SIDES: Final = f"{codes.P}/StructureDefinition/sides"
RULE: Final = f"{codes.P}/PlanDefinition/plan-contradictions"
CHOICES: Final = ("one", "other", "own")
OPEN: Final = ("preliminary",)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a contradiction: the plan, who made it, what it says."""

    plan: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A contradiction as a page shows it. `decided` is what was decided, None while nobody has."""

    id: str
    rule: str
    severity: str
    one: Side
    other: Side
    decided: str | None
    task: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What is decided about a contradiction: to keep one side or the other, or in words of one's own."""

    keep: str
    words: str = ""


def issue_id(patient: str, conflict: Conflict) -> str:
    """The id of a DetectedIssue; it follows from the rule and the two plans."""
    return codes.derived_id(CODE, patient, conflict.rule, *sorted((conflict.one.plan, conflict.other.plan)))


def task_id(issue: str) -> str:
    """The id of the promise about a contradiction."""
    return codes.derived_id(CODE, f"DetectedIssue/{issue}")


def read(issue: Mapping[str, Any]) -> Contradiction:
    """A DetectedIssue as a contradiction."""
    parts = {
        part["url"]: {each["url"]: next(each[k] for k in each if k.startswith("value")) for each in part["extension"]}
        for part in extension(issue, SIDES) or ()
    }
    sides = [Side(str(target(parts[side]["plan"])), str(parts[side]["source"]), str(parts[side]["text"])) for side in ("one", "other")]
    done = [str(each["action"]["text"]) for each in issue.get("mitigation", ()) if each.get("action", {}).get("text")]
    id_ = str(issue["id"])
    rule = str(issue.get("identifier", [{}])[0].get("value", ""))
    decided = done[-1] if done and issue.get("status") == "final" else None
    return Contradiction(id_, rule, str(issue.get("severity", "")), sides[0], sides[1], decided, task_id(id_))


def is_contradiction(issue: Mapping[str, Any] | None) -> bool:
    """Whether a DetectedIssue is a contradiction between plans."""
    return issue is not None and issue.get("resourceType") == "DetectedIssue" and code_of(issue.get("code"), SYSTEM) == "contradiction"


def of_patient(view: View, patient: str) -> list[Contradiction]:
    """Every contradiction of a patient's plans, those to be decided first."""
    found = [
        each for each in view.find("DetectedIssue", patient=patient) if is_contradiction(each) and each.get("status") in (*OPEN, "final")
    ]
    return sorted((read(each) for each in found), key=lambda each: (each.decided is not None, each.severity, each.rule, each.id))


# --- found whenever a plan is written ----------------------------------------------------------------------------------------------------


@wanting(lambda after: after is not None and after.get("resourceType") == "CarePlan")
def on_plan(_before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A plan was made or changed: what contradicts now is owed a decision; what does not any more is over."""
    patient = codes.patient_of(after)
    if patient is None:
        return []
    with reading.seeing_all(view):
        return refreshed(view, patient)


def refreshed(view: View, patient: str) -> list[Resource]:
    """The DetectedIssues and promises that the patient's plans ask for."""
    today = local_day(view.now, view.zone)
    live = care_plans.plans_of(view, patient)
    sources = {f"CarePlan/{each['id']}": care_plans.source_of(each) for each in live}
    wanted = {
        issue_id(patient, each): each for each in rules.conflicts([said for plan in live for said in care_plans.said_in(plan)], today)
    }
    known = {str(each["id"]): each for each in view.find("DetectedIssue", patient=patient) if is_contradiction(each)}
    changed: list[Resource] = []
    for id_, conflict in wanted.items():
        before = known.get(id_)
        if before is not None and before.get("status") in OPEN:
            continue
        if before is not None and before.get("status") == "final" and _decided(before):
            continue
        changed += [_issue(view, patient, id_, conflict, sources), *_promise(view, patient, id_, conflict, sources)]
    for id_, issue in known.items():
        if id_ not in wanted and issue.get("status") in OPEN:
            changed.append({**view.get("DetectedIssue", id_), "status": "mitigated"})
        if id_ not in wanted or issue.get("status") == "final":
            changed += _kept(view, id_, issue)
    return changed


def _decided(issue: Mapping[str, Any]) -> bool:
    return bool(issue.get("mitigation"))


def _side(name: str, said: rules.Said, sources: Mapping[str, str]) -> Resource:
    parts = [
        {"url": "plan", "valueReference": {"reference": said.plan}},
        {"url": "source", "valueString": sources.get(said.plan, said.plan)},
        {"url": "text", "valueString": said.text},
    ]
    return {"url": name, "extension": parts}


def _issue(view: View, patient: str, id_: str, conflict: Conflict, sources: Mapping[str, str]) -> Resource:
    sides = [_side("one", conflict.one, sources), _side("other", conflict.other, sources)]
    named = [sources.get(each.plan, each.plan) for each in (conflict.one, conflict.other)]
    return {
        "resourceType": "DetectedIssue",
        "id": id_,
        "extension": [{"url": SIDES, "extension": sides}],
        "identifier": [{"system": SYSTEM, "value": conflict.rule}],
        "status": "preliminary",
        "code": codes.concept(SYSTEM, "contradiction"),
        "severity": conflict.severity,
        "patient": {"reference": patient},
        "identifiedDateTime": episodes.instant(view.now),
        "author": {"reference": codes.HUB},
        "implicated": [{"reference": each} for each in dict.fromkeys((conflict.one.plan, conflict.other.plan))],
        "detail": f"{named[0]}: “{conflict.one.text}”. {named[1]}: “{conflict.other.text}”. {conflict.source}",
    }


def _promise(view: View, patient: str, id_: str, conflict: Conflict, sources: Mapping[str, str]) -> Iterator[Resource]:
    before = reading.maybe(view, f"Task/{task_id(id_)}")
    if codes.is_open(before):
        return
    today = local_day(view.now, view.zone)
    team, name, _ = reading.team_of(view, patient)
    calendar = working_days.calendar(view, team) if team != codes.INTAKE else US_FEDERAL
    answer = add_business_days(today, rules.limit("resolve", today), calendar)
    named = [sources.get(each.plan, each.plan) for each in (conflict.one, conflict.other)]
    told = Trace(
        rule=f"{RULE}|{table(rules.TABLE).version}",
        title="Contradiction between plans",
        step=CODE,
        source=table(rules.TABLE).row("resolve", today).source,
        facts=(
            Fact("plan-one", f"{named[0]}: {conflict.one.text}", conflict.one.plan),
            Fact("plan-other", f"{named[1]}: {conflict.other.text}", conflict.other.plan),
        ),
        arithmetic=answer.steps,
        due=end_of_day(answer.value, view.zone),
        clears=("plan-decided", "plan-changed"),
        made_by=plans.made_by(view, getattr(view, "because", "") or "plan of care"),
    )
    now = episodes.instant(view.now)
    task: Resource = {
        "resourceType": "Task",
        "id": task_id(id_),
        "status": "requested",
        "intent": "order",
        "code": codes.concept(codes.PROMISE, CODE),
        "description": " · ".join(dict.fromkeys(named)),
        "focus": {"reference": f"DetectedIssue/{id_}"},
        "for": {"reference": patient},
        "authoredOn": now,
        "lastModified": now,
        "requester": {"reference": codes.HUB},
        "owner": codes.reference_to(team, name),
        "restriction": {"period": {"end": told.due.isoformat()}},
    }
    if before is not None:
        task = {**task, "extension": upkeep.reopened(before, "owed-again", view.now)["extension"]}
    yield trace.put(task, told)


def _kept(view: View, id_: str, issue: Mapping[str, Any]) -> Iterator[Resource]:
    task = reading.maybe(view, f"Task/{task_id(id_)}")
    if codes.is_open(task) and task is not None:
        kept = upkeep.Kept("completed", "kept", view.now, f"DetectedIssue/{issue['id']}")
        yield {**upkeep.closed(task, kept, view.now), "lastModified": episodes.instant(view.now)}


# --- decided -----------------------------------------------------------------------------------------------------------------------------


def deciders(view: View, patient: str) -> list[tuple[str, str, bool]]:
    """With whom it can be decided: (reference, name, whether they may be told): the patient, and those close to them."""
    person = view.get(*patient.split("/", 1))
    relatives = view.find("RelatedPerson", patient=patient, _count=20)
    near = [(f"RelatedPerson/{each['id']}", human_name(each) or "", identity.told(each) == "everything") for each in relatives]
    return [(patient, human_name(person) or "", True), *near]


def reconcile(change: Change, *, patient: str, choices: Mapping[str, Choice], decided_with: Iterable[str], note: str = "") -> Stored:
    """Decide every open contradiction, and make one new plan of all; the older ones are superseded, not deleted.

    `choices` by DetectedIssue id. `decided_with`: the patient, or those close to them who may be told everything. Raises Invalid.
    """
    live = [change.get("CarePlan", str(each["id"])) for each in care_plans.plans_of(change, patient)]
    waiting = [each for each in of_patient(change, patient) if each.decided is None]
    if not live:
        raise refuse("There is no plan to make one of.", "CarePlan")
    for each in waiting:
        choice = choices.get(each.id)
        if choice is None or choice.keep not in CHOICES or (choice.keep == "own" and not choice.words.strip()):
            raise refuse("Decide every contradiction: keep one side, or say it in your own words.", "DetectedIssue.mitigation")
    may = {reference: told for reference, _, told in deciders(change, patient)}
    several = [each for each in decided_with if each]
    if not several:
        raise refuse("Say with whom it was decided.", "CarePlan.contributor")
    if not all(may.get(each) for each in several):
        raise refuse("It is shared only with those of whom it is recorded that they may be told everything.", "CarePlan.contributor")
    dropped, own, said = _outcome(waiting, choices)
    for each in waiting:
        action = {
            "action": {"text": said[each.id]},
            "date": episodes.instant(change.now),
            "author": codes.reference_to(change.who.person, change.who.name),
        }
        found = change.get("DetectedIssue", each.id)
        change.put({**found, "status": "final", "mitigation": [*found.get("mitigation", ()), action]})
    for plan in live:
        change.put(
            {**plan, "status": "revoked", "period": {**plan.get("period", {}), "end": local_day(change.now, change.zone).isoformat()}}
        )
    return change.put(_one(change, patient, live, dropped, own, several, [*said.values(), *([note.strip()] if note.strip() else [])]))


def _outcome(waiting: Iterable[Contradiction], choices: Mapping[str, Choice]) -> tuple[set[tuple[str, str]], list[str], dict[str, str]]:
    """What falls away (plan, words), what is said anew, and each decision in words."""
    dropped: set[tuple[str, str]] = set()
    own: list[str] = []
    said: dict[str, str] = {}
    for each in waiting:
        choice = choices[each.id]
        if choice.keep != "one":
            dropped.add((each.one.plan, each.one.text))
        if choice.keep != "other":
            dropped.add((each.other.plan, each.other.text))
        if choice.keep == "own":
            own.append(choice.words.strip())
        kept = {
            "one": f"{each.one.source}: {each.one.text}",
            "other": f"{each.other.source}: {each.other.text}",
            "own": choice.words.strip(),
        }
        said[each.id] = kept[choice.keep]
    return dropped, own, said


def _one(
    change: Change,
    patient: str,
    live: list[Resource],
    dropped: set[tuple[str, str]],
    own: list[str],
    decided_with: list[str],
    said: list[str],
) -> Resource:
    today = local_day(change.now, change.zone)
    activities: list[Resource] = []
    taken: list[rules.Said] = []
    for plan in live:
        reference = f"CarePlan/{plan['id']}"
        for each in plan.get("activity", ()):
            text = str(each.get("detail", {}).get("description") or each.get("detail", {}).get("code", {}).get("text") or "")
            fresh = rules.Said("", text, code_of(each.get("detail", {}).get("code"), program_packs.DIRECTION))
            if (reference, text) in dropped or (text and any(care_plans.same_thing(fresh, there, today) for there in taken)):
                continue
            taken.append(fresh)
            activities.append(each if extension(each, care_plans.ORIGIN) else _from(each, care_plans.source_of(plan)))
    activities += [care_plans.activity(each, [], origin="decided") for each in own]
    base = care_plans.begun(change, patient)
    author = codes.reference_to(change.who.person, change.who.name)
    notes = [{"authorReference": author, "time": episodes.instant(change.now), "text": each} for each in said]
    made: Resource = {
        **{key: value for key, value in base.items() if key not in ("id", "meta")},
        "status": "active",
        "replaces": [{"reference": f"CarePlan/{each['id']}"} for each in live],
        "contributor": [{"reference": each} for each in decided_with],
        "period": {"start": today.isoformat()},
        **({"activity": activities} if activities else {}),
        **({"note": notes} if notes else {}),
    }
    for element in ("goal", "addresses"):
        references = dict.fromkeys(str(target(each)) for plan in live for each in plan.get(element, ()) if target(each))
        if references:
            made[element] = [{"reference": each} for each in references]
    canonicals = list(dict.fromkeys(each for plan in live for each in plan.get("instantiatesCanonical", ())))
    return {**made, **({"instantiatesCanonical": canonicals} if canonicals else {})}


def _from(activity: Resource, source: str) -> Resource:
    return codes.with_extension(activity, care_plans.ORIGIN, {"url": care_plans.ORIGIN, "valueString": source})


# --- what the door refuses ---------------------------------------------------------------------------------------------------------------


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A contradiction is decided, not ticked off."""
    if codes.promise_code(before) != CODE or not codes.is_open(before) or codes.is_open(after) or after is None:
        return
    issue = reading.maybe(view, target(after.get("focus")))
    if issue is not None and issue.get("status") in OPEN and codes.reason_code(after) != "died":
        yield error("business-rule", "Decide it on the patient's plan of care.", "Task.status")


def interpreter_guard(_before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A child of the family does not interpret."""
    named = str(extension(after, codes.CONTACT_INTERPRETER) or "").strip()
    patient = codes.patient_of(after)
    if not named or patient is None:
        return
    today = local_day(view.now, view.zone)
    for each in view.find("RelatedPerson", patient=patient, _count=50):
        names = {f"RelatedPerson/{each['id']}", (human_name(each) or "").casefold()}
        if named in names or named.casefold() in names:
            born = str(each.get("birthDate", ""))
            if len(born) == 10 and _age(date.fromisoformat(born), today) < rules.limit("interpreter-age", today):
                text = "A child does not interpret: ask for an interpreter."
                yield error("business-rule", text, "Communication.extension(contact-interpreter)")


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


GUARDS = {"Task": [task_guard], "Communication": [interpreter_guard]}
REACTIONS: dict[str, list[Reaction]] = {"CarePlan": [on_plan]}
