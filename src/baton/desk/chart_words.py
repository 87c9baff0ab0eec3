"""Words for a patient's chart: the score's lines and marks, members of a team, ways to reach someone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from baton.desk import labels, score_svg, support_words
from baton.duties.patients.charts import Lane, Member, PatientPage, ScoreNote

PARTIES: labels.Words = {
    "hospital": lazy("Hospital"),
    "primary-care": lazy("Primary care"),
    "specialty": lazy("Specialist"),
    "home-health": lazy("Home health"),
    "pharmacy": lazy("Pharmacy"),
    "community": lazy("Community"),
    "team": lazy("Coordinators"),
    "family": lazy("Patient and family"),
}
NOTE_STATES: labels.Words = {
    "happened": pgettext_lazy("score", "Happened"),
    "missed": pgettext_lazy("score", "Did not succeed"),
    "planned": pgettext_lazy("score", "Planned"),
    "owed": pgettext_lazy("score", "Owed"),
    "late": pgettext_lazy("score", "Overdue"),
}
ENCOUNTERS: labels.Words = {
    "inpatient": pgettext_lazy("encounter", "inpatient"),
    "skilled-nursing": pgettext_lazy("encounter", "skilled nursing"),
    "observation": pgettext_lazy("encounter", "observation"),
    "short-stay": pgettext_lazy("encounter", "short stay"),
    "emergency": pgettext_lazy("encounter", "emergency"),
    "home-visit": pgettext_lazy("encounter", "home visit"),
    "virtual-visit": pgettext_lazy("encounter", "video visit"),
    "visit": pgettext_lazy("encounter", "visit"),
}
EVENTS: labels.Words = {
    **ENCOUNTERS,
    "appointment": pgettext_lazy("score", "appointment"),
    "document": pgettext_lazy("score", "document"),
    "message": pgettext_lazy("score", "message"),
    "dispensed": pgettext_lazy("score", "medicine handed over"),
    "referral": pgettext_lazy("score", "referral"),
    "disclosed": pgettext_lazy("score", "records sent"),
    "call-reached": pgettext_lazy("score", "call, reached"),
    "call-left-message": pgettext_lazy("score", "call, left a message"),
    "call-no-answer": pgettext_lazy("score", "call, no answer"),
    "call-wrong-number": pgettext_lazy("score", "call, wrong number"),
    "call-language-line": pgettext_lazy("score", "call, no shared language"),
    "call-refused": pgettext_lazy("score", "call, refused"),
}
OWED: labels.Words = {
    "contact-after-discharge": pgettext_lazy("score", "call owed"),
    "visit-after-discharge": pgettext_lazy("score", "visit owed"),
    "medication-reconciliation": pgettext_lazy("score", "medicines to reconcile"),
    "discharge-information": pgettext_lazy("score", "summary owed"),
    "readmission-watch": pgettext_lazy("score", "30-day watch ends"),
    "by-hand": pgettext_lazy("score", "promises"),
    "record-request": pgettext_lazy("score", "records awaited"),
    "access-request": pgettext_lazy("score", "copy of the record owed"),
    "amendment-request": pgettext_lazy("score", "correction to answer"),
    "accounting-request": pgettext_lazy("score", "accounting owed"),
    "restriction-request": pgettext_lazy("score", "restriction to answer"),
    **support_words.OWED,
    "message-answer": pgettext_lazy("score", "message to answer"),
    "message-reply": pgettext_lazy("score", "their answer awaited"),
    "co-signature": pgettext_lazy("score", "to co-sign"),
    "look-again-request": pgettext_lazy("score", "to look at again"),
    "message-colleague": pgettext_lazy("score", "colleague to answer"),
    "message-party": pgettext_lazy("score", "office to answer"),
    "message-party-reply": pgettext_lazy("score", "office’s answer awaited"),
}
MEMBERS: labels.Words = {
    "coordinator": lazy("Coordinator"),
    "by-name": lazy("Looked after by"),
    "covering": lazy("Covered by"),
    "primary-care": lazy("Primary care"),
    "family": lazy("Family"),
    "other": lazy("Care team"),
}
CHANNELS: labels.Words = {
    "phone": pgettext_lazy("channel", "Phone call"),
    "sms": pgettext_lazy("channel", "Text message"),
    "email": pgettext_lazy("channel", "E-mail"),
    "mail": pgettext_lazy("channel", "Letter"),
    "portal": pgettext_lazy("channel", "Portal message"),
}
TOLD: labels.Words = {
    "everything": lazy("may be told everything"),
    "appointments": lazy("may be told appointments only"),
    "nothing": lazy("may be told nothing"),
}
RELATIONS: labels.Words = {
    "daughter": pgettext_lazy("relation", "daughter"),
    "son": pgettext_lazy("relation", "son"),
    "wife": pgettext_lazy("relation", "wife"),
    "husband": pgettext_lazy("relation", "husband"),
    "spouse": pgettext_lazy("relation", "spouse"),
    "mother": pgettext_lazy("relation", "mother"),
    "father": pgettext_lazy("relation", "father"),
    "sister": pgettext_lazy("relation", "sister"),
    "brother": pgettext_lazy("relation", "brother"),
    "partner": pgettext_lazy("relation", "partner"),
    "friend": pgettext_lazy("relation", "friend"),
    "neighbor": pgettext_lazy("relation", "neighbour"),
    "guardian": pgettext_lazy("relation", "guardian"),
}


def relation(text: str | None) -> str:
    """How somebody is related, in the reader's language where the word is a common one."""
    known = (text or "").strip().lower()
    return str(RELATIONS[known]) if known in RELATIONS else (text or "")


def member_role(member: Member) -> str:
    """What a member of the team does for the patient."""
    if member.kind == "family":
        return relation(member.role).capitalize() or str(MEMBERS["family"])
    return member.role or labels.word(MEMBERS, member.kind)


def score_words(page: PatientPage) -> score_svg.Words:
    """How this reader's language says the score of this patient."""
    return score_svg.Words(
        lane=_lane_namer(page),
        note=lambda note: note_label(note, page.score.today),
        short=note_short,
        kind=lambda note: labels.word(OWED if note.state in ("owed", "late") else EVENTS, note.what),
        name=note_name,
        many=lambda text, count: _("%(what)s ×%(n)s") % {"what": text, "n": count},
        tick=short_day,
        today=lambda day: (_("Today %(day)s") if page.as_known_on is None else _("Then %(day)s")) % {"day": short_day(day)},
    )


def _lane_namer(page: PatientPage) -> Callable[[Lane], str]:
    """Names for lines: the patient's own carries first names, as people are spoken of."""
    first = [name.split()[0] for name in (page.identity.name, *(member.name for member in page.team if member.kind == "family")) if name]
    family = _("%(one)s and %(other)s") % {"one": first[0], "other": first[1]} if len(first) > 1 else "".join(first)

    def name(lane: Lane) -> str:
        return lane.party or (family if lane.kind == "family" and family else labels.word(PARTIES, lane.kind))

    return name


def note_label(note: ScoreNote, today: date) -> str:
    """The few words beside a mark, with its day where that matters."""
    if note.state in ("owed", "late"):
        return _owed(note, today)
    if note.until is None and (note.what == "appointment" or note.state == "planned"):
        return f"{note_short(note)} {labels.moment(note.time or note.day)}"
    if note.what.startswith("call-"):
        return f"{note_short(note)} {labels.formatted(note.day, 'D')}"
    return note_short(note)


def note_short(note: ScoreNote) -> str:
    """The few words beside a mark, without its day."""
    what = labels.word(EVENTS, note.what)
    if note.state in ("owed", "late"):
        return note.text or labels.word(OWED, note.what)
    if note.until is not None:
        days = max(1, (note.until - note.day).days)
        return ngettext("%(what)s, %(n)s day", "%(what)s, %(n)s days", days) % {"what": what, "n": days}
    if note.what in ("document", "dispensed", "message", "appointment") and note.text:
        return note.text
    if note.what == "referral" and note.text:
        return _("referral: %(what)s") % {"what": note.text}
    return what


def _owed(note: ScoreNote, today: date) -> str:
    what = note_short(note)
    if note.what == "readmission-watch":
        return f"{what} {labels.day(note.day)}"
    if note.state == "late":
        return _("%(what)s since %(day)s") % {"what": what, "day": labels.day(note.day)}
    if note.day == today:
        return _("%(what)s today") % {"what": what}
    return _("%(what)s by %(day)s") % {"what": what, "day": labels.day(note.day)}


def note_what(note: ScoreNote) -> str:
    """What a note of the score is about, in full: for the table and for those who hear the page."""
    if note.state in ("owed", "late"):
        return note.text or labels.word(OWED, note.what)
    what = labels.word(EVENTS, note.what)
    if note.until is not None:
        what = note_short(note)
    return f"{what}: {note.text}" if note.text else what


def note_when(note: ScoreNote) -> str:
    """When a note of the score is, with its end where it lasted."""
    begun = labels.moment(note.time or note.day)
    return _("%(start)s to %(end)s") % {"start": begun, "end": labels.day(note.until)} if note.until else begun


def note_name(note: ScoreNote) -> str:
    """A whole sentence for a mark: state, what, when."""
    return f"{labels.word(NOTE_STATES, note.state)}: {note_what(note)}, {note_when(note)}"


def as_known(page: PatientPage) -> str:
    """The instant of a page of the past, in words."""
    return long_moment(page.as_known_on) if page.as_known_on else ""


def long_moment(value: datetime | date) -> str:
    """A day with its year, and its time where it has one: "Thu 19 Nov 2026 14:10"."""
    with_time = isinstance(value, datetime)
    return labels.formatted(value, pgettext("date format", "D j M Y H:i") if with_time else pgettext("date format", "D j M Y"))


def short_day(value: date) -> str:
    """A day without its weekday: "19 Nov"."""
    return labels.formatted(value, pgettext("date format", "j M"))


PROGRAMS: labels.Words = {"transitional-care-adult": lazy("Transitional care")}
MATCHES: labels.Words = {
    "name": lazy("by name"),
    "birth date": lazy("by date of birth"),
    "mrn": lazy("by record number"),
    "phone": lazy("by telephone"),
    "sounds like": lazy("sounds like it"),
}
PHONE_USES: labels.Words = {
    "home": pgettext_lazy("telephone", "Home"),
    "mobile": pgettext_lazy("telephone", "Mobile"),
    "work": pgettext_lazy("telephone", "Work"),
    "temp": pgettext_lazy("telephone", "For now"),
}


def phone_use(use: str | None) -> str:
    """What a number is for."""
    return labels.word(PHONE_USES, use) or _("Telephone")


FILTERS: dict[str, Callable[..., str | int]] = {
    "as_known": as_known,
    "channel_name": lambda code: labels.word(CHANNELS, code),
    "flag_text": lambda text: str(PROGRAMS.get(text, text)),
    "encounter_name": lambda code: labels.word(ENCOUNTERS, code),
    "long_moment": long_moment,
    "match_name": lambda code: labels.word(MATCHES, code),
    "member_role": member_role,
    "note_state": lambda code: labels.word(NOTE_STATES, code),
    "note_what": note_what,
    "note_when": note_when,
    "percent": lambda share: round(100 * share),
    "phone_use": phone_use,
    "relation": relation,
    "told_name": lambda code: labels.word(TOLD, code),
}
"""What the patient's templates call these by; `parts` hands them to every template."""
