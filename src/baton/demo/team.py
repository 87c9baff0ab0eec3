"""How the town's teams share their work: who looks after whom, who is away and who covers, who waits for a team, who answers at night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from baton.demo import acts
from baton.demo.acts import Act, Deed
from baton.demo.days import Days
from baton.demo.names import LANGUAGES
from baton.demo.places import WORKERS, concept
from baton.demo.plot import Stage, begin_the_town
from baton.duties import codes, reading
from baton.duties.team import absences, handovers, huddle_reading, huddles, intake, mentoring, oncall
from baton.duties.team.handovers import Move
from baton.rules.calendar import is_business_day
from baton.store import Change, Who

LUIS = WORKERS["luis-ortega"].who
ONCALL_TEAM = "outpatient-coordination"
NIGHTS = ("rosa-delgado", "tom-brandt", "andre-walker", "grace-kim", "priya-nair")
CALLS = (
    (
        "her husband",
        "Short of breath when lying flat since supper, no pain. Told to call 911 if it gets worse; slept in the chair, better.",
    ),
    ("", "Ran out of the new water pill, pharmacy closed. One dose missed; will collect it at nine."),
)
Decision = tuple[str, str]
MET: dict[str, tuple[str, int, tuple[str, ...], tuple[Decision, ...], str]] = {
    ONCALL_TEAM: (
        "luis-ortega",
        2,
        ("tom-brandt",),
        (
            ("Practitioner/tom-brandt", "Call the daughter about the stairs"),
            ("Practitioner/tom-brandt", "Ask the ward for the therapist’s view"),
            ("Practitioner/grace-kim", "Go through the inhalers at the next visit"),
        ),
        "Tom: home with help. Ward: a week of nursing first. Asked the daughter; she answers tomorrow.",
    ),
    "heart-vascular": (
        "andre-walker",
        3,
        ("grace-kim",),
        (
            ("Practitioner/andre-walker", "Weigh at home, on the video call"),
            ("Practitioner/elena-petrova", "Which of the two water pills stays?"),
            ("Practitioner/andre-walker", "Tell whoever cooks what was agreed about salt"),
        ),
        "Andre: the clinic this week. Grace: call each morning until Monday. The clinic says on Friday.",
    ),
    "case-management": (
        "priya-nair",
        5,
        ("marcus-bell",),
        (
            ("Practitioner/marcus-bell", "Go along to the housing office"),
            ("Practitioner/priya-nair", "Move the insulin teaching to an evening"),
            ("Practitioner/grace-kim", "Look at the feet with the nurse on Thursday"),
        ),
        "Marcus: the shelter first, then work. Priya: both at once. To be asked what they want themselves.",
    ),
}
"""Who met in a team: who led, how many working days ago, who came too, what was decided for whom, and what was not agreed."""
HUB = Who("Device/baton", "Baton", "system", (), "demo")
NEWCOMERS = {
    "hospital-transitions": ("new-1", "Amadou", "Cissé", "male", "1958-02-11", "en"),
    "outpatient-coordination": ("new-2", "Consuelo", "Vargas", "female", "1949-09-30", "es"),
    "heart-vascular": ("new-3", "Wing-Kee", "Lau", "male", "1944-05-06", "yue"),
    "oncology-navigation": ("new-4", "Margit", "Halvorsen", "female", "1962-12-01", "en"),
    "geriatrics": ("new-5", "Olive", "Pemberton", "female", "1936-03-19", "en"),
    "case-management": ("new-6", "Deepa", "Kulkarni", "female", "1971-07-23", "hi"),
}
"""Who came to town lately, one beside each team: id, names, sex, birth, language."""
DECLINED = {
    "geriatrics": ("case-management", "not-our-work", "Needs somebody who knows nursing homes."),
    "heart-vascular": ("hospital-transitions", "full", ""),
}
"""Whose neighbour was declined by which team, and why."""


def team(stages: Sequence[Stage]) -> Iterator[Act]:
    """What happened in one team."""
    if len(stages) < 8:
        return
    name, days = stages[0].person.team, stages[0].days
    yield from waits(name, days)
    if name in MET and begin_the_town(stages):
        yield from met(name, days)
    if name == "geriatrics":
        yield from away(stages[-6:-1], days, "hannah-fisher", (-2, 7), ("priya-nair", "tom-brandt"), "Family")
    elif name == "oncology-navigation":
        yield from away(stages[-4:-1], days, "mei-lin", (5, 9), ("grace-kim",), "Conference")
    elif name == ONCALL_TEAM:
        yield from nights(days)
        yield from called(stages[-3:-1])
        yield from shared(stages[-5:-3])
        yield from guided(stages[-5:-3])


def away(stages: Sequence[Stage], days: Days, who: str, span: tuple[int, int], covers: Sequence[str], why: str) -> Iterator[Act]:
    """Somebody is away for some business days, and others cover some of their patients; one is kept by whoever covers."""
    first, last = (days.business(each) for each in span)
    moves = [Move(each.person.reference, f"Practitioner/{covers[number % len(covers)]}") for number, each in enumerate(stages)]
    begins = days.at(days.business(min(span[0], -1)), "07:40")

    def lend(change: Change) -> None:
        if absences.of_person(change, f"Practitioner/{who}"):  # a big town asks more than once
            return
        absences.record(change, person=f"Practitioner/{who}", first=max(first, begins.date()), last=last, moves=moves, why=why)

    yield Act(begins, WORKERS[who].who, "Cover for an absence", lend)


def waits(team: str, days: Days) -> Iterator[Act]:
    """New in town: whom no team has taken yet. They wait in Intake, and two teams have said no to two of them already."""
    id_, given, family, gender, born, language = NEWCOMERS[team]
    patient = {
        "resourceType": "Patient", "id": id_, "active": True, "name": [{"use": "official", "family": family, "given": [given]}],
        "gender": gender, "birthDate": born, "telecom": [{"system": "phone", "value": "(401) 555-0177", "use": "mobile"}],
        "communication": [{"language": concept("urn:ietf:bcp:47", language, LANGUAGES[language]), "preferred": True}],
    }  # fmt: skip

    def arrives(change: Change) -> None:
        if reading.peek(change, f"Patient/{id_}") is None:  # a big town asks more than once
            change.put(patient)

    yield Act(days.at(days.business(-1 - len(team) % 4), "16:05"), HUB, "Registered by the health plan", arrives)
    if team == ONCALL_TEAM:
        yield from taken(days)
    if team in DECLINED:
        other, reason, words = DECLINED[team]

        def no(change: Change) -> None:
            intake.decline(change, patient=f"Patient/{id_}", team=f"Organization/{other}", reason=reason, words=words)

        yield Act(days.at(days.today, "07:25"), LUIS, "Not taken from Intake", no)


TAKEN = {
    "resourceType": "Patient", "id": "new-7", "active": True, "name": [{"use": "official", "family": "Marchetti", "given": ["Rosalba"]}],
    "gender": "female", "birthDate": "1952-08-14", "telecom": [{"system": "phone", "value": "(401) 555-0178", "use": "mobile"}],
    "communication": [{"language": concept("urn:ietf:bcp:47", "en", LANGUAGES["en"]), "preferred": True}],
}  # fmt: skip
"""Somebody whom a team took from Intake."""


def taken(days: Days) -> Iterator[Act]:
    """Came from the health plan a week ago; Tom's team took her two days after, with her call."""
    patient = f"Patient/{TAKEN['id']}"

    def arrives(change: Change) -> None:
        if reading.peek(change, patient) is None:  # a big town asks more than once
            change.put(TAKEN)

    def takes(change: Change) -> None:
        if reading.teams_of(change, patient) == [codes.INTAKE]:
            intake.take(change, patient=patient, team=f"Organization/{ONCALL_TEAM}", person="Practitioner/tom-brandt")

    yield Act(days.at(days.business(-7), "15:20"), HUB, "Registered by the health plan", arrives)
    yield Act(days.at(days.business(-5), "09:25"), LUIS, "Taken from Intake", takes)


def shared(stages: Sequence[Stage]) -> Iterator[Act]:
    """Two patients of Tom's are Sam's now, for good."""
    days = stages[0].days
    moves = [Move(each.person.reference, "Practitioner/sam-tolland") for each in stages]
    do: Deed = lambda change: handovers.hand(change, giver="Practitioner/tom-brandt", moves=moves, why="Sam’s first patients")  # noqa: E731
    yield Act(days.at(days.business(-8), "09:15"), LUIS, "Patients handed over", do)


PLANS = (
    "Plan after the first visit: walking, salt, a call each week",
    "Plan for getting to dialysis on time",
)
SIGNED = "Plan for the first week at home"


def guided(stages: Sequence[Stage]) -> Iterator[Act]:
    """Sam’s plans: one was co-signed, two wait for Grace, who sent one of them back and has something to say about the other."""
    sam, grace = WORKERS["sam-tolland"].who, WORKERS["grace-kim"].who
    for number, (stage, title) in enumerate(zip(stages, PLANS, strict=False)):
        plan = {
            "resourceType": "CarePlan", "id": f"{stage.person.id}-first-plan", "status": "active", "intent": "plan", "title": title,
            "subject": {"reference": stage.person.reference}, "author": {"reference": sam.person, "display": sam.name},
        }  # fmt: skip
        write: Deed = lambda change, plan=plan: change.put(plan)  # type: ignore[misc]  # noqa: E731
        yield Act(stage.days.at(stage.days.business(-2 + number), "08:35"), sam, "First plan", write)

    def sent_back(change: Change) -> None:
        asked = codes.derived_id(mentoring.CODE, "CarePlan", f"{stages[0].person.id}-first-plan", "1")
        mentoring.send_back(change, task=asked, words="Who is at home, and who drives? Ask before you plan the walks.")

    def commented(change: Change) -> None:
        words = "Good: it begins with what they want to do themselves. Write who is called when the ride does not come."
        asked = codes.derived_id(mentoring.CODE, "CarePlan", f"{stages[-1].person.id}-first-plan", "1")
        mentoring.comment(change, task=asked, version=1, words=words)

    def signed(change: Change) -> None:
        asked = codes.derived_id(mentoring.CODE, "CarePlan", f"{stages[0].person.id}-week-plan", "1")
        mentoring.sign(change, task=asked, words="Just so. Short enough for the refrigerator.")

    days = stages[0].days
    first = stages[0].person
    plan = {
        "resourceType": "CarePlan", "id": f"{first.id}-week-plan", "status": "completed", "intent": "plan", "title": SIGNED,
        "subject": {"reference": first.reference}, "author": {"reference": sam.person, "display": sam.name},
    }  # fmt: skip
    yield Act(days.at(days.business(-6), "10:25"), sam, "First plan", lambda change: change.put(plan))
    yield Act(days.at(days.business(-5), "09:45"), grace, "Co-signed by a mentor", signed)
    yield from _missed(stages[-1], sam)
    yield Act(days.at(days.business(-1), "15:55"), grace, "Sent back by a mentor", sent_back)
    if len(stages) > 1:
        yield Act(days.at(days.business(-1), "16:35"), grace, "A mentor's word", commented)


def _missed(stage: Stage, sam: Who) -> Iterator[Act]:
    """Something Sam promised and kept a day late: what a mentor talks about."""
    days, what = stage.days, "Ask the pharmacy for blister packs"
    owed = acts.by_hand(stage.person, what, days.business(-4), owner=sam.person)
    yield Act(days.at(days.business(-6), "14:15"), sam, "Promised by hand", owed)
    kept = acts.done(stage.person, "by-hand", "They begin on Monday.", what=what)
    yield Act(days.at(days.business(-3), "09:50"), sam, "Done", kept)


def met(name: str, days: Days) -> Iterator[Act]:
    """A huddle of this team: decisions, one for somebody who was not there, and a disagreement that was kept."""
    leads, ago, others, decided, unsettled = MET[name]
    team, day = f"Organization/{name}", days.business(-ago)

    def running(change: Change) -> huddle_reading.Huddle:
        return next(each for each in huddle_reading.every(change) if each.end is None and each.team == team)

    def begins(change: Change) -> None:
        huddle = huddles.begin(change, team=team)
        huddles.join(change, huddle=huddle, people=[f"Practitioner/{each}" for each in others])

    def talks(change: Change) -> None:
        found = running(change).id
        for number, (point, (owner, what)) in enumerate(zip(huddle_reading.points(change, found), decided, strict=False)):
            huddles.decide(change, huddle=found, patient=point.patient, what=what, owner=owner, due=days.business(2 + number))
            if number == 1:
                huddles.say(change, huddle=found, patient=point.patient, words=unsettled, disagree=True)

    for clock, do in (("12:30", begins), ("12:41", talks), ("12:50", lambda change: huddles.end(change, huddle=running(change).id))):
        yield Act(days.at(day, clock), WORKERS[leads].who, "Huddle", do)


def nights(days: Days) -> Iterator[Act]:
    """Who answers: a clinician at every hour, a coordinator when the teams are away; one night of next week has nobody yet."""
    monday = days.today - timedelta(days=days.today.weekday() + 7)

    def weeks(change: Change) -> None:
        if oncall.shifts(change, days.at(monday, "12:00"), days.at(monday, "12:00")):  # a big town asks more than once
            return
        for week, who in enumerate(("amara-okonkwo", "amara-okonkwo", "grace-kim", "amara-okonkwo")):
            start = days.at(monday + timedelta(days=7 * week), "08:00")
            end = days.at(monday + timedelta(days=7 * week + 7), "08:00")
            oncall.put_on(change, line=oncall.CLINICIAN, person=f"Practitioner/{who}", start=start, end=end)
        for number in range(28):
            day = monday + timedelta(days=number)
            if number == 16 or day.weekday() == 6:
                continue
            ends = days.at(day + timedelta(days=2 if day.weekday() == 5 else 1), "08:00")
            start = days.at(day, "17:00" if is_business_day(day) else "08:00")
            who = NIGHTS[number % len(NIGHTS)]
            oncall.put_on(change, line=oncall.COORDINATOR, person=f"Practitioner/{who}", start=start, end=ends)

    yield Act(days.at(days.business(-12), "15:30"), LUIS, "On call", weeks)


def called(stages: Sequence[Stage]) -> Iterator[Act]:
    """Calls that came after hours, answered by whoever was on call."""
    for number, (stage, (caller, what)) in enumerate(zip(stages, CALLS, strict=False)):
        days = stage.days

        def answer(change: Change, stage: Stage = stage, caller: str = caller, what: str = what) -> None:
            oncall.answered(change, patient=stage.person.reference, what=what, caller=caller)

        yield Act(days.at(days.business(-3 - number), "21:40"), WORKERS["tom-brandt"].who, "Answered after hours", answer)
