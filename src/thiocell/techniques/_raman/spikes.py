"""Spikes of one or two rows, as cosmic rays make them in a spectrum."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from thiocell.techniques._raman.noise import SPREAD

Array = NDArray[np.float64]

_SURE = 6.0
"""assumed: noises by which a spike stands out; chance alone makes one in 1e9 rows do so."""
_BESIDE = 0.25
"""assumed: share of a spike's height that the rows beside it may have; a line two rows wide at half height has more."""
_PART = 0.1
"""assumed: share of a line's height that a spike on it has at least; less may be the line's own noise."""
_NEAR = 25
"""assumed: rows to each side that tell the noise where a row lies."""
_REACH = 5
"""assumed: rows beyond the nearest, to each side, that tell what lies under a spike."""


def spikes_of(counts: Array) -> NDArray[np.bool_]:
    """The rows that belong to spikes: one or two that stand out while those beside them do not.

    A row is held against a parabola through rows two to five away, a pair against one through as many; what is left
    is told in noises of such differences nearby. A line wider than two rows has high rows beside its top.
    """
    found, left = np.zeros(counts.size, dtype=bool), counts.astype(np.float64)
    noises = [_noise(_over(left, rows)[0][:, 1]) for rows in (1, 2)]
    near = np.pad(left, _NEAR, mode="reflect") if left.size > _NEAR else left
    least = sliding_window_view(near, 2 * _NEAR + 1).min(axis=1) if left.size > _NEAR else left.min()
    for _ in range(left.size // _REACH):
        best, where, under = _SURE, slice(0, 0), np.zeros(0)
        for rows, noise in zip((1, 2), noises, strict=True):
            over, beneath = _over(left, rows)
            top, beside = over[:, 1:-1].max(axis=1), np.maximum(over[:, 0], over[:, -1])
            told = (beside < _BESIDE * top) & (top > _PART * (beneath.max(axis=1) - least))
            sure = np.where(told & (np.arange(left.size) <= left.size - rows), top / noise, 0.0)
            n = int(np.argmax(sure))
            if sure[n] > best * (1.5 if where.stop else 1.0):  # a pair is better only if it is by far
                best, where, under = float(sure[n]), slice(n, n + rows), beneath[n]
        if where.stop == 0:
            break
        left[where], found[where] = under, True
    return found


def _over(counts: Array, rows: int) -> tuple[Array, Array]:
    """By how much ``rows`` rows from each on, and one to each side, lie above the parabola; and the parabola there."""
    place = np.arange(-_REACH, _REACH + rows)
    here = (place >= -1) & (place <= rows)
    parabola = np.vander(place.astype(np.float64), 3)
    weights = parabola[here] @ np.linalg.pinv(parabola[~here])
    blocks = sliding_window_view(np.pad(counts, (_REACH, _REACH + rows - 1), mode="reflect"), place.size)
    under = blocks[:, ~here] @ weights.T
    return blocks[:, here] - under, under[:, 1:-1]


def _noise(over: Array) -> Array:
    """The spread of ``over`` near each row, no less than half that of all."""
    whole = SPREAD * float(np.median(np.abs(over)))
    if over.size <= _NEAR:
        return np.full(over.size, max(whole, 1e-300))
    near = sliding_window_view(np.pad(over, _NEAR, mode="reflect"), 2 * _NEAR + 1)
    return np.maximum(SPREAD * np.median(np.abs(near), axis=1), max(0.5 * whole, 1e-300))
