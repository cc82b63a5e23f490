"""Voltage of ideal cells against the depth of discharge (0 charged, 1 discharged), with means known in closed form."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SULFUR = 2.1  # V vs Li, assumed: middle of the sulfur plateau
MOLYBDENUM = 1.1  # V vs Li, assumed: where the second discharge plateau begins
SULFUR_SHARE = 0.7  # assumed: share of the capacity on the upper plateau
WIDTH = 0.04  # assumed: half-width of the passage between the plateaus, in depth
END = 0.25  # V, assumed: rise at the charged end and fall at the discharged end
END_DEPTH = 0.03  # assumed: depth over which either end decays by e


def linear(depth: Array, top: float = 2.5, bottom: float = 1.5) -> Array:
    """Voltage (V) that falls evenly from ``top`` to ``bottom`` (V, assumed)."""
    return top - (top - bottom) * depth


def linear_mean(top: float = 2.5, bottom: float = 1.5) -> float:
    """Mean over the depth of ``linear`` (V)."""
    return 0.5 * (top + bottom)


def two_plateaus(
    depth: Array, upper: float = SULFUR, lower: float = MOLYBDENUM, share: float = SULFUR_SHARE, width: float = WIDTH
) -> Array:
    """Voltage (V) with a plateau at ``upper`` over ``share`` of the depth, one at ``lower`` after, and smooth ends."""
    passage = 0.5 * (1.0 - np.tanh((depth - share) / width))
    ends = END * (np.exp(-depth / END_DEPTH) - np.exp(-(1.0 - depth) / END_DEPTH))
    return np.asarray(lower + (upper - lower) * passage + ends)


def two_plateaus_mean(
    upper: float = SULFUR, lower: float = MOLYBDENUM, share: float = SULFUR_SHARE, width: float = WIDTH
) -> float:
    """Mean over the depth of ``two_plateaus`` (V); its ends cancel."""
    rise = _log_cosh((1.0 - share) / width) - _log_cosh(share / width)
    return lower + (upper - lower) * 0.5 * (1.0 - width * rise)


def _log_cosh(x: float) -> float:
    return abs(x) + float(np.log1p(exp(-2.0 * abs(x)))) - float(np.log(2.0))


LAWS: dict[str, tuple[Callable[[Array], Array], float]] = {
    "two_plateaus": (two_plateaus, two_plateaus_mean()),
    "linear": (linear, linear_mean()),
}
"""Of each law by name, the voltage (V) at a depth and its mean."""


def about(law: str, depth: Array, mean: float) -> Array:
    """The named law's voltage (V) at ``depth``, shifted to have this ``mean`` (V) over the whole depth."""
    curve, usual = LAWS[law]
    return np.asarray(curve(depth) + (mean - usual))
