"""SC08: an itinerary, optimal and impossible."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.duties.scheduling import brute, ray

from baton.duties.scheduling import checker, onebyone, solver, why
from baton.duties.scheduling import model as m


def test_the_plan_is_proved_optimal_and_passes_the_checker() -> None:
    problem = ray.problem()
    plan = solver.plan(problem)
    assert plan.status == m.OPTIMAL
    assert plan.values == plan.bounds
    assert checker.faults(problem, plan.visits) == []
    assert len(plan.visits) == 5
    assert all({"interpreter", "ride"} <= dict(visit.actors).keys() for visit in plan.visits)
    assert plan.seconds < 30


def test_no_choice_of_the_42_slots_is_better() -> None:
    problem = ray.problem()
    best = brute.best(problem)
    plan = solver.plan(problem)
    assert tuple(plan.values[name] for name in problem.order) == best


def test_an_interpreter_only_on_fridays_makes_it_impossible_and_it_is_said_why() -> None:
    problem = ray.problem(ray.ONLY_FRIDAY)
    assert solver.plan(problem).status == m.IMPOSSIBLE
    told = why.conflict(problem)
    assert told is not None
    assert {each.key for each in told.core} == {"pet-before-10", "dialysis-fri", "interpreter"}
    assert [[each.key for each in way.given_up] for way in told.relaxations] == [["pet-before-10"], ["dialysis-fri"], ["interpreter"]]
    assert all(way.plan.status == m.OPTIMAL for way in told.relaxations)
    for spared in told.core:
        rest = tuple(wish for wish in problem.wishes if wish.key != spared.key)
        assert solver.plan(problem, wishes=rest).status == m.OPTIMAL, spared
        assert solver.plan(replace(problem, wishes=rest)).status == m.OPTIMAL, spared


def test_why_not_sooner_names_what_stands_in_the_way() -> None:
    problem = ray.problem()
    plan = solver.plan(problem)
    assert plan.last_day is not None
    sooner = why.why_not_sooner(problem, plan)
    assert sooner is not None
    assert sooner.day == plan.last_day - timedelta(days=1)
    assert sooner.plan is None
    assert sooner.core


def test_one_by_one_says_what_the_telephone_would_have_given() -> None:
    problem = ray.problem()
    booked = onebyone.book(problem)
    plan = solver.plan(problem)
    assert booked.stuck is None
    assert checker.faults(problem, booked.plan.visits) == []
    assert booked.plan.trips >= plan.trips
