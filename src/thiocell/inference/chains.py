"""Do Markov chains agree, and how many independent draws are they worth?

Split R-hat and effective size after Gelman et al., Bayesian Data Analysis, 3rd ed. (2013), sections 11.4 and 11.5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def agreement(chains: Array) -> Array:
    """Split R-hat of each parameter of ``chains[step, walker, parameter]``: 1 where halves and walkers agree."""
    halves = _halved(chains)
    within, whole = _variances(halves)
    return np.sqrt(np.where(within > 0, whole / np.where(within > 0, within, 1.0), np.inf))


def effective_size(chains: Array) -> Array:
    """How many independent draws ``chains[step, walker, parameter]`` are worth, for each parameter."""
    halves = _halved(chains)
    steps, walkers = halves.shape[:2]
    within, whole = _variances(halves)
    shifted = halves - halves.mean(axis=0)
    power = np.abs(np.fft.rfft(shifted, 2 * steps, axis=0)) ** 2
    covariance = np.fft.irfft(power, axis=0)[:steps] / steps
    safe = np.where(whole > 0, whole, 1.0)
    correlation = 1.0 - (within - covariance.mean(axis=1) * steps / (steps - 1)) / safe
    found = np.empty(halves.shape[2])
    for j in range(found.size):
        pairs = correlation[: steps // 2 * 2, j].reshape(-1, 2).sum(axis=1)
        below = np.flatnonzero(pairs < 0)
        pairs = np.minimum.accumulate(pairs[: below[0]] if below.size else pairs)
        found[j] = steps * walkers / max(2.0 * pairs.sum() - 1.0, 1.0 / np.log10(steps * walkers))
    return np.where(whole > 0, np.minimum(found, steps * walkers), 1.0)


def _halved(chains: Array) -> Array:
    half = chains.shape[0] // 2
    return np.concatenate([chains[:half], chains[half : 2 * half]], axis=1)


def _variances(halves: Array) -> tuple[Array, Array]:
    """Mean variance within chains, and the estimate of the whole that also counts the scatter of their means."""
    steps = halves.shape[0]
    within = halves.var(axis=0, ddof=1).mean(axis=0)
    whole = within * (steps - 1) / steps + halves.mean(axis=0).var(axis=0, ddof=1)
    return np.asarray(within), np.asarray(whole)
