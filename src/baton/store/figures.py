"""Figures of the operations page, counted where the promises are indexed: a handful of statements, no bodies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from baton.store.codes import TYPE_CODE, key64, table
from baton.store.named import sql
from baton.store.who import Forbidden

if TYPE_CHECKING:
    from baton.store.view import View


def _begun(view: View, since: datetime, codes: Sequence[str]) -> tuple[dict[str, Any], str]:
    if view.limits is not None:
        raise Forbidden("This is not for apps.")
    params: dict[str, Any] = {"since": since, "now": view.now, "codes": list(codes)}
    return params, view.seen("p", params, [TYPE_CODE["Task"]], hashed=True)


def clocks(view: View, since: datetime, codes: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By kind: how many were in time, of how many that were done since or are late."""
    params, seen = _begun(view, since, codes)
    rows = view.ask(sql("clocks", d=sql("done_or_late", seen_task=seen)), params)
    return {code: (kept, of) for code, kept, of in rows}


def equity(
    view: View, since: datetime, codes: Sequence[str], *, others: Sequence[str], ages: Sequence[int]
) -> dict[str, dict[str, tuple[int, int]]]:
    """The same of all these kinds together, by "language" (es, other, en), "sex", "age" (the number of the band): group → in time, of."""
    params, seen = _begun(view, since, codes)
    params |= {
        "spanish": [key64("Patient.language=es")],
        "others": [key64(f"Patient.language={each}") for each in others if each != "es"],
        "female": [key64("Patient.gender=female")],
        "male": [key64("Patient.gender=male")],
        "ages": list(ages),
    }
    statement = sql("equity", d=sql("done_or_late", seen_task=seen), patient=TYPE_CODE["Patient"], patient_table=table("Patient"))
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for kind, name, kept, of in view.ask(statement, params):
        found.setdefault(kind, {})[name] = (kept, of)
    return found


def waits(view: View, since: datetime, codes: Sequence[str]) -> dict[str, tuple[int, float, float]]:
    """By kind: how many were done since, and in how many days: the middle one, and what nine of ten stay under."""
    params, seen = _begun(view, since, codes)
    rows = view.ask(sql("waits", seen_task=seen, task_table=table("Task")), params)
    return {code: (count, float(middle), float(most)) for code, count, middle, most in rows}
