"""The shell's addresses, and after them those of the rooms that stand on it."""

from allauth.account import views as account
from django.conf import settings
from django.urls import include, path

from baton.web import accounts, preferences

handler400 = "baton.web.errors.bad_request"
handler403 = "baton.web.errors.forbidden"
handler404 = "baton.web.errors.missing"
handler500 = "baton.web.errors.broken"

urlpatterns = [
    path("sign-in", account.login, name="account_login"),
    path("sign-out", account.logout, name="account_logout"),
    path("sign-in/inactive", account.account_inactive, name="account_inactive"),
    path("account/reauthenticate", account.reauthenticate, name="account_reauthenticate"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/password/set", account.password_set, name="account_set_password"),
    path("welcome/<str:token>", accounts.welcome, name="welcome"),
    path("language", preferences.language, name="language"),
    path("theme", preferences.theme, name="theme"),
    *(path("", include(f"{room}.urls")) for room in settings.ROOMS),
]
