"""Breaking the glass: a chart opened outside one's relationships, with a reason, for a limited time, loudly.

A grant is a Basic resource; its life is the table `LIFE`. Opening writes the grant and the privacy desk's task to review it in one change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from baton.duties import codes, reading
from baton.duties.names import patient_names
from baton.duties.patients.identity import birth_date
from baton.duties.privacy import tasks as privacy_tasks
from baton.fhir.dates import format_instant
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, human_name, target
from baton.rules import looking
from baton.rules.calendar import local_day
from baton.store import Forbidden, Invalid, Who, access
from baton.store.glass import CODE, GRANT, KIND, is_grant, parts

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

EMERGENCY = "ETREAT"
LONGEST = timedelta(hours=24)
LONGEST_WORDS = 500
# How a grant goes on: state → states it may turn into. Time alone closes an open one.
LIFE: dict[str | None, frozenset[str]] = {
    None: frozenset({"open", "asked"}),
    "asked": frozenset({"open", "declined"}),
    "open": frozenset({"mended"}),
    "declined": frozenset(),
    "mended": frozenset(),
}
VIP = "CEL"


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as it stands: state is asked, declined, open, mended, or over (open, and its time has passed)."""

    id: str
    patient: str
    person: str
    name: str
    reason: str
    words: str
    state: str
    since: datetime | None
    until: datetime | None
    asked_at: datetime
    approved_by: str | None = None


@dataclass(frozen=True, slots=True)
class Stranger:
    """The little that is said of a patient outside one's care: enough to know that it is the one who was meant."""

    id: str
    name: str
    birth_date: date
    needs_second: bool


def breaker(who: Who) -> Who:
    """The same person with the sight that breaking the glass needs before it is broken. Raises Forbidden for those who never may."""
    if not access.decide(who, "glass", "Basic", relationships=("none",)).allowed:
        raise Forbidden("Your role does not break the glass.")
    return replace(who, role="system", lent=who.own_role, purpose=EMERGENCY)


APPROVERS = frozenset({"supervisor", "administrator", "auditor"})


def second(who: Who) -> Who:
    """The same person with the sight that answering for another takes. Raises Forbidden for those who may not."""
    if who.role not in APPROVERS:
        raise Forbidden("A second person is a supervisor, an administrator or an auditor.")
    return replace(who, role="system", lent=who.own_role, purpose="HCOMPL")


def asked(view: View) -> list[tuple[Grant, str]]:
    """Who waits for a second person, with the patient's name (as `second` sees)."""
    found = [
        local(grant(each, view.now), view.zone) for each in view.find("Basic", code=f"{KIND}|{CODE}") if parts(each).get("state") == "asked"
    ]
    names = patient_names(view, (each.patient for each in found))
    return [(each, names.get(each.patient, "")) for each in found]


def meant(view: View, *, family: str, given: str, born: date, second: bool = False) -> tuple[Stranger, ...]:
    """Who has exactly this name and date of birth (as `breaker` sees); nothing for less than the whole. The look is recorded."""
    if not family.strip() or not given.strip():
        return ()
    found = view.find("Patient", birthdate=born.isoformat(), family=family.strip(), _count=50)
    wanted = looking.normal(family), looking.normal(given)
    return tuple(
        Stranger(patient["id"], human_name(patient), born, second and is_vip(patient))
        for patient in found
        if any(_is(name, *wanted) for name in patient.get("name", ()))
    )


def _is(name: Resource, family: str, given: str) -> bool:
    said = [looking.normal(each) for each in name.get("given", ())]
    return looking.normal(str(name.get("family", ""))) == family and given in (*said, "".join(said))


def stranger(view: View, *, patient: str, second: bool = False) -> Stranger | None:
    """The same of a patient by id; None for one without a date of birth. Raises NotFound."""
    found = view.get("Patient", patient)
    born = birth_date(found)
    return Stranger(patient, human_name(found), born, second and is_vip(found)) if born else None


def is_vip(patient: Resource) -> bool:
    """Whether a patient's chart is labelled as a well-known person's."""
    return any(label.get("code") == VIP for label in patient.get("meta", {}).get("security", ()))


def break_glass(
    change: Change, *, role: str, patient: str, reason: str, words: str, minutes: int = 60, second: bool = False
) -> tuple[Stored, bool]:
    """Open a patient's chart (an id) to whoever makes the change (see `breaker`; `role` is their own); whether it is open at once.

    With `second`, a VIP's stays closed until another person approves. Raises Invalid, NotFound.
    """
    day = local_day(change.now, change.zone)
    issues = list(_lacking(reason, words, minutes, day))
    if issues:
        raise Invalid(issues)
    person = change.get("Patient", patient)
    for held in _of(change, patient, change.who.person):
        if state(held, change.now) in ("open", "asked"):
            return change.put(held, unless_same=True), state(held, change.now) == "open"
    waits = second and is_vip(person)
    resource: Resource = {
        "resourceType": "Basic",
        "code": codes.concept(KIND, CODE),
        "subject": {"reference": f"Patient/{patient}"},
        "created": day.isoformat(),
        "author": codes.reference_to(change.who.person, change.who.name),
    }
    said = {"state": "asked" if waits else "open", "reason": reason, "words": words.strip(), "minutes": minutes, "role": role}
    stored = change.put(_said(resource, {**said, "asked": format_instant(change.now)}, None if waits else _period(change.now, minutes)))
    privacy_tasks.make(
        change,
        code="glass-approval" if waits else "glass-review",
        key=stored.id,
        patient=f"Patient/{patient}",
        person=change.who.person,
        name=change.who.name,
        focus=stored.reference,
        facts=(("reason", reason), ("words", words.strip()), ("role", role)),
    )
    return stored, not waits


def approve(change: Change, *, grant: str, yes: bool) -> Stored:
    """A second person's answer to somebody who asked (as the privacy desk sees). Raises Invalid when it is their own, or not asked."""
    found = change.get("Basic", grant)
    said = parts(found)
    if not is_grant(found) or said.get("state") != "asked":
        raise Invalid([error("business-rule", "Nobody waits for an answer to this any more.", "Basic.extension")])
    if target(found.get("author")) == change.who.person:
        raise Invalid([error("business-rule", "Nobody approves what they asked for themselves.", "Basic.author")])
    minutes = int(said.get("minutes") or 60)
    answered = {**said, "state": "open" if yes else "declined", "approved-by": codes.reference_to(change.who.person, change.who.name)}
    stored = change.put(_said(found, answered, _period(change.now, minutes) if yes else None))
    author, patient = found.get("author", {}), str(target(found.get("subject")))
    privacy_tasks.end(change, code="glass-approval", key=grant, finding="appropriate", words="Approved." if yes else "Declined.")
    if yes:
        privacy_tasks.make(
            change,
            code="glass-review",
            key=grant,
            patient=patient,
            person=str(target(author)),
            name=str(author.get("display", "")),
            focus=stored.reference,
            facts=(("reason", str(said["reason"])), ("words", str(said["words"])), ("role", str(said.get("role", "")))),
        )
    return stored


def mend(change: Change, *, grant: str) -> Stored:
    """Close an open grant before its time, by whoever opened it or the privacy desk. Raises Invalid when it is not open."""
    found = change.get("Basic", grant)
    if not is_grant(found) or state(found, change.now) != "open":
        raise Invalid([error("business-rule", "This glass is whole already.", "Basic.extension")])
    said = parts(found)
    return change.put(_said(found, {**said, "state": "mended"}, {**said["period"], "end": format_instant(change.now)}))


def mine(view: View, *, patient: str, person: str) -> Grant | None:
    """The grant of a person for a patient that is open or asked for now, as the hub sees."""
    for each in _of(view, patient, person):
        if state(each, view.now) in ("open", "asked"):
            return grant(each, view.now)
    return None


def _of(view: View, patient: str, person: str) -> list[Resource]:
    found = view.find("Basic", code=f"{KIND}|{CODE}", patient=f"Patient/{patient}", author=person)
    return [each for each in found if is_grant(each)]


def grant(resource: Resource, now: datetime) -> Grant:
    """A grant resource as the pages need it."""
    said, author = parts(resource), resource.get("author", {})
    period = said.get("period") or {}
    since, until = (datetime.fromisoformat(period[name]) if name in period else None for name in ("start", "end"))
    asked = said.get("asked") or resource["meta"]["lastUpdated"]
    return Grant(
        id=resource["id"],
        patient=str(target(resource.get("subject"))),
        person=str(target(author)),
        name=str(author.get("display", "")),
        reason=str(said.get("reason", "")),
        words=str(said.get("words", "")),
        state=state(resource, now),
        since=since,
        until=until,
        asked_at=datetime.fromisoformat(asked),
        approved_by=(said.get("approved-by") or {}).get("display"),
    )


def local(held: Grant, zone: ZoneInfo) -> Grant:
    """A grant with its times on the wall of the house."""
    since, until = (each.astimezone(zone) if each else None for each in (held.since, held.until))
    return replace(held, since=since, until=until, asked_at=held.asked_at.astimezone(zone))


def state(resource: Resource, now: datetime) -> str:
    """Where a grant stands at an instant."""
    said = parts(resource)
    found = str(said.get("state", ""))
    return "over" if found == "open" and datetime.fromisoformat(said["period"]["end"]) <= now else found


def _period(now: datetime, minutes: int) -> dict[str, str]:
    return {"start": format_instant(now), "end": format_instant(now + timedelta(minutes=minutes))}


_TYPES = {
    "minutes": "valueInteger",
    "period": "valuePeriod",
    "approved-by": "valueReference",
    "asked": "valueInstant",
    "words": "valueString",
}


def _said(resource: Resource, said: dict[str, Any], period: dict[str, str] | None) -> Resource:
    told = {**said, "period": period}
    inner = [{"url": name, _TYPES.get(name, "valueCode"): value} for name, value in told.items() if value not in (None, "")]
    return codes.with_extension(resource, GRANT, {"url": GRANT, "extension": inner})


def _lacking(reason: str, words: str, minutes: int, day: date) -> Iterator[Issue]:
    if reason not in looking.codes("reason", day):
        yield error("value", "Choose why the chart must be opened.", "Basic.extension.reason")
    elif len(words.split()) < looking.fewest_words(reason, day):
        yield error("required", "Say in your own words why; another reason needs ten words at least.", "Basic.extension.words")
    if len(words) > LONGEST_WORDS:
        yield error("too-long", f"Say it in at most {LONGEST_WORDS} characters.", "Basic.extension.words")
    if not 5 <= minutes <= LONGEST.total_seconds() / 60:
        yield error("value", "A chart is opened for 5 minutes to 24 hours.", "Basic.extension.period")


def guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """What a raw write may not do: make a grant that opens more, longer or for somebody else, or change one that stands."""
    if not is_grant(before) and not is_grant(after):
        return
    if after is None or not is_grant(after):
        yield error("business-rule", "A grant is never deleted: it is mended.", "Basic")
        return
    said, old = parts(after), parts(before) if before else {}
    if said.get("state") not in LIFE.get(old.get("state"), frozenset()) and said != old:
        yield error("business-rule", f"A grant that is {old.get('state', 'new')} does not become {said.get('state')}.", "Basic.extension")
    if before and any(before.get(name) != after.get(name) for name in ("subject", "author", "code")):
        yield error("business-rule", "Whose chart a grant opens, and to whom, stays as it was.", "Basic.subject")
    if view.who.role != "system":
        yield error("forbidden", "The glass is broken on its own page, with a reason.", "Basic")
    if said.get("state") == "open":
        period = said.get("period") or {}
        if not {"start", "end"} <= period.keys() or _longer(period):
            yield error("value", "A chart is opened for 24 hours at most.", "Basic.extension.period")


def _longer(period: dict[str, str]) -> bool:
    since, until = datetime.fromisoformat(period["start"]), datetime.fromisoformat(period["end"])
    return not timedelta(0) < until - since <= LONGEST


def patient_of_grant(view: View, grant: str) -> str:
    """The id of the patient whose chart a grant opens."""
    return str(codes.patient_of(reading.maybe(view, f"Basic/{grant}"))).partition("/")[2]


GUARDS = {"Basic": [guard]}
