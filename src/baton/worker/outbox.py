"""Delivers what was announced, at least once: a handler may be asked again for what it did just before it was killed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import psycopg

MOST = 12  # attempts (over about three hours), then it is parked with its reason
PRIVATE = ("link", "token", "password")  # keys of a payload that are forgotten once delivered

Handler = Callable[[Mapping[str, Any]], None]
"""Delivers a payload; raises anything to be asked again later, UndeliverableError when that would be in vain."""
Objection = Callable[[Mapping[str, Any]], str | None]
"""Why a payload must not be sent at all, or None: asked at the moment of sending."""

_TAKE = "select topic, payload, attempts from outbox where id = %s and delivered_at is null and attempts < %s for update skip locked"
_DELIVERED = "update outbox set delivered_at = %s, attempts = attempts + 1, error = null, payload = payload - %s::text[] where id = %s"
_FAILED = "update outbox set attempts = %s, error = %s where id = %s"
_WITHOUT_JOB = """
select id from outbox o
where delivered_at is null and attempts < %s and topic = any(%s) and not exists (
    select 1 from procrastinate.procrastinate_jobs j
    where j.task_name = 'deliver' and j.status in ('todo', 'doing') and j.args @> jsonb_build_object('outbox_id', o.id))
order by id limit 1000
"""


Note = Callable[[str, Mapping[str, Any]], None]
"""Records in the audit that something of this kind (`message mail`, `export packet-fax`) left, with its payload."""


class UndeliverableError(Exception):
    """It can never be delivered; the message says why, for the administrator."""


def deliver(
    dsn: str, outbox_id: int, handlers: Mapping[str, Handler], *, now: datetime, objection: Objection = lambda payload: None
) -> None:
    """Hand one announcement to its handler, unless it was delivered, is being delivered, or nobody here delivers its topic (it waits then).

    Raises what the handler raised, after noting it.
    """
    with psycopg.connect(dsn) as connection:
        row = connection.execute(_TAKE, [outbox_id, MOST]).fetchone()
        if row is None:
            return
        topic, payload, attempts = row
        handler = handlers.get(topic)
        if handler is None:
            connection.execute(_FAILED, [attempts, f"nobody delivers {topic} here", outbox_id])
            return
        try:
            if reason := objection(payload):
                raise UndeliverableError(reason)
            handler(payload)
        except Exception as error:
            final = isinstance(error, UndeliverableError) or attempts + 1 >= MOST
            reason = f"{'parked: ' if final else ''}{error or type(error).__name__}"
            connection.execute(_FAILED, [MOST if final else attempts + 1, reason, outbox_id])
            connection.commit()
            raise
        connection.execute(_DELIVERED, [now, list(PRIVATE), outbox_id])


def noted(handlers: Mapping[str, Handler], note: Note) -> dict[str, Handler]:
    """The same handlers, each recording what it delivered. What cannot be recorded is delivered again: rather twice than unseen."""

    def recording(topic: str, handler: Handler) -> Handler:
        def deliver_and_note(payload: Mapping[str, Any]) -> None:
            handler(payload)
            note(f"{'export' if topic.startswith('packet-') else 'message'} {topic}", payload)

        return deliver_and_note

    return {topic: recording(topic, handler) for topic, handler in handlers.items()}


def without_job(dsn: str, topics: Collection[str]) -> list[int]:
    """What waits though it could be delivered: it came when nobody delivered its topic, or its job was lost."""
    with psycopg.connect(dsn) as connection:
        return [outbox_id for (outbox_id,) in connection.execute(_WITHOUT_JOB, [MOST, list(topics)])]
