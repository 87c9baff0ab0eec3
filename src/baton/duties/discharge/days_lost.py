"""Days in hospital that were lost to what was in the way, over some weeks: of stays under way and of those that ended meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.discharge import blockers, states
from baton.duties.discharge.board import left_of
from baton.fhir.resource import target

if TYPE_CHECKING:
    from baton.store import View

MOST: Final = 5000


def since(view: View, first: datetime) -> tuple[tuple[str, str, float], ...]:
    """What each thing that came in the way since an instant, or is in the way still, cost: ("Patient/id", cause, hours); what cost nothing
    is left out. Of the patients one may see.
    """
    kind = f"{codes.PROMISE}|{states.BLOCKER}"
    lately = view.find("Task", code=kind, authored_on=f"ge{first.date().isoformat()}", _count=MOST)
    still = view.find("Task", code=kind, status=codes.OPEN, _count=MOST)
    tasks = {str(each["id"]): each for each in (*lately, *still)}
    plans = reading.several(view, "CarePlan", (target(each.get("focus")) for each in tasks.values()))
    stays = reading.several(view, "Encounter", (target(each.get("encounter")) for each in plans.values()))
    known = {
        reference: (states.read(plan, view.zone), left_of(stays.get(str(target(plan.get("encounter"))), {}), view))
        for reference, plan in plans.items()
    }
    return tuple(each for each in blockers.lost(tasks.values(), known, view) if each[2])


def by_cause(lost: tuple[tuple[str, str, float], ...]) -> tuple[tuple[str, float], ...]:
    """Hours by cause, the dearest first."""
    totals: dict[str, float] = {}
    for _patient, cause, hours in lost:
        totals[cause] = totals.get(cause, 0.0) + hours
    return tuple(sorted(((cause, round(hours, 1)) for cause, hours in totals.items()), key=lambda each: (-each[1], each[0])))
