"""Lines and a baseline fitted to a Raman spectrum in one go, by lmfit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from thiocell.chemistry.raman_modes import Mode
from thiocell.core.bad_input import BadInput
from thiocell.core.source import Source

Array = NDArray[np.float64]

_WIDTHS, USUAL = (1.0, 60.0), 8.0
"""1/cm; assumed: bounds of widths, and the one from which a line is sought or, if absent, bounded."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A spectrum by rising shift (1/cm)."""

    shift: Array
    counts: Array
    sigma: Array
    source: Source
    doubts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Fit:
    """Parameters of all lines with their covariance (lmfit), in the order of ``names``."""

    names: tuple[str, ...]
    values: Array
    covariance: Array
    gof: float
    curve: Array
    baseline: Array
    settled: bool


def _engine() -> Any:
    try:
        import lmfit
    except ImportError as error:
        raise BadInput(
            f"Raman fits need lmfit, which cannot be imported ({error}); pip install 'thiocell[structure]'"
        ) from error
    return lmfit


def key(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name).lower()


def line(shift: Array, place: float, width: float, shape: float) -> Array:
    """A pseudo-Voigt line of height 1: ``shape`` of a Lorentzian, the rest of a Gaussian, both of full ``width``."""
    away = 2.0 * (shift - place) / width
    return np.asarray(shape / (1.0 + away**2) + (1.0 - shape) * np.exp(-np.log(2.0) * away**2))


def told_of(fit: Fit, name: str) -> tuple[float, float]:
    place = fit.names.index(name)
    return float(fit.values[place]), float(np.sqrt(fit.covariance[place, place]))


def roots_of(covariance: Array) -> Array:
    """A matrix whose product with its transpose is ``covariance``; NaN where that is unknown."""
    if not np.all(np.isfinite(covariance)):
        return np.full(covariance.shape, np.nan)
    size = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    values, turn = np.linalg.eigh(covariance / np.outer(size, size))
    return np.asarray(size[:, None] * turn * np.sqrt(np.maximum(values, 0.0)))


def fit_lines(seen: Seen, modes: Sequence[Mode], terms: int) -> Fit:
    """All lines and the baseline (``terms`` of Chebyshev's polynomials) together."""
    lmfit = _engine()
    parameters = lmfit.Parameters()
    base = np.percentile(seen.counts, 20)
    for mode in modes:
        word = key(mode.name)
        near = np.abs(seen.shift - mode.place) <= mode.within
        top = seen.shift[near][int(np.argmax(seen.counts[near]))] if near.any() else mode.place
        low, high = mode.place - mode.within, mode.place + mode.within
        height = float(np.interp(top, seen.shift, seen.counts) - base)
        parameters.add(f"height_{word}", value=max(height, 1.0))
        parameters.add(f"position_{word}", value=float(np.clip(top, low + 0.01, high - 0.01)), min=low, max=high)
        parameters.add(f"width_{word}", value=USUAL, min=_WIDTHS[0], max=_WIDTHS[1])
    parameters.add("shape", value=0.9, min=0.0, max=1.0, vary=bool(modes))
    for n in range(max(terms, 1)):
        parameters.add(f"base_{n}", value=float(base) if n == 0 else 0.0)
    x = 2.0 * (seen.shift - seen.shift[0]) / (seen.shift[-1] - seen.shift[0]) - 1.0

    def under(told: Any) -> Array:
        return np.asarray(chebyshev.chebval(x, [told[f"base_{n}"].value for n in range(max(terms, 1))]))

    def model(told: Any) -> Array:
        y = under(told)
        for mode in modes:
            word = key(mode.name)
            numbers = [told[f"{part}_{word}"].value for part in ("height", "position", "width")]
            y = y + numbers[0] * line(seen.shift, numbers[1], numbers[2], told["shape"].value)
        return np.asarray(y)

    def rest(told: Any) -> Array:
        return np.asarray((seen.counts - model(told)) / seen.sigma)

    result = lmfit.minimize(rest, parameters, method="leastsq")
    if getattr(result, "covar", None) is None:  # the shape ran to its bound, and says nothing there
        fixed = result.params
        fixed["shape"].set(value=float(np.clip(fixed["shape"].value, 0.0, 1.0)), vary=False)
        result = lmfit.minimize(rest, fixed, method="leastsq")
    names = tuple(result.var_names)
    covariance = result.covar if getattr(result, "covar", None) is not None else np.full((len(names),) * 2, np.nan)
    return Fit(
        names,
        np.array([result.params[name].value for name in names]),
        np.asarray(covariance, dtype=np.float64),
        float(np.sqrt(result.redchi)),
        model(result.params),
        under(result.params),
        bool(result.success),
    )


def height_of(seen: Seen, fit: Fit, modes: Sequence[Mode], terms: int, mode: Mode) -> tuple[float, float]:
    """Height and sigma of a line at its usual place and width, beside the baseline and the lines of a fit."""
    x = 2.0 * (seen.shift - seen.shift[0]) / (seen.shift[-1] - seen.shift[0]) - 1.0
    shape = told_of(fit, "shape")[0] if "shape" in fit.names else 1.0
    columns = [line(seen.shift, mode.place, USUAL, shape)]
    for other in modes:
        place, width = (told_of(fit, f"{part}_{key(other.name)}")[0] for part in ("position", "width"))
        columns.append(line(seen.shift, place, width, shape))
    columns += list(chebyshev.chebvander(x, max(terms, 1) - 1).T)
    design = np.array(columns).T / seen.sigma[:, None]
    solved = np.linalg.lstsq(design, seen.counts / seen.sigma, rcond=None)[0]
    sigma = float(np.sqrt(np.linalg.pinv(design.T @ design)[0, 0])) * max(fit.gof, 1.0)
    return float(solved[0]), sigma
