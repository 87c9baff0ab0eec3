"""What happens to accounts, told to the store's record of events: sign-ins and refusals, factors, passwords, step-up, lockout."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa_signals
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from baton.web import stages
from baton.web.models import Account

SUCCESS, FAILURE, REFUSED = "success", "failed", "refused"
NOBODY = "unknown"


def note(request: HttpRequest | None, what: str, outcome: str = SUCCESS, detail: str = "", *, account: Account | None = None) -> None:
    """Record one event about an account: that of `account`, or whoever is signed in. Never what was typed."""
    hub = getattr(request, "hub", None) or (request.META.get("baton.hub") if request else None)
    if hub is None:
        return
    about = account or (request.user if request is not None and request.user.is_authenticated else None)
    if not isinstance(about, Account):
        hub.store.note_event(NOBODY, what, outcome, detail)
        return
    hub.store.note_event(about.person or NOBODY, what, outcome, detail, entrance="portal" if about.is_guest else "desk")


def connect() -> None:
    """Listen to everything that is told of accounts."""
    for signal, listener in (
        (user_logged_in, _signed_in),
        (user_logged_out, _signed_out),
        (account_signals.user_logged_in, _signed_in_by),
        (account_signals.authentication_step_completed, _proved_again),
        (account_signals.password_changed, _password),
        (account_signals.password_set, _password),
        (mfa_signals.authenticator_added, _added),
        (mfa_signals.authenticator_removed, _removed),
        (mfa_signals.authenticator_reset, _renewed),
        (mfa_signals.authenticator_used, _used),
        (mfa_signals.authentication_failed, _wrong_code),
    ):
        signal.connect(listener, dispatch_uid=f"baton {listener.__name__} {id(signal)}")


def _signed_in(sender: Any, request: HttpRequest, user: Account, **more: Any) -> None:
    methods = [record.get("type") or record["method"] for record in get_authentication_records(request, user)]
    note(request, "sign-in", detail=" and ".join(dict.fromkeys(methods)), account=user)


def _signed_in_by(sender: Any, request: HttpRequest, user: Account, **more: Any) -> None:
    if stages.asserted(more):
        request.session[stages.PROVED] = True


def _signed_out(sender: Any, request: HttpRequest, user: Account | None, **more: Any) -> None:
    if user is not None:
        hub = getattr(request, "hub", None)
        if hub is not None and request.session.session_key:
            hub.store.apps.end_session(request.session.session_key)
        note(request, "sign-out", detail=getattr(request, "ended", ""), account=user)


def _proved_again(sender: Any, request: HttpRequest, user: Account, method: str, **more: Any) -> None:
    if more.get("reauthenticated"):
        note(request, "step-up", detail=more.get("type") or method, account=user)


def _password(sender: Any, request: HttpRequest, user: Account, **more: Any) -> None:
    """Another password ends every other session; what apps were let see in them ends too."""
    from baton.web import accounts  # noqa: PLC0415  it tells its own events here

    hub = getattr(request, "hub", None)
    if hub is not None:
        accounts.end_sessions(user, apps=hub.store.apps, but=request.session.session_key)
    note(request, "password-changed", account=user)


def _added(sender: Any, request: HttpRequest, user: Account, authenticator: Any, **more: Any) -> None:
    if authenticator.type != "recovery_codes":
        request.session[stages.PROVED] = True
    note(request, "factor-added", detail=authenticator.type, account=user)


def _removed(sender: Any, request: HttpRequest, user: Account, authenticator: Any, **more: Any) -> None:
    note(request, "factor-removed", detail=authenticator.type, account=user)


def _renewed(sender: Any, request: HttpRequest, user: Account, authenticator: Any, **more: Any) -> None:
    note(request, "recovery-codes-made", account=user)


def _used(sender: Any, request: HttpRequest, user: Account, authenticator: Any, **more: Any) -> None:
    if authenticator.type == "recovery_codes":
        note(request, "recovery-code-used", account=user)


def _wrong_code(sender: Any, request: HttpRequest, user: Account, authenticator: Any, **more: Any) -> None:
    note(request, "step-up" if more.get("reauthentication") else "sign-in", FAILURE, "code", account=user)
