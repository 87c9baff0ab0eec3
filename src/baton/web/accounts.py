"""Accounts: nobody signs up by themselves; a one-time link lets a person who was added set a password."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from baton.web.models import Account, Invitation
from baton.web.options import LINK_LIVES


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's questions, answered for a hub whose people are added by an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No "you have signed in" above the day's work."""


def account_for(email: str, practitioner: str) -> Account:
    """The account with this e-mail, made without a password if there is none; `practitioner` is an id or "Practitioner/id"."""
    practitioner = practitioner.removeprefix("Practitioner/")
    account = Account.objects.filter(email=email.strip().lower()).first()
    if account is None:
        return Account.objects.create_user(email.strip(), practitioner=practitioner)
    if account.practitioner != practitioner:
        account.practitioner = practitioner
        account.save(update_fields=["practitioner"])
    return account


def set_password(email: str, practitioner: str, password: str) -> None:
    """Make or change an account with this password at once, unless it has it already."""
    account = account_for(email, practitioner)
    if not account.check_password(password):
        account.set_password(password)
        account.save(update_fields=["password"])


def invite(email: str, practitioner: str) -> str:
    """The path of a one-time link with which the person sets a password; earlier links of theirs stop working."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        account = account_for(email, practitioner)
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
    login(request, invitation.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return redirect("/")
