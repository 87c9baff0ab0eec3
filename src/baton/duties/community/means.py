"""What a household lives on, as the patient says, and where that is against the federal poverty level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.community.needs import COMMUNITY
from baton.duties.patients import identity
from baton.duties.promises import refuse
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, has_code
from baton.rules import benefits, poverty
from baton.rules.calendar import local_day
from baton.rules.poverty import Level
from baton.rules.tables import NoRuleError

if TYPE_CHECKING:
    from baton.store import Change, View

SIZE, INCOME = "63512-8", "63586-2"
"""LOINC: how many live in the household; what all of them live on, a year."""
SMALL_CHILD: Final = "expecting-or-child-under-5"


@dataclass(frozen=True, slots=True)
class Means:
    """What a household lives on, as it was last recorded, and where that is against the poverty level (None: cannot be said)."""

    size: int
    income: Decimal
    small_child: bool
    on: date
    state: str
    level: Level | None

    def household(self, age: int | None) -> benefits.Household:
        """As the rules ask for it."""
        return benefits.Household(self.size, self.income, self.state, age, self.small_child)


def record(change: Change, *, patient: str, size: int, income: Decimal | str, a_year: bool, small_child: bool = False) -> None:
    """How many live together and what they live on, a month or a year, as the patient says. Raises Invalid."""
    patient = patient if "/" in patient else f"Patient/{patient}"
    change.get(*patient.split("/", 1))
    if not 1 <= size <= poverty.MOST:
        raise refuse("A household has 1 to 30 people.", "Observation.valueInteger")
    try:
        amount = Decimal(str(income).replace(",", "").replace("$", "").strip())
    except InvalidOperation:
        raise refuse("Say the income as a number of dollars.", "Observation.valueQuantity") from None
    if not amount.is_finite() or not 0 <= amount <= 10_000_000:
        raise refuse("Say the income as a number of dollars.", "Observation.valueQuantity")
    year = amount if a_year else amount * 12
    child = {"code": codes.concept(COMMUNITY, SMALL_CHILD), "valueBoolean": small_child}
    change.put({**_observation(change, patient, SIZE), "valueInteger": size, "component": [child]})
    quantity = {"value": float(round(year, 2)), "unit": "US dollars a year", "system": "http://unitsofmeasure.org", "code": "[USD]/a"}
    said = {} if a_year else {"note": [{"text": f"{amount} dollars a month, as the patient says"}]}
    change.put({**_observation(change, patient, INCOME), "valueQuantity": quantity, **said})


def _observation(change: Change, patient: str, code: str) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            codes.concept("http://terminology.hl7.org/CodeSystem/observation-category", "social-history"),
            codes.concept("http://hl7.org/fhir/us/core/CodeSystem/us-core-category", "sdoh"),
        ],
        "code": codes.concept(codes.LOINC, code),
        "subject": {"reference": patient},
        "effectiveDateTime": episodes.instant(change.now),
        "performer": [codes.reference_to(change.who.person, change.who.name)],
    }


def known(view: View, patient: Resource) -> Means | None:
    """What a household lives on, as it was last recorded; None when nobody has asked."""
    found = view.find("Observation", patient=f"Patient/{patient['id']}", code=f"{codes.LOINC}|{SIZE},{codes.LOINC}|{INCOME}")
    known = [each for each in found if each.get("status") in ("final", "amended", "corrected")]
    latest = {
        code: max((each for each in known if has_code(each.get("code"), codes.LOINC, code)), key=_when, default=None)
        for code in (SIZE, INCOME)
    }
    size, income = latest[SIZE], latest[INCOME]
    amount = (income or {}).get("valueQuantity", {}).get("value")
    if size is None or income is None or "valueInteger" not in size or amount is None:
        return None
    year, people, state = Decimal(str(amount)), int(size["valueInteger"]), _state(patient)
    try:
        level = poverty.level(year, people, state, local_day(view.now, view.zone)) if state else None
    except (ValueError, NoRuleError):
        level = None
    child = any(each.get("valueBoolean") for each in size.get("component", ()) if has_code(each["code"], COMMUNITY, SMALL_CHILD))
    on = reading.moment(income.get("effectiveDateTime"), view.zone)
    return Means(people, year, child, (on or view.now).date(), state, level)


def _when(observation: Resource) -> tuple[str, str]:
    return str(observation.get("effectiveDateTime", "")), str(observation.get("meta", {}).get("lastUpdated", ""))


def _state(patient: Resource) -> str:
    """The state a patient lives in, by its postal code; empty when it is not known."""
    return next((str(each["state"]).upper() for each in patient.get("address", ()) if len(str(each.get("state", ""))) == 2), "")


def age_of(view: View, patient: Resource) -> int | None:
    """How old a patient is today."""
    return identity.identity(patient, local_day(view.now, view.zone)).age
