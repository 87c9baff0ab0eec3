"""The second factor at sign-in, and who still has to get one."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

PROVED = "second_factor"
"""In a session: whoever has it proved more than a password."""
SEVERAL_FACTORS = "mfa"
"""What an OpenID provider says in `amr` when it asked for more than a password (RFC 8176)."""


class SecondFactor(AuthenticateStage):  # type: ignore[misc]
    """Asks for the code or the passkey, unless single sign-on or the portal says that was done already."""

    def _should_handle(self, request: HttpRequest) -> bool:
        if getattr(self.login.user, "is_guest", False):  # the portal asks for both factors before anybody is signed in
            return False
        return not asserted(self.login.signal_kwargs) and super()._should_handle(request)


def asserted(signal_kwargs: dict[str, Any] | None) -> bool:
    """Whether the OpenID provider says several factors were used."""
    sociallogin = (signal_kwargs or {}).get("sociallogin")
    if sociallogin is None:
        return False
    told = (sociallogin.account.extra_data or {}).get("id_token", {})
    return SEVERAL_FACTORS in (told.get("amr") or ())


def proved(request: HttpRequest) -> bool:
    """Whether this session knows more than a password about who is signed in."""
    if request.session.get(PROVED):
        return True
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))
