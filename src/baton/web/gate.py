"""The gate of a staff page: signed in, a second factor where one is required, a role in the store; and the step up for sensitive acts."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from baton.store.who import STAFF
from baton.web import guests, stages

if TYPE_CHECKING:
    from baton.store import Who
    from baton.web.django import Hub

ROLES = frozenset(STAFF) - {"system"}
View = Callable[..., HttpResponse]


class Request(HttpRequest):
    """A request as the middleware hands it on: with the hub, and who is asking."""

    hub: Hub
    who: Who


def staff(view: View) -> View:
    """A page for staff: others are sent to sign in, or told why they cannot be let in. The view finds request.who and request.hub."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if getattr(request, "who", None) is None or request.who.role not in ROLES:  # type: ignore[attr-defined]
            return render(request, "account/no_role.html", status=403)
        if request.hub.settings.second_factor_required and not stages.proved(request):  # type: ignore[attr-defined]
            return elsewhere(request, reverse("second_factor"))
        return view(request, *args, **kwargs)

    return guarded


def stepped_up(view: View) -> View:
    """A page of staff for what must not be done by whoever finds a screen unlocked: exporting, breaking the glass, roles, revoking.

    Whoever proved who they are in the past minutes (BATON_STEP_UP; signing in counts) passes. Others confirm that it is them, and are
    then where they were: what they sent is kept meanwhile and goes on by itself.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if fresh(request):
            return view(request, *args, **kwargs)
        if getattr(request, "htmx", None):
            return elsewhere(request, f"{reverse('account_reauthenticate')}?{urlencode({'next': whole_page(request)})}")
        if not _ways_to_prove(request):
            return render(request, "account/sign_in_again.html", {"next": whole_page(request)}, status=403)
        raise ReauthenticationRequired

    return staff(guarded)


def fresh(request: HttpRequest) -> bool:
    """Whether who is signed in proved it in the past minutes."""
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record["at"] > since for record in get_authentication_records(request, request.user))


def _ways_to_prove(request: HttpRequest) -> bool:
    from allauth.account.adapter import get_adapter

    return bool(get_adapter(request).get_reauthentication_methods(request.user))


def whole_page(request: HttpRequest) -> str:
    """The address of the page a request comes from, to go back to: for a part of a page and for a form, the page it is on."""
    part = getattr(request, "htmx", None)
    if request.method == "GET" and not part:
        return request.get_full_path()
    address = urlsplit((part.current_url if part else request.headers.get("Referer")) or "/")
    if address.netloc not in ("", request.get_host()):
        return "/"
    return f"{address.path}?{address.query}" if address.query else address.path


def elsewhere(request: HttpRequest, target: str, status: int = 401) -> HttpResponse:
    """Off to another page; a part of a page takes its whole page along."""
    if getattr(request, "htmx", None):
        return HttpResponse(status=status, headers={"HX-Redirect": target})
    return redirect(target)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Off to the sign-in page and back here afterwards; a part of a page sends its whole page there."""
    return elsewhere(request, f"{reverse('account_login')}?{urlencode({'next': whole_page(request)})}")


def to_portal(request: HttpRequest) -> HttpResponse:
    """Off to the portal's sign-in page; not back to where they were, which may not be theirs any more."""
    return elsewhere(request, reverse("my_sign_in"))


def guest(view: View) -> View:
    """A page of the portal: for a patient, or somebody a patient lets in. The view finds request.who and request.hub.

    Asked each time: whether they proved who they are, and whether they are let in at this moment.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not guests.is_guest(request.user) or not guests.proved(request):
            return to_portal(request)
        if getattr(request, "who", None) is None:
            return elsewhere(request, reverse("my_whose"))
        return view(request, *args, **kwargs)

    return guarded
