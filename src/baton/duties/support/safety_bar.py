"""What every page says of the open safety cases: how many nobody has, and who has the others, each since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from baton.duties import codes
from baton.duties.doings import events
from baton.duties.support import safety_states as states
from baton.fhir import query
from baton.fhir.resource import Resource, target

if TYPE_CHECKING:
    from baton.store import View


def how_many_open(view: View) -> int:
    """How many cases are open among the patients this person may see: asked on every page, so nothing is read."""
    said = [("code", f"{codes.PROMISE}|{states.CODE}"), ("status", codes.OPEN), ("_summary", "count")]
    return view.search(query.parse("Task", said)).total or 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What every page says of the open cases: how many nobody has, and who has the others, each since when."""

    alone: int
    taken: tuple[tuple[str, datetime], ...]


def standing(view: View) -> Standing | None:
    """Who has the open cases; None when there are none, which is asked of the index alone."""
    if not how_many_open(view):
        return None
    found = view.find("Task", code=f"{codes.PROMISE}|{states.CODE}", status=codes.OPEN)
    held = [each for each in found if states.state(each) == "with-clinician" and str(target(each.get("owner"))).startswith("Practitioner/")]
    taken = [(str(each["owner"].get("display", "")), _taken(view, each)) for each in held]
    return Standing(len(found) - len(held), tuple(sorted(taken, key=lambda each: each[1])))


def _taken(view: View, task: Resource) -> datetime:
    at = next((each.at for each in reversed(events(task)) if each.code == "hand-over"), view.now)
    return at.astimezone(view.zone)
