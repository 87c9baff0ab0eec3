"""The rooms of the desk: in which order they stand in the rail, in which group, what their lists are made of, and who is offered them.

A list is offered to whoever the policy lets see all it is made of, so that nobody is led to one that can only be empty for them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk import labels
from baton.desk.closures import SAYS
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.records import readiness
from baton.duties.team import mentoring, operations
from baton.smart.registration import REGISTERS
from baton.store import Who, access
from baton.web import errors
from baton.web.gate import ROLES, staff

if TYPE_CHECKING:
    from django.urls import URLPattern

TEAM = ("administrator", "supervisor", "senior", "coordinator", "social-worker")
"""Those who share patients."""
CARE = (*TEAM, "clinician", "pharmacist", "student")
"""Those who care for patients, and those who learn to."""
PROGRAMS = ("programs", "enrolments", "care_plans", "minutes", "boards", "family_meetings")
THEIRS = ("none", "assigned", "treating", "covering")
"""How somebody stands to a patient as long as they neither learn nor broke the glass."""
WORDS: labels.Words = {
    "person": lazy("who a patient is"),
    "work": lazy("what is done for patients"),
    "requests": lazy("what is asked of others for a patient"),
    "documents": lazy("papers and consents"),
    "medicines": lazy("medicines"),
    "plans": lazy("plans and goals"),
    "findings": lazy("diagnoses and results"),
    "money": lazy("what is charged"),
    "knowledge": lazy("what the house knows"),
    "directory": lazy("who works here"),
    "unowned": lazy("what belongs to no patient"),
    "none": lazy("patients whom no team has"),
    "INTAKE": lazy("papers of which it is not known whose they are"),
}
"""What a list is made of, in words: by the group of its type in the policy, or by what is special about it."""


@dataclass(frozen=True, slots=True)
class Made:
    """One type that a list is made of; `stands`: how one stands to whose it is (empty: as to one's own patients); and its label."""

    type: str
    stands: str = ""
    label: str = ""

    def seen_by(self, who: Who) -> bool:
        """Whether the policy lets them see it."""
        theirs = (*THEIRS, "mentoring") if who.mentoring else THEIRS
        stands = (self.stands,) if self.stands else theirs
        return access.decide(who, "see", self.type, relationships=stands, labels=(self.label,) if self.label else ()).allowed

    @property
    def words(self) -> str:
        """What it is."""
        group = access.group_of(self.type) or ""
        special = self.label or (self.stands if group not in ("directory", "knowledge") else "")
        return labels.word(WORDS, special or group)


def of(*types: str) -> tuple[Made, ...]:
    """What belongs to one's patients."""
    return tuple(Made(each) for each in types)


def house(*types: str) -> tuple[Made, ...]:
    """What belongs to no patient."""
    return tuple(Made(each, "unowned") for each in types)


@dataclass(frozen=True, slots=True)
class Part:
    """A list of a room: the name of its address, what it is called, all that it is made of, and whom it is for if not for everybody."""

    route: str
    words: Any
    made_of: tuple[Made, ...]
    roles: tuple[str, ...] = ()

    def unseen(self, who: Who) -> list[Made]:
        """What of it the policy does not let them see."""
        return [each for each in self.made_of if not each.seen_by(who)]

    def offered(self, who: Who) -> bool:
        """Whether they are led to it."""
        return (not self.roles or who.role in self.roles) and not self.unseen(who)


@dataclass(frozen=True, slots=True)
class Room:
    """One room: what it is called, the modules whose pages it holds, and its lists."""

    words: Any
    modules: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def route(self) -> str:
        """The name of its address: that of its first list."""
        return self.parts[0].route


def _one(route: str, words: Any, modules: tuple[str, ...], made_of: tuple[Made, ...], roles: Iterable[str] = ()) -> Room:
    return Room(words, modules, (Part(route, words, made_of, tuple(roles)),))


GROUPS: tuple[tuple[Room, ...], ...] = (
    (
        _one("today", lazy("Today"), ("caseload", "recent"), of("Task", "Patient")),
        _one("patients", lazy("Patients"), ("patients", "find"), of("Patient", "CareTeam", "Task")),
        Room(
            lazy("Schedule"),
            ("scheduling", "appointments", "calendars"),
            (
                Part("needs", lazy("Needs"), of("ServiceRequest", "Appointment")),
                Part("week", lazy("Week"), of("Appointment")),
                Part("calendars", lazy("Calendars"), house("Schedule")),
            ),
        ),
        _one("threads", lazy("Messages"), ("threads", "calls", "network"), of("Communication")),
        _one("referrals", lazy("Referrals"), ("referrals",), of("ServiceRequest", "Task")),
        _one("home-visits", lazy("Home visits"), ("home_visits",), of("Appointment", "ServiceRequest"), (*TEAM, "clinician")),
        Room(
            lazy("Community"),
            ("community", "community_help"),
            (
                Part("community", lazy("Find help"), of("ServiceRequest") + house("HealthcareService")),
                Part("community-needs", lazy("Needs of my patients"), of("Condition", "Observation", "ServiceRequest")),
                Part("community-applications", lazy("Applications"), of("Task", "ServiceRequest")),
            ),
        ),
        _one(
            "discharge",
            lazy("Going home"),
            ("discharge", "discharge_acts", "discharge_call", "discharge_takeover"),
            of("CarePlan", "Encounter", "Task"),
        ),
        Room(
            lazy("Records"),
            ("records", "inbound", "readiness", "reconciliation"),
            (
                Part("records", lazy("Asked of others"), of("CommunicationRequest", "DocumentReference")),
                Part("arrived", lazy("Arrived"), (Made("DocumentReference", "unowned", "INTAKE"),)),
                Part("visits", lazy("Ready for the visit"), of("Appointment", *readiness.CHART)),
                Part("reconciliations", lazy("Medicines"), of("Task", "List", "Encounter", "MedicationRequest", "MedicationStatement")),
            ),
        ),
        _one("requests", lazy("Requests"), ("requests",), of("Task", "DocumentReference")),
        _one("support", lazy("Support"), ("support", "asking", "safety"), of("Task", "Patient"), CARE),
    ),
    (
        Room(
            lazy("Programs"),
            PROGRAMS,
            (
                Part("programs", lazy("Programs"), of("EpisodeOfCare", "CarePlan", "Goal", "Condition", "Observation")),
                Part("month", lazy("Month close"), of("EpisodeOfCare", "CarePlan", "Consent", "Condition", "Encounter", "ChargeItem")),
            ),
        ),
        _one("library", lazy("Library"), ("education",), house("ActivityDefinition", "Questionnaire")),
    ),
    (
        Room(
            lazy("Team"),
            ("team", "team_behind", "team_handover", "team_oncall", "team_intake", "team_left", "huddles"),
            (
                Part("team", lazy("Loads"), of("Task", "CareTeam"), TEAM),
                Part("team_intake", lazy("Intake"), (Made("Patient", "none"),), TEAM),
                Part("team_oncall", lazy("On call"), of("Communication") + house("Slot"), TEAM),
                Part("huddles", lazy("Huddles"), of("Encounter", "Communication", "Task"), TEAM),
                Part("mentoring", lazy("Mentoring"), of("Task", "Communication"), TEAM),
            ),
        ),
        _one("mentoring", lazy("Mentoring"), ("mentoring",), of("Task", "Communication"), mentoring.MENTORS),
        _one("operations", lazy("Operations"), ("operations",), of("Task", "Encounter", "CarePlan"), operations.ROLES),
        Room(
            lazy("People"),
            ("people", "people_work"),
            (
                Part("people", lazy("People"), house("Practitioner", "PractitionerRole")),
                Part("teams", lazy("Teams"), house("Organization")),
            ),
        ),
        _one("closures", lazy("Working days"), ("closures",), house("Organization"), SAYS),
        Room(
            lazy("Privacy desk"),
            ("privacy", "privacy_papers"),
            tuple(
                Part(route, words, (), tuple(privacy_tasks.ROLES))
                for route, words in (
                    ("privacy", lazy("What waits")),
                    ("privacy-record", lazy("The record")),
                    ("privacy-codes", lazy("What is sensitive")),
                )
            ),
        ),
        _one("client-apps", lazy("Apps"), ("client_apps",), (), REGISTERS),
    ),
)
"""What is done for patients; what it is done with; how the house is run."""
PARTS = {part.route: part for group in GROUPS for room in group for part in room.parts}


@dataclass(frozen=True, slots=True)
class Rail:
    """The rooms of one person, group by group, each with the lists that are offered to them, and the room they are in."""

    groups: tuple[tuple[Room, ...], ...]
    here: Room | None

    @property
    def home(self) -> Room:
        """Where their day begins: Today; for those without patients the privacy desk."""
        rooms = {room.route: room for group in self.groups for room in group}
        return rooms.get("today") or rooms.get("privacy") or GROUPS[0][0]

    def of_part(self, route: str) -> Room | None:
        """The room in which a list is offered to them."""
        return next((room for group in self.groups for room in group if any(part.route == route for part in room.parts)), None)


def rail(who: Who | None, module: str = "") -> Rail:
    """The rooms somebody may use (none for nobody), and the one of them that holds this module's pages."""
    groups = _offered(who.role, who.purpose, bool(who.mentoring)) if who else ()
    return Rail(groups, next((room for group in groups for room in group if module in room.modules), None))


@functools.lru_cache(maxsize=256)
def _offered(role: str, purpose: str, learns: bool) -> tuple[tuple[Room, ...], ...]:
    who = Who("", "", role, (), "desk", purpose, mentoring=("",) if learns else ())
    groups = [
        [Room(room.words, room.modules, tuple(part for part in room.parts if part.offered(who))) for room in group] for group in GROUPS
    ]
    return tuple(several for group in groups if (several := tuple(room for room in group if room.parts)))


# --- an address that was typed in ----------------------------------------------------------------------------------------------------


def only_what_is_seen(patterns: list[URLPattern]) -> None:
    """Let the addresses of lists answer whoever does not see all that is in them with what that is, and whom they are for."""
    for each in patterns:
        if (part := PARTS.get(each.name or "")) is not None:
            each.callback = _guarded(part, each.callback)


def _guarded(part: Part, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = getattr(request, "who", None)
        unseen = part.unseen(who) if who is not None and who.role in ROLES else []
        return staff(_refused(part, unseen))(request) if unseen else view(request, *args, **kwargs)

    return guarded


def _refused(part: Part, unseen: list[Made]) -> Callable[..., HttpResponse]:
    return lambda request: errors.page(request, 403, _("This is not open to you"), _refusal(part, request.who, unseen))


def _refusal(part: Part, who: Who, unseen: list[Made]) -> str:
    """What it holds that they do not see, and whom it is for."""
    able = [role for role in labels.ROLES if role in ROLES and part.offered(Who("", "", role, (), "desk"))]
    says = _(
        "“%(list)s” holds what your role, %(role)s, does not see: %(what)s. "
        "It is for: %(who)s. If you need it for your work, ask your supervisor."
    )
    return says % {
        "list": part.words,
        "role": labels.word(labels.ROLES, who.role),
        "what": ", ".join(dict.fromkeys(each.words for each in unseen)),
        "who": ", ".join(labels.word(labels.ROLES, role) for role in able),
    }
