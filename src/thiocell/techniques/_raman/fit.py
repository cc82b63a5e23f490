"""Lines and a baseline fitted to a Raman spectrum in one go, by lmfit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from thiocell.chemistry.raman_modes import Mode
from thiocell.core.bad_input import BadInput
from thiocell.core.extra import needed
from thiocell.core.term import word_of

Array = NDArray[np.float64]

USUAL = 8.0
"""1/cm; assumed: the width from which a line is sought or, if absent, bounded."""
_WIDTHS = (1.0, 60.0)
"""1/cm; assumed: bounds of widths; the lower is two rows where that is more."""
_AT = 0.01
"""assumed: share of the way from one bound to the other within which a parameter has ended at the nearer."""
_CURVED, _VAGUE = 21.0 / 8.0, 0.5
"""How the sigma of a width grows with its share r of the width, 1 + 21/8 r^2, and the largest r for which that is used.

At a given area the sigma goes with the width to the power 3/2, so that the ends of the interval obey
e = r (1 +- e)^(3/2); this is their mean to third order. Without it areas of lines of five sigmas scatter 1.4 sigmas.
"""
_SPARE = 10
"""assumed: rows that a fit needs beyond its parameters."""
_CLOSE = 1e-6
"""assumed: share of the sum of squares, and of parameters, by which the last step of a search changes them."""
_TRIES = 1000
"""assumed: trials after which a search has not settled; most take some ten."""
_SAME = 1e-10
"""assumed: share of the largest eigenvalue below which parameters cannot be told apart."""
_PARTS = ("height", "position", "width")


class Rows(Protocol):
    """The rows of a spectrum, by rising shift (1/cm)."""

    @property
    def shift(self) -> Array:
        """Raman shift, 1/cm."""

    @property
    def counts(self) -> Array:
        """Intensity."""

    @property
    def sigma(self) -> Array:
        """Its sigma."""


@dataclass(frozen=True, eq=False)
class Fit:
    """All parameters, the covariance of those in ``names``, and where which ``ended`` at a bound (lower, upper)."""

    values: Mapping[str, float]
    names: tuple[str, ...]
    covariance: Array
    ended: Mapping[str, tuple[float, float]]
    gof: float
    curve: Array
    baseline: Array
    settled: bool

    def sigma(self, name: str) -> float:
        """Standard deviation of a parameter; NaN where it has none."""
        if name not in self.names:
            return float("nan")
        place = self.names.index(name)
        return float(np.sqrt(self.covariance[place, place]))


def line(shift: Array, place: float, width: float, shape: float) -> Array:
    """A pseudo-Voigt line of height 1: ``shape`` of a Lorentzian, the rest of a Gaussian, both of full ``width``."""
    away = 2.0 * (shift - place) / width
    return np.asarray(shape / (1.0 + away**2) + (1.0 - shape) * np.exp(-np.log(2.0) * away**2))


def form_of(shape: float) -> tuple[float, float]:
    """Area of a line of height and width 1, and how it changes with ``shape``."""
    gaussian, lorentzian = 0.5 * np.sqrt(np.pi / np.log(2.0)), 0.5 * np.pi
    return float(gaussian + shape * (lorentzian - gaussian)), float(lorentzian - gaussian)


def polynomials(shift: Array, terms: int) -> Array:
    """Chebyshev's polynomials over the spectrum, (rows, terms)."""
    return np.asarray(chebyshev.chebvander(2.0 * (shift - shift[0]) / (shift[-1] - shift[0]) - 1.0, terms - 1))


@dataclass(frozen=True, eq=False)
class _Model:
    """Lines, one shape, and a baseline as functions of one vector in the order of ``names``."""

    shift: Array
    words: tuple[str, ...]
    under: Array

    @property
    def names(self) -> tuple[str, ...]:
        lines = [f"{part}_{word}" for word in self.words for part in _PARTS]
        return (*lines, "shape", *(f"base_{n}" for n in range(self.under.shape[1])))

    def _away(self, told: Array) -> tuple[Array, Array, Array, Array, Array]:
        height, place, width = told[: 3 * len(self.words)].reshape(-1, 3).T
        away = 2.0 * (self.shift[:, None] - place) / width
        return height, width, away, 1.0 / (1.0 + away**2), np.exp(-np.log(2.0) * away**2)

    def baseline(self, told: Array) -> Array:
        return np.asarray(self.under @ told[3 * len(self.words) + 1 :])

    def curve(self, told: Array) -> Array:
        height, _, _, lorentzian, gaussian = self._away(told)
        shape = told[3 * len(self.words)]
        return np.asarray((shape * lorentzian + (1.0 - shape) * gaussian) @ height + self.baseline(told))

    def slopes(self, told: Array) -> Array:
        """Derivatives of the curve, (rows, parameters)."""
        height, width, away, lorentzian, gaussian = self._away(told)
        shape = told[3 * len(self.words)]
        steep = -2.0 * away * (shape * lorentzian**2 + (1.0 - shape) * np.log(2.0) * gaussian) * height
        found = np.empty((self.shift.size, told.size))
        count = 3 * len(self.words)
        found[:, 0:count:3] = shape * lorentzian + (1.0 - shape) * gaussian
        found[:, 1:count:3] = -2.0 * steep / width
        found[:, 2:count:3] = -away * steep / width
        found[:, count] = (lorentzian - gaussian) @ height
        found[:, count + 1 :] = self.under
        return found


def fit_lines(seen: Rows, modes: Sequence[Mode], terms: int, near: Fit | None = None) -> Fit:
    """All lines and the baseline (``terms`` of Chebyshev's polynomials) together, sought from ``near`` where given."""
    model = _Model(seen.shift, tuple(word_of(mode.name) for mode in modes), polynomials(seen.shift, terms))
    if seen.shift.size < len(model.names) + _SPARE:
        raise BadInput(
            f"the spectrum has {seen.shift.size} rows for {len(model.names)} numbers of {len(modes)} lines and a "
            f"baseline of {terms} terms; name fewer lines in the setting 'modes', or lower 'baseline'"
        )
    parameters, order = _begun(seen, modes, model), model.names
    if near is not None:
        for name in order:
            parameters[name].value = near.values.get(name, 0.0)

    def vector(told: Any) -> Array:
        return np.array([told[name].value for name in order])

    def rest(told: Any) -> Array:
        return (seen.counts - model.curve(vector(told))) / seen.sigma

    def slopes(told: Any) -> Array:
        loose = [n for n, name in enumerate(order) if told[name].vary]
        return -model.slopes(vector(told))[:, loose] / seen.sigma[:, None]

    result = needed("lmfit", "a fit of Raman lines").minimize(
        rest, parameters, method="leastsq", max_nfev=_TRIES, ftol=_CLOSE, xtol=_CLOSE, Dfun=slopes, col_deriv=0
    )
    told = vector(result.params)
    ended = {name: bounds for name in order if (bounds := _ended(result.params[name])) is not None}
    free = [n for n, name in enumerate(order) if name in result.var_names and name not in ended]
    widths = np.array([order[n].startswith("width_") for n in free])
    left = (seen.counts - model.curve(told)) / seen.sigma
    gof = float(np.sqrt(left @ left / (left.size - len(result.var_names))))
    return Fit(
        dict(zip(order, told.tolist(), strict=True)),
        tuple(order[n] for n in free),
        gof**2 * _widened(covariance_of(model.slopes(told)[:, free] / seen.sigma[:, None]), told[free], widths),
        ended,
        gof,
        model.curve(told),
        model.baseline(told),
        bool(result.success),
    )


def _begun(seen: Rows, modes: Sequence[Mode], model: _Model) -> Any:
    """Where the search begins: lines of usual width at the highest rows of their windows, above a fitted baseline."""
    count = len(modes)
    usual = [line(seen.shift, mode.place, USUAL, 1.0) for mode in modes]
    design = np.column_stack([*usual, model.under])
    solved = np.linalg.lstsq(design / seen.sigma[:, None], seen.counts / seen.sigma, rcond=None)[0]
    over = np.convolve(np.pad(seen.counts - model.under @ solved[count:], 1, mode="edge"), np.full(3, 1 / 3), "valid")
    least = max(_WIDTHS[0], 2.0 * float(np.median(np.diff(seen.shift))))
    parameters = needed("lmfit", "a fit of Raman lines").Parameters()
    for mode in modes:
        word = word_of(mode.name)
        near = np.flatnonzero(np.abs(seen.shift - mode.place) <= 0.9 * mode.within)
        row = near[np.argmax(over[near])] if near.size else int(np.argmin(np.abs(seen.shift - mode.place)))
        low, high = mode.place - mode.within, mode.place + mode.within
        parameters.add(f"height_{word}", value=max(float(over[row]), float(seen.sigma[row])))
        place = float(np.clip(seen.shift[row], mode.place - 0.9 * mode.within, mode.place + 0.9 * mode.within))
        parameters.add(f"position_{word}", value=place, min=low, max=high)
        parameters.add(f"width_{word}", value=max(USUAL, 1.5 * least), min=least, max=max(_WIDTHS[1], 3.0 * least))
    parameters.add("shape", value=0.9, min=0.0, max=1.0, vary=bool(modes))
    for n in range(model.under.shape[1]):
        parameters.add(f"base_{n}", value=float(solved[count + n]))
    return parameters


def _ended(parameter: Any) -> tuple[float, float] | None:
    low, high = float(parameter.min), float(parameter.max)
    if parameter.name == "shape" or not np.isfinite(high - low):  # a shape may be pure, and is then still unsure
        return None
    near = _AT * (high - low)
    least = min(near, _AT * low) if parameter.name.startswith("width") else near
    return (low, high) if parameter.value <= low + least or parameter.value >= high - near else None


def covariance_of(design: Array) -> Array:
    """The covariance of what weighs ``design`` (rows, parameters), each row in its sigma; NaN where none is told."""
    size = np.sqrt(np.sum(design**2, axis=0))
    count = design.shape[1]
    if not np.all(np.isfinite(size)) or not np.all(size > 0.0):
        return np.full((count, count), np.nan)
    values, turn = np.linalg.eigh((design / size).T @ (design / size))
    if count and values[0] < _SAME * values[-1]:
        return np.full((count, count), np.nan)
    return np.asarray((turn / values) @ turn.T / np.outer(size, size))


def _widened(covariance: Array, values: Array, widths: NDArray[np.bool_]) -> Array:
    """``covariance`` with the sigmas of ``widths`` that are vague made honest; correlations stay."""
    factors = np.ones(values.size)
    share = np.sqrt(np.diag(covariance)[widths]) / values[widths]
    factors[widths] = 1.0 + _CURVED * np.minimum(share, _VAGUE) ** 2
    return np.asarray(covariance * np.outer(factors, factors))
