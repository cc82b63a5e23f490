"""How far arithmetic alone may have moved a found number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from thiocell.core.quantity import Quantity, combine
from thiocell.core.result import Result

ROUNDING = 1e-9
"""Relative to the numbers that were computed with; assumed: sums and fits of numbers of 16 digits lose less."""


def of_value(quantity: Quantity, result: Result | None = None, word: str = "") -> float:
    """The rounding of a value, in its unit.

    A slope or an intercept may be the difference of numbers that are much larger, so that those set its rounding.
    """
    size = ROUNDING * max(abs(quantity.value), _scale(result, word))
    return size if math.isfinite(size) else 0.0


def through(
    rule: Callable[[Mapping[str, Any]], Any], inputs: Mapping[str, Quantity], roundings: Mapping[str, float]
) -> float:
    """The rounding of what ``rule`` makes of ``inputs`` with ``roundings``, in SI base units."""
    loose = {name: Quantity(q.value, q.unit, roundings[name]) for name, q in inputs.items()}
    sigma = combine(rule, loose).sigma
    return sigma if math.isfinite(sigma) else 0.0


def _scale(result: Result | None, word: str) -> float:
    """The largest of the numbers of which a trend's slope or intercept is a difference, in the unit of the value."""
    if result is None or "points" not in result.curves or word not in ("slope", "intercept"):
        return 0.0
    x, y, _ = (column.values for column in result.curves["points"].columns.values())
    across, height = float(np.ptp(x)), float(np.max(np.abs(y)))
    if not across > 0.0:
        return 0.0
    return height / across if word == "slope" else height * (1.0 + float(np.max(np.abs(x))) / across)
