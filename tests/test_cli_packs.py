"""`baton packs`: a pack made in a folder is checked, previewed and brought in; whoever is in a program goes on by their version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.duties.programs.test_programs import enrol, foreign, owed, read
from tests.duties.ward import HUB, TOM, Ward, of_team, patient

from baton import app
from baton.cli import main
from baton.duties import ground
from baton.duties.programs import packs, programs, versions
from baton.packs import loader
from baton.settings import Settings
from baton.store import Invalid
from baton.store.postgres import Database

Said = tuple[int, str, str]


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    made = Ward(database)
    made.put(patient(), of_team())
    yield made
    made.store.close()


@pytest.fixture
def baton(ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command on the ward's database; gives the exit code, what it said and what it complained of."""

    @contextmanager
    def opened(settings: Settings, **_more: Any) -> Iterator[app.Hub]:
        yield app.Hub(settings, ward.database, ward.store)

    monkeypatch.setattr(app, "opened", opened)

    def run(*arguments: str) -> Said:
        code = main(["packs", *arguments, "--data", str(tmp_path)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def pack(folder: Path, **more: Any) -> str:
    """The folder of a pack of another house."""
    folder.mkdir(exist_ok=True)
    (folder / "asthma.json").write_text(json.dumps(foreign(**more)))
    return str(folder)


def test_a_pack_from_first_to_last(ward: Ward, baton: Callable[..., Said], tmp_path: Path) -> None:
    folder = pack(tmp_path / "pack")
    assert baton("check", folder) == (0, "1 resources; nothing is wrong with them.\n", "")
    code, out, _ = baton("install", folder, "--dry-run")
    assert code == 0 and out.endswith("asthma.json: Asthma school 3 is new.\nNothing was changed.\n")
    assert "asthma-school" not in baton("list")[1]
    assert "1 of 1 resources are new or changed." in baton("install", folder)[1]
    assert "0 of 1" in baton("install", folder)[1]
    enrolment = enrol(ward, "asthma-school", consent=None)
    assert owed(ward) == {"Spacer shown": date(2026, 7, 9), "Lessons": date(2026, 7, 9)}
    newer = foreign(version="4")
    newer["action"][0]["action"] = [{**newer["action"][0]["action"][0], "id": "plan", "title": "Plan written"}]
    (tmp_path / "pack" / "asthma.json").write_text(json.dumps({**newer, "version": "3"}))
    code, _, complaint = baton("install", folder)
    assert code == 1 and complaint.startswith("asthma.json: PlanDefinition.version: What changes is a new version")
    (tmp_path / "pack" / "asthma.json").write_text(json.dumps(newer))
    _, out, _ = baton("install", folder, "--dry-run")
    assert "comes in place of 3. In it now, going on by their version: 1." in out
    assert "Comes: lessons/plan. Goes: lessons/spacer." in out
    assert baton("install", folder)[0] == 0
    line = next(each for each in baton("list")[1].splitlines() if each.startswith("asthma-school"))
    assert line.split()[1:5] == ["4", "1", "in", "it"]
    with ward.change(TOM) as change:  # whatever happens to the enrolment, it goes on by version 3
        programs.judge_again(change, enrolment=enrolment)
    assert sorted(owed(ward)) == ["Lessons", "Spacer shown"]
    ward.put(patient("ida"), of_team("ida"))
    with ward.change(TOM) as change:
        fresh = programs.enrol(change, patient="ida", program="asthma-school")
    assert read(ward, fresh.id).canonical.endswith("|4")
    with ward.store.view(HUB) as view:
        assert (found := versions.newer(view, read(ward, enrolment))) is not None and found.version == "4"
    with ward.change(TOM) as change:
        versions.take(change, enrolment=enrolment)
    assert sorted(owed(ward)) == ["Lessons", "Plan written"]
    with pytest.raises(Invalid, match="no newer version"), ward.change(TOM) as change:
        versions.take(change, enrolment=enrolment)
    assert not ward.violations()


def test_every_error_names_its_file_and_element(baton: Callable[..., Said], tmp_path: Path) -> None:
    folder = Path(pack(tmp_path / "pack", goal=[], action=[{**foreign()["action"][0], "timingDuration": {"value": 0, "unit": "days"}}]))
    body = json.loads((folder / "asthma.json").read_text())
    del body["goal"]
    body["action"][0]["action"][0]["definitionCanonical"] = "https://baton.example/fhir/Questionnaire/moon"
    (folder / "asthma.json").write_text(json.dumps(body))
    (folder / "broken.json").write_text("{")
    (folder / "patient.json").write_text(json.dumps({"resourceType": "Patient", "id": "eva"}))
    (folder / "wrong.json").write_text(json.dumps({"resourceType": "CodeSystem", "id": "x", "status": "maybe", "content": "complete"}))
    code, _, complaint = baton("check", str(folder))
    lines = complaint.splitlines()
    assert code == 1
    assert "asthma.json: PlanDefinition.action('lessons').timingDuration: The phase lessons has no length, or nobody who says so." in lines
    assert "asthma.json: PlanDefinition.action('lessons').action('spacer').definitionCanonical: There is no assessment moon." in lines
    assert any(each.startswith("broken.json: ") for each in lines)
    assert any(each.startswith("patient.json: resourceType: A pack holds") for each in lines)
    assert any(each.startswith("wrong.json: CodeSystem.status: ") for each in lines)
    assert baton("install", str(folder))[0] == 1
    assert baton("check", str(tmp_path / "nowhere"))[0] == 1


def test_the_house_keeps_its_own_version_when_baton_is_brought_up_to_date(ward: Ward) -> None:
    shipped = next(each for each in loader.everything() if packs.code_of_program(each) == "heart-failure")
    own = {**shipped, "version": "9.1", "title": "Our heart failure program"}
    ward.put(own, who=HUB)
    theirs = {**shipped, "version": "1.5", "publisher": "Larkhaven"}
    for kept in (own, theirs):
        ward.put(kept, who=HUB)
        with ward.change(HUB) as change:
            assert ground.install(change) == []
        assert ward.get(f"PlanDefinition/{shipped['id']}")["title"] == kept["title"]
    ward.put({**shipped, "version": "1"}, who=HUB)
    with ward.change(HUB) as change:
        assert [each.id for each in ground.install(change)] == [shipped["id"]], "an older one of Baton's own is brought up to date"
