"""SC12, food and rent: asked, found, agreed to, referred, followed to the end; programs in their order, papers once; clicks counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Counted, Seen, Visit
from tests.pages import House, left, patient

import baton.demo
from baton import app
from baton.duties.community import community, needs
from baton.duties.patients import identity
from baton.duties.support import assessments
from baton.intake import hsds

TOWN = Path(baton.demo.__file__).parent / "data" / "larkhaven-directory"
HOME = {"use": "home", "line": ["2 Depot Street"], "city": "Larkhaven", "state": "RI", "postalCode": "02999"}
ANSWERS = {
    "food": "yes",
    "food-today": "yes",
    "housing": "worried",
    "transport": "no",
    "utilities": "no",
    "safety": "harm-no",
    "help": "yes",
}
BUDGET = 45
"""Clicks of the whole story, typing not counted: two needs, three questions for room, a referral through seven states, three programs."""


@pytest.fixture(scope="module", autouse=True)
def people(home: House) -> Iterator[dict[str, str]]:
    """The Lee family; the directory of Larkhaven."""
    hsds.load(home.hub.store, app.HUB, TOWN)
    ids: dict[str, str] = {}
    with home.change() as change:
        ids["lee"] = patient(change, "Grace Lee", born="1986-03-03", address=[HOME])
        person = change.get("Patient", ids["lee"])
        point = {"system": "phone", "use": "mobile", "value": "(401) 555-0190"}
        change.put(identity.with_preferences({**person, "telecom": [point]}, identity.Preferences("es", False, "sms", None, None, None)))
    with home.change() as change:
        ids["other"] = patient(change, "Walter Nowak", born="1950-01-01")
    with home.change() as change:
        assessments.answer(change, patient=ids["lee"], assessment="social-needs", answers=ANSWERS, done=True)
    yield ids


def fold(page: Page, counted: Counted, summary: str) -> None:
    counted.clicks += 1
    page.locator("summary", has_text=summary).first.click()


def test_food_rent_ride(visit: Visit, seen: Seen, people: dict[str, str], home: House, capsys: pytest.CaptureFixture[str]) -> None:
    page = visit(f"/patients/{people['lee']}")
    lee = Counted(page)
    lee.click("link", "Help", exact=True)
    expect(page.locator("#needs")).to_contain_text("found by asking")
    lee.click("button", "Put it on the list : Food")
    lee.click("button", "Put it on the list : Housing")
    seen(page, "community-needs-found")
    rent(page, lee, seen)
    followed(page, lee)
    money(page, lee, seen, people["lee"])
    assert lee.clicks <= BUDGET
    texts = content_free(home)
    assert len(texts) == 6
    with capsys.disabled():
        print(f"\nSC12: {lee.clicks} of {BUDGET} clicks")


def rent(page: Page, lee: Counted, seen: Seen) -> None:
    """Three parties are asked without a name; one has a waiting list and is agreed to."""
    lee.click("link", "Find help : Housing")
    expect(page.locator(".services")).to_contain_text("A form signed by the landlord")
    expect(page.locator(".services")).to_contain_text("checked 30 Oct 2026")
    for name in ("Eviction help", "Rent help fund", "Emergency rent help"):
        lee.tick(f"Ask {name} whether there is room")
    lee.click("button", "Ask the ticked ones for room")
    expect(page.locator("#notices")).to_contain_text("3 were asked by e-mail.")
    for name, said in (("Eviction help", "no room"), ("Rent help fund", "waiting list"), ("Emergency rent help", "has room")):
        lee.click("button", f"{said} : {name}")
    seen(page, "community-find-for")
    row = page.locator(".services > li", has_text="Rent help fund").first
    row.get_by_role("button", name="Refer and send : Rent help fund").click()  # tried without the consent: not counted
    expect(page.locator("#notices")).to_contain_text("The patient has not agreed that they are told.")
    row.get_by_label("The patient has signed").check()
    lee.clicks += 2
    row.get_by_role("button", name="Refer and send : Rent help fund").click()
    expect(page.locator("#notices")).to_contain_text("Sent. It is their turn now.")


def followed(page: Page, lee: Counted) -> None:
    """Requested, accepted, in progress, on hold for a form, in progress, completed; waiting list, then enrolled."""
    who = "Rent help fund, Harbor Tenants’ Union"
    need = page.locator(".need", has_text="Housing")
    for word, state in (("They accepted", "accepted"), ("They began", "under way")):
        lee.click("button", f"{word} : {who}")
        expect(need.locator(".asked-one .tag").first).to_have_text(state)
    fold(page, lee, f"More they say: {who}")
    lee.choose("With the program they are", "not-enrolled-on-waitlist", exact=False)
    lee.click("button", f"Record enrollment : {who}")
    expect(need).to_contain_text("on the waiting list")
    fold(page, lee, f"More they say: {who}")
    lee.choose("They report", "hold", exact=False)
    need.get_by_label("Why").first.fill("needs landlord form")
    lee.click("button", f"Record it : {who}")
    expect(need).to_contain_text("“needs landlord form”")
    lee.click("button", f"Off hold : {who}")
    fold(page, lee, f"More they say: {who}")
    need.get_by_label("What came of it").fill("two months paid")
    lee.click("button", f"Completed : {who}")
    expect(need.locator(".asked-one .tag").first).to_have_text("completed")
    expect(need).to_contain_text("enrolled")


def money(page: Page, lee: Counted, seen: Seen, who: str) -> None:
    """133.97 percent; Medicaid, then SNAP, then the hospital; pay stubs once."""
    page.get_by_label("People in the household").fill("3")
    page.get_by_label("Income in dollars, of all of them").fill("3,050")
    page.locator("#money").get_by_role("button", name="Keep it").click()
    lee.clicks += 1
    paper(page, lee, "hospital-bill", "2026-11-20")
    paper(page, lee, "pay-stubs", "2026-11-13")
    expect(page.locator("#money")).to_contain_text("133.97 %")
    expect(page.locator("#money")).to_contain_text("of $27,320, guideline of 2026, 48 states and D.C.")
    names = [each.inner_text() for each in page.locator(".path b").all()]
    assert [each for each in names if each in ("Medicaid", "SNAP", "Hospital financial assistance")] == [
        "Medicaid", "SNAP", "Hospital financial assistance",
    ]  # fmt: skip
    fap = page.locator(".path li", has_text="Hospital financial assistance")
    expect(fap).to_contain_text("100 % off the bill")
    expect(fap).to_contain_text("by 18 Jul 2027")
    for name in ("Medicaid", "SNAP", "Hospital financial assistance"):
        lee.click("button", f"Begin : {name}", exact=True)
    fold(page, lee, "Next step: Medicaid")
    page.locator(".application", has_text="Medicaid").get_by_label("Why it is sent without what is missing").fill("ID and address follow")
    lee.click("button", "Hand it in : Medicaid", exact=True)
    medicaid = page.locator(".application", has_text="Medicaid")
    expect(medicaid).to_contain_text("handed in: pay stubs")
    expect(page.locator(".application", has_text="SNAP")).not_to_contain_text("pay stubs")
    seen(page, "community-help")


def paper(page: Page, lee: Counted, proof: str, of: str) -> None:
    form = page.locator("#papers form")
    page.locator("#papers summary").click()
    form.get_by_label("What it is").select_option(proof)
    form.get_by_label("Of which day").fill(of)
    form.get_by_label("File").set_input_files({"name": f"{proof}.txt", "mimeType": "text/plain", "buffer": proof.encode()})
    form.get_by_role("button", name="Keep it").click()
    lee.clicks += 5
    expect(page.locator("#papers")).to_contain_text("Nov 2026")


def content_free(home: House) -> list[str]:
    """The texts to the patient; none says anything but that there is news. Nor does a question to a party name anybody."""
    with psycopg.connect(home.hub.database.owner_dsn) as connection:
        rows = connection.execute("select topic, payload from outbox").fetchall()
    for _topic, payload in rows:
        assert not re.search(r"lee|grace|rent\b|food|housing|medicaid|snap", str(payload.get("text", "")).lower().replace("rent help", ""))
    return [str(payload["text"]) for topic, payload in rows if topic == "text"]


def test_the_party_answers_through_its_link(visit: Visit, seen: Seen, people: dict[str, str], home: House) -> None:
    """Sent from the page of help, the code told by telephone; the party declines nothing, it accepts in Spanish; the page says who."""
    with home.change() as change:
        need = needs.raise_need(change, patient=people["other"], need="transportation-insecurity").id
        rides = next(str(each["id"]) for each in change.find("HealthcareService") if each.get("name") == "Rides to the doctor")
        community.refer(change, need=need, service=rides, signed=True)
    page = visit(f"/patients/{people['other']}/help")
    page.get_by_role("button", name="Let them answer by a link").click()
    told = re.search(r"\d{4} \d{4}", page.locator("#notices").inner_text())
    assert told is not None
    with psycopg.connect(home.hub.database.owner_dsn) as connection:
        (payload,) = connection.execute("select payload from outbox where payload ->> 'link' like '/a/%'").fetchone() or ({},)
    assert not re.search(r"nowak|walter|ride", f"{payload['subject']} {payload['text']} {payload['link']}".lower())
    party = visit(payload["link"], email=None, locale="es-US", viewport={"width": 390, "height": 844})
    party.get_by_label("Código").fill("0000 0000")
    party.get_by_role("button", name="Abrir").click()
    expect(party.locator("#code-wrong")).to_be_visible()
    party.get_by_label("Código").fill(told.group())
    party.get_by_role("button", name="Abrir").click()
    expect(party.locator("main")).to_contain_text("Walter Nowak")
    expect(party.locator("main")).not_to_contain_text("1950")
    assert left(home, "view referral", people["other"]) == 1 and left(home, "answer refused") == 1, "a wrong code too"
    seen(party, "answer-link-spanish")
    party.get_by_label("Su nombre y oficina").fill("Pat, Rides")
    party.get_by_role("button", name="No podemos aceptarlo").click()
    expect(party.get_by_role("alert")).to_contain_text("Diga por qué.")
    party.get_by_role("button", name="Aceptamos").click()
    expect(party.get_by_role("status")).to_contain_text("Ya lo saben")
    expect(party.get_by_role("button", name="Aceptamos")).to_have_count(0)
    page.reload()
    expect(page.locator("#needs")).to_contain_text("Pat, Rides answered through the link")
    seen(page, "answer-link-staff")


def test_the_letter_is_a_paper(visit: Visit, people: dict[str, str]) -> None:
    page = visit(f"/patients/{people['lee']}/help")
    token = page.locator("#applications input[name=csrfmiddlewaretoken]").last.get_attribute("value")
    answer = page.request.post(
        f"/patients/{people['lee']}/help/letter",
        form={"language": "es", "csrfmiddlewaretoken": str(token)},
        headers={"Referer": page.url},
    )
    assert answer.ok and answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_in_every_light(visit: Visit, seen: Seen, people: dict[str, str], look: str) -> None:
    page = visit("/community?need=food-insecurity&zip=02999", **LOOKS[look])
    expect(page.locator(".services > li")).to_have_count(7)
    seen(page, f"community-{look}")
    for path, name in (
        ("community/needs", "needs"),
        ("community/applications", "applications"),
        (f"patients/{people['lee']}/help", "help"),
    ):
        page.goto(f"/{path}")
        expect(page.locator("main h1")).to_be_visible()
        seen(page, f"community-{name}-{look}")


def test_another_team_sees_none_of_it(visit: Visit, people: dict[str, str]) -> None:
    page = visit("/community/needs", email="sam@example.org")
    expect(page.locator("main")).to_contain_text("No need is open")
    page.goto("/community/applications")
    expect(page.locator("main")).to_contain_text("No application is under way")
    assert page.goto(f"/patients/{people['lee']}/help").status == 404  # type: ignore[union-attr]


def test_distances_are_not_made_up(visit: Visit, home: House) -> None:
    with home.change() as change:
        nils = patient(change, "Nils Berg", born="1950-01-01")
    page = visit(f"/patients/{nils}/help")
    page.locator("select[name=need]").select_option("food-insecurity")
    page.get_by_role("button", name="Put it on the list").click()
    page.get_by_role("link", name="Find help : Food").click()
    expect(page.locator("main")).to_contain_text("Where they live is not known well enough to count distances")
    expect(page.locator(".services")).not_to_contain_text("miles")
