"""The town lives in the programs room: every state, goals, contradictions, minutes; and nothing in it breaks a rule."""

from __future__ import annotations

from tests.demo.conftest import NOW

from baton.demo import town
from baton.duties.programs import month_close, plan_issues, population, states
from baton.store import Store


def test_there_is_work_of_every_kind(larkhaven: Store) -> None:
    with larkhaven.view(town.HUB) as view:
        found = [states.read(each) for each in view.find("EpisodeOfCare", type=f"{states.PROGRAM}|")]
        assert {each.state for each in found} == {"planned", "waitlist", "active", "onhold", "finished", "cancelled"}
        assert {each.program for each in found} == {"heart-failure", "oncology-navigation", "geriatrics-4ms", "chronic-care"}
        assert len({(each.program, each.phase) for each in found if each.state == "active"}) >= 8
        assert population.contradictions(view) >= 2
        page = population.population(view, filters=population.Filters())
        assert page.total >= 30 and any(each.goal for each in page.rows) and any(each.minutes for each in page.rows)
        undecided = [each for each in view.find("DetectedIssue", code="contradiction") if each["status"] == "preliminary"]
        assert all(plan_issues.is_contradiction(each) for each in undecided)
        month = month_close.run(view, month=NOW.date().replace(day=1))
        assert month.ready and month.below and any(each.line.flags for each in month.lines)
