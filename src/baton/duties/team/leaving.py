"""Nothing is owned by somebody who is gone: when a role ends, somebody leaves, or a team gives a patient away, what they own passes on in
the same transaction, to whoever covers or was named, else to the patient's team, which needs a new owner for it.

What passed to a team is kept as a `Task` per patient (`handover_states`, kind *left*) until somebody is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading, trace
from baton.duties.reactions import Reaction, is_first, wanting
from baton.duties.team import handover_notices, licences, looking_after, teams
from baton.duties.team import handover_states as states
from baton.duties.team.handover_states import FOR_GOOD, LEFT, SYSTEM
from baton.duties.trace import Fact
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension, target
from baton.rules import performers
from baton.rules.calendar import local_day
from baton.store import Change
from baton.store import workload as store
from baton.store.codes import new_id

if TYPE_CHECKING:
    from baton.store import View

GONE, ROLE_ENDED, TEAM_CHANGED = "left", "role-ended", "team-changed"
"""Why something passed on: nobody of that name works here any more; a role of theirs ended; the patient went to another team."""
FROM, WHY = "passed-from", "passed-why"
"""The facts a promise's trace is given."""
MOST: Final = 5000


def gone(view: View, person: str) -> bool:
    """Whether somebody ("Practitioner/id") worked here and does no more. Whoever never had a role here is not gone, nor who comes back."""
    if not person.startswith("Practitioner/") or store.works(view, person):
        return False
    if (reading.peek(view, person) or {}).get("active", True) is False:
        return True
    held = [each for each in view.find("PractitionerRole", practitioner=person) if teams.staff_role(each)]
    return bool(held) and not any(each.get("active", True) and to_come(view, each) for each in held)


def to_come(view: View, role: Resource) -> bool:
    """Whether a role begins on a later day."""
    start = reading.moment(role.get("period", {}).get("start"), view.zone)
    return start is not None and start > view.now


# --- what passes on ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Leaver:
    """Whose it was, who was named to take over, why, and the team they left (None: all)."""

    person: str
    name: str
    to: str | None
    why: str
    team: str | None = None


def _passed(view: View, leaver: _Leaver, patients: Iterable[str] | None = None) -> Iterator[Resource]:
    """Everything the leaver owns or is named for, in other hands; patient by patient, with the record of what passed."""
    with reading.seeing_all(view):
        owed = _owed(view, leaver.person)
        named = _named(view, leaver.person)
        batch = new_id()
        for patient in sorted(set(patients) if patients is not None else {*owed, *named}):
            care_team = named.get(patient) or _care_team(view, patient)
            if leaver.team is not None and leaver.team not in (reading.members(care_team) or [codes.INTAKE]):
                continue
            if leaver.why != GONE and looking_after.reaches(view, leaver.person, patient) and not _only_by_name(view, leaver, care_team):
                continue
            yield from _of_patient(view, leaver, patient, care_team, owed.get(patient, ()), batch)


def _only_by_name(view: View, leaver: _Leaver, care_team: Resource | None) -> bool:
    """Whether all that still ties them to the patient is their name in the CareTeam of a team they left."""
    if leaver.team is None:
        return False
    held = teams.roles(view, leaver.person)
    return not ({team for _, team in held} & set(reading.members(care_team)) or any(role in looking_after.EVERYWHERE for role, _ in held))


def _owed(view: View, person: str) -> Mapping[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for each in view.find("Task", owner=person, status=codes.OPEN, _count=MOST):
        if codes.is_open(each):
            found.setdefault(str(codes.patient_of(each)), []).append(each)
    return found


def _named(view: View, person: str) -> dict[str, Resource]:
    found = view.find("CareTeam", participant=person, status="active", _count=MOST)
    return {str(codes.patient_of(each)): each for each in found if person in (looking_after.after(each), looking_after.covering(each))}


def _care_team(view: View, patient: str) -> Resource | None:
    return reading.peek(view, reading.team_of(view, patient)[2])


def _of_patient(
    view: View, leaver: _Leaver, patient: str, care_team: Resource | None, owed: Sequence[Resource], batch: str
) -> Iterator[Resource]:
    team, team_name, _ = reading.team_of(view, patient)
    was = looking_after.after(care_team) == leaver.person
    cover = _cover(view, leaver, care_team)
    if care_team is not None and leaver.person in (looking_after.after(care_team), looking_after.covering(care_team)):
        yield _without(view, care_team, leaver.person, cover)
    moved, to_team = [], was and cover is None
    for each in owed:
        task = view.get("Task", each["id"])
        if not codes.is_open(task) or target(task.get("owner")) != leaver.person:
            continue
        taker = cover if cover and _can_keep(view, task, cover) else None
        yield passed_on(
            view, task, leaver.name, leaver.person, leaver.why, (taker, reading.name_of(view, taker)) if taker else (team, team_name)
        )
        moved.append({"type": codes.concept(SYSTEM, "promise"), "valueReference": {"reference": f"Task/{task['id']}"}})
        to_team = to_team or taker is None
    running = [
        each for each in view.find("Task", patient=patient, business_status=f"{SYSTEM}|running") if states.giver(each) == leaver.person
    ]
    for each in running:  # who covered keeps them: there is nobody to give them back to
        yield {**(states.moved(view.get("Task", each["id"]), "keep") or each), "lastModified": episodes.instant(view.now)}
    if to_team or (cover and not running):
        record = _record(view, leaver, patient, care_team, (LEFT, team, team_name) if to_team else (FOR_GOOD, str(cover), ""), batch)
        record["input"] += [{"type": codes.concept(SYSTEM, "coordinator"), "valueBoolean": was}, *moved]
        yield handover_notices.told(view, record) if not to_team and isinstance(view, Change) else record


def _cover(view: View, leaver: _Leaver, care_team: Resource | None) -> str | None:
    """Who takes over: whoever covers for them with this patient, else whom it was said to be."""
    covering = looking_after.covering(care_team) if looking_after.after(care_team) == leaver.person else None
    return next((each for each in (covering, leaver.to) if each and each != leaver.person and looking_after.takes(view, each)), None)


def _without(view: View, care_team: Resource, person: str, cover: str | None) -> Resource:
    if looking_after.after(care_team) == person:
        care_team = looking_after.with_coordinator(view, care_team, cover)
        return looking_after.with_cover(view, care_team, None) if cover == looking_after.covering(care_team) else care_team
    return looking_after.with_cover(view, care_team, None)


def _can_keep(view: View, task: Resource, person: str) -> bool:
    code = str(codes.promise_code(task))
    gated = performers.gate(code, local_day(view.now, view.zone)) is not None
    return not gated or licences.kind_of(view, code, person) is not None


def passed_on(view: View, task: Resource, name: str, person: str, why: str, to: tuple[str, str]) -> Resource:
    """A promise in other hands; its trace says whose it was and why it passed on."""
    told = trace.of(task)
    status = "requested" if task["status"] in ("accepted", "in-progress") else task["status"]
    passed = {**task, "status": status, "owner": codes.reference_to(*to), "lastModified": episodes.instant(view.now)}
    return trace.put(passed, told.with_facts(Fact(FROM, name, person), Fact(WHY, why))) if told else passed


def _record(view: View, leaver: _Leaver, patient: str, care_team: Resource | None, to: tuple[str, str, str], batch: str) -> Resource:
    kind, owner, name = to
    task = states.written(
        view, kind=kind, state=states.FIRST[kind][0], batch=batch, patient=patient, care_team=care_team,
        to=codes.reference_to(owner, name or reading.name_of(view, owner)), inputs=[states.came_from(leaver.person, leaver.name)],
    )  # fmt: skip
    return {**task, "reasonCode": codes.concept(SYSTEM, leaver.why)}


def all_of(view: View, person: str) -> list[Resource]:
    """Everything somebody gone owns or is named for, in other hands: what the hub writes when it finds such."""
    return list(_passed(view, _Leaver(person, reading.name_of(view, person), None, GONE)))


# --- what follows from an event --------------------------------------------------------------------------------------------------------


def on_role(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A role ended: what its holder owned in that team passes on; all they own, when it was their last."""
    person = str(target((before or {}).get("practitioner")) or "")
    if before is None or not teams.staff_role(before) or not before.get("active", True) or not person.startswith("Practitioner/"):
        return []
    same = (
        after is not None
        and target(after.get("practitioner")) == person
        and target(after.get("organization")) == target(before.get("organization"))
    )
    if (
        same
        and after is not None
        and after.get("active", True)
        and teams.staff_role(after)
        and (teams.holds(after, view) or to_come(view, after))
    ):
        return []
    with reading.seeing_all(view):
        name, is_gone = reading.name_of(view, person), not teams.works(view, person)
        to = target(extension(after or before, codes.SUCCESSOR))
    if is_gone:
        return list(_passed(view, _Leaver(person, name, to, GONE)))
    return list(_passed(view, _Leaver(person, name, to, ROLE_ENDED, str(target(before.get("organization")) or codes.INTAKE))))


@wanting(lambda after: after is None or after.get("active", True) is False)
def on_practitioner(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Somebody is no more among those who work here: all they own passes on."""
    if before is None or not before.get("active", True):
        return []
    person = f"Practitioner/{before['id']}"
    with reading.seeing_all(view):
        name = reading.name_of(view, person)
    return list(_passed(view, _Leaver(person, name, None, GONE)))


@wanting(lambda after: after is None or not is_first(after))
def on_care_team(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A patient went to another team, or somebody is named no more: what is owed by those who do not see the patient now passes on."""
    patient = codes.patient_of(before)
    if before is None or patient is None or before.get("participant") == (after or {}).get("participant"):
        return []
    lost = set(reading.members(before)) - set(reading.members(after))
    unnamed = set(_people(before)) - set(_people(after))
    if not lost and not unnamed:
        return []
    with reading.seeing_all(view):
        owners = {str(target(each.get("owner"))) for each in view.find("Task", patient=patient, status=codes.OPEN) if codes.is_open(each)}
        people = sorted(each for each in owners if each.startswith("Practitioner/"))
        people = [each for each in people if each in unnamed or {team for _, team in teams.roles(view, each)} & lost]
        leavers = [_Leaver(each, reading.name_of(view, each), None, TEAM_CHANGED) for each in people]
    return [each for leaver in leavers for each in _passed(view, leaver, [patient])]


def _people(care_team: Resource | None) -> list[str]:
    found = (target(each.get("member")) for each in (care_team or {}).get("participant", ()))
    return [each for each in found if each is not None and each.startswith("Practitioner/")]


@wanting(lambda after: after is not None and codes.is_open(after) and str(target(after.get("owner"))).startswith("Practitioner/"))
def on_promise(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A promise was given to somebody who is gone: it is their patient's team's instead."""
    owner = str(target((after or {}).get("owner")))
    if after is None or (codes.is_open(before) and target((before or {}).get("owner")) == owner):
        return []
    with reading.seeing_all(view):
        if not gone(view, owner):
            return []
        team, name, _ = reading.team_of(view, str(codes.patient_of(after)))
        return [passed_on(view, after, reading.name_of(view, owner), owner, GONE, (team, name))]


REACTIONS: dict[str, list[Reaction]] = {
    "PractitionerRole": [on_role],
    "Practitioner": [on_practitioner],
    "CareTeam": [on_care_team],
    "Task": [on_promise],
}
