"""The shell: strict headers, health, error pages, language and theme, logs that say nothing about people."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.pages import House, client, house

from baton.fhir.outcome import Issue
from baton.settings import Settings
from baton.store import Conflict, Forbidden, Gone, Invalid, NotFound
from baton.store.postgres import Database
from baton.web import django as shell
from baton.web import options


def ask(application: Any, path: str, host: str = "10.1.2.3") -> tuple[str, bytes]:
    """One plain WSGI request."""
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
    }
    answer = application(environ, lambda status, headers, error=None: said.append(status))
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return said[0], body


def test_health_needs_neither_session_nor_host_name(home: House) -> None:
    application = shell.application(home.hub)
    assert ask(application, "/healthz") == ("200 OK", b"alive\n")
    assert ask(application, "/readyz") == ("200 OK", b"ready\n")


def test_not_ready_without_its_database(home: House) -> None:
    application = shell.application(home.hub)
    gone = Database("host=127.0.0.1 port=1 dbname=gone connect_timeout=1", "host=127.0.0.1 port=1 dbname=gone connect_timeout=1")
    shell.configure(home.hub.settings, gone.app_dsn)
    try:
        status, body = ask(application, "/readyz")
    finally:
        shell.configure(home.hub.settings, home.hub.database.app_dsn)
    assert status.startswith("503")
    assert b"database does not answer" in body


def test_every_page_is_strict(home: House) -> None:
    for browser, path in ((client(home, None), "/sign-in"), (client(home), "/account/password"), (client(home), "/nowhere")):
        answer = browser.get(path)
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "no-store" in answer["Cache-Control"]


def test_behind_https_cookies_are_secure_and_browsers_stay_there() -> None:
    table = options.protection_table(Settings.read({}, https="1", hosts="baton.example", secret_key="x" * 32))
    assert table["SESSION_COOKIE_SECURE"] and table["CSRF_COOKIE_SECURE"]
    assert table["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert table["CSRF_TRUSTED_ORIGINS"] == ["https://baton.example"]


def test_static_files_have_names_that_change_with_them(home: House) -> None:
    application = shell.application(home.hub)
    page = client(home, None).get("/sign-in").content.decode()
    sheet = re.search(r'href="(/static/baton/baton\.[0-9a-f]{12}\.css)"', page)
    assert sheet
    assert ask(application, sheet[1], "localhost")[0] == "200 OK"
    assert ask(application, "/static/baton/baton.css", "localhost")[0].startswith("404")


def test_a_form_without_its_token_says_what_to_do(home: House) -> None:
    client(home, None)
    from django.test import Client

    answer = Client(enforce_csrf_checks=True, **{"baton.hub": home.hub, "SERVER_NAME": "localhost"}).post(
        "/sign-in", {"login": "a", "password": "b"}
    )
    assert answer.status_code == 403
    assert b"reload the page" in answer.content


@pytest.mark.parametrize(
    ("refusal", "status", "says"),
    [
        (NotFound("Patient/7"), 404, "There is nothing here for you"),
        (Forbidden("no"), 403, "This is not open to you"),
        (Gone("gone"), 410, "This was deleted"),
        (Conflict("Version 3 is newer."), 409, "Version 3 is newer."),
        (Invalid([Issue("error", "value", "The day is no day.", "Task.restriction")]), 422, "The day is no day."),
    ],
)
def test_what_the_store_refuses_is_a_page(home: House, refusal: Exception, status: int, says: str) -> None:
    client(home)
    from django.test import RequestFactory

    from baton.web import errors

    answer = errors.refused(RequestFactory().get("/"), refusal)
    assert answer.status_code == status
    assert says in answer.content.decode()
    assert "Patient/7" not in answer.content.decode()


def test_a_broken_page_shows_none_of_our_insides(home: House, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    browser = client(home)
    browser.raise_request_exception = False
    monkeypatch.setattr(type(home.hub.store), "view", lambda *_: (_ for _ in ()).throw(RuntimeError("Rosa Delgado")))
    answer = browser.get("/today")
    assert answer.status_code == 500
    assert b"Something of ours went wrong" in answer.content
    assert b"Rosa" not in answer.content and b"Traceback" not in answer.content


def test_logs_name_the_page_and_the_place_but_nobody(home: House) -> None:
    from baton.web.logs import Discreet

    try:
        raise ValueError("Rosa Delgado, heart failure")
    except ValueError:
        record = logging.LogRecord("django.request", logging.ERROR, "f", 1, "Internal Server Error: %s", ("/patients/7",), sys.exc_info())
    record.request = type("Request", (), {"method": "GET", "resolver_match": type("Match", (), {"route": "patients/<id>"})})  # type: ignore[attr-defined]
    text = Discreet("%(message)s").format(record)
    assert "patients/<id>" in text and "ValueError" in text
    assert "Rosa" not in text and "/patients/7" not in text


def test_language_is_the_browsers_until_one_is_chosen(home: House) -> None:
    browser = client(home, None)
    spanish = browser.get("/sign-in", headers={"Accept-Language": "es-MX,es;q=0.9"}).content.decode()
    assert '<html lang="es"' in spanish and "Contraseña" in spanish
    answer = browser.post("/language", {"language": "es", "next": "/sign-in"})
    assert answer["Location"] == "/sign-in"
    assert "Contraseña" in browser.get("/sign-in", headers={"Accept-Language": "en"}).content.decode()


def test_theme_is_kept_and_only_leads_back_to_us(home: House) -> None:
    browser = client(home, None)
    assert browser.post("/theme", {"theme": "dark", "next": "https://evil.example"})["Location"] == "/"
    assert 'data-theme="dark"' in browser.get("/sign-in").content.decode()
    browser.post("/theme", {"theme": "pink"})
    assert 'data-theme="dark"' in browser.get("/sign-in").content.decode()


@pytest.fixture
def rehearsing(database: Database, tmp_path: Path) -> Iterator[House]:
    with house(database, tmp_path, now=lambda: datetime(2026, 7, 2, 18, 10, tzinfo=UTC), clock_start="2026-07-02T14:10:00-04:00") as opened:
        yield opened


def test_a_rehearsals_clock_is_on_every_page(rehearsing: House) -> None:
    for path, email in (("/sign-in", None), ("/account/password", "carla@example.org"), ("/nowhere", None)):
        page = client(rehearsing, email).get(path).content.decode()
        assert "Rehearsal clock:" in page and "Thursday 2 July 2026, 14:10" in page


def test_migrating_again_changes_nothing(home: House) -> None:
    assert shell.migrate(home.hub.settings, home.hub.database) == []
