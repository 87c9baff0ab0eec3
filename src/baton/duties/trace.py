"""Why a promise exists: rule, version, facts, the arithmetic of its date, and what clears it; kept on the Task as one nested extension.

`to_extension` and `from_extension` are exact inverses: nothing of a trace is lost in the FHIR resource that carries it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast

from baton.rules.answer import Op, Step

__all__ = ["URL", "Fact", "MadeBy", "Step", "Trace", "from_extension", "of", "put", "to_extension", "told"]

URL = "https://baton.example/fhir/StructureDefinition/trace"
Value = str | bool | int | date | datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the rule knew: its name (a code), its value, and the resource it was read from ("Type/id"), if any."""

    name: str
    value: Value
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The change that made the promise: who ("Practitioner/id"), their name, when (aware), and the reason they gave."""

    who: str
    name: str
    when: datetime
    because: str


@dataclass(frozen=True, slots=True)
class Trace:
    """The derivation of a promise: `rule` is a canonical url|version, `step` the promise code, `due` aware, `clears` what clears it."""

    rule: str
    title: str
    step: str
    source: str
    facts: tuple[Fact, ...]
    arithmetic: tuple[Step, ...]
    due: datetime
    clears: tuple[str, ...]
    made_by: MadeBy | None = None

    def fact(self, name: str) -> Value | None:
        """The value of the first fact with this name, or None."""
        return next((fact.value for fact in self.facts if fact.name == name), None)

    def with_facts(self, *facts: Fact) -> Trace:
        """The same trace, with these facts added; a fact already there is replaced in its place."""
        new = {fact.name: fact for fact in facts}
        kept = tuple(new.pop(fact.name, fact) for fact in self.facts)
        return replace(self, facts=(*kept, *new.values()))

    def without_facts(self, *names: str) -> Trace:
        """The same trace, without the facts of these names."""
        return replace(self, facts=tuple(fact for fact in self.facts if fact.name not in names))


def part(url: str, key: str, value: object) -> dict[str, Any]:
    """One simple extension."""
    return {"url": url, key: value}


def value_part(value: Value) -> dict[str, Any]:
    """A fact's value as value[x]; a datetime is kept with its own offset."""
    if isinstance(value, bool):
        return part("value", "valueBoolean", value)
    if isinstance(value, int):
        return part("value", "valueInteger", value)
    if isinstance(value, datetime):
        return part("value", "valueDateTime", value.isoformat())
    if isinstance(value, date):
        return part("value", "valueDate", value.isoformat())
    return part("value", "valueString", value)


def fact_part(fact: Fact) -> dict[str, Any]:
    """A fact as a nested extension."""
    parts = [part("name", "valueCode", fact.name), value_part(fact.value)]
    if fact.reference is not None:
        parts.append(part("reference", "valueReference", {"reference": fact.reference}))
    return {"url": "fact", "extension": parts}


def step_part(step: Step) -> dict[str, Any]:
    """A line of arithmetic as a nested extension."""
    parts = [part("op", "valueCode", step.op)]
    if step.day is not None:
        parts.append(part("day", "valueDate", step.day.isoformat()))
    if step.reason is not None:
        parts.append(part("reason", "valueString", step.reason))
    if step.n is not None:
        parts.append(part("n", "valueInteger", step.n))
    return {"url": "arithmetic", "extension": parts}


def made_by_part(made_by: MadeBy) -> dict[str, Any]:
    """The change behind the promise as a nested extension."""
    who = {"reference": made_by.who, "display": made_by.name}
    parts = [part("who", "valueReference", who), part("when", "valueDateTime", made_by.when.isoformat())]
    return {"url": "made-by", "extension": [*parts, part("because", "valueString", made_by.because)]}


def to_extension(trace: Trace) -> dict[str, Any]:
    """The trace as the FHIR extension a Task carries. Texts must not be empty: FHIR knows no empty string."""
    parts = [
        part("rule", "valueCanonical", trace.rule),
        part("title", "valueString", trace.title),
        part("step", "valueCode", trace.step),
        part("source", "valueString", trace.source),
        part("due", "valueDateTime", trace.due.isoformat()),
        *map(fact_part, trace.facts),
        *map(step_part, trace.arithmetic),
        *(part("clears", "valueCode", code) for code in trace.clears),
    ]
    return {"url": URL, "extension": parts if trace.made_by is None else [*parts, made_by_part(trace.made_by)]}


def value_of(extension: Mapping[str, Any]) -> Value:
    """value[x] of a simple extension as the Python value it was made from."""
    for key, value in extension.items():
        match key:
            case "valueDateTime":
                return datetime.fromisoformat(value)
            case "valueDate":
                return date.fromisoformat(value)
            case "valueReference":
                return cast(str, value["reference"])
            case "url" | "id":
                continue
            case _:
                return cast(Value, value)
    raise ValueError(f"the extension {extension.get('url')!r} has no value")


def simple(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """url -> value of the simple extensions in a list."""
    return {entry["url"]: value_of(entry) for entry in parts if "extension" not in entry}


def read_step(parts: Iterable[Mapping[str, Any]]) -> Step:
    """A line of arithmetic back from its extension."""
    values = simple(parts)
    return Step(cast(Op, values["op"]), values.get("day"), values.get("reason"), values.get("n"))


def read_made_by(parts: Iterable[Mapping[str, Any]]) -> MadeBy:
    """The change behind the promise, back from its extension."""
    parts = list(parts)
    values = simple(parts)
    name = next(entry["valueReference"]["display"] for entry in parts if entry["url"] == "who")
    return MadeBy(values["who"], name, values["when"], values["because"])


def from_extension(extension: Mapping[str, Any]) -> Trace:
    """The trace an extension holds. Raises KeyError or ValueError when it is not a whole trace."""
    parts = extension["extension"]
    one = simple(parts)
    facts = [simple(entry["extension"]) for entry in parts if entry["url"] == "fact"]
    made_by = next((read_made_by(entry["extension"]) for entry in parts if entry["url"] == "made-by"), None)
    return Trace(
        rule=one["rule"],
        title=one["title"],
        step=one["step"],
        source=one["source"],
        facts=tuple(Fact(fact["name"], fact["value"], fact.get("reference")) for fact in facts),
        arithmetic=tuple(read_step(entry["extension"]) for entry in parts if entry["url"] == "arithmetic"),
        due=one["due"],
        clears=tuple(entry["valueCode"] for entry in parts if entry["url"] == "clears"),
        made_by=made_by,
    )


def told(task: Mapping[str, Any], names: Iterable[str]) -> tuple[str, dict[str, Value]]:
    """The rule (canonical, "" when there is no trace) and the facts of these names, without reading the rest: a row needs no more."""
    wanted = set(names)
    rule = next((str(entry.get("valueCanonical", "")) for entry in _entries(task) if entry.get("url") == "rule"), "")
    facts = dict[str, Value]()
    for name, part in _facts(task):
        if name in wanted:
            with suppress(ValueError):
                facts.setdefault(name, value_of(part))
    return rule, facts


def known(task: Mapping[str, Any], most: int) -> tuple[tuple[str, Value], ...]:
    """The first facts of a trace, as (name, value), as cheaply; which clock it counted by is none worth saying in a row."""
    found: list[tuple[str, Value]] = []
    for name, part in _facts(task):
        if name != "clock" and len(found) < most:
            with suppress(ValueError):
                found.append((name, value_of(part)))
    return tuple(found)


def _entries(task: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for extension in task.get("extension", ()):
        if extension.get("url") == URL:
            yield from extension.get("extension", ())


def _facts(task: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each fact's name with the part that holds its value, unread."""
    for entry in _entries(task):
        if entry.get("url") == "fact":
            parts = {each.get("url"): each for each in entry.get("extension", ())}
            name = parts.get("name", {}).get("valueCode")
            if name and "value" in parts:
                yield name, parts["value"]


def of(task: Mapping[str, Any]) -> Trace | None:
    """The trace a Task carries; None when it carries none or a broken one."""
    for extension in task.get("extension", ()):
        if extension.get("url") == URL:
            try:
                return from_extension(extension)
            except (KeyError, ValueError, TypeError, AttributeError):
                return None
    return None


def put(task: Mapping[str, Any], trace: Trace) -> dict[str, Any]:
    """The Task with this trace in place of the one it carried."""
    others = [extension for extension in task.get("extension", ()) if extension.get("url") != URL]
    return {**task, "extension": [to_extension(trace), *others]}
