"""Where everything stands in the drawing of the score: pure geometry, no words of its own and no markup.

The template draws what `lay_out` returns. Lengths are SVG user units, one to a CSS pixel at full size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from baton.desk.score_text import Box, Label, shortened, text_width
from baton.duties.patients.charts import Lane, Score, ScoreNote

WIDTH, LEFT, RIGHT = 1040, 150, 1024
NAMES = 136  # of the width, for the names of the parties: a drawing of their own, so that they stay in sight
TOP, PITCH = 36, 44
RADIUS, GAP, STEP = 6, 18, 18

_URGENCY = {"late": 0, "owed": 1, "planned": 2, "missed": 3, "happened": 4}


@dataclass(frozen=True, slots=True)
class Mark:
    """One note, or several that fall on the same spot; `name` says all of it for those who hear the page."""

    x: float
    y: float
    width: float  # more than zero for a bar
    state: str
    name: str
    notes: tuple[ScoreNote, ...]
    label: Label | None = None
    inside: bool = False

    @property
    def box(self) -> Box:
        reach = RADIUS + (2 if self.state in ("owed", "late") else 1)
        if self.width:
            return Box(self.x, self.y - 8, self.x + self.width, self.y + 8)
        return Box(self.x - reach, self.y - reach, self.x + reach, self.y + reach)

    @property
    def diamond(self) -> str:
        """Points of the diamond that stands for what is owed."""
        reach = RADIUS + 2
        return f"{self.x:g},{self.y - reach:g} {self.x + reach:g},{self.y:g} {self.x:g},{self.y + reach:g} {self.x - reach:g},{self.y:g}"

    @property
    def top(self) -> float:
        return self.y - 8

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def stroke(self) -> tuple[float, float, float, float]:
        """The line through a mark that reached nobody: x1, y1, x2, y2."""
        return (self.x - 4, self.y + 4, self.x + 4, self.y - 4)


@dataclass(frozen=True, slots=True)
class Line:
    """One party's line, with its marks in order of time and the spans that tie a request to its appointment."""

    y: float
    name: str
    short: str
    marks: tuple[Mark, ...]
    links: tuple[tuple[float, float], ...]

    @property
    def text_y(self) -> float:
        """The baseline of the party's name."""
        return self.y + 4


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the scale of days."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """All the template needs."""

    width: int
    names: int
    height: float
    left: float
    right: float
    foot: float
    today_x: float
    ticks: tuple[Tick, ...]
    today: Tick
    lines: tuple[Line, ...]

    @property
    def rest(self) -> int:
        """The width of the drawing beside the names."""
        return self.width - self.names


@dataclass(frozen=True, slots=True)
class Words:
    """How this reader's language says things; functions, so that the geometry has no language."""

    lane: Callable[[Lane], str]
    note: Callable[[ScoreNote], str]  # the label beside a mark: short
    name: Callable[[ScoreNote], str]  # the whole sentence: state, what, when
    short: Callable[[ScoreNote], str]  # the label without its day
    kind: Callable[[ScoreNote], str]  # what kind of thing it is, for several that differ
    many: Callable[[str, int], str]  # a label for several notes of one kind
    tick: Callable[[date], str]
    today: Callable[[date], str]


def lay_out(score: Score, words: Words) -> Drawing:
    """Place every lane, tick, mark and label of `score`."""
    place = _scale(score)
    today_x = place(datetime.combine(score.today, time(12)))
    height = TOP + PITCH * len(score.lanes) + 6
    lines = tuple(_line(lane, TOP + PITCH * (index + 0.5), place, today_x, words) for index, lane in enumerate(score.lanes))
    return Drawing(
        width=WIDTH,
        names=NAMES,
        height=height,
        left=LEFT - 14,
        right=WIDTH - 8,
        foot=height - 4,
        today_x=today_x,
        today=Tick(_clamp(today_x, text_width(words.today(score.today), bold=True) / 2 + 3), words.today(score.today), "middle"),
        ticks=tuple(_ticks(score, place, today_x, words)),
        lines=lines,
    )


def _scale(score: Score) -> Callable[[datetime], float]:
    """A function from a local time to x; times outside the window stand at its edge."""
    start = datetime.combine(score.start, time())
    span = (score.end - score.start + timedelta(days=1)).total_seconds()

    def place(moment: datetime) -> float:
        share = (moment.replace(tzinfo=None) - start).total_seconds() / span
        return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share)), 1)

    return place


def _clamp(x: float, half: float) -> float:
    return min(max(x, LEFT - 14 + half), WIDTH - 4 - half)


def _ticks(score: Score, place: Callable[[datetime], float], today_x: float, words: Words) -> Iterator[Tick]:
    """One tick a week, counted from today, so that a fortnight looks like a fortnight; none under the word for today."""
    step = 7 if (score.end - score.start).days <= 45 else 14
    half_today = text_width(words.today(score.today), bold=True) / 2 + 10
    for weeks in range(-10, 11):
        day = score.today + timedelta(days=step * weeks)
        if weeks == 0 or not score.start <= day <= score.end:
            continue
        x = place(datetime.combine(day, time(12)))
        half = text_width(words.tick(day)) / 2
        if abs(x - today_x) > half + half_today and x - half > LEFT - 20 and x + half < WIDTH:
            yield Tick(x, words.tick(day), "middle")


def _line(lane: Lane, y: float, place: Callable[[datetime], float], today_x: float, words: Words) -> Line:
    name = words.lane(lane)
    marks = _label(_marks(lane, y, place, words), y, today_x, words)
    return Line(y=y, name=name, short=shortened(name, NAMES - 6, bold=True), marks=marks, links=tuple(_links(marks)))


def _moment(note: ScoreNote) -> datetime:
    return note.time.replace(tzinfo=None) if note.time else datetime.combine(note.day, time(12))


def _marks(lane: Lane, y: float, place: Callable[[datetime], float], words: Words) -> list[Mark]:
    """Marks in order of time. Notes of one state on one spot become one mark; others on that spot step aside."""
    marks: list[Mark] = []
    groups: list[tuple[float, list[ScoreNote]]] = []
    for note in sorted(lane.notes, key=lambda note: (_moment(note), note.source)):
        x = place(_moment(note))
        if note.until is not None:
            end = place(datetime.combine(note.until, time(12)))
            marks.append(Mark(x, y, round(max(18.0, end - x), 1), note.state, words.name(note), (note,)))
        elif groups and x - groups[-1][0] < GAP:
            groups[-1][1].append(note)
        else:
            groups.append((x, [note]))
    return sorted([*marks, *_spread(groups, y, words)], key=lambda mark: (mark.x, mark.state))


def _spread(groups: list[tuple[float, list[ScoreNote]]], y: float, words: Words) -> Iterator[Mark]:
    """Marks a step apart: pushed right by the one before, then pushed back from the edge by the ones after."""
    wanted: list[tuple[float, str, tuple[ScoreNote, ...]]] = []
    for x, notes in groups:
        for state in sorted({str(note.state) for note in notes}, key=lambda state: -_URGENCY.get(state, 9)):
            wanted.append((x, state, tuple(note for note in notes if note.state == state)))
    step = min(STEP, (RIGHT - LEFT) / max(1, len(wanted)))
    places: list[float] = []
    for x, _, _ in wanted:
        places.append(max(x, places[-1] + step) if places else x)
    for back in range(len(places)):
        places[-1 - back] = min(places[-1 - back], RIGHT - step * back)
    for x, (_, state, same) in zip(places, wanted, strict=True):
        yield Mark(round(x, 1), y, 0, state, "; ".join(words.name(note) for note in same), same)


def _links(marks: Iterable[Mark]) -> Iterator[tuple[float, float]]:
    """Dashed spans from what was asked for to what is planned to answer it."""
    where = {note.source: mark for mark in marks for note in mark.notes}
    for mark in marks:
        for note in mark.notes:
            target = where.get(note.leads_to or "")
            if target and target.x > mark.x:
                yield (mark.x + mark.width + RADIUS, target.x - RADIUS)


def _label(marks: list[Mark], y: float, today_x: float, words: Words) -> tuple[Mark, ...]:
    """Give labels room, the most urgent first; one that finds none stays in the mark's name and tooltip."""
    boxes = [mark.box for mark in marks]
    said: list[Box] = []
    texts = _label_texts(marks, words)
    labelled: dict[int, tuple[Label, bool]] = {}
    for index in sorted(texts, key=lambda n: _rank(marks[n])):
        others = [*boxes[:index], *boxes[index + 1 :], *said]
        found = _place(marks[index], y, texts[index], others, today_x)
        if found:
            labelled[index] = found
            said.append(found[0].box)
    return tuple(Mark(m.x, m.y, m.width, m.state, m.name, m.notes, *labelled.get(n, (None, False))) for n, m in enumerate(marks))


def _rank(mark: Mark) -> tuple[int, bool, float]:
    """Who is labelled first: the urgent, then what lasted, then what is to come by nearness, then what was by freshness."""
    return (_URGENCY.get(mark.state, 9), not mark.width, -mark.x if mark.state == "happened" else mark.x)


def _label_texts(marks: list[Mark], words: Words) -> dict[int, str]:
    """The words for each mark; a run of the same thing says so once, at its end."""
    texts: dict[int, str] = {}
    run: list[int] = []
    for index, mark in enumerate(marks):
        if run and _same(marks[run[-1]], mark):
            run.append(index)
            del texts[run[-2]]
        else:
            run = [index]
        count = sum(len(marks[n].notes) for n in run)
        texts[index] = _label_text(mark, words) if len(run) == 1 else words.many(words.short(mark.notes[0]), count)
    return texts


def _same(one: Mark, other: Mark) -> bool:
    """Whether two marks are the same thing again: a series of visits, say. What is owed is never told together."""
    kinds = {(note.state, note.what, note.text, note.until) for mark in (one, other) for note in mark.notes}
    return len(kinds) == 1 and one.state in ("happened", "planned") and not one.width


def _label_text(mark: Mark, words: Words) -> str:
    texts = list(dict.fromkeys(words.note(note) for note in mark.notes))
    if len(texts) == 1:
        return words.many(texts[0], len(mark.notes)) if len(mark.notes) > 1 else texts[0]
    if len({note.what for note in mark.notes}) == 1:
        return words.many(words.kind(mark.notes[0]), len(mark.notes))
    return ", ".join(words.short(note) for note in mark.notes[:2]) + (" …" if len(mark.notes) > 2 else "")


def _place(mark: Mark, y: float, text: str, others: list[Box], today_x: float) -> tuple[Label, bool] | None:
    """The first free place for a label: inside its bar, then beside it, clear of the line of today when that can be had."""
    bold = mark.state == "late"
    for words in dict.fromkeys((text, shortened(text, 150, bold=bold), shortened(text, 84, bold=bold))):
        width = text_width(words, bold=bold)
        inside = Box(mark.x + 6, y - 8, mark.x + 10 + width, y + 8)
        if mark.width >= width + 16 and not _crowded(inside, others):
            return Label(mark.x + 9, y + 4, "start", words, inside), True
        free = [
            label
            for label in _candidates(mark, y, words, width)
            if label.box.x0 >= LEFT - 12 and label.box.x1 <= WIDTH - 2 and not _crowded(label.box, [mark.box, *others])
        ]
        if free:
            return min(free, key=lambda label: label.box.x0 - 3 < today_x < label.box.x1 + 3), False
    return None


def _crowded(box: Box, taken: list[Box]) -> bool:
    return any(box.meets(other, 2.0) for other in taken)


def _candidates(mark: Mark, y: float, text: str, width: float) -> Iterator[Label]:
    """Over the beginning of a bar; beside the mark on either side, a little above the line or below it; then over and under it."""
    if mark.width:
        for base in (y - 11.5, y + 20):
            yield Label(mark.x, base, "start", text, Box(mark.x - 1, base - 9, mark.x + width, base + 1.5))
    beside = RADIUS + 5
    right = mark.x + mark.width + (4 if mark.width else beside)
    left = mark.x - (4 if mark.width else beside)
    for base in (y - 5, y + 14):
        yield Label(right, base, "start", text, Box(right - 1, base - 10, right + width, base + 3))
    for base in (y - 5, y + 14):
        yield Label(left, base, "end", text, Box(left - width, base - 10, left + 1, base + 3))
    middle = mark.x + mark.width / 2
    for base in (y - 11.5, y + 20):
        yield Label(round(middle, 1), base, "middle", text, Box(middle - width / 2, base - 9, middle + width / 2, base + 1.5))
