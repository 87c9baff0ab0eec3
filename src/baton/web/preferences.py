"""Language and theme: kept in cookies of the reader's own browser, for a year."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from baton.web.options import THEMES

YEAR = 31_536_000


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language and go back."""
    return set_language(request)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Change the theme and go back."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = redirect(back)
    chosen = request.POST.get("theme", "auto")
    if chosen in dict(THEMES):
        response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE)
    return response
