"""Messages in the browser: answered by keyboard, made a promise in two clicks, noted among staff; calls; who may be told what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import House, patient
from tests.store.test_access import let_in

from baton import app
from baton.duties.contact import threads
from baton.duties.patients import network


@pytest.fixture(scope="module", autouse=True)
def people(home: House) -> Iterator[dict[str, str]]:
    """Two patients; a daughter who may be told everything, a son about appointments; threads of every turn."""
    ids: dict[str, str] = {}
    for name, language in (("Imani Brooks", None), ("Rosa Delgado", "es")):
        with home.change() as change:
            ids[name] = patient(change, name, language=language)
    rosa = ids["Rosa Delgado"]
    with home.hub.store.change(app.HUB, because="let in") as change:
        change.put({**let_in(rosa, f"Patient/{rosa}"), "id": "let-in"})
        person = change.get("Patient", rosa)
        change.put({**person, "telecom": [*person.get("telecom", []), {"system": "email", "value": "rosa@example.org"}]})
    with home.change() as change:
        ids["Elena"] = network.add(
            change, patient=f"Patient/{rosa}", name="Elena Delgado", relation="daughter", phone="555 014 7732"
        ).reference
        ids["Kid"] = network.add(change, patient=f"Patient/{rosa}", name="Nico Delgado", relation="grandson").reference
    with home.change() as change:
        network.permit(change, person=ids["Elena"], told="everything", source="patient-said")
        change.put({**change.get(*ids["Kid"].split("/")), "birthDate": "2014-02-02"})
    ids["worry"] = written(home, rosa, "concern", "Me falta el aire por la noche.")
    ids["asked"] = asked(home, rosa, "appointment", "Can you come on Friday at nine?")
    ids["among"] = asked(home, ids["Imani Brooks"], "other", "Who knows her landlord?", audience=())
    yield ids


def written(home: House, patient_id: str, topic: str, text: str) -> str:
    who = home.hub.store.guest(f"Patient/{patient_id}")
    assert who is not None
    with home.hub.store.change(who, because="a message") as change:
        return threads.start(change, patient=patient_id, topic=topic, text=text).id


def asked(home: House, patient_id: str, topic: str, text: str, audience: tuple[str, ...] | None = None) -> str:
    with home.change() as change:
        readers = (f"Patient/{patient_id}",) if audience is None else audience
        return threads.start(change, patient=patient_id, topic=topic, text=text, audience=readers, wants_answer=bool(readers)).id


@pytest.mark.parametrize("look", LOOKS)
def test_messages_at_a_glance(visit: Visit, seen: Seen, people: dict[str, str], look: str) -> None:
    page = visit("/threads", **LOOKS[look])
    expect(page.locator(".work")).to_have_count(3)
    expect(page.locator(".work").first).to_contain_text("Me falta el aire")
    seen(page, f"threads-{look}")
    for name, path in (
        ("thread", f"/threads/{people['worry']}"),
        ("thread-new", f"/threads/new/{people['Rosa Delgado']}"),
        ("call", f"/patients/{people['Rosa Delgado']}/call"),
        ("network", f"/patients/{people['Rosa Delgado']}/network"),
    ):
        page.goto(path)
        seen(page, f"{name}-{look}")


def test_a_message_becomes_a_promise_in_two_clicks(visit: Visit, seen: Seen, people: dict[str, str]) -> None:
    page = visit(f"/threads/{people['worry']}")
    page.locator("summary", has_text="Make a promise").last.click()
    form = page.locator("details[open]", has_text="Make a promise")
    expect(form.get_by_label("What is promised")).to_have_value("Me falta el aire por la noche.")
    form.get_by_role("button", name="Promise it").click()
    expect(page.locator("#notices")).to_contain_text("The promise is on the list.")
    expect(page.locator(".talk")).to_contain_text("Promised because of this: Me falta el aire por la noche.")
    print("\nmessage → promise with owner and day: 2 clicks (budget 2)")  # noqa: T201
    page.get_by_role("link", name="Work on it").click()
    expect(page.locator("#sheet")).to_contain_text("Rosa Delgado")


def test_an_unanswered_message_is_on_today_and_is_answered_by_keyboard(visit: Visit, seen: Seen, people: dict[str, str]) -> None:
    page = visit("/today?kind=message-answer")
    expect(page.locator("#sheet")).to_contain_text("Answer a message")
    page.keyboard.press("m")
    page.wait_for_url("**/threads/*")
    page.keyboard.press("a")
    page.keyboard.type("I call you at three. If it gets worse, call 911.")
    page.get_by_role("button", name="Send").press("Enter")
    expect(page.locator("#notices")).to_contain_text("Sent.")
    expect(page.locator("#said-title")).to_have_text("Nobody waits")
    expect(page.locator(".talk")).to_contain_text("told by e-mail that there is a message")
    expect(page.locator(".talk")).to_contain_text("not accepted")
    seen(page, "thread-answered")
    page.goto("/today?kind=message-answer")
    expect(page.locator("#work .work")).to_have_count(0)


def test_what_is_read_and_accepted_is_noted_with_how_it_is_known(visit: Visit, seen: Seen, people: dict[str, str]) -> None:
    page = visit(f"/threads/{people['asked']}")
    note(page, "accepted", "receipt of a fax")
    expect(page.locator("#notices")).to_contain_text("does not prove")
    note(page, "delivered", "receipt of a letter")
    expect(page.locator(".talk")).to_contain_text("delivered Mon 23 Nov")
    expect(page.locator(".talk")).to_contain_text("not accepted")
    note(page, "accepted", "by telephone")
    expect(page.locator(".talk .known").last).to_contain_text("accepted Mon 23 Nov")
    seen(page, "thread-receipts")


def note(page: Page, what: str, how: str) -> None:
    page.locator("summary", has_text="It arrived").first.click()
    form = page.locator("details[open]", has_text="It arrived")
    form.get_by_label("What is known").select_option(label=what)
    form.get_by_label("How it is known").select_option(label=how)
    form.get_by_role("button", name="Note it").click()


def test_what_staff_say_among_themselves_is_marked_and_asked_of_a_colleague(visit: Visit, home: House, people: dict[str, str]) -> None:
    page = visit(f"/threads/{people['among']}")
    page.get_by_label("Write").fill("Sue, do you?")
    page.get_by_label("A colleague who is to see it").select_option(label="Sue Park")
    page.get_by_label("Asks for an answer").check()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#notices")).to_contain_text("Noted among staff.")
    expect(page.locator(".talk .inside").last).to_contain_text("staff only")
    expect(page.locator("#said-title")).to_have_text("A colleague was asked")
    page = visit("/today?whose=mine", email="sue@example.org")
    expect(page.locator("#work")).to_contain_text("Answer a colleague")


def test_a_new_thread_keeps_what_was_typed_when_it_is_refused(visit: Visit, seen: Seen, people: dict[str, str]) -> None:
    page = visit(f"/patients/{people['Rosa Delgado']}")
    page.locator("#messages").get_by_role("link", name="Write", exact=True).click()
    page.get_by_label("What it is about").select_option(label="Going home")
    page.get_by_label("Elena Delgado").check()
    expect(page.get_by_label("Nico Delgado")).to_be_disabled()
    page.get_by_label("Message", exact=True).fill("   ")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the message first")
    expect(page.get_by_label("Elena Delgado")).to_be_checked()
    expect(page.get_by_label("What it is about")).to_have_value("discharge")
    seen(page, "thread-new-refused")
    page.get_by_label("Message", exact=True).fill("The bed is ready.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#notices")).to_contain_text("Sent.")
    expect(page.get_by_role("complementary", name="This thread")).to_contain_text("cannot sign in to the portal")


def test_a_call_with_an_interpreter_and_never_a_child(visit: Visit, seen: Seen, people: dict[str, str]) -> None:
    rosa = people["Rosa Delgado"]
    page = visit(f"/patients/{rosa}/call")
    expect(page.locator("#voicemail")).to_contain_text("leave none")
    page.get_by_label("Spoke with").select_option(label="Elena Delgado (daughter)")
    page.get_by_label("Note").fill("Breathes better.")
    page.get_by_label("Minutes").fill("7")
    page.get_by_label("Who interpreted").select_option("companion")
    page.locator("summary", has_text="Somebody close to them interpreted").click()
    page.get_by_label("On file as").select_option(label="Nico Delgado")
    page.get_by_role("button", name="Reached").click()
    expect(page.get_by_role("alert")).to_contain_text("A child does not interpret")
    expect(page.get_by_label("Note")).to_have_value("Breathes better.")
    seen(page, "call-refused")
    page.get_by_label("Who interpreted").select_option("qualified")
    page.get_by_label("Name or number").fill("#4471")
    page.locator("#call-title").click()
    page.keyboard.press("1")
    expect(page.locator("#notices")).to_contain_text("Recorded: Reached.")
    earlier = page.locator("#earlier + ul")
    expect(earlier).to_contain_text("Elena Delgado")
    expect(earlier).to_contain_text("7 min")
    expect(earlier).to_contain_text("Qualified interpreter #4471")
    seen(page, "call-written")


def test_who_may_be_told_takes_a_ground_and_takes_effect_at_once(visit: Visit, seen: Seen, home: House, people: dict[str, str]) -> None:
    rosa = people["Rosa Delgado"]
    page = visit(f"/patients/{rosa}/network")
    page.get_by_label("Name", exact=True).fill("Marta Ruiz")
    page.get_by_label("How they are related").fill("neighbor")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("they are told nothing")
    permit(page, "Marta Ruiz", "everything", "")
    expect(page.locator("#notices")).to_contain_text("Say on which ground")
    permit(page, "Marta Ruiz", "appointments", "patient-said")
    expect(page.locator(".network")).to_contain_text("appointments only")
    expect(page.locator(".network")).to_contain_text("until 23 Nov 2027")
    seen(page, "network-permitted")


def permit(page: Page, name: str, told: str, source: str) -> None:
    page.locator("summary", has_text=f"What they may be told: {name}").click()
    form = page.locator("details[open]", has_text="What they may be told")
    form.get_by_label("May be told").select_option(told)
    form.get_by_label("On which ground").select_option(source)
    form.get_by_role("button", name="Save").click()
