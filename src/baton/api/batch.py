"""batch: entries done one after the other, each its own change with its own status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from baton.api import incident, respond
from baton.api.call import Call
from baton.api.entry import call_of
from baton.api.refusal import REFUSALS, Refusal, inside, issues_of, status_of
from baton.api.respond import Response
from baton.fhir.bundle import ORDER, Entry, entries

Perform = Callable[..., Response]


def run(call: Call, bundle: dict[str, Any], perform: Perform) -> Response:
    """Answer a batch Bundle: 200, one entry for each in their order; done in the order of R4: DELETE, POST, PUT, GET."""
    taken = entries(bundle)
    answers: dict[int, bytes] = {}
    for entry in sorted(taken, key=lambda each: ORDER[each.method]):
        answers[entry.index] = _answered(call, entry, perform)
    return Response(200, respond.bundle("batch-response", [answers[entry.index] for entry in taken]))


def _answered(call: Call, entry: Entry, perform: Perform) -> bytes:
    try:
        return respond.answered(perform(call_of(entry, call)))
    except (Refusal, *REFUSALS) as error:
        moved = inside(error, entry.where, entry.type)
        return respond.answered(Response(status_of(error)), respond.outcome(issues_of(moved)))
    except Exception as error:
        issue = incident.recorded(error, "batch entry")
        return respond.answered(Response(500), respond.outcome([issue]))
