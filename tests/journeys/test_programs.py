"""SC09 and SC11: a navigator's month, and contradictions that end in one plan; clicks counted. And every page in every light."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, Counted, Seen, Visit
from tests.pages import MONDAY, ZONE, House, left, patient

from baton.duties import codes
from baton.duties.patients import identity
from baton.duties.programs import minutes, programs
from baton.duties.team import licences

ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def problem(about: str, code: str, text: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "clinicalStatus": codes.concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "code": {"coding": [{"system": ICD, "code": code}], "text": text},
        "subject": {"reference": f"Patient/{about}"},
    }


def plan(about: str, source: str, *said: str) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "title": source,
        "subject": {"reference": f"Patient/{about}"},
        "author": {"display": source},
        "activity": [{"detail": {"status": "in-progress", "description": each}} for each in said],
    }


@pytest.fixture(scope="module", autouse=True)
def people(home: House) -> Iterator[dict[str, str]]:
    """Dana Price of oncology, Mrs Nguyen with her four plans and two children, Rosa with a weight that rises."""
    ids: dict[str, str] = {}
    with home.change() as change:
        ids["dana"] = patient(change, "Dana Price", born="1968-02-11")
        ids["nguyen"] = patient(change, "Lan Nguyen", born="1942-01-09", language="vi")
        ids["rosa"] = patient(change, "Rosa Delgado", language="es")
    with home.change() as change:
        visit = {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": f"Patient/{ids['dana']}"},
            "period": {"start": (MONDAY - timedelta(days=40)).isoformat()},
        }
        change.put(visit)
        for source, said in (
            ("Cardiology", "Fluids ≤1.5 L a day"),
            ("Urology", "Drink ≥2.5 L a day"),
            ("Physical therapy", "Walk twice daily"),
            ("Orthopedics", "Non-weight-bearing, left leg"),
        ):
            change.put(plan(ids["nguyen"], source, said))
        for given, told, born in (("Mai", "everything", "1970-05-01"), ("Huy", None, "1972-05-01"), ("Bao", None, "2014-05-01")):
            person: dict[str, Any] = {
                "resourceType": "RelatedPerson",
                "active": True,
                "patient": {"reference": f"Patient/{ids['nguyen']}"},
                "name": [{"family": "Nguyen", "given": [given]}],
                "birthDate": born,
            }
            change.put(identity.with_told(person, told) if told else person)
        change.put(problem(ids["rosa"], "I50.9", "Heart failure"))
        for number, weight in enumerate((148, 148.5, 149, 151.2)):
            change.put(
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "subject": {"reference": f"Patient/{ids['rosa']}"},
                    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
                    "effectiveDateTime": (MONDAY - timedelta(days=20 - 5 * number)).isoformat(),
                    "valueQuantity": {"value": weight, "unit": "lb"},
                }
            )
    with home.change() as change:
        programs.enrol(change, patient=ids["rosa"], program="heart-failure", consent="verbal", since=date(2026, 11, 2))
    yield ids


def asked_from_the_program(page: Page) -> None:
    """The distress screen, asked where the program owes it: seven, kept by its answers."""
    asked = Counted(page)
    expect(page.locator(".owed")).to_contain_text("Distress screen")
    page.locator(".owed li", has_text="Distress screen").get_by_role("button", name="Ask now").click()
    page.locator(".choices button[value='7']").click()
    asked.clicks += 2
    while not page.get_by_role("heading", name="Everything is answered").is_visible():
        boxes = page.locator(".choices button")
        if boxes.count():
            boxes.first.click()
        else:
            page.get_by_role("button", name="Next").click()
        page.wait_for_load_state()
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#notices")).to_contain_text("What the program owed is kept by these answers.")
    expect(page.locator(".owed")).not_to_contain_text("Distress screen")
    assert asked.clicks == 2


def a_concern_is_a_loop(visit: Visit, about: str) -> None:
    """ "I am scared to tell my kids": raised, acknowledged, planned with child life; the patient closes it at the end."""
    page = visit(f"/patients/{about}/how")
    page.get_by_label("In their own words").first.fill("I am scared to tell my kids")
    page.locator("form[action$='/concerns']").get_by_role("button", name="Keep it").click()
    concern = page.locator(".concern", has_text="I am scared to tell my kids")
    concern.locator("select[name=kind]").select_option(index=1)
    concern.get_by_role("button", name="Name it").click()
    concern.locator("textarea[name=said]").fill("That is a hard talk. You need not find the words alone.")
    concern.get_by_role("button", name="Acknowledged").click()
    expect(concern.locator("[aria-current=step]")).to_have_text("acknowledged")
    page.context.close()


def the_patient_says_it_is_settled(visit: Visit, about: str) -> None:
    """Child life was asked, the talk was had: the concern ends in the patient's words."""
    page = visit(f"/patients/{about}/how")
    concern = page.locator(".concern", has_text="I am scared to tell my kids")
    concern.locator("textarea[name=said]").fill("Referral to child life; Carla books it this week")
    concern.get_by_role("button", name="Agreed with the patient").click()
    concern.locator("textarea[name=said]").first.fill("We told them together. They know now.")
    concern.get_by_role("button", name="They say it is settled").first.click()
    expect(page.locator("#notices")).to_contain_text("Settled, in the patient’s own words.")
    page.context.close()


def the_board_decides(visit: Visit, seen: Seen, about: str) -> None:
    """The tumor board's agenda carries what is open; what it decides is a promise with an owner."""
    page = visit("/programs/oncology-navigation/board")
    expect(page.locator("main")).to_contain_text("Dana Price")
    expect(page.locator("main")).to_contain_text("I am scared to tell my kids")
    seen(page, "programs-board")
    page.get_by_role("button", name="Begin now").click()
    expect(page.get_by_role("heading", name="Tumor board")).to_be_visible()
    page.get_by_label("What is decided: Dana Price").fill("Child life helps with the talk")
    page.locator("form[action$='/decide'] button").first.click()
    expect(page.locator("main")).to_contain_text("Child life helps with the talk")
    page.get_by_role("button", name="End the huddle").click()
    page = visit("/programs/oncology-navigation/board")
    expect(page.get_by_role("heading", name="Held before")).to_be_visible()
    page.context.close()


def test_sc09_a_navigators_month(visit: Visit, seen: Seen, home: House, people: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    page = visit(f"/patients/{people['dana']}")
    page.locator("#programs a", has_text="Programs").click()
    seen(page, "programs-none")
    fold = page.locator("details", has=page.locator("summary", has_text="Oncology navigation"))
    entered = Counted(page)
    fold.locator("summary").click()
    fold.get_by_label("Said so").check()
    entered.clicks += 2
    fold.get_by_label("In it since").fill("2026-10-05")
    entered.click("button", "Enter Oncology navigation")
    expect(page.locator("#notices")).to_contain_text("Entered. What its first phase owes stands on Today.")
    for phase, day in (("Diagnosis", "2026-10-14"), ("Staging", "2026-10-30")):
        page.get_by_label("Next phase").select_option(label=phase)
        page.get_by_label("As of", exact=True).fill(day)
        if phase == "Diagnosis":
            page.get_by_role("button", name="Go on").click()
            asked_from_the_program(page)
            continue
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("#notices")).to_contain_text("Say why this phase took longer than it should.")
        page.get_by_label("Next phase").select_option(label=phase)
        page.get_by_label("As of", exact=True).fill(day)
        page.get_by_label("Why this phase took that long").fill("The pathologist asked for a second look")
        page.get_by_role("button", name="Go on").click()
    a_concern_is_a_loop(visit, people["dana"])
    the_board_decides(visit, seen, people["dana"])
    the_patient_says_it_is_settled(visit, people["dana"])
    page = visit(f"/patients/{people['dana']}/programs")
    for phase, day in (("Tumor board", "2026-11-03"), ("Treatment", "2026-11-09")):
        page.get_by_label("Next phase").select_option(label=phase)
        page.get_by_label("As of", exact=True).fill(day)
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("dl.facts").first).to_contain_text(phase)
    clocks = page.get_by_role("region", name="Clocks of the phases")
    expect(clocks).to_contain_text("9 of 28")
    expect(clocks).to_contain_text("general knowledge: verify")
    expect(clocks.get_by_role("row", name="Suspicion to first treatment")).to_contain_text("35 of 62")
    expect(clocks.get_by_role("row", name="Suspicion to first treatment")).to_contain_text("The pathologist asked for a second look")
    seen(page, "programs-oncology")
    timed = Counted(page)
    timed.click("link", "Time")
    for day, start, length in (
        ("2026-11-09", "10:00", 22),
        ("2026-11-12", "11:00", 14),
        ("2026-11-13", "09:00", 9),
        ("2026-11-16", "16:00", 18),
    ):
        page.get_by_label("Minutes", exact=True).fill(str(length))
        page.get_by_label("Began").fill(start)
        page.get_by_label("Day", exact=True).fill(day)
        timed.click("button", "Log it")
        expect(page.locator("#notices")).to_contain_text(f"{length} minutes are logged.")
    together = MONDAY.astimezone(ZONE) - timedelta(hours=3)
    for email in ("carla@example.org", "sue@example.org"):  # both of the house speak in one call
        with home.change(email) as change:
            minutes.log(
                change, patient=people["dana"], program="oncology-navigation", start=together, minutes=15, what="Call with the family"
            )
    page.reload()
    expect(page.locator("main")).to_contain_text("G0023 × 1")
    expect(page.locator("main")).not_to_contain_text("G0024")
    expect(page.get_by_role("row", name="Counted in all 78")).to_be_visible()
    seen(page, "minutes-navigator")
    page.get_by_label("Minutes", exact=True).fill("10")
    page.get_by_label("Began").fill("10:05")
    page.get_by_label("Day", exact=True).fill("2026-11-09")
    page.get_by_role("button", name="Log it").click()
    expect(page.locator("#notices")).to_contain_text("This time overlaps with other time of the same person.")
    page = visit(f"/patients/{people['dana']}/programs")
    page.locator("summary", has_text="Consent, time, risk").click()
    page.get_by_label("Consent is taken back as of").fill("2026-11-10")
    page.locator("form", has_text="Consent is taken back").get_by_role("button", name="Record it").click()
    expect(page.locator("main")).to_contain_text("taken back: time counts for nothing")
    page = visit("/minutes?month=2026-11")
    expect(page.locator("main")).to_contain_text("consent was taken back in this month: earlier minutes only")
    seen(page, "month-close")
    with capsys.disabled():
        print(f"\nSC09: enter {entered.clicks} of 4 clicks, an entry of time {timed.clicks / 4:.0f} of 2")
    assert entered.clicks <= 4


def a_family_meeting(page: Page, seen: Seen) -> None:
    """Booked from the same page: only with those who may be told, never with a child as interpreter."""
    card = page.locator("section", has=page.get_by_role("heading", name="A family meeting first?"))
    card.get_by_label("Day").fill("2026-11-25")
    card.get_by_role("checkbox", name="Mai Nguyen").check()
    card.get_by_role("button", name="Book the meeting").click()
    expect(page.locator("#notices")).to_contain_text("An interpreter has to be there: say who.")
    card.locator("select[name=interpreter]").select_option("companion")
    card.locator("summary", has_text="Somebody close to them").click()
    card.locator("select[name=companion]").select_option(label="Bao Nguyen")
    card.get_by_role("button", name="Book the meeting").click()
    expect(page.locator("#notices")).to_contain_text("A child does not interpret")
    card.get_by_label("Day").fill("2026-11-25")
    card.get_by_role("checkbox", name="Huy Nguyen").check()
    card.locator("select[name=interpreter]").select_option("qualified")
    card.get_by_label("Name or number").fill("#4471")
    card.get_by_role("button", name="Book the meeting").click()
    expect(page.locator("#notices")).to_contain_text("told everything")
    card.get_by_label("Day").fill("2026-11-25")
    card.get_by_role("checkbox", name="Mai Nguyen").check()
    card.locator("select[name=interpreter]").select_option("qualified")
    card.get_by_label("Name or number").fill("#4471")
    card.get_by_role("button", name="Book the meeting").click()
    expect(page.locator("#notices")).to_contain_text("The meeting is booked")
    expect(card).to_contain_text("interpreter #4471")
    seen(page, "family-meeting-booked")


def test_sc11_contradictions_end_in_one_plan(visit: Visit, seen: Seen, people: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    page = visit(f"/patients/{people['nguyen']}")
    expect(page.locator("#loops")).to_contain_text("Decide between plans that contradict each other: Cardiology · Urology")
    page.locator("section", has_text="Goals").get_by_role("link", name="Plan of care").first.click()
    seen(page, "plan-contradictions")
    decided = Counted(page)
    decided.click("link", "Decide them")
    seen(page, "plan-reconcile")
    a_family_meeting(page, seen)
    drink = page.locator("section", has=page.get_by_role("heading", name="How much to drink"))
    drink.get_by_label("Something else:").check()
    drink.get_by_label("What is decided instead").fill("Drink 2 L a day; both clinics agree")
    page.locator("section", has=page.get_by_role("heading", name="Weight on the leg")).get_by_text("Non-weight-bearing, left leg").click()
    decided.clicks += 2
    decided.tick("Huy Nguyen")
    decided.click("button", "Make one plan")
    expect(page.locator("#notices")).to_contain_text("told everything")
    drink.get_by_label("Something else:").check()
    drink.get_by_label("What is decided instead").fill("Drink 2 L a day; both clinics agree")
    page.locator("section", has=page.get_by_role("heading", name="Weight on the leg")).get_by_text("Non-weight-bearing, left leg").click()
    decided.clicks = 3  # what the refusal cost is not the way; the way is: open, two decisions, with whom, make it
    decided.tick("Lan Nguyen")
    decided.tick("Mai Nguyen")
    decided.click("button", "Make one plan")
    expect(page.locator("#notices")).to_contain_text("One plan now.")
    expect(page.locator("main")).to_contain_text("Drink 2 L a day; both clinics agree")
    old = page.locator("section", has=page.get_by_role("heading", name="Superseded, kept on record"))
    for source in ("Cardiology", "Urology", "Physical therapy", "Orthopedics"):
        expect(old).to_contain_text(source)
    expect(page.locator("main")).not_to_contain_text("contradict each other")
    seen(page, "plan-one")
    with capsys.disabled():
        print(f"\nSC11: reconcile {decided.clicks} of 10 clicks")
    assert decided.clicks <= 10


def test_a_goal_and_the_plan_of_a_program(visit: Visit, seen: Seen, people: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    page = visit(f"/patients/{people['rosa']}/plan")
    page.get_by_label("What they want, in their words").fill("Walk to church again")
    added = Counted(page)
    added.choose("How sure they are, 0 to 10", "5", exact=False)
    page.get_by_label("What stands in the way").fill("Afraid of falling")
    added.click("button", "Add the goal")
    expect(page.locator("main")).to_contain_text("“Walk to church again”")
    expect(page.locator("main")).to_contain_text("Below 7: make it smaller together")
    page.locator("summary", has_text="Bring in the plan of a program").click()
    page.locator("select[name=program]").select_option(label="Heart failure program")
    page.get_by_role("button", name="Bring it in").click()
    expect(page.locator("#notices")).to_contain_text("2 goals and 5 interventions are new")
    page.locator("summary", has_text="It is over: Weigh every morning").click()
    page.locator("details[open]", has_text="It is over: Weigh").get_by_label("What shows it").fill("Weighs daily, book seen")
    page.locator("details[open]", has_text="It is over: Weigh").get_by_role("button", name="Done", exact=True).click()
    expect(page.locator("main")).to_contain_text("“Weighs daily, book seen”")
    seen(page, "plan-of-care")
    with capsys.disabled():
        print(f"\nadd goal: {added.clicks} of 3 clicks")
    assert added.clicks <= 3


def test_the_4ms_side_by_side(visit: Visit, seen: Seen, home: House, people: dict[str, str]) -> None:
    with home.change() as change:
        programs.enrol(change, patient=people["nguyen"], program="geriatrics-4ms", consent="verbal")
    page = visit(f"/patients/{people['nguyen']}/programs")
    four = page.locator("#four-ms")
    expect(four.get_by_role("group")).to_have_count(4)
    expect(four).to_contain_text("Not asked yet.")
    seen(page, "four-ms-to-ask")
    four.get_by_role("button", name="Ask now").click()
    said = {"What matters most": "To cook for the family at New Year", "fall": "One fall", "hurt": "No", "drowsy": "Yes"}
    while not page.get_by_role("heading", name="Everything is answered").is_visible():
        asked = page.locator("#question").inner_text()
        answer = next((one for words, one in said.items() if words in asked), "No")
        if page.locator(".choices button").count():
            choice = page.locator(".choices button", has_text=answer)
            (choice if choice.count() == 1 else page.locator(".choices button")).first.click()
        else:
            page.get_by_role("textbox").first.fill(answer)
            page.get_by_role("button", name="Next").click()
        page.wait_for_load_state()
    page.get_by_role("button", name="Finish").click()
    group = {name: page.locator("#four-ms").get_by_role("group", name=name) for name in ("What matters", "Medication", "Mobility")}
    expect(group["What matters"]).to_contain_text("To cook for the family at New Year")
    expect(group["What matters"].get_by_role("link", name="nobody is named to speak for them")).to_be_visible()
    expect(group["Medication"].get_by_role("link", name="a medicine that makes drowsy or dizzy")).to_be_visible()
    expect(group["Mobility"]).to_contain_text("One fall")
    seen(page, "four-ms")
    group["Mobility"].get_by_role("link", name="falls", exact=True).click()
    expect(page.locator("#sheet")).to_contain_text("Lan Nguyen")
    for look in ("dark", "phone", "spanish"):
        page = visit(f"/patients/{people['nguyen']}/programs", **LOOKS[look])
        seen(page, f"four-ms-{look}")
        page.context.close()


def test_a_weight_past_her_own_limit_is_decided_by_a_nurse(visit: Visit, seen: Seen, home: House, people: dict[str, str]) -> None:
    page = visit(f"/patients/{people['rosa']}/programs")
    watch = page.locator(".watch")
    watch.locator("summary", has_text="The patient’s own limit").click()
    watch.locator("select[name=limit]").select_option(label="Up in a day")
    watch.get_by_label("May rise by").fill("nothing")
    watch.get_by_role("button", name="Set").click()
    expect(page.locator("#notices")).to_contain_text("Say how much it may rise, in lb or kg.")
    watch.locator("summary", has_text="The patient’s own limit").click()
    watch.locator("select[name=limit]").select_option(label="Up in a day")
    watch.get_by_label("May rise by").fill("2")
    watch.get_by_role("button", name="Set").click()
    expect(watch).to_contain_text("their own limit")
    with home.change() as change:  # 2.4 lb in a day: below the pack's three, above her two
        for hours, pounds in ((30, 149.0), (4, 151.4)):
            change.put(
                {
                    "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{people['rosa']}"},
                    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
                    "effectiveDateTime": (MONDAY - timedelta(hours=hours)).isoformat(), "valueQuantity": {"value": pounds, "unit": "lb"},
                }
            )  # fmt: skip
    page.reload()
    expect(watch).to_contain_text("past its limit")
    expect(watch).to_contain_text("Ask first. Any yes: 911 now.")
    seen(page, "watch-past-limit")
    watch.get_by_label("Nothing changes: watch on").check()
    watch.get_by_role("button", name="Record the decision").click()
    expect(page.locator("#notices")).to_contain_text("This asks for a licence that is in force.")
    expect(watch).to_contain_text("past its limit")  # a coordinator who is no nurse does not decide
    with home.change("sue@example.org") as change:
        nurse = {"code": codes.concept(licences.LICENCE, "RN"), "period": {"end": "2027-12-31"}}
        carla = change.get(*home.person["carla@example.org"].split("/"))
        change.put({**carla, "qualification": [nurse]})
    watch.get_by_label("Seen within days").check()
    watch.get_by_label("Note").fill("Breathes well, ankles a little swollen: seen on Wednesday")
    watch.get_by_role("button", name="Record the decision").click()
    expect(page.locator("#notices")).to_contain_text("Recorded.")
    expect(watch).not_to_contain_text("past its limit")
    seen(page, "watch-decided")


def test_offered_waited_for_declined_and_paused(visit: Visit, seen: Seen, home: House) -> None:
    with home.change() as change:
        id_ = patient(change, "Olga Petrov", born="1940-03-01")
    with home.change() as change:
        change.put(problem(id_, "I50.9", "Heart failure"))
    page = visit(f"/patients/{id_}/programs")
    fold = page.locator("details", has=page.locator("summary", has_text="Heart failure"))
    fold.locator("summary").click()
    fold.get_by_role("button", name="Offer it").click()
    expect(page.locator("#notices")).to_contain_text("Offered. An answer is owed now.")
    seen(page, "programs-offered")
    page.get_by_label("In words").fill("Her daughter looks after that")
    page.get_by_role("button", name="They do not enter").click()
    expect(page.locator("main")).to_contain_text("“Her daughter looks after that”")
    page.get_by_label("Why it is opened again").fill("She asks for it now")
    page.get_by_role("button", name="Open again").click()
    page.get_by_role("button", name="They enter").click()
    expect(page.locator("dl.facts").first).to_contain_text("First 30 days")
    page.locator("summary", has_text="Pause").click()
    page.get_by_label("Until").fill("2026-12-20")
    page.get_by_label("Why", exact=True).first.fill("With her sister until Christmas")
    page.get_by_role("button", name="Pause it").click()
    expect(page.locator("main")).to_contain_text("With her sister until Christmas")
    seen(page, "programs-paused")
    page.get_by_role("button", name="Take it up again").click()
    expect(page.locator("main")).not_to_contain_text("With her sister until Christmas")
    page.locator("summary", has_text="Consent, time, risk").click()
    page.get_by_role("button", name="Work the risk out anew").click()
    expect(page.locator("#notices")).to_contain_text("Recorded.")
    page.locator("summary", has_text="Leave the program").click()
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    fold = page.locator("details", has=page.locator("summary", has_text="Geriatrics"))
    fold.locator("summary").click()
    fold.get_by_role("button", name="Waiting list").click()
    expect(page.locator("main")).to_contain_text("waiting", ignore_case=True)
    seen(page, "programs-waiting")


@pytest.mark.parametrize("look", LOOKS)
def test_the_panel_in_every_light(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/programs", **LOOKS[look])
    expect(page.locator(".population tbody tr").first).to_be_visible()
    seen(page, f"programs-panel-{look}")


@pytest.mark.parametrize("look", ["dark", "phone", "spanish"])
def test_the_other_pages_in_every_light(visit: Visit, seen: Seen, people: dict[str, str], look: str) -> None:
    for path, name in (
        ("/programs/heart-failure", "program"),
        (f"/patients/{people['rosa']}/programs", "patient-programs"),
        (f"/patients/{people['rosa']}/plan", "plan"),
        (f"/patients/{people['rosa']}/minutes", "minutes"),
        (f"/patients/{people['nguyen']}/plan/one", "reconcile"),
        ("/minutes", "month"),
    ):
        page = visit(path, **LOOKS[look])
        seen(page, f"{name}-{look}")
        page.context.close()


def test_a_view_is_narrowed_saved_and_reached_out_to(visit: Visit, people: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    page = visit("/programs")
    cohort = Counted(page)
    cohort.click("link", "Heart failure program", exact=False)
    cohort.click("link", "Not reached for 14 days")
    expect(page.locator(".population tbody tr")).to_have_count(1)
    expect(page.locator(".population")).to_contain_text("never")
    page.locator("summary", has_text="Save this view").click()
    page.get_by_label("Name", exact=True).fill("Heart failure, silent")
    cohort.clicks += 1
    cohort.click("button", "Save it for my team")
    expect(page.get_by_role("navigation", name="Saved views")).to_contain_text("Heart failure, silent")
    outreach = Counted(page)
    page.locator("summary", has_text="Reach out to 1").click()
    outreach.clicks += 1
    page.get_by_label("What is promised to each").fill("Ask about weight and breath")
    page.get_by_label("By when").fill("2026-11-27")
    outreach.click("button", "Promise it")
    expect(page.locator("#notices")).to_contain_text("Promised to 1 people")
    page = visit("/programs", email="sam@example.org")
    expect(page.locator("main")).to_contain_text("Nobody is in a program yet")
    expect(page.locator("main")).not_to_contain_text("Heart failure, silent")
    with capsys.disabled():
        print(f"\npanel: define and save a cohort {cohort.clicks} of 5 clicks, bulk outreach {outreach.clicks} of 4")
    assert cohort.clicks <= 5
    assert outreach.clicks <= 4


def test_leaving_a_program_with_a_summary_and_coming_back(visit: Visit, seen: Seen, people: dict[str, str], home: House) -> None:
    page = visit(f"/patients/{people['rosa']}/programs")
    page.locator("summary", has_text="Leave the program").click()
    form = page.locator("details[open]", has_text="Leave the program")
    form.get_by_label("What the patient says of it").fill("You always called back")
    form.get_by_label("Their mark").select_option("5")
    form.get_by_role("button", name="Leave it").click()
    expect(page.locator("main")).to_contain_text("“You always called back”")
    paper = page.request.get(str(page.get_by_role("link", name="Summary (PDF)").first.get_attribute("href")))
    assert paper.status == 200 and paper.body()[:4] == b"%PDF" and left(home, "print program summary", people["rosa"]) == 1
    seen(page, "programs-left")
    page.get_by_label("Why it is opened again").fill("Back in hospital")
    page.get_by_role("button", name="Open again").click()
    expect(page.locator("main")).to_contain_text("“Back in hospital”")
