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
    """``values``, the ``jacobian[input, value]`` of one sigma each, and the ``unsure`` that an unknown sigma reaches.

    ``inputs`` names the rows of the jacobian, the values (in their order) its columns.
    """

    values: Mapping[str, float]
    inputs: tuple[str, ...]
    jacobian: NDArray[np.float64]
    unsure: frozenset[str]

    @property
    def covariance(self) -> NDArray[np.float64]:
        """First-order covariance of the values, in their order."""
        return np.asarray(self.jacobian.T @ self.jacobian)

    def parts(self, name: str) -> dict[str, float]:
        """The signed error that each input brings to a value; those that bring none are left out."""
        column = self.jacobian[:, list(self.values).index(name)]
        return {given: float(part) for given, part in zip(self.inputs, column, strict=True) if part}

    def sigma(self, name: str) -> float:
        """One standard uncertainty of a value; NaN where an input of unknown sigma reaches it."""
        if name in self.unsure:
            return math.nan
        return float(np.linalg.norm(self.jacobian[:, list(self.values).index(name)]))


def spread(rule: Rule, inputs: Mapping[str, float], sigmas: Mapping[str, float]) -> Spread:
    """``rule`` at ``inputs``, with the spread of independent inputs: J diag(sigma^2) J^T by central differences.

    ``sigmas`` holds one standard uncertainty an input, NaN if unknown; an input that it does not name is exact.
    Where the rule has a kink the mean of both slopes counts.
    """
    values = dict(rule(inputs))
    at = np.array(list(values.values()))
    slopes: dict[str, NDArray[np.float64]] = {}
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
            slopes[name] = (up - down) / (2 * step) * sigma
    jacobian = np.array(list(slopes.values())).reshape(len(slopes), len(values))
    return Spread(values, tuple(slopes), jacobian, frozenset(unsure))
