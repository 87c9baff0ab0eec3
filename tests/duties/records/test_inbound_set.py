"""A generated set of fifty papers, smudged, misspelt, of twins and of strangers: none lands in a chart that is not its patient's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.duties.records.test_inbound import CLEO, person
from tests.duties.ward import Ward, staff

from baton.duties.privacy import labelling
from baton.duties.records import documents, inbound
from baton.rules.matching import Said
from baton.store.postgres import Database

FOLK = {
    "john12": ("John Smith", "1951-03-12", "100201"), "john17": ("John Smith", "1951-03-17", "100202"),
    "joan": ("Joan Smith", "1951-03-12", "100203"), "nowak": ("Walter Nowak", "1943-04-12", "100301"),
    "novak": ("Walter Novak", "1943-04-17", "100302"), "ana": ("Ana Reyes", "1990-01-02", "100401"),
    "anna": ("Anna Reyes", "1990-02-01", "100402"), "pilar": ("Pilar Ortiz Luna", "1938-11-30", "100501"),
    "george": ("George Abara", "1962-07-08", "100601"), "grace": ("Grace Okafor", "1971-09-27", "100701"),
}  # fmt: skip
STRANGERS = (("John Smith", "1951-08-12", "900201"), ("Walter Novak", "1943-04-13", "900301"), ("Grace Okafor", "1917-09-27", "900701"))


@pytest.fixture(scope="module")
def ward(module_database: Database) -> Iterator[Ward]:
    ward = Ward(module_database, labellers=[labelling.Labelling(seconds=0)])
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
    ward.put(
        *(person(id_, name, birth, identifier=[{"type": kind, "value": mrn}]) for id_, (name, birth, mrn) in FOLK.items()), staff(CLEO)
    )
    yield ward
    ward.store.close()


def spoiled(dice: random.Random, said: Said) -> Said:
    """One paper as it really comes: some of it missing, smudged, misspelt or exchanged."""
    place = dice.choice((0, 1, 2, 3, 5, 6, 8, 9))
    smudged = said.birth[:place] + "?" + said.birth[place + 1 :]
    wrong = said.birth[:3] + str((int(said.birth[3]) + dice.randint(1, 9)) % 10) + said.birth[4:]
    wrong = said.birth[:9] + str(int(said.birth[9]) % 7 + 1 if said.birth[8] in "012" else 0) if dice.random() < 0.7 else wrong
    year, month, day = said.birth.split("-")
    letter = dice.randrange(len(said.name))
    ways: list[dict[str, Any]] = [
        {}, {}, {"birth": smudged}, {"birth": wrong}, {"birth": f"{year}-{day}-{month}" if int(day) < 13 else said.birth}, {"birth": ""},
        {"name": said.name[:letter] + said.name[letter + 1 :]}, {"name": said.name.replace("n", "m", 1)}, {"name": ""},
        {"name": ", ".join(said.name.upper().rsplit(" ", 1)[::-1])}, {"name": said.name[0] + ". " + said.name.split()[-1]},
        {"mrn": ""}, {"mrn": said.mrn[:-1] + "9"}, {"mrn": "", "name": said.name.replace("a", "á", 1)},
    ]  # fmt: skip
    found = replace(said, **dice.choice(ways))
    return replace(found, mrn="") if dice.random() < 0.5 else found


@given(st.integers(0, 10**9))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_of_fifty_is_silently_misfiled(ward: Ward, seed: int) -> None:
    dice = random.Random(seed)
    truth: dict[str, str | None] = {}
    for number in range(50):
        owner = dice.choice([*FOLK, None])
        name, birth, mrn = FOLK[owner] if owner else dice.choice(STRANGERS)
        with ward.change(CLEO) as change:
            upload = documents.checked("a.txt", f"{seed} {number}".encode())
            arrived = inbound.receive(change, upload=upload, said=spoiled(dice, Said(name, birth, mrn)))
        truth[arrived.id] = f"Patient/{owner}" if owner else None
    found = [each for each in ward.find("DocumentReference") if each["id"] in truth and "subject" in each]
    filed = {each["id"]: each["subject"]["reference"] for each in found}
    assert {id_: patient for id_, patient in filed.items() if truth[id_] != patient} == {}
    assert len(filed) > 2, "those that are certain do file themselves"
