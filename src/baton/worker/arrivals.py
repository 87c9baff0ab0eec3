"""What comes by itself: a folder into which a fax server, a scanner, a Direct client or a mail server puts papers; each lands at the
inbound desk.

The counterpart of `carry`. A `.pdf` may have a `.json` beside it that says {"from": …, "title": …}; an `.eml` is an e-mail, whose
attachments are the papers. What was taken in is removed from the folder; the same bytes are kept once, so a crash in between adds nothing.
What may not come in is kept aside under `refused/`, and a paper at the inbound desk says so: somebody asks for it again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from pathlib import Path

from baton.duties.records import inbound, inbound_reader
from baton.duties.records.documents import LONGEST
from baton.rules.matching import Said
from baton.store import Refused, Store, Who
from baton.uploads import MOST_BYTES, Upload, UploadRefusedError, check

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Papers taken in each time: the worker has other things to do each minute."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as it came: a name, its bytes, who sent it and what it is, as far as that was said."""

    name: str
    content: bytes
    source: str = ""
    title: str = ""


@dataclass(slots=True)
class Folder:
    """The folder, looked at each minute as `who`. A file is whole when it has not changed since the last look."""

    path: Path
    who: Who
    last: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __call__(self, store: Store, now: datetime) -> int:
        """Take in what is whole. Returns how many papers came."""
        there = {each.name: (each.stat().st_size, each.stat().st_mtime_ns) for each in _files(self.path)}
        whole = [name for name, mark in sorted(there.items()) if self.last.get(name) == mark]
        self.last = there
        return sum(self._take(store, self.path / name) for name in whole[:AT_ONCE])

    def _take(self, store: Store, file: Path) -> int:
        try:
            came = [self._one(store, paper) for paper in papers(file)]
        except UploadRefusedError as refusal:
            self._refuse(store, file, str(refusal))
            return 0
        for each in (file, _about(file)):
            each.unlink(missing_ok=True)
        log.info("took in %d papers", len(came))
        return len(came)

    def _one(self, store: Store, paper: Paper) -> str:
        upload = check(paper.name, paper.content)
        said = inbound_reader.filled(Said(), upload)
        try:
            with store.change(self.who, because="A paper came by itself") as change:
                return inbound.receive(change, upload=upload, said=said, title=paper.title, source=paper.source).id
        except Refused as refusal:
            raise UploadRefusedError("; ".join(issue.text for issue in refusal.issues)) from refusal

    def _refuse(self, store: Store, file: Path, why: str) -> None:
        """Kept aside first, told then: told twice is better than lost."""
        aside = self.path / "refused"
        aside.mkdir(mode=0o700, exist_ok=True)
        source, _ = _said(file)
        for each in (file, _about(file)):
            with suppress(FileNotFoundError):
                each.replace(aside / each.name)
        told = f"This came and could not be taken in. {why}\nIt lies in the folder for arrivals, under refused: {file.name}\n"
        note = Upload("could-not-be-taken-in.txt", "text/plain", told.encode())
        with store.change(self.who, because="A paper could not be taken in") as change:
            inbound.receive(change, upload=note, said=Said(), title=f"Could not be taken in: {file.name}"[:LONGEST], source=source)
        log.warning("a paper could not be taken in; it is kept aside")


def papers(file: Path) -> Iterator[Paper]:
    """What a file holds: itself, or the attachments of an e-mail (its text when it has none). Raises UploadRefusedError."""
    if file.stat().st_size > 2 * MOST_BYTES:
        raise UploadRefusedError(f"The file is larger than {2 * MOST_BYTES // 1_000_000} MB.")
    if file.suffix.lower() == ".eml":
        yield from _mail(file.read_bytes())
    else:
        yield Paper(file.name, file.read_bytes(), *_said(file))


def _mail(body: bytes) -> Iterator[Paper]:
    try:
        message = message_from_bytes(body, policy=policy.default)
        source, title = str(message.get("From", ""))[:LONGEST], str(message.get("Subject", ""))[:LONGEST]
        attached = [(str(part.get_filename() or "attachment"), part.get_payload(decode=True)) for part in message.iter_attachments()]
        text = message.get_body(("plain",))
        words = text.get_content().encode() if text else b""
    except (MessageError, LookupError, ValueError, AttributeError, TypeError, RecursionError) as error:  # nested without end, or no mail
        raise UploadRefusedError("The e-mail cannot be read.") from error
    found = [Paper(name, content, source, title) for name, content in attached if isinstance(content, bytes)]
    if not found and not words.strip():
        raise UploadRefusedError("The e-mail has neither an attachment nor a text.")
    yield from found or [Paper("message.txt", words, source, title)]


def _said(file: Path) -> tuple[str, str]:
    """Who sent a file and what it is, as the `.json` beside it says; nothing where there is none or it makes no sense."""
    said: object = None
    with suppress(OSError, ValueError, RecursionError):
        said = json.loads(_about(file).read_bytes())
    said = said if isinstance(said, dict) else {}
    return str(said.get("from") or "")[:LONGEST], str(said.get("title") or "")[:LONGEST]


def _about(file: Path) -> Path:
    return file.with_suffix(".json")


def _files(folder: Path) -> Iterator[Path]:
    """The papers in the folder: no folders, no links, nothing hidden or still being written, not what is said about them."""
    if not folder.is_dir():
        return
    for each in folder.iterdir():
        if (
            each.is_file()
            and not each.is_symlink()
            and not each.name.startswith(".")
            and each.suffix.lower() not in (".json", ".part", ".tmp")
        ):
            yield each
