"""Messages with the care team: a thread for each topic; what is opened counts as read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET

from baton.duties.contact import attachments, threads
from baton.portal import papers, show
from baton.portal.posting import form
from baton.store import NotFound
from baton.uploads import Upload
from baton.web.gate import Request, guest

TOPICS = (
    ("other", lazy("My care")),
    ("appointment", lazy("A visit")),
    ("discharge", lazy("After the hospital")),
    ("referral", lazy("Another clinic")),
)


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """All of them, and a new one. Who sees dates alone is told what they can do instead."""
    with request.hub.store.view(request.who) as view:
        if not view.decide("see", "Communication", patient=str(request.who.on_behalf_of)).allowed:
            return redirect("my_ask")
        found = threads.of_patient(view, str(request.who.on_behalf_of))
    return show.page(request, "portal/talks.html", {"threads": found, "topics": TOPICS})


@guest
@require_GET
def thread(request: Request, thread: str) -> HttpResponse:
    """One of them; what it shows is read from now on."""
    with request.hub.store.change(request.who, because="Read in the portal") as change:
        found = threads.read(change, thread)
        if found.patient != request.who.on_behalf_of:
            raise NotFound("There is no such thread.")
    me = request.who.person
    agreed = {each.id for each in found.messages if each.has("accepted", me)}
    return show.page(request, "portal/talk.html", {"thread": found, "me": me, "agreed": agreed})


@form("my_talks")
def write(request: Request) -> HttpResponse:
    """A new one."""
    topic = request.POST.get("topic", "")
    with request.hub.store.change(request.who, because="A message from the portal") as change:
        made = threads.start(
            change,
            patient=str(request.who.on_behalf_of),
            topic=topic if topic in dict(TOPICS) else "other",
            text=request.POST.get("text", ""),
            wants_answer=True,
            files=_files(request),
        )
    return redirect("my_talk", made.id)


def _files(request: Request) -> list[Upload]:
    return [papers.checked(each) for each in request.FILES.getlist("files")]


@guest
@require_GET
def file(request: Request, thread: str, message: str, document: str) -> HttpResponse:
    """A file that came with a message."""
    with request.hub.store.view(request.who) as view:
        opened = attachments.opened(view, thread=thread, message=message, document=document)
    patient = str(request.who.on_behalf_of)
    request.hub.store.note_event(request.who, "export document", "success", f"DocumentReference/{document}", [patient])
    return papers.shown(opened)


@form("my_talks")
def say(request: Request, thread: str) -> HttpResponse:
    """An answer, or more of the same."""
    with request.hub.store.change(request.who, because="A message from the portal") as change:
        threads.shown(change, thread)
        threads.say(change, thread, text=request.POST.get("text", ""), files=_files(request))
    return redirect("my_talk", thread)


@form("my_talks")
def agree(request: Request, thread: str, message: str) -> HttpResponse:
    """They agree to what was asked: that is an answer."""
    with request.hub.store.change(request.who, because="Agreed in the portal") as change:
        threads.shown(change, thread)
        threads.accept(change, message)
    return redirect("my_talk", thread)


def unread(found: tuple[threads.Thread, ...]) -> int:
    """How many messages wait to be read."""
    return sum(each.unread for each in found)


urlpatterns = [
    path("my/messages", index, name="my_talks"),
    path("my/messages/new", write, name="my_write"),
    path("my/messages/<str:thread>", thread, name="my_talk"),
    path("my/messages/<str:thread>/say", say, name="my_say"),
    path("my/messages/<str:thread>/<str:message>/files/<str:document>", file, name="my_file"),
    path("my/messages/<str:thread>/<str:message>/agree", agree, name="my_agree"),
]
