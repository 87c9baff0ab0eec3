"""Weights at home: past the patient's limit one promise is made, however many readings follow; a nurse or prescriber decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.duties.programs.test_programs import problem
from tests.duties.ward import LUIS, TOM, Ward, of_team, patient

from baton.duties import codes, promises
from baton.duties.programs import population, programs, watches
from baton.duties.programs.population import Filters
from baton.store import Invalid
from baton.store.postgres import Database


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    made = Ward(database)
    made.put(patient(), of_team(), problem("hf", "I50.9"))
    with made.change(TOM) as change:
        programs.enrol(change, patient="eva", program="heart-failure", consent="verbal")
    yield made
    made.store.close()


def weigh(ward: Ward, when: str, value: float, unit: str = "lb") -> None:
    """A reading at home, stored when it was taken."""
    ward.at(when)
    code = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": "[lb_av]" if unit == "lb" else unit}
    ward.put(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": code,
            "subject": {"reference": "Patient/eva"},
            "effectiveDateTime": f"{when}-04:00",
            "valueQuantity": quantity,
        }
    )


def open_(ward: Ward) -> list[dict[str, Any]]:
    return ward.find("Task", patient="Patient/eva", code=f"{codes.PROMISE}|{watches.READING}", status=codes.OPEN)


def enrolment(ward: Ward) -> str:
    return str(next(each["id"] for each in ward.find("EpisodeOfCare", patient="Patient/eva")))


def test_one_task_a_disposition_and_then_another(ward: Ward) -> None:
    weigh(ward, "2026-07-04T08:00:00", 150)
    weigh(ward, "2026-07-05T08:00:00", 152.9)
    assert open_(ward) == []
    weigh(ward, "2026-07-06T08:00:00", 70.76, "kg")  # 156 lb: up 3.1 lb in a day
    weigh(ward, "2026-07-06T20:00:00", 157)
    weigh(ward, "2026-07-07T08:00:00", 158)
    (task,) = open_(ward)
    assert task["priority"] == "urgent" and task["description"] == "70.76 kg, up 1.4 kg in 1 d"
    with pytest.raises(Invalid, match="Record on the program what a clinician decided"), ward.change(TOM) as change:
        promises.done(change, task=str(task["id"]))
    with pytest.raises(Invalid, match="Say what is decided"), ward.change(TOM) as change:
        watches.decide(change, task=str(task["id"]), disposition="fine")
    with pytest.raises(Invalid, match="asks for a licence"), ward.change(LUIS) as change:
        watches.decide(change, task=str(task["id"]), disposition="no-change")
    with ward.change(TOM) as change:  # a registered nurse
        watches.decide(change, task=str(task["id"]), disposition="medicine-changed", note="Diuretic doubled for three days, by protocol")
    assert watches.disposition_of(ward.get(f"Task/{task['id']}")) == "medicine-changed"
    weigh(ward, "2026-07-08T08:00:00", 158.5)
    assert [each["description"] for each in open_(ward)] == ["158.5 lb, up 8.5 lb in 4 d"]
    assert not ward.violations()


def test_the_patients_own_limit_goes_before_the_packs(ward: Ward) -> None:
    with pytest.raises(Invalid, match="in lb or kg"), ward.change(TOM) as change:
        watches.set_limit(change, enrolment=enrolment(ward), watch="weight", rise="day", by=0, unit="lb")
    with pytest.raises(Invalid, match="watches no such thing"), ward.change(TOM) as change:
        watches.set_limit(change, enrolment=enrolment(ward), watch="weight", rise="year", by=2, unit="lb")
    with ward.change(TOM) as change:
        watches.set_limit(change, enrolment=enrolment(ward), watch="weight", rise="day", by=1.4, unit="kg")
    weigh(ward, "2026-07-04T08:00:00", 70, "kg")
    weigh(ward, "2026-07-05T07:00:00", 71.38, "kg")  # over the pack's 3 lb, under the patient's 1.4 kg
    assert open_(ward) == []
    weigh(ward, "2026-07-05T09:00:00", 71.4, "kg")
    assert len(open_(ward)) == 1
    with ward.change(TOM) as change:
        programs.close(change, enrolment=enrolment(ward), reason="patient-left")
    assert open_(ward) == [] and not ward.violations()


def test_old_readings_are_history_not_news(ward: Ward) -> None:
    weigh(ward, "2026-07-04T08:00:00", 150)
    late = {"effectiveDateTime": "2026-07-05T08:00:00-04:00", "valueQuantity": {"value": 158, "unit": "lb"}}
    ward.at("2026-07-20T08:00")
    body = next(iter(ward.find("Observation", patient="Patient/eva")))
    ward.put({**{key: value for key, value in body.items() if key not in ("id", "meta")}, **late})
    assert open_(ward) == []


def test_back_in_hospital_is_a_filter_of_the_population(ward: Ward) -> None:
    for id_, start, end in (
        ("first", "2026-06-20T09:00:00-04:00", "2026-07-01T14:00:00-04:00"),
        ("again", "2026-07-19T09:00:00-04:00", None),
    ):
        ward.at(str(end or "2026-07-20T09:00:00-04:00"))
        discharge = {"dischargeDisposition": codes.concept("http://terminology.hl7.org/CodeSystem/discharge-disposition", "home")}
        ward.put(
            {
                "resourceType": "Encounter",
                "id": id_,
                "status": "finished" if end else "in-progress",
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
                "subject": {"reference": "Patient/eva"},
                "period": {"start": start, **({"end": end} if end else {})},
                **({"hospitalization": discharge} if end else {}),
            }
        )
        with ward.store.view(TOM) as view:
            page = population.population(view, filters=Filters(program="heart-failure", back=True))
        assert page.total == (0 if end else 1)
    assert page.rows[0].returned is not None and page.rows[0].returned.isoformat() == "2026-07-20"
    assert population.filters_of(page.filters.parts()) == page.filters
    assert not ward.violations()
