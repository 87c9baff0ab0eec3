"""Words for scheduling: states, reasons, what stands in the way of a plan, and what another plan is better at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from baton.desk import labels
from baton.duties.scheduling.needs import Need

STATES: labels.Words = {
    "unscheduled": lazy("to be scheduled"),
    "held": lazy("held"),
    "booked": lazy("booked"),
    "missed": lazy("missed, not booked again"),
}
STATE_MARKS = {"missed": "late", "held": "wait", "booked": "calm"}
PRIORITIES: labels.Words = {
    "stat": pgettext_lazy("priority", "at once"),
    "asap": pgettext_lazy("priority", "as soon as possible"),
    "urgent": pgettext_lazy("priority", "urgent"),
    "routine": pgettext_lazy("priority", "routine"),
}
MODALITIES: labels.Words = {
    "in-person": lazy("in person"),
    "video": lazy("by video"),
    "phone": lazy("by telephone"),
    "home": lazy("at their home"),
}
STATUSES: labels.Words = {
    "proposed": pgettext_lazy("appointment", "proposed"),
    "pending": pgettext_lazy("appointment", "held"),
    "booked": pgettext_lazy("appointment", "booked"),
    "arrived": pgettext_lazy("appointment", "arrived"),
    "checked-in": pgettext_lazy("appointment", "checked in"),
    "fulfilled": pgettext_lazy("appointment", "held, done"),
    "cancelled": pgettext_lazy("appointment", "cancelled"),
    "noshow": pgettext_lazy("appointment", "did not come"),
    "waitlist": pgettext_lazy("appointment", "on the waiting list"),
    "entered-in-error": pgettext_lazy("appointment", "entered in error"),
}
STATUS_MARKS = {"noshow": "late", "pending": "wait", "fulfilled": "calm", "arrived": "calm", "checked-in": "calm"}
MISSED: labels.Words = {
    "transport": lazy("no ride"),
    "forgot": lazy("forgot"),
    "ill": lazy("was ill"),
    "work-or-family": lazy("work or family"),
    "language": lazy("language"),
    "cost": lazy("cost"),
    "afraid": lazy("afraid"),
    "not-told": lazy("was not told"),
    "other": lazy("another reason"),
    "unknown": lazy("not known yet"),
}
CANCELLED: labels.Words = {
    "patient": lazy("the patient asked"),
    "provider": lazy("the clinic asked"),
    "ill": lazy("the patient is ill"),
    "moved": lazy("done elsewhere"),
    "not-needed": lazy("not needed any more"),
    "hold-expired": lazy("held too long"),
    "deceased": lazy("the patient died"),
    "other": lazy("another reason"),
}
ROLES: labels.Words = {"interpreter": lazy("interpreter"), "clinician": lazy("clinician")}
KINDS: labels.Words = {
    "earliest": lazy("ends soonest"),
    "fewest-trips": lazy("fewest trips"),
    "liked": lazy("best liked people and places"),
    "another-day": lazy("begins on another day"),
}
MATTERS: labels.Words = {
    "dates": lazy("the dates that are wanted, then few trips"),
    "trips": lazy("as few trips as can be"),
    "soon": lazy("all as early as can be"),
}
PROOF: labels.Words = {
    "optimal": lazy("proven best"),
    "best-known": lazy("best found in the time"),
    "impossible": lazy("proven impossible"),
    "unknown": lazy("no answer in the time"),
}
UNPROVED: labels.Words = {
    "lateness": lazy("visits less late"),
    "finish": lazy("an earlier last day"),
    "trips": lazy("fewer trips"),
    "waiting": lazy("less waiting and travel"),
    "preference": lazy("more of what is liked"),
    "earlier": lazy("earlier days"),
}
REFUSALS = (
    lazy("Choose at least one time."),
    lazy("This need is closed."),
    lazy("This time has passed."),
    lazy("This need has a time already; move or cancel it first."),
    lazy("One of these needs has a time already; move or cancel it first."),
    lazy("There is nothing to book any more."),
    lazy("The visit has not begun yet."),
    lazy("There is no such plan."),
    lazy("Choose at least one day of the week."),
    lazy("The patient's hours end before they begin."),
    lazy("A time elsewhere ends before it begins."),
    lazy("Say what is needed."),
    lazy("Say which specialty."),
    lazy("A visit takes between 5 minutes and 12 hours."),
    lazy("The day by which it is wanted has passed already."),
    lazy("It is wanted before it may begin."),
    lazy("The hours end before they begin."),
    lazy("Hours end after they begin."),
    lazy("Two spans of one day overlap."),
    lazy("Say both when hours begin and when they end."),
    lazy("Say from which day on, today or later, and times as 08:30."),
    lazy("Say which day."),
)
TAKEN = re.compile(r"(.+) is booked already from (\S+) (\S+) to (\S+) \(")


def refusal(text: str) -> str:
    """What the duty refused, in the reader's language."""
    taken = TAKEN.match(text)
    if taken:
        who = _("The patient") if taken[1].startswith("Patient/") else taken[1]
        when = {"who": who, "day": labels.day(date.fromisoformat(taken[2])), "start": taken[3], "end": taken[4]}
        return _("%(who)s is booked already on %(day)s from %(start)s to %(end)s.") % when
    if text.startswith("Choose between 1 and"):
        return _("Choose between 1 and 20 needs.")
    if text.startswith("The time of this appointment has passed"):
        return _("Its time has passed: say what became of it, and find another one.")
    if text.startswith("The day of the visit"):
        return _("The day of the visit has not come yet.")
    if text.startswith(("An appointment that is", "An appointment does not go", "The times of an appointment")):
        return _("This cannot be done with it any more: it has changed meanwhile.")
    return labels.refusal(text)


# --- needs -----------------------------------------------------------------------------------------------------------------------


def left(need: Need) -> str:
    """How long is left until the day by which it is wanted."""
    if need.left is None:
        return _("no date")
    if need.left < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -need.left) % {"n": -need.left}
    if need.left == 0:
        return _("today")
    return ngettext("%(n)s day left", "%(n)s days left", need.left) % {"n": need.left}


def left_mark(need: Need) -> str:
    """The urgency of that."""
    if need.state == "booked":
        return "calm"
    if need.left is None:
        return ""
    return "late" if need.left < 0 else "soon" if need.left <= 3 else ""


def age(need: Need) -> str:
    """How old a need is."""
    if not need.age:
        return _("asked today") if need.age == 0 else ""
    return ngettext("asked %(n)s day ago", "asked %(n)s days ago", need.age) % {"n": need.age}


def asks(need: Need) -> str:
    """What a need asks for, in a line."""
    parts = [need.specialty, _("%(n)s min") % {"n": need.minutes}, labels.word(MODALITIES, need.modality)]
    if need.priority != "routine":
        parts.append(labels.word(PRIORITIES, need.priority))
    if need.start_until:
        parts.append(_("before %(time)s") % {"time": clock(need.start_until.isoformat())})
    if need.start_from:
        parts.append(_("not before %(time)s") % {"time": clock(need.start_from.isoformat())})
    if need.latest:
        parts.append(_("wanted by %(day)s") % {"day": labels.day(need.latest)})
    return " · ".join(parts)


def attempts(need: Need) -> str:
    """How often it has failed so far."""
    return ngettext("%(n)s try failed", "%(n)s tries failed", need.attempts) % {"n": need.attempts} if need.attempts else ""


# --- what stands in the way --------------------------------------------------------------------------------------------------------


def clock(text: str) -> str:
    """A time of day."""
    return text[:5]


def obstacle(each: Mapping[str, Any]) -> str:
    """What stands in the way, as one plain sentence."""
    return SENTENCES[each["kind"]](each)


def _window(each: Mapping[str, Any]) -> str:
    words = {"what": each["need"]}
    if each.get("not_before"):
        return _("%(what)s not before %(when)s") % {**words, "when": labels.moment(datetime.fromisoformat(each["not_before"]))}
    return _("%(what)s done by %(when)s") % {**words, "when": labels.moment(datetime.fromisoformat(each["not_after"]))}


def _time_of_day(each: Mapping[str, Any]) -> str:
    if each.get("start_from") and each.get("start_until"):
        return _("%(what)s between %(start)s and %(end)s") % {
            "what": each["need"],
            "start": clock(each["start_from"]),
            "end": clock(each["start_until"]),
        }
    if each.get("start_until"):
        return _("%(what)s to begin by %(time)s") % {"what": each["need"], "time": clock(each["start_until"])}
    return _("%(what)s not before %(time)s") % {"what": each["need"], "time": clock(each["start_from"])}


def _busy(each: Mapping[str, Any]) -> str:
    words = {"what": each["label"], "start": clock(each["start"]), "end": clock(each["end"])}
    if each.get("weekday") is not None:
        return _("%(what)s every %(weekday)s, %(start)s to %(end)s") % {**words, "weekday": weekday(each["weekday"])}
    return _("%(what)s from %(start)s to %(end)s") % words


def weekday(number: int) -> str:
    """The name of a weekday, Monday being 0."""
    return dateformat.format(date(2026, 6, 1 + number), "l")


def _reach(each: Mapping[str, Any]) -> str:
    days = ", ".join(dateformat.format(date(2026, 6, 1 + number), "D") for number in each["weekdays"])
    words = {"days": days, "start": clock(each["start"]), "end": clock(each["end"])}
    if len(each["weekdays"]) == 7:
        return _("the patient away from home only from %(start)s to %(end)s") % words
    return _("the patient away from home only on %(days)s, %(start)s to %(end)s") % words


def _order(each: Mapping[str, Any]) -> str:
    words = {"first": each["first"], "then": each["then"]}
    if each.get("min_business_days"):
        n = each["min_business_days"]
        return ngettext(
            "%(then)s at least %(n)s business day after %(first)s", "%(then)s at least %(n)s business days after %(first)s", n
        ) % {**words, "n": n}
    if each.get("min_days"):
        n = each["min_days"]
        return ngettext("%(then)s at least %(n)s day after %(first)s", "%(then)s at least %(n)s days after %(first)s", n) % {
            **words,
            "n": n,
        }
    if each.get("max_days") is not None:
        n = each["max_days"]
        return ngettext("%(then)s within %(n)s day of %(first)s", "%(then)s within %(n)s days of %(first)s", n) % {**words, "n": n}
    return _("%(then)s after %(first)s") % words


SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "Window": _window,
    "TimeOfDay": _time_of_day,
    "Busy": _busy,
    "Reach": _reach,
    "Attended": lambda each: _("an interpreter present"),
    "Order": _order,
    "SameDay": lambda each: _("%(what)s on one day") % {"what": ", ".join(each["needs"])},
    "DifferentDays": lambda each: _("%(what)s on different days") % {"what": ", ".join(each["needs"])},
    "SameSite": lambda each: _("%(what)s at one place") % {"what": ", ".join(each["needs"])},
    "SamePerson": lambda each: _("the same person for %(what)s") % {"what": ", ".join(each["needs"])},
    "Calendars": lambda each: _("no earlier opening for %(what)s") % {"what": each["need"]},
}


# --- plans -----------------------------------------------------------------------------------------------------------------------


def plan_line(plan: Mapping[str, Any]) -> str:
    """A plan in a line: visits, trips, last day."""
    visits, trips = len(plan["visits"]), plan["trips"]
    parts = [
        ngettext("%(n)s visit", "%(n)s visits", visits) % {"n": visits},
        ngettext("%(n)s trip", "%(n)s trips", trips) % {"n": trips},
    ]
    if plan.get("last_day"):
        parts.append(_("done by %(day)s") % {"day": labels.day(date.fromisoformat(plan["last_day"]))})
    late = plan["values"].get("lateness")
    if late:
        parts.append(_("later than wanted"))
    return " · ".join(parts)


def unproved(plan: Mapping[str, Any]) -> str:
    """How much better a plan could be that is the best found in the time: the first thing that matters whose bound was not reached."""
    part = next((name for name, value in plan["values"].items() if value != plan.get("bounds", {}).get(name, value)), "")
    said = _("Not proved: a plan with %(what)s may exist; the search was stopped before it could tell.")
    return said % {"what": UNPROVED[part]} if part in UNPROVED else ""


def waiting(plan: Mapping[str, Any]) -> str:
    """Time spent waiting and on the way."""
    minutes = plan["values"].get("waiting", 0)
    return _("%(h)s h %(m)s min of waiting and travel") % {"h": minutes // 60, "m": f"{minutes % 60:02d}"}


def when(text: str) -> str:
    """A stored instant: day and time."""
    return labels.moment(datetime.fromisoformat(text))


def hour(text: str) -> str:
    """A stored instant: time of day."""
    return datetime.fromisoformat(text).strftime("%H:%M")


def until(value: datetime) -> str:
    """Until when something is held."""
    return dateformat.format(value, pgettext("time format", "H:i"))


FILTERS: dict[str, Callable[..., object]] = {
    "need_left": left,
    "need_left_mark": left_mark,
    "need_age": age,
    "need_asks": asks,
    "need_attempts": attempts,
    "obstacle": obstacle,
    "plan_line": plan_line,
    "plan_unproved": unproved,
    "plan_waiting": waiting,
    "plan_when": when,
    "plan_hour": hour,
    "held_until": until,
    "appointment_mark": lambda status: STATUS_MARKS.get(status, ""),
    "need_state": lambda code: labels.word(STATES, code),
    "need_state_mark": lambda code: STATE_MARKS.get(code, ""),
    "appointment_status": lambda code: labels.word(STATUSES, code),
    "modality_name": lambda code: labels.word(MODALITIES, code),
    "plan_proof": lambda code: labels.word(PROOF, code),
    "plan_kind": lambda code: labels.word(KINDS, code),
    "reason_name": lambda code: labels.word({**CANCELLED, **MISSED}, code) if code else "",
}
