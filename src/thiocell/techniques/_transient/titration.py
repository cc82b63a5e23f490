"""All interruptions of a record together: resistances, the slope of the open-circuit curve, diffusion times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thiocell.physics.slab_flux import charge_at_surface, diffusion_time
from thiocell.techniques._transient.beside import NONE, Relaxation, drift, middle_of, relaxation
from thiocell.techniques._transient.interruptions import Interrupted, Level, Window, fit_pulse, fit_rest
from thiocell.techniques._transient.seen import ENDLESS, SURELY, Seen, look

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ROUNDS, _SAME = 40, 1e-6
"""Rounds in which the diffusion time is looked for, and the relative change that ends them."""
_SURE = 0.3
"""assumed: relative sigma of a slope above which it is not set."""
_EARLY = 0.1
"""assumed: share by which the surface may run ahead of the charge passed, until the slab's end is felt."""
_SHORT = 0.02
"""Of T; a fit within it does not feel the slab's end: root_time is sqrt(t) within 1e-12 there."""
_OVER = 2.0
"""Of T; a fit that lasts longer holds next to nothing of diffusion: its transient is over in its first half."""
_NUDGE, _RUNAWAY = 0.02, 0.1
"""assumed: by how much the middle is moved to see what hangs on it; least share of an error that does not come back."""
REFUTED = 0.5
"""assumed: share by which parts of the fits may differ before a slab is not the law."""
_FEW = 3
"""assumed: levels below which no drift is told from their slope."""
_TURNS, _MOST = 12, 0.5
"""Rounds in which a drift and the diffusion time that it changes are found; assumed: the share it is at most."""
_NEAR = 1.05
"""assumed: a diffusion time so far off is still likely, and what a drift changes by it is its sigma too."""
_AGAIN = 1.5
"""assumed: times a fit's end up to which a rest must last to be held against it."""


@dataclass(frozen=True, eq=False)
class Titration:
    """Arrays, one number an interruption: ``charge`` (C), ``current`` (A), ``resistance`` (ohm), ``root`` (ohm/s^0.5).

    ``slope`` (V/C) is that of the open-circuit voltage, ``weights`` how it is made of the levels. ``time`` (s) is
    L^2/D, NaN where it is not set: at ``early`` ones the slab's end is not felt yet, at ``flat`` ones the curve has no
    slope or the voltage no clear course, at ``late`` ones the fit lasts longer than the slab takes. ``middle`` is the
    geometric middle of the times, NaN if there is none.
    ``depth`` (C) is how far the surface is ahead of the charge that has passed. ``misfit`` is the share by which the
    later half of the fits gives another ``root`` than the earlier, 0 where noise explains it.
    ``beside`` is the relaxation beside the slab's that the fits show, ``drift`` the share of the open-circuit curve's
    slope that is a drift with time. ``left_open`` (ohm) is what a law that does not hold leaves open of each
    resistance. ``feedback`` is d ln(time)/d ln(middle).
    """

    seen: Seen
    charge: Array
    current: Array
    resistance: Array
    root: Array
    slope: Array
    weights: Array
    early: Flags
    flat: Flags
    late: Flags
    time: Array
    middle: float
    depth: Array
    misfit: float
    beside: Relaxation
    drift: float
    left_open: Array
    feedback: Array

    @property
    def good(self) -> NDArray[np.intp]:
        """The numbers of those that set a diffusion time."""
        return np.flatnonzero(np.isfinite(self.time))

    @property
    def law(self) -> float:
        """The share by which ``root`` may be off as the fits do not follow the law."""
        return max(self.misfit, self.beside.ratio - 1.0, key=abs)

    @property
    def rate_off(self) -> tuple[float, float]:
        """The shares by which diffusivities may be off: by ``law`` and by ``drift``."""
        return (1.0 + self.law) ** -2 - 1.0, 2.0 * self.drift

    @property
    def open_circuit(self) -> Array:
        """The open-circuit voltage (V)."""
        return np.asarray(self.by_level[:, : self.seen.level.size] @ self.seen.level)

    @property
    def by_level(self) -> Array:
        """How open-circuit voltages hang on (levels, drops, roots), the diffusion time held."""
        count = self.charge.size
        own = np.eye(self.seen.level.size)[-count:] - self.depth[:, None] * np.nan_to_num(self.weights)
        return np.hstack([own, np.zeros((count, 2 * count))])

    @property
    def by_drop(self) -> Array:
        """How ``resistance`` hangs on (levels, drops, roots)."""
        return self._own(1)

    @property
    def by_root(self) -> Array:
        """How ``root`` hangs on (levels, drops, roots)."""
        return self._own(2)

    @property
    def by_rate(self) -> Array:
        """How ln(1/``time``) of the ``good`` ones hangs on (levels, drops, roots)."""
        rows, size = self.good, self.seen.level.size
        jacobian = -2.0 * self.by_root[rows] / self.root[rows, None]
        jacobian[:, :size] = 2.0 * self.weights[rows] / self.slope[rows, None]
        if not rows.size:
            return np.asarray(jacobian)
        pull = self.feedback[rows]
        whole = jacobian.mean(axis=0) / max(1.0 - float(pull.mean()), _RUNAWAY)
        return np.asarray(jacobian + pull[:, None] * whole)

    def noise(self, jacobian: Array) -> Array:
        """The sigma from noise alone of what hangs on (levels, drops, roots) by ``jacobian``."""
        return np.asarray(np.sqrt(np.sum((jacobian @ self.seen.covariance) * jacobian, axis=1)))

    def _own(self, place: int) -> Array:
        count = self.charge.size
        jacobian = np.zeros((count, self.seen.covariance.shape[0]))
        jacobian[:, -2 * count :][:, (place - 1) * count : place * count] = np.diag(1.0 / self.current)
        return jacobian


def titrate(record: Interrupted, window: Window, levels: Mapping[int, Level]) -> Titration:
    """Resistances and diffusion times; the diffusion time and the slab's answer by it are found by turns.

    With the relaxed ``levels`` of the rests, by number, diffusion is read off the pulses (Weppner and Huggins), without
    any off the rests (Chien et al.).
    """
    seen, middle = look(record, window, levels), ENDLESS
    found = _with_slopes(record, seen, middle)
    for _ in range(_ROUNDS):
        before, middle = middle, found.middle
        if not np.isfinite(middle) or abs(middle - before) <= _SAME * middle:
            break
        if seen.span.max() > _SHORT * middle:
            seen = look(record, window, levels, middle)
        found = _with_slopes(record, seen, middle)
    found = replace(found, feedback=_feedback(record, window, levels, found))
    found = replace(
        found,
        misfit=_misfit(record, window, found),
        beside=_beside(record, window, found, pulses=bool(found.seen.rests)),
    )
    found = replace(found, drift=_drift(record, found))
    late = found.seen.span > _OVER * np.nan_to_num(found.time, nan=np.inf)
    refuted = late | (abs(found.law) > REFUTED)
    found = replace(found, late=late, time=np.where(refuted, np.nan, found.time))
    reached = 0.5 * (np.sqrt(window[0]) + np.sqrt(found.seen.reach))
    rests = _beside(record, window, found, pulses=False) if found.seen.rests else found.beside
    left = -found.law * found.root * reached
    return replace(found, left_open=np.where(np.abs(left) > abs(rests.drop), left, rests.drop))


def _beside(record: Interrupted, window: Window, found: Titration, *, pulses: bool) -> Relaxation:
    time = found.middle if np.isfinite(found.middle) else ENDLESS
    span = (window[0], np.inf) if pulses else window
    return relaxation(record, found.seen.numbers, span, time, pulses=pulses)


def _drift(record: Interrupted, found: Titration) -> float:
    """The share of the slope that a drift with time makes, 0 where none is sure; the rest's end and it by turns."""
    if found.seen.level.size < _FEW or not np.isfinite(found.middle):
        return 0.0
    cycle = float(np.median(np.diff([record.stretches[number].begins for number in found.seen.numbers])))
    steps = np.diff(found.seen.level)
    step, one_way = float(np.median(np.abs(steps))), bool(np.all(steps > 0) or np.all(steps < 0))
    sign = float(np.sign(steps.sum())) if one_way else 1.0
    share, sigma = 0.0, np.inf
    for _ in range(_TURNS if step else 0):
        time = found.middle / (1.0 - share) ** 2 if one_way else found.middle
        (rate, noise), (other, _) = (drift(record, found.seen.numbers, t) for t in (time, _NEAR * time))
        sigma = float(np.hypot(noise, rate - other)) * cycle / step
        share = float(np.clip(sign * rate * cycle / step, -_MOST, _MOST))
    return share if abs(share) > SURELY * sigma else 0.0


def _feedback(record: Interrupted, window: Window, levels: Mapping[int, Level], found: Titration) -> Array:
    """How each diffusion time goes with the middle one by which the slab's answer was reckoned, in logarithms."""
    none = np.zeros_like(found.time)
    if not np.isfinite(found.middle):
        return none
    other = found.middle * (1.0 + _NUDGE)
    beside = _with_slopes(record, look(record, window, levels, other), other)
    if beside.seen.numbers != found.seen.numbers:
        return none
    return np.asarray(np.nan_to_num(np.log(beside.time / found.time) / np.log1p(_NUDGE), nan=0.0))


def _with_slopes(record: Interrupted, seen: Seen, middle: float) -> Titration:
    charge = np.array([record.stretches[number].charge for number in seen.numbers])
    current = np.array([record.stretches[number - 1].current for number in seen.numbers])
    if seen.rests:
        surface, weights, ahead = charge, _steps(record, seen), np.ones(charge.size)
    else:
        surface = charge
        if middle < ENDLESS:
            begins = np.array([record.stretches[number].begins for number in seen.numbers])
            surface = charge_at_surface(begins, *record.switches, middle)
        weights, ahead = _gradients(record, seen, surface, charge)
    slope = weights @ seen.level
    part = seen.covariance[: seen.level.size, : seen.level.size]
    noise = np.sqrt(np.einsum("ij,jk,ik->i", weights, part, weights))
    root, rough = seen.root / current, np.sqrt(np.diag(seen.covariance))[-charge.size :] / np.abs(current)
    early = np.abs(ahead - 1.0) > _EARLY
    sloped, clear = (slope > 0) & (noise <= _SURE * slope), (root > 0) & (rough <= _SURE * root)
    if 2 * int((sloped & clear).sum()) < int(sloped.sum()):  # noise chose those that are left
        clear[:] = False
    flat = ~(sloped & clear)
    good, late = ~early & ~flat, np.zeros(charge.size, dtype=bool)
    time = np.where(good, diffusion_time(root, np.where(good, slope, 1.0)), np.nan)
    whole = float(np.exp(np.mean(np.log(time[good])))) if good.any() else float("nan")
    depth = surface - charge if good.any() else np.zeros_like(charge)
    return Titration(
        seen, charge, current, seen.drop / current, root, slope, weights, early, flat, late, time, whole, depth,
        misfit=0.0, beside=NONE, drift=0.0, left_open=np.zeros_like(charge), feedback=np.zeros_like(charge),
    )  # fmt: skip


def _gradients(record: Interrupted, seen: Seen, surface: Array, charge: Array) -> tuple[Array, Array]:
    """Weights that give the slope against the charge that the surface shows, and how far that runs ahead (1: not).

    They stay among interruptions between which the current never turned.
    """
    signs = np.sign([each.current for each in record.stretches])
    pairs = enumerate(pairwise(seen.numbers), start=1)
    turns = [row for row, (a, b) in pairs if np.any(signs[a - 1 : b] == -signs[b - 1])]
    weights, ahead = np.full((charge.size,) * 2, np.nan), np.full(charge.size, np.nan)
    for rows in np.split(np.arange(charge.size), turns):
        if rows.size > 1:
            weights[rows] = 0.0
            weights[np.ix_(rows, rows)] = np.gradient(np.eye(rows.size), surface[rows], axis=0)
            ahead[rows] = np.gradient(surface[rows], charge[rows])
    return weights, ahead


def _steps(record: Interrupted, seen: Seen) -> Array:
    """Weights that give the slope from one relaxed rest to the next, where both have settled."""
    count, extra = len(seen.numbers), len(seen.rests) - len(seen.numbers)
    numbers = (seen.numbers[0] - 2, *seen.numbers) if extra else seen.numbers
    step = np.diff([record.stretches[number].charge for number in numbers])
    step[np.diff(numbers) != 2] = np.nan  # more than one pulse between
    weights, rows = np.full((count, count + extra), np.nan), np.arange(1 - extra, count)
    weights[rows] = 0.0
    weights[rows, rows + extra - 1], weights[rows, rows + extra] = -1.0 / step, 1.0 / step
    settled = np.array([level.settled for level in seen.rests])
    weights[rows[~(settled[:-1] & settled[1:])]] = np.nan
    return weights


def _misfit(record: Interrupted, window: Window, found: Titration) -> float:
    """The median share by which parts of the fits differ; 0 if noise explains it, or if the parts have few rows.

    The halves of the window are held against each other and, in rests, the window against as much again after it: a
    relaxation beside the slab's may bend both halves alike.
    """
    time = found.middle if np.isfinite(found.middle) else ENDLESS
    fit = fit_pulse if found.seen.rests else fit_rest
    halves: list[float] = []
    beyond: list[float] = []
    for number, span in zip(found.seen.numbers, found.seen.span, strict=True):
        begin, end = window[0], float(span)
        middle = (0.5 * (np.sqrt(begin) + np.sqrt(end))) ** 2
        parts = [((begin, middle), (middle, end), halves)]
        after = min(2.0 * end, record.stretches[number].long)
        if not found.seen.rests and after > _AGAIN * end:
            parts.append(((begin, end), (end, after), beyond))
        for first, second, shares in parts:
            early, late = (fit(record, number, part, time) for part in (first, second))
            if early is not None and late is not None and early.values[-1] != 0:
                shares.append(late.values[-1] / early.values[-1] - 1.0)
    return max(_beyond_noise(halves), _beyond_noise(beyond), key=abs)


def _beyond_noise(shares: list[float]) -> float:
    """Their median, or 0 if their scatter explains it."""
    if len(shares) < 2:
        return 0.0
    share, error = middle_of(np.array(shares))
    return share if abs(share) > SURELY * error else 0.0
