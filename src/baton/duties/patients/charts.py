"""The parts of a patient's page: frozen, holding values and codes; the pages put them into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from baton.duties.privacy.consent_terms import Terms
from baton.duties.today.rows import Contact, Difference, Identity, Medicine, Row

if TYPE_CHECKING:
    from baton.duties.contact.safe_contact import SafeContact  # which reads charts itself
    from baton.duties.contact.thread_reading import Thread  # which does too
    from baton.duties.programs.states import Enrolment

State = Literal["happened", "missed", "planned", "owed", "late"]
Party = Literal["hospital", "primary-care", "specialty", "home-health", "pharmacy", "community", "family", "team"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """How to talk to someone: language (BCP 47), interpreter, channel (phone, sms, email, mail, portal), and what a person noted."""

    language: str | None
    interpreter: bool
    channel: str | None
    best_time: str | None
    voicemail_ok: bool | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ScoreNote:
    """One mark on a lane. `what` is a code the desk has words for (inpatient, visit, call-no-answer, a promise), `text` the chart's words.

    `time` is local and set when the hour is known; `until` is the last day of what lasted; `source` is the "Type/id" it was drawn from;
    `leads_to` the source of the planned note that answers this one.
    """

    day: date
    state: State
    what: str
    text: str
    source: str
    time: datetime | None = None
    until: date | None = None
    leads_to: str | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One party's line. `party` is its name as recorded ("Mercy General"), or "" where the kind says it all."""

    party: str
    kind: Party
    notes: tuple[ScoreNote, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Who plays, and when: one line per party over a span of days, both ends included; `beyond` counts what is owed after it."""

    start: date
    end: date
    today: date
    lanes: tuple[Lane, ...]
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal in the patient's words, its target and latest value as text, and how far along (0 to 1) where that can be told."""

    text: str
    target: str | None
    latest: str | None
    progress: float | None
    reference: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """Someone of the care team. `kind` is a code (coordinator, primary-care, family, other); `role` the chart's own words for it, or ""."""

    role: str
    name: str
    contact: str | None
    kind: str = "other"
    reference: str = field(default="", compare=False)  # the care team that names them


@dataclass(frozen=True, slots=True)
class Entry:
    """A problem, medicine, allergy, encounter or coverage: its words, when, its status code, and the resource behind it."""

    text: str
    when: date | None
    status: str | None
    reference: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A word in the page's head. `tone`: late for a danger, wait for a restriction on the record, plain otherwise."""

    text: str
    tone: Literal["late", "wait", "plain"]


@dataclass(frozen=True, slots=True)
class Document:
    """A document on file: whether it was made here, and whether its file is kept here, to be opened."""

    title: str
    when: date | None
    author: str | None
    status: str
    reference: str
    ours: bool = False
    opens: bool = False

    @property
    def id(self) -> str:
        """The id of the DocumentReference."""
        return self.reference.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Note:
    """A note somebody wrote."""

    when: datetime
    by: str
    text: str
    reference: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PatientPage:
    """One patient on one page. `now` is local; `as_known_on` is the past instant the page answers for, None for the present."""

    identity: Identity
    now: datetime
    as_known_on: datetime | None
    preferences: Preferences
    flags: tuple[Flag, ...]
    score: Score
    loops: tuple[Row, ...]
    goals: tuple[Goal, ...]
    team: tuple[Member, ...]
    problems: tuple[Entry, ...]
    medicines: tuple[Medicine, ...]
    allergies: tuple[Entry, ...]
    documents: tuple[Document, ...]
    contacts: tuple[Contact, ...]
    notes: tuple[Note, ...]
    coverage: tuple[Entry, ...]
    encounters: tuple[Entry, ...]
    differences: tuple[Difference, ...]
    episode: str | None = None
    safe: SafeContact | None = None
    consents: tuple[Terms, ...] = ()
    threads: tuple[Thread, ...] = ()
    programs: tuple[Enrolment, ...] = ()
    withheld: bool = False  # something is hidden from who looks, and they may know that it is
