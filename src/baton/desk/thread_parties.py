"""Offices and agencies in a thread, on its page: who takes part by which link, who may be let in, a new link, taken out."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from baton.desk import labels, posting
from baton.duties.contact import thread_parties as duty
from baton.duties.contact.thread_reading import Thread
from baton.duties.contact.thread_states import NOT_TO_PARTY
from baton.store import View
from baton.web.gate import Request


def context(view: View, thread: Thread) -> dict[str, Any]:
    """What the page of a thread shows of them: those who take part with their links, who may be let in, and who may not and why."""
    links, found = duty.links_of(view, thread.id), duty.candidates(view, thread.patient, thread.id)
    last = thread.messages[-1] if thread.messages else None
    refused = [(each.name, labels.refusal(NOT_TO_PARTY.get(each.because, NOT_TO_PARTY[""]))) for each in found if each.because]
    return {
        "offices": [{"ref": ref, "name": name, "link": links.get(ref)} for ref, name in thread.parties],
        "letting_in": [each for each in found if not each.because],
        "not_letting_in": refused,
        "asks_office": last.by_reference if last and last.by_reference in dict(thread.parties) else "",
    }


def _back(_request: Request, thread: str) -> HttpResponse:
    return redirect("thread", thread=thread)


posted = posting.form(_back)


def _code(request: Request, sent: duty.Sent) -> str:
    until = labels.moment(sent.until.astimezone(request.hub.settings.zone))
    said_ = _("The link is on its way. Tell them this code by telephone, never by mail: %(code)s. It works until %(until)s.")
    return said_ % {"code": f"{sent.code[:4]} {sent.code[4:]}", "until": until}


@posted
def let_in(request: Request, thread: str) -> str:
    """An office or agency takes part from now on, with a first message; the code for its link is told by telephone."""
    said = {name: request.POST.get(name, "").strip() for name in ("party", "text", "address", "asks")}
    with request.hub.store.change(request.who, because="An outside party takes part in a thread") as change:
        asks = bool(said["asks"])
        sent = duty.let_in(change, thread, party=said["party"], text=said["text"], address=said["address"], wants_answer=asks)
    return _code(request, sent)


@posted
def new_link(request: Request, thread: str) -> str:
    """A new link and code for an office or agency; the one before stops working."""
    with request.hub.store.change(request.who, because="A new link to a thread") as change:
        sent = duty.send_again(change, thread, party=request.POST.get("party", ""))
    return _code(request, sent)


@posted
def take_out(request: Request, thread: str) -> str:
    """An office or agency takes no part any more."""
    with request.hub.store.change(request.who, because="An outside party was taken out of a thread") as change:
        duty.take_out(change, thread, party=request.POST.get("party", ""))
    return _("They take no part any more. Their link is over.")


urlpatterns = [path(f"threads/<str:thread>/{view.__name__}", view, name=f"thread-{view.__name__}") for view in (let_in, new_link, take_out)]
