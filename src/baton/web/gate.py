"""The gate of a staff page: signed in, and with a role in the store."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from baton.store.who import ROLES as STAFF

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
        return view(request, *args, **kwargs)

    return guarded


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Off to the sign-in page and back here afterwards; a part of a page sends its whole page there."""
    part = getattr(request, "htmx", None)
    here = request.get_full_path() if request.method == "GET" and not part else "/"
    if part and part.current_url:
        address = urlsplit(part.current_url)
        here = f"{address.path}?{address.query}" if address.query else address.path
    target = f"{reverse('account_login')}?{urlencode({'next': here})}"
    if part:
        return HttpResponse(status=401, headers={"HX-Redirect": target})
    return redirect(target)
