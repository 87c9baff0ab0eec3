"""What was stored before labels and relationships were known is judged as if it came in today."""

from __future__ import annotations

import psycopg
from tests.duties.ward import HUB, KEY, ZONE, Ward, of_team, patient

from baton import upgrade
from baton.duties import house
from baton.duties.privacy import labelling
from baton.store import Store
from baton.store.postgres import Database

TREATING = {
    "resourceType": "Appointment",
    "id": "visit",
    "status": "booked",
    "start": "2026-07-20T10:00:00-04:00",
    "end": "2026-07-20T10:30:00-04:00",
    "participant": [
        {"actor": {"reference": "Patient/eva"}, "status": "accepted"},
        {"actor": {"reference": "Practitioner/priya"}, "status": "accepted"},
    ],
}
INFECTION = {
    "resourceType": "Condition",
    "id": "b20",
    "subject": {"reference": "Patient/eva"},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "B20"}]},
}
ANKLE = {"resourceType": "Condition", "id": "ankle", "subject": {"reference": "Patient/eva"}, "code": {"text": "Sprained ankle"}}


def test_old_records_get_their_labels_and_relationships(database: Database) -> None:
    ward = Ward(database)
    ward.put(patient(), of_team(), TREATING, INFECTION, ANKLE)
    with psycopg.connect(database.owner_dsn) as connection:  # as they were before: nobody treats, nothing is labelled
        connection.execute("delete from panel where rid in (select rid from resource where id = 'visit')")
        assert connection.execute("select labels from resource where id = 'b20'").fetchone() == (1,)
    judging = Store(
        database.app_dsn,
        clock=lambda: ward.time,
        zone=ZONE,
        key=KEY,
        guards=house.GUARDS,
        reactions=house.REACTIONS,
        labellers=[labelling.Labelling()],
    )
    (said,) = upgrade.judged_anew(judging, HUB)
    assert said.startswith("judged ") and said.endswith(" resources anew")
    judging.close()
    assert ward.violations() == []
    with psycopg.connect(database.owner_dsn) as connection:
        assert connection.execute("select labels > 1, version from resource where id = 'b20'").fetchone() == (True, 2)
        assert connection.execute("select labels, version from resource where id = 'ankle'").fetchone() == (1, 1)
        treats = "select count(*) from panel p join resource r on r.rid = p.rid where r.id = 'visit'"
        assert connection.execute(treats).fetchone() == (1,)
    ward.store.close()
