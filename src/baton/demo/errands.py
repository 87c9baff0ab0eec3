"""Promises made by hand, and notes: the work no pathway asks for. Every team has some late, due, coming, waiting, kept and asleep."""

# ruff: noqa: E501 - tables are read by the row

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from baton.demo import acts
from baton.demo.acts import Act
from baton.demo.places import PLACES, feed
from baton.demo.plot import Stage
from baton.demo.sayings import vary

ERRANDS = {  # per team: what is promised, in the order of SLOTS below
    "hospital-transitions": (
        "Sign off the discharge plan with the ward", "Find a home oxygen supplier that delivers by Friday", "Go over the choice of nursing facilities with the family",
        "Ask the ward for the pending culture result", "Bring the walker up to the third floor", "Ask the plan about the hospital bed",
        "Tell the home nurse about the new wound", "Get the old X-rays from St. Brendan’s", "Find out who has the spare key", "Cancel the meals for the days in hospital",
    ),
    "outpatient-coordination": (
        "Chase the cardiology consult note", "Send the referral packet to pulmonology again, page 3 was missing", "Teach-back: inhaler technique",
        "Renew the handicap placard form", "Ask for the flu shot record of the pharmacy", "Find a dentist who takes the plan", "Letter to the school about the asthma",
        "Ask the lab why the sample was lost", "Move the colonoscopy behind the trip", "Ask for the blood pressure cuff in large",
    ),
    "heart-vascular": (
        "Ask about weight and breath, call the clinic if up 3 lb", "Decide with the clinic: appeal the denied cardiac MRI", "Enroll in cardiac rehab",
        "Check that the home scale arrived", "Ask which generic the new pill has", "Bring the pacemaker card up to date", "INR: who checks it over the holidays?",
        "Ask the dentist about the blood thinner", "Send the echo to the surgeon", "Talk about salt with whoever cooks",
    ),
    "oncology-navigation": (
        "Book port, teaching and labs before chemo cycle 1", "Find a wig voucher and a quiet time to talk about it", "Ask for the pathology slides from the first hospital",
        "Arrange a ride for the infusion days", "Ask about the trial at Providence", "Sick note for six weeks", "Mouth rinse: is it paid for?",
        "Tell the school nurse, as the mother wants", "Second opinion: send the pictures", "Ask who sits beside her on the first day",
    ),
    "geriatrics": (
        "Ask the daughter about stove and stairs", "Capacity letter for the notary", "Day program: visit and application",
        "Meals at the Door: first delivery confirmed?", "Hearing aid: where is the left one?", "Ask the priest about Sundays", "Grab bar: measure the bath",
        "Take the sleeping pill up with the doctor", "Who pays the bills since October?", "Night light for the hall",
    ),
    "case-management": (
        "Recertify Medicaid before it lapses", "Housing letter to the landlord", "Food insecurity screening, one need found",
        "Glucose strips: prior authorization", "Birth certificate for the benefit office", "Bus pass: send the form again", "Ask for the interpreter at the hearing",
        "Call the shelter about the bed by the door", "Winter coat for the boy", "Find out why the card was stopped",
    ),
}  # fmt: skip
# when it was promised and when it is due (business days from today), and what became of it
SLOTS = (
    (-5, -1, "open"), (-4, 0, "mine"), (-3, 0, "open"), (-2, 0, "mine"), (-3, 1, "mine"), (-2, 2, "open"), (-2, 4, "open"), (-1, 9, "mine"),
    (-6, 3, "waiting"), (-4, 2, "waiting"), (-3, 6, "waiting"), (-5, -1, "kept"), (-8, -3, "kept"), (-3, 5, "asleep"),
    (-4, 1, "overnight"), (-3, 2, "overnight"), (-2, 3, "overnight"),
)  # fmt: skip
THEIRS = (
    "Bayline Oncology, front desk", "St. Brendan’s, medical records", "Seaboard Health Plan, prior authorization", "Alder Street Pharmacy", "The landlord",
    "Rhode Island Medicaid, eligibility", "Larkhaven General, case management", "The daughter", "Bay Riders, dispatch", "Coastal Lung Clinic, nurse line", "Housing court, clerk",
)  # fmt: skip
NOTES = (
    "Prefers to be called by her first name. Hearing is better on the left.",
    "Son drives on Thursdays and Saturdays only.",
    "Afraid of needles; ask for the nurse she knows.",
    "Keeps the medicine list on the refrigerator.",
    "Reads better than he hears: send a letter after the call.",
    "Does not open the door to strangers; the agency must say our name.",
    "Up since four; calls before seven are welcome.",
    "Two cats under the bed: shoes on, please.",
    "Was a nurse herself. Wants the numbers, not the comfort.",
    "Says yes to everything. Ask him to say it back.",
    "Telephone is the neighbor’s: no names, no reasons.",
    "Signs with a cross; the granddaughter reads to her.",
    "Talks first about the boat, then about the heart.",
    "Fasts in Ramadan: plan the pills with him.",
    "Keeps every paper in a shoe box; bring it to the visit.",
    "Cannot use the stairs at the front: side door, ring long.",
    "Her sister died at Larkhaven General; will go to St. Brendan’s.",
    "Counts in Portuguese when it hurts.",
    "The nephew means well and answers for her. Ask to speak alone.",
    "Pays in cash and wants a receipt.",
)


def errands(stages: Sequence[Stage]) -> Iterator[Act]:
    """The errands of one team, each for somebody else as long as there are enough people; nobody gets the same one twice."""
    given: set[tuple[str, str]] = set()
    for number, slot in enumerate(SLOTS if stages else ()):
        stage = stages[number % len(stages)]
        choice = ERRANDS[stage.person.team]
        what = next((each for each in choice[number % len(choice) :] + choice if (stage.person.id, each) not in given), None)
        if what is not None:
            given.add((stage.person.id, what))
            yield from _errand(stage, number, what, slot)


def _errand(stage: Stage, number: int, what: str, slot: tuple[int, int, str]) -> Iterator[Act]:
    made, due, fate = slot
    days, person, worker = stage.days, stage.person, stage.worker
    owner = f"Practitioner/{worker.id}" if fate in ("mine", "kept") else f"Organization/{person.team}"
    begun = days.at(days.business(made), f"{8 + number % 8:02d}:{(number * 7) % 60:02d}")
    day = days.business(due) if due else days.today
    waiting_on = THEIRS[(number + stage.turn) % len(THEIRS)] if fate == "waiting" else None
    yield Act(begun, worker.who, "Promised by hand", acts.by_hand(person, what, max(day, begun.date()), owner=owner, on=waiting_on))
    if fate == "kept":
        yield Act(
            days.at(days.business(-1), "15:20"),
            worker.who,
            "Done",
            acts.done(person, "by-hand", vary("Done, they know.", number + stage.turn), what=what),
        )
    elif fate == "asleep":
        asleep = acts.snooze(person, what, days.business(3), stage.says("Away at her sister’s until then"))
        yield Act(begun + timedelta(hours=2), worker.who, "Put to sleep", asleep)
    elif fate == "overnight":
        answered = acts.done(person, "by-hand", what=what)
        yield Act(days.at(days.today, "00:09"), feed(PLACES["larkhaven-general"]), "Answered overnight", answered)


def notes(stages: Sequence[Stage]) -> Iterator[Act]:
    """A note on every fifth chart."""
    for number, stage in enumerate(stages):
        if number % 5 == 0:
            when = stage.days.at(stage.days.business(-1 - number % 11), f"{9 + number % 7:02d}:{number % 60:02d}")
            yield Act(when, stage.worker.who, "Note", acts.note(stage.person, NOTES[(number // 5 + 3 * stage.turn) % len(NOTES)]))
