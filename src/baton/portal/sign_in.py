"""Into the portal: by an invitation and its code, then each time by a link in a mail and a second thing by another way; and out of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import RedirectView

from baton.duties import codes, reading
from baton.duties.contact import guests as duty
from baton.duties.contact import portal_mail, safe_contact
from baton.duties.patients import identity
from baton.fhir.resource import Resource
from baton.portal import show
from baton.store import Invalid, Who
from baton.web import accounts, events, guests
from baton.web.gate import Request, guest
from baton.web.models import Account

HUB = Who(codes.HUB, "Baton", "system", (), "portal", purpose="PATRQT")
MOST_LINKS = 5
"""Links that may be asked for one address in a quarter of an hour."""


def is_demo(request: Any) -> bool:
    """Whether this is the demo town: no mail goes out there, so the page shows what would have been in it."""
    if request.hub.settings.production:
        return False
    with request.hub.store.view(HUB) as view:
        return bool(view.find("Basic", _id="demo-town"))


# --- invited ------------------------------------------------------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters("code", "born")
@require_http_methods(["GET", "HEAD", "POST"])
def hello(request: Request, token: str) -> HttpResponse:
    """The page behind an invitation: the code that came by another way, and the patient's date of birth. Looking uses nothing up."""
    way = guests.invitation(token)
    if way is None:
        return render(request, "portal/gone_in.html", status=410)
    if request.method != "POST":
        return render(request, "portal/hello.html", {"other": way.person.startswith("RelatedPerson/")})
    who = request.hub.store.guest(way.person)
    if who is None:
        return render(request, "portal/gone_in.html", status=410)
    with request.hub.store.view(HUB) as view:
        patient = reading.peek(view, who.on_behalf_of) or {}
    wrong = not guests.is_code(way, token, request.POST.get("code", ""))
    if not wrong and not _born(request.POST, patient):
        guests.missed(way)
        wrong = True
    account = None if wrong else guests.accept(way, apps=request.hub.store.apps)
    if wrong:
        request.hub.store.note_event(who, "sign-in", "failed", "invitation: code or date of birth")
        return render(request, "portal/hello.html", {"other": way.person.startswith("RelatedPerson/"), "wrong": True}, status=403)
    if account is None:
        return render(request, "portal/gone_in.html", status=410)
    request.session.flush()
    response = guests.enter(request, account, way.person, "invitation")
    return speaking(request, response if not response.has_header("Location") else redirect("my_keys"), way.person)


def _born(form: Any, patient: Resource) -> bool:
    try:
        said = date(*(int(form.get(name, "")) for name in ("year", "month", "day")))
    except ValueError:
        return False
    return said == identity.birth_date(patient)


def speaking(request: Request, response: HttpResponse, person: str) -> HttpResponse:
    """The answer, from now on in the language of whoever came in, unless the browser chose one already."""
    from django.conf import settings

    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        with request.hub.store.view(HUB) as view:
            spoken = (identity.language(reading.peek(view, person) or {}) or "")[:2]
        if spoken in dict(settings.LANGUAGES):
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, spoken, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


# --- each time ----------------------------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request) -> HttpResponse:
    """An e-mail address; a link goes there if it is somebody's. The page says the same either way."""
    if request.method != "POST":
        return render(request, "portal/sign_in.html")
    email = request.POST.get("email", "").strip().lower()
    if "@" not in email or len(email) > 254:
        return render(request, "portal/sign_in.html", {"wrong": True, "email": email}, status=422)
    shown = None
    if _may_ask(request, email) and (found := guests.link(email)):
        account, link = found
        _send(request, account, link)
        shown = link if is_demo(request) else None
    return render(request, "portal/sent.html", {"shown": shown, "minutes": guests.number("link")})


def _may_ask(request: Request, email: str) -> bool:
    from allauth.core.internal import ratelimit

    limits = {"login": f"20/m/ip,{MOST_LINKS}/900s/key"}
    return bool(ratelimit.consume(request, app="allauth.account", action="login", config=limits, key=f"guest-link-{email}"))


def _send(request: Request, account: Account, link: str) -> None:
    """A mail with the link and nothing else, in the language of whoever it is for; not to a patient who asked for no mail."""
    for person in guests.persons(account):
        who = request.hub.store.guest(person)
        if who is None:
            continue
        try:
            with request.hub.store.change(replace(HUB, on_behalf_of=person), because="A link to the portal was asked for") as change:
                portal_mail.send(change, person=person, to=account.email, link=link, kind="in")
        except Invalid:
            continue
        return


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def come(request: Request, token: str) -> HttpResponse:
    """The page behind the link: a button. Only pressing it uses the link up."""
    if request.method == "POST" and guests.came(request, token):
        return redirect("my_code")
    if request.method == "POST" or not guests.lives(token):
        return render(request, "portal/gone_in.html", status=410)
    return render(request, "portal/come.html")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: Request) -> HttpResponse:
    """The second thing: a code that was texted, or one of the card."""
    account = guests.coming(request)
    if account is None:
        return redirect("my_sign_in")
    context: dict[str, Any] = {"phone": ending(request, account), "card": guests.card_left(account)}
    if request.method == "POST" and "text" in request.POST and context["phone"]:
        code = guests.text_code(request, account)
        context |= {"texted": bool(code), "tired": not code, "shown": code if is_demo(request) else None}
        if code:
            _text(request, account, code)
    elif request.method == "POST":
        how = guests.proves(request, account, request.POST.get("code", ""))
        if how:
            let_in = [each for each in guests.persons(account) if request.hub.store.guest(each)]
            response = guests.enter(request, account, let_in[0] if len(let_in) == 1 else None, how)
            return speaking(request, response, let_in[0]) if let_in else response
        events.note(request, "sign-in", events.FAILURE, "portal: code", account=account)
        context |= {"wrong": True, "tired": guests.tired(request, account)}
    return render(request, "portal/code.html", context, status=403 if context.get("wrong") else 200)


def mobile(request: Any, account: Account) -> tuple[str, str] | None:
    """Whom, and at which number, a code may be texted to; None when nobody, or when this hub sends no texts."""
    if not request.hub.settings.text_url and not is_demo(request):
        return None
    with request.hub.store.view(HUB) as view:
        for person in guests.persons(account):
            found = reading.peek(view, person) or {}
            number = next((str(point["value"]) for point in identity.points(found, "sms", "phone")), None)
            if number and (not person.startswith("Patient/") or safe_contact.may_contact(view, person, "sms", number).allowed):
                return person, number
    return None


def ending(request: Any, account: Account) -> str:
    """The last digits of that number: enough to know it, too little to learn it."""
    found = mobile(request, account)
    return "".join(filter(str.isdigit, found[1]))[-2:] if found else ""


def _text(request: Request, account: Account, code: str) -> None:
    found = mobile(request, account)
    if found is None:
        return
    person, number = found
    with request.hub.store.change(replace(HUB, on_behalf_of=person), because="A code for the portal was asked for") as change:
        portal_mail.text(change, person=person, to=number, code=code)


# --- as whom, with which keys, and out ----------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def whose(request: Request) -> HttpResponse:
    """Whose record: for somebody let in by several; and for somebody whom nobody lets in any more."""
    if not guests.is_guest(request.user) or not guests.proved(request):
        return redirect("my_sign_in")
    known = {each: who for each in guests.persons(request.user) if (who := request.hub.store.guest(each))}  # type: ignore[arg-type]
    chosen = request.POST.get("person") if request.method == "POST" else next(iter(known)) if len(known) == 1 else None
    if chosen in known:
        request.session[guests.PERSON] = chosen
        return redirect("my")
    with request.hub.store.view(HUB) as view:
        choices = [(each, reading.name_of(view, str(who.on_behalf_of)), each.startswith("Patient/")) for each, who in known.items()]
        died = {found for each in guests.persons(request.user) if (found := duty.lost(view, each))}  # type: ignore[arg-type]
        lost = [(reading.name_of(view, each), show.phone_of(view, each)) for each in sorted(died)]
    return render(request, "portal/whose.html", {"choices": choices, "lost": lost}, status=200 if choices else 403)


@never_cache
@guest
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: Request) -> HttpResponse:
    """How somebody comes in next time, where they are signed in now, and out everywhere."""
    account: Account = request.user  # type: ignore[assignment]
    card = guests.new_card(account) if request.method == "POST" else None
    if card:
        events.note(request, "factor-added", detail="card of codes")
    context = {
        "new": card,
        "left": guests.card_left(account),
        "phone": ending(request, account),
        "sessions": len(accounts.sessions(account)),
        "several": len(guests.persons(account)) > 1,
    }
    return show.page(request, "portal/keys.html", context)


@require_POST
def out(request: Request) -> HttpResponse:
    """Sign out; with `everywhere`, on every device."""
    if guests.is_guest(request.user) and "everywhere" in request.POST:
        ended = accounts.end_sessions(request.user, apps=request.hub.store.apps)  # type: ignore[arg-type]
        events.note(request, "sign-out", detail=f"everywhere: {ended}")
    logout(request)
    return redirect("my_sign_in")


urlpatterns = [
    path("my/sign-in", ask, name="my_sign_in"),
    path("my/hello/<str:token>", hello, name="my_hello"),
    path("my/in/<str:token>", come, name="my_in"),
    path("my/code", second, name="my_code"),
    path("my/whose", whose, name="my_whose"),
    path("my/keys", keys, name="my_keys"),
    path("my/out", out, name="my_out"),
    path("my", RedirectView.as_view(pattern_name="my")),
    path("portal", RedirectView.as_view(pattern_name="my")),
]
