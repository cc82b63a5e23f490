"""A drawing as a figure that a paper could print: SVG text, or drawn onto a user's own axes."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thiocell.core.drawing import Drawing, Image, Panel
from thiocell.report._units import label
from thiocell.report.window import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

WIDTH = 3.35  # inches, one column of a journal page
HEIGHT = 2.6  # inches, assumed: about three quarters of the width
IN_A_ROW = 3
POINT = 72.0  # points an inch
VIRTUAL = "virtual data"
STYLE: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Arial"],
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "xtick.major.size": 3.5,
    "ytick.major.size": 3.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "thiocell",
    "path.simplify": True,
    "path.simplify_threshold": 0.111,
}


def render(drawing: Drawing) -> str:
    """``drawing`` as the text of an SVG file, always the same: panels in rows of three, four as two by two.

    A wide panel takes two places of a row.
    """
    with _style():
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        rows, columns, places = _laid_out(drawing.panels)
        figure = Figure(figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained", facecolor="white")
        said = set[tuple[object, ...]]()
        for place, panel in zip(places, drawing.panels, strict=True):
            axes = figure.add_subplot(rows, columns, place)
            draw_onto(axes, panel, virtual=drawing.virtual)
            _once(axes, panel, said)
        _settle(figure)
        page = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        FigureCanvasSVG(figure).print_svg(page, metadata=nothing)  # type: ignore[no-untyped-call]
    return _tidied(page.getvalue(), drawing)


def _laid_out(panels: Sequence[Panel]) -> tuple[int, int, list[tuple[int, int]]]:
    """Rows, columns, and of each panel its first and last place, counted from 1 along the rows."""
    count = max(1, sum(1 + panel.wide for panel in panels))
    columns = 2 if count == 4 else min(count, IN_A_ROW)
    places, taken = list[tuple[int, int]](), 0
    for panel in panels:
        if panel.wide and columns - taken % columns == 1:
            taken += 1
        places.append((taken + 1, taken + 1 + panel.wide))
        taken = places[-1][1]
    return max(1, math.ceil(taken / columns)), columns, places


def key(drawing: Drawing) -> str:
    """A hash of all that ``render`` makes its text from: the drawing, this code and matplotlib's version."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    told = json.dumps(drawing.to_json(), sort_keys=True).encode()
    return hashlib.sha256(b"\0".join([version("matplotlib").encode(), *code, told])).hexdigest()


def draw_onto(axes: Axes, panel: Panel, *, virtual: bool = False) -> None:
    """Draw ``panel`` onto axes of your own: layers, scales, limits, 'label / unit', legend; a virtual one is marked.

    Lines too long to be told apart on paper are thinned so that their extremes stay.
    """
    from thiocell.report import _layers, _ticks

    place = axes.get_position()
    figure = axes.get_figure(root=True)
    wide, high = (WIDTH, HEIGHT) if figure is None else (float(n) for n in figure.get_size_inches())
    window = Window.of(panel, max(place.width * wide * POINT, 1.0), max(place.height * high * POINT, 1.0))
    axes.set(xscale=panel.x.scale, yscale=panel.y.scale)
    manner = _layers.Manner(panel, virtual)
    named: dict[str, list[Any]] = {}
    for order, layer in enumerate(panel.layers):
        artist = _layers.draw(axes, layer, manner, window, order)
        if layer.label and artist is not None and _layers.shows(layer):
            named.setdefault(layer.label, []).append(artist)
    axes.set(xlim=(window.x.low, window.x.high), ylim=(window.y.low, window.y.high))
    axes.set_aspect("equal" if panel.equal else "auto", adjustable="box")
    _ticks.write(axes, window, panel)
    axes.set_xlabel(textwrap.fill(label(panel.x), 52), parse_math=False)  # assumed: characters of 8 pt that fit
    axes.set_ylabel(textwrap.fill(label(panel.y), 36), parse_math=False)
    _head(axes, panel, virtual=virtual)
    _legend(axes, named)
    if not axes.has_data():
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", color="#555555")


def _head(axes: Axes, panel: Panel, *, virtual: bool) -> None:
    """The title at the left; the word that nothing was measured at the right, where it covers no data."""
    widest = (
        34 if virtual else 52
    ) + 52 * panel.wide  # assumed: characters of 8 pt beside, or without, the virtual mark
    title = "\n".join(textwrap.wrap(panel.title, widest))
    axes.set_title(title, loc="left", parse_math=False)
    if virtual:
        axes.set_title(VIRTUAL, loc="right", style="italic", color="#555555", fontsize=7)


def _legend(axes: Axes, named: dict[str, list[Any]]) -> None:
    if not named:
        return
    legend = axes.legend(
        [tuple(artists) for artists in named.values()],
        list(named),
        loc="best",
        frameon=False,
        ncols=2 if len(named) > 6 else 1,  # assumed: more would be taller than half the panel
        handlelength=2.4,
        labelspacing=0.3,
        borderaxespad=0.6,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _once(axes: Axes, panel: Panel, said: set[tuple[object, ...]]) -> None:
    """Take away a legend that says what that of a panel before it said already; ``said`` remembers them."""
    told = [layer for layer in panel.layers if not isinstance(layer, Image) and layer.label]
    says = tuple((type(layer), layer.label, layer.tone, getattr(layer, "style", "")) for layer in told)
    if says in said and (legend := axes.get_legend()):
        legend.remove()
    said.add(says)


def _settle(figure: Figure) -> None:
    """Move legends that cover data, wherever they stand in their axes, to below them, and make room for that."""
    if not any(axes.get_legend() for axes in figure.axes):
        return
    figure.draw_without_rendering()
    crowded = [(axes, legend) for axes in figure.axes if (legend := axes.get_legend()) and _covers(axes, legend)]
    if not crowded:
        return
    tallest = 0.0
    for axes, legend in crowded:
        height = axes.get_window_extent().height
        tallest = max(tallest, legend.get_window_extent().height)
        legend.set_loc("upper center")
        below = 30.0 * figure.dpi / POINT  # assumed: pt that tick labels and the axis label take
        legend.set_bbox_to_anchor((0.5, -below / height), axes.transAxes)
    grid = figure.axes[0].get_gridspec()
    rows = grid.nrows if grid is not None else 1
    width, old = figure.get_size_inches()
    figure.set_size_inches(width, old + rows * tallest / figure.dpi)


def _covers(axes: Axes, legend: Legend) -> bool:
    from matplotlib.collections import PolyCollection

    box = legend.get_window_extent()
    if box.width > axes.get_window_extent().width or box.height > axes.get_window_extent().height:
        return True
    for line in axes.get_lines():
        path = line.get_path().transformed(line.get_transform())
        joined = line.get_linestyle() not in ("None", "none", "")
        if joined and path.intersects_bbox(box, filled=False):
            return True
        if box.count_contains(path.vertices):
            return True
    areas = [area for area in axes.collections if isinstance(area, PolyCollection)]
    if any(path.transformed(area.get_transform()).intersects_bbox(box) for area in areas for path in area.get_paths()):
        return True
    dots = [patch.get_path().transformed(patch.get_transform()) for patch in axes.patches]
    return any(box.count_contains(path.vertices) > 0 for path in dots)


@contextmanager
def _style() -> Iterator[None]:
    """Our style over matplotlib's own defaults, whatever the user's matplotlibrc says; put back afterwards."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def _short(path: re.Match[str]) -> str:
    """A path with coordinates to 0.01 pt; a dot, drawn there and back, becomes a dash of no length."""
    cut = re.sub(r"(\.\d\d)\d+", r"\1", path[0])
    return re.sub(r"M (\S+ \S+) \n(?:L \1 \n)+z ?\n?", r"M\1h0", cut)


def _tidied(text: str, drawing: Drawing) -> str:
    """The SVG with a title, coordinates to 0.01 pt, and without what would reach out of the file or into a page."""
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", text)
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)  # it would style the page around it as well
    text = re.sub(r' d="[^"]*"', _short, text)
    name = drawing.caption or "; ".join(
        panel.title or f"{label(panel.y)} against {label(panel.x)}" for panel in drawing.panels
    )
    name = f"{name} ({VIRTUAL})" if drawing.virtual else name
    head = '<svg role="img" stroke-linejoin="round" stroke-linecap="butt" '
    return re.sub(r"<svg ([^>]*)>", lambda m: f"{head}{m[1]}>\n <title>{escape(name)}</title>", text, count=1)
