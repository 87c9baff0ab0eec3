"""The evening before: each coordinator went through what was late and did what could be done, so that the morning begins calm.

One of a kind stays late where the turn of the team leaves it, so that every kind is late with somebody and nobody has all of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from baton.demo.places import COORDINATORS
from baton.demo.sayings import vary
from baton.duties import promises
from baton.duties.today.caseload import Filters, today
from baton.duties.today.rows import Row
from baton.store import Refused, Store, Who

DONE: Final = {
    "by-hand": "Done, they know.",
    "discharge-information": "The ward read the summary to me; it is on its way by fax.",
    "program-review": "Looked at together: the phase goes on.",
    "program-step": "Done at the visit.",
}
"""What a person may say is done, and what they said."""
CLOSED: Final = {
    "screen-caregiver": "The daughter was asked at the clinic this week.",
    "screen-distress": "Asked at the infusion center this week.",
    "screen-mood": "Asked by the practice this week.",
    "screen-need": "Asked by the practice this week.",
}
"""What need not be done any more, and why."""
STAYS: Final = 3
"""Of so many kinds one stays late, with each team another."""


def went_through(store: Store, *, at: datetime) -> int:
    """Every coordinator's evening. Returns how many promises were kept or closed. Asked again, it finds nothing more to do."""
    count = 0
    kinds = sorted({*DONE, *CLOSED})
    for turn, worker in enumerate(COORDINATORS.values()):
        stay = {kind for number, kind in enumerate(kinds) if (number + turn) % STAYS == 0}
        with store.view(worker.who) as view:
            late = today(view, filters=Filters(state="late"), limit=300).rows
        for row in late:
            if row.kind in stay:
                stay.discard(row.kind)
            elif row.kind in DONE or row.kind in CLOSED:
                count += _over(store, worker.who, row, at, turn + count)
    return count


def _over(store: Store, who: Who, row: Row, at: datetime, turn: int) -> bool:
    """Kept or closed; what its duty does not let go by word alone stays late."""
    try:
        with store.change(who, because="The evening: what was late", at=at) as change:
            if row.kind in DONE:
                promises.done(change, task=row.task, note=vary(DONE[row.kind], turn))
            else:
                promises.close(change, task=row.task, reason=vary(CLOSED[row.kind], turn))
    except Refused:
        return False
    return True
