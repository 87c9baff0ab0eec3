"""Open Referral (HSDS 3) packages as rows: a folder or zip of CSV tables, or JSON with everything nested; each row knows where it stood."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baton.intake.sources import Refusal

TABLES = (
    "organizations", "locations", "services", "service_at_locations", "addresses", "phones", "schedules", "languages",
    "required_documents", "service_areas", "attributes", "taxonomy_terms", "cost_options", "accessibility",
)  # fmt: skip
"""The tables that are read; a package may hold others (contacts, funding, metadata), which are passed over."""
ALIASES = {
    "service_at_location": "service_at_locations",
    "services_at_location": "service_at_locations",
    "accessibilities": "accessibility",
}
PARENTS = {
    "organizations": "organization",
    "services": "service",
    "locations": "location",
    "service_at_locations": "service_at_location",
    "phones": "phone",
}
LARGEST = 512_000_000
"""Bytes of one table, unpacked."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it says (empty cells are left out), its file, and where in the file a person would look."""

    file: str
    position: str
    values: Mapping[str, Any]

    def get(self, name: str) -> str:
        """A cell as trimmed text; empty when there is none."""
        value = self.values.get(name)
        return "" if value is None or isinstance(value, dict | list) else str(value).strip()

    def refused(self, reason: str) -> Refusal:
        """The row as something that did not go in."""
        return Refusal(self.file, self.position, reason)


@dataclass(slots=True)
class Package:
    """The rows of a package by table, what could not be read, and how many bytes there were."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})
    refused: list[Refusal] = field(default_factory=list)
    files: int = 0
    size: int = 0


def read(path: Path) -> Package:
    """Everything in a folder, a zip or one JSON file. What cannot be read is in the package, never an exception."""
    package = Package()
    for name, body in _files(path, package):
        package.files += 1
        package.size += len(body)
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as wrong:
            package.refused.append(Refusal(name, f"byte {wrong.start}", "this is not UTF-8 text"))
            continue
        if name.lower().endswith(".csv"):
            _table(package, name, text)
        else:
            _json(package, name, text)
    if not package.files:
        package.refused.append(Refusal(str(path), "whole path", "there is no Open Referral package here: no CSV tables and no JSON"))
    return package


def table_of(name: str) -> str | None:
    """The table a file or an element is about; None for one that is not read."""
    stem = name.rpartition("/")[2].rpartition(".")[0].lower() if "." in name else name.lower()
    stem = ALIASES.get(stem, stem)
    return stem if stem in TABLES else None


def _files(path: Path, package: Package) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file() and _wanted(each.relative_to(path).as_posix()):
                yield from _one(each, each.relative_to(path).as_posix(), package)
    elif not path.exists():
        package.refused.append(Refusal(str(path), "whole path", "there is nothing here"))
        package.files += 1
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            for info in sorted(packed.infolist(), key=lambda each: each.filename):
                if info.is_dir() or not _wanted(info.filename):
                    continue
                if info.file_size > LARGEST:
                    package.refused.append(Refusal(info.filename, "whole file", "this is larger than 512 MB"))
                    continue
                try:
                    with packed.open(info) as opened:
                        body = opened.read(LARGEST + 1)
                except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as wrong:
                    package.refused.append(Refusal(info.filename, "whole file", f"cannot be unpacked: {wrong}"))
                    continue
                if len(body) > LARGEST:
                    package.refused.append(Refusal(info.filename, "whole file", "this is larger than 512 MB"))
                    continue
                yield info.filename, body
    else:
        yield from _one(path, path.name, package)


def _one(path: Path, name: str, package: Package) -> Iterator[tuple[str, bytes]]:
    try:
        if path.stat().st_size <= LARGEST:
            yield name, path.read_bytes()
            return
        package.refused.append(Refusal(name, "whole file", "this is larger than 512 MB"))
    except OSError as wrong:
        package.refused.append(Refusal(name, "whole file", f"cannot be read: {wrong.strerror}"))


def _wanted(name: str) -> bool:
    base = name.rpartition("/")[2].lower()
    if base.startswith((".", "_")) or "/__macosx/" in f"/{name.lower()}":
        return False
    return (base.endswith(".csv") and table_of(base) is not None) or (base.endswith(".json") and base != "datapackage.json")


def _table(package: Package, name: str, text: str) -> None:
    """One CSV table."""
    table = table_of(name)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if table is None:
        package.refused.append(Refusal(name, "whole file", "this is no table of Open Referral"))
        return
    if "id" not in [(each or "").strip() for each in reader.fieldnames or ()]:
        package.refused.append(Refusal(name, "line 1", "the table has no column 'id'"))
        return
    try:
        for cells in reader:
            position = f"line {reader.line_num}"
            if None in cells:
                package.refused.append(Refusal(name, position, "the row has more cells than the table has columns"))
                continue
            said = {(key or "").strip(): value for key, value in cells.items() if value not in (None, "")}
            if said:
                package.tables[table].append(Row(name, position, said))
    except csv.Error as wrong:
        package.refused.append(Refusal(name, f"line {reader.line_num}", f"this is no CSV from here on: {wrong}"))


def _json(package: Package, name: str, text: str) -> None:
    """One JSON document: a service, an organization, a page of them, or a list."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        package.refused.append(Refusal(name, "whole file", f"this is no JSON: {wrong}"))
        return
    if isinstance(document, dict) and isinstance(document.get("contents"), list):
        document = document["contents"]
    several = document if isinstance(document, list) else [document]
    guess = table_of(name)
    for number, each in enumerate(several):
        position = f"entry {number}" if isinstance(document, list) else "whole file"
        table = _kind(each, guess) if isinstance(each, dict) else None
        if table is None:
            package.refused.append(Refusal(name, position, "this is no service, organization or location of Open Referral"))
        else:
            _nested(package, name, position, table, each, {})


def _kind(document: Mapping[str, Any], guess: str | None) -> str | None:
    """Which table a JSON object belongs to."""
    if guess:
        return guess
    if "location_type" in document:
        return "locations"
    if "status" in document and "name" in document:
        return "services"
    if "service" in document or ("location" in document and "id" in document):
        return "service_at_locations"
    if {"id", "name"} <= document.keys() and ("description" in document or "services" in document):
        return "taxonomy_terms" if "taxonomy" in document or "term_uri" in document or "taxonomy_detail" in document else "organizations"
    return None


def _nested(package: Package, file: str, position: str, table: str, document: Mapping[str, Any], above: Mapping[str, str]) -> None:
    """A JSON object and everything inside it, each as a row of its own table that names what it belongs to."""
    own = {key: value for key, value in document.items() if not isinstance(value, dict | list) and value not in (None, "")}
    values: dict[str, Any] = {**above, **own}
    id_ = str(values.get("id") or "")
    below = {f"{PARENTS[table]}_id": id_} if table in PARENTS else {}
    for single in ("organization", "location", "service", "taxonomy_term"):
        child = document.get(single)
        if isinstance(child, dict):
            values.setdefault(f"{single}_id", child.get("id"))
            _nested(package, file, f"{position}, {single}", f"{single}s", child, {})
    package.tables[table].append(Row(file, position, values))
    for name, children in document.items():
        inside = table_of(name)
        if not isinstance(children, list) or inside is None:
            continue
        for number, child in enumerate(children):
            if isinstance(child, dict):
                links = {"link_id": id_, "link_entity": PARENTS.get(table, table)} if inside == "attributes" else below
                _nested(package, file, f"{position}, {name}[{number}]", inside, child, links)
