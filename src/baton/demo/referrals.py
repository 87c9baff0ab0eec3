"""Referrals of the past month: one in every place a loop can stand in, for each team the ones its people need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from baton.demo.acts import Act, Deed
from baton.demo.plot import Stage
from baton.demo.sayings import vary
from baton.duties.privacy.links import OUTSIDE
from baton.duties.records import documents
from baton.duties.records.documents import Described
from baton.duties.referrals import office_links, referrals
from baton.duties.referrals import states as referral_states
from baton.duties.referrals.answering import Sent
from baton.store import Change

FIRST = 7
"""The first of a team's people with a referral: those before have errands enough."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of whom."""

    what: str
    place: str
    specialty: str | None
    question: str
    reason: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that became of it: business days ago, at which hour, what; why; in how many business days from today the visit is."""

    ago: int
    clock: str
    what: str  # a trigger of the machine, or send, reroute, letter, review, tell; link, by-link
    why: str = ""
    visit: int | None = None


CONSULTS: dict[str, tuple[Asked, ...]] = {
    "hospital-transitions": (
        Asked("Pulmonology consult", "lung-clinic", "pulmonology", "Is home oxygen still needed?", "COPD, home since last week"),
        Asked("Orthopedic follow-up", "bone-joint", "orthopaedics", "May the knee bear full weight?", "Knee replacement"),
        Asked("Kidney follow-up", "kidney-care", "nephrology", "Which diuretic, which dose?", "Creatinine rose in hospital"),
    ),
    "outpatient-coordination": (
        Asked(
            "Cardiology consult", "heart-clinic", "cardiology", "Is the murmur more than it was?", "New murmur, short of breath on stairs"
        ),
        Asked("Nephrology consult", "kidney-care", "nephrology", "Ready for a fistula?", "eGFR 22 and falling"),
        Asked("Endocrinology consult", "endocrine", None, "Insulin pump, yes or no?", "A1c above 9 for a year"),
        Asked("Pulmonology consult", "lung-clinic", "pulmonology", "Asthma or COPD?", "Wheezing, thirty pack-years"),
    ),
    "heart-vascular": (
        Asked("Echocardiogram", "heart-clinic", "cardiology", "Ejection fraction after six months?", "Heart failure, new medicines"),
        Asked("Cardiac rehabilitation", "heart-clinic", None, "Thirty-six sessions", "Stent in spring"),
        Asked("Sleep study", "lung-clinic", "pulmonology", "Is it apnea?", "Atrial fibrillation, tired by day"),
    ),
    "oncology-navigation": (
        Asked("Oncology consult", "bayline-oncology", "oncology", "Treatment after the biopsy", "Biopsy positive"),
        Asked("Counseling", "harbor-behavioral", None, "Somebody to talk to, in the evening", "Cannot sleep since the diagnosis"),
        Asked("Pulmonary function", "lung-clinic", "pulmonology", "Fit for surgery?", "Nodule in the right upper lobe"),
    ),
    "geriatrics": (
        Asked("Memory clinic", "mill-pond", None, "Is it dementia, and may she drive?", "Two missed pans on the stove"),
        Asked("Physical therapy at home", "tidewater", None, "Stairs and bath, safe alone?", "Two falls since August"),
        Asked("Orthopedic consult", "bone-joint", "orthopaedics", "Injection or surgery?", "Hip pain at night"),
    ),
    "case-management": (
        Asked("Counseling", "harbor-behavioral", None, "Somebody to see weekly", "Low since the job was lost"),
        Asked("Diabetes education", "endocrine", None, "How to live with insulin", "New insulin, afraid of needles"),
        Asked("Kidney consult", "kidney-care", "nephrology", "How often to be seen?", "Protein in urine"),
    ),
}

_SENT = Happened(14, "10:20", "send")
_TAKEN = Happened(12, "09:05", "accept")
_BOOKED = Happened(11, "15:30", "schedule", visit=-6)
_SEEN = Happened(6, "16:10", "interim-note", "Seen, letter follows")
_DONE = Happened(4, "11:45", "outcome")
_LETTER = Happened(4, "11:50", "letter")
_REVIEWED = Happened(2, "09:40", "review", "plan-changed")

LIVES: tuple[tuple[str, tuple[Happened, ...]], ...] = (
    ("urgent", (_SENT, _TAKEN, _BOOKED, _SEEN, _DONE, _LETTER)),  # a result to be reviewed
    ("routine", (Happened(9, "11:15", "send"), Happened(3, "09:40", "link"))),  # no answer for nine days, and none by the link
    ("urgent", (Happened(4, "09:50", "send"), Happened(1, "14:05", "decline", "No new patients before spring"))),
    (
        "routine",
        (Happened(6, "10:30", "send"), Happened(6, "10:40", "link"), Happened(4, "13:20", "by-link", "accept")),
    ),  # taken by the office itself, not booked
    ("urgent", (Happened(8, "08:45", "send"), Happened(7, "10:00", "accept"), Happened(6, "16:40", "schedule", visit=3))),
    ("urgent", (_SENT, _TAKEN, Happened(11, "09:30", "schedule", visit=-2), Happened(2, "14:15", "no-show", "The ride did not come"))),
    ("routine", (_SENT, _TAKEN, _BOOKED, _SEEN)),  # seen, and no word since
    ("routine", (_SENT, _TAKEN, _BOOKED, _SEEN, _DONE, _LETTER, _REVIEWED)),  # to be told
    ("urgent", (_SENT, _TAKEN, _BOOKED, _SEEN, _DONE, _LETTER, _REVIEWED, Happened(1, "10:25", "tell", "call"))),  # closed
    ("routine", ()),  # a draft
    (
        "urgent",
        (
            Happened(23, "09:10", "send"),
            Happened(22, "10:00", "accept"),
            Happened(21, "11:30", "schedule", visit=-16),
            Happened(16, "16:00", "interim-note", "Seen, letter follows"),
            Happened(14, "12:00", "outcome"),
            Happened(14, "12:05", "letter"),
            Happened(13, "09:30", "review", "no-change"),
            Happened(12, "10:45", "tell", "message"),
        ),
    ),  # closed within the month
    ("routine", (Happened(23, "10:40", "send"), Happened(21, "09:20", "accept"))),  # a month old, and still not booked
    ("routine", (Happened(5, "12:10", "send"), Happened(4, "09:15", "accept"), Happened(1, "15:10", "request-cancellation", "Moved away"))),
    (
        "stat",
        (Happened(3, "08:20", "send"), Happened(3, "11:05", "decline", "No machine until next week"), Happened(2, "08:40", "reroute")),
    ),
    (
        "routine",
        (
            Happened(10, "11:30", "send"),
            Happened(9, "09:35", "accept"),
            Happened(8, "14:10", "schedule", visit=2),
            Happened(1, "11:20", "appointment-cancelled", "The doctor is ill until next month"),
        ),
    ),
)


def loops(stages: Sequence[Stage]) -> Iterator[Act]:
    """Every team has half of these lives, the outpatient coordinators all of them."""
    team = stages[0].person.team
    place = list(CONSULTS).index(team)
    lives = LIVES if team == "outpatient-coordination" else LIVES[place % 2 :: 2]
    for number, (urgency, happened) in enumerate(lives):
        if FIRST + number < len(stages):
            asked = CONSULTS[team][number % len(CONSULTS[team])]
            yield from lived(stages[FIRST + number], asked, urgency, happened, days_ago=max((each.ago for each in happened), default=2))


def lived(stage: Stage, asked: Asked, urgency: str, happened: Sequence[Happened], *, days_ago: int) -> Iterator[Act]:
    """One referral from its draft, so many business days ago, through all that happened to it."""
    worker, days = stage.worker, stage.days

    def drafted(change: Change) -> None:
        referrals.make(
            change, patient=stage.person.reference, what=asked.what, to=f"Organization/{asked.place}", urgency=urgency,
            specialty=asked.specialty, question=asked.question, reason=asked.reason,
        )  # fmt: skip

    yield Act(days.at(days.business(-days_ago), "08:05"), worker.who, "Referral drafted", drafted)
    links: list[Sent] = []
    for each in happened:
        visit = days.business(each.visit) if each.visit is not None else None
        do = _by_link(stage, asked, each.why, links) if each.what in ("link", "by-link") else _done(stage, asked, each, visit)
        yield Act(days.at(days.business(-each.ago), each.clock), OUTSIDE if each.what == "by-link" else worker.who, "Referral", do)


def _by_link(stage: Stage, asked: Asked, said: str, links: list[Sent]) -> Deed:
    """The office is sent a link; or says something through it."""

    def do(change: Change) -> None:
        task = _task(change, stage.person.reference)
        if task is None:
            return
        if not links:
            links.append(office_links.send(change, task=task, address=f"referrals@{asked.place}.example"))
        if said:
            office_links.looked(change, link=links[0].token, code=links[0].code)
            office_links.answer(change, link=links[0].token, code=links[0].code, by="Front desk", what=said)

    return do


def _done(stage: Stage, asked: Asked, each: Happened, visit: date | None) -> Deed:
    """What one thing that happened changes."""

    def do(change: Change) -> None:
        task = _task(change, stage.person.reference)
        if task is None:  # the patient has left the team meanwhile
            return
        if each.what == "send":
            referrals.send(change, task=task, despite=vary("The rest follows by fax", stage.person.index))
        elif each.what == "reroute":
            referrals.reroute(change, task=task, to="Organization/st-brendans")
        elif each.what == "letter":
            _letter(change, stage, asked, task)
        elif each.what == "review":
            referrals.review(change, task=task, disposition=each.why, note=stage.says("Changes go to the primary care practice."))
        elif each.what == "tell":
            referrals.tell(change, task=task, how=each.why, note=vary("Glad that it has a name now.", stage.person.index))
        else:
            when = stage.days.at(visit, "10:30") if visit else None
            referrals.move(change, task=task, trigger=each.what, reason=stage.says(each.why) or None, when=when)

    return do


def _letter(change: Change, stage: Stage, asked: Asked, task: str) -> None:
    request = str(change.get("Task", task)["focus"]["reference"])
    said = f"{asked.what}: {asked.question} Findings and plan for {stage.person.name}, chart {stage.person.mrn}."
    upload = documents.checked("letter.txt", said.encode())
    described = Described(f"{asked.what}, letter", "11488-4", change.now.astimezone(stage.days.zone).date(), "", "", (request,))
    documents.add(change, patient=stage.person.reference, upload=upload, said=described)


def _task(change: Change, patient: str) -> str | None:
    """The person's medical referral, the last one made; None when it is not the team's to see any more."""
    every = [each for each in change.find("Task", patient=patient) if referral_states.is_referral(each)]
    found = [each for each in every if not str(each.get("owner", {}).get("reference")).startswith("HealthcareService/")]
    newest = max(found, key=lambda task: (task["authoredOn"], "partOf" in task), default=None)
    return str(newest["id"]) if newest else None
