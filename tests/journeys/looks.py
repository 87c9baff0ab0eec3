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
