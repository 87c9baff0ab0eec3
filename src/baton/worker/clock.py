"""What happens each minute: the seal, and the duties that wait for time to pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from baton.store import Store
from baton.store.seal import seal

log = logging.getLogger(__name__)

Duty = Callable[[Store, datetime], object]
"""Does what is due at the hub's time; must bear being asked twice."""


def minute(dsn: str, store: Store, duties: Sequence[Duty]) -> None:
    """One duty that fails keeps none of the others from being done; it is logged and asked again next minute."""
    now = store.now()
    all_duties: list[Duty] = [*duties, partial(_seal, dsn)]
    for duty in all_duties:
        try:
            duty(store, now)
        except Exception:
            log.exception("%s failed", getattr(duty, "__qualname__", duty))


def _seal(dsn: str, store: Store, now: datetime) -> None:
    if sealed := seal(dsn, key=store.key, at=now):
        log.info("sealed %d changes and looks", sealed)
