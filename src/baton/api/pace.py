"""How fast somebody may call the API."""

from __future__ import annotations

import math
from collections.abc import Hashable

from baton import pace
from baton.api.refusal import Refusal
from baton.pace import address

__all__ = ["Pace", "address"]


class Pace(pace.Pace):
    """The buckets of the API's callers."""

    def take(self, caller: Hashable, whom: str) -> None:
        """The same for a call to the API. Raises Refusal 429 with Retry-After."""
        seconds = self.wait(caller)
        if seconds:
            text = f"Too many calls {whom}: at most {self.per_second:g} a second. Come again in {math.ceil(seconds)} s."
            raise Refusal(429, "throttled", text, "http", [("Retry-After", str(math.ceil(seconds)))])
