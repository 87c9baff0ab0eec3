"""SC17 and SC18 as a team lives them: on a clock of their own, by page and key, clicks counted beside their budgets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.journeys.looks import PHONE, Counted, Seen, Visit
from tests.pages import KEY, PASSWORD, ZONE, House, house, patient, stay

from baton import app
from baton.duties import codes, promises
from baton.duties.patients import identity
from baton.duties.team import absences, handovers, looking_after, staff, teams
from baton.duties.team.handovers import Move
from baton.fhir.resource import code_of, target
from baton.rules import workload as rules
from baton.store.check import violations
from baton.store.postgres import Database
from baton.web import django as shell

CLOCK = {"now": datetime(2026, 7, 1, 9, 0, tzinfo=ZONE)}
CREW = {
    "hannah@example.org": ("Hannah Fisher", "coordinator", "Geriatrics"),
    "priya@example.org": ("Priya Nair", "coordinator", "Geriatrics"),
    "tom@example.org": ("Tom Brandt", "coordinator", "Heart & Vascular"),
    "grace@example.org": ("Grace Kim", "senior", "Heart & Vascular"),
    "andre@example.org": ("Andre Walker", "clinician", "Heart & Vascular"),
    "mei@example.org": ("Mei Lin", "coordinator", "Heart & Vascular"),
    "luis@example.org": ("Luis Ortega", "supervisor", "Geriatrics"),
}
LUIS, GRACE, MEI, SUE = "luis@example.org", "grace@example.org", "mei@example.org", "sue@example.org"
ROSA = "rosa@mail.example"
CASES, CANTONESE, OVER = 41, 3, 118


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose clock the stories move, with everybody the stories speak of."""
    at("2026-07-01T09:00")
    with house(module_database, tmp_path_factory.mktemp("data"), now=lambda: CLOCK["now"]) as opened:
        for email, (name, role, team) in CREW.items():
            with opened.hub.store.change(app.HUB, because="Add a person") as change:
                opened.person[email] = staff.add(change, email=email, role=role, team=team, name=name)
        shell.share_password(opened.hub, {email: opened.person[email] for email in CREW}, PASSWORD)
        yield opened


def at(text: str) -> datetime:
    """The clock moves to this moment in New York."""
    CLOCK["now"] = datetime.fromisoformat(text).replace(tzinfo=ZONE)
    return CLOCK["now"]


def found(home: House, type_: str, **asked: Any) -> list[dict[str, Any]]:
    with home.hub.store.view(app.HUB) as view:
        return view.find(type_, **asked)


def tell(capsys: pytest.CaptureFixture[str], name: str, counted: dict[str, tuple[int, int]]) -> None:
    with capsys.disabled():
        print(f"\n{name}: " + ", ".join(f"{what} {clicks} of {budget} clicks" for what, (clicks, budget) in counted.items()))
    assert all(clicks <= budget for clicks, budget in counted.values()), counted


def sound(home: House) -> None:
    """N4: every open loop has one owner who works here and is here today, and a day; and the store finds nothing wrong."""
    with home.hub.store.view(app.HUB) as view:
        gone = absences.away(view)
        for task in view.find("Task", status=codes.OPEN):
            if codes.promise_code(task) is None or not codes.is_open(task):
                continue
            owner = str(target(task["owner"]))
            assert task["restriction"]["period"]["end"], task["id"]
            assert owner.startswith(("Organization/", "Patient/")) or (teams.works(view, owner) and owner not in gone), (
                f"{task['description']} is with {owner} at {CLOCK['now']}"
            )
    assert list(violations(home.hub.database.owner_dsn, KEY, ZONE)) == []


def worker(home: House) -> None:
    """What the worker does each minute."""
    absences.tick(app.HUB, home.hub.store, CLOCK["now"])


def mails(home: House, to: str | None = None) -> list[dict[str, Any]]:
    with psycopg.connect(home.hub.database.app_dsn) as connection:
        rows = connection.execute("select payload from outbox where topic = 'mail' order by id").fetchall()
    return [payload for (payload,) in rows if to in (None, payload["to"])]


# --- SC17: huddle, plan, the patient's view --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loops(home: House) -> dict[str, str]:
    """Fourteen patients of one team with something open, twelve of them late; Rosa, who reads her plan in the portal, most of all."""
    at("2026-07-06T09:00")
    ids: dict[str, str] = {}
    with home.change() as change:
        for number in range(13):
            name = f"Loop {'ABCDEFGHIJKLM'[number]}"
            ids[name] = patient(change, name)
        ids["Rosa Delgado"] = patient(
            change, "Rosa Delgado", telecom=[{"system": "email", "value": ROSA}, {"system": "phone", "value": "1"}]
        )
    with home.change(SUE) as change:
        moves = [Move(f"Patient/{each}", home.person["tom@example.org"]) for each in ids.values()]
        handovers.hand(change, giver=None, moves=moves)
        for number, (name, each) in enumerate(ids.items()):
            due = date(2026, 7, 6) + timedelta(days=5 * (number in (11, 12)) + (number == 12))
            for errand in range(3 if name == "Rosa Delgado" else 1):
                promises.make_by_hand(change, patient=each, what=f"errand {errand}", due=due)
    return ids


def portal(visit: Visit, home: House, patient_id: str) -> Page:
    """Rosa is invited, comes in by the link, the code and her birthday, and takes a card of codes."""
    desk = visit(f"/patients/{patient_id}/portal")
    desk.locator("#invite").get_by_role("button", name="Invite").click()
    code = str(re.findall(r"\d{4} \d{4}", desk.inner_text("main"))[0])
    page = visit(mails(home, ROSA)[-1]["link"], email=None, viewport=PHONE)
    page.locator("#code").fill(code)
    for name, value in (("month", "3"), ("day", "3"), ("year", "1955")):
        page.locator(f"#{name}").fill(value)
    page.locator("main button").click()
    page.get_by_role("button", name="card of codes").click()
    page.goto("/my/")
    return page


def card_of(page: Page, name: str) -> Locator:
    """The card of a patient on the agenda."""
    return page.locator("section.card", has=page.locator("h2", has_text=re.compile(f"^{name}$")))


def decide(page: Page, name: str, *, told: str, owner: str = "Tom Brandt", far: bool = False, keys: bool = False) -> int:
    """Type what is decided and press on who owes it: those there and of the team at once, others where they are unfolded; or by keys alone.

    Returns the clicks; the day stands there already.
    """
    card, counted = card_of(page, name), Counted(page)
    card.get_by_label("As the patient reads it").fill(told)
    card.get_by_label("What is decided").fill(f"Decided for {name}")
    if keys:
        page.keyboard.press("Enter")  # whoever looks after them
    else:
        if far:
            counted.clicks += 1
            card.get_by_text("Somebody else owes it").click()
        counted.clicks += 1
        card.get_by_role("button", name=owner).click()
    expect(card_of(page, name)).to_contain_text(f"Decided for {name}")
    expect(card_of(page, name)).to_contain_text("Sue Park" if owner == "I do it" else owner)
    return counted.clicks


def test_sc17_huddle_plan_patient_view(
    visit: Visit, seen: Seen, home: House, loops: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    counted: dict[str, tuple[int, int]] = {}
    at("2026-07-07T08:30")
    mine = portal(visit, home, loops["Rosa Delgado"])
    expect(mine.locator("main")).not_to_contain_text("chair for the shower")

    page = visit("/team/huddles", email=SUE)
    begun = Counted(page)
    page.get_by_label("Team").select_option(label="Heart & Vascular")
    begun.click("button", "Begin now")
    agenda = page.locator("section[aria-labelledby^=point-] h2").all_inner_texts()
    assert sorted(agenda) == sorted(["Rosa Delgado", *(f"Loop {letter}" for letter in "ABCDEFGHIJK")]), "twelve, from what is open and late"
    assert agenda[0] == "Rosa Delgado", "with the most that is late"
    huddle = page.url.rpartition("/")[2]
    here = ["Carla Cole", "Tom Brandt", "Grace Kim", "Andre Walker", "Hannah Fisher", "Priya Nair"]
    for name in here:
        begun.tick(name)
    begun.click("button", "Those ticked are here")
    expect(page.locator("#notices")).to_contain_text("They are there.")
    counted["begin, with seven people"] = begun.clicks, 9

    others = {"Loop A": {"owner": "Mei Lin"}, "Loop B": {"owner": "Mei Lin"}, "Loop D": {"owner": "I do it"}}
    others |= {"Loop E": {"owner": "Luis Ortega", "far": True}, "Loop F": {"keys": True}}
    clicks: dict[str, int] = {}
    for name in agenda:
        told = "We bring you a chair for the shower" if name == "Rosa Delgado" else ""
        clicks[name] = decide(page, name, told=told, **others.get(name, {}))  # type: ignore[arg-type]
    counted["a decision with owner and date"] = clicks["Rosa Delgado"], 2
    counted["one for somebody of the team who is not there"] = clicks["Loop A"], 2
    counted["one for somebody of another team"] = max(clicks.values()), 2
    counted["one by keys alone"] = clicks["Loop F"], 0
    card = card_of(page, "Loop C")
    card.locator("summary", has_text="Say something").click()
    card.locator("textarea").fill("Tom: home with help. Hannah: a nursing stay first.")
    card.get_by_role("button", name="Keep it as not agreed").click()
    expect(card_of(page, "Loop C")).to_contain_text("not agreed")
    page.get_by_label("Whom to talk about too").select_option(label="Loop L")
    page.get_by_role("button", name="Talk about them too").click()
    expect(card_of(page, "Loop L")).to_contain_text("to talk about")
    seen(page, "sc17-huddle")
    at("2026-07-07T08:50")
    page.get_by_role("button", name="End the huddle").click()
    expect(page.locator("#notices")).to_contain_text("the minutes are counted")
    expect(card_of(page, "Loop L")).to_contain_text("put off")

    decided = found(home, "Task", encounter=f"Encounter/{huddle}")
    assert {str(target(each["for"])) for each in decided} == {f"Patient/{loops[name]}" for name in agenda} and len(decided) == 12
    assert all(target(each["owner"]) and each["restriction"]["period"]["end"] for each in decided)
    offered = [each for each in decided if target(each["owner"]) == home.person[MEI]]
    assert [str(target(each["for"])) for each in decided if target(each["owner"]) == home.person[SUE]] == [f"Patient/{loops['Loop D']}"]
    assert len(offered) == 2 and all(code_of(each["businessStatus"], f"{codes.P}/CodeSystem/contact-kind") == "offered" for each in offered)

    # minutes for staff alone
    [encounter] = [each for each in found(home, "Encounter") if each["id"] == huddle]
    spans = {
        each["individual"]["display"]: datetime.fromisoformat(each["period"]["end"]) - datetime.fromisoformat(each["period"]["start"])
        for each in encounter["participant"]
    }
    assert spans == dict.fromkeys(["Sue Park", *here], timedelta(minutes=20)), "seven people, twenty minutes"
    assert "subject" not in encounter and not [each for each in found(home, "Basic") if code_of(each["code"], absences.KIND) == "minutes"]
    expect(page.locator("section", has=page.locator("#there-title"))).to_contain_text("Andre Walker 20 min")

    # the disagreement is recorded as such
    [point] = [each for each in found(home, "Communication", encounter=f"Encounter/{huddle}") if each.get("reasonCode")]
    assert target(point["subject"]) == f"Patient/{loops['Loop C']}"
    assert code_of(point["reasonCode"][0], f"{codes.P}/CodeSystem/contact-kind") == "disagreement"
    assert point["note"][-1]["text"] == "Tom: home with help. Hannah: a nursing stay first."
    page.goto("/team/huddles")
    unsettled = page.locator("section", has=page.locator("#unsettled-title"))
    expect(unsettled).to_contain_text("a nursing stay first. Sue Park")
    seen(page, "sc17-huddles")

    # who was not there answers later: one yes, one no
    at("2026-07-07T13:00")
    later = visit("/team/huddles", email=MEI)
    expect(later.get_by_text("Decided while you were not there")).to_be_visible()
    answer = Counted(later)
    answer.clicks += 1
    later.locator("li", has_text="Decided for Loop A").get_by_role("button", name="Yes, it is mine").click()
    expect(later.locator("#notices")).to_contain_text("Accepted")
    counted["accept later"] = answer.clicks, 1
    later.get_by_placeholder("why not").fill("I am on leave then")
    later.get_by_role("button", name=re.compile("^No")).click()
    expect(later.locator("#notices")).to_contain_text("back with whoever decided it")
    states = {each["description"]: (each["status"], target(each["owner"])) for each in found(home, "Task", encounter=f"Encounter/{huddle}")}
    assert states["Decided for Loop A"] == ("accepted", home.person[MEI])
    assert states["Decided for Loop B"][1] == home.person[SUE]

    # the patient reads the same records
    [chair] = [each for each in decided if target(each["for"]) == f"Patient/{loops['Rosa Delgado']}"]
    mine.goto("/my/")
    expect(mine.locator("main")).to_contain_text("We bring you a chair for the shower")
    assert not {"Decided for", "not agreed", "huddle"} & set(re.findall(r"Decided for|not agreed|huddle", mine.inner_text("main")))
    seen(mine, "sc17-my-plan")
    with home.change("tom@example.org") as change:
        promises.done(change, task=chair["id"])
    mine.goto("/my/")
    expect(mine.locator("section", has=mine.locator("#done"))).to_contain_text("We bring you a chair for the shower")

    # and settled when it is
    unsettled.get_by_placeholder("What was agreed").fill("Home, with a nurse twice a week")
    unsettled.get_by_role("button", name="Agreed now").click()
    expect(page.locator("#notices")).to_contain_text("Kept as agreed")
    expect(page.locator("#unsettled-title")).to_have_count(0)
    assert list(violations(home.hub.database.owner_dsn, KEY, ZONE)) == []
    tell(capsys, "SC17", counted)


# --- SC18: mentoring ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plans(home: House) -> list[str]:
    """Sam, whom Grace guides, writes five plans, one of them twice; two calls after a discharge are his, and he misses both."""
    at("2026-06-29T09:00")
    sam = home.person["sam@example.org"]
    with home.hub.store.change(app.HUB, because="A mentor") as change:
        staff.add(change, email=GRACE, role="senior", team="Senior care", name="Grace Kim")
        staff.set_mentor(change, person=sam, mentor=home.person[GRACE])
    with home.change("sam@example.org") as change:
        ids = [patient(change, f"Plan {letter}") for letter in "ABCDE"]
    for number in (0, 1):
        at("2026-07-02T14:10")
        with home.change("sam@example.org") as change:
            stay(change, ids[number], CLOCK["now"])
        with home.change("sam@example.org") as change:
            [call] = [each for each in change.find("Task", patient=f"Patient/{ids[number]}") if codes.promise_code(each) == codes.CONTACT]
            promises.reassign(change, task=call["id"], to=sam)
    at("2026-07-07T16:00")
    made = []
    for each in ids:
        plan = {
            "resourceType": "CarePlan", "status": "active", "intent": "plan", "title": "First plan",
            "subject": {"reference": f"Patient/{each}"}, "author": {"reference": sam, "display": "Sam Ash"},
        }  # fmt: skip
        with home.change("sam@example.org") as change:
            made.append(change.put(plan).id)
    return made


def test_sc18_five_plans_co_signed_and_two_misses_with_why(
    visit: Visit, seen: Seen, home: House, plans: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    at("2026-07-08T09:00")  # the calls were due on Tuesday the 7th: Friday was the observed holiday
    page = visit("/mentoring", email=GRACE)
    queue = page.locator("section", has=page.locator("#queue-title"))
    expect(queue.locator(".move")).to_have_count(5)
    missed = page.locator("section", has=page.locator("#missed-title"))
    expect(missed.locator(".event")).to_have_count(2)
    for number in range(2):
        missed.locator("details summary").nth(number).click()
        why = missed.locator(".event").nth(number)
        expect(why).to_contain_text("still open")
        expect(why.locator("ol li").first).to_be_visible()
        expect(why).to_contain_text("Independence Day")
    seen(page, "sc18-mentoring")
    clicks = Counted(page)
    for number in range(5):
        clicks.clicks += 1
        queue.locator(".move a").first.click()
        if number == 0:
            clicks.clicks += 2
            page.locator(".event.asked summary").click()
            page.locator(".event.asked textarea").fill("Ask who is at home before you plan the walks.")
            page.locator(".event.asked").get_by_role("button", name="Comment").click()
            expect(page.locator(".event.asked .said")).to_contain_text("Ask who is at home")
            seen(page, "sc18-review")
        clicks.click("button", "Co-sign")
        expect(page.locator("#notices")).to_contain_text("Co-signed.")
    expect(queue).to_contain_text("Nothing waits")
    proofs = [each for each in found(home, "Provenance") if any(one["who"].get("display") == "Grace Kim" for one in each["agent"])]
    signed = {each["target"][0]["reference"] for each in proofs if each["target"][0]["reference"].startswith("CarePlan/")}
    assert all({one["who"]["display"] for one in each["agent"]} == {"Grace Kim", "Sam Ash"} for each in proofs if len(each["agent"]) == 2)
    assert signed == {f"CarePlan/{each}/_history/1" for each in plans}
    [comment] = [
        each for each in found(home, "Communication") if each.get("payload", [{}])[0].get("contentString", "").startswith("Ask who is")
    ]
    assert comment["about"][0]["reference"] in signed, "anchored to the version it speaks of"
    assert target(comment["recipient"][0]) == home.person["sam@example.org"]
    own = visit("/mentoring", email="sam@example.org")
    expect(own.locator("section", has=own.locator("#told-title"))).to_contain_text("Ask who is at home before you plan the walks.")
    own.get_by_role("link", name="About version 1").click()
    expect(own.locator(".event .said")).to_contain_text("Grace Kim")
    expect(own.get_by_role("button", name="Comment")).to_have_count(0)
    tell(capsys, "SC18 mentoring", {"co-sign five plans, one with a comment": (clicks.clicks, 12)})


# --- SC18: absence -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hannahs(home: House) -> list[str]:
    """Forty-one patients of Hannah's, each owed an errand by her; three speak Cantonese, as Priya does; five are written to by e-mail."""
    at("2026-07-09T09:00")
    hannah, priya = home.person["hannah@example.org"], home.person["priya@example.org"]
    with home.hub.store.change(app.HUB, because="How they work") as change:
        staff.set_languages(change, person=priya, languages=["en", "yue"])
        staff.set_share(change, person=priya, share=_share()[0])
        staff.set_skills(change, person=home.person["tom@example.org"], skills=["diabetes-education"])
    ids = []
    with home.change("hannah@example.org") as change:
        for number in range(CASES):
            telecom = [{"system": "email", "value": f"lent{number}@mail.example"}]
            id_ = patient(change, f"Lent {number:02}", language="yue" if number % 14 == 5 else None, telecom=telecom)
            ids.append(id_)
            if number < 5 or number == 5:
                wishes = identity.Preferences("yue" if number == 5 else "en", number == 5, "email", None, None, None)
                change.put(identity.with_preferences(change.get("Patient", id_), wishes))
    with home.change("hannah@example.org") as change:
        sugar = {"coding": [{"system": "http://snomed.info/sct", "code": "44054006", "display": "Diabetes mellitus type 2"}]}
        for each in ids[7:9]:
            change.put({"resourceType": "Condition", "subject": {"reference": f"Patient/{each}"}, "code": sugar})
    with home.change(LUIS) as change:
        handovers.hand(change, giver=None, moves=[Move(f"Patient/{each}", hannah) for each in ids])
        for number, each in enumerate(ids):
            for errand in range(1 + (number < _share()[1])):
                promises.make_by_hand(change, patient=f"Patient/{each}", what=f"errand {errand}", due=date(2026, 7, 31), owner=hannah)
    return ids


def _share() -> tuple[int, int]:
    """Priya's share of full time, and how many patients are owed two errands, so that all of them would fill her week to 118 %."""
    known = rules.weights(date(2026, 7, 9))
    one, errand = rules.load(["by-hand"], date(2026, 7, 9)), known.minutes["by-hand"]
    sizes = ((share, twice) for share in range(30, 101) for twice in range(12))
    return next(
        (share, twice) for share, twice in sizes if rules.percent(CASES * one + twice * errand, known.capacity * share / 100) == OVER
    )


def errands(home: House, ids: list[str]) -> dict[str, set[str]]:
    """Who owns what is owed to each of these patients."""
    owned: dict[str, set[str]] = {each: set() for each in ids}
    for task in found(home, "Task", status=codes.OPEN):
        id_ = str(target(task.get("for"))).partition("/")[2]
        if id_ in owned and codes.promise_code(task) == codes.BY_HAND and codes.is_open(task):
            owned[id_].add(str(target(task["owner"])))
    return owned


def after(home: House, ids: list[str]) -> dict[str, tuple[str | None, str | None]]:
    """Who looks after each of these patients, and who covers."""
    return {
        str(target(each["subject"])).partition("/")[2]: (looking_after.after(each), looking_after.covering(each))
        for each in found(home, "CareTeam", status="active")
        if str(target(each["subject"])).partition("/")[2] in ids
    }


def test_sc18_lent_adjusted_undone_and_back(
    visit: Visit, seen: Seen, home: House, hannahs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    hannah, priya, tom = (home.person[f"{name}@example.org"] for name in ("hannah", "priya", "tom"))
    at("2026-07-09T10:00")
    before = errands(home, hannahs)
    assert set().union(*before.values()) == {hannah}
    page = visit("/team", email=LUIS)
    clicks = Counted(page)
    clicks.click("link", "Hannah Fisher", exact=True)
    expect(page.locator("input[name=patients]:checked")).to_have_count(CASES)
    page.get_by_label("First day away").fill("2026-07-13")
    page.get_by_label("Last day away").fill("2026-07-24")
    clicks.click("button", "Show what it would do")
    expect(page.get_by_role("alert")).to_contain_text("Too much for Priya Nair")
    loads_card = page.locator("section", has=page.locator("#after-title"))
    expect(loads_card.locator("tr", has_text="Priya Nair")).to_contain_text(f"{OVER} %")
    seen(page, "sc18-overload")
    clicks.tick("Tom Brandt")
    clicks.click("button", "Share them out afresh")
    expect(page.locator(".move")).to_have_count(CASES)
    expect(page.get_by_role("alert")).to_have_count(0)
    for name in ("Priya Nair", "Tom Brandt"):
        then = loads_card.locator("tr", has_text=name).locator("td b").inner_text()
        assert int(then.partition(" ")[0]) <= 100, f"{name} then at {then}"
    cantonese = page.locator(".move", has_text="Cantonese")
    expect(cantonese).to_have_count(CANTONESE)
    for number in range(CANTONESE):
        expect(cantonese.nth(number).locator("select option:checked")).to_have_text("Priya Nair")
        expect(cantonese.nth(number)).to_contain_text("speaks Cantonese")
    for name in ("Lent 07", "Lent 08"):  # and skills: both have diabetes, and Tom is trained for it
        row = page.locator(".move", has_text=name)
        expect(row.locator("select option:checked")).to_have_text("Tom Brandt")
        expect(row).to_contain_text("Diabetes education")
    wrong = cantonese.first.locator("select")
    wrong.select_option(label="Tom Brandt")
    page.get_by_role("button", name="Work it out again").click()
    expect(page.get_by_role("alert")).to_contain_text("does not speak their language, though somebody here does")
    wrong.select_option(label="Priya Nair")
    page.get_by_role("button", name="Work it out again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    seen(page, "sc18-shared")
    clicks.click("button", f"Lend {CASES} patients")
    expect(page.locator("#notices")).to_contain_text(f"{CASES} patients change hands.")
    clicks.click("button", "Undo")
    expect(page.locator("#notices")).to_contain_text(f"Undone: {CASES} patients are back.")
    counted = {f"lend {CASES} with preview, adjust, do, undo": (clicks.clicks, 6)}
    assert (errands(home, hannahs), {each for pair in after(home, hannahs).values() for each in pair}) == (before, {hannah, None})
    assert len(mails(home, "lent0@mail.example")) == 1, "told when they became Hannah's; not of what never began"
    sound(home)

    batch = lend(visit, hannahs)
    sound(home)
    at("2026-07-13T00:01")
    worker(home)
    lent = errands(home, hannahs)
    assert set().union(*lent.values()) == {priya, tom} and all(len(owners) == 1 for owners in lent.values())
    assert {pair[0] for pair in after(home, hannahs).values()} == {hannah}, "they are hers, others cover"
    speakers = [each for number, each in enumerate(hannahs) if number % 14 == 5]
    assert len(speakers) == CANTONESE and all(lent[each] == {priya} for each in speakers)
    told_who_answers(visit, home, hannahs, lent)
    page.goto(f"/team/handovers/{batch}")
    expect(page.locator("main")).to_contain_text("6 were told")
    keep = Counted(page)
    for number in (0, 1):
        row = page.locator(".move").nth(number)
        keep.clicks += 2
        row.locator("summary").click()
        row.get_by_role("button", name="for good").click()
        expect(page.locator("#notices")).to_contain_text("It stays where it is.")
    counted["keep two for good"] = keep.clicks, 4
    seen(page, "sc18-handover")

    begun = CLOCK["now"]
    for hours in range(8, 14 * 24, 20):  # at whatever hour somebody looks: nothing is without an owner who is here
        CLOCK["now"] = begun + timedelta(hours=hours)
        worker(home)
        sound(home)
    at("2026-07-26T23:59")
    worker(home)
    assert set().union(*errands(home, hannahs).values()) == {priya, tom}, "not on a Sunday"
    at("2026-07-27T00:01")
    worker(home)
    sound(home)
    back = errands(home, hannahs)
    kept = [each for each in hannahs if hannah not in back[each]]
    assert len(kept) == 2 and all(back[each] == lent[each] for each in kept)
    assert all(back[each] == {hannah} for each in hannahs if each not in kept)
    whose = after(home, hannahs)
    assert all(whose[each] == ((next(iter(lent[each])), None) if each in kept else (hannah, None)) for each in hannahs)
    history_of(visit, seen, home, hannahs, kept)
    tell(capsys, "SC18 absence", counted)


def lend(visit: Visit, ids: list[str]) -> str:
    """The same again, for good this time. Returns what names it together."""
    page = visit("/team", email=LUIS)
    page.get_by_role("link", name="Hannah Fisher", exact=True).click()
    page.get_by_label("Tom Brandt").check()
    page.get_by_label("First day away").fill("2026-07-13")
    page.get_by_label("Last day away").fill("2026-07-24")
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("button", name=f"Lend {len(ids)} patients").click()
    expect(page.locator("#notices")).to_contain_text(f"{len(ids)} patients change hands.")
    expect(page.locator(".move", has_text="still to come")).to_have_count(len(ids))
    return page.url.rpartition("/")[2]


def told_who_answers(visit: Visit, home: House, ids: list[str], lent: dict[str, set[str]]) -> None:
    """Those who are written to had one mail with nothing in it but a link, and the page behind it says who answers, until when."""
    names = {home.person["priya@example.org"]: "Priya Nair", home.person["tom@example.org"]: "Tom Brandt"}
    for number in range(6):
        [_hannahs, mail] = mails(home, f"lent{number}@mail.example")
        assert not {"Lent", "Hannah", "Priya", "Tom", "Geriatrics"} & set(re.findall(r"\w+", mail["subject"] + mail["text"]))
        page = visit(mail["link"], email=None, viewport=PHONE)
        [owner] = lent[ids[number]]
        expect(page.locator("main")).to_contain_text(names[owner])
        expect(page.locator("main")).to_contain_text("26 Jul")
        expect(page.locator("main")).to_contain_text("After that it is Hannah Fisher again.")


def history_of(visit: Visit, seen: Seen, home: House, ids: list[str], kept: list[str]) -> None:
    """Who looked after whom is on the patient's page; and no version of any errand was ever without exactly one owner."""
    returned = next(each for each in ids if each not in kept)
    for id_, state in ((returned, "given back"), (kept[0], "kept for good")):
        page = visit(f"/patients/{id_}/looked-after", email=LUIS)
        expect(page.locator(".move").first).to_contain_text("Hannah Fisher →")
        expect(page.locator(".move").first).to_contain_text(state)
        expect(page.locator(".move", has_text="undone")).to_have_count(1)
    seen(page, "sc18-history")
    with home.hub.store.view(app.HUB) as view:
        for task in view.find("Task", patient=",".join(f"Patient/{each}" for each in ids), status=codes.OPEN, _count=500):
            if codes.promise_code(task) != codes.BY_HAND:
                continue
            owners = [str(target(each.resource()["owner"])) for each in reversed(view.history("Task", task["id"]).entries)]
            assert all(owners) and owners[0] == home.person["hannah@example.org"]
            changes = [each for before, each in zip(owners, owners[1:], strict=False) if each != before]
            assert len(changes) == (1 if str(target(task["for"])).partition("/")[2] in kept else 2), "lent, and back unless kept"
    mail = mails(home, f"lent{ids.index(kept[0])}@mail.example")
    assert len(mail) == 3, "told again that it stays"
