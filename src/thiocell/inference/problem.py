"""What is fitted: parameters with bounds, a model that takes many sets at once, and numbers with their errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.inference.parameter import Parameter
from thiocell.inference.plain import plain

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
Model = Callable[[Array], Array]
"""thetas[set, parameter] in SI units -> numbers[set, observation]; a set that fails gives a row of NaN."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Find the ``parameters`` with which ``model`` gives the ``observed`` numbers.

    Give ``sigma``, one standard uncertainty for each number, or ``covariance``; both in the numbers' own units, squared
    for the covariance. ``names`` are those of the numbers. ``noise`` is the relative error of the model's numbers (a
    solver's tolerance): it sets how far apart two sets must lie for their difference to mean something.
    Raises BadInput for counts that disagree, unknown or zero sigmas and a covariance that is none.
    """

    parameters: tuple[Parameter, ...]
    model: Model
    observed: Array
    sigma: Array | None = None
    covariance: Array | None = None
    names: tuple[str, ...] = ()
    noise: float = 1e-6

    def __post_init__(self) -> None:
        for name in ("parameters", "names"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("observed", "sigma", "covariance"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _frozen(getattr(self, name)))
        if not self.names:
            object.__setattr__(self, "names", tuple(f"number_{i + 1}" for i in range(self.observed.size)))
        self._check_numbers()
        self._check_errors()

    def _check_numbers(self) -> None:
        words = self.parameter_names
        if not words:
            raise BadInput("a fit needs at least one parameter")
        if len(set(words)) < len(words):
            raise BadInput(f"two parameters of a fit have the same name: {', '.join(words)}")
        if self.observed.ndim != 1 or not self.observed.size or not np.all(np.isfinite(self.observed)):
            raise BadInput("the observed numbers of a fit are a row of one or more finite numbers")
        if len(self.names) != self.observed.size or len(set(self.names)) < len(self.names):
            raise BadInput(f"{self.observed.size} observed numbers need as many different names, not {len(self.names)}")
        if not 0.0 < self.noise < 0.1:
            raise BadInput(f"the noise of a model is a relative error between 0 and 0.1, not {self.noise:g}")

    def _check_errors(self) -> None:
        if (self.sigma is None) == (self.covariance is None):
            raise BadInput("a fit needs either the sigma of each observed number or their covariance")
        if self.sigma is not None and self.sigma.shape != self.observed.shape:
            raise BadInput(f"{self.observed.size} observed numbers have {self.sigma.size} sigmas")
        if self.covariance is not None:
            matrix, size = self.covariance, self.observed.size
            if matrix.shape != (size, size) or not np.allclose(matrix, matrix.T, rtol=1e-8, atol=0.0):
                raise BadInput(f"the covariance of {size} observed numbers is a symmetric {size} by {size} matrix")
        for name, sigma in zip(self.names, self.sigmas, strict=True):
            if not (np.isfinite(sigma) and sigma > 0):
                raise BadInput(f"'{name}' has sigma {sigma:g}: a fit needs a known one above zero for every number")
        if not np.all(np.isfinite(self._whitening)):
            raise BadInput("the covariance of the observed numbers is not positive definite")

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The parameters' names, in their order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def priors(self) -> int:
        """How many parameters have a prior; each counts as one more number."""
        return sum(parameter.prior is not None for parameter in self.parameters)

    @cached_property
    def sigmas(self) -> Array:
        """One standard uncertainty of each observed number."""
        if self.sigma is not None:
            return self.sigma
        variance = np.diag(self.covariance) if self.covariance is not None else np.array([])
        return np.sqrt(np.where(variance > 0, variance, np.nan))

    @cached_property
    def _whitening(self) -> Array:
        if self.sigma is not None:
            return np.asarray(np.diag(1.0 / self.sigma))
        try:
            return np.asarray(np.linalg.inv(np.linalg.cholesky(np.asarray(self.covariance))))
        except np.linalg.LinAlgError:
            return np.full((self.observed.size, self.observed.size), np.nan)

    @cached_property
    def fuzz(self) -> Array:
        """What the model's noise makes of each residual, in sigmas; none in a prior's."""
        of_data = np.abs(self._whitening) @ (self.noise * np.abs(self.observed))
        return np.concatenate([of_data, np.zeros(self.priors)])

    @property
    def start(self) -> Array:
        """The given start in the box of scaled parameters; the middle where none is given."""
        return np.array([parameter.scaled_start for parameter in self.parameters])

    def values(self, scaled: Array) -> Array:
        """SI values of scaled parameters; the last axis counts the parameters."""
        return np.stack([p.value(scaled[..., i]) for i, p in enumerate(self.parameters)], axis=-1)

    def scaled(self, values: Array) -> Array:
        """Scaled parameters, 0 at the lower bound and 1 at the upper one, of SI values."""
        return np.stack([p.scaled(values[..., i]) for i, p in enumerate(self.parameters)], axis=-1)

    def slopes(self, scaled: Array) -> Array:
        """What each value gains with its scaled parameter."""
        return np.stack([p.slope(scaled[..., i]) for i, p in enumerate(self.parameters)], axis=-1)

    def predict(self, values: Array) -> Array:
        """The model's numbers for many sets; NaN in the whole row of a set that fails."""
        return asked(self.model, values, self.observed.size)

    def residuals(self, scaled: Array) -> Array:
        """(model - observed)/sigma[set, number], with correlated errors made independent; the priors come last."""
        values = self.values(scaled)
        of_data = (self.predict(values) - self.observed) @ self._whitening.T
        of_priors = [p.pull(values[:, i]) for i, p in enumerate(self.parameters) if p.prior is not None]
        return np.column_stack([of_data, *of_priors])

    def to_json(self) -> dict[str, Any]:
        """Plain data, without the model."""
        return {
            "parameters": [parameter.to_json() for parameter in self.parameters],
            "names": list(self.names),
            "observed": plain(self.observed),
            "sigma": plain(self.sigma),
            "covariance": plain(self.covariance),
            "noise": self.noise,
        }


class Meter:
    """The residuals of ``problem``, counted: calls of the model, sets that it was given and sets that failed."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.calls = self.sets = self.failed = 0

    def __call__(self, scaled: Array, owners: Rows | None = None) -> Array:  # noqa: ARG002 (every owner's is the same)
        """Residuals of many sets."""
        found = self.problem.residuals(scaled)
        self.calls += 1
        self.sets += len(scaled)
        self.failed += int(np.count_nonzero(np.isnan(found[:, 0])))
        return found


def asked(model: Model, values: Array, count: int) -> Array:
    """``model``'s rows of ``count`` numbers, NaN in every row that is not finite; raises BadInput for another shape."""
    if not len(values):
        return np.empty((0, count))
    found = np.array(model(values.copy()), dtype=np.float64)
    if found.shape != (len(values), count):
        raise BadInput(f"the model gave an array of shape {found.shape} for {len(values)} sets and {count} numbers")
    found[~np.all(np.isfinite(found), axis=1)] = np.nan
    return found


def _frozen(values: Any) -> Array:
    kept = np.array(values, dtype=np.float64)
    kept.flags.writeable = False
    return kept
