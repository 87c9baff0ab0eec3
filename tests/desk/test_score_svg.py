"""The drawing of the score: nothing collides, nothing leaves the paper, nothing is lost."""

from datetime import date, datetime, timedelta, timezone
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.desk import score_svg
from baton.duties.patients.charts import Lane, Score, ScoreNote

TODAY = date(2026, 7, 2)
EASTERN = timezone(timedelta(hours=-4))
WORDS = score_svg.Words(
    lane=lambda lane: lane.party or lane.kind,
    note=lambda note: f"{note.text} {note.day.day}",
    short=lambda note: note.text,
    kind=lambda note: note.what,
    name=lambda note: f"{note.state}: {note.text}, {note.day}",
    many=lambda text, count: f"{text} ×{count}",
    tick=lambda day: f"{day.day} {day:%b}",
    today=lambda day: f"Today {day.day} {day:%b}",
)


def note(days: int, state: str = "happened", text: str = "visit", **more: object) -> ScoreNote:
    return ScoreNote(
        day=TODAY + timedelta(days=days), state=state, what="visit", text=text, source=f"Encounter/{days}{state}{text}", **more
    )  # type: ignore[arg-type]


def score(*lanes: Lane, days: int = 30) -> Score:
    return Score(start=TODAY - timedelta(days=days // 2), end=TODAY + timedelta(days=days // 2), today=TODAY, lanes=lanes)


def drawn(*notes: ScoreNote, days: int = 30) -> score_svg.Line:
    return score_svg.lay_out(score(Lane("Mercy General", "hospital", notes), days=days), WORDS).lines[0]


notes = st.builds(
    note,
    st.integers(-15, 15),
    st.sampled_from(["happened", "missed", "planned", "owed", "late"]),
    st.text(alphabet="abMW mil·ñé中9", min_size=1, max_size=45),
    time=st.none() | st.integers(0, 86_000).map(lambda s: datetime(2026, 7, 2, tzinfo=EASTERN) + timedelta(seconds=s)),
    until=st.none() | st.none() | st.integers(-10, 15).map(lambda n: TODAY + timedelta(days=n)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(notes, max_size=14), min_size=1, max_size=4), st.sampled_from([30, 90]))
def test_no_label_ever_covers_another_or_a_mark(lanes: list[list[ScoreNote]], days: int) -> None:
    drawing = score_svg.lay_out(score(*(Lane(f"party {n}", "specialty", tuple(notes)) for n, notes in enumerate(lanes)), days=days), WORDS)
    marks = [mark for line in drawing.lines for mark in line.marks]
    labels = [(mark, mark.label.box) for mark in marks if mark.label]
    for (_, one), (_, other) in combinations(labels, 2):
        assert not one.meets(other)
    for owner, box in labels:
        assert box.x0 >= score_svg.LEFT - 12 and box.x1 <= drawing.width
        assert box.y0 > 0 and box.y1 < drawing.height
        assert not any(box.meets(mark.box) for mark in marks if mark is not owner or not mark.inside)
    rounds = [mark for mark in marks if not mark.width]
    for one, other in combinations(rounds, 2):
        assert one.y != other.y or abs(one.x - other.x) > 2 * score_svg.RADIUS
    assert all(mark.box.x1 <= drawing.width for mark in rounds)
    assert sum(len(mark.notes) for mark in marks) == sum(map(len, lanes))


def test_the_same_score_is_drawn_the_same_way_twice() -> None:
    given_notes = (note(-3), note(-3, "owed"), note(4, "planned", "clinic"))
    assert drawn(*given_notes) == drawn(*reversed(given_notes))


def test_time_runs_from_left_to_right_and_today_is_in_the_middle() -> None:
    drawing = score_svg.lay_out(score(Lane("", "family", (note(-10), note(0), note(10)))), WORDS)
    first, second, third = (mark.x for mark in drawing.lines[0].marks)
    assert first < second == drawing.today_x < third
    assert drawing.today_x == pytest.approx((score_svg.LEFT + score_svg.RIGHT) / 2, abs=1)


def test_a_stay_is_a_bar_with_its_words_inside() -> None:
    (mark,) = drawn(note(-12, until=TODAY - timedelta(days=3), text="inpatient, 9 days")).marks
    assert mark.width > 200
    assert mark.inside and mark.label is not None


def test_words_that_find_no_room_stay_in_the_name() -> None:
    crowd = [
        note(0, state, f"something rather long to say about {n}", time=datetime(2026, 7, 2, n, tzinfo=EASTERN))
        for n, state in enumerate(["happened", "planned", "owed", "late", "missed"] * 4)
    ]
    line = drawn(*crowd, days=90)
    assert any(mark.label is None for mark in line.marks) or len(line.marks) < len(crowd)
    assert all(n.text in mark.name for mark in line.marks for n in mark.notes)


def test_what_is_late_is_labelled_before_what_is_done() -> None:
    line = drawn(note(0, "late", "call owed"), note(0, "happened", "a long tale about something that happened"))
    assert next(mark for mark in line.marks if mark.state == "late").label is not None


def test_a_request_is_tied_to_its_appointment() -> None:
    asked = note(-8, text="referral", leads_to="Appointment/1")
    planned = ScoreNote(TODAY + timedelta(days=5), "planned", "appointment", "clinic", "Appointment/1")
    (link,) = drawn(asked, planned).links
    assert link[0] < link[1]


def test_a_series_is_said_once_at_its_end() -> None:
    line = drawn(note(1, "planned", "nurse"), note(3, "planned", "nurse"), note(5, "planned", "nurse"))
    assert [mark.label and mark.label.text for mark in line.marks] == [None, None, "nurse ×3"]
    owed = drawn(note(1, "owed", "call"), note(3, "owed", "call"))
    assert all(mark.label for mark in owed.marks)


def test_ticks_keep_clear_of_the_word_for_today() -> None:
    for days in (30, 90):
        drawing = score_svg.lay_out(score(days=days), WORDS)
        assert len(drawing.ticks) >= 4
        assert all(abs(tick.x - drawing.today_x) > 60 for tick in drawing.ticks)
