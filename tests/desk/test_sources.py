"""Where it is from, as a page: what came from outside is escaped, kinds and pages lead on, and only who may see it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.pages import House, client, house, patient

from baton.duties.records import documents
from baton.duties.records.documents import Described
from baton.store.postgres import Database

WICKED = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def home(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(module_database, tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ann(home: House) -> str:
    with home.change() as change:
        id_ = patient(change, "Ann Big")
        about = {"subject": {"reference": f"Patient/{id_}"}}
        said = {"code": {"text": f"Gout {WICKED}"}, "asserter": {"display": f"Dr {WICKED}"}}
        change.put({"resourceType": "Condition", "id": "gout", **about, **said})
        for number in range(130):
            change.put({"resourceType": "Observation", "status": "final", **about, "code": {"text": f"Potassium {number}"}})
    return id_


def page(home: House, address: str, email: str = "carla@example.org") -> Any:
    return client(home, email).get(address)


def test_what_came_from_outside_is_escaped(home: House, ann: str) -> None:
    for address in (f"/patients/{ann}/sources", f"/patients/{ann}/sources/Condition/gout"):
        text = page(home, address).content.decode()
        assert "Gout &lt;script&gt;" in text and "Dr &lt;script&gt;" in text and WICKED not in text


def test_kinds_and_pages_lead_on(home: House, ann: str) -> None:
    first = page(home, f"/patients/{ann}/sources?show=result").content.decode()
    assert first.count("<li id=") == 100 and "from=100" in first and "1 to 100 of 130" in first
    second = page(home, f"/patients/{ann}/sources?show=result&from=100").content.decode()
    assert second.count("<li id=") == 30 and "Condition-gout" not in second
    assert "Nobody has said" not in page(home, f"/patients/{ann}/sources?show=unknown").content.decode(), "a person wrote all of it"


def test_another_s_fact_is_not_found(home: House, ann: str) -> None:
    with home.change() as change:
        other = patient(change, "Bea Small")
    assert page(home, f"/patients/{other}/sources/Condition/gout").status_code == 404
    assert page(home, f"/patients/{ann}/sources/Task/none").status_code == 404
    assert page(home, f"/patients/{ann}/sources/Patient/{ann}/photo").status_code == 404
    assert page(home, f"/patients/{ann}/sources/Patient/{ann}/name").status_code == 200


def test_who_enters_a_fact_from_a_document_says_the_page_at_once(home: House, ann: str) -> None:
    with home.change() as change:
        upload = documents.checked("a.txt", b"Takes furosemide. Has too little to eat.")
        paper = documents.add(change, patient=f"Patient/{ann}", upload=upload, said=Described("Letter of Dr Osei", author="Dr Osei")).id
    carla, told = client(home, "carla@example.org"), {"document": paper, "page": "2"}
    for address, form, kind in (
        (f"/patients/{ann}/medicines/take", {"text": "furosemide 40 mg"}, "medicine"),
        (f"/patients/{ann}/help/need", {"need": "food-insecurity", "part": "needs"}, "need"),
    ):
        assert carla.post(address, {**form, **told}).status_code == 302
        shown = page(home, f"/patients/{ann}/sources?show={kind}").content.decode()
        assert shown.count("<li id=") == 1 and "Letter of Dr Osei</a>, page 2" in shown, kind
    wrong = carla.post(f"/patients/{ann}/medicines/take", {"text": "metoprolol 50 mg", **told, "page": "two"}, follow=True)
    assert "Say the page of the document as a number." in wrong.content.decode()
    assert "metoprolol" not in page(home, f"/patients/{ann}/sources?show=medicine").content.decode(), "all of it or nothing"
