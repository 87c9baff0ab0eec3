"""Who saw my record: everybody, when and why, in plain words. For the patient alone; an emergency look stands out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET

from baton.duties.privacy import access_report
from baton.duties.privacy.access_report import Line
from baton.portal import show
from baton.store import Forbidden
from baton.web.gate import Request, guest

SPANS = (30, 90, 365)
ACTS: Mapping[str, Any] = {
    "opened": lazy("opened your record"),
    "listed": lazy("saw your name on a list"),
    "changed": lazy("wrote in your record"),
    "left": lazy("printed or sent a part of it"),
    "tried": lazy("tried, and was not let in"),
    "other": lazy("worked with your record"),
}
ROLES: Mapping[str, Any] = {
    "coordinator": lazy("care team"),
    "senior": lazy("care team"),
    "supervisor": lazy("head of the care team"),
    "administrator": lazy("runs the system"),
    "clinician": lazy("doctor or nurse"),
    "pharmacist": lazy("works in the pharmacy"),
    "social-worker": lazy("helps with home and money"),
    "records-clerk": lazy("keeps the papers"),
    "auditor": lazy("checks who looks"),
    "student": lazy("learns here"),
    "patient": lazy("you"),
    "related": lazy("somebody you let in"),
}
PURPOSES: Mapping[str, Any] = {
    "TREAT": lazy("for your care"),
    "CAREMGT": lazy("for your care"),
    "ETREAT": lazy("in an emergency"),
    "BTG": lazy("in an emergency"),
    "HOPERAT": lazy("to run the practice"),
    "HPAYMT": lazy("for the bill"),
    "COVERAGE": lazy("for the bill"),
    "PATRQT": lazy("because you asked"),
    "FAMRQT": lazy("because you let them in"),
}


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """The report, shorter: the newest day first. Their own looks are not told to them."""
    if request.who.role != "patient":
        raise Forbidden("Who saw the record is for the patient alone.")
    asked = request.GET.get("days", "")
    days = int(asked) if asked in [str(each) for each in SPANS] else SPANS[0]
    patient = request.who.person.partition("/")[2]
    with request.hub.store.view(request.who) as view:
        reader = access_report.reader(view, patient)
    with request.hub.store.view(reader) as view:
        until = view.now.astimezone(view.zone).date()
        report = access_report.report(view, patient=patient, since=until - timedelta(days=days), until=until, own=False)
    several = groupby([each for each in report.people if each.role != "patient"], lambda line: (line.day, line.name))
    lines = [_line(list(each)) for _key, each in several]
    return show.page(request, "portal/looks.html", {"lines": lines, "days": days, "spans": SPANS, "whole": report.whole})


def _line(lines: list[Line]) -> dict[str, Any]:
    """What one person did on one day."""
    first = lines[0]
    acts = dict.fromkeys(str(ACTS.get(each.act, ACTS["other"])) for each in lines)
    why = dict.fromkeys(str(PURPOSES[each.purpose]) for each in lines if each.purpose in PURPOSES)
    return {
        "day": first.day,
        "name": first.name,
        "role": ROLES.get(first.role, ""),
        "acts": "; ".join(acts),
        "why": "; ".join(why),
        "glass": any(each.glass for each in lines),
    }


urlpatterns = [path("my/looks", index, name="my_looks")]
