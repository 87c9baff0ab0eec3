"""The agenda of a program's board: who is talked about, how long their phase lasts already, what is open; from it the meeting begins."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from baton.desk import posting
from baton.duties.programs import boards
from baton.duties.team import huddle_reading, teams
from baton.web.gate import Request, staff


@require_GET
@staff
def page(request: Request, code: str) -> HttpResponse:
    """The agenda as it stands, and the meetings of before."""
    own = get_language()
    with request.hub.store.view(request.who) as view:
        program, board = boards.of(view, code)
        items = boards.agenda(view, program=code)
        held = [each for each in huddle_reading.every(view) if each.about.text == board.title.text]
        known = [pair for pair in teams.names(view) if pair[0] in request.who.teams] or list(teams.names(view))
    context = {
        "program": program,
        "board_title": board.title.said(own),
        "program_title": program.title.said(own),
        "items": [(each, each.phase.title.said(own), each.days > each.phase.days) for each in items],
        "phases": [phase.title.said(own) for each in board.phases if (phase := program.phase(each)) is not None],
        "source": board.source,
        "held": held,
        "teams": known,
    }
    return render(request, "programs/board.html", context)


@posting.form(lambda _request, code: redirect("board", code=code))
def begin(request: Request, code: str) -> HttpResponse:
    """The meeting begins, about those who are ticked."""
    with request.hub.store.change(request.who, because="A board begins") as change:
        made = boards.begin(change, program=code, team=request.POST.get("team", ""), patients=request.POST.getlist("patient"))
    return redirect("huddle", made)


urlpatterns = [
    path("programs/<str:code>/board", page, name="board"),
    path("programs/<str:code>/board/begin", begin, name="board-begin"),
]
