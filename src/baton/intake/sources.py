"""Files to load, whatever their shape: found, looked through once to know what is in them, and read piece by piece.

A first look streams through each file without parsing it, so that an order can be worked out at any size in constant memory.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from baton.fhir import resource
from baton.fhir.outcome import Bad

SUFFIXES = (".json", ".ndjson", ".jsonl")
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_CHUNK = 1 << 20
_OVERLAP = 64


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that did not go in: where it stands and why."""

    file: str
    position: str  # "entry 17" (from 0, as in Bundle.entry[17]), "line 3" (from 1), or "whole file"
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file that can be read, and what the first look saw in it."""

    name: str  # as the person gave it; "-" for standard input
    path: Path
    lines: bool  # NDJSON: one resource a line
    types: frozenset[str]
    size: int  # bytes, unpacked
    resources: int  # how often a resourceType was seen: an estimate, for the progress bar


@dataclass(frozen=True, slots=True)
class Piece:
    """One JSON document of a source: a whole file, or one line of an NDJSON file."""

    source: Source
    position: str
    document: dict[str, Any]
    size: int


class UnreadableError(Exception):
    """A file cannot be read; the message says why in one sentence."""


def find(paths: Iterable[str | Path], kept: Path) -> Iterator[Source | Refusal]:
    """Every file behind the given paths, looked through once. Folders are searched for .json, .ndjson, .jsonl and the same with .gz.

    Standard input ("-") is first kept as a file in the folder `kept`, because it can only be read once.
    """
    seen: set[Path] = set()
    for given in paths:
        if str(given) == "-":
            yield _look("-", _keep(sys.stdin.buffer, kept))
            continue
        path = Path(given)
        found = 0
        for file in _files(path):
            found += 1
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield _look(str(file), file)
        if not found:
            reason = "the folder holds no .json or .ndjson file" if path.is_dir() else "there is no such file"
            yield Refusal(str(given), "whole file", reason)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        if path.exists():
            yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().removesuffix(".gz").endswith(SUFFIXES):
                yield Path(folder) / name


def _keep(stream: IO[bytes], kept: Path) -> Path:
    with tempfile.NamedTemporaryFile(dir=kept, delete=False) as file:
        shutil.copyfileobj(stream, file, _CHUNK)
    return Path(file.name)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file, unpacked on the way when its first bytes say gzip. Raises UnreadableError for whatever goes wrong while reading."""
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            with gzip.GzipFile(fileobj=raw) if packed else raw as file:
                yield file  # type: ignore[misc]
    except EOFError as error:
        raise UnreadableError("the gzip data ends too early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableError(f"the gzip data is damaged ({error})") from error
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror or error})") from error


def _look(name: str, path: Path) -> Source | Refusal:
    try:
        with _opened(path) as file:
            lines = _is_lines(path, file)
        with _opened(path) as file:
            types, size, count = _survey(file)
    except UnreadableError as error:
        return Refusal(name, "whole file", str(error))
    if not size:
        return Refusal(name, "whole file", "the file is empty")
    return Source(name, path, lines, types, size, count)


def _is_lines(path: Path, file: IO[bytes]) -> bool:
    if path.name.lower().removesuffix(".gz").endswith((".ndjson", ".jsonl")):
        return True
    first = file.readline().strip()
    while not first:
        line = file.readline()
        if not line:
            return False
        first = line.strip()
    if not (first.startswith(b"{") and first.endswith(b"}")):
        return False
    return any(line.strip().startswith(b"{") for line in iter(file.readline, b""))


def _survey(file: IO[bytes]) -> tuple[frozenset[str], int, int]:
    types: set[bytes] = set()
    size = count = 0
    tail = b""
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        found = _TYPE.findall(tail + chunk)
        count += len(found)
        types.update(found)
        tail = chunk[-_OVERLAP:]
        if (last := tail.rfind(b'"resourceType"')) >= 0 and _TYPE.match(tail, last):
            tail = tail[last + 16 :]  # already counted
    return frozenset(name.decode() for name in types), size, count


def read(source: Source) -> Iterator[Piece | Refusal]:
    """The documents of a source, one after the other; what cannot be read comes as a Refusal in its place."""
    try:
        with _opened(source.path) as file:
            if source.lines:
                yield from _lines(source, file)
            else:
                yield _document(source, "whole file", file.read())
    except UnreadableError as error:
        yield Refusal(source.name, "whole file", str(error))


def _lines(source: Source, file: IO[bytes]) -> Iterator[Piece | Refusal]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            yield _document(source, f"line {number}", line)


def _document(source: Source, position: str, text: bytes) -> Piece | Refusal:
    start = text[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return Refusal(source.name, position, "this is XML; only JSON can be loaded")
    try:
        document = resource.parse(text.removeprefix(b"\xef\xbb\xbf"))
    except Bad as bad:
        return Refusal(source.name, position, "; ".join(issue.text for issue in bad.issues))
    return Piece(source, position, document, len(text))
