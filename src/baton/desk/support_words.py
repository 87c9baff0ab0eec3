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
