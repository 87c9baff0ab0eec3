"""The ways a page is looked at in journeys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

Visit = Callable[..., Page]
Seen = Callable[[Page, str], None]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK, "color_scheme": "light"},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "has_touch": True},
    "spanish": {"viewport": {"width": 1280, "height": 900}, "locale": "es-US"},
}


class Counted:
    """A page whose clicks are counted: choosing from a list is two (open, choose); typing is none."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, role: Any, name: str, **more: Any) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, **more).first.click()

    def choose(self, label: str, option: str, *, exact: bool = True) -> None:
        self.clicks += 2
        self.page.get_by_label(label, exact=exact).first.select_option(option)

    def tick(self, label: str) -> None:
        self.clicks += 1
        self.page.get_by_label(label).first.check()
