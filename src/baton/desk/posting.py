"""A form that posts: by staff alone; what the duty refuses is said on the page it goes back to, and nothing is lost."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from baton.desk import labels
from baton.store import Conflict, Invalid, Refused
from baton.web.gate import Request, staff

View = Callable[..., HttpResponse | str]
Answered = Callable[..., HttpResponse]


def said(request: Request, refused: Refused, *, refusal: Callable[[str], str] = labels.refusal) -> None:
    """Say on the next page what was refused, and why."""
    for issue in refused.issues:
        messages.error(request, refusal(issue.text))


def form(
    back: Answered, *, refusal: Callable[[str], str] = labels.refusal, gate: Callable[[Any], Any] = staff
) -> Callable[[View], Answered]:
    """A view that is a form. It answers for itself, or with a sentence that is said before going `back` (which gets what the view got).

    `gate` says who comes in: `stepped_up` for what is sensitive.
    """

    def of(view: View) -> Answered:
        @require_POST
        @gate
        @functools.wraps(view)
        def answered(request: Request, *args: str, **kwargs: str) -> HttpResponse:
            try:
                answer = view(request, *args, **kwargs)
            except (Invalid, Conflict) as refused:
                said(request, refused, refusal=refusal)
                return back(request, *args, **kwargs)
            if isinstance(answer, HttpResponse):
                return answer
            messages.success(request, answer)
            return back(request, *args, **kwargs)

        wrapped: Answered = answered
        return wrapped

    return of
