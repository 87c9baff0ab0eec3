"""Every command of the hub: parsed here, done elsewhere. Exit code 0 when all went well, 1 when not, 2 for a wrong command line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from baton import cli_client, cli_packs, upkeep
from baton.settings import BadSettingError, Settings

ROLES = (
    *("coordinator", "senior", "supervisor", "administrator", "clinician"),
    *("pharmacist", "social-worker", "records-clerk", "auditor", "student"),
)


class CommandError(Exception):
    """Something the person at the command line can mend; the message says what."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = parser().parse_args(argv)
    _listen()
    try:
        given = {"data_dir": arguments.data} if arguments.data else {}
        return int(arguments.run(arguments, Settings.read(**given)) or 0)
    except (CommandError, cli_client.ClientError, BadSettingError) as error:
        print(f"baton: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Exception) as error:
        if _stopped:  # an interrupt may come out of a library as another exception
            print("baton: stopped", file=sys.stderr)
            return 128 + _stopped[0]
        if not _explained(error):
            raise
        print(f"baton: {error}", file=sys.stderr)
        return 1


def _explained(error: BaseException) -> bool:
    """Whether the message is a sentence for the person at the terminal."""
    from baton.store.migrate import SchemaMismatch
    from baton.store.postgres import DatabaseUnusable
    from baton.store.strongbox import BoxError

    return isinstance(error, DatabaseUnusable | SchemaMismatch | BoxError | upkeep.UpkeepError)


_stopped: list[int] = []  # the signals that told us to


def _listen() -> None:
    """Have Ctrl-C and SIGTERM unwind what is under way: what was opened is closed, PostgreSQL too."""

    def stop(number: int, _frame: object) -> None:
        _stopped.append(number)
        if number == signal.SIGINT or len(_stopped) == 1:
            raise KeyboardInterrupt

    _stopped.clear()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)


def _still_wanted(_hub: object) -> None:
    """Stop before serving, should the interrupt have been lost (raised where Python can only ignore it, in the midst of a clean-up)."""
    if _stopped:
        raise KeyboardInterrupt


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="baton", description="The hub a medical care coordinator works from.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, sentence: str, under: object = commands) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = under.add_parser(name, help=sentence, description=sentence)  # type: ignore[attr-defined]
        sub.add_argument("--data", metavar="DIR", help="the data folder (default: BATON_DATA or ./data)")
        sub.set_defaults(run=run)
        return sub

    for name, run, sentence in (
        ("demo", demo, "Make the demo town if it is not there, then serve it."),
        ("serve", serve, "Serve the pages and the FHIR API, with the worker beside them."),
    ):
        sub = command(name, run, sentence)
        sub.add_argument("--port", type=int, default=8000)
        sub.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        sub.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="server processes (default: one per core)")
        if name == "demo":
            sub.add_argument("--patients", type=int, default=250, help="people in the town, up to 100,000")
    command("work", work, "Run the worker alone: outbox and timers.")
    sub = command("load", load, "Load FHIR resources: bundles, NDJSON, folders, .gz, - for standard input.")
    sub.add_argument("paths", nargs="*")
    sub.add_argument("--hsds", metavar="PATH", help="an Open Referral (HSDS 3) directory: a folder or zip of CSV tables, or JSON")
    sub = command("export", export, "Write the directory of community services as an Open Referral (HSDS 3) package.")
    sub.add_argument("--hsds", metavar="DIR", type=Path, required=True, help="a new folder for its CSV tables")
    sub = command("token", token, "Print a bearer token for the API and nothing else.")
    sub.add_argument("--user", required=True, metavar="EMAIL")
    sub.add_argument("--minutes", type=int, default=60)
    command("migrate", migrate, "Bring the database up to date.")
    command("check", check, "Prove the house's invariants on the live data; one line per violation.")
    audit = commands.add_parser("audit", help="What was recorded: verify it, prove it.").add_subparsers(required=True, metavar="COMMAND")
    sub = command("verify", audit_verify, "Verify that every sealed row is as it was; names the first that is not.", audit)
    sub.add_argument("--from", dest="since", metavar="INSTANT", help="read again only what was sealed from then on")
    sub.add_argument("--to", dest="until", metavar="INSTANT", help="and up to then")
    sub.add_argument("--anchor", type=Path, metavar="FILE", help="seals that were published: the newest must still be there")
    sub = command("prove", audit_prove, "Print the proof that a row was sealed, for scripts/verify_proof.py.", audit)
    which = sub.add_mutually_exclusive_group(required=True)
    which.add_argument("--look", type=int, metavar="ID")
    which.add_argument("--change", type=int, metavar="ID")
    upkeep.commands(command)
    sub = command("bench", bench, "Measure speed against what PostgreSQL alone does in the same run.")
    sub.add_argument("--quick", action="store_true", help="a short run")
    cli_client.commands(commands, command)
    cli_packs.commands(commands, command)
    users = top_user(commands)
    sub = command("add", user_add, "Add somebody who works here; prints a one-time sign-in link.", users)
    sub.add_argument("--email", required=True)
    sub.add_argument("--role", required=True, choices=ROLES)
    sub.add_argument("--team", help="name of the team (made when there is none of that name)")
    sub.add_argument("--name", help="how the person is called (default: from the e-mail address)")
    sub.add_argument("--port", type=int, default=8000, help="port the hub is served on, for the link")
    command("end", user_end, "End somebody's access now: roles, sign-in, open sessions.", users).add_argument("--email", required=True)
    return top


def top_user(commands: object) -> object:
    """`baton user …`."""
    user: argparse.ArgumentParser = commands.add_parser("user", help="The people who work here.")  # type: ignore[attr-defined]
    return user.add_subparsers(required=True, metavar="COMMAND")


def demo(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton demo`."""
    from baton import app, demo

    if settings.production:
        raise CommandError("the demo town has known passwords and is refused when BATON_ENV=production.")
    if not 1 <= arguments.patients <= 100_000:
        raise CommandError("--patients takes 1 to 100000.")
    address = f"http://{arguments.host}:{arguments.port}"
    with app.opened(settings) as hub:
        sign_ins = demo.settle(hub, patients=arguments.patients)
        _free_port(arguments.host, arguments.port)
        print(f"\n  Baton is at {address}\n")
        for role, name, email in sign_ins:
            print(f"  {role:14} {name:16} {email:32} {demo.PASSWORD}")
        print(f"\n  Patients and those they let in, at {address}/my/ (no password: the page shows the link and the code):\n")
        for kind, name, email in demo.guests(hub):
            print(f"  {kind:14} {name:16} {email}")
        print(flush=True)
        app.serve(settings, host=arguments.host, port=arguments.port, workers=arguments.workers, ready=_still_wanted)


def serve(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton serve`."""
    from baton import app

    _free_port(arguments.host, arguments.port)
    print(f"Baton is at http://{arguments.host}:{arguments.port}", flush=True)
    app.serve(settings, host=arguments.host, port=arguments.port, workers=arguments.workers, ready=_still_wanted)


def _free_port(host: str, port: int) -> None:
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port.") from error


def work(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton work`."""
    from baton import app

    app.work(settings)


def load(arguments: argparse.Namespace, settings: Settings) -> int:
    """`baton load PATH…` and `baton load --hsds PATH`."""
    from dataclasses import replace

    from baton import app
    from baton.intake import bulk, hsds

    if bool(arguments.hsds) == bool(arguments.paths):
        parser().error("load takes files of FHIR resources, or --hsds with a directory of services.")
    with app.opened(settings) as hub:
        app.settle()
        me = replace(app.HUB, entrance="load")
        if arguments.hsds:
            report = hsds.load(hub.store, me, arguments.hsds, progress=True)
        else:
            report = bulk.load(hub.store, me, arguments.paths, progress=True)
    for refusal in report.refused:
        print(f"{refusal.file}: {refusal.position}: {refusal.reason}", file=sys.stderr)
    print(report.sentence())
    return 1 if report.refused else 0


def export(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton export --hsds DIR`."""
    from baton import app
    from baton.intake import hsds_export

    with app.opened(settings) as hub:
        try:
            written = hsds_export.export(hub.store, app.HUB, arguments.hsds)
        except OSError as wrong:
            raise CommandError(str(wrong)) from None
    print(f"{written['services']} services of {written['organizations']} organizations are in {arguments.hsds}.")


def token(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton token --user EMAIL`."""
    from baton import app
    from baton.duties.team import staff

    if arguments.minutes < 1:
        raise CommandError("--minutes takes a number of at least 1.")
    with app.opened(settings) as hub:
        with hub.store.view(app.HUB) as view:
            practitioner = staff.by_email(view, email=arguments.user)
        if practitioner is None:
            raise CommandError(f"nobody with the e-mail {arguments.user} works here; add them with: baton user add")
        print(hub.store.issue_token(practitioner, arguments.minutes))


def user_add(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton user add`."""
    from baton import app
    from baton.duties.team import staff
    from baton.web import django

    with app.opened(settings) as hub:
        with hub.store.change(app.HUB, because=f"Add a {arguments.role} from the command line") as change:
            added = staff.add(change, email=arguments.email, role=arguments.role, team=arguments.team, name=arguments.name)
        path = django.invite(hub, email=arguments.email, practitioner=added)
        print(f"http://127.0.0.1:{arguments.port}{path}")


def user_end(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton user end`."""
    from baton import app
    from baton.duties.team import staff
    from baton.web import django

    with app.opened(settings) as hub:
        with hub.store.change(app.HUB, because="End somebody's access from the command line") as change:
            person = staff.by_email(change, email=arguments.email)
            if person is None:
                raise CommandError(f"nobody with the e-mail {arguments.email} works here.")
            staff.leave(change, person=person)
        ended = django.close(hub, practitioner=person)
        print(f"The access of {arguments.email} has ended; open sessions ended: {ended}.")


def migrate(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton migrate`."""
    from baton import app
    from baton.store.postgres import open_database

    with open_database(settings) as database:
        done = app.bring_up_to_date(settings, database)
    print("\n".join(done) if done else "Everything is up to date.")


def check(arguments: argparse.Namespace, settings: Settings) -> int:
    """`baton check`."""
    from baton import app
    from baton.store import check

    violations = 0
    with app.opened(settings) as hub:
        for line in check.violations(hub.database.owner_dsn, settings.key(), settings.zone):
            print(line, flush=True)
            violations += 1
    if not violations:
        print("Every invariant holds.")
    return 1 if violations else 0


def audit_verify(arguments: argparse.Namespace, settings: Settings) -> int:
    """`baton audit verify`."""
    from baton import app
    from baton.store import proof

    try:
        since, until = (datetime.fromisoformat(text).astimezone() if text else None for text in (arguments.since, arguments.until))
        anchors = proof.anchors(arguments.anchor.read_text(encoding="utf-8")) if arguments.anchor else []
    except (ValueError, OSError) as error:
        raise CommandError(f"{error}; --from and --to take instants such as 2026-07-02T14:10-04:00, --anchor a file.") from error
    if arguments.anchor and not anchors:
        raise CommandError(f"{arguments.anchor} holds no published seal.")
    with app.opened(settings) as hub:
        report = proof.verify(hub.database.owner_dsn, settings.key(), since=since, until=until, anchors=anchors)
    for line in report.violations:
        print(line)
    print(report.sentence(), file=sys.stderr if report.violations else sys.stdout)
    return 1 if report.violations else 0


def audit_prove(arguments: argparse.Namespace, settings: Settings) -> None:
    """`baton audit prove`."""
    import json

    from baton import app
    from baton.store import proof

    table, number = ("look", arguments.look) if arguments.look is not None else ("change", arguments.change)
    with app.opened(settings) as hub:
        found = proof.of(hub.database.owner_dsn, settings.key(), table, number)
    if found is None:
        raise CommandError(f"there is no {table} {number} in a seal; what was recorded is sealed within the minute while the worker runs.")
    print(json.dumps(found, indent=1))


def bench(arguments: argparse.Namespace, settings: Settings) -> int:
    """`baton bench`."""
    from baton import bench

    return int(bench.run(settings, quick=arguments.quick, data=Path(arguments.data) if arguments.data else None))


if __name__ == "__main__":
    sys.exit(main())
