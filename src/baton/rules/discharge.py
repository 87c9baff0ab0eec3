"""Which discharges open a transition: where the stay was (class, type), where the patient went. Table: data/discharge.json."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from baton.rules.answer import Answer, Step
from baton.rules.tables import Row, table

TABLE = "discharge"
SYSTEMS = {
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": "act",
    "http://terminology.hl7.org/CodeSystem/v2-0004": "v2-0004",
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode": "role",
    "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set": "pos",
    "http://snomed.info/sct": "snomed",
    "http://terminology.hl7.org/CodeSystem/discharge-disposition": "r4",
    "http://www.nubc.org/patient-discharge": "nubc",
    "https://www.nubc.org/CodeSystem/PatDischargeStatus": "nubc",
    "http://terminology.hl7.org/CodeSystem/v2-0112": "nubc",
    "urn:oid:2.16.840.1.113883.6.301.5": "nubc",
}
Coding = tuple[str | None, str]  # system url or short name (None: not said), code


@cache
def rows_of(kind: str) -> dict[tuple[str, str], tuple[Row, ...]]:
    """(system, code) -> its rows, oldest first."""
    found: dict[tuple[str, str], tuple[Row, ...]] = {}
    for row in table(TABLE).rows:
        if row.values["kind"] == kind:
            key = (row.values["system"], row.code)
            found[key] = (*found.get(key, ()), row)
    return found


def look_up(kind: str, codings: Iterable[Coding], day: date) -> Row | None:
    """The first row in force for any of these codings. Without a system a code of any system of the kind will do."""
    rows = rows_of(kind)
    for system, code in codings:
        name = SYSTEMS.get(system, system) if system else None
        text = code.zfill(2) if code.isdigit() else code
        for (row_system, row_code), dated in rows.items():
            if row_code == text and name in (None, row_system):
                for row in dated:
                    if row.in_force(day):
                        return row
    return None


def is_stay(codings: Iterable[Coding], day: date) -> bool:
    """Whether an Encounter with these class and type codings is a stay that a transition can start from."""
    row = look_up("from", codings, day)
    return row is not None and bool(row.values["opens"])


def opens(stay: Iterable[Coding], disposition: Iterable[Coding], day: date) -> Answer[bool]:
    """Whether a discharge opens a transition, and the row that says so. No disposition, or an unlisted one, opens."""
    version = table(TABLE).version
    start = look_up("from", stay, day)
    if start is None or not start.values["opens"]:
        return Answer(False, (Step("end", day, "not-a-stay"),), f"{TABLE}/from", version)
    end = look_up("to", disposition, day)
    if end is None:
        return Answer(
            True, (Step("start", day, start.values["name"]), Step("end", day, "disposition-unknown")), f"{TABLE}/to", version, start.source
        )
    reason = f"disposition-{end.values['system']}-{end.code}"
    return Answer(
        bool(end.values["opens"]), (Step("start", day, start.values["name"]), Step("end", day, reason)), f"{TABLE}/to", version, end.source
    )


def is_adult(birth: date | None, day: date, years: int = 18) -> bool:
    """Whether they have had the birthday that makes them adult. Unknown counts as adult; 29 February is kept on 1 March."""
    if birth is None:
        return True
    return (day.year - birth.year) - ((day.month, day.day) < (birth.month, birth.day)) >= years
