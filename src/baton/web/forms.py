"""allauth's forms with visible labels instead of placeholders."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm, SetPasswordForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from django.core.exceptions import ValidationError
from django.forms import BaseForm

from baton.web import events


def without_placeholders(form: BaseForm) -> None:
    """A placeholder goes away just when it is needed; labels stay."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class _Labelled:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        without_placeholders(self)  # type: ignore[arg-type]


class SignIn(_Labelled, LoginForm):  # type: ignore[misc]
    """E-mail and password."""


class ChangePassword(_Labelled, ChangePasswordForm):  # type: ignore[misc]
    """The password now, and the new one twice."""


class FirstPassword(_Labelled, SetPasswordForm):  # type: ignore[misc]
    """A password where there was none, twice."""


class Again(_Labelled, ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""


class Code(_Labelled, AuthenticateForm):  # type: ignore[misc]
    """A code of the authenticator app, or a recovery code."""


class FirstCode(_Labelled, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app, to see that it works."""


class Passkey(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey alone."""

    def clean_credential(self) -> Any:
        """The authenticator it is of. Raises ValidationError, recorded."""
        try:
            return super().clean_credential()
        except ValidationError:
            events.note(context.request, "sign-in", events.FAILURE, "passkey")
            raise


class CodeAgain(_Labelled, ReauthenticateCodeForm):  # type: ignore[misc]
    """The same, once more."""
