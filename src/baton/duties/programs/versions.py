"""A program's newer version, for whoever entered with an older one: nothing changes until somebody takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baton.duties import codes
from baton.duties.programs import packs, states
from baton.duties.promises import refuse
from baton.store import Refused

if TYPE_CHECKING:
    from baton.duties.programs.packs import Program
    from baton.duties.programs.states import Enrolment
    from baton.store import Change, Stored, View


def newer(view: View, enrolment: Enrolment) -> Program | None:
    """The version in use of the program an open enrolment is in, when it is another than its own."""
    if not enrolment.is_open:
        return None
    try:
        found = packs.current(view, enrolment.program)
    except Refused:
        return None
    return found if found.canonical != enrolment.canonical else None


def take(change: Change, *, enrolment: str) -> Stored:
    """Go on by the version in use: what is owed from here on is what it says. Raises Invalid when it has no such phase."""
    episode, found = states.held(change, enrolment)
    now = newer(change, found)
    if now is None:
        raise refuse("There is no newer version of this program.", "EpisodeOfCare.extension(pathway)")
    if any(now.phase(each.phase) is None for each in found.stays):
        raise refuse("The newer version has no such phase: close this enrollment, and enter anew.", "EpisodeOfCare.extension(phase)")
    return change.put(codes.with_extension(episode, codes.PATHWAY, {"url": codes.PATHWAY, "valueCanonical": now.canonical}))
