"""What is filled in when a visit is needed, and when times are to be found together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy

from baton.desk import scheduling_words as words
from baton.duties.scheduling import asking, terms
from baton.duties.scheduling.asking import Ask, Elsewhere
from baton.duties.scheduling.needs import Need

DAY = {"type": "date"}
CLOCK = {"type": "time", "step": "300"}
WEEKDAYS = range(7)
BUSY_ROWS = 3


class NeedForm(forms.Form):
    """A visit that somebody needs."""

    what = forms.CharField(label=lazy("What is needed"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    specialty = forms.CharField(
        label=lazy("Specialty"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off", "list": "specialties"})
    )
    minutes = forms.IntegerField(label=lazy("Minutes"), initial=30, min_value=5, max_value=720)
    priority = forms.ChoiceField(label=lazy("How urgent"), initial="routine")
    modality = forms.ChoiceField(label=lazy("How it is held"))
    earliest = forms.DateField(label=lazy("Not before"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    latest = forms.DateField(label=lazy("Wanted by"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    start_from = forms.TimeField(label=lazy("Begins after"), required=False, widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"))
    start_until = forms.TimeField(label=lazy("Begins before"), required=False, widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"))
    after = forms.ChoiceField(label=lazy("Only after"), required=False)
    days_between = forms.IntegerField(label=lazy("Business days between"), required=False, min_value=0, max_value=60)
    preparation = forms.CharField(
        label=lazy("Preparation"), required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, others: Sequence[Need], today: date) -> None:
        super().__init__(data, prefix="need")
        self.fields["priority"].choices = [(code, words.PRIORITIES[code]) for code in reversed(terms.PRIORITIES)]  # type: ignore[attr-defined]
        self.fields["modality"].choices = [(code, words.MODALITIES[code]) for code in terms.MODALITIES]  # type: ignore[attr-defined]
        self.fields["after"].choices = [("", lazy("nothing else")), *((need.id, need.what) for need in others)]  # type: ignore[attr-defined]
        for name in ("earliest", "latest"):
            self.fields[name].widget.attrs["min"] = today.isoformat()


class TogetherForm(forms.Form):
    """When the patient can, and what matters."""

    first_day = forms.DateField(label=lazy("From"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    days = forms.IntegerField(label=lazy("Days to look at"), min_value=1, max_value=120)
    from_ = forms.TimeField(label=lazy("Leaves home after"), widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"))
    until = forms.TimeField(label=lazy("Is back before"), widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"))
    way = forms.IntegerField(label=lazy("Minutes each way"), min_value=0, max_value=300)
    matters = forms.ChoiceField(label=lazy("What matters most"))
    same_person = forms.BooleanField(label=lazy("The same person for visits of one specialty"), required=False)

    def __init__(self, data: Any = None, *, ask: Ask) -> None:
        initial = {name: getattr(ask, name) for name in ("first_day", "days", "from_", "until", "way", "matters", "same_person")}
        super().__init__(data, prefix="ask", initial=initial)
        self.fields["matters"].choices = list(words.MATTERS.items())  # type: ignore[attr-defined]
        self.ask = ask

    def asked(self, needs: Sequence[str], weekdays: Sequence[str], same_day: Sequence[str], elsewhere: Sequence[Elsewhere]) -> Ask:
        """What is asked, from what was filled in here and beside it."""
        said = self.cleaned_data
        return replace(
            self.ask,
            needs=tuple(dict.fromkeys(needs)),
            first_day=said["first_day"],
            days=said["days"],
            weekdays=tuple(sorted({int(day) for day in weekdays if day.isdigit() and int(day) in WEEKDAYS})),
            from_=said["from_"].strftime("%H:%M"),
            until=said["until"].strftime("%H:%M"),
            way=said["way"],
            matters=said["matters"] if said["matters"] in asking.ORDERS else "dates",
            same_person=said["same_person"],
            same_day=tuple(same_day),
            elsewhere=tuple(elsewhere),
        )


def busy_rows(data: Any) -> list[Elsewhere]:
    """The rows of times elsewhere that were filled in; a row without a name or hours is none."""
    found = []
    for number in range(BUSY_ROWS):
        label, day, start, end = (str(data.get(f"busy-{number}-{name}", "")).strip() for name in ("label", "day", "start", "end"))
        if label and start and end and day.isdigit() and int(day) in WEEKDAYS:
            found.append(Elsewhere(label[:60], int(day), start[:5], end[:5]))
    return found
