"""Words for codes: promises, outcomes, roles, facts and dates as sentences in the reader's language."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.translation import get_language, get_language_info, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk import community_words, discharge_words, program_words, referral_words, support_words
from baton.desk.language_names import LANGUAGES
from baton.duties.today.rows import Row

Words = Mapping[str, str | Promise]

PROMISES: Words = {
    "contact-after-discharge": lazy("Call after discharge"),
    "visit-after-discharge": lazy("Visit after discharge"),
    "medication-reconciliation": lazy("Reconcile the medicines"),
    "discharge-information": lazy("Get the discharge information"),
    "readmission-watch": lazy("Watch for a return to hospital"),
    "by-hand": lazy("Promise made by hand"),
    **ChainMap(*(each.KINDS for each in (referral_words, program_words, support_words, discharge_words, community_words))),
    "co-signature": lazy("Co-sign a colleague’s work"),
    "look-again-request": lazy("Look at it again"),
    "access-request": lazy("Give a copy of the record"),
    "amendment-request": lazy("Answer a request to correct the record"),
    "accounting-request": lazy("Give an accounting of disclosures"),
    "restriction-request": lazy("Answer a request for a restriction"),
    "record-request": lazy("Get records from elsewhere"),
    "visit-readiness": lazy("Make the chart ready"),
    "message-answer": lazy("Answer a message"),
    "message-reply": lazy("Their answer to a message"),
    "message-colleague": lazy("Answer a colleague"),
    "message-party": lazy("Answer an office or agency"),
    "message-party-reply": lazy("An office’s or agency’s answer"),
}
OUTCOMES: Words = {
    "reached": lazy("Reached"),
    "left-message": lazy("Left message"),
    "no-answer": lazy("No answer"),
    "wrong-number": lazy("Wrong number"),
    "refused": lazy("Refused"),
    "language-line": lazy("Needs the language line"),
}
ROLES: Words = {
    "coordinator": lazy("Care coordinator"),
    "senior": lazy("Senior coordinator"),
    "supervisor": lazy("Supervisor"),
    "administrator": lazy("Administrator"),
    "clinician": lazy("Clinician"),
    "pharmacist": lazy("Pharmacist"),
    "social-worker": lazy("Social worker"),
    "records-clerk": lazy("Records clerk"),
    "auditor": lazy("Auditor"),
    "student": lazy("Student"),
    "patient": lazy("The patient"),
    "related": lazy("Somebody the patient let in"),
    "system": lazy("Baton itself"),
}
STATES: Words = {
    "late": lazy("Overdue"),
    "today": lazy("Due today"),
    "coming": lazy("Coming"),
    "waiting": lazy("Waiting on someone else"),
}
WHOSE: Words = {"mine": lazy("Mine"), "team": lazy("My teams"), "everyone": lazy("Everyone")}
MARKS = {"late": "late", "today": "soon", "coming": "", "waiting": "wait"}
"""The urgency a state is shown with: the name of a class of the style sheet."""
GENDERS: Words = {
    "female": pgettext_lazy("sex, one letter", "F"),
    "male": pgettext_lazy("sex, one letter", "M"),
    "other": pgettext_lazy("sex, one letter", "X"),
    "unknown": pgettext_lazy("sex, one letter", "?"),
}
COMPLEXITIES: Words = {
    "high": lazy("High complexity"),
    "moderate": lazy("Moderate complexity"),
    "low": lazy("Low complexity"),
    "unknown": lazy("Complexity not decided yet"),
}
COMPLEXITIES_SHORT: Words = {
    "high": pgettext_lazy("complexity", "High"),
    "moderate": pgettext_lazy("complexity", "Moderate"),
    "low": pgettext_lazy("complexity", "Low"),
}
PHONE_USES: Words = {
    "mobile": lazy("mobile"),
    "home": lazy("at home"),
    "work": lazy("at work"),
    "temp": lazy("for now"),
    "old": lazy("no longer used"),
}
MEDICINE_CHANGES: Words = {
    "new": pgettext_lazy("medicine", "new"),
    "changed": pgettext_lazy("medicine", "changed"),
    "stopped": pgettext_lazy("medicine", "stopped"),
}
MEDICINE_MARKS = {"new": "soon", "changed": "soon", "stopped": "late"}


def refusal(text: str) -> str:
    """Why a duty refused, in the reader's language where it is one of those known; what follows a colon are names."""
    known, (start, colon, rest) = _(text), text.partition(": ")
    return f"{_(start + ':')} {rest}" if known == text and colon else known


def word(table: Words, code: str | None) -> str:
    """The words for a code; a code nobody gave words to is shown as it is, readable."""
    if not code:
        return ""
    if code not in table:
        return code.replace("-", " ").replace("_", " ").capitalize()
    said = table[code]
    return said if isinstance(said, str) else _put(said, get_language())


_SAID: dict[tuple[int, str | None], tuple[Promise, str]] = {}
"""Words put into a language, with what they were made of: a list says the same few over and over."""


def _put(said: Promise, language: str | None) -> str:
    known = _SAID.get((id(said), language))
    if known is None:
        if len(_SAID) > 4096:
            _SAID.clear()
        known = _SAID[id(said), language] = (said, str(said))
    return known[1]


# --- dates and spans ----------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _formatted(value: date | datetime, offset: timedelta | None, pattern: str, language: str | None) -> str:
    return dateformat.format(value, pattern)


def formatted(value: date | datetime, pattern: str) -> str:
    """A date by a pattern in the reader's language; remembered, since a list says the same few dates again and again."""
    # the offset is part of what is remembered: the same instant in two zones is equal, and reads differently
    return _formatted(value, value.utcoffset() if isinstance(value, datetime) else None, pattern, get_language())


def day(value: date | datetime) -> str:
    """A day as people say it: "Thu 19 Nov"; a datetime is taken as it stands, in its own zone."""
    return formatted(value, pgettext("date format", "D j M"))


def moment(value: date | datetime) -> str:
    """A day with its time where it has one: "Thu 19 Nov 14:10"."""
    return formatted(value, pgettext("date format", "D j M H:i")) if isinstance(value, datetime) else day(value)


def birth_day(value: date) -> str:
    """A day with its year: "3 Mar 1955"."""
    return dateformat.format(value, pgettext("date format", "j M Y"))


def weekday(value: date) -> str:
    """The name of a day, short: "Fri"."""
    return formatted(value, "D")


def long_day(value: date | datetime) -> str:
    """A day spelt out: "Monday 23 November"."""
    return dateformat.format(value, pgettext("date format", "l j F"))


def span(value: timedelta) -> str:
    """A length of time in its largest unit: "12 min", "3 h", "7 d"."""
    minutes = int(value.total_seconds() // 60)
    if minutes < 60:
        return _("%(n)s min") % {"n": max(minutes, 1)}
    if minutes < 24 * 60:
        return _("%(n)s h") % {"n": minutes // 60}
    return _("%(n)s d") % {"n": minutes // (24 * 60)}


def ends_its_day(value: datetime) -> bool:
    """Whether a due time only says the day (its last second)."""
    return (value.hour, value.minute) == (23, 59)


# --- people -------------------------------------------------------------------------------------------------------------------------


def language_name(code: str | None) -> str:
    """A language's name from its BCP 47 code, in the reader's language; the code itself when nobody knows it."""
    return _language_name(code, get_language()) if code else ""


@lru_cache(maxsize=1024)
def _language_name(code: str, reader: str | None) -> str:
    for candidate in (code, code.split("-")[0]):
        if candidate in LANGUAGES:
            return str(LANGUAGES[candidate])
        try:
            return str(get_language_info(candidate)["name_translated"]).capitalize()
        except KeyError:
            continue
    return code


def gender_age(gender: str, age: int | None) -> str:
    """Sex and age in the shortest form: "F 71"."""
    return f"{word(GENDERS, gender)} {age}" if age is not None else word(GENDERS, gender)


def speaks(language: str | None, interpreter: bool) -> str:
    """What matters about someone's language: nothing for English without an interpreter."""
    name = "" if not language or language.split("-")[0] == "en" else language_name(language)
    if interpreter:
        return _("%(language)s, interpreter") % {"language": name} if name else _("Interpreter")
    return name


def contact_notes(use: str | None, best_time: str | None, voicemail_ok: bool | None) -> str:
    """How a number is best called: "mobile, mornings, no voicemail"."""
    said = [word(PHONE_USES, use), best_time or "", _("no voicemail") if voicemail_ok is False else ""]
    return ", ".join(part for part in said if part)


def initials(name: str | None) -> str:
    """First and last initial of a name, without titles before it and letters after it ("Dr. Andre Walker, RN" is AW)."""
    words = [part for part in (name or "").partition(",")[0].replace("Dr.", "").split() if part[0].isalnum()]
    while len(words) > 2 and words[-1].isupper():
        words.pop()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else ""


# --- rows of work -------------------------------------------------------------------------------------------------------------------


def row_title(row: Row) -> str:
    """What to do, in the imperative of a worklist."""
    title = promise_title(row)
    if row.waiting_on:
        return _("Waiting on %(whom)s: %(what)s") % {"whom": row.waiting_on, "what": title}
    return title


def promise_title(row: Row) -> str:
    """The promise of a row in words, with the attempt that is next or the window it has."""
    if row.kind == "by-hand" and row.what:
        return row.what
    if title := discharge_words.title(row.kind, row.what):
        return title
    if row.kind in referral_words.TITLES:
        return str(referral_words.TITLES[row.kind]) % {"what": row.what or ""}
    if row.kind in community_words.TITLES:
        what = word(community_words.NEEDS, row.what) if row.kind == "need-help" else row.what or ""
        return str(community_words.TITLES[row.kind]) % {"what": what}
    if row.kind == "contact-after-discharge" and row.attempts:
        if row.attempts == 1:
            return _("Call after discharge: second attempt")
        return _("Call after discharge: attempt %(n)s") % {"n": row.attempts + 1}
    if row.kind == "visit-after-discharge":
        days = 14 if row.why.facts.get("complexity") in ("moderate", "low") else 7
        return _("Visit within %(n)s days of discharge") % {"n": days}
    if row.what:
        own = word(support_words.FINDINGS, row.what) if "/" in row.what and not row.kind.startswith("program-") else row.what
        said = row.others.get((get_language() or "en").split("-")[0], own)
        return _("%(promise)s: %(what)s") % {"promise": word(PROMISES, row.kind), "what": said}
    return word(PROMISES, row.kind)


def due_words(row: Row) -> str:
    """When a row is due, as its tag says it."""
    if row.state == "waiting":
        return _("their turn")
    if row.late_by is not None:
        return _("%(span)s late") % {"span": span(row.late_by)}
    if row.state == "today":
        return _("today") if ends_its_day(row.due) else _("today %(time)s") % {"time": dateformat.format(row.due, "H:i")}
    return day(row.due)


def due_mark(row: Row) -> str:
    """The urgency class of a row's tag: a visit that is booked and not late is calm."""
    if row.state == "coming" and row.why.facts.get("booked"):
        return "calm"
    return MARKS[row.state]


def count_patients(count: int) -> str:
    """How many patients are in one's care."""
    return ngettext("%(n)s patient in your care", "%(n)s patients in your care", count) % {"n": f"{count:,}"}


def days_long(count: int) -> str:
    """How long a stay was."""
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": count}
