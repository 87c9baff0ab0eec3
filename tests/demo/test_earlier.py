"""Numbers about the house: loops of sixty and ninety days, clocks kept and missed, days lost, groups with small ones hidden."""

from __future__ import annotations

from baton.demo.places import WORKERS
from baton.duties.team import behind, operations
from baton.store import Store

from .test_town import of


def test_every_number_of_the_house_is_one_and_has_somebody_behind_it(larkhaven: Store) -> None:
    with larkhaven.view(of(larkhaven, WORKERS["dana-roth"])) as view:
        page = operations.page(view)
        for days, done, counted in page.closure:
            assert 0 < done <= counted, days
            assert behind.closure(view, days=days).counted == counted
        assert any(each.missed for each in page.clocks) and all(each.kept for each in page.clocks)
        for each in page.clocks:
            assert behind.clocks(view, kind=each.name, missed=True).counted == each.missed
        for cause, hours in page.lost:
            assert hours > 0 and behind.lost(view, cause=cause).rows
    assert {cause for cause, _ in page.lost} >= {"equipment", "transport"}


def test_groups_stand_beside_each_other_and_the_small_ones_are_hidden(larkhaven: Store) -> None:
    with larkhaven.view(of(larkhaven, WORKERS["dana-roth"])) as view:
        groups = dict(operations.page(view).equity)
    for kind, several in groups.items():
        assert sum(not each.hidden for each in several) >= 2, kind
    assert {each.name for each in groups["insurance"]} >= {"medicare", "medicaid", "private", "public", "none"}
    assert {each.name for each in groups["race"]} >= {"2106-3", "2054-5", "2028-9", "2131-1"}
    assert any(each.hidden for each in groups["race"]) and any(each.hidden for each in groups["insurance"])
