"""What a reader of a fit must be told."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from thiocell.inference.fit import Fit

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNEVEN = 0.1
"""assumed: share by which slopes may change with the width of the difference."""
RIVAL = 3.84
"""Chi-square above the best within which 95 % of the truth lies, for one parameter."""
FAR = 2.0
"""assumed: sigmas by which a number may be missed without a word."""
LOUD = 0.03
"""assumed: sigmas of noise of the model in one number above which it is told."""
TIED = 0.99
"""assumed: correlation from which on two parameters are told to hang together."""


def doubts(fit: Fit, end: str, blind: Flags, uneven: Array, noise: float) -> tuple[str, ...]:
    """Sentences on the fit: ``end`` of its search, ``blind`` slopes, how ``uneven`` they are, ``noise`` in sigmas."""
    loud = f"the model's noise is {noise:.2g} sigma: minima may not be told apart; tighten the solver's tolerance"
    of_noise = (loud,) if noise > LOUD else ()
    return (*_of_freedom(fit), *_of_parameters(fit, blind, uneven), *_of_search(fit, end), *of_noise)


def _of_freedom(fit: Fit) -> list[str]:
    count, k = fit.numbers, len(fit.parameters)
    if fit.dof <= 0:
        wide = int(np.argmax(np.abs(fit.pulls)))
        missed = f"; even so the model misses '{fit.names[wide]}' by {abs(fit.pulls[wide]):.2g} sigma"
        return [
            f"{count} numbers for {k} parameters leave {fit.dof} degrees of freedom: a good fit proves nothing, and "
            f"only profiles give intervals{missed if abs(fit.pulls[wide]) > FAR else ''}"
        ]
    if fit.rejected:
        return [
            f"the model does not describe the numbers: chi-square is {fit.chi2:.3g}, degrees of freedom {fit.dof} "
            f"(p = {fit.p_value:.2g}), so that the uncertainties are too small"
        ]
    return []


def _of_parameters(fit: Fit, blind: Flags, uneven: Array) -> list[str]:
    names = [parameter.name for parameter in fit.parameters]
    said = [f"not determined: {direction}" for direction in fit.open_directions]
    lying = [f"'{name}' ({side})" for name, side in zip(names, fit.at_bound, strict=True) if side]
    if lying:
        said.append(
            f"at its bound: {', '.join(lying)}; the other uncertainties hold it fixed there, the profiles do not"
        )
    tied = [
        f"'{names[i]}' with '{names[j]}' ({r:.4f})"
        for j in range(len(names))
        for i in range(j)
        if abs(r := fit.covariance.correlation(names[i], names[j])) > TIED
    ]
    if tied:
        said.append(f"parameters hang together (correlation): {', '.join(tied)}")
    wide = [p.name for p, s, v in zip(fit.parameters, fit.sigma, fit.values, strict=True) if _skewed(p.scale, s, v)]
    if wide:
        said.append(f"sigma is over half of the value of {_list(wide)}: trust the profile instead")
    rough = [name for name, share, lost in zip(names, uneven, blind, strict=True) if share > UNEVEN and not lost]
    if rough:
        said.append(
            f"the slopes with {_list(rough)} change by up to {100 * uneven.max():.0f} % when differences are taken "
            "twice as wide, by noise of the model or strong curvature: trust the profile rather than sigma"
        )
    lost = [name for name, is_lost in zip(names, blind, strict=True) if is_lost]
    if lost:
        said.append(
            f"the model fails on both sides of the best {_list(lost)}: its slope is unknown and it was not moved"
        )
    return said


def _of_search(fit: Fit, end: str) -> list[str]:
    said, best, effort = [], fit.minima[0], fit.effort
    if effort.starts == 1:
        said.append("one start only: a better minimum elsewhere would not have been seen")
    elif best.starts == 1:
        said.append(f"only one of {effort.starts} starts found the best minimum: try more starts")
    near = [m for m in fit.minima[1:] if m.chi2 - best.chi2 < RIVAL]
    if near:
        worse = ", ".join(f"{m.chi2 - best.chi2:.2g}" for m in near)
        said.append(f"{len(near)} other minimum(s) fit almost as well: chi-square higher by {worse}")
    if end == "stalled":
        said.append("the search ended against a region where the model fails or its noise hides the way down")
    elif end != "converged":
        said.append("the search ran out of iterations before it settled")
    if effort.failed_sets:
        said.append(f"the model failed for {effort.failed_sets} of {effort.sets} sets that were tried")
    return said


def _skewed(scale: str, sigma: float, value: float) -> bool:
    return scale == "log" and not math.isnan(sigma) and sigma > 0.5 * value


def _list(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
