"""Time worked: no overlap, midnight, consent, and the month of a navigator and of a whole panel, with exactly the codes they reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.duties.programs.test_programs import problem
from tests.duties.ward import HUB, LUIS, TOM, ZONE, Ward, of_team, patient, visit

from baton.duties.programs import minutes as duty
from baton.duties.programs import month_close, programs
from baton.store import Invalid, NotFound
from baton.store.postgres import Database
from baton.store.programs import Twice

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    made = Ward(database, "2026-07-06T09:00")
    made.put(patient(), of_team(), visit("2026-07-06T08:00:00-04:00"))
    yield made
    made.store.close()


def enrol(ward: Ward, program: str, id_: str = "eva", family: str | None = None, consent: str = "verbal") -> str:
    with ward.change(TOM) as change:
        made = programs.enrol(change, patient=id_, program=program, consent=consent, despite="as the test wants").id
    if family:
        with ward.change(TOM) as change:
            programs.count_as(change, enrolment=made, family=family)
    return made


def log(
    ward: Ward, start: str, length: int, *, program: str = "oncology-navigation", id_: str = "eva", person: str | None = None
) -> list[str]:
    with ward.change(TOM) as change:
        when = datetime.fromisoformat(start).replace(tzinfo=ZONE)
        return [each.id for each in duty.log(change, patient=id_, program=program, start=when, minutes=length, person=person)]


def month(ward: Ward, day: date = JULY, who: Any = TOM) -> month_close.Month:
    with ward.store.view(who) as view:
        return month_close.run(view, month=day)


def proposed(ward: Ward, day: date = JULY, who: Any = TOM) -> dict[str, dict[str, int]]:
    return {
        each.line.patient.partition("/")[2]: {code.code: code.units for code in each.line.proposal.codes}
        for each in month(ward, day, who).lines
    }


def test_the_navigators_month(ward: Ward) -> None:
    enrolment = enrol(ward, "oncology-navigation")
    ward.at("2026-07-31T18:00")
    for start, length in (("2026-07-06T10:00", 22), ("2026-07-14T11:00", 14), ("2026-07-20T09:00", 9), ("2026-07-27T16:00", 18)):
        log(ward, start, length)
    log(ward, "2026-07-31T13:00", 15)
    log(ward, "2026-07-31T13:00", 15, person="Practitioner/luis")  # both speak in one call
    with ward.store.view(TOM) as view:
        entries, lines = duty.month_of_patient(view, patient="Patient/eva", month=JULY)
    assert sum(each.counted for each in entries) == lines[0].proposal.minutes == 78
    assert [(each.code, each.units) for each in lines[0].proposal.codes] == [("G0023", 1)]
    ward.put({**ward.get("Encounter/visit"), "status": "cancelled"})
    assert month(ward).blocked[0].line.proposal.blocked == ("initiating-visit",)
    assert enrolment


def test_a_program_without_consent_is_blocked(ward: Ward) -> None:
    enrolment = enrol(ward, "oncology-navigation")
    ward.at("2026-07-31T18:00")
    log(ward, "2026-07-20T09:00", 70)
    consent = ward.get(str(codes_consent(ward, enrolment)))
    ward.put(
        {**consent, "status": "entered-in-error", "extension": [each for each in consent["extension"] if "program" not in each["url"]]}
    )
    line = month(ward).blocked[0].line
    assert line.proposal.blocked == ("consent",) and line.proposal.minutes == 70 and not line.proposal.codes


def codes_consent(ward: Ward, enrolment: str) -> str | None:
    return programs.states.read(ward.get(f"EpisodeOfCare/{enrolment}")).consent


def test_what_is_no_time_is_refused(ward: Ward) -> None:
    enrol(ward, "oncology-navigation")
    for said, start, length, program in (
        ("at least one minute", "2026-07-06T08:00", 0, "oncology-navigation"),
        ("at most a working day", "2026-07-06T08:00", 481, "oncology-navigation"),
        ("when it is over", "2026-07-06T08:30", 45, "oncology-navigation"),
        ("in no such program", "2026-07-06T08:00", 5, "heart-failure"),
    ):
        with pytest.raises(Invalid, match=said):
            log(ward, start, length, program=program)
    log(ward, "2026-07-06T08:00", 20)
    with pytest.raises(Twice, match="overlaps"):
        log(ward, "2026-07-06T08:19", 5)
    with pytest.raises(Invalid, match="no such program"):
        log(ward, "2026-07-06T08:40", 5, program="geriatrics-4ms")


def test_what_was_not_so_is_taken_back_and_never_deleted(ward: Ward) -> None:
    enrol(ward, "oncology-navigation")
    entry = log(ward, "2026-07-06T08:00", 20)[0]
    with pytest.raises(Invalid, match="Say why"), ward.change(TOM) as change:
        duty.take_back(change, entry=entry, reason=" ")
    with pytest.raises(Invalid, match="not deleted"), ward.change(TOM) as change:
        change.delete("Basic", entry)
    with pytest.raises(NotFound), ward.change(TOM) as change:
        duty.take_back(change, entry="nothing", reason="?")
    with ward.change(TOM) as change:
        duty.take_back(change, entry=entry, reason="Wrong patient")
    with ward.store.view(TOM) as view:
        found = duty.entries(view, patient="Patient/eva", month=JULY)
    assert [(each.taken_back, each.counted) for each in found] == [("Wrong patient", 0)]
    assert log(ward, "2026-07-06T08:00", 20)  # the time is free again
    assert not ward.violations()


def panel(ward: Ward) -> None:
    """The month close of the stories: one patient for each thing that may happen."""
    ward.at("2026-06-01T08:00")
    seeds = {"p19": 19, "p20": 20, "p39": 39, "p40": 40, "p60": 60, "p85": 85, "c60": 60, "c89": 89, "c90": 90, "apcm": 200}
    several = [*seeds, "both", "midnight", "withdrew"]
    for name in several:
        ward.put(patient(name), of_team(name), problem(f"{name}-1", "I10", name), problem(f"{name}-2", "E11.9", name))
        ward.put(visit("2026-05-04T09:00:00-04:00", id_=f"{name}-visit", patient=name))
        family = "CCM-complex" if name[0] == "c" else "APCM-2" if name == "apcm" else "CCM"
        enrol(ward, "chronic-care", name, family)
    ward.at("2026-07-01T02:00")
    start = datetime.fromisoformat("2026-06-02T08:00")
    for name, length in seeds.items():
        log(ward, start.isoformat(), length, program="chronic-care", id_=name)
        start += timedelta(hours=5) if start.hour < 13 else timedelta(hours=19)
    log(ward, "2026-06-20T08:00", 20, program="transitional-care-adult", id_="both")
    log(ward, "2026-06-20T08:10", 30, program="chronic-care", id_="both", person="Practitioner/luis")  # ten of them are counted there
    log(ward, "2026-06-30T23:45", 40, program="chronic-care", id_="midnight")
    log(ward, "2026-06-10T08:00", 25, program="chronic-care", id_="withdrew", person="Practitioner/dana")
    log(ward, "2026-06-12T08:00", 60, program="chronic-care", id_="withdrew", person="Practitioner/dana")
    with ward.store.view(TOM) as view:
        mine = programs.states.of_patient(view, "Patient/withdrew")[0]
    with ward.change(TOM) as change:
        programs.withdraw(change, enrolment=mine.id, on=date(2026, 6, 12))


def test_the_month_of_a_panel_is_exactly_this(ward: Ward) -> None:
    panel(ward)
    assert proposed(ward, JUNE) == {
        "p19": {},
        "p20": {"99490": 1},
        "p39": {"99490": 1},
        "p40": {"99490": 1, "99439": 1},
        "p60": {"99490": 1, "99439": 2},
        "p85": {"99490": 1, "99439": 2},
        "c60": {"99487": 1},
        "c89": {"99487": 1},
        "c90": {"99487": 1, "99489": 1},
        "apcm": {"G0557": 1},
        "both": {"99490": 1},
        "midnight": {},
        "withdrew": {"99490": 1},
    }
    found = month(ward, JUNE)
    minutes = {each.line.patient.partition("/")[2]: each.line.proposal.minutes for each in found.lines}
    assert (minutes["both"], minutes["midnight"], minutes["withdrew"]) == (20, 15, 25)
    flagged = [each.line.patient for each in found.lines if each.line.flags]
    assert flagged == ["Patient/withdrew"]
    assert dict(found.totals) == {"99439": 5, "99487": 3, "99489": 1, "99490": 7, "G0557": 1}
    assert len(list(month_close.rows(found))) == 13 + 4
    assert proposed(ward, JULY)["midnight"] == {"99490": 1}  # the 25 minutes after midnight


def test_closing_a_month_keeps_the_proposals_and_bills_nothing(ward: Ward) -> None:
    panel(ward)
    with ward.change(TOM) as change:
        assert month_close.close(change, month=JUNE) == 11
    items = ward.find("ChargeItem", _count=100)
    assert len(items) == 15 and {each["status"] for each in items} == {"planned"}
    assert all(each.get("supportingInformation") for each in items)
    found = month(ward, JUNE)
    assert not found.ready and len(found.kept) == 11
    with ward.change(TOM) as change:
        assert month_close.close(change, month=JUNE) == 0
    with pytest.raises(Invalid, match="never billed"):
        ward.put({**items[0], "status": "billed"}, who=HUB)
    with pytest.raises(Invalid, match="month is closed"):
        log(ward, "2026-06-25T08:00", 5, program="chronic-care", id_="p20")
    with pytest.raises(Invalid, match="Say why"), ward.change(TOM) as change:
        month_close.reopen(change, patient="Patient/p20", month=JUNE, reason="")
    with ward.change(TOM) as change:
        assert month_close.reopen(change, patient="Patient/p20", month=JUNE, reason="Twenty more were on paper") == 1
    log(ward, "2026-06-25T08:00", 20, program="chronic-care", id_="p20")
    assert proposed(ward, JUNE)["p20"] == {"99490": 1, "99439": 1}
    with ward.change(TOM) as change:
        assert month_close.close(change, month=JUNE) == 1
    assert not ward.violations()


def test_a_running_month_is_not_closed(ward: Ward) -> None:
    with pytest.raises(Invalid, match="not over"), ward.change(TOM) as change:
        month_close.close(change, month=JULY)


def test_a_supervisor_sees_the_whole_months_and_another_team_none(ward: Ward) -> None:
    from tests.duties.ward import PRIYA  # noqa: PLC0415

    enrol(ward, "oncology-navigation")
    assert len(month(ward, who=LUIS).lines) == 1
    assert month(ward, who=PRIYA).lines == ()
