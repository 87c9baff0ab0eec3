"""Words of programs, plans and minutes: states, reasons, families of codes, what is missing, how a goal goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as lazy

from baton.duties.programs import packs
from baton.duties.programs.packs import Words as Words_
from baton.packs import loader

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from baton.desk.labels import Words
    from baton.duties.programs.states import Enrolment
    from baton.packs.assessments import Assessment

_MARK = re.compile(r"\s*\[(GK|PROPOSED|DERIVED)\]")

KINDS: Words = {
    "program-step": lazy("Program"),
    "program-review": lazy("Look at the program"),
    "program-reading": lazy("Decide about a reading"),
    "program-answer": lazy("Get an answer to an offered program"),
    "program-resume": lazy("Take the program up again"),
    "plan-contradiction": lazy("Decide between plans that contradict each other"),
}
FACTS: Words = {
    "program": lazy("Program"),
    "program-phase": lazy("Phase"),
    "phase-since": lazy("In this phase since"),
    "reading": lazy("Reading"),
    "limit": lazy("Limit"),
    "own-limit": lazy("The patient’s own limit"),
    "watch": lazy("What is watched"),
    "step": lazy("Step"),
    "offered": lazy("Offered"),
    "paused-because": lazy("Paused because"),
    "plan-one": lazy("One plan"),
    "plan-other": lazy("The other plan"),
}
CLEARS: Words = {
    "program-step-done": lazy("somebody marks it done"),
    "answers-finished": lazy("the questions are asked and answered"),
    "reading-decided": lazy("a clinician’s decision is recorded"),
    "program-looked-at": lazy("somebody looked and marks it done"),
    "program-moved-on": lazy("the program goes into its next phase, or is left"),
    "program-answered": lazy("the patient’s answer is recorded"),
    "program-resumed": lazy("the program is taken up again, or left"),
    "plan-decided": lazy("somebody decides, with the patient, and one plan is made"),
    "plan-changed": lazy("a plan changes so that nothing contradicts"),
}
ENDED: Words = {
    "program-paused": pgettext_lazy("ended", "the program was paused"),
    "program-moved": pgettext_lazy("ended", "the program went on"),
}
STATES: Words = {
    "planned": pgettext_lazy("program", "Offered"),
    "waitlist": pgettext_lazy("program", "On the waiting list"),
    "active": pgettext_lazy("program", "In it"),
    "onhold": pgettext_lazy("program", "Paused"),
    "finished": pgettext_lazy("program", "Left"),
    "cancelled": pgettext_lazy("program", "Not entered"),
    "entered-in-error": pgettext_lazy("program", "Recorded in error"),
}
STATE_MARKS = {"planned": "soon", "waitlist": "wait", "active": "calm", "onhold": "wait"}
REASONS: Words = {
    "graduated": lazy("Graduated"),
    "goals-met": lazy("Goals reached"),
    "transferred": lazy("Cared for elsewhere"),
    "moved-away": lazy("Moved away"),
    "patient-left": lazy("The patient no longer wants it"),
    "lost-contact": lazy("Nobody can reach them"),
    "hospice": lazy("In hospice care"),
    "died": lazy("Died"),
    "not-eligible": lazy("Does not fit (any more)"),
    "not-cancer": lazy("It is no cancer"),
    "declined": lazy("Said no"),
    "no-answer": lazy("No answer"),
}
RISKS: Words = {
    "high": pgettext_lazy("risk", "High"),
    "medium": pgettext_lazy("risk", "Medium"),
    "low": pgettext_lazy("risk", "Low"),
}
RISK_MARKS = {"high": "late", "medium": "soon", "low": ""}
RISK_REASONS: Words = {
    "stays": lazy("hospital stays in 12 months"),
    "medicines": lazy("medicines"),
    "conditions": lazy("active conditions"),
    "age": lazy("years old"),
    "needs": lazy("unmet needs"),
    "alone": lazy("nobody close on record"),
}
HOW: Words = {"verbal": lazy("Said so"), "written": lazy("Signed")}
FAMILIES: Words = {
    "CCM": lazy("Chronic care (99490)"),
    "CCM-complex": lazy("Complex chronic care (99487)"),
    "CCM-personal": lazy("Chronic care by the physician (99491)"),
    "PCM-staff": lazy("Principal care (99426)"),
    "PCM-physician": lazy("Principal care by the physician (99424)"),
    "PIN": lazy("Principal illness navigation (G0023)"),
    "APCM-1": lazy("Advanced primary care, level 1 (G0556)"),
    "APCM-2": lazy("Advanced primary care, level 2 (G0557)"),
    "APCM-3": lazy("Advanced primary care, level 3 (G0558)"),
}
MISSING: Words = {
    "consent": lazy("no consent on record"),
    "two-conditions": lazy("fewer than two conditions on record"),
    "initiating-visit": lazy("no visit in the 12 months before"),
    "bundled": lazy("another program of this month covers it"),
    "consent-withdrawn": lazy("consent was taken back in this month: earlier minutes only"),
}
ACHIEVEMENTS: Words = {
    "in-progress": pgettext_lazy("goal", "On the way"),
    "improving": pgettext_lazy("goal", "Better"),
    "no-change": pgettext_lazy("goal", "The same"),
    "worsening": pgettext_lazy("goal", "Worse"),
    "achieved": pgettext_lazy("goal", "Reached"),
    "not-achieved": pgettext_lazy("goal", "Let go"),
    "not-attainable": pgettext_lazy("goal", "Cannot be reached"),
}
ACTIVITY_STATES: Words = {
    "in-progress": pgettext_lazy("intervention", "under way"),
    "completed": pgettext_lazy("intervention", "done"),
    "stopped": pgettext_lazy("intervention", "not done any more"),
}
STRENGTHS: Words = {
    "recommended": lazy("recommended (class I)"),
    "reasonable": lazy("reasonable (class IIa), not mandatory"),
    "uncertain": lazy("benefit uncertain (class IIb)"),
}
DISPOSITIONS: Words = {
    "no-change": lazy("Nothing changes: watch on"),
    "medicine-changed": lazy("A medicine is changed"),
    "seen-soon": lazy("Seen within days"),
    "emergency": lazy("To the emergency department now"),
}
MARKS: Words = {
    "GK": lazy("general knowledge: verify"),
    "PROPOSED": lazy("proposed here"),
    "DERIVED": lazy("derived"),
}
"""What the mark of a source in a pack means."""
SEVERITIES: Words = {"high": pgettext_lazy("severity", "grave"), "moderate": pgettext_lazy("severity", "to be decided")}
CONFLICTS: Words = {
    "fluids": lazy("How much to drink"),
    "weight-bearing": lazy("Weight on the leg"),
    "rest": lazy("Rest or walking"),
    "salt": lazy("How much salt"),
    "potassium": lazy("How much potassium"),
    "protein": lazy("How much protein"),
    "nsaid": lazy("Ibuprofen and the like"),
}
REFUSALS = (
    lazy("The patient is in this program already: go on with that enrollment."),
    lazy("This program asks for the patient's consent first."),
    lazy("Say how consent was given."),
    lazy("The day has not come yet."),
    lazy("A phase does not begin before the one before it."),
    lazy("Say why it is paused."),
    lazy("A pause of this program lasts at most so many days:"),
    lazy("Say why the program is left."),
    lazy("Say why they do not enter."),
    lazy("The patient's mark is from 1 to 5."),
    lazy("Say why it is opened again."),
    lazy("There is no consent to take back."),
    lazy("Record on the patient's programs what they answered."),
    lazy("Take the program up again, pause it longer, or close it."),
    lazy("An entry has at least one minute, and at most a working day."),
    lazy("Time is logged when it is over."),
    lazy("The patient is in no such program."),
    lazy("This time overlaps with other time of the same person."),
    lazy("Say why it is taken back."),
    lazy("This month is closed for this patient: take its proposals back first."),
    lazy("The month is not over yet."),
    lazy("Say why the month is opened again."),
    lazy("Say the goal in the patient's words."),
    lazy("Confidence is from 0 to 10."),
    lazy("Say how the goal goes."),
    lazy("Say what is to be done."),
    lazy("The plan says that already."),
    lazy("Say whether it was done."),
    lazy("Decide it on the patient's plan of care."),
    lazy("Decide every contradiction: keep one side, or say it in your own words."),
    lazy("Say with whom it was decided."),
    lazy("It is shared only with those of whom it is recorded that they may be told everything."),
    lazy("There is no plan to make one of."),
    lazy("Give the view a name."),
    lazy("Choose a filter first."),
    lazy("Nobody is meant."),
    lazy("More than can be reached out to at once:"),
    lazy("Write the day as 2026-07-31."),
    lazy("Say why this phase took longer than it should."),
    lazy("There is no newer version of this program."),
    lazy("The newer version has no such phase: close this enrollment, and enter anew."),
    lazy("Ask it from the program: the answers keep this promise. Or close it with a reason."),
    lazy("This program watches no such thing."),
    lazy("Say how much it may rise, in lb or kg."),
    lazy("Say what is decided."),
    lazy("An interpreter has to be there: say who."),
    lazy("Say how long it lasts."),
    lazy("Choose whom to talk about."),
    lazy("Record on the program what a clinician decided about this reading."),
)
"""What the duties of this room answer when they refuse."""


def phase(enrolment: Enrolment) -> str:
    """The phase an enrollment is in, as its record says it; by its code where the record says no more, readable."""
    said = enrolment.stays[-1].title.said(get_language()) if enrolment.stays else ""
    return said or enrolment.phase.replace("-", " ").capitalize()


def title(enrolment: Enrolment) -> str:
    """What the program of an enrollment is called."""
    return enrolment.titled.said(get_language()) or enrolment.title


def marked(source: str) -> SafeString:
    """A source with its mark in words: what is general knowledge or proposed here says so."""
    parts = _MARK.split(source.strip())
    words = [format_html(' <span class="tag wait">{}</span>', MARKS[each]) if each in MARKS else each for each in parts if each]
    return format_html_join("", "{}", ((each,) for each in words))


@cache
def _phrases() -> dict[str, Words_]:
    found: dict[str, Words_] = {}
    for each in loader.everything():
        if packs.code_of_program(each):
            program = packs.read(each)
            found |= {one.text: one for one in (program.title, *(phase.title for phase in program.phases))}
    return found


def phrase(text: str) -> str:
    """A name of a program or phase that comes with Baton, as it is said in the reader's language."""
    known = _phrases().get(text)
    return known.said(get_language()) if known else text


def mark(state: str) -> str:
    """The urgency class of a state of an enrollment."""
    return STATE_MARKS.get(state, "")


def assessment_title(assessment: Assessment) -> str:
    """What an assessment is called."""
    return assessment.said(get_language()).title


FILTERS: dict[str, Callable[..., object]] = {
    "assessment_title": assessment_title,
    "program_phase": phase,
    "program_title": title,
    "program_mark": mark,
    "marked": marked,
}
