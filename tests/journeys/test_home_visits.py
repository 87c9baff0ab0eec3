"""K06, a visit at home without a network: taken along, answered offline, sent once, both kept, wiped; and wiped by signing out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Counted, Seen, Visit
from tests.pages import MONDAY, House, left, patient

from baton import app
from baton.duties.community import home_visits, needs
from baton.duties.scheduling import booking
from baton.duties.scheduling import needs as visit_needs
from baton.duties.support import assessments
from baton.duties.team import staff
from baton.web import django as shell

MARCUS = "marcus@example.org"
HOME = {"use": "home", "line": ["2 Depot Street"], "city": "Larkhaven", "state": "RI", "postalCode": "02999"}
KEPT = """async () => {
  const names = (await indexedDB.databases()).map((each) => each.name);
  return [names, await caches.keys(), localStorage.length];
}"""
RAW = """async () => {
  const asked = (request) => new Promise((done, fail) => { request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
  const base = await asked(indexedDB.open("baton-home-visits")), text = new TextDecoder("latin1");
  try {
    const [one] = await asked(base.transaction("copies").objectStore("copies").getAll());
    const key = await asked(base.transaction("keys").objectStore("keys").get("mine"));
    return [JSON.stringify({ ...one, sheet: text.decode(one.sheet.data), answers: text.decode(one.answers.data) }), key.extractable];
  } finally { base.close(); }
}"""  # noqa: E501
BUDGET = 2
"""Clicks from the list to the sheet on the device."""


@pytest.fixture(scope="module", autouse=True)
def visits(home: House) -> Iterator[dict[str, str]]:
    """Marcus, who goes to people's homes, and three visits of today; one visit without a time."""
    with home.hub.store.change(app.HUB, because="Add a person") as change:
        home.person[MARCUS] = staff.add(change, email=MARCUS, role="social-worker", team="Heart & Vascular", name="Marcus Bell")
    shell.share_password(home.hub, {MARCUS: home.person[MARCUS]}, "correct horse battery")
    ids: dict[str, str] = {}
    with home.change() as change:
        for who in ("Ada Lind", "Bruno Paz", "Cora Wells", "Dina Roe"):
            ids[who] = patient(change, who, language="es" if who.startswith("Bruno") else None, address=[HOME])
    with home.change(MARCUS) as change:
        needs.raise_need(change, patient=ids["Ada Lind"], need="food-insecurity")
        home_visits.note(change, patient=ids["Ada Lind"], access="Ring twice, side door", safety="A dog in the yard")
        for number, who in enumerate(list(ids)):
            need = visit_needs.make(
                change, patient=ids[who], what="See how they live", specialty="social work", minutes=30, modality="home"
            ).id
            if who != "Dina Roe":
                start = MONDAY + timedelta(minutes=30 + 40 * number)
                ids[f"{who}, visit"] = home_visits.plan(change, need=need, start=start).id
    yield ids


def along(page: Page) -> None:
    page.get_by_role("button", name="Take it along").click()
    expect(page.locator("#copy")).to_be_visible()
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.wait_for_function("caches.match('/home-visits/offline').then((found) => Boolean(found))")


def test_a_visit_without_a_network(visit: Visit, seen: Seen, visits: dict[str, str], home: House, capsys: Any) -> None:
    page = visit("/home-visits/", email=MARCUS, viewport={"width": 390, "height": 844})
    expect(page.locator("main")).to_contain_text("Still without a time")
    marcus = Counted(page)
    marcus.click("link", "Ada Lind")
    expect(page.locator(".sheet-lines")).to_contain_text("Ring twice, side door")
    seen(page, "home-visit-sheet")
    along(page)
    assert left(home, "export home visit", visits["Ada Lind"]) == 1
    marcus.clicks += 1
    raw, extractable = page.evaluate(RAW)
    assert extractable is False and not any(each in raw for each in ("Ada", "Depot", "Ring", "food"))

    page.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("Home visits")
    expect(page.locator(".sheet-lines")).to_contain_text("Ring twice, side door")
    expect(page.locator(".sheet-lines")).to_contain_text("2 Depot Street")
    food = page.get_by_role("group", name="Is there enough food in the home for today?")
    food.get_by_label("No", exact=True).check()
    page.get_by_label("What else should the team know?").fill("Steep stairs")
    page.get_by_label("What else should the team know?").blur()
    expect(page.locator("#copy")).to_contain_text("Answers kept on this device: 2.")
    seen_offline(page, "home-visit-offline")
    page.reload()  # still without a network: nothing was lost
    expect(page.get_by_role("group", name="Is there enough food").get_by_label("No", exact=True)).to_be_checked()
    expect(page.get_by_label("What else should the team know?")).to_have_value("Steep stairs")
    page.goto("/home-visits/")
    expect(page.locator("#on-device")).to_contain_text("Ada Lind")
    page.goto(f"/home-visits/{visits['Ada Lind, visit']}")

    with home.change() as change:  # meanwhile somebody in the office asks the same
        assessments.answer(change, patient=visits["Ada Lind"], assessment="home-visit", answers={"food-home": "yes"})
    page.get_by_role("button", name="Done: send it").click()
    expect(page.locator("#say")).to_contain_text("It is sent as soon as there is a network")
    body = page.evaluate("homeCopies.all().then(async ([one]) => ({ copy: one.copy, answers: await homeCopies.unseal(one.answers) }))")
    page.context.set_offline(False)
    expect(page.locator("#say")).to_contain_text("2 answers are kept.")
    expect(page.locator("#say")).to_contain_text("Carla Cole answered meanwhile: both are kept.")
    expect(page.locator("#say")).to_contain_text("Some answers differ.")
    assert page.evaluate(KEPT) == [[], [], 0], "nothing is left on the device"
    found = responses(home, visits["Ada Lind"])
    assert len(found) == 2 and all(each["item"] for each in found)
    again = page.evaluate(
        """async (body) => { const { token } = await (await fetch("/home-visits/here")).json();
        const headers = { "X-CSRFToken": token };
        const answer = await fetch("/home-visits/answers", { method: "POST", headers, body: JSON.stringify(body) });
        return answer.json(); }""",
        body,
    )
    assert again["already"] and len(responses(home, visits["Ada Lind"])) == 2
    page.goto(f"/home-visits/{visits['Ada Lind, visit']}")
    expect(page.locator("main")).to_contain_text("1 other person answered meanwhile: both are kept")
    assert marcus.clicks <= BUDGET
    with capsys.disabled():
        print(f"\nK06: {marcus.clicks} of {BUDGET} clicks to have a sheet along")


def seen_offline(page: Page, name: str) -> None:
    from tests.journeys.conftest import PICTURES

    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def responses(home: House, who: str) -> list[dict[str, Any]]:
    with home.hub.store.view(app.HUB) as view:
        return view.find("QuestionnaireResponse", patient=f"Patient/{who}")


def test_signing_out_and_signing_in_as_somebody_else_wipe_it(visit: Visit, visits: dict[str, str], site: str) -> None:
    page = visit(f"/home-visits/{visits['Bruno Paz, visit']}", email=MARCUS)
    along(page)
    assert page.evaluate(KEPT)[0] == ["baton-home-visits"]
    page.locator("details.me > summary").click()
    with page.expect_response(lambda answer: answer.url.endswith("/sign-out")) as left:
        page.get_by_role("button", name="Sign out").click()
    assert left.value.header_value("Clear-Site-Data") == '"storage"'
    page.wait_for_url("**/sign-in*")
    assert page.evaluate(KEPT) == [[], [], 0]
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.goto(f"/home-visits/{visits['Bruno Paz, visit']}")


def test_a_copy_whose_time_is_over_is_wiped_and_somebody_elses_too(visit: Visit, visits: dict[str, str]) -> None:
    page = visit(f"/home-visits/{visits['Cora Wells, visit']}", email=MARCUS)
    along(page)
    page.evaluate("homeCopies.all().then(([one]) => homeCopies.put({ ...one, ahead: one.ahead + 13 * 3600 * 1000 }))")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#say")).to_contain_text("There is no copy of this visit on this device")
    page.context.set_offline(False)
    page.goto(f"/home-visits/{visits['Cora Wells, visit']}")
    along(page)
    page.evaluate("localStorage.setItem('baton-home-visits', JSON.stringify({ person: 'Practitioner/another', unsent: 0 }))")
    page.goto("/today")
    page.wait_for_function("indexedDB.databases().then((found) => found.length === 0)")


@pytest.mark.parametrize("look", LOOKS)
def test_the_room_and_a_sheet_in_every_light(visit: Visit, seen: Seen, visits: dict[str, str], home: House, look: str) -> None:
    page = visit("/home-visits/", email=MARCUS, **LOOKS[look])
    expect(page.locator(".visit").first).to_be_visible()
    seen(page, f"home-visits-{look}")
    page.goto(f"/home-visits/{visits['Bruno Paz, visit']}")
    seen(page, f"home-visit-{look}")


def test_a_visit_is_given_a_time_by_whoever_goes(visit: Visit, visits: dict[str, str], home: House) -> None:
    page = visit("/home-visits/", email=MARCUS)
    page.get_by_label("Day and time").fill((MONDAY + timedelta(days=1, hours=1)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="I go : Dina Roe").click()
    expect(page.locator("#notices")).to_contain_text("The visit is booked. It is yours.")
    expect(page.locator("main")).not_to_contain_text("Still without a time")
    with home.change() as change:
        booked = change.find("Appointment", patient=f"Patient/{visits['Dina Roe']}")
        booking.cancel(change, appointment=str(booked[0]["id"]), reason="patient")
