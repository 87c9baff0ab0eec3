"""Copies of a visit's sheet that were taken along on a device, and what comes back from them: once, with the time each answer was given.

A copy is a `Basic` of the patient: who has it, of which visit, until when. It is out, and then returned or dropped; there is no way back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, promises, reading
from baton.duties.promises import refuse
from baton.duties.scheduling import booking, states, terms
from baton.duties.support import assessments
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, has_code, target
from baton.rules import needs as rules
from baton.rules.calendar import add_business_days, local_day
from baton.store import Forbidden, NotFound
from baton.store import labels as security
from baton.store.codes import new_id

if TYPE_CHECKING:
    from baton.store import Change, View

HOME: Final = f"{codes.P}/CodeSystem/home-visit"
COPY: Final = "copy"
ASKED: Final = "home-visit"
"""The assessment whose questions are taken along."""
E: Final = f"{codes.P}/StructureDefinition"
VISIT, STATE, TAKEN, UNTIL, BACK, RESPONSE, OTHER, ANSWERED = (
    f"{E}/home-copy-{each}" for each in ("visit", "state", "taken", "until", "back", "response", "other", "answered")
)
OUT, RETURNED, DROPPED = "out", "returned", "dropped"
MOVES: Final[Mapping[str | None, frozenset[str]]] = {
    None: frozenset({OUT}),
    OUT: frozenset({OUT, RETURNED, DROPPED}),
    RETURNED: frozenset({RETURNED}),
    DROPPED: frozenset({DROPPED}),
}
FIXED: Final = ("subject", "author", "code")
STAYS: Final = frozenset({"V", "CEL", "R"})
"""Labels of a patient whose sheet is not taken along: they are read on our own screens alone."""
DAYS_TO_COMPARE: Final = 2


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: who took it, when, until when at the longest; where it stands; what it brought and what stands beside that."""

    id: str
    visit: str
    by: str
    by_name: str
    taken: datetime
    until: datetime
    state: str
    back: datetime | None
    response: str | None
    others: tuple[str, ...]

    def out(self, now: datetime) -> bool:
        """Whether it may still lie on a device."""
        return self.state == OUT and self.until > now


@dataclass(frozen=True, slots=True)
class Given:
    """One answer and when it was given, by the device's clock."""

    link: str
    said: str | int
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of answers: sent before already, how many were kept; who else answered meanwhile, what differs; no visit any more."""

    already: bool
    kept: int
    others: tuple[str, ...]
    differs: tuple[str, ...]
    cancelled: bool


def read(resource: Resource, view: View) -> Copy | None:
    """A copy; None for another Basic."""
    if not is_copy(resource):
        return None
    taken, until, back = (reading.moment(terms.value(resource, each), view.zone) for each in (TAKEN, UNTIL, BACK))
    author = resource.get("author", {})
    return Copy(
        id=str(resource["id"]),
        visit=str(target(terms.value(resource, VISIT)) or ""),
        by=str(target(author) or ""),
        by_name=str(author.get("display") or ""),
        taken=taken or view.now,
        until=until or view.now,
        state=str(terms.value(resource, STATE, OUT)),
        back=back,
        response=target(terms.value(resource, RESPONSE)),
        others=tuple(str(target(each)) for each in terms.values(resource, OTHER)),
    )


def is_copy(resource: Mapping[str, Any] | None) -> bool:
    """Whether a Basic is a copy of a sheet."""
    return resource is not None and has_code(resource.get("code"), HOME, COPY)


def of_patients(view: View, patients: Iterable[str]) -> Mapping[str, tuple[Copy, ...]]:
    """The copies of the sheets of these patients' visits, by visit ("Appointment/id"), the newest first."""
    known, found = sorted(patients), dict[str, list[Copy]]()
    for start in range(0, len(known), 100):
        for each in view.find("Basic", patient=",".join(known[start : start + 100]), code=f"{HOME}|{COPY}", _count=1000):
            if (copy := read(each, view)) is not None:
                found.setdefault(copy.visit, []).append(copy)
    return {visit: tuple(sorted(several, key=lambda each: each.taken, reverse=True)) for visit, several in found.items()}


def take(change: Change, *, appointment: str) -> Copy:
    """Somebody takes the sheet of a visit along. Raises Invalid when it is over, or the patient's record stays in the house."""
    visit = change.get("Appointment", appointment)
    if not terms.is_home(visit):
        raise NotFound("This is no visit at the patient's home.")
    if visit["status"] not in ("pending", "booked", "arrived", "checked-in"):
        raise refuse("This visit is over or cancelled: there is nothing to take along.", "Appointment.status")
    patient = str(terms.patient_of(visit))
    if set(security.names(security.bits(change.get(*patient.split("/", 1))))) & STAYS:
        raise refuse("This patient’s record is not taken out of the house. Read the sheet before you go.", "Basic.subject")
    hours = rules.copy_holds(local_day(change.now, change.zone))
    made: Resource = {
        "resourceType": "Basic",
        "id": new_id(),
        "code": codes.concept(HOME, COPY),
        "subject": {"reference": patient},
        "created": local_day(change.now, change.zone).isoformat(),
        "author": codes.reference_to(change.who.person, change.who.name),
        "extension": [
            {"url": VISIT, "valueReference": {"reference": f"Appointment/{appointment}"}},
            {"url": STATE, "valueCode": OUT},
            {"url": TAKEN, "valueInstant": episodes.instant(change.now)},
            {"url": UNTIL, "valueInstant": episodes.instant(change.now + hours)},
        ],
    }
    copy = read(change.put(made).resource(), change)
    assert copy is not None
    return copy


def drop(change: Change, *, copy: str) -> None:
    """Whoever took it wiped it from the device unused."""
    resource, found = _mine(change, copy)
    if found.state == OUT:
        change.put(_back(resource, change, DROPPED))


def send(change: Change, *, copy: str, answers: Sequence[Given]) -> Sent:
    """What was answered at the patient's home comes back. The second time nothing is changed: the copy knows that it was returned.

    Somebody else's answers of meanwhile stay beside these; both are named, and where they differ somebody looks at both.
    Raises NotFound, Forbidden when it is another's copy, and Invalid.
    """
    resource, found = _mine(change, copy)
    visit = reading.peek(change, found.visit) or {}
    if found.state != OUT:
        return Sent(True, 0, found.others, (), False)
    patient = str(codes.patient_of(resource))
    given = {each.link: each for each in sorted(answers, key=lambda each: each.at)}
    others = [each for each in assessments.of_patient(change, patient=patient, assessment=ASKED) if each.when and each.when >= found.taken]
    kept = _kept(change, patient, found, given) if given else None
    differs = tuple(link for link, each in given.items() if any(one.answers.get(link, each.said) != each.said for one in others))
    beside = tuple(f"QuestionnaireResponse/{each.id}" for each in others) if kept else ()
    returned = _back(resource, change, RETURNED)
    if kept:
        returned["extension"] += [{"url": RESPONSE, "valueReference": {"reference": kept}}]
        returned["extension"] += [{"url": OTHER, "valueReference": {"reference": each}} for each in beside]
    change.put(returned)
    if differs:
        names = ", ".join(dict.fromkeys(each.by for each in others if each.by))
        what = f"Home visit: two people answered the same questions and not alike ({names}). Both are kept; ask which is right"
        due = add_business_days(local_day(change.now, change.zone), DAYS_TO_COMPARE).value
        promises.make_by_hand(change, patient=patient, what=what, due=due)
    cancelled = visit.get("status") not in ("booked", "arrived", "checked-in", "fulfilled")
    start = reading.moment(visit.get("start"), change.zone)
    if visit.get("status") in states.VERBS["fulfil"] and start is not None and start <= change.now:
        booking.fulfil(change, appointment=str(visit["id"]))
    return Sent(False, len(given), tuple(each.by for each in others), differs, cancelled)


def _mine(change: Change, copy: str) -> tuple[Resource, Copy]:
    resource = change.get("Basic", copy)
    found = read(resource, change)
    if found is None:
        raise NotFound("There is no such copy.")
    if found.by != change.who.person:
        raise Forbidden("This was taken along by somebody else.")
    return resource, found


def _kept(change: Change, patient: str, copy: Copy, given: Mapping[str, Given]) -> str:
    """Keep the answers, each with when it was given. At home any question may be skipped: what was answered is finished."""
    said = {link: each.said for link, each in given.items()}
    stored = assessments.answer(change, patient=patient, assessment=ASKED, answers=said)
    at = {link: min(max(each.at, copy.taken), change.now) for link, each in given.items()}  # a device's clock may be wrong
    resource = stored.resource()
    items = [
        {**item, "extension": [{"url": ANSWERED, "valueInstant": episodes.instant(at[item["linkId"]])}]} if item["linkId"] in at else item
        for item in resource["item"]
    ]
    whole = {**resource, "status": "completed", "authored": episodes.instant(max(at.values())), "item": items}
    return change.put(whole).reference


def _back(resource: Resource, change: Change, state: str) -> Resource:
    moved = codes.with_extension(resource, STATE, {"url": STATE, "valueCode": state})
    return codes.with_extension(moved, BACK, {"url": BACK, "valueInstant": episodes.instant(change.now)})


# --- what the door refuses ---------------------------------------------------------------------------------------------------------------


def copy_guard(before: Resource | None, after: Resource | None, _view: View) -> Iterator[Issue]:
    """A copy is out, then returned or dropped; whose it is and of what never changes; that there was one is not forgotten."""
    if not is_copy(before) and not is_copy(after):
        return
    if after is None:
        yield error("business-rule", "That a sheet was taken along is not deleted.", "Basic")
        return
    was, now = terms.value(before, STATE) if before is not None else None, str(terms.value(after, STATE, ""))
    if now not in MOVES.get(was, frozenset()):
        legal = ", ".join(sorted(MOVES.get(was, frozenset())))
        yield error(
            "business-rule", f"A copy that is {was or 'new'} does not become {now or 'nothing'}; possible: {legal}.", "Basic.extension"
        )
    if before is not None and any(before.get(each) != after.get(each) for each in FIXED):
        yield error("business-rule", "Whose copy it is does not change.", "Basic")
    if before is not None and terms.value(before, UNTIL) != terms.value(after, UNTIL):
        yield error("business-rule", "How long a copy lasts does not change.", "Basic.extension")


GUARDS = {"Basic": [copy_guard]}
