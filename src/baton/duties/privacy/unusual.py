"""Unusual looking: each minute what was opened since is judged by rules/looking.py, and the privacy desk is told, once for the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from baton.duties import codes
from baton.duties.privacy import tasks as privacy_tasks
from baton.duties.privacy.glass import is_vip
from baton.fhir.resource import Resource, human_name
from baton.rules import looking
from baton.rules.looking import Flag, Looked
from baton.store import Who, openings
from baton.store.codes import key64
from baton.store.openings import Opening

if TYPE_CHECKING:
    from baton.store import Store, View

NIGHT = timedelta(hours=8)
AGENT = Who(person=codes.HUB, name="Baton", role="system", teams=(), entrance="worker", purpose="HCOMPL")


@dataclass(frozen=True, slots=True)
class Told:
    """A flag about one opening."""

    opening: Opening
    flag: Flag
    name: str

    def key(self, zone: ZoneInfo) -> str:
        """What it is the same as: a patient's is told once a calendar month, a person's way of looking once a day."""
        local = self.opening.at.astimezone(zone)
        about = f"{local:%Y-%m-%d}" if self.flag.about_the_person else f"{self.opening.patient}|{local:%Y-%m}"
        return f"{self.flag.code}|{self.opening.person}|{about}"


def watch(store: Store, now: datetime) -> int:
    """A duty of each minute: judge what was sealed since the last time; how many tasks that made."""
    made = 0
    while True:
        with store.view(AGENT) as view:
            opened, last = openings.batch(view)
            told = list(judged(view, opened))
        if not last:
            return made
        if told:
            with store.change(AGENT, because="Unusual looking") as change:
                made += sum(_tell(change, each, store.zone) for each in told)
        openings.done(store, last, now)


def _tell(change: object, told: Told, zone: ZoneInfo) -> bool:
    opening, flag = told.opening, told.flag
    stored = privacy_tasks.make(
        change,  # type: ignore[arg-type]
        code="unusual-look",
        key=told.key(zone),
        patient=None if flag.about_the_person else opening.patient,
        person=opening.person,
        name=told.name,
        facts=(("flag", flag.code), ("look", opening.look), ("at", opening.at.isoformat()), *flag.facts),
        rule=(flag.rule, flag.version, flag.source),
    )
    return stored is not None


def judged(view: View, opened: Sequence[Opening]) -> Iterator[Told]:
    """The flags that these openings raise, the first of each kind for a person and a patient."""
    if not opened:
        return
    known = openings.bodies(view, {each.patient for each in opened} | {each.person for each in opened})
    teams = openings.teams(view, {each.key for each in opened})
    workers = _workers(view, [known[each.patient] for each in opened if each.patient in known])
    spans: dict[str, dict[int, datetime]] = {}
    seen: set[str] = set()
    for opening in opened:
        person, patient = known.get(opening.person, {}), known.get(opening.patient, {})
        if opening.person not in spans:
            spans[opening.person] = openings.opened_since(view, opening.person, opening.at - max(NIGHT, _window(opening)), view.now)
        looked = Looked(
            role=opening.role,
            at=opening.at,
            staff_names=tuple(_families(person)),
            patient_names=tuple(_families(patient)),
            staff_addresses=tuple(_addresses(person)),
            patient_addresses=tuple(_addresses(patient)),
            same_person=_same(person, patient),
            works_here=any(_same(worker, patient) for worker in workers),
            vip=is_vip(patient),
            related=_related(view, opening, teams.get(opening.key, set())),
            charts=_within(spans[opening.person], opening.at - _window(opening), opening.at),
            night=_nights(spans[opening.person], opening.at, view.zone),
        )
        name = human_name(person) if person else opening.person
        for flag in looking.flags(looked, view.zone):
            told = Told(opening, flag, name)
            if told.key(view.zone) not in seen:
                seen.add(told.key(view.zone))
                yield told


def _window(opening: Opening) -> timedelta:
    return timedelta(minutes=looking.window(opening.at.date()))


def _within(span: dict[int, datetime], since: datetime, until: datetime) -> int:
    return sum(since <= at <= until for at in span.values())


def _nights(span: dict[int, datetime], at: datetime, zone: ZoneInfo) -> int:
    """Charts opened in the night of an instant, up to it."""
    return sum(at - NIGHT <= each <= at and looking.is_night(each, zone) for each in span.values())


def _related(view: View, opening: Opening, teams: set[int]) -> bool:
    """Whether the patient is with a team of theirs, or in their own charge."""
    who = view.store.who(opening.person, entrance="worker")
    mine = {key64(team) for team in (who.teams if who else ())} | {key64(opening.person)}
    return bool(mine & teams)


def _workers(view: View, patients: Iterable[Resource]) -> list[Resource]:
    return openings.namesakes(view, {family for patient in patients for family in _families(patient)})


def _families(person: Resource) -> Iterator[str]:
    return (str(name["family"]) for name in person.get("name", ()) if name.get("family"))


def _addresses(person: Resource) -> Iterator[str]:
    for address in person.get("address", ()):
        for line in address.get("line", ())[:1]:
            yield f"{address.get('postalCode', '')}|{line}"


def _same(person: Resource, patient: Resource) -> bool:
    """Whether somebody at work and a patient are one: the same family name, a given name and the date of birth."""
    born = person.get("birthDate")
    if not born or born != patient.get("birthDate"):
        return False
    return bool(_spelt(person) & _spelt(patient))


def _spelt(person: Resource) -> set[tuple[str, str]]:
    return {
        (looking.normal(str(name.get("family", ""))), looking.normal(str(given)))
        for name in person.get("name", ())
        for given in name.get("given", ())
        if name.get("family")
    }
