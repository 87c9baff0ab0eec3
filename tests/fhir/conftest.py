"""Real records to test against, where they lie beside the checkout; a bare clone skips those tests."""

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Properties are about what holds, not about how fast a busy machine finds it out.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def _folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no ../shared/data/{name} beside this checkout")
    return folder


@pytest.fixture(scope="session")
def official_examples() -> dict[str, bytes]:
    """HL7's published R4 examples: "Type/file name" → JSON text."""
    with tarfile.open(_folder("fhir-examples") / "r4-official.tar.gz") as archive:
        files = [each for each in archive if each.isfile() and each.name.endswith(".json")]
        return {each.name.partition("/")[2]: archive.extractfile(each).read() for each in files}  # type: ignore[union-attr]


@pytest.fixture(scope="session")
def synthea() -> list[dict[str, Any]]:
    """Every resource of the synthetic patients and the hospitals they refer to."""
    files = sorted(_folder("synthea").glob("*.json.gz"))
    return [entry["resource"] for file in files for entry in json.loads(gzip.decompress(file.read_bytes()))["entry"]]
