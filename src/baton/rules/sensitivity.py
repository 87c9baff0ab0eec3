"""Which security labels a record must carry, by its codes, by who made it, and by the patient's age. Table: data/sensitivity.json.

A house corrects or extends the codes by lists of its own (`OwnList`), kept as data: see duties/privacy/code_lists.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from baton.rules.tables import Row, table

TABLE = "sensitivity"
SYSTEMS = {
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "http://hl7.org/fhir/sid/icd-10": "icd10cm",
    "urn:oid:2.16.840.1.113883.6.90": "icd10cm",
    "http://snomed.info/sct": "snomed",
    "http://loinc.org": "loinc",
    "http://www.whocc.no/atc": "atc",
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "hcpcs",
    "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes": "hcpcs",
    "https://baton.example/fhir/CodeSystem/assessment-answer": "answer",
}
Coding = tuple[str | None, str]  # system url, code


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A label, and which rule asks for it because of what."""

    label: str
    why: str


@dataclass(frozen=True, slots=True)
class OwnList:
    """A house's own list of codes: they carry the label here too, or (`adds` false) do not carry it here, within its days.

    `system` is the url of the code system, `starts` are beginnings of codes (dots left out), `why` the reason in the house's words.
    """

    id: str
    label: str
    adds: bool
    system: str
    codes: tuple[str, ...]
    starts: tuple[str, ...]
    since: date
    until: date | None
    why: str
    by: str = ""

    def in_force(self, day: date) -> bool:
        """Whether the list holds on that day (both ends included)."""
        return self.since <= day and (self.until is None or day <= self.until)

    def has(self, system: str, code: str) -> bool:
        """Whether a code of this system (its url) is on the list."""
        if short(system) != short(self.system):
            return False
        return code in self.codes or (bool(self.starts) and bare(code).startswith(self.starts))


@dataclass(frozen=True, slots=True)
class _Rules:
    exact: dict[tuple[str, str], Row]
    starts: dict[str, tuple[tuple[str, Row], ...]]
    program: tuple[Row, ...]
    ages: tuple[Row, ...]


@lru_cache(maxsize=16)
def _rules(day: date) -> _Rules:
    exact: dict[tuple[str, str], Row] = {}
    starts: dict[str, tuple[tuple[str, Row], ...]] = {}
    program: list[Row] = []
    ages: list[Row] = []
    for row in table(TABLE).in_force(day):
        values = row.values
        for code in values.get("codes", ()):
            exact[values["system"], code] = row
        if "starts" in values:
            starts[values["system"]] = (*starts.get(values["system"], ()), *((start, row) for start in values["starts"]))
        if values.get("program"):
            program.append(row)
        if "under" in values:
            ages.append(row)
    return _Rules(exact, starts, tuple(program), tuple(ages))


def short(system: str) -> str:
    """The short name of a code system by which the table knows it; its url when the table does not."""
    return SYSTEMS.get(system, system)


def bare(code: str) -> str:
    """A code as its beginnings are compared: without dots, in capitals."""
    return code.replace(".", "").upper()


def by_code(codings: Iterable[Coding], day: date, own: Sequence[OwnList] = ()) -> list[Sensitive]:
    """The labels that codes ask for, each once, with the first code that does. `own`: the house's lists, which come first."""
    lists = [each for each in own if each.in_force(day)]
    found: dict[str, Sensitive] = {}
    for url, code in codings:
        if url is None:
            continue
        mine = [each for each in lists if each.has(url, code)]
        for each in mine:
            if each.adds:
                why = f"{code}: {each.why} (list {each.id} of this house, since {each.since.isoformat()})"
                found.setdefault(each.label, Sensitive(each.label, why))
        row = _row(url, code, day)
        if row is not None and not any(not each.adds and each.label == row.values["label"] for each in mine):
            found.setdefault(row.values["label"], Sensitive(row.values["label"], f"{code}: {_cited(row)}"))
    return list(found.values())


def _row(url: str, code: str, day: date) -> Row | None:
    rules, system = _rules(day), SYSTEMS.get(url)
    if system is None:
        return None
    row = rules.exact.get((system, code))
    if row is None and system in rules.starts:
        row = next((each for start, each in rules.starts[system] if bare(code).startswith(start)), None)
    return row


def by_program(program: str, day: date) -> list[Sensitive]:
    """The labels of what a Part 2 program made or keeps."""
    return [Sensitive(row.values["label"], f"{program}: {_cited(row)}") for row in _rules(day).program]


def ages_matter(labels: Iterable[str], day: date) -> bool:
    """Whether the patient's age decides anything for a record with these labels."""
    carried = set(labels)
    return any(carried & set(row.values["with"]) for row in _rules(day).ages)


def by_age(labels: Iterable[str], born: date | None, served: date, day: date) -> list[Sensitive]:
    """The labels that the patient's age at the service asks for, beside the labels the record has. Without a birth date: none."""
    carried = set(labels)
    return [
        Sensitive(row.values["label"], f"under {row.values['under']}: {_cited(row)}")
        for row in _rules(day).ages
        if born is not None and carried & set(row.values["with"]) and _age(born, served) < row.values["under"]
    ]


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _cited(row: Row) -> str:
    return f"rule {row.code} of {TABLE} {table(TABLE).version}"
