"""What an app asks for, in plain words: scopes as sentences that a person can say yes or no to, one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from baton.fhir.scope import Scope, Scopes

TYPES: dict[str, str | Promise] = {
    "*": lazy("everything in the record"),
    "AllergyIntolerance": lazy("allergies"),
    "Appointment": lazy("appointments"),
    "CarePlan": lazy("care plans"),
    "CareTeam": lazy("care teams"),
    "Communication": lazy("calls, messages and notes"),
    "Condition": lazy("problems and diagnoses"),
    "Consent": lazy("consents"),
    "Coverage": lazy("insurance"),
    "Device": lazy("devices"),
    "DiagnosticReport": lazy("reports of examinations"),
    "DocumentReference": lazy("documents"),
    "Encounter": lazy("visits and stays"),
    "EpisodeOfCare": lazy("episodes of care"),
    "Goal": lazy("goals"),
    "Immunization": lazy("vaccinations"),
    "Location": lazy("places"),
    "Medication": lazy("names of medicines"),
    "MedicationRequest": lazy("prescriptions"),
    "MedicationStatement": lazy("medicines taken"),
    "Observation": lazy("test results and measurements"),
    "Organization": lazy("organisations and teams"),
    "Patient": lazy("name, birth date, address and other personal details"),
    "Practitioner": lazy("names of staff"),
    "Procedure": lazy("operations and procedures"),
    "QuestionnaireResponse": lazy("answers to questionnaires"),
    "RelatedPerson": lazy("family and caregivers"),
    "ServiceRequest": lazy("orders and referrals"),
    "Task": lazy("promises and tasks"),
}
DOING: dict[str, str | Promise] = {
    "c": pgettext_lazy("what an app may do", "Add"),
    "u": pgettext_lazy("what an app may do", "Change"),
    "d": pgettext_lazy("what an app may do", "Delete"),
    "cu": pgettext_lazy("what an app may do", "Add and change"),
    "cd": pgettext_lazy("what an app may do", "Add and delete"),
    "ud": pgettext_lazy("what an app may do", "Change and delete"),
    "cud": pgettext_lazy("what an app may do", "Add, change and delete"),
}
KINDS: dict[str, str | Promise] = {
    "public": lazy("In a browser or on a phone, without a secret"),
    "confidential": lazy("On a server, with a secret or keys"),
    "backend": lazy("By itself, without a person"),
}
CATEGORIES: dict[str, str | Promise] = {
    "laboratory": lazy("laboratory"),
    "vital-signs": lazy("vital signs"),
    "social-history": lazy("social history"),
    "survey": lazy("questionnaires"),
    "imaging": lazy("imaging"),
    "problem-list-item": lazy("problem list"),
    "encounter-diagnosis": lazy("diagnoses of visits"),
    "health-concern": lazy("health concerns"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing asked for: its scope, which comes back when it is ticked, and its words."""

    scope: str
    text: str
    writes: bool = False


def lines(scopes: Scopes, level: str) -> list[Line]:
    """What is asked at a level, reading and writing apart, so that one can be granted without the other."""
    return [line for scope in scopes.resources if scope.level == level for line in _lines(scope)]


def _lines(scope: Scope) -> Iterable[Line]:
    what = str(TYPES.get(scope.type, scope.type)) + _narrowed(scope)
    sees, writes = ("".join(verb for verb in scope.verbs if verb in some) for some in ("rs", "cud"))
    if sees:
        yield Line(str(replace(scope, verbs=sees)), _("See: %(what)s") % {"what": what})
    if writes:
        text = _("%(doing)s: %(what)s") % {"doing": DOING[writes], "what": what}
        yield Line(str(replace(scope, verbs=writes)), text, writes=True)


def _narrowed(scope: Scope) -> str:
    """What narrows it, by the last part of each code."""
    codes = [code for _name, value in parse_qsl(scope.narrowed) for code in value.split(",")]
    if not codes:
        return ""
    named = ", ".join(str(CATEGORIES.get(bare, bare)) for bare in (code.rpartition("|")[2] for code in codes))
    return " " + _("(only: %(codes)s)") % {"codes": named}


def summary(scope: str, scopes: Scopes) -> str:
    """All of a grant in one line, for lists."""
    said = [line.text for line in lines(scopes, "patient")]
    said += [_("%(what)s, of every patient") % {"what": line.text} for level in ("user", "system") for line in lines(scopes, level)]
    return " · ".join(dict.fromkeys(said)) or scope
