"""The invariants of R4 that need more than an element's own children, checked by hand: a short list per type, each with its R4 key.

They are given resources that already have the right shape. The simple invariants come with the shapes and are checked there.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from typing import Any, Final

from baton.fhir import dates
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import codings, has_code

Resource = Mapping[str, Any]
Invariant = Callable[[Resource, str], Iterator[Issue]]

_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFIED: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_ALLERGY_VERIFIED: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def in_order(start: object, end: object) -> bool:
    """Whether a start is not after an end (per-1); dates known only in part get the benefit of the doubt, as does what is no date."""
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    if len(start) == len(end) and (len(start) <= 10 or start[19:] == end[19:]):
        return start <= end
    try:
        return dates.interval(start, UTC)[0] < dates.interval(end, UTC)[1]
    except ValueError:
        return True


def check(resource: Resource, path: str) -> Iterator[Issue]:
    """The broken invariants of a resource of the right shape; `path` is how its root is called."""
    for invariant in _OF_TYPE.get(resource["resourceType"], ()):
        yield from invariant(resource, path)


def _broken(key: str, text: str, path: str) -> Issue:
    return error("invariant", f"{text} ({key})", path)


def _observation(observation: Resource, path: str) -> Iterator[Issue]:
    if "component" in observation and any(name.startswith("value") for name in observation):
        own = set(codings(observation.get("code")))
        if any(own & set(codings(component.get("code"))) for component in observation["component"]):
            yield _broken("obs-7", "The value belongs in the component that has the same code.", path)


def _condition(condition: Resource, path: str) -> Iterator[Issue]:
    status = condition.get("clinicalStatus")
    abated = any(name.startswith("abatement") for name in condition)
    if abated and not has_code(status, _CLINICAL, "resolved", "remission", "inactive"):
        yield _broken("con-4", "A condition that has abated is inactive, resolved or in remission.", f"{path}.clinicalStatus")
    if status and has_code(condition.get("verificationStatus"), _VERIFIED, "entered-in-error"):
        yield _broken("con-5", "A condition entered in error has no clinical status.", f"{path}.clinicalStatus")


def _allergy_intolerance(allergy: Resource, path: str) -> Iterator[Issue]:
    in_error = has_code(allergy.get("verificationStatus"), _ALLERGY_VERIFIED, "entered-in-error")
    if in_error == ("clinicalStatus" in allergy):
        yield _broken("ait-2" if in_error else "ait-1", "An allergy has a clinical status exactly when it was not entered in error.", path)


def _appointment(appointment: Resource, path: str) -> Iterator[Issue]:
    if ("start" in appointment) != ("end" in appointment):
        yield _broken("app-2", "Either start and end are stated, or neither.", path)
    if "cancelationReason" in appointment and appointment.get("status") not in {"cancelled", "noshow"}:
        yield _broken("app-4", "Only a cancelled or missed appointment has a reason for it.", f"{path}.cancelationReason")
    if not in_order(appointment.get("start"), appointment.get("end")):
        yield _broken("per-1", "The appointment ends before it starts.", path)


def _task(task: Resource, path: str) -> Iterator[Issue]:
    if not in_order(task.get("authoredOn"), task.get("lastModified")):
        yield _broken("inv-1", "It was last modified before it was written.", f"{path}.lastModified")


def _group(group: Resource, path: str) -> Iterator[Issue]:
    if "member" in group and group.get("actual") is not True:
        yield _broken("grp-1", "Only a group of actual members can list them.", f"{path}.member")


def _list(listing: Resource, path: str) -> Iterator[Issue]:
    for index, entry in enumerate(listing.get("entry", ())):
        if "deleted" in entry and listing.get("mode") != "changes":
            yield _broken("lst-2", "An entry is marked deleted only in a list of changes.", f"{path}.entry[{index}].deleted")
        if "date" in entry and listing.get("mode") != "working":
            yield _broken("lst-3", "An entry has a date only in a working list.", f"{path}.entry[{index}].date")


def _care_team(care_team: Resource, path: str) -> Iterator[Issue]:
    for index, participant in enumerate(care_team.get("participant", ())):
        member = participant.get("member", {}).get("reference", "Practitioner/")
        if "onBehalfOf" in participant and member.split("/")[0][:1].isupper() and not member.startswith("Practitioner/"):
            yield _broken("ctm-1", "Only a practitioner can be there on behalf of an organization.", f"{path}.participant[{index}]")


def _medication_dispense(dispense: Resource, path: str) -> Iterator[Issue]:
    if not in_order(dispense.get("whenPrepared"), dispense.get("whenHandedOver")):
        yield _broken("mdd-1", "It was handed over before it was prepared.", f"{path}.whenHandedOver")


def _organization(organization: Resource, path: str) -> Iterator[Issue]:
    for element in ("telecom", "address"):
        for index, each in enumerate(organization.get(element, ())):
            if each.get("use") == "home":
                key = "org-3" if element == "telecom" else "org-2"
                yield _broken(key, f"The {element} of an organization is never of use 'home'.", f"{path}.{element}[{index}].use")


def _questionnaire(questionnaire: Resource, path: str) -> Iterator[Issue]:
    seen: set[str] = set()
    pending = list(questionnaire.get("item", ()))
    while pending:
        each = pending.pop()
        pending += each.get("item", ())
        link = each.get("linkId")
        if link in seen:
            yield _broken("que-2", f"The linkId '{link}' is used twice.", path)
        seen.add(link)


_REQUESTING: Final = frozenset({"batch", "transaction", "history"})
_RESPONDING: Final = frozenset({"batch-response", "transaction-response", "history"})


def _bundle(bundle: Resource, path: str) -> Iterator[Issue]:
    kind = bundle.get("type")
    entries = bundle.get("entry", [])
    seen: set[tuple[Any, Any]] = set()
    for index, entry in enumerate(entries):
        yield from _entry(entry, kind, f"{path}.entry[{index}]")
        url = entry.get("fullUrl")
        meta = entry.get("resource", {}).get("meta")
        name = (url, str(meta.get("versionId")) if isinstance(meta, dict) else None)  # the entry's own check has yet to come
        if url is not None and kind != "history" and name in seen:
            yield _broken("bdl-7", f"The fullUrl '{url}' is used twice.", f"{path}.entry[{index}].fullUrl")
        seen.add(name)
    if kind == "document":
        yield from _document(bundle, path)
    if kind in {"document", "message"}:
        first = "Composition" if kind == "document" else "MessageHeader"
        if not entries or entries[0].get("resource", {}).get("resourceType") != first:
            yield _broken("bdl-11" if kind == "document" else "bdl-12", f"The first resource of a {kind} is a {first}.", f"{path}.entry")


def _entry(entry: Resource, kind: Any, path: str) -> Iterator[Issue]:
    if "search" in entry and kind != "searchset":
        yield _broken("bdl-2", "Only the entries of a searchset say how they were found.", f"{path}.search")
    if ("request" in entry) != (kind in _REQUESTING):
        yield _broken("bdl-3", "An entry has a request exactly when the bundle is a batch, a transaction or a history.", f"{path}.request")
    if ("response" in entry) != (kind in _RESPONDING):
        yield _broken("bdl-4", "An entry has a response exactly when the bundle is a response or a history.", f"{path}.response")
    if "/_history/" in entry.get("fullUrl", ""):
        yield _broken("bdl-8", "A fullUrl never names a version.", f"{path}.fullUrl")


def _document(bundle: Resource, path: str) -> Iterator[Issue]:
    identifier = bundle.get("identifier", {})
    if "system" not in identifier or "value" not in identifier:
        yield _broken("bdl-9", "A document has an identifier with a system and a value.", f"{path}.identifier")
    if "timestamp" not in bundle:
        yield _broken("bdl-10", "A document has a timestamp.", f"{path}.timestamp")


_OF_TYPE: Final[dict[str, tuple[Invariant, ...]]] = {
    "AllergyIntolerance": (_allergy_intolerance,),
    "Appointment": (_appointment,),
    "Bundle": (_bundle,),
    "CareTeam": (_care_team,),
    "Condition": (_condition,),
    "Group": (_group,),
    "List": (_list,),
    "MedicationDispense": (_medication_dispense,),
    "Observation": (_observation,),
    "Organization": (_organization,),
    "Questionnaire": (_questionnaire,),
    "Task": (_task,),
}
TYPES: Final = frozenset(_OF_TYPE)
"""The types that have invariants here."""
