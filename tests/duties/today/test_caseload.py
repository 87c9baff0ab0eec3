"""Today: right with none, one and many rows; whose it is; why each row is there; what the call needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from tests.duties.ward import DANA, HUB, LUIS, PRIYA, TOM, ZONE, Ward, appointment, of_team, patient, stay

from baton.duties import codes, promises
from baton.duties.today import caseload
from baton.duties.today.caseload import Filters
from baton.store import NotFound, Refused
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    yield ward
    ward.store.close()


def today(ward: Ward, who=TOM, **said):
    limit, after = said.pop("limit", 100), said.pop("after", None)
    with ward.store.view(who) as view:
        return caseload.today(view, filters=Filters(**said), limit=limit, after=after)


@pytest.fixture
def home(ward: Ward) -> Ward:
    ward.put(patient(), of_team(), patient("ray"), of_team("ray", "plan"))
    ward.put(stay(), stay(id_="rays", patient="ray"))
    return ward


def test_with_nothing_to_do(ward: Ward) -> None:
    page = today(ward)
    assert page.rows == () and page.more is None and page.kinds == ()
    assert (page.counts.late, page.counts.today, page.counts.coming, page.counts.waiting) == (0, 0, 0, 0)
    assert page.teams == (("Organization/heart", "Heart & Vascular"),)
    assert page.patients_in_care == 0


def test_the_rows_of_ones_own_teams_the_earliest_due_first(home: Ward) -> None:
    page = today(home)
    assert [row.kind for row in page.rows] == [
        codes.INFORMATION,
        codes.CONTACT,
        *sorted((codes.VISIT, codes.RECONCILIATION), key=str),
        codes.WATCH,
    ] or [row.due for row in page.rows] == sorted(row.due for row in page.rows)
    assert {row.patient for row in page.rows} == {"eva"}
    assert {row.patient for row in today(home, PRIYA).rows} == {"ray"}
    assert {row.patient for row in today(home, LUIS, whose="everyone").rows} == {"eva", "ray"}
    assert page.counts.coming == 5 and page.patients_in_care == 1
    assert page.counts.discharged_recently == 1 and page.counts.discharged_since == date(2026, 7, 1)
    assert dict(page.kinds) == dict.fromkeys((codes.CONTACT, codes.VISIT, codes.RECONCILIATION, codes.INFORMATION, codes.WATCH), 1)


def test_a_row_says_who_why_and_when(home: Ward) -> None:
    row = next(row for row in today(home).rows if row.kind == codes.CONTACT)
    assert (row.patient_name, row.gender, row.age) == ("Eva Stone", "female", 71)
    assert row.why.rule == "transitional-care-adult"
    assert row.why.facts["facility"] == "Mercy General" and row.why.facts["discharged"] == datetime.fromisoformat(
        "2026-07-02T14:10:00-04:00"
    )
    assert row.due.isoformat() == "2026-07-07T23:59:59-04:00"
    assert row.owner_name == "Heart & Vascular" and row.mine and row.state == "coming"


def test_states_move_with_the_clock(home: Ward) -> None:
    states = lambda: {row.kind: row.state for row in today(home).rows}  # noqa: E731
    assert states()[codes.CONTACT] == "coming"
    home.at("2026-07-07T00:00")
    assert states()[codes.CONTACT] == "today"
    home.at("2026-07-07T23:59:58")
    assert states()[codes.CONTACT] == "today"
    home.at("2026-07-08T00:00")
    assert states()[codes.CONTACT] == "late"
    page = today(home)
    assert page.counts.late == 2 and page.counts.today == 0
    row = next(row for row in page.rows if row.kind == codes.CONTACT)
    assert row.late_by == timedelta(seconds=1)


def test_filters(home: Ward) -> None:
    assert [row.kind for row in today(home, kind=codes.VISIT).rows] == [codes.VISIT]
    assert today(home, whose="mine").rows == ()
    assert today(home, state="late").rows == ()
    assert {row.patient for row in today(home, LUIS, team="Organization/plan").rows} == {"ray"}
    assert len(today(home, q="stone").rows) == 5 and today(home, q="nobody").rows == ()
    assert today(home, PRIYA, q="eva").rows == ()
    with home.change(TOM) as change:
        promises.reassign(change, task=home.task(codes.VISIT), to=TOM.person)
    assert [row.kind for row in today(home, whose="mine").rows] == [codes.VISIT]
    assert len(today(home).rows) == 5


def test_snoozed_waiting_done(home: Ward) -> None:
    with home.change(TOM) as change:
        promises.snooze(change, task=home.task(codes.VISIT), until=date(2026, 7, 6), reason="clinic closed")
    with home.change(TOM) as change:
        promises.wait(change, task=home.task(codes.INFORMATION), on="Mercy's records desk")
    with home.change(TOM) as change:
        promises.done(change, task=home.task(codes.RECONCILIATION), note="with Ana")
    page = today(home)
    assert (page.counts.asleep, page.counts.waiting, page.counts.closed_week) == (1, 1, 1)
    assert {row.kind: row.waiting_on for row in page.rows} == {
        codes.INFORMATION: "Mercy's records desk",
        codes.CONTACT: None,
        codes.WATCH: None,
    }
    home.at("2026-07-06T08:00")
    assert codes.VISIT in {row.kind for row in today(home).rows}


def test_pages_continue_without_repeating(ward: Ward) -> None:
    ward.put(*(patient(f"p{number}") for number in range(12)))
    ward.put(*(of_team(f"p{number}") for number in range(12)))
    ward.put(*(stay(id_=f"s{number}", patient=f"p{number}") for number in range(12)))
    seen, after = [], None
    while True:
        page = today(ward, limit=7, after=after)
        seen += [row.task for row in page.rows]
        if page.more is None:
            break
        after = page.more
    assert len(seen) == len(set(seen)) == 60


def test_five_thousand_rows(ward: Ward) -> None:
    ward.put(*(patient(f"p{number}") for number in range(1000)))
    with ward.change() as change:
        change.put_all([of_team(f"p{number}") for number in range(1000)])
    with ward.change() as change:
        change.put_all([{**stay(id_=f"s{number}", patient=f"p{number}")} for number in range(1000)])
    page = today(ward)
    assert len(page.rows) == 100 and page.more
    assert page.counts.coming == 5000 and page.patients_in_care == 1000


def test_the_sheet_has_what_the_call_needs(home: Ward) -> None:
    home.put(appointment("2026-07-08T10:00:00-04:00"))
    home.at("2026-07-06T10:02").attempt("no-answer", note="rang out")
    home.at("2026-07-06T15:40").attempt("left-message", language="es")
    with home.store.view(TOM) as view:
        sheet = caseload.sheet(view, task=home.task(codes.CONTACT))
    assert sheet.identity.name == "Eva Stone" and sheet.facility == "Mercy General" and sheet.reason == "heart failure"
    assert sheet.days_in == 4 and sheet.home_since == datetime.fromisoformat("2026-07-02T14:10:00-04:00")
    assert sheet.next_visit == datetime.fromisoformat("2026-07-08T10:00:00-04:00")
    assert sheet.visit_needed_by is not None and sheet.visit_needed_by.date() == date(2026, 7, 9)
    assert [(each.outcome, each.by, each.note) for each in sheet.attempts] == [
        ("no-answer", "Tom Brandt", "rang out"),
        ("left-message", "Tom Brandt", None),
    ]
    assert sheet.requirement_met and sheet.checklist and sheet.row.attempts == 2
    assert sheet.attempts[0].when.tzinfo == ZONE


def test_why_is_this_here(home: Ward) -> None:
    with home.store.view(TOM) as view:
        told = caseload.why(view, task=home.task(codes.CONTACT))
    assert told.rule.endswith("transitional-care-adult|1") and told.facts and told.arithmetic and told.clears


def test_nobody_sees_what_is_not_theirs(home: Ward) -> None:
    with home.store.view(PRIYA) as view, pytest.raises(NotFound):
        caseload.sheet(view, task=home.task(codes.CONTACT))
    with pytest.raises(Refused), home.change(PRIYA) as change:
        promises.done(change, task=home.task(codes.CONTACT))


def test_looking_is_recorded(home: Ward) -> None:
    today(home)
    with home.store.view(HUB) as view:
        assert view.ask("select count(*) from look where who = %s and what = 'worklist'", [TOM.person])[0][0] >= 1


def test_a_few_questions_however_long_the_list(home: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    from baton.store.view import View

    asked = []
    original = View._ask
    monkeypatch.setattr(View, "_ask", lambda self, ask: asked.append(1) or original(self, ask))
    today(home)
    assert len(asked) <= 9


def test_a_hand_made_promise(home: Ward) -> None:
    with home.change(TOM) as change:
        promises.make_by_hand(change, patient="Patient/eva", what="Bring the scales", due=date(2026, 7, 3))
    row = next(row for row in today(home, kind=codes.BY_HAND).rows)
    assert row.what == "Bring the scales" and row.due.isoformat() == "2026-07-03T23:59:59-04:00"
    assert row.owner == "Organization/heart"
    assert today(home, DANA, whose="everyone").counts.coming == 11
