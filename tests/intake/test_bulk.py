"""Loading: every shape of file, in any order, again and again; what is refused is named and the rest goes in."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from baton.intake import bulk, reader, sources
from baton.intake import write as writing
from baton.store import Store
from baton.store.who import NotFound

from .conftest import LOADER

SYNTHEA = Path(__file__).parents[3] / "shared" / "data" / "synthea"
NPI = "http://hl7.org/fhir/sid/us-npi"


def patient(id_="ana", **more):
    return {"resourceType": "Patient", **({"id": id_} if id_ else {}), "gender": "female", **more}


def observation(id_, subject, **more):
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "Weight"}, "subject": {"reference": subject}, **more,
    }  # fmt: skip


def transaction(*resources, type_="transaction"):
    entries = [
        {"fullUrl": f"{FIRST[:-1]}{number}", "resource": each, "request": {"method": "POST", "url": each["resourceType"]}}
        for number, each in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": type_, "entry": entries}


FIRST = "urn:uuid:00000000-0000-4000-8000-000000000000"
DOCTOR = {"resourceType": "Practitioner", "id": "doc", "identifier": [{"system": NPI, "value": "12"}]}
VISIT = {
    "resourceType": "Encounter", "id": "visit", "status": "finished", "class": {"code": "AMB"}, "subject": {"reference": "Patient/ana"},
    "participant": [{"individual": {"reference": f"Practitioner?identifier={NPI}|12"}}],
}  # fmt: skip


def load(store: Store, *paths: Path | str) -> bulk.Report:
    return bulk.load(store, LOADER, [str(path) for path in paths])


def get(store: Store, type_: str, id_: str):
    with store.view(LOADER) as view:
        return view.get(type_, id_)


def absent(store: Store, type_: str, id_: str) -> bool:
    try:
        get(store, type_, id_)
    except NotFound:
        return True
    return False


SHAPES = {
    "transaction": transaction(patient(), observation("o1", FIRST)),
    "batch": transaction(patient(), observation("o1", FIRST), type_="batch"),
    "collection": {
        "resourceType": "Bundle", "type": "collection",
        "entry": [{"fullUrl": FIRST, "resource": patient()}, {"resource": observation("o1", FIRST)}],
    },
    "searchset": {
        "resourceType": "Bundle", "type": "searchset",
        "entry": [
            {"fullUrl": "http://other.example/Patient/ana", "resource": patient()},
            {"resource": observation("o1", "http://other.example/Patient/ana")},
            {"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}},
        ],
    },
    "lines": [patient(), observation("o1", "Patient/ana")],
}  # fmt: skip


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("way", ["file", "folder", "stdin"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_by_every_way(store, write, monkeypatch, shape, way, packed):
    name = "some.ndjson" if shape == "lines" else "some.json"
    path = write(f"deep/er/{name}{'.gz' if packed else ''}", SHAPES[shape])
    given = {"file": path, "folder": path.parents[2], "stdin": "-"}[way]
    for again in (False, True):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
        report = load(store, given)
        assert report.refused == []
        assert (report.added, report.changed, report.unchanged) == ((0, 0, 2) if again else (2, 0, 0))
    assert get(store, "Observation", "o1")["subject"]["reference"] == "Patient/ana"
    assert get(store, "Observation", "o1")["meta"]["versionId"] == "1"


def test_single_resources_and_bundles_that_are_resources(store, write):
    document = {"resourceType": "Bundle", "id": "paper", "type": "document", "timestamp": "2026-07-02T10:00:00Z"}
    document["identifier"] = {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"}
    document["entry"] = [{
        "fullUrl": "http://x.example/Composition/1", "resource": {
            "resourceType": "Composition", "status": "final", "type": {"text": "Letter"}, "date": "2026-07-02", "title": "A letter",
            "author": [{"display": "Somebody"}]},
    }]  # fmt: skip
    report = load(store, write("one.json", patient()), write("two.json", document))
    assert report.refused == [] and report.added == 2
    assert get(store, "Bundle", "paper")["type"] == "document"


def test_the_order_is_worked_out(store, write):
    clinical = write("a-clinical.json", transaction(VISIT))
    people = write("b-people.ndjson", [patient()])
    ground = write("z-ground.json", transaction(DOCTOR, type_="batch"))
    report = load(store, clinical, people, ground)
    assert report.refused == [] and report.added == 3
    assert get(store, "Encounter", "visit")["participant"][0]["individual"]["reference"] == "Practitioner/doc"


def test_what_refers_to_something_later_waits_for_it(store, write):
    special = {**DOCTOR, "resourceType": "Group", "type": "person", "actual": True, "id": "g"}
    special["characteristic"] = [
        {"code": {"text": "x"}, "exclude": False, "valueReference": {"reference": f"Device?identifier={NPI}|77"}},
    ]  # fmt: skip
    device = {"resourceType": "Device", "id": "late", "identifier": [{"system": NPI, "value": "77"}]}
    report = load(store, write("group.json", transaction(special)), write("lines.ndjson", [device]))
    assert report.refused == [] and report.added == 2
    assert get(store, "Group", "g")["characteristic"][0]["valueReference"]["reference"] == "Device/late"


def test_what_an_earlier_load_brought_is_found(store, write):
    load(store, write("ground.json", DOCTOR), write("patient.json", patient()))
    report = load(store, write("visit.json", transaction(VISIT)))
    assert report.refused == [] and get(store, "Encounter", "visit")["participant"][0]["individual"]["reference"] == "Practitioner/doc"


def test_a_conditional_reference_that_means_nothing_keeps_its_bundle_out(store, write):
    report = load(store, write("visit.json", transaction(patient(), VISIT)))
    assert [(refusal.position, "means nothing here" in refusal.reason) for refusal in report.refused] == [("entry 1", True)]
    assert absent(store, "Patient", "ana") and report.added == 0


def test_if_none_exist_is_honoured(store, write):
    load(store, write("ground.json", DOCTOR))
    bundle = transaction({**DOCTOR, "id": "other"}, {**VISIT, "participant": [{"individual": {"reference": FIRST}}]})
    bundle["entry"][0]["request"]["ifNoneExist"] = f"identifier={NPI}|12"
    report = load(store, write("visit.json", bundle))
    assert report.refused == [] and (report.added, report.unchanged) == (1, 1)
    assert absent(store, "Practitioner", "other")
    assert get(store, "Encounter", "visit")["participant"][0]["individual"]["reference"] == "Practitioner/doc"


def test_ids_are_kept_and_missing_ones_are_always_the_same(store, write):
    without = patient(id_=None)
    bundle = transaction(without, observation("o1", FIRST))
    del bundle["entry"][1]["resource"]["id"]
    for expected in ((2, 0), (0, 2)):
        report = load(store, write("a.json", bundle))
        assert (report.added, report.unchanged) == expected and report.refused == []
    assert get(store, "Patient", FIRST.removeprefix("urn:uuid:"))["gender"] == "female"
    for expected in ((1, 0), (0, 1)):
        report = load(store, write("b.ndjson", [{"resourceType": "Basic", "code": {"text": "x"}}]))
        assert (report.added, report.unchanged) == expected


def test_what_differs_gets_a_new_version_and_nothing_else_does(store, write):
    load(store, write("a.ndjson", [patient(), patient("bo")]))
    report = load(store, write("a.ndjson", [patient(birthDate="1955-03-03"), patient("bo", meta={"versionId": "9"})]))
    assert (report.added, report.changed, report.unchanged) == (0, 1, 1)
    assert get(store, "Patient", "ana")["meta"]["versionId"] == "2"


def test_a_refused_entry_keeps_its_transaction_out_whole(store, write):
    report = load(
        store, write("a.json", transaction(patient(), observation("o1", FIRST, status="nonsense"))), write("b.json", patient("bo"))
    )
    [refusal] = report.refused
    assert refusal.file.endswith("a.json") and refusal.position == "entry 1" and "Observation.status" in refusal.reason
    assert absent(store, "Patient", "ana") and not absent(store, "Patient", "bo")


def test_lines_and_batch_entries_are_refused_singly(store, write):
    lines = [patient(f"p{number}") for number in range(40)]
    lines[7]["gender"] = "nonsense"
    lines[31]["birthDate"] = "2026-02-30"
    report = load(store, write("a.ndjson", lines))
    assert [refusal.position for refusal in report.refused] == ["line 8", "line 32"] and report.added == 38
    batch = transaction(patient("ana", gender="nonsense"), patient("bo"), type_="batch")
    report = load(store, write("b.json", batch))
    assert [refusal.position for refusal in report.refused] == ["entry 0"] and not absent(store, "Patient", "bo")


BAD = {
    "not JSON": (b"{this is no JSON", "whole file", "not JSON"),
    "empty": (b"", "whole file", "empty"),
    "XML": (b"<Patient xmlns='http://hl7.org/fhir'/>", "whole file", "XML"),
    "no resource": (b'{"hello": "world"}', "whole file", "no FHIR resource"),
    "unknown type": (b'{"resourceType": "Unicorn", "id": "u"}', "whole file", "Unicorn"),
    "a history": (b'{"resourceType": "Bundle", "type": "history"}', "whole file", "history"),
    "truncated gzip": (gzip.compress(b'{"resourceType": "Patient", "id": "x"}' * 50)[:-20], "whole file", "gzip"),
    "damaged gzip": (b"\x1f\x8b\x08\x00" + b"nonsense" * 20, "whole file", "gzip"),
    "an entry without request": (b'{"resourceType": "Bundle", "type": "batch", "entry": [{}]}', "entry 0", "request"),
    "a delete": (
        b'{"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "DELETE", "url": "Patient/1"}}]}',
        "entry 0", "DELETE",
    ),
    "a bad id": (b'{"resourceType": "Patient", "id": "not an id!"}', "whole file", "id"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_reported_and_the_others_go_in(store, write, case):
    content, position, words = BAD[case]
    report = load(store, write("bad.json", content), write("good.json", patient()))
    assert [refusal.position for refusal in report.refused] == [position]
    assert words.lower() in report.refused[0].reason.lower(), report.refused
    assert report.added == 1 and not absent(store, "Patient", "ana")


def test_files_that_are_not_there(store, tmp_path):
    (tmp_path / "empty").mkdir()
    report = load(store, tmp_path / "nothing.json", tmp_path / "empty")
    assert [refusal.reason for refusal in report.refused] == ["there is no such file", "the folder holds no .json or .ndjson file"]


def test_placeholders_nobody_answers(store, write):
    other = "urn:uuid:11111111-1111-4111-8111-111111111111"
    report = load(store, write("a.json", transaction(patient(), observation("o1", other))))
    assert [(refusal.position, other in refusal.reason) for refusal in report.refused] == [("entry 1", True)]
    assert absent(store, "Patient", "ana")


def test_a_process_beside_gives_the_same(store, write, monkeypatch):
    monkeypatch.setattr(reader, "WORTH", 0)
    paths = [write(f"{number}.json", transaction(patient(f"p{number}"), observation(f"o{number}", FIRST))) for number in range(6)]
    paths.append(write("ground.json", DOCTOR))
    paths.append(write("visit.json", transaction(patient(), VISIT)))
    paths.append(write("bad.json", b"{"))
    report = load(store, *paths)
    assert report.added == 15 and [Path(refusal.file).name for refusal in report.refused] == ["bad.json"]
    assert load(store, *paths).unchanged == 15


def test_an_interruption_leaves_whole_changes(store, write, monkeypatch):
    written = []
    really = writing._put_one

    def once(change, resource, tally):
        written.append(resource["id"])
        if len(written) == 5:
            raise KeyboardInterrupt
        really(change, resource, tally)

    monkeypatch.setattr(writing, "_put_one", once)
    paths = [write(f"{number}.json", transaction(patient(f"p{number}"), observation(f"o{number}", FIRST))) for number in range(4)]
    with pytest.raises(KeyboardInterrupt):
        load(store, *paths)
    monkeypatch.setattr(writing, "_put_one", really)
    there = [absent(store, "Patient", f"p{number}") is absent(store, "Observation", f"o{number}") for number in range(4)]
    assert all(there)
    report = load(store, *paths)
    assert report.refused == [] and report.added + report.unchanged == 8


def test_the_first_look_knows_what_is_inside(tmp_path, write):
    path = write("a.ndjson", [patient(f"p{number}") for number in range(3)] + [DOCTOR])
    [found] = sources.find([path], tmp_path)
    assert found.lines and found.types == {"Patient", "Practitioner"} and found.resources == 4


@pytest.mark.skipif(not SYNTHEA.is_dir(), reason="shared Synthea data is not beside this checkout")
def test_forty_two_files_of_synthea_load_without_an_error(store):
    report = load(store, SYNTHEA)
    assert report.refused == [] and report.files == 42 and report.added == report.resources == 14653
    with store.view(LOADER) as view:
        encounter = view.find("Encounter", _count=1)[0]
    assert encounter["serviceProvider"]["reference"].startswith("Organization/")


def test_the_report_in_one_line(store, write):
    sentence = load(store, write("a.json", patient())).sentence()
    assert sentence.startswith("1 resources from 1 files: 1 added, 0 changed, 0 unchanged, 0 refused")
    assert json.dumps(sentence)
