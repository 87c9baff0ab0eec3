"""Closing a month: what every patient's minutes reach, what is blocked and why; proposals kept with their evidence, nothing billed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes
from baton.duties.privacy import consent_terms
from baton.duties.programs import minutes as duty
from baton.duties.programs import programs as enrolling
from baton.duties.programs import states
from baton.duties.programs.minutes import Line
from baton.duties.programs.packs import PROGRAM
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.fhir import query
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, human_name, target
from baton.rules import minutes as rules
from baton.rules.calendar import local_day
from baton.rules.minutes import Entry
from baton.store import View
from baton.store import programs as index
from baton.store.codes import key64

if TYPE_CHECKING:
    from baton.store import Change

PROPOSED: Final = f"{codes.P}/StructureDefinition/proposed"
SYSTEMS: Final = {True: "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", False: "http://www.ama-assn.org/go/cpt"}
"""HCPCS for codes that begin with a letter, else CPT."""
STAYS: Final = ("planned", "aborted", "entered-in-error")


@dataclass(frozen=True, slots=True)
class Ready:
    """A line of the month with the patient's name, and the codes that are kept already (closed)."""

    line: Line
    name: str
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month over a whole panel: proposals ready, kept, blocked (with why), below every threshold; and by code how many units in all."""

    first: date
    lines: tuple[Ready, ...]
    totals: tuple[tuple[str, int], ...]
    minutes: int

    @property
    def ready(self) -> tuple[Ready, ...]:
        """Those with codes to propose that are not kept yet."""
        return tuple(each for each in self.lines if each.line.proposal.codes and not each.kept)

    @property
    def kept(self) -> tuple[Ready, ...]:
        """Those closed already."""
        return tuple(each for each in self.lines if each.kept)

    @property
    def blocked(self) -> tuple[Ready, ...]:
        """Those whose minutes would reach a code, and something is missing."""
        return tuple(each for each in self.lines if each.line.proposal.blocked)

    @property
    def below(self) -> tuple[Ready, ...]:
        """Those whose minutes reach nothing."""
        return tuple(each for each in self.lines if not each.line.proposal.codes and not each.line.proposal.blocked)


def every(view: View, type_: str, *asked: tuple[str, str]) -> Iterator[Resource]:
    """All resources a search finds, page by page."""
    cursor = None
    while True:
        page = view.search(query.parse(type_, [*asked, ("_count", "1000"), *([("_cursor", cursor)] if cursor else [])]))
        yield from (stored.resource() for stored in page.entries)
        if page.next is None:
            return
        cursor = page.next


def run(view: View, *, month: date) -> Month:
    """The month of everybody whose program counts time: from the index of time, the enrolments and the consents; in a few questions."""
    first, last = rules.month_of(month, view.zone)
    mine: dict[str, list[states.Enrolment]] = {}
    for episode in every(view, "EpisodeOfCare", ("type", f"{PROGRAM}|")):
        found = states.read(episode)
        if duty.touches(found, first, last):
            mine.setdefault(found.patient, []).append(found)
    spans = _spans(view)
    worked = _worked(view, month, {key64(patient): patient for patient in mine}, spans)
    patients = sorted(mine)
    there = duty.facts_of(view, patients, month)
    kept = _kept(view, first.date())
    names = _names(view, patients)
    lines = []
    for patient in patients:
        several = worked.get(patient, [])
        counted = rules.counted(several, first, last)
        by_program: dict[str, int] = {}
        ids: dict[str, tuple[str, ...]] = {}
        for each in several:
            by_program[each.program] = by_program.get(each.program, 0) + counted[each.id]
            ids[each.program] = (*ids.get(each.program, ()), each.id) if counted[each.id] else ids.get(each.program, ())
        for line in duty.lines(patient, mine[patient], by_program, ids, there[patient], spans.get(patient, {}), month, view):
            lines.append(Ready(line, names.get(patient, ""), kept.get(line.enrolment.reference, ())))
    return Month(first.date(), tuple(lines), _totals(lines), sum(each.line.proposal.minutes for each in lines))


def _totals(lines: list[Ready]) -> tuple[tuple[str, int], ...]:
    totals: dict[str, int] = {}
    for each in lines:
        for code in each.line.proposal.codes:
            totals[code.code] = totals.get(code.code, 0) + code.units
    return tuple(sorted(totals.items()))


def _spans(view: View) -> dict[str, dict[str, list[tuple[date, date | None]]]]:
    found: dict[str, list[Resource]] = {}
    for consent in every(view, "Consent", ("category", f"{consent_terms.KIND}|{consent_terms.IN_A_PROGRAM}")):
        if extension(consent, enrolling.CONSENT_PROGRAM):
            found.setdefault(str(target(consent.get("patient"))), []).append(consent)
    return {patient: duty.consent_spans(several) for patient, several in found.items()}


def _worked(
    view: View, month: date, names: Mapping[int, str], spans: Mapping[str, Mapping[str, list[tuple[date, date | None]]]]
) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for each in index.worked(view, *rules.month_of(month, view.zone)):
        patient = names.get(each.patient)
        if patient is None:
            continue
        day = local_day(each.start, view.zone)
        counts = duty.agreed(spans.get(patient, {}).get(each.program), day)
        found.setdefault(patient, []).append(Entry(each.id, str(each.person), each.program, each.start, each.end, counts))
    return found


def _kept(view: View, first: date) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for item in every(view, "ChargeItem", ("occurrence", f"ge{first.isoformat()}")):
        if item.get("status") == "planned" and str(item.get("occurrencePeriod", {}).get("start", ""))[:10] == first.isoformat():
            reference = str(target(item.get("context")))
            found[reference] = (*found.get(reference, ()), str(item["code"]["coding"][0]["code"]))
    return found


def _names(view: View, patients: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(patients), 200):
        ids = ",".join(each.partition("/")[2] for each in patients[start : start + 200])
        found |= {f"Patient/{each['id']}": human_name(each) or "" for each in view.find("Patient", _id=ids, _count=200)}
    return found


def close(change: Change, *, month: date) -> int:
    """Keep every proposal that is ready, each with the time that proves it. Returns how many. Raises Invalid for a month that runs."""
    _, last = rules.month_of(month, change.zone)
    if change.now < last:
        raise refuse("The month is not over yet.", "ChargeItem.occurrencePeriod")
    done = 0
    for ready in run(change, month=month).ready:
        change.put_all(items(change, ready.line, month))
        done += 1
    return done


def items(change: Change, line: Line, month: date) -> list[Resource]:
    """The proposals of one line as ChargeItems: planned, with their evidence."""
    first, last = rules.month_of(month, change.zone)
    day = first.date().isoformat()
    end = last.date().fromordinal(last.date().toordinal() - 1).isoformat()
    return [
        {
            "resourceType": "ChargeItem",
            "id": codes.derived_id("proposal", line.enrolment.reference, day, code.code),
            "extension": [{"url": PROPOSED, "valueInteger": line.proposal.minutes}],
            "status": "planned",
            "code": codes.concept(SYSTEMS[code.code[0].isalpha()], code.code),
            "subject": {"reference": line.patient},
            "context": {"reference": line.enrolment.reference},
            "occurrencePeriod": {"start": day, "end": end},
            "quantity": {"value": code.units},
            "enterer": codes.reference_to(change.who.person, change.who.name),
            "enteredDate": episodes.instant(change.now),
            **({"supportingInformation": [{"reference": f"Basic/{each}"} for each in line.entries]} if line.entries else {}),
            "note": [{"text": f"Proposed from {line.proposal.minutes} minutes. {code.source}"}],
        }
        for code in line.proposal.codes
    ]


def reopen(change: Change, *, patient: str, month: date, reason: str) -> int:
    """Take a patient's proposals of a month back, with a reason, so that its time can be mended. Returns how many. Raises Invalid."""
    if not reason.strip():
        raise refuse("Say why the month is opened again.", "ChargeItem.note")
    day, done = month.replace(day=1).isoformat(), 0
    for item in change.find("ChargeItem", patient=patient, _count=200):
        if item.get("status") == "planned" and str(item.get("occurrencePeriod", {}).get("start", ""))[:10] == day:
            note = {"text": reason.strip(), "time": episodes.instant(change.now)}
            change.put({**change.get("ChargeItem", item["id"]), "status": "aborted", "note": [*item.get("note", ()), note]})
            done += 1
    return done


def rows(month: Month) -> Iterator[tuple[Any, ...]]:
    """The proposals as rows of a table to take elsewhere: month, patient, program, minutes, code, units, state, why."""
    for each in month.lines:
        line = each.line
        state = "closed" if each.kept else "ready" if line.proposal.codes else "blocked" if line.proposal.blocked else "below"
        why = " ".join((*line.proposal.blocked, *line.flags))
        where = (month.first.isoformat()[:7], line.patient.partition("/")[2], line.enrolment.program, line.proposal.minutes)
        if not line.proposal.codes:
            yield (*where, "", 0, state, why)
        for code in line.proposal.codes:
            yield (*where, code.code, code.units, state, why)


def proposal_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A proposal stays one: nothing is billed from here."""
    if after is not None and extension(after, PROPOSED) is not None and after.get("status") not in STAYS:
        text = "Proposals are never billed from here: whoever bills does it in their own system."
        yield error("business-rule", text, "ChargeItem.status")


GUARDS = {"ChargeItem": [proposal_guard]}
