"""Every address there is, with the ids of real people: to nobody, to a colleague of another team and to another patient it tells no one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from tests.api.hub import Client
from tests.security.conftest import Town
from tests.security.crawl import kind_of, pages
from tests.security.test_pages import routes
from tests.security.walk import EACH, Addresses, joins, let_in, tells, words

from baton import api, app
from baton.fhir.resource import human_name
from baton.store.codes import key64


@pytest.fixture(scope="module")
def stranger(made: Town) -> str:
    """A coordinator of another team, without patients: the e-mail address."""
    return joins(made)


def asked(browser: Any, path: str) -> Iterator[tuple[str, Any]]:
    """An address looked at and posted to."""
    yield "GET", browser.get(path)
    yield "POST", browser.post(path, {"anything": "x", "reason": "x", "text": "x", "note": "x"})


def troubles(browser: Any, paths: Iterable[str], told: re.Pattern[str]) -> list[str]:
    """Which answers tell somebody, in their words or where they lead."""
    found = []
    for path in paths:
        for method, answer in asked(browser, path):
            for text in (words(answer), answer.get("Location", "")):
                if named := told.search(text):
                    found.append(f"{method} {path}: {answer.status_code} tells {named.group()}")
            if answer.status_code >= 500:
                found.append(f"{method} {path}: {answer.status_code}")
    return found


def written(town: Town, person: str) -> int:
    """How many versions of anything about a patient somebody made."""
    with psycopg.connect(town.hub.database.owner_dsn) as connection:
        row = connection.execute(
            "select count(*) from version_row v join change c on c.id = v.change_id where c.who = %s and v.patient is not null", [person]
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_nobody_is_told_anybody(town: Town, addresses: Addresses) -> None:
    walked = addresses.all(town)
    assert len(walked) > 350 and sum("p000" in each for each in walked) > 60
    assert not troubles(town.browser(None), walked, tells(town.patients))


def test_a_colleague_of_another_team_is_told_nobody_and_changes_nothing(town: Town, addresses: Addresses, stranger: str) -> None:
    browser = town.browser(stranger)
    walked = addresses.all(town)
    walked += [f"/find?q={quote(each['name'][0]['family'])}" for each in town.patients] + [
        f"/find?q={each['birthDate']}" for each in town.patients
    ]
    assert not troubles(browser, walked, tells(town.patients))
    from baton.web.models import Account

    assert written(town, f"Practitioner/{Account.objects.get(email=stranger).practitioner}") == 0


def busiest(town: Town) -> list[str]:
    """The patients about whom there is most, adults alone."""
    with psycopg.connect(town.hub.database.owner_dsn) as connection:
        rows = connection.execute(
            "select patient, count(*) from version_row where patient is not null group by 1 order by 2 desc"
        ).fetchall()
    by_key = {key64(f"Patient/{each['id']}"): each for each in town.patients}
    return [by_key[key]["id"] for key, _ in rows if key in by_key and by_key[key]["birthDate"] < "1990"]


def test_a_patient_is_told_of_nobody_else(town: Town, addresses: Addresses) -> None:
    mine, others, *_ = busiest(town)
    theirs = Addresses()
    for path, _, _, page in pages(let_in(town, others, "one@mail.example"), "/my/", "/my/messages", "/my/papers", each=EACH):
        theirs.note(path, page)
    walked = sorted({*theirs.all(town), *addresses.all(town)})
    assert sum(each.startswith("/my/") for each in walked) > 30
    (own,) = [each for each in town.patients if each["id"] == mine]
    kin = own["name"][0]["family"]
    rest = [each for each in town.patients if each["id"] != mine and each["name"][0]["family"] != kin]
    assert not troubles(let_in(town, mine, "two@mail.example"), walked, tells(rest))


def plain(answer: Any, *ids: str) -> tuple[Any, ...]:
    """An answer without what is new in each: the id that was asked for, the token of a form, the clock."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|<time .*?</time>', "", answer.content.decode(errors="replace"))
    for each in ids:
        text = text.replace(each, "ID")
    where = answer.get("Location", "")
    for each in ids:
        where = where.replace(each, "ID")
    return answer.status_code, where, text


def test_what_is_another_teams_and_what_never_was_answer_alike_on_every_page(town: Town, stranger: str) -> None:
    patient, nobody, browser = busiest(town)[0], "p99999", town.browser(stranger)
    walked = [each for each in routes() if re.findall(r"<(?:\w+:)?(\w+)>", each) == ["patient"]]
    assert len(walked) > 40
    different = []
    for route in walked:
        there, not_there = (re.sub(r"<[^>]+>", each, route) for each in (patient, nobody))
        for ask in (browser.get, browser.post):
            different += [route] if plain(ask(there), patient) != plain(ask(not_there), nobody) else []
    assert not different


def test_what_is_another_teams_and_what_never_was_answer_alike_to_programs(town: Town, stranger: str) -> None:
    from baton.web.models import Account

    town.browser(None)
    store, patient = town.hub.store, busiest(town)[0]
    who = f"Practitioner/{Account.objects.get(email=stranger).practitioner}"
    client = Client(api.application(store, town.hub.settings), store.issue_token(who, 60))
    with store.view(app.HUB) as view:
        (task, *_) = view.find("Task", patient=f"Patient/{patient}", _count="1")
    for type_, id_, nobody in (("Patient", patient, "p99999"), ("Task", str(task["id"]), "00000000-0000-4000-8000-000000000000")):
        for asked in (
            "{}/{}", "{}/{}/_history", "{}/{}/_history/1", "{}?_id={}", "{}?_id={}&_revinclude=*", "Task?patient=Patient/{1}",
            "Observation?subject={0}/{1}&_summary=count", "Patient/{1}/$everything", "{}?_has:Observation:subject:_id={}",
            "Encounter?subject:Patient._id={1}",
        ):  # fmt: skip
            said = []
            for each in (id_, nobody):
                answer = client("GET", asked.format(type_, each))
                body = re.sub(r'"(?:id|lastUpdated)":"[^"]*"', "", answer.body.decode().replace(each, "ID"))
                said.append((answer.status, body))
            assert said[0] == said[1], asked


def test_whoever_stands_on_a_page_has_a_look_in_the_record(town: Town) -> None:
    """Boards, rooms, papers, sheets, lists: a patient whose name is shown was looked at, by whom it was shown to, in that request."""
    with town.hub.store.view(app.HUB) as view:
        kin = {human_name(each) for each in view.find("RelatedPerson", _count="1000")}
    by_name: dict[str, set[int]] = {}
    for each in town.patients:
        if human_name(each) not in kin:  # who stands on another's page as family was not looked at
            by_name.setdefault(human_name(each), set()).add(key64(f"Patient/{each['id']}"))
    unseen, shown = list[str](), 0
    with psycopg.connect(town.hub.database.owner_dsn, autocommit=True) as connection:

        def newest() -> int:
            row = connection.execute("select coalesce(max(id), 0) from look").fetchone()
            assert row is not None
            return int(row[0])

        for role in ("coordinator", "supervisor"):
            browser = town.browser(town.people[role])
            before = newest()
            for path, _, answer, page in pages(browser, "/today", "/patients", each=1):
                rows = connection.execute("select patients from look where id > %s", [before]).fetchall()
                before, looked = newest(), {key for (keys,) in rows for key in keys or ()}
                if page is None or answer.status_code != 200:
                    continue
                text = answer.content.decode()
                for name, keys in by_name.items():
                    if name in text:
                        shown += 1
                        unseen += [] if keys & looked else [f"{role} {kind_of(*(path.split('?') + [''])[:2])}: {name}"]
    assert shown > 50
    assert not unseen, "\n".join(unseen)


def test_the_test_itself_would_notice(town: Town) -> None:
    patient = busiest(town)[0]
    everybody = tells(town.patients)
    assert troubles(town.browser(town.people["supervisor"]), [f"/patients/{patient}"], everybody)
    assert troubles(town.browser(town.people["supervisor"]), [f"/scheduling/patient/{patient}/paper"], everybody), "in a paper too"
