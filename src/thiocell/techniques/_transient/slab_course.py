"""The slab fitted to a hold: which rows count, when the step was made, what the record sets and what it refutes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.optimize import minimize_scalar

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.physics.slab_fit import EXACT, SlabFit, binned, fit_slab, noise_floor, profiled
from thiocell.techniques._findings import Findings
from thiocell.techniques._spread import Spread
from thiocell.techniques._transient.holds import Array, Held, Hold, spikes

_CUTS = (0.0, 1e-4, 1e-3, 3e-3, 0.01, 0.03)
"""assumed: shares of the hold that may be cut from its beginning."""
_WORSE = 1.5
"""assumed: ratio of scatters above which a longer cut is taken."""
_BINNED = (2e-4, 5e-4, 2e-3)
"""Relative; what bins of rows cost charge, time and ratio at most, seen on exact records."""
_ROUGH = 0.015
"""The same of the ratio where the moment of the step is found too: the first rows tell both."""
_MISSES, _FOLLOWING = 0.02, 0.5
"""assumed: scatter, and correlation of neighbouring residuals, from which a slab is not the right law."""
_SUDDEN = 1e-3
"""assumed: share of the first time that is used within which the moment of the step need not be known better."""
_NEAREST, _TRIED = 1e-5, 12
"""assumed: how near to the first row the step may lie, as a share of the gap before it, and moments that are tried."""
_BESIDES = (1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3)
"""assumed: shares of the gap beside the best moment at which it is looked at too."""
_BEFORE = 0.05
"""assumed: share of a hold without a row before it by which it may have begun earlier."""
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
    binned: bool

    @property
    def felt(self) -> bool:
        """Does the record last until the slab's end is felt, so that it sets charge and diffusion time?"""
        across = float(np.exp(self.fit.logs[1]))
        return bool(np.isfinite(self.fit.covariance).all()) and float(self.fit.time[-1]) >= _END * across

    def sigma(self, k: int) -> float:
        """Of the logarithm of charge (0), diffusion time (1) or ratio (2), by the record alone."""
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
            if self.binned:
                parts["bins"] = np.asarray(value * (_ROUGH if k == 2 and self.moment.any() else _BINNED[k]))
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
        gap = max(gap, _BEFORE * float(time[-1]))
        time = time + gap
        found.note(f"no row lies before the step: its moment, within {gap:.3g} s before the first row, is found too")
    floor = noise_floor(time, current)
    cuts = [cut.to("s").value] if cut is not None else [share * float(time[-1]) for share in _CUTS]
    tried: list[tuple[float, SlabFit]] = []
    for after in reversed(cuts):  # the longest cut is the least spoilt: from there the others are near
        late = time >= after
        if np.count_nonzero(late) < _FEWEST:
            continue
        near = tried[-1][1].logs if tried else None
        try:
            tried.append((after, fit_slab(*binned(time[late], current[late]), near=near, floor=floor)))
        except ValueError as error:
            raise BadInput(f"record '{held.name}': {error}") from error
    if not tried:
        raise BadInput(f"record '{held.name}' has fewer than {_FEWEST} rows after the cut; take a shorter one")
    after, fit, moment = _timed(tried, time, current, gap, floor)
    if after > 0 and cut is None:
        found.note(f"the first {after:.3g} s do not follow the slab (double layer, or the start of the step): left out")
    away = fit.weight * (fit.fitted - fit.current)
    alike = float(np.sum(away[1:] * away[:-1]) / np.sum(away**2)) if away.any() else 0.0
    refuted = fit.scatter > _MISSES and alike > _FOLLOWING
    if not refuted and alike > _FOLLOWING and fit.scatter > EXACT:
        fit = fit._replace(covariance=fit.covariance * (1.0 + alike) / (1.0 - min(alike, 0.99)))
        found.note(
            f"what the slab misses of the current ({100 * fit.scatter:.2g} %) follows itself: a leak, or another "
            "process beside it; the sigmas are widened"
        )
    if fit.scatter > _MISSES:
        what = "it is not the right law" if refuted else "noise, or not the right law"
        found.note(f"a slab behind a resistance misses the current by {100 * fit.scatter:.2g} %: {what}")
    return Course(profiled(fit), moment, refuted, bool(fit.time.size < np.count_nonzero(time >= after)))


def _timed(
    tried: list[tuple[float, SlabFit]], time: Floats, current: Floats, gap: float, floor: float
) -> tuple[float, SlabFit, Floats]:
    """The cut, the fit, and what one sigma of the moment does, where the first time that is used asks for it."""
    after, fit = _best(tried)
    if gap <= _SUDDEN * max(after, float(fit.time[0])):
        return after, fit, np.zeros(3)
    again = {}
    for earlier, one in tried[[cut for cut, _ in tried].index(after) :]:
        late = time >= earlier
        again[earlier] = _at_its_moment(time[late], current[late], gap, one.logs, floor)
    after, fit = _best([(earlier, one) for earlier, (one, _) in again.items()])
    return after, fit, again[after][1]


def _best(tried: list[tuple[float, SlabFit]]) -> tuple[float, SlabFit]:
    """The shortest cut that is not clearly worse than others; the longest stands first."""
    least = min(fit.scatter for _, fit in tried)
    return next(trial for trial in reversed(tried) if trial[1].scatter <= _WORSE * least + EXACT)


def _others(held: Held, hold: Hold, found: Findings) -> None:
    """A doubt if other holds of the record are steps too."""
    charges = {id(other): abs(float(np.trapezoid(other.current, other.time))) for other in held.holds}
    more = sum(charge > _BESIDE * charges[id(hold)] for charge in charges.values()) - 1
    if more:
        found.note(
            f"the record has {more + 1} holds that pass charge: that from {hold.begins:.4g} s at {hold.voltage:.4g} V, "
            "which passes most, is analysed; cut the record for another"
        )


def _usable(held: Held, hold: Hold, found: Findings) -> tuple[Floats, Floats]:
    """Times and currents, made positive, without spikes; raises BadInput if there is too little."""
    sign = np.sign(float(np.median(hold.current)))
    time, current = hold.time, sign * hold.current
    lone = spikes(current)
    if lone.any():
        found.note(f"{int(lone.sum())} rows stand off from their neighbours (a switch of range): left out")
    good = ~lone & (time > 0)
    fell = np.flatnonzero(_running(current[good]) <= 0)
    if fell.size:
        at = float(time[good][fell[0]])
        found.note(f"the current changes its sign after {at:.3g} s: what follows is left out")
        good &= time < at
    if np.count_nonzero(good) < _FEWEST:
        raise BadInput(
            f"record '{held.name}' has {np.count_nonzero(good)} usable rows in its hold; {_FEWEST} are the fewest"
        )
    return np.asarray(time[good], dtype=np.float64), np.asarray(current[good], dtype=np.float64)


def _running(current: Array) -> Array:
    """The current without its noise: a running median."""
    return np.asarray(median_filter(current, size=min(15, current.size), mode="nearest"))


def _gap(held: Held, hold: Hold) -> tuple[float, bool]:
    """Seconds within which the step was made, and whether a row before it tells so."""
    if hold.begins > held.begins or hold.time[0] > 0.0:
        return float(hold.time[0]), True
    later = hold.time[hold.time > hold.time[0]]
    return float(later[0] - hold.time[0]), False


def _shifted(time: Array, current: Array, moment: float, gap: float) -> tuple[Floats, Floats, Floats]:
    """The bins of times since the step."""
    return binned(np.maximum(time - moment, 0.1 * _NEAREST * gap), current)


def _at_its_moment(time: Array, current: Array, gap: float, near: Floats, floor: float) -> tuple[SlabFit, Floats]:
    """The fit at the moment within ``gap`` that fits best, and what one sigma of the moment does to its logarithms.

    All moments are as likely before; after, each counts by exp(-chi2/2). The logarithms are means over them.
    """
    fits: dict[float, SlabFit] = {}

    def at(moment: float, near: Floats) -> SlabFit:
        if moment not in fits:
            fits[moment] = fit_slab(*_shifted(time, current, moment, gap), near=near, floor=floor)
        return fits[moment]

    first = at(0.5 * gap, near)

    def scatter(late: float) -> float:
        return at(gap - float(np.exp(late)), first.logs).scatter

    tried = np.log(gap) - np.log(1.0 / _NEAREST) * np.linspace(1.0, 0.0, _TRIED)
    least = int(np.argmin([scatter(late) for late in tried]))
    between = (tried[max(least - 1, 0)], tried[min(least + 1, _TRIED - 1)])
    minimize_scalar(scatter, bounds=between, method="bounded", options={"xatol": 0.01})
    best = min(fits, key=lambda moment: fits[moment].scatter)
    for share in _BESIDES:
        for moment in (best - share * gap, best + share * gap):
            if 0.0 <= moment <= gap:
                at(moment, fits[best].logs)
    moments: Floats = np.array(sorted(fits))
    logs, scatters = np.array([fits[m].logs for m in moments]), np.array([fits[m].scatter for m in moments])
    rise = (scatters**2 / max(scatters.min(), 1e-6) ** 2 - 1.0) * (fits[best].time.size - 3)
    weight = np.exp(-0.5 * np.maximum(rise, 0.0)) * np.gradient(moments)
    weight /= weight.sum()
    mean, middle = weight @ logs, float(weight @ moments)
    spread = np.sqrt(weight @ (logs - mean) ** 2)
    along = np.sign(weight @ ((logs - mean) * (moments - middle)[:, None]))
    part = np.asarray(np.where(along == 0.0, 1.0, along) * spread, dtype=np.float64)
    return fits[best]._replace(logs=np.asarray(mean, dtype=np.float64)), part
