"""Accounts of the portal: opened by an invitation, come into by a one-time link and a second factor, never by a password.

What somebody may see is not decided here: that stands in the store, and is asked for each page anew.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from baton.rules import portal as rules
from baton.store import Invalid
from baton.store.apps import Apps
from baton.web import accounts
from baton.web.models import Account, Guest, WayIn
from baton.web.options import LOCKOUT

PERSON, PROVED, CAME, TEXTED = "guest_person", "guest_proved", "guest_came", "guest_texted"
"""In a session: as whom; that both factors were proved; who came by a link and when; what was texted."""
DIGITS = 8
CODE = "[0-9]{6,8}"


def is_guest(user: object) -> bool:
    """Whether who is signed in is a guest of the portal."""
    return bool(getattr(user, "is_guest", False))


def of_person(person: str) -> Account | None:
    """The account by which somebody ("Patient/id", "RelatedPerson/id") comes in; None when there is none."""
    found = Guest.objects.filter(person=person).select_related("account").first()
    return found.account if found else None


def persons(account: Account) -> list[str]:
    """As whom an account may come in, if the store lets them."""
    return list(Guest.objects.filter(account=account).order_by("pk").values_list("person", flat=True))


def number(code: str) -> int:
    """A figure of the portal's rules, as of today."""
    return rules.number(code, timezone.localdate())


# --- invited ----------------------------------------------------------------------------------------------------------------------------


def invite(email: str, person: str) -> tuple[str, str]:
    """The path of an invitation, and the code that is told by another way than the link. Earlier ones of this person stop working.

    Raises Invalid for an address that is staff's, or is another patient's.
    """
    email = email.strip().lower()
    account = Account.objects.filter(email=email).first()
    if account is not None and not account.is_guest:
        raise Invalid("Somebody who works here signs in with this address: the portal takes another one.", expression="email")
    patients = [each for each in persons(account) if each.startswith("Patient/")] if account is not None else []
    if person.startswith("Patient/") and patients not in ([], [person]):
        raise Invalid("Another patient signs in with this address: everybody needs one of their own.", expression="email")
    token, code = secrets.token_urlsafe(24), "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    with transaction.atomic():
        WayIn.objects.filter(person=person, used=None).delete()
        WayIn.objects.create(
            digest=_digest(token),
            email=email,
            person=person,
            code=_digest(token + code),
            expires=timezone.now() + timedelta(days=number("invitation")),
        )
    return reverse("my_hello", args=[token]), code


def invitation(token: str) -> WayIn | None:
    """The invitation with this secret, while it can be used."""
    return _waiting(token).exclude(person="").filter(tries__lt=number("tries")).first()


def is_code(way: WayIn, token: str, code: str) -> bool:
    """Whether this is the code of an invitation; a wrong one counts, and too many end it."""
    right = secrets.compare_digest(way.code, _digest(token + "".join(code.split())))
    if not right:
        missed(way)
    return right


def missed(way: WayIn) -> None:
    """Something asked at the door was wrong: that counts."""
    WayIn.objects.filter(pk=way.pk).update(tries=F("tries") + 1)


def accept(way: WayIn, *, apps: Apps) -> Account | None:
    """The account of whoever proved to be invited; None when the invitation was used at the same moment.

    Who comes by another mailbox than before leaves that one behind: it opens nothing of theirs any more.
    """
    before = of_person(way.person)
    with transaction.atomic():
        if not WayIn.objects.filter(pk=way.pk, used=None).update(used=timezone.now()):
            return None
        account = Account.objects.filter(email=way.email).first() or Account.objects.create_user(way.email, practitioner="")
        if not account.is_guest:
            return None
        Account.objects.filter(pk=account.pk, is_active=False).update(is_active=True)
        Guest.objects.update_or_create(person=way.person, defaults={"account": account})
    account.refresh_from_db()
    if before is not None and before != account and not persons(before):
        accounts.close(before, apps=apps)
    return account


def known(people: Mapping[str, str]) -> None:
    """Accounts by e-mail address, as for those who accepted an invitation."""
    for email, person in people.items():
        account = Account.objects.filter(email=email).first() or Account.objects.create_user(email, practitioner="")
        if account.is_guest:
            Guest.objects.update_or_create(person=person, defaults={"account": account})


# --- coming in --------------------------------------------------------------------------------------------------------------------------


def link(email: str) -> tuple[Account, str] | None:
    """Whose address this is, and the path of a one-time link for them; None when it is nobody's of the portal."""
    account = Account.objects.filter(email=email.strip().lower(), practitioner="", is_active=True).first()
    if account is None:
        return None
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        WayIn.objects.filter(email=account.email, person="", used=None).delete()
        WayIn.objects.create(digest=_digest(token), email=account.email, expires=timezone.now() + timedelta(minutes=number("link")))
    return account, reverse("my_in", args=[token])


def lives(token: str) -> bool:
    """Whether a sign-in link can still be used. Looking uses nothing up: mail programs look."""
    return _waiting(token).filter(person="").exists()


def came(request: HttpRequest, token: str) -> bool:
    """Use a sign-in link up: the session knows who came, and asks for the second factor next."""
    way = _waiting(token).filter(person="").first()
    if way is None or not WayIn.objects.filter(pk=way.pk, used=None).update(used=timezone.now()):
        return False
    account = Account.objects.filter(email=way.email, practitioner="", is_active=True).first()
    if account is None:
        return False
    request.session.flush()
    request.session[CAME] = {"account": account.pk, "at": time.time()}
    return True


def coming(request: HttpRequest) -> Account | None:
    """Who has come by a link and still has to prove a second factor."""
    said = request.session.get(CAME)
    if not said or time.time() - said["at"] > number("link") * 60:
        return None
    return Account.objects.filter(pk=said["account"], practitioner="", is_active=True).first()


def text_code(request: HttpRequest, account: Account) -> str | None:
    """A new code to be texted; what is kept of it is a digest in the session. None when too many were asked for just now."""
    limits = {"login": f"{number('tries')}/900s/key"}
    if not ratelimit.consume(request, app="allauth.account", action="login", config=limits, key=f"guest-text-{account.pk}"):
        return None
    code = "".join(secrets.choice("0123456789") for _ in range(6))
    request.session[TEXTED] = {"digest": _digest(f"{request.session[CAME]}{code}"), "at": time.time()}
    return code


def proves(request: HttpRequest, account: Account, code: str) -> str | None:
    """Which second factor this code is: "text" or "card"; None when it is none, or too many were tried (see `tired`)."""
    code = "".join(code.split())
    if tired(request, account, dry=False):
        return None
    texted = request.session.get(TEXTED) or {"digest": "", "at": 0.0}
    fresh = time.time() - texted["at"] <= number("code") * 60
    if fresh and secrets.compare_digest(texted["digest"], _digest(f"{request.session[CAME]}{code}")):
        del request.session[TEXTED]
        return _rested(request, account, "text")
    card = Authenticator.objects.filter(user=account, type=Authenticator.Type.RECOVERY_CODES).first()
    return _rested(request, account, "card") if card and RecoveryCodes(card).validate_code(code) else None


def _rested(request: HttpRequest, account: Account, how: str) -> str:
    ratelimit.clear(request, app="allauth.account", action="login_failed", key=_key(account))
    return how


def tired(request: HttpRequest, account: Account, *, dry: bool = True) -> bool:
    """Whether too many codes were tried for this account just now, whoever tried."""
    by_account = {"login_failed": LOCKOUT.rpartition(",")[2]}
    ask = {"app": "allauth.account", "action": "login_failed", "config": by_account, "dry_run": dry, "limit_get": True}
    return not ratelimit.consume(request, key=_key(account), **ask)


def _key(account: Account) -> str:
    return f"guest-{account.pk}"


def enter(request: HttpRequest, account: Account, person: str | None, how: str) -> HttpResponse:
    """Sign somebody in who proved both: what they have (the mailbox) and a second thing by another way."""
    for key in (CAME, TEXTED):
        request.session.pop(key, None)
    record_authentication(request, account, method="portal", type=f"link and {how}")
    response: HttpResponse = perform_login(request, account, email_verification="none", redirect_url=reverse("my"))
    request.session[PROVED] = how
    if person:
        request.session[PERSON] = person
    return response


def proved(request: HttpRequest) -> bool:
    """Whether this session of a guest proved both factors."""
    return bool(request.session.get(PROVED))


# --- keys and sessions ------------------------------------------------------------------------------------------------------------------


def card_left(account: Account) -> int:
    """How many codes of the card are unused; 0 without a card."""
    return accounts.codes_left(account) or 0


def new_card(account: Account) -> list[str]:
    """A new card of codes, shown this once; the one before stops working."""
    Authenticator.objects.filter(user=account, type=Authenticator.Type.RECOVERY_CODES).delete()
    return list(RecoveryCodes.activate(account).generate_codes())


def forget(person: str, *, apps: Apps) -> None:
    """Somebody is no longer let in: their ways in stop working; an account that is for nobody else is closed, its sessions ended."""
    WayIn.objects.filter(person=person, used=None).delete()
    account = of_person(person)
    if account is None:
        return
    Guest.objects.filter(person=person).delete()
    if not persons(account):
        WayIn.objects.filter(email=account.email, used=None).delete()
        accounts.close(account, apps=apps)


def _waiting(token: str) -> QuerySet[WayIn, WayIn]:
    return WayIn.objects.filter(digest=_digest(token), used=None, expires__gt=timezone.now())


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
