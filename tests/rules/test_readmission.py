"""The scores of SC01 to the point, every band's edge, and what nobody knows said as such."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.rules import discharge_plan, readmission
from baton.rules.calendar import US_FEDERAL
from baton.rules.readmission import Hospital
from baton.rules.tables import table

EXAMPLES = table("readmission").examples


@pytest.mark.parametrize("example", [each for each in EXAMPLES if "lace" in each], ids=lambda each: each["name"])
def test_lace(example: dict[str, Any]) -> None:
    score = readmission.lace(
        days=example["days"],
        emergent=example["emergent"],
        comorbidities=example["charlson"],
        emergency_visits=example["emergency"],
        variant="nights",
    )
    assert [*(each.points for each in score.points), score.total, score.band] == example["lace"]
    assert score.most == score.total and score.source and score.version == "2010"


@pytest.mark.parametrize("example", [each for each in EXAMPLES if "hospital" in each], ids=lambda each: each["name"])
def test_hospital(example: dict[str, Any]) -> None:
    known = Hospital(**{name: example[name] for name in Hospital.__dataclass_fields__})
    score = readmission.hospital(known, version=example["version"], variant="nights")
    assert [score.total, score.band] == example["hospital"]


def test_days_are_counted_in_two_ways() -> None:
    first, last = date(2026, 6, 28), date(2026, 7, 2)
    assert readmission.variants() == ("nights", "inclusive")
    assert readmission.length_of_stay(first, last, "nights") == 4
    assert readmission.length_of_stay(first, last, "inclusive") == 5
    assert readmission.length_of_stay(first, first, "nights") == 0


def test_what_is_unknown_is_said_and_bounds_the_score() -> None:
    known = Hospital(days=4, hemoglobin=None, sodium=None, oncology=False, procedure=False, urgent=True, admissions=1)
    score = readmission.hospital(known, version="2016", variant="nights")
    assert score.unknown == ("hemoglobin", "sodium") and (score.total, score.most) == (1, 3)
    lace = readmission.lace(days=1, emergent=None, comorbidities=0, emergency_visits=0, variant="nights")
    assert lace.unknown == ("acuity",) and (lace.total, lace.most) == (1, 4)


def test_a_version_nobody_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="2016, 2013"):
        readmission.hospital(Hospital(1, None, None, None, None, None, 0), version="2020", variant="nights")


def test_comorbidities_weigh_as_in_the_source() -> None:
    found = readmission.charlson([("icd10", "I50.23"), ("icd10", "E11.9"), ("icd10", "I10")])
    assert {each.name: each.points for each in found} == {"heart-failure": 2, "diabetes": 1}
    worse = readmission.charlson([("icd10", "E11.9"), ("icd10", "E11.22"), ("snomed", "363406005"), ("icd10", "C78.0")])
    assert {each.name for each in worse} == {"diabetes-end-organ", "metastatic"}


@given(
    st.integers(0, 60),
    st.booleans(),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_lace_never_leaves_its_range_and_never_falls_when_things_get_worse(days: int, emergent: bool, ill: int, visits: int) -> None:
    def of(**more: Any) -> int:
        said = {"days": days, "emergent": emergent, "comorbidities": ill, "emergency_visits": visits, **more}
        return readmission.lace(variant="nights", **said).total

    assert 0 <= of() <= 19
    assert of(days=days + 1) >= of() and of(comorbidities=ill + 1) >= of() and of(emergency_visits=visits + 1) >= of()


def test_eight_ps_from_the_chart() -> None:
    chart = readmission.Chart(
        problems=(("icd10", "F32.9"), ("icd10", "Z60.2")),
        reasons=(("icd10", "I50.23"),),
        words=("Fall risk",),
        medicines=("warfarin 5 mg", "furosemide 40 mg"),
        supported=True,
        prior_months=(2.0, 9.0),
    )
    found = {each.code: each for each in readmission.eight_ps(chart)}
    assert list(found) == list(readmission.PS)
    assert {code: each.there for code, each in found.items()} == {
        "problem-medications": True,
        "psychological": True,
        "principal-diagnosis": True,
        "physical-limitation": True,
        "poor-health-literacy": None,
        "patient-support": True,
        "prior-hospitalisation": True,
        "palliative-care": None,
    }
    assert found["problem-medications"].because == ("warfarin 5 mg",)
    assert all(each.then for each in found.values()), "every risk says what to do"


def test_aspirin_alone_is_no_problem_and_with_clopidogrel_it_is() -> None:
    def there(*medicines: str) -> bool | None:
        return readmission.eight_ps(readmission.Chart(medicines=medicines))[0].there

    assert there("aspirin 81 mg") is False and there("aspirin 81 mg", "clopidogrel 75 mg") is True and there() is None
    assert there("a", "b", "c", "d", "e") is True, "five medicines are many"


# --- the plan ---------------------------------------------------------------------------------------


def at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    "example", [each for each in table("discharge-plan").examples if "hours" in each], ids=lambda each: str(each["hours"])
)
def test_hours_lost(example: dict[str, Any]) -> None:
    times = {name: at(example[name]) for name in ("opened", "resolved", "ready", "left", "now")}
    assert discharge_plan.hours([discharge_plan.lost_span(**times)]) == example["hours"]  # type: ignore[arg-type]


MOMENTS = st.integers(0, 200).map(lambda hours: datetime(2026, 7, 1, tzinfo=UTC) + timedelta(hours=hours))


@given(st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda pair: (min(pair), max(pair))), max_size=8))
def test_an_hour_two_blockers_cost_is_one_hour(spans: list[tuple[datetime, datetime]]) -> None:
    covered = {start + timedelta(hours=n) for start, end in spans for n in range(int((end - start).total_seconds() // 3600))}
    assert discharge_plan.hours(spans) == len(covered)


def test_twelve_items_of_red_and_five_of_ideal() -> None:
    items = discharge_plan.items()
    assert [each.set for each in items] == ["red"] * 12 + ["ideal"] * 5
    assert {each.phase for each in items} == {"stay", "after"} and all(each.owner and each.source for each in items)
    assert [each.code for each in items if each.phase == "after"] == ["summary-sent", "telephone"]


@pytest.mark.parametrize(
    "example", [each for each in table("discharge-plan").examples if "call" in each], ids=lambda each: str(each["left"])
)
def test_heart_failure_is_called_within_three_days_or_on_the_staffed_day_nearest(example: dict[str, str]) -> None:
    found = discharge_plan.early_call([("icd10", "I50.23")], date.fromisoformat(example["left"]), US_FEDERAL)
    assert found is not None and found.source
    assert (found.by.isoformat(), found.staffed.isoformat()) == (example["call"], example["staffed"])
    assert discharge_plan.early_call([("icd10", "J18.9")], date(2026, 7, 2), US_FEDERAL) is None
