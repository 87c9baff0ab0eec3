"""How somebody works: the languages they speak, how much of full time, and who guides them; said by those who answer for them."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from baton.desk import people as desk
from baton.duties.team import staff
from baton.store import Invalid
from baton.web.gate import Request


@desk.keeping
def work(request: Request, person: str) -> HttpResponse:
    """Languages, share of full time, mentor: all three at once."""
    reference, share = f"Practitioner/{person}", desk.given(request, "share")
    if not share.isdigit():
        raise Invalid("Say a percent of full time, from 0 to 100.", expression="Practitioner.extension")
    with request.hub.store.change(request.who, because="How somebody works") as change:
        staff.set_languages(change, person=reference, languages=desk.given(request, "languages").replace(",", " ").split())
        staff.set_share(change, person=reference, share=int(share))
        staff.set_mentor(change, person=reference, mentor=desk.given(request, "mentor") or None)
    return desk.done(request, person, _("Kept: suggestions and loads go by it from now on."))


urlpatterns = [path("people/<str:person>/work", work, name="person_work")]
