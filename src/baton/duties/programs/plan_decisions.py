"""Deciding contradictions between plans: one new plan of all, and with whom it was decided; the older ones are superseded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baton.duties import codes
from baton.duties.patients import network
from baton.duties.programs import care_plans
from baton.duties.programs import packs as program_packs
from baton.duties.programs.plan_issues import Contradiction, of_patient
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, code_of, extension, human_name, target
from baton.rules import contradictions as rules
from baton.rules.calendar import local_day
from baton.store import View

if TYPE_CHECKING:
    from baton.store import Change, Stored

CHOICES: Final = ("one", "other", "own")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is decided about a contradiction: to keep one side or the other, or in words of one's own."""

    keep: str
    words: str = ""


def deciders(view: View, patient: str) -> list[tuple[str, str, bool]]:
    """With whom it can be decided: (reference, name, whether they may be told): the patient, and those close to them."""
    person = view.get(*patient.split("/", 1))
    relatives = view.find("RelatedPerson", patient=patient, _count=20)
    near = [(f"RelatedPerson/{each['id']}", human_name(each) or "", network.told_now(view, each) == "everything") for each in relatives]
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
