"""The portal, as the coordinator opens it: who is let in, inviting and ending; and what was agreed with the patient."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from baton.desk import labels, message_words, people_words, slips
from baton.desk.posting import form
from baton.duties import reading
from baton.duties.contact import guests as duty
from baton.duties.contact import portal_mail
from baton.duties.patients import identity
from baton.duties.support import agreements, caregiver_answers
from baton.fhir.resource import human_name
from baton.packs.assessments import library
from baton.paper import Heading, Notice, Paper, Text, pdf
from baton.rules.calendar import local_day
from baton.store import Conflict, Invalid
from baton.web import guests
from baton.web.gate import Request, staff, stepped_up

TOLD: labels.Words = {
    "email": lazy("The questions are on their page. They are told by e-mail that something waits for them."),
    "sms": lazy("The questions are on their page. They are told by text that something waits for them."),
    "no-access": lazy("The questions wait for them, but they have no way into the portal yet: invite them, or ask them yourself."),
    "no-way": lazy("The questions are on their page. They chose no e-mail or text: tell them yourself."),
    "not-this-way": lazy("The questions are on their page. The patient asked not to be reached at their address: tell them yourself."),
}
"""What is said once somebody who cares was asked, by how they are told."""


@staff
@require_http_methods(["GET", "HEAD"])
def index(request: Request, patient: str) -> HttpResponse:
    """Who may see the record in the portal, and what was agreed."""
    return _page(request, patient)


def _back(_request: Request, patient: str, **_more: str) -> HttpResponse:
    return redirect("patient-portal", patient)


def _page(request: Request, patient: str, status: int = 200, **more: Any) -> HttpResponse:
    reference = f"Patient/{patient}"
    with request.hub.store.view(request.who) as view:
        person = view.get("Patient", patient)
        close = duty.close_to(view, reference)
        emails = {reference: _email(person)} | {each: _email(reading.peek(view, each) or {}) for each, _name in close}
        access, close_by = duty.of_patient(view, reference), caregiver_answers.near(view, patient=reference)
        chosen = str((more.get("form") or request.GET).get("person", "")) or reference
        context = {
            "patient": patient,
            "name": human_name(person),
            "people": [(each, guests.of_person(each.person) is not None) for each in access],
            "near": [(each, labels.word(message_words.NOTICES, each.how)) for each in close_by if not each.child],
            "children": [each.name for each in close_by if each.child],
            "asked_near": [
                {"it": each, "title": asked.said(get_language()).title, "due": due} for each in close_by for asked, due in each.asked
            ],
            "choices": [(reference, human_name(person), emails[reference]), *((each, name, emails[each]) for each, name in close)],
            "levels": people_words.PORTAL_LEVELS.items(),
            "together": agreements.together(view, patient=reference),
            "assessments": [(each.code, each.said(get_language()).title) for each in library().values() if "patient" in each.by],
            "of_caregivers": [(each.code, each.said(get_language()).title) for each in caregiver_answers.of_caregivers()],
            "today": local_day(view.now, view.zone).isoformat(),
            "writes": view.decide("write", "Consent", patient=reference).allowed,
            "chosen": chosen,
            "email": (more.get("form") or {}).get("email") or emails.get(chosen, ""),
            "promises": view.decide("write", "Task", patient=reference).allowed,
            "spanish": (identity.language(person) or "en").startswith("es"),
            **more,
        }
    return render(request, "guests/index.html", context, status=status)


def _email(person: dict[str, Any]) -> str:
    return next((str(point["value"]) for point in identity.points(person, "email")), "")


@stepped_up
@require_POST
@sensitive_variables("code")
def invite(request: Request, patient: str) -> HttpResponse:
    """Let somebody in: the link goes by mail, the code is shown once, to be told by telephone or handed over as a letter."""
    said, reference = request.POST, f"Patient/{patient}"
    person, email = said.get("person") or reference, said.get("email", "").strip()
    try:
        if "@" not in email:
            raise Invalid("Say which e-mail address the link goes to.", expression="Patient.telecom")
        until = _day(said.get("until", ""))
        with request.hub.store.change(request.who, because="Let in to the portal") as change:
            duty.let_in(change, patient=reference, person=person, level=said.get("level", "everything"), until=until)
            link, code = guests.invite(email, person)
            portal_mail.send(change, person=person, to=email, link=link, kind="hello")
            name, slip = reading.name_of(change, person), slips.of(change, "portal-code", patient)
    except (Invalid, Conflict) as refused:
        return _page(request, patient, 422, refused=[labels.refusal(issue.text) for issue in refused.issues], form=said)
    context = {"patient": patient, "name": name, "slip": slip, "code": f"{code[:4]} {code[4:]}", "days": guests.number("invitation")}
    return render(request, "guests/invited.html", context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31.")) from None


@staff
@require_POST
@sensitive_variables("code")
@slips.asks_how
def letter(request: Request, patient: str) -> HttpResponse:
    """The code on paper, to be handed over or put into an envelope: no link, no name of the patient, nothing about health."""
    with request.hub.store.view(request.who) as view:
        spoken = (identity.language(view.get("Patient", patient)) or "en")[:2]
        slips.handed(view, "portal-code", patient, slips.way(request))
    language = spoken if spoken in ("en", "es") else "en"
    with translation.override(language):
        body = pdf(_paper(request.POST.get("code", "")[:9], request.hub.settings.public_url, language))
    request.hub.store.note_event(request.who, "print invitation", detail=slips.way(request) or "", patients=[f"Patient/{patient}"])
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="code.pdf"'
    return answer


def _paper(code: str, address: str, language: str) -> Paper:
    blocks = (
        Text(_("You asked for a page of your own with your care team. Here is the code for it.")),
        Notice(code, _("Your code")),
        Heading(_("How to come in")),
        Text(_("1. Open the mail that we sent you. Press the link in it.\n2. Type this code and the date of birth.\n3. You are in.")),
        Text(_("Keep this paper to yourself. The code works once, and for a week. If you did not ask for it, please call us.")),
        Text(address, small=True),
    )
    return Paper(_("Your code"), blocks, language=language, footer="Baton")


@form(_back)
def end(request: Request, patient: str, consent: str) -> str:
    """Somebody is not let in any more, from this moment."""
    with request.hub.store.change(request.who, because="No longer let in to the portal") as change:
        access = next((each for each in duty.of_patient(change, f"Patient/{patient}") if each.consent == consent), None)
        if access is None:
            raise Invalid("This permission is over already.", expression="Consent.status")
        duty.end(change, consent=consent)
    guests.forget(access.person, apps=request.hub.store.apps)
    return _("%(name)s sees nothing any more, from now on.") % {"name": access.name}


@form(_back)
def agree(request: Request, patient: str) -> str:
    """Agree on something: who does it, what, until when."""
    said = request.POST
    due = _day(said.get("due", ""))
    if due is None:
        raise Invalid("Say until when.", expression="Task.restriction.period.end")
    with request.hub.store.change(request.who, because="Agreed with the patient") as change:
        agreements.agree(change, patient=patient, what=said.get("what", ""), due=due, by="patient" if said.get("by") == "patient" else "us")
    return _("It stands on the patient's page and here.")


@form(_back)
def ask(request: Request, patient: str) -> str:
    """Ask the patient to answer an assessment in the portal; or somebody they let in, about themselves."""
    due, person = _day(request.POST.get("due", "")), request.POST.get("person", "")
    if due is None:
        raise Invalid("Say until when.", expression="Task.restriction.period.end")
    with request.hub.store.change(request.who, because="Questions for the patient or who cares") as change:
        if person:
            how = caregiver_answers.ask(change, patient=patient, person=person, assessment=request.POST.get("assessment", ""), due=due)
            return str(TOLD[how])
        agreements.ask_questions(change, patient=patient, assessment=request.POST.get("assessment", ""), due=due)
    return _("The questions are on the patient's page.")


urlpatterns = [
    path("patients/<str:patient>/portal/ask", ask, name="portal-ask"),
    path("patients/<str:patient>/portal", index, name="patient-portal"),
    path("patients/<str:patient>/portal/invite", invite, name="portal-invite"),
    path("patients/<str:patient>/portal/letter", letter, name="portal-letter"),
    path("patients/<str:patient>/portal/agree", agree, name="portal-agree"),
    path("patients/<str:patient>/portal/<str:consent>/end", end, name="portal-end"),
]
