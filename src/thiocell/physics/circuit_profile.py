"""How far each parameter of a fitted circuit may go while all others give way: profiles of chi-square."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.physics.circuit_bounds import Box, boxes
from thiocell.physics.circuit_elements import Array, Complex
from thiocell.physics.circuit_fit import CircuitFit, Herd

_STEPS = np.array([2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
"""assumed: standard deviations by the curvature at which each parameter is held, to either side."""
_FLAT = 1.5
"""assumed: times the curvature's sigma from which that of the profile is another."""
_BEYOND = 25.0
"""assumed: by how much the others may leave the box, in logarithms: its sides are no limits of a parameter."""
_CUT, _ONE_SIDED = 4.0, 1.6449
"""Rise of chi-square within which a place counts as reached (two sigmas), and sigmas of a 95 % bound."""


@dataclass(frozen=True)
class Profile:
    """How far a fit's parameters may go, two sigmas from the best in chi-square.

    ``sigma`` is half of that on the longer side, 0 where the curvature tells as much. At those of ``open_above`` and
    ``open_below`` chi-square never rises on that side; ``least`` and ``most`` are the 95 % bounds of the sides that are
    closed. ``reached[place, parameter]`` are the sets of values within two sigmas.
    """

    sigma: Array
    open_above: NDArray[np.bool_]
    open_below: NDArray[np.bool_]
    least: Array
    most: Array
    reached: Array


def profile(
    fit: CircuitFit, frequency: Array, impedance: Complex, sigma: Array, fixed: Mapping[str, float], scale: float
) -> Profile:
    """The profiles of ``fit`` to one spectrum, from the best minimum outwards.

    ``frequency`` in Hz, ``impedance`` and ``sigma[0 or 1, frequency]`` in ohm as the fit had them; sigmas are
    ``scale`` times as wide. Minima elsewhere (``fit.others``) are not looked for.
    """
    box = boxes(fit.circuit, frequency[None], impedance[None], fixed)
    linear = np.array([part.kind == "exponent" for part in fit.circuit.parts])
    slopes = np.where(linear, 1.0, fit.values)
    best = np.where(linear, fit.values, np.log(slopes))
    with np.errstate(invalid="ignore"):
        own = np.sqrt(np.diag(fit.covariance)) / slopes * scale
    count = best.size
    free = np.flatnonzero(~fit.fixed & ~fit.at_bound & np.isfinite(own) & (own > 0.0))
    never = np.zeros(count, dtype=bool)
    none = Profile(np.zeros(count), never, never, fit.values, fit.values, fit.values[None])
    if not free.size or not scale > 0.0:
        return none
    steps = np.concatenate([-_STEPS, _STEPS])
    who, step = np.repeat(free, steps.size), np.tile(steps, free.size)
    place = np.clip(best[who] + step * own[who], box.low[0, who], box.high[0, who])
    rows = np.arange(who.size)
    wide = np.where(linear | fit.fixed, 0.0, _BEYOND)
    low, high = np.tile(box.low - wide, (who.size, 1)), np.tile(box.high + wide, (who.size, 1))
    low[rows, who] = high[rows, who] = place
    begin = np.clip(np.tile(best, (who.size, 1)), low, high)
    alike = (who.size, 1)
    f, z, s = np.tile(frequency, alike), np.tile(impedance, alike), np.tile(sigma, (who.size, 1, 1))
    herd = Herd(fit.circuit, f, z, s, Box(low, high, low, high), fit.fixed, 1, 0, begin)
    herd.run()
    rise = np.maximum((herd.chi2 - fit.chi2) / scale**2, 0.0).reshape(free.size, 2, _STEPS.size)
    bounded = (
        linear[free, None]
        & ((low[rows, who] <= box.low[0, who]) | (high[rows, who] >= box.high[0, who])).reshape(rise.shape)[:, :, -1]
    )
    opened = (rise[:, :, -1] < _CUT) & ~bounded  # an exponent's bound is its element's
    far = _crossed(rise, np.abs(place - best[who]).reshape(rise.shape))
    ends = best[free, None] + far * np.array([-1.0, 1.0])
    ends = np.where(linear[free, None], ends, np.exp(np.clip(np.where(linear[free, None], 0.0, ends), -700.0, 700.0)))
    away = np.where(opened, 0.0, 0.5 * np.abs(ends - fit.values[free, None])).max(axis=1)
    curved = own[free] * slopes[free]
    spread, least, most = np.zeros(count), fit.values.copy(), fit.values.copy()
    above, below = np.zeros((2, count), dtype=bool)
    below[free], above[free] = opened.T
    spread[free] = np.where(away > _FLAT * curved, away, 0.0)
    near = np.maximum(
        _STEPS[0] * _ONE_SIDED / np.sqrt(np.maximum(rise[:, :, 0], 1.0)) * own[free, None], far - own[free, None]
    )
    for bounds, sign, side in ((least, -1.0, 0), (most, 1.0, 1)):
        end = best[free] + sign * near[:, side]
        bounds[free] = np.where(linear[free], end, np.exp(np.where(linear[free], 0.0, np.minimum(end, 700.0))))
    within = herd.values(herd.u)[rise.ravel() < _CUT]
    return Profile(spread, above, below, least, most, np.vstack([fit.values, within]))


def _crossed(rise: Array, away: Array) -> Array:
    """How far the last place within two sigmas lies, on [parameter, side]; between places, sigmas rise straight."""
    sigmas, cut = np.sqrt(rise), np.sqrt(_CUT)
    last = np.where(rise < _CUT, np.arange(1, rise.shape[2] + 1), 0).max(axis=2)
    before = np.concatenate([np.zeros((*last.shape, 1)), away], axis=2)
    reached = np.concatenate([np.zeros((*last.shape, 1)), sigmas], axis=2)
    there = np.take_along_axis(before, last[..., None], 2)[..., 0]
    low = np.take_along_axis(reached, last[..., None], 2)[..., 0]
    beyond = np.minimum(last + 1, away.shape[2])[..., None]
    next_, high = (np.take_along_axis(each, beyond, 2)[..., 0] for each in (before, reached))
    share = np.where(high > low, (cut - low) / np.where(high > low, high - low, 1.0), 0.0)
    return np.asarray(there + np.clip(share, 0.0, 1.0) * (next_ - there))
