"""`baton packs …`: the programs of this hub at the command line: listed, and brought in from a folder without code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baton.settings import Settings

if TYPE_CHECKING:
    from baton.duties.programs.installing import Arriving, Wrong

Command = Callable[..., argparse.ArgumentParser]


def commands(top: Any, command: Command) -> None:
    """Add the commands to the command line; `command` makes one below a parser."""
    below = top.add_parser("packs", help="Programs as data: list, check, install.").add_subparsers(required=True, metavar="COMMAND")
    command("list", list_, "List the programs in use: code, version, how many are in it, who publishes it.", below)
    sub = command("check", check, "Check the folder of a pack: every error with its file and element.", below)
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub = command("install", install, "Bring a pack in as new versions; whoever is in a program goes on by theirs.", below)
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")


def list_(_arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton packs list`."""
    from baton import app
    from baton.duties.programs import installing

    with app.opened(settings) as hub, hub.store.view(app.HUB) as view:
        rows = installing.installed(view)
    for program, publisher, enrolled in rows:
        print(f"{program.code:24} {program.version:8} {enrolled:6} in it   {publisher or '-':16} {program.title.text}")
    if not rows:
        print("No program is installed.")


def check(arguments: argparse.Namespace, _settings: Settings) -> int:
    """`baton packs check`: the folder alone, without a database."""
    from baton.duties.programs import installing

    found, wrong = installing.read_folder(arguments.folder)
    _say(wrong)
    if not wrong:
        print(f"{len(found)} resources; nothing is wrong with them.")
    return 1 if wrong else 0


def install(arguments: argparse.Namespace, settings: Settings) -> int:
    """`baton packs install`, or with --dry-run what it would do."""
    from baton import app
    from baton.duties.programs import installing

    found, wrong = installing.read_folder(arguments.folder)
    _say(wrong)
    if wrong:
        return 1
    with app.opened(settings) as hub:
        with hub.store.view(app.HUB) as view:
            rows, wrong = installing.arriving(view, found)
        _say(wrong)
        if wrong:
            return 1
        print("\n".join(_sentence(each) for each in rows))
        if arguments.dry_run:
            print("Nothing was changed.")
            return 0
        with hub.store.change(app.HUB, because=f"Pack {arguments.folder.name} installed from the command line") as change:
            written = installing.install(change, arguments.folder)
    print(f"{len(written)} of {len(rows)} resources are new or changed.")
    return 0


def _say(wrong: Iterable[Wrong]) -> None:
    for each in wrong:
        print(f"{each.file}: {f'{each.element}: ' if each.element else ''}{each.text}", file=sys.stderr)


def _sentence(row: Arriving) -> str:
    if row.same:
        return f"{row.file}: {row.title} {row.now} is there already."
    said = f"{row.file}: {row.title} {row.now} " + (f"comes in place of {row.was}." if row.was else "is new.")
    if row.enrolled:
        said += f" In it now, going on by their version: {row.enrolled}."
    for name, several in (("Comes", row.added), ("Goes", row.removed)):
        said += f" {name}: {', '.join(several)}." if several else ""
    return said
