"""One number that a fit may change, with the bounds between which it makes sense."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity, same_dimension, to_si
from thiocell.core.source import Source

Array = NDArray[np.float64]
Scale = Literal["linear", "log"]
ASSUMED = Source("assumed")


@dataclass(frozen=True)
class Parameter:
    """``name`` lies between ``low`` and ``high``, SI floats; ``unit`` is the one in which it is printed.

    On a ``scale`` "log" equal ratios are equally likely before the numbers speak, on "linear" equal differences.
    ``source`` says where the bounds come from. ``prior`` is what is known from elsewhere, a quantity with sigma and its
    source: a gaussian, on a log scale one of ln(value) with the relative sigma. It enters as one more number.
    Raises BadInput for bounds, starts and priors that make no sense.
    """

    name: str
    low: float
    high: float
    scale: Scale = "linear"
    start: float | None = None
    unit: str = ""
    source: Source = ASSUMED
    prior: Fact | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise BadInput(f"the bounds of '{self.name}' are {self.low:g} and {self.high:g}: the first must be below")
        if self.scale not in ("linear", "log"):
            raise BadInput(f"the scale of '{self.name}' is 'linear' or 'log', not '{self.scale}'")
        if self.scale == "log" and self.low <= 0:
            raise BadInput(f"'{self.name}' has a log scale, so that its lower bound must be above zero: {self.low:g}")
        if self.start is not None and not self.low <= self.start <= self.high:
            bounds = f"{self.low:g} and {self.high:g}"
            raise BadInput(f"the start of '{self.name}' is {self.start:g}; it must lie between {bounds}")
        to_si(self.unit)
        if self.prior is not None:
            self._check_prior(self.prior.quantity)

    def _check_prior(self, prior: Quantity) -> None:
        if not same_dimension(prior.unit, self.unit):
            raise BadInput(f"the prior of '{self.name}' is {prior}; write it in '{self.unit}' or the like")
        if not prior.sigma > 0:
            raise BadInput(f"the prior of '{self.name}' is {prior}; it needs a known sigma above zero")
        if self.scale == "log" and prior.si <= 0:
            raise BadInput(f"the prior of '{self.name}', which has a log scale, must be above zero: {prior}")

    @property
    def scaled_start(self) -> float:
        """The start in the scaled box, 0.5 where none is given."""
        return 0.5 if self.start is None else float(self.scaled(np.array(self.start)))

    def scaled(self, values: Array) -> Array:
        """0 at ``low`` and 1 at ``high``."""
        if self.scale == "log":
            return np.asarray(np.log(values / self.low) / math.log(self.high / self.low))
        return np.asarray((values - self.low) / (self.high - self.low))

    def value(self, scaled: Array) -> Array:
        """SI values; exactly ``low`` at 0 and ``high`` at 1, so that a model never sees one outside."""
        if self.scale == "log":
            found = self.low * np.exp(scaled * math.log(self.high / self.low))
        else:
            found = self.low + scaled * (self.high - self.low)
        return np.clip(found, self.low, self.high)

    def slope(self, scaled: Array) -> Array:
        """What the value gains with the scaled parameter."""
        if self.scale == "log":
            return self.value(scaled) * math.log(self.high / self.low)
        return np.full(np.shape(scaled), self.high - self.low)

    def pull(self, values: Array) -> Array:
        """How many sigmas SI ``values`` lie above the prior; zero without one."""
        if self.prior is None:
            return np.zeros_like(values)
        middle, sigma = self.prior.quantity.si, self.prior.quantity.si_sigma
        if self.scale == "log":
            return np.asarray(np.log(values / middle) * middle / sigma)
        return np.asarray((values - middle) / sigma)

    def quantity(self, value: float, sigma: float = math.nan) -> Quantity:
        """An SI value with its sigma in the unit in which it is printed."""
        slope, offset = to_si(self.unit)
        return Quantity((value - offset) / slope, self.unit, sigma / abs(slope))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "low": self.low,
            "high": self.high,
            "scale": self.scale,
            "start": self.start,
            "unit": self.unit,
            "source": self.source.to_json(),
            "prior": self.prior and self.prior.to_json(),
        }
