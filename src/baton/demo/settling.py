"""What `baton demo` needs before it serves: the town, and an account with a known password for everyone who works there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baton.demo import portal
from baton.demo.places import WORKERS
from baton.demo.town import HUB, is_complete, populate, sign_ins
from baton.intake.progress import Progress
from baton.store import statistics

if TYPE_CHECKING:
    from baton.app import Hub

PASSWORD = "larkhaven-demo"  # noqa: S105 - printed by `baton demo`, which production refuses
_STEPS = 1000  # of the progress bar


def settle(hub: Hub, *, patients: int = 250) -> list[tuple[str, str, str]]:
    """Make the town when it is not there, and its accounts. Returns role, name and e-mail address of those who can sign in."""
    from baton.web import django

    if not is_complete(hub.store):  # accounts first: a town that is complete has them all
        django.share_password(hub, {worker.email: f"Practitioner/{worker.id}" for worker in WORKERS.values()}, PASSWORD)
        with Progress("Making the demo town", _STEPS, shown=True) as shown:
            populate(hub.store, patients=patients, progress=lambda count, share: shown.add(count, int(_STEPS * share) - shown.done))
        statistics.gather(hub.database.owner_dsn)
        django.let_guests_in(hub, {email: person for person, _kind, _name, email in portal.sign_ins(hub.store, HUB)})
    return sign_ins()


def guests(hub: Hub) -> list[tuple[str, str, str]]:
    """Kind (patient; everything or dates for whom a patient lets in), name and e-mail address of those who are in the portal."""
    return [(kind, name, email) for _person, kind, name, email in portal.sign_ins(hub.store, HUB)]
