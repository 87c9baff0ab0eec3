"""A form of the portal that posts: by whoever is let in alone; what the duty refuses is said on the page it goes back to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from baton.store import Conflict, Invalid
from baton.web.gate import Request, guest

View = Callable[..., HttpResponse | str]
REFUSALS: Mapping[str, Any] = {
    "Choose a file first.": lazy("Choose a file first."),
    "We cannot take this file.": lazy("We cannot take this file. Send a PDF, a photo or a text of up to 10 MB."),
    "Say it in your own words.": lazy("Say it in your own words."),
    "Say it in the patient's own words, in at most 1000 characters.": lazy("Say it in your own words, but not too long."),
    "That does not fit where the concern stands now.": lazy("We work on this one already."),
    "Say how it goes, and how sure you are.": lazy("Say how it goes, and how sure you are."),
    "Write the message first, then send it.": lazy("Write the message first, then send it."),
    "This permission is over already.": lazy("This is over already."),
    "Somebody who works here signs in with this address: the portal takes another one.": lazy("Please take another e-mail address."),
    "That is none of the answers.": lazy("Choose one of the answers."),
    "Say what it is.": lazy("Say what it is."),
    "Say who it is.": lazy("Say who it is."),
    "Say their e-mail address.": lazy("Say their e-mail address."),
    "Say what you want to tell us.": lazy("Say what you want to tell us."),
    "This visit is over, or was moved.": lazy("This visit is over, or was moved."),
    "The day has passed already.": lazy("That day is over. Choose one that is still to come."),
}
NO = lazy("That did not work. Please look at it again, or call us.")


def form(back: str, *, refusals: Mapping[str, Any] = REFUSALS) -> Callable[[View], Callable[..., HttpResponse]]:
    """A view that is a form. It answers for itself, or with a sentence that is said on the page `back` (a route)."""

    def of(view: View) -> Callable[..., HttpResponse]:
        @require_POST
        @guest
        @functools.wraps(view)
        def answered(request: Request, *args: str, **kwargs: str) -> HttpResponse:
            try:
                answer = view(request, *args, **kwargs)
            except (Invalid, Conflict) as refused:
                for said in dict.fromkeys(str(refusals.get(issue.text, NO)) for issue in refused.issues):
                    messages.error(request, said)
                return redirect(back)
            if isinstance(answer, HttpResponse):
                return answer
            messages.success(request, answer)
            return redirect(back)

        return answered

    return of
