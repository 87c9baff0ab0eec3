"""Every number of the operations page counts exactly what stands behind it; small groups are hidden and open nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from tests.duties.crew import HANNAH, crew, theirs
from tests.duties.ward import LUIS, TOM, Ward, stay

from baton.duties import codes
from baton.duties.contact import communication
from baton.duties.patients import identity
from baton.duties.team import behind, operations
from baton.rules import figures as rules
from baton.store.postgres import Database
from baton.store.staff import Known

CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def of(race: str, ethnicity: str) -> dict[str, Any]:
    """The extensions of US Core."""
    codes = {"race": race, "ethnicity": ethnicity}
    said = [
        {
            "url": f"{CORE}{kind}",
            "extension": [{"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code}}],
        }
        for kind, code in codes.items()
    ]
    return {"extension": said}


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    """Twelve who speak English, white and insured privately; twelve Asian, on Medicaid, speaking Cantonese; three of another group."""
    ward = crew(Ward(module_database, "2026-07-06T09:00:00"))
    for number in range(27):
        asian = 12 <= number < 24
        more: dict[str, Any] = of("2028-9" if asian else "2106-3", "2186-5") if number < 24 else {}
        if asian:
            more |= {"communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "yue"}]}, "preferred": True}]}
            more["extension"] = [*more["extension"], {"url": identity.INTERPRETER, "valueBoolean": True}]
        patient = theirs(ward, f"n{number}", HANNAH, owes=0, **more)
        if number < 24:
            cover = {"system": "https://nahdo.org/sopt", "code": "2" if asian else "5"}
            ward.put(
                {
                    "resourceType": "Coverage",
                    "id": f"c{number}",
                    "status": "active",
                    "type": {"coding": [cover]},
                    "beneficiary": {"reference": patient},
                    "payor": [{"display": "a payer"}],
                }
            )
        ward.put(stay("2026-07-06T08:00:00-04:00", id_=f"s{number}", patient=f"n{number}", start="2026-07-01T08:00:00-04:00"))
    for number in range(0, 20, 2):
        ward.time += timedelta(minutes=1)
        interpreter = "Mei Wong" if number >= 12 else None
        task = ward.task(codes.CONTACT, f"n{number}")
        with ward.change(TOM, "attempt") as change:
            communication.attempt(change, task=task, outcome="reached", language="yue" if interpreter else "en", interpreter=interpreter)
    ward.at("2026-07-20T09:00:00")
    yield ward
    ward.store.close()


@pytest.fixture
def page(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> operations.Operations:
    monkeypatch.setattr(operations, "REMEMBERED", Known(seconds=60))
    with ward.store.view(LUIS) as view:
        return operations.page(view)


def test_each_number_opens_exactly_what_it_counted(ward: Ward, page: operations.Operations) -> None:
    with ward.store.view(LUIS) as view:
        assert page.clocks
        for each in page.clocks:
            rows = behind.clocks(view, kind=each.name).rows
            assert (len(rows), sum(row.kept for row in rows)) == (each.of, each.kept)
            assert behind.clocks(view, kind=each.name, missed=True).counted == each.missed
        for wait in page.waits:
            assert behind.waits(view, kind=wait.kind).counted == wait.count
        for days, done, of_ in page.closure:
            rows = behind.closure(view, days=days).rows
            assert (len(rows), sum(row.kept for row in rows)) == (of_, done)
        assert behind.clocks(view, kind="no such kind").counted == 0 == behind.waits(view, kind="by-hand").counted
    with ward.store.view(TOM) as view:
        assert behind.clocks(view).counted == sum(each.of for each in page.clocks), "his team's are all there are"


def test_groups_by_what_is_recorded_and_small_ones_open_nothing(ward: Ward, page: operations.Operations) -> None:
    shown = {kind: {each.name: each for each in shares} for kind, shares in page.equity}
    assert {"2028-9", "2106-3", "none"} == shown["race"].keys()
    assert {"2186-5", "none"} == shown["ethnicity"].keys()
    assert {"medicaid", "private", "none"} == shown["insurance"].keys()
    hidden = [name for name, each in shown["race"].items() if each.hidden]
    assert len(hidden) == 2 and "none" in hidden, "three people, and one group beside them, or the total would give them away"
    with ward.store.view(LUIS) as view:
        for kind, groups in shown.items():
            for name, each in groups.items():
                rows = behind.group(view, by=kind, name=name).rows
                assert len(rows) == (0 if each.hidden else each.of)
                assert each.hidden or sum(row.kept for row in rows) == each.kept
        assert behind.group(view, by="shoe size", name="9") == behind.NOTHING


def test_each_kind_of_group_counts_everybody_once_with_wilsons_interval(ward: Ward, page: operations.Operations) -> None:
    day, total = date(2026, 7, 20), sum(each.of for each in page.clocks)
    assert [kind for kind, _ in page.equity] == ["language", "sex", "age", "race", "ethnicity", "insurance"]
    for kind, shares in page.equity:
        assert sum(each.of for each in shares) == total, f"everybody is in one group by {kind}"
        for each in shares:
            low, high = rules.wilson(each.kept, each.of, 0.95)
            assert (each.low, each.high) == (round(100 * low, 1), round(100 * high, 1)) == _by_hand(each.kept, each.of)
    assert rules.share("", 81, 100, day).low == 72.2


def _by_hand(kept: int, of: int) -> tuple[float, float]:
    """Wilson's interval as his paper writes it, with z = 1.959964."""
    z, share = 1.959964, kept / of
    middle, half = share + z**2 / (2 * of), z * ((share * (1 - share) + z**2 / (4 * of)) / of) ** 0.5
    low, high = (100 * (middle + sign * half) / (1 + z**2 / of) for sign in (-1, 1))
    return round(max(0.0, low), 1), round(min(100.0, high), 1)


def test_contacts_with_an_interpreter_are_too_few_to_show(ward: Ward, page: operations.Operations) -> None:
    assert (page.interpreted.kept, page.interpreted.of, page.interpreted.hidden) == (4, 4, True)
    with ward.store.view(LUIS) as view:
        assert behind.interpreters(view) == behind.NOTHING


def test_the_page_asks_little_however_many_patients(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "REMEMBERED", Known(seconds=60))
    asked: list[str] = []
    with ward.store.view(LUIS) as view:
        ask, result = type(view).ask, type(view).result
        monkeypatch.setattr(type(view), "ask", lambda self, text, *rest, **more: (asked.append("ask"), ask(self, text, *rest, **more))[1])
        monkeypatch.setattr(
            type(view), "result", lambda self, text, *rest, **more: (asked.append("find"), result(self, text, *rest, **more))[1]
        )
        operations.page(view)
        first = len(asked)
        operations.page(view)
    assert (first <= 12, len(asked) - first) == (True, 2), asked


def test_what_is_hidden_cannot_be_worked_out() -> None:
    day = date(2026, 7, 20)
    few = rules.groups({"a": (1, 4), "b": (2, 4), "c": (10, 20), "d": (50, 60)}, day)
    assert [each.name for each in few if each.hidden] == ["a", "b", "c"], "two small ones are eight together: too few"
    by_people = rules.groups({"a": (10, 30), "b": (10, 30), "c": (50, 60)}, day, people={"a": 2, "b": 20, "c": 30})
    assert [each.name for each in by_people if each.hidden] == ["a", "b"], "thirty promises of two people"
