"""What is sensitive here: read by the privacy desk, changed by administrators who prove who they are, beside each field what is amiss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.pages import PASSWORD, House, client, house

from baton import app
from baton.duties.team import staff
from baton.store.postgres import Database
from baton.web import django as shell

DANA, AUDE = "dana@example.org", "aude@example.org"


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        for email, role, name in ((DANA, "administrator", "Dana Roth"), (AUDE, "auditor", "Aude Kerr")):
            with opened.hub.store.change(app.HUB, because="Add a person") as change:
                opened.person[email] = staff.add(change, email=email, role=role, team="Heart & Vascular", name=name)
        shell.share_password(opened.hub, {each: opened.person[each] for each in (DANA, AUDE)}, PASSWORD)
        yield opened


def signed_in(home: House, email: str) -> Any:
    browser = client(home, None)
    browser.post("/sign-in", {"login": email, "password": PASSWORD})
    return browser


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form(**more: str) -> dict[str, str]:
    said = {
        "does": "adds", "label": "HIV", "system": "other", "other": "https://lab.example/codes", "codes": "HIVQ, HIVG B2*",
        "since": "2026-11-23", "why": "River Lab's own codes",
    }  # fmt: skip
    return {f"list-{name}": value for name, value in {**said, **more}.items()}


def test_an_administrator_adds_a_list_and_ends_it_and_it_stays_on_the_page(home: House) -> None:
    browser = signed_in(home, DANA)
    page = text(browser.get("/privacy/codes"))
    assert "No lists of its own yet" in page and "read at the source" in page and "to be verified" in page and "B20*" in page
    page = text(browser.post("/privacy/codes/add", form(), follow=True))
    assert "The list holds from its day on" in page and "HIVQ, HIVG, B2*" in page and "Dana Roth" in page
    (action,) = re.findall(r'action="(/privacy/codes/[^"]+/end)"', browser.get("/privacy/codes").content.decode())
    page = text(browser.post(action, follow=True))
    assert "holds no longer" in page and "HIVQ, HIVG, B2*" in page and "taken back" in page
    assert "no such list in use" in text(browser.post(action, follow=True))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"other": "lab"}, "Write the address by which the records name it"),
        ({"codes": ""}, "This field is required"),
        ({"codes": "F*"}, "two characters at least"),
        ({"why": " "}, "This field is required"),
        ({"since": "soon"}, "Enter a valid date"),
    ],
)
def test_what_is_amiss_is_said_and_what_was_typed_stays(home: House, more: dict[str, str], says: str) -> None:
    answer = signed_in(home, DANA).post("/privacy/codes/add", form(**more))
    assert answer.status_code == 422 and says in text(answer)
    assert "River Lab" in answer.content.decode() or "why" in more


def test_the_auditor_reads_it_and_nobody_else_comes_in_or_changes_it(home: House) -> None:
    page = signed_in(home, AUDE).get("/privacy/codes")
    assert page.status_code == 200 and b"Add a list" not in page.content
    assert signed_in(home, AUDE).post("/privacy/codes/add", form()).status_code == 403
    for email in ("carla@example.org", "sue@example.org"):
        assert signed_in(home, email).get("/privacy/codes").status_code == 403
        assert signed_in(home, email).post("/privacy/codes/add", form()).status_code == 403
        assert signed_in(home, email).post("/privacy/codes/x/end").status_code == 403


def test_changing_it_asks_again_who_it_is(home: House) -> None:
    answer = client(home, DANA).post("/privacy/codes/add", form(codes="OTHR"))  # signed in, and nobody knows how long ago
    assert answer.status_code in (302, 403) and "OTHR" not in text(signed_in(home, DANA).get("/privacy/codes"))
