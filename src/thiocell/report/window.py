"""The part of the plane that a panel shows, and where on the page a point of it lies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.drawing import Axis, Band, Image, Layer, Line, Panel, Points, Scale

Array = NDArray[np.float64]
MARGIN = 0.04  # assumed: share of the axis left free at either end


@dataclass(frozen=True)
class Span:
    """One axis from ``low`` to ``high`` in its own unit."""

    low: float
    high: float
    scale: Scale = "linear"

    def place(self, values: Array) -> Array:
        """Where ``values`` lie on the axis, 0 at its low and 1 at its high end; NaN where a log axis has no place."""
        if self.scale == "linear":
            return (values - self.low) / (self.high - self.low)
        here = np.log(np.where(values > 0, values, np.nan))
        return (here - math.log(self.low)) / (math.log(self.high) - math.log(self.low))


@dataclass(frozen=True)
class Window:
    """Both axes of a panel that is ``width`` by ``height`` pt on the page."""

    x: Span
    y: Span
    width: float
    height: float

    @classmethod
    def of(cls, panel: Panel, width: float, height: float) -> Window:
        """What shows every point and error bar of ``panel``; with equal axes the shorter one is lengthened upwards."""
        x = _span(panel.x, list(_along_x(panel)), tight=_pictured(panel))
        y = _span(panel.y, list(_along_y(panel)), tight=_pictured(panel))
        if panel.equal and not _pictured(panel):
            unit = max((x.high - x.low) / width, (y.high - y.low) / height)
            x, y = _lengthened(panel.x, x, unit * width), _lengthened(panel.y, y, unit * height)
        return cls(x, y, width, height)

    def page(self, x: Array, y: Array) -> tuple[Array, Array]:
        """The points in pt from the panel's lower left corner."""
        return self.x.place(x) * self.width, self.y.place(y) * self.height


def array(values: object) -> Array:
    """``values`` as an array of floats; layers hold such arrays already."""
    return np.asarray(values, dtype=np.float64)


def _pictured(panel: Panel) -> bool:
    return any(isinstance(layer, Image) for layer in panel.layers)


def _spread(values: object, sigma: object, scale: Scale) -> tuple[Array, ...]:
    here = array(values)
    if sigma is None:
        return (here,)
    bar = np.nan_to_num(array(sigma), nan=0.0)
    floor = np.where(here > 0, here / 10, -np.inf) if scale == "log" else -np.inf
    return here, np.maximum(here - bar, floor), here + bar  # a bar through zero shall not open decades of empty axis


def _along_x(panel: Panel) -> Iterator[Array]:
    for layer in panel.layers:
        if isinstance(layer, Image):
            yield np.array([layer.left, layer.right])
        else:
            yield from _spread(layer.x, layer.sigma_x if isinstance(layer, Points) else None, panel.x.scale)


def _along_y(panel: Panel) -> Iterator[Array]:
    for layer in panel.layers:
        yield from _heights(layer, panel.y.scale)


def _heights(layer: Layer, scale: Scale) -> Iterator[Array]:
    match layer:
        case Image():
            yield np.array([layer.bottom, layer.top])
        case Band():
            yield array(layer.low)
            yield array(layer.high)
        case Points():
            yield from _spread(layer.y, layer.sigma_y, scale)
        case Line():
            yield array(layer.y)


def _span(axis: Axis, given: list[Array], *, tight: bool) -> Span:
    if axis.places:
        return Span(0.5, len(axis.places) + 0.5)
    log = axis.scale == "log"
    values = np.concatenate(given) if given else np.empty(0)
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    low, high = (float(values.min()), float(values.max())) if values.size else ((1.0, 10.0) if log else (0.0, 1.0))
    low, high = _padded_log(low, high) if log else _padded(low, high, 0.0 if tight else MARGIN)
    wanted_low = axis.low if axis.low is not None and (not log or axis.low > 0) else low
    wanted_high = axis.high if axis.high is not None and (not log or axis.high > 0) else high
    if wanted_low == wanted_high:
        wanted_high = wanted_low * 10 if log else wanted_low + 1.0
    return Span(wanted_low, wanted_high, axis.scale)


def _padded(low: float, high: float, share: float) -> tuple[float, float]:
    if high == low:
        more = 0.05 * abs(low) or 1.0  # assumed: one value stands in the middle of its axis
        return low - more, high + more
    return low - share * (high - low), high + share * (high - low)


def _padded_log(low: float, high: float) -> tuple[float, float]:
    factor = (high / low) ** MARGIN if high > low else 2.0
    return low / factor, high * factor


def _lengthened(axis: Axis, span: Span, length: float) -> Span:
    """``span`` made ``length`` long: at its high end, or at the end that the panel does not fix."""
    if axis.high is None:
        return Span(span.low, span.low + length, span.scale)
    return Span(span.high - length, span.high, span.scale) if axis.low is None else span
