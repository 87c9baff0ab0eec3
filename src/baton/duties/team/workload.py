"""What everybody carries, and who should take whom: loads by how pressing, suggestions with reasons, previews, a fairer split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baton.duties import codes, reading
from baton.duties.patients import identity
from baton.duties.reading import codings
from baton.duties.team import absences, people
from baton.duties.team.absences import Absence
from baton.duties.team.people import Person
from baton.duties.today.rows import Identity
from baton.fhir.resource import Resource, target
from baton.rules import workload as rules
from baton.rules.calendar import local_day
from baton.rules.workload import Candidate, Need, Reason, Suggestion, Weights
from baton.store import workload as store
from baton.store.workload import Carried, Kinds, Part

if TYPE_CHECKING:
    from baton.store import View

CARRY: Final = ("coordinator", "senior", "social-worker")
"""Roles whose people have patients of their own."""
MOST_MOVES: Final = 200
MOST_CARRIED: Final = 2000
"""So many patients of one person are read at once at most."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Somebody who has patients. `load` and `capacity` are minutes a week; `bands` the percent of capacity by how pressing, high first."""

    person: Person
    load: float
    capacity: float
    bands: tuple[int, int, int]
    patients: int
    covering: int
    open: int
    late: int
    away: Absence | None = None

    @property
    def percent(self) -> int:
        """The load as percent of what they can carry."""
        return rules.percent(self.load, self.capacity)


@dataclass(frozen=True, slots=True)
class Row:
    """One patient of a preview: whose, to whom, and why they fit. `others` are all who could take them, the best first."""

    patient: Identity
    band: str
    load: float
    open: int
    giver: str | None
    to: str
    reasons: tuple[Reason, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a handover would do: the rows, and the load before and after, in percent, of those it touches; `others` are the rest."""

    rows: tuple[Row, ...]
    loads: tuple[tuple[Person, int, int], ...]
    people: Mapping[str, Person] = field(default_factory=dict)
    others: tuple[tuple[Person, int], ...] = ()

    @property
    def over(self) -> tuple[Person, ...]:
        """Who would carry more than they can."""
        return tuple(person for person, before, after in self.loads if after > 100 and after > before)

    @property
    def unspoken(self) -> tuple[Row, ...]:
        """Those who would go to somebody who does not speak their language, though one of the others who could take them does."""
        return tuple(
            row
            for row in self.rows
            if any(each.code == "no-language" for each in row.reasons)
            and any((row.patient.language or "").split("-")[0] in self.people[each].languages for each in row.others)
        )


# --- what everybody carries --------------------------------------------------------------------------------------------------------------


def weights(view: View) -> Weights:
    """The weights in force today."""
    return rules.weights(local_day(view.now, view.zone))


def kinds(view: View) -> Kinds:
    """The same as the store asks for them."""
    known = weights(view)
    return Kinds(known.minutes, known.bands, known.each, known.other, known.open[1], known.open[2], codes.WATCH)


def who(view: View, team: str | None = None) -> tuple[Person, ...]:
    """Who has patients, of a team or of all."""
    return tuple(each for each in people.roster(view, team=team) if each.role in CARRY)


def board(view: View, team: str | None = None) -> tuple[Carrier, ...]:
    """What each of them carries, by name: numbers of everything they carry, whoever asks."""
    everybody, known = who(view), weights(view)
    with reading.seeing_all(view):
        found = store.loads(view, [each.reference for each in everybody], kinds(view))
    gone = absences.away(view)
    carriers = []
    for person in everybody:
        if team is not None and not any(role.team == team for role in person.current):
            continue
        theirs = [each for each in found if each.person == person.reference]
        weighed = {each.band: known.weight[each.band] * each.minutes for each in theirs}
        capacity = known.capacity * person.share / 100
        bands = [rules.percent(weighed.get(band, 0.0), capacity) for band in (2, 1, 0)]
        carriers.append(
            Carrier(
                person, sum(weighed.values()), capacity, (bands[0], bands[1], bands[2]), sum(each.patients for each in theirs),
                sum(each.covering for each in theirs), sum(each.open for each in theirs), sum(each.late for each in theirs),
                gone.get(person.reference),
            )
        )  # fmt: skip
    return tuple(carriers)


def caseload(view: View, person: str, *, limit: int = MOST_CARRIED, start: int = 0) -> Part:
    """The patients somebody carries, those one may see, the most pressing first."""
    return behind(view, [person], "all", limit=limit, start=start)


def behind(view: View, persons: Sequence[str], which: str, *, limit: int = MOST_CARRIED, start: int = 0) -> Part:
    """Who stands behind a number of the board: the patients these people carry, look after, cover, or owe something late."""
    everybody = [each.reference for each in who(view)]
    asked = [each for each in everybody if each in persons]
    known = weights(view).weight
    if which not in store.WHICH:
        return Part([], 0, 0, 0.0)
    return store.caseload(view, asked, everybody, kinds(view), which=which, limit=limit, start=start, weights=known)


def weight(view: View, case: Carried) -> float:
    """What one patient weighs for whoever carries them: minutes a week, by how pressing."""
    return weights(view).weight[case.band] * case.minutes


def uncarried(view: View, teams: Sequence[str], *, limit: int = 500, start: int = 0) -> tuple[int, list[Resource]]:
    """Of these teams' patients those whom nobody looks after by name: how many, and from `start` on who is owed something soonest."""
    return store.uncarried(view, teams, [each.reference for each in who(view)], limit=limit, start=start)


# --- who should take whom ----------------------------------------------------------------------------------------------------------------


def preview(view: View, *, givers: Mapping[str, str | None], takers: Sequence[str], picks: Mapping[str, str] | None = None) -> Preview:
    """What handing these patients ("Patient/id" → whose they are, None: nobody's) to these people would do.

    `picks` are what somebody chose; everybody else is suggested, those who need a language first, then the heaviest, each seeing the load
    that those before them made.
    """
    picks = picks or {}
    carriers = {each.person.reference: each for each in board(view)}
    among = [each for each in dict.fromkeys([*takers, *picks.values()]) if each in carriers]
    needs = _needs(view, list(givers), among)
    loads = {reference: carrier.load for reference, carrier in carriers.items()}
    rows = []
    for patient in sorted(needs, key=lambda each: (each not in picks, _order(needs[each].need), each)):
        asked, giver = needs[patient], givers[patient]
        ranked = rules.suggest(
            asked.need, _candidates(carriers, loads, [each for each in among if each != giver]), local_day(view.now, view.zone)
        )
        if not ranked:
            continue
        best = next((each for each in ranked if each.person == picks.get(patient)), None) or _first(ranked, takers)
        loads[best.person] += asked.need.load
        if giver in loads:
            loads[str(giver)] -= asked.need.load
        rows.append(
            Row(
                asked.identity,
                asked.band,
                asked.need.load,
                asked.open,
                giver,
                best.person,
                best.reasons,
                tuple(each.person for each in ranked),
            )
        )
    rows.sort(key=lambda row: (row.patient.name.casefold(), row.patient.id))
    touched = {row.to for row in rows} | {row.giver for row in rows} | set(takers)
    others = tuple((each.person, each.percent) for reference, each in carriers.items() if reference not in touched and not each.away)
    after = tuple(
        (each.person, each.percent, rules.percent(max(0.0, loads[reference]), each.capacity))
        for reference, each in carriers.items()
        if reference in touched
    )
    return Preview(tuple(rows), after, {reference: each.person for reference, each in carriers.items()}, others)


def _first(ranked: Sequence[Suggestion], takers: Sequence[str]) -> Suggestion:
    return next((each for each in ranked if each.person in takers), ranked[0])


def _order(need: Need) -> tuple[bool, float]:
    return need.language in (None, "en"), -need.load


def _candidates(carriers: Mapping[str, Carrier], loads: Mapping[str, float], among: Iterable[str]) -> list[Candidate]:
    found = [carriers[each] for each in among]
    return [
        Candidate(
            each.person.reference, frozenset(each.person.languages), frozenset(skill.code for skill in each.person.skills),
            loads[each.person.reference], each.capacity,
        )
        for each in found
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    identity: Identity
    band: str
    open: int
    need: Need


def _needs(view: View, patients: Sequence[str], among: Sequence[str]) -> dict[str, _Asked]:
    """What each patient needs of whoever takes them: three questions for all."""
    if not patients:
        return {}
    today, known = local_day(view.now, view.zone), weights(view)
    ids = ",".join(each.partition("/")[2] for each in patients)
    bodies = {f"Patient/{each['id']}": each for each in view.find("Patient", _id=ids, _count=len(patients))}
    weighed = store.weighed(view, list(bodies), [each.reference for each in who(view)], kinds(view))
    conditions: dict[str, set[tuple[str | None, str]]] = {}
    for each in view.find("Condition", patient=",".join(patients), _count=5000):
        conditions.setdefault(str(codes.patient_of(each)), set()).update(codings(each.get("code")))
    before: dict[str, set[str]] = {}
    if among:
        for each in view.find("Task", patient=",".join(patients), owner=",".join(among), _count=5000):
            before.setdefault(str(codes.patient_of(each)), set()).add(str(target(each.get("owner"))))
    found = {}
    for patient, body in bodies.items():
        asked, weight = identity.identity(body, today), weighed[patient]
        skills = rules.skills_for(conditions.get(patient, ()), asked.age, today)
        load = known.weight[weight.band] * (weight.minutes or known.each)
        spoken = asked.language.split("-")[0] if asked.language else None
        need = Need(spoken, skills, frozenset(before.get(patient, ())), load)
        found[patient] = _Asked(asked, rules.BANDS[weight.band], weight.open, need)
    return found


# --- a fairer split ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Even:
    """Moves that make loads even: "Patient/id" → (whose, to whom); everybody's percent before and after, the fullest first."""

    moves: Mapping[str, tuple[str, str]]
    loads: tuple[tuple[str, int, int], ...]


def even(view: View, team: str) -> Even:
    """A fairer split of a team: nobody loses a language they share, nobody in the first days after a discharge changes hands."""
    known = weights(view)
    carriers = [each for each in board(view, team) if not each.away and each.capacity > 0]
    loads = {each.person.reference: each.load for each in carriers}
    by = {each.person.reference: each for each in carriers}
    with reading.seeing_all(view):  # who is moved is looked at when the moves are reviewed
        cases = {each: [one for one in caseload(view, each).rows if one.theirs and not one.covering and not one.settling] for each in loads}
    moves: dict[str, tuple[str, str]] = {}
    while len(loads) > 1 and len(moves) < MOST_MOVES:
        most, least = (pick(loads, key=lambda each: loads[each] / by[each].capacity) for pick in (max, min))
        gap = loads[most] / by[most].capacity - loads[least] / by[least].capacity
        if gap * 100 <= known.even:
            break
        room = gap / (1 / by[most].capacity + 1 / by[least].capacity)
        fits = [(known.weight[one.band] * one.minutes, one) for one in cases[most] if _keeps_language(one.patient, by[most], by[least])]
        fits = [(load, one) for load, one in fits if 0 < load < 2 * room]
        if not fits:
            break
        load, chosen = min(fits, key=lambda pair: (abs(pair[0] - room), str(pair[1].patient["id"])))
        moves[f"Patient/{chosen.patient['id']}"] = (most, least)
        cases[most].remove(chosen)
        loads[most] -= load
        loads[least] += load
    percents = tuple((each.person.reference, each.percent, rules.percent(loads[each.person.reference], each.capacity)) for each in carriers)
    return Even(moves, tuple(sorted(percents, key=lambda each: -each[1])))


def _keeps_language(patient: Resource, giver: Carrier, taker: Carrier) -> bool:
    spoken = (identity.language(patient) or "en").split("-")[0]
    return spoken == "en" or spoken not in giver.person.languages or spoken in taker.person.languages
