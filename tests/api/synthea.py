"""The shared Synthea bundles beside the checkout, for tests that skip where they are absent."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SYNTHEA = DATA / "synthea"
EXAMPLES = DATA / "fhir-examples" / "r4-official.tar.gz"


def bundle_files() -> list[Path]:
    """The bundles in the order they must be loaded: hospitals, practitioners, patients."""
    found = sorted(SYNTHEA.glob("*.json.gz"))
    return sorted(found, key=lambda path: (not path.name.startswith("00_0-hospital"), not path.name.startswith("00_0"), path.name))


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def official_examples() -> list[tuple[str, bytes]]:
    """Every official R4 example: its name and its text."""
    with tarfile.open(EXAMPLES) as archive:
        return [(member.name, io.BufferedReader(archive.extractfile(member)).read()) for member in archive if member.name.endswith(".json")]  # type: ignore[arg-type]


def comparable(text: bytes | str) -> Any:
    """A resource as it must come back: numbers as written, without what the server sets."""
    return without_ours(marked(text))


def marked(text: bytes | str) -> Any:
    """JSON with every number as the digits it was written in."""
    return json.loads(text, parse_float=lambda digits: f"number {digits}", parse_int=lambda digits: f"number {digits}")


def without_ours(resource: dict[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in resource.get("meta", {}).items() if key not in ("versionId", "lastUpdated")}
    rest = {key: value for key, value in resource.items() if key not in ("id", "meta")}
    return {**rest, "meta": meta} if meta else rest
