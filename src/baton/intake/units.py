"""What goes in together: a transaction bundle whole, everything else in handfuls that can be taken apart again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from baton.fhir import bundle
from baton.fhir.bundle import Entry
from baton.fhir.outcome import Bad
from baton.intake.sources import Piece, Refusal

HANDFUL = 500
_OPENED = ("transaction", "batch", "collection", "searchset")


@dataclass(frozen=True, slots=True)
class Unit:
    """Entries of one file that go in as one change. When not `whole`, one refused entry does not keep the others out."""

    file: str
    whole: bool
    entries: tuple[Entry, ...]
    positions: tuple[str, ...]  # of each entry, as a person would look for it
    size: int  # bytes, for the progress bar
    targets: Mapping[str, str] = field(default_factory=dict)  # links already worked out, when this is a part of something larger

    @property
    def name(self) -> str:
        """The unit as a whole, as a person would look for it."""
        return self.positions[0].rpartition(", ")[0] or ("whole bundle" if self.positions[0].startswith("entry") else self.positions[0])

    def planned(self) -> Unit:
        """The same without the entries, once a plan holds what becomes of them."""
        return replace(self, entries=())

    def part(self, keep: Iterable[int], targets: Mapping[str, str]) -> Unit:
        """The same with only these entries (by place in `entries`)."""
        kept = tuple(keep)
        return Unit(self.file, self.whole, tuple(self.entries[i] for i in kept), tuple(self.positions[i] for i in kept), 0, targets)


def units(pieces: Iterable[Piece | Refusal]) -> Iterator[Unit | Refusal]:
    """What the documents of one file come to. Documents that are no resource come as a Refusal."""
    loose: list[tuple[Entry, str]] = []
    size, file = 0, ""
    for piece in pieces:
        if isinstance(piece, Refusal):
            yield piece
            continue
        document = piece.document
        if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
            yield _refuse(piece, "this is no FHIR resource: it has no resourceType")
        elif document["resourceType"] == "Bundle" and document.get("type") in _OPENED:
            yield from _bundle(piece)
        elif document["resourceType"] == "Bundle" and document.get("type") not in ("document", "message"):
            yield _refuse(piece, f"a Bundle of type {document.get('type')!r} cannot be loaded")
        else:
            loose.append((_single(document, len(loose)), piece.position))
            size += piece.size
        file = piece.source.name
        if len(loose) == HANDFUL:
            yield _unit(file, False, loose, size)
            loose, size = [], 0
    if loose:
        yield _unit(file, False, loose, size)


def _refuse(piece: Piece, reason: str) -> Refusal:
    return Refusal(piece.source.name, piece.position, reason)


def _single(resource: dict[str, Any], index: int) -> Entry:
    type_, id_ = resource["resourceType"], resource.get("id")
    url = f"{type_}/{id_}" if id_ else type_
    return Entry(index, None, resource, "PUT" if id_ else "POST", url, type_, id_, None)


def _unit(file: str, whole: bool, taken: Iterable[tuple[Entry, str]], size: int) -> Unit:
    entries, positions = zip(*taken, strict=True)
    return Unit(file, whole, tuple(entries), tuple(positions), size)


def _bundle(piece: Piece) -> Iterator[Unit | Refusal]:
    document, file = piece.document, piece.source.name
    whole = document["type"] == "transaction"
    within = "" if piece.position == "whole file" else f"{piece.position}, "
    try:
        entries = bundle.entries(document)
    except Bad as bad:
        for issue in bad.issues:
            yield Refusal(file, f"{within}{_entry_of(issue.expression)}", issue.text)
        if whole:
            return
        entries = _sensible(document)
    taken = [(entry, f"{within}entry {entry.index}") for entry in entries]
    reading = [(entry, position) for entry, position in taken if entry.method not in ("POST", "PUT")]
    for entry, position in reading:
        yield Refusal(file, position, f"a load only adds and updates; it cannot {entry.method} {entry.url}")
    if whole and reading:
        return
    # what a server said about a search (OperationOutcome) is not part of what it found
    taken = [each for each in taken if each not in reading and each[0].type != "OperationOutcome"]
    if taken:
        yield _unit(file, whole, taken, piece.size)


def _entry_of(expression: str | None) -> str:
    return (expression or "Bundle").replace("Bundle.entry[", "entry ").replace("]", "", 1).partition(".")[0]


def _sensible(document: dict[str, Any]) -> list[Entry]:
    """The entries of a batch that do make sense, one by one."""
    kept = []
    for index, entry in enumerate(document["entry"] if isinstance(document.get("entry"), list) else []):
        try:
            (taken,) = bundle.entries({**document, "entry": [entry]})
        except Bad:
            continue
        kept.append(replace(taken, index=index))
    return kept
