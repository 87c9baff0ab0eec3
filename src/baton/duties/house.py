"""What the door is given: every duty's guards and reactions, one line for each duty. Reactions are asked in this order."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from baton.duties import (
    benefit_promises,
    benefits,
    capacity,
    community,
    concerns,
    consents,
    discharge_handoff,
    discharge_promises,
    findings,
    glass,
    goals,
    handover_states,
    handovers,
    inbound_filing,
    interpreting,
    licences,
    mentoring,
    minutes,
    month_close,
    needs,
    oncall,
    pathways,
    plan_issues,
    privacy_tasks,
    program_packs,
    program_promises,
    program_states,
    programs,
    promises,
    readiness_promises,
    reconciliation,
    record_states,
    referral_promises,
    referral_states,
    safety,
    teams,
    thread_promises,
    thread_states,
)

DUTIES: tuple[ModuleType, ...] = (
    teams,
    promises,
    pathways,
    licences,
    oncall,
    consents,
    record_states,
    inbound_filing,
    readiness_promises,
    reconciliation,
    referral_states,
    referral_promises,
    discharge_promises,
    discharge_handoff,
    glass,
    privacy_tasks,
    thread_states,
    thread_promises,
    handover_states,
    handovers,
    mentoring,
    findings,
    safety,
    program_packs,
    program_states,
    program_promises,
    programs,
    minutes,
    month_close,
    needs,
    capacity,
    community,
    benefits,
    benefit_promises,
    concerns,
    goals,
    plan_issues,
    interpreting,
)


def merged(table: str) -> dict[str, list[Any]]:
    """One table by resource type from the tables of this name ("GUARDS", "REACTIONS") that the duties have."""
    tables = [getattr(duty, table, {}) for duty in DUTIES]
    types = {resource_type for each in tables for resource_type in each}
    return {resource_type: [entry for each in tables for entry in each.get(resource_type, ())] for resource_type in sorted(types)}


GUARDS, REACTIONS = merged("GUARDS"), merged("REACTIONS")
