"""The lists behind two of Today's counts: who was discharged since the last working day, and what was closed this week."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.desk import labels
from baton.desk.caseload import list_context, read_filters
from baton.duties.today import caseload, recent
from baton.duties.today.caseload import Today
from baton.web.gate import Request, staff


@require_GET
@staff
def discharged(request: Request) -> HttpResponse:
    """Those discharged since the last working day, with what is owed to them next."""
    filters = read_filters(request.GET, request)
    with request.hub.store.view(request.who) as view:
        page = caseload.today(view, filters=filters, limit=1)
        found = recent.discharged(view, day=page.counts.discharged_since, after=request.GET.get("after"))
    title = _("Discharged since %(day)s") % {"day": labels.long_day(page.counts.discharged_since)}
    about = _("Everyone in your care who came home or went on elsewhere, the latest first, whoever owes them something.")
    return answer(request, page, found, {"listed": "discharged", "title": title, "about": about})


@require_GET
@staff
def closed(request: Request) -> HttpResponse:
    """What was closed since Monday, under the filters of Today."""
    filters = read_filters(request.GET, request)
    with request.hub.store.view(request.who) as view:
        page = caseload.today(view, filters=filters, limit=1)
        found = caseload.done(view, filters=filters, after=request.GET.get("after"))
    about = _("Promises kept, and those closed for another reason, the latest first.")
    return answer(request, page, found, {"listed": "closed", "title": _("Closed this week"), "about": about})


def answer(request: Request, page: Today, found: recent.Recent, context: dict[str, Any]) -> HttpResponse:
    """Either list under Today's counts."""
    further = bool(request.GET.get("after"))
    return render(request, "recent/page.html", {**list_context(request, page, None), "recent": found, "further": further, **context})


urlpatterns = [
    path("today/discharged", discharged, name="today_discharged"),
    path("today/closed", closed, name="today_closed"),
]
