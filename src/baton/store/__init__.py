"""The one door to everything stored: Store, View and Change, who acts, and the ways it says no."""

from baton.store.change import Change, Guard, Reaction
from baton.store.door import Store
from baton.store.view import View
from baton.store.who import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Page,
    PreconditionFailed,
    PromiseRow,
    Refused,
    Stored,
    Who,
)

__all__ = [
    "Change",
    "Conflict",
    "Forbidden",
    "Gone",
    "Guard",
    "Invalid",
    "NotFound",
    "Page",
    "PreconditionFailed",
    "PromiseRow",
    "Reaction",
    "Refused",
    "Store",
    "Stored",
    "View",
    "Who",
]
