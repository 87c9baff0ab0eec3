"""What worries me: said in one's own words, answered and planned by people, and settled when whoever said it says so.

No machine reads it: what to do in an emergency is said to everybody, before they write and after.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.duties.support import concerns
from baton.packs import crisis
from baton.portal import show
from baton.portal.posting import form
from baton.store import NotFound, View
from baton.web.gate import Request, guest

STEPS = {"raised": 1, "named": 1, "acknowledged": 2, "planned": 3, "settled": 4}
"""How far along each state is, of the four steps that are shown."""


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """What they raised and where it stands; and raising something."""
    with request.hub.store.view(request.who) as view:
        mine = concerns.mine(view)
        context: dict[str, Any] = {
            "open": [(each, STEPS[each.state], each.due is not None and each.due < view.now) for each in mine if each.open],
            "settled": [each for each in mine if not each.open],
            "phone": show.phone_of(view, str(request.who.on_behalf_of)),
            "crisis": crisis.words(get_language()),
        }
    return show.page(request, "portal/worries.html", context)


@form("my_worries")
def say(request: Request) -> HttpResponse:
    """Something worries them: kept as they say it. The next page says what happens now, and what to do if it cannot wait."""
    with request.hub.store.change(request.who, because="A worry from the portal") as change:
        patient = str(request.who.on_behalf_of)
        stored = concerns.raise_(change, patient=patient, words=request.POST.get("words", ""), helps=request.POST.get("helps", ""))
        worry = concerns.read(change, stored.resource())
        phone = show.phone_of(change, patient)
    return show.page(request, "portal/worry_sent.html", {"worry": worry, "phone": phone, "crisis": crisis.words(get_language())})


def _mine(view: View, concern: str) -> concerns.Concern:
    found = next((each for each in concerns.mine(view) if each.id == concern), None)
    if found is None:
        raise NotFound("There is no such worry.")
    return found


@form("my_worries")
def answer(request: Request, concern: str) -> str:
    """Whether it is settled: they say so, in their own words if they like."""
    said, settled = request.POST.get("said", "").strip(), request.POST.get("is") == "settled"
    with request.hub.store.change(request.who, because="A worry: the patient says how it is") as change:
        found = _mine(change, concern)
        if settled:
            concerns.settle(change, concern=found.id, said=said or _("It is settled."))
        else:
            concerns.not_settled(change, concern=found.id, said=said or _("It is not settled yet."))
    return _("Good. We have written it down.") if settled else _("Thank you for telling us. We go on with it.")


def todo(view: View) -> list[dict[str, Any]]:
    """What waits for a word of theirs: each worry with a plan."""
    mine = [each for each in concerns.mine(view) if each.state == "planned"]
    words = _("Tell us: is it settled? “%(what)s”")
    link, button = reverse("my_worries"), _("Tell us")
    return [{"words": words % {"what": each.words}, "when": "", "link": f"{link}#worry-{each.id}", "button": button} for each in mine]


urlpatterns = [
    path("my/worries", index, name="my_worries"),
    path("my/worries/say", say, name="my_worry_say"),
    path("my/worries/<str:concern>", answer, name="my_worry"),
]
