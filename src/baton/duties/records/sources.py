"""Where each fact of a chart is from: who said it and when, through which entrance it came, on which page of which document it stands.

What a fact says of its origin is read from it; what a person adds is a `Provenance` (`cite`), and the latest counts. Where neither says
anything, whoever wrote it here said it, unless a program did: then nobody knows. A page is a handful of questions, however long the chart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from baton.duties import codes, reading
from baton.duties.contact import safe_contact
from baton.duties.names import names_of
from baton.duties.promises import refuse
from baton.duties.records import fact_kinds, person_facts
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension, has_code, human_name, target
from baton.rules.calendar import local_day
from baton.store import NotFound, facts
from baton.store.codes import key64
from baton.store.index import index

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
PAGE: Final = f"{codes.P}/StructureDefinition/page"
PATH: Final = "http://hl7.org/fhir/StructureDefinition/targetPath"
"""Of a Provenance.target: the one element of the resource that it is about."""
LONGEST, MOST_PAGES, MOST_SAID, ROWS = 120, 9999, 1000, 100
NAMED: Final = ("RelatedPerson", "PractitionerRole", "Device", "Patient")
_FILE, _APP = re.compile(r"Load (file \w+)"), re.compile(r" through (\S+)$")


@dataclass(frozen=True, slots=True)
class Came:
    """One writing: when, by whom (a name, "" of a program), through which entrance (desk, portal, api, load, worker, cli, demo).

    `mark` tells which file was loaded ("file 3fa9…", of its name) or which app acted; "" where there was none.
    """

    at: datetime
    by: str
    entrance: str
    mark: str
    program: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One fact ("Type/id"; of the Patient "Patient/id#element") and where it is from.

    `how` is the element that names who said it (asserter, performer …), "informant" when a person wrote that down later, "author" of
    somebody else's Provenance, "here" when it is who wrote it here. `document`: ("Type/id", title). `by`: who wrote down where it is from.
    """

    fact: str
    kind: str
    text: str
    said_by: str
    how: str
    when: date | None
    document: tuple[str, str] | None
    page: int | None
    by: str
    first: Came
    last: Came
    taken_back: bool = False

    @property
    def known(self) -> bool:
        """Whether it is known who said it, or where it stands."""
        return bool(self.said_by or self.document)

    @property
    def paper(self) -> str:
        """The id of the document on file it stands in; "" where it stands in none, or in answers."""
        type_, _, id_ = self.document[0].partition("/") if self.document else ("", "", "")
        return id_ if type_ == "DocumentReference" else ""

    @property
    def changed(self) -> bool:
        """Whether it was written again after it came."""
        return self.last.at != self.first.at

    @property
    def part(self) -> str:
        """The element of the Patient it is; "" of any other fact."""
        return self.fact.partition("#")[2]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of facts; how many there are of each kind, of how many nobody knows it (None: not asked), and how many were asked for."""

    rows: tuple[Source, ...]
    kinds: Mapping[str, int]
    unknown: int | None
    total: int


def listed(view: View, *, patient: str, kind: str = "", unknown: bool = False, start: int = 0, limit: int = ROWS) -> Listed:
    """The facts of a patient (an id) from one row on: of one kind, or those of which nobody knows where they are from. Raises NotFound.

    How many those are is told where they were asked for, and on the first page of all: every body is looked into for it.
    """
    person = view.get("Patient", patient)
    every = unknown or not (kind or start)
    counted = facts.counted(view, patient, fact_kinds.KINDS, fact_kinds.SAYS if every else None)
    said = _said(view, patient=f"Patient/{patient}") if counted.unsaid or kind in ("", fact_kinds.PERSON) else {}
    theirs = _of_person(view, person, said)
    unsaid = [each for each in counted.unsaid if each not in said]
    kinds = {fact_kinds.PERSON: len(theirs), **{each.name: counted.kinds.get(each.name, 0) for each in fact_kinds.KINDS}}
    unheard = [each for each in theirs if not each.known]
    first = [] if kind not in ("", fact_kinds.PERSON) else unheard if unknown else theirs
    rows = first[start : start + limit]
    if kind != fact_kinds.PERSON and len(rows) < limit and (unsaid or not unknown):
        more = slice(max(0, start - len(first)), max(0, start - len(first)) + limit - len(rows))
        if unknown:
            found = facts.page(view, patient, fact_kinds.KINDS, named=unsaid[more], limit=limit)
        else:
            found = facts.page(view, patient, fact_kinds.KINDS, only=[kind] if kind else None, start=more.start, limit=limit - len(rows))
        rows += _sources(view, person, found)
    total = len(unsaid) + len(unheard) if unknown else kinds.get(kind, 0) if kind else sum(kinds.values())
    return Listed(tuple(rows), kinds, len(unsaid) + len(unheard) if every else None, total)


def one(view: View, *, patient: str, fact: str) -> tuple[Source, tuple[Came, ...]]:
    """One fact with where it is from, and every writing of it, the newest first. Raises NotFound."""
    name, _, part = fact.partition("#")
    type_, _, id_ = name.partition("/")
    person = view.get("Patient", patient)
    if type_ == "Patient":
        found = [each for each in _of_person(view, person, _said(view, patient=f"Patient/{patient}")) if each.part == part]
    else:
        found = _sources(view, person, facts.page(view, patient, fact_kinds.KINDS, named=[name], limit=1))
    if not found or (type_ == "Patient" and id_ != patient):
        raise NotFound(f"There is no {fact}.")
    written = facts.versions(view, patient, type_, id_)
    names = _names(view, person, (each.who for _, _, each in written))
    if part:  # the versions in which this part was written
        steps = [(person_facts.parts(body or {}).get(part), each) for _, body, each in written]
        turns = [each for (value, each), (before, _) in zip(steps, [*steps[1:], (None, None)], strict=True) if value != before]
        return found[0], tuple(_came(each, names, view.zone) for each in turns)
    return found[0], tuple(_came(each, names, view.zone) for _, _, each in written)


def _of_person(view: View, person: Resource, said: Mapping[str, Resource]) -> list[Source]:
    """The elements of the Patient, each with the version it has stood in since."""
    name = f"Patient/{person['id']}"
    versions = facts.versions(view, str(person["id"]), "Patient", str(person["id"]))
    names = _names(view, person, (each.who for _, _, each in versions), said.values())
    shown = safe_contact.without_ruled_out(safe_contact.wanted_of(view, name), person)
    out = []
    for part, (first, last) in person_facts.since(versions).items():
        words = said.get(f"{name}#{part}") or said.get(name)
        out.append(_source(view, f"{name}#{part}", fact_kinds.PERSON, person_facts.text(shown, part), None, words, first, last, names, {}))
    return out


def _sources(view: View, person: Resource, found: Sequence[facts.Fact]) -> list[Source]:
    """Facts with where they are from: all that is told about them asked for together."""
    if not found:
        return []
    references = [f"{each.resource['resourceType']}/{each.resource['id']}" for each in found]
    said = _said(view, target=",".join(references))
    links = [link for each in found for _, link in list(fact_kinds.named(each.resource))[:1]]
    writers = (who for each in found for who in (each.first.who, each.last.who))
    names = _names(view, person, [*writers, *(str(target(each)) for each in links if not each.get("display"))], said.values())
    papers = {reference for each in said.values() if (reference := _paper(each))} | {
        reference for each in found if (reference := fact_kinds.cited(each.resource))
    }
    titles = {
        reference: fact_kinds.text(paper)
        for type_ in fact_kinds.PAPERS
        for reference, paper in reading.several(view, type_, papers).items()
        if codes.patient_of(paper) == f"Patient/{person['id']}"
    }
    return [
        _source(view, name, each.kind, fact_kinds.text(each.resource), each.resource, said.get(name), each.first, each.last, names, titles)
        for name, each in zip(references, found, strict=True)
    ]


def _source(
    view: View, name: str, kind: str, text: str, fact: Resource | None, said: Resource | None,
    first: facts.Written, last: facts.Written, names: Mapping[str, str], titles: Mapping[str, str],
) -> Source:  # fmt: skip
    came = _came(first, names, view.zone)
    how, link = _who(fact, said)
    said_by = str(link.get("display") or names.get(str(target(link)), "")) if link else ""
    if not said_by and not came.program:
        how, said_by = "here", came.by
    entity: Resource = next(iter(said.get("entity", ())), {}) if said else {}
    reference = target(entity.get("what")) or (fact_kinds.cited(fact) if fact else None)
    document = (reference, titles[reference]) if reference and reference in titles else None
    stated = reading.moment(fact_kinds.when(fact), view.zone) if fact else None
    writer = (_agent(said, "enterer") if said else None) or {}
    page = extension(entity, PAGE) if document else None
    return Source(
        name, kind, text, said_by, how if said_by else "", local_day(stated, view.zone) if stated else None, document,
        int(page) if page else None, str(writer.get("display") or ""), came, _came(last, names, view.zone),
        fact is not None and fact_kinds.taken_back(fact),
    )  # fmt: skip


def _who(fact: Resource | None, said: Resource | None) -> tuple[str, Resource | None]:
    """Who said it, and which element names them: a person's later word, else the fact's own, else what came along with it."""
    if said is not None and (told := _agent(said, "informant")):
        return "informant", told
    if fact is not None and (own := next(fact_kinds.named(fact), None)):
        return own
    if said is None:
        return "", None
    agents = sorted(said.get("agent", ()), key=lambda each: not has_code(each.get("type"), None, "author"))
    return "author", next((each["who"] for each in agents if "who" in each and not has_code(each.get("type"), None, "enterer")), None)


def _said(view: View, **asked: str) -> dict[str, Resource]:
    """The latest word on where each fact is from, by the fact: a person's before what came along with it."""
    found: dict[str, Resource] = {}
    several = view.find("Provenance", **asked, _sort="-recorded", _count=MOST_SAID)
    for each in sorted(several, key=lambda one: (_by_a_person(one), str(one.get("recorded")))):
        if not _tells(each):
            continue
        for one in each.get("target", ()):
            name, path = str(target(one)), extension(one, PATH)
            if path:
                found[f"{name}#{str(path).partition('.')[2]}"] = each
            elif not (name.startswith("Patient/") and len(each["target"]) > 1 and _by_a_person(each)):  # else: whose fact it is
                found[name] = each
    return found


def _by_a_person(provenance: Resource) -> bool:
    return _agent(provenance, "informant") is not None or _agent(provenance, "enterer") is not None


def _tells(provenance: Resource) -> bool:
    """Whether it tells of an origin, not that somebody put a second name under it."""
    return _agent(provenance, "verifier") is None


def _agent(provenance: Resource, kind: str) -> Resource | None:
    return next((each["who"] for each in provenance.get("agent", ()) if has_code(each.get("type"), PARTICIPANT, kind)), None)


def _paper(provenance: Resource) -> str | None:
    return next((target(each.get("what")) for each in provenance.get("entity", ())), None)


def _names(view: View, person: Resource, references: Iterable[str], said: Iterable[Resource] = ()) -> dict[str, str]:
    """What those are called who wrote or said something."""
    more = (str(target(each.get("who"))) for one in said for each in one.get("agent", ()) if not each.get("who", {}).get("display"))
    wanted = {*references, *more} - {codes.HUB}
    found = {codes.HUB: "Baton", f"Patient/{person['id']}": human_name(person), **names_of(view, wanted)}
    for type_ in NAMED:
        for reference, each in reading.several(view, type_, wanted - set(found)).items():
            device = str(next((one["name"] for one in each.get("deviceName", ())), ""))
            found[reference] = device or str(each.get("practitioner", {}).get("display") or "") or human_name(each)
    return found


def _came(written: facts.Written, names: Mapping[str, str], zone: ZoneInfo) -> Came:
    program = written.who.startswith("Device/")
    app = _APP.search(written.because) if written.entrance == "api" else None
    mark = _FILE.match(written.because) if written.entrance == "load" else app
    by = names.get(written.on_behalf_of or written.who, "")
    return Came(written.at.astimezone(zone), by, written.entrance, mark[1] if mark else "", program)


# --- saying so ------------------------------------------------------------------------------------------------------


def _held(change: Change, patient: str, name: str, part: str) -> Resource | None:
    """The resource that holds this fact of a patient's chart, where who says so may see it."""
    person = reading.peek(change, f"Patient/{patient}")
    if person is None or part:
        return person if person and name == f"Patient/{patient}" and part in person_facts.parts(person) else None
    found = reading.maybe(change, name) if name.partition("/")[0] in {each.type for each in fact_kinds.KINDS} else None
    return found if found and index(found, change.zone).patient == key64(f"Patient/{patient}") else None


def cite(change: Change, *, patient: str, fact: str, said_by: str = "", document: str = "", page: int | None = None) -> Stored:
    """Write down who said a fact ("Type/id", "Patient/id#element"), and in which document (an id) of the patient it stands on which page.

    Raises Invalid.
    """
    name, _, part = fact.partition("#")
    held = _held(change, patient, name, part)
    if held is None:
        raise refuse("There is no such fact in this chart.", "Provenance.target")
    said_by = " ".join(said_by.split())
    if not said_by and not document:
        raise refuse("Say who said it, or in which document it stands.", "Provenance.agent")
    if len(said_by) > LONGEST:
        raise refuse("Say it in fewer words.", "Provenance.agent")
    paper = reading.maybe(change, f"DocumentReference/{document}") if document else None
    if document and (paper is None or codes.patient_of(paper) != f"Patient/{patient}"):
        raise refuse("That document is not of this patient.", "Provenance.entity.what")
    if page is not None and (paper is None or not 1 <= page <= MOST_PAGES):
        raise refuse("Say the page of the document as a number.", "Provenance.entity")
    who = codes.reference_to(change.who.person, change.who.name)
    agents = [{"type": codes.concept(PARTICIPANT, "informant"), "who": {"display": said_by}}] if said_by else []
    entity: Resource = {"role": "source", "what": {"reference": f"DocumentReference/{document}"}}
    entity |= {"extension": [{"url": PAGE, "valuePositiveInt": page}]} if page else {}
    about: list[Resource] = [{"reference": name}, {"reference": f"Patient/{patient}"}]
    if part:
        about = [{"reference": name, "extension": [{"url": PATH, "valueString": f"Patient.{part}"}]}]
    return change.put(
        {
            "resourceType": "Provenance",
            **codes.labelled_as(held),
            "target": about,
            "recorded": episodes.instant(change.now),
            "activity": codes.concept(codes.DATA_OPERATION, "UPDATE", "Its source was written down"),
            "agent": [*agents, {"type": codes.concept(PARTICIPANT, "enterer"), "who": who}],
            **({"entity": [entity]} if document else {}),
        }
    )
