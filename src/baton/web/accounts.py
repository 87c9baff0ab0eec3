"""Accounts: made for people who were added, opened by a one-time link, unlocked, their sessions ended, closed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from baton.store import Invalid
from baton.store.apps import Apps
from baton.web import events
from baton.web.models import Account, Invitation
from baton.web.options import LINK_LIVES, LOCKOUT


def account_for(email: str, practitioner: str) -> Account:
    """The account with this e-mail, made without a password if there is none; `practitioner` is an id or "Practitioner/id".

    Raises Invalid for the address of a guest: nobody becomes staff by an address a patient gave.
    """
    practitioner = practitioner.removeprefix("Practitioner/")
    account = Account.objects.filter(email=email.strip().lower()).first()
    if account is None:
        return Account.objects.create_user(email.strip(), practitioner=practitioner)
    if account.is_guest:
        raise Invalid("This e-mail address signs in to the patients' portal; work takes another address.", expression="email")
    if account.practitioner != practitioner:
        account.practitioner = practitioner
        account.save(update_fields=["practitioner"])
    return account


def set_password(email: str, practitioner: str, password: str) -> None:
    """Make or change an account with this password at once, unless it has it already."""
    account = account_for(email, practitioner)
    if not (account.has_usable_password() and account.check_password(password)):
        account.set_password(password)
        account.save(update_fields=["password"])


def share_password(people: Mapping[str, str], password: str) -> None:
    """Accounts of practitioners by e-mail with one password that is no secret, hashed once: hashing is made to be slow."""
    hashed = make_password(password)
    for email, practitioner in people.items():
        account = account_for(email, practitioner)
        account.password = hashed
        account.save(update_fields=["password"])


def invite(email: str, practitioner: str) -> str:
    """The path of a one-time link with which the person sets a password; earlier links of theirs stop working."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        account = account_for(email, practitioner)
        Account.objects.filter(pk=account.pk, is_active=False).update(is_active=True)
        Invitation.objects.filter(account=account, used=None).delete()
        Invitation.objects.create(account=account, digest=digest(token), expires=timezone.now() + LINK_LIVES)
    return reverse("welcome", args=[token])


def digest(token: str) -> str:
    """What is kept of a link's secret."""
    return sha256(token.encode()).hexdigest()


@never_cache
@sensitive_post_parameters()
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a one-time link: set a password, and be signed in. Looking at it uses nothing up; only setting the password does."""
    waiting = Invitation.objects.filter(digest=digest(token), used=None, expires__gt=timezone.now(), account__is_active=True)
    invitation = waiting.select_related("account").first()
    if invitation is None:
        return render(request, "account/link_gone.html", status=410)
    form = SetPasswordForm(invitation.account, request.POST or None)
    if not (request.method == "POST" and form.is_valid()):
        return render(request, "account/welcome.html", {"form": form, "email": invitation.account.email})
    with transaction.atomic():
        if not waiting.filter(pk=invitation.pk).update(used=timezone.now()):
            return render(request, "account/link_gone.html", status=410)
        form.save()
    request.session.flush()
    unlock(request, invitation.account)
    if hub := request.META.get("baton.hub"):
        end_sessions(invitation.account, apps=hub.store.apps)
    events.note(request, "password-changed", detail="one-time link", account=invitation.account)
    # through every stage of a sign-in: a link in the wrong hands does not replace the second factor
    response: HttpResponse = perform_login(request, invitation.account, email_verification="none", redirect_url="/")
    return response


# --- what an administrator does to an account, or its owner ------------------------------------------------------------------------------


def of(practitioner: str) -> Account | None:
    """The account of this person ("Practitioner/id" or the id), or None."""
    return Account.objects.filter(practitioner=practitioner.removeprefix("Practitioner/")).order_by("-is_active", "-since").first()


def sessions(account: Account) -> list[UserSession]:
    """The sessions of an account that have not ended, the newest first, each with `used`, the time it was last used."""
    found = sorted(UserSession.objects.purge_and_list(account), key=lambda each: each.created_at, reverse=True)
    for each in found:
        each.used = each._session_store(each.session_key).get("used")
    return found


def end_session(session: UserSession, *, apps: Apps) -> None:
    """End one session, and what apps were let see for as long as it lasts."""
    session.end()
    apps.end_session(session.session_key)


def end_sessions(account: Account, *, apps: Apps, but: str | None = None) -> int:
    """End the sessions of an account, except the one with this key, as `end_session` does. Says how many."""
    ended = 0
    # not by `sessions`: that forgets those of a closed account without ending them, and they would live again when it opens
    for each in UserSession.objects.filter(user=account).exclude(session_key=but or ""):
        ended += each.exists()
        end_session(each, apps=apps)
    return ended


def close(account: Account, *, apps: Apps) -> int:
    """Nobody signs in to it any more, from now on, anywhere. Says how many sessions that ended."""
    account.is_active = False
    account.save(update_fields=["is_active"])
    Invitation.objects.filter(account=account, used=None).delete()
    return end_sessions(account, apps=apps)


def ways(account: Account) -> tuple[str, ...]:
    """How this account can be signed in to: password, webauthn, totp, recovery_codes."""
    factors = set(Authenticator.objects.filter(user=account).values_list("type", flat=True))
    known = ("password",) if account.has_usable_password() else ()
    return (*known, *(each for each in ("webauthn", "totp", "recovery_codes") if each in factors))


def passkeys(account: Account) -> list[Authenticator]:
    """The passkeys of an account, the oldest first."""
    return list(Authenticator.objects.filter(user=account, type=Authenticator.Type.WEBAUTHN).order_by("created_at"))


def codes_left(account: Account) -> int | None:
    """How many recovery codes are unused; None when there never were any."""
    found = Authenticator.objects.filter(user=account, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(found.wrap().get_unused_codes()) if found else None


def forget_factors(account: Account) -> int:
    """Take away passkeys, authenticator app and recovery codes, of somebody who lost them. Says how many."""
    return int(Authenticator.objects.filter(user=account).delete()[0])


def _keys(request: HttpRequest, account: Account) -> tuple[str, str]:
    """What failed tries are counted under: those of the password, and those of the second factor."""
    return get_adapter(request)._get_login_attempts_cache_key(request, email=account.email), f"mfa-auth-user-{account.pk}"


def locked(request: HttpRequest, account: Account) -> bool:
    """Whether too many tries have locked the account just now."""
    by_account = {"login_failed": LOCKOUT.rpartition(",")[2]}
    ask = {"app": "allauth.account", "action": "login_failed", "config": by_account, "dry_run": True, "limit_get": True}
    return not all(ratelimit.consume(request, key=key, **ask) for key in _keys(request, account))


def unlock(request: HttpRequest, account: Account) -> None:
    """Let the account be tried again at once."""
    for key in _keys(request, account):
        ratelimit.clear(request, app="allauth.account", action="login_failed", key=key)
