"""An office takes part in a thread: let in on the desk, it reads behind its link on a phone, answers, agrees; it is taken out again."""

from __future__ import annotations

import re

import psycopg
import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import House, left, patient

from baton.duties.contact import threads
from baton.duties.referrals import referrals

FIRST, ASKED, SAID = "Her biopsy was benign.", "Can you see her before the ninth?", "Yes, Tuesday at ten."
NARROW = {"viewport": {"width": 375, "height": 760}, "has_touch": True}


@pytest.fixture(scope="module")
def about(home: House) -> dict[str, str]:
    """A patient with a referral to an office, and a thread with the patient about it."""
    with home.change() as change:
        id_ = patient(change, "Imani Brooks", telecom=[{"system": "email", "value": "imani@mail.example"}])
        mail = [{"system": "email", "value": "desk@riverside.example"}]
        office = change.put({"resourceType": "Organization", "active": True, "name": "Riverside Cardiology", "telecom": mail}).id
        change.put({"resourceType": "Organization", "active": True, "name": "Lakeside Imaging", "telecom": mail})
    with home.change() as change:
        said = {"question": "Is it the valve?", "reason": "New murmur"}
        task = referrals.make(change, patient=f"Patient/{id_}", what="cardiology consult", to=f"Organization/{office}", **said).id
    with home.change() as change:
        referrals.send(change, task=task, despite="the rest follows")
        thread = threads.start(change, patient=id_, topic="referral", text=FIRST, audience=[f"Patient/{id_}"], aloud=True).id
    return {"patient": id_, "thread": thread}


def newest(home: House) -> str:
    with psycopg.connect(home.hub.database.owner_dsn) as connection:
        rows = connection.execute("select payload from outbox where payload ->> 'link' like '/t/%' order by id desc").fetchone()
    assert rows is not None
    assert not re.search(r"imani|brooks|biopsy|ninth|riverside", f"{rows[0]['subject']} {rows[0]['text']} {rows[0]['link']}".lower())
    return str(rows[0]["link"])


def code_on(page: Page) -> str:
    notice = page.locator("#notices")
    expect(notice).to_contain_text(re.compile(r"\d{4} \d{4}"))
    return re.findall(r"\d{4} \d{4}", notice.inner_text())[0]


def opened(visit: Visit, home: House, code: str, **options: object) -> Page:
    page = visit(newest(home), email=None, **options)
    page.locator("#code").fill(code)
    page.locator("main button").click()
    expect(page.locator("main")).to_contain_text("Imani Brooks")
    return page


def test_an_office_is_let_in_reads_answers_agrees_and_is_taken_out(visit: Visit, seen: Seen, home: House, about: dict[str, str]) -> None:
    desk = visit(f"/threads/{about['thread']}")
    desk.locator("summary", has_text="Let an office or agency take part").click()
    expect(desk.locator("select[name=party]")).not_to_contain_text("Lakeside")
    desk.get_by_label("What you write to them").fill(ASKED)
    seen(desk, "thread-office-let-in")
    desk.get_by_role("button", name="Let them take part").click()
    code = code_on(desk)
    expect(desk.locator(".talk")).to_contain_text(ASKED)
    seen(desk, "thread-office-desk")

    office = visit(newest(home), email=None, **NARROW)
    seen(office, "thread-office-code")
    office.locator("#code").fill("0000 0000")
    office.get_by_role("button", name="Open").click()
    expect(office.locator("#code-wrong")).to_be_visible()
    office.locator("#code").fill(code)
    office.get_by_role("button", name="Open").click()
    expect(office.locator("main")).to_contain_text(ASKED)
    expect(office.locator("main")).not_to_contain_text("biopsy")
    assert left(home, "view thread", about["patient"]) == 1 and left(home, "answer refused") == 1
    seen(office, "thread-office-phone")
    office.get_by_label("Your answer").fill(SAID)
    office.get_by_label("Your name and office").fill("Pat Lee")
    office.get_by_role("button", name="Send").click()
    expect(office.get_by_role("status")).to_contain_text("They know now")
    expect(office.locator("ol.talk")).to_contain_text("Riverside Cardiology (Pat Lee)")
    office.get_by_role("button", name="We agree").click()
    expect(office.locator("ol.talk")).to_contain_text("You agreed to this.")
    seen(office, "thread-office-answered")

    desk.reload()
    expect(desk.locator("#said-title")).to_contain_text("We owe an answer")
    expect(desk.locator(".talk")).to_contain_text(SAID)
    expect(desk.locator(".talk")).to_contain_text("accepted")
    expect(desk.get_by_role("checkbox", name="Riverside Cardiology")).to_be_checked()
    expect(desk.get_by_role("checkbox", name="Imani Brooks")).not_to_be_checked()
    seen(desk, "thread-office-answer-on-the-desk")
    desk.get_by_role("button", name="Take them out").click()
    expect(desk.locator("#notices")).to_contain_text("Their link is over")
    office.goto(newest(home))
    office.locator("#code").fill(code)
    office.get_by_role("button", name="Open").click()
    expect(office.locator("#code-wrong")).to_be_visible()


@pytest.mark.parametrize("look", ["dark", "spanish", "phone"])
def test_its_pages_in_every_look(visit: Visit, seen: Seen, home: House, about: dict[str, str], look: str) -> None:
    desk = visit(f"/threads/{about['thread']}")
    expect(desk.locator("main")).to_contain_text(FIRST)
    if desk.get_by_role("button", name="New link").count():
        desk.get_by_role("button", name="New link").click()
    else:
        desk.locator("summary", has_text="Let an office or agency take part").click()
        desk.get_by_label("What you write to them").fill(ASKED)
        desk.get_by_role("button", name="Let them take part").click()
    code = code_on(desk)
    page = visit(f"/threads/{about['thread']}", **LOOKS[look])
    expect(page.locator(".talk")).to_contain_text(ASKED)
    seen(page, f"thread-office-desk-{look}")
    office = opened(visit, home, code, **{**LOOKS[look], **(NARROW if look != "dark" else {})})
    expect(office.locator("ol.talk")).to_contain_text(ASKED)
    seen(office, f"thread-office-{look}")
