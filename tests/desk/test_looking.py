"""The privacy desk, the record, broken glass and the access report, as pages: who is let in, what they show, what is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from tests.pages import MONDAY, House, client, house, patient

from baton.duties.team import staff
from baton.store.postgres import Database
from baton.store.seal import seal
from baton.web import django as shell


class Clock:
    """Moves when told."""

    def __init__(self) -> None:
        self.time = MONDAY

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data"), now=clock) as opened:
        from baton import app

        for email, name, role in (("ari@example.org", "Ari Blum", "auditor"), ("dana@example.org", "Dana Roth", "administrator")):
            with opened.hub.store.change(app.HUB, because="Add a person") as change:
                opened.person[email] = staff.add(change, email=email, role=role, name=name)
            shell.set_password(opened.hub, email=email, practitioner=opened.person[email], password="correct horse battery")
        yield opened


@pytest.fixture(scope="module")
def rosa(home: House) -> str:
    with home.change() as change:
        return patient(change, "Rosa Delgado", born="1955-03-03")


@pytest.fixture
def sealed(home: House, clock: Clock) -> Callable[[], None]:
    def more() -> None:
        clock.time += timedelta(minutes=1)
        seal(home.hub.database.app_dsn, key=home.hub.store.key, at=home.hub.store.now())

    return more


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser of these tests has just proved who it is."""
    monkeypatch.setattr("baton.web.gate.fresh", lambda request: True)


def said(response: Any) -> str:
    return str(response.content.decode())


def broken(home: House, rosa: str, email: str = "sam@example.org", **why: str) -> Any:
    """Sam, of another team, finds Rosa and breaks the glass."""
    browser = client(home, email)
    found = said(browser.post("/glass", {"who-family": "Delgado", "who-given": "Rosa", "who-born": "1955-03-03"}))
    link = re.search(r'href="(/glass/open/[^"]+)"', found)
    assert link, found
    answer = browser.post(link[1], {"why-reason": "emergency", "why-words": "Collapsed in the lobby", **why})
    return answer, browser


@pytest.mark.parametrize("path", ["/privacy", "/privacy/record"])
@pytest.mark.parametrize(
    ("email", "status"),
    [("ari@example.org", 200), ("dana@example.org", 200), ("carla@example.org", 403), ("sue@example.org", 403), (None, 302)],
)
def test_who_sits_at_the_privacy_desk(home: House, path: str, email: str | None, status: int) -> None:
    assert client(home, email).get(path).status_code == status


def test_a_refused_try_at_the_desk_is_recorded(home: House, sealed: Callable[[], None]) -> None:
    client(home).get("/privacy")
    sealed()
    page = said(client(home, "ari@example.org").get(f"/privacy/record?outcome=refused&person={home.person['carla@example.org']}"))
    assert "privacy desk" in page and "Not allowed" in page


def test_only_the_whole_name_and_birth_date_find_somebody(home: House, rosa: str) -> None:
    browser = client(home, "sam@example.org")
    for given, family, born in (("Rosa", "Delg", "1955-03-03"), ("Rosa", "Delgado", "1955-03-04"), ("", "Delgado", "1955-03-03")):
        page = said(browser.post("/glass", {"who-family": family, "who-given": given, "who-born": born}))
        assert "/glass/open/" not in page
    page = said(browser.post("/glass", {"who-family": "delgado", "who-given": "rosa", "who-born": "1955-03-03"}))
    assert "/glass/open/" in page and rosa not in page and "014-2291" not in page


def test_breaking_the_glass_is_loud(home: House, rosa: str, sealed: Callable[[], None]) -> None:
    answer, browser = broken(home, rosa)
    assert answer.status_code == 302 and answer["Location"] == f"/patients/{rosa}"
    for path in (f"/patients/{rosa}", f"/patients/{rosa}/looks"):
        assert "You opened this chart outside your care" in said(browser.get(path))
    assert "You opened this chart" not in said(client(home).get(f"/patients/{rosa}"))
    desk = said(client(home, "ari@example.org").get("/privacy"))
    assert "Sam Ash" in desk and "Collapsed in the lobby" in desk and "Rosa Delgado" in desk
    sealed()
    record = said(client(home, "ari@example.org").get(f"/privacy/record?patient=Patient/{rosa}&purpose=ETREAT"))
    assert "Broken glass" in record and "Sam Ash" in record
    report = said(client(home).get(f"/patients/{rosa}/looks"))
    assert "Opened outside their care" in report and "Collapsed in the lobby" in report


def test_without_words_it_stays_closed_and_nothing_typed_is_lost(home: House, rosa: str) -> None:
    answer, _browser = broken(home, rosa, "sue@example.org", **{"why-reason": "other", "why-words": "just because"})
    assert answer.status_code == 422 and "just because" in said(answer) and "ten words" in said(answer)


def test_a_forged_way_in_leads_nowhere(home: House, rosa: str) -> None:
    browser = client(home, "sam@example.org")
    for link in (rosa, "x", f"{rosa}:abc:def"):
        assert browser.get(f"/glass/open/{link}").status_code == 404


def test_some_never_break_the_glass(home: House) -> None:
    assert client(home, "ari@example.org").get("/glass").status_code == 403


def test_a_review_is_closed_with_a_finding(home: House, rosa: str) -> None:
    broken(home, rosa)
    browser = client(home, "ari@example.org")
    task = re.findall(r'action="/privacy/([\w-]+)/close"', said(browser.get("/privacy")))[0]
    assert "Choose what was found" in said(browser.post(f"/privacy/{task}/close", {"finding": "", "words": "x"}, follow=True))
    page = said(browser.post(f"/privacy/{task}/close", {"finding": "appropriate", "words": "Called to the lobby"}, follow=True))
    assert "Closed, with your finding." in page and f"/privacy/{task}/close" not in page and "Called to the lobby" in page


def test_a_second_person_answers_for_a_vip(home: House, clock: Clock) -> None:
    coding = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "CEL"}]
    with home.change() as change:
        star = patient(change, "Ada Bright", born="1960-01-01", meta={"security": coding})
    object.__setattr__(home.hub.settings, "glass_second", "1")
    try:
        browser = client(home, "sam@example.org")
        found = said(browser.post("/glass", {"who-family": "Bright", "who-given": "Ada", "who-born": "1960-01-01"}))
        assert "needs a second person" in found
        link = re.search(r'href="(/glass/open/[^"]+)"', found)
        assert link
        assert browser.post(link[1], {"why-reason": "emergency", "why-words": "Collapsed"})["Location"] == "/glass"
        assert browser.get(f"/patients/{star}").status_code == 404
        supervisor = client(home, "sue@example.org")
        page = said(supervisor.get("/glass/approvals"))
        grant = re.search(r'action="/glass/answer/([\w-]+)"', page)
        assert grant and "Ada Bright" in page
        assert client(home, "carla@example.org").get("/glass/approvals").status_code == 403
        assert client(home, "carla@example.org").post(f"/glass/answer/{grant[1]}", {"answer": "yes"}).status_code == 403
        assert "the chart is open for them now" in said(supervisor.post(f"/glass/answer/{grant[1]}", {"answer": "yes"}, follow=True))
    finally:
        object.__setattr__(home.hub.settings, "glass_second", "")


def test_the_record_is_searched_by_typed_names_that_never_stand_in_an_address(home: House, rosa: str) -> None:
    browser = client(home, "ari@example.org")
    answer = browser.post("/privacy/record", {"patient_name": "Delgado, Rosa", "person_name": "carla"})
    assert answer.status_code == 302 and "Delgado" not in answer["Location"] and rosa in answer["Location"]
    page = said(browser.get(answer["Location"]))
    assert "Rosa Delgado" in page and "Carla Cole" in page
    assert "No patient of that name" in said(browser.post("/privacy/record", {"patient_name": "Xyzzy"}))


@pytest.mark.parametrize(
    "query",
    [
        "since=nonsense",
        "until=2026-99-99",
        "purpose=x",
        "outcome=x&what=y&entrance=z",
        "patient=x&person=y",
        "since=2026-11-01&until=2026-11-30",
    ],
)
def test_nonsense_in_the_address_breaks_nothing(home: House, query: str) -> None:
    assert client(home, "ari@example.org").get(f"/privacy/record?{query}").status_code == 200
    assert client(home, "ari@example.org").get("/privacy/record?after=forged").status_code in (400, 422)


def test_the_access_report_tells_who_looked(home: House, rosa: str) -> None:
    client(home).get(f"/patients/{rosa}")
    page = said(client(home).get(f"/patients/{rosa}/looks"))
    assert "Carla Cole" in page and "Care coordinator" in page and "Opened your record" in page and "Treatment" in page
    assert client(home, "sam@example.org").get("/patients/nobody/looks").status_code == 404
    assert client(home, "ari@example.org").get(f"/patients/{rosa}/looks").status_code == 200


@pytest.mark.parametrize(("language", "expected"), [("en", "Who has seen your record"), ("es", "Quién ha visto su expediente")])
def test_the_access_report_on_paper(home: House, rosa: str, language: str, expected: str) -> None:
    answer = client(home).get(f"/patients/{rosa}/looks.pdf?language={language}")
    assert answer["Content-Type"] == "application/pdf" and "Delgado" not in answer["Content-Disposition"]
    words = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())
    assert expected in words and "Rosa Delgado" in words and "Carla Cole" in words
    assert "print access report" in said(client(home, "ari@example.org").get(f"/privacy/record?patient=Patient/{rosa}&what=print"))


def test_there_is_a_way_from_the_patient_and_from_find(home: House, rosa: str) -> None:
    assert f"/patients/{rosa}/looks" in said(client(home).get(f"/patients/{rosa}"))
    assert "/glass" in said(client(home, "sam@example.org").post("/find", {"q": "xyzzyq"}))
    assert "privacy desk" in said(client(home, "dana@example.org").post("/find", {"q": "privacy"}))
