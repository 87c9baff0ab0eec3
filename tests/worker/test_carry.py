"""What goes by fax or Direct: put whole into the gateway's folder, with where it goes beside it; nothing without either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baton.worker.carry import into
from baton.worker.outbox import UndeliverableError


def test_it_is_put_whole_beside_where_it_goes(tmp_path: Path) -> None:
    carry = into(tmp_path / "out", "fax", {"Binary/b": b"%PDF-1.7"}.__getitem__)
    carry({"document": "DocumentReference/d-1", "binary": "Binary/b", "to": "+1 555 014 7000"})
    (about,) = (tmp_path / "out").glob("*.json")
    said = json.loads(about.read_text())
    assert said["channel"] == "fax" and said["to"] == "+1 555 014 7000"
    paper = tmp_path / "out" / said["file"]
    assert paper.read_bytes() == b"%PDF-1.7" and paper.stat().st_mode & 0o077 == 0
    assert not list((tmp_path / "out").glob("*.part"))


@pytest.mark.parametrize("payload", [{}, {"document": "DocumentReference/../../x", "binary": "Binary/b", "to": ""}])
def test_what_says_nothing_is_parked(tmp_path: Path, payload: dict[str, str]) -> None:
    with pytest.raises(UndeliverableError):
        into(tmp_path, "direct", lambda binary: b"")(payload)


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    into(tmp_path / "out", "direct", lambda binary: b"x")(
        {"document": "DocumentReference/../../etc", "binary": "Binary/b", "to": "a@direct.example"}
    )
    assert [each.parent.name for each in tmp_path.rglob("*.pdf")] == ["out"]
