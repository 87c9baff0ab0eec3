"""Needs: visits that somebody has to find a time for, each a ServiceRequest, with how old they are and how long is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.duties.scheduling import terms
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue
from baton.fhir.resource import Resource, has_code, human_name, target, text_of
from baton.rules.calendar import end_of_day, local_day, start_of_day
from baton.store import Invalid

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

STATES = ("booked", "held", "missed", "unscheduled")
ACTIVE = ("active", "draft", "on-hold")
LONGEST = 12 * 60  # minutes


@dataclass(frozen=True, slots=True)
class After:
    """A need waits for another: at least so long after it, at most so long."""

    need: str  # "ServiceRequest/id"
    min_minutes: int = 0
    min_days: int | None = None
    max_days: int | None = None
    min_business_days: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """A need as a list shows it. `state`: unscheduled, held, booked, missed (and not booked again)."""

    id: str
    patient: str
    patient_name: str
    language: str | None
    interpreter: bool
    what: str
    specialty: str
    priority: str
    modality: str
    minutes: int
    asked_on: date | None
    earliest: datetime | None
    latest: datetime | None
    start_from: time | None
    start_until: time | None
    preparation: str
    after: tuple[After, ...]
    state: str
    appointment: str | None
    starts: datetime | None
    attempts: int
    today: date

    @property
    def age(self) -> int | None:
        """Days since it was asked for."""
        return (self.today - self.asked_on).days if self.asked_on else None

    @property
    def left(self) -> int | None:
        """Days until it is late; negative when it is; None when nobody said by when."""
        return (self.latest.date() - self.today).days if self.latest else None


def make(
    change: Change,
    *,
    patient: str,
    what: str,
    specialty: str,
    minutes: int,
    priority: str = "routine",
    modality: str = terms.IN_PERSON,
    earliest: date | None = None,
    latest: date | None = None,
    start_from: time | None = None,
    start_until: time | None = None,
    preparation: str = "",
    after: Iterable[After] = (),
    id_: str | None = None,
) -> Stored:
    """Say that a patient needs a visit. `latest` is the day by which it is wanted. Raises Invalid naming the element."""
    issues = list(_wrong(change, what, specialty, minutes, priority, modality, earliest, latest, start_from, start_until))
    if issues:
        raise Invalid(issues)
    patient = patient if "/" in patient else f"Patient/{patient}"
    name = human_name(change.get(*patient.split("/", 1)))
    extensions: list[Resource] = [{"url": terms.MINUTES, "valuePositiveInt": minutes}, {"url": terms.MODALITY, "valueCode": modality}]
    for url, at in ((terms.START_FROM, start_from), (terms.START_UNTIL, start_until)):
        extensions += [{"url": url, "valueTime": at.isoformat()}] if at else []
    extensions += [after_extension(each) for each in after]
    request: Resource = {
        "resourceType": "ServiceRequest",
        "extension": extensions,
        "status": "active",
        "intent": "order",
        "category": [codes.concept(terms.CATEGORY, terms.VISIT), *terms.at_home(modality)],
        "priority": priority,
        "code": {"text": what.strip()},
        "subject": codes.reference_to(patient, name),
        "authoredOn": episodes.instant(change.now),
        "requester": codes.reference_to(change.who.person, change.who.name),
        "performerType": {"text": specialty.strip()},
    }
    period = {
        **({"start": episodes.instant(start_of_day(earliest, change.zone))} if earliest else {}),
        **({"end": episodes.instant(end_of_day(latest, change.zone))} if latest else {}),
    }
    request |= {"occurrencePeriod": period} if period else {}
    request |= {"patientInstruction": preparation.strip()} if preparation.strip() else {}
    request |= {"id": id_} if id_ else {}
    return change.put(request)


def _wrong(
    change: Change,
    what: str,
    specialty: str,
    minutes: int,
    priority: str,
    modality: str,
    earliest: date | None,
    latest: date | None,
    start_from: time | None,
    start_until: time | None,
) -> Iterable[Issue]:
    today = local_day(change.now, change.zone)
    for wrong, text, element in (
        (not what.strip(), "Say what is needed.", "code"),
        (not specialty.strip(), "Say which specialty.", "performerType"),
        (not 5 <= minutes <= LONGEST, "A visit takes between 5 minutes and 12 hours.", "extension"),
        (priority not in terms.PRIORITIES, f"{priority!r} is none of {', '.join(terms.PRIORITIES)}.", "priority"),
        (modality not in terms.MODALITIES, f"{modality!r} is none of {', '.join(terms.MODALITIES)}.", "extension"),
        (bool(latest and latest < today), "The day by which it is wanted has passed already.", "occurrencePeriod.end"),
        (bool(earliest and latest and latest < earliest), "It is wanted before it may begin.", "occurrencePeriod.end"),
        (bool(start_from and start_until and start_until < start_from), "The hours end before they begin.", "extension"),
    ):
        if wrong:
            yield Issue("error", "value", text, f"ServiceRequest.{element}")


def after_extension(after: After) -> Resource:
    """What a need waits for, as an extension."""
    parts: list[Resource] = [{"url": "need", "valueReference": {"reference": after.need}}]
    for url, value in (
        ("min-minutes", after.min_minutes or None),
        ("min-days", after.min_days),
        ("max-days", after.max_days),
        ("min-business-days", after.min_business_days),
    ):
        parts += [{"url": url, "valueUnsignedInt": value}] if value is not None else []
    return {"url": terms.AFTER, "extension": parts}


def after_of(request: Mapping[str, Any]) -> tuple[After, ...]:
    """What a need waits for."""
    found = []
    for parts in terms.values(request, terms.AFTER):
        other = target(terms.part(parts, "need"))
        if other:
            numbers = [terms.part(parts, name) for name in ("min-minutes", "min-days", "max-days", "min-business-days")]
            found.append(After(other, numbers[0] or 0, numbers[1], numbers[2], numbers[3]))
    return tuple(found)


def listed(view: View, *, state: str | None = None, patient: str | None = None) -> list[Need]:
    """The open needs of those this person may see, the least time left first. `state`: one of unscheduled, held, booked, missed."""
    asked: dict[str, Any] = {"patient": patient} if patient else {}
    requests = view.find("ServiceRequest", category=f"{terms.CATEGORY}|{terms.VISIT}", status=",".join(ACTIVE), **asked)
    several = described(view, requests)
    return sorted((need for need in several if state is None or need.state == state), key=pressing)


def pressing(need: Need) -> tuple[Any, ...]:
    """What is late or soon comes first, then the urgent, then the old."""
    left = need.left if need.left is not None else 10_000
    return need.state == "booked", left, -terms.URGENCY.get(need.priority, 1), -(need.age or 0), need.id


def described(view: View, requests: Sequence[Resource]) -> list[Need]:
    """These ServiceRequests as needs, with what has been booked for them."""
    booked: dict[str, list[Resource]] = {}
    references = [f"ServiceRequest/{each['id']}" for each in requests]
    for start in range(0, len(references), 40):
        for appointment in view.find("Appointment", based_on=",".join(references[start : start + 40])):
            for reference in terms.needs_of(appointment):
                booked.setdefault(reference, []).append(appointment)
    patients = reading.several(view, "Patient", map(codes.patient_of, requests))
    return [
        describe(view, each, patients.get(str(codes.patient_of(each))), booked.get(f"ServiceRequest/{each['id']}", ())) for each in requests
    ]


def describe(view: View, request: Resource, patient: Resource | None, appointments: Sequence[Resource]) -> Need:
    """One need, with its appointments."""
    period = request.get("occurrencePeriod", {})
    live = [each for each in appointments if each["status"] in terms.LIVE]
    live.sort(key=lambda each: (each["status"] == "pending", str(each.get("start"))))
    missed = [each for each in appointments if each["status"] == "noshow"]
    state = STATES[live[0]["status"] == "pending"] if live else STATES[2 if missed else 3]
    authored = reading.moment(request.get("authoredOn"), view.zone)
    start_from, start_until = terms.value(request, terms.START_FROM), terms.value(request, terms.START_UNTIL)
    end = reading.moment(period.get("end"), view.zone)
    return Need(
        id=request["id"],
        patient=str(codes.patient_of(request)).removeprefix("Patient/"),
        patient_name=human_name(patient or {}) or str(request.get("subject", {}).get("display", "")),
        language=identity.language(patient) if patient else None,
        interpreter=bool(terms.value(patient, identity.INTERPRETER)) if patient else False,
        what=text_of(request.get("code")),
        specialty=text_of(request.get("performerType")),
        priority=str(request.get("priority", "routine")),
        modality=str(terms.value(request, terms.MODALITY, terms.IN_PERSON)),
        minutes=int(terms.value(request, terms.MINUTES, 30)),
        asked_on=authored.date() if authored else None,
        earliest=reading.moment(period.get("start"), view.zone),
        latest=end,
        start_from=time.fromisoformat(start_from) if start_from else None,
        start_until=time.fromisoformat(start_until) if start_until else None,
        preparation=str(request.get("patientInstruction", "")),
        after=after_of(request),
        state=state,
        appointment=live[0]["id"] if live else None,
        starts=reading.moment(live[0].get("start"), view.zone) if live else None,
        attempts=len(missed) + sum(each["status"] == "cancelled" and was_booked(each) for each in appointments),
        today=local_day(view.now, view.zone),
    )


def was_booked(appointment: Resource) -> bool:
    """Whether a cancelled appointment was more than a time held and let go."""
    return not has_code(appointment.get("cancelationReason"), terms.REASON, "hold-expired")


def one(view: View, need: str) -> Need:
    """One need by id. Raises NotFound (also when not theirs to see)."""
    return described(view, [view.get("ServiceRequest", need.removeprefix("ServiceRequest/"))])[0]
