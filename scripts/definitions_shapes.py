"""What each R4 type is made of, worked out of its StructureDefinition. Part of build_definitions.py."""

import re
from collections import defaultdict

from definitions_rules import compile_rule

SYSTEM_TYPES = {"http://hl7.org/fhirpath/System.String": "string"}
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
# Rules that the validator knows by itself: the first holds by construction, the others need the whole resource.
KNOWN = {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6"}


class Builder:
    """Turns snapshots into shapes: {"Patient": {"elements": {...}, "choices": {...}, "rules": [...]}, "Patient.contact": ...}."""

    def __init__(self, types: list[dict], resources: list[dict], valuesets: list[dict], expansions: list[dict]) -> None:
        definitions = [
            each for each in types + resources if each["resourceType"] == "StructureDefinition" and each.get("kind") != "logical"
        ]
        self.primitives = {each["name"]: each for each in definitions if each["kind"] == "primitive-type"}
        self.complex = [each for each in definitions if each["kind"] != "primitive-type"]
        self.types = sorted(each["name"] for each in definitions if each["kind"] == "resource" and not each["abstract"])
        self.names = {each["name"] for each in definitions}
        self.expansions = {each["url"]: each for each in expansions}
        self.definitions = {each["url"]: each for each in valuesets if each["resourceType"] == "ValueSet"}
        self.values: dict[str, dict[str, list[str]]] = {}
        self.shapes: dict[str, dict] = {}
        self.notes: list[str] = []

    def build(self) -> dict:
        for definition in self.complex:
            self._shape_all(definition)
        return {
            "types": self.types,
            "primitives": {name: _regex(each) for name, each in sorted(self.primitives.items())},
            "shapes": dict(sorted(self.shapes.items())),
            "values": dict(sorted(self.values.items())),
        }

    def _shape_all(self, definition: dict) -> None:
        elements = definition["snapshot"]["element"]
        children: dict[str, list[dict]] = defaultdict(list)
        by_path = {}
        for element in elements:
            by_path[element["path"]] = element
            if "." in element["path"] and ":" not in element["id"]:
                children[element["path"].rpartition(".")[0]].append(element)
        root = elements[0]["path"]
        for path, below in children.items():
            name = definition["name"] + path[len(root) :]
            shape = self._shape(name, below, children, root, definition["name"])
            shape["rules"] = self._rules(by_path[path], shape)
            self.shapes[name] = {key: value for key, value in shape.items() if value}

    def _shape(self, name: str, below: list[dict], children: dict[str, list[dict]], root: str, defined: str) -> dict:
        shape: dict = {"elements": {}, "choices": {}, "need": []}
        for element in below:
            prop = element["path"].rpartition(".")[2]
            if element["max"] == "0":
                continue
            if element["path"] in children:
                variants = [(prop, defined + element["path"][len(root) :], {})]
            elif "contentReference" in element:
                variants = [(prop, element["contentReference"].lstrip("#"), {})]
            else:
                variants = [(prop, _type_name(each, self.names), each) for each in element["type"]]
            if prop == "id" and defined in self.types and name == defined:
                variants = [(prop, "id", {})]
            if prop.endswith("[x]"):
                base = prop[:-3]
                variants = [(base + _capital(each["code"]), kind, each) for _, kind, each in variants]
                shape["choices"][base] = [prop for prop, _, _ in variants]
                if element["min"]:
                    shape["need"].append(base)
            elif element["min"]:
                shape["need"].append(prop)
            for variant, kind, stated in _merged(variants):
                shape["elements"][variant] = self._element(element, kind, stated)
        return shape

    def _element(self, element: dict, kind: str, stated: list[dict]) -> dict:
        found: dict = {"t": kind}
        if element["max"] != "1":
            found["many"] = 1
        targets = [profile.rpartition("/")[2] for each in stated for profile in each.get("targetProfile", ())]
        if kind == "Reference" and targets and "Resource" not in targets:
            found["to"] = targets
        binding = element.get("binding", {})
        if binding.get("strength") == "required" and kind in {"code", "Coding", "CodeableConcept", "string", "uri"}:
            name = self._value_set(binding.get("valueSet", ""), element["path"])
            if name:
                found["of"] = name
        return found

    def _value_set(self, url: str, path: str) -> str | None:
        """The short name of a value set that can be listed, noting the ones that cannot."""
        url = url.partition("|")[0]
        name = url.rpartition("/")[2]
        if name in self.values:
            return name
        codes = self._listed(url)
        if not codes:
            self.notes.append(f"not enumerated: {path} {url}")
            return None
        self.values[name] = {system: sorted(each) for system, each in sorted(codes.items())}
        return name

    def _listed(self, url: str) -> dict[str, set[str]]:
        expansion = self.expansions.get(url, {}).get("expansion", {})
        if any(each["url"].endswith(("valueset-toocostly", "valueset-unclosed")) for each in expansion.get("extension", ())):
            return {}
        codes: dict[str, set[str]] = defaultdict(set)
        pending = list(expansion.get("contains", ())) or self._composed(url)
        while pending:
            each = pending.pop()
            pending += each.get("contains", ())
            if not each.get("abstract") and "code" in each:
                codes[each.get("system", "")].add(each["code"])
        return codes

    def _composed(self, url: str) -> list[dict]:
        """The concepts that a value set without an expansion lists itself; none when it draws on whole systems or other sets."""
        included = self.definitions.get(url, {}).get("compose", {}).get("include", [])
        if not all(each.get("concept") for each in included):
            return []
        return [{"system": each["system"], "code": concept["code"]} for each in included for concept in each["concept"]]

    def _rules(self, element: dict, shape: dict) -> list[list]:
        names = set(shape["elements"]) | set(shape["choices"])
        rules = []
        for each in element.get("constraint", ()):
            if each["severity"] == "error" and each["key"] not in KNOWN:
                compiled = compile_rule(each["expression"], names)
                if compiled:
                    rules.append([each["key"], each["human"], compiled])
        return rules


def _regex(primitive: dict) -> str | None:
    value = next(each for each in primitive["snapshot"]["element"] if each["path"].endswith(".value"))
    return next((each["valueString"] for each in value["type"][0].get("extension", ()) if each["url"] == REGEX), None)


def _type_name(stated: dict, names: set[str]) -> str:
    """The type of an element; where it must be a profile that is itself a type (SimpleQuantity), that profile."""
    profile = next(iter(stated.get("profile", ())), "").rpartition("/")[2]
    return profile if profile in names else SYSTEM_TYPES.get(stated["code"], stated["code"])


def _merged(variants: list[tuple[str, str, dict]]) -> list[tuple[str, str, list[dict]]]:
    """Types listed twice (once per profile) become one element."""
    found: dict[str, tuple[str, list[dict]]] = {}
    for prop, kind, stated in variants:
        found.setdefault(prop, (kind, []))[1].append(stated)
    return [(prop, kind, stated) for prop, (kind, stated) in found.items()]


def _capital(text: str) -> str:
    return re.sub(r"^.", lambda first: first[0].upper(), text)
