"""The call workspace: who to call and how, before the call; how it ended, after it. For any patient, about any promise or none."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from baton.desk import labels
from baton.desk import message_words as words
from baton.desk.threads import languages, said, why
from baton.duties import promises
from baton.duties.contact import calls, communication, interpreting, safe_contact
from baton.duties.contact.interpreting import Interpreter
from baton.fhir.resource import extension
from baton.store import Invalid
from baton.web.gate import Request, staff

FIELDS = (
    "task", "to", "other", "language", "interpreter", "interpreter_name", "interpreter_person", "interpreter_born", "minutes", "note",
    "scheduling",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
@staff
def call(request: Request, patient: str) -> HttpResponse:
    """The workspace; a call that is written down leads back to it, or to Today where it came from there."""
    if request.method == "GET":
        return page(request, patient, {"task": request.GET.get("task", ""), "to": request.GET.get("to", "")})
    given = {name: said(request, name) for name in FIELDS}
    outcome = said(request, "outcome")
    try:
        stored = _written(request, patient, outcome, given)
    except Invalid as refused:
        return page(request, patient, given, why(refused))
    notices.success(request, _("Recorded: %(outcome)s.") % {"outcome": labels.word(labels.OUTCOMES, outcome)})
    if extension(stored, safe_contact.AGAINST):
        notices.error(request, _("They asked that no message is left: tell your supervisor how to make it good."))
    return redirect(reverse("call", args=[patient]) + "#earlier")


def _written(request: Request, patient: str, outcome: str, given: dict[str, str]) -> dict[str, Any]:
    with request.hub.store.change(request.who, because=f"A call: {outcome}") as change:
        return communication.call(
            change,
            patient=f"Patient/{patient}",
            outcome=outcome,
            owed=promises.held(change, given["task"]) if given["task"] else None,
            to=given["other"] or given["to"] or None,
            language=given["language"] or None,
            interpreter=_interpreter(given),
            minutes=_minutes(given["minutes"]),
            note=given["note"] or None,
            topic=communication.TOPICS[1] if given["scheduling"] else communication.TOPICS[0],
        ).resource()


def _interpreter(given: dict[str, str]) -> Interpreter | None:
    if not given["interpreter"]:
        return None
    try:
        born = date.fromisoformat(given["interpreter_born"]) if given["interpreter_born"] else None
    except ValueError:
        raise Invalid(_("Write the day as 2026-07-31.")) from None
    companion = given["interpreter"] == "companion"
    person = given["interpreter_person"] if companion else None
    return Interpreter(
        given["interpreter"], given["interpreter_name"], given["language"] or None, person or None, born if companion else None
    )


def _minutes(text: str) -> int | None:
    if text and not text.isdigit():
        raise Invalid(_("Say how many minutes it took, or leave it empty."))
    return int(text) if text else None


def page(request: Request, patient: str, given: dict[str, str], wrong: str = "") -> HttpResponse:
    """The workspace; with what was filled in and why it was refused, when it was."""
    with request.hub.store.view(request.who) as view:
        found = calls.workspace(view, patient=patient, task=given.get("task"))
    context = {
        "work": found,
        "patient": patient,
        "who_is": found.identity,
        "voicemail": labels.word(words.VOICEMAIL, found.voicemail.because),
        "outcomes": [(str(number), code) for number, code in enumerate(labels.OUTCOMES, 1)],
        "languages": languages(found.identity.language),
        "interpreters": [(code, labels.word(words.INTERPRETERS, code)) for code in interpreting.KINDS],
        "given": given,
        "wrong": wrong,
    }
    return render(request, "calls/page.html", context, status=422 if wrong else 200)


urlpatterns = [path("patients/<str:patient>/call", call, name="call")]
