"""Keeping a hub for years, from the command line alone: back it up, bring it back, and erase a patient when the law says so."""

from __future__ import annotations

import argparse
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from baton.settings import Settings

if TYPE_CHECKING:
    from baton.store.erasure import Erased


class UpkeepError(Exception):
    """Something the person at the command line can mend; the message says what."""


def commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """The rows of these commands in the command line."""
    sub = command("backup", backup, "Write an encrypted backup of everything, while the hub runs.")
    sub.add_argument("file", type=Path)
    _key_file(sub)
    sub = command("restore", restore, "Bring a backup back into an empty data folder, then check it.")
    sub.add_argument("file", type=Path)
    _key_file(sub)
    sub = command("relabel", relabel, "Label what is stored by today's rules of what is sensitive. Counts only, unless --yes is given.")
    sub.add_argument("--yes", action="store_true", help="write them anew")
    sub = command("erase", erase, "Erase a patient when the law says so; leaves a tombstone. Rehearses unless --yes is given.")
    sub.add_argument("--patient", required=True, metavar="ID")
    sub.add_argument("--because", required=True, metavar="TEXT", help="why, without health information: it is kept")
    sub.add_argument("--approved-by", required=True, metavar="EMAIL", help="an administrator or supervisor who answers for it")
    sub.add_argument("--law", required=True, metavar="GROUND", help="the ground in law: see docs/operations.md")
    sub.add_argument("--scrub", action="store_true", help="rewrite the tables' files too (nobody can use them meanwhile)")
    sub.add_argument("--yes", action="store_true", help="do it; it cannot be undone")


def _key_file(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--key-file", type=Path, metavar="FILE", help="file with the secret (default: BATON_BACKUP_SECRET)")


def _secret(arguments: argparse.Namespace, settings: Settings) -> bytes:
    if arguments.key_file:
        try:
            return bytes(arguments.key_file.read_bytes().strip())
        except OSError as error:
            raise UpkeepError(f"{arguments.key_file} cannot be read: {error.strerror}.") from error
    if not settings.backup_secret:
        raise UpkeepError("a backup needs a secret: give --key-file, or set BATON_BACKUP_SECRET.")
    return settings.backup_secret.encode()


def backup(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton backup FILE`."""
    from baton import app
    from baton.store import backup

    secret = _secret(arguments, settings)
    with app.opened(settings) as hub:
        size = backup.make(hub.database.owner_dsn, arguments.file, secret, key=settings.key(), kept=not settings.secret_key)
        hub.store.note_event(app.HUB, "export backup", detail=f"{size} bytes")
    print(f"{arguments.file}: {size:,} bytes. Without its secret nobody can read it, not even you: keep that somewhere else.")


def relabel(arguments: argparse.Namespace, settings: Settings) -> int:
    """`baton relabel`: after the rules or a list of the house changed, or an organisation became a Part 2 program."""
    from baton import app, upgrade

    with app.opened(settings) as hub:
        found, refused = upgrade.labelled_anew(hub.store, app.HUB, write=arguments.yes)
        if arguments.yes:
            hub.store.note_event(app.HUB, "relabel", detail=f"{found} resources")
    said = "were written anew" if arguments.yes else "would carry other labels; nothing was changed (--yes writes them anew)"
    print(f"{found} resources {said}.")
    for each in refused:
        print(f"{each} stays as it was: the door refuses it")
    return 1 if refused else 0


def restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """`baton restore FILE`."""
    from baton import app
    from baton.store import backup, check
    from baton.store.postgres import open_database

    secret = _secret(arguments, settings)
    said = backup.verify(arguments.file, secret)  # to the last byte, before anything is made
    if settings.secret_key and backup.key_print(settings.key()) != said["key_print"]:
        raise UpkeepError("BATON_SECRET_KEY is not the key of this backup: its records would all look forged.")
    if not settings.secret_key and said["key"] is None:
        raise UpkeepError("this hub's key was kept outside its data folder: set BATON_SECRET_KEY to it.")
    if settings.data.exists() and any(settings.data.iterdir()):
        raise UpkeepError(f"{settings.data} is not empty: a backup is brought back into an empty data folder only.")
    with open_database(settings) as database:
        backup.restore(database.owner_dsn, arguments.file, secret)
        if said["key"] is not None and not settings.secret_key:
            settings.keep_key(said["key"].encode("latin-1"))
        app.bring_up_to_date(settings, database)
        violations = list(check.violations(database.owner_dsn, settings.key(), settings.zone))
    print("\n".join(violations) if violations else f"The backup of {said['made']} is back, and every invariant holds.")
    return 1 if violations else 0


def erase(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton erase`."""
    from baton import app
    from baton.duties.team import staff
    from baton.rules import retention
    from baton.store import erasure

    if not arguments.because.strip():
        raise UpkeepError("--because needs a reason.")
    with app.opened(settings) as hub:
        now = hub.store.now()
        with hub.store.view(app.HUB) as view:
            approver = staff.by_email(view, email=arguments.approved_by)
        who = hub.store.who(approver, entrance="cli") if approver else None
        if who is None or who.role not in ("administrator", "supervisor"):
            raise UpkeepError(f"{arguments.approved_by} is no administrator or supervisor here: an erasure needs one who answers for it.")
        act = erasure.Act(
            patient=arguments.patient.removeprefix("Patient/"), who=f"cli:{pwd.getpwuid(os.geteuid()).pw_name}", approved_by=who.person,
            because=arguments.because, law=arguments.law, at=now,
        )  # fmt: skip

        def lawful(found: erasure.Found) -> None:
            refusals = retention.refusals(arguments.law, last_activity=found.last_activity, born=found.born, today=now.date())
            if refusals:
                raise UpkeepError("; ".join(refusals))

        try:
            done = erasure.erase(
                hub.database.owner_dsn, act, key=settings.key(), lawful=lawful, commit=arguments.yes, scrub=arguments.scrub
            )
        except erasure.CannotEraseError as error:
            raise UpkeepError(str(error)) from error
    _say(done, arguments.yes)


def _say(done: Erased, for_good: bool) -> None:
    print(f"{'Erased' if for_good else 'Would erase'}: {done.versions} versions of {done.resources} resources.")
    for line in done.left:
        print(f"look at it yourself: {line}", file=sys.stderr)
    print(f"Tombstone {done.number}." if for_good else "Nothing was changed; give --yes to do it. It cannot be undone.")
