"""My account: how I sign in, where I am signed in, how the pages look, what I am allowed and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from baton.desk import people_words
from baton.desk.labels import word
from baton.duties.team import licences, people
from baton.store import access
from baton.web import accounts, events
from baton.web.gate import Request, staff, stepped_up
from baton.web.models import Account


@dataclass(frozen=True, slots=True)
class Allowed:
    """One row of the policy that speaks of the reader's role, in words: what, which ways, whose, and why."""

    row: str
    what: str
    may: str
    whose: str
    why: str


def allowed(role: str) -> list[Allowed]:
    """What a role may do, as the policy says it."""
    return [
        Allowed(
            row.id,
            _listed(people_words.GROUPS, row.of),
            _listed(people_words.INTERACTIONS, row.interactions),
            _("every patient") if {"none", "assigned"} <= row.relationships else _listed(people_words.RELATIONSHIPS, row.relationships),
            row.why,
        )
        for row in access.grants()
        if role in row.roles
    ]


def _listed(table: Any, codes: Any) -> str:
    """Codes in words, in the order of their table."""
    if set(table) <= set(codes):
        return _("everything")
    return "; ".join(word(table, code) for code in table if code in codes)


def mine(request: Request) -> Account:
    """The account of who is asking."""
    return cast(Account, request.user)


@staff
@require_GET
def page(request: Request) -> HttpResponse:
    """The page."""
    account = mine(request)
    with request.hub.store.view(request.who) as view:
        me = people.person(view, request.who.person.partition("/")[2])
    context = {
        "me": me,
        "account": account,
        "passkeys": accounts.passkeys(account),
        "ways": accounts.ways(account),
        "codes_left": accounts.codes_left(account),
        "sessions": accounts.sessions(account),
        "this": request.session.session_key,
        "allowed": allowed(request.who.role),
        "reconciles": any(licence.standing in ("in-force", "expiring") and licence.code in RECONCILING for licence in me.licences),
        "required": request.hub.settings.second_factor_required,
    }
    return render(request, "account/mine.html", context)


RECONCILING = frozenset(licences.lets("medication-reconciliation"))


@require_POST
@staff
def end_session(request: Request, number: int) -> HttpResponse:
    """Sign out one other device of mine."""
    for session in accounts.sessions(mine(request)):
        if session.pk == number and session.session_key != request.session.session_key:
            accounts.end_session(session, apps=request.hub.store.apps)
            events.note(request, "sessions-ended", detail="one")
            messages.success(request, _("That device is signed out."))
    return redirect("account")


@require_POST
@stepped_up
def end_others(request: Request) -> HttpResponse:
    """Sign out every device of mine but this one."""
    accounts.end_sessions(mine(request), apps=request.hub.store.apps, but=request.session.session_key)
    events.note(request, "sessions-ended", detail="all others")
    messages.success(request, _("Every other device is signed out."))
    return redirect("account")


urlpatterns = [
    path("account", page, name="account"),
    path("account/devices/others/end", end_others, name="sessions_end"),
    path("account/devices/<int:number>/end", end_session, name="session_end"),
]
