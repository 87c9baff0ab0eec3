"""Words for support: screens and what they found, safety cases, concerns, goals. Tables only."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

Words = Mapping[str, str | Promise]

KINDS: Words = {
    "safety-response": lazy("Safety: somebody speaks with the patient now"),
    "safety-follow-up": lazy("Safety: speak with the patient again"),
    "screen-further": lazy("Ask the longer questionnaire"),
    "screen-again": lazy("Ask the questionnaire again"),
    "screen-mood": lazy("Clinician reviews mood or worry"),
    "screen-distress": lazy("Talk about what weighs on them"),
    "screen-caregiver": lazy("Support for the caregiver"),
    "screen-training": lazy("Show the caregiver how"),
    "screen-need": lazy("Help with a need of life"),
    "screen-4ms": lazy("Act on what the 4Ms showed"),
    "concern": lazy("Concern"),
    "goal-progress": lazy("Ask how the goal goes"),
}
FINDINGS: Words = {
    "phq-2/further": lazy("the two questions on mood were positive"),
    "four-ms/further": lazy("the two questions on mood were positive"),
    "phq-9/again": lazy("mild low mood"),
    "phq-9/review": lazy("low mood above the threshold"),
    "gad-7/review": lazy("worry above the threshold"),
    "distress/talk": lazy("distress is raised"),
    "caregiver-strain/support": lazy("caring weighs heavily"),
    "caregiver-ability/medicines": lazy("giving the medicines"),
    "caregiver-ability/moving": lazy("helping to move"),
    "caregiver-ability/washing": lazy("washing and dressing"),
    "caregiver-ability/wound": lazy("wound, tube or drain"),
    "caregiver-ability/equipment": lazy("the equipment"),
    "caregiver-ability/signs": lazy("the warning signs"),
    "caregiver-ability/rides": lazy("going along to visits"),
    "caregiver-ability/nights": lazy("the nights"),
    "social-needs/food": lazy("food"),
    "social-needs/housing": lazy("housing"),
    "social-needs/transport": lazy("transport"),
    "social-needs/utilities": lazy("power, gas, water or telephone"),
    "social-needs/safety": lazy("safety: speak alone and safely"),
    "home-visit/food": lazy("no food at home for today"),
    "home-visit/heat": lazy("heat, light or water does not work"),
    "home-visit/sound": lazy("the home is damp, broken or has pests"),
    "home-visit/fallen": lazy("falls"),
    "home-visit/smoke": lazy("no working smoke alarm"),
    "home-visit/all-medicines": lazy("medicines missing at home"),
    "home-visit/old-medicines": lazy("old or other people’s medicines at home"),
    "four-ms/medicines": lazy("a medicine that makes drowsy or dizzy"),
    "four-ms/memory": lazy("memory has become worse"),
    "four-ms/falls": lazy("falls"),
    "four-ms/steady": lazy("unsteady on their feet"),
    "four-ms/proxy": lazy("nobody is named to speak for them"),
}
"""What a screen found, by the key of its rule."""
FACTS: Words = {
    "finding": lazy("Found"),
    "counted": lazy("Counted"),
    "ask": lazy("To be asked"),
    "domain": lazy("Kind of need"),
    "item-9": lazy("Item 9 above zero"),
    "spoke-with": lazy("Spoke with"),
    "concern": lazy("In the patient’s words"),
    "concern-state": lazy("Where it stands"),
    "goal": lazy("The goal"),
    "caregiver": lazy("Who cares"),
}
CLEARS: Words = {
    "assessment-answered": lazy("the questionnaire is answered in full"),
    "clinician-decided": lazy("a clinician says what happens"),
    "patient-confirmed": lazy("the patient says that it is settled"),
    "progress-asked": lazy("somebody has asked how the goal goes"),
}
OWED: Words = {kind: pgettext_lazy("score", "support owed") for kind in KINDS} | {
    "safety-response": pgettext_lazy("score", "safety case"),
    "concern": pgettext_lazy("score", "concern"),
}
CONCERN_KINDS: Words = {
    "fear": pgettext_lazy("concern", "Fear"),
    "sadness": pgettext_lazy("concern", "Sadness"),
    "anger": pgettext_lazy("concern", "Anger"),
    "loneliness": pgettext_lazy("concern", "Loneliness"),
    "grief": pgettext_lazy("concern", "Grief"),
    "family": pgettext_lazy("concern", "Family"),
    "caregiving": pgettext_lazy("concern", "Caring for somebody"),
    "money": pgettext_lazy("concern", "Money"),
    "home": pgettext_lazy("concern", "Home"),
    "body": pgettext_lazy("concern", "Pain or the body"),
    "treatment": pgettext_lazy("concern", "Treatment"),
    "future": pgettext_lazy("concern", "The future"),
    "meaning": pgettext_lazy("concern", "Faith or meaning"),
    "violence": pgettext_lazy("concern", "Violence"),
    "other": pgettext_lazy("concern", "Something else"),
}
CONCERN_STATES: Words = {
    "raised": pgettext_lazy("concern", "raised"),
    "named": pgettext_lazy("concern", "named"),
    "acknowledged": pgettext_lazy("concern", "acknowledged"),
    "planned": pgettext_lazy("concern", "planned"),
    "settled": pgettext_lazy("concern", "settled"),
}
CONCERN_NEXT: Words = {
    "raised": lazy("Say what it is about"),
    "named": lazy("Answer the patient"),
    "acknowledged": lazy("Agree what is done"),
    "planned": lazy("Ask whether it is settled"),
}
CONCERN_EVENTS: Words = {
    "raise": lazy("Said"),
    "name": lazy("Named"),
    "acknowledge": lazy("Answered"),
    "plan": lazy("Planned"),
    "not-settled": lazy("Not settled"),
    "settle": lazy("Settled"),
}
CASE_STATES: Words = {
    "in-contact": lazy("In contact: the call goes on"),
    "out-of-contact": lazy("Nobody is speaking with the patient"),
    "with-clinician": lazy("A clinician has taken over"),
    "unreachable": lazy("Not reached: a clinician decides about a welfare check"),
    "decided": lazy("A clinician has decided"),
}
CASE_STATES_SHORT: Words = {
    "in-contact": pgettext_lazy("safety", "in contact"),
    "out-of-contact": pgettext_lazy("safety", "out of contact"),
    "with-clinician": pgettext_lazy("safety", "with a clinician"),
    "unreachable": pgettext_lazy("safety", "not reached"),
    "decided": pgettext_lazy("safety", "decided"),
}
CASE_EVENTS: Words = {
    "told": lazy("The patient read what helps, and said in the portal"),
    "raised": lazy("Item 9 was answered above zero"),
    "answered-again": lazy("Item 9 was answered again"),
    "confirm": lazy("Place and number"),
    "hand-over": lazy("Handed over to"),
    "lose": lazy("Contact lost"),
    "call": lazy("Call-back"),
    "give-up": lazy("Call-backs are over"),
    "remind": lazy("Nobody has written anything: told again"),
    "decide": lazy("Decided"),
}
DECISIONS: Words = {
    "emergency-services": lazy("Emergency services are sent"),
    "welfare-check": lazy("Welfare check at home"),
    "crisis-line": lazy("Connected with the crisis line"),
    "seen-today": lazy("Seen by a clinician today"),
    "safety-plan": lazy("Safety plan made, with a follow-up"),
    "no-present-danger": lazy("No present danger found"),
    "not-so-meant": lazy("Answered or entered by mistake"),
}
PROGRESS: Words = {
    "set": pgettext_lazy("goal", "set"),
    "better": pgettext_lazy("goal", "It goes better"),
    "same": pgettext_lazy("goal", "It goes the same"),
    "worse": pgettext_lazy("goal", "It goes worse"),
    "not-tried": pgettext_lazy("goal", "Not tried yet"),
    "reached": pgettext_lazy("goal", "Reached"),
    "let-go": pgettext_lazy("goal", "Let go"),
}
BANDS: Words = {
    "minimal": pgettext_lazy("score", "minimal"),
    "mild": pgettext_lazy("score", "mild"),
    "moderate": pgettext_lazy("score", "moderate"),
    "moderately-severe": pgettext_lazy("score", "moderately severe"),
    "severe": pgettext_lazy("score", "severe"),
    "negative": pgettext_lazy("score", "negative"),
    "positive": pgettext_lazy("score", "positive"),
    "low": pgettext_lazy("score", "low"),
    "raised": pgettext_lazy("score", "raised"),
    "high": pgettext_lazy("score", "high"),
}
FILTERS = {
    "concern_kind": CONCERN_KINDS,
    "concern_state": CONCERN_STATES,
    "concern_next": CONCERN_NEXT,
    "concern_event": CONCERN_EVENTS,
    "case_state": CASE_STATES,
    "case_state_short": CASE_STATES_SHORT,
    "case_event": CASE_EVENTS,
    "case_decision": DECISIONS,
    "goal_progress": PROGRESS,
    "band_name": BANDS,
}
"""Filters of the templates, each a table of this module."""
REFUSALS = (
    lazy("There is no such assessment."),
    lazy("These are answers to something else."),
    lazy("These answers were taken back."),
    lazy("There is nobody of that name who answers."),
    lazy("There is no such question."),
    lazy("Say it in words, in at most 2000 characters."),
    lazy("That is none of the answers."),
    lazy("A question is not answered yet."),
    lazy("This is no safety case."),
    lazy("That does not fit where the case stands now."),
    lazy("Ask where they are, and at which number to call back."),
    lazy("Say what happens, and in a sentence why."),
    lazy("A clinician decides, and says so themselves."),
    lazy("A safety case ends with a clinician's decision, and with nothing else."),
    lazy("A safety case stays about the same patient, due at once."),
    lazy("A safety case does not wait."),
    lazy("Say it in the patient's own words, in at most 1000 characters."),
    lazy("There is nobody of that name who says so."),
    lazy("Say what it is about."),
    lazy("Say how you answered the patient."),
    lazy("Say what is done about it, and who does it."),
    lazy("Say what the patient said."),
    lazy("This is no concern."),
    lazy("That does not fit where the concern stands now."),
    lazy("The patient closes it: say what they said, and who said it."),
    lazy("Say the goal in the patient's own words."),
    lazy("The day has passed already."),
    lazy("This is no day."),
    lazy("This is no goal of the patient's own."),
    lazy("The goal is over already."),
    lazy("Say how it goes."),
    lazy("Confidence goes from 0 to 10."),
    lazy("Below 7 of 10, ask what would help, and write it down."),
    lazy("Say how the goal goes: it is still pursued."),
    lazy("There is nobody of that name close to the patient."),
)
"""What the duties of this room answer when they refuse."""
