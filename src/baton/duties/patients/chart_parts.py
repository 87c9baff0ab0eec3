"""The parts of a patient's page, each read from the resources of the chart. Pure: words and codes of the chart, no sentences."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from baton.duties.codes import CARE_TEAM_ROLE
from baton.duties.patients.charts import Document, Entry, Flag, Goal, Member, Note
from baton.duties.patients.identity import phone
from baton.duties.patients.score_notes import IN_BED, called, is_note
from baton.duties.privacy.packets import is_ours
from baton.fhir.dates import interval
from baton.fhir.resource import code_of, human_name, text_of

Resource = dict[str, Any]
GONE = frozenset({"inactive", "resolved", "remission"})
VOID = frozenset({"entered-in-error", "cancelled", "superseded"})


def local(text: str | None, zone: ZoneInfo) -> datetime | None:
    """A FHIR date or dateTime as a local time; None when there is none."""
    return interval(text, zone)[0].astimezone(zone) if text else None


def day(text: str | None, zone: ZoneInfo) -> date | None:
    """The local day of a FHIR date or dateTime; None when there is none."""
    moment = local(text, zone)
    return moment.date() if moment else None


def code(concept: Mapping[str, Any] | None) -> str:
    """The first code of a CodeableConcept, or ""."""
    return next((str(coding.get("code", "")) for coding in (concept or {}).get("coding", ())), "")


def display(link: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    """What a Reference calls what it points at, or its name when it only points."""
    link = link or {}
    return str(link.get("display") or names.get(str(link.get("reference", "")), ""))


def problems(conditions: Iterable[Resource], zone: ZoneInfo) -> tuple[Entry, ...]:
    """Active conditions, each named once, the latest first."""
    found: dict[str, Entry] = {}
    for condition in conditions:
        text = text_of(condition.get("code"))
        status = code(condition.get("clinicalStatus"))
        if not text or status in GONE or code(condition.get("verificationStatus")) in ("entered-in-error", "refuted"):
            continue
        since = day(condition.get("onsetDateTime") or condition.get("recordedDate"), zone)
        found.setdefault(
            text.casefold(), Entry(text, since, status or None, f"Condition/{condition['id']}", text_of(condition.get("severity")) or None)
        )
    return tuple(sorted(found.values(), key=lambda entry: entry.when or date.min, reverse=True))


def allergies(intolerances: Iterable[Resource], zone: ZoneInfo) -> tuple[Entry, ...]:
    """Allergies that still hold, the dangerous first; the detail is what they do."""
    found = []
    for intolerance in intolerances:
        text = text_of(intolerance.get("code"))
        if (
            text
            and code(intolerance.get("clinicalStatus")) not in GONE
            and code(intolerance.get("verificationStatus")) not in ("entered-in-error", "refuted")
        ):
            signs = [text_of(sign) for reaction in intolerance.get("reaction", ()) for sign in reaction.get("manifestation", ())]
            since = day(intolerance.get("recordedDate") or intolerance.get("onsetDateTime"), zone)
            found.append(
                Entry(
                    text,
                    since,
                    intolerance.get("criticality"),
                    f"AllergyIntolerance/{intolerance['id']}",
                    ", ".join(filter(None, signs)) or None,
                )
            )
    return tuple(sorted(found, key=lambda entry: (entry.status != "high", entry.text.casefold())))


def documents(references: Iterable[Resource], zone: ZoneInfo, names: Mapping[str, str]) -> tuple[Document, ...]:
    """What is on file, newest first; notes written here are not documents."""
    found = [document(each, zone, names) for each in references if each.get("status") not in VOID and not is_note(each)]
    return tuple(sorted(found, key=lambda document: document.when or date.min, reverse=True))


def document(reference: Resource, zone: ZoneInfo, names: Mapping[str, str]) -> Document:
    """One DocumentReference as a page lists it."""
    attachment: Resource = next((each.get("attachment", {}) for each in reference.get("content", ())), {})
    return Document(
        title=reference.get("description") or text_of(reference.get("type")) or "",
        when=day(reference.get("date"), zone),
        author=next((name for link in reference.get("author", ()) if (name := display(link, names))), None)
        or display(reference.get("custodian"), names)
        or None,
        status=reference.get("docStatus") or reference.get("status", ""),
        reference=f"DocumentReference/{reference['id']}",
        ours=is_ours(reference),
        opens=bool(attachment.get("data")) or str(attachment.get("url", "")).startswith("Binary/"),
    )


def notes(references: Iterable[Resource], zone: ZoneInfo, names: Mapping[str, str]) -> tuple[Note, ...]:
    """Notes written here, newest first."""
    found = [
        Note(
            when,
            next((display(link, names) for link in document.get("author", ())), ""),
            words(document),
            f"DocumentReference/{document.get('id', '')}",
        )
        for document in references
        if is_note(document) and document.get("status") not in VOID and (when := local(document.get("date"), zone))
    ]
    return tuple(sorted(found, key=lambda note: note.when, reverse=True))


def words(document: Resource) -> str:
    """The plain text inside a DocumentReference; "" when there is none that can be read."""
    for content in document.get("content", ()):
        attachment = content.get("attachment", {})
        if str(attachment.get("contentType", "")).startswith("text/plain") and attachment.get("data"):
            try:
                return base64.b64decode(attachment["data"], validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                continue
    return ""


def encounters(stays: Iterable[Resource], zone: ZoneInfo) -> tuple[Entry, ...]:
    """Visits and stays, newest first; `status` is what kind of encounter it was, `detail` where."""
    found = [
        Entry(
            next((text for concept in [*stay.get("reasonCode", ()), *stay.get("type", ())] if (text := text_of(concept))), ""),
            day(stay.get("period", {}).get("start"), zone),
            called(stay),
            f"Encounter/{stay['id']}",
            stay.get("serviceProvider", {}).get("display"),
        )
        for stay in stays
        if stay.get("status") not in VOID
    ]
    return tuple(sorted(found, key=lambda entry: entry.when or date.min, reverse=True))


def last_stay(stays: Iterable[Resource], zone: ZoneInfo) -> tuple[date, date] | None:
    """First and last day of the latest stay in a hospital bed that has ended."""
    ended = [
        (first, last)
        for stay in stays
        if stay.get("status") == "finished" and called(stay) in IN_BED - {"emergency"}
        for first, last in [(day(stay.get("period", {}).get("start"), zone), day(stay.get("period", {}).get("end"), zone))]
        if first and last
    ]
    return max(ended, key=lambda span: span[1], default=None)


def coverage(covers: Iterable[Resource], zone: ZoneInfo, names: Mapping[str, str]) -> tuple[Entry, ...]:
    """Plans that pay, in their order."""
    active = sorted((cover for cover in covers if cover.get("status") == "active"), key=lambda cover: cover.get("order", 99))
    found = []
    for cover in active:
        text = next((name for payor in cover.get("payor", ()) if (name := display(payor, names))), "") or text_of(cover.get("type")) or ""
        found.append(
            Entry(
                text, day(cover.get("period", {}).get("end"), zone), "active", f"Coverage/{cover['id']}", text_of(cover.get("type")) or None
            )
        )
    return tuple(entry for entry in found if entry.text)


def flags(raised: Iterable[Resource], episodes: Iterable[Resource]) -> tuple[Flag, ...]:
    """Words of the page's head: active Flags, dangers first, then the programmes the patient is in."""
    found = []
    for flag in raised:
        text = text_of(flag.get("code"))
        if text and flag.get("status") == "active":
            kinds = {code(category) for category in flag.get("category", ())}
            found.append(
                Flag(
                    text,
                    "late" if kinds & {"safety", "clinical", "drug"} else "wait" if kinds & {"admin", "advance-directive"} else "plain",
                )
            )
    for episode in episodes:
        if episode.get("status") == "active":
            found.extend(Flag(text, "plain") for concept in episode.get("type", ()) if (text := text_of(concept)))
    order = {"late": 0, "wait": 1, "plain": 2}
    return tuple(dict.fromkeys(sorted(found, key=lambda flag: order[flag.tone])))


def team(
    patient: Resource, care_teams: Iterable[Resource], related_persons: Sequence[Resource], names: Mapping[str, str]
) -> tuple[Member, ...]:
    """Who looks after this person: coordinating team, primary care, those the care teams name, family."""
    members: dict[str, Member] = {}
    for care_team in care_teams:
        if care_team.get("status", "active") != "active":
            continue
        whence = f"CareTeam/{care_team.get('id', '')}"
        for participant in care_team.get("participant", ()):
            link = participant.get("member", {})
            role = next((text for concept in participant.get("role", ()) if (text := text_of(concept))), "")
            name, reference = display(link, names), str(link.get("reference", ""))
            if not name or reference.startswith(("Patient/", "RelatedPerson/")):
                continue
            if by_name := next((code for each in participant.get("role", ()) if (code := code_of(each, CARE_TEAM_ROLE))), None):
                members[f"{by_name} {name}"] = Member("", name, None, "by-name" if by_name == "coordinator" else by_name, whence)
                continue
            kind = "coordinator" if reference.startswith("Organization/") and not role else "other"
            members.setdefault(name, Member(role, name, None, kind, whence))
    for link in patient.get("generalPractitioner", ()):
        if name := display(link, names):
            members[name] = Member("", name, None, "primary-care", f"Patient/{patient.get('id', '')}/generalPractitioner")
    for person in related_persons:
        if person.get("active", True) and (name := human_name(person)):
            relation = next((text for concept in person.get("relationship", ()) if (text := text_of(concept))), "")
            members.setdefault(name, Member(relation, name, phone(person), "family", f"RelatedPerson/{person.get('id', '')}"))
    order = {"covering": 0, "by-name": 0, "coordinator": 0, "primary-care": 1, "other": 2, "family": 3}
    return tuple(sorted(members.values(), key=lambda member: order.get(member.kind, 2)))


def references(resources: Mapping[str, Sequence[Resource]], patient: Resource) -> set[str]:
    """What the page names but the chart only points at: links without a display."""
    links = [*patient.get("generalPractitioner", ())]
    links += [
        participant.get("member", {}) for care_team in resources.get("CareTeam", ()) for participant in care_team.get("participant", ())
    ]
    links += [payor for cover in resources.get("Coverage", ()) for payor in cover.get("payor", ())]
    links += [author for document in resources.get("DocumentReference", ()) for author in document.get("author", ())]
    return {str(link["reference"]) for link in links if link.get("reference") and not link.get("display")}


def goals(resources: Sequence[Resource], observations: Sequence[Resource]) -> tuple[Goal, ...]:
    """Goals not yet given up, with the latest measurement against the target."""
    found = []
    for goal in resources:
        if goal.get("lifecycleStatus") in ("rejected", "cancelled", "entered-in-error"):
            continue
        target: Resource = next(iter(goal.get("target", ())), {})
        measured = [value for value in map(quantity, _measured(target, observations)) if value is not None]
        aim = target.get("detailQuantity") or target.get("detailRange", {}).get("high") or target.get("detailRange", {}).get("low")
        found.append(
            Goal(
                text=text_of(goal.get("description")) or "",
                target=said(aim) if aim else target.get("detailString") or None,
                latest=said(measured[0]) if measured else None,
                progress=_progress(goal, aim, measured),
                reference=f"Goal/{goal.get('id', '')}",
            )
        )
    return tuple(found)


def _measured(target: Mapping[str, Any], observations: Sequence[Resource]) -> list[Resource]:
    """Observations of what the target measures, newest first."""
    wanted = {coding.get("code") for coding in target.get("measure", {}).get("coding", ())}
    same = [entry for entry in observations if any(coding.get("code") in wanted for coding in entry.get("code", {}).get("coding", ()))]
    return sorted(same, key=lambda entry: str(entry.get("effectiveDateTime", "")), reverse=True)


def quantity(observation: Resource) -> dict[str, Any] | None:
    """The value of an Observation when it is an amount."""
    value = observation.get("valueQuantity")
    return value if isinstance(value, dict) and value.get("value") is not None else None


def said(value: Mapping[str, Any]) -> str:
    """An amount with its unit."""
    return f"{value.get('value', '')} {value.get('unit') or value.get('code') or ''}".strip()


def _progress(goal: Resource, aim: Mapping[str, Any] | None, measured: Sequence[Mapping[str, Any]]) -> float | None:
    """How far from the first measurement to the target the latest one stands; None when that cannot be told."""
    achieved = code(goal.get("achievementStatus"))
    if achieved == "achieved":
        return 1.0
    if not aim or len(measured) < 2:
        return None
    first, latest, target = float(measured[-1]["value"]), float(measured[0]["value"]), float(aim["value"])
    return None if first == target else min(1.0, max(0.0, (latest - first) / (target - first)))
