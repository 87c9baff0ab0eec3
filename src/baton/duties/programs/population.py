"""A population on one page: program and phase, risk, what is open, late and unmet, when last reached; filters a team shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, promises, reading
from baton.duties.patients import identity
from baton.duties.programs import packs as program_packs
from baton.duties.programs import states
from baton.duties.promises import refuse
from baton.duties.today.rows import Identity
from baton.fhir import query
from baton.fhir.resource import Resource, target, text_of
from baton.rules import minutes as minute_rules
from baton.rules.calendar import local_day
from baton.rules.minutes import Entry
from baton.store import NotFound, View
from baton.store import programs as index
from baton.store.codes import key64
from baton.store.programs import Member

if TYPE_CHECKING:
    from baton.store import Change, Stored

PAGE: Final = 50
MOST: Final = 200
"""How many are reached out to at once."""
SILENT: Final = (14, 30, 90)
RISKS: Final = ("high", "medium", "low")
FILTER: Final = f"{codes.P}/CodeSystem/population-filter"
NAMES: Final = ("program", "phase", "status", "risk", "late", "needs", "back", "silent")
WEIGHT: Final = "29463-7"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the population is narrowed to. `program`: a code, "" for any, "*" everyone in care, "-" those in none; `silent`: days.

    `back`: back in hospital within 30 days of going home, in the past year.
    """

    program: str = ""
    phase: str = ""
    status: str = ""
    risk: str = ""
    late: bool = False
    needs: bool = False
    back: bool = False
    silent: int = 0

    def parts(self) -> dict[str, str]:
        """What is set, as texts by name."""
        said = {name: getattr(self, name) for name in NAMES}
        return {name: "1" if value is True else str(value) for name, value in said.items() if value}


def filters_of(parts: Mapping[str, str]) -> Filters:
    """Filters from texts by name; what is none of them is left out."""
    silent = parts.get("silent", "")
    return Filters(
        program=parts.get("program", ""),
        phase=parts.get("phase", ""),
        status=parts.get("status", "") if parts.get("status", "") in states.OPEN else "",
        risk=parts.get("risk", "") if parts.get("risk", "") in RISKS else "",
        late=bool(parts.get("late")),
        needs=bool(parts.get("needs")),
        back=bool(parts.get("back")),
        silent=int(silent) if silent.isdecimal() and 0 < int(silent) <= 999 else 0,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One of the population. `weights` are those of the past 30 days, oldest first; `minutes` counted this month; `returned`: the day they
    were last back in hospital within 30 days of going home, in the past year.
    """

    who: Identity
    program: str
    phase: str
    status: str
    since: date
    risk: str
    open: int
    late: int
    reached: date | None
    silent: int | None
    goal: str
    needs: tuple[str, ...]
    minutes: int
    weights: tuple[float, ...]
    returned: date | None


@dataclass(frozen=True, slots=True)
class Saved:
    """A filter somebody saved for the team."""

    id: str
    name: str
    team: str
    by: str
    filters: Filters


@dataclass(frozen=True, slots=True)
class Population:
    """A page of a population: its rows, how many there are in all, and what can be chosen."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    filters: Filters
    programs: tuple[tuple[str, program_packs.Words, int], ...]
    phases: tuple[tuple[str, program_packs.Words, int], ...]
    saved: tuple[Saved, ...]
    titles: Mapping[tuple[str, str], program_packs.Words]
    boards: tuple[program_packs.Words, ...] = ()


def members(view: View, filters: Filters, *, limit: int, offset: int = 0) -> tuple[list[Member], int]:
    """Who the filters mean, the most pressing first, and how many."""
    silent = view.now - timedelta(days=filters.silent) if filters.silent else None
    parts = {name: getattr(filters, name) for name in NAMES if name != "silent"}
    return index.population(view, **parts, silent_since=silent, limit=limit, offset=offset)


def population(view: View, *, filters: Filters, page: int = 1) -> Population:
    """A page of a population: one question for who it is, one for each thing that is shown of those fifty."""
    page = max(page, 1)
    found, total = members(view, filters, limit=PAGE, offset=(page - 1) * PAGE)
    counted = index.phases(view)
    known = program_packs.installed(view)
    here = next((each for each in known if each.code == filters.program), None)
    in_phases = {phase: 0 for phase in (each.code for each in here.phases)} if here else {}
    for (phase, _), count in counted.get(filters.program, {}).items():
        in_phases[phase] = in_phases.get(phase, 0) + count
    return Population(
        rows=_rows(view, found),
        total=total,
        page=page,
        pages=max(1, -(-total // PAGE)),
        filters=filters,
        programs=tuple((each.code, each.title, sum(counted.get(each.code, {}).values())) for each in known),
        phases=tuple((each.code, each.title, in_phases.get(each.code, 0)) for each in here.phases) if here else (),
        saved=saved(view),
        titles={(each.code, phase.code): phase.title for each in known for phase in each.phases},
        boards=tuple(each.title for each in here.boards) if here else (),
    )


def _rows(view: View, found: Sequence[Member]) -> tuple[Row, ...]:
    references = list(dict.fromkeys(f"Patient/{each.patient}" for each in found))
    if not references:
        return ()
    joined, today = ",".join(references), local_day(view.now, view.zone)
    people = reading.several(view, "Patient", references)
    goals = _first(view.find("Goal", patient=joined, lifecycle_status="active", _count=1000))
    needs = _grouped(view.find("Condition", patient=joined, category="sdoh", clinical_status="active", _count=1000))
    month = (today - timedelta(days=30)).isoformat()
    weights = _grouped(view.find("Observation", patient=joined, code=WEIGHT, date=f"ge{month}", _sort="date", _count=1000))
    minutes = _minutes(view, references, today)
    rows = []
    for each in found:
        reference = f"Patient/{each.patient}"
        who = people.get(reference)
        if who is None:
            continue
        reached = local_day(each.reached, view.zone) if each.reached else None
        rows.append(
            Row(
                who=identity.identity(who, today),
                program=each.program,
                phase=each.phase,
                status=each.status,
                since=local_day(each.since, view.zone),
                risk=each.risk,
                open=each.open,
                late=each.late,
                reached=reached,
                silent=(today - reached).days if reached else None,
                goal=text_of(goals.get(reference, {}).get("description")) or "",
                needs=tuple(text_of(need.get("code")) or "" for need in needs.get(reference, ())),
                minutes=minutes.get(key64(reference), {}).get(each.program, 0),
                weights=tuple(_weights(weights.get(reference, ()))),
                returned=local_day(each.returned, view.zone) if each.returned else None,
            )
        )
    return tuple(rows)


def _grouped(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for each in resources:
        found.setdefault(str(codes.patient_of(each)), []).append(each)
    return found


def _first(resources: Iterable[Resource]) -> dict[str, Resource]:
    return {patient: several[0] for patient, several in _grouped(resources).items()}


def _weights(observations: Iterable[Resource]) -> Iterable[float]:
    for each in observations:
        value = each.get("valueQuantity", {}).get("value")
        if value is not None:
            yield float(value)


def _minutes(view: View, references: Sequence[str], today: date) -> dict[int, dict[str, int]]:
    """Minutes of this month by patient (key) and program, each minute once."""
    first, last = minute_rules.month_of(today, view.zone)
    by_patient: dict[int, list[Entry]] = {}
    for each in index.worked(view, first, last, patients=references):
        by_patient.setdefault(each.patient, []).append(Entry(each.id, str(each.person), each.program, each.start, each.end))
    return {patient: minute_rules.by_program(several, first, last) for patient, several in by_patient.items()}


# --- filters that are shared -------------------------------------------------------------------------------------------------------------


def saved(view: View) -> tuple[Saved, ...]:
    """The filters of one's teams, by name."""
    found = view.find("Group", code=f"{FILTER}|population", actual="false", _count=200)
    mine = [_saved(each) for each in found if each.get("active", True)]
    seen = [each for each in mine if view.who.sees_everyone or not each.team or each.team in view.who.teams]
    return tuple(sorted(seen, key=lambda each: each.name.casefold()))


def _saved(group: Mapping[str, Any]) -> Saved:
    said = {str(each["code"]["coding"][0]["code"]): str(each["valueCodeableConcept"]["text"]) for each in group.get("characteristic", ())}
    team = target(group.get("managingEntity")) or ""
    return Saved(str(group["id"]), str(group.get("name", "")), team, "", filters_of(said))


def save(change: Change, *, name: str, filters: Filters) -> Stored:
    """Save what is filtered for under a name, for one's team. Raises Invalid without a name, or when nothing is filtered for."""
    if not name.strip() or len(name) > 80:
        raise refuse("Give the view a name.", "Group.name")
    parts = filters.parts()
    if not parts:
        raise refuse("Choose a filter first.", "Group.characteristic")
    team = next(iter(change.who.teams), None)
    group: Resource = {
        "resourceType": "Group",
        "active": True,
        "type": "person",
        "actual": False,
        "code": codes.concept(FILTER, "population"),
        "name": name.strip(),
        **({"managingEntity": {"reference": team}} if team else {}),
        "characteristic": [
            {"code": codes.concept(FILTER, part), "valueCodeableConcept": {"text": value}, "exclude": False}
            for part, value in parts.items()
        ],
    }
    return change.put(group)


def forget(change: Change, *, view: str) -> Stored:
    """Take a saved filter away. Raises NotFound when it is none of one's teams'."""
    if view not in {each.id for each in saved(change)}:
        raise NotFound("There is no such view.")
    return change.put({**change.get("Group", view), "active": False})


def reach_out(change: Change, *, filters: Filters, what: str, due: date) -> int:
    """Promise the same to everybody the filters mean, at most MOST: each lands on Today of their team. Returns how many. Raises Invalid."""
    found, total = members(change, filters, limit=MOST)
    if not found:
        raise refuse("Nobody is meant.", "Task.for")
    if total > MOST:
        raise refuse(f"More than can be reached out to at once: {MOST}", "Task.for")
    several = list(dict.fromkeys(each.patient for each in found))
    for patient in several:
        promises.make_by_hand(change, patient=f"Patient/{patient}", what=what, due=due)
    return len(several)


# --- one program -------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """How a program goes: who is in it, reached in 30 days, with nothing late; goals reached; those who left, by why; contradictions."""

    active: int
    reached: int
    in_time: int
    goals: tuple[int, int]
    left: tuple[tuple[str, int], ...]


def figures(view: View, *, program: str) -> Figures:
    """Process and outcome of a program side by side: five questions."""
    active = index.population(view, program=program, status="active", limit=1)[1]
    month = view.now - timedelta(days=30)
    silent = index.population(view, program=program, status="active", silent_since=month, limit=1)[1]
    late = index.population(view, program=program, status="active", late=True, limit=1)[1]
    found = [states.read(each) for each in view.find("EpisodeOfCare", type=f"{program_packs.PROGRAM}|{program}", status="finished")]
    left: dict[str, int] = {}
    for each in found:
        left[each.why or ""] = left.get(each.why or "", 0) + 1
    goals = _goals(view, program)
    return Figures(active, active - silent, active - late, goals, tuple(sorted(left.items(), key=lambda pair: (-pair[1], pair[0]))))


def _goals(view: View, program: str) -> tuple[int, int]:
    """Goals on the way or reached, of all that were set, of the first hundred in the program."""
    found, _ = index.population(view, program=program, status="active", limit=100)
    joined = ",".join(f"Patient/{each.patient}" for each in found)
    goals = view.find("Goal", patient=joined, _count=1000) if joined else []
    good = sum(
        any(code in ("achieved", "improving", "in-progress") for _, code in reading.codings(each.get("achievementStatus")))
        for each in goals
    )
    return good, len(goals)


def contradictions(view: View) -> int:
    """How many patients have plans that contradict each other, undecided."""
    asked = [("code", "contradiction"), ("status", "preliminary"), ("_summary", "count")]
    return view.search(query.parse("DetectedIssue", asked)).total or 0
