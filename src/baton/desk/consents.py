"""A patient's consents, restrictions, safe contact and requests about the record: what is allowed to whom, add, complete, revoke."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from baton.desk import labels, message_words, posting, privacy_words
from baton.desk.disclosure import whose
from baton.desk.requests import shown
from baton.duties import parties
from baton.duties.contact import interpreting, safe_contact
from baton.duties.contact.safe_contact import SafeContact
from baton.duties.privacy import consents as duty
from baton.duties.privacy import requests as asks
from baton.duties.privacy.consent_terms import KINDS, Kind, Party, Terms
from baton.fhir.resource import Resource, human_name, split
from baton.rules import authorisation, permissions, privacy_clocks
from baton.rules.calendar import local_day
from baton.store import Conflict, Invalid, View
from baton.web.gate import Request, staff, stepped_up

OFFERED: tuple[Kind, ...] = ("authorisation", "part2", "restriction", "self-pay")


@staff
@require_http_methods(["GET", "HEAD"])
def index(request: Request, patient: str) -> HttpResponse:
    """Everything the patient allowed, restricted and asked."""
    return _page(request, patient)


def _page(request: Request, patient: str, status: int = 200, **more: Any) -> HttpResponse:
    with request.hub.store.view(request.who) as view:
        person = whose(view, patient)
        today = local_day(view.now, view.zone)
        every = [each for each in duty.of_patient(view, f"Patient/{patient}") if each.kind in OFFERED]
        context = {
            "patient": patient,
            "name": human_name(person),
            "rows": [_row(each, today) for each in sorted(every, key=lambda each: each.state(today) != "usable")],
            "safe": safe_contact.local(safe_contact.wanted_of(view, f"Patient/{patient}"), view.zone),
            "requests": shown(view, asks.of_patient(view, f"Patient/{patient}")),
            "sources": parties.organizations(view),
            "signers": _signers(view, person),
            "avoid": safe_contact.AVOID,
            "kinds": OFFERED,
            "asks": privacy_clocks.REQUESTS,
            "purposes": permissions.PURPOSES,
            "recipient_kinds": ("tpo", *permissions.RECIPIENTS),
            "classes": list(privacy_words.CLASSES.items()),
            "labels": list(privacy_words.LABELS.items()),
            "statements": [(code, privacy_words.STATEMENTS[code]) for code in authorisation.STATEMENTS],
            "interpreted": interpreting.needed_by(person),
            "interpreters": message_words.INTERPRETERS.items(),
            "today": today.isoformat(),
            "form": QueryDict(),
            **more,
        }
    lists = ("class", "label", "purpose", "statement")
    context["form_lists"] = {name: context["form"].getlist(name) for name in lists}
    return render(request, "consents/index.html", context, status=status)


def _row(terms: Terms, today: date) -> dict[str, Any]:
    state = terms.state(today)
    missing = [labels.refusal(issue.text) for issue in duty.lacking(terms, today)] if state in ("draft", "incomplete") else []
    return {"terms": terms, "state": state, "lacking": missing, "revocable": terms.status == "active"}


def _signers(view: View, person: Resource) -> list[tuple[str, str]]:
    own = (f"Patient/{person['id']}", human_name(person))
    related = view.find("RelatedPerson", patient=own[0])
    return [own, *((f"RelatedPerson/{each['id']}", human_name(each)) for each in related if each.get("active", True))]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31.")) from None


def _party(view: View, form: QueryDict, name: str) -> Party | None:
    """Somebody of the form: on file, by name, or as a class."""
    found = parties.of(view, form.get(name, "")) if split(form.get(name, "")) else None
    if found is not None:
        return Party(found.recipient.name, found.recipient.reference)
    said, kind, members = (form.get(f"{name}_{part}", "").strip() for part in ("name", "kind", "members"))
    return Party(said, None, kind or None, members or None) if said or kind else None


def terms_of(view: View, patient: str, form: QueryDict) -> Terms:
    """What the form says. Raises Invalid for a day that is none."""
    kind: Kind = next((each for each in KINDS if each == form.get("type")), "authorisation")
    recipient, discloser = _party(view, form, "recipient"), _party(view, form, "discloser")
    chosen = tuple(form.getlist("class"))
    described = form.get("description", "").strip() or ", ".join(labels.word(privacy_words.CLASSES, code) for code in chosen)
    signed = form.get("signed_by") or None
    return Terms(
        kind=kind,
        patient=f"Patient/{patient}",
        description=described,
        discloser=discloser,
        recipients=(recipient,) if recipient else (),
        purposes=tuple(form.getlist("purpose")),
        classes=chosen,
        labels=tuple(form.getlist("label")),
        until=_day(form.get("until", "")),
        event=form.get("event", "").strip() or None,
        statements=tuple(form.getlist("statement")),
        signed_by=signed,
        signed_on=_day(form.get("signed_on", "")),
        authority=form.get("authority", "").strip() or None,
        status="draft" if form.get("draft") else "active",
        interpreter=form.get("interpreter_name", "").strip()[:120],
        interpreter_kind=form.get("interpreter") or None,
        id=form.get("id", ""),
    )


@staff
@require_POST
def add(request: Request, patient: str) -> HttpResponse:
    """Keep a consent or a restriction; what it lacks is said beside the form, by name, and what was filled in stays."""
    form = request.POST
    try:
        with request.hub.store.view(request.who) as view:
            terms = terms_of(view, patient, form)
        with request.hub.store.change(request.who, because="What the patient signed") as change:
            if terms.id:
                duty.amend(change, terms=terms)
            else:
                duty.record(change, terms=terms)
    except (Invalid, Conflict) as refusal:
        refused = [labels.refusal(issue.text) for issue in refusal.issues]
        return _page(request, patient, refusal.status, form=form, refused=refused)
    messages.success(request, _("Kept as a draft.") if terms.status == "draft" else _("Kept, and in force."))
    return redirect("consents", patient=patient)


@staff
@require_http_methods(["GET", "HEAD"])
def complete(request: Request, patient: str, consent: str) -> HttpResponse:
    """A draft, to be completed: the form filled with what it says already."""
    with request.hub.store.view(request.who) as view:
        terms = next((each for each in duty.of_patient(view, f"Patient/{patient}") if each.id == consent and each.status == "draft"), None)
    if terms is None:
        return redirect("consents", patient=patient)
    form = QueryDict(mutable=True)
    single = {
        "id": terms.id,
        "type": terms.kind,
        "description": terms.description,
        "until": terms.until.isoformat() if terms.until else "",
        "event": terms.event or "",
        "signed_by": terms.signed_by or "",
        "signed_on": terms.signed_on.isoformat() if terms.signed_on else "",
        "authority": terms.authority or "",
        "interpreter": terms.interpreter_kind or "",
        "interpreter_name": terms.interpreter,
    }
    for name, value in single.items():
        form[name] = value
    for name, party in (("discloser", terms.discloser), ("recipient", next(iter(terms.recipients), None))):
        if party is not None:
            form[name] = party.reference or ""
            form[f"{name}_name"] = "" if party.reference else party.name
            form[f"{name}_kind"], form[f"{name}_members"] = party.kind or "", party.members or ""
    for name, values in (("purpose", terms.purposes), ("class", terms.classes), ("label", terms.labels), ("statement", terms.statements)):
        form.setlist(name, list(values))
    with request.hub.store.view(request.who) as view:
        refused = [labels.refusal(issue.text) for issue in duty.lacking(terms, local_day(view.now, view.zone))]
    return _page(request, patient, form=form, refused=refused)


def back(request: Request, patient: str, consent: str = "") -> HttpResponse:
    """Back to the patient's consents."""
    return redirect("consents", patient=patient)


@posting.form(back, gate=stepped_up)
def revoke(request: Request, patient: str, consent: str) -> str:
    """The patient takes it back, in writing."""
    with request.hub.store.change(request.who, because="The patient revoked a consent") as change:
        on = _day(request.POST.get("on", "")) or local_day(change.now, change.zone)
        duty.revoke(change, consent=consent, on=on, in_writing=bool(request.POST.get("in_writing")))
    return _("Revoked. Nothing leaves under it any more.")


def to_safe(request: Request, patient: str) -> HttpResponse:
    """Back to where safe contact stands."""
    response = redirect("consents", patient=patient)
    response["Location"] += "#safe"
    return response


@posting.form(to_safe)
def safe(request: Request, patient: str) -> str:
    """Where and how the patient may be reached, and where never; or as before."""
    form = request.POST
    with request.hub.store.change(request.who, because="How the patient may be reached") as change:
        if form.get("withdraw"):
            safe_contact.withdraw(change, patient=f"Patient/{patient}")
        else:
            phone, address, email, note = (form.get(name, "").strip() or None for name in ("phone", "address", "email", "note"))
            avoid, only, safety = tuple(form.getlist("avoid")), bool(form.get("only")), bool(form.get("safety"))
            asked = SafeContact(phone, address, email, avoid, only, safety, note)
            safe_contact.state(change, patient=f"Patient/{patient}", asked=asked)
    return _("Saved. It holds in every channel from now on.")


urlpatterns = [
    path("patients/<str:patient>/consents", index, name="consents"),
    path("patients/<str:patient>/consents/add", add, name="consent-add"),
    path("patients/<str:patient>/consents/<str:consent>/complete", complete, name="consent-complete"),
    path("patients/<str:patient>/consents/<str:consent>/revoke", revoke, name="consent-revoke"),
    path("patients/<str:patient>/safe-contact", safe, name="safe-contact"),
]
