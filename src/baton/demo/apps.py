"""Programs of others that may ask the hub on behalf of whoever uses them: one for patients, one at the desk of a clinic."""

from __future__ import annotations

from baton.demo.places import WORKERS
from baton.smart import registration
from baton.store import Store

APPS = (
    ("My Health Pages", "public", "openid fhirUser launch/patient offline_access patient/*.rs", "https://pages.larkhaven.example/back"),
    ("Growth and Weight Curves", "public", "openid fhirUser launch user/Observation.rs", "https://curves.larkhaven.example/back"),
)
"""Name, kind, what it asks for, and where it is sent back to."""


def registered(store: Store) -> None:
    """Register them, unless they are."""
    there = {each.name for each in store.apps.all()}
    for name, kind, scope, back in APPS:
        if name not in there:
            registration.register(store, WORKERS["dana-roth"].who, name=name, kind=kind, scope=scope, redirects=(back,))
