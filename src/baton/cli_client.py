"""`baton client …`: the programs that may come in from outside, registered, listed and removed at the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from baton.settings import Settings

Command = Callable[..., argparse.ArgumentParser]


class ClientError(Exception):
    """Something the person at the command line can mend; the message says what."""


def commands(top: Any, command: Command) -> None:
    """Add the commands to the command line; `command` makes one below a parser."""
    below = top.add_parser("client", help="Apps that may come in from outside (SMART).").add_subparsers(required=True, metavar="COMMAND")
    sub = command("add", add, "Register an app; prints its id and, if it has one, its secret, once.", below)
    sub.add_argument("--name", required=True, help="what people will read when it asks for their consent")
    sub.add_argument("--scope", required=True, help='what it may ask for at most: "launch openid fhirUser patient/*.rs"')
    sub.add_argument("--redirect", action="append", default=[], metavar="URL", help="where it is sent back to; may be given several times")
    sub.add_argument("--launch-url", metavar="URL", help="where a patient's page launches it")
    kind = sub.add_mutually_exclusive_group()
    kind.add_argument("--confidential", action="store_true", help="it runs on a server and keeps a secret (or signs, with --jwks)")
    kind.add_argument("--backend", action="store_true", help="it comes for itself, without a person: needs --role and --jwks or --jwks-uri")
    keys = sub.add_mutually_exclusive_group()
    keys.add_argument("--jwks", type=Path, metavar="FILE", help="its public keys")
    keys.add_argument("--jwks-uri", metavar="URL", help="where its public keys are")
    sub.add_argument("--role", help="the role a backend acts in")
    sub.add_argument("--team", help="the team a backend belongs to (default: Intake)")
    sub.add_argument("--introspects", action="store_true", help="it may ask what anybody's token stands for: a resource server")
    command("list", list_, "List the registered apps: id, kind, name, scopes.", below)
    command("remove", remove, "Remove an app and end all its tokens.", below).add_argument("id")
    command("secret", secret, "Give a confidential app another secret; the old one stops working.", below).add_argument("id")
    sub = command("keys", keys_, "Show the hub's own signing keys, or sign with another from now on.", below)
    sub.add_argument("--rotate", choices=("RS256", "ES256"), metavar="ALGORITHM", help="make another key: RS256 or ES256")


def add(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton client add`."""
    from baton import app
    from baton.smart import registration

    kind = "backend" if arguments.backend else "confidential" if arguments.confidential else "public"
    with app.opened(settings) as hub:
        registered, secret = _told(
            lambda: registration.register(
                hub.store,
                app.HUB,
                name=arguments.name,
                kind=kind,
                scope=arguments.scope,
                redirects=tuple(arguments.redirect),
                launch_url=arguments.launch_url,
                jwks=_keys(arguments.jwks) if arguments.jwks else None,
                jwks_uri=arguments.jwks_uri,
                introspects=arguments.introspects,
                role=arguments.role,
                team=arguments.team,
            )
        )
    _say(registered.id)
    if secret:
        _say(secret)


def list_(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton client list`."""
    from baton import app

    with app.opened(settings) as hub:
        for each in hub.store.apps.all():
            _say(f"{each.id}\t{each.kind}\t{each.name}\t{each.scope}")


def remove(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton client remove ID`."""
    from baton import app
    from baton.smart import registration

    with app.opened(settings) as hub:
        _told(lambda: registration.remove(hub.store, app.HUB, arguments.id))


def secret(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton client secret ID`."""
    from baton import app
    from baton.smart import registration

    with app.opened(settings) as hub:
        _say(_told(lambda: registration.new_secret(hub.store, app.HUB, arguments.id)))


def keys_(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton client keys`."""
    from baton.smart.keys import Keys

    keys = Keys(settings.data / "secrets" / "oauth")
    if arguments.rotate:
        keys.rotate(arguments.rotate)
    for key in keys.published()["keys"]:
        _say(f"{key['kid']}\t{key['alg']}")


def _keys(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClientError(f"{path} cannot be read as JSON.") from error
    if not isinstance(found, dict):
        raise ClientError(f"{path} holds no set of keys.")
    return found


def _told(act: Callable[[], Any]) -> Any:
    from baton.store import Refused

    try:
        return act()
    except Refused as refused:
        raise ClientError("; ".join(issue.text for issue in refused.issues)) from refused


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
