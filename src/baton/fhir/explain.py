"""What exactly is wrong with a resource, element by element, in plain words. Slower than the schema, complete, and the last word.

Takes whatever JSON can hold; never raises.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from baton.fhir import primitives
from baton.fhir.definitions import Element, Rule, Shape, shape, value_set
from baton.fhir.invariants import in_order
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import DEEPEST
from baton.fhir.schema import reference_pattern_of

MOST_ISSUES: Final = 100
_COMPANION: Final = Element("Element")
_LISTED: Final = 12


def explain(resource: Mapping[str, Any], path: str, *, contained: bool) -> list[Issue]:
    """Every fault of a resource whose type is known, at most MOST_ISSUES of them; `path` is how its root is called.

    `contained` says whether references to "#id" may stand in it. Resources inside it are left to `validate`.
    """
    found: list[Issue] = []
    for issue in _Walk(contained).object(shape(resource["resourceType"]), resource, path, 0):
        found.append(issue)
        if len(found) == MOST_ISSUES:
            break
    return found


class _Walk:
    """One pass over one resource."""

    def __init__(self, contained: bool) -> None:
        self.contained = contained

    def object(self, made_of: Shape, value: Any, path: str, depth: int) -> Iterator[Issue]:
        if not isinstance(value, dict):
            yield error("structure", f"{path} takes an object, not {kind_of(value)}.", path)
        elif not value:
            yield error("structure", f"{path} is empty: leave it out, or give it a value. (ele-1)", path)
        elif depth > DEEPEST:
            yield error("structure", f"{path} is nested deeper than {DEEPEST}.", path)
        else:
            for name, each in value.items():
                yield from self._property(made_of, value, name, each, path, depth)
            yield from _missing(made_of, value, path)
            yield from _chosen(made_of, value, path)
            yield from _broken_rules(made_of, value, path)

    def _property(self, made_of: Shape, parent: Mapping[str, Any], name: Any, value: Any, path: str, depth: int) -> Iterator[Issue]:
        if name == "resourceType" and depth == 0:
            return
        if not isinstance(name, str):
            yield error("structure", f"{path} has a property that is named by {kind_of(name)}.", path)
            return
        element = made_of.elements.get(name)
        if element:
            yield from self._element(element, parent, name, value, f"{path}.{_spoken(made_of, name)}", depth)
            return
        extended = made_of.elements.get(name[1:]) if name.startswith("_") else None
        if extended and primitives.is_primitive(extended.type):
            yield from self._companion(extended, value, f"{path}.{_spoken(made_of, name[1:])}", depth)
        else:
            close = get_close_matches(name, made_of.elements, 1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            yield error("structure", f"{path} has no element '{name}'.{hint}", f"{path}.{name}")

    def _element(self, element: Element, parent: Mapping[str, Any], name: str, value: Any, path: str, depth: int) -> Iterator[Issue]:
        if not element.many:
            yield from self._one(element, value, path, depth)
        elif not isinstance(value, list):
            yield error("structure", f"{path} takes a list, not {kind_of(value)}.", path)
        elif not value:
            yield error("structure", f"{path} is an empty list: leave it out, or give it a value.", path)
        else:
            companions = parent.get(f"_{name}")
            for index, each in enumerate(value):
                if each is None and isinstance(companions, list) and index < len(companions) and companions[index]:
                    continue  # the value is in the extensions beside it
                yield from self._one(element, each, f"{path}[{index}]", depth)

    def _companion(self, element: Element, value: Any, path: str, depth: int) -> Iterator[Issue]:
        """The `_name` beside a primitive, which carries its id and extensions."""
        if not element.many:
            yield from self._one(_COMPANION, value, path, depth)
        elif not isinstance(value, list) or not value:
            yield error("structure", f"{path}: the extensions of a list are a list as long as it.", path)
        else:
            for index, each in enumerate(value):
                if each is not None:
                    yield from self._one(_COMPANION, each, f"{path}[{index}]", depth)

    def _one(self, element: Element, value: Any, path: str, depth: int) -> Iterator[Issue]:
        if element.type == "Resource":
            if not isinstance(value, dict):
                yield error("structure", f"{path} takes a resource, not {kind_of(value)}.", path)
        elif primitives.is_primitive(element.type):
            yield from _primitive(element, value, path)
        else:
            yield from self.object(shape(element.type), value, path, depth + 1)
            if isinstance(value, dict):
                yield from self._special(element, value, path)

    def _special(self, element: Element, value: dict[str, Any], path: str) -> Iterator[Issue]:
        if element.type == "Reference":
            yield from self._reference(element, value.get("reference"), path)
        elif element.type == "Period" and not in_order(value.get("start"), value.get("end")):
            yield error("invariant", f"{path} ends before it starts. (per-1)", path)
        elif element.type == "Extension":
            has_value = any(name.lstrip("_").startswith("value") for name in value)
            if has_value == ("extension" in value):
                yield error("invariant", f"{path} must have either a value or extensions of its own, and not both. (ext-1)", path)
        elif element.value_set:
            yield from _bound(element, value, path)

    def _reference(self, element: Element, text: Any, path: str) -> Iterator[Issue]:
        if not isinstance(text, str) or reference_pattern_of(element.targets, self.contained).match(text):
            return
        if text.startswith("#"):
            yield error(
                "not-found", f"{path} points to the contained resource '{text}', and none is contained. (ref-1)", f"{path}.reference"
            )
        else:
            takes = " or ".join(element.targets) or "any type"
            yield error(
                "value", f"{path} takes a reference to {takes}, as Type/id or an absolute URL; not '{_short(text)}'.", f"{path}.reference"
            )


def _primitive(element: Element, value: Any, path: str) -> Iterator[Issue]:
    if value is None:
        yield error("structure", f"{path} is null: leave it out, or give it a value.", path)
    elif not primitives.fits(element.type, value):
        said = f"'{_short(value)}'" if isinstance(value, str) else kind_of(value)
        yield error("value", f"{path} takes {primitives.TAKES[element.type]}; not {said}.", path)
    elif element.value_set:
        codes = sorted(code for each in value_set(element.value_set).values() for code in each)
        if value not in codes:
            yield error("code-invalid", f"{path} takes {_listed(codes, str(value))}; not '{_short(value)}'.", path)


def _bound(element: Element, value: Mapping[str, Any], path: str) -> Iterator[Issue]:
    """A Coding or CodeableConcept that must have a code of its value set."""
    codes = value_set(element.value_set or "")
    codings = [value] if element.type == "Coding" else value.get("coding")
    for coding in codings if isinstance(codings, list) else ():
        system, code = (coding.get("system"), coding.get("code")) if isinstance(coding, dict) else (None, None)
        if isinstance(system, str) and isinstance(code, str) and code in codes.get(system, ()):
            return
    takes = "; or ".join(f"{_listed(sorted(each), '')} of {system}" for system, each in codes.items())
    yield error("code-invalid", f"{path} must have a code of its value set: {takes}.", path)


def _missing(made_of: Shape, value: Mapping[str, Any], path: str) -> Iterator[Issue]:
    for name in made_of.need:
        if not _has(made_of, value, name):
            spoken = f"one of {', '.join(made_of.choices[name])}" if name in made_of.choices else f"'{name}'"
            yield error("required", f"{path} needs {spoken}.", f"{path}.{name}")


def _chosen(made_of: Shape, value: Mapping[str, Any], path: str) -> Iterator[Issue]:
    for base, variants in made_of.choices.items():
        present = [name for name in variants if name in value or f"_{name}" in value]
        if len(present) > 1:
            yield error("structure", f"{path}.{base} takes one value, and has {' and '.join(present)}.", f"{path}.{base}")


def _broken_rules(made_of: Shape, value: Mapping[str, Any], path: str) -> Iterator[Issue]:
    for key, human, rule in made_of.rules:
        if not _holds(made_of, value, rule):
            yield error("invariant", f"{path}: {human.rstrip('.')}. ({key})", path)


def _holds(made_of: Shape, value: Mapping[str, Any], rule: Rule) -> bool:
    operator, *operands = rule
    if operator == "has":
        return _has(made_of, value, operands[0])
    if operator == "is":
        found = value.get(operands[0])
        return isinstance(found, str | bool) and found in operands[1]
    parts = [_holds(made_of, value, each) for each in operands]
    if operator == "not":
        return not parts[0]
    if operator == "implies":
        return parts[1] or not parts[0]
    if operator == "xor":
        return parts[0] != parts[1]
    return all(parts) if operator == "and" else any(parts)


def _has(made_of: Shape, value: Mapping[str, Any], name: str) -> bool:
    return any(variant in value or f"_{variant}" in value for variant in made_of.choices.get(name, (name,)))


def _spoken(made_of: Shape, name: str) -> str:
    """The element as FHIRPath names it: valueQuantity is value.ofType(Quantity)."""
    for base, variants in made_of.choices.items():
        if name in variants:
            kind = name[len(base) :]
            small = kind[:1].lower() + kind[1:]
            return f"{base}.ofType({small if small in primitives.TAKES else kind})"
    return name


def kind_of(value: object) -> str:
    """What a JSON value is, in words: "a list", "an object", "null" …"""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number" if value != value or value in (float("inf"), float("-inf")) else f"the number {_short(str(value))}"
    for kind, said in ((dict, "an object"), (list, "a list"), (str, "a text")):
        if isinstance(value, kind):
            return said
    return "something that JSON cannot hold"


def _listed(codes: list[str], wrong: str) -> str:
    if len(codes) > _LISTED:
        close = get_close_matches(wrong, codes, 1)
        return f"one of {len(codes)} codes" + (f" (did you mean {close[0]}?)" if close else f" such as {codes[0]}")
    return f"one of {', '.join(codes)}" if len(codes) > 1 else f"the code {codes[0]}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
