"""A JSON Schema for each resource type, made from its shape and pruned to what it uses.

Made to be quick, not complete: it accepts nothing that is wrong within its reach, but it also refuses the rarest right things (a null in a
list of primitives, an extension in place of a required value, an Extension with an id), so that the common ones need fewer checks.
`explain` has the last word on what it refuses. Resources inside resources are left to `validate`.
"""

import re
from collections.abc import Mapping
from functools import cache, reduce
from typing import Any, Final

from baton.fhir import primitives
from baton.fhir.definitions import Element, Rule, Shape, shape, value_set

Schema = dict[str, Any]

_ID: Final = r"[A-Za-z0-9\-.]{1,64}"

# The values that extensions have in practice. The others drag half of R4's data types into every schema, so `explain` judges them.
_COMMON_EXTENSION_VALUES: Final = frozenset(
    {"boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant", "integer", "markdown", "oid", "positiveInt"}
    | {"string", "time", "unsignedInt", "uri", "url", "uuid", "Coding", "CodeableConcept", "Identifier", "Period", "Quantity"}
    | {"Reference", "Age", "Duration", "Money", "Address", "HumanName", "ContactPoint", "Range"}
)


def for_type(resource_type: str, *, contained: bool) -> Schema:
    """The schema of a resource type; `contained` says whether references to "#id" may stand in it."""
    making = _Making(contained)
    root = making.reference_to(resource_type)
    while making.pending:
        making.make_next()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root, "$defs": making.definitions}


def reference_pattern(targets: tuple[str, ...], *, contained: bool) -> str:
    """What Reference.reference may be: local to one of these types (any, when none are given), a query for one, or any absolute URI."""
    local = f"(?:{'|'.join(targets)})" if targets else "[A-Z][A-Za-z]+"
    inside = r"#\S*|" if contained else ""
    return rf"^(?:{inside}{local}(?:/{_ID}(?:/_history/{_ID})?|\?\S+)|[a-z][a-zA-Z0-9+.\-]*:\S+)$"


@cache
def reference_pattern_of(targets: tuple[str, ...], contained: bool) -> re.Pattern[str]:
    """The same, compiled for Python."""
    return re.compile(reference_pattern(targets, contained=contained).removesuffix("$") + r"\Z")


class _Making:
    """Collects the definitions that one type needs, each once."""

    def __init__(self, contained: bool) -> None:
        self.contained = contained
        self.definitions: dict[str, Schema] = {}
        self.pending: list[tuple[str, Element]] = []

    def reference_to(self, kind: str) -> Schema:
        return self._ref(kind, Element(kind))

    def _ref(self, name: str, element: Element) -> Schema:
        if name not in self.definitions:
            self.definitions[name] = {}
            self.pending.append((name, element))
        return {"$ref": f"#/$defs/{name.replace('|', '%7C')}"}

    def make_next(self) -> None:
        name, element = self.pending.pop()
        self.definitions[name] = self._definition(element)

    def _definition(self, element: Element) -> Schema:
        if element.value_set:
            return self._bound(element)
        if primitives.is_primitive(element.type):
            return primitives.schema(element.type)
        if element.type == "Resource":
            return {"type": "object"}
        made = self._object(shape(element.type))
        if element.type == "Reference":
            made["properties"]["reference"] = {"type": "string", "pattern": reference_pattern(element.targets, contained=self.contained)}
        return made

    def _bound(self, element: Element) -> Schema:
        """A coded element that must take a code of its value set."""
        codes = value_set(element.value_set or "")
        if element.type not in {"Coding", "CodeableConcept"}:
            return {"enum": sorted(code for each in codes.values() for code in each)}
        one_of_them: Schema = {
            "anyOf": [
                {"required": ["system", "code"], "properties": {"system": {"const": system}, "code": {"enum": sorted(each)}}}
                for system, each in codes.items()
            ]
        }
        if element.type == "CodeableConcept":
            one_of_them = {"required": ["coding"], "properties": {"coding": {"contains": one_of_them}}}
        return {"allOf": [self.reference_to(element.type), one_of_them]}

    def _object(self, made_of: Shape) -> Schema:
        properties = {name: self._property(element) for name, element in made_of.elements.items() if _is_usual(made_of, name, element)}
        chosen = {variant for variants in made_of.choices.values() for variant in variants}
        for name, element in made_of.elements.items():
            if primitives.is_primitive(element.type) and not element.many and name not in chosen:
                properties[f"_{name}"] = self.reference_to("Element")
        made: Schema = {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}
        if made_of.name == "Extension":
            return {**made, "required": ["url"], "minProperties": 2, "maxProperties": 2}
        if "." not in made_of.name and "implicitRules" in made_of.elements:
            properties["resourceType"] = {"const": made_of.name}
        if made_of.name == "Period":
            made["inOrder"] = True
        required = [name for name in made_of.need if name not in made_of.choices]
        conditions = [_at_most_one(variants, base in made_of.need) for base, variants in made_of.choices.items()]
        conditions += [condition(rule, made_of.choices) for _, _, rule in made_of.rules]
        return {**made, **({"required": required} if required else {}), **({"allOf": conditions} if conditions else {})}

    def _property(self, element: Element) -> Schema:
        name = element.type
        if element.value_set:
            name = f"{element.type}|{element.value_set}"
        elif element.targets:
            name = f"{element.type}|{'|'.join(element.targets)}"
        one = self._ref(name, element)
        return {"type": "array", "minItems": 1, "items": one} if element.many else one


def _is_usual(made_of: Shape, name: str, element: Element) -> bool:
    if made_of.name != "Extension" or name in {"url", "extension"}:
        return True
    return name.startswith("value") and element.type in _COMMON_EXTENSION_VALUES


def _at_most_one(variants: tuple[str, ...], needed: bool) -> Schema:
    present: list[Schema] = [{"required": [variant]} for variant in variants]
    return {"oneOf": present if needed else [*present, {"not": {"anyOf": present}}]}


def condition(rule: Rule, choices: Mapping[str, tuple[str, ...]]) -> Schema:
    """The schema that holds exactly when a compiled invariant does."""
    operator, *operands = rule
    if operator == "has":
        names = choices.get(operands[0], (operands[0],))
        return {"required": list(names)} if len(names) == 1 else {"anyOf": [{"required": [name]} for name in names]}
    if operator == "is":
        return {"required": [operands[0]], "properties": {operands[0]: {"enum": operands[1]}}}
    parts = [condition(each, choices) for each in operands]
    if operator == "not":
        return {"not": parts[0]}
    if operator == "implies":
        return {"anyOf": [{"not": parts[0]}, parts[1]]}
    return reduce(lambda one, other: {{"and": "allOf", "or": "anyOf", "xor": "oneOf"}[operator]: [one, other]}, parts)
