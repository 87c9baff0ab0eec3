"""Builds src/baton/fhir/data from the published R4 definitions: python scripts/build_definitions.py FOLDER [INTO]

FOLDER holds HL7's R4 4.0.1 definitions (CC0): r4-definitions.tar.gz, search-parameters.json.gz, compartmentdefinition-patient.json.
Same input, same bytes. Two files come out: shapes.json.gz (what each type is made of) and search.json.gz (what can be searched, and where
it lies in the JSON). Nothing in them is typed by hand.
"""

import gzip
import json
import sys
import tarfile
from pathlib import Path

from definitions_search import search_parameters
from definitions_shapes import Builder

DATA = Path(__file__).resolve().parent.parent / "src" / "baton" / "fhir" / "data"


def main(folder: Path, into: Path = DATA) -> None:
    with tarfile.open(folder / "r4-definitions.tar.gz") as archive:
        types, resources, valuesets, expansions = (
            resources_of(archive, name)
            for name in ("profiles-types.json", "profiles-resources.json", "valuesets.json", "Bundle-valueset-expansions.json")
        )
    builder = Builder(types, resources, valuesets, expansions)
    shapes = builder.build()
    with gzip.open(folder / "search-parameters.json.gz") as stream:
        parameters = [entry["resource"] for entry in json.load(stream)["entry"]]
    compartment = json.loads((folder / "compartmentdefinition-patient.json").read_bytes())
    search = {
        "parameters": search_parameters(parameters, shapes),
        "compartments": {"Patient": {each["code"]: each["param"] for each in compartment["resource"] if each.get("param")}},
    }
    into.mkdir(parents=True, exist_ok=True)
    for name, content in (("shapes", shapes), ("search", search)):
        written = gzip.compress(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode(), 9, mtime=0)
        (into / f"{name}.json.gz").write_bytes(written)
        print(f"{name}.json.gz {len(written):,} bytes")
    for note in builder.notes:
        print(note)


def resources_of(archive: tarfile.TarFile, name: str) -> list[dict]:
    stream = archive.extractfile(f"./{name}")
    if stream is None:
        raise SystemExit(f"{name} is not in the archive")
    return [entry["resource"] for entry in json.load(stream)["entry"]]


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        raise SystemExit(__doc__)
    main(*map(Path, sys.argv[1:]))
