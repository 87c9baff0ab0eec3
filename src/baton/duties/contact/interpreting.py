"""Who may interpret: a qualified interpreter says who they are; a child never does, whoever writes it down and through whichever door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, human_name, target
from baton.rules import messages
from baton.rules.calendar import local_day
from baton.store import View

INTERPRETING: Final = f"{codes.P}/StructureDefinition/contact-interpreting"
KINDS: Final = ("qualified", "staff", "companion")
CHILD: Final = "A child does not interpret: call a qualified interpreter."


def kind_of(resource: Mapping[str, Any]) -> str | None:
    """What the interpreter of a contact was: one of KINDS; None where nobody said."""
    return str(found) if (found := _parts(resource).get("kind", {}).get("valueCode")) else None


def _parts(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {part.get("url"): part for part in extension(resource, INTERPRETING) or ()}


def refusals(view: View, kind: str, name: str, person: str | None, born: date | None) -> Iterator[Issue]:
    """Why somebody may not be recorded as the interpreter."""
    where = "Communication.extension(contact-interpreting)"
    if kind not in KINDS:
        yield error("code-invalid", f"{kind!r} is none of {', '.join(KINDS)}.", f"{where}.kind")
    if kind == "qualified" and not name.strip():
        yield error("required", "Say the name or number of the interpreter: it proves that one was there.", where)
    known = born
    if person:
        with reading.seeing_all(view):
            known = identity.birth_date(reading.peek(view, person) or {}) or born
    if known is not None and not messages.may_interpret(known, local_day(view.now, view.zone)):
        yield error("business-rule", CHILD, f"{where}.person")


def _children(after: Resource, name: str, view: View) -> Iterator[Issue]:
    """Whoever is only named, and is a child of the family by that name or reference."""
    today = local_day(view.now, view.zone)
    for each in view.find("RelatedPerson", patient=codes.patient_of(after), _count=50):
        known = {f"relatedperson/{each['id']}", (human_name(each) or "").casefold()}
        born = identity.birth_date(each)
        if name.casefold() in known and born is not None and not messages.may_interpret(born, today):
            yield error("business-rule", CHILD, "Communication.extension(contact-interpreter)")


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """The same for whatever is written through any door."""
    named = str(extension(after, codes.CONTACT_INTERPRETER) or "").strip()
    if after is not None and named and codes.patient_of(after):
        yield from _children(after, named, view)
    if after is None or extension(after, INTERPRETING) is None or (before is not None and _parts(before) == _parts(after)):
        return
    parts = _parts(after)
    said = parts.get("born", {}).get("valueDate")
    born = date.fromisoformat(said) if said and len(said) == 10 else None
    yield from refusals(
        view, str(parts.get("kind", {}).get("valueCode")), named, target(parts.get("person", {}).get("valueReference")), born
    )


GUARDS = {"Communication": [guard]}
