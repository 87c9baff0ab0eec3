"""Backup, restore and erasure as an administrator runs them: real processes, real data folders."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.test_cli import PATIENT, PRODUCTION, baton

from baton.store.postgres import embedded

SECRET = {"BATON_BACKUP_SECRET": "sixteen letters or more"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="baton-upkeep-", dir="/tmp") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture(scope="module")
def data(folder: Path) -> Path:
    """A hub with a patient and two people."""
    said = [
        baton("load", "-", data=folder / "data", stdin=json.dumps(PATIENT)),
        baton("user", "add", "--email", "ann@x.example", "--role", "administrator", data=folder / "data"),
        baton("user", "add", "--email", "carl@x.example", "--role", "coordinator", data=folder / "data"),
    ]
    assert [each.returncode for each in said] == [0, 0, 0], [each.stderr for each in said]
    return folder / "data"


@pytest.fixture(scope="module")
def backup(data: Path, folder: Path) -> Path:
    made = baton("backup", str(folder / "backup"), data=data, **SECRET)
    assert made.returncode == 0 and "keep that somewhere else" in made.stdout, made.stderr
    return folder / "backup"


def test_a_backup_comes_back_into_an_empty_folder_and_checks_clean(backup: Path, folder: Path) -> None:
    back = baton("restore", str(backup), data=folder / "back", **SECRET)
    assert back.returncode == 0 and "every invariant holds" in back.stdout, back.stderr
    checked = baton("check", data=folder / "back")
    assert checked.returncode == 0, checked.stdout
    assert baton("token", "--user", "ann@x.example", data=folder / "back").returncode == 0
    with embedded(folder / "data") as server, psycopg.connect(server.dsn("owner")) as connection:
        assert connection.execute("select count(*) from look where what = 'export backup'").fetchone() != (0,)
    again = baton("restore", str(backup), data=folder / "back", **SECRET)
    assert again.returncode == 1 and "not empty" in again.stderr


@pytest.mark.parametrize("how", ["truncated", "altered", "another secret", "no secret", "another key"])
def test_what_cannot_be_trusted_is_refused_before_anything_is_changed(backup: Path, folder: Path, how: str) -> None:
    content = bytearray(backup.read_bytes())
    if how == "truncated":
        del content[-1:]
    if how == "altered":
        content[len(content) // 2] ^= 1
    (folder / "bad").write_bytes(content)
    settings = {"another secret": {"BATON_BACKUP_SECRET": "another sixteen letters"}, "no secret": {}}.get(how, SECRET)
    if how == "another key":
        settings = {**settings, "BATON_SECRET_KEY": "x" * 40}
    refused = baton("restore", str(folder / "bad"), data=folder / "never", **settings)
    assert refused.returncode == 1 and refused.stderr.startswith("baton: "), refused.stderr
    assert not (folder / "never").exists()


def test_a_key_file_does_as_well(data: Path, folder: Path) -> None:
    (folder / "key").write_bytes(b"k3y of a file, long enough")
    made = baton("backup", str(folder / "second"), "--key-file", str(folder / "key"), data=data)
    assert made.returncode == 0, made.stderr
    assert baton("backup", str(folder / "second"), "--key-file", str(folder / "key"), data=data).returncode == 1


def erase(data: Path, *more: str, approved_by: str = "ann@x.example", law: str = "court-order", patient: str = "ines") -> object:
    arguments = ("--patient", patient, "--because", "Order 12-345", "--approved-by", approved_by, "--law", law)
    return baton("erase", *arguments, *more, data=data)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"approved_by": "carl@x.example"}, "no administrator or supervisor"),
        ({"approved_by": "nobody@x.example"}, "no administrator or supervisor"),
        ({"law": "because-we-want-to"}, "no ground in law"),
        ({"law": "retention-over"}, "must be kept until"),
        ({"patient": "nobody"}, "there is no Patient/nobody"),
    ],
)
def test_who_may_not_or_what_is_not_lawful_is_refused(data: Path, changes: dict[str, str], says: str) -> None:
    refused = erase(data, "--yes", **changes)
    assert refused.returncode == 1 and says in refused.stderr, refused.stderr  # type: ignore[attr-defined]


def test_an_erasure_is_rehearsed_then_done_and_everything_still_proves(folder: Path, backup: Path) -> None:
    data = folder / "erased"
    assert baton("restore", str(backup), data=data, **SECRET).returncode == 0
    rehearsed = erase(data)
    assert "Would erase: 1 versions" in rehearsed.stdout and "Nothing was changed" in rehearsed.stdout  # type: ignore[attr-defined]
    done = erase(data, "--yes", "--scrub")
    assert done.returncode == 0 and "Tombstone" in done.stdout, done.stderr  # type: ignore[attr-defined]
    checked = baton("check", data=data)
    assert checked.returncode == 0, checked.stdout
    with embedded(data) as server:
        cluster = server.place.cluster
        with psycopg.connect(server.dsn("owner")) as connection:
            assert connection.execute("select law from erasure").fetchall() == [("court-order",)]
    left = [path.name for path in cluster.joinpath("base").rglob("*") if path.is_file() and "Marín".encode() in path.read_bytes()]
    assert not left, f"still in the files {left}"
    logs = [path for path in (data, cluster.parent) for path in path.glob("*.log") if "Marín".encode() in path.read_bytes()]
    assert not logs


def test_the_demo_town_is_no_place_for_production(folder: Path) -> None:
    mark = {"resourceType": "Basic", "id": "demo-town", "code": {"text": "Demo town"}}
    assert baton("load", "-", data=folder / "town", stdin=json.dumps(mark)).returncode == 0
    refused = baton("check", data=folder / "town", **PRODUCTION)
    assert refused.returncode == 1 and "demo town" in refused.stderr


def test_what_is_stored_is_labelled_by_todays_rules_and_a_rehearsal_changes_nothing(data: Path) -> None:
    first = baton("relabel", data=data)
    assert first.returncode == 0 and "nothing was changed (--yes writes them anew)" in first.stdout, first.stderr
    done = baton("relabel", "--yes", data=data)
    assert done.returncode == 0 and "were written anew" in done.stdout, done.stderr
    assert baton("relabel", data=data).stdout.startswith("0 resources")
