"""Time worked for patients: logged without overlap, cut at midnight, taken back with a reason, and what a month of it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.privacy import consent_terms
from baton.duties.programs import programs as enrolling
from baton.duties.programs import states
from baton.duties.programs.states import Enrolment
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.fhir import query
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, has_code, target
from baton.rules import minutes as rules
from baton.rules.calendar import local_day
from baton.rules.minutes import Entry, Proposal
from baton.store import NotFound, View

if TYPE_CHECKING:
    from baton.store import Change, Stored

KIND: Final = f"{codes.P}/CodeSystem/basic-kind"
WORKED: Final = f"{codes.P}/StructureDefinition/worked"
TRANSITION: Final = episodes.TRANSITIONAL_CARE
"""Time in the thirty days after a discharge counts for no family of its own, and is still worked once only."""
BATCH: Final = 80
VISITS: Final = ("AMB", "VR", "HH")


@dataclass(frozen=True, slots=True)
class Worked:
    """One entry as a page shows it: `counted` of its `minutes` count (each minute of a patient once; none without consent)."""

    id: str
    patient: str
    program: str
    person: str
    person_name: str
    start: datetime
    end: datetime
    what: str
    taken_back: str | None
    counted: int = 0

    @property
    def minutes(self) -> int:
        """How long it lasted."""
        return rules.minute(self.end) - rules.minute(self.start)


@dataclass(frozen=True, slots=True)
class Line:
    """A patient and a program in a month: the enrolment, its minutes, what they reach; `flags` are codes of what to know."""

    patient: str
    enrolment: Enrolment
    proposal: Proposal
    entries: tuple[str, ...]
    flags: tuple[str, ...]


def is_minutes(resource: Mapping[str, Any] | None) -> bool:
    """Whether a Basic is time worked."""
    return resource is not None and resource.get("resourceType") == "Basic" and has_code(resource.get("code"), KIND, "minutes")


def _said(basic: Mapping[str, Any]) -> dict[str, Any]:
    return {part["url"]: next(part[key] for key in part if key.startswith("value")) for part in extension(basic, WORKED) or ()}


def read(basic: Mapping[str, Any]) -> Worked:
    """An entry from its Basic."""
    said, author = _said(basic), basic.get("author", {})
    return Worked(
        id=str(basic.get("id", "")),
        patient=str(target(basic.get("subject")) or ""),
        program=str(said.get("program", "")),
        person=str(target(author) or ""),
        person_name=str(author.get("display") or target(author) or ""),
        start=datetime.fromisoformat(str(said["start"])),
        end=datetime.fromisoformat(str(said["end"])),
        what=str(said.get("what", "")),
        taken_back=said.get("taken-back"),
    )


def log(
    change: Change, *, patient: str, program: str, start: datetime, minutes: int, what: str = "", person: str | None = None
) -> list[Stored]:
    """Log whole minutes that somebody (oneself unless said) worked for a patient, for a program they are in. Cut at midnight.

    Raises Invalid, naming what is wrong; the door refuses (409) what overlaps with other time of the same person.
    """
    patient = patient if "/" in patient else f"Patient/{patient}"
    change.get(*patient.split("/", 1))
    if not 1 <= minutes <= rules.LONGEST:
        raise refuse("An entry has at least one minute, and at most a working day.", "Basic.extension(worked)")
    start = start.replace(second=0, microsecond=0)
    end = start + timedelta(minutes=minutes)
    if end > change.now + timedelta(minutes=1):
        raise refuse("Time is logged when it is over.", "Basic.extension(worked)")
    mine = {each.program for each in states.of_patient(change, patient) if each.state not in ("planned", "waitlist", "cancelled")}
    if program not in (*mine, TRANSITION):
        raise refuse("The patient is in no such program.", "Basic.extension(worked)")
    who = person or change.who.person
    name = reading.name_of(change, who) if person else change.who.name
    stored = []
    for first, last in rules.split(start, end, change.zone):
        parts: list[Resource] = [
            {"url": "start", "valueDateTime": first.astimezone(change.zone).isoformat()},
            {"url": "end", "valueDateTime": last.astimezone(change.zone).isoformat()},
            {"url": "program", "valueCode": program},
        ]
        parts += [{"url": "what", "valueString": what.strip()}] if what.strip() else []
        entry: Resource = {
            "resourceType": "Basic",
            "extension": [{"url": WORKED, "extension": parts}],
            "code": codes.concept(KIND, "minutes"),
            "subject": {"reference": patient},
            "created": local_day(first, change.zone).isoformat(),
            "author": codes.reference_to(who, name),
        }
        stored.append(change.put(entry))
    return stored


def take_back(change: Change, *, entry: str, reason: str) -> Stored:
    """It was not so: the entry stays on record and counts for nothing. Raises Invalid without a reason."""
    found = change.get("Basic", entry)
    if not is_minutes(found):
        raise NotFound(f"There is no time Basic/{entry}.")
    if not reason.strip():
        raise refuse("Say why it is taken back.", "Basic.extension(worked)")
    parts = [each for each in extension(found, WORKED) or () if each["url"] != "taken-back"]
    marked = {"url": WORKED, "extension": [*parts, {"url": "taken-back", "valueString": reason.strip()}]}
    return change.put(codes.with_extension(found, WORKED, marked))


# --- a month -----------------------------------------------------------------------------------------------------------------------------


def entries(view: View, *, patient: str, month: date) -> tuple[Worked, ...]:
    """Every entry of a patient in a month, earliest first, each with the minutes of it that count."""
    first, last = rules.month_of(month, view.zone)
    created = [("created", f"ge{first.date().isoformat()}"), ("created", f"lt{last.date().isoformat()}")]
    page = view.search(query.parse("Basic", [("patient", patient), ("code", f"{KIND}|minutes"), *created, ("_count", "1000")]))
    found = sorted((read(stored.resource()) for stored in page.entries), key=lambda each: (each.start, each.id))
    mine = states.of_patient(view, patient)
    spans = consent_spans(enrolling.program_consents(view, patient))
    counted = rules.counted([_entry(each, spans, mine) for each in found if not each.taken_back], first, last)
    return tuple(_with(each, counted.get(each.id, 0)) for each in found)


def _with(worked: Worked, counted: int) -> Worked:
    values = {name: getattr(worked, name) for name in Worked.__dataclass_fields__}
    return Worked(**{**values, "counted": counted})


def _entry(worked: Worked, spans: Mapping[str, list[tuple[date, date | None]]], mine: Iterable[Enrolment]) -> Entry:
    day = worked.start.date()
    return Entry(worked.id, worked.person, worked.program, worked.start, worked.end, agreed(spans.get(worked.program), day))


def agreed(spans: Sequence[tuple[date, date | None]] | None, day: date) -> bool:
    """Whether time of a day may count: consent held on it, or none was ever recorded (which blocks the proposal, not the counting)."""
    return not spans or any(since <= day and (until is None or day < until) for since, until in spans)


def consent_spans(found: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[date, date | None]]]:
    """By program, from which day to which (not included) there was consent."""
    spans: dict[str, list[tuple[date, date | None]]] = {}
    for consent in found:
        since = date.fromisoformat(str(consent.get("dateTime", ""))[:10])
        until = consent_terms.read(consent).revoked_on
        spans.setdefault(str(extension(consent, enrolling.CONSENT_PROGRAM)), []).append((since, until))
    return spans


def month_of_patient(view: View, *, patient: str, month: date) -> tuple[tuple[Worked, ...], tuple[Line, ...]]:
    """A patient's month: the entries, and a line for each program whose time may count for codes."""
    found = entries(view, patient=patient, month=month)
    mine = [each for each in states.of_patient(view, patient) if touches(each, *rules.month_of(month, view.zone))]
    there = {patient: facts_of(view, [patient], month)[patient]}
    spans = {patient: consent_spans(enrolling.program_consents(view, patient))}
    by_program: dict[str, int] = {}
    for each in found:
        by_program[each.program] = by_program.get(each.program, 0) + each.counted
    ids = {program: tuple(each.id for each in found if each.program == program and each.counted) for program in by_program}
    return found, tuple(lines(patient, mine, by_program, ids, there[patient], spans[patient], month, view))


def touches(enrolment: Enrolment, first: datetime, last: datetime) -> bool:
    """Whether somebody was in the program at any time of a month."""
    if enrolment.state not in ("active", "onhold", "finished") or enrolment.since is None:
        return False
    return enrolment.since < last.date() and (enrolment.until is None or enrolment.until >= first.date())


def lines(
    patient: str,
    mine: Sequence[Enrolment],
    by_program: Mapping[str, int],
    ids: Mapping[str, tuple[str, ...]],
    there: Mapping[str, bool],
    spans: Mapping[str, list[tuple[date, date | None]]],
    month: date,
    view: View,
) -> Iterator[Line]:
    """What a patient's month reaches, program by program; a program that bundles leaves no room for the minutes of others."""
    first, last = rules.month_of(month, view.zone)
    day = (last - timedelta(hours=12)).date()
    families = [each for each in mine if each.minutes_as]
    bundled = any(rules.excludes(each.minutes_as, day) for each in families)
    seen: set[str] = set()
    for each in families:
        if each.program in seen:
            continue
        seen.add(each.program)
        held = [span for span in spans.get(each.program, ()) if span[0] <= day and (span[1] is None or span[1] > first.date())]
        known = {**there, "consent": bool(held)}
        proposal = rules.propose(each.minutes_as, by_program.get(each.program, 0), day, known, excluded=bundled)
        ended = bool(held) and all(span[1] is not None and span[1] <= day for span in held)
        yield Line(patient, each, proposal, ids.get(each.program, ()), ("consent-withdrawn",) if ended else ())


def facts_of(view: View, patients: Sequence[str], month: date) -> dict[str, dict[str, bool]]:
    """For each patient, which of the requirements besides consent are on record: conditions, and a visit in the twelve months before."""
    _, last = rules.month_of(month, view.zone)
    year = (last.date() - timedelta(days=366)).isoformat()
    found = {patient: {"two-conditions": False, "initiating-visit": False} for patient in patients}
    counts: dict[str, int] = {}
    for start in range(0, len(patients), BATCH):
        several = ",".join(patients[start : start + BATCH])
        for condition in view.find("Condition", patient=several, clinical_status="active", _count=1000):
            whose = str(codes.patient_of(condition))
            if any(code in ("health-concern", "sdoh") for _, code in reading.codings(*condition.get("category", ()))):
                continue
            counts[whose] = counts.get(whose, 0) + 1
        seen = {"patient": several, "class": ",".join(VISITS), "status": "finished", "date": f"ge{year}", "_count": 1000}
        for encounter in view.find("Encounter", **seen):
            if (whose := str(codes.patient_of(encounter))) in found:
                found[whose]["initiating-visit"] = True
    for patient in patients:
        found[patient]["two-conditions"] = counts.get(patient, 0) >= 2
    return found


# --- what the door refuses ---------------------------------------------------------------------------------------------------------------


def minutes_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """Time is whole minutes of one day and one person; it is taken back rather than deleted; a month that was closed stays."""
    if after is None:
        if is_minutes(before):
            yield error("business-rule", "Time is not deleted: take it back with a reason.", "Basic")
        return
    if not is_minutes(after):
        return
    said = _said(after)
    if not (target(after.get("subject")) or "").startswith("Patient/") or not target(after.get("author")):
        yield error("required", "Time is worked by a person for a patient.", "Basic.author")
        return
    if not all(said.get(each) for each in ("start", "end", "program")):
        yield error("required", "Time has a start, an end and a program.", "Basic.extension(worked)")
        return
    entry = read(after)
    if entry.start.second or entry.end.second or not 1 <= entry.minutes <= rules.LONGEST:
        yield error("invalid", "An entry has at least one minute, and at most a working day.", "Basic.extension(worked)")
    elif len(list(rules.split(entry.start, entry.end, view.zone))) != 1:
        yield error("invalid", "An entry lies within one day: cut it at midnight.", "Basic.extension(worked)")
    elif closed(view, entry.patient, local_day(entry.start, view.zone)):
        yield error("business-rule", "This month is closed for this patient: take its proposals back first.", "Basic.extension(worked)")


def closed(view: View, patient: str, day: date) -> bool:
    """Whether a patient's month has proposals that stand."""
    found = view.find("ChargeItem", patient=patient, _count=200)
    month = day.isoformat()[:7]
    return any(each.get("status") == "planned" and str(each.get("occurrencePeriod", {}).get("start", ""))[:7] == month for each in found)


GUARDS = {"Basic": [minutes_guard]}
