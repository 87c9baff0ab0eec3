"""Who may interpret: a qualified interpreter says who they are; a child never does, whoever writes it down and through whichever door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, extension, human_name, target
from baton.rules import messages
from baton.rules.calendar import local_day
from baton.store import View

INTERPRETING: Final = codes.CONTACT_INTERPRETING
KINDS: Final = ("qualified", "staff", "companion")
CHILD: Final = "A child does not interpret: call a qualified interpreter."


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Who interpreted: `kind` is qualified (with a name or number that proves it), staff (who speaks the language) or companion.

    `person` is the "RelatedPerson/id" of a companion on file; `born` their day of birth where it is known.
    """

    kind: str
    name: str = ""
    language: str | None = None
    person: str | None = None
    born: date | None = None


def kind_of(resource: Mapping[str, Any]) -> str | None:
    """What the interpreter of a contact was: one of KINDS; None where nobody said."""
    return str(found) if (found := _parts(resource).get("kind", {}).get("valueCode")) else None


def _parts(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {part.get("url"): part for part in extension(resource, INTERPRETING) or ()}


def needed_by(person: Mapping[str, Any] | None) -> bool:
    """Whether somebody needs an interpreter, as it is on file."""
    return extension(person, identity.INTERPRETER) is True or (bool(person) and identity.preferences(dict(person or {})).interpreter)


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


def interpreted(interpreter: str | Interpreter | None, language: str | None) -> list[Resource]:
    """Who interpreted, as extensions: the name or number as ever, and what proves that they may."""
    if not interpreter:
        return []
    if isinstance(interpreter, str):
        return [{"url": codes.CONTACT_INTERPRETER, "valueString": interpreter}]
    parts: list[Resource] = [{"url": "kind", "valueCode": interpreter.kind}]
    parts += [{"url": "language", "valueCode": spoken}] if (spoken := interpreter.language or language) else []
    parts += [{"url": "person", "valueReference": {"reference": interpreter.person}}] if interpreter.person else []
    parts += [{"url": "born", "valueDate": interpreter.born.isoformat()}] if interpreter.born else []
    named = [{"url": codes.CONTACT_INTERPRETER, "valueString": interpreter.name.strip()}] if interpreter.name.strip() else []
    return [*named, {"url": INTERPRETING, "extension": parts}]


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


GUARDS = {"Communication": [guard], "Observation": [guard], "Consent": [guard]}
"""What somebody was told, what they said of what they were taught, and what they signed."""
