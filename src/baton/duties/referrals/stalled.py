"""A loop that has stood past its limit is told to the supervisors of the patient's team: once for each step and limit, by the worker.

The limit is the step's own, by urgency (`rules/data/referral.json`). What goes out is one mail to each, with a link and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading, trace
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension, target
from baton.rules import referrals as rules
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, Store, View, Who

STALLED: Final = f"{codes.P}/StructureDefinition/stalled-told"
SUPERVISOR: Final = "supervisor"
MAIL: Final = (
    "Referrals are past their limit",
    "Hello. Referrals of your team have stood past their limit. Please sign in to see which. This message says no more on purpose.",
)
LINK: Final = "/referrals"
AT_ONCE: Final = 200
"""So many each minute; the rest the next."""


@dataclass(frozen=True, slots=True)
class Told:
    """That a step was past its limit was told: when, to whom by name, and which limit it was."""

    at: datetime
    names: tuple[str, ...]
    due: datetime


@dataclass(slots=True)
class Watch:
    """Looks each minute at what has come past its limit since the last look, and once a day at everything."""

    who: Who
    day: date | None = None
    place: str | None = None

    def __call__(self, store: Store, _now: datetime) -> int:
        """Tell what is new. Returns how many steps that were."""
        with store.view(self.who) as view:
            today = local_day(view.now, view.zone)
            if today != self.day:
                self.day, self.place = today, None
            kinds = [f"referral-{step}" for step in rules.STEPS]
            late = view.promises(None, codes=kinds, state="late", limit=AT_ONCE, after=self.place)
            new = [str(each.task["id"]) for each in late if not is_told(each.task, view)]
        if new:
            with store.change(self.who, because="Referrals are past their limit") as change:
                tell(change, new)
        self.place = late[-1].place if late else self.place
        return len(new)


def told(promise: Mapping[str, Any] | None, view: View) -> Told | None:
    """Whether it was told that a promise is past its limit; None when it was not."""
    parts = extension(promise, STALLED) or ()
    one = {part["url"]: part for part in parts if part["url"] != "to"}
    at, due = (reading.moment(one.get(name, {}).get("valueInstant"), view.zone) for name in ("at", "due"))
    if at is None or due is None:
        return None
    names = tuple(str(part["valueReference"].get("display") or "") for part in parts if part["url"] == "to")
    return Told(at, names, due)


def is_told(promise: Mapping[str, Any], view: View) -> bool:
    """Whether it was told of the limit that a promise has now: moved, it has another."""
    known, why = told(promise, view), trace.of(promise)
    return known is not None and why is not None and known.due == why.due


def tell(change: Change, promises: list[str]) -> None:
    """Mark these promises as told, and write to their supervisors, once to each."""
    people: dict[str, Resource] = {}
    with reading.seeing_all(change):
        for id_ in promises:
            promise = change.get("Task", id_)
            why = trace.of(promise)
            if not codes.is_open(promise) or why is None or why.due > change.now or is_told(promise, change):
                continue
            mine = supervisors(change, str(codes.patient_of(promise)))
            people |= mine
            parts: list[Resource] = [
                {"url": "at", "valueInstant": episodes.instant(change.now)},
                {"url": "due", "valueInstant": episodes.instant(why.due)},
            ]
            parts += [{"url": "to", "valueReference": codes.reference_to(ref, reading.name_of(change, ref))} for ref in mine]
            change.put(codes.with_extension(promise, STALLED, {"url": STALLED, "extension": parts}))
    subject, text = MAIL
    for person in people.values():
        address = next((str(each["value"]) for each in person.get("telecom", ()) if each.get("system") == "email"), None)
        if address:
            change.announce("mail", {"to": address, "subject": subject, "text": text, "link": LINK})


def supervisors(view: View, patient: str) -> dict[str, Resource]:
    """The supervisors of a patient's teams by reference; all of the house where those have none."""
    teams = reading.teams_of(view, patient)
    roles = view.find("PractitionerRole", role=f"{codes.STAFF_ROLE}|{SUPERVISOR}", active="true")
    near = [each for each in roles if target(each.get("organization")) in teams] or roles
    found = sorted({str(target(each.get("practitioner"))) for each in near})
    return {ref: person for ref in found if (person := reading.peek(view, ref)) is not None}
