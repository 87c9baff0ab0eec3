"""What every page says of the open safety cases: how many nobody has, and who has the others, each since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from baton.duties import codes
from baton.duties.doings import events
from baton.duties.support import safety_states as states
from baton.fhir.resource import Resource, target

if TYPE_CHECKING:
    from baton.store import View


@dataclass(frozen=True, slots=True)
class Standing:
    """What every page says of the open cases: how many nobody has, and who has the others, each since when."""

    alone: int
    taken: tuple[tuple[str, datetime], ...]


def standing(view: View) -> Standing | None:
    """Who has the open cases; None when there are none, and then nothing is read."""
    found = view.find("Task", code=f"{codes.PROMISE}|{states.CODE}", status=codes.OPEN)
    if not found:
        return None
    held = [each for each in found if states.state(each) == "with-clinician" and str(target(each.get("owner"))).startswith("Practitioner/")]
    taken = [(str(each["owner"].get("display", "")), _taken(view, each)) for each in held]
    return Standing(len(found) - len(held), tuple(sorted(taken, key=lambda each: each[1])))


def _taken(view: View, task: Resource) -> datetime:
    at = next((each.at for each in reversed(events(task)) if each.code == "hand-over"), view.now)
    return at.astimezone(view.zone)
