"""What a coordinator does with a promise: log a call, close it, let it wait, hand it on; each form posts and comes back to the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from baton.desk import explain, labels, posting
from baton.desk.caseload import narrowed
from baton.duties import promises
from baton.duties.contact import communication, safe_contact
from baton.duties.transitions import transitions
from baton.fhir.resource import extension
from baton.web.gate import Request

View = Callable[[Request, str], HttpResponse]


def done_here(request: Request, said: str, *, task: str | None, undo: str = "") -> HttpResponse:
    """Back to the list as it was narrowed, at the given row, saying what happened."""
    messages.success(request, said, extra_tags=f"undo:{undo}" if undo else "")
    return back(request, task)


def back(request: Request, task: str | None) -> HttpResponse:
    """Back to the list as it was narrowed."""
    own = narrowed(QueryDict(request.POST.get("own", "")))
    parameters = {**own, **({"task": task} if task else {})}
    if request.POST.get("rows", "").isdigit():
        parameters["rows"] = request.POST["rows"]
    return redirect(f"{reverse('today')}?{urlencode(parameters)}" if parameters else reverse("today"))


def because(request: Request, reason: str) -> Any:
    """The change a form makes, with its reason."""
    return request.hub.store.change(request.who, because=reason)


posted = posting.form(back)


def given(request: Request, name: str) -> str:
    """A field of the form, trimmed."""
    return request.POST.get(name, "").strip()


def forward(request: Request) -> str | None:
    """The row to go on with."""
    return request.POST.get("next") or None


@posted
def attempt(request: Request, task: str) -> HttpResponse:
    """One attempt to reach somebody, with its outcome; then the next row."""
    outcome = given(request, "outcome")
    with because(request, f"Attempt to reach the patient: {outcome}") as change:
        stored = communication.attempt(
            change,
            task=task,
            outcome=outcome,
            language=given(request, "language") or None,
            to=given(request, "to") or None,
            interpreter=given(request, "interpreter") or None,
            note=call_note(request.POST) or None,
            topic=communication.TOPICS[1] if given(request, "scheduling") else communication.TOPICS[0],
        )
    said = _("Recorded: %(outcome)s.") % {"outcome": labels.word(labels.OUTCOMES, outcome)}
    if extension(stored.resource(), safe_contact.AGAINST):
        messages.error(request, _("They asked that no message is left: tell your supervisor how to make it good."))
    return done_here(request, said, task=forward(request))


def call_note(form: QueryDict) -> str:
    """The note of a call, with what was gone through."""
    gone = [labels.word(explain.CHECKLIST, code) for code in form.getlist("checked")]
    through = _("Gone through: %(what)s.") % {"what": "; ".join(gone)} if gone else ""
    return " ".join(part for part in (form.get("note", "").strip(), through) if part)


@posted
def done(request: Request, task: str) -> HttpResponse:
    """The promise is kept."""
    with because(request, "Promise kept") as change:
        promises.done(change, task=task, note=given(request, "note") or None)
    return done_here(request, _("Done, and closed."), task=forward(request), undo=reverse("reopen", args=[task]))


@posted
def close(request: Request, task: str) -> HttpResponse:
    """The promise will not be kept, with a reason."""
    with because(request, "Promise closed with a reason") as change:
        promises.close(change, task=task, reason=given(request, "reason"))
    return done_here(request, _("Closed, with your reason."), task=forward(request), undo=reverse("reopen", args=[task]))


@posted
def reopen(request: Request, task: str) -> HttpResponse:
    """What was just closed is owed again."""
    with because(request, "Closing undone") as change:
        promises.reopen(change, task=task, reason=_("Closed by mistake, undone at once."))
    return done_here(request, _("Back on the list."), task=task)


@posted
def snooze(request: Request, task: str) -> HttpResponse:
    """Out of sight until a day, with a reason; it comes back by itself."""
    try:
        until = date.fromisoformat(given(request, "until"))
    except ValueError:
        messages.error(request, _("Say until which day."))
        return back(request, task)
    with because(request, "Promise snoozed") as change:
        promises.snooze(change, task=task, until=until, reason=given(request, "reason"))
    said = _("Snoozed until %(day)s.") % {"day": labels.day(until)}
    return done_here(request, said, task=forward(request), undo=reverse("wake", args=[task]))


@posted
def reassign(request: Request, task: str) -> HttpResponse:
    """Into somebody else's hands."""
    with because(request, "Promise handed over") as change:
        promises.reassign(change, task=task, to=given(request, "to"), reason=given(request, "reason") or None)
    return done_here(request, _("Handed over."), task=forward(request))


@posted
def wait(request: Request, task: str) -> HttpResponse:
    """It is somebody else's turn."""
    on = given(request, "on")
    with because(request, "Promise waits on someone else") as change:
        promises.wait(change, task=task, on=on)
    said = _("Waiting on %(whom)s.") % {"whom": on}
    return done_here(request, said, task=forward(request), undo=reverse("wake", args=[task]))


@posted
def wake(request: Request, task: str) -> HttpResponse:
    """Back on the list: no longer snoozed, no longer waiting."""
    with because(request, "Promise taken up again") as change:
        promises.wake(change, task=task)
    return done_here(request, _("Back on the list."), task=task)


@posted
def acknowledge(request: Request, task: str) -> HttpResponse:
    """A corrected date has been seen."""
    with because(request, "Difference seen and acknowledged") as change:
        transitions.acknowledge_difference(change, task=task)
    return done_here(request, _("Noted: you have seen the new date."), task=task)


@posted
def complexity(request: Request, task: str) -> HttpResponse:
    """How complex the decisions after the stay are; it sets the window of the visit."""
    chosen = given(request, "complexity")
    with because(request, f"Complexity decided: {chosen}") as change:
        transitions.set_complexity(change, task=task, complexity=chosen)
    return done_here(request, _("Complexity decided; the dates were worked out anew."), task=task)


urlpatterns = [
    path(f"today/<str:task>/{view.__name__}", view, name=view.__name__)
    for view in (attempt, done, close, reopen, snooze, reassign, wait, wake, acknowledge, complexity)
]
