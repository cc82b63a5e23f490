"""Conductivity of a matrix with a second phase from little to much of it: effective media, and what they need."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_PLATES = (
    (1.0, 0.2854), (3 / 4, 0.2831), (1 / 2, 0.2629), (1 / 3, 0.2289), (1 / 4, 0.2003), (1 / 5, 0.1757),
    (1 / 8, 0.1262), (1 / 10, 0.1058), (1 / 100, 0.01248), (1 / 1000, 0.001275), (1 / 2000, 0.000637),
)  # fmt: skip
"""Thickness over diameter, and threshold: Garboczi, Snyder, Douglas, Thorpe, Phys. Rev. E 52 (1995) 819, table 1."""
_ROUNDS, _SETTLED = 100, 1e-12
"""Most steps towards a root, each Newton's or a halving; and the step in ln S, over its size, that ends them."""


def general_effective_medium(
    share: ArrayLike, matrix: ArrayLike, filler: ArrayLike, threshold: ArrayLike, s: ArrayLike, t: ArrayLike
) -> Array:
    """Conductivity S of a matrix that holds a ``share`` of filler; all conductivities in one unit and above zero.

    McLachlan, Blaszkiewicz, Newnham, J. Am. Ceram. Soc. 73 (1990) 2187, with two exponents after Wu, McLachlan, Phys.
    Rev. B 56 (1997) 1236: below the ``threshold`` S grows like matrix (1 - share/threshold)^-s, above it like
    filler ((share - threshold)/(1 - threshold))^t. With s = t >= 1 it lies between Wiener's bounds. Arrays broadcast.
    """
    f, one, two, fc, s, t = map(np.asarray, (share, matrix, filler, threshold, s, t))
    if np.array_equal(s, t):
        return _one_exponent(f, one, two, (1.0 - fc) / fc, t)
    worse = one <= two  # the equation is the same with the phases exchanged
    f, s, t = np.where(worse, f, 1.0 - f), np.where(worse, s, t), np.where(worse, t, s)
    return np.exp(_two_exponents(f, np.log(np.minimum(one, two)), np.log(np.maximum(one, two)), fc, s, t))


def _one_exponent(f: Array, one: Array, two: Array, a: Array, t: Array) -> Array:
    """With s = t the equation is a quadratic one in (S/two)^(1/t)."""
    low = (one / two) ** (1.0 / t)
    half = 0.5 * ((1.0 - f) * (a * low - 1.0) + f * (a - low))
    root = np.sqrt(half**2 + a * low)
    x = np.where(half > 0, (root + half) / a, low / np.where(half > 0, 1.0, root - half))
    return np.asarray(two * x**t)


def _two_exponents(f: Array, one: Array, two: Array, fc: Array, s: Array, t: Array) -> Array:
    """Logarithm of S, of those of the phases, the worse conductor first.

    With g = 1/(1 + A (S/one)^(1/s)) and h = 1 - 1/(1 + A (S/two)^(1/t)) the equation is f - fc + (1 - f) g = f h. The
    logarithm of its sides, each made of what is positive, is nearly straight in ln S and loses no digits.
    """
    a = (1.0 - fc) / fc
    low, high = np.broadcast_arrays(one, two, f, fc, s, t)[:2]
    u = 0.5 * (low + high)
    for _ in range(_ROUNDS):
        g, k = 1.0 / (1.0 + a * np.exp((u - one) / s)), 1.0 / (1.0 + a * np.exp((u - two) / t))
        matrix, filler = (1.0 - f) * g, f * (1.0 - k)
        left, right = matrix + np.maximum(f - fc, 0.0), filler + np.maximum(fc - f, 0.0)
        value = np.log(left / right)
        to = u + value / (matrix * (1.0 - g) / (s * left) + filler * k / (t * right))
        low, high = np.where(value > 0, u, low), np.where(value < 0, u, high)
        to = np.where((to >= low) & (to <= high), to, 0.5 * (low + high))
        settled = np.all(np.abs(to - u) <= _SETTLED * (1.0 + np.abs(u)))
        u = to
        if settled:
            break
    return np.asarray(u)


def bruggeman(share: ArrayLike, matrix: ArrayLike, filler: ArrayLike) -> Array:
    """Symmetric effective medium of round grains, Bruggeman, Ann. Phys. 416 (1935) 636: threshold 1/3, exponents 1."""
    return general_effective_medium(share, matrix, filler, 1.0 / 3.0, 1.0, 1.0)


def bounds(share: ArrayLike, matrix: ArrayLike, filler: ArrayLike) -> tuple[Array, Array, Array, Array]:
    """Wiener's lowest, Hashin and Shtrikman's lowest and highest, and Wiener's highest conductivity of two phases.

    As ``mixing.wiener_bounds`` and ``mixing.hashin_shtrikman_bounds`` for many at once, with no digits lost.
    """
    f, one, two = map(np.asarray, (share, matrix, filler))
    along, across = (1.0 - f) * one + f * two, (1.0 - f) * two + f * one

    def of(least: Array) -> Array:
        return np.asarray((one * two + 2.0 * least * along) / (across + 2.0 * least))

    return np.asarray(one * two / across), of(np.minimum(one, two)), of(np.maximum(one, two)), np.asarray(along)


def least_filler(share: float, matrix: float, reached: float) -> float:
    """The least conductivity of a filler with which Hashin and Shtrikman's upper bound is ``reached``.

    No isotropic mixture of that share does with less. Raises ValueError unless ``reached`` lies above the matrix's.
    """
    if not (0.0 < share <= 1.0 and 0.0 < matrix < reached):
        raise ValueError(
            f"a share of {share:g} cannot lift {matrix:g} to {reached:g}: a share above 0 and a rise are needed"
        )
    half = 0.5 * ((3.0 - share) * reached - (3.0 - 2.0 * share) * matrix)
    return float((half + np.sqrt(half**2 + 2.0 * share**2 * reached * matrix)) / (2.0 * share))


def plate_threshold(aspect: ArrayLike) -> Array:
    """Volume share at which overlapping oblate spheroids, turned anyhow, percolate; ``aspect`` is thickness/diameter.

    The reciprocal threshold is nearly straight in the reciprocal aspect (Garboczi et al.), and taken as straight
    between their places, which finds each of them from its neighbours to 2 %, below 1/2 to 0.8 %. Raises ValueError
    outside 1/2000 ... 1.
    """
    aspect = np.asarray(aspect, dtype=np.float64)
    known, thresholds = np.array(_PLATES).T
    if np.any((aspect < known[-1]) | (aspect > 1.0)):
        raise ValueError(f"plates are known for a thickness over diameter from 1/2000 to 1, not {aspect}")
    return np.asarray(1.0 / np.interp(1.0 / aspect, 1.0 / known, 1.0 / thresholds))
