"""How what a plan for going home holds is written: nested extensions, remarks, activities. Pure; `discharge_states` reads them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from baton.duties import codes
from baton.duties.discharge.states import BY_ROLE, SYSTEM, THE_CHART, item_code
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource
from baton.rules import discharge_plan as rules

if TYPE_CHECKING:
    from baton.store import Who


def nested(url: str, **parts: Any) -> Resource:
    """A nested extension; what is None is left out. The type of a value follows from what it is."""
    return {"url": url, "extension": [{"url": name, **_value(name, value)} for name, value in parts.items() if value is not None]}


def _value(name: str, value: Any) -> Resource:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    if isinstance(value, Mapping):
        return {"valueReference": value}
    if name in ("at", "until"):
        return {"valueDateTime": value}
    return {"valueString" if name in ("why", "name", "lacking") else "valueCode": value}


def remark(who: Who, when: datetime, text: str) -> Resource:
    """What somebody said, as an Annotation; a device is named, since FHIR lets it not sign."""
    person = (
        {"authorReference": codes.reference_to(who.person, who.name)}
        if who.person.startswith("Practitioner/")
        else {"authorString": who.name}
    )
    return {**person, "time": episodes.instant(when), "text": text}


def proof(when: datetime, text: str) -> Resource:
    """What the record itself shows, as an Annotation."""
    return {"authorString": THE_CHART, "time": episodes.instant(when), "text": text}


def added(plan: Resource, one: Resource) -> Resource:
    """The plan with one more extension, after those it has."""
    return {**plan, "extension": [*plan.get("extension", ()), one]}


def with_activity(plan: Resource, code: str, activity: Resource) -> Resource:
    """The plan with this activity in place of the one of the same item."""
    return {**plan, "activity": [activity if item_code(each) == code else each for each in plan.get("activity", ())]}


def activity_of(plan: Mapping[str, Any], code: str) -> Resource | None:
    """The activity of an item."""
    return next((each for each in plan.get("activity", ()) if item_code(each) == code), None)


def fresh_activities(due: Mapping[str, str] | None = None) -> Iterable[Resource]:
    """Every item, open, owned by the role that usually does it."""
    for item in rules.items():
        detail: Resource = {
            "code": codes.concept(SYSTEM, item.code),
            "status": "not-started",
            "performer": [{"type": BY_ROLE, "display": item.owner}],
        }
        yield {"detail": detail}
