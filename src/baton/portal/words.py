"""The portal's words: plain, short, for everybody. Every promise has its own; what has none is still shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import dateformat
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.duties.support.agreements import Agreed

PROMISES: Mapping[str, Any] = {
    "contact-after-discharge": lazy("Call you to hear how you are"),
    "visit-after-discharge": lazy("See that you have a visit after the hospital"),
    "medication-reconciliation": lazy("Go over your list of medicines"),
    "discharge-information": lazy("Get the papers from the hospital"),
    "readmission-watch": lazy("Look out for you after the hospital"),
    "by-hand": lazy("A step we wrote down for you"),
    "referral-send": lazy("Ask another clinic to see you"),
    "referral-answer": lazy("Hear back from the other clinic"),
    "referral-book": lazy("Get you a date at the other clinic"),
    "referral-visit": lazy("See that your visit there takes place"),
    "referral-rebook": lazy("Get you a new date at the other clinic"),
    "referral-result": lazy("Get the result of your visit"),
    "referral-review": lazy("Read the result of your visit"),
    "referral-tell": lazy("Tell you the result of your visit"),
    "referral-cancellation": lazy("Make sure a visit was called off"),
    "referral-reroute": lazy("Find another clinic for you"),
    "referral-hold": lazy("Send the other clinic what it needs"),
    "access-request": lazy("Give you a copy of your record"),
    "amendment-request": lazy("Answer your wish to correct your record"),
    "accounting-request": lazy("Tell you who got your record"),
    "restriction-request": lazy("Answer your wish to keep things private"),
    "record-request": lazy("Get your papers from another place"),
    "message-answer": lazy("Answer your message"),
    "message-reply": lazy("Answer our message"),
    "visit-readiness": lazy("Get your papers ready for the visit"),
    "screen-further": lazy("Ask you a few more questions"),
    "screen-again": lazy("Ask you the same questions again"),
    "screen-mood": lazy("Read your answers about your mood"),
    "screen-distress": lazy("Talk with you about what is hard"),
    "screen-need": lazy("Help you with what you need at home"),
    "screen-4ms": lazy("Act on what you told us"),
    "safety-response": lazy("Call you to hear how you are"),
    "safety-follow-up": lazy("Call you again to hear how you are"),
    "concern": lazy("Look into what worries you"),
    "goal-progress": lazy("Ask how your goal goes"),
    "program-step": lazy("The next step of your program"),
    "program-review": lazy("Look at your program with you"),
    "program-answer": lazy("Hear if you want the program"),
    "program-resume": lazy("Go on with your program"),
    "program-reading": lazy("Look at a number you measured"),
    "discharge-plan": lazy("Get you ready to go home"),
    "discharge-item": lazy("A step for going home"),
    "discharge-blocker": lazy("Clear the way for going home"),
    "discharge-result": lazy("Read a result that was still to come"),
    "discharge-summary": lazy("Send your papers to who cares for you next"),
    "discharge-answer": lazy("Do what you asked for on the phone"),
    "need-help": lazy("Find help for what you need"),
    "benefit-apply": lazy("Hand in your form"),
    "benefit-decision": lazy("Hear if you get the help"),
    "benefit-answer": lazy("Hand in what they asked for"),
    "benefit-appeal": lazy("Ask them to think again"),
    "benefit-renew": lazy("Keep your help going"),
}
"""Every kind of promise but those among staff, as the patient reads it; a test sees that none is missing."""
OTHER = lazy("A step in your care")
PROGRESS: Mapping[str, Any] = {
    "set": lazy("You set this goal"),
    "better": lazy("It goes better"),
    "same": lazy("It is the same as before"),
    "worse": lazy("It is harder than before"),
    "not-tried": lazy("I have not tried yet"),
    "reached": lazy("I did it"),
    "let-go": lazy("I want to let it go"),
}
"""How a goal goes, as the patient says it."""
LEVELS: Mapping[str, Any] = {"everything": lazy("All that you see here"), "dates": lazy("Your visits and no more")}
RELATIONS: Mapping[str, Any] = {
    "SPS": lazy("Husband or wife"),
    "PRN": lazy("Mother or father"),
    "CHILD": lazy("Son or daughter"),
    "SIB": lazy("Brother or sister"),
    "FRND": lazy("Friend"),
    "NBOR": lazy("Neighbor"),
    "GUARD": lazy("Guardian"),
    "O": lazy("Somebody else"),
}
RELATION_TEXTS: Mapping[str, Any] = {
    "wife": pgettext_lazy("relation", "wife"),
    "husband": pgettext_lazy("relation", "husband"),
    "spouse": pgettext_lazy("relation", "spouse"),
    "daughter": pgettext_lazy("relation", "daughter"),
    "son": pgettext_lazy("relation", "son"),
    "mother": pgettext_lazy("relation", "mother"),
    "father": pgettext_lazy("relation", "father"),
    "sister": pgettext_lazy("relation", "sister"),
    "brother": pgettext_lazy("relation", "brother"),
    "friend": pgettext_lazy("relation", "friend"),
    "neighbor": pgettext_lazy("relation", "neighbour"),
}
"""The same as it is commonly written down on the desk, in words."""


def promise(item: Agreed) -> str:
    """What is done, in plain words."""
    if item.questions is not None:
        return item.questions.said(get_language()).title  # in the language of whoever reads, not of whoever was asked
    plain = str(PROMISES.get(item.code, OTHER))
    if not item.words:
        return plain
    return item.words if item.code == "by-hand" else _("%(plain)s: %(what)s") % {"plain": plain, "what": item.words}


def day(value: date | datetime) -> str:
    """A day as one says it: "Monday, March 3"."""
    return dateformat.format(value, pgettext("date format", "l, F j"))


def long_date(value: date) -> str:
    """A day with its year: "March 3, 2027"."""
    return dateformat.format(value, pgettext("date format", "F j, Y"))


def moment(value: datetime) -> str:
    """A day and a time: "Monday, March 3, 10:20 a.m."."""
    return dateformat.format(value, pgettext("date format", "l, F j, g:i a"))


def due(item: Agreed) -> str:
    """When it is done or was to be, honestly."""
    if item.state == "done":
        return _("done on %(day)s") % {"day": day(item.due)}
    if item.state == "late":
        return _("was due on %(day)s") % {"day": day(item.due)}
    return _("today") if item.state == "today" else pgettext("promise", "by %(day)s") % {"day": day(item.due)}


def sure(number: int) -> str:
    """How sure somebody is that they can do it."""
    return _("%(n)s of 10 sure") % {"n": number}
