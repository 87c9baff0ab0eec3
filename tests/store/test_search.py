"""Searches: every kind of parameter answers as R4 says, pages hold still while others write, what is not supported says so."""

from __future__ import annotations

from typing import Any

import pytest
from tests.store.folk import ANA, BO, HUB, KEY, Clock, care_team, observation, task

from baton.fhir import query
from baton.fhir.definitions import search_parameters
from baton.store import Invalid, Page, Store, cursor
from baton.store.conditions import supported

LOINC = "http://loinc.org"


def asked(store: Store, type_: str, text: str, who: Any = ANA) -> Page:
    with store.view(who) as view:
        return view.search(query.parse(type_, text))


def ids(store: Store, type_: str, text: str, who: Any = ANA) -> list[str]:
    return [entry.id for entry in asked(store, type_, text, who).entries]


def fill(store: Store) -> Store:
    """Ten observations of Zofia a minute apart, the dates going back a day each; one of Luis; an encounter with a period."""
    clock = Clock()
    for number in range(10):
        with store.change(HUB, because="seed", at=clock.time) as change:
            change.put(
                {**observation(date=f"2026-06-{20 - number:02}T10:00:00Z", code="8302-2" if number % 2 else "29463-7"), "id": f"o{number}"}
            )
        clock.move(minutes=1)
    with store.change(HUB, because="seed") as change:
        change.put({**observation("luis", code="8302-2"), "id": "luis1"})
        change.put(
            {
                "resourceType": "Encounter",
                "id": "e1",
                "status": "finished",
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
                "subject": {"reference": "Patient/zofia"},
                "period": {"start": "2026-06-10T08:00:00-04:00", "end": "2026-06-14T12:00:00-04:00"},
                "serviceProvider": {"reference": "Organization/a"},
            }
        )
        change.put({**task(encounter={"reference": "Encounter/e1"}, description="x"), "id": "t1"})
        change.put({**task(status="completed", authoredOn="2026-05-01", lastModified="2026-06-30"), "id": "t2"})
    return store


@pytest.fixture(scope="module")
def chart(shared: Store) -> Store:
    """For tests that only read."""
    return fill(shared)


@pytest.fixture
def own_chart(store: Store) -> Store:
    """For tests that write too."""
    return fill(store)


TOKENS = [
    ("code=8302-2", 5),
    (f"code={LOINC}|8302-2", 5),
    (f"code={LOINC}|", 10),
    ("code=|8302-2", 0),
    ("code=8302-2,29463-7", 10),
    ("code:not=8302-2", 5),
    ("code=8302", 0),
    ("combo-code=8302-2", 5),
    ("status=final", 10),
    ("status=http://hl7.org/fhir/observation-status|final", 10),
    ("status=http://elsewhere|final", 0),
    ("code=8302-2&status=final", 5),
    ("code=8302-2&code=29463-7", 0),
]


@pytest.mark.parametrize(("text", "count"), TOKENS)
def test_tokens(chart: Store, text: str, count: int) -> None:
    assert len(ids(chart, "Observation", f"{text}&subject=Patient/zofia")) == count


REFERENCES = [
    ("Observation", "patient=Patient/zofia", 10),
    ("Observation", "patient=zofia", 10),
    ("Observation", "subject=Patient/zofia,Patient/luis", 11),
    ("Observation", "subject=zofia", 10),
    ("Observation", "subject:Patient=zofia", 10),
    ("Observation", "subject=Group/zofia", 0),
    ("Task", "encounter=Encounter/e1", 1),
    ("Task", "encounter=e1", 1),
    ("Encounter", "service-provider=Organization/a", 1),
    ("Observation", "subject:Patient.family=nowak", 10),
    ("Observation", "patient.birthdate=1955-03-03&code=8302-2", 5),
    ("Observation", "patient.family=nobody", 0),
    ("Task", "encounter.class=IMP", 1),
    ("Task", "encounter.service-provider.name=team a", 1),
    ("Patient", "_has:Observation:subject:code=8302-2", 2),
    ("Patient", "_has:Observation:patient:code=29463-7", 1),
    ("Organization", "_has:Encounter:service-provider:status=finished", 1),
]


@pytest.mark.parametrize(("type_", "text", "count"), REFERENCES)
def test_references_and_chains(chart: Store, type_: str, text: str, count: int) -> None:
    assert len(ids(chart, type_, text, HUB)) == count


STRINGS = [
    ("family=nowak", 1),
    ("family=NOW", 1),
    ("family=owak", 0),
    ("family:contains=owa", 1),
    ("family:exact=Nowak", 1),
    ("family:exact=nowak", 0),
    ("given=mar", 1),
    ("name=zof", 1),
    ("name=nowak,delgado", 2),
    ("name=zofia&birthdate=1955", 1),
    ("phone=(413) 555-0182", 1),
    ("identifier=urn:mrn|MRN0012345", 1),
    ("identifier=urn:mrn|", 1),
    ("gender=female", 1),
    ("_id=zofia,luis", 2),
    ("_id=nobody", 0),
    ("_id:not=luis", 1),
    ("given:missing=false", 2),
    ("given:missing=true", 0),
    ("family=nowak%00", 1),
]


@pytest.mark.parametrize(("text", "count"), STRINGS)
def test_strings(chart: Store, text: str, count: int) -> None:
    assert len(ids(chart, "Patient", text, HUB)) == count


DATES = [
    ("Observation", "date=2026-06-20", 1),
    ("Observation", "date=2026-06", 10),
    ("Observation", "date=ne2026-06-20", 9),
    ("Observation", "date=gt2026-06-18", 2),
    ("Observation", "date=ge2026-06-18", 3),
    ("Observation", "date=lt2026-06-12", 1),
    ("Observation", "date=le2026-06-12", 2),
    ("Observation", "date=sa2026-06-19", 1),
    ("Observation", "date=eb2026-06-12", 1),
    ("Observation", "date=ge2026-06-12&date=le2026-06-14", 3),
    ("Observation", "date=2026-06-20,2026-06-19", 2),
    ("Observation", "date=ap2026-06-15", 4),
    ("Encounter", "date=2026-06-12", 0),
    ("Encounter", "date=ge2026-06-12", 1),
    ("Encounter", "date=le2026-06-12", 1),
    ("Encounter", "date=sa2026-06-12", 0),
    ("Encounter", "date=ap2026-06-12", 1),
    ("Task", "modified=2026-06-30", 1),
    ("Task", "modified=ge2026-07-01", 0),
    ("Task", "modified:missing=true", 1),
    ("Task", "modified:missing=false", 1),
    ("Task", "authored-on=2026-05-01", 1),
    ("Observation", "_lastUpdated=gt2026-07-02T14:15:30Z", 4),
    ("Observation", "_lastUpdated=lt2026-07-02T14:15:30Z", 6),
    ("Observation", "_lastUpdated=2026-07-02", 10),
]


@pytest.mark.parametrize(("type_", "text", "count"), DATES)
def test_dates(chart: Store, type_: str, text: str, count: int) -> None:
    assert len(ids(chart, type_, f"{text}&patient=zofia")) == count


def test_sorting(chart: Store) -> None:
    by_date = [f"o{number}" for number in range(10)]
    assert ids(chart, "Observation", "patient=zofia&_sort=-date") == by_date
    assert ids(chart, "Observation", "patient=zofia&_sort=date") == by_date[::-1]
    assert ids(chart, "Observation", "_sort=-_lastUpdated") == by_date[::-1]
    assert ids(chart, "Observation", "_sort=_lastUpdated") == by_date
    assert ids(chart, "Observation", "") == by_date[::-1]
    assert ids(chart, "Observation", "_sort=_id") == by_date
    assert ids(chart, "Patient", "_sort=family", HUB) == ["luis", "zofia"]
    assert ids(chart, "Patient", "_sort=-family", HUB) == ["zofia", "luis"]
    assert ids(chart, "Task", "_sort=-modified") == ["t2", "t1"]
    assert ids(chart, "Task", "_sort=modified") == ["t2", "t1"]  # those without come last


@pytest.mark.parametrize(
    "order", ["", "_sort=-date", "_sort=date", "_sort=-_lastUpdated", "_sort=_lastUpdated", "_sort=_id", "_sort=-value-date"]
)
def test_pages_hold_still_while_others_write(own_chart: Store, clock: Clock, order: str) -> None:
    everyone = ids(own_chart, "Observation", order)
    assert len(everyone) == 10
    found: list[str] = []
    next_: str | None = ""
    turn = 0
    while next_ is not None:
        page = asked(own_chart, "Observation", f"{order}&_count=3" + (f"&_cursor={next_}" if next_ else ""))
        found += [entry.id for entry in page.entries if not entry.id.startswith("new")]
        next_ = page.next
        clock.move(hours=1)
        with own_chart.change(HUB, because="meanwhile") as change:
            change.put({**observation(date="2026-07-01"), "id": f"new{turn}"})
        turn += 1
    assert found == everyone


def test_a_made_up_cursor_is_refused(chart: Store) -> None:
    page = asked(chart, "Observation", "_count=3")
    assert page.next
    for made_up in ("x", page.next[:-2] + "AA", "ä", cursor.write(b"another key of 16", "search Observation newest True", [5])):
        with pytest.raises(Invalid) as refused:
            asked(chart, "Observation", f"_count=3&_cursor={made_up}")
        assert refused.value.status == 400 and refused.value.issues[0].expression == "_cursor"
    with pytest.raises(Invalid):
        asked(chart, "Observation", f"_sort=-date&_cursor={page.next}")
    assert cursor.read(KEY, "kind", cursor.write(KEY, "kind", [1, "a"])) == [1, "a"]


def test_by_a_string_those_without_one_come_last_and_pages_join(own_chart: Store) -> None:
    with own_chart.change(HUB, because="seed") as change:
        for id_, family in (("p1", ["Abel", "Zoll"]), ("p2", ["Mann"]), ("p3", []), ("p4", ["Mann", "MANN"]), ("p5", [])):
            change.put({"resourceType": "Patient", "id": id_, "name": [{"family": each} for each in family] or [{"given": ["X"]}]})
    rising = ["p1", "luis", "p2", "p4", "zofia", "p3", "p5"]
    falling = ["p1", "zofia", "p4", "p2", "luis", "p5", "p3"]
    for order, expected in (("family", rising), ("-family", falling)):
        for narrowed in ("", "&_id=" + ",".join(rising)):
            found: list[str] = []
            cursor_ = ""
            while True:
                page = asked(own_chart, "Patient", f"_sort={order}&_count=2{narrowed}{cursor_}", HUB)
                found += [entry.id for entry in page.entries]
                if not page.next:
                    break
                cursor_ = f"&_cursor={page.next}"
            assert found == expected


def test_counting(chart: Store) -> None:
    assert asked(chart, "Observation", "code=8302-2&_summary=count").total == 5
    assert asked(chart, "Observation", "_total=accurate&_count=1").total == 10
    assert asked(chart, "Observation", "_total=estimate&_count=1").total == 10
    assert asked(chart, "Observation", "_count=0").total == 10
    assert asked(chart, "Observation", "_count=0").entries == []
    assert asked(chart, "Observation", "").total is None
    assert asked(chart, "Observation", "_summary=count", BO).total == 0


def test_includes(chart: Store) -> None:
    def included(type_: str, text: str) -> list[str]:
        return sorted(stored.reference for stored in asked(chart, type_, text).included)

    assert included("Task", "_id=t1&_include=Task:patient") == ["Patient/zofia"]
    assert included("Task", "_id=t1&_include=Task:encounter&_include:iterate=Encounter:service-provider") == [
        "Encounter/e1",
        "Organization/a",
    ]
    assert included("Encounter", "_revinclude=Task:encounter") == ["Task/t1"]
    assert included("Patient", "_id=zofia&_revinclude=Encounter:patient") == ["Encounter/e1"]
    assert included("Encounter", "_include=*") == ["Organization/a", "Patient/zofia"]
    assert included("Task", "_id=t1&_include=Task:owner") == []


def test_what_is_included_is_theirs_to_see(own_chart: Store) -> None:
    with own_chart.change(HUB, because="seed") as change:
        change.put({"resourceType": "Patient", "id": "other"})
        change.put(care_team("ct-other", "other", "b"))
        change.put({**task("other", focus={"reference": "Observation/o1"}), "id": "t-other"})
    assert [stored.reference for stored in asked(own_chart, "Task", "_id=t-other&_include=Task:focus", BO).included] == []
    assert [stored.reference for stored in asked(own_chart, "Observation", "_id=o1&_revinclude=Task:focus").included] == []
    assert ids(own_chart, "Observation", "_has:Task:focus:status=requested&_id=o1") == []


UNSUPPORTED = [
    ("Observation", "value-quantity=5", "value-quantity"),
    ("Observation", "code:text=height", "code:text"),
    ("Observation", "code:in=http://x", "code:in"),
    ("Patient", "identifier:of-type=a|b|c", "identifier:of-type"),
    ("Observation", "_sort=code", "_sort"),
    ("Observation", "_sort=date,_id", "_sort"),
]


@pytest.mark.parametrize(("type_", "text", "named"), UNSUPPORTED)
def test_what_is_not_supported_says_so(chart: Store, type_: str, text: str, named: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(chart, type_, text)
    assert refused.value.issues[0].code == "not-supported"
    assert refused.value.issues[0].expression == named
    assert refused.value.status == 400


def test_what_is_said_to_be_supported_is(chart: Store) -> None:
    """Every parameter and modifier of the declared table is answered without a refusal, for types of both kinds of partition."""
    sample = {"token": "a", "reference": "Patient/zofia", "string": "a", "date": "2026", "uri": "http://a"}
    for type_ in ("Task", "Observation", "Patient", "Appointment", "Provenance", "PlanDefinition", "ValueSet"):
        for param, modifiers in supported(type_).items():
            for modifier in modifiers:
                value = "true" if modifier == "missing" else sample[search_parameters(type_)[param].type]
                asked(chart, type_, f"{param}{':' if modifier else ''}{modifier}={value}")


def test_meta_is_searched(own_chart: Store) -> None:
    meta = {"tag": [{"system": "urn:t", "code": "pilot"}], "profile": ["http://p"], "security": [{"code": "R"}]}
    with own_chart.change(HUB, because="tagged") as change:
        change.put({**observation(), "id": "tagged", "meta": meta})
    for text in ("_tag=urn:t|pilot", "_tag=pilot", "_profile=http://p", "_security=R"):
        assert ids(own_chart, "Observation", text) == ["tagged"]


def test_a_patient_named_otherwise_is_not_the_subject(store: Store) -> None:
    """A resource can lie in a compartment by another parameter than patient or subject: these do not find it, the panel hides it."""
    with store.change(HUB, because="by a patient") as change:
        change.put({**observation(subject={"reference": "Group/g"}, performer=[{"reference": "Patient/zofia"}]), "id": "self"})
    assert ids(store, "Observation", "patient=zofia") == []
    assert ids(store, "Observation", "performer=Patient/zofia") == ["self"]
    assert ids(store, "Observation", "subject=Group/g") == ["self"]
    assert ids(store, "Observation", "", BO) == []


def test_several_patients_of_one_appointment(store: Store) -> None:
    people = [{"actor": {"reference": f"Patient/{id_}"}, "status": "accepted"} for id_ in ("zofia", "luis")]
    with store.change(HUB, because="group") as change:
        change.put(
            {
                "resourceType": "Appointment",
                "id": "a",
                "status": "booked",
                "participant": people,
                "start": "2026-07-03T10:00:00Z",
                "end": "2026-07-03T11:00:00Z",
            }
        )
    for id_ in ("zofia", "luis"):
        assert ids(store, "Appointment", f"patient={id_}", HUB) == ["a"]
