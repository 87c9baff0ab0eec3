"""A coordinator's day: list, keys, calls, what is put off, handed over or corrected; on every screen, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, PHONE, Seen, Visit
from tests.pages import MONDAY, ZONE, House, patient, stay

from baton.duties import promises
from baton.duties.contact import communication

THURSDAY = datetime(2026, 11, 19, 14, 10, tzinfo=ZONE)


@pytest.fixture(scope="module", autouse=True)
def patients(home: House) -> Iterator[dict[str, str]]:
    """Six people who went home, and one promise made by hand."""
    ids: dict[str, str] = {}
    stories = [
        ("Rosa Delgado", "female", "1955-03-03", "es", THURSDAY - timedelta(days=2), "Acute on chronic heart failure"),
        ("Walter Nowak", "male", "1943-06-11", None, THURSDAY - timedelta(days=3), "Hip fracture"),
        ("Pham Thi Lan", "female", "1960-01-30", "vi", THURSDAY, "Pneumonia"),
        ("George Abara", "male", "1968-09-09", None, THURSDAY + timedelta(hours=2), "Atrial fibrillation"),
        ("Grace Okafor", "female", "1971-05-21", None, THURSDAY + timedelta(days=1), "COPD"),
        ("Tomás Rivera", "male", "1964-12-02", None, MONDAY - timedelta(hours=5), "Stroke"),
    ]
    for name, gender, born, language, home_at, reason in stories:
        with home.change() as change:
            ids[name] = patient(change, name, gender=gender, born=born, language=language)
            stay(change, ids[name], home_at, reason=reason)
    with home.change() as change:
        promises.make_by_hand(change, patient=ids["Grace Okafor"], what="Ask about the blood pressure cuff", due=MONDAY.date())
    yield ids


def chosen(page: Page) -> str:
    """Whose row is selected."""
    return page.locator(".work.at .who").inner_text()


def tasks(page: Page) -> list[str]:
    """The promises on the list, in order."""
    return [str(row.get_attribute("data-task")) for row in page.locator(".work").all()]


def open_row(page: Page, text: str) -> str:
    """Choose the first row that says this, and wait for its panel. Returns the promise's id."""
    row = page.locator(".work", has_text=text).first
    row.locator(".do").click()
    task = str(row.get_attribute("data-task"))
    expect(page.locator(f"#sheet:not([inert]) [data-task='{task}']")).to_be_visible()
    return task


@pytest.mark.parametrize("look", LOOKS)
def test_the_day_at_a_glance(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/today", **LOOKS[look])
    expect(page.locator(".work").first).to_be_visible()
    seen(page, f"today-{look}")


def test_each_row_says_why_it_is_there(visit: Visit) -> None:
    page = visit("/today")
    row = page.locator(".work", has_text="Pham Thi Lan").filter(has_text="Call after discharge")
    expect(row).to_contain_text("Contact due in 2 business days · Discharged Thu 19 Nov 14:10, Mercy General, Pneumonia")
    row.locator(".do").click()
    why = page.locator("section", has_text="Why is this here?")
    for line in ("Thu 19 Nov is day 0.", "Sat 21 Nov does not count: weekend.", "Mon 23 Nov is business day 2."):
        expect(why).to_contain_text(line)
    expect(why).to_contain_text("Due by the end of Mon 23 Nov.")
    expect(why).to_contain_text("a contact is recorded in which somebody was reached")
    expect(why).to_contain_text("Made by Carla Cole")


def test_keys_move_and_never_fire_while_somebody_types(visit: Visit) -> None:
    page = visit("/today")
    first = chosen(page)
    page.keyboard.press("j")
    expect(page.locator(".work.at .do")).to_be_focused()
    second = page.locator(".work.at").get_attribute("data-task")
    expect(page).to_have_url(re.compile(f"task={second}"))
    expect(page.locator(f"#sheet [data-task='{second}']")).to_be_visible()
    page.keyboard.press("k")
    assert chosen(page) == first
    expect(page.locator("#sheet:not([inert]) #sheet-name")).to_have_text(first)
    note = page.get_by_label("Note")
    note.fill("")
    note.press_sequentially("j e s 1 ? /")
    expect(note).to_have_value("j e s 1 ? /")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_a_key_pressed_before_the_panel_is_there_waits_for_it(visit: Visit, home: House) -> None:
    page = visit("/today?kind=contact-after-discharge")
    page.route("**/today/panel*", lambda route: (page.wait_for_timeout(300), route.continue_()))
    first, second = tasks(page)[:2]
    page.keyboard.press("j")
    page.keyboard.press("2")
    expect(page.locator("#notices")).to_contain_text("Recorded: Left message.")
    with home.hub.store.view(home.hub.store.who(home.person["sue@example.org"], entrance="desk")) as view:
        tried = {task: len(communication.attempts_state(view, task=view.get("Task", task)).attempts) for task in (first, second)}
    assert tried == {first: 0, second: 1}, "never the row that was left behind"


def test_the_dialog_of_keys(visit: Visit, seen: Seen) -> None:
    page = visit("/today")
    page.keyboard.press("?")
    seen(page, "today-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()


def test_the_list_refreshes_itself_without_losing_the_place(visit: Visit, home: House, patients: dict[str, str]) -> None:
    page = visit("/today")
    page.keyboard.press("j")
    page.keyboard.press("j")
    task = page.locator(".work.at").get_attribute("data-task")
    expect(page.locator(f"#sheet [data-task='{task}']")).to_be_visible()
    page.get_by_label("Note").fill("half a sente")
    before = page.locator(".work").count()
    with page.expect_response(re.compile("/today/rows")) as unchanged:
        page.evaluate("document.dispatchEvent(new Event('baton:refresh'))")
    assert unchanged.value.status == 204, "nothing changed, nothing sent"
    with home.change("sue@example.org") as change:
        promises.make_by_hand(change, patient=patients["Rosa Delgado"], what="Call the pharmacy", due=MONDAY.date())
    page.evaluate("document.dispatchEvent(new Event('baton:refresh'))")
    expect(page.locator(".work")).to_have_count(before + 1)
    expect(page.get_by_label("Note")).to_have_value("half a sente")
    expect(page.get_by_label("Note")).to_be_focused()
    assert page.locator(".work.at").get_attribute("data-task") == task


def test_a_call_in_one_key_then_the_next_row(visit: Visit, home: House, seen: Seen) -> None:
    page = visit("/today?kind=contact-after-discharge")
    task = open_row(page, "George Abara")
    following = tasks(page)[tasks(page).index(task) + 1]
    page.get_by_label("Note").fill("Rang out.")
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    expect(page.locator("#notices")).to_contain_text("Recorded: No answer.")
    expect(page.locator(".work.at")).to_have_attribute("data-task", following)
    expect(page.locator(".work.at .do")).to_be_focused()
    expect(page.locator(f".work[data-task='{task}'] .do")).to_contain_text("Call after discharge: second attempt")
    open_row(page, "George Abara")
    expect(page.locator(".attempts")).to_contain_text("No answer")
    expect(page.locator(".attempts")).to_contain_text("Rang out.")
    seen(page, "today-after-a-call")
    page.get_by_label("Has the new medicines").check()
    page.keyboard.press("1")
    expect(page.locator("#notices")).to_contain_text("Recorded: Reached.")
    expect(page.locator(f".work[data-task='{task}']")).to_have_count(0)
    with home.hub.store.view(home.hub.store.who(home.person["sue@example.org"], entrance="desk")) as view:
        said = communication.attempts_state(view, task=view.get("Task", task))
    assert [each.outcome for each in said.attempts] == ["no-answer", "reached"]
    assert "Has the new medicines" in str(said.attempts[1].note)


def test_done_and_undone(visit: Visit) -> None:
    page = visit("/today?kind=by-hand")
    before = page.locator(".work").count()
    page.keyboard.press("e")
    expect(page.get_by_label("What came of it")).to_be_focused()
    page.keyboard.type("She has it")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Done, and closed.")
    expect(page.locator(".work")).to_have_count(before - 1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("Back on the list.")
    page.goto("/today?kind=by-hand")
    expect(page.locator(".work")).to_have_count(before)


def test_put_off_with_a_reason_and_back(visit: Visit, seen: Seen) -> None:
    page = visit("/today?kind=readmission-watch")
    before = page.locator(".work").count()
    page.keyboard.press("s")
    expect(page.get_by_label("Until")).to_be_focused()
    page.get_by_label("Why it can wait").fill("Home health looks in daily")
    seen(page, "today-snooze")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Snoozed until Tue 24 Nov.")
    expect(page.locator(".work")).to_have_count(before - 1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("Back on the list.")


def test_waiting_on_someone_else_and_handed_over(visit: Visit, seen: Seen) -> None:
    page = visit("/today?kind=discharge-information")
    name = chosen(page)
    task = page.locator(".work.at").get_attribute("data-task")
    page.keyboard.press("w")
    page.get_by_label("On whom, for what").fill("St. Anne’s records office")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Waiting on St. Anne’s records office.")
    row = page.locator(f".work[data-task='{task}']")
    expect(row).to_contain_text("Waiting on St. Anne’s records office" if "late" not in (row.get_attribute("class") or "") else name)
    page.keyboard.press("r")
    expect(page.locator("#sheet select[name=to]").last).to_be_focused()
    page.locator("#sheet form[action$=reassign] select").select_option(label="Sue Park")
    seen(page, "today-hand-over")
    page.locator("#sheet form[action$=reassign] button").click()
    expect(page.locator("#notices")).to_contain_text("Handed over.")


def test_complexity_moves_the_visit_and_shows_the_difference(visit: Visit, seen: Seen) -> None:
    page = visit("/today?kind=visit-after-discharge")
    row = page.locator(".work", has_text="Tomás Rivera")
    expect(row).to_contain_text("Visit within 7 days of discharge")
    row.locator(".do").click()
    page.locator("#sheet").get_by_role("button", name="Moderate").click()
    expect(page.locator("#notices")).to_contain_text("Complexity decided")
    expect(page.locator(".work", has_text="Tomás Rivera")).to_contain_text("Visit within 14 days of discharge")
    card = page.locator(".notice-card")
    expect(card).to_contain_text("Mon 30 Nov")
    expect(card).to_contain_text("Mon 7 Dec")
    seen(page, "today-difference")
    card.get_by_role("button", name="Seen").click()
    expect(page.locator("#notices")).to_contain_text("Noted")
    expect(page.locator(".notice-card")).to_have_count(0)


def test_filters_live_in_the_address(visit: Visit, seen: Seen) -> None:
    page = visit("/today")
    page.locator("a.tile", has_text="overdue").click()
    page.wait_for_url("**/today?state=late")
    assert all(tag.endswith("late") for tag in page.locator(".work .tag").all_inner_texts())
    page.locator(".pick", has_text="All kinds").locator("summary").click()
    seen(page, "today-filters")
    page.locator(".pick[open]").get_by_role("link", name="Call after discharge").click()
    page.wait_for_url("**state=late&kind=contact-after-discharge")
    assert all(text.startswith("Call after discharge") for text in page.locator(".work .do").all_inner_texts())
    page.reload()
    expect(page.locator("a.tile[aria-current]")).to_contain_text("overdue")


def test_somebody_of_another_team_sees_none_of_it(visit: Visit, seen: Seen) -> None:
    page = visit("/today", email="sam@example.org")
    expect(page.get_by_text("No patients in your care yet")).to_be_visible()
    seen(page, "today-empty")


def test_enter_opens_the_patient(visit: Visit, patients: dict[str, str]) -> None:
    page = visit("/today")
    name = chosen(page)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{patients[name]}*")


def test_everything_works_without_a_script(visit: Visit) -> None:
    page = visit("/today?kind=medication-reconciliation", java_script_enabled=False)
    before = page.locator(".work").count()
    page.locator(".work .do").nth(1).click()
    page.wait_for_url("**task=*")
    page.locator("summary", has_text="Close without doing it").click()
    page.get_by_label("Why it will not be done").fill("Done by the pharmacist already")
    page.get_by_role("button", name="Close it with this reason").click()
    expect(page.locator("#notices")).to_contain_text("Closed, with your reason.")
    expect(page.locator(".work")).to_have_count(before - 1)


def test_a_refusal_is_said_beside_the_list(visit: Visit) -> None:
    page = visit("/today?kind=contact-after-discharge", java_script_enabled=False)
    page.locator("summary", has_text="Waiting on someone else").click()
    page.locator("#sheet form[action$=wait]").evaluate("form => form.noValidate = true")
    page.locator("#sheet form[action$=wait] button").click()
    expect(page.locator("#notices")).to_contain_text("Say on whom it waits.")


def test_at_twice_the_size_and_on_paper(visit: Visit, seen: Seen) -> None:
    page = visit("/today", viewport={"width": 720, "height": 450}, device_scale_factor=2)
    seen(page, "today-zoomed")
    page.emulate_media(media="print")
    seen(page, "today-printed")


def test_on_a_phone_a_tap_shows_the_call(visit: Visit, seen: Seen) -> None:
    page = visit("/today", viewport=PHONE, has_touch=True)
    page.locator(".work .do").nth(1).tap()
    expect(page.locator("#sheet-name")).to_be_in_viewport()
    seen(page, "today-phone-call")
