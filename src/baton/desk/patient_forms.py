"""What a person may write on a patient's page; each form says next to the field what to do when something is amiss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from baton.desk import chart_words, labels
from baton.duties.patients.charts import PatientPage, Preferences
from baton.duties.patients.patients import LONGEST_NOTE, LONGEST_WORDS
from baton.duties.today.rows import Contact

OFFERED = ("en", "es", "zh", "yue", "vi", "tl", "ar", "fr", "ht", "ko", "ru", "pt", "pl", "hi", "so", "hmn", "am", "ase")
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


class NoteForm(forms.Form):
    """A note for everyone who looks after the patient."""

    text = forms.CharField(
        label=lazy("Note"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": lazy("Write the note first, then save it.")},
    )


class PromiseForm(forms.Form):
    """Something promised to this patient that no rule would have made."""

    what = forms.CharField(
        label=lazy("What is promised"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": lazy("Say what is promised: “Send the ride voucher”, for example.")},
    )
    due = forms.DateField(
        label=lazy("Due"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y"],
        error_messages={"required": lazy("Choose the day by which it is done."), "invalid": lazy("Write the day as 2026-07-31.")},
    )
    owner = forms.ChoiceField(label=lazy("Who keeps it"))

    def __init__(self, *args: Any, today: date, owners: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["due"].widget.attrs["min"] = today.isoformat()
        self.fields["owner"].choices = list(owners)  # type: ignore[attr-defined]

    def clean_due(self) -> date:
        """A promise is for today or later."""
        due: date = self.cleaned_data["due"]
        if due < self.today:
            raise forms.ValidationError(_("This day has passed: choose today or a later day."))
        if due.year > self.today.year + 5:
            raise forms.ValidationError(_("This is more than five years away: check the year."))
        return due


class PreferencesForm(forms.Form):
    """How to talk to the patient, and what the people around them may be told."""

    language = forms.ChoiceField(label=lazy("Language"), required=False)
    interpreter = forms.BooleanField(label=lazy("Needs an interpreter"), required=False)
    channel = forms.ChoiceField(label=lazy("Best way to reach them"), required=False)
    best_time = forms.CharField(label=lazy("Best time"), required=False, max_length=LONGEST_WORDS)
    voicemail = forms.ChoiceField(label=lazy("May a voicemail be left?"), required=False)
    note = forms.CharField(label=lazy("Good to know before calling"), required=False, max_length=LONGEST_WORDS)

    def __init__(self, data: Any = None, *, page: PatientPage, prefix: str) -> None:
        stated = page.preferences
        voicemail = {None: "", True: "yes", False: "no"}[stated.voicemail_ok]
        initial = {
            "language": stated.language or "",
            "interpreter": stated.interpreter,
            "channel": stated.channel or "",
            "best_time": stated.best_time or "",
            "voicemail": voicemail,
            "note": stated.note or "",
        }
        super().__init__(data, prefix=prefix, initial=initial)
        self.people = [contact for contact in page.contacts if contact.ref]
        self._choices("language", _languages(stated.language))
        self._choices("channel", [("", _("not asked")), *chart_words.CHANNELS.items()])
        self._choices("voicemail", [("", _("not asked")), ("yes", _("yes, safe voicemail")), ("no", _("no, never"))])
        for contact in self.people:
            self.fields[_field(contact)] = forms.ChoiceField(
                label=_("%(name)s may be told") % {"name": contact.name},
                required=False,
                initial=contact.told or "",
                choices=[
                    ("", _("not asked")),
                    ("everything", _("everything")),
                    ("appointments", _("appointments only")),
                    ("nothing", _("nothing")),
                ],
            )

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def permissions(self) -> list[forms.BoundField]:
        """The fields about the people around the patient."""
        return [self[_field(contact)] for contact in self.people]

    def wanted(self) -> Preferences:
        """What was filled in."""
        said = self.cleaned_data
        return Preferences(
            language=said["language"] or None,
            interpreter=said["interpreter"],
            channel=said["channel"] or None,
            best_time=said["best_time"].strip() or None,
            voicemail_ok={"yes": True, "no": False}.get(said["voicemail"]),
            note=said["note"].strip() or None,
        )

    def told(self) -> dict[str, str | None]:
        """What each related person (by id) may be told."""
        return {str(contact.ref).partition("/")[2]: self.cleaned_data[_field(contact)] or None for contact in self.people}


def _field(contact: Contact) -> str:
    return "told-" + str(contact.ref).partition("/")[2]


def _languages(stated: str | None) -> list[tuple[str, str]]:
    """Languages to choose from, the one already stated among them."""
    return list(_named(stated, get_language()))


@lru_cache(maxsize=256)
def _named(stated: str | None, reader: str | None) -> tuple[tuple[str, str], ...]:
    codes = dict.fromkeys([*([stated] if stated else []), *OFFERED])
    return (("", _("not asked")), *sorted(((code, labels.language_name(code)) for code in codes), key=lambda pair: pair[1]))


class PastForm(forms.Form):
    """The past instant to look back to, in the facility's own time."""

    at = forms.DateTimeField(
        label=lazy("As known on"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        error_messages={"required": lazy("Choose a day and a time."), "invalid": lazy("Write the instant as 2026-07-02T14:10.")},
    )

    def __init__(self, *args: Any, now: datetime, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.zone = now, zone
        self.fields["at"].widget.attrs["max"] = now.astimezone(zone).strftime("%Y-%m-%dT%H:%M")

    def clean_at(self) -> datetime:
        """An instant that has passed, aware, in the facility's zone: the end of the minute that was written, so that the minute counts."""
        stated: datetime = self.cleaned_data["at"]
        at = stated.replace(tzinfo=self.zone)
        if at > self.now:
            raise forms.ValidationError(_("This instant has not come yet: choose one in the past."))
        if at < EARLIEST:
            raise forms.ValidationError(_("Nothing was recorded so long ago: check the year."))
        return at.replace(second=59, microsecond=999_000)
