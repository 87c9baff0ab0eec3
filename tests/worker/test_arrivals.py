"""What comes by itself: whole files land at the inbound desk once, those that may not come in are kept aside and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.duties.ward import LUIS, Ward, of_team, patient

from baton.app import HUB
from baton.duties.privacy import labelling
from baton.duties.records import inbound
from baton.store.postgres import Database
from baton.worker.arrivals import Folder

NOW = datetime(2026, 7, 2, 18, 10, tzinfo=UTC)
LETTER = b"Patient: Eva Stone\nDOB: 1955-03-03\n\nSeen today. Continue furosemide.\n"


@pytest.fixture
def ward(database: Database) -> Iterator[Ward]:
    ward = Ward(database, labellers=[labelling.Labelling(seconds=0)])
    ward.put(patient(), of_team())
    yield ward
    ward.store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, HUB)


def documents(ward: Ward) -> list[dict[str, Any]]:
    with ward.store.view(HUB) as view:
        return list(view.find("DocumentReference", _sort="date", _count=50))


def looks(ward: Ward, folder: Folder, times: int = 2) -> int:
    return sum(folder(ward.store, NOW) for _ in range(times))


def test_a_file_that_stood_still_is_taken_in_and_files_itself(ward: Ward, folder: Folder) -> None:
    (folder.path / "fax.txt").write_bytes(LETTER[:20])
    assert folder(ward.store, NOW) == 0, "it may still be being written"
    (folder.path / "fax.txt").write_bytes(LETTER)
    (folder.path / "fax.json").write_text('{"from": "Lakeside Cardiology", "title": "Consult note"}')
    assert looks(ward, folder) == 1
    (document,) = documents(ward)
    assert document["description"] == "Consult note" and document["custodian"]["display"] == "Lakeside Cardiology"
    assert document["subject"]["reference"] == "Patient/eva", "two identifiers name her exactly"
    assert list(folder.path.iterdir()) == []


def test_the_same_bytes_again_add_nothing(ward: Ward, folder: Folder) -> None:
    for name in ("one.txt", "two.txt"):
        (folder.path / name).write_bytes(LETTER)
        looks(ward, folder)
    assert len(documents(ward)) == 1


def test_the_attachments_of_an_e_mail_are_the_papers(ward: Ward, folder: Folder) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "records@lakeside.example", "As asked"
    mail.set_content("Please find attached.")
    mail.add_attachment(LETTER, maintype="text", subtype="plain", filename="note.txt")
    mail.add_attachment(b"Second page.\n", maintype="text", subtype="plain", filename="more.txt")
    (folder.path / "1.eml").write_bytes(bytes(mail))
    assert looks(ward, folder) == 2
    assert {each["custodian"]["display"] for each in documents(ward)} == {"records@lakeside.example"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("virus.pdf", b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript /JS (x) >> >> endobj\n%%EOF"),
        ("archive.zip", b"PK\x03\x04\xff\xfe\x00"),
        ("empty.txt", b""),
        ("empty.eml", b"From: a@b.example\n\n"),
    ],
)
def test_what_may_not_come_in_is_kept_aside_and_told(ward: Ward, folder: Folder, name: str, content: bytes) -> None:
    (folder.path / name).write_bytes(content)
    assert looks(ward, folder) == 0
    assert (folder.path / "refused" / name).read_bytes() == content
    with ward.store.view(LUIS) as view:
        (paper,) = inbound.waiting(view)
    assert paper.title == f"Could not be taken in: {name}"
    assert looks(ward, folder) == 0 and len(documents(ward)) == 1


def test_what_is_hidden_being_written_or_linked_is_left(ward: Ward, folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in (".fax.txt", "fax.txt.part", "fax.tmp", "about.json"):
        (folder.path / name).write_bytes(LETTER)
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    secret.write_bytes(LETTER)
    (folder.path / "link.txt").symlink_to(secret)
    assert looks(ward, folder) == 0 and documents(ward) == []
