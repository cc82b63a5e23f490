"""The distinct places where chi-square is lowest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.inference.descent import Descent
from thiocell.inference.linear import curvature
from thiocell.inference.plain import plain

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

BARRIER = 0.1
"""assumed: rise of chi-square on the way between two places that makes them two minima."""
BETWEEN = np.array([0.25, 0.5, 0.75])
"""assumed: places on the way at which chi-square is asked for."""
AT_BOUND = 1e-6
"""assumed: share of the box within which a parameter lies at its bound."""


@dataclass(frozen=True, eq=False)
class Minimum:
    """One minimum: SI ``values`` in the parameters' order, ``chi2``, and how many ``starts`` ended there.

    ``lowest`` and ``highest`` are the least and greatest value of each parameter among those starts: wide apart, they
    tell of a valley. ``stalled`` says that a failing region or noise stopped the search.
    """

    values: Array
    chi2: float
    starts: int
    lowest: Array
    highest: Array
    stalled: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        names = ("values", "chi2", "starts", "lowest", "highest", "stalled")
        return {name: plain(getattr(self, name)) for name in names}


def ended(descent: Descent) -> tuple[Rows, dict[int, list[int]]]:
    """The starts that ended at a place of their own, best first, and for each all starts that came to it."""
    into = descent.into.copy()
    while not np.array_equal(into, into[into]):
        into = into[into]
    own = [i for i, end in enumerate(descent.ends) if end in ("converged", "stalled", "running")]
    own.sort(key=lambda i: (descent.chi2[i], i))
    return np.array(own, dtype=np.intp), {i: list(np.flatnonzero(into == i)) for i in own}


def distinct(chi2_at: Callable[[Array], Array], descent: Descent, rows: Rows) -> list[Rows]:
    """``rows`` of a descent, best first, in groups of one minimum each.

    Two places are one minimum if chi-square rises nowhere on the straight way between them; or if it is equal at both
    and the numbers leave a direction open, so that a bent valley may join them.
    """
    groups: list[Rows] = []
    left = rows
    while left.size:
        best, rest = left[0], left[1:]
        joined = _joined(chi2_at, descent, best, rest) if rest.size else np.zeros(0, dtype=bool)
        groups.append(np.concatenate([[best], rest[joined]]))
        left = rest[~joined]
    return groups


def _joined(chi2_at: Callable[[Array], Array], descent: Descent, best: int, rest: Rows) -> NDArray[np.bool_]:
    start, ends = descent.places[best], descent.places[rest]
    top = np.maximum(descent.chi2[best], descent.chi2[rest]) + BARRIER
    same: NDArray[np.bool_] = np.max(np.abs(ends - start), axis=1) < AT_BOUND
    if _open(descent, best):
        same = same | (np.abs(descent.chi2[rest] - descent.chi2[best]) < BARRIER)
    unsure = np.flatnonzero(~same)
    if unsure.size:
        way = start + BETWEEN[:, None, None] * (ends[unsure] - start)
        heights = chi2_at(way.reshape(-1, start.size)).reshape(BETWEEN.size, -1)
        same[unsure] = np.all(heights <= top[unsure], axis=0)
    return same


def _open(descent: Descent, row: int) -> bool:
    """Do the numbers leave a direction open? A parameter at its bound counts too: a valley may lead away from there."""
    free = np.zeros(descent.places.shape[1], dtype=bool)
    return bool(len(curvature(descent.jacobian[row], free, descent.slope_error[row]).open_directions))
