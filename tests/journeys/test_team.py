"""SC18: forty-one patients lent with a look before, undone, done again, two kept; and every page of the team's room in every light."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import MONDAY, PASSWORD, House, patient, stay

from baton import app
from baton.duties import codes, promises
from baton.duties.team import handovers, looking_after, oncall, staff
from baton.duties.team.handovers import Move
from baton.fhir.resource import target
from baton.web import django as shell

CASES = 41
SUE = "sue@example.org"


class Clicks:
    """A page whose clicks are counted: choosing from a list is two (open, choose); typing is none."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def click(self, what: Locator) -> None:
        self.count += 1
        what.click()

    def choose(self, what: Locator, label: str) -> None:
        self.count += 2
        what.select_option(label=label)


@pytest.fixture(scope="module", autouse=True)
def crew(home: House) -> Iterator[dict[str, str]]:
    """Hannah with 41 patients, three of whom speak Cantonese; Tom; Priya, who does too; somebody waiting in Intake; somebody on call."""
    people: dict[str, str] = {}
    for name, email in (("Hannah Fisher", "hannah@example.org"), ("Tom Brandt", "tom@example.org"), ("Priya Nair", "priya@example.org")):
        with home.hub.store.change(app.HUB, because="Add a person") as change:
            people[name] = staff.add(change, email=email, role="coordinator", team="Heart & Vascular", name=name)
    with home.hub.store.change(app.HUB, because="Languages") as change:
        staff.set_languages(change, person=people["Priya Nair"], languages=["en", "yue"])
        staff.set_share(change, person=people["Tom Brandt"], share=40)
    shell.share_password(home.hub, {"hannah@example.org": people["Hannah Fisher"]}, PASSWORD)
    ids = []
    with home.change() as change:
        ids += [patient(change, f"Ann {word}", language="yue" if n % 14 == 5 else None) for n, word in enumerate(_words(CASES))]
    with home.change(SUE) as change:
        handovers.hand(change, giver=None, moves=[Move(f"Patient/{each}", people["Hannah Fisher"]) for each in ids])
        for number, each in enumerate(ids):
            due = MONDAY.date() + timedelta(days=number % 5)
            promises.make_by_hand(change, patient=f"Patient/{each}", what=f"errand {number}", due=due, owner=people["Hannah Fisher"])
    with home.change() as change:
        stay(change, ids[0], MONDAY - timedelta(days=1))
    with home.hub.store.change(app.HUB, because="Nobody's yet") as change:
        patient(change, "Ines Waits", language="es")
        oncall.put_on(change, line="clinician", person=home.person[SUE], start=MONDAY - timedelta(days=1), end=MONDAY + timedelta(days=3))
    yield {**people, "first": ids[0]}


def _words(count: int) -> list[str]:
    return [
        first + second
        for first in ("Al", "Ber", "Cor", "Dav", "Ed", "Far")
        for second in ("ber", "den", "fort", "gan", "hurst", "kins", "low")
    ][:count]


def owners(home: House) -> dict[str, set[str]]:
    """Who owns Hannah's errands, and who covers or looks after her patients."""
    with home.hub.store.view(app.HUB) as view:
        tasks = [each for each in view.find("Task", status=codes.OPEN) if str(each.get("description", "")).startswith("errand")]
        teams = view.find("CareTeam", status="active")
        return {
            "owed": {str(target(each["owner"])) for each in tasks},
            "after": {each for team in teams if (each := looking_after.after(team))},
            "covering": {each for team in teams if (each := looking_after.covering(team))},
        }


def test_lent_with_a_look_before_undone_and_done_again(visit: Visit, seen: Seen, home: House, crew: dict[str, str]) -> None:
    hannah, tom, priya = (crew[name] for name in ("Hannah Fisher", "Tom Brandt", "Priya Nair"))
    page = visit("/team", email=SUE)
    hand = Clicks(page)
    hand.click(page.get_by_role("link", name="Hannah Fisher", exact=True))
    seen(page, "team-person")
    page.get_by_label("First day away").fill(MONDAY.date().isoformat())
    page.get_by_label("Last day away").fill((MONDAY + timedelta(days=11)).date().isoformat())
    hand.click(page.get_by_role("button", name="Show what it would do"))
    expect(page.locator(".move")).to_have_count(CASES)
    seen(page, "team-preview")
    cantonese = page.locator(".move", has_text="Cantonese")
    expect(cantonese).to_have_count(3)
    for number in range(3):
        expect(cantonese.nth(number).locator("select option:checked")).to_have_text("Priya Nair")
    tell = page.locator(".move", has_not_text="Cantonese").nth(0)
    hand.choose(tell.locator("select"), "Tom Brandt")
    hand.click(page.get_by_role("button", name=f"Lend {CASES} patients"))
    expect(page.locator("#notices")).to_contain_text(f"{CASES} patients change hands.")
    print(f"\nSC18: lend {CASES} patients with preview, adjusted: {hand.count} of 6 clicks")
    assert hand.count <= 6
    found = owners(home)
    assert hannah not in found["owed"] and {tom, priya} <= found["owed"] and {tom, priya} <= found["covering"]
    assert hannah in found["after"], "they are hers, others cover"
    seen(page, "team-handover")
    hand.click(page.locator("#notices").get_by_role("button", name="Undo"))
    expect(page.locator("#notices")).to_contain_text(f"Undone: {CASES} patients are back.")
    assert (owners(home)["owed"], owners(home)["covering"]) == ({hannah}, set())


def test_forty_handed_over_for_good_and_back(visit: Visit, home: House, crew: dict[str, str]) -> None:
    page = visit("/team", email=SUE)
    hand = Clicks(page)
    hand.click(page.get_by_role("link", name="Hannah Fisher", exact=True))
    hand.click(page.locator("input[name=patients]").first)
    hand.click(page.get_by_role("button", name="Show what it would do"))
    hand.click(page.get_by_role("button", name=f"Hand over {CASES - 1} patients"))
    expect(page.locator("#notices")).to_contain_text(f"{CASES - 1} patients change hands.")
    hand.click(page.locator("#notices").get_by_role("button", name="Undo"))
    expect(page.locator("#notices")).to_contain_text("are back")
    print(f"\nSC18: reassign {CASES - 1} patients with preview and undo: {hand.count} of 6 clicks")
    assert hand.count <= 6
    assert owners(home)["owed"] == {crew["Hannah Fisher"]}


def test_one_kept_while_the_others_wait_to_go_back(visit: Visit, seen: Seen, home: House, crew: dict[str, str]) -> None:
    page = visit(f"/team/people/{crew['Hannah Fisher'].partition('/')[2]}", email="hannah@example.org")
    page.get_by_role("button", name="Choose none").click()
    for box in page.locator("input[name=patients]").all()[:3]:
        box.check()
    page.get_by_label("Last day away").fill((MONDAY + timedelta(days=2)).date().isoformat())
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.locator(".notice.soon")).to_contain_text(f"{CASES - 3} more patients are theirs and are not on this list")
    page.get_by_role("button", name="Lend 3 patients").click()
    board = visit("/team", email=SUE)
    expect(board.locator("[data-still]")).to_have_text(f"{CASES - 3} covered by nobody")
    board.locator("[data-still]").click()
    expect(board.locator("input[name=patients]")).to_have_count(CASES - 3)
    expect(board.get_by_label("Last day away")).to_have_value((MONDAY + timedelta(days=2)).date().isoformat())
    row = page.locator(".move").first
    row.locator("summary").click()
    row.get_by_role("button", name="for good").click()
    expect(page.locator("#notices")).to_contain_text("It stays where it is.")
    expect(page.locator(".move", has_text="kept for good")).to_have_count(1)
    page.get_by_role("button", name="They are back").click()
    expect(page.locator(".move", has_text="given back")).to_have_count(2)
    assert crew["Hannah Fisher"] in owners(home)["owed"]


def test_somebody_taken_from_intake_and_one_declined_with_a_reason(visit: Visit, seen: Seen, home: House) -> None:
    page = visit("/team/intake", email=SUE)
    expect(page.locator(".move")).to_contain_text("Ines Waits")
    page.locator("summary", has_text="Decline").click()
    form = page.locator(".pop-form:visible").last
    form.get_by_label("For which team").select_option(label="Senior care")
    form.get_by_label("Why").select_option(label="we are full")
    form.get_by_role("button", name="Decline, with this reason").click()
    expect(page.locator(".move")).to_contain_text("Senior care said no (Sue Park)")
    seen(page, "team-intake")
    page.get_by_label("Who takes Ines Waits").select_option(label="Tom Brandt, Heart & Vascular")
    page.get_by_role("button", name="Take them").click()
    expect(page.locator("main")).to_contain_text("Nobody waits")


def test_who_is_on_call(visit: Visit, seen: Seen) -> None:
    page = visit("/team/on-call", email=SUE)
    expect(page.locator("main")).to_contain_text("Now: Sue Park")
    page.get_by_label("Line").select_option("coordinator")
    page.get_by_label("Who").select_option(label="Tom Brandt, Care coordinator")
    page.get_by_label("Until day").fill((MONDAY + timedelta(days=1)).date().isoformat())
    page.get_by_role("button", name="Put them on call").click()
    expect(page.locator("#notices")).to_contain_text("They are on call then.")
    expect(page.locator(".shift", has_text="Tom Brandt")).to_be_visible()
    seen(page, "team-oncall")
    page.locator(".shift", has_text="Tom Brandt").get_by_role("button").click()
    expect(page.locator(".shift", has_text="Tom Brandt")).to_have_count(0)


def test_somebody_leaves_and_what_they_owned_has_a_new_owner_in_three_clicks(visit: Visit, seen: Seen, home: House) -> None:
    with home.hub.store.change(app.HUB, because="Add a person") as change:
        uma = staff.add(change, email="uma@example.org", role="coordinator", team="Heart & Vascular", name="Uma Voss")
    with home.change() as change:
        two = [patient(change, f"Gus {word}") for word in ("Adler", "Bell")]
    with home.change(SUE) as change:
        handovers.hand(change, giver=None, moves=[Move(f"Patient/{each}", uma) for each in two])
        promises.make_by_hand(change, patient=f"Patient/{two[0]}", what="order the walker", due=MONDAY.date(), owner=uma)
    with home.change(SUE) as change:
        staff.leave(change, person=uma)
    page = visit("/team", email=SUE)
    hand = Clicks(page)
    hand.click(page.get_by_role("link", name="need a new owner"))
    expect(page.locator(".move")).to_have_count(2)
    expect(page.locator(".move", has_text="order the walker")).to_contain_text("was with Uma Voss")
    seen(page, "team-left")
    hand.click(page.locator(".move", has_text="Gus Bell").get_by_role("button", name="The team keeps it"))
    hand.click(page.get_by_role("button", name="Give them to those chosen"))
    expect(page.locator("#notices")).to_contain_text("1 patient has somebody again")
    expect(page.locator("main")).to_contain_text("Everything has an owner who is here")
    assert hand.count <= 3
    page.locator("#notices").get_by_role("button", name="Undo").click()
    page.goto("/team/left")
    expect(page.locator(".move")).to_have_count(1)
    page.get_by_role("button", name="The team keeps it").click()


@pytest.mark.parametrize("look", LOOKS)
def test_the_board_at_a_glance(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/team", email=SUE, **LOOKS[look])
    expect(page.locator(".carrier").first).to_be_visible()
    seen(page, f"team-{look}")


def test_each_number_of_the_board_opens_exactly_what_it_counts(
    visit: Visit, seen: Seen, home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home.hub.store, "_clock", lambda: MONDAY + timedelta(days=3))  # errands are late by then
    page = visit("/team", email=SUE)
    numbers = [(each.get_attribute("href"), each.get_attribute("data-count")) for each in page.locator("main a[data-count]").all()]
    numbers += [(each.get_attribute("href"), each.locator("b").inner_text()) for each in page.locator("a.tile.late").all()]
    assert len(numbers) > 2
    for href, count in numbers:
        assert f'data-count="{count}"' in page.request.get(str(href)).text(), f"{href} counts {count}"
    page.locator("a[data-count]").first.click()
    expect(page.locator(".move").first).to_be_visible()
    seen(page, "team-behind")
    assert visit("/team", email="carla@example.org").request.get("/team/behind?show=late").status == 403


def test_a_coordinator_sees_the_loads_and_lends_only_their_own(visit: Visit, crew: dict[str, str]) -> None:
    page = visit("/team", email="carla@example.org")
    expect(page.locator(".carrier a[href*='/team/people/']")).to_have_count(1)
    answer = page.goto(f"/team/people/{crew['Hannah Fisher'].partition('/')[2]}")
    assert answer is not None and answer.status == 403
