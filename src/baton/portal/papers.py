"""My papers: what is on file, to open; and a paper or photo of one's own, checked like every file and laid before the care team."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.duties.contact import attachments
from baton.duties.records import documents
from baton.duties.support import agreements
from baton.portal import show
from baton.portal.posting import form
from baton.store import Invalid, NotFound
from baton.uploads import Upload
from baton.web.gate import Request, guest

ALONE = "default-src 'none'; frame-ancestors 'none'"
"""The policy of a file that is opened: it loads nothing at all."""
INLINE = {"application/pdf", "image/png", "image/jpeg", "text/plain; charset=utf-8"}


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """What is on file and may be seen."""
    with request.hub.store.view(request.who) as view:
        patient = str(request.who.on_behalf_of)
        shelf, messages = documents.shelf(view, patient=patient.partition("/")[2]), attachments.among(view, patient)
    papers = [each for each in shelf.documents if each.id not in messages]
    return show.page(request, "portal/papers.html", {"papers": papers})


@guest
@require_GET
def opened(request: Request, paper: str) -> HttpResponse:
    """One of them, as it is."""
    patient = str(request.who.on_behalf_of).partition("/")[2]
    with request.hub.store.view(request.who) as view:
        if paper in attachments.among(view, f"Patient/{patient}"):
            raise NotFound("There is no such paper here.")  # what came with a message is opened there
        file = documents.opened(view, patient=patient, document=paper)
    request.hub.store.note_event(request.who, "export document", "success", f"DocumentReference/{paper}", [f"Patient/{patient}"])
    return shown(file)


def shown(file: documents.File) -> HttpResponse:
    """A file as it is: opened where that is safe, else kept."""
    kind = file.type if file.type in INLINE else "application/octet-stream"
    how = "inline" if kind in INLINE else 'attachment; filename="paper"'
    return HttpResponse(file.body, content_type=kind, headers={"Content-Disposition": how, "Content-Security-Policy": ALONE})


def checked(file: Any) -> Upload:
    """A file they send, checked; the sentence of a refusal is plain. Raises Invalid."""
    try:
        return documents.checked(str(file.name), file.read(), str(file.content_type or ""))
    except Invalid:
        raise Invalid("We cannot take this file.", expression=documents.WHOLE) from None


@form("my_papers")
def send(request: Request) -> str:
    """A paper of theirs. Somebody looks at it: that is owed from now on."""
    file = request.FILES.get("file")
    title = " ".join(request.POST.get("title", "").split())
    if file is None:
        raise Invalid("Choose a file first.", expression=documents.WHOLE)
    upload = checked(file)
    patient = str(request.who.on_behalf_of)
    if not request.who.on_behalf_of:
        raise NotFound("There is no such patient.")
    with request.hub.store.change(request.who, because="Sent through the portal") as change:
        said = documents.Described(title, author=request.who.name)
        kept = documents.add(change, patient=patient, upload=upload, said=said)
        if kept.new:
            told = _("Look at what you sent us: %(title)s") % {"title": title}
            with translation.override(request.hub.settings.language):
                what = _("Look at what the patient sent: %(title)s") % {"title": title}
            agreements.ask_us(change, patient=patient, what=what, told=told)
    return _("We have it. One of us will look at it.") if kept.new else _("We have this one already.")


urlpatterns = [
    path("my/papers", index, name="my_papers"),
    path("my/papers/send", send, name="my_paper_send"),
    path("my/papers/<str:paper>", opened, name="my_paper"),
]
