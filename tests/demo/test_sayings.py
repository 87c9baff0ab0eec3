"""What the town says is believable: no two teams say a thing word for word, a moved visit says who was told, a sheet is signed."""

from __future__ import annotations

from collections import defaultdict

from baton.demo import sayings
from baton.demo.people import people
from baton.demo.town import HUB, SEED
from baton.duties import codes
from baton.duties.contact.thread_states import KIND
from baton.duties.records import reconciliation
from baton.duties.scheduling import told
from baton.duties.support.concern_states import CODE
from baton.packs.assessments import library
from baton.store import Store

from .conftest import NOW


def test_no_two_teams_say_a_thing_word_for_word(larkhaven: Store) -> None:
    teams = {each.reference: each.team for each in people(SEED, 250, NOW.date())}
    said: dict[str, set[str]] = defaultdict(set)
    with larkhaven.view(HUB) as view:
        for each in view.find("Communication", category=f"{KIND}|thread,{KIND}|message", _count=1000):
            for part in each.get("payload", ()):
                said[part.get("contentString", each["id"])].add(teams.get(each["subject"]["reference"], ""))
        for task in view.find("Task", code=f"{codes.PROMISE}|{CODE},{codes.PROMISE}|{codes.BY_HAND}", _count=1000):
            said[task["description"]].add(teams.get(task["for"]["reference"], ""))
    assert len(said) > 100
    titles = {each.said("en").title for each in library().values()}  # a thread about questions is called as they are
    assert {text: several for text, several in said.items() if len(several) > 1 and text not in titles} == {}


def test_a_visit_was_moved_and_it_stands_there_who_was_told(larkhaven: Store) -> None:
    with larkhaven.view(HUB) as view:
        found = [told.read(each, view) for each in view.find("Communication", category=f"{told.KIND}|moved", _count=50)]
    assert len(found) == 6
    assert {each.kind for each in found} == {"moved"}
    assert any(party.has("accepted") for each in found for party in each.parties)
    assert any(not party.receipts for each in found for party in each.parties)


def test_some_sheets_of_medicines_are_signed_by_somebody_who_may(larkhaven: Store) -> None:
    with larkhaven.view(HUB) as view:
        signed = [each for each in view.find("List", status="current", _count=100) if reconciliation.is_signed(each)]
    assert len(signed) == 3
    assert all(each["entry"] and each["source"]["display"] for each in signed)


def test_a_sentence_without_other_ways_stays_as_it_is() -> None:
    assert sayings.vary("Nobody else says this.", 4) == "Nobody else says this."
    assert {sayings.vary("Rang eight times.", turn) for turn in range(12)} == set(sayings.VARIED["Rang eight times."])
    assert all(len(set(ways)) == len(ways) for ways in sayings.VARIED.values())
