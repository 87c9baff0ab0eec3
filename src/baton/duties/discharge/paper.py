"""The plan a patient takes home: in their language, in large print, with pictures and a calendar. Fixed sentences are easy to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from baton.duties import codes, letters, reading
from baton.duties.discharge import evidence as discharge_evidence
from baton.duties.discharge import plans as discharge_plans
from baton.duties.discharge import states
from baton.duties.discharge.states import Plan
from baton.duties.patients import identity, medicines
from baton.duties.privacy import slips
from baton.duties.support import education
from baton.duties.today.rows import Medicine
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, human_name, target, text_of
from baton.packs import papers
from baton.packs.lessons import Lesson, library
from baton.paper import Block, Calendar, Day, Facts, Heading, Notice, Paper, Rows, Text, pdf
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

PAPER_TYPE: Final = {"system": codes.LOINC, "code": "69730-0", "display": "Instructions"}
WEEKS: Final = 4
WORDS: Final = papers.words("after-hospital-plan")
"""Every fixed sentence, by language; a test keeps them easy to read."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit in the book."""

    when: datetime
    what: str
    where: str


@dataclass(frozen=True, slots=True)
class Content:
    """What the paper says of one patient. `doctor` and `phone` of who takes over; `lesson` has the warning signs of the illness."""

    name: str
    language: str
    reason: str
    plan: Plan
    left: datetime | None
    medicines: tuple[Medicine, ...]
    allergies: tuple[str, ...]
    visits: tuple[Visit, ...]
    pending: tuple[discharge_evidence.Pending, ...]
    lesson: Lesson | None
    team: str
    team_phone: str
    doctor: str
    doctor_phone: str
    today: date


def language_of(person: Mapping[str, object]) -> str:
    """The language the paper is written in: the patient's, else English."""
    spoken = (identity.language(dict(person)) or "en").split("-")[0]
    return spoken if spoken in WORDS else "en"


CHART: Final = (
    "Appointment", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Condition", "Encounter", *discharge_evidence.CHART,
)  # fmt: skip


def content(view: View, *, plan: str, language: str | None = None) -> Content:
    """What goes on the paper. Raises NotFound."""
    _, known = discharge_plans.held(view, plan)
    person = view.get("Patient", known.patient.partition("/")[2])
    chart = view.compartment(known.patient.partition("/")[2], tuple(dict.fromkeys(CHART)), per_type=200)
    here = next((each for each in chart.get("Encounter", ()) if f"Encounter/{each['id']}" == known.encounter), {})
    left = reading.moment(here.get("period", {}).get("end"), view.zone) if here.get("status") == "finished" else None
    since = local_day(known.admitted or view.now, view.zone)
    team, team_name, _ = reading.team_of(view, known.patient)
    doctor, doctor_name = next(iter(known.accepting), ("", ""))
    just = education.suggested((*chart.get("Condition", ()), *_as_conditions(here)), just_home=False)
    return Content(
        name=human_name(person),
        language=language if language is not None and language in WORDS else language_of(person),
        reason=next((text for each in here.get("reasonCode", ()) if (text := text_of(each))), ""),
        plan=known,
        left=left,
        medicines=medicines.medicines(
            chart.get("MedicationRequest", ()), chart.get("MedicationStatement", ()), stay=(since, local_day(left or view.now, view.zone))
        ),
        allergies=tuple(text for each in chart.get("AllergyIntolerance", ()) if (text := text_of(each.get("code")))),
        visits=tuple(visits(view, chart.get("Appointment", ()))),
        pending=discharge_evidence.pending(chart, known.encounter, view),
        lesson=next((library()[code] for code in just if code != education.GOING_HOME), None),
        team=team_name,
        team_phone=_phone(reading.peek(view, team)),
        doctor=doctor_name,
        doctor_phone=_phone(reading.peek(view, doctor)) if doctor else "",
        today=local_day(view.now, view.zone),
    )


def _as_conditions(encounter: Mapping[str, object]) -> list[Resource]:
    reasons = encounter.get("reasonCode")
    return [{"code": each} for each in reasons] if isinstance(reasons, list) else []


def _phone(resource: Resource | None) -> str:
    return (identity.phone(resource) or "") if resource else ""


def visits(view: View, appointments: Sequence[Resource]) -> Iterator[Visit]:
    """The visits to come, the earliest first."""
    found = []
    for each in appointments:
        when = reading.moment(each.get("start"), view.zone)
        if when is None or when < view.now or each.get("status") not in ("booked", "pending"):
            continue
        named = [str(part.get("actor", {}).get("display", "")) for part in each.get("participant", ())]
        where = [name for part, name in zip(each.get("participant", ()), named, strict=True) if name and not _is_patient(part)]
        what = str(each.get("description") or next((text_of(service) for service in each.get("serviceType", ())), ""))
        found.append(Visit(when, what, ", ".join(dict.fromkeys(where))))
    return iter(sorted(found, key=lambda visit: visit.when))


def _is_patient(participant: Mapping[str, object]) -> bool:
    actor = participant.get("actor")
    return str(target(actor if isinstance(actor, Mapping) else None) or "").startswith("Patient/")


# --- set -----------------------------------------------------------------------------------------------------------


def day_words(day: date, language: str) -> str:
    """A day as people say it: "Wednesday, July 8", "miércoles 8 de julio"."""
    return WORDS[language].day(day)


def paper(it: Content) -> Paper:
    """The plan as a paper."""
    said = WORDS[it.language].words
    blocks: list[Block] = [
        *_why(it, said),
        *_medicines(it, said),
        *_visits(it, said),
        *_tests(it, said),
        *_signs(it, said),
        *_call(it, said),
        Heading(said["questions"], 1, "question"),
        Text(said["write"] + "\n\n\n\n"),
    ]
    made = said["made"].format(day=day_words(it.today, it.language))
    return Paper(said["title"], blocks, it.language, it.name, said["footer"], made, large=True)


def _why(it: Content, said: Mapping[str, str]) -> Iterator[Block]:
    yield Notice(said["bring"])
    yield Heading(said["why"], 1, "home")
    lines = [it.reason] if it.reason else []
    if it.plan.admitted is not None:
        lines.append(said["came"].format(day=day_words(it.plan.admitted.date(), it.language)))
    if it.left is not None:
        lines.append(said["left"].format(day=day_words(it.left.date(), it.language)))
    elif it.plan.latest is not None:
        lines.append(said["leave"].format(day=day_words(it.plan.latest.until.date(), it.language)))
    yield Text("\n".join(lines))


def _medicines(it: Content, said: Mapping[str, str]) -> Iterator[Block]:
    yield Heading(said["medicines"], 1, "pill")
    if not it.medicines:
        yield Text(said["none"])
    else:
        yield Text(said["take"])
        rows = [(each.text, said[each.change or "same"]) for each in it.medicines]
        marked = frozenset(number for number, each in enumerate(it.medicines) if each.change == "stopped")
        yield Rows((said["medicine"], said["note"]), rows, (2.4, 1), marked)
    if it.allergies:
        yield Facts([(said["allergies"], ", ".join(it.allergies))])


def _visits(it: Content, said: Mapping[str, str]) -> Iterator[Block]:
    yield Heading(said["visits"], 1, "calendar")
    if not it.visits:
        yield Text(said["no-visits"])
        return
    yield Text(said["go"])
    rows = [
        (f"{day_words(each.when.date(), it.language)}\n{each.when:%H:%M}", "\n".join(part for part in (each.what, each.where) if part))
        for each in it.visits
    ]
    yield Rows((said["when"], said["what"]), rows, (1, 1.4))
    yield Heading(said["calendar"], 2)
    yield month(it)


def month(it: Content) -> Calendar:
    """The four weeks from the day of leaving, Sunday first, with every visit on its day."""
    leaving = it.left.date() if it.left else it.plan.latest.until.date() if it.plan.latest else it.today
    first = leaving - timedelta(days=(leaving.weekday() + 1) % 7)
    by_day: dict[date, list[str]] = {}
    for each in it.visits:
        by_day.setdefault(each.when.date(), []).append(f"{each.when:%H:%M}")
    for result in it.pending:
        if result.due is not None:
            by_day.setdefault(result.due.date(), []).append(WORDS[it.language].words["test"])
    weeks = [[_day(first + timedelta(days=7 * week + place), leaving, by_day, it.language) for place in range(7)] for week in range(WEEKS)]
    return Calendar([WORDS[it.language].days[(place + 6) % 7][:3].capitalize() for place in range(7)], weeks)


def _day(day: date, leaving: date, by_day: Mapping[date, Sequence[str]], language: str) -> Day:
    number = f"{day.day} {WORDS[language].months[day.month - 1][:3]}" if day.day == 1 or day == leaving else str(day.day)
    return Day(number, "\n".join(by_day.get(day, ())[:3]), day >= leaving, day in by_day)


def _tests(it: Content, said: Mapping[str, str]) -> Iterator[Block]:
    if not it.pending:
        return
    yield Heading(said["tests"], 1, "flask")
    yield Text(said["tests-say"])
    rows = [(each.what, each.owner_name or it.team, day_words(each.due.date(), it.language) if each.due else "") for each in it.pending]
    yield Rows((said["test"], said["who"], said["by"]), rows, (1.4, 1, 1))
    yield Text(said["call-anyway"])


def _signs(it: Content, said: Mapping[str, str]) -> Iterator[Block]:
    yield Heading(said["signs"], 1, "warning")
    rows = [(sign, said[colour]) for colour in ("red", "yellow", "green") for sign in signs(it, said, colour)]
    red = len(tuple(signs(it, said, "red")))
    yield Rows((said["see"], said["do"]), rows, (2.2, 1), frozenset(range(red)))


def signs(it: Content, said: Mapping[str, str], colour: str) -> Sequence[str]:
    """The warning signs of the illness, else those that hold for everybody."""
    return it.lesson.said(it.language).plan[colour] if it.lesson else said[f"general-{colour}"].split("\n")


def _call(it: Content, said: Mapping[str, str]) -> Iterator[Block]:
    yield Heading(said["call"], 1, "phone")
    facts = [(said["us"], " · ".join(part for part in (it.team, it.team_phone) if part))]
    if it.doctor:
        facts.append((said["doctor"], " · ".join(part for part in (it.doctor, it.doctor_phone) if part)))
    yield Facts([*facts, (said["emergency"], "911")])
    yield Text(said["we-call"])


# --- given ---------------------------------------------------------------------------------------------------------


def preview(view: View, *, plan: str, language: str | None = None) -> bytes:
    """The paper as PDF, without its being given."""
    return pdf(paper(content(view, plan=plan, language=language)))


def give(change: Change, *, plan: str, language: str | None = None, way: str | None = None) -> tuple[Stored, bytes]:
    """The paper is given to the patient: kept with their documents as it was given, and the plan says so. `way`: see `slips.handed`."""
    found, known = discharge_plans.held(change, plan)
    slips.handed(change, "plan-for-home", patient=known.patient, way=way)
    it = content(change, plan=plan, language=language)
    made = pdf(paper(it))
    attachment = letters.file(change, patient=known.patient, kind="application/pdf", body=made)
    stored = change.put(
        {
            "resourceType": "DocumentReference",
            **letters.reaches_by(way),
            "language": it.language,
            "status": "current",
            "docStatus": "final",
            "type": {"coding": [PAPER_TYPE], "text": WORDS["en"].words["title"]},
            "category": [codes.concept(states.SYSTEM, discharge_evidence.PAPER)],
            "subject": {"reference": known.patient},
            "date": episodes.instant(change.now),
            "author": [codes.reference_to(change.who.person, change.who.name)],
            "description": WORDS[it.language].words["title"],
            "content": [{"attachment": {**attachment, "language": it.language}}],
            "context": {"encounter": [{"reference": known.encounter}]},
        }
    )
    after = discharge_plans.settled(change, found)
    if after != found:
        change.put(after)
    return stored, made
