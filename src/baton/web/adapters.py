"""allauth's questions, answered for a hub whose people are added: who may come in, how secrets are kept, who is whom."""

from __future__ import annotations

import base64
from typing import Any
from xml.etree import ElementTree

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as lazy

from baton.web import events, gate
from baton.web.models import Account


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in, failed tries, and what is asked again."""

    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": lazy(
            "Too many failed tries: this account is locked for five minutes, whoever tries. Wait, or ask your administrator to unlock it."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def add_message(self, request: HttpRequest, level: int, *args: Any, message: Any = None, **kwargs: Any) -> None:
        """No "you have signed in" above the day's work; but what went wrong is said."""
        if level >= messages.ERROR and message:
            messages.error(request, message)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """What happened to an account stands in the record of events, not in a mail."""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a locked account; a refusal is recorded."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            events.note(request, "lockout", events.REFUSED, account=account_of(credentials))
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password, or an e-mail address nobody has."""
        what = "step-up" if request.user.is_authenticated else "sign-in"
        events.note(request, what, events.FAILURE, "password", account=account_of(credentials))

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Whether this is the password of who is signed in."""
        again = self.authenticate(context.request, email=user.email, password=password)
        return again is not None and again.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever signed in a moment ago need not do it again."""
        return not gate.fresh(context.request)

    def get_login_stages(self) -> list[str]:
        """allauth's, with our own question for the second factor."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "baton.web.stages.SecondFactor"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]


def account_of(credentials: dict[str, Any]) -> Account | None:
    """The account somebody tried to sign in to."""
    return Account.objects.filter(email=str(credentials.get("email", "")).strip().lower()).first()


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys, authenticator apps and recovery codes."""

    def encrypt(self, text: str) -> str:
        """Secrets of authenticator apps and recovery codes are not in the database as they are."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` kept. Raises InvalidToken when the hub's secret key has changed since."""
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """The picture an authenticator app reads, as one element of a page."""
        code = qrcode.QRCode(border=4)
        code.add_data(url)
        rows = code.get_matrix()
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
        svg = ElementTree.Element("svg", {"viewBox": f"0 0 {len(rows)} {len(rows)}", "class": "qr", "aria-hidden": "true"})
        ElementTree.SubElement(svg, "path", {"d": dark})
        return ElementTree.tostring(svg, encoding="unicode")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """This hub, as a passkey's owner is told of it."""
        return {"id": context.request.get_host().partition(":")[0], "name": "Baton"}


def _fernet() -> Fernet:
    key = HKDF(SHA256(), length=32, salt=None, info=b"baton second factors").derive(settings.SECRET_KEY.encode("latin-1"))
    return Fernet(base64.urlsafe_b64encode(key))


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on: who comes is matched by a verified e-mail address to somebody who was added; nobody is made by it."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs up."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Join the person of the provider to the account of that e-mail address. Raises ImmediateHttpResponse when there is none."""
        if sociallogin.state.get("process") == "connect":
            raise ImmediateHttpResponse(redirect("/"))
        if sociallogin.is_existing:
            return
        verified = [each.email.strip().lower() for each in sociallogin.email_addresses if each.verified]
        account = Account.objects.filter(email__in=verified, is_active=True).exclude(practitioner="").first()
        if account is None:
            events.note(request, "sign-in", events.REFUSED, "single sign-on: nobody of that address")
            raise ImmediateHttpResponse(render(request, "account/not_added.html", {"verified": bool(verified)}, status=403))
        sociallogin.connect(request, account)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """The provider said no, or could not be asked."""
        events.note(request, "sign-in", events.FAILURE, "single sign-on")
