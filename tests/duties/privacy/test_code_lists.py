"""A house adds to what is sensitive, or leaves something out: as data, dated, with the reason on the label, by administrators alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.duties.ward import DANA, HUB, LUIS, MERCY, TOM, Ward, of_team, patient

from baton import upgrade
from baton.duties.privacy import code_lists, labelling
from baton.duties.privacy.code_lists import Wanted
from baton.rules import sensitivity
from baton.rules.sensitivity import OwnList
from baton.store import Forbidden, Invalid, NotFound, Refused, Who
from baton.store import labels as security
from baton.store.postgres import Database

LAB, ICD = "https://lab.example/codes", "http://hl7.org/fhir/sid/icd-10-cm"
RIVER = Wanted("HIV", LAB, codes=("HIVQ", "HIVG"), why="River Lab's own codes for HIV tests")
SOL = Who("Practitioner/sol", "Sol", "social-worker", ("Organization/heart",), "desk")


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, "2026-07-02T09:00:00", labellers=[labelling.Labelling(seconds=0)])
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


def keep(ward: Ward, wanted: Wanted, who: Who = DANA) -> str:
    with ward.change(who, "What is sensitive here") as change:
        return code_lists.keep(change, wanted).id


def noted(ward: Ward, id_: str, system: str, code: str, type_: str = "Observation") -> dict[str, Any]:
    """Something of Eva's with this code, as it was stored."""
    status: dict[str, Any] = {"status": "final"} if type_ == "Observation" else {}
    ward.put(
        {
            "resourceType": type_,
            "id": id_,
            **status,
            "code": {"coding": [{"system": system, "code": code}]},
            "subject": {"reference": "Patient/eva"},
        }
    )
    return ward.get(f"{type_}/{id_}")


def labels(resource: dict[str, Any]) -> tuple[str, ...]:
    return security.names(security.bits(resource))


def test_a_code_of_the_house_is_labelled_at_the_door_with_its_reason_and_hidden_from_who_may_not(ward: Ward) -> None:
    assert labels(noted(ward, "before", LAB, "HIVQ")) == ()
    list_ = keep(ward, RIVER)
    found = noted(ward, "after", LAB, "HIVQ")
    assert labels(found) == ("HIV",)
    (coding,) = found["meta"]["security"]
    assert (
        coding["extension"][0]["valueString"] == f"HIVQ: River Lab's own codes for HIV tests (list {list_} of this house, since 2026-07-02)"
    )
    assert labels(noted(ward, "other", LAB, "GLUC")) == () and labels(noted(ward, "elsewhere", "https://other.example", "HIVQ")) == ()
    with ward.store.view(TOM) as view:
        assert view.get("Observation", "after")
    with pytest.raises(NotFound), ward.store.view(SOL) as view:
        view.get("Observation", "after")  # as what the hub's own table labels: a social worker learns only that something is withheld


def test_beginnings_count_and_a_list_that_ended_or_is_to_come_does_not(ward: Ward) -> None:
    keep(ward, Wanted("R", ICD, starts=("F64",), why="Gender-affirming care, by the law of the state"))
    keep(ward, Wanted("SDV", ICD, codes=("Z91.89",), why="From next year on", since=date(2027, 1, 1)))
    assert labels(noted(ward, "a", ICD, "F64.0", "Condition")) == ("R",)
    assert labels(noted(ward, "b", ICD, "Z91.89", "Condition")) == ()
    ward.at("2027-01-01T09:00:00")
    assert labels(noted(ward, "c", ICD, "Z91.89", "Condition")) == ("SDV",)
    with ward.store.view(DANA) as view:
        (coming, first) = code_lists.in_use(view)
    with ward.change(DANA) as change:
        code_lists.end(change, list_=first.id)
    assert labels(noted(ward, "d", ICD, "F64.0", "Condition")) == () and coming.label == "SDV"
    with ward.store.view(DANA) as view:
        ended = next(each for each in code_lists.in_use(view) if each.id == first.id)
    assert ended.until == date(2026, 12, 31) and ended.by == DANA.name, "it stays on record"
    with pytest.raises(Invalid, match="no such list in use"), ward.change(DANA) as change:
        code_lists.end(change, list_=first.id)


def test_what_the_hub_calls_sensitive_can_be_left_out_and_nothing_else_goes_with_it(ward: Ward) -> None:
    assert labels(noted(ward, "a", ICD, "Z30.09", "Condition")) == ("SEX",)
    keep(ward, Wanted("SEX", ICD, codes=("Z30.09",), why="Asked of everybody here", adds=False))
    assert labels(noted(ward, "b", ICD, "Z30.09", "Condition")) == ()
    assert labels(noted(ward, "c", ICD, "Z30.430", "Condition")) == ("SEX",), "its neighbours stay"
    assert labels(noted(ward, "d", ICD, "B20", "Condition")) == ("HIV",), "other labels stay"


@pytest.mark.parametrize("who", [TOM, LUIS, MERCY])
def test_only_an_administrator_says_what_is_sensitive(ward: Ward, who: Who) -> None:
    if who.role == "system":
        keep(ward, RIVER, who)
        return
    with pytest.raises((Forbidden, Invalid), match="for administrators to say"):
        keep(ward, RIVER, who)
    list_ = keep(ward, RIVER)
    for change_it in (
        lambda change: code_lists.end(change, list_=list_),
        lambda change: change.put({**change.get("ValueSet", list_), "status": "draft"}),
        lambda change: change.put({key: value for key, value in change.get("ValueSet", list_).items() if key != "extension"}),
        lambda change: change.delete("ValueSet", list_),
    ):
        with pytest.raises(Refused), ward.change(who) as change:
            change_it(change)
    with pytest.raises(Invalid, match="end it instead"), ward.change(DANA) as change:
        change.delete("ValueSet", list_)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Wanted("HIV", LAB, codes=("X",)), "Say why"),
        (Wanted("HIV", LAB, codes=("X",), why="w" * 301), "Say why"),
        (Wanted("HIV", LAB, why="none"), "Name the codes"),
        (Wanted("HIV", "", codes=("X",), why="none"), "which code system"),
        (Wanted("HIV", ICD, starts=("F",), why="all"), "two characters"),
        (Wanted("CEL", LAB, codes=("X",), why="vip"), "tell of"),
        (Wanted("HIV", LAB, codes=tuple(f"C{n}" for n in range(201)), why="many"), "at most 200"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(ward: Ward, wanted: Wanted, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        keep(ward, wanted)


def test_what_is_stored_is_labelled_anew_when_it_is_asked_for_and_a_persons_label_stays(ward: Ward) -> None:
    noted(ward, "old", LAB, "HIVQ")
    noted(ward, "plain", LAB, "GLUC")
    by_hand = {"system": security.ACT, "code": "SEX"}
    ward.put({**ward.get("Observation/plain"), "meta": {"security": [by_hand]}})
    keep(ward, RIVER)
    assert upgrade.labelled_anew(ward.store, HUB, write=False) == (1, []) and labels(ward.get("Observation/old")) == ()
    assert upgrade.labelled_anew(ward.store, HUB, write=True) == (1, [])
    assert labels(ward.get("Observation/old")) == ("HIV",) and labels(ward.get("Observation/plain")) == ("SEX",)
    assert upgrade.labelled_anew(ward.store, HUB, write=False) == (0, []), "and then nothing is left to do"
    with ward.store.view(DANA) as view:
        (known,) = code_lists.in_use(view)
    with ward.change(DANA) as change:
        code_lists.end(change, list_=known.id)
    ward.at("2026-07-03T09:00:00")
    assert upgrade.labelled_anew(ward.store, HUB, write=True) == (1, []) and labels(ward.get("Observation/old")) == ()
    assert ward.violations() == []


def test_every_row_that_ships_says_where_it_is_from() -> None:
    rows = code_lists.shipped(date(2026, 7, 2))
    assert {row.label for row in rows} == {"HIV", "SEX", "SDV", "PART2"} and all(row.source for row in rows)
    assert all(row.mark == "S" or "[GK]" in row.source or row.mark in ("GK", "PROPOSED") for row in rows)


def test_the_rules_take_lists_as_they_take_rows() -> None:
    day, own = date(2026, 7, 2), OwnList("x", "R", True, LAB, ("A",), ("B1",), date(2026, 7, 1), date(2026, 7, 31), "why")
    for code, when, expected in (
        ("A", day, ["R"]),
        ("B1.2", day, ["R"]),
        ("B2", day, []),
        ("A", date(2026, 8, 1), []),
        ("A", date(2026, 6, 30), []),
    ):
        assert [each.label for each in sensitivity.by_code([(LAB, code)], when, [own])] == expected
    assert [each.label for each in sensitivity.by_code([(None, "A"), (ICD, "B20")], day, [own])] == ["HIV"]


def test_a_form_that_asks_about_violence_is_no_secret_its_answers_are(ward: Ward) -> None:
    with ward.change(HUB) as change:
        asks = {key: value for key, value in change.get("Questionnaire", "social-needs").items() if key != "meta"}
        change.put({**asks, "version": "2"})
    assert "harm-yes" in str(asks) and labels(ward.get("Questionnaire/social-needs")) == ()
    with ward.store.view(TOM) as view:
        assert view.get("Questionnaire", "social-needs")["version"] == "2"
