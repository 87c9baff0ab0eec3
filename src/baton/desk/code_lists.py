"""What is sensitive here: the codes that come with the hub, each with its source, and the house's own lists, kept by administrators."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from baton.desk import labels
from baton.desk.privacy import desk
from baton.duties.privacy import code_lists as duty
from baton.duties.privacy.code_lists import Shipped, Wanted
from baton.rules import sensitivity
from baton.rules.calendar import local_day
from baton.rules.sensitivity import OwnList
from baton.store import Forbidden, Invalid
from baton.web.gate import Request, stepped_up

SENSITIVE: labels.Words = {
    "HIV": lazy("HIV or AIDS"),
    "SEX": lazy("Sexual or reproductive health"),
    "SDV": lazy("Abuse or violence"),
    "PART2": lazy("Substance use program (Part 2)"),
    "PSYTHPN": lazy("Psychotherapy notes"),
    "R": lazy("Something else that is restricted"),
}
SYSTEMS: dict[str, str] = {
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://loinc.org": "LOINC",
    "http://snomed.info/sct": "SNOMED CT",
    "http://www.whocc.no/atc": "ATC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://www.ama-assn.org/go/cpt": "CPT",
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS",
}
"""Code systems by url, and what they are called."""
CALLED = {sensitivity.short(url): name for url, name in SYSTEMS.items()} | {"answer": lazy("answers of our own screens")}


REFUSALS = (
    lazy("Choose what these codes tell of."),
    lazy("Say which code system these codes are of."),
    lazy("Name the codes."),
    lazy("A list has at most 200 codes."),
    lazy("A beginning has two characters at least: a shorter one means half of all codes."),
    lazy("Say why, in at most 300 characters: it stands on the label."),
    lazy("Say from which day on."),
    lazy("There is no such list in use."),
    lazy("What is sensitive here is for administrators to say."),
    lazy("A list that was in use stays on record: end it instead."),
)


class ListForm(forms.Form):
    """A list of codes: what they tell of, which they are, from when, why."""

    does = forms.ChoiceField(
        label=lazy("These codes"),
        choices=[("adds", lazy("are sensitive here")), ("leaves-out", lazy("are not sensitive here, against the list above"))],
    )
    label = forms.ChoiceField(label=lazy("They tell of"), choices=[(each, SENSITIVE[each]) for each in duty.LABELS])
    system = forms.ChoiceField(label=lazy("Code system"), choices=[*SYSTEMS.items(), ("other", lazy("another, by its address"))])
    other = forms.CharField(
        label=lazy("Its address"), required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    codes = forms.CharField(label=lazy("Codes"), widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}))
    since = forms.DateField(label=lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    why = forms.CharField(label=lazy("Why"), max_length=duty.LONGEST_WHY, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, prefix="list", initial={"since": today})

    def clean(self) -> dict[str, Any]:
        """Another system needs its address."""
        said = super().clean() or {}
        if said.get("system") == "other" and ":" not in said.get("other", ""):
            self.add_error("other", _("Write the address by which the records name it: https://… or urn:…"))
        return said

    def wanted(self) -> Wanted:
        """What was filled in: a code that ends in * is a beginning."""
        said = self.cleaned_data
        named = [each for each in re.split(r"[\s,;]+", said["codes"]) if each]
        return Wanted(
            label=said["label"],
            system=said["other"].strip() if said["system"] == "other" else said["system"],
            codes=tuple(each for each in named if not each.endswith("*")),
            starts=tuple(each.rstrip("*") for each in named if each.endswith("*")),
            why=said["why"],
            adds=said["does"] == "adds",
            since=said["since"],
        )


def system_name(system: str) -> str:
    """What a code system is called."""
    return str(CALLED.get(sensitivity.short(system), system))


def _own(each: OwnList, today: date) -> dict[str, Any]:
    return {
        "it": each,
        "label": labels.word(SENSITIVE, each.label),
        "system": system_name(each.system),
        "codes": ", ".join([*each.codes, *(f"{start}*" for start in each.starts)]),
        "holds": each.in_force(today),
        "ended": each.until is not None,
        "taken_back": each.until is not None and each.until < each.since,
    }


def _shipped(rows: list[Shipped]) -> list[tuple[str, list[dict[str, Any]]]]:
    several: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        said = {
            "it": row,
            "system": system_name(row.system),
            "codes": ", ".join([*row.codes, *(f"{start}*" for start in row.starts)]),
            "read": row.mark == "S",
        }
        several.setdefault(labels.word(SENSITIVE, row.label), []).append(said)
    return list(several.items())


@desk
@require_GET
def index(request: Request) -> HttpResponse:
    """Which codes are sensitive here, and why."""
    return _page(request)


def _page(request: Request, form: ListForm | None = None, status: int = 200) -> HttpResponse:
    with request.hub.store.view(request.who) as view:
        today = local_day(view.now, view.zone)
        own = [_own(each, today) for each in duty.in_use(view)]
    context = {
        "own": own,
        "shipped": _shipped(duty.shipped(today)),
        "form": (form or ListForm(today=today)) if request.who.role in duty.BY else None,
    }
    return render(request, "privacy/codes.html", context, status=status)


def _administrators(request: Request) -> None:
    if request.who.role not in duty.BY:
        raise Forbidden("What is sensitive here is for administrators to say.")


@require_POST
@stepped_up
def add(request: Request) -> HttpResponse:
    """Keep a list."""
    _administrators(request)
    form = ListForm(request.POST, today=local_day(request.hub.store.now(), request.hub.store.zone))
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        with request.hub.store.change(request.who, because="What is sensitive here") as change:
            duty.keep(change, form.wanted())
    except Invalid as refused:
        for issue in refused.issues:
            form.add_error(None, labels.refusal(issue.text))
        return _page(request, form, 422)
    messages.success(request, _("The list holds from its day on, for everything that is written then."))
    return redirect("privacy-codes")


@require_POST
@stepped_up
def end(request: Request, list_: str) -> HttpResponse:
    """A list holds no longer."""
    _administrators(request)
    try:
        with request.hub.store.change(request.who, because="What is sensitive here") as change:
            duty.end(change, list_=list_)
    except Invalid as refused:
        messages.error(request, labels.refusal(refused.issues[0].text))
    else:
        messages.success(request, _("The list holds no longer. It stays on record."))
    return redirect("privacy-codes")


urlpatterns = [
    path("privacy/codes", index, name="privacy-codes"),
    path("privacy/codes/add", add, name="privacy-codes-add"),
    path("privacy/codes/<str:list_>/end", end, name="privacy-codes-end"),
]
