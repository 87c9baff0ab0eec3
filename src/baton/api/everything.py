"""Patient/$everything: the whole chart of one patient, paged."""

from __future__ import annotations

from urllib.parse import parse_qsl

from baton.api import paging, respond
from baton.api.call import Call
from baton.api.refusal import Refusal
from baton.api.respond import Response
from baton.store import View

_KNOWN = frozenset({"_count", paging.CURSOR})
NAME = "everything"


def run(call: Call, view: View) -> Response:
    """Answer `GET Patient/id/$everything` with _count and paging: the Patient first, then all of the patient's compartment."""
    if call.type != "Patient" or call.operation != NAME:
        raise Refusal(404, "not-supported", f"The operation ${call.operation[:60]} on {call.type} is not done here.", "http.url")
    asked = dict(parse_qsl(call.query, keep_blank_values=True, errors="replace"))
    unknown = sorted(set(asked) - _KNOWN)
    if unknown:
        raise Refusal(400, "not-supported", f"$everything takes _count; {unknown[0][:60]!r} is not known.", f"http.{unknown[0][:60]}")
    count = paging.count(asked.get("_count", ""), default=100, most=1000)
    page = view.everything(call.id, count=count, cursor=asked.get(paging.CURSOR))
    address = f"{call.base}/Patient/{call.id}/${NAME}"
    shown = paging.links(address, call.query, page.next)
    withheld = view.withheld(f"Patient/{call.id}")
    return respond.searchset(call.base, page.entries, page.included, total=page.total, links=shown, withheld=withheld)
