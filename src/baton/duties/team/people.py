"""The people who work here, as those who answer for them see them: roles and teams with their dates, licences, skills. Reading only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from baton.duties import codes, reading
from baton.duties.names import names_of
from baton.duties.reading import codings
from baton.duties.team import licences
from baton.duties.team.licences import Held
from baton.duties.team.teams import staff_role
from baton.fhir.resource import Resource, extension, human_name, target
from baton.rules.calendar import local_day
from baton.store.who import STAFF, NotFound

if TYPE_CHECKING:
    from baton.store import View

PEOPLE_ROLES = tuple(role for role in STAFF if role != "system")
MOST = 10_000
"""More roles than a house ever gave."""
ASKED = ",".join(f"{codes.STAFF_ROLE}|{role}" for role in PEOPLE_ROLES)


@dataclass(frozen=True, slots=True)
class Role:
    """One role of somebody: what they are, in which team, at which sites, from when to when."""

    id: str
    role: str
    team: str  # "Organization/id"
    team_name: str
    sites: tuple[str, ...]
    start: date | None
    end: date | None
    standing: str  # in-force | expiring | expired | to-come
    stands: str = "assigned"  # to the patients of the team: assigned | covering | mentoring


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here, or did."""

    id: str
    name: str
    email: str | None
    active: bool
    roles: tuple[Role, ...]
    licences: tuple[Held, ...]
    skills: tuple[Held, ...]
    languages: tuple[str, ...] = ()  # the first subtag of each they speak
    share: int = 100  # percent of full time they work with patients
    mentor: str | None = None  # "Practitioner/id" of whoever guides them

    @property
    def reference(self) -> str:
        """ "Practitioner/id"."""
        return f"Practitioner/{self.id}"

    @property
    def current(self) -> tuple[Role, ...]:
        """The roles that count today."""
        return tuple(role for role in self.roles if role.standing in ("in-force", "expiring")) if self.active else ()

    @property
    def role(self) -> str | None:
        """The role they act in: the most entitled of today's."""
        return min((role.role for role in self.current), key=PEOPLE_ROLES.index, default=None)

    @property
    def expiring(self) -> bool:
        """Whether a licence of theirs has ended or soon will."""
        return any(licence.standing in ("expiring", "expired") for licence in self.licences)


@dataclass(frozen=True, slots=True)
class Team:
    """A team and who is in it today."""

    id: str
    name: str
    active: bool
    people: tuple[Person, ...]

    @property
    def reference(self) -> str:
        """ "Organization/id"."""
        return f"Organization/{self.id}"


def roster(
    view: View, *, team: str | None = None, role: str | None = None, expiring: bool = False, gone: bool = False
) -> tuple[Person, ...]:
    """Everybody who works here, by name: of a team, in a role, with licences that end; `gone`: those who did."""
    everybody = reading.once(view, ("everybody",), lambda: _people(view, view.find("PractitionerRole", role=ASKED, _count=MOST)))
    return tuple(
        person
        for person in everybody
        if (person.role is None) is gone
        and (team is None or any(each.team == team for each in person.current))
        and (role is None or any(each.role == role for each in person.current))
        and (not expiring or person.expiring)
    )


def person(view: View, id_: str) -> Person:
    """One of them, with every role they ever had, the present ones first. Raises NotFound for somebody who never worked here."""
    reference = f"Practitioner/{id_}"
    found = _people(view, view.find("PractitionerRole", role=ASKED, practitioner=reference))
    if not found:
        raise NotFound(f"{reference} has never worked here.")
    return found[0]


def teams(view: View) -> tuple[Team, ...]:
    """All teams by name, those that are no more last, each with its people of today."""
    found = view.find("Organization", type=f"{codes.ORGANIZATION_TYPE}|team")
    people = roster(view)
    listed = [
        Team(
            str(each["id"]),
            str(each.get("name", each["id"])),
            bool(each.get("active", True)),
            tuple(one for one in people if any(role.team == f"Organization/{each['id']}" for role in one.current)),
        )
        for each in found
    ]
    return tuple(sorted(listed, key=lambda each: (not each.active, each.name.casefold())))


def _people(view: View, roles: Iterable[Resource]) -> tuple[Person, ...]:
    by_person: dict[str, list[Resource]] = {}
    for role in roles:
        if (who := target(role.get("practitioner"))) and staff_role(role):
            by_person.setdefault(who, []).append(role)
    ids = [who.partition("/")[2] for who in by_person]
    practitioners = view.find("Practitioner", _id=",".join(ids), _count=len(ids)) if ids else []
    team_names = names_of(view, {str(target(each.get("organization"))) for several in by_person.values() for each in several})
    found = [_person(view, each, by_person[f"Practitioner/{each['id']}"], team_names) for each in practitioners]
    return tuple(sorted(found, key=lambda each: (_family_first(each.name), each.id)))


def _family_first(name: str) -> str:
    given, _, family = name.rpartition(" ")
    return f"{family} {given}".casefold()


def _person(view: View, practitioner: Resource, roles: Iterable[Resource], team_names: Mapping[str, str]) -> Person:
    today = local_day(view.now, view.zone)
    held = [_role(view, role, team_names, today) for role in roles]
    rank = {"in-force": 0, "expiring": 0, "to-come": 1, "expired": 2}
    email = next((each.get("value") for each in practitioner.get("telecom", ()) if each.get("system") == "email"), None)
    return Person(
        str(practitioner["id"]),
        human_name(practitioner) or str(practitioner["id"]),
        email,
        bool(practitioner.get("active", True)),
        tuple(sorted(held, key=lambda each: (rank[each.standing], PEOPLE_ROLES.index(each.role), each.team_name))),
        licences.held(view, practitioner, licences.LICENCE),
        licences.held(view, practitioner, licences.SKILL),
        tuple(dict.fromkeys(code.split("-")[0] for each in practitioner.get("communication", ()) for _, code in codings(each))),
        int(extension(practitioner, codes.CAPACITY) or 100) if extension(practitioner, codes.CAPACITY) != 0 else 0,
        target(extension(practitioner, codes.MENTOR)),
    )


def _role(view: View, role: Resource, team_names: Mapping[str, str], today: date) -> Role:
    start, end = licences.days(role.get("period", {}), view)
    team = str(target(role.get("organization")) or "")
    standing = licences.standing(start, end, today) if role.get("active", True) else "expired"
    stands = "mentoring" if staff_role(role) == "student" else str(extension(role, codes.RELATIONSHIP) or "assigned")
    sites = tuple(str(each.get("display") or target(each)) for each in role.get("location", ()))
    return Role(str(role["id"]), str(staff_role(role)), team, team_names.get(team, team), sites, start, end, standing, stands)
