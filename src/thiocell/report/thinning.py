"""Fewer points that draw the same picture: lengths are in points of the page (1/72 in), 46,000 points become 3,000."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

COLUMNS_A_POINT = (4.0, 2.0, 1.0, 0.5)
"""How finely a line is cut into columns, finest first; assumed: 0.25 pt is below what a printer resolves."""

CELLS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Sides of the squares in pt in which one mark stands for all; assumed: the largest is twice a mark's own size."""


def line(x: Array, y: Array, most: int) -> Index:
    """Which points of a line to keep, in order: of each column the first, last, lowest and highest; gaps stay gaps.

    ``x`` and ``y`` are places on the page in pt, NaN at a gap. Lines of up to ``most`` points are kept whole.
    """
    kept = np.arange(x.size, dtype=np.intp)
    for fineness in COLUMNS_A_POINT:
        if kept.size <= most:
            break
        kept = _columns(x, y, fineness)
    return kept


def _columns(x: Array, y: Array, fineness: float) -> Index:
    gap = ~(np.isfinite(x) & np.isfinite(y))
    column = np.where(gap, np.inf, np.floor(np.where(gap, 0.0, x) * fineness))
    begins = np.concatenate([[True], column[1:] != column[:-1]])
    run = np.cumsum(begins)
    first = np.flatnonzero(begins)
    last = np.concatenate([first[1:] - 1, [x.size - 1]])
    by_height = np.lexsort((np.where(gap, 0.0, y), run))  # sorted within each run, so its ends are the extremes
    kept = np.unique(np.concatenate([first, last, by_height[first], by_height[last]]))
    spare = gap[kept] & ~begins[kept]  # one NaN is gap enough
    return np.asarray(kept[~spare], dtype=np.intp)


def marks(x: Array, y: Array, most: int, also: Iterable[Array] = ()) -> Index:
    """Which marks to draw, in order: one in each small square, and those at the ends of x, y and of ``also``."""
    seen = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if seen.size <= most:
        return seen.astype(np.intp)
    ends = [seen[pick(values[seen])] for values in (x, y) for pick in (np.argmin, np.argmax)]
    ends += [seen[np.nanargmax(values[seen])] for values in also if np.isfinite(values[seen]).any()]
    kept = seen
    for side in CELLS:
        square = np.floor(np.column_stack([x[seen], y[seen]]) / side)
        kept = seen[np.unique(square, axis=0, return_index=True)[1]]
        if kept.size <= most:
            break
    return np.unique(np.concatenate([kept, ends])).astype(np.intp)


def band(x: Array, low: Array, high: Array, most: int) -> Index:
    """Which points of a band along rising ``x`` to keep so that both its edges keep their extremes."""
    if x.size <= most:
        return np.arange(x.size, dtype=np.intp)
    return np.union1d(line(x, low, most), line(x, high, most)).astype(np.intp)


def picture(values: Array, most: int) -> Array:
    """``values`` averaged over blocks until no side is longer than ``most``; NaN pixels are left out of a block."""
    rows, columns = (max(1, -(-n // most)) for n in values.shape)
    if rows == columns == 1:
        return values
    tall, wide = -(-values.shape[0] // rows) * rows, -(-values.shape[1] // columns) * columns
    padded = np.full((tall, wide), np.nan)
    padded[: values.shape[0], : values.shape[1]] = values
    blocks = padded.reshape(tall // rows, rows, wide // columns, columns)
    count = np.isfinite(blocks).sum(axis=(1, 3))
    total = np.where(np.isfinite(blocks), blocks, 0.0).sum(axis=(1, 3))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
