"""Words in a drawing: never wider than estimated, never longer than their room."""

import pytest

from baton.desk import score_text


@pytest.mark.parametrize(("text", "width"), [("inpatient, 5 days", 200), ("Ünïcode ñames", 60), ("", 10)])
def test_shortened_text_fits(text: str, width: float) -> None:
    assert score_text.text_width(score_text.shortened(text, width)) <= width


@pytest.mark.parametrize(
    ("text", "plain", "bold"),
    [
        ("visit owed by Thu 26 Nov", 151.9, 170.4),
        ("summary sent", 86.4, 96.3),
        ("Mercy General", 87.2, 97.9),
        ("ñandú, 14:10", 80.0, 89.2),
        ("WWW mmm", 74.5, 81.4),
        ("llamada, no contesta vie", 148.0, 166.3),
    ],
)
def test_the_estimate_is_never_less_than_a_wide_font_draws(text: str, plain: float, bold: float) -> None:
    # measured in Chromium, DejaVu Sans at 12 units, weights 400 and 600
    assert score_text.text_width(text) >= plain
    assert score_text.text_width(text, bold=True) >= bold


def test_boxes_that_touch_meet_and_those_with_air_between_do_not() -> None:
    one = score_text.Box(0, 0, 10, 10)
    assert one.meets(score_text.Box(9, 9, 20, 20))
    assert not one.meets(score_text.Box(11, 0, 20, 10))
    assert one.meets(score_text.Box(11, 0, 20, 10), air=2)
