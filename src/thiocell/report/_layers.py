"""Each kind of layer put onto matplotlib axes; imported only when something is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from thiocell.core.drawing import Band, Image, Layer, Line, Panel, Points
from thiocell.report import thinning
from thiocell.report.window import Window, array

Array = NDArray[np.float64]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255")
"""Okabe and Ito 2008, https://jfly.uni-koeln.de/color/, dark ones first; their yellow is too pale on white, so the last
is the wine red of Tol 2021, https://personal.sron.nl/~pault/."""
MARKS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: dict[str, Any] = {"solid": "solid", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.6))}
VIRTUAL_DASH = (0, (7, 1.2))  # a solid line of data that no instrument measured
MOST_LINE_POINTS = 6000  # assumed: a panel's lines together, about 90 kB of SVG
MOST_MARKS = 600  # assumed: a panel's marks together, about 70 kB of SVG
MOST_DUST = 4000  # assumed: a panel's dots together where marks would be too many, about 90 kB of SVG
SPARSE = 5  # marks along a line that is told from others by colour alone
LONGEST_PICTURE = 256  # assumed: pixels along a side, finer than a 2.5 in panel shows
GREY = "#8a8a8a"  # of a negative tone: what is shown but not counted
MOST_BARS = 40  # assumed: more bars of one common error hide the marks
BARS_LEFT = 20  # assumed: enough to show a common error
ALIKE = 1.2  # assumed: bars nearer than this factor to the usual length (or share) show one error
_WIDTHS = {"usual": 1.1, "thin": 0.5, "broad": 2.4}  # pt
_SIZES = {"filled": 3.6, "open": 4.6, "bar": 6.0}  # pt; open is a ring around what lies beneath it
FEW = 30  # assumed: a line of fewer points shows its tone by its own corners


@dataclass(frozen=True)
class Manner:
    """How the layers of ``panel`` look: one colour and mark a tone, sparse marks where lines differ by tone alone."""

    panel: Panel
    virtual: bool

    @property
    def _drawn(self) -> list[Line | Points | Band]:
        return [layer for layer in self.panel.layers if not isinstance(layer, Image)]

    def colour(self, tone: int) -> Any:
        """Okabe-Ito by tone, grey for a negative one; more tones than it has run through viridis, in order."""
        if tone < 0:
            return GREY
        tones = sorted({layer.tone for layer in self._drawn if layer.tone >= 0})
        if len(tones) <= len(COLOURS):
            return COLOURS[tone % len(COLOURS)]
        return colormaps["viridis"](0.92 * tones.index(tone) / (len(tones) - 1))

    def of_line(self, line: Line) -> Any:
        """A line's colour by tone; grey for a dotted one without a name, which only marks a place."""
        return GREY if line.style == "dotted" and not line.label else self.colour(line.tone)

    def mark(self, tone: int) -> str:
        """The shape of a tone's marks."""
        return MARKS[tone % len(MARKS)]

    def dash(self, line: Line) -> Any:
        """The line's own style; a solid virtual line is a broken one."""
        return VIRTUAL_DASH if self.virtual and line.style == "solid" else DASHES[line.style]

    def marked(self, line: Line) -> bool:
        """Does this line need sparse marks, so that it is known without its colour?

        A dotted level, drawn from end to end, has none, nor has a thin or broad line: they would look like data.
        """
        if line.weight != "usual" or (line.style == "dotted" and len(array(line.x)) <= 2):
            return False
        lines = [layer for layer in self._drawn if isinstance(layer, Line) and layer.weight == "usual"]
        rivals = {layer.tone for layer in lines if layer.label and layer.style == line.style}
        dotted = {layer.tone for layer in self._drawn if isinstance(layer, Points)}
        return bool(line.label) and 1 < len(rivals) <= len(MARKS) and line.tone not in dotted

    def share(self, kind: type[Layer], whole: int) -> int:
        """How many of ``whole`` points one layer of a kind may have."""
        return max(60, whole // max(1, sum(isinstance(layer, kind) for layer in self.panel.layers)))


def draw(axes: Axes, layer: Layer, manner: Manner, window: Window, order: int) -> Any:
    """Draw ``layer`` and give the artist that stands for it in the legend; later layers lie on top."""
    match layer:
        case Line():
            return _line(axes, layer, manner, window, order)
        case Points():
            return _points(axes, layer, manner, window, order)
        case Band():
            return _band(axes, layer, manner, window, order)
        case Image():
            return _image(axes, layer, window, order)


def _line(axes: Axes, line: Line, manner: Manner, window: Window, order: int) -> Any:
    x, y = array(line.x), array(line.y)
    kept = thinning.line(*window.page(x, y), manner.share(Line, MOST_LINE_POINTS))
    colour = manner.of_line(line)
    sparse: dict[str, Any] = {}
    if manner.marked(line) and kept.size:
        across, up = window.page(x[kept], y[kept])
        sparse = {"marker": manner.mark(line.tone), "markevery": _sparse(across, up, line.tone), "markersize": 3.2}
        sparse |= {"markerfacecolor": "white", "markeredgewidth": 0.7}
    (artist,) = axes.plot(
        x[kept],
        y[kept],
        color=colour,
        linestyle=manner.dash(line),
        linewidth=_WIDTHS[line.weight],
        alpha=0.45 if line.weight == "broad" else None,
        zorder=2 + 0.01 * order,
        **sparse,
    )
    return artist


def _sparse(x: Array, y: Array, tone: int) -> list[int] | None:
    """A few corners evenly along the line on the page, shifted by ``tone``; None for a short line: all its corners."""
    if x.size <= FEW:
        return None
    steps = np.nan_to_num(np.hypot(np.diff(x, prepend=x[:1]), np.diff(y, prepend=y[:1])))
    along = np.cumsum(steps)
    wanted = (np.arange(SPARSE) + 0.2 + 0.6 * (tone % len(MARKS)) / len(MARKS)) / SPARSE * along[-1]
    places = np.minimum(np.searchsorted(along, wanted), x.size - 1)
    return [int(place) for place in np.unique(places)]


def _points(axes: Axes, points: Points, manner: Manner, window: Window, order: int) -> Any:
    x, y = array(points.x), array(points.y)
    sigma_x, sigma_y = (None if s is None else array(s) for s in (points.sigma_x, points.sigma_y))
    bars = [s for s in (sigma_x, sigma_y) if s is not None]
    size = _SIZES[points.mark]
    colour, z = manner.colour(points.tone), 3 + 0.01 * order
    if x.size > manner.share(Points, MOST_MARKS) and not bars and points.mark != "bar":
        return _dust(axes, points, manner, window, z)
    kept = thinning.marks(*window.page(x, y), manner.share(Points, MOST_MARKS), bars)
    for sigma, upright in ((sigma_x, False), (sigma_y, True)):
        if sigma is not None:
            apart = bool(manner.panel.x.places)
            seen = sigma[kept] if apart else _seen(window, x[kept], y[kept], sigma[kept], size, upright=upright)
            _bars(axes, x[kept], y[kept], seen, colour, z, upright=upright, cap=4.0 if apart else 1.6)
    hollow = manner.virtual or points.mark == "open"
    (artist,) = axes.plot(
        x[kept],
        y[kept],
        linestyle="none",
        marker="|" if points.mark == "bar" else manner.mark(points.tone),
        markersize=size,
        color=colour,
        markerfacecolor="none" if hollow else colour,
        markeredgewidth=0.8,
        zorder=z,
    )
    return artist


def _dust(axes: Axes, points: Points, manner: Manner, window: Window, z: float) -> Any:
    """Many small dots as one path: dashes of no length with round ends."""
    x, y = array(points.x), array(points.y)
    kept = thinning.marks(*window.page(x, y), manner.share(Points, MOST_DUST))
    corners = np.repeat(np.column_stack([x[kept], y[kept]]), 3, axis=0)
    strokes = np.tile([Path.MOVETO, Path.LINETO, Path.CLOSEPOLY], kept.size)  # unclosed, they would be simplified away
    colour = manner.colour(points.tone)
    dots = PathPatch(Path(corners, strokes), facecolor="none", edgecolor=colour, linewidth=1.4, capstyle="round")
    dots.set_zorder(z)
    axes.add_patch(dots)
    (proxy,) = axes.plot([], [], linestyle="none", marker="o", markersize=2.0, color=colour)
    return proxy


def _seen(window: Window, x: Array, y: Array, sigma: Array, size: float, *, upright: bool) -> Array:
    """The sigmas, NaN where the bar would end inside its mark of ``size`` pt, which it would only fill."""
    ends = window.page(x, y + sigma)[1] if upright else window.page(x + sigma, y)[0]
    middle = window.page(x, y)[1 if upright else 0]
    return np.where(np.abs(ends - middle) > size / 2, sigma, np.nan)


def _bars(axes: Axes, x: Array, y: Array, sigma: Array, colour: Any, z: float, *, upright: bool, cap: float) -> None:
    """Error bars of one standard uncertainty where it is known, only each nth of many alike; ``cap`` in pt."""
    known = np.isfinite(sigma) & (sigma > 0)
    if known.any():
        known[_common(sigma, y if upright else x, known)] = False
    if known.any():
        bar: dict[str, Any] = {"yerr" if upright else "xerr": sigma[known]}
        axes.errorbar(x[known], y[known], **bar, fmt="none", ecolor=colour, elinewidth=0.7, capsize=cap, zorder=z)


def _common(sigma: Array, values: Array, known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The places of the bars that need not be drawn, where many show one error, the same or the same share."""
    for sizes in (sigma, sigma / np.where(values == 0, np.nan, np.abs(values))):
        usual = float(np.nanmedian(np.where(known, sizes, np.nan))) if np.isfinite(sizes[known]).any() else np.nan
        alike = np.flatnonzero(known & (sizes < ALIKE * usual) & (sizes > usual / ALIKE))
        if alike.size > MOST_BARS:
            every = -(-alike.size // BARS_LEFT)
            return alike[np.arange(alike.size) % every > 0]
    return np.array([], dtype=np.intp)


def shows(layer: Layer) -> bool:
    """Has the layer anything to show?"""
    values = array(layer.values if isinstance(layer, Image) else layer.low if isinstance(layer, Band) else layer.y)
    return bool(np.isfinite(values).any())


def _band(axes: Axes, band: Band, manner: Manner, window: Window, order: int) -> Any:
    x, low, high = array(band.x), array(band.low), array(band.high)
    across, lower = window.page(x, low)
    _, upper = window.page(x, high)
    kept = thinning.band(across, lower, upper, manner.share(Band, MOST_LINE_POINTS) // 2)
    return axes.fill_between(
        x[kept],
        low[kept],
        high[kept],
        color=manner.colour(band.tone),
        alpha=0.22,
        linewidth=0,
        zorder=1 + 0.01 * order,
    )


def _image(axes: Axes, image: Image, window: Window, order: int) -> Any:
    values = np.ma.masked_invalid(thinning.picture(array(image.values), LONGEST_PICTURE))
    if values.size == 0:
        return None
    tint = colormaps["viridis"].with_extremes(bad="#cccccc")
    if window.x.scale == window.y.scale == "linear":
        extent = (image.left, image.right, image.bottom, image.top)
        picture: Any = axes.imshow(
            values,
            cmap=tint,
            extent=extent,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            zorder=0.01 * order,
        )
    else:
        rows, columns = values.shape
        across, up = np.linspace(image.left, image.right, columns + 1), np.linspace(image.bottom, image.top, rows + 1)
        picture = axes.pcolormesh(across, up, values, cmap=tint, rasterized=True, zorder=0.01 * order)
    figure = axes.get_figure(root=True)
    if figure is not None and not values.mask.all():
        bar = figure.colorbar(picture, ax=axes, pad=0.02)
        bar.set_label(image.label, parse_math=False)
        bar.ax.tick_params(direction="in", which="both")
        bar.outline.set_linewidth(0.6)
    return None
