"""Words in a drawing that is made on a server: how wide they may be, where they stand, and what they touch.

Text cannot be measured on a server, so widths are estimated from one of the widest common screen fonts (DejaVu Sans): a narrower font
leaves air, never a collision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

SIZE = 12
BOLD = 1.1  # how much wider than plain

_WIDE, _NARROW = "mwMWOQGD%@—…", "ijl.,:;'|!I ftr()[]-·"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle from (x0, y0) to (x1, y1)."""

    x0: float
    y0: float
    x1: float
    y1: float

    def meets(self, other: Box, air: float = 0.0) -> bool:
        """Whether the two touch, or come nearer than `air`."""
        return self.x0 - air < other.x1 and other.x0 - air < self.x1 and self.y0 - air < other.y1 and other.y0 - air < self.y1


@dataclass(frozen=True, slots=True)
class Label:
    """Words in the drawing: (x, y) is the baseline point that `anchor` names."""

    x: float
    y: float
    anchor: str  # start | middle | end
    text: str
    box: Box


@lru_cache(maxsize=8192)
def text_width(text: str, *, bold: bool = False) -> float:
    """Width of `text` in user units, never less than it is drawn."""
    ems = 0.0
    for char in text:
        if char in _WIDE or ord(char) > 0x2E7F:
            ems += 1.0
        elif char in _NARROW:
            ems += 0.42
        elif char.isupper():
            ems += 0.74
        else:
            ems += 0.64
    return ems * SIZE * (BOLD if bold else 1)


def shortened(text: str, width: float, *, bold: bool = False) -> str:
    """`text`, or as much of it as fits `width` with an ellipsis."""
    if text_width(text, bold=bold) <= width:
        return text
    while text and text_width(text + "…", bold=bold) > width:
        text = text[:-1]
    return text.rstrip(" ,·") + "…"
