"""The report's charts as inline SVG: geometry here, colours and type in ``report.css``.

Every chart is drawn for a given width, because a picture scaled down to a phone cannot be read.
Elements carry classes, never colours, so that light, dark and printed pages share one drawing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"

SHAPES = ("circle", "square", "diamond", "up", "down", "cross", "bar", "star")

#: Below this width a row's label stands above its marks instead of beside them.
NARROW = 600


@dataclass(frozen=True)
class Mark:
    """Who a row or point stands for; the learner's number picks colour and shape."""

    label: str
    learner: int
    baseline: bool


@dataclass(frozen=True)
class Interval:
    """A mean with its interval (NaN where there is none) and a word: better, worse, tied or ""."""

    mean: float
    low: float
    high: float
    verdict: str = ""


def number(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """Write a number for people: true minus, fixed digits, a dash for NaN, no negative zero."""
    if value is None or math.isnan(value):
        return DASH
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def ticks(low: float, high: float, count: int) -> list[float]:
    """Return about ``count`` round values inside ``[low, high]``."""
    if not high > low:
        return [low]
    raw = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(step * position, 12) for position in range(first, last + 1)]


def tick_label(value: float, step: float, *, sign: bool = False) -> str:
    """Write a tick with just the digits its step needs."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return number(value, digits, sign=sign)


def text_width(text: str, size: float) -> float:
    """Estimate the width of text in a wide sans-serif face of the given size, on the safe side."""
    narrow = sum(character in " .,:;'|!ijlftrI-/()[]" for character in text)
    return size * (0.63 * (len(text) - narrow) + 0.41 * narrow)


def shorten(text: str, size: float, available: float) -> str:
    """Cut text that would not fit, ending it with an ellipsis."""
    if text_width(text, size) <= available:
        return text
    while text and text_width(text + "…", size) > available:
        text = text[:-1]
    return text.rstrip() + "…"


class Drawing:
    """A thin pen over ElementTree, which escapes text and closes what it opens.

    Narrow drawings are for phones, where nothing can point at a tooltip: they carry none.
    """

    def __init__(self, width: float, height: float, title: str) -> None:
        self.tooltips = width >= NARROW
        self.root = ET.Element(
            "svg",
            {
                "viewBox": f"0 0 {width:g} {height:g}",
                "width": f"{width:g}",
                "height": f"{height:g}",
                "role": "img",
                "aria-label": title,
            },
        )

    def add(self, tag: str, name: str, tooltip: str = "", **attributes: float) -> None:
        element = ET.SubElement(self.root, tag, {"class": name})
        for key, value in attributes.items():
            element.set(key, f"{value:.1f}".removesuffix(".0"))
        self._tell(element, tooltip)

    def line(self, name: str, x1: float, y1: float, x2: float, y2: float) -> None:
        self.add("line", name, x1=x1, y1=y1, x2=x2, y2=y2)

    def rows(self, left: float, right: float, heights: Sequence[float]) -> None:
        """Lines to read along, as one element: a chart has hundreds."""
        steps = "".join(f"M{left:.1f} {y:.1f}H{right:.1f}" for y in heights)
        ET.SubElement(self.root, "path", {"class": "row", "d": steps})

    def text(self, name: str, x: float, y: float, words: str, tooltip: str = "") -> None:
        element = ET.SubElement(
            self.root, "text", {"class": name, "x": f"{x:.1f}", "y": f"{y:.1f}"}
        )
        element.text = words
        self._tell(element, tooltip)

    def marker(self, mark: Mark, x: float, y: float, tooltip: str, *, size: float = 5) -> None:
        shape = SHAPES[mark.learner % len(SHAPES)]
        name = f"mark learner-{mark.learner % len(SHAPES)}" + (" hollow" if mark.baseline else "")
        element = ET.SubElement(self.root, "path", {"class": name, "d": outline(shape, x, y, size)})
        self._tell(element, tooltip)

    def _tell(self, element: ET.Element, tooltip: str) -> None:
        if tooltip and self.tooltips:
            ET.SubElement(element, "title").text = tooltip

    def path(self, name: str, points: Sequence[tuple[float, float]]) -> None:
        steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        ET.SubElement(self.root, "polyline", {"class": name, "points": steps})

    def markup(self) -> str:
        return ET.tostring(self.root, encoding="unicode")


def outline(shape: str, x: float, y: float, size: float) -> str:
    """Path data of a marker, the shapes of about equal area."""
    corners = {
        "square": [(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
        "diamond": [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)],
        "up": [(0, -1.3), (1.2, 0.85), (-1.2, 0.85)],
        "down": [(0, 1.3), (1.2, -0.85), (-1.2, -0.85)],
        "bar": [(-1.45, -0.6), (1.45, -0.6), (1.45, 0.6), (-1.45, 0.6)],
        "star": [
            (reach * math.sin(math.pi * corner / 5), -reach * math.cos(math.pi * corner / 5))
            for corner in range(10)
            for reach in [0.6 if corner % 2 else 1.45]
        ],
        "cross": [
            *[(-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4)],
            *[(0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)],
        ],
    }
    if shape == "circle":
        return (
            f"M{x - size:.1f},{y:.1f}a{size:g},{size:g} 0 1 0 {2 * size:g},0"
            f"a{size:g},{size:g} 0 1 0 {-2 * size:g},0z"
        )
    steps = "L".join(f"{x + size * dx:.1f},{y + size * dy:.1f}" for dx, dy in corners[shape])
    return f"M{steps}z"


def legend_marker(learner: int | None) -> str:
    """A marker alone for the legend in the page's text; None draws the sign of a baseline."""
    drawing = Drawing(14, 14, "")
    drawing.root.attrib.pop("role")
    drawing.root.attrib.pop("aria-label")
    drawing.root.set("aria-hidden", "true")
    name = "mark hollow" if learner is None else f"mark learner-{learner % len(SHAPES)}"
    path = outline(SHAPES[(learner or 0) % len(SHAPES)], 7, 7, 4.6)
    ET.SubElement(drawing.root, "path", {"class": name, "d": path})
    return drawing.markup()


@dataclass(frozen=True)
class Scale:
    """A linear map from values to pixels that pins what lies outside to its ends."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)


def rank_chart(
    marks: Sequence[Mark],
    ranks: Sequence[Interval],
    runs: Sequence[tuple[int, int]],
    critical_difference: float,
    width: float,
) -> str:
    """Critical-difference diagram turned on its side, one row per pair, best on top.

    Parameters
    ----------
    marks, ranks : sequences of equal length, best mean rank first
    runs : list of (first, last)
        Rows that cannot be distinguished; each becomes a bar at the right edge.
    critical_difference : float
        In ranks; NaN draws no scale bar.
    width : float
        Pixels.
    """
    narrow = width < NARROW
    pitch, top, size = (38, 64, 12.5) if narrow else (24, 68, 13)
    spacing = 7 if len(runs) < 12 else 5
    bars = spacing * len(runs) + (16 if runs else 4)
    widest = max(text_width(mark.label, size) for mark in marks)
    left = 8.0 if narrow else min(widest, 350) + 18
    right = width - bars - 40
    height = top + pitch * len(marks) + 8
    scale = Scale(1, max(len(marks), 2), left, right)
    drawing = Drawing(
        width, height, f"Mean ranks of {len(marks)} pairs with their intervals and ties"
    )
    tied = runs[0][1] + 1 if runs and runs[0][0] == 0 else 0
    if tied:
        drawing.add("rect", "tie-band", x=0, y=top, width=width, height=pitch * tied)
    step = ticks(1, len(marks), 4 if narrow else 8)
    for value in [1.0, *(value for value in step if value > 1.5)]:
        drawing.line("grid", scale(value), top, scale(value), height - 8)
        drawing.text("tick middle", scale(value), top - 8, number(value, 0))
    drawing.text("axis", left, 14, "Mean rank in AUPRC, 1 is best")
    if not math.isnan(critical_difference):
        length = scale(1 + critical_difference) - scale(1)
        words = f"critical difference {critical_difference:.1f}"
        drawing.line("ruler", left, 33, left + length, 33)
        drawing.line("ruler", left, 29, left, 37)
        drawing.line("ruler", left + length, 29, left + length, 37)
        if left + length + 8 + text_width(words, 12) < width:
            drawing.text("note", left + length + 8, 37, words)
        else:
            drawing.text("note end", left + length, 25, words)
    heights = [top + pitch * (row + (0.68 if narrow else 0.5)) for row in range(len(marks))]
    drawing.rows(left, right, heights)
    for mark, rank, y in zip(marks, ranks, heights, strict=True):
        words = f"{mark.label}: mean rank {number(rank.mean, 2)}"
        if not math.isnan(rank.low):
            words += f", 95 % interval {number(rank.low, 2)} to {number(rank.high, 2)}"
        label = "label baseline" if mark.baseline else "label"
        if narrow:
            drawing.text(label, left, y - 11, shorten(mark.label, size, width - bars - 10))
        else:
            name = shorten(mark.label, size, 350)
            full = mark.label if name != mark.label else ""
            drawing.text(f"{label} end", left - 14, y + 4.5, name, full)
        if not math.isnan(rank.low):
            learner = f"interval learner-{mark.learner % len(SHAPES)}"
            drawing.line(learner, scale(rank.low), y, scale(rank.high), y)
        drawing.marker(mark, scale(rank.mean), y, words)
        drawing.text("value end", right + 38, y + 4.5, number(rank.mean, 1))
    for position, (first, last) in enumerate(runs):
        x = width - bars + 12 + spacing * position
        name = "clique first" if first == 0 else "clique"
        drawing.line(name, x, top + pitch * first + 5, x, top + pitch * (last + 1) - 5)
    return drawing.markup()


@dataclass(frozen=True)
class CostPoint:
    """A pair in the chart of score against time."""

    mark: Mark
    cost: float
    score: float
    front: bool


@dataclass(frozen=True)
class Plane:
    """What lies across and up in a chart of score against cost, and how it is written.

    `place` turns a cost into a length, `marks` gives places and words of the grid between two
    lengths, `describe` puts a point in words.
    """

    title: str
    up: str
    across: str
    place: Callable[[float], float]
    marks: Callable[[float, float, bool], list[tuple[float, str]]]
    describe: Callable[[CostPoint], str]


def cost_chart(points: Sequence[CostPoint], width: float) -> str:
    """Score against median fit seconds (log), the Pareto front joined and named."""
    return _plane_chart(points, width, _TIME)


def fairness_chart(points: Sequence[CostPoint], width: float) -> str:
    """Balanced accuracy against the difference of equalised odds, the Pareto front joined."""
    return _plane_chart(points, width, _FAIRNESS)


def _time_marks(low: float, high: float, narrow: bool) -> list[tuple[float, str]]:
    marks = []
    for power in range(math.floor(low), math.ceil(high) + 1):
        for factor in (1, 2, 5):
            value = power + math.log10(factor)
            wanted = factor == 1 or (not narrow and high - low < 2.5)
            if low <= value <= high and wanted:
                marks.append((value, time_words(10**value)))
    return marks


def _even_marks(low: float, high: float, narrow: bool) -> list[tuple[float, str]]:
    values = ticks(low, high, 4 if narrow else 8)
    step = values[1] - values[0] if len(values) > 1 else 0.01
    return [(value, tick_label(value, step)) for value in values]


def _time_told(point: CostPoint) -> str:
    return f"AUPRC {number(point.score)}, fit {time_words(point.cost)}"


def _fairness_told(point: CostPoint) -> str:
    return f"balanced accuracy {number(point.score)}, difference {number(point.cost)}"


_TIME = Plane(
    "Mean AUPRC against median fit time, one point per pair",
    "Mean AUPRC, higher is better",
    "Median fit time, log scale",
    math.log10,
    _time_marks,
    _time_told,
)
_FAIRNESS = Plane(
    "Balanced accuracy against the difference of equalised odds, one point per pair",
    "Balanced accuracy, higher is better",
    "Equalised odds difference, lower is fairer",
    float,
    _even_marks,
    _fairness_told,
)


def _plane_chart(points: Sequence[CostPoint], width: float, plane: Plane) -> str:
    narrow = width < NARROW
    height = 400.0 if narrow else 500.0
    left, right, top, bottom = 44.0, width - 14, 36.0, height - 44
    costs = [plane.place(point.cost) for point in points]
    scores = [point.score for point in points]
    pad = 0.08 * (max(costs) - min(costs)) or 0.5
    across = Scale(min(costs) - pad, max(costs) + pad, left, right)
    rise = 0.12 * (max(scores) - min(scores)) or 0.05
    up = Scale(min(scores) - rise, max(scores) + rise, bottom, top)
    drawing = Drawing(width, height, plane.title)
    drawing.text("axis", 0, 14, plane.up)
    drawing.text("axis end", right, height - 4, plane.across)
    levels = ticks(up.low, up.high, 6)
    step = levels[1] - levels[0] if len(levels) > 1 else 0.01
    for value in levels:
        drawing.line("grid", left, up(value), right, up(value))
        drawing.text("tick end", left - 8, up(value) + 4, tick_label(value, step))
    for value, words in plane.marks(across.low, across.high, narrow):
        drawing.line("grid", across(value), top, across(value), bottom)
        drawing.text("tick middle", across(value), bottom + 18, words)
    front = sorted((p for p in points if p.front), key=lambda p: (p.cost, p.score))
    corners: list[tuple[float, float]] = []
    for point in front:
        x, y = across(plane.place(point.cost)), up(point.score)
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    if corners:
        corners.append((right, corners[-1][1]))
        drawing.path("front", corners)
    places = [(across(plane.place(point.cost)), up(point.score)) for point in points]
    drawn = sorted(range(len(points)), key=lambda i: (points[i].front, not points[i].mark.baseline))
    for position in drawn:
        point, (x, y) = points[position], places[position]
        words = f"{point.mark.label}: {plane.describe(point)}"
        words += ", on the front" if point.front else ""
        drawing.marker(point.mark, x, y, words, size=6 if point.front else 4.5)
    segments = [
        (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
        for a, b in itertools.pairwise(corners)
    ]
    taken = [(x - 7.0, y - 7.0, x + 7.0, y + 7.0) for x, y in places]
    order = {id(point): place for place, point in enumerate(front, start=1)}
    named = sorted(
        (i for i, p in enumerate(points) if p.front or (p.mark.baseline and not narrow)),
        key=lambda i: (not points[i].front, points[i].cost),
    )
    for position in named:
        point, (x, y) = points[position], places[position]
        label = str(order[id(point)]) if narrow else point.mark.label
        size = 12.5
        wide = text_width(label, size) * (1.1 if point.front else 1)
        spot = _free_spot((x, y), (wide, size + 2), taken, segments, (left, 22, width, bottom))
        if spot is None:
            continue
        taken.append(spot)
        near = (min(max(x, spot[0]), spot[2]), min(max(y, spot[1]), spot[3]))
        if math.dist(near, (x, y)) > 13:
            drawing.line("leader", x, y, *near)
        name = "label halo front-label" if point.front else "label halo baseline"
        # Anchored at the side of its mark, so that a wider typeface grows away from it.
        if spot[2] < x:
            drawing.text(f"{name} end", spot[2], spot[3] - 4, label)
        elif spot[0] > x:
            drawing.text(name, spot[0], spot[3] - 4, label)
        else:
            drawing.text(f"{name} middle", (spot[0] + spot[2]) / 2, spot[3] - 4, label)
    return drawing.markup()


Box = tuple[float, float, float, float]


def _free_spot(
    point: tuple[float, float],
    size: tuple[float, float],
    taken: Sequence[Box],
    lines: Sequence[Box],
    bounds: Box,
) -> Box | None:
    """Cheapest place for a label near a point: on no mark or label, off the lines if it can be."""
    best, best_cost = None, math.inf
    for distance in (10, 15, 22, 30, 40, 52, 66, 82, 100, 120, 145):
        for turn in range(16):
            across, down = math.cos(turn * math.pi / 8), math.sin(turn * math.pi / 8)
            centre = (
                point[0] + across * (distance + size[0] / 2),
                point[1] + down * (distance + size[1] / 4),
            )
            if abs(across) < 0.5:
                centre = (point[0] + across * distance * 2, centre[1])
            box = (
                centre[0] - size[0] / 2,
                centre[1] - size[1] / 2,
                centre[0] + size[0] / 2,
                centre[1] + size[1] / 2,
            )
            inside = (
                box[0] >= bounds[0]
                and box[1] >= bounds[1]
                and box[2] <= bounds[2]
                and box[3] <= bounds[3]
            )
            if not inside or any(_overlap(box, other) for other in taken):
                continue
            cost = distance + 25.0 * sum(_overlap(box, line) for line in lines)
            if cost < best_cost:
                best, best_cost = box, cost
    return best


def _overlap(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and one[2] >= other[0] and one[1] <= other[3] and one[3] >= other[1]


def time_words(seconds: float) -> str:
    """Write a duration with two figures and the unit a person would use."""
    if math.isnan(seconds):
        return DASH
    if seconds < 1:
        return f"{seconds * 1000:.2g} ms" if seconds < 0.0995 else f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


@dataclass(frozen=True)
class EffectPanel:
    """One metric's column in the chart of changes: its title, hint and one interval per row."""

    title: str
    hint: str
    effects: Sequence[Interval]


def effect_chart(
    groups: Sequence[tuple[str, int]],
    marks: Sequence[Mark],
    panels: Sequence[EffectPanel],
    width: float,
) -> str:
    """Dots with intervals, one row per pair and one column per metric, around a line at zero.

    Parameters
    ----------
    groups : list of (name, number of rows)
        Consecutive rows under a heading; each group has scales of its own, since one learner's
        changes may be a hundred times another's.
    marks : one per row
    panels : one per metric
    width : float
        Pixels.
    """
    narrow = width < NARROW
    pitch, size, head = (37.0, 12.5, 58.0) if narrow else (23.0, 13.0, 54.0)
    widest = max(text_width(mark.label, size) for mark in marks)
    left = 2.0 if narrow else min(widest, 270) + 16
    gutter = 14.0 if narrow else 30.0
    available = (width - left - gutter * (len(panels) - 1) - 6) / len(panels)
    block = 58.0
    height = head + sum(block + pitch * rows for _, rows in groups)
    drawing = Drawing(width, height, "Change against the same learner left alone, by metric")
    starts = [left + position * (available + gutter) for position in range(len(panels))]
    for start, panel in zip(starts, panels, strict=True):
        drawing.text("panel-title", start, 16, shorten(panel.title, 13.5, available + gutter - 4))
        drawing.text("note", start, 33, shorten(panel.hint, 12, available + gutter - 2))
    y0, row0 = head, 0
    for name, rows in groups:
        drawing.text("group", 2, y0 + 6, name)
        first = y0 + 30
        end = first + pitch * rows
        for start, panel in zip(starts, panels, strict=True):
            effects = panel.effects[row0 : row0 + rows]
            scale = _zero_scale(effects, start, start + available)
            _zero_axis(drawing, scale, (first, end - 4), 2 if narrow else 4, width)
            heights = [first + pitch * (row + (0.68 if narrow else 0.45)) for row in range(rows)]
            drawing.rows(start, start + available, heights)
            drawing.line("zero", scale(0), first - 2, scale(0), end - 4)
            for row, effect in enumerate(effects):
                mark = marks[row0 + row]
                _effect(drawing, scale, effect, heights[row], f"{mark.label}, {panel.title}")
        for row in range(rows):
            mark = marks[row0 + row]
            y = first + pitch * (row + (0.68 if narrow else 0.45))
            label = "label halo baseline" if mark.baseline else "label halo"
            if narrow:
                drawing.text(label, left, y - 11, shorten(mark.label, size, width - 6))
            else:
                words = shorten(mark.label, size, 270)
                full = mark.label if words != mark.label else ""
                drawing.text(f"{label} end", left - 14, y + 4.5, words, full)
        row0 += rows
        y0 = end + block - 30
    return drawing.markup()


def _zero_scale(effects: Sequence[Interval], left: float, right: float) -> Scale:
    """A scale that holds zero and every interval of a group."""
    values = [0.0]
    for effect in effects:
        values += [v for v in (effect.mean, effect.low, effect.high) if not math.isnan(v)]
    low, high = min(values), max(values)
    pad = 0.08 * (high - low) or 0.01
    return Scale(low - pad, high + pad, left, right)


def _zero_axis(
    drawing: Drawing, scale: Scale, extent: tuple[float, float], count: int, width: float
) -> None:
    """Grid lines with their labels; a label that would touch one nearer zero is left out."""
    values = ticks(scale.low, scale.high, count)
    if not any(values):
        values = ticks(scale.low, scale.high, 2 * count)
    step = values[1] - values[0] if len(values) > 1 else scale.high
    taken: list[tuple[float, float]] = []
    for value in sorted(values, key=abs):
        if value != 0:
            drawing.line("grid", scale(value), extent[0], scale(value), extent[1])
        words = "0" if value == 0 else tick_label(value, step, sign=True)
        half = text_width(words, 12) / 2
        middle = min(max(scale(value), half), width - half)
        if all(middle + half < left - 3 or middle - half > right + 3 for left, right in taken):
            drawing.text("tick middle", middle, extent[0] - 6, words)
            taken.append((middle - half, middle + half))


def _effect(drawing: Drawing, scale: Scale, effect: Interval, y: float, words: str) -> None:
    if math.isnan(effect.mean):
        return
    tooltip = f"{words}: {number(effect.mean, 4, sign=True)}"
    name = effect.verdict or "tied"
    if not math.isnan(effect.low):
        tooltip += f", {number(effect.low, 4, sign=True)} to {number(effect.high, 4, sign=True)}"
        drawing.line(f"effect {name}", scale(effect.low), y, scale(effect.high), y)
    drawing.add("circle", f"dot {name}", f"{tooltip} ({name})", cx=scale(effect.mean), cy=y, r=4)
