"""A small demo town for the tests of its safety, and everything by which one of its patients could be told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from baton import app, demo
from baton.duties.team import staff
from baton.settings import Settings
from baton.store.postgres import Database
from baton.web import django as shell

PATIENTS = 24
JOINED = {
    "pharmacist": "Paul Amis",
    "social-worker": "Sofia Lund",
    "records-clerk": "Rita Voss",
    "auditor": "Aude Kerr",
    "student": "Stan Ilic",
}
"""The roles nobody in the demo town has, and who has them here."""


@dataclass(frozen=True)
class Town:
    """The hub, who can sign in (e-mail by role), and its patients."""

    hub: app.Hub
    people: dict[str, str]
    patients: list[dict[str, Any]]
    tells: re.Pattern[str]  # a name, number, telephone, address or birth date of any patient

    def browser(self, email: str | None, **options: Any) -> Any:
        """Django's own test browser, signed in."""
        shell.application(self.hub)
        from django.test import Client

        from baton.web.models import Account

        browser = Client(raise_request_exception=False, **{"baton.hub": self.hub, "SERVER_NAME": "localhost", **options})
        if email:
            browser.force_login(Account.objects.get(email=email))
        return browser


def tells(patients: list[dict[str, Any]]) -> re.Pattern[str]:
    """What tells any of these patients."""
    words: set[str] = set()
    for patient in patients:
        words |= {patient.get("birthDate", "")}
        words |= {each["value"] for each in patient.get("identifier", ())} | {each["value"] for each in patient.get("telecom", ())}
        words |= {re.sub(r"\D", "", each["value"])[-10:] for each in patient.get("telecom", ()) if each.get("system") == "phone"}
        for name in patient.get("name", ()):
            words |= {name.get("family", ""), *name.get("given", ())}
        words |= {line for address in patient.get("address", ()) for line in address.get("line", ())}
    found = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if len(word) > 2)
    return re.compile(rf"(?<!\w)({found})(?!\w)", re.I)


def join(hub: app.Hub) -> dict[str, str]:
    """Somebody of each role the town lacks joins a team of it. Their e-mail addresses, by role."""
    emails = {role: f"{role}@baton.example" for role in JOINED}
    accounts: dict[str, str] = {}
    for role, email in emails.items():
        with hub.store.change(app.HUB, because="Join the team") as change:
            team = "Organization/outpatient-coordination"
            accounts[email] = staff.add(change, email=email, role=role, team=team, name=JOINED[role])
    shell.share_password(hub, accounts, demo.PASSWORD)
    return emails


@pytest.fixture(scope="session")
def made(databases: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    database: Database = databases.copy()
    folder: Path = tmp_path_factory.mktemp("town")
    settings = Settings.read({}, data_dir=str(folder), clock_start="2026-11-23T14:10:00-05:00", page_rate="0", address_rate="0")
    app.bring_up_to_date(settings, database)
    store = app.build_store(settings, database)
    hub = app.Hub(settings, database, store)
    sign_ins = demo.settle(hub, patients=PATIENTS)
    with store.view(app.HUB) as view:
        patients = list(view.find("Patient", _count="500"))
    people: dict[str, str] = {}
    for role, _, email in sign_ins:
        people.setdefault(role, email)
    people.update(join(hub))
    yield Town(hub, people, patients, tells(patients))
    from django.db import connections

    connections.close_all()
    store.close()
    databases.drop(database)


@pytest.fixture
def town(made: Town) -> Town:
    """The town, with Django turned to it."""
    shell.configure(made.hub.settings, made.hub.database.app_dsn)
    return made


@pytest.fixture(scope="session")
def addresses(made: Town) -> Any:
    """Every address, with real ids, where people of the house come to (tests.security.walk.Addresses): gathered once."""
    from tests.security.walk import gathered

    return gathered(made)
