"""How closely somebody in a program is watched: the facts of the chart, and the level they amount to by the rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from baton.duties import reading
from baton.duties.patients import identity
from baton.duties.programs.states import RISK
from baton.fhir.resource import Resource
from baton.rules import panel_risk
from baton.rules.calendar import local_day
from baton.store import View


def facts(view: View, patient: str) -> dict[str, int]:
    """What the risk is worked out from."""
    today, id_ = local_day(view.now, view.zone), patient.partition("/")[2]
    chart = view.compartment(id_, ("Encounter", "MedicationRequest", "Condition", "RelatedPerson"))
    year = (today - timedelta(days=365)).isoformat()
    stays = [each for each in chart.get("Encounter", ()) if each.get("class", {}).get("code") in ("IMP", "ACUTE", "OBSENC")]
    active = [
        each for each in chart.get("Condition", ()) if any(code == "active" for _, code in reading.codings(each.get("clinicalStatus")))
    ]
    needs = [each for each in active if any(code == "sdoh" for _, code in reading.codings(*each.get("category", ())))]
    barriers = [each for each in active if any(code == "health-concern" for _, code in reading.codings(*each.get("category", ())))]
    return {
        "stays": sum(str(each.get("period", {}).get("start", "")) >= year for each in stays),
        "medicines": sum(each.get("status") == "active" for each in chart.get("MedicationRequest", ())),
        "conditions": len(active) - len(needs) - len(barriers),
        "age": identity.identity(view.get("Patient", id_), today).age or 0,
        "needs": len(needs),
        "alone": int(not chart.get("RelatedPerson")),
    }


def part(view: View, patient: str) -> Resource:
    """The risk, with its points and the version of its rule, as an extension."""
    judged = panel_risk.judge(facts(view, patient), local_day(view.now, view.zone))
    parts: list[dict[str, Any]] = [
        {"url": "level", "valueCode": judged.level},
        {"url": "points", "valueInteger": judged.points},
        {"url": "version", "valueString": judged.version},
    ]
    return {"url": RISK, "extension": parts}
