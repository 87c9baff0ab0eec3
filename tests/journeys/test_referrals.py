"""Referrals in the browser: drafted, completed by a reason, sent, declined, sent elsewhere, and followed to the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import MONDAY, House, patient

from baton.duties.referrals import referrals


def clinic(id_: str, name: str) -> dict[str, object]:
    return {"resourceType": "Organization", "id": id_, "active": True, "name": name}


@pytest.fixture(scope="module", autouse=True)
def people(home: House) -> Iterator[dict[str, str]]:
    """Four patients; referrals of theirs stand in different places."""
    ids: dict[str, str] = {}
    with home.change() as change:
        for id_, name in (("imaging", "Heart Imaging"), ("cardio", "Riverside Cardiology"), ("kidney", "Kidney Clinic")):
            change.put(clinic(id_, name))
    for name, language in (("Imani Brooks", None), ("Walter Nowak", None), ("Ava Lindholm", None), ("Rosa Delgado", "es")):
        with home.change() as change:
            ids[name] = patient(change, name, language=language)
    begin(home, ids["Walter Nowak"], "cardiology consult", "cardio", ("accept", None), ("interim-note", None))
    begin(home, ids["Ava Lindholm"], "nephrology consult", "kidney")
    begin(home, ids["Rosa Delgado"], "echocardiogram", "imaging", ("accept", None), ("schedule", MONDAY + timedelta(days=4)))
    yield ids


def begin(home: House, patient_id: str, what: str, to: str, *moves: tuple[str, object]) -> None:
    with home.change() as change:
        task = referrals.make(change, patient=patient_id, what=what, to=f"Organization/{to}", urgency="urgent", question="?", reason="?").id
    with home.change() as change:
        referrals.send(change, task=task, despite="the rest follows")
    for trigger, when in moves:
        with home.change() as change:
            referrals.move(change, task=task, trigger=trigger, when=when)  # type: ignore[arg-type]


@pytest.mark.parametrize("look", LOOKS)
def test_the_board_at_a_glance(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/referrals", **LOOKS[look])
    expect(page.locator(".work").first).to_be_visible()
    seen(page, f"referrals-{look}")


def test_a_referral_from_the_patients_page_to_somebody_else(visit: Visit, seen: Seen, people: dict[str, str]) -> None:
    page = visit(f"/patients/{people['Imani Brooks']}")
    page.get_by_role("link", name="Refer to somebody").click()
    seen(page, "referral-new")
    page.get_by_label("What is asked for").fill("cardiac MRI")
    page.get_by_label("To whom").select_option(label="Heart Imaging")
    page.get_by_label("urgent", exact=True).check()
    page.get_by_label("Specialty").select_option("cardiology")
    page.get_by_label("The question to be answered").fill("Scar or inflammation?")
    page.get_by_role("button", name="Draft it").click()
    story = page.get_by_role("complementary", name="The selected referral")
    expect(story).to_contain_text("cardiac MRI")
    expect(story).to_contain_text("missing: an ECG")
    seen(page, "referral-meter")
    page.get_by_label("Why it is sent without what is missing").fill("the ECG follows by fax")
    page.get_by_role("button", name="Send it", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("Sent. It is their turn now.")
    decline(page, "no capacity")
    expect(story).to_contain_text("declined: “no capacity”")
    page.get_by_label("Send it to").select_option(label="Riverside Cardiology")
    page.get_by_role("button", name="Send it there").click()
    expect(story.locator(".facts").first).to_contain_text("Riverside Cardiology")
    expect(story.locator(".facts").first).to_contain_text("Also sent to")


def decline(page: Page, reason: str) -> None:
    page.locator("summary", has_text="They declined").click()
    form = page.locator("details[open]", has_text="They declined")
    form.get_by_label("Why").fill(reason)
    form.get_by_role("button", name="Record it").click()


def test_columns_and_turns_narrow_the_board(visit: Visit) -> None:
    page = visit("/referrals")
    page.locator("a.tile", has_text="seen, result awaited").click()
    expect(page.locator(".work")).to_have_count(1)
    expect(page.locator(".work")).to_contain_text("Walter Nowak")
    page = visit("/referrals?turn=patient")
    expect(page.locator(".work")).to_contain_text("Rosa Delgado")
    page = visit("/referrals?column=tell")
    expect(page.locator("main")).to_contain_text("Nothing here")


def test_keys_walk_the_board(visit: Visit) -> None:
    page = visit("/referrals")
    first = page.locator(".work.at .who").inner_text()
    page.keyboard.press("j")
    expect(page.locator(".work.at .who")).not_to_have_text(first)
    page.keyboard.press("k")
    expect(page.locator(".work.at .who")).to_have_text(first)


def test_today_says_whose_turn_it_is(visit: Visit) -> None:
    page = visit("/today?kind=referral-answer")
    expect(page.locator(".work").first).to_contain_text("Waiting on Kidney Clinic: Ask for an answer: nephrology consult")


def test_another_team_sees_an_empty_board(visit: Visit) -> None:
    page = visit("/referrals", email="sam@example.org")
    expect(page.locator("main")).to_contain_text("No referral is open")


def test_an_office_answers_by_its_link_and_the_story_says_so(visit: Visit, seen: Seen, home: House, people: dict[str, str]) -> None:
    page = visit("/referrals?column=answer")
    page.locator(".work", has_text="Ava Lindholm").locator(".do").click()
    story = page.get_by_role("complementary", name="The selected referral")
    story.locator("summary", has_text="Let them answer by a link").click()
    page.get_by_label("Their e-mail address").fill("front@kidney.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.locator("#notices")).to_contain_text("Tell them this code by telephone")
    code = re.search(r"(\d{4}) (\d{4})", page.locator("#notices").inner_text())
    assert code is not None
    seen(page, "referral-link")
    with psycopg.connect(home.hub.database.owner_dsn) as connection:
        [(link,)] = connection.execute("select payload ->> 'link' from outbox where payload ->> 'link' like '/o/%'")
    for look in ("phone", "spanish", "dark"):
        office = visit(str(link), email=None, **LOOKS[look])
        seen(office, f"office-code-{look}")
        office.locator("#code").fill(code[1] + code[2])
        office.locator("form button.go").click()
        expect(office.locator("main")).to_contain_text("Ava Lindholm")
        seen(office, f"office-{look}")
    office = visit(str(link), email=None)
    office.get_by_label("Code").fill(code[1] + code[2])
    office.get_by_role("button", name="Open").click()
    office.get_by_label("Your name and office").fill("Pat, Kidney Clinic")
    office.get_by_role("button", name="We accept").click()
    expect(office.locator("main")).to_contain_text("They know now.")
    office.get_by_label("When the visit is").fill("2026-12-01T09:30")
    office.get_by_role("button", name="The visit is booked").click()
    expect(office.locator("main")).to_contain_text("visit booked")
    page.goto("/referrals?turn=patient")
    page.locator(".work", has_text="Ava Lindholm").locator(".do").click()
    expect(story).to_contain_text("Pat, Kidney Clinic answered through the link")
    expect(story).to_contain_text("visit booked")
