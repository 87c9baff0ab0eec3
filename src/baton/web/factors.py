"""Second factors: where somebody who must have one gets it, and allauth's pages for them at addresses of our own."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as single_sign_on
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, path, reverse
from django.views.generic import RedirectView

from baton.web import stages
from baton.web.gate import to_sign_in


def mine(fragment: str = "") -> str:
    """The address of "My account", if this hub has such a page; else the start."""
    try:
        return reverse("account") + fragment
    except NoReverseMatch:
        return "/"


def choose(request: HttpRequest) -> HttpResponse:
    """Somebody who must have a second factor and has none chooses one; everything else is closed until then."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    if stages.proved(request):
        return redirect(mine())
    return render(request, "account/second_factor.html")


def to_mine(request: HttpRequest) -> HttpResponse:
    """allauth's own overviews are parts of "My account"."""
    return redirect(mine("#second"))


def leave(request: HttpRequest) -> HttpResponse:
    """Sign out; what pages kept in this browser goes with the sign-in."""
    response: HttpResponse = account.logout(request)
    if not request.user.is_authenticated:
        response.headers["Clear-Site-Data"] = '"storage"'
    return response


urlpatterns = [
    path("sign-in", account.login, name="account_login"),
    path("sign-in/passkey", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/code", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/inactive", account.account_inactive, name="account_inactive"),
    path("sign-in/error", social.login_error, name="socialaccount_login_error"),
    path("sign-in/cancelled", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("sign-in/<str:provider_id>", single_sign_on.login, name="openid_connect_login"),
    path("sign-in/<str:provider_id>/back", single_sign_on.callback, name="openid_connect_callback"),
    path("sign-out", leave, name="account_logout"),
    path("account/second-factor", choose, name="second_factor"),
    path("account/reauthenticate", account.reauthenticate, name="account_reauthenticate"),
    path("account/reauthenticate/code", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/reauthenticate/passkey", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/password/set", account.password_set, name="account_set_password"),
    path("account/factors", to_mine, name="mfa_index"),
    path("account/app", totp.activate_totp, name="mfa_activate_totp"),
    path("account/app/remove", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/passkeys", to_mine, name="mfa_list_webauthn"),
    path("account/passkeys/add", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/name", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/codes", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/codes/new", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    # what allauth would offer to people who sign up or connect accounts themselves: here an administrator does
    path("account/connections", RedirectView.as_view(url="/"), name="socialaccount_connections"),
]
