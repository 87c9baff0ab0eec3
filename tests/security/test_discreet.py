"""A whole day's work, its failures and its attackers: no log line, address, page title or message tells who anybody's patient is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from tests.api.hub import Client
from tests.security.conftest import Town
from tests.security.crawl import pages
from tests.security.walk import Addresses, joins, let_in

from baton import api
from baton.store import seal
from baton.web.logs import Discreet
from baton.worker import clock, outbox


@pytest.fixture
def said() -> Iterator[Callable[[], str]]:
    """Everything logged meanwhile, by anybody at any level, as the hub's formatter writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Discreet("%(levelname)s %(name)s %(message)s"))
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    before = [(logger, logger.level, logger.disabled) for logger in loggers]
    ours = [logger for logger in loggers if logger.name == "root" or not logger.propagate]
    for logger in ours:
        logger.addHandler(handler)
    for name in ("", "baton", "django", "procrastinate"):
        logging.getLogger(name).setLevel(logging.INFO)
    yield stream.getvalue
    for logger in ours:
        logger.removeHandler(handler)
    for logger, level, disabled in before:
        logger.level, logger.disabled = level, disabled


def work_of_pages(town: Town) -> list[str]:
    """Everybody looks at everything, types names into Find, sends forms that do not fit; pages break under them."""
    troubles: list[str] = []
    for role in ("coordinator", "administrator"):
        browser = town.browser(town.people[role])
        for path, _, answer, page in pages(browser, "/today", each=1):
            told = [town.tells.search(text) for text in (path, page.title if page else "", answer.get("Location", ""))]
            troubles += [f"{path}: tells {each.group()}" for each in told if each]
        for patient in town.patients[:5]:
            for path in (f"/patients/{patient['id']}", "/promises", "/today", "/find"):
                browser.post(path, {"what": patient["name"][0]["family"], "due": "no day", "q": patient["birthDate"]})
            browser.get(f"/find?q={quote(patient['name'][0]['family'])}")
            browser.get(f"/nowhere/{quote(patient['name'][0]['family'])}")
    return troubles


def work_of_every_duty(town: Town, walked: Addresses) -> list[str]:
    """Every address of the house, of the portal and of the links is looked at; a colleague of another team types names into all forms."""
    family, troubles = town.patients[0]["name"][0]["family"], list[str]()
    typed = dict.fromkeys(("anything", "text", "note", "reason", "q", "code", "who"), family)
    supervisor, colleague = town.browser(town.people["supervisor"]), town.browser(joins(town))
    for path in walked.all(town):
        supervisor.get(path)
        colleague.post(path, typed)
    guest = let_in(town, town.patients[0]["id"], "somebody@mail.example")
    for path, _, answer, page in pages(guest, "/my/", "/my/messages", "/my/papers", "/my/people", each=1):
        told = [town.tells.search(text) for text in (path, page.title if page else "", answer.get("Location", ""))]
        troubles += [f"{path}: tells {each.group()}" for each in told if each]
    nobody = town.browser(None)
    for path in ("/my/sign-in", "/my/code", f"/my/in/{family}", f"/a/{family}", f"/p/{family}", f"/r/{family}", f"/w/{family}"):
        nobody.get(path)
        nobody.post(path, {**typed, "email": town.patients[0]["telecom"][0]["value"]})
    return troubles


def work_of_the_api(town: Town) -> None:
    """Programs ask by name, send what does not fit, and come upon a bug."""
    store = town.hub.store
    token = store.issue_token(f"Practitioner/{who_of(town, 'coordinator')}", 60)
    client = Client(api.application(store, town.hub.settings), token)
    for patient in town.patients[:5]:
        family = quote(patient["name"][0]["family"])
        client("GET", f"Patient?name={family}&birthdate={patient['birthDate']}")
        client("GET", f"Patient?nonsense={family}")
        client("POST", "Patient", {**patient, "id": None, "gender": patient["name"][0]["family"]})
        client("PUT", f"Patient/{patient['id']}", {**patient, "birthDate": "no day"})
        client("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": patient}]})
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(type(store), "view", lambda *_, **__: (_ for _ in ()).throw(RuntimeError(json.dumps(town.patients[0]))))
        assert client("GET", f"Patient/{town.patients[0]['id']}").status == 500
        browser = town.browser(town.people["coordinator"])
        assert browser.get(f"/patients/{town.patients[0]['id']}").status_code == 500


def who_of(town: Town, role: str) -> str:
    """The Practitioner behind a role's sign-in."""
    town.browser(None)
    from baton.web.models import Account

    return str(Account.objects.get(email=town.people[role]).practitioner)


def work_of_the_worker(town: Town) -> list[str]:
    """What was announced is sent, or cannot be; a minute passes, and a duty of it fails with a patient's name in its mouth."""
    dsn, sent = town.hub.database.app_dsn, list[str]()

    def refuses(payload: Any) -> None:
        sent.append(json.dumps(payload, ensure_ascii=False))
        raise outbox.UndeliverableError(f"{town.patients[0]['name'][0]['family']} was refused")

    with psycopg.connect(dsn) as connection:
        waiting = connection.execute("select id, topic, payload from outbox").fetchall()
    for id_, topic, payload in waiting:
        sent.append(json.dumps(payload, ensure_ascii=False))
        with suppress(outbox.UndeliverableError):
            outbox.deliver(dsn, id_, {topic: refuses}, now=town.hub.store.now())

    def stumbles(*_: Any) -> None:
        raise RuntimeError(json.dumps(town.patients[1]))

    clock.minute(dsn, town.hub.store, [stumbles])
    seal.seal(dsn, key=town.hub.store.key, at=town.hub.store.now())
    return sent


def test_a_whole_day_tells_nobody(
    town: Town, addresses: Addresses, said: Callable[[], str], capfd: pytest.CaptureFixture[str], server: Any
) -> None:
    database_log: Path = server.place.log
    begun = database_log.stat().st_size if database_log.exists() else 0
    troubles = work_of_pages(town) + work_of_every_duty(town, addresses)
    work_of_the_api(town)
    sent = work_of_the_worker(town)
    provoke_the_database(town)
    lines = said().splitlines()
    assert any("incident" in line for line in lines) and any("text withheld" in line for line in lines), "the day left no trace at all"
    printed = "".join(capfd.readouterr()).splitlines()
    with database_log.open("rb") as log:
        log.seek(begun)
        database_lines = log.read().decode(errors="replace").splitlines()
    assert not any("ERROR" in line for line in database_lines)
    for source, texts in (("log", lines), ("terminal", printed), ("database's log", database_lines), ("message", sent)):
        troubles += [f"the {source} tells {told.group()}: {text[:200]}" for text in texts if (told := town.tells.search(text))]
    assert not troubles, "\n".join(troubles)


def provoke_the_database(town: Town) -> None:
    """Statements that fail with a patient's words in them, as a bug of ours might send them."""
    family = town.patients[0]["name"][0]["family"]
    with psycopg.connect(town.hub.database.app_dsn, autocommit=True) as connection:
        for statement in (
            f"insert into name (rid, param, type, value, text) values (1, null, 1, '{family}', '{family}')",
            f"select * from nowhere where name = '{family}'",
            f"select '{family}'::integer",
        ):
            with suppress(psycopg.Error):
                connection.execute(statement.encode())


def test_the_test_itself_would_notice(town: Town) -> None:
    family, born = town.patients[0]["name"][0]["family"], town.patients[0]["birthDate"]
    assert town.tells.search(f"GET /find?q={family.lower()}") and town.tells.search(f"born {born}, failed")
    assert not town.tells.search("sealed 14 changes and looks")
