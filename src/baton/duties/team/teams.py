"""Teams: whose patient is whose, who works beside whom; a patient is never without a team, a promise never out of its team's sight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.reactions import Reaction, is_first, wanting
from baton.duties.transitions import episodes, transitions, upkeep
from baton.fhir import dates
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, human_name, target
from baton.store import View

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 500


PLANS: Final = f"{codes.P}/StructureDefinition/plans-discharges"
"""Of a team's Organization: whether stays of its patients begin with a plan. Unless it says no, they do; a team that meets its patients
at home says no, and begins a plan by hand where it wants one."""


def plans_discharges(view: View, patient: str) -> bool:
    """Whether a stay of this patient ("Patient/id") begins with a plan for going home, as their team wants it."""
    team, _, _ = reading.team_of(view, patient)
    return extension(reading.peek(view, team), PLANS) is not False


def names(view: View) -> tuple[tuple[str, str], ...]:
    """The teams this person may choose from, as (reference, name) by name: their own, or all for those who see everyone."""
    found = reading.once(view, ("teams",), lambda: view.find("Organization", type=f"{codes.ORGANIZATION_TYPE}|team", _count=MOST))
    teams = [(f"Organization/{each['id']}", str(each.get("name", each["id"]))) for each in found if each.get("active", True)]
    mine = teams if view.who.sees_everyone else [team for team in teams if team[0] in view.who.teams]
    return tuple(sorted(mine, key=lambda team: team[1].casefold()))


def colleagues(view: View) -> tuple[tuple[str, str], ...]:
    """Whom a promise can be handed to, as (reference, name): oneself, the teams, then the people of those teams by name."""
    teams = names(view)
    if not teams:
        return ((view.who.person, view.who.name),)
    ids = [each.partition("/")[2] for each in people_of(view, [reference for reference, _ in teams])]
    people = view.find("Practitioner", _id=",".join(ids), _count=MOST) if ids else []
    known = {f"Practitioner/{each['id']}": human_name(each) for each in people}
    known.pop(view.who.person, None)
    me = ((view.who.person, view.who.name),) if view.who.person.startswith("Practitioner/") else ()
    return (*me, *teams, *sorted(known.items(), key=lambda person: person[1].casefold()))


def people_of(view: View, organizations: Sequence[str]) -> list[str]:
    """The people who work in these teams, as "Practitioner/id"."""
    return list(reading.once(view, ("people of", *sorted(organizations)), lambda: _people_of(view, sorted(organizations))))


def _people_of(view: View, organizations: list[str]) -> list[str]:
    roles = view.find("PractitionerRole", organization=",".join(organizations), active="true", _count=MOST) if organizations else []
    return sorted({str(target(role.get("practitioner"))) for role in roles if staff_role(role) and role.get("practitioner")})


def staff_role(role: Resource) -> str | None:
    """The role in this hub a PractitionerRole gives, or None."""
    return next((found for each in role.get("code", ()) if (found := code_of(each, codes.STAFF_ROLE))), None)


def works(view: View, person: str) -> bool:
    """Whether somebody ("Practitioner/id") works here at this moment."""
    return bool(roles(view, person))


def roles(view: View, person: str) -> list[tuple[str, str]]:
    """The roles of somebody that hold at this moment, each with its team; none when they do not work here (any more)."""
    if not person.startswith("Practitioner/") or not (reading.peek(view, person) or {}).get("active", True):
        return []
    held = view.find("PractitionerRole", practitioner=person, active="true")
    return [(role, str(target(each.get("organization")) or "")) for each in held if (role := staff_role(each)) and holds(each, view)]


def holds(role: Resource, view: View) -> bool:
    """Whether the days of a PractitionerRole say that it holds at this moment."""
    start, end = (role.get("period", {}).get(name) for name in ("start", "end"))
    since, until = (dates.interval(text, view.zone) if text else None for text in (start, end))
    return (since is None or since[0] <= view.now) and (until is None or view.now < until[1])


THEIRS = ("administrator", "supervisor")
"""Roles that only an administrator gives and ends."""


def staff_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Only those who run the house say who works here; nobody gives themselves a role, and there is always an administrator."""
    roles = {role for each in (before, after) if each is not None and (role := staff_role(each))}
    if not roles or view.who.role == "system" or before == after:
        return
    own = view.who.person in {target(each.get("practitioner")) for each in (before, after) if each is not None}
    if view.who.role not in THEIRS or (view.who.role == "supervisor" and (own or roles & set(THEIRS))):
        text = "Only an administrator says who works here; a supervisor does for others who are neither."
        yield error("forbidden", text, "PractitionerRole.code")
    elif _counts(before) and not _counts(after) and not _other_administrators(view, str((before or {}).get("id"))):
        yield error("business-rule", "There is always an administrator: make somebody else one first.", "PractitionerRole.active")


def _counts(role: Resource | None) -> bool:
    return (
        role is not None and bool(role.get("active", True)) and staff_role(role) == "administrator" and "end" not in role.get("period", {})
    )


def _other_administrators(view: View, role: str) -> bool:
    found = view.find("PractitionerRole", role=f"{codes.STAFF_ROLE}|administrator", active="true")
    return any(str(each["id"]) != role and _counts(each) for each in found)


@wanting(lambda after: after is not None and is_first(after))
def on_new_patient(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """Whoever registers a patient keeps them: the patient is given to the first team of the one who did."""
    if before is not None or after is None or not view.who.teams or view.who.sees_everyone or view.who.teams[0] == codes.INTAKE:
        return []
    patient = f"Patient/{after['id']}"
    return [
        {
            "resourceType": "CareTeam",
            "id": codes.derived_id("first-team", patient),
            "status": "active",
            "subject": {"reference": patient},
            "participant": [{"member": {"reference": view.who.teams[0]}}],
        }
    ]


@wanting(lambda after: after is None or not is_first(after) or bool(reading.members(after)))
def on_care_team(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A patient went to another team: what is owed to them by a team that no longer has them goes along."""
    if reading.members(before) == reading.members(after):
        return []
    with reading.seeing_all(view):
        patients = dict.fromkeys(found for each in (before, after) if (found := codes.patient_of(each)))
        return [task for patient in patients for task in moved(view, patient)]


def moved(view: View, patient: str) -> list[Resource]:
    """The patient's open promises whose team does not have the patient any more, in the hands of the team that has."""
    owed = view.find("Task", patient=patient, status=codes.OPEN)
    teams = [each for each in owed if codes.is_open(each) and str(target(each.get("owner"))).startswith("Organization/")]
    if not teams:
        return []
    having = reading.teams_of(view, patient)
    to, name, care_team = reading.team_of(view, patient)
    tasks = []
    for each in teams:
        task = view.get("Task", each["id"])
        if codes.is_open(task) and target(task.get("owner")) not in having:
            tasks.append({**task, "owner": codes.reference_to(to, name), "lastModified": episodes.instant(view.now)})
    return [*tasks, *managed(view, patient, having, to, name, care_team)]


def managed(view: View, patient: str, having: Sequence[str], to: str, name: str, care_team: str | None) -> list[Resource]:
    """The patient's running episodes, managed by the team that has the patient now."""
    outputs = []
    for episode in transitions.running(view, patient):
        if target(episode.get("managingOrganization")) not in having:
            after = {**upkeep.without(episode, "team"), "managingOrganization": codes.reference_to(to, name)}
            outputs.append(after | ({"team": [{"reference": care_team}]} if care_team else {}))
    return outputs


REACTIONS: dict[str, list[Reaction]] = {"Patient": [on_new_patient], "CareTeam": [on_care_team]}
GUARDS = {"PractitionerRole": [staff_guard]}
