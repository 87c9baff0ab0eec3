"""Goals of the patient's own: in their words, with how confident they are; asked about on each call until they are reached or let go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, owed, reading, trace, working_days
from baton.duties.promises import refuse
from baton.duties.reactions import Reaction, wanting
from baton.duties.trace import Fact
from baton.duties.transitions import episodes, upkeep
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, has_code, target
from baton.rules import support
from baton.rules.calendar import local_day

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

KIND: Final = f"{codes.P}/CodeSystem/goal-kind"
OWN: Final = "self-management"
ASKED: Final = f"{codes.P}/StructureDefinition/goal-asked"
ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
CODE: Final = "goal-progress"
PROGRESS: Final[Mapping[str, tuple[str, str]]] = {
    "set": ("active", "in-progress"),
    "better": ("active", "improving"),
    "same": ("active", "no-change"),
    "worse": ("active", "worsening"),
    "not-tried": ("active", "not-attainable"),
    "reached": ("completed", "achieved"),
    "let-go": ("cancelled", "not-achieved"),
}
"""How it goes → lifecycle of the Goal, its achievement."""
ENDED: Final = frozenset({"completed", "cancelled", "rejected", "entered-in-error"})
LONGEST: Final = 500
OUTSIDE: Final = ("Patient/", "RelatedPerson/")


@dataclass(frozen=True, slots=True)
class Asked:
    """One time the goal was spoken about: how it goes, how confident they are, what was said, what would help.

    `reported`: they wrote it themselves, in the portal; nobody has spoken with them about it.
    """

    at: datetime
    by: str
    progress: str
    confidence: int
    words: str
    helps: str
    reported: bool = False


@dataclass(frozen=True, slots=True)
class ToAsk:
    """A goal the next call asks about: their words for it, and what they reported of it since somebody last spoke with them."""

    words: str
    reports: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal as a page shows it. `asked` begins with the day it was set; `due` is when it is asked about next."""

    id: str
    version: int
    patient: str
    words: str
    said_by: str
    status: str
    by_when: date | None
    asked: tuple[Asked, ...]
    due: datetime | None

    @property
    def open(self) -> bool:
        """Whether it is still pursued."""
        return self.status not in ENDED

    @property
    def confidence(self) -> int | None:
        """How confident they are now."""
        return self.asked[-1].confidence if self.asked else None


# --- setting and asking -------------------------------------------------------------------------------------------------------------------


def set_goal(
    change: Change,
    *,
    patient: str,
    words: str,
    confidence: int,
    helps: str = "",
    by_when: date | None = None,
    said_by: str | None = None,
) -> Stored:
    """A goal in the patient's own words, and how confident they are from 0 to 10. Not confident: what would help. Raises Invalid."""
    reference = patient if "/" in patient else f"Patient/{patient}"
    change.get(*reference.split("/", 1))
    words = words.strip()
    if not words or len(words) > LONGEST:
        raise refuse("Say the goal in the patient's own words.", "Goal.description")
    if by_when is not None and by_when < local_day(change.now, change.zone):
        raise refuse("The day has passed already.", "Goal.target.dueDate")
    whom = said_by or reference
    goal: Resource = {
        "resourceType": "Goal",
        "category": [codes.concept(KIND, OWN)],
        "description": {"text": words},
        "subject": {"reference": reference},
        "startDate": local_day(change.now, change.zone).isoformat(),
        "expressedBy": codes.reference_to(whom, reading.name_of(change, whom)),
        **({"target": [{"dueDate": by_when.isoformat()}]} if by_when else {}),
    }
    return change.put(_asked(change, goal, "set", confidence, "", helps))


def ask(change: Change, *, goal: str, progress: str, confidence: int, words: str = "", helps: str = "") -> Stored:
    """How the goal goes, asked on a call: better, same, worse, not-tried, reached or let-go. Raises Invalid."""
    found = change.get("Goal", goal.removeprefix("Goal/"))
    if not is_own(found):
        raise refuse("This is no goal of the patient's own.", "Goal.category")
    if found["lifecycleStatus"] in ENDED:
        raise refuse("The goal is over already.", "Goal.lifecycleStatus")
    if progress not in PROGRESS or progress == "set":
        raise refuse("Say how it goes.", "Goal.achievementStatus")
    return change.put(_asked(change, found, progress, confidence, words, helps))


def _asked(change: Change, goal: Resource, progress: str, confidence: int, words: str, helps: str) -> Resource:
    if not 0 <= confidence <= support.MOST:
        raise refuse("Confidence goes from 0 to 10.", "Goal.extension")
    if lacks_help(progress, confidence, helps, local_day(change.now, change.zone)):
        raise refuse("Below 7 of 10, ask what would help, and write it down.", "Goal.extension")
    status, achievement = PROGRESS[progress]
    parts = [
        {"url": "at", "valueInstant": episodes.instant(change.now)},
        {"url": "by", "valueReference": codes.reference_to(change.who.person, change.who.name)},
        {"url": "progress", "valueCode": progress},
        {"url": "confidence", "valueInteger": confidence},
    ]
    parts += [{"url": name, "valueString": text.strip()} for name, text in (("words", words), ("helps", helps)) if text.strip()]
    return {
        **goal,
        "extension": [*goal.get("extension", ()), {"url": ASKED, "extension": parts}],
        "lifecycleStatus": status,
        "achievementStatus": codes.concept(ACHIEVEMENT, achievement),
        "statusDate": local_day(change.now, change.zone).isoformat(),
    }


def lacks_help(progress: str, confidence: int, helps: str, day: date) -> bool:
    """Whether somebody who is not confident was not asked what would help."""
    return PROGRESS[progress][0] == "active" and not support.confident(confidence, day) and not helps.strip()


# --- reading ------------------------------------------------------------------------------------------------------------------------------


def is_own(goal: Mapping[str, Any] | None) -> bool:
    """Whether a Goal is one of the patient's own."""
    return goal is not None and any(has_code(each, KIND, OWN) for each in goal.get("category", ()))


def read(view: View, goal: Resource, task: Resource | None = None) -> Goal:
    """A goal as a page shows it; `task` is the promise to ask about it."""
    told = trace.of(task) if task is not None and codes.is_open(task) else None
    day = next((each.get("dueDate") for each in goal.get("target", ()) if each.get("dueDate")), None)
    return Goal(
        id=str(goal["id"]),
        version=int(goal.get("meta", {}).get("versionId", 0)),
        patient=str(target(goal.get("subject"))).partition("/")[2],
        words=str(goal.get("description", {}).get("text") or ""),
        said_by=str((goal.get("expressedBy") or {}).get("display") or ""),
        status=str(goal.get("lifecycleStatus")),
        by_when=date.fromisoformat(day) if day else None,
        asked=tuple(_times(view, goal)),
        due=told.due.astimezone(view.zone) if told else None,
    )


def _times(view: View, goal: Resource) -> Iterator[Asked]:
    for each in goal.get("extension", ()):
        if each.get("url") != ASKED:
            continue
        one = {part["url"]: next(value for key, value in part.items() if key.startswith("value")) for part in each["extension"]}
        at = reading.moment(one.get("at"), view.zone) or view.now
        by, own = str(one.get("by", {}).get("display") or ""), str(target(one.get("by")) or "").startswith(OUTSIDE)
        yield Asked(at, by, one.get("progress", ""), int(one.get("confidence", 0)), one.get("words", ""), one.get("helps", ""), own)


def of_patient(view: View, *, patient: str) -> tuple[Goal, ...]:
    """The patient's own goals: those pursued first, the newest first."""
    reference = patient if "/" in patient else f"Patient/{patient}"
    found = [each for each in view.find("Goal", patient=reference) if is_own(each) and each.get("lifecycleStatus") != "entered-in-error"]
    owed_ = {target(each.get("focus")): each for each in view.find("Task", patient=reference, code=f"{codes.PROMISE}|{CODE}")}
    known = (read(view, each, owed_.get(f"Goal/{each['id']}")) for each in found)
    return tuple(sorted(known, key=lambda each: (each.open, each.asked[0].at if each.asked else view.now), reverse=True))


def to_ask(view: View, goals: Iterable[Resource]) -> tuple[ToAsk, ...]:
    """What the next call asks about: every goal that is pursued, in their words, with what they wrote of it since the last talk."""
    mine = [each for each in goals if is_own(each) and each.get("lifecycleStatus") not in ENDED]
    return tuple(ToAsk(str(each["description"]["text"]), _reports(tuple(_times(view, each)))) for each in mine)


def _reports(times: tuple[Asked, ...]) -> tuple[Asked, ...]:
    spoken = max((place for place, each in enumerate(times) if not each.reported), default=-1)
    return times[spoken + 1 :]


# --- what follows -------------------------------------------------------------------------------------------------------------------------


@wanting(is_own)
def on_goal(before: Resource | None, after: Resource | None, view: View) -> list[Resource]:
    """A goal that is pursued is asked about by a day, again and again; one that is over is not."""
    if after is None or not is_own(after):
        return []
    with reading.seeing_all(view):
        return list(_promised(view, after))


def _promised(view: View, goal: Resource) -> Iterator[Resource]:
    reference = f"Goal/{goal['id']}"
    id_ = codes.derived_id(CODE, reference)
    before = reading.maybe(view, f"Task/{id_}")
    if goal.get("lifecycleStatus") in ENDED:
        if before is not None and codes.is_open(before):
            kept = upkeep.Kept("completed", "kept", view.now, reference)
            yield {**upkeep.closed(before, kept, view.now), "lastModified": episodes.instant(view.now)}
        return
    times = tuple(_times(view, goal))
    told = trace.of(before) if before is not None else None
    if before is not None and codes.is_open(before) and told is not None and told.fact("attempts") == len(times):
        return
    patient = str(target(goal.get("subject")))
    team, name, _ = reading.team_of(view, patient)
    day = local_day(view.now, view.zone)
    sure = not times or support.confident(times[-1].confidence, day)
    answer = support.due(CODE if sure else f"{CODE}-unsure", day, working_days.calendar(view, team))
    facts = (Fact("goal", str(goal.get("description", {}).get("text") or "-"), reference), Fact("attempts", len(times)))
    explained = owed.told(view, plan=owed.SUPPORT, step=CODE, answer=answer, facts=facts)
    if before is not None and codes.is_open(before) and told is not None and times[-1].reported and told.due <= explained.due:
        kept_facts = tuple(Fact("attempts", len(times)) if each.name == "attempts" else each for each in told.facts)
        explained = replace(told, facts=kept_facts)  # what they write puts off no talk
    if before is None:
        yield owed.promise(view, explained, id_=id_, patient=patient, focus=reference, owner=(team, name))
        return
    again = before if codes.is_open(before) else upkeep.reopened(before, "owed-again", view.now)
    moved = {**again, "status": "requested", "restriction": {"period": {"end": explained.due.isoformat()}}}
    yield reading.rehomed(view, trace.put({**moved, "lastModified": episodes.instant(view.now)}, explained))


def goal_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """A goal stays in the words it was said in, keeps what was said about it, and asks what would help whoever is not confident."""
    if is_own(before) and (after is None or not is_own(after)):
        yield error("business-rule", "A goal is reached or let go, not deleted.", "Goal")
        return
    if view.who.person.startswith(OUTSIDE) and (before is None or not is_own(before) or after is None):
        yield error("forbidden", "A goal is set together with those who care for the patient.", "Goal")
    if after is None or not is_own(after):
        return
    if before is not None and before.get("description") != after.get("description"):
        yield error("business-rule", "The patient's words stay as they were said: set another goal.", "Goal.description")
    had, has = ([each for each in (goal or {}).get("extension", ()) if each.get("url") == ASKED] for goal in (before, after))
    if has[: len(had)] != had:
        yield error("business-rule", "What was said about a goal stays on record.", f"Goal.extension('{ASKED}')")
    for one in _times(view, {"extension": has[len(had) :]}):
        if one.progress not in PROGRESS or not 0 <= one.confidence <= support.MOST:
            yield error("value", "Confidence goes from 0 to 10.", f"Goal.extension('{ASKED}')")
        elif view.who.person.startswith(OUTSIDE) and not one.reported:
            yield error("forbidden", "Nobody says how it goes in somebody else's name.", f"Goal.extension('{ASKED}')")
        elif lacks_help(one.progress, one.confidence, one.helps, local_day(view.now, view.zone)):
            yield error("business-rule", "Below 7 of 10, ask what would help, and write it down.", f"Goal.extension('{ASKED}')")


def task_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """The promise to ask is kept by asking, not by a tick."""
    if codes.promise_code(after) != CODE or after is None or after.get("status") != "completed" or not codes.is_open(before):
        return
    goal = reading.maybe(view, target(after.get("focus")))
    if goal is not None and goal.get("lifecycleStatus") not in ENDED:
        yield error("business-rule", "Say how the goal goes: it is still pursued.", "Task.status")


REACTIONS: dict[str, list[Reaction]] = {"Goal": [on_goal]}
GUARDS = {"Goal": [goal_guard], "Task": [task_guard]}
