"""The days on which an organisation works: weekdays but for federal holidays and its own closures, read from its HealthcareService."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from baton.duties import codes, reading
from baton.fhir.resource import has_code, target
from baton.rules.calendar import US_FEDERAL, Calendar
from baton.store import View

KIND, WORKING_DAYS = f"{codes.P}/CodeSystem/service", "working-days"
LONGEST = 31
"""Days one closure may last: what is closed longer has moved, not closed."""
DEEPEST = 5  # organisations above one another whose closures count
REASON = "closure:"
"""What the reason of a skipped day begins with when it is an organisation's closure; its own words follow."""


@dataclass(frozen=True, slots=True, order=True)
class Closure:
    """Days on which an organisation is closed, both ends included, and why."""

    first: date
    last: date
    reason: str
    organization: str = ""  # "Organization/<id>"

    @property
    def days(self) -> Iterator[date]:
        """Every day of it."""
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


def service_id(organization: str) -> str:
    """The id of the HealthcareService that holds an organisation's closures."""
    return codes.derived_id(WORKING_DAYS, organization)


def is_working_days(service: Mapping[str, Any] | None) -> bool:
    """Whether a HealthcareService holds closures."""
    return service is not None and any(has_code(each, KIND, WORKING_DAYS) for each in service.get("type", ()))


def read(service: Mapping[str, Any] | None) -> tuple[Closure, ...]:
    """The closures a HealthcareService holds, earliest first; what is no day is left out."""
    if service is None or not is_working_days(service) or service.get("active") is False:
        return ()
    organization = target(service.get("providedBy")) or ""
    found = []
    for each in service.get("notAvailable", ()):
        first, last = (day_of(each.get("during", {}).get(end)) for end in ("start", "end"))
        if first is not None and last is not None and (last - first).days < LONGEST:
            found.append(Closure(first, last, str(each.get("description", "")), organization))
    return tuple(sorted(found))


def day_of(text: object) -> date | None:
    """The calendar date a FHIR date or dateTime begins with; None when it is none."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def of(view: View, organization: str) -> tuple[Closure, ...]:
    """An organisation's own closures."""
    return read(reading.peek(view, f"HealthcareService/{service_id(organization)}"))


def calendar(view: View, organization: str | None) -> Calendar:
    """The working calendar of an organisation: its own closures and those of the organisations it is part of."""
    several = (closure for each in above(view, organization) for closure in of(view, each))
    closed = {day: REASON + closure.reason for closure in several for day in closure.days}
    return Calendar(closures=closed) if closed else US_FEDERAL


def above(view: View, organization: str | None) -> Iterator[str]:
    """An organisation and those it is part of, the nearest first."""
    for _ in range(DEEPEST):
        if organization is None or not organization.startswith("Organization/"):
            return
        yield organization
        organization = target((reading.peek(view, organization) or {}).get("partOf"))
