"""What reacts to what, and what guards what, in the transaction that stores it: the table handed to the store."""

from __future__ import annotations

from baton.duties import closures, promises
from baton.duties.reactions import Reaction
from baton.duties.transitions import happenings, stays

REACTIONS: dict[str, list[Reaction]] = {
    "Encounter": [stays.on_stay, happenings.on_visit],
    "Patient": [happenings.on_patient],
    "Communication": [happenings.on_communication],
    "Appointment": [happenings.on_appointment],
    "DocumentReference": [happenings.on_document],
    "Procedure": [happenings.on_procedure],
    "Task": [happenings.on_promise_closed],
    "EpisodeOfCare": [happenings.on_episode],
    **closures.REACTIONS,
}

GUARDS = {"EpisodeOfCare": [promises.episode_guard], **closures.GUARDS}
