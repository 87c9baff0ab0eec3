"""The town lives in every room: each list of the rail, opened as each of its people, has something in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.conftest import short_folder
from tests.pages import hang_up

from baton import app
from baton.demo import settling
from baton.demo.places import WORKERS
from baton.settings import Settings
from baton.store import Store, openings
from baton.store.postgres import Database
from baton.web import django as shell

from .conftest import KEY, NOW

BOARD, ITS_TEAM = "/programs/oncology-navigation/board", "oncology-navigation"
LISTS = {  # each list of a room, by the name of its address; and what else stands behind it
    "today": ("/today", "/today/discharged", "/today/closed"),
    "patients": ("/patients",),
    "needs": ("/scheduling",),
    "week": ("/scheduling/week",),
    "calendars": ("/scheduling/calendars",),
    "threads": ("/threads",),
    "referrals": ("/referrals",),
    "home-visits": ("/home-visits/",),
    "community": ("/community?need=food-insecurity&zip=02999",),
    "community-needs": ("/community/needs",),
    "community-applications": ("/community/applications",),
    "discharge": ("/discharge",),
    "records": ("/records",),
    "arrived": ("/records/arrived",),
    "visits": ("/records/visits",),
    "reconciliations": ("/records/medicines",),
    "requests": ("/requests",),
    "support": ("/support",),
    "programs": ("/programs", BOARD),
    "month": ("/minutes",),
    "library": ("/library", "/library/assessments"),
    "team": ("/team",),
    "team_intake": ("/team/intake",),
    "team_oncall": ("/team/on-call",),
    "huddles": ("/team/huddles",),
    "mentoring": ("/mentoring",),
    "operations": ("/operations",),
    "people": ("/people", "/people?show=expiring", "/people?show=gone"),
    "teams": ("/teams",),
    "closures": ("/closures",),
    "privacy": ("/privacy",),
    "privacy-record": ("/privacy/record",),
    "privacy-codes": ("/privacy/codes",),
    "client-apps": ("/apps",),
}
MAY_BE_EMPTY = {
    **{
        (worker.id, "/mentoring"): "nobody guides them, so no mentor has said anything about their work"
        for worker in WORKERS.values()
        if worker.role in ("coordinator", "social-worker") and not worker.mentor
    },
}
"""(person, list) → why nothing stands there."""
EMPTY = re.compile(r'class="empty"')


@pytest.fixture(scope="module")
def hub(town_database: Database, larkhaven: Store) -> Iterator[app.Hub]:
    """The town's pages, with an account for everyone who works there."""
    with short_folder() as folder:
        read = Settings.read({}, data_dir=str(folder))
        read.keep_key(KEY)
        shell.migrate(read, town_database)
        store = app.build_store(read, town_database, clock=lambda: NOW)
        opened = app.Hub(read, town_database, store)
        try:
            shell.configure(read, town_database.app_dsn)
            shell.share_password(opened, {each.email: f"Practitioner/{each.id}" for each in WORKERS.values()}, settling.PASSWORD)
            yield opened
        finally:
            store.close()
            hang_up()


def pages(hub: app.Hub, email: str) -> Any:
    """Django's own test browser, signed in as one of the town's people."""
    shell.application(hub)
    from django.test import Client

    from baton.web.models import Account

    browser = Client(**{"baton.hub": hub, "SERVER_NAME": "localhost"})  # type: ignore[arg-type]
    browser.force_login(Account.objects.get(email=email))
    return browser


def opened_until(hub: app.Hub) -> int:
    """The last look there is."""
    with psycopg.connect(hub.database.owner_dsn) as connection:
        return int((connection.execute("select coalesce(max(id), 0) from look").fetchone() or [0])[0])


def opened_since(hub: app.Hub, before: int) -> set[int]:
    """Whose charts were opened after a look, as the privacy desk counts it: what the desk flags must not come of a list."""
    asked = f"select unnest(l.patients) from look l where l.id > {before} and {openings.OPENED.replace('%%', '%')}"  # noqa: S608
    with psycopg.connect(hub.database.owner_dsn) as connection:
        return {key for (key,) in connection.execute(asked.encode())}


@pytest.mark.parametrize("worker", WORKERS.values(), ids=lambda worker: worker.id)
def test_every_list_of_the_rail_has_something_in_it(hub: app.Hub, worker: Any) -> None:
    from baton.desk.rooms import rail  # Django is not ready before there is a hub

    rooms = [room for group in rail(hub.store.who(f"Practitioner/{worker.id}", entrance="desk")).groups for room in group]
    browser, found = pages(hub, worker.email), {}
    for path in dict.fromkeys(path for room in rooms for part in room.parts for path in LISTS[part.route]):
        if path == BOARD and ITS_TEAM not in worker.teams:
            continue  # a board of others
        before = opened_until(hub)
        answer = browser.get(path)
        found[path] = answer.status_code if answer.status_code != 200 else bool(EMPTY.search(answer.content.decode()))
        assert len(opened_since(hub, before)) <= 1, f"{path} is a list: nobody opens charts by reading it (but the one beside it)"
    may = {path for person, path in MAY_BE_EMPTY if person == worker.id}
    assert {path: empty for path, empty in found.items() if empty} == {path: True for path in found if path in may}


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_mentor_reads_words_names_and_local_times(hub: app.Hub, language: str) -> None:
    """Every piece of work that waits for a co-signature, or was finished lately: nothing of how it is stored."""
    browser = pages(hub, WORKERS["grace-kim"].email)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    listed = browser.get("/mentoring").content.decode()
    works = set(re.findall(r'href="(/mentoring/(?:work/)?[^"?#]+)"', listed)) - {"/mentoring/lately", "/mentoring/misses", "/mentoring/own"}
    assert len(works) > 2
    for path in works:
        page = browser.get(path).content.decode()
        told = re.sub(r"<[^>]+>", " ", page.partition('class="changed"')[2])
        assert "Sam Tolland" in told
        assert re.findall(r"[A-Z][a-z]+/[a-z0-9][\w-]+|\d{4}-\d\d-\d\d|\b[a-z]+[A-Z]\w+", told) == [], path
