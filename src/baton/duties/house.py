"""What the door is given: every duty's guards and reactions, one line for each duty. Reactions are asked in this order."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from baton.duties import pathways, promises
from baton.duties.community import benefit_promises, benefits, capacity, community, home_copies, needs
from baton.duties.contact import attachments, guests, interpreting, thread_promises, thread_states
from baton.duties.discharge import handoff as discharge_handoff
from baton.duties.discharge import promises as discharge_promises
from baton.duties.privacy import code_lists, consents, glass
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.programs import asking as program_asking
from baton.duties.programs import family_meetings, minutes, month_close, pack_checks, plan_issues, programs
from baton.duties.programs import promises as program_promises
from baton.duties.programs import states as program_states
from baton.duties.programs import watches as program_watches
from baton.duties.records import inbound_filing, readiness_promises, reconciliation
from baton.duties.records import states as record_states
from baton.duties.referrals import promises as referral_promises
from baton.duties.referrals import states as referral_states
from baton.duties.scheduling import following as scheduling_following
from baton.duties.scheduling import states as scheduling_states
from baton.duties.scheduling import told as scheduling_told
from baton.duties.support import caregiver_answers, concerns, findings, goals, safety
from baton.duties.team import handover_states, handovers, leaving, licences, mentoring, oncall, teams

DUTIES: tuple[ModuleType, ...] = (
    teams,
    promises,
    pathways,
    licences,
    oncall,
    consents,
    code_lists,
    record_states,
    inbound_filing,
    readiness_promises,
    reconciliation,
    referral_states,
    referral_promises,
    scheduling_states,
    scheduling_following,
    scheduling_told,
    discharge_promises,
    discharge_handoff,
    glass,
    privacy_tasks,
    thread_states,
    thread_promises,
    attachments,
    guests,
    handover_states,
    handovers,
    leaving,
    mentoring,
    findings,
    caregiver_answers,
    safety,
    pack_checks,
    program_states,
    program_promises,
    program_asking,
    program_watches,
    programs,
    minutes,
    month_close,
    needs,
    capacity,
    community,
    home_copies,
    benefits,
    benefit_promises,
    concerns,
    goals,
    plan_issues,
    family_meetings,
    interpreting,
)


def merged(table: str) -> dict[str, list[Any]]:
    """One table by resource type from the tables of this name ("GUARDS", "REACTIONS") that the duties have."""
    tables = [getattr(duty, table, {}) for duty in DUTIES]
    types = {resource_type for each in tables for resource_type in each}
    return {resource_type: [entry for each in tables for entry in each.get(resource_type, ())] for resource_type in sorted(types)}


GUARDS, REACTIONS = merged("GUARDS"), merged("REACTIONS")
