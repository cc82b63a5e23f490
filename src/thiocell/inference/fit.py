"""What a fit found: values, how sure they are, every distinct minimum, and what is doubtful."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity, to_si
from thiocell.core.result import Covariance
from thiocell.inference.minima import Minimum
from thiocell.inference.parameter import Parameter
from thiocell.inference.plain import plain

Array = NDArray[np.float64]
Bound = Literal["", "low", "high"]

WILD = 0.01
"""assumed: probability below which a chi-square is taken to say that model or sigmas are wrong."""


@dataclass(frozen=True)
class Effort:
    """What the search cost: calls of the model, sets that it was given, sets that failed; and how the starts ended."""

    starts: int
    converged: int
    given_up: int
    failed: int
    calls: int
    sets: int
    failed_sets: int

    def to_json(self) -> dict[str, int]:
        """Plain numbers."""
        return {name: int(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, eq=False)
class Fit:
    """The best of ``minima``, with its statistics; arrays follow the order of ``parameters``, values are in SI units.

    ``sigma`` and ``covariance`` come from the slopes at the minimum, with the sigmas of the observed numbers taken as
    known; NaN where the numbers do not determine a parameter, where it lies at a bound, and everywhere if there are no
    more numbers than parameters: then profiles give the intervals. ``open_directions`` names what is not determined.
    ``scaled``, ``jacobian`` and ``root`` are the place, the slopes of the residuals and the spread in the unit box.
    """

    parameters: tuple[Parameter, ...]
    names: tuple[str, ...]
    observed: Array
    observed_sigma: Array
    fitted: Array
    values: Array
    sigma: Array
    covariance: Covariance
    chi2: float
    priors: int
    minima: tuple[Minimum, ...]
    at_bound: tuple[Bound, ...]
    open_directions: tuple[str, ...]
    scaled: Array
    jacobian: Array
    root: Array
    effort: Effort
    doubts: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Quantity:
        """A fitted parameter in the unit in which it is printed."""
        i = self.index(name)
        return self.parameters[i].quantity(float(self.values[i]), float(self.sigma[i]))

    def index(self, name: str) -> int:
        """The place of a parameter; raises BadInput, naming what there is, if there is none."""
        words = [parameter.name for parameter in self.parameters]
        if name not in words:
            raise BadInput(f"the fit has no parameter '{name}'; it has {choices(words)}")
        return words.index(name)

    @property
    def quantities(self) -> dict[str, Quantity]:
        """Every fitted parameter in the unit in which it is printed."""
        return {parameter.name: self[parameter.name] for parameter in self.parameters}

    @property
    def printed_covariance(self) -> Covariance:
        """The covariance in the units in which the parameters are printed, as a Result wants it."""
        scale = np.array([abs(to_si(parameter.unit)[0]) for parameter in self.parameters])
        return Covariance(self.covariance.names, self.covariance.matrix / np.outer(scale, scale))

    @property
    def numbers(self) -> int:
        """How many numbers the fit has: those observed and the priors."""
        return self.observed.size + self.priors

    @property
    def dof(self) -> int:
        """Numbers less parameters; zero or below, chi-square proves nothing."""
        return self.numbers - len(self.parameters)

    @property
    def p_value(self) -> float:
        """Probability of a chi-square at least as large if model and sigmas are right; NaN without freedom."""
        from scipy.special import gammaincc

        return float(gammaincc(self.dof / 2, self.chi2 / 2)) if self.dof > 0 else math.nan

    @property
    def rejected(self) -> bool:
        """Is so large a chi-square too unlikely, p below ``WILD``? Without freedom it is held to that of one degree."""
        from scipy.special import gammaincc

        return bool(gammaincc(max(self.dof, 1) / 2, self.chi2 / 2) < WILD)

    @property
    def aic(self) -> float:
        """Akaike's criterion, chi2 + 2 k, less what all fits to the same numbers share."""
        return self.chi2 + 2 * len(self.parameters)

    @property
    def aicc(self) -> float:
        """Akaike's criterion for few numbers (Hurvich and Tsai, Biometrika 76 (1989) 297); NaN for n < k + 2."""
        k, n = len(self.parameters), self.numbers
        return self.aic + 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.nan

    @property
    def bic(self) -> float:
        """Schwarz's criterion, chi2 + k ln n, less what all fits to the same numbers share."""
        return self.chi2 + len(self.parameters) * math.log(self.numbers)

    @property
    def pulls(self) -> Array:
        """(fitted - observed)/sigma of every number."""
        return (self.fitted - self.observed) / self.observed_sigma

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        names = (
            "names",
            "observed",
            "observed_sigma",
            "fitted",
            "values",
            "sigma",
            "chi2",
            "priors",
            "minima",
            "effort",
        )
        more = ("at_bound", "open_directions", "doubts", "numbers", "dof", "p_value", "aic", "aicc", "bic", "pulls")
        page = {name: plain(getattr(self, name)) for name in (*names, *more)}
        page["parameters"] = [parameter.to_json() for parameter in self.parameters]
        page["covariance"] = {"names": list(self.covariance.names), "matrix": plain(self.covariance.matrix)}
        return page
