"""Teaching in the browser: suggested, given, taught back; and the library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.journeys.looks import LOOKS, Seen, Visit
from tests.pages import House, patient


@pytest.fixture(scope="module", autouse=True)
def rosa(home: House) -> Iterator[str]:
    """Rosa, who speaks Spanish and has heart failure."""
    with home.change() as change:
        id_ = patient(change, "Rosa Delgado", language="es")
        icd = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I50.23"}
        change.put(
            {"resourceType": "Condition", "subject": {"reference": f"Patient/{id_}"}, "code": {"coding": [icd], "text": "Heart failure"}}
        )
    yield id_


def test_a_lesson_is_given_and_taught_back(visit: Visit, seen: Seen, rosa: str) -> None:
    page = visit(f"/patients/{rosa}")
    page.get_by_role("link", name="Teach", exact=True).click()
    expect(page.locator("main")).to_contain_text("Nothing has been taught yet")
    seen(page, "learning-empty")
    page.locator("aside form", has_text="because of Heart failure").get_by_role("button", name="Give on paper").click()
    expect(page.locator("#notices")).to_contain_text("It is taught when they have said it in their own words.")
    card = page.locator("section", has_text="Vivir con insuficiencia cardíaca").first
    expect(card).to_contain_text("not yet taught")
    for number, button in enumerate(("Understood", "To be repeated", "Understood")):
        card.locator("details").nth(number).locator("summary").scroll_into_view_if_needed()
        if card.locator("details").nth(number).get_attribute("open") is None:
            card.locator("details").nth(number).locator("summary").click()
        card.locator("details").nth(number).get_by_role("button", name=button).click()
    expect(card).to_contain_text("To be repeated")
    expect(card).to_contain_text("not yet taught")
    seen(page, "learning")


@pytest.mark.parametrize("look", LOOKS)
def test_the_library(visit: Visit, seen: Seen, look: str) -> None:
    page = visit("/library?lesson=heart-failure", **LOOKS[look])
    expect(page.locator(".lessons tbody tr")).to_have_count(16)
    seen(page, f"library-{look}")


def test_the_paper_is_a_pdf(visit: Visit) -> None:
    page = visit("/library")
    answer = page.request.get("/library/heart-failure.pdf?language=es")
    assert answer.status == 200 and answer.headers["content-type"] == "application/pdf" and answer.body()[:4] == b"%PDF"
    assert page.request.get("/library/nothing.pdf").status == 404
