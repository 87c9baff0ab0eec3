"""A promise that follows from something found, by a step of a pathway: explained, owned by the patient's team, due by a rule's clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from baton.duties import codes, plans, reading, trace
from baton.duties.trace import Fact, Trace
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource
from baton.rules.answer import Answer
from baton.rules.calendar import end_of_day

if TYPE_CHECKING:
    from baton.store import View

SUPPORT: Final = "support"


def told(view: View, *, plan: str, step: str, answer: Answer[date], facts: Sequence[Fact], due: datetime | None = None) -> Trace:
    """Why it is owed: the pathway's step, the rule's clock, and the facts. `due` is a moment where the day alone is too coarse."""
    found = plans.current(view, plan)
    mine = next((each for each in found.steps if each.code == step), None)
    clock = Fact("clock", f"{answer.rule}, version {answer.version}")
    return Trace(
        rule=found.canonical,
        title=found.title,
        step=step,
        source=answer.source or (mine.source if mine else found.canonical),
        facts=(*facts, clock),
        arithmetic=answer.steps,
        due=due or end_of_day(answer.value, view.zone),
        clears=mine.clears if mine else ("closed-with-reason",),
        made_by=plans.made_by(view, getattr(view, "because", "")),
    )


def promise(
    view: View,
    explained: Trace,
    *,
    id_: str,
    patient: str,
    focus: str,
    owner: tuple[str, str] | None = None,
    description: str | None = None,
    priority: str | None = None,
) -> Resource:
    """The promise itself, open; owned by the patient's team unless said otherwise."""
    to, name = owner or reading.team_of(view, patient)[:2]
    now = episodes.instant(view.now)
    task: Resource = {
        "resourceType": "Task",
        "id": id_,
        "instantiatesCanonical": explained.rule,
        "status": "requested",
        "intent": "order",
        **({"priority": priority} if priority else {}),
        "code": codes.concept(codes.PROMISE, explained.step),
        **({"description": description} if description else {}),
        "focus": {"reference": focus},
        "for": {"reference": patient},
        "authoredOn": now,
        "lastModified": now,
        "requester": {"reference": codes.HUB},
        "owner": codes.reference_to(to, name),
        "restriction": {"period": {"end": explained.due.isoformat()}},
    }
    return trace.put(task, explained)
