"""The people who work here: who they are, what they may do and until when; for those who answer for them, also how they sign in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from baton.desk import labels, people_words
from baton.duties.team import licences, looking_after, people, staff
from baton.duties.team import teams as teams_duty
from baton.duties.team.mentoring import MENTORS
from baton.store import Conflict, Forbidden, Invalid, Who
from baton.web import accounts, events
from baton.web import gate as web
from baton.web.gate import Request, stepped_up

KEEPERS = teams_duty.THEIRS
View = Callable[..., HttpResponse]


def offered(who: Who) -> list[str]:
    """The roles this person may give."""
    return [role for role in staff.ROLES if who.role == "administrator" or role not in KEEPERS]


def answers_for(who: Who, person: people.Person) -> bool:
    """Whether this person may change how somebody signs in: administrators for all, supervisors for whoever is neither."""
    return who.role == "administrator" or (
        who.role == "supervisor" and who.person != person.reference and not any(role.role in KEEPERS for role in person.current)
    )


@web.staff
@require_GET
def index(request: Request) -> HttpResponse:
    """Everybody, narrowed by team, role, licences that end, or those who left."""
    asked = {name: request.GET.get(name) or None for name in ("team", "role")}
    show = request.GET.get("show", "")
    with request.hub.store.view(request.who) as view:
        found = people.roster(view, **asked, expiring=show == "expiring", gone=show == "gone")
        teams = [team for team in people.teams(view) if team.active]
    context = {
        "people": found,
        "teams": teams,
        "roles": staff.ROLES,
        "offered": offered(request.who),
        "asked": asked,
        "show": show,
        "keeper": request.who.role in KEEPERS,
        "team_name": next((team.name for team in teams if team.reference == asked["team"]), None),
    }
    return render(request, "people/index.html", context)


@web.staff
@require_GET
def person(request: Request, person: str) -> HttpResponse:
    """One of them."""
    return _page(request, person)


def _page(request: Request, id_: str, *, link: str = "", status: int = 200) -> HttpResponse:
    with request.hub.store.view(request.who) as view:
        found = people.person(view, id_)
        staffed = people.roster(view)
        teams = [team for team in people.teams(view) if team.active]
    keeper = request.who.role in KEEPERS
    context: dict[str, Any] = {"person": found, "teams": teams, "offered": offered(request.who), "keeper": keeper, "link": link}
    context |= {
        "licences": licences.KINDS,
        "skills": people_words.SKILLS,
        "mentors": [each for each in staffed if each.role in MENTORS],
        "successors": [each for each in staffed if each.role in looking_after.TAKERS and each.id != id_],
        "stands": people_words.STANDS,
        "held_skills": {each.code for each in found.skills},
    }
    if keeper and answers_for(request.who, found):
        account = accounts.of(found.reference)
        context |= {
            "answers_for": True,
            "account": account,
            "ways": accounts.ways(account) if account else (),
            "sessions": accounts.sessions(account) if account else (),
            "locked": account is not None and accounts.locked(request, account),
        }
    return render(request, "people/person.html", context, status=status)


@web.staff
@require_GET
def teams(request: Request) -> HttpResponse:
    """The teams, with who is in them."""
    with request.hub.store.view(request.who) as view:
        found = people.teams(view)
    return render(request, "people/teams.html", {"teams": found, "keeper": request.who.role in KEEPERS})


# --- what those who answer for them change ---------------------------------------------------------------------------------------------


def keeping(view: View) -> View:
    """A form for administrators and supervisors who just proved who they are; what a duty refuses is said, and nothing is lost."""

    @stepped_up
    @functools.wraps(view)
    def answered(request: Request, **where: str) -> HttpResponse:
        if request.method != "POST" or request.who.role not in KEEPERS:
            raise Forbidden("This is for administrators and supervisors.")
        try:
            return view(request, **where)
        except (Invalid, Conflict, Forbidden) as refusal:
            for issue in refusal.issues:
                messages.error(request, labels.refusal(issue.text))
            return redirect("person", person=where["person"]) if "person" in where else redirect(request.POST.get("back") or "people")

    return answered


def given(request: Request, name: str) -> str:
    """A field of the form, trimmed."""
    return request.POST.get(name, "").strip()


def day(request: Request, name: str) -> date | None:
    """A day of the form; None when it is empty. Raises Invalid when it is none."""
    text = given(request, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("Write the day as 2026-07-31.") from None


def done(request: Request, id_: str, said: str) -> HttpResponse:
    """Back on their page, saying what happened."""
    messages.success(request, said)
    return redirect("person", person=id_)


@keeping
def add(request: Request) -> HttpResponse:
    """Somebody new, with a one-time link to give to them; somebody known is only shown."""
    email = given(request, "email")
    with request.hub.store.change(request.who, because="Add somebody who works here") as change:
        if known := staff.by_email(change, email=email):
            messages.error(request, _("Somebody with this e-mail address works here already: give them another role on their page."))
            return redirect("person", person=known.partition("/")[2])
        added = staff.add(
            change,
            email=email,
            role=given(request, "role"),
            team=given(request, "team") or None,
            name=given(request, "name") or None,
            start=day(request, "start"),
            end=day(request, "end"),
        )
    return _invited(request, added.partition("/")[2], email)


def _invited(request: Request, id_: str, email: str) -> HttpResponse:
    link = request.build_absolute_uri(accounts.invite(email, id_))
    events.note(request, "invited", account=accounts.of(id_))
    return _page(request, id_, link=link)


@keeping
def give_role(request: Request, person: str) -> HttpResponse:
    """One more role."""
    with request.hub.store.change(request.who, because="Give a role") as change:
        staff.give(
            change,
            person=f"Practitioner/{person}",
            role=given(request, "role"),
            team=given(request, "team"),
            site=given(request, "site"),
            stands=given(request, "stands") or "assigned",
            start=day(request, "start"),
            end=day(request, "end"),
        )
    return done(request, person, _("The role is given."))


@keeping
def end_role(request: Request, person: str, role: str) -> HttpResponse:
    """A role ends, now or with a day."""
    with request.hub.store.change(request.who, because="End a role") as change:
        staff.end_role(change, role=role, on=day(request, "on"), to=given(request, "to") or None)
    return done(request, person, _("The role ends."))


@keeping
def licence(request: Request, person: str) -> HttpResponse:
    """A licence is entered, or replaces the one of the same number."""
    with request.hub.store.change(request.who, because="Enter a licence") as change:
        staff.enter_licence(
            change,
            person=f"Practitioner/{person}",
            code=given(request, "code"),
            number=given(request, "number"),
            issuer=given(request, "issuer"),
            start=day(request, "start"),
            end=day(request, "end"),
        )
    return done(request, person, _("The licence is entered."))


@keeping
def remove_licence(request: Request, person: str, place: int) -> HttpResponse:
    """A licence entered by mistake."""
    with request.hub.store.change(request.who, because="Take away a licence entered by mistake") as change:
        staff.remove_licence(change, person=f"Practitioner/{person}", place=place)
    return done(request, person, _("The licence is taken away."))


@keeping
def skills(request: Request, person: str) -> HttpResponse:
    """What they are especially good at."""
    with request.hub.store.change(request.who, because="Enter skills") as change:
        staff.set_skills(change, person=f"Practitioner/{person}", skills=request.POST.getlist("skill"))
    return done(request, person, _("The skills are saved."))


def _of(request: Request, id_: str) -> people.Person:
    """Somebody whose sign-in this person answers for. Raises Forbidden."""
    with request.hub.store.view(request.who) as view:
        found = people.person(view, id_)
    if not answers_for(request.who, found):
        raise Forbidden("Only an administrator changes how administrators and supervisors sign in.")
    return found


@keeping
def invite(request: Request, person: str) -> HttpResponse:
    """A new one-time link; earlier ones stop working."""
    found = _of(request, person)
    if not found.email or not found.current:
        raise Invalid("Only somebody with an e-mail address and a role can be invited.")
    return _invited(request, person, found.email)


@keeping
def leave(request: Request, person: str) -> HttpResponse:
    """Their access ends now: roles, sign-in, open sessions."""
    found = _of(request, person)
    with request.hub.store.change(request.who, because=given(request, "reason") or "Access ended") as change:
        staff.leave(change, person=found.reference, to=given(request, "to") or None)
    account = accounts.of(person)
    if account:
        accounts.close(account, apps=request.hub.store.apps)
    events.note(request, "access-ended", account=account)
    return done(request, person, _("Their access has ended, everywhere, from now on."))


@keeping
def account_act(request: Request, person: str, act: str) -> HttpResponse:
    """Unlock, end the sessions, or take away the second factors of an account."""
    _of(request, person)
    account = accounts.of(person)
    if account is None:
        raise Invalid("There is no account yet: invite them first.")
    if act == "unlock":
        accounts.unlock(request, account)
        events.note(request, "unlocked", account=account)
        return done(request, person, _("The account is open again."))
    if act == "sessions":
        accounts.end_sessions(account, apps=request.hub.store.apps)
        events.note(request, "sessions-ended", account=account)
        return done(request, person, _("They are signed out everywhere."))
    accounts.forget_factors(account)
    events.note(request, "factor-removed", detail="all, by an administrator", account=account)
    return done(request, person, _("Their second factors are gone; they choose a new one when they next sign in."))


@keeping
def add_team(request: Request) -> HttpResponse:
    """A new team."""
    with request.hub.store.change(request.who, because="Add a team") as change:
        staff.add_team(change, name=given(request, "name"))
    messages.success(request, _("The team is there."))
    return redirect("teams")


@keeping
def rename_team(request: Request, team: str) -> HttpResponse:
    """The team is called something else."""
    with request.hub.store.change(request.who, because="Rename a team") as change:
        staff.rename_team(change, team=team, name=given(request, "name"))
    messages.success(request, _("The team has its new name."))
    return redirect(reverse("teams"))


urlpatterns = [
    path("people", index, name="people"),
    path("people/add", require_POST(add), name="person_add"),
    path("teams", teams, name="teams"),
    path("teams/add", require_POST(add_team), name="team_add"),
    path("teams/<str:team>/name", require_POST(rename_team), name="team_rename"),
    path("people/<str:person>", person, name="person"),
    path("people/<str:person>/role", give_role, name="role_give"),
    path("people/<str:person>/role/<str:role>/end", end_role, name="role_end"),
    path("people/<str:person>/licence", licence, name="licence"),
    path("people/<str:person>/licence/<int:place>/remove", remove_licence, name="licence_remove"),
    path("people/<str:person>/skills", skills, name="skills"),
    path("people/<str:person>/invite", invite, name="person_invite"),
    path("people/<str:person>/leave", leave, name="person_leave"),
    *(path(f"people/<str:person>/{act}", account_act, {"act": act}, name=f"account_{act}") for act in ("unlock", "sessions", "factors")),
]
