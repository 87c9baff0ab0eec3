"""Static files under names that hold a digest of their content: cached for a year, never stale, nothing written to disk."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise import WhiteNoise


@cache
def hashed(name: str) -> str:
    """The name a static file is served under, "baton/baton.1f2e3d4c5b6a.css" for "baton/baton.css"; ValueError when there is none."""
    found = finders.find(name)
    if not found:
        raise ValueError(f"There is no static file {name}.")
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{sha256(Path(found).read_bytes()).hexdigest()[:12]}.{ending}"


class HashedStorage(StaticFilesStorage):
    """Gives templates the hashed addresses."""

    def url(self, name: str | None) -> str:
        """The address of a static file."""
        return f"{settings.STATIC_URL}{hashed(name or '')}"


def served(application: Any) -> WhiteNoise:
    """The application with our static files in front of it."""
    front = WhiteNoise(application, immutable_file_test=lambda path, url: True)
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            if name.startswith(("baton/", "desk/", "portal/")) or name == "django_htmx/htmx-2.min.js":
                front.add_file_to_dictionary(f"{settings.STATIC_URL}{hashed(name)}", storage.path(name))
    return front
