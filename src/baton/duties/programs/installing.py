"""Bringing in packs without code: a folder is checked file by file, compared with what is installed, and put through the door.

Whoever is in a program goes on by the version they entered with (`states.program_of`); a house's own version of a program that comes
with Baton is left alone when Baton is brought up to date (`ground`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baton.duties import ground, reading
from baton.duties.programs import packs
from baton.duties.programs.pack_checks import SAME_VERSION, changed, lacking
from baton.duties.programs.packs import PROGRAM, Program
from baton.duties.programs.states import OPEN
from baton.fhir import query, validate
from baton.fhir import resource as fhir_resource
from baton.fhir.outcome import Bad, Issue, error
from baton.fhir.resource import Resource, reference_to
from baton.store import Invalid, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

KINDS = frozenset({"PlanDefinition", "CodeSystem", "ValueSet", "Questionnaire", "ActivityDefinition", "Library"})
"""What a pack may hold: definitions, nobody's record."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in a file of a pack: the element, and what it takes."""

    file: str
    element: str
    text: str


@dataclass(frozen=True, slots=True)
class Arriving:
    """A resource of a pack beside what is installed: `was` and `now` are versions ("" for none); `same` when nothing changes.

    For a program: how many are in it now and finish by their version, and phases and steps that come and go.
    """

    file: str
    reference: str
    title: str
    was: str
    now: str
    same: bool
    enrolled: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def read_folder(folder: Path) -> tuple[list[tuple[str, Resource]], list[Wrong]]:
    """The resources of a pack's folder with their files, and everything that is wrong with them."""
    found: list[tuple[str, Resource]] = []
    wrong: list[Wrong] = []
    paths = sorted(folder.glob("*.json"))
    if not paths:
        return [], [Wrong(str(folder), "", "There is no pack here: a pack is a folder of FHIR resources, one JSON file each.")]
    seen: dict[str, str] = {}
    for path in paths:
        try:
            resource = fhir_resource.parse(path.read_bytes())
        except Bad as bad:
            wrong += [Wrong(path.name, each.expression or "", each.text) for each in bad.issues]
            continue
        issues = list(_wrong(resource))
        name = str(resource.get("id", ""))
        if not issues and (other := seen.get(f"{resource['resourceType']}/{name}")):
            issues.append(error("duplicate", f"{other} holds the same resource.", f"{resource['resourceType']}.id"))
        wrong += [Wrong(path.name, each.expression or "", each.text) for each in issues]
        if not issues:
            seen[f"{resource['resourceType']}/{name}"] = path.name
            found.append((path.name, resource))
    return found, wrong


def _wrong(resource: Resource) -> Iterator[Issue]:
    issues = [each for each in validate.check(resource) if each.severity in ("error", "fatal")]
    yield from issues
    type_ = str(resource.get("resourceType", ""))
    if issues:
        return
    if type_ not in KINDS:
        yield error("not-supported", f"A pack holds {', '.join(sorted(KINDS))}; not a {type_}.", "resourceType")
    elif not resource.get("id"):
        yield error("required", "Each resource of a pack has an id, by which its next version is known.", f"{type_}.id")
    elif packs.code_of_program(resource):
        yield from lacking(resource)


def arriving(view: View, found: Sequence[tuple[str, Resource]]) -> tuple[list[Arriving], list[Wrong]]:
    """What installing these would change, and what the door would refuse because of what is installed."""
    rows, wrong = [], []
    with reading.seeing_all(view):
        for file, resource in found:
            before = reading.peek(view, reference_to(resource))
            rows.append(_beside(view, file, resource, before))
            clash = before is not None and before.get("version") == resource.get("version") and changed(before, resource)
            if clash and packs.code_of_program(resource):
                wrong.append(Wrong(file, "PlanDefinition.version", SAME_VERSION))
    return rows, wrong


def _beside(view: View, file: str, resource: Resource, before: Resource | None) -> Arriving:
    was, now = (packs.read(each) if each and packs.code_of_program(each) else None for each in (before, resource))
    parts = [set(_named(each)) if each else set() for each in (was, now)]
    return Arriving(
        file=file,
        reference=reference_to(resource),
        title=str(resource.get("title") or resource.get("name") or resource["id"]),
        was=str((before or {}).get("version", "-" if before else "")),
        now=str(resource.get("version", "-")),
        same=before is not None and ground.same(before, resource),
        enrolled=enrolled(view, now) if now else 0,
        added=tuple(sorted(parts[1] - parts[0])) if was else (),
        removed=tuple(sorted(parts[0] - parts[1])) if was else (),
    )


def enrolled(view: View, program: Program) -> int:
    """How many enrollments of a program are open."""
    asked = [("type", f"{PROGRAM}|{program.code}"), ("status", ",".join(OPEN)), ("_summary", "count")]
    return view.search(query.parse("EpisodeOfCare", asked)).total or 0


def _named(program: Program) -> Iterator[str]:
    for phase in program.phases:
        yield phase.code
        yield from (f"{phase.code}/{step.code}" for step in phase.steps)


def install(change: Change, folder: Path) -> list[Stored]:
    """Bring in a pack from a folder: what is new or changed, as new versions. Nothing the second time. Raises Invalid naming the files."""
    found, wrong = read_folder(folder)
    if wrong:
        raise Invalid([Issue("error", "invalid", f"{each.file}: {each.text}", each.element or None) for each in wrong])
    written: list[Stored] = []
    for file, resource in found:
        before = ground.present(change, resource)
        if before is not None and ground.same(before, resource):
            continue
        try:
            written.append(change.put(resource))
        except Invalid as refused:
            raise Invalid([Issue("error", each.code, f"{file}: {each.text}", each.expression) for each in refused.issues]) from None
    return written


def installed(view: View) -> list[tuple[Program, str, int]]:
    """Every program in use: with whoever publishes it, and how many are in it."""
    with reading.seeing_all(view):
        found: list[dict[str, Any]] = [each for each in view.find("PlanDefinition", status="active") if packs.code_of_program(each)]
        rows = [(program := packs.read(each), str(each.get("publisher", "")), enrolled(view, program)) for each in found]
    return sorted(rows, key=lambda row: row[0].code)
