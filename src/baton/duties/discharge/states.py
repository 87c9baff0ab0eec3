"""The plan of one stay for going home, from the day of admission: a CarePlan, its states and moves as a table, how it is read. Pure.

Items are its activities, each with an owner; what is expected, and who signed, are kept as lists that only grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from baton.duties import codes, reading
from baton.fhir.resource import Resource, code_of, extension, has_code, target
from baton.rules import discharge_plan as rules
from baton.rules.discharge_plan import Item

SYSTEM: Final = f"{codes.P}/CodeSystem/discharge"
KIND: Final = "discharge-plan"
_S: Final = f"{codes.P}/StructureDefinition/discharge"
STATE, EXPECTED, SIGNED, READY, SCORED, ACCEPTING, NOTIFIED = (
    f"{_S}-{name}" for name in ("state", "expected", "signed", "ready", "scored", "accepting", "notified")
)

PLAN, ITEM, BLOCKER, RESULT, SUMMARY, ANSWER = (f"discharge-{name}" for name in ("plan", "item", "blocker", "result", "summary", "answer"))
"""The promises: the plan's next step, an item, what is in the way, a pending result, a summary to send, what the call asks for."""

MOVES: Final[Mapping[str, Mapping[str, str]]] = {
    "leave": {"planning": "left"},
    "close": {"left": "closed"},
    "cancel": {"planning": "cancelled", "left": "cancelled"},
    "come-back": {"left": "planning", "closed": "planning", "cancelled": "planning"},
}
"""The life of a plan: verb → state before → state after. Whatever is not here is refused."""
STATUS: Final = {"planning": "active", "left": "active", "closed": "completed", "cancelled": "revoked"}
OPEN: Final = ("planning", "left")
DONE, WAIVED = "completed", "cancelled"
BY_ROLE: Final = "PractitionerRole"
THE_CHART: Final = "the chart"
"""Who said so, when nobody did and the record shows it."""


def plan_id(encounter: str) -> str:
    """The id of a stay's plan; it follows from the "Encounter/id", so that a stay has one."""
    return codes.derived_id(KIND, encounter)


def reference(encounter: str) -> str:
    """The "CarePlan/id" of a stay's plan."""
    return f"CarePlan/{plan_id(encounter)}"


def is_plan(resource: Mapping[str, Any] | None) -> bool:
    """Whether a CarePlan is a plan for going home."""
    return (
        resource is not None
        and resource.get("resourceType") == "CarePlan"
        and any(has_code(each, SYSTEM, KIND) for each in resource.get("category", ()))
    )


def state_of(plan: Mapping[str, Any] | None) -> str | None:
    """Where a plan stands; None for what is none."""
    return extension(plan, STATE) if is_plan(plan) else None


def is_open(plan: Mapping[str, Any] | None) -> bool:
    """Whether there is still something to do about it."""
    return state_of(plan) in OPEN


def brought(plan: Resource, state: str) -> Resource:
    """The plan in another state."""
    return {**codes.with_extension(plan, STATE, {"url": STATE, "valueCode": state}), "status": STATUS[state]}


def legal(state: str) -> tuple[str, ...]:
    """The states a plan in this one may go to."""
    return tuple(sorted({moves[state] for moves in MOVES.values() if state in moves}))


def untouched(plan: Mapping[str, Any]) -> bool:
    """Whether nobody has done anything about it: nothing expected, scored, signed, done or handed to somebody."""
    if any(each.get("url") in (EXPECTED, SIGNED, READY, SCORED, NOTIFIED) for each in plan.get("extension", ())) or plan.get("note"):
        return False
    for activity in plan.get("activity", ()):
        if any(each.get("authorString") != THE_CHART for each in activity.get("progress", ())):
            return False
        if any(target(each) for each in activity.get("detail", {}).get("performer", ())):
            return False
    return True


# --- what a plan holds, read ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """What was expected from a moment on: when they leave, where to, how sure; by whom and why."""

    at: datetime
    by: str
    until: datetime
    to: str
    confidence: str
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """An item of the plan: open, done or waived; who owns it (a person, or a role nobody fills yet), and what was said of it."""

    item: Item
    state: str
    owner: str | None
    owner_name: str
    due: datetime | None
    reason: str | None
    by: str | None
    when: datetime | None
    shown: bool

    @property
    def code(self) -> str:
        """The item's code."""
        return self.item.code


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody's yes to the plan; `unneeded`: there is nobody to ask, and `why`."""

    role: str
    name: str
    by: str
    at: datetime
    unneeded: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class Scored:
    """A score as it was kept: the Observation has the lines."""

    code: str
    version: str
    variant: str
    total: int
    band: str
    reference: str


@dataclass(frozen=True, slots=True)
class Notified:
    """Who was told that the patient left, when, and the packet that says so; `lacking` is why it could not be sent."""

    to: str
    name: str
    at: datetime
    packet: str | None
    lacking: str | None

    @property
    def paper(self) -> str:
        """The id of the notice as it was sent; empty when it was not."""
        return (self.packet or "").removeprefix("DocumentReference/")


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as pages and rules need it. `expected` is the whole log, the latest last."""

    id: str
    patient: str
    encounter: str
    state: str
    admitted: datetime | None
    expected: tuple[Expected, ...]
    ready: datetime | None
    steps: tuple[Step, ...]
    signatures: tuple[Signature, ...]
    scores: tuple[Scored, ...]
    accepting: tuple[tuple[str, str], ...]
    notified: tuple[Notified, ...]

    @property
    def latest(self) -> Expected | None:
        """What is expected now."""
        return self.expected[-1] if self.expected else None

    @property
    def open_steps(self) -> tuple[Step, ...]:
        """What is neither done nor waived."""
        return tuple(step for step in self.steps if step.state == "open")

    @property
    def before_leaving(self) -> tuple[Step, ...]:
        """What is to be done before they leave and is not: while there is any, the plan is amber."""
        return tuple(step for step in self.open_steps if step.item.phase == "stay")

    @property
    def unsigned(self) -> tuple[str, ...]:
        """Who has not said yes."""
        signed = {each.role for each in self.signatures}
        return tuple(role for role in rules.SIGNATURES if role not in signed)

    @property
    def percent(self) -> int:
        """How far along, of everything."""
        return round(100 * (len(self.steps) - len(self.open_steps)) / len(self.steps)) if self.steps else 0

    @property
    def red_percent(self) -> int:
        """How far along RED's twelve are."""
        red = [step for step in self.steps if step.item.set == "red"]
        return round(100 * sum(step.state != "open" for step in red) / len(red)) if red else 0

    @property
    def green(self) -> bool:
        """Whether nothing is left before leaving: every item done or waived, everybody asked."""
        return not self.before_leaving and not self.unsigned


def read(plan: Resource, zone: ZoneInfo) -> Plan:
    """A CarePlan as a Plan."""
    return Plan(
        id=str(plan.get("id", "")),
        patient=str(codes.patient_of(plan)),
        encounter=str(target(plan.get("encounter"))),
        state=str(state_of(plan)),
        admitted=reading.moment(plan.get("period", {}).get("start"), zone),
        expected=tuple(_expected(each, zone) for each in _parts(plan, EXPECTED)),
        ready=reading.moment(extension(plan, READY), zone),
        steps=tuple(_steps(plan, zone)),
        signatures=tuple(_signature(each, zone) for each in _parts(plan, SIGNED)),
        scores=tuple(_scored(each) for each in _parts(plan, SCORED)),
        accepting=tuple(
            (str(each["valueReference"]["reference"]), str(each["valueReference"].get("display", "")))
            for each in plan.get("extension", ())
            if each.get("url") == ACCEPTING
        ),
        notified=tuple(_notified(each, zone) for each in _parts(plan, NOTIFIED)),
    )


def _parts(plan: Mapping[str, Any], url: str) -> Iterator[dict[str, Any]]:
    """The nested extensions of an address, each as name → value."""
    for each in plan.get("extension", ()):
        if each.get("url") == url:
            yield {
                part["url"]: next(part[key] for key in part if key.startswith("value"))
                for part in each.get("extension", ())
                if len(part) > 1
            }


def _who(reference_: Mapping[str, Any] | None) -> str:
    return str((reference_ or {}).get("display") or (reference_ or {}).get("reference") or "")


def _moment(text: str | None, zone: ZoneInfo) -> datetime:
    return reading.moment(text, zone) or datetime.min.replace(tzinfo=zone)


def _expected(said: Mapping[str, Any], zone: ZoneInfo) -> Expected:
    return Expected(
        _moment(said.get("at"), zone), _who(said.get("by")), _moment(said.get("until"), zone), str(said.get("to", "")),
        str(said.get("confidence", "")), str(said.get("why", "")),
    )  # fmt: skip


def _signature(said: Mapping[str, Any], zone: ZoneInfo) -> Signature:
    return Signature(
        str(said.get("role", "")), str(said.get("name", "")), _who(said.get("by")), _moment(said.get("at"), zone),
        bool(said.get("unneeded")), said.get("why"),
    )  # fmt: skip


def _scored(said: Mapping[str, Any]) -> Scored:
    code, version, variant, band = (str(said.get(name, "")) for name in ("code", "version", "variant", "band"))
    return Scored(code, version, variant, int(said.get("total", 0)), band, str((said.get("reference") or {}).get("reference", "")))


def _notified(said: Mapping[str, Any], zone: ZoneInfo) -> Notified:
    to = said.get("to") or {}
    packet = (said.get("packet") or {}).get("reference")
    return Notified(str(to.get("reference", "")), _who(to), _moment(said.get("at"), zone), packet, said.get("lacking"))


def _steps(plan: Mapping[str, Any], zone: ZoneInfo) -> Iterator[Step]:
    known = {code: activity for activity in plan.get("activity", ()) if (code := item_code(activity))}
    for item in rules.items():
        activity = known.get(item.code)
        if activity is not None:
            yield _step(item, activity, zone)


def item_code(activity: Mapping[str, Any]) -> str | None:
    """The item an activity is."""
    return code_of(activity.get("detail", {}).get("code"), SYSTEM)


def _step(item: Item, activity: Mapping[str, Any], zone: ZoneInfo) -> Step:
    detail = activity["detail"]
    owner: Mapping[str, Any] = next(iter(detail.get("performer", ())), {})
    said: Mapping[str, Any] = next(iter(reversed(activity.get("progress", ()))), {})
    state = {DONE: "done", WAIVED: "waived"}.get(detail.get("status"), "open")
    return Step(
        item=item,
        state=state,
        owner=target(owner),
        owner_name=str(owner.get("display") or target(owner) or ""),
        due=reading.moment(detail.get("scheduledPeriod", {}).get("end"), zone),
        reason=(detail.get("statusReason") or {}).get("text"),
        by=(said.get("authorString") or _who(said.get("authorReference"))) if said and state != "open" else None,
        when=reading.moment(said.get("time"), zone) if said and state != "open" else None,
        shown=said.get("authorString") == THE_CHART and state != "open",
    )
