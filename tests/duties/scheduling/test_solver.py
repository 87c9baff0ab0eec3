"""The planner equals exhaustive search, its plans pass the checker, and its explanations are true."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.duties.scheduling import brute

from baton.duties.scheduling import checker, onebyone, solver, why
from baton.duties.scheduling import model as m
from baton.duties.scheduling.gaps import Ground, runs, stretches


@pytest.mark.parametrize("batch", range(10))
def test_two_hundred_small_problems_equal_exhaustive_search(batch: int) -> None:
    for seed in range(batch * 20, batch * 20 + 20):
        problem = brute.small(seed)
        plan = solver.plan(problem)
        expected = brute.best(problem)
        if expected is None:
            assert plan.status == m.IMPOSSIBLE, seed
            continue
        assert plan.status == m.OPTIMAL, seed
        assert checker.faults(problem, plan.visits) == [], seed
        assert checker.values(problem, plan.visits) == plan.values == plan.bounds, seed
        assert tuple(plan.values[name] for name in problem.order) == expected, seed


def test_every_conflict_is_true_and_none_of_it_can_be_spared() -> None:
    impossible = 0
    for seed in range(120):
        problem = brute.small(seed)
        if solver.plan(problem).status != m.IMPOSSIBLE:
            assert seed % 20 or why.conflict(problem) is None
            continue
        impossible += 1
        told = why.conflict(problem)
        assert told is not None
        assert told.core, seed
        check_core(problem, told)
    assert impossible > 10


def check_core(problem: m.Problem, told: why.Conflict) -> None:
    """The core alone has no plan; without any one of its members it has."""
    keys = [*why.obstacles(problem)]
    core = [each.key for each in told.core]
    ground = Ground(problem)
    calendars = any(isinstance(each, m.Calendars) for each in told.core)
    bound = [key for key in keys if key.startswith("calendar:") == calendars]
    problem = replace(problem, wishes=()) if calendars else problem
    assert not why.holds(problem, ground, core, bound, None, 10)
    for spared in core:
        assert why.holds(problem, ground, [key for key in core if key != spared], bound, None, 10), spared
    for way in told.relaxations:
        given_up = {each.key for each in way.given_up}
        relaxed = replace(problem, wishes=tuple(wish for wish in problem.wishes if wish.key not in given_up))
        assert checker.faults(relaxed, way.plan.visits) == []
    assert [way.cost for way in told.relaxations] == sorted(way.cost for way in told.relaxations)


def test_the_checker_finds_what_is_wrong() -> None:
    problem = next(each for seed in range(200) if (each := brute.small(seed)).wishes and solver.plan(each).visits)
    plan = solver.plan(problem)
    first, *rest = plan.visits
    assert checker.faults(problem, rest) == ["every need has one visit"]
    moved = replace(first, start=first.start.replace(hour=3), end=first.end.replace(hour=3))
    assert any("is not free" in fault for fault in checker.faults(problem, [moved, *rest]))


def test_one_by_one_is_sound_and_never_better() -> None:
    stuck = 0
    for seed in range(0, 200, 5):
        problem = brute.small(seed)
        plan, booked = solver.plan(problem), onebyone.book(problem)
        if booked.stuck:
            stuck += 1
            continue
        assert checker.faults(problem, booked.plan.visits) == []
        assert tuple(plan.values[name] for name in problem.order) <= tuple(booked.plan.values[name] for name in problem.order)
    assert stuck


def test_alternatives_are_sound_and_differ() -> None:
    shown = 0
    for seed in range(40):
        problem = brute.small(seed)
        plan = solver.plan(problem)
        if not plan.visits:
            continue
        others = why.alternatives(problem, plan)
        shown += len(others)
        assert len({why.same(each.plan.visits) for each in others} | {why.same(plan.visits)}) == len(others) + 1
        assert all(checker.faults(problem, each.plan.visits) == [] for each in others)
        sooner = why.why_not_sooner(problem, plan)
        assert sooner is None or bool(sooner.core) != bool(sooner.plan)
    assert shown


def test_time_running_out_still_gives_a_plan_with_its_bound() -> None:
    problem = brute.small(0)
    plan = solver.plan(problem, seconds=0.0)
    assert plan.status in (m.UNKNOWN, m.BEST_KNOWN, m.OPTIMAL, m.IMPOSSIBLE)


def test_a_problem_that_contradicts_itself_is_refused() -> None:
    problem = brute.small(0)
    with pytest.raises(ValueError, match="six parts"):
        replace(problem, order=("trips",))
    with pytest.raises(ValueError, match="not there"):
        replace(problem, wishes=(m.TimeOfDay("x", "nobody"),))


def test_bitmaps() -> None:
    assert bin(runs(0b0111_0111, 3)) == "0b10001"
    assert list(stretches(0b110)) == [(0, 1, 2)]
    assert list(stretches(3 << 287)) == [(0, 287, 287), (1, 0, 0)]
