"""The noise of intensities: that of counts where it is, else what neighbouring rows tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Array = NDArray[np.float64]

SPREAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
_ALIKE, _FEW = 0.25, 6.0
"""assumed: share by which the noise of counts may seem to differ from theirs; or this over the root of the rows."""
_BIN, _BINS = 25, 12
"""assumed: rows of like height that tell a noise together, and the most groups of such."""
_ROUNDS = 4
"""assumed: rounds after which the weights of groups no longer change."""
_FLOOR = 1e-9
"""assumed: least noise, of the range of intensities; an exact spectrum has one too, so that it can be weighed."""


@dataclass(frozen=True, eq=False)
class Noise:
    """``sigma`` of each row; ``of_counts`` is the noise that was seen, over that of counts (NaN: below zero)."""

    sigma: Array
    of_counts: float
    counted: bool


def noise_of(counts: Array) -> Noise:
    """The root of counts where differences of neighbours are as large as that, both low and high; else a law of them.

    The law is a + b (intensity - least intensity) for the variance, with a and b of zero or more: counts times a
    factor, counts from which a background or to which an offset was taken, and even noise are all of this form.
    """
    level = np.convolve(np.pad(counts, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    parts, inner = np.diff(counts, 4) ** 2 / 70.0, level[2:-2]  # fourth differences: the wings of lines leave nothing
    order = np.argsort(inner, kind="stable")
    ratio = np.nan
    if counts.min() >= 0.0:
        told = parts / np.maximum(inner, 1e-300)
        ratio = float(np.sqrt(_variance(told)))
        if all(_alike(told[rows]) for rows in (order, *np.array_split(order, 3)[::2])):
            return Noise(np.sqrt(np.maximum(level, 1.0)), ratio, True)
    bins = np.array_split(order, int(np.clip(inner.size // _BIN, 1, _BINS)))
    seen = np.array([_variance(parts[rows]) for rows in bins])
    rounded = float(np.min(np.diff(np.unique(counts)))) ** 2 / 12.0
    seen = np.maximum(seen, max(rounded, (_FLOOR * float(np.ptp(counts))) ** 2))
    least, scale = float(level.min()), max(float(np.ptp(level)), 1e-300)
    design = np.column_stack([np.ones_like(seen), np.array([inner[rows].mean() for rows in bins]) - least])
    design[:, 1] /= scale
    weights = 1.0 / seen
    for _ in range(_ROUNDS):
        even, rising = nnls(design * weights[:, None], seen * weights)[0]
        weights = 1.0 / np.maximum(design @ [even, rising], 0.1 * seen.min())
    variance = even + rising * (level - least) / scale
    return Noise(np.sqrt(np.maximum(variance, 0.1 * float(seen.min()))), ratio, False)


def _alike(told: Array) -> bool:
    """Is a variance over its counts one, as far as so many rows tell?"""
    room = 1.0 + max(_ALIKE, _FEW / float(np.sqrt(told.size)))
    return bool(1.0 / room <= np.sqrt(_variance(told)) <= room)


def _variance(parts: Array) -> float:
    """The variance of which ``parts`` are squares; rows of a line, being few, do not matter."""
    middle = SPREAD**2 * float(np.median(parts))
    return middle if middle > 0.0 else float(parts.mean())  # rounded intensities: most neighbours are alike
