"""Who is away, from when to when, and who covers. By itself: covers begin, what still arrives goes on to them, and all goes back."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.team import handover_notices, handovers, looking_after
from baton.duties.team import handover_states as states
from baton.duties.team.handovers import Move
from baton.fhir.outcome import error
from baton.fhir.resource import Resource, code_of, extension, target
from baton.rules.calendar import local_day
from baton.store import Invalid, NotFound, Refused

if TYPE_CHECKING:
    from baton.store import Change, Store, View, Who

log = logging.getLogger(__name__)
KIND: Final = f"{codes.P}/CodeSystem/basic-kind"
CODE: Final = "absence"
DAYS: Final = f"{codes.P}/StructureDefinition/absence"
REMEMBERED: Final = timedelta(days=730)
MOST: Final = 5000
LIVE: Final = ("to-come", "now")


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away on these days, both included. `standing`: to-come, now, over, undone."""

    id: str
    person: str
    name: str
    first: date
    last: date
    why: str
    batches: tuple[str, ...]  # what names together the patients lent at once; more may be lent later
    standing: str


def record(change: Change, *, person: str, first: date, last: date, moves: Sequence[Move] = (), why: str = "") -> str:
    """Somebody is away, and these people take these patients meanwhile. Returns its id. Raises Invalid.

    Said again with the same last day, it lends more of their patients for the rest of the absence. What they cover for others is not
    theirs to lend: somebody else covers it (`cover_instead`), or it waits for them.
    """
    if not looking_after.takes(change, person):
        raise Invalid(f"Does not look after patients here: {reading.name_of(change, person)}", expression="Basic.subject")
    today = local_day(change.now, change.zone)
    if last < max(first, today):
        raise Invalid("The last day is today or later, and not before the first.", expression=DAYS)
    known = [each for each in of_person(change, person) if each.standing in LIVE and first <= each.last and each.first <= last]
    same = next((each for each in known if moves and each.last == last and each.first <= max(first, today)), None)
    if known and same is None:
        raise Invalid("They are away on some of these days already: change that instead.", expression=DAYS, code="duplicate")
    for each in sorted({move.to for move in moves}):
        if clash := next(
            (one for one in of_person(change, each) if one.standing in LIVE and first <= one.last and one.first <= last), None
        ):
            raise Invalid(f"Away on some of these days: {clash.name}", expression="Task.owner", code="business-rule")
    starts = max(first, today) if same else first
    batch = handovers.hand(change, giver=person, moves=moves, why=why, first=starts, last=last) if moves else None
    if same is not None:
        return change.put(_with(change.get("Basic", same.id), {"url": "batch", "valueString": batch})).id
    parts: list[Resource] = [{"url": "first", "valueDate": first.isoformat()}, {"url": "last", "valueDate": last.isoformat()}]
    parts += [{"url": "why", "valueString": why.strip()}] if why.strip() else []
    parts += [{"url": "batch", "valueString": batch}] if batch else []
    return change.put(
        {
            "resourceType": "Basic",
            "code": codes.concept(KIND, CODE),
            "subject": codes.reference_to(person, reading.name_of(change, person)),
            "author": codes.reference_to(change.who.person, change.who.name),
            "created": today.isoformat(),
            "extension": [{"url": DAYS, "extension": parts}],
        }
    ).id


def take_back(change: Change, *, absence: str) -> int:
    """They are not away after all: everything is as before. Returns how many patients went back. Raises Invalid when it is over."""
    found, resource = _open(change, absence)
    count = sum(handovers.undo(change, batch=each) for each in found.batches if _out(change, [each]))
    change.put(_with(resource, {"url": "undone", "valueBoolean": True}))
    return count


def back_early(change: Change, *, absence: str) -> int:
    """They are back: what was lent goes back now. Returns how many patients did. Raises Invalid when it is over."""
    found, resource = _open(change, absence)
    if found.standing != "now":
        raise Invalid("They are not away yet: take it back instead.", expression=DAYS, code="business-rule")
    out = _out(change, found.batches)
    for each in out:
        handovers.give_back(change, handover=each)
    change.put(_with(resource, {"url": "back", "valueDate": local_day(change.now, change.zone).isoformat()}))
    return len(out)


def _out(change: Change, batches: Sequence[str]) -> list[str]:
    return [each.id for batch in batches for each in handovers.of_batch(change, batch) if each.state in states.LIVE]


def cover_instead(change: Change, *, handover: str, to: str) -> None:
    """Somebody else covers from now on: what went along goes to them. Raises Invalid."""
    task = change.get("Task", handover.removeprefix("Task/"))
    if states.kind(task) != states.COVER or states.state(task) not in states.LIVE:
        raise Invalid("This is over already.", expression="Task.businessStatus", code="business-rule")
    if change.who.role not in handovers.KEEPERS and change.who.person not in (states.giver(task), target(task["owner"])):
        raise Invalid([error("forbidden", "This is for a supervisor, or for those between whom it was agreed.", "Task.requester")])
    if to in (states.giver(task), target(task["owner"])) or not looking_after.takes(change, to):
        raise Invalid("Choose somebody else who looks after patients here.", expression="Task.owner", code="business-rule")
    after = {**task, "owner": codes.reference_to(to, reading.name_of(change, to))}
    if states.state(task) == "running":
        care_team = looking_after.care_team(change, str(codes.patient_of(task)))
        change.put(looking_after.with_cover(change, care_team, to, reading.moment(task["executionPeriod"]["end"], change.zone)))
        for reference in states.values(task, "input", "promise"):
            promise = change.get(*str(reference).split("/", 1))
            owner = str(target(promise.get("owner")))
            if codes.is_open(promise) and (owner == target(task["owner"]) or owner.startswith("Organization/")):
                change.put(looking_after.owned_by(change, promise, to))
        after = handover_notices.told(change, after)
    change.put(after)


# --- reading ---------------------------------------------------------------------------------------------------------------------------


def _open(change: Change, absence: str) -> tuple[Absence, Resource]:
    resource = change.get("Basic", absence)
    if code_of(resource.get("code"), KIND) != CODE:
        raise NotFound("There is no such absence.")
    found = _read(change, resource)
    if found.standing not in LIVE:
        raise Invalid("This is over already.", expression=DAYS, code="business-rule")
    if change.who.role not in handovers.KEEPERS and change.who.person != found.person:
        raise Invalid([error("forbidden", "This is for a supervisor, or for whoever is away.", "Basic.subject")])
    return found, resource


def _with(resource: Resource, part: Resource) -> Resource:
    parts = [*(extension(resource, DAYS) or ()), part]
    return {**resource, "extension": [{"url": DAYS, "extension": parts}]}


def _read(view: View, resource: Resource) -> Absence:
    parts: list[Resource] = extension(resource, DAYS) or []
    said: dict[str, Any] = {part["url"]: next(part[key] for key in part if key.startswith("value")) for part in parts}
    first, last = date.fromisoformat(said["first"]), date.fromisoformat(said["last"])
    today = local_day(view.now, view.zone)
    standing = "undone" if said.get("undone") else "over" if said.get("back") or last < today else "now" if first <= today else "to-come"
    who = resource.get("subject", {})
    return Absence(
        str(resource["id"]),
        str(target(who)),
        str(who.get("display", "")),
        first,
        last,
        str(said.get("why", "")),
        tuple(str(part["valueString"]) for part in parts if part["url"] == "batch"),
        standing,
    )


def one(view: View, absence: str) -> Absence:
    """One absence. Raises NotFound."""
    return _read(view, view.get("Basic", absence))


def every(view: View) -> list[Absence]:
    """Everybody's absences, the earliest first: those recorded in two years, whenever they are."""
    since = f"ge{(view.now - REMEMBERED).date().isoformat()}"
    found = reading.once(view, ("absences",), lambda: view.find("Basic", code=f"{KIND}|{CODE}", created=since, _count=MOST))
    return sorted((_read(view, each) for each in found), key=lambda each: (each.first, each.name))


def of_person(view: View, person: str) -> list[Absence]:
    """The absences of one person."""
    return [each for each in every(view) if each.person == person]


def away(view: View, day: date | None = None) -> Mapping[str, Absence]:
    """Who is away on a day (today when None): "Practitioner/id" → their absence."""
    on = day or local_day(view.now, view.zone)
    return {each.person: each for each in every(view) if each.standing in LIVE and each.first <= on <= each.last}


# --- by itself -------------------------------------------------------------------------------------------------------------------------


def tick(who: Who, store: Store, now: datetime) -> None:
    """Each minute: covers begin and end, and what still came to somebody who is away goes on to whoever covers. Bears being asked twice."""
    with store.view(who) as view:
        live = handovers.live(view)
        still = handovers.still_with(view, {each.giver for each in live if each.state == "running" and each.giver})
    for each in live:
        over, due = each.end is not None and each.end <= now, each.start is not None and each.start <= now
        act = "give-back" if over else "begin" if each.state == "planned" and due else None
        try:
            with store.change(who, because="A cover begins or ends") as change:
                if act == "give-back":
                    handovers.give_back(change, handover=each.id)
                elif act == "begin":
                    handovers.begin(change, handover=each.id)
                elif each.state == "running" and (each.giver, each.patient) in still:
                    handovers.follow(change, handover=each.id)
        except Refused:
            log.exception("a cover could not move by itself")  # the next one can; this is tried again next minute
