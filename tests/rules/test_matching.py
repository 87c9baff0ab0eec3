"""Whose paper is it: the worked examples, dates as papers write them, and that a doubt never files itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules import matching
from baton.rules.matching import Known, Said
from baton.rules.tables import table

DAY = date(2026, 11, 23)


def known(place: int, person: dict[str, str]) -> Known:
    given_, _, family = person["name"].rpartition(" ")
    of = {plural: (person[one],) for one, plural in (("mrn", "mrns"), ("phone", "phones")) if one in person}
    return Known(f"Patient/{place}", ((family, given_),), person.get("birth", ""), gender=person.get("gender", ""), **of)  # type: ignore[arg-type]


@pytest.mark.parametrize("example", table("matching").examples, ids=lambda each: f"{each['said']} {each['state']}")
def test_examples(example: dict[str, Any]) -> None:
    found = matching.match(Said(**example["said"]), [known(*each) for each in enumerate(example["people"])], DAY)
    assert found.state == example["state"]
    assert matching.needs_second(found, DAY) is (found.state != "certain")


@pytest.mark.parametrize(("text", "read"), [
    ("1943-04-12", "1943-04-12"), ("04/12/1943", "1943-04-12"), ("4/2/1943", "1943-04-02"), ("12 Apr 1943", "1943-04-12"),
    ("1▒ Apr 1943", "1943-04-1?"), ("April 1?, 1943", "1943-04-1?"), ("3 de", None), ("1943-13-01", None), ("", ""),
    ("12 abr 1943", "1943-04-12"),
])  # fmt: skip
def test_dates_as_papers_write_them(text: str, read: str | None) -> None:
    if read is None:
        with pytest.raises(ValueError):  # noqa: PT011
            matching.birth(text)
    else:
        assert matching.birth(text) == read


@pytest.mark.parametrize(("written", "verdict"), [
    ("Nowak, Walter", "same"), ("WALTER J NOWAK", "same"), ("W. Nowak", "close"), ("Walter Novak", "close"), ("Wálter Nowak", "same"),
    ("Walter", "differs"), ("Eva Stone", "differs"),
])  # fmt: skip
def test_names_in_any_order_and_one_slip_away(written: str, verdict: str) -> None:
    walter = Known("Patient/w", (("Nowak", "Walter"),))
    assert dict(matching._candidate(Said(name=written), walter, *rules()).reasons)["name"] == verdict


def rules() -> tuple[Any, Any]:
    return table("matching").row("points", DAY), table("matching").row("files-itself", DAY)


PEOPLE = [Known(f"Patient/{place}", (("Smith", given_),), born, (mrn,)) for place, (given_, born, mrn) in enumerate(
    [("John", "1951-03-12", "001"), ("John", "1951-03-17", "002"), ("Joan", "1951-03-12", "003"), ("Ruth", "1988-01-30", "004")]
)]  # fmt: skip


@given(st.sampled_from(PEOPLE), st.integers(0, 9), st.sampled_from("0123456789?"), st.booleans())
def test_one_wrong_or_unreadable_digit_never_files_to_anybody_else(person: Known, place: int, digit: str, whole_name: bool) -> None:
    born = person.birth if person.birth[place] == "-" else person.birth[:place] + digit + person.birth[place + 1 :]
    name = f"{person.names[0][1]} Smith" if whole_name else f"{person.names[0][1][0]}. Smith"
    found = matching.match(Said(name=name, birth=born), PEOPLE, DAY)
    if found.state == "certain":
        assert found.candidates[0].reference == person.reference and born == person.birth
