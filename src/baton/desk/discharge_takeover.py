"""Leaving, and who takes over: told that they left, sent the summary as rehearsed; delivered, accepted. Forms of one plan."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from baton.desk import discharge_words as words
from baton.desk import labels, privacy_papers
from baton.desk.discharge_acts import back, change, given, moment, plan_id, posted
from baton.duties.discharge import document as discharge_document
from baton.duties.discharge import handoff as discharge_handoff
from baton.duties.discharge import plans as discharge_plans
from baton.duties.privacy import links
from baton.store import Conflict, Invalid
from baton.web.gate import Request, staff


@posted
def leave(request: Request, encounter: str) -> str:
    """They leave; at once whoever takes over is told."""
    at = moment(request, "at") if given(request, "at") else request.hub.store.now()
    with change(request, "Discharged") as acting:
        discharge_plans.leave(acting, plan=plan_id(encounter), at=at, despite=given(request, "despite"))
    with change(request, "Notice of discharge") as acting:
        told = discharge_handoff.notify(acting, plan=plan_id(encounter))
    return _("They have left. The transition has begun; told who takes over: %(n)s.") % {"n": told}


@posted
def notify(request: Request, encounter: str) -> str:
    """Tell whoever takes over that they left."""
    with change(request, "Notice of discharge") as acting:
        told = discharge_handoff.notify(acting, plan=plan_id(encounter))
    return _("Told: %(n)s.") % {"n": told}


@posted
def takeover(request: Request, encounter: str) -> str:
    """Somebody takes over after the stay."""
    with change(request, "Who takes over after the stay") as acting:
        discharge_plans.taken_over_by(acting, plan=plan_id(encounter), to=given(request, "to"))
    return _("They take over: they are told, and sent the summary.")


@posted
def close(request: Request, encounter: str) -> str:
    """Everything is done."""
    with change(request, "Plan for going home closed") as acting:
        discharge_plans.close(acting, plan=plan_id(encounter))
    return _("Everything is done.")


@posted
def hand_off(request: Request, encounter: str) -> str:
    """Make the hand-off with its manifest."""
    with change(request, "Hand-off made") as acting:
        discharge_document.make(acting, plan=plan_id(encounter))
    return _("Made, with its manifest; it stands among the documents.")


@posted
def arrived(request: Request, encounter: str) -> str:
    """It arrived, it did not, or they accept: by which button was pressed."""
    task, text = given(request, "task"), given(request, "proof")
    match given(request, "what"):
        case "accepted":
            with change(request, "Summary accepted") as acting:
                discharge_handoff.accepted(acting, task=task, by=text)
            return _("Noted: they take over.")
        case "failed":
            with change(request, "Summary did not arrive") as acting:
                discharge_handoff.failed(acting, task=task, reason=text)
            return _("Noted: to be sent again.")
    with change(request, "Summary arrived") as acting:
        discharge_handoff.delivered(acting, task=task, proof=text)
    return _("Noted: it arrived.")


@require_GET
@staff
def rehearse(request: Request, encounter: str, task: str) -> HttpResponse:
    """Exactly what would leave for one who takes over."""
    return _rehearsal(request, encounter, task)


def _rehearsal(request: Request, encounter: str, task: str, told: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    with request.hub.store.view(request.who) as view:
        rehearsal = discharge_handoff.rehearse(view, task=task)
        there = any(discharge_handoff.is_summary(view.get(*each.reference.split("/"))) for each in rehearsal.leaving)
    context = {
        "packet": rehearsal,
        "encounter": encounter,
        "task": task,
        "refused": told,
        "there": there,
        "lacking": [labels.word(words.LACKING, each) for each in rehearsal.lacking],
    }
    return render(request, "discharge/send.html", context, status=status)


@require_POST
@staff
def send(request: Request, encounter: str, task: str) -> HttpResponse:
    """It leaves as rehearsed."""
    try:
        with change(request, "Discharge summary sent, as rehearsed") as acting:
            by_link = discharge_handoff.order_of(acting, task).channel == "link"
            packet = discharge_handoff.send(acting, task=task, digest=given(request, "digest"), words=privacy_papers.packet)
            opens = links.code(acting, links.token(acting, packet.id)) if by_link else ""
    except (Invalid, Conflict) as refused:
        return _rehearsal(request, encounter, task, tuple(labels.refusal(issue.text) for issue in refused.issues), refused.status)
    request.hub.store.note_event(request.who, "export packet", detail=packet.reference)
    if opens:
        code = {"code": f"{opens[:4]} {opens[4:]}"}
        messages.success(request, _("Sent as a link, good for 7 days. Tell them this code by telephone: %(code)s") % code)
    return back(request, encounter)


urlpatterns = [
    *(
        path(f"discharge/<str:encounter>/{view.__name__}", view, name=f"discharge-{view.__name__}")
        for view in (leave, notify, takeover, close, hand_off, arrived)
    ),
    path("discharge/<str:encounter>/send/<str:task>", rehearse, name="discharge-rehearse"),
    path("discharge/<str:encounter>/send/<str:task>/go", send, name="discharge-send"),
]
