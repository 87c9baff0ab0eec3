"""Follows every link of the pages, as a person with a browser could: a few of each kind."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

EACH = 3  # pages looked at of one kind (same route, same names in the query)
LEAVES = ("/sign-out", "/static/")


class Page(HTMLParser):
    """What of a page matters here: links, forms, its title, and whatever would run or style inline."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[str] = []
        self.inline: list[str] = []
        self.title = ""
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag brings."""
        values = {name: value or "" for name, value in attrs}
        self._within = tag
        self.links += [values[name] for name in ("href", "hx-get", "data-href") if name in values and tag not in ("link", "use")]
        if tag == "form":
            (self.forms if values.get("method", "").lower() == "post" else self.links).append(values.get("action", ""))
        if tag == "script" and "src" not in values and values.get("type") not in ("application/json",):
            self.inline.append("script")
        if tag == "style":
            self.inline.append("style")
        self.inline += [f"{tag} {name}" for name in values if name == "style" or (name.startswith("on") and name != "on")]
        self.inline += [f"{tag} {name}" for name, value in values.items() if value.strip().lower().startswith(("javascript:", "data:text"))]

    def handle_data(self, data: str) -> None:
        """The title's words."""
        if self._within == "title":
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        """The end of what we are within."""
        self._within = ""


def pages(browser: Any, *starts: str, each: int = EACH) -> Iterator[tuple[str, str, Any, Page | None]]:
    """Every page that can be come to: its address, the page that led there (empty for a start), the answer, and what is on it."""
    waiting, seen, kinds = deque((start, "") for start in starts), set(starts), Counter[str]()
    while waiting:
        path, came_from = waiting.popleft()
        answer = browser.get(path)
        html = "html" in answer.get("Content-Type", "") and not getattr(answer, "streaming", False)
        page = Page(answer.content.decode()) if html else None
        yield path, came_from, answer, page
        following = [*(page.links if page else ()), answer.get("Location", "")]
        for link in following:
            target = urlsplit(urljoin(f"http://localhost{path}", link))
            address = target.path + (f"?{target.query}" if target.query else "")
            if link and target.netloc == "localhost" and address not in seen and not target.path.startswith(LEAVES):
                kind = kind_of(target.path, target.query)
                kinds[kind] += 1
                if kinds[kind] <= each:
                    seen.add(address)
                    waiting.append((address, path))


def kind_of(path: str, query: str) -> str:
    """Pages of the same route with the same names in the query are of one kind."""
    from django.urls import Resolver404, resolve

    try:
        route = resolve(path).route
    except Resolver404:
        route = re.sub(r"[0-9a-f-]{8,}|\d+", "*", path)
    return f"{route}?{'&'.join(sorted({part.partition('=')[0] for part in query.split('&')}))}"
