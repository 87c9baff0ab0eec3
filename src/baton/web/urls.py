"""The shell's addresses, and after them those of the rooms that stand on it."""

from django.conf import settings
from django.urls import include, path

from baton.web import accounts, factors, preferences

handler400 = "baton.web.errors.bad_request"
handler403 = "baton.web.errors.forbidden"
handler404 = "baton.web.errors.missing"
handler500 = "baton.web.errors.broken"

urlpatterns = [
    *factors.urlpatterns,
    path("welcome/<str:token>", accounts.welcome, name="welcome"),
    path("language", preferences.language, name="language"),
    path("theme", preferences.theme, name="theme"),
    *(path("", include(f"{room}.urls")) for room in settings.ROOMS),
]
