"""The rooms of the desk: in which order they stand in the rail, in which group, and who may use each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from baton.desk.closures import SAYS
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.team import mentoring, operations
from baton.smart.registration import REGISTERS
from baton.store import access

if TYPE_CHECKING:
    from baton.store import Who

TEAM = ("administrator", "supervisor", "senior", "coordinator", "social-worker")
"""Those who share patients."""
STANDING = tuple(each for each in access.RELATIONSHIPS if each not in ("unowned", "glass"))
PROGRAMS = ("programs", "enrolments", "care_plans", "minutes", "boards", "family_meetings")
Use = Callable[["Who"], bool]


def _sees(type_: str, *relationships: str) -> Use:
    """Whoever the policy lets see this type, in some relationship to a patient unless told in which."""
    return lambda who: access.decide(who, "see", type_, relationships=relationships or STANDING).allowed


def _one_of(*roles: str) -> Use:
    return lambda who: who.role in roles


@dataclass(frozen=True, slots=True)
class Room:
    """One room: the name of its address, what it is called, the modules whose pages it holds, who may use it."""

    route: str
    words: Any
    modules: tuple[str, ...]
    used_by: Use


GROUPS: tuple[tuple[Room, ...], ...] = (
    (
        Room("today", _("Today"), ("caseload", "recent"), _sees("Task")),
        Room("patients", _("Patients"), ("patients", "find"), _sees("Patient")),
        Room("needs", _("Schedule"), ("scheduling", "appointments", "calendars"), _sees("Appointment")),
        Room("threads", _("Messages"), ("threads", "calls", "network"), _sees("Communication")),
        Room("referrals", _("Referrals"), ("referrals",), _sees("ServiceRequest")),
        Room("home-visits", _("Home visits"), ("home_visits",), _one_of(*TEAM, "clinician")),
        Room("community", _("Community"), ("community", "community_help"), _sees("ServiceRequest")),
        Room("discharge", _("Going home"), ("discharge", "discharge_acts", "discharge_call", "discharge_takeover"), _sees("CarePlan")),
        Room("records", _("Records"), ("records", "inbound", "readiness", "reconciliation"), _sees("DocumentReference")),
        Room("requests", _("Requests"), ("requests",), _sees("DocumentReference")),
        Room("support", _("Support"), ("support", "asking", "safety"), _sees("QuestionnaireResponse")),
    ),
    (
        Room("programs", _("Programs"), PROGRAMS, _sees("CarePlan")),
        Room("library", _("Library"), ("education",), _sees("ActivityDefinition", "unowned")),
    ),
    (
        Room(
            "team",
            _("Team"),
            ("team", "team_behind", "team_handover", "team_oncall", "team_intake", "team_left", "huddles"),
            _one_of(*TEAM),
        ),
        Room("mentoring", _("Mentoring"), ("mentoring",), _one_of(*mentoring.MENTORS)),
        Room("operations", _("Operations"), ("operations",), _one_of(*operations.ROLES)),
        Room("people", _("People"), ("people", "people_work"), _sees("Practitioner", "unowned")),
        Room("closures", _("Working days"), ("closures",), _one_of(*SAYS)),
        Room("privacy", _("Privacy desk"), ("privacy", "privacy_papers"), _one_of(*privacy_tasks.ROLES)),
        Room("client-apps", _("Apps"), ("client_apps",), _one_of(*REGISTERS)),
    ),
)
"""What is done for patients; what it is done with; how the house is run."""


@dataclass(frozen=True, slots=True)
class Rail:
    """The rooms of one person, group by group, and the one they are in."""

    groups: tuple[tuple[Room, ...], ...]
    here: Room | None

    @property
    def home(self) -> Room:
        """Where their day begins: Today; for those without patients the privacy desk."""
        rooms = {room.route: room for group in self.groups for room in group}
        return rooms.get("today") or rooms.get("privacy") or GROUPS[0][0]


def rail(who: Who | None, module: str = "") -> Rail:
    """The rooms somebody may use (none for nobody), and the one of them that holds this module's pages."""
    groups = tuple(tuple(room for room in group if room.used_by(who)) for group in GROUPS) if who else ()
    here = next((room for group in groups for room in group if module in room.modules), None)
    return Rail(tuple(group for group in groups if group), here)
