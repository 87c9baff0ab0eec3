"""What the door decides about a change before anybody's guards: may it be written by them, and how is it labelled?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from baton.store import access, kinds, panel
from baton.store import labels as security
from baton.store.index import Indexed
from baton.store.sight import sight
from baton.store.who import Forbidden, Resource, Stored
from baton.store.write import Row

if TYPE_CHECKING:
    from baton.store.hold import Holding
    from baton.store.view import View

Labeller = Callable[[Resource, Indexed, "View"], Iterable[tuple[str, str]]]
"""Says which labels a resource must carry, each with the reason; `Indexed.coded` and `.named` hold its codes and references."""
May = Callable[["View", str, Resource | None, Resource | None], str | None]
"""Says why somebody who may write may not write this (a licence that is missing, say), or None: (view, interaction, before, after)."""
NOT_THEIRS = "This concerns a patient who is not on your panel."


# --- who may write -----------------------------------------------------------------------------------------------------------------------


def single(change: Holding, row: Row) -> tuple[tuple[int, ...] | None, int] | None:
    """What the single statement asks for itself about a new resource: see `Sight.writing`. None when it must not be used."""
    return sight(change.who).writing(row.type, row.labels, row.patient)


def check(change: Holding, rows: Sequence[Row]) -> None:
    """Refuse what they may not write. Raises Forbidden."""
    if change.who.role == "system":
        return
    asked = [row for row in rows if not row.free]
    if not asked:
        return
    for row in asked:
        if row.type == "Patient" and row.before is None and row.patient is not None:
            change.now_stands(row.patient, "assigned")
    change.stand({key for row in asked for key in (row.patient, row.was_patient) if key is not None})
    for row in asked:
        row.judged = True
        _check(change, row)
        if change.store.may is not None:
            before = row.before.resource() if row.before is not None and row.existed else None
            if refused := change.store.may(change, "delete" if row.after is None else "write", before, row.after):
                raise Forbidden(refused, expression=row.type)


def _check(change: Holding, row: Row) -> None:
    before = row.before.resource() if row.type in ("PractitionerRole", "Organization") and row.before and row.existed else None
    if (panel.is_privileged(row.after) or panel.is_privileged(before)) and not change.decided("staff", row.type, None, 1).allowed:
        raise Forbidden("Who works here, and in which team, is for supervisors and administrators to say.", expression=row.type)
    interaction, kind = "delete" if row.after is None else "write", ""
    if access.has_kinds(change.who.role, interaction, row.type):
        kind = kinds.of(row.before.resource() if row.before is not None and row.existed else None, row.after)
    cases = {(row.patient, row.labels)} | ({(row.was_patient, row.was_labels)} if row.before is not None else set())
    for patient, labels in cases:
        if not change.decided(interaction, row.type, patient, labels, kind).allowed:
            raise refusal(change, interaction, row.type)


def refusal(change: Holding, interaction: str, type_: str) -> Forbidden:
    """Why it was refused: the patient, or the role; never what is hidden."""
    if access.decide(change.who, interaction, type_, relationships=("assigned",)).allowed:
        return Forbidden(NOT_THEIRS)
    if only := access.has_kinds(change.who.role, interaction, type_):
        return Forbidden(f"Of {type_}, your role may {interaction} only what is {' or '.join(only)}.", expression=type_)
    return Forbidden(f"Your role may not {interaction} {type_}.", expression=type_)


# --- how it is labelled ------------------------------------------------------------------------------------------------------------------


def labelled(change: Holding, after: Resource, indexed: Indexed, current: Stored | None, labels: int) -> list[dict[str, Any]] | None:
    """The security labels a resource is stored with, when they are not those it came with.

    What rules set is set anew at each writing; what a person set stays until somebody who may says otherwise.
    """
    labellers = change.store.labellers
    came: list[dict[str, Any]] = after["meta"].get("security", [])
    ruled = [found for labeller in labellers for found in labeller(after, indexed, change)]
    if not ruled and not came and labels == security.ANY:
        return None
    kept = [coding for coding in came if not (labellers and security.by_rule(coding))]
    have = {(coding.get("system"), coding.get("code")) for coding in kept}
    if labels != security.ANY and current is not None and current.body is not None and not _may_relabel(change, after, indexed, labels):
        for coding in current.resource().get("meta", {}).get("security", []):
            if not security.by_rule(coding) and (coding.get("system"), coding.get("code")) not in have:
                kept.append(coding)
                have.add((coding.get("system"), coding.get("code")))
    reasons: dict[str, str] = {}
    for name, reason in ruled:
        reasons.setdefault(name, reason)
    for name, reason in reasons.items():
        coding = security.coding(name, reason)
        if (coding["system"], coding["code"]) not in have:
            kept.append(coding)
    return kept if kept != came else None


def _may_relabel(change: Holding, after: Resource, indexed: Indexed, labels: int) -> bool:
    if change.sight.everything:
        return True
    return change.decided("relabel", after["resourceType"], indexed.patient, labels).allowed
