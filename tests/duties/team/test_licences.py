"""Who may reconcile medicines: refused at the door whichever way it is tried, with the names of those who can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from tests.duties.ward import DANA, HUB, LUIS, NURSE, PRIYA, TOM, ZONE, Ward, of_team, patient, stay

from baton.duties import codes, promises
from baton.duties.team import licences
from baton.store import Invalid
from baton.store.postgres import Database

RECONCILED = {"coding": [{"system": "http://snomed.info/sct", "code": "430193006"}]}


@pytest.fixture
def home(database: Database) -> Iterator[Ward]:
    ward = Ward(database)
    ward.put(patient(), of_team())
    ward.put(stay())
    yield ward
    ward.store.close()


def qualify(home: Ward, person: str, *qualifications: object, who: object = DANA) -> None:
    with home.change(who) as change:
        practitioner = change.get(*person.split("/"))
        practitioner.pop("qualification", None)
        change.put({**practitioner, **({"qualification": list(qualifications)} if qualifications else {})})


def keep(home: Ward, who: object = TOM) -> None:
    with home.change(who) as change:
        promises.done(change, task=home.task(codes.RECONCILIATION))


def test_a_nurse_may(home: Ward) -> None:
    keep(home)
    assert home.promises()[codes.RECONCILIATION]["status"] == "completed"


def test_a_supervisor_without_a_licence_may_not_and_is_told_who_can(home: Ward) -> None:
    with pytest.raises(Invalid) as refused:
        keep(home, LUIS)
    assert [issue.text for issue in refused.value.issues] == [
        licences.REFUSED[codes.RECONCILIATION],
        "These can: Tom Brandt (RN)",
    ]
    assert home.promises()[codes.RECONCILIATION]["status"] == "requested"


def test_nor_is_it_handed_to_somebody_who_may_not(home: Ward) -> None:
    task = home.task(codes.RECONCILIATION)
    with pytest.raises(Invalid) as refused, home.change(LUIS) as change:
        promises.reassign(change, task=task, to=LUIS.person)
    assert [issue.text for issue in refused.value.issues] == [licences.REFUSED[codes.RECONCILIATION], "These can: Tom Brandt (RN)"]
    with home.change(LUIS) as change:
        promises.reassign(change, task=task, to=TOM.person)
    assert home.promises()[codes.RECONCILIATION]["owner"]["reference"] == TOM.person
    with home.change(LUIS) as change:
        promises.reassign(change, task=home.task(codes.VISIT), to=LUIS.person)


def test_an_expired_licence_does_not_count_from_the_day_after_its_last(home: Ward) -> None:
    qualify(home, TOM.person, {**NURSE, "period": {"end": "2026-07-02"}})
    home.at("2026-07-03T00:01")
    with pytest.raises(Invalid) as refused:
        keep(home)
    assert "Nobody here has such a licence yet." in str(refused.value)
    home.at("2026-07-02T23:59")
    keep(home)


def test_nor_does_one_that_is_still_to_come(home: Ward) -> None:
    qualify(home, TOM.person, {**NURSE, "period": {"start": "2026-07-03"}})
    with pytest.raises(Invalid):
        keep(home)


def test_a_raw_put_obeys_too(home: Ward) -> None:
    task = home.get(f"Task/{home.task(codes.RECONCILIATION)}")
    with pytest.raises(Invalid), home.change(LUIS) as change:
        change.put({**task, "status": "completed"})


def test_a_procedure_counts_for_who_did_it_not_for_who_wrote_it_down(home: Ward) -> None:
    procedure = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": RECONCILED,
        "subject": {"reference": "Patient/eva"},
        "performedDateTime": datetime(2026, 7, 2, 14, 11, tzinfo=ZONE).isoformat(),
    }
    with pytest.raises(Invalid), home.change(LUIS) as change:
        change.put(procedure)
    home.put({**procedure, "performer": [{"actor": {"reference": TOM.person}}]}, who=LUIS)
    assert home.promises()[codes.RECONCILIATION]["status"] == "completed"


def test_other_promises_ask_for_no_licence(home: Ward) -> None:
    qualify(home, TOM.person)
    with home.change(TOM) as change:
        promises.done(change, task=home.task(codes.VISIT))


def test_nobody_enters_their_own_licence(home: Ward) -> None:
    for who, person in ((TOM, TOM.person), (LUIS, LUIS.person), (TOM, PRIYA.person)):
        with pytest.raises(Exception, match="not by oneself"):
            qualify(home, person, NURSE, NURSE, who=who)
    qualify(home, PRIYA.person, NURSE, who=LUIS)
    with home.store.view(HUB) as view:
        assert licences.kind_of(view, codes.RECONCILIATION, PRIYA.person) == "registered-nurse"
