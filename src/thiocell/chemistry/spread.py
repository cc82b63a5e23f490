"""How the uncertainty of many inputs reaches many values at once, with the correlations that this makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rule = Callable[[Mapping[str, float]], Mapping[str, float]]
_STEP = 1e-3
"""Part of a sigma by which an input is moved for its slope; assumed: small enough for a line, large for rounding."""
_DEAF = 1e-12
"""A value that moves by less than this part of itself does not depend on the input; assumed."""


@dataclass(frozen=True)
class Spread:
    """``values``, their first-order ``covariance`` (same order), and the ``unsure`` that an unknown sigma reaches."""

    values: Mapping[str, float]
    covariance: NDArray[np.float64]
    unsure: frozenset[str]

    def sigma(self, name: str) -> float:
        """One standard uncertainty of a value; NaN where an input of unknown sigma reaches it."""
        if name in self.unsure:
            return math.nan
        at = list(self.values).index(name)
        return math.sqrt(self.covariance[at, at])


def spread(rule: Rule, inputs: Mapping[str, float], sigmas: Mapping[str, float]) -> Spread:
    """``rule`` at ``inputs``, with the spread of independent inputs: J diag(sigma^2) J^T by central differences.

    ``sigmas`` holds one standard uncertainty an input, NaN if unknown; an input that it does not name is exact.
    Where the rule has a kink the mean of both slopes counts.
    """
    values = dict(rule(inputs))
    at = np.array(list(values.values()))
    slopes: list[NDArray[np.float64]] = []
    unsure: set[str] = set()
    for name, sigma in sigmas.items():
        if sigma == 0:
            continue
        step = (abs(inputs[name]) * 1e-6 or 1e-9) if math.isnan(sigma) else sigma * _STEP
        up, down = (np.array(list(rule({**inputs, name: inputs[name] + s}).values())) for s in (step, -step))
        if math.isnan(sigma):
            moved = np.abs(up - down) > _DEAF * np.abs(at)
            unsure |= {value for value, reached in zip(values, moved, strict=True) if reached}
        else:
            slopes.append((up - down) / (2 * step) * sigma)
    jacobian = np.array(slopes).reshape(len(slopes), len(values))
    return Spread(values, jacobian.T @ jacobian, frozenset(unsure))
