"""What a coordinator does with a promise: log a call, close it, let it wait, hand it on; each form posts and comes back to the list."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from baton.desk import explain, labels
from baton.desk.caseload import OUTCOMES, narrowed
from baton.duties import communication, promises, transitions
from baton.web.gate import staff


def done_here(request: HttpRequest, said: str, *, task: str | None, undo: str = "") -> HttpResponse:
    """Back to the list as it was narrowed, at the given row, saying what happened."""
    messages.success(request, said, extra_tags=f"undo:{undo}" if undo else "")
    return back(request, task)


def back(request: HttpRequest, task: str | None) -> HttpResponse:
    """Back to the list as it was narrowed."""
    own = narrowed(QueryDict(request.POST.get("own", "")))
    parameters = {**own, **({"task": task} if task else {})}
    if request.POST.get("rows", "").isdigit():
        parameters["rows"] = request.POST["rows"]
    return redirect(f"{reverse('today')}?{urlencode(parameters)}" if parameters else reverse("today"))


def because(request: HttpRequest, reason: str) -> Any:
    """The change a form makes, with its reason."""
    return request.hub.store.change(request.who, because=reason)


def refuse(request: HttpRequest, said: str, task: str) -> HttpResponse:
    """A form that lacks something: say what, stay at the row."""
    messages.error(request, said)
    return back(request, task)


@require_POST
@staff
def attempt(request: HttpRequest, task: str) -> HttpResponse:
    """One attempt to reach somebody, with its outcome; then the next row."""
    outcome = request.POST.get("outcome", "")
    if outcome not in OUTCOMES:
        return refuse(request, _("Choose how the call went."), task)
    with because(request, f"Attempt to reach the patient: {outcome}") as change:
        communication.attempt(
            change,
            task=task,
            outcome=outcome,
            language=request.POST.get("language") or None,
            to=request.POST.get("to") or None,
            interpreter=request.POST.get("interpreter") or None,
            note=call_note(request.POST) or None,
        )
    return done_here(
        request, _("Recorded: %(outcome)s.") % {"outcome": labels.word(labels.OUTCOMES, outcome)}, task=request.POST.get("next") or None
    )


def call_note(form: QueryDict) -> str:
    """The note of a call, with what was gone through."""
    gone = [labels.word(explain.CHECKLIST, code) for code in form.getlist("checked")]
    through = _("Gone through: %(what)s.") % {"what": "; ".join(gone)} if gone else ""
    return " ".join(part for part in (form.get("note", "").strip(), through) if part)


@require_POST
@staff
def done(request: HttpRequest, task: str) -> HttpResponse:
    """The promise is kept."""
    with because(request, "Promise kept") as change:
        promises.done(change, task=task, note=request.POST.get("note", "").strip() or None)
    return done_here(request, _("Done, and closed."), task=request.POST.get("next") or None)


@require_POST
@staff
def snooze(request: HttpRequest, task: str) -> HttpResponse:
    """Out of sight until a day, with a reason; it comes back by itself."""
    reason = request.POST.get("reason", "").strip()
    try:
        until = date.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        return refuse(request, _("Say until which day."), task)
    if not reason:
        return refuse(request, _("Say why it can wait."), task)
    with because(request, "Promise snoozed") as change:
        promises.snooze(change, task=task, until=until, reason=reason)
    said = _("Snoozed until %(day)s.") % {"day": labels.day(until)}
    return done_here(request, said, task=request.POST.get("next") or None, undo=reverse("wake", args=[task]))


@require_POST
@staff
def reassign(request: HttpRequest, task: str) -> HttpResponse:
    """Into somebody else's hands."""
    to = request.POST.get("to", "")
    if not to:
        return refuse(request, _("Choose who takes it over."), task)
    with because(request, "Promise handed over") as change:
        promises.reassign(change, task=task, to=to, reason=request.POST.get("reason", "").strip() or None)
    return done_here(request, _("Handed over."), task=request.POST.get("next") or None)


@require_POST
@staff
def wait(request: HttpRequest, task: str) -> HttpResponse:
    """It is somebody else's turn."""
    on = request.POST.get("on", "").strip()
    if not on:
        return refuse(request, _("Say on whom it waits."), task)
    with because(request, "Promise waits on someone else") as change:
        promises.wait(change, task=task, on=on)
    said = _("Waiting on %(whom)s.") % {"whom": on}
    return done_here(request, said, task=request.POST.get("next") or None, undo=reverse("wake", args=[task]))


@require_POST
@staff
def wake(request: HttpRequest, task: str) -> HttpResponse:
    """Back on the list: no longer snoozed, no longer waiting."""
    with because(request, "Promise taken up again") as change:
        promises.wake(change, task=task)
    return done_here(request, _("Back on the list."), task=task)


@require_POST
@staff
def acknowledge(request: HttpRequest, task: str) -> HttpResponse:
    """A corrected date has been seen."""
    with because(request, "Difference seen and acknowledged") as change:
        transitions.acknowledge_difference(change, task=task)
    return done_here(request, _("Noted: you have seen the new date."), task=task)


@require_POST
@staff
def complexity(request: HttpRequest, task: str) -> HttpResponse:
    """How complex the decisions after the stay are; it sets the window of the visit."""
    chosen = request.POST.get("complexity", "")
    with because(request, f"Complexity decided: {chosen}") as change:
        transitions.set_complexity(change, task=task, complexity=chosen)
    return done_here(request, _("Complexity decided; the dates were worked out anew."), task=task)


urlpatterns = [
    path(f"today/<str:task>/{view.__name__}", view, name=view.__name__)
    for view in (attempt, done, snooze, reassign, wait, wake, acknowledge, complexity)
]
