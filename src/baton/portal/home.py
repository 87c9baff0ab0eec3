"""The first page: what the patient does, what we do, and when to call for help. The same promises stand on the coordinator's list."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from baton.duties.contact import threads
from baton.duties.scheduling import notices, weekly
from baton.duties.support import agreements, education
from baton.fhir.resource import human_name
from baton.paper import Block, Facts, Heading, Notice, Paper, Rows, Text, pdf
from baton.portal import me, questions, show, sign_in, talk, words, worries
from baton.portal.posting import form
from baton.store import View
from baton.web import guests
from baton.web.gate import Request, guest


@guest
@require_GET
def plan(request: Request) -> HttpResponse:
    """What was agreed. Whoever has no way in for the next time yet is led to make one first."""
    account = request.user
    if not guests.card_left(account) and not sign_in.ending(request, account):  # type: ignore[arg-type]
        return redirect("my_keys")
    patient = str(request.who.on_behalf_of)
    with request.hub.store.view(request.who) as view:
        if not view.decide("see", "Task", patient=patient).allowed:
            return redirect("my_visits")
        person = view.get(*patient.split("/", 1))
        given = next(iter((person.get("name") or [{}])[0].get("given", ())), "") or human_name(person)
        context: dict[str, Any] = {
            "now": view.now.astimezone(view.zone),
            "given": given,
            "together": agreements.together(view, patient=patient),
            "todo": _todo(view, patient),
            "goals": agreements.goals(view, patient=patient),
            "phone": show.phone_of(view, patient),
            "withheld": view.withheld(patient),
        }
    context["count"] = sum(not each.alone for each in context["together"].theirs) + len(context["todo"])
    return show.page(request, "portal/plan.html", context)


def _todo(view: View, patient: str) -> list[dict[str, Any]]:
    """What else waits for them: a visit to say yes to, messages to read, lessons."""
    found = questions.todo(view, patient)
    for visit in weekly.of_patient(view, patient):
        if visit.status == "booked" and visit.reply != notices.YES:
            words_ = _("Say if you can come: %(what)s") % {"what": visit.what}
            found.append({"words": words_, "when": words.moment(visit.start), "link": reverse("my_visits"), "button": _("See the visit")})
    found += [*worries.todo(view), *me.todo(view)]
    if new := talk.unread(threads.of_patient(view, patient)):
        said = ngettext("Read %(n)s new message", "Read %(n)s new messages", new) % {"n": new}
        found.append({"words": said, "when": "", "link": reverse("my_talks"), "button": _("See it")})
    for given in education.learning(view, patient=patient).given:
        if any(item.proof is None for item in given.items):
            link = reverse("my_lesson", args=[given.id])
            found.append({"words": _("Read: %(title)s") % {"title": given.title}, "when": "", "link": link, "button": _("Open")})
    return found


@guest
@require_GET
def paper(request: Request) -> HttpResponse:
    """The same on paper, to put on the refrigerator."""
    patient, language = str(request.who.on_behalf_of), get_language() or "en"
    with request.hub.store.view(request.who) as view:
        found = agreements.together(view, patient=patient)
        visits = [each for each in weekly.of_patient(view, patient) if each.status == "booked"]
        phone = show.phone_of(view, patient)
        now = view.now.astimezone(view.zone)
    head = [_("What"), _("When")]
    blocks: list[Block] = []
    for title, several in ((_("What you do"), found.theirs), (_("What we do"), found.ours)):
        rows = [[words.promise(each), words.due(each)] for each in several]
        marked = frozenset(place for place, each in enumerate(several) if each.state == "late")
        blocks += [Heading(title), Rows(head, rows, (3, 2), marked) if rows else Text(_("Nothing just now."))]
    if visits:
        blocks += [Heading(_("My visits")), Rows(head, [[each.what, words.moment(each.start)] for each in visits], (3, 2))]
    red = _("you cannot breathe well, your chest hurts, you faint, or one side of you goes weak.")
    blocks.append(Notice(red, _("Call 911 if")))
    blocks += [Facts([(_("For all else, call us:"), phone)])] if phone else []
    body = pdf(Paper(_("What we agreed"), blocks, language=language[:2], footer="Baton", made=words.day(now)))
    request.hub.store.note_event(request.who, "print plan", patients=[patient])
    return HttpResponse(body, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="plan.pdf"'})


@form("my")
def did(request: Request, task: str) -> str:
    """Something of theirs is done."""
    with request.hub.store.change(request.who, because="Done, said in the portal") as change:
        agreements.did(change, task=task)
    return _("Well done. We have written it down.")


urlpatterns = [
    path("my/", plan, name="my"),
    path("my/plan.pdf", paper, name="my_plan_paper"),
    path("my/done/<str:task>", did, name="my_did"),
]
