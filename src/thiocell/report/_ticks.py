"""Ticks whose labels are plain text such as 10⁻⁵; imported only when something is drawn."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.axis import Axis as TickAxis
from matplotlib.ticker import (
    AutoMinorLocator,
    FixedFormatter,
    FixedLocator,
    Formatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
    ScalarFormatter,
)

from thiocell.core.drawing import Axis, Panel
from thiocell.report.window import Span, Window

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLAIN = (1e-3, 1e4)  # assumed: between these a power of ten is easier to read written out
_LEVEL = 36  # assumed: characters of 7.5 pt, of all names together, that fit side by side under a panel


def power_of_ten(exponent: int) -> str:
    """'10⁻⁵' for -5."""
    return f"10{str(exponent).translate(_RAISED)}"


def scientific(value: float) -> str:
    """A positive ``value`` as '2×10⁻⁵' or '10⁻⁶'."""
    digits, _, exponent = f"{value:.5e}".partition("e")
    digits = digits.rstrip("0").rstrip(".")
    raised = power_of_ten(int(exponent))
    return raised if digits == "1" else f"{digits}×{raised}"


class _Powers(Formatter):
    """Labels of a logarithmic axis: all as powers of ten, or all written out where they are short."""

    def __init__(self, span: Span) -> None:
        self._short = _PLAIN[0] <= min(span.low, span.high) and max(span.low, span.high) <= _PLAIN[1]

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002  matplotlib hands it over
        return f"{x:.6g}" if self._short else scientific(x)


class _Numbers(ScalarFormatter):
    """Labels of a linear axis; a common power of ten stands once, as '×10⁻⁵', at the end of the axis."""

    def __init__(self, floor: float | None) -> None:
        super().__init__(useOffset=False, useMathText=False)
        self.set_powerlimits((-3, 5))
        self._floor = -math.inf if floor is None else floor

    def __call__(self, x: float, pos: int | None = None) -> str:
        return super().__call__(x, pos) if x >= self._floor else ""

    def get_offset(self) -> str:
        text = super().get_offset()  # '1e-5'
        _, mark, exponent = text.partition("e")
        return f"×{power_of_ten(int(exponent.replace('−', '-')))}" if mark else text


def write(axes: Axes, window: Window, panel: Panel) -> None:
    """Put ticks and their labels on both axes: inward, on all four sides; places have their names."""
    axes.tick_params(which="both", direction="in", top=True, right=True)
    for axis, span, given in ((axes.xaxis, window.x, panel.x), (axes.yaxis, window.y, panel.y)):
        if given.places:
            _names(axis, given.places)
        else:
            _one(axis, span, given)
    if sum(map(len, panel.x.places)) > _LEVEL:
        axes.tick_params(axis="x", labelrotation=30)
        for text in axes.get_xticklabels():
            text.set(ha="right", rotation_mode="anchor")


def _names(axis: TickAxis, places: tuple[str, ...]) -> None:
    axis.set_major_locator(FixedLocator(range(1, len(places) + 1)))
    axis.set_major_formatter(FixedFormatter([name.replace("$", r"\$") for name in places]))
    axis.set_minor_locator(NullLocator())


def _one(axis: TickAxis, span: Span, given: Axis) -> None:
    if span.scale == "linear":
        axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
        axis.set_minor_locator(AutoMinorLocator(2))
        axis.set_major_formatter(_Numbers(given.floor))
    else:
        decades = abs(math.log10(span.high / span.low))
        if decades < 0.7:  # assumed: 1, 2 and 5 would give fewer than two ticks
            axis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
        elif decades < 2:
            axis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
        else:
            axis.set_major_locator(LogLocator(10, numticks=7))
        axis.set_minor_locator(LogLocator(10, subs=tuple(float(n) for n in range(2, 10)), numticks=30))
        axis.set_major_formatter(_Powers(span))
    axis.set_minor_formatter(NullFormatter())
