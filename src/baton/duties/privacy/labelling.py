"""How a resource is labelled at the door: the rules of rules/sensitivity.py, asked about its codes, who made it, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from baton.duties import reading
from baton.duties.codes import NOTICE_OF_APPOINTMENT, P, promise_code
from baton.duties.contact import thread_states
from baton.duties.privacy import code_lists
from baton.duties.support import caregiver_marks
from baton.fhir.resource import Resource, code_of, split, target
from baton.rules import sensitivity
from baton.rules.calendar import local_day
from baton.rules.sensitivity import OwnList
from baton.store import Refused, Who, access
from baton.store.codes import key64
from baton.store.staff import Known

if TYPE_CHECKING:
    from baton.store import Store, View
    from baton.store.index import Indexed

PROGRAM = f"{P}/CodeSystem/recipient-kind|part2-program"
"""The type of an Organization that is a substance use disorder program of 42 CFR Part 2."""
UNINDEXED = ("reasonCode", "diagnosis", "procedure", "item", "conclusionCode", "manifestation")
"""Elements whose codes no search parameter finds, in Claims and orders for example."""
ABOUT_NOBODY = ("knowledge", "directory")
"""Groups of types that tell nothing about any patient: a form that asks about violence is no secret, its answers are."""
_HUB = Who("Device/baton", "Baton", "system", (), "cli")


def codings_in(part: Any) -> Iterator[tuple[str | None, str]]:
    """(system, code) of every Coding anywhere in a part of a resource."""
    if isinstance(part, list):
        for each in part:
            yield from codings_in(each)
    elif isinstance(part, dict):
        if isinstance(part.get("code"), str) and isinstance(part.get("system"), str):
            yield part["system"], part["code"]
        for value in part.values():
            if isinstance(value, dict | list):
                yield from codings_in(value)


OWN_TASKS = {f"{P}/CodeSystem/handover", f"{P}/CodeSystem/intake"}
OWN_PROMISES = {"co-signature", "look-again-request"}
OWN_TALK = {"mentor-comment", "huddle"}


def is_the_houses_own(resource: Resource) -> bool:
    """Whether a resource says how staff share and learn their work: who took over, what a team declined, what a mentor or a huddle said,
    who was told of a changed visit."""
    if resource["resourceType"] == "Task":
        return promise_code(resource) in OWN_PROMISES or any(code_of(resource.get("code"), system) for system in OWN_TASKS)
    if resource["resourceType"] != "Communication":
        return False
    kinds = resource.get("category", ())
    return any(code_of(each, f"{P}/CodeSystem/contact-kind") in OWN_TALK or code_of(each, NOTICE_OF_APPOINTMENT) for each in kinds)


class Labelling:
    """The labeller of the house. It remembers for a few seconds which organisations are Part 2 programs, and the house's code lists."""

    def __init__(self, seconds: float = 5) -> None:
        """How long they are remembered."""
        self._programs: Known[frozenset[str]] = Known(seconds)
        self._lists: Known[tuple[OwnList, ...]] = Known(seconds)

    def __call__(self, resource: Resource, indexed: Indexed, view: View) -> Iterator[tuple[str, str]]:
        """The labels a resource must carry, each with the reason."""
        if access.group_of(resource["resourceType"]) in ABOUT_NOBODY:
            return iter(())
        day = local_day(view.now, view.zone)
        codings = [(system, code) for _, system, code in indexed.coded]
        for element in UNINDEXED:
            if element in resource:
                codings += codings_in(resource[element])
        found = sensitivity.by_code(codings, day, self.lists(view.store))
        if unfiled := _unfiled(resource):
            return iter([*((each.label, each.why) for each in found), ("INTAKE", unfiled)])  # its program labels content, then the whole
        programs = self.programs(view.store)
        program = next((target for _, target in indexed.named if target in programs), None) if programs else None
        if program is not None:
            found += sensitivity.by_program(program, day)
        if found and indexed.patient is not None and sensitivity.ages_matter((each.label for each in found), day):
            served = local_day(indexed.date_lo, view.zone) if indexed.date_lo else day
            found += sensitivity.by_age([each.label for each in found], _born(indexed, view), served, day)
        among_staff = [("STAFF", "written among staff")] if thread_states.is_staffs(resource) or is_the_houses_own(resource) else []
        carer = [("CARER", "a caregiver said it of themselves")] if caregiver_marks.is_kept_from_the_patient(resource) else []
        return iter([*((each.label, each.why) for each in found), *among_staff, *carer])

    def programs(self, store: Store) -> frozenset[str]:
        """The organisations that are Part 2 programs."""

        def ask() -> frozenset[str]:
            with store.view(_HUB) as view:
                return frozenset(f"Organization/{each['id']}" for each in view.find("Organization", type=PROGRAM, _count=1000))

        return self._programs.get(id(store), ask)

    def lists(self, store: Store) -> tuple[OwnList, ...]:
        """The house's own lists of codes."""

        def ask() -> tuple[OwnList, ...]:
            with store.view(_HUB) as view:
                return code_lists.in_use(view)

        return self._lists.get(id(store), ask)


def _unfiled(resource: Resource) -> str | None:
    """Why something is restricted to those who find out whose it is; None for what has its patient."""
    if resource["resourceType"] == "DocumentReference" and not resource.get("subject"):
        return "no patient yet: rule restricted-intake of sensitivity"
    if resource["resourceType"] == "Binary" and str(target(resource.get("securityContext")) or "").startswith("DocumentReference/"):
        return "of a document without a patient: rule restricted-intake of sensitivity"
    return None


def _born(indexed: Indexed, view: View) -> date | None:
    reference = next((target for _, target in indexed.named if target.startswith("Patient/") and key64(target) == indexed.patient), None)
    parts = split(reference) if reference else None
    if parts is None:
        return None
    try:
        with reading.seeing_all(view):
            born = str(view.get(*parts).get("birthDate", ""))
        return date.fromisoformat(born) if len(born) == 10 else None
    except Refused:
        return None
