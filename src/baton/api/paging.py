"""Links of a paged Bundle: self and next, each a whole address."""

from __future__ import annotations

from urllib.parse import quote

from baton.api.refusal import Refusal

CURSOR = "_cursor"


def links(address: str, query: str, following: str | None) -> list[tuple[str, str]]:
    """The self link, and the next one when a page follows."""
    found = [("self", f"{address}?{query}" if query else address)]
    if following is not None:
        rest = "&".join(part for part in query.split("&") if part and part.partition("=")[0] != CURSOR)
        found.append(("next", f"{address}?{rest}{'&' if rest else ''}{CURSOR}={quote(following, safe='')}"))
    return found


def count(text: str, *, default: int, most: int) -> int:
    """A _count: a whole number from 0; more than `most` gives `most`. Raises Refusal 400."""
    if text == "":
        return default
    if not (text.isascii() and text.isdigit()):
        raise Refusal(400, "value", f"_count takes a whole number from 0; {text[:40]!r} is none.", "http._count")
    return most if len(text) > 9 else min(int(text), most)
