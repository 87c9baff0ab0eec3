"""One patient as a coordinator needs them: who they are, how to talk to them, what is open, and what is known.

`page` answers the same way from a view of the present and from one as known on a past instant. How each thing is kept stands in
docs/duties/patients.md.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from baton.duties.codes import is_open
from baton.duties.contact import safe_contact, thread_reading
from baton.duties.names import names_of
from baton.duties.patients import chart_parts, identity, medicines, network
from baton.duties.patients.charts import PatientPage, Preferences
from baton.duties.patients.panel import Panel, PanelRow, panel
from baton.duties.patients.score import score
from baton.duties.patients.score_notes import NOTE_KIND
from baton.duties.privacy import consent_terms
from baton.duties.programs import states as program_states
from baton.duties.today import loops
from baton.duties.transitions import episodes
from baton.fhir.dates import format_instant
from baton.fhir.outcome import Issue
from baton.store import Change, Stored, View
from baton.store.who import Invalid

__all__ = ["Panel", "PanelRow", "contact_preferences", "note", "page", "panel"]

Resource = dict[str, Any]
Chart = Mapping[str, Sequence[Resource]]

TYPES = (
    "AllergyIntolerance", "Appointment", "CareTeam", "Communication", "Condition", "Consent", "Coverage", "DocumentReference", "Encounter",
    "EpisodeOfCare", "Flag", "Goal", "MedicationDispense", "MedicationRequest", "MedicationStatement", "RelatedPerson",
    "ServiceRequest", "Task",
)  # fmt: skip
NOTE_TYPE = {"system": "http://loinc.org", "code": "34109-9", "display": "Note"}
CLINICAL_NOTE = {"system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "code": "clinical-note"}
LONGEST_NOTE = 10_000
LONGEST_WORDS = 300


def page(view: View, *, patient: str, days: int = 30) -> PatientPage:
    """Everything a coordinator reads about this patient (an id), now or at the past instant of the view, which then is the page's now.

    Raises NotFound when there is no such patient, or none this person may see.
    """
    person = view.get("Patient", patient)
    chart = view.compartment(patient, TYPES)
    now = (view.at or view.now).astimezone(view.zone)
    tasks = chart.get("Task", ())
    names = names_of(view, chart_parts.references(chart, person) | loops.owners(filter(is_open, tasks)))
    relatives, asked = chart.get("RelatedPerson", ()), safe_contact.wanted(chart.get("Consent", ()))
    papers, stays = chart.get("DocumentReference", ()), chart.get("Encounter", ())
    return PatientPage(
        identity=identity.identity(person, now.date()),
        now=now,
        as_known_on=now if view.at else None,
        preferences=identity.preferences(person),
        flags=chart_parts.flags(chart.get("Flag", ()), chart.get("EpisodeOfCare", ())),
        score=score(chart, now=now, zone=view.zone, days=days),
        loops=loops.rows(tasks, person, now=now, zone=view.zone, who=view.who, names=names),
        goals=chart_parts.goals(chart.get("Goal", ()), _measurements(view, patient, chart.get("Goal", ()))),
        team=chart_parts.team(person, chart.get("CareTeam", ()), relatives, names),
        problems=chart_parts.problems(chart.get("Condition", ()), view.zone),
        medicines=medicines.medicines(
            chart.get("MedicationRequest", ()), chart.get("MedicationStatement", ()), stay=chart_parts.last_stay(stays, view.zone)
        ),
        allergies=chart_parts.allergies(chart.get("AllergyIntolerance", ()), view.zone),
        documents=chart_parts.documents(papers, view.zone, names),
        contacts=safe_contact.reachable(identity.contacts(person, relatives, now.date()), asked, person),
        notes=chart_parts.notes(papers, view.zone, names),
        coverage=chart_parts.coverage(chart.get("Coverage", ()), view.zone, names),
        encounters=chart_parts.encounters(stays, view.zone),
        safe=safe_contact.local(asked, view.zone),
        consents=tuple(consent_terms.read(each) for each in chart.get("Consent", ())),
        differences=tuple(each for episode in chart.get("EpisodeOfCare", ()) for each in episodes.differences(episode)),
        episode=_episode(chart),
        programs=tuple(program_states.read(each) for each in chart.get("EpisodeOfCare", ()) if program_states.is_enrolment(each)),
        withheld=view.withheld(f"Patient/{patient}"),
        threads=thread_reading.in_chart(view, chart.get("Communication", ()), tasks),
    )


def _measurements(view: View, patient: str, goals: Sequence[Resource]) -> list[Resource]:
    """The latest values of what the goals measure; asks nothing when no goal measures anything."""
    codes = {
        f"{coding.get('system', '')}|{coding['code']}"
        for goal in goals
        for target in goal.get("target", ())
        for coding in target.get("measure", {}).get("coding", ())
        if coding.get("code")
    }
    if not codes:
        return []
    return view.find("Observation", patient=f"Patient/{patient}", code=",".join(sorted(codes)), _sort="-date", _count=40)


def _episode(chart: Chart) -> str | None:
    """The transition that is open, so that its page can be reached."""
    return next((str(episode["id"]) for episode in chart.get("EpisodeOfCare", ()) if episodes.is_active(episode)), None)


def note(change: Change, *, patient: str, text: str) -> Stored:
    """Add a note, signed by who makes the change, at the present moment. Raises Invalid when it is empty or longer than LONGEST_NOTE."""
    text = text.strip()
    if not text:
        raise Invalid([Issue("error", "required", "A note needs words.", "DocumentReference.content")])
    if len(text) > LONGEST_NOTE:
        raise Invalid([Issue("error", "too-long", f"A note has at most {LONGEST_NOTE} characters.", "DocumentReference.content")])
    change.get("Patient", patient)
    return change.put(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "docStatus": "final",
            "type": {"coding": [NOTE_TYPE]},
            "category": [{"coding": [CLINICAL_NOTE]}, {"coding": [{"system": NOTE_KIND, "code": "coordination-note"}]}],
            "subject": {"reference": f"Patient/{patient}"},
            "date": format_instant(change.now),
            "author": [{"reference": change.who.person, "display": change.who.name}],
            "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": base64.b64encode(text.encode()).decode()}}],
        }
    )


def contact_preferences(change: Change, *, patient: str, wanted: Preferences, told: Mapping[str, str | None] | None = None) -> Stored:
    """State how the patient wants to be spoken to, and what each related person (by id) may be told (None: nobody has asked).

    Raises Invalid, naming the element, for a channel or permission that is none, or words too long to be read at a glance.
    """
    told = told or {}
    issues = list(_refusals(wanted, told))
    if issues:
        raise Invalid(issues)
    person = change.get("Patient", patient)
    stored = change.put(identity.with_preferences(person, wanted), unless_same=True)
    for related_person, permission in told.items():
        relative = change.get("RelatedPerson", related_person)
        if relative.get("patient", {}).get("reference") != f"Patient/{patient}":
            raise Invalid([Issue("error", "invalid", "This person is not related to this patient.", "RelatedPerson.patient")])
        ended = permission is None and identity.lapsed(relative, change.now.astimezone(change.zone).date())
        if identity.told(relative) != permission and not ended:  # what ended by itself stays on file as what it was
            change.put(network.permitted(change, relative, network.Permission(permission, "patient-said")))
    return stored


def _refusals(wanted: Preferences, told: Mapping[str, str | None]) -> Iterable[Issue]:
    if wanted.channel and wanted.channel not in identity.CHANNELS:
        yield Issue(
            "error", "code-invalid", f"{wanted.channel!r} is no way to reach anyone here.", "Patient.extension(contact-preferences).channel"
        )
    for name, words in (("best-time", wanted.best_time), ("note", wanted.note)):
        if words and len(words) > LONGEST_WORDS:
            text = f"At most {LONGEST_WORDS} characters; the rest belongs in a note."
            yield Issue("error", "too-long", text, f"Patient.extension(contact-preferences).{name}")
    for permission in told.values():
        if permission is not None and permission not in identity.TOLD:
            yield Issue("error", "code-invalid", f"{permission!r} is nothing that can be told.", "RelatedPerson.extension(may-be-told)")
