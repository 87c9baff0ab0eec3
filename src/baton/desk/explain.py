"""Why a promise exists and what would clear it, as sentences: facts, the arithmetic of the date step by step, differences, checklists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, tzinfo
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from baton.desk import community_words, discharge_words, program_words, readiness_words, referral_words, support_words, team_words
from baton.desk.labels import COMPLEXITIES, PROMISES, Words, day, language_name, moment, word
from baton.duties.today.rows import Difference
from baton.duties.trace import Fact, Step, Trace
from baton.duties.working_days import REASON
from baton.packs.assessments import library

RULES: Words = {
    "referral": lazy("Closed-loop referral"),
    **discharge_words.RULES,
    "community": lazy("Community and financial help"),
    "transitional-care-adult": lazy("Transitional care, adult"),
    "by-hand": lazy("A promise made by hand"),
    "cosign": lazy("Work that is co-signed"),
    "privacy-clocks": lazy("Privacy clocks"),
    "readiness": lazy("Ready for the visit"),
    "messages": lazy("Messages"),
    "support": lazy("Support"),
}
FACTS: Words = {
    "discharged": lazy("Discharged"),
    "admitted": lazy("Admitted"),
    "facility": lazy("From"),
    "reason": lazy("In hospital for"),
    "complexity": lazy("Complexity"),
    "disposition": lazy("Went to"),
    "booked": lazy("Visit booked"),
    "requirement": lazy("Requirement"),
    "zone": lazy("Time zone"),
    "stay": lazy("Hospital stay"),
    "team": lazy("Team"),
    "age": lazy("Age"),
    "timely": lazy("Attempts in time"),
    "what": lazy("What was promised"),
    "clock": lazy("Clock"),
    "attempts": lazy("Attempts"),
    "wrong-number": lazy("Wrong number"),
    "asked-by": lazy("Promised by"),
    **referral_words.FACTS,
    **program_words.FACTS,
    **discharge_words.FACTS,
    "received": lazy("Received"),
    "extended": lazy("Extended once because"),
    "source": lazy("Asked of"),
    "visit": lazy("Visit"),
    "list": lazy("List"),
    "missing": lazy("Missing"),
    "state": lazy("State"),
    "written-by": lazy("Written by"),
    "topic": lazy("About"),
    **support_words.FACTS,
    **community_words.FACTS,
    **team_words.FACTS,
}
CLEARS: Words = {
    "contact-recorded": lazy("a contact is recorded in which somebody was reached"),
    "visit-fulfilled": lazy("the visit has taken place"),
    "reconciliation-recorded": lazy("the reconciliation of the medicines is signed off"),
    "discharge-summary-received": lazy("the discharge summary is in the record"),
    "watch-ended": lazy("30 days have passed without a return"),
    "readmitted": lazy("the patient is back in hospital"),
    "closed-with-reason": lazy("somebody closes it and says why"),
    "done-by-hand": lazy("somebody marks it done"),
    "chart-ready": lazy("everything on the list is in the chart"),
    **referral_words.CLEARS,
    **program_words.CLEARS,
    **discharge_words.CLEARS,
    "request-answered": lazy("the request is granted or denied"),
    "records-received": lazy("the records are received"),
    "records-refused": lazy("the source refuses"),
    "message-answered": lazy("somebody of the staff answers"),
    "reply-came": lazy("they answer"),
    "colleague-answered": lazy("the colleague answers in the thread"),
    **support_words.CLEARS,
    **community_words.CLEARS,
}
WHY_SKIPPED: Words = {
    "weekend": lazy("weekend"),
    "new-years-day": lazy("New Year’s Day"),
    "martin-luther-king-day": lazy("Martin Luther King Jr. Day"),
    "washingtons-birthday": lazy("Washington’s Birthday"),
    "memorial-day": lazy("Memorial Day"),
    "juneteenth": lazy("Juneteenth"),
    "independence-day": lazy("Independence Day"),
    "labor-day": lazy("Labor Day"),
    "columbus-day": lazy("Columbus Day"),
    "veterans-day": lazy("Veterans Day"),
    "thanksgiving-day": lazy("Thanksgiving Day"),
    "christmas-day": lazy("Christmas Day"),
}
WHY_MOVED: Words = {
    "keep-trying": lazy("nobody was reached, so it keeps asking"),
    "discharge-corrected": lazy("the discharge was corrected"),
    "complexity-changed": lazy("the complexity was decided anew"),
    "complexity-high": lazy("the complexity is high: 7 days"),
    "complexity-moderate": lazy("the complexity is moderate: 14 days"),
    "complexity-low": lazy("the complexity is low: 14 days"),
    "complexity-unknown": lazy("nobody has decided the complexity: the shorter 7 days hold"),
    "visit-made": lazy("the visit was made on that day"),
    "extended-once": lazy("extended once, as the rule allows"),
    "visit-booked": lazy("the visit is booked for that day"),
}
REQUIREMENTS: Words = {
    "met": lazy("two timely attempts are on record"),
    "open": lazy("two timely attempts are not yet on record"),
}
CAUSES: Words = {
    "discharge-corrected": lazy("The hospital corrected the discharge."),
    "complexity-changed": lazy("The complexity was decided anew."),
    "complexity": lazy("The complexity was decided anew."),
    "closure-changed": lazy("The days the team is closed were changed."),
}
ENDED: Words = {
    **discharge_words.ENDED,
    "kept": pgettext_lazy("ended", "kept"),
    "readmitted": pgettext_lazy("ended", "back in hospital"),
    "died": pgettext_lazy("ended", "the patient died"),
    "encounter-cancelled": pgettext_lazy("ended", "the stay was cancelled"),
    "encounter-entered-in-error": pgettext_lazy("ended", "the stay was recorded in error"),
    "no-longer-a-discharge": pgettext_lazy("ended", "no discharge after all"),
    "patient-corrected": pgettext_lazy("ended", "another patient’s after all"),
    "watch-ended": pgettext_lazy("ended", "the 30 days are over"),
    "refused": pgettext_lazy("ended", "refused"),
    "not-needed": pgettext_lazy("ended", "not needed"),
    "all-closed": pgettext_lazy("ended", "nothing left to do"),
    "not-adult": pgettext_lazy("ended", "not an adult"),
    "answer-corrected": pgettext_lazy("ended", "the answer was corrected"),
    "episode-closed": pgettext_lazy("ended", "the transition is over"),
    **program_words.ENDED,
}
"""Why a promise or a transition is over, by its code."""
CHECKLIST: Words = {
    "status": lazy("How they are today: breathing, pain, weight, fever"),
    "medicines": lazy("Has the new medicines, knows what stopped"),
    "red-flags": lazy("Knows when to call, and whom"),
    "follow-up": lazy("Follow-up visit and the ride to it"),
    "home": lazy("Help at home, equipment and services arrived"),
    "results": lazy("Results still to come: who tells them"),
    "questions": lazy("Questions of the patient or the family"),
}
DISPOSITIONS: Words = {
    "home": lazy("home"),
    "alt-home": lazy("home of somebody else"),
    "01": lazy("home"),
    "06": lazy("home, with home health"),
    "07": lazy("left against advice"),
    "50": lazy("home, with hospice"),
    "other-hcf": lazy("another facility"),
    "hosp": lazy("hospice"),
    "long": lazy("long-term care"),
    "aadvice": lazy("left against advice"),
    "exp": lazy("died"),
    "psy": lazy("psychiatric hospital"),
    "rehab": lazy("rehabilitation"),
    "snf": lazy("skilled nursing"),
    "oth": lazy("elsewhere"),
}
STAYS: Words = {
    "inpatient": lazy("inpatient"),
    "inpatient-acute": lazy("inpatient, acute"),
    "inpatient-non-acute": lazy("inpatient, not acute"),
    "observation": lazy("observation"),
    "short-stay": lazy("short stay"),
    "skilled-nursing": lazy("skilled nursing"),
    "partial-hospitalisation": lazy("partial hospitalisation"),
}
FACT_WORDS: dict[str, Words] = {
    "referral-state": referral_words.STATES,
    "passed-why": team_words.PASSED,
    "urgency": referral_words.URGENCIES,
    "finding": support_words.FINDINGS,
    "need": community_words.NEEDS,
    "domain": community_words.NEEDS,
    "application-state": community_words.STATES,
    "complexity": COMPLEXITIES,
    "requirement": REQUIREMENTS,
    "disposition": DISPOSITIONS,
    "stay": STAYS,
    "destination": discharge_words.DESTINATIONS,
    "item": discharge_words.ITEMS,
    "cause": discharge_words.CAUSES,
}


def value(name: str, what: object) -> str:
    """A fact's value in words."""
    if isinstance(what, bool):
        return _("yes") if what else _("no")
    if isinstance(what, date):
        return moment(what)
    if name == "ask" and what in library():
        return program_words.assessment_title(library()[str(what)])
    if name in ("program", "program-phase"):
        return program_words.phrase(str(what))
    if name == "missing":
        return readiness_words.missing(str(what))
    if name == "language":
        return language_name(str(what))
    return word(FACT_WORDS[name], str(what)) if name in FACT_WORDS else str(what)


def fact(one: Fact) -> dict[str, Any]:
    """A fact as its name and value in words, with the resource it was read from."""
    return {"name": word(FACTS, one.name), "value": value(one.name, one.value), "reference": one.reference}


def step(one: Step) -> str:
    """One line of the arithmetic of a date."""
    when = day(one.day) if one.day else ""
    match one.op:
        case "start":
            return _("%(day)s is day 0.") % {"day": when}
        case "skip":
            return _("%(day)s does not count: %(why)s.") % {"day": when, "why": skipped(one.reason)}
        case "count":
            return _count(one, when)
        case "end":
            return _("Due by the end of %(day)s.") % {"day": when}
        case "moved":
            return _("Moved to %(day)s: %(why)s.") % {"day": when, "why": word(WHY_MOVED, one.reason)}
        case "attempts":
            return _("%(n)s attempts in time are on record.") % {"n": one.n}
    return ""


def ended_words(code: str | None) -> str:
    """Why something is over, in a few words; "over" when nobody said."""
    return word(ENDED, code) if code in ENDED else _("over")


def _count(one: Step, when: str) -> str:
    if one.day is None:
        return _("Counted so because %(why)s.") % {"why": word(WHY_MOVED, one.reason)}
    if one.reason == "days-before":
        return _("%(n)s days before it is %(day)s.") % {"n": one.n, "day": when}
    if one.reason == "calendar-days":
        return _("%(n)s calendar days later is %(day)s.") % {"n": one.n, "day": when}
    return _("%(day)s is business day %(n)s.") % {"day": when, "n": one.n}


def skipped(reason: str | None) -> str:
    """Why a day does not count; a holiday kept on another day says so."""
    if reason and reason.endswith("-observed"):
        return _("%(holiday)s, kept on this day") % {"holiday": word(WHY_SKIPPED, reason.removesuffix("-observed"))}
    if reason and reason.startswith(REASON):
        return _("closed: %(why)s") % {"why": reason.removeprefix(REASON)}
    return word(WHY_SKIPPED, reason)


def trace(one: Trace, zone: tzinfo) -> dict[str, Any]:
    """A trace for its template: everything in words, and when it was made in this zone."""
    rule, _bar, version = one.rule.partition("|")
    return {
        "rule": word({**RULES, rule.rpartition("/")[2]: RULES.get(rule.rpartition("/")[2], one.title)}, rule.rpartition("/")[2]),
        "version": version,
        "step": word(PROMISES, one.step),
        "source": one.source,
        "facts": [fact(each) for each in one.facts],
        "arithmetic": [step(each) for each in one.arithmetic],
        "due": moment(one.due),
        "clears": [word(CLEARS, code) for code in one.clears],
        "made_by": one.made_by and replace(one.made_by, when=one.made_by.when.astimezone(zone)),
    }


def difference(one: Difference, zone: tzinfo) -> dict[str, Any]:
    """What a correction moved, in words, and when it was seen in this zone."""
    return {
        "code": one.code,
        "what": word(PROMISES, one.code) if one.code in PROMISES else word(FACTS, one.code),
        "was": value(one.code, one.was),
        "now": value(one.code, one.now),
        "cause": word(CAUSES, one.cause),
        "at": one.at.astimezone(zone),
        "acknowledged": one.acknowledged,
    }
