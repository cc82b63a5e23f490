"""What the slopes at a minimum tell of the parameters, and what they leave open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

REMOVES = 0.1
"""assumed: share of a parameter's sigma by which an open direction may move it without taking its sigma away."""
WIDEST = 0.3
"""assumed: standard deviation, as a share of the box, of what is not determined; a flat one has 0.29."""


@dataclass(frozen=True, eq=False)
class Curvature:
    """Linear statistics of residuals with sigma one, in the unit box of scaled parameters.

    ``covariance`` is (J^T J)^-1 over the directions that the numbers determine, with NaN for the parameters that lie in
    others. ``open_directions[direction, parameter]`` are unit vectors along which the whole box is crossed with less
    than one in chi-square (by the slopes). ``root[parameter, direction]`` times standard normal numbers gives draws
    of the same spread, held to the box's width where nothing is determined.
    """

    covariance: Array
    open_directions: Array
    root: Array


def curvature(jacobian: Array, held: Flags, error: Array) -> Curvature:
    """Statistics of ``jacobian[row, parameter]``; ``held`` parameters lie at a bound and count as known.

    ``error[parameter]`` is the size of the error of each column, from the model's noise.
    """
    free = np.flatnonzero(~held)
    count = jacobian.shape[1]
    covariance, root = np.full((count, count), np.nan), np.zeros((count, count))
    if not free.size:
        return Curvature(covariance, np.zeros((0, count)), root)
    _, found, vectors = np.linalg.svd(jacobian[:, free], full_matrices=True)
    size = np.zeros(free.size)
    size[: found.size] = found
    chord = 1.0 / np.max(np.abs(vectors), axis=1)
    noise = np.linalg.norm(vectors * error[free], axis=1)
    closed = (size * chord >= 1.0) & (size > noise) & (size > size.max() * 1e-13)
    known = vectors[closed] / size[closed, None]
    inside = known.T @ known
    reach = np.max(np.abs(vectors[~closed]) * chord[~closed, None], axis=0, initial=0.0)
    lost = reach > REMOVES * np.sqrt(np.diag(inside)) + 1e-9
    inside[lost, :] = inside[:, lost] = np.nan
    covariance[np.ix_(free, free)] = inside
    directions = np.zeros((int(np.sum(~closed)), count))
    directions[:, free] = vectors[~closed]
    root[np.ix_(free, free)] = (vectors / np.maximum(size, 1.0 / WIDEST)[:, None]).T
    return Curvature(covariance, directions, root)


def named(direction: Array, names: Sequence[str]) -> str:
    """A direction in words: 'a up with b down'; parts below a tenth of the largest are left out."""
    sign = 1.0 if direction[np.argmax(np.abs(direction))] > 0 else -1.0
    order = np.argsort(-np.abs(direction), kind="stable")
    large = [i for i in order if abs(direction[i]) > 0.1 * np.max(np.abs(direction))]
    parts = [f"'{names[i]}' {'up' if sign * direction[i] > 0 else 'down'}" for i in large]
    return " with ".join([parts[0], ", ".join(parts[1:])]) if len(parts) > 1 else f"'{names[large[0]]}' alone"
