"""Programs: who may enter, offered, entered with consent, from phase to phase, paused, left with a summary, taken up again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from baton.duties import codes, reading
from baton.duties.privacy import consent_terms, consents
from baton.duties.programs import criteria as entry_criteria
from baton.duties.programs import packs as program_packs
from baton.duties.programs import risk as program_risk
from baton.duties.programs import states
from baton.duties.programs.packs import Criterion, Program
from baton.duties.programs.states import Enrolment
from baton.duties.promises import refuse
from baton.duties.reactions import Reaction, wanting
from baton.duties.transitions import episodes
from baton.fhir.resource import Resource, extension
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

HOW = ("verbal", "written")
"""How consent to a program may be given."""
CONSENT_KIND = consent_terms.IN_A_PROGRAM
CONSENT_HOW = f"{states.E}/consent-how"
CONSENT_PROGRAM = f"{states.E}/consent-program"
STARS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether somebody may enter a program: each criterion with whether it holds, and what stands in the way besides."""

    program: Program
    criteria: tuple[tuple[Criterion, bool], ...]
    open: Enrolment | None
    earlier: Enrolment | None
    wait_until: date | None

    @property
    def missing(self) -> tuple[Criterion, ...]:
        """The criteria that do not hold."""
        return tuple(each for each, holds in self.criteria if not holds)

    @property
    def met(self) -> bool:
        """Whether everything holds."""
        return not self.missing and self.wait_until is None and self.open is None


def entry(view: View, *, patient: str, program: str) -> Entry:
    """Whether a patient ("Patient/id") may enter. Raises NotFound for a program or patient that is not there."""
    found, today = program_packs.current(view, program), local_day(view.now, view.zone)
    id_ = patient.partition("/")[2]
    criteria = tuple((each, entry_criteria.holds(view, each, id_, today)) for each in found.entry)
    mine = [each for each in states.of_patient(view, patient) if each.program == program]
    ended = [each for each in mine if each.state in ("finished", "cancelled") and each.until]
    last = max(ended, key=lambda each: each.until or date.min, default=None)
    until = last.until + timedelta(days=found.reenrol_days) if last and last.until and found.reenrol_days else None
    return Entry(found, criteria, next((each for each in mine if each.is_open), None), last, until if until and until > today else None)


def _begin(change: Change, patient: str, program: str, despite: str | None) -> tuple[Program, Resource]:
    """The EpisodeOfCare of a new enrolment, not yet in any state; refused when it may not be."""
    patient = patient if "/" in patient else f"Patient/{patient}"
    change.get(*patient.split("/", 1))
    asked = entry(change, patient=patient, program=program)
    if asked.open is not None:
        raise refuse("The patient is in this program already: go on with that enrollment.", "EpisodeOfCare.type")
    said = (despite or "").strip()
    if not asked.met and not said:
        lacking = [each.text for each in asked.missing] + ([f"again from {asked.wait_until}"] if asked.wait_until else [])
        raise refuse(f"Not everything holds: {', '.join(lacking)}. Say why they enter all the same.", "EpisodeOfCare.extension")
    team, name, care_team = reading.team_of(change, patient)
    today, found = local_day(change.now, change.zone), asked.program
    extensions: list[Resource] = [{"url": codes.PATHWAY, "valueCanonical": found.canonical}]
    extensions += [{"url": states.DESPITE, "valueString": said}] if said and not asked.met else []
    extensions += [{"url": states.MINUTES_AS, "valueCode": found.minutes[0]}] if found.minutes else []
    episode: Resource = {
        "resourceType": "EpisodeOfCare",
        "extension": [*extensions, program_risk.part(change, patient)],
        "type": [{**codes.concept(program_packs.PROGRAM, found.code, found.title.text), **found.title.beside("text")}],
        "patient": {"reference": patient},
        "managingOrganization": codes.reference_to(team, name),
        "period": {"start": today.isoformat()},
        **({"team": [{"reference": care_team}]} if care_team else {}),
    }
    return found, episode


def offer(change: Change, *, patient: str, program: str, despite: str | None = None, waitlist: bool = False) -> Stored:
    """Offer a program, or put on its waiting list: somebody owes an answer. Raises Invalid naming what does not hold."""
    _, episode = _begin(change, patient, program, despite)
    return change.put({**episode, "status": "waitlist" if waitlist else "planned"})


def enrol(
    change: Change,
    *,
    patient: str,
    program: str,
    consent: str | None = None,
    despite: str | None = None,
    since: date | None = None,
) -> Stored:
    """Enter a program: into its first phase, with consent given ("verbal" or "written") where it asks for it.

    An offer that is open becomes the enrolment. Raises Invalid naming what does not hold, Conflict when somebody else was quicker.
    """
    patient = patient if "/" in patient else f"Patient/{patient}"
    waiting = next((each for each in states.of_patient(change, patient) if each.program == program and each.is_open), None)
    if waiting is not None and waiting.state in ("planned", "waitlist"):
        episode, _ = states.held(change, waiting.id)
        found = program_packs.current(change, program)
    else:
        found, episode = _begin(change, patient, program, despite)
    today = local_day(change.now, change.zone)
    day = since or today
    if day > today:
        raise refuse("The day has not come yet.", "EpisodeOfCare.period.start")
    if found.consent:
        given = consented(change, patient, program)
        if given is None and consent is None:
            raise refuse("This program asks for the patient's consent first.", "EpisodeOfCare.extension(program-consent)")
        reference = given or record_consent(change, patient=patient, program=found, how=consent or "", on=day).reference
        episode = codes.with_extension(episode, states.CONSENT, {"url": states.CONSENT, "valueReference": {"reference": reference}})
    episode = codes.with_extension(episode, codes.PATHWAY, {"url": codes.PATHWAY, "valueCanonical": found.canonical})
    episode = states.with_more(episode, states.phase_part(found, found.phases[0].code, day))
    return change.put({**_moved(episode, "active", change), "period": {"start": day.isoformat()}})


def _moved(episode: Resource, state: str, change: Change) -> Resource:
    """The episode in another state, with the one before in its history."""
    if not episode.get("status") or episode["status"] == state:
        return {**episode, "status": state}
    past = {"status": episode["status"], "period": {"end": episodes.instant(change.now)}}
    return {**episode, "status": state, "statusHistory": [*episode.get("statusHistory", ()), past]}


def _held(change: Change, enrolment: str, verb: str) -> tuple[Resource, Enrolment, str]:
    """The enrolment and the state a verb takes it to. Raises Invalid naming what can be done."""
    episode, found = states.held(change, enrolment)
    after = states.MOVES[verb].get(found.state)
    if after is None:
        possible = ", ".join(name for name, moves in states.MOVES.items() if found.state in moves) or "nothing"
        raise refuse(f"That cannot happen now. What can: {possible}.", "EpisodeOfCare.status")
    return episode, found, after


def decline(change: Change, *, enrolment: str, reason: str, words: str = "") -> Stored:
    """They said no, or it is not for them. Raises Invalid for a reason that is none."""
    episode, _, after = _held(change, enrolment, "decline")
    if reason not in states.DECLINED:
        raise refuse("Say why they do not enter.", "EpisodeOfCare.extension(closed-because)")
    return change.put(_ended(episode, after, reason, words, change))


def advance(change: Change, *, enrolment: str, to: str, since: date | None = None, because: str = "") -> Stored:
    """Into the next phase, as of the day of the event (today unless said); `because`: why the one that ends took the time it took.

    A program that watches its clocks asks for it once the phase took longer than it should. Raises Invalid naming what may follow.
    """
    episode, found, _ = _held(change, enrolment, "advance")
    today = local_day(change.now, change.zone)
    day = since or today
    if day > today:
        raise refuse("The day has not come yet.", "EpisodeOfCare.extension(phase)")
    if found.stays and day < found.stays[-1].since:
        raise refuse("A phase does not begin before the one before it.", "EpisodeOfCare.extension(phase)")
    program = states.must_have(change, found)
    phase = program.phase(found.phase)
    if program.clocks and phase is not None and (day - found.stays[-1].since).days > phase.days and not because.strip():
        raise refuse("Say why this phase took longer than it should.", "EpisodeOfCare.extension(phase)")
    return change.put(states.with_more(episode, states.phase_part(program, to, day, because.strip())))


def pause(change: Change, *, enrolment: str, until: date, reason: str) -> Stored:
    """Put the program aside until a day, with a reason; its promises wait too. Raises Invalid when that is too long."""
    episode, found, after = _held(change, enrolment, "pause")
    today = local_day(change.now, change.zone)
    longest = states.must_have(change, found).pause_days
    if not reason.strip():
        raise refuse("Say why it is paused.", "EpisodeOfCare.extension(paused)")
    if not today < until <= today + timedelta(days=longest):
        raise refuse(f"A pause of this program lasts at most so many days: {longest}", "EpisodeOfCare.extension(paused)")
    parts = [
        {"url": "since", "valueDate": today.isoformat()},
        {"url": "until", "valueDate": until.isoformat()},
        {"url": "reason", "valueString": reason.strip()},
    ]
    return change.put(states.with_more(_moved(episode, after, change), {"url": states.PAUSED, "extension": parts}))


def resume(change: Change, *, enrolment: str) -> Stored:
    """Take it up again: what is owed moves by the days it was paused."""
    episode, _, after = _held(change, enrolment, "resume")
    return change.put(_moved(_resumed(episode, change), after, change))


def _resumed(episode: Resource, change: Change) -> Resource:
    today, extensions = local_day(change.now, change.zone).isoformat(), []
    for each in episode.get("extension", ()):
        running = each.get("url") == states.PAUSED and not any(part["url"] == "resumed" for part in each["extension"])
        extensions.append({**each, "extension": [*each["extension"], {"url": "resumed", "valueDate": today}]} if running else each)
    return {**episode, "extension": extensions}


def close(change: Change, *, enrolment: str, reason: str, words: str = "", rating: int | None = None, feedback: str = "") -> Stored:
    """Leave the program, and why; with what the patient says of it. Raises Invalid for a reason the program does not have."""
    episode, found, after = _held(change, enrolment, "close")
    if reason not in states.must_have(change, found).close_reasons:
        raise refuse("Say why the program is left.", "EpisodeOfCare.extension(closed-because)")
    if rating is not None and rating not in STARS:
        raise refuse("The patient's mark is from 1 to 5.", "EpisodeOfCare.extension(feedback)")
    parts: list[Resource] = [{"url": "rating", "valueInteger": rating}] if rating is not None else []
    parts += [{"url": "words", "valueString": feedback.strip()}] if feedback.strip() else []
    said = _resumed(episode, change)
    if parts:
        said = codes.with_extension(said, states.FEEDBACK, {"url": states.FEEDBACK, "extension": parts})
    return change.put(_ended(said, after, reason, words, change))


def _ended(episode: Resource, after: str, reason: str, words: str, change: Change) -> Resource:
    parts: list[Resource] = [{"url": "code", "valueCode": reason}]
    parts += [{"url": "text", "valueString": words.strip()}] if words.strip() else []
    closed = codes.with_extension(_moved(episode, after, change), codes.CLOSED_BECAUSE, {"url": codes.CLOSED_BECAUSE, "extension": parts})
    closed = codes.with_extension(closed, codes.REOPENED)
    today = local_day(change.now, change.zone)
    start = date.fromisoformat(str(episode["period"]["start"])[:10])
    return {**closed, "period": {**episode.get("period", {}), "end": max(today, start).isoformat()}}


def reopen(change: Change, *, enrolment: str, note: str) -> Stored:
    """Take up again what was closed, with a note: the same enrolment with all its history. Raises Invalid without one."""
    episode, _, after = _held(change, enrolment, "reopen")
    if not note.strip():
        raise refuse("Say why it is opened again.", "EpisodeOfCare.extension(reopened)")
    parts = [
        {"url": "because", "valueString": note.strip()},
        {"url": "at", "valueDateTime": episodes.instant(change.now)},
        {"url": "by", "valueReference": codes.reference_to(change.who.person, change.who.name)},
    ]
    again = codes.with_extension(_moved(episode, after, change), codes.CLOSED_BECAUSE)
    again = codes.with_extension(again, codes.REOPENED, {"url": codes.REOPENED, "extension": parts})
    return change.put({**again, "period": {key: value for key, value in episode["period"].items() if key != "end"}})


def count_as(change: Change, *, enrolment: str, family: str) -> Stored:
    """Say which family of codes the time of this enrolment counts for. Raises Invalid for one the program does not have."""
    episode, _ = states.held(change, enrolment)
    return change.put(codes.with_extension(episode, states.MINUTES_AS, {"url": states.MINUTES_AS, "valueCode": family}))


# --- consent -----------------------------------------------------------------------------------------------------------------------------


def record_consent(change: Change, *, patient: str, program: Program, how: str, on: date | None = None) -> Stored:
    """The patient agrees to a program: said, or signed, on a day (now unless said). Raises Invalid when it is not said how."""
    if how not in HOW:
        raise refuse("Say how consent was given.", "Consent.extension(consent-how)")
    given = on.isoformat() if on is not None and on != local_day(change.now, change.zone) else episodes.instant(change.now)
    consent: Resource = {
        "resourceType": "Consent",
        "extension": [{"url": CONSENT_PROGRAM, "valueCode": program.code}, {"url": CONSENT_HOW, "valueCode": how}],
        "status": "active",
        "scope": codes.concept(consent_terms.SCOPE, "treatment"),
        "category": [codes.concept(consent_terms.KIND, CONSENT_KIND, program.title.text)],
        "patient": {"reference": patient},
        "dateTime": given,
        "performer": [{"reference": patient}],
        "policyRule": {"text": f"Taking part in: {program.title.text}"},
        "verification": [{"verified": True, "verifiedWith": {"reference": patient}, "verificationDate": given}],
        "provision": {"type": "permit"},
    }
    return change.put(consent)


def program_consents(view: View, patient: str) -> list[Resource]:
    """Every consent to a program a patient gave, whether it still holds or not."""
    found = view.find("Consent", patient=patient, category=f"{consent_terms.KIND}|{CONSENT_KIND}")
    return [each for each in found if extension(each, CONSENT_PROGRAM)]


def consented(view: View, patient: str, program: str) -> str | None:
    """The "Consent/id" to this program that is in force."""
    for each in program_consents(view, patient):
        if extension(each, CONSENT_PROGRAM) == program and each.get("status") == "active":
            return f"Consent/{each['id']}"
    return None


def withdraw(change: Change, *, enrolment: str, on: date) -> Stored:
    """The patient takes consent back as of a day: time from then on counts for nothing. Raises Invalid when there is none in force."""
    _, found = states.held(change, enrolment)
    if found.consent is None:
        raise refuse("There is no consent to take back.", "EpisodeOfCare.extension(program-consent)")
    return consents.revoke(change, consent=found.consent, on=on, in_writing=False)


def consent_again(change: Change, *, enrolment: str, how: str) -> Stored:
    """The patient agrees anew. Raises Invalid when it is not said how."""
    episode, found = states.held(change, enrolment)
    given = record_consent(change, patient=found.patient, program=program_packs.current(change, found.program), how=how)
    return change.put(
        codes.with_extension(episode, states.CONSENT, {"url": states.CONSENT, "valueReference": {"reference": given.reference}})
    )


def judge_again(change: Change, *, enrolment: str) -> Stored:
    """Work the risk out anew from the chart as it is now."""
    episode, found = states.held(change, enrolment)
    return change.put(codes.with_extension(episode, states.RISK, program_risk.part(change, found.patient)), unless_same=True)


# --- what follows from elsewhere ---------------------------------------------------------------------------------------------------------


def _died(patient: Resource | None) -> bool:
    return patient is not None and bool(patient.get("deceasedDateTime") or patient.get("deceasedBoolean"))


@wanting(_died)
def on_death(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """The patient died: every program is over."""
    if after is None or _died(before):
        return []
    with reading.seeing_all(view):
        found = [view.get("EpisodeOfCare", each.id) for each in states.of_patient(view, f"Patient/{after['id']}") if each.is_open]
        return [_ended(each, states.MOVES["decline"].get(each["status"], "finished"), "died", "", view) for each in found]  # type: ignore[arg-type]


REACTIONS: dict[str, list[Reaction]] = {"Patient": [on_death]}
