"""Story SC13 and the rest of support in the browser: item 9 by phone, without a script as well; concerns, goals, caregivers; the room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, PHONE, Counted, Seen, Visit
from tests.pages import PASSWORD, House, patient

from baton import app
from baton.duties import codes
from baton.duties.doings import events
from baton.duties.support import concerns
from baton.duties.team import staff
from baton.rules.assessments import ITEM_9
from baton.web import django as shell

BUDGET = 3
AMARA = "amara@example.org"


@pytest.fixture(scope="module", autouse=True)
def people(home: House) -> Iterator[dict[str, str]]:
    """Amara, on call; Sam, who phones; Rosa, who speaks Spanish, and her daughter Elena."""
    with home.hub.store.change(app.HUB, because="A clinician") as change:
        amara = staff.add(change, email=AMARA, role="clinician", team="Heart & Vascular", name="Amara Okonkwo")
        known = change.get("Practitioner", amara.partition("/")[2])
        change.put({**known, "telecom": [*known.get("telecom", ()), {"system": "phone", "value": "(555) 014-4400"}]})
    shell.share_password(home.hub, {AMARA: amara}, PASSWORD)
    with home.change() as change:
        ned = patient(change, "Ned Ash")
        sam = patient(change, "Sam Keller", gender="male", address=[{"line": ["12 Mill Street"], "city": "Riverside"}])
        ida = patient(change, "Ida Lund")
        rosa = patient(change, "Rosa Delgado", language="es")
        daughter = {"name": [{"given": ["Elena"], "family": "Delgado"}], "relationship": [{"text": "daughter"}]}
        change.put(
            {"resourceType": "RelatedPerson", "id": "elena", "active": True, "patient": {"reference": f"Patient/{rosa}"}, **daughter}
        )
    yield {"ned": ned, "sam": sam, "ida": ida, "rosa": rosa}


def promises(home: House, of: str) -> dict[str, dict[str, Any]]:
    """What is owed about somebody's safety, by its kind."""
    with home.hub.store.view(app.HUB) as view:
        found = view.find("Task", patient=f"Patient/{of}")
    return {code: each for each in found if (code := str(codes.promise_code(each))).startswith("safety-")}


def begin(page: Page, title: str) -> None:
    page.get_by_role("button", name=title).click()
    expect(page.locator("#question")).to_be_visible()


def until_item_nine(page: Page, keys: str = "22222221") -> None:
    """Eight questions by their number keys: seven times several days, then not at all."""
    for number, key in enumerate(keys, 1):
        expect(page.locator("main")).to_contain_text(f"Question {number} of")
        page.keyboard.press(key)
    expect(page.locator("#question")).to_contain_text("better off dead")


def test_item_nine_by_phone_in_three_clicks(visit: Visit, seen: Seen, people: dict[str, str], home: House) -> None:
    page = visit(f"/patients/{people['sam']}/how")
    begin(page, "Mood in nine questions")
    until_item_nine(page)
    seen(page, "support-question")
    counted = Counted(page)
    counted.click("button", "Several days")
    expect(page).to_have_url(re.compile(r"/safety/"))
    expect(page.locator("#say-title")).to_have_text("Stay on the line. Say:")
    expect(page.locator("aside")).to_contain_text("Amara Okonkwo")
    expect(page.get_by_role("link", name="(555) 014-4400")).to_have_attribute("href", "tel:5550144400"), "dialled from here"
    owed = promises(home, people["sam"])
    assert (owed["safety-response"]["priority"], owed["safety-response"]["owner"]["display"]) == ("stat", "Amara Okonkwo")
    assert owed["safety-follow-up"]["restriction"]["period"]["end"].startswith("2026-11-24"), "the next business day"
    expect(page.get_by_role("navigation")).to_have_count(0), "there is no way out of this page"
    case = page.url
    seen(page, "support-case")
    page.get_by_label("Where they are now").fill("12 Mill Street, alone")
    counted.click("button", "Confirmed")
    expect(page.locator("#notices")).to_contain_text("Stay on the line; bring in the clinician.")
    raised, confirmed = (each.at for each in events(promises(home, people["sam"])["safety-response"]))
    assert (confirmed - raised).total_seconds() <= 60, "where they are and how to call back, within a minute"
    expect(page.get_by_label("Number to call back")).to_have_value("(555) 014-2291")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("Where they are now").click()  # a browser asks only whoever has touched the page
    page.close(run_before_unload=True)
    page.wait_for_function("() => true")
    assert asked == ["beforeunload"] and not page.is_closed(), "the page does not close silently"
    counted.click("button", "Contact lost")
    expect(page.locator("main")).to_contain_text("of 3 call-backs, until")
    print(f"\nSC13: {counted.clicks} clicks of {BUDGET}, confirmed after {(confirmed - raised).total_seconds():.0f} s of 60")
    assert counted.clicks <= BUDGET
    for _ in range(3):
        page.get_by_role("button", name="No answer").click()
    expect(page.locator("main")).to_contain_text("Not reached: a clinician decides about a welfare check")
    expect(page.get_by_role("button", name="Decide")).to_have_count(0)
    seen(page, "support-unreachable")

    sue = visit("/today", email="sue@example.org")
    expect(sue.locator(".safety-bar.late")).to_contain_text("1 safety case is open and no clinician has it")
    sue.locator(".safety-bar a").click()
    expect(sue.locator("main")).to_contain_text("Sam Keller")
    seen(sue, "support-room")

    amara = visit(case.partition(".org")[2] or case, email=AMARA)
    amara.locator("select[name=decision]").select_option("welfare-check")
    amara.get_by_label("Why, in a sentence").fill("Three calls unanswered; the police look in at Mill Street.")
    amara.get_by_role("button", name="Decide").click()
    expect(amara.locator("#decided-title")).to_be_visible()
    expect(amara.locator(".chapters li")).to_have_count(7)
    told = [(each.code, each.name) for each in events(promises(home, people["sam"])["safety-response"])]
    assert [code for code, _ in told] == ["raised", "confirm", "lose", "call", "call", "call", "decide"]
    assert {name for _, name in told[:-1]} == {"Carla Cole"} and told[-1][1] == "Amara Okonkwo"
    seen(amara, "support-decided")
    page.goto(f"/patients/{people['sam']}")
    expect(page.locator("#loops")).to_contain_text("Safety: speak with the patient again")


def test_a_total_of_eight_without_item_nine_shows_nothing_of_it(visit: Visit, people: dict[str, str], home: House) -> None:
    page = visit(f"/patients/{people['ida']}/how")
    begin(page, "Mood in nine questions")
    until_item_nine(page, "22222222")
    page.keyboard.press("1")
    expect(page.locator("#question")).to_contain_text("How difficult")
    page.keyboard.press("1")
    expect(page.locator("#all-title")).to_be_visible()
    expect(page.locator("main")).to_contain_text("8 of 27")
    page.keyboard.press("e")
    expect(page.locator("#notices")).to_contain_text("8 of 27, mild")
    expect(page.locator(".safety-bar")).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text("Safety case")
    assert promises(home, people["ida"]) == {}


def test_a_form_that_is_left_after_item_nine_opens_the_case_all_the_same(visit: Visit, people: dict[str, str], home: House) -> None:
    page = visit(f"/patients/{people['ned']}/how")
    begin(page, "Mood in nine questions")
    until_item_nine(page, "11111111")
    page.get_by_role("button", name="Several days").click()
    expect(page).to_have_url(re.compile(r"/safety/"))
    page.context.close()  # the browser is gone: nothing was finished, nothing said
    case = promises(home, people["ned"])["safety-response"]
    assert (case["priority"], case["status"]) == ("stat", "requested")
    sue = visit("/support", email="sue@example.org")
    expect(sue.locator("main")).to_contain_text("Ned Ash")


def test_without_any_script_the_answer_is_kept_and_the_way_out_is_closed(visit: Visit, people: dict[str, str]) -> None:
    page = visit(f"/patients/{people['ida']}/how", java_script_enabled=False, viewport=PHONE)
    page.get_by_role("button", name="Mood in nine questions").click()
    form = page.url
    for _ in range(8):
        page.get_by_role("button", name="Not at all").click()
    page.get_by_role("button", name="Nearly every day").click()
    expect(page).to_have_url(re.compile("/safety/"))
    page.goto(form)  # back to the form, to finish or leave it: the case is in the way
    expect(page).to_have_url(re.compile("/safety/"))
    page.get_by_role("button", name=re.compile("They have taken over.*Amara")).click()
    expect(page.locator("h1 + .tag")).to_have_text("A clinician has taken over")
    page.goto(form)
    expect(page.locator("main")).to_contain_text("How difficult")


@pytest.mark.parametrize("look", LOOKS)
def test_how_somebody_is(visit: Visit, seen: Seen, people: dict[str, str], look: str, home: House) -> None:
    page = visit(f"/patients/{people['rosa']}/how", **LOOKS[look])
    if look == "light":
        seen(page, "support-how-empty")
        page.get_by_label("In their own words", exact=True).fill("I am afraid of going to sleep.")
        page.get_by_role("button", name="Keep it").first.click()
        expect(page.locator(".stages [aria-current]")).to_have_text("raised")
        page.get_by_label("What is it about?").select_option("fear")
        page.get_by_role("button", name="Name it").click()
        page.get_by_label("How you answered the patient").fill("Many feel that. We call you each evening.")
        page.get_by_role("button", name="Acknowledged").click()
        page.get_by_label("What is done about it").fill("Elena sleeps next door; nurse on Thursday.")
        page.get_by_role("button", name="Agreed with the patient").click()
        expect(page.locator(".stages [aria-current]")).to_have_text("planned")
        page.keyboard.press("g")
        page.get_by_label("The goal, in their own words").fill("Walk to church on Sunday.")
        page.get_by_label("How confident, 0 to 10").first.fill("5")
        page.get_by_role("button", name="Set it").click()
        expect(page.locator("#notices")).to_contain_text("ask what would help")
        expect(page.get_by_label("The goal, in their own words")).to_have_value("Walk to church on Sunday.")
        page.get_by_label("Below 7: what would help?").first.fill("Elena comes along.")
        page.get_by_role("button", name="Set it").click()
        expect(page.locator("#goals")).to_contain_text("confidence 5 of 10")
        page.get_by_role("button", name=re.compile("Make them part of the care team.*Elena")).click()
        expect(page.locator("#caregivers")).to_contain_text("part of the care team")
        page.get_by_role("button", name=re.compile("How the caregiver is.*Elena")).click()
        for number in range(1, 10):
            expect(page.locator("main")).to_contain_text(f"Question {number} of")
            page.keyboard.press("3" if number < 9 else "1")
        page.get_by_role("button", name="Finish").click()
        expect(page.locator("#notices")).to_contain_text("16 of 24, high")
        expect(page.locator("#caregivers")).to_contain_text("16")
    seen(page, f"support-how-{look}")


def test_the_patient_settles_it(visit: Visit, people: dict[str, str], home: House) -> None:
    with home.change() as change:
        worry = concerns.raise_(change, patient=people["ida"], words="I lie awake until four.", helps="", kind="fear").id
    with home.change() as change:
        concerns.acknowledge(change, concern=worry, said="Many do after such a week.")
    with home.change() as change:
        concerns.plan(change, concern=worry, what="The night nurse calls at nine.")
    page = visit("/support")
    page.get_by_role("link", name="I lie awake until four.").click()
    page.get_by_label("What they said").first.fill("I sleep through the night.")
    page.get_by_role("button", name="They say it is settled").click()
    expect(page.locator("#notices")).to_contain_text("Settled, in the patient’s own words.")


@pytest.mark.parametrize("look", LOOKS)
def test_the_library_and_the_room(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/library/assessments?assessment=phq-9", **LOOKS[look])
    expect(page.locator("ol.numbered > li")).to_have_count(10)
    seen(page, f"assessments-{look}")
    page.goto("/support")
    seen(page, f"support-room-{look}")


@pytest.mark.parametrize("look", ["dark", "phone", "spanish"])
def test_a_question_and_a_case_in_other_looks(visit: Visit, seen: Seen, people: dict[str, str], home: House, look: str) -> None:
    item = {"linkId": ITEM_9, "answer": [{"valueInteger": 1}]}
    about = {"reference": f"Patient/{people['ned']}"}
    with home.change() as change:
        change.put({"resourceType": "QuestionnaireResponse", "status": "in-progress", "subject": about, "item": [item]})
    page = visit(f"/patients/{people['rosa']}/how", **LOOKS[look])
    page.locator("button[value=distress]").click()
    expect(page.locator("#question")).to_be_visible()
    seen(page, f"support-question-{look}")
    page.goto("/support")
    page.locator(".lines a").first.click()
    seen(page, f"support-case-{look}")
