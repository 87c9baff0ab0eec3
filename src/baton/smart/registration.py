"""Registering programs: what is asked of one before it may come in, and the person a backend acts as."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError

from baton.duties.team import staff
from baton.fhir import scope as scopes
from baton.fhir.outcome import Bad, Issue, error
from baton.smart.client import key_set
from baton.store import Store, Who
from baton.store.apps import KINDS, App, digest
from baton.store.who import Forbidden, Invalid

MOST_ADDRESSES = 20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9\-]+)+\Z")  # RFC 8252: the reverse of a domain name
NOWHERE = "app.invalid"  # no mail ever arrives there, and nobody can be invited
REGISTERS = frozenset({"administrator", "system"})
"""Roles that may register programs."""


def register(
    store: Store,
    by: Who,
    *,
    name: str,
    kind: str,
    scope: str,
    redirects: tuple[str, ...] = (),
    launch_url: str | None = None,
    jwks: dict[str, Any] | None = None,
    jwks_uri: str | None = None,
    introspects: bool = False,
    role: str | None = None,
    team: str | None = None,
) -> tuple[App, str | None]:
    """Register a program. Gives it and, for a confidential one without keys, its secret, shown once.

    A backend acts as a person of its own with this `role` in this `team`. Raises Forbidden, and Invalid naming each part that is wrong.
    """
    _may(by)
    wrong = [*_wrong(kind, name, redirects, launch_url, jwks, jwks_uri), *_wrong_scope(kind, scope), *_wrong_role(kind, role)]
    if wrong:
        raise Invalid(wrong)
    secret = secrets.token_urlsafe(32) if kind == "confidential" and not (jwks or jwks_uri) else None
    app = App(
        id=f"app-{secrets.token_hex(8)}",
        name=" ".join(name.split()),
        kind=kind,
        secret=digest(secret) if secret else None,
        redirects=tuple(dict.fromkeys(redirects)),
        launch_url=launch_url or None,
        scope=str(scopes.read(scope)),
        jwks=jwks,
        jwks_uri=jwks_uri or None,
        introspects=introspects,
        added_by=by.person,
    )
    if kind == "backend":
        with store.change(by, because=f"Register the app {app.id}") as change:
            app = replace(app, person=staff.add(change, email=f"{app.id}@{NOWHERE}", role=role or "", team=team, name=app.name))
    store.apps.add(app)
    store.note_event(by, "app registered", detail=f"{app.id}: {app.scope}")
    return app, secret


def remove(store: Store, by: Who, client: str) -> None:
    """Remove a program and all its tokens; the person it acted as has no role any more. Raises Forbidden and Invalid."""
    _may(by)
    app = store.apps.get(client)
    if app is None:
        raise Invalid([error("not-found", "There is no such app.", "client")])
    store.apps.remove(client)
    if app.person:
        with store.change(by, because=f"Remove the app {client}") as change:
            for held in change.find("PractitionerRole", practitioner=app.person, active="true"):
                change.put({**held, "active": False})
            change.put({**change.get("Practitioner", app.person.partition("/")[2]), "active": False})
    store.note_event(by, "app removed", detail=client)


def new_secret(store: Store, by: Who, client: str) -> str:
    """Another secret for a confidential program, shown once; the old one stops working. Raises Forbidden and Invalid."""
    _may(by)
    app = store.apps.get(client)
    if app is None or app.secret is None:
        raise Invalid([error("not-found", "There is no such app with a secret.", "client")])
    store.note_event(by, "app secret renewed", detail=client)
    return store.apps.new_secret(client)


def _may(by: Who) -> None:
    if by.role not in REGISTERS or by.limits is not None:
        raise Forbidden("Registering apps is for administrators.")


def _wrong(
    kind: str, name: str, redirects: tuple[str, ...], launch_url: str | None, jwks: dict[str, Any] | None, jwks_uri: str | None
) -> list[Issue]:
    found: list[Issue] = []
    if kind not in KINDS:
        found.append(error("value", f"An app is one of {', '.join(KINDS)}.", "kind"))
    if not 1 <= len(name.strip()) <= 100:
        found.append(error("required", "An app has a name of at most 100 characters.", "name"))
    if kind == "backend":
        if redirects or launch_url:
            found.append(error("invalid", "A backend has no pages: leave redirect and launch addresses out.", "redirect"))
        if not (jwks or jwks_uri):
            found.append(error("required", "A backend proves itself with its keys: give jwks or jwks_uri.", "jwks"))
    elif not 1 <= len(redirects) <= MOST_ADDRESSES:
        found.append(error("required", f"An app has 1 to {MOST_ADDRESSES} addresses it is sent back to.", "redirect"))
    if kind == "public" and (jwks or jwks_uri):
        found.append(error("invalid", "A public app keeps no secrets, so it has no keys.", "jwks"))
    if jwks and jwks_uri:
        found.append(error("invalid", "Give jwks or jwks_uri, not both.", "jwks"))
    found += [
        error("value", f"{each[:120]!r} is no address an app can be sent back to: {why}", "redirect")
        for each in redirects
        if (why := _amiss(each))
    ]
    if launch_url and (why := _amiss(launch_url, pages=True)):
        found.append(error("value", f"The launch address is none: {why}", "launch_url"))
    if jwks_uri and urlsplit(jwks_uri).scheme not in ("https", "http"):
        found.append(error("value", "The keys' address starts with https://.", "jwks_uri"))
    if jwks is not None:
        found += _wrong_keys(jwks)
    return found


def _amiss(address: str, *, pages: bool = False) -> str | None:
    """What is wrong with an address of an app; None when nothing is."""
    if not (address.isascii() and address.isprintable()) or any(character in address for character in " \"\\<>'"):
        return "it holds characters that have no place in an address."
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return "it cannot be read."
    if parts.fragment or "#" in address or parts.username is not None:
        return "it has no fragment and no user name."
    if parts.scheme == "https" and host or parts.scheme == "http" and host in _LOOPBACK:
        return None
    if not pages and not host and _PRIVATE_USE.match(parts.scheme):
        return None
    return "it starts with https:// (or http:// on this machine, or an app's own scheme such as com.example.app:/)."


def _wrong_keys(jwks: dict[str, Any]) -> list[Issue]:
    try:
        keys = key_set(jwks).keys
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        keys = []
    if not keys or len(keys) != len(jwks["keys"]):
        return [error("value", "jwks holds public RSA and EC keys, and at least one.", "jwks")]
    if any(key.is_private for key in keys):
        return [error("value", "jwks holds public keys; keep the private ones to yourself.", "jwks")]
    if any("kid" not in each for each in jwks["keys"]):
        return [error("value", "Every key in jwks has a kid.", "jwks")]
    return []


def _wrong_scope(kind: str, scope: str) -> list[Issue]:
    try:
        asked = scopes.read(scope, strict=True)
    except Bad as bad:
        return list(bad.issues)
    if not asked:
        return [error("required", "Say what the app may ask for at most, for example: launch openid fhirUser patient/*.rs", "scope")]
    wrong = asked.level("patient", "user") if kind == "backend" else asked.level("system")
    if wrong.resources or (kind == "backend" and asked.context):
        levels = "system/ scopes only" if kind == "backend" else "patient/ and user/ scopes, no system/ ones"
        return [error("value", f"Such an app has {levels}.", "scope")]
    return []


def _wrong_role(kind: str, role: str | None) -> list[Issue]:
    if kind == "backend" and role not in staff.ROLES:
        return [error("code-invalid", f"A backend acts in one of the roles {', '.join(staff.ROLES)}.", "role")]
    if kind != "backend" and role:
        return [error("invalid", "Only a backend has a role of its own; other apps act for the person who signs in.", "role")]
    return []
