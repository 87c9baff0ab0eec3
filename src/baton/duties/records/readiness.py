"""Ready for the visit: what must be in the chart before it, what is there, too old, asked for or missing; asked for in one click.

Worked out from the chart each time; nothing about it is kept but the promise that what is missing will be there (`readiness_promises`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, parties, reading
from baton.duties.patients import chart_parts, identity
from baton.duties.privacy import slips
from baton.duties.privacy.decisions import Recipient
from baton.duties.privacy.slips import Slip
from baton.duties.records import records
from baton.duties.records.states import OPEN, items_of, state_of
from baton.duties.today.rows import Identity
from baton.duties.transitions.happenings import patients_of
from baton.fhir.resource import Resource, target, text_of
from baton.rules import readiness as rules
from baton.rules.calendar import end_of_day, local_day
from baton.rules.readiness import Checklist, Item
from baton.store import Invalid, View

if TYPE_CHECKING:
    from baton.store import Change

CHART: Final = (
    "DocumentReference", "Observation", "DiagnosticReport", "ImagingStudy", "List", "MedicationStatement", "MedicationRequest", "Coverage",
    "Consent", "CommunicationRequest", "Encounter",
)  # fmt: skip
LOOKED_FOR: Final = ("DocumentReference", "Observation", "DiagnosticReport", "ImagingStudy", "List", "MedicationStatement", "Coverage")
"""The types in which what a list asks for is found."""
STATUSES: Final = "booked"
DAYS: Final = 14
MOST: Final = 60
US: Final = "us"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing of the list: whether it is here (have, old, asked or missing), what it is, of when, and whom it is asked of."""

    item: Item
    standing: str
    reference: str | None = None
    when: date | None = None
    source: Recipient | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A coming visit and how ready its chart is."""

    id: str
    patient: Identity
    what: str
    start: datetime
    checklist: Checklist
    found: tuple[Found, ...]
    start_as_written: str = ""

    @property
    def have(self) -> int:
        """How many things are there."""
        return sum(each.standing == "have" for each in self.found)

    @property
    def ready(self) -> bool:
        """Whether all are."""
        return self.have == len(self.found)

    @property
    def lacking(self) -> tuple[Found, ...]:
        """What is not there, asked for or not."""
        return tuple(each for each in self.found if each.standing != "have")

    @property
    def to_ask(self) -> tuple[Found, ...]:
        """What is missing or too old, nobody was asked for, and somebody else has."""
        return tuple(each for each in self.found if each.standing in ("missing", "old") and each.source is not None)


def words_of(appointment: Mapping[str, Any]) -> str:
    """What a visit is for, as far as it says."""
    concepts = [*appointment.get("serviceType", ()), *appointment.get("specialty", ()), *appointment.get("reasonCode", ())]
    said = [text_of(each) for each in concepts] + [str(appointment.get("description", ""))]
    return " · ".join(dict.fromkeys(each for each in said if each))


def asks(view: View, appointment: Resource) -> bool:
    """Whether a visit asks anything of the chart."""
    return bool(patients_of(appointment) and rules.checklist(words_of(appointment), local_day(view.now, view.zone)).items)


def of_appointment(view: View, appointment: Resource, listed_with: Mapping[str, Resource] | None = None) -> Visit | None:
    """How ready the chart is for one visit; None for a visit of nobody, or that asks nothing. Raises NotFound when not theirs to see.

    `listed_with`: where it is a row of a list, the patients of that list by reference.
    """
    patient, start = next(iter(patients_of(appointment)), None), reading.moment(appointment.get("start"), view.zone)
    if patient is None or start is None:
        return None
    day, words = local_day(start, view.zone), words_of(appointment)
    listed = rules.checklist(words, local_day(view.now, view.zone))
    if not listed.items:
        return None
    id_ = patient.partition("/")[2]
    chart = view.compartment(id_, CHART, listing=listed_with is not None)
    person = view.get("Patient", id_) if listed_with is None else listed_with[patient]
    asked = {item for each in chart["CommunicationRequest"] if state_of(each) in OPEN for item in items_of(each)}
    found = tuple(_found(view, each, chart, day, asked, person) for each in listed.items)
    who = identity.identity(person, local_day(view.now, view.zone))
    return Visit(str(appointment["id"]), who, words, start, listed, found, str(appointment.get("start")))


def _found(view: View, item: Item, chart: Mapping[str, list[Resource]], visit: date, asked: set[str], person: Resource) -> Found:
    newest = max(EVIDENCE[item.kind](item, chart, view), default=None)
    if newest is not None and rules.fresh(item.days, newest[0], visit):
        return Found(item, "have", newest[1], newest[0])
    source = None if item.source == US else _source(view, item.source, chart, person)
    standing = "asked" if item.code in asked else "old" if newest is not None else "missing"
    return Found(item, standing, newest[1] if newest else None, newest[0] if newest else None, source)


def could_matter(resource: Resource) -> bool:
    """Whether any list could ask for this: by its code or a word of it, for documents and results; cheap, asked of every write."""
    type_ = resource["resourceType"]
    if type_ not in CODED:
        return True
    concept = resource.get("type" if type_ == "DocumentReference" else "code")
    asked, words = rules.asked_for()
    if any(code in asked for _, code in reading.codings(concept)):
        return True
    return any(part.startswith(words) for part in _parts(resource, [concept]))


CODED: Final = ("DocumentReference", "Observation", "DiagnosticReport")


def whose(resource: Resource | None) -> str | None:
    """Whose chart such a resource is in ("Patient/id")."""
    covered = target((resource or {}).get("beneficiary"))
    return covered or codes.patient_of(resource)


# --- where each kind is looked for --------------------------------------------------------------------------------------------------------

Dated = tuple[date, str]


def _dated(view: View, resource: Resource, *texts: str | None) -> list[Dated]:
    when = next((found for text in texts if (found := reading.moment(text, view.zone))), None)
    return [(local_day(when, view.zone), f"{resource['resourceType']}/{resource['id']}")] if when else []


def _is(item: Item, resource: Resource, *elements: str) -> bool:
    """By a code of the item, or where it has words by one of them in the text or the title."""
    concepts = [resource.get(element) for element in elements]
    if any(code in item.codes for _, code in reading.codings(*concepts)):
        return not item.words or item.kind != "imaging" or _worded(item, resource, concepts) or not _general(item, concepts)
    return bool(item.words) and _worded(item, resource, concepts)


def _worded(item: Item, resource: Resource, concepts: Sequence[Any]) -> bool:
    return any(part.startswith(word) for part in _parts(resource, concepts) for word in item.words)


def _parts(resource: Resource, concepts: Sequence[Any]) -> list[str]:
    text = " ".join([str(resource.get("description", "")), *(text_of(each) for each in concepts if each)]).casefold()
    return text.replace("-", " ").replace(",", " ").split()


def _general(item: Item, concepts: Sequence[Any]) -> bool:
    """Whether only the general code of an imaging report is met, which says nothing of what was imaged."""
    return all(code == "18748-4" for _, code in reading.codings(*concepts) if code in item.codes)


def _documents(item: Item, chart: Mapping[str, list[Resource]], view: View) -> list[Dated]:
    standing = [each for each in chart["DocumentReference"] if each.get("status") == "current" and _is(item, each, "type")]
    return [one for each in standing for one in _dated(view, each, each.get("date"))]


def _results(item: Item, chart: Mapping[str, list[Resource]], view: View) -> list[Dated]:
    done = ("final", "amended", "corrected")
    several = [*chart["Observation"], *chart["DiagnosticReport"]]
    mine = [each for each in several if each.get("status") in done and _is(item, each, "code")]
    return [one for each in mine for one in _dated(view, each, each.get("effectiveDateTime"), each.get("issued"))]


def _imaging(item: Item, chart: Mapping[str, list[Resource]], view: View) -> list[Dated]:
    studies = [each for each in chart["ImagingStudy"] if _worded(item, each, [each.get("description"), *each.get("procedureCode", ())])]
    found = [one for each in studies for one in _dated(view, each, each.get("started"))]
    return [*found, *_documents(item, chart, view), *_results(item, chart, view)]


def _medicines(item: Item, chart: Mapping[str, list[Resource]], view: View) -> list[Dated]:
    """A list signed off, or medicines somebody asked about lately."""
    lists = [each for each in chart["List"] if codes.LOINC in {system for system, _ in reading.codings(each.get("code"))}]
    signed = [one for each in lists if each.get("mode") == "snapshot" for one in _dated(view, each, each.get("date"))]
    return [*signed, *(one for each in chart["MedicationStatement"] for one in _dated(view, each, each.get("dateAsserted")))]


def _coverage(item: Item, chart: Mapping[str, list[Resource]], view: View) -> list[Dated]:
    today = local_day(view.now, view.zone)
    active = [each for each in chart["Coverage"] if each.get("status") == "active"]
    ends = {str(each["id"]): chart_parts.day(each.get("period", {}).get("end"), view.zone) for each in active}
    return [(today, f"Coverage/{each['id']}") for each in active if not (end := ends[str(each["id"])]) or end >= today]


EVIDENCE: Final[Mapping[str, Callable[[Item, Mapping[str, list[Resource]], View], list[Dated]]]] = {
    "document": _documents, "result": _results, "imaging": _imaging, "medicines": _medicines, "coverage": _coverage,
}  # fmt: skip


def _source(view: View, where: str, chart: Mapping[str, list[Resource]], person: Resource) -> Recipient | None:
    """Who has it: the hospital of the last stay, else whoever treats them all along."""
    links = [each.get("serviceProvider", {}) for each in chart["Encounter"] if each.get("class", {}).get("code") in ("IMP", "OBSENC")]
    links = [*(links[:1] if where == "hospital" else ()), *person.get("generalPractitioner", ())]
    for link in links:
        name = str(link.get("display", ""))
        known = parties.of(view, str(target(link) or "")) if str(target(link) or "").startswith("Organization/") else _by_name(view, name)
        if known is not None:
            return known.recipient
        if name:
            return Recipient(name, "provider")
    return None


def _by_name(view: View, name: str) -> parties.Party | None:
    """The organisation whose name stands at the end of "Dr X, Riverside Family Medicine"."""
    low = name.casefold()
    return next((each for each in parties.organizations(view) if low and low.endswith(each.recipient.name.casefold())), None)


# --- for pages ----------------------------------------------------------------------------------------------------------------------------


def coming(view: View, *, days: int = DAYS, patient: str | None = None) -> list[Visit]:
    """The visits of the coming days among this person's patients, the earliest first, each with its readiness."""
    today = local_day(view.now, view.zone)
    until = end_of_day(today + timedelta(days=days), view.zone)
    span = [f"ge{view.now.isoformat(timespec='seconds')}", f"le{until.isoformat(timespec='seconds')}"]
    found = view.find("Appointment", status=STATUSES, date=span, patient=patient, _sort="date", _count=MOST)
    people = reading.several(view, "Patient", (one for each in found for one in patients_of(each)[:1]))
    seen = [each for each in found if set(patients_of(each)[:1]) <= set(people)]
    return [visit for each in seen if (visit := of_appointment(view, each, people)) is not None]


# --- asking -------------------------------------------------------------------------------------------------------------------------------


def rehearse(view: View, visits: Sequence[Visit]) -> dict[str, tuple[Slip | records.Basis, ...]]:
    """By visit, what would leave if each source were asked for what is missing, read for all at once. Writes nothing."""
    asking = [each for each in visits if each.to_ask]
    people = reading.several(view, "Patient", (f"Patient/{each.patient.id}" for each in asking))
    known, ways = slips.of_many(view, people), dict[Recipient, tuple[str, ...]]()
    found = {}
    for visit in asking:
        patient = f"Patient/{visit.patient.id}"
        if patient in people:
            found[visit.id] = tuple(
                records.rehearse(
                    view, patient=patient, source=source, purpose="TREAT", channels=_ways(view, source, ways), known=known[patient],
                    person=people[patient],
                )
                for source in _by_source(visit)
            )  # fmt: skip
    return found


def ask_missing(
    change: Change,
    *,
    appointment: str,
    words: Callable[[tuple[Item, ...]], str],
    letter: records.Letter | None = None,
    seen: Collection[str] | None = None,
) -> tuple[str, ...]:
    """Ask each source for what is missing of a visit, one request for each; `words` says what it is. Returns the requests' ids.

    `seen`: the digests of the rehearsals that were shown. Raises Invalid when nothing is to be asked for, Conflict when anything would
    leave otherwise than it was shown.
    """
    visit = of_appointment(change, change.get("Appointment", appointment))
    if visit is None or not visit.to_ask:
        raise Invalid("Nothing is missing that somebody else has.", expression="CommunicationRequest.payload")
    today = local_day(change.now, change.zone)
    needed = max(today, rules.due(local_day(visit.start, change.zone), today).value)
    ids, ways, patient = [], dict[Recipient, tuple[str, ...]](), f"Patient/{visit.patient.id}"
    for source, items in _by_source(visit).items():
        channels, digest = _ways(change, source, ways), None
        if seen is not None:
            now = records.rehearse(change, patient=patient, source=source, purpose="TREAT", channels=channels)
            digest = now.digest if isinstance(now, Slip) and now.digest in seen else ""
        stored = records.ask(
            change, patient=patient, what=words(tuple(items)), source=source, channels=channels, needed_by=needed,
            letter=letter, about=(f"Appointment/{appointment}",), items=tuple(each.code for each in items), seen=digest,
        )  # fmt: skip
        ids.append(stored.id)
    return tuple(ids)


def _by_source(visit: Visit) -> dict[Recipient, list[Item]]:
    found: dict[Recipient, list[Item]] = {}
    for each in visit.to_ask:
        if each.source is not None:
            found.setdefault(each.source, []).append(each.item)
    return found


def _ways(view: View, source: Recipient, known: dict[Recipient, tuple[str, ...]]) -> tuple[str, ...]:
    """How a source is reached, as on file; `known` remembers it for pages of many."""
    if source not in known:
        party = parties.of(view, source.reference) if source.reference else None
        known[source] = (party.channel,) if party and source.address else ("print",)
    return known[source]


def days_to(view: View, visit: Visit) -> int:
    """How many days there are until a visit."""
    return (local_day(visit.start, view.zone) - local_day(view.now, view.zone)).days
