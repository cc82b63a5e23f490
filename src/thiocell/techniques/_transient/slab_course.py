"""The slab fitted to a hold: which rows count, when the step was made, what the record sets and what it refutes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.physics.slab_fit import SlabFit, binned, fit_slab, profiled
from thiocell.techniques._findings import Findings
from thiocell.techniques._spread import Spread
from thiocell.techniques._transient.holds import Array, Held, Hold, spikes

_CUTS = (0.0, 1e-4, 1e-3, 3e-3, 0.01, 0.03)
"""assumed: shares of the hold that may be cut from its beginning."""
_WORSE = 1.5
"""assumed: ratio of scatters above which a longer cut is taken."""
_EXACT = 3e-4
"""Relative; what the bins cost, and better than most instruments."""
_MISSES, _FOLLOWING = 0.02, 0.5
"""assumed: scatter, and correlation of neighbouring residuals, from which a slab is not the right law."""
_SUDDEN = 1e-4
"""assumed: share of the hold within which the moment of the step need not be known better."""
_NEAREST, _TRIED = 1e-5, 12
"""assumed: how near to the first row the step may lie, as a share of the gap before it, and moments that are tried."""
_FEWEST = 16
"""assumed: rows below which no slab is fitted."""
_END = 0.2
"""Of L^2/D: from there on a semi-infinite law is off by 1 %, so that a record can tell the slab's end from noise."""
_BESIDE = 0.1
"""assumed: share of the largest hold's charge from which another hold is a step of its own."""


Floats = NDArray[np.float64]


class Course(NamedTuple):
    """The slab's ``fit``; ``moment`` is what one sigma of the step's moment does to its logarithms."""

    fit: SlabFit
    moment: Array
    refuted: bool

    @property
    def felt(self) -> bool:
        """Does the record last until the slab's end is felt, so that it sets charge and diffusion time?"""
        across = float(np.exp(self.fit.logs[1]))
        return bool(np.isfinite(self.fit.covariance).all()) and float(self.fit.time[-1]) >= _END * across

    def sigma(self, k: int) -> float:
        """Of the logarithm of charge (0), diffusion time (1) or ratio (2)."""
        return float(np.hypot(np.sqrt(self.fit.covariance[k, k]), self.moment[k]))

    def spreads(self, gain: Quantity) -> dict[str, Spread]:
        """Charge (C), diffusion time (s) and ratio with the errors of the fit, which they share, and the gain."""
        names, values = ("charge", "time", "ratio"), np.exp(self.fit.logs)
        if not np.isfinite(self.fit.covariance).all():
            unknown = {"fit": np.asarray(np.inf)}
            return {name: Spread(np.asarray(value), unknown) for name, value in zip(names, values, strict=True)}
        size = np.sqrt(np.maximum(np.diag(self.fit.covariance), 0.0)) + 1e-300
        root = np.linalg.cholesky(self.fit.covariance / np.outer(size, size) + 1e-12 * np.eye(3)) * size[:, None]
        found = {}
        for k, (name, value) in enumerate(zip(names, values, strict=True)):
            parts = {f"fit {n + 1}": np.asarray(value * part) for n, part in enumerate(root[k]) if part}
            if self.moment[k]:
                parts["moment of the step"] = np.asarray(value * self.moment[k])
            if k == 0:
                parts["current gain"] = np.asarray(gain.to("").value * value)
            found[name] = Spread(np.asarray(value), parts)
        return found


def fitted_course(held: Held, hold: Hold, cut: Quantity | None, found: Findings) -> Course:
    """The slab behind a resistance, with so much of the beginning left out as the double layer spoils.

    Raises BadInput if too little is left.
    """
    _others(held, hold, found)
    time, current = _usable(held, hold, found)
    gap, known = _gap(held, hold)
    if not known:
        time = time + gap
        found.note(f"no row lies before the step: it is taken to have been made within {gap:.3g} s of the first row")
    gap = 0.0 if gap <= _SUDDEN * float(time[-1]) else gap
    cuts = [cut.to("s").value] if cut is not None else [share * float(time[-1]) for share in _CUTS]
    tried: list[tuple[float, float, SlabFit]] = []
    for after in reversed(cuts):  # the longest cut is the least spoilt: from there the others are near
        late = time >= after
        if np.count_nonzero(late) < _FEWEST:
            continue
        near = tried[-1][2].logs if tried else None
        try:
            tried.append((after, *_at_its_moment(time[late], current[late], gap, near)))
        except ValueError as error:
            raise BadInput(f"record '{held.name}': {error}") from error
    if not tried:
        raise BadInput(f"record '{held.name}' has fewer than {_FEWEST} rows after the cut; take a shorter one")
    least = min(fit.scatter for *_, fit in tried)
    after, moment, fit = next(trial for trial in reversed(tried) if trial[2].scatter <= _WORSE * least + _EXACT)
    if after > 0 and cut is None:
        found.note(f"the first {after:.3g} s do not follow the slab (double layer, or the start of the step): left out")
    late = time >= after
    count = _shifted(time[late], current[late], moment, gap)[2]
    away = fit.fitted / fit.current - 1.0
    alike = float(np.sum(away[1:] * away[:-1]) / np.sum(away**2)) if away.any() else 0.0
    refuted = fit.scatter > _MISSES and alike > _FOLLOWING
    if fit.scatter > _MISSES:
        what = "it is not the right law" if refuted else "noise, or not the right law"
        found.note(f"a slab behind a resistance misses the current by {100 * fit.scatter:.2g} %: {what}")
    return Course(profiled(fit, count), _of_the_moment(time[late], current[late], gap, moment, fit), refuted)


def _others(held: Held, hold: Hold, found: Findings) -> None:
    """A doubt if other holds of the record are steps too."""
    charges = {id(other): abs(float(np.trapezoid(other.current, other.time))) for other in held.holds}
    more = sum(charge > _BESIDE * charges[id(hold)] for charge in charges.values()) - 1
    if more:
        found.note(
            f"the record has {more + 1} holds that pass charge: that from {hold.begins:.4g} s at {hold.voltage:.4g} V, "
            "which passes most, is analysed; cut the record for another"
        )


def _usable(held: Held, hold: Hold, found: Findings) -> tuple[Array, Array]:
    """Times and currents, made positive, without spikes; raises BadInput if there is too little."""
    sign = np.sign(float(np.median(hold.current)))
    time, current = hold.time, sign * hold.current
    lone = spikes(current)
    if lone.any():
        found.note(f"{int(lone.sum())} rows stand off from their neighbours (a switch of range): left out")
    good = ~lone & (time > 0)
    fell = np.flatnonzero(current[good] <= 0)
    if fell.size:
        at = float(time[good][fell[0]])
        found.note(f"the current changes its sign after {at:.3g} s: what follows is left out")
        good &= time < at
    if np.count_nonzero(good) < _FEWEST:
        raise BadInput(
            f"record '{held.name}' has {np.count_nonzero(good)} usable rows in its hold; {_FEWEST} are the fewest"
        )
    return time[good], current[good]


def _gap(held: Held, hold: Hold) -> tuple[float, bool]:
    """Seconds within which the step was made, and whether a row before it tells so."""
    if hold.begins > held.begins or hold.time[0] > 0.0:
        return float(hold.time[0]), True
    later = hold.time[hold.time > hold.time[0]]
    return float(later[0] - hold.time[0]), False


def _shifted(time: Array, current: Array, moment: float, gap: float) -> tuple[Floats, Floats, Floats]:
    """The bins of times since the step."""
    return binned(np.maximum(time - moment, 0.1 * _NEAREST * gap), current)


def _at_its_moment(time: Array, current: Array, gap: float, near: Floats | None) -> tuple[float, SlabFit]:
    """The moment in s after the earliest possible one that fits best, and the fit."""
    if gap == 0.0:
        return 0.0, fit_slab(*binned(time, current), near=near)
    first = fit_slab(*_shifted(time, current, 0.5 * gap, gap), near=near)

    def scatter(late: float) -> float:
        return fit_slab(*_shifted(time, current, gap - np.exp(late), gap), near=first.logs).scatter

    tried = np.log(gap) - np.log(1.0 / _NEAREST) * np.linspace(1.0, 0.0, _TRIED)
    at = int(np.argmin([scatter(late) for late in tried]))
    between = (tried[max(at - 1, 0)], tried[min(at + 1, _TRIED - 1)])
    refined = float(minimize_scalar(scatter, bounds=between, method="bounded", options={"xatol": 0.01}).x)
    best = gap - float(np.exp(min((refined, float(tried[at])), key=scatter)))
    return best, fit_slab(*_shifted(time, current, best, gap), near=first.logs)


def _of_the_moment(time: Array, current: Array, gap: float, moment: float, fit: SlabFit) -> Array:
    """What one sigma of the moment, no more than an even chance within ``gap`` has, does to the fit's logarithms."""
    if gap == 0.0:
        return np.zeros(3)
    sides = []
    for other in (max(moment - 0.25 * gap, 0.0), min(moment + 0.25 * gap, gap)):
        if other == moment:
            continue
        beside = fit_slab(*_shifted(time, current, other, gap), near=fit.logs)
        free = fit.time.size - 3
        rise = max(beside.scatter**2 / max(fit.scatter, _EXACT) ** 2 - 1.0, 0.0) * free
        sigma = min(abs(other - moment) / np.sqrt(max(rise, 1e-12)), gap / np.sqrt(12.0))
        sides.append((beside.logs - fit.logs) / (other - moment) * sigma)
    return np.asarray(max(sides, key=lambda side: abs(side[1])))
