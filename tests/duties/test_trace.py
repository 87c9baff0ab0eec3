"""A trace and the FHIR extension that carries it say exactly the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.duties import trace
from baton.duties.trace import Fact, MadeBy, Step, Trace
from baton.fhir.validate import check
from baton.rules.answer import OPS

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(
    lambda text: text.strip() == text
)
CODES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
DAYS = st.dates(date(1990, 1, 1), date(2200, 1, 1))
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.builds(
    lambda day, second, zone: datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(seconds=second),
    DAYS,
    st.integers(0, 86399),
    ZONES,
)
REFERENCES = st.one_of(st.none(), st.builds("Encounter/{}".format, st.from_regex(r"[A-Za-z0-9.-]{1,20}", fullmatch=True)))
FACTS = st.builds(Fact, CODES, st.one_of(WORDS, DAYS, MOMENTS, st.integers(-(2**31), 2**31 - 1), st.booleans()), REFERENCES)
STEPS = st.builds(
    Step, st.sampled_from(OPS), st.one_of(st.none(), DAYS), st.one_of(st.none(), WORDS), st.one_of(st.none(), st.integers(0, 999))
)
TRACES = st.builds(
    Trace,
    rule=CODES.map(lambda code: f"https://baton.example/fhir/PlanDefinition/{code}|1"),
    title=WORDS,
    step=CODES,
    source=WORDS,
    facts=st.lists(FACTS, max_size=6).map(tuple),
    arithmetic=st.lists(STEPS, max_size=12).map(tuple),
    due=MOMENTS,
    clears=st.lists(CODES, max_size=4).map(tuple),
    made_by=st.one_of(st.none(), st.builds(MadeBy, st.just("Practitioner/tom"), WORDS, MOMENTS, WORDS)),
)


@given(TRACES)
def test_nothing_of_a_trace_is_lost(told: Trace) -> None:
    carried = orjson.loads(orjson.dumps(trace.to_extension(told)))
    back = trace.from_extension(carried)
    assert back == told
    assert [type(fact.value) for fact in back.facts] == [type(fact.value) for fact in told.facts]
    assert back.due.utcoffset() == told.due.utcoffset()


@given(TRACES)
def test_a_task_that_carries_one_is_valid_fhir(told: Trace) -> None:
    task = trace.put({"resourceType": "Task", "status": "requested", "intent": "order"}, told)
    assert [issue for issue in check(task) if issue.severity == "error"] == []
    assert trace.of(task) == told


@pytest.mark.parametrize("broken", [{"extension": []}, {}, {"extension": [{"url": "rule"}]}, {"extension": "x"}])
def test_a_broken_trace_is_none(broken: dict) -> None:
    assert trace.of({"extension": [{"url": trace.URL, **broken}]}) is None
    assert trace.of({}) is None


def test_facts_are_replaced_in_their_place() -> None:
    told = Trace("r|1", "t", "s", "src", (Fact("a", 1), Fact("b", 2)), (), datetime(2026, 7, 7, tzinfo=UTC), ())
    again = told.with_facts(Fact("a", 3), Fact("c", 4))
    assert [(fact.name, fact.value) for fact in again.facts] == [("a", 3), ("b", 2), ("c", 4)]
    assert again.without_facts("b").fact("b") is None
