"""How often a code may be tried for a secure link: whoever has the link alone gets no further by guessing."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache

MOST, AGAIN = 10, 3600
"""Codes that may be tried for one link, and after how many seconds again."""


@dataclass(frozen=True, slots=True)
class Tries:
    """The codes tried for one link of a kind ("packet", "answer"). The link itself is not kept."""

    kind: str
    link: str

    @property
    def _key(self) -> str:
        return f"{self.kind}-{sha256(self.link.encode()).hexdigest()[:40]}"

    @property
    def spent(self) -> bool:
        """Whether no more may be tried for now."""
        return int(cache.get(self._key, 0)) >= MOST

    def wrong(self) -> None:
        """One more was wrong."""
        cache.set(self._key, int(cache.get(self._key, 0)) + 1, AGAIN)
