"""SC17 and the mentoring of SC18: a huddle whose decisions are one click, a mentor's answer on a version, and the numbers of the house."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import MONDAY, PASSWORD, House, patient, stay

from baton import app
from baton.duties import codes, promises
from baton.duties.contact import communication
from baton.duties.team import handovers, huddles, staff
from baton.duties.team.handovers import Move
from baton.web import django as shell

SUE, CARLA = "sue@example.org", "carla@example.org"


@pytest.fixture(scope="module", autouse=True)
def crew(home: House) -> Iterator[dict[str, str]]:
    """Sam is new, guided by Grace; two patients of hers are home and were called; others are late."""
    people: dict[str, str] = {}
    for name, email, role in (("Nia Brown", "nia@example.org", "coordinator"), ("Grace Kim", "grace@example.org", "senior")):
        with home.hub.store.change(app.HUB, because="Add a person") as change:
            people[name] = staff.add(change, email=email, role=role, team="Heart & Vascular", name=name)
    with home.hub.store.change(app.HUB, because="A mentor") as change:
        staff.set_mentor(change, person=people["Nia Brown"], mentor=people["Grace Kim"])
    shell.share_password(home.hub, {"nia@example.org": people["Nia Brown"], "grace@example.org": people["Grace Kim"]}, PASSWORD)
    with home.change() as change:
        ids = [
            patient(change, name, language=language) for name, language in (("Ann Alber", None), ("Bea Borden", "es"), ("Cyd Carver", None))
        ]
    with home.change(SUE) as change:
        handovers.hand(change, giver=None, moves=[Move(f"Patient/{each}", people["Nia Brown"]) for each in ids])
        for each in ids:
            promises.make_by_hand(change, patient=f"Patient/{each}", what="renew the placard", due=MONDAY.date(), owner=people["Nia Brown"])
    with home.change() as change:
        stay(change, ids[0], MONDAY - timedelta(days=1))
        stay(change, ids[1], MONDAY - timedelta(days=8))
    nia = home.hub.store.who(people["Nia Brown"], entrance="desk")
    assert nia is not None
    for each in ids[:2]:
        with home.hub.store.change(nia, because="Call") as change:
            [task] = [one["id"] for one in change.find("Task", patient=f"Patient/{each}") if codes.promise_code(one) == codes.CONTACT]
            communication.attempt(change, task=task, outcome="reached", language="en")
    yield {**people, "Ann": ids[0], "Bea": ids[1]}


def test_a_mentor_answers_on_a_version(visit: Visit, seen: Seen) -> None:
    page = visit("/mentoring", email="grace@example.org")
    expect(page.locator(".move")).to_have_count(2)
    expect(page.get_by_text("Not in time, in a month")).to_be_visible()
    seen(page, "mentoring")
    page.locator(".move a").first.click()
    page.locator(".event.asked summary").click()
    page.locator(".event.asked textarea").fill("Ask who is at home.")
    page.locator(".event.asked").get_by_role("button", name="Comment").click()
    expect(page.locator(".event.asked .said")).to_contain_text("Ask who is at home.")
    expect(page.locator(".changed").first).to_contain_text("Where it stands")
    raw = re.findall(r"Patient/\S+|\d{4}-\d\d-\d\dT\S+|authoredOn|executionPeriod", page.inner_text("main"))
    assert raw == [], "people, times and elements are in words"
    seen(page, "mentoring-review")
    page.get_by_role("button", name="Co-sign").click()
    expect(page.locator("#notices")).to_contain_text("Co-signed.")
    page.locator(".move a").first.click()
    page.get_by_label("Your words").fill("Say it in her language.")
    page.get_by_role("button", name="Send back").click()
    expect(page.locator("#notices")).to_contain_text("Sent back")
    assert visit("/mentoring", email=CARLA).locator(".move").count() == 0, "not her room"


def test_numbers_open_who_is_behind_them(visit: Visit, seen: Seen) -> None:
    page = visit("/operations", email=SUE)
    seen(page, "operations")
    numbers = [(each.get_attribute("href"), each.get_attribute("data-count")) for each in page.locator("main a[data-count]").all()]
    tiles = [(each.get_attribute("href"), each.inner_text()) for each in page.locator(".tile").all()]
    numbers += [(href, re.findall(r"of (\d+) referrals", text)[0]) for href, text in tiles if href and "referrals" in text]
    assert len(numbers) > 3, "there is something to open"
    for href, count in numbers:
        shown = page.request.get(str(href)).text()
        assert f'data-count="{count}"' in shown, f"{href} counts {count}"
        assert shown.count('class="move"') == int(str(count)), f"{href} shows {count}"
    expect(page.get_by_text("too few to show").first).to_be_visible()
    for hidden in ("?what=group&by=language&group=es", "?what=group&by=sex&group=female", "?what=nothing"):
        assert 'data-count="0"' in page.request.get(f"/operations/behind{hidden}").text(), "a hidden cell opens nothing"
    page.locator(".figures a").first.click()
    expect(page.locator(".move").first).to_be_visible()
    seen(page, "operations-behind")
    assert visit("/operations", email=CARLA).request.get("/operations/behind?what=clock").status == 403


def test_a_huddle_with_an_absent_owner(visit: Visit, seen: Seen, home: House, crew: dict[str, str]) -> None:
    page = visit("/team/huddles", email=SUE)
    page.get_by_label("Team").select_option(label="Heart & Vascular")
    page.get_by_role("button", name="Begin now").click()
    card = page.locator("section.card", has_text="Ann Alber").first
    card.get_by_placeholder("What is decided").fill("Ask for a ride on Thursday")
    clicks = 1  # the day stands there already; her coordinator is the first of those who can owe it
    card.get_by_role("button", name="Nia Brown").click()
    print(f"\nSC17: a decision with owner and date: {clicks} of 2 clicks")
    expect(card).to_contain_text("waits for their yes")
    card.locator("summary", has_text="Say something").press("Enter")
    card.locator("textarea").fill("Sue: home. The ward: a nursing stay first.")
    card.get_by_role("button", name="Keep it as not agreed").click()
    expect(card).to_contain_text("not agreed")
    seen(page, "huddle")
    page.get_by_role("button", name="End the huddle").click()
    expect(page.locator("#notices")).to_contain_text("the minutes are counted")
    page = visit("/team/huddles", email="nia@example.org")
    expect(page.get_by_text("Decided while you were not there")).to_be_visible()
    seen(page, "huddles")
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.locator("#notices")).to_contain_text("Accepted")
    page = visit("/today?whose=mine", email="nia@example.org")
    expect(page.locator("main")).to_contain_text("Ask for a ride on Thursday")
    page = visit(f"/patients/{crew['Ann']}/looked-after", email="nia@example.org")
    expect(page.locator(".move")).to_contain_text("Nia Brown")
    seen(page, "looked-after")


def test_a_call_after_hours_from_the_patients_page(visit: Visit, crew: dict[str, str]) -> None:
    page = visit(f"/patients/{crew['Bea']}", email="nia@example.org")
    page.locator("summary", has_text="A call that came after hours").click()
    page.get_by_label("What it was about, and what you said").fill("Swollen ankles, no pain; feet up, call at nine")
    page.get_by_role("button", name="Record it").click()
    expect(page.locator("#notices")).to_contain_text("The team follows up")


@pytest.mark.parametrize("look", ["dark", "phone", "spanish"])
@pytest.mark.parametrize("path", ["/operations", "/mentoring", "/team/huddles"])
def test_in_every_light(visit: Visit, seen: Seen, path: str, look: str) -> None:
    seen(visit(path, email=SUE, **LOOKS[look]), f"team{path.replace('/', '-')}-{look}")


@pytest.mark.parametrize("look", ["dark", "phone"])
@pytest.mark.parametrize(
    "path",
    ["/mentoring/misses", "/mentoring/lately", "/mentoring/own", "/operations?measure=waits", "/team/behind?show=all", "/team/on-call"],
)
def test_what_opens_from_them(visit: Visit, seen: Seen, path: str, look: str) -> None:
    seen(visit(path, email=SUE, **LOOKS[look]), f"opened-{re.sub('[^a-z]+', '-', path)}-{look}")


def test_a_preview_and_a_huddle_on_a_phone(visit: Visit, seen: Seen, home: House, crew: dict[str, str]) -> None:
    page = visit(f"/team/people/{crew['Nia Brown'].partition('/')[2]}", email=SUE, **LOOKS["phone"])
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.locator(".move").first).to_be_visible()
    seen(page, "team-preview-phone")
    with home.change(SUE) as change:
        begun = huddles.begin(change, team=home.team["Heart & Vascular"])
    page.goto(f"/team/huddles/{begun}")
    expect(page.get_by_label("What is decided").first).to_be_visible()
    seen(page, "huddle-phone")
