"""Where each fact of a chart is from: who said it, when, and in which document on which page; and saying so where nobody has.

What the fact itself says of its origin is read from it; what a person adds is a `Provenance`: the informant, the document as its source
with the page, and who wrote that down. The latest counts, the earlier stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.patients import medicines
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension, has_code, target, text_of
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

KINDS: Final[Mapping[str, str]] = {
    "Condition": "problem",
    "AllergyIntolerance": "allergy",
    "MedicationRequest": "medicine",
    "MedicationStatement": "medicine",
    "Observation": "result",
}
"""The facts that are asked about, in the order they are shown."""
WHO: Final = ("asserter", "informationSource", "performer", "requester", "recorder")
WHEN: Final = ("recordedDate", "dateAsserted", "authoredOn", "issued", "effectiveDateTime", "onsetDateTime")
CITED: Final = ("derivedFrom", "supportingInformation", "evidence")
PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
PAGE: Final = f"{codes.P}/StructureDefinition/page"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
VOID: Final = ("entered-in-error", "cancelled")
LONGEST, MOST_PAGES, MOST_RESULTS = 120, 9999, 30


@dataclass(frozen=True, slots=True)
class Source:
    """One fact and where it is from. `document`: (id, title); `by`: who wrote down where it is from, when a person did."""

    fact: str
    kind: str
    text: str
    said_by: str
    when: date | None
    document: tuple[str, str] | None
    page: int | None
    by: str
    kept: datetime

    @property
    def known(self) -> bool:
        """Whether it is known who said it, or where it stands."""
        return bool(self.said_by or self.document)


def of_patient(view: View, *, patient: str) -> tuple[Source, ...]:
    """The facts of a patient (an id) with where each is from, those of which nobody knows it first. Raises NotFound."""
    view.get("Patient", patient)
    chart = view.compartment(patient, tuple(KINDS), per_type=200)
    facts = [each for type_ in KINDS for each in _facts(type_, chart.get(type_, ()))]
    said = _said(view, patient)
    titles = _titles(view, patient)
    found = [_source(view, each, said.get(f"{each['resourceType']}/{each['id']}"), titles) for each in facts]
    order = list(dict.fromkeys(KINDS.values()))
    return tuple(sorted(found, key=lambda each: (each.known, order.index(each.kind), each.text.casefold())))


def _facts(type_: str, several: Any) -> Iterator[Resource]:
    stands = [each for each in several if each.get("status") not in VOID and not _void(each)]
    if type_ == "Observation":  # what a questionnaire adds up to says itself where it is from
        stands = [each for each in stands if not any(has_code(one, CATEGORY, "survey") for one in each.get("category", ()))]
        stands = sorted(stands, key=lambda each: str(each.get("effectiveDateTime") or ""), reverse=True)[:MOST_RESULTS]
    yield from stands


def _void(fact: Resource) -> bool:
    return any(code in VOID for _, code in reading.codings(fact.get("verificationStatus")))


def _said(view: View, patient: str) -> dict[str, Resource]:
    """The latest word of a person on where each fact is from, by the fact."""
    found: dict[str, Resource] = {}
    for each in sorted(view.find("Provenance", patient=f"Patient/{patient}", _count=500), key=lambda one: str(one.get("recorded"))):
        if _agent(each, "informant") is not None or each.get("entity"):
            for one in each.get("target", ()):
                found[str(target(one))] = each
    return found


def _titles(view: View, patient: str) -> dict[str, str]:
    found = view.find("DocumentReference", patient=f"Patient/{patient}", _count=500)
    return {f"DocumentReference/{each['id']}": str(each.get("description") or text_of(each.get("type")) or "") for each in found}


def _agent(provenance: Resource, kind: str) -> Resource | None:
    who = (each["who"] for each in provenance.get("agent", ()) if has_code(each.get("type"), PARTICIPANT, kind))
    return next(who, None)


def _source(view: View, fact: Resource, said: Resource | None, titles: Mapping[str, str]) -> Source:
    named = (_agent(said, "informant") if said else None) or next((link for key in WHO if (link := _link(fact.get(key)))), {})
    entity: Resource = next(iter((said or {}).get("entity", ())), {})
    reference = target(entity.get("what")) or next((found for found in _cited(fact) if found.startswith("DocumentReference/")), None)
    document = (reference.partition("/")[2], titles[reference]) if reference and reference in titles else None
    when = next((found for key in WHEN if (found := reading.moment(fact.get(key), view.zone))), None)
    writer = (_agent(said, "enterer") if said else None) or {}
    kind = KINDS[fact["resourceType"]]
    text = medicines.name(fact) if kind == "medicine" else text_of(fact.get("code"))
    kept = reading.moment(fact["meta"]["lastUpdated"], view.zone) or view.now
    page = extension(entity, PAGE) if document else None
    name = str(named.get("display") or reading.name_of(view, str(target(named))) if named else "")
    return Source(
        f"{fact['resourceType']}/{fact['id']}", kind, text or "", name, local_day(when, view.zone) if when else None, document,
        int(page) if page else None, str(writer.get("display") or ""), kept,
    )  # fmt: skip


def _link(value: Any) -> Resource | None:
    several = value if isinstance(value, list) else [value] if value else []
    return next((each.get("actor", each) for each in several if isinstance(each, dict)), None)


def _cited(fact: Resource) -> Iterator[str]:
    for key in CITED:
        for each in fact.get(key, ()):
            for link in each.get("detail", [each]):
                if isinstance(link, dict) and (found := target(link)):
                    yield found


# --- saying so ------------------------------------------------------------------------------------------------------


def cite(change: Change, *, patient: str, fact: str, said_by: str = "", document: str = "", page: int | None = None) -> Stored:
    """Write down who said a fact ("Type/id"), and in which document (an id) of the same patient on which page it stands. Raises Invalid."""
    found = reading.maybe(change, fact) if fact.partition("/")[0] in KINDS else None
    if found is None or codes.patient_of(found) != f"Patient/{patient}":
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
    return change.put(
        {
            "resourceType": "Provenance",
            "target": [{"reference": fact}, {"reference": f"Patient/{patient}"}],
            "recorded": episodes.instant(change.now),
            "activity": codes.concept(codes.DATA_OPERATION, "UPDATE", "Its source was written down"),
            "agent": [*agents, {"type": codes.concept(PARTICIPANT, "enterer"), "who": who}],
            **({"entity": [entity]} if document else {}),
        }
    )
