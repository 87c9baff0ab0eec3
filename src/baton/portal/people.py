"""Who may see: the patient lets somebody in, for everything or for visits, and ends it. For the patient alone."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET

from baton.duties.contact import guests as duty
from baton.duties.contact import portal_mail
from baton.portal import show, words
from baton.portal.posting import form
from baton.store import Forbidden, Invalid
from baton.web import guests
from baton.web.gate import Request, guest


def _own(request: Request) -> str:
    """The patient, who looks themselves. Raises Forbidden."""
    if request.who.role != "patient":
        raise Forbidden("Who may see is for the patient alone.")
    return request.who.person


@guest
@require_GET
def index(request: Request) -> HttpResponse:
    """Who may see now, and letting somebody in."""
    patient = _own(request)
    with request.hub.store.view(request.who) as view:
        people = [each for each in duty.of_patient(view, patient) if not each.own]
        have = {each.person for each in people}
        close = [each for each in duty.close_to(view, patient) if each[0] not in have]
    context = {"people": people, "close": close, "levels": words.LEVELS.items(), "relations": words.RELATIONS.items()}
    return show.page(request, "portal/people.html", context)


@form("my_people")
@sensitive_variables("code")
def let_in(request: Request) -> HttpResponse:
    """Somebody on file, or somebody new: the link goes to them, the code is shown here, to be told by the patient."""
    patient, said = _own(request), request.POST
    email = said.get("email", "").strip()
    if "@" not in email:
        raise Invalid("Say their e-mail address.", expression="RelatedPerson.telecom")
    with request.hub.store.change(request.who, because="Let in by the patient") as change:
        known = dict(duty.close_to(change, patient))
        person = said.get("person", "")
        if person not in known:
            made = duty.add_close(change, patient=patient, name=said.get("name", ""), relation=said.get("relation", "O"), email=email)
            person = made.reference
        duty.let_in(change, patient=patient, person=person, level=said.get("level", "dates"))
        link, code = guests.invite(email, person)
        portal_mail.send(change, person=person, to=email, link=link, kind="hello")
    return show.page(request, "portal/let_in.html", {"code": f"{code[:4]} {code[4:]}", "days": guests.number("invitation")})


@form("my_people")
def end(request: Request, consent: str) -> str:
    """Not any more, from this moment."""
    patient = _own(request)
    with request.hub.store.change(request.who, because="Ended by the patient") as change:
        found = next((each for each in duty.of_patient(change, patient) if each.consent == consent and not each.own), None)
        if found is None:
            raise Invalid("This permission is over already.", expression="Consent.status")
        duty.end(change, consent=consent)
    guests.forget(found.person, apps=request.hub.store.apps)
    return _("%(name)s cannot see your page any more.") % {"name": found.name}


urlpatterns = [
    path("my/people", index, name="my_people"),
    path("my/people/let-in", let_in, name="my_let_in"),
    path("my/people/<str:consent>/end", end, name="my_end"),
]
