"""Going home is lived in: every state of a plan, and of a summary, is somewhere in the town."""

from __future__ import annotations

from baton.demo import town
from baton.duties import codes
from baton.duties.discharge import board as discharge_board
from baton.duties.discharge import handoff as discharge_handoff
from baton.duties.discharge import states as discharge_states
from baton.store import Store


def test_every_state_of_a_plan_and_of_a_summary_is_there(larkhaven: Store) -> None:
    with larkhaven.view(town.HUB) as view:
        plans = view.find("CarePlan", category=f"{discharge_states.SYSTEM}|{discharge_states.KIND}")
        tasks = view.find("Task", code=f"{codes.PROMISE}|{discharge_states.SUMMARY}")
        board = discharge_board.board(view)
        answers = view.find("Task", code=f"{codes.PROMISE}|{discharge_states.ANSWER}")
        issues = view.find("DetectedIssue")
    assert {discharge_states.state_of(each) for each in plans} == set(discharge_states.STATUS)
    assert {"sent", "accepted"} <= {discharge_handoff.state_of(each) for each in tasks}
    counts = dict(board.counts)
    assert all(counts[name] for name in discharge_board.SHOWN), counts
    assert board.hours > 0 and dict(board.causes).keys() == {"equipment", "transport"}
    assert {each.next for each in board.rows} >= {"expect", "blocker", "leave", "item"}
    assert len(answers) >= 2 and issues
