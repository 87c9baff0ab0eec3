"""What leaves by letter or paper, shown before it does: the words of the panel, and what the pages with such papers need for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from baton.desk import labels
from baton.duties.privacy import slips
from baton.duties.privacy.slips import Slip
from baton.store import View
from baton.web.gate import Request

HOLDS: labels.Words = {
    "name": pgettext_lazy("what a paper says", "name"),
    "birth-date": lazy("date of birth"),
    "what-is-wanted": lazy("what is wanted"),
    "basis": lazy("on which basis"),
    "medicines": lazy("medicines"),
    "visits": lazy("visits to come"),
    "places": lazy("where they are"),
    "warning-signs": lazy("warning signs"),
    "phones": lazy("whom to call"),
    "lesson": lazy("the lesson, without a name"),
    "household": lazy("household and what it lives on"),
    "bill": lazy("the day of the first bill"),
    "request": lazy("what was asked for"),
    "answer": lazy("our answer and the reason"),
    "who-looked": lazy("who looked at the record"),
    "who-was-told": lazy("who was told what"),
    "program": lazy("the time in the program"),
    "goals": lazy("goals and how far they came"),
    "code": lazy("a code to come in with, and no name"),
    "patient-number": lazy("the patient’s number, without a name"),
    "minutes": lazy("minutes"),
    "codes": lazy("codes and how many"),
}
RECORDS: labels.Words = {
    "disclosure": lazy("as a disclosure, with this rehearsal"),
    "document": lazy("the paper is kept among the documents"),
    "communication": lazy("as given, with the day and by whom"),
}
POST: labels.Words = {
    "no-mail": lazy("Not by post: the patient asked for no letters."),
    "only-the-other-way": lazy("Not by post to the home: the patient is reached only the other way they gave."),
    "not-at-home": lazy("Not by post to the home: the patient asked for nothing there."),
}


def holds(slip: Slip) -> str:
    """What the paper says, in words."""
    return ", ".join(labels.word(HOLDS, code) for code in slip.exit.holds)


def recorded(slip: Slip) -> str:
    """How it is written down."""
    return labels.word(RECORDS, slip.exit.record) if slip.exit.record in RECORDS else _("in the audit, with who made it and when")


def post(slip: Slip) -> str:
    """Whether it may be posted to the patient, and what to do instead."""
    found = slip.post
    if found is None or found.allowed:
        return ""
    why = labels.word(POST, found.because)
    instead = _("Post it to: %(address)s.") % {"address": found.instead} if found.instead else _("Hand it over.")
    return f"{why} {instead}"


def of(view: View, code: str, patient: str) -> Slip:
    """What would leave with this paper of a patient (an id)."""
    return slips.rehearse(view, code, patient=f"Patient/{patient}")


def handed(view: View, code: str, patient: str, way: str | None = None) -> None:
    """A paper is made for a patient (an id): decided again now. Raises Invalid when it may not leave, or nobody said how it goes."""
    slips.handed(view, code, patient=f"Patient/{patient}", way=way)


# --- where the post to the home is ruled out ----------------------------------------------------------------------------------------------


Held = slips.Held
"""What a view that catches refusals lets pass."""


def way(request: Request) -> str | None:
    """How the paper reaches the patient, where that was asked."""
    said = (request.POST if request.method == "POST" else request.GET).get("way")
    return said if said in (slips.BY_HAND, slips.ELSEWHERE) else None


def asks_how(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view that makes a paper: where the patient may not be written to at home it is held, and asks how the paper reaches them.

    What was sent along goes on with the answer, so that nothing typed is lost.
    """

    @functools.wraps(view)
    def answered(request: Request, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(request, *args, **kwargs)
        except slips.Held as held:
            return _asks(request, held)

    return answered


def _asks(request: Request, held: slips.Held) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    fields = [(name, value) for name, values in sent.lists() for value in values if name not in ("csrfmiddlewaretoken", "way")]
    context = {
        "why": labels.word(POST, held.post.because),
        "instead": held.post.instead,
        "method": "post" if request.method == "POST" else "get",
        "address": request.path,
        "fields": fields,
    }
    return render(request, "parts/held.html", context, status=422)


FILTERS: dict[str, Callable[..., object]] = {"slip_holds": holds, "slip_recorded": recorded, "slip_post": post}
