"""Where each search parameter's values lie in the JSON of each type. Part of build_definitions.py.

An expression compiles to places: [path, type, system?, only?]. The path is property names joined by dots, a step may be narrowed:
"telecom[system=email].value", "entry[0].resource". Choice types are written out (effectiveDateTime). `only` is the target type a
reference must have (`where(resolve() is Patient)`); `system` is what a code's required value set implies.
"""

import re

UNION = re.compile(r"\s*\|\s*")
CAST = re.compile(r"\((?P<path>[^()]+) as (?P<type>\w+)\)(?P<rest>.*)")
STEP = re.compile(
    r"(?P<cast>as|ofType)\((?P<type>\w+)\)|where\(resolve\(\) is (?P<only>\w+)\)|where\((?P<key>\w+)\s*=\s*'(?P<value>[^']*)'\)"
    r"|(?P<name>\w+)(?:\[(?P<index>\d+)\])?"
)
TRUTH = re.compile(r"(?P<path>[\w.]+)\.exists\(\) and (?P=path) != false")
EVERYWHERE = ("Resource", "DomainResource")


def search_parameters(parameters: list[dict], shapes: dict) -> dict:
    """{type: {code: {"t": type, "at": places, "to": targets, "url": canonical}}}; what every type has is under "Resource"."""
    found: dict[str, dict] = {}
    for parameter in parameters:
        for base in parameter["base"]:
            places = [place for each in _alternatives(parameter.get("expression", "")) for place in _places(each, base, shapes)]
            if parameter["type"] in {"composite", "special"}:
                places = []
            unique = [place for index, place in enumerate(places) if place not in places[:index]]
            compiled = {"t": parameter["type"], "at": unique, "to": parameter.get("target", []), "url": parameter["url"]}
            found.setdefault(base, {})[parameter["code"]] = {key: value for key, value in compiled.items() if value}
    return {base: dict(sorted(each.items())) for base, each in sorted(found.items())}


def _alternatives(expression: str) -> list[str]:
    return [each for each in UNION.split(expression) if each]


def _places(expression: str, base: str, shapes: dict) -> list[list]:
    truth = TRUTH.fullmatch(expression)
    if truth:
        return [[place[0], "truth"] for place in _places(truth["path"], base, shapes)]
    cast = CAST.fullmatch(expression)
    if cast:
        expression = f"{cast['path']}.as({cast['type']}){cast['rest']}"
    steps = re.findall(r"(?:[^.()]|\([^()]*(?:\([^()]*\)[^()]*)*\))+", expression)
    if steps[0] in shapes["shapes"].get(base, {"elements": {}})["elements"]:
        steps.insert(0, base)
    if steps[0] not in {base, *EVERYWHERE}:
        return []
    here = [_Place([], base if base in shapes["shapes"] else "DomainResource", {}, None)]
    for step in steps[1:]:
        parsed = STEP.fullmatch(step)
        if not parsed:
            raise SystemExit(f"cannot compile {expression}")
        here = [after for place in here for after in _after(place, parsed, shapes["shapes"])]
    return [place.compiled(shapes["values"]) for place in here if place.type != base]


class _Place:
    """One spot in a resource: the path to it, the type found there."""

    def __init__(self, path: list[str], kind: str, element: dict, only: str | None) -> None:
        self.path, self.type, self.element, self.only = path, kind, element, only

    def compiled(self, values: dict) -> list:
        systems = [system for system in values.get(self.element.get("of", ""), {}) if system] if self.type == "code" else []
        compiled = [".".join(self.path), self.type, systems[0] if len(systems) == 1 else None, self.only]
        while compiled[-1] is None:
            compiled.pop()
        return compiled


def _after(place: _Place, step: re.Match, shapes: dict) -> list[_Place]:
    if step["cast"]:
        return [place] if place.type.replace("Simple", "") == step["type"].replace("Simple", "") else []
    if step["only"]:
        return [_Place(place.path, place.type, place.element, step["only"])]
    if step["key"]:
        return [_Place([*place.path[:-1], f"{place.path[-1]}[{step['key']}={step['value']}]"], place.type, place.element, place.only)]
    shape = shapes.get(place.type, {"elements": {}})
    props = shape.get("choices", {}).get(step["name"], [step["name"]])
    index = f"[{step['index']}]" if step["index"] else ""
    return [
        _Place([*place.path, prop + index], shape["elements"][prop]["t"], shape["elements"][prop], None)
        for prop in props
        if prop in shape["elements"]
    ]
