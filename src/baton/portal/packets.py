"""A packet behind a secure link: whoever has the link says the code they were told, and is given the paper, or all files of it."""

from __future__ import annotations

import io
import zipfile

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from baton.duties.discharge import proofs
from baton.duties.privacy import links
from baton.duties.privacy.links import OUTSIDE
from baton.portal import by_link
from baton.portal.tries import Tries
from baton.store import NotFound

PAPER, FILES = "paper", "files"


@by_link.private
def packet(request: HttpRequest, link: str) -> HttpResponse:
    """Ask for the code; with the right one, the paper. What is wrong is never said: neither the link nor the code."""
    store = request.hub.store  # type: ignore[attr-defined]
    tries = Tries("packet", link)
    what = FILES if request.POST.get("what") == FILES else PAPER
    with store.view(OUTSIDE) as view:
        if not links.lives(view, link):
            return render(request, "portal/packet.html", {"gone": True}, status=404)
        if request.method != "POST":
            return render(request, "portal/packet.html", {})
        if tries.spent:
            return render(request, "portal/packet.html", {"gone": True}, status=429)
        try:
            document = links.opened(view, link, request.POST.get("code", ""))
            body = zipped(links.files_of(view, document)) if what == FILES else links.pdf_of(view, document)
        except NotFound:
            tries.wrong()
            store.note_event(OUTSIDE, "packet refused", "refused", "secure link")
            return render(request, "portal/packet.html", {"wrong": True}, status=403)
    store.note_event(OUTSIDE, "export packet", "success", "secure link", [document["subject"]["reference"]])
    with store.change(OUTSIDE, because="A packet was opened with its code") as change:
        proofs.seen(change, packet=f"DocumentReference/{document['id']}", kind=proofs.LINK, text=what)
    name, type_ = ("records.zip", "application/zip") if what == FILES else ("records.pdf", "application/pdf")
    return HttpResponse(body, content_type=type_, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def zipped(files: dict[str, bytes]) -> bytes:
    """Files as one archive, always the same for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), body)
    return made.getvalue()


urlpatterns = [path("p/<str:link>", packet, name="packet")]
