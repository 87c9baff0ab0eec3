"""A discharge as the rules see it, read from the Encounter: the day on the facility's wall, where from, where to, why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from baton.duties import reading
from baton.duties.codes import derived_id, patient_of
from baton.duties.trace import Fact
from baton.fhir.resource import Resource, code_of, text_of
from baton.rules import discharge as table
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import View

STAY_CLASSES = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS", "I"})
PRESENT = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"})
UNDONE = frozenset({"cancelled", "entered-in-error"})
R4_DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
RECENT = timedelta(days=62)  # beyond this no clock of the pathway can still run
OLDEST = 30  # days: a discharge older than this when it arrives opens nothing


@dataclass(frozen=True, slots=True)
class Discharge:
    """A stay that ended. `moment` is aware, in `zone`; when only the date is known it is midnight and `exact` is False."""

    encounter: str
    patient: str
    start: datetime | None
    moment: datetime
    day: date
    exact: bool
    zone: ZoneInfo
    stay: str
    facility: str | None
    reason: str | None
    disposition: str | None

    @property
    def episode_id(self) -> str:
        """The id of the EpisodeOfCare this discharge opens."""
        return derived_id("transitional-care-adult", self.encounter)

    def facts(self) -> tuple[Fact, ...]:
        """What the rules knew, for the trace."""
        said = (
            Fact("discharged", self.moment if self.exact else self.day, self.encounter),
            Fact("stay", self.stay, self.encounter),
            Fact("facility", self.facility, self.encounter) if self.facility else None,
            Fact("reason", self.reason, self.encounter) if self.reason else None,
            Fact("disposition", self.disposition, self.encounter) if self.disposition else None,
        )
        return tuple(fact for fact in said if fact is not None)


def is_stay(encounter: Mapping[str, Any] | None) -> bool:
    """Whether an Encounter is a stay the pathway cares about, by class or type; cheap, for every Encounter that comes by."""
    if encounter is None:
        return False
    if encounter.get("class", {}).get("code") in STAY_CLASSES:
        return True
    return any(maybe_stay(coding) for each in encounter.get("type", ()) for coding in reading.codings(each))


def maybe_stay(coding: tuple[str | None, str]) -> bool:
    """Whether a type's code is among those of the table, in its own system (types of other systems share short codes)."""
    system, code = coding
    return system is not None and (table.SYSTEMS.get(system, ""), code) in table.rows_of("from")


def ended(encounter: Mapping[str, Any] | None) -> str | None:
    """The end of a finished stay as written, or None."""
    if encounter is None or encounter.get("status") != "finished" or not is_stay(encounter):
        return None
    end = encounter.get("period", {}).get("end")
    return str(end) if end else None


def read(view: View, encounter: Resource | None) -> Discharge | None:
    """The discharge of a finished stay; None when the Encounter is no such thing."""
    end, patient = ended(encounter), patient_of(encounter)
    if encounter is None or end is None or patient is None:
        return None
    zone = reading.zone_of(view, encounter)
    moment = reading.moment(end, zone)
    if moment is None:
        return None
    day = local_day(moment, zone)
    stay = table.look_up("from", reading.codings(encounter.get("class"), *encounter.get("type", ())), day)
    disposition = encounter.get("hospitalization", {}).get("dischargeDisposition")
    reasons = (*encounter.get("reasonCode", ()), *encounter.get("type", ()))
    return Discharge(
        encounter=f"Encounter/{encounter['id']}",
        patient=patient,
        start=reading.moment(encounter.get("period", {}).get("start"), zone),
        moment=moment,
        day=day,
        exact="T" in end,
        zone=zone,
        stay=str(stay.values["name"]) if stay else "inpatient",
        facility=reading.facility_of(view, encounter),
        reason=next((text for each in reasons if (text := text_of(each))), None),
        disposition=code_of(disposition, R4_DISPOSITION) or text_of(disposition) or None,
    )


def refusal(view: View, encounter: Resource, discharge: Discharge, patient: Resource | None) -> str | None:
    """Why this discharge opens no transition, as a code; None when it opens one."""
    stay = reading.codings(encounter.get("class"), *encounter.get("type", ()))
    disposition = reading.codings(encounter.get("hospitalization", {}).get("dischargeDisposition"))
    answer = table.opens(stay, disposition, discharge.day)
    if not answer.value:
        return answer.steps[-1].reason
    if patient is None:
        return None
    if patient.get("deceasedBoolean") or patient.get("deceasedDateTime"):
        return "died"
    if not table.is_adult(birth_date(patient), discharge.day):
        return "not-adult"
    return None


def birth_date(patient: Mapping[str, Any]) -> date | None:
    """The earliest day somebody can have been born on, so that whoever may be adult counts as adult; None when unknown."""
    text = str(patient.get("birthDate", ""))
    try:
        return date.fromisoformat(text + "0000-01-01"[len(text) :])
    except ValueError:
        return None


def too_old(view: View, discharge: Discharge) -> bool:
    """Whether the discharge lay more than 30 days back when it arrived."""
    return (local_day(view.now, discharge.zone) - discharge.day).days > OLDEST
