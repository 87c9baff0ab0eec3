"""Where an enrolment stands: states and moves as a table, how it is read from its EpisodeOfCare, and what the door refuses about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from baton.duties import codes, reading
from baton.duties.programs import packs as program_packs
from baton.duties.programs.packs import PROGRAM as PROGRAM
from baton.duties.programs.packs import Program, Words
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, target
from baton.store import NotFound, View

E: Final = f"{codes.P}/StructureDefinition"
PHASE: Final = f"{E}/phase"
CONSENT: Final = f"{E}/program-consent"
PAUSED: Final = f"{E}/paused"
MINUTES_AS: Final = f"{E}/minutes-as"
RISK: Final = f"{E}/risk"
FEEDBACK: Final = f"{E}/feedback"
DESPITE: Final = f"{E}/enrolled-despite"
MOVES: Final[Mapping[str, Mapping[str, str]]] = {
    "offer": {"": "planned"},
    "enrol": {"": "active", "planned": "active", "waitlist": "active"},
    "wait": {"": "waitlist", "planned": "waitlist"},
    "decline": {"planned": "cancelled", "waitlist": "cancelled"},
    "advance": {"active": "active"},
    "pause": {"active": "onhold"},
    "resume": {"onhold": "active"},
    "close": {"active": "finished", "onhold": "finished"},
    "reopen": {"finished": "active", "cancelled": "planned"},
    "correct": dict.fromkeys(("planned", "waitlist", "active", "onhold", "finished", "cancelled"), "entered-in-error"),
}
"""The life of an enrolment: verb → EpisodeOfCare.status before → after. Whatever is not here is refused."""
UNSAID: Final = Words("", {})
OPEN: Final = ("planned", "waitlist", "active", "onhold")
DECLINED: Final = ("declined", "not-eligible", "no-answer", "died")


@dataclass(frozen=True, slots=True)
class Stay:
    """Time in a phase: since when, until when (None: still), and why it took the time it took, where somebody said so."""

    phase: str
    since: date
    until: date | None
    because: str = ""
    title: Words = UNSAID


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause: since when, until when it is meant to last, when it ended (None: not yet), why."""

    since: date
    until: date
    resumed: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An enrolment as the duties and pages need it. `state` is the status of its EpisodeOfCare; `why` the code it was closed with."""

    id: str
    patient: str
    program: str
    canonical: str
    title: str
    state: str
    since: date | None
    until: date | None
    stays: tuple[Stay, ...]
    pauses: tuple[Pause, ...]
    consent: str | None
    minutes_as: str
    risk: str
    points: int
    why: str | None
    because: str | None
    despite: str | None
    rating: int | None
    feedback: str | None
    reopened: str | None
    titled: Words = UNSAID

    @property
    def reference(self) -> str:
        """ "EpisodeOfCare/id"."""
        return f"EpisodeOfCare/{self.id}"

    @property
    def phase(self) -> str:
        """The code of the phase it is in, "" before the first."""
        return self.stays[-1].phase if self.stays else ""

    @property
    def is_open(self) -> bool:
        """Whether it is under way, offered or paused."""
        return self.state in OPEN

    @property
    def pause(self) -> Pause | None:
        """The pause it is in."""
        return self.pauses[-1] if self.state == "onhold" and self.pauses else None

    def paused_days(self, since: date) -> int:
        """How many days it has been paused since a day, counting ended pauses."""
        return sum((each.resumed - each.since).days for each in self.pauses if each.resumed and each.since >= since)


def is_enrolment(resource: Mapping[str, Any] | None) -> bool:
    """Whether a resource is an enrolment in a program."""
    return code_of_enrolment(resource) is not None


def code_of_enrolment(resource: Mapping[str, Any] | None) -> str | None:
    """The program an EpisodeOfCare is an enrolment in; None when it is none."""
    if resource is None or resource.get("resourceType") != "EpisodeOfCare":
        return None
    return next((found for each in resource.get("type", ()) if (found := code_of(each, PROGRAM))), None)


def _parts(each: Mapping[str, Any]) -> dict[str, Any]:
    return {part["url"]: next(part[key] for key in part if key.startswith("value")) for part in each.get("extension", ())}


def _all(episode: Mapping[str, Any], url: str) -> list[dict[str, Any]]:
    return [_parts(each) for each in episode.get("extension", ()) if each.get("url") == url]


def _part(extension_: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    return next((part for part in extension_.get("extension", ()) if part.get("url") == url), {})


def _titled(episode: Mapping[str, Any]) -> Words:
    return next((program_packs.words(each, "text") for each in episode.get("type", ()) if each.get("text")), UNSAID)


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None


def _need(text: object) -> date:
    return date.fromisoformat(str(text)[:10])


def read(episode: Mapping[str, Any]) -> Enrolment:
    """An EpisodeOfCare as an enrolment."""
    phases = _all(episode, PHASE)
    begins = [_need(each["since"]) for each in phases]
    end = _day(episode.get("period", {}).get("end"))
    said = [str(each.get("because", "")) for each in phases[1:]]
    titles = [program_packs.words(_part(each, "title"), "valueString") for each in episode.get("extension", ()) if each.get("url") == PHASE]
    stays = tuple(
        Stay(str(each["code"]), since, until, because, title)
        for each, since, until, because, title in zip(phases, begins, [*begins[1:], end], [*said, ""], titles, strict=False)
    )
    pauses = tuple(
        Pause(_need(each["since"]), _need(each["until"]), _day(each.get("resumed")), str(each.get("reason", "")))
        for each in _all(episode, PAUSED)
    )
    risk, told, closed = (next(iter(_all(episode, url)), {}) for url in (RISK, FEEDBACK, codes.CLOSED_BECAUSE))
    again = next(iter(_all(episode, codes.REOPENED)), {})
    return Enrolment(
        id=str(episode.get("id", "")),
        patient=str(target(episode.get("patient")) or ""),
        program=code_of_enrolment(episode) or "",
        canonical=str(extension(episode, codes.PATHWAY) or ""),
        title=_titled(episode).text or code_of_enrolment(episode) or "",
        state=str(episode.get("status", "")),
        since=_day(episode.get("period", {}).get("start")),
        until=end,
        stays=stays,
        pauses=pauses,
        consent=target(extension(episode, CONSENT)),
        minutes_as=str(extension(episode, MINUTES_AS) or ""),
        risk=str(risk.get("level", "")),
        points=int(risk.get("points", 0)),
        why=closed.get("code"),
        because=closed.get("text"),
        despite=extension(episode, DESPITE),
        rating=told.get("rating"),
        feedback=told.get("words"),
        reopened=again.get("because"),
        titled=_titled(episode),
    )


def phase_part(program: Program, code: str, since: date, because: str = "") -> Resource:
    """A phase as an extension of the episode; `because`: why the one before it took the time it took."""
    parts: list[Resource] = [{"url": "code", "valueCode": code}, {"url": "since", "valueDate": since.isoformat()}]
    if (phase := program.phase(code)) is not None:
        parts.append({"url": "title", "valueString": phase.title.text, **phase.title.beside("valueString")})
    parts += [{"url": "because", "valueString": because}] if because else []
    return {"url": PHASE, "extension": parts}


def with_more(episode: Mapping[str, Any], *extensions: Resource) -> Resource:
    """The episode with these extensions after those it has."""
    return {**episode, "extension": [*episode.get("extension", ()), *extensions]}


def held(view: View, enrolment: str) -> tuple[Resource, Enrolment]:
    """The enrolment with this id and its EpisodeOfCare; in a change, locked. Raises NotFound when it is none."""
    found = view.get("EpisodeOfCare", enrolment.removeprefix("EpisodeOfCare/"))
    if not is_enrolment(found):
        raise NotFound(f"There is no enrollment EpisodeOfCare/{enrolment}.")
    return found, read(found)


def of_patient(view: View, patient: str) -> tuple[Enrolment, ...]:
    """Every enrolment of a patient ("Patient/id"), those under way first, then the newest."""
    found = [read(each) for each in view.find("EpisodeOfCare", patient=patient) if is_enrolment(each)]
    return tuple(sorted(found, key=lambda each: (not each.is_open, -(each.since or date.min).toordinal(), each.id)))


# --- what the door refuses, whoever asks -------------------------------------------------------------------------------------------------


def enrolment_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An enrolment moves as the table says, through the phases of its program, with consent where the program asks for it."""
    was = read(before) if before is not None and is_enrolment(before) else None
    if after is None:
        if was is not None and was.is_open:
            yield error("business-rule", "An open enrollment is not deleted: close it with a reason.", "EpisodeOfCare")
        return
    if not is_enrolment(after):
        if was is not None and was.is_open:
            yield error("business-rule", "An enrollment stays one until it is closed.", "EpisodeOfCare.type")
        return
    now = read(after)
    yield from _moved(was, now)
    if now.is_open:
        yield from _whole(was, now, after, view)
    elif now.state in ("finished", "cancelled") and now.why is None:
        yield error("required", "Say why it is closed.", "EpisodeOfCare.extension(closed-because)")


def _moved(was: Enrolment | None, now: Enrolment) -> Iterator[Issue]:
    before = was.state if was is not None else ""
    if was is not None and (was.program, was.patient) != (now.program, now.patient) and before != "entered-in-error":
        yield error("business-rule", "An enrollment stays that of its patient and program.", "EpisodeOfCare.type")
    if before == now.state:
        return
    legal = sorted({moves[before] for moves in MOVES.values() if before in moves})
    if now.state not in legal:
        said = ", ".join(legal) or "nothing"
        yield error("business-rule", f"An enrollment that is {before or 'new'} becomes {said}.", "EpisodeOfCare.status")
    elif before in ("finished", "cancelled") and now.is_open and not now.reopened:
        yield error("required", "A closed enrollment is opened again only with a reason.", "EpisodeOfCare.extension(reopened)")


def _whole(was: Enrolment | None, now: Enrolment, episode: Mapping[str, Any], view: View) -> Iterator[Issue]:
    if not now.canonical:
        yield error("required", "An enrollment names its program and version.", "EpisodeOfCare.extension(pathway)")
        return
    program = program_of(view, now)
    if program is None:
        yield error("invalid", f"There is no program {now.program}.", "EpisodeOfCare.type")
        return
    if now.minutes_as and now.minutes_as not in program.minutes:
        yield error("code-invalid", "This program's time does not count for that.", "EpisodeOfCare.extension(minutes-as)")
    if now.state == "onhold" and now.pause is None:
        yield error("required", "Say until when it is paused, and why.", "EpisodeOfCare.extension(paused)")
    if now.state not in ("active", "onhold"):
        return
    if not now.stays:
        yield error("required", "An enrollment under way is in a phase.", "EpisodeOfCare.extension(phase)")
    yield from _phases(was, now, program)
    begins = was is None or was.state not in ("active", "onhold")
    if begins and program.consent and reading.maybe(view, now.consent) is None:
        yield error("required", "This program asks for the patient's consent first.", "EpisodeOfCare.extension(program-consent)")


def _phases(was: Enrolment | None, now: Enrolment, program: Program) -> Iterator[Issue]:
    known_before = len(was.stays) if was is not None else 0
    for number, stay in enumerate(now.stays):
        phase = program.phase(stay.phase)
        if phase is None:
            yield error("invalid", f"{program.title.text} has no phase {stay.phase}.", "EpisodeOfCare.extension(phase)")
        elif number >= known_before and number and stay.phase not in following(program, now.stays[number - 1].phase):
            said = ", ".join(following(program, now.stays[number - 1].phase)) or "nothing"
            text = f"After {now.stays[number - 1].phase} comes {said}."
            yield error("business-rule", text, "EpisodeOfCare.extension(phase)")
        if number and stay.since < now.stays[number - 1].since:
            yield error("invalid", "A phase does not begin before the one before it.", "EpisodeOfCare.extension(phase)")


def following(program: Program, phase: str) -> tuple[str, ...]:
    """The phases that may come after one."""
    found = program.phase(phase)
    return found.following if found is not None else ()


def program_of(view: View, enrolment: Enrolment) -> Program | None:
    """The program an enrolment is in, in the version it was entered with; None when there is none."""
    found = program_packs.of_version(view, enrolment.canonical)
    return found if found is not None and found.code == enrolment.program else None


def must_have(view: View, enrolment: Enrolment) -> Program:
    """The same. Raises NotFound when there is none."""
    found = program_of(view, enrolment)
    if found is None:
        raise NotFound(f"There is no program {enrolment.program}.")
    return found


GUARDS = {"EpisodeOfCare": [enrolment_guard]}
