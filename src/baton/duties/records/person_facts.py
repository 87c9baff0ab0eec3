"""Who a patient is and how to reach them, fact by fact: the elements of the Patient, and since which version each stands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from baton.duties.patients import identity
from baton.fhir.resource import Resource, extension, human_name, text_of
from baton.store.facts import Written

CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
EXTENSIONS: Final = {
    "race": f"{CORE}race",
    "ethnicity": f"{CORE}ethnicity",
    "birthsex": f"{CORE}birthsex",
    "interpreter": identity.INTERPRETER,
    "preferences": identity.PREFERENCES,
}
"""Facts that are kept in extensions, by their address."""
ELEMENTS: Final = (
    "name", "birthDate", "gender", "deceased", "identifier", "telecom", "address", "communication", "maritalStatus", "contact",
    "generalPractitioner", "managingOrganization",
)  # fmt: skip
PARTS: Final = (*ELEMENTS, *EXTENSIONS)


def parts(patient: Resource) -> dict[str, Any]:
    """What is there of each part, as it stands in the resource; parts that are not there are left out."""
    found: dict[str, Any] = {each: patient[each] for each in ELEMENTS if patient.get(each) not in (None, [], {})}
    dead = patient.get("deceasedDateTime", patient.get("deceasedBoolean"))
    found |= {"deceased": dead} if dead else {}
    for name, address in EXTENSIONS.items():
        value = extension(patient, address)
        if value is not None:
            found[name] = value
    return {each: found[each] for each in PARTS if each in found}


def text(patient: Resource, part: str) -> str:
    """A part in a line; codes (gender, preferences) stay codes, the page has words for them."""
    return _TEXTS[part](patient) if part in _TEXTS else ""


def _telecom(patient: Resource) -> str:
    return ", ".join(str(each["value"]) for each in identity.points(patient))


def _race(part: str) -> Callable[[Resource], str]:
    def of(patient: Resource) -> str:
        found = extension(patient, EXTENSIONS[part])
        several = found if isinstance(found, list) else []
        return next((str(each["valueString"]) for each in several if each.get("url") == "text" and each.get("valueString")), "")

    return of


def _preferences(patient: Resource) -> str:
    said = identity.preferences(patient)
    return " · ".join(each for each in (said.channel, said.best_time, said.note) if each)


_TEXTS: Final[Mapping[str, Callable[[Resource], str]]] = {
    "name": human_name,
    "birthDate": lambda patient: str(patient["birthDate"]),
    "gender": lambda patient: str(patient["gender"]),
    "deceased": lambda patient: str(patient.get("deceasedDateTime") or ""),
    "identifier": lambda patient: identity.mrn(patient) or "",
    "telecom": _telecom,
    "address": lambda patient: identity.address(patient) or "",
    "communication": lambda patient: identity.language(patient) or "",
    "maritalStatus": lambda patient: text_of(patient["maritalStatus"]),
    "contact": lambda patient: ", ".join(filter(None, (human_name(each) for each in patient["contact"]))),
    "generalPractitioner": lambda patient: ", ".join(
        str(each["display"]) for each in patient["generalPractitioner"] if each.get("display")
    ),
    "managingOrganization": lambda patient: str(patient["managingOrganization"].get("display", "")),
    "race": _race("race"),
    "ethnicity": _race("ethnicity"),
    "birthsex": lambda patient: str(extension(patient, EXTENSIONS["birthsex"])),
    "preferences": _preferences,
}


def since(versions: Sequence[tuple[int, Resource | None, Written]]) -> dict[str, tuple[Written, Written]]:
    """For each part of the newest version (versions come newest first): the writing that first had it, and the one since which it stands.

    Where the versions do not reach back far enough, the oldest of them.
    """
    bodies = [(body, written) for _, body, written in versions if body is not None]
    if not bodies:
        return {}
    found: dict[str, tuple[Written, Written]] = {}
    several = [(parts(body), written) for body, written in bodies]
    for part, value in several[0][0].items():
        latest = first = several[0][1]
        same = True
        for earlier, written in several[1:]:
            same = same and earlier.get(part) == value
            latest = written if same else latest
            first = written if part in earlier else first
        found[part] = (first, latest)
    return found
