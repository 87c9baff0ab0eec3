"""What somebody who cares for a patient said of themselves, told by the resource alone: answers, sums, and what is owed because of them.

The labeller asks (`duties/privacy/labelling.py`): unless the caregiver shows them, neither the patient nor the family sees these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from baton.duties import codes, reading
from baton.fhir.resource import extension, target
from baton.packs.assessments import Assessment, library, of_canonical

SHOWN: Final = f"{codes.P}/StructureDefinition/shown-to-patient"
"""On a caregiver's answers: whether they let the patient read them (valueBoolean)."""
SCORE: Final = f"{codes.P}/CodeSystem/assessment-score"
PERSON: Final = "RelatedPerson/"


def assessment_of(response: Mapping[str, Any]) -> Assessment | None:
    """The assessment that somebody's answers about themselves as a caregiver answer; None for all other answers."""
    found = of_canonical(response.get("questionnaire"))
    own = found is not None and found.about == "caregiver" and str(target(response.get("source")) or "").startswith(PERSON)
    return found if own else None


def is_own(resource: Mapping[str, Any]) -> bool:
    """Whether a resource says what a caregiver answered about themselves, what it adds up to, or what is owed or asked because of it."""
    match resource["resourceType"]:
        case "QuestionnaireResponse":
            return assessment_of(resource) is not None
        case "Observation":
            about = any(str(target(each) or "").startswith(PERSON) for each in resource.get("focus", ()))
            coded = [code for system, code in reading.codings(resource.get("code")) if system == SCORE]
            return about and any(code.startswith(f"{each}-") for code in coded for each in _codes())
        case "Task":
            if any(_asks(each) for each in resource.get("input", ())):
                return str(target(resource.get("owner")) or "").startswith(PERSON)
            said = str(resource.get("description") or "").partition("/")
            return bool(said[1]) and said[0] in _codes() and str(codes.promise_code(resource) or "").startswith("screen-")
    return False


def is_kept_from_the_patient(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is such, and the caregiver has not said that the patient may read it. Only answers are shown."""
    return is_own(resource) and not (resource["resourceType"] == "QuestionnaireResponse" and is_shown(resource))


def is_shown(response: Mapping[str, Any]) -> bool:
    """Whether the caregiver lets the patient read these answers."""
    return extension(response, SHOWN) is True


def _asks(given: Mapping[str, Any]) -> bool:
    found = of_canonical(given.get("valueCanonical"))
    return found is not None and found.about == "caregiver"


def _codes() -> tuple[str, ...]:
    return tuple(code for code, each in library().items() if each.about == "caregiver")
