"""Loading an Open Referral directory through the door, again and again with the same result; what is amiss is named by row."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from baton.duties.community import directory
from baton.fhir.bundle import Entry
from baton.fhir.resource import Resource
from baton.intake import hsds_rows, hsds_services
from baton.intake.bulk import Report
from baton.intake.hsds_fhir import Made
from baton.intake.known import Known
from baton.intake.progress import Progress
from baton.intake.units import HANDFUL, Unit
from baton.intake.write import write
from baton.store import Store, View, Who

AT_ONCE = 100


def load(store: Store, who: Who, path: str | Path, *, progress: bool = False) -> Report:
    """Load the directory behind a path: a folder or zip of CSV tables, or JSON. What cannot go in is in the report, never an exception."""
    started = time.monotonic()
    package = hsds_rows.read(Path(path))
    made, refused = hsds_services.resources(package, store.zone)
    report = Report(files=package.files, refused=refused)
    known = Known()
    with Progress("Loading", len(made), shown=progress) as shown:
        for handful in _handfuls(made):
            tally = write(store, who, known, _unit(_remembered(store, who, handful)), last=True)
            report.added += tally.added
            report.changed += tally.changed
            report.unchanged += tally.unchanged
            report.refused += tally.refused
            report.resources += len(handful)
            shown.add(len(handful), len(handful))
    report.seconds = time.monotonic() - started
    return report


def _handfuls(made: Sequence[Made]) -> Iterator[list[Made]]:
    """In order, some hundred of one file together."""
    several = iter(made)
    while handful := list(islice(several, HANDFUL)):
        yield from ([each for each in handful if each.row.file == file] for file in dict.fromkeys(each.row.file for each in handful))


def _unit(made: Sequence[Made]) -> Unit:
    entries = tuple(
        Entry(
            number,
            None,
            each.resource,
            "PUT",
            f"{each.resource['resourceType']}/{each.resource['id']}",
            each.resource["resourceType"],
            each.resource["id"],
            None,
        )
        for number, each in enumerate(made)
    )
    return Unit(made[0].row.file, False, entries, tuple(each.row.position for each in made), 0)


def _remembered(store: Store, who: Who, made: Sequence[Made]) -> list[Made]:
    """With what the house has learnt about its services since they were last loaded: whether there is room."""
    services = [str(each.resource["id"]) for each in made if each.resource["resourceType"] == "HealthcareService"]
    learnt: dict[str, list[Resource]] = {}
    if services:
        with store.view(who) as view:
            for found in _there(view, services):
                learnt[str(found["id"])] = [each for each in found.get("extension", ()) if each.get("url") in directory.OURS]
    return [Made(each.row, _with(each.resource, learnt.get(str(each.resource["id"]), []))) for each in made]


def _there(view: View, ids: Sequence[str]) -> Iterator[Resource]:
    for start in range(0, len(ids), AT_ONCE):
        yield from view.find("HealthcareService", _id=",".join(ids[start : start + AT_ONCE]))


def _with(resource: Resource, extensions: Iterable[Resource]) -> Resource:
    added = [*resource.get("extension", ()), *extensions]
    return {**resource, "extension": added} if added else resource
