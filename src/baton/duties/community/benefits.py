"""Benefits: applications through their states, the papers they take (collected once, used by all), and what comes first.

An application is a `Task`; its life is a table (`rules/data/application.json`) that a raw write obeys too. What is owed in each state is in
`benefit_promises`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from baton.duties import codes, reading
from baton.duties.community import community, needs
from baton.duties.community.proofs import PROOF, Proof, first_bill, papers
from baton.duties.promises import refuse, with_note
from baton.duties.transitions import episodes
from baton.fhir.outcome import Issue, error
from baton.fhir.resource import Resource, code_of, extension, has_code, human_name, target
from baton.rules import benefits as rules
from baton.rules.calendar import local_day
from baton.rules.tables import table
from baton.store import NotFound

if TYPE_CHECKING:
    from baton.store import Change, Stored, View

APPLICATION: Final = "benefit-application"
BENEFIT: Final = f"{codes.P}/CodeSystem/benefit"
STATE: Final = f"{codes.P}/CodeSystem/application-state"
RUNS: Final = f"{codes.P}/StructureDefinition/benefit-runs-until"
SINCE: Final = f"{codes.P}/StructureDefinition/application-state-since"
ASKED_BY: Final = f"{codes.P}/StructureDefinition/application-answer-by"
FIRST_BILL: Final = f"{codes.P}/StructureDefinition/first-bill"
ARRIVING: Final = frozenset({"load", "demo"})


@dataclass(frozen=True, slots=True)
class Application:
    """One application: program, state, since when, what it asks for and has, its dates, and the moves that are legal now."""

    id: str
    patient: str
    patient_name: str
    program: str
    name: str
    state: str
    since: date
    deadline: date | None
    answer_by: date | None
    runs_until: date | None
    reason: str | None
    wanted: tuple[str, ...]
    missing: tuple[str, ...]
    handed_in: tuple[str, ...]
    moves: tuple[rules.Move, ...]

    @property
    def open(self) -> bool:
        """Whether something is still owed about it."""
        return bool(self.moves)


# --- applications ----------------------------------------------------------------------------------------------------------------------


def is_application(task: Mapping[str, Any] | None) -> bool:
    """Whether a Task is an application for a benefit."""
    return task is not None and task.get("resourceType") == "Task" and has_code(task.get("code"), needs.COMMUNITY, APPLICATION)


def state(task: Mapping[str, Any]) -> str:
    """Where it stands."""
    return str(code_of(task.get("businessStatus"), STATE))


def program(task: Mapping[str, Any]) -> str:
    """The program it is for."""
    return str(code_of(task.get("reasonCode"), BENEFIT))


def held(view: View, task: str) -> Resource:
    """The application with this id; in a change, locked. Raises NotFound when it is none."""
    found = view.get("Task", task.removeprefix("Task/"))
    if not is_application(found):
        raise NotFound(f"There is no application Task/{found['id']}.")
    return found


def begin(change: Change, *, patient: str, program: str) -> Stored:
    """Begin an application: papers are gathered. One at a time for each program. Raises Invalid."""
    patient = patient if "/" in patient else f"Patient/{patient}"
    person = change.get(*patient.split("/", 1))
    today = local_day(change.now, change.zone)
    row = rules.program(program, today)
    if row is None:
        raise refuse("There is no such program.", "Task.reasonCode")
    if any(_program_of(each) == program and rules.from_state(state(each)) for each in _of_patient(change, patient)):
        raise refuse("An application for this is under way already.", "Task.reasonCode")
    bill = first_bill(change, patient)
    last = rules.deadline(row, bill)
    if row.values["deadline"] is not None and last is None:
        raise refuse("There is no hospital bill on file that it could be about. Add the first bill, with its day.", "Task.input")
    team, name, _ = reading.team_of(change, patient)
    now = episodes.instant(change.now)
    extensions: list[Resource] = [{"url": SINCE, "valueDate": today.isoformat()}]
    extensions += [{"url": FIRST_BILL, "valueDate": bill.isoformat()}] if last and bill else []
    task: Resource = {
        "resourceType": "Task",
        "extension": extensions,
        "status": rules.states()[rules.START].status,
        "businessStatus": codes.concept(STATE, rules.START),
        "intent": "order",
        "code": codes.concept(needs.COMMUNITY, APPLICATION),
        "reasonCode": codes.concept(BENEFIT, program),
        "description": str(row.values["name"]),
        "for": codes.reference_to(patient, human_name(person) or None),
        "authoredOn": now,
        "lastModified": now,
        "requester": codes.reference_to(change.who.person, change.who.name),
        "owner": codes.reference_to(team, name),
        **({"restriction": {"period": {"end": last.isoformat()}}} if last else {}),
    }
    return change.put(task)


_program_of = program


def move(
    change: Change, *, task: str, trigger: str, reason: str | None = None, day: date | None = None, despite: str | None = None
) -> Stored:
    """One step on: submit, ask-more, answer, approve, deny, appeal, accept-denial, refuse-appeal, renew, end, withdraw. Raises Invalid.

    `day`: by when an answer is asked for, or until when what was approved runs. What is incomplete is sent only with `despite`.
    """
    before = held(change, task)
    way = next((each for each in rules.from_state(state(before)) if each.trigger == trigger), None)
    if way is None:
        possible = ", ".join(each.trigger for each in rules.from_state(state(before))) or "nothing: it has ended"
        raise refuse(f"That cannot happen now. What can: {possible}.", "Task.businessStatus")
    today = local_day(change.now, change.zone)
    if "reason" in way.asks and not (reason and reason.strip()):
        raise refuse("Say why.", "Task.statusReason")
    if "day" in way.asks and (day is None or day < today):
        raise refuse("Say by which day, today or later.", "Task.extension")
    after = {key: value for key, value in before.items() if key not in ("statusReason",)}
    after = {**after, "status": rules.states()[way.end].status, "businessStatus": codes.concept(STATE, way.end)}
    after = codes.with_extension(after, SINCE, {"url": SINCE, "valueDate": today.isoformat()})
    after = codes.with_extension(after, ASKED_BY, *([{"url": ASKED_BY, "valueDate": day.isoformat()}] if "day" in way.asks and day else []))
    if reason and reason.strip():
        after["statusReason"] = {"text": reason.strip()}
    if "documents" in way.asks or trigger == "answer":
        after = _handed_in(change, after, despite if "documents" in way.asks else "what was asked for")
    if way.end == "approved":
        after = _runs(after, day, today)
    stored = change.put({**after, "lastModified": episodes.instant(change.now)})
    if way.who == "theirs":
        community.tell_news(change, str(target(after.get("for"))))
    return stored


def _handed_in(change: Change, task: Resource, despite: str | None) -> Resource:
    """The application with the papers that went along; what is missing only with a reason."""
    patient = str(target(task.get("for")))
    known = {each.code: each for each in reversed(papers(change, patient)) if each.recent}
    wanted = wanted_by(program(task), local_day(change.now, change.zone))
    missing = [each for each in wanted if each not in known]
    if missing and not (despite and despite.strip()):
        raise refuse(f"Not complete: {', '.join(missing)} missing. Add it, or say why it is sent without.", "Task.input")
    if missing and despite:
        task = with_note(change, task, f"Sent without {', '.join(missing)}: {despite.strip()}")
    inputs = [
        {"type": codes.concept(PROOF, code), "valueReference": {"reference": f"DocumentReference/{known[code].document}"}}
        for code in wanted
        if code in known
    ]
    return {**{key: value for key, value in task.items() if key != "input"}, **({"input": inputs} if inputs else {})}


def _runs(task: Resource, until: date | None, today: date) -> Resource:
    row = rules.program(program(task), today)
    day = until if until is not None and until > today else rules.renewal(today, row) if row else today + timedelta(days=365)
    return codes.with_extension(task, RUNS, {"url": RUNS, "valueDate": day.isoformat()})


def wanted_by(code: str, on: date) -> tuple[str, ...]:
    """The papers a program asks for."""
    row = rules.program(code, on)
    return tuple(row.values["documents"]) if row else ()


def _of_patient(view: View, patient: str) -> list[Resource]:
    return view.find("Task", patient=patient, code=f"{needs.COMMUNITY}|{APPLICATION}")


def of_patient(view: View, patient: str) -> tuple[Application, ...]:
    """The applications of a patient ("Patient/id"): what is open first, then the newest."""
    known = papers(view, patient)
    found = [read(view, each, known) for each in _of_patient(view, patient)]
    return tuple(sorted(found, key=lambda each: (not each.open, -each.since.toordinal(), each.program)))


def everybody(view: View, *, limit: int = 500) -> tuple[Application, ...]:
    """The applications of all patients one may see, by the day of their state; papers are not looked at."""
    found = view.find("Task", code=f"{needs.COMMUNITY}|{APPLICATION}", _sort="-authored-on", _count=limit)
    return tuple(read(view, each, ()) for each in found)


def read(view: View, task: Resource, known: Iterable[Proof]) -> Application:
    """An application as pages show it."""
    today = local_day(view.now, view.zone)
    have = {each.code for each in known if each.recent}
    wanted, now = wanted_by(program(task), today), state(task)
    handed = tuple(code for each in task.get("input", ()) if (code := code_of(each.get("type"), PROOF)))
    return Application(
        id=str(task["id"]),
        patient=str(target(task.get("for"))).partition("/")[2],
        patient_name=str(task.get("for", {}).get("display") or ""),
        program=program(task),
        name=rules.names().get(program(task), program(task)),
        state=now,
        since=day_of(task, SINCE) or today,
        deadline=_date(task.get("restriction", {}).get("period", {}).get("end")),
        answer_by=day_of(task, ASKED_BY),
        runs_until=day_of(task, RUNS),
        reason=task.get("statusReason", {}).get("text"),
        wanted=wanted,
        missing=tuple(each for each in wanted if each not in have) if now in (rules.START, "more-asked", "approved") else (),
        handed_in=handed,
        moves=rules.from_state(now),
    )


def day_of(task: Mapping[str, Any], url: str) -> date | None:
    """A day an application carries."""
    return _date(extension(task, url))


def _date(text: object) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None


# --- what the door refuses, whoever asks -----------------------------------------------------------------------------------------------


def application_guard(before: Resource | None, after: Resource | None, view: View) -> Iterator[Issue]:
    """An application moves only as its table says, keeps what it needs, and is not made to disappear."""
    if is_application(before) and before is not None and not is_application(after):
        if rules.from_state(state(before)):
            yield error("business-rule", "An open application is neither deleted nor turned into something else: withdraw it.", "Task")
        return
    if after is None or not is_application(after) or after.get("status") == "entered-in-error":
        return
    now = rules.states().get(state(after))
    if now is None:
        yield error("code-invalid", f"An application is one of {', '.join(rules.states())}.", "Task.businessStatus")
        return
    yield from _lacking(after, now)
    was = state(before) if before is not None and is_application(before) else None
    if was is None:
        if now.name != rules.START and view.who.entrance not in ARRIVING:
            yield error("business-rule", f"An application begins as {rules.START}, not as {now.name}.", "Task.businessStatus")
    elif was != now.name and rules.find(was, now.name) is None:
        legal = "; ".join(f"{move.end} ({move.trigger}, {move.code})" for move in rules.from_state(was)) or "nothing: it has ended"
        text = f"An application does not go from {was} to {now.name}; from there it goes to: {legal}."
        yield error("business-rule", text, "Task.businessStatus")
    if before is not None and is_application(before) and program(before) != program(after):
        yield error("business-rule", "An application stays for the program it was begun for.", "Task.reasonCode")


def _lacking(task: Resource, now: rules.State) -> Iterator[Issue]:
    if task.get("status") != now.status:
        yield error("business-rule", f"An application that is {now.name} has the status {now.status}.", "Task.status")
    if program(task) not in rules.names():
        yield error("code-invalid", f"A program is one of {', '.join(rules.names())}.", "Task.reasonCode")
    if not str(target(task.get("for")) or "").startswith("Patient/"):
        yield error("required", "An application is for a patient.", "Task.for")
    if not day_of(task, SINCE):
        yield error("required", "An application says since when it is in its state.", f"Task.extension('{SINCE}')")
    asks = {each for row in table(rules.MACHINE).rows if row.values.get("to") == now.name for each in row.values["asks"]}
    if "reason" in asks and not task.get("statusReason", {}).get("text"):
        yield error("required", f"An application that is {now.name} says why.", "Task.statusReason.text")
    if "day" in asks and not day_of(task, ASKED_BY):
        yield error("required", "Say by which day they ask for an answer.", f"Task.extension('{ASKED_BY}')")


GUARDS = {"Task": [application_guard]}
