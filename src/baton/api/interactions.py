"""The table of interactions: it routes calls and writes the CapabilityStatement, so neither can say what the other denies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from baton.api import batch, create, delete, everything, history, metadata, read, search, transaction, update, vread
from baton.api.call import Call
from baton.api.refusal import Refusal
from baton.api.respond import Response
from baton.store import Change, View


@dataclass(frozen=True, slots=True)
class Interaction:
    """One row: a method on a shape of address, and what answers it. `opens`: what `run` gets beside the call (view, change, nothing)."""

    code: str  # as in CapabilityStatement.rest.resource.interaction.code, or the name of an operation with "$"
    level: str  # system, type, or "" where the CapabilityStatement does not list it
    method: str
    shape: str
    opens: str
    run: Callable[..., Response]


def _bundle(call: Call) -> Response:
    bundle = call.body()
    kind = bundle.get("type") if bundle.get("resourceType") == "Bundle" else None
    if kind == "transaction":
        return transaction.run(call, bundle, perform)
    if kind == "batch":
        return batch.run(call, bundle, perform)
    raise Refusal(400, "value", "Only a Bundle of type batch or transaction can be posted to the base address.", "Bundle.type")


def _metadata(call: Call) -> Response:
    return metadata.run(call, TABLE)


TABLE = (
    Interaction("read", "type", "GET", "Type/id", "view", read.run),
    Interaction("vread", "type", "GET", "Type/id/_history/version", "view", vread.run),
    Interaction("update", "type", "PUT", "Type/id", "change", update.run),
    Interaction("update", "", "PUT", "Type", "change", update.run_conditional),
    Interaction("delete", "type", "DELETE", "Type/id", "change", delete.run),
    Interaction("delete", "", "DELETE", "Type", "change", delete.run_conditional),
    Interaction("history-instance", "type", "GET", "Type/id/_history", "view", history.run),
    Interaction("history-type", "type", "GET", "Type/_history", "view", history.run),
    Interaction("create", "type", "POST", "Type", "change", create.run),
    Interaction("search-type", "type", "GET", "Type", "view", search.run),
    Interaction("search-type", "", "POST", "Type/_search", "view", search.run_posted),
    Interaction("$everything", "Patient", "GET", "Type/id/$operation", "view", everything.run),
    Interaction("transaction", "system", "POST", "", "", _bundle),
    Interaction("batch", "system", "POST", "", "", _bundle),
    Interaction("history-system", "system", "GET", "_history", "view", history.run),
    Interaction("search-system", "", "GET", "", "view", search.run_system),
    Interaction("search-system", "", "POST", "_search", "view", search.run_system),
    Interaction("capabilities", "", "GET", "metadata", "", _metadata),
)

_BY_ADDRESS = {(row.method, row.shape): row for row in TABLE}
_SHAPES = {row.shape for row in TABLE}


def find(method: str, shape: str) -> Interaction:
    """The row for a call; HEAD is GET. Raises Refusal 404 for an address of nothing, 405 with Allow for a method not done there."""
    row = _BY_ADDRESS.get(("GET" if method == "HEAD" else method, shape))
    if row is None:
        if shape not in _SHAPES:
            raise Refusal(404, "not-supported", f"No interaction is done at {shape!r}.", "http.url")
        allowed = allow(shape)
        raise Refusal(405, "not-supported", f"{method[:20]} is not done here; {allowed} is.", "http.method", [("Allow", allowed)])
    return row


def allow(shape: str) -> str:
    """The Allow header of an address. Raises Refusal 404 for an address of nothing."""
    methods = {row.method for row in TABLE if row.shape == shape}
    if not methods:
        raise Refusal(404, "not-supported", f"No interaction is done at {shape!r}.", "http.url")
    return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))


def perform(call: Call, view: View | None = None) -> Response:
    """Do one call, in the view or change given or in one of its own (a change is committed when this returns)."""
    row = find(call.method, call.shape)
    if not row.opens:
        return row.run(call)
    if view is not None:
        if row.opens == "change" and not isinstance(view, Change):
            raise Refusal(500, "exception", "A write needs a change.")
        return row.run(call, view)
    if row.opens == "view":
        with call.store.view(call.who) as own:
            return row.run(call, own)
    with call.store.change(call.who, because=f"FHIR {row.code} {call.type}{call.who.through}") as change:
        return row.run(call, change)
