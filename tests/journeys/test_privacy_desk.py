"""Breaking the glass and what follows: the banner, the privacy desk, the record, the report the patient gets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.looks import LOOKS, PHONE, Seen, Visit
from tests.pages import PASSWORD, House, patient

from baton import app
from baton.duties.privacy import code_lists, unusual
from baton.duties.privacy.code_lists import Wanted
from baton.duties.team import staff
from baton.store import Who
from baton.store.seal import seal
from baton.web import django as shell

ARI, DANA = "ari@example.org", "dana@example.org"


@pytest.fixture(scope="module")
def rosa(home: House) -> str:
    """Rosa is with Carla's team; Ari is the auditor; Sam of another team has been at her chart's door; a cousin was looked at."""
    with home.hub.store.change(app.HUB, because="Add a person") as change:
        home.person[ARI] = staff.add(change, email=ARI, role="auditor", name="Ari Blum")
    shell.set_password(home.hub, email=ARI, practitioner=home.person[ARI], password=PASSWORD)
    with home.change() as change:
        rosa = patient(change, "Rosa Delgado", born="1955-03-03")
        cousin = patient(change, "Ezra Cole", gender="male", born="1971-02-02")
    store = home.hub.store
    carla = store.who(home.person["carla@example.org"], entrance="desk")
    assert isinstance(carla, Who)
    for id_ in (rosa, cousin):
        with store.view(carla) as view:
            view.get("Patient", id_)
    sealed(home)
    unusual.watch(store, store.now())
    return rosa


def sealed(home: House) -> None:
    seal(home.hub.database.app_dsn, key=home.hub.store.key, at=home.hub.store.now())


def break_glass(visit: Visit, seen: Callable[[Page, str], None] | None = None) -> Page:
    page = visit("/glass", email="sam@example.org")
    page.get_by_label("Given name, whole").fill("Rosa")
    page.get_by_label("Family name, whole").fill("Delgado")
    page.get_by_label("Date of birth").fill("1955-03-03")
    page.get_by_role("button", name="Look", exact=True).click()
    expect(page.get_by_text("born 3 Mar 1955").or_(page.get_by_text("born")).first).to_be_visible()
    if seen:
        seen(page, "glass-found")
    page.get_by_role("link", name="Open the chart").click()
    page.get_by_label("Why must you open it?").select_option("emergency")
    page.get_by_label("In your own words").fill("Collapsed in the lobby, asks for her medicines")
    if seen:
        seen(page, "glass-why")
    page.get_by_role("button", name="Break the glass").click()
    return page


def test_somebody_breaks_the_glass_and_is_told_on_every_page(visit: Visit, seen: Seen, rosa: str) -> None:
    page = break_glass(visit, seen)
    expect(page.get_by_role("heading", level=1)).to_have_text("Rosa Delgado")
    expect(page.get_by_text("You opened this chart outside your care.")).to_be_visible()
    seen(page, "glass-open")
    page.get_by_role("link", name="Who has seen this record?").click()
    expect(page.get_by_text("You opened this chart outside your care.")).to_be_visible()
    page.get_by_role("button", name="Close it now").click()
    expect(page.get_by_text("Closed again.")).to_be_visible()
    page.goto(f"/patients/{rosa}")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here for you")


@pytest.mark.parametrize("look", LOOKS)
def test_the_privacy_desk_in_every_light(visit: Visit, seen: Seen, home: House, rosa: str, look: str) -> None:
    page = visit("/privacy", email=ARI, **LOOKS[look])
    expect(page.locator("#flags-title + ul > li").first).to_contain_text("Ezra Cole")
    seen(page, f"privacy-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_the_record_in_every_light(visit: Visit, seen: Seen, home: House, rosa: str, look: str) -> None:
    sealed(home)
    page = visit(f"/privacy/record?patient=Patient/{rosa}", email=ARI, **LOOKS[look])
    expect(page.locator("tbody tr").first).to_be_visible()
    seen(page, f"record-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_the_access_report_in_every_light(visit: Visit, seen: Seen, home: House, rosa: str, look: str) -> None:
    page = visit(f"/patients/{rosa}/looks", **LOOKS[look])
    expect(page.locator("tbody tr").first).to_contain_text("Carla Cole")
    seen(page, f"looks-{look}")


def test_a_flag_is_closed_by_keyboard_with_a_finding(visit: Visit, home: House, rosa: str) -> None:
    page = visit("/privacy", email=ARI)
    row = page.locator("#flags-title + ul > li").first
    expect(row).to_contain_text("Same family name")
    row.get_by_label("Finding").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Her cousin is her patient.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Closed, with your finding.")).to_be_visible()
    expect(page.locator("#closed-title + ul")).to_contain_text("Her cousin is her patient.")


def test_the_auditor_searches_by_names_that_stand_in_no_address(visit: Visit, home: House, rosa: str) -> None:
    sealed(home)
    page = visit("/privacy/record", email=ARI)
    page.get_by_label("Patient", exact=True).fill("rosa delgado")
    page.get_by_label("Person at work").fill("carla")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".picked").first).to_contain_text("Rosa Delgado")
    expect(page.locator("tbody tr").first).to_contain_text("Carla Cole")
    assert "rosa" not in page.url.lower() and "carla" not in page.url.lower()


def test_the_paper_is_handed_out(visit: Visit, rosa: str) -> None:
    page = visit(f"/patients/{rosa}/looks")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF, español").click()
    assert download.value.suggested_filename == "access-report.pdf"


@pytest.fixture(scope="module")
def dana(home: House) -> str:
    """Dana, the administrator, and a list she kept."""
    with home.hub.store.change(app.HUB, because="Add a person") as change:
        home.person[DANA] = staff.add(change, email=DANA, role="administrator", name="Dana Roth")
    shell.set_password(home.hub, email=DANA, practitioner=home.person[DANA], password=PASSWORD)
    with home.hub.store.change(home.hub.store.who(home.person[DANA], entrance="desk"), because="What is sensitive here") as change:
        why = "Gender-affirming care, as the law of the state asks"
        code_lists.keep(change, Wanted("R", "http://hl7.org/fhir/sid/icd-10-cm", starts=("F64",), why=why))
    return DANA


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_sensitive_in_every_light(visit: Visit, seen: Seen, dana: str, look: str) -> None:
    page = visit("/privacy/codes", dana, **LOOKS[look])
    page.locator("section details.fold > summary").first.click()
    expect(page.get_by_text("Z21").first).to_be_visible()
    seen(page, f"codes-{look}")


def test_dana_adds_her_laboratorys_codes_by_keyboard(visit: Visit, seen: Seen, dana: str) -> None:
    page = visit("/sign-in", None, java_script_enabled=False)
    page.get_by_label("E-mail").fill(dana)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.goto("/privacy/codes")
    page.get_by_label("They tell of").select_option("HIV")
    page.get_by_label("Code system").select_option("http://loinc.org")
    page.get_by_label("Codes", exact=True).fill("80203-3")
    page.get_by_label("Why").fill("River Lab reports its rapid test so")
    page.get_by_label("Why").press("Enter")
    expect(page.get_by_text("River Lab reports its rapid test so")).to_be_visible()
    page.get_by_role("button", name="80203-3").press("Enter")
    expect(page.get_by_text("taken back")).to_be_visible()


def test_a_long_address_of_a_code_system_stays_within_a_phone(visit: Visit, seen: Seen, dana: str) -> None:
    page = visit("/privacy/codes", dana, viewport=PHONE)
    page.get_by_label("Code system").select_option("other")
    page.get_by_label("Its address").fill("https://laboratories.example/fhir/CodeSystem/river-laboratory-of-the-eastern-counties")
    page.get_by_label("Codes", exact=True).fill("RAPID-1")
    page.get_by_label("Why").fill("River Lab has codes of its own")
    page.get_by_role("button", name="Keep the list").click()
    expect(page.get_by_text("River Lab has codes of its own")).to_be_visible()
    seen(page, "codes-long-address")
