"""A patient's whole way: invited, in by link and code, a visit, a message, a lesson, questions, who saw; a daughter let in and out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import PHONE
from tests.pages import MONDAY, House, client, patient

from baton.duties.contact import threads
from baton.duties.support import agreements, concerns, education, goals

ROSA = "rosa@mail.example"
NARROW = {"width": 320, "height": 640}
CLICKS: dict[str, tuple[int, int]] = {}
"""By step: clicks, and how many it may take."""


@pytest.fixture(scope="module")
def rosa(home: House) -> str:
    with home.change() as change:
        id_ = patient(
            change,
            "Rosa Delgado",
            telecom=[{"system": "email", "value": ROSA}, {"system": "phone", "use": "mobile", "value": "(555) 014-2291"}],
        )
        kin = {
            "resourceType": "RelatedPerson",
            "active": True,
            "name": [{"family": "Delgado", "given": ["Elena"], "text": "Elena Delgado"}],
        }
        child = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "CHILD"}]}]
        change.put({**kin, "patient": {"reference": f"Patient/{id_}"}, "relationship": child})
        start = MONDAY + timedelta(days=3)
        change.put({
            "resourceType": "Appointment", "status": "booked", "description": "Heart check", "start": start.isoformat(),
            "end": (start + timedelta(minutes=30)).isoformat(),
            "participant": [{"actor": {"reference": f"Patient/{id_}"}, "status": "needs-action"}],
        })  # fmt: skip
        agreements.agree(change, patient=id_, what="Weigh yourself each morning", due=date(2026, 11, 27), by="patient")
        agreements.agree(change, patient=id_, what="Send you the taxi paper", due=date(2026, 11, 24), by="us")
    with home.change() as change:  # what is handed to them is rehearsed first: they must be known by then
        education.give(change, patient=id_, lesson="heart-failure", how="paper")
        agreements.ask_questions(change, patient=id_, assessment="phq-9", due=date(2026, 11, 30))
    return id_


def newest(home: House, to: str) -> str:
    """The link in the newest mail to somebody."""
    with psycopg.connect(home.hub.database.app_dsn) as connection:
        rows = connection.execute("select payload from outbox where topic = 'mail' order by id desc").fetchall()
    return next(str(payload["link"]) for (payload,) in rows if payload["to"] == to and "link" in payload)


def clicked(page: Page, step: str, budget: int, *selectors: str) -> None:
    """Click these, count them, and keep the count beside its budget."""
    for selector in selectors:
        page.locator(selector).first.click()
    CLICKS[step] = (len(selectors), budget)


def written(page: Page, shape: str) -> list[str]:
    """What stands on a page in this shape, once the page that a click asked for is there."""
    pattern = re.compile(shape)
    expect(page.locator("main")).to_contain_text(pattern, use_inner_text=True)
    return pattern.findall(page.inner_text("main"))


def code_on(page: Page) -> str:
    """The code that is told beside a link."""
    return written(page, r"\d{4} \d{4}")[0]


def born(page: Page, code: str) -> None:
    page.locator("#code").fill(code)
    for name, value in (("month", "3"), ("day", "3"), ("year", "1955")):
        page.locator(f"#{name}").fill(value)


def test_from_the_invitation_to_who_saw(home: House, rosa: str, visit: Callable[..., Page], seen: Callable[[Page, str], None]) -> None:
    desk = visit(f"/patients/{rosa}")
    clicked(desk, "invite", 2, f'a[href="/patients/{rosa}/portal"]', '#invite button:has-text("Invite")')
    code = code_on(desk)
    seen(desk, "portal-desk-invited")
    desk.goto(f"/patients/{rosa}/portal")
    seen(desk, "portal-desk")

    page = visit(newest(home, ROSA), email=None, viewport=PHONE)
    seen(page, "portal-hello")
    born(page, code)
    clicked(page, "come in by invitation", 1, "main button")
    seen(page, "portal-keys")
    clicked(page, "a card of codes", 1, 'button:has-text("card of codes")')
    codes = written(page, r"\b\d{8}\b")
    assert len(codes) == 10
    seen(page, "portal-card")
    clicked(page, "sign out", 1, '#menu button:has-text("Sign out")')

    page.goto("/my/")
    page.locator("#email").fill(ROSA)
    clicked(page, "ask for a link", 1, "main button")
    seen(page, "portal-sent")
    page.goto(newest(home, ROSA))
    page.locator("main button").click()
    seen(page, "portal-code")
    page.locator("#code").fill(codes[0])
    clicked(page, "come in", 1, "main button")
    expect(page).to_have_url(re.compile("/my/$"))
    seen(page, "portal-plan")

    clicked(page, "confirm a visit", 2, 'a:has-text("See the visit")', 'button:has-text("Yes, I will come")')
    expect(page.locator("main")).to_contain_text("You said yes")
    seen(page, "portal-visits")
    page.goto("/my/messages")
    page.locator("#text").fill("May I eat soup?")
    clicked(page, "write a message", 1, 'button:has-text("Send")')
    seen(page, "portal-talk")
    page.goto("/my/")
    clicked(page, "open a lesson", 1, 'a:has-text("Open")')
    seen(page, "portal-lesson")
    page.locator("textarea").first.fill("I step on the scale each morning")
    clicked(page, "answer a lesson", 1, 'button:has-text("Send")')
    expect(page.locator("main")).to_contain_text("We look at it before we call you")


def test_an_answer_that_needs_somebody_is_met_with_help(
    home: House, rosa: str, visit: Callable[..., Page], seen: Callable[[Page, str], None]
) -> None:
    page = let_in(home, visit, f"Patient/{rosa}", ROSA, viewport=PHONE)
    page.goto("/my/questions")
    page.locator('a:has-text("Start")').click()
    seen(page, "portal-question")
    for _ in range(8):
        page.locator(".answers button").first.click()
    page.locator(".answers button").nth(1).click()
    expect(page).to_have_url(re.compile("/help$"))
    expect(page.locator('a[href="tel:988"]')).to_be_visible()
    seen(page, "portal-help")
    page.goto("/my/looks")
    expect(page.locator("main")).to_contain_text("Carla Cole")
    seen(page, "portal-looks")


def let_in(home: House, visit: Callable[..., Page], person: str, email: str, **options: Any) -> Page:
    """A page in the portal of somebody who is let in, with both factors proved."""
    client(home, None)
    from django.contrib.sessions.backends.db import SessionStore

    from baton.duties.contact import guests as duty
    from baton.web import guests
    from baton.web.models import Account

    with home.change() as change:
        duty.let_in(change, patient=duty.patient_of(change, person), person=person)
    guests.known({email: person})
    if not guests.card_left(Account.objects.get(email=email)):
        guests.new_card(Account.objects.get(email=email))
    browser = client(home, None)
    browser.force_login(Account.objects.get(email=email))
    session: SessionStore = browser.session
    session.update({guests.PROVED: "card", guests.PERSON: person})
    session.save()
    page = visit("/my/sign-in", email=None, **options)
    page.context.add_cookies([{"name": "baton", "value": str(session.session_key), "url": page.url}])
    page.goto("/my/")
    return page


def test_a_daughter_is_let_in_by_her_mother_and_out_again(
    home: House, rosa: str, visit: Callable[..., Page], seen: Callable[[Page, str], None]
) -> None:
    page = let_in(home, visit, f"Patient/{rosa}", ROSA, viewport=PHONE)
    page.goto("/my/people")
    seen(page, "portal-people")
    page.locator("#email").fill("elena@mail.example")
    page.locator('label:has-text("All that you see here")').click()
    clicked(page, "let somebody in", 1, 'button:has-text("Let them in")')
    code = code_on(page)
    seen(page, "portal-let-in")

    daughter = visit(newest(home, "elena@mail.example"), email=None, viewport=PHONE)
    born(daughter, code)
    daughter.locator("main button").click()
    daughter.locator('button:has-text("card of codes")').click()
    daughter.goto("/my/")
    expect(daughter.locator("body")).to_contain_text("You look at the page of")
    expect(daughter.locator("main")).to_contain_text("Weigh yourself")
    seen(daughter, "portal-proxy")
    how_she_is(daughter, visit(f"/patients/{rosa}/how"), seen)
    daughter.goto("/my/looks")
    assert "403" in str(daughter.evaluate("fetch('/my/looks').then(answer => answer.status)"))

    page.goto("/my/people")
    clicked(page, "end it", 1, 'button:has-text("End it now")')
    daughter.goto("/my/")
    expect(daughter, "at once, on her next click").to_have_url(re.compile("/my/sign-in"))
    for step, (clicks, budget) in CLICKS.items():
        print(f"{step}: {clicks} clicks of {budget}")
        assert clicks <= budget, step


def how_she_is(daughter: Page, desk: Page, seen: Callable[[Page, str], None]) -> None:
    """She says how she is, who cares: one answer a page; whoever owes her a talk sees it at once, her mother does not."""
    daughter.goto("/my/me")
    seen(daughter, "portal-me")
    clicked(daughter, "begin to say how one is", 1, 'button:has-text("Start")')
    seen(daughter, "portal-me-question")
    for _ in range(8):
        daughter.locator(".answers button").nth(2).click()  # often
    daughter.locator(".answers button").first.click()  # nobody can take over
    expect(daughter.locator("main")).to_contain_text("We talk with you about what would help you.")
    daughter.locator("main summary").first.click()
    seen(daughter, "portal-me-answered")
    desk.reload()
    expect(desk.locator("#caregivers")).to_contain_text("16")
    expect(desk.locator("#given")).to_contain_text("not for the patient to read")
    seen(desk, "support-caregiver")


@pytest.mark.parametrize(("name", "options"), [
    ("narrow", {"viewport": NARROW}), ("dark", {"viewport": PHONE, "color_scheme": "dark"}),
    ("spanish", {"viewport": PHONE, "locale": "es-MX"}), ("wide", {}),
])  # fmt: skip
def test_every_page_of_the_portal_is_for_everybody(
    home: House, rosa: str, visit: Callable[..., Page], seen: Callable[[Page, str], None], name: str, options: dict[str, Any]
) -> None:
    page = let_in(home, visit, f"Patient/{rosa}", ROSA, **options)
    with home.change() as change:
        threads.start(change, patient=rosa, topic="other", text="How are you today?", audience=[f"Patient/{rosa}"], wants_answer=True)
        worry = concerns.raise_(change, patient=rosa, words="I am afraid to be alone at night.", helps="Somebody to call", kind="fear").id
        concerns.acknowledge(change, concern=worry, said="Many feel so. You may call at any hour.")
        concerns.plan(change, concern=worry, what="The night nurse calls you at nine each evening.")
        goals.set_goal(change, patient=rosa, words=f"Walk to the church and back, {name}", confidence=8)
    for path in ("", "visits", "messages", "worries", "goals", "lessons", "questions", "papers", "looks", "people", "keys"):
        page.goto(f"/my/{path}")
        seen(page, f"portal-{name}-{path or 'plan'}")
    page.goto("/my/lessons")
    page.locator("main li a").first.click()
    seen(page, f"portal-{name}-lesson")
    page.goto("/my/goals")
    page.locator("main summary").first.click()
    for choice in ('label:has-text("3")', "main .ticks label"):
        page.locator(f"main details[open] {choice}" if "3" in choice else f"{choice} >> nth=2").first.click()
    page.locator("main details[open] button").click()
    expect(page.locator("main textarea[name=helps]"), "who is not sure is asked what would help").to_be_visible()
    seen(page, f"portal-{name}-goal-help")
    page.goto("/my/worries")
    page.locator("#words").fill("A bill came." if name != "spanish" else "Llegó una cuenta.")
    page.locator("form:has(#words) button").click()
    expect(page.locator('a[href="tel:988"]')).to_be_visible()
    seen(page, f"portal-{name}-worry-sent")
    page.goto("/my/worries")
    page.locator('main button[value="settled"]').first.click()
    expect(page.locator("main .tag.calm").first, "one click, and it is settled").to_be_visible()


def test_the_keyboard_goes_everywhere(home: House, rosa: str, visit: Callable[..., Page]) -> None:
    page = let_in(home, visit, f"Patient/{rosa}", ROSA, viewport=PHONE)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(str(page.evaluate("(document.activeElement.getAttribute('href') || document.activeElement.textContent).trim()")))
    assert "#main" in reached, "first a way past the head"
    for route in ("/my/visits", "/my/messages", "/my/lessons", "/my/papers", "/my/looks", "/my/people", "/my/keys"):
        assert route in reached, route
    page.goto("/my/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
