"""The search for a fit: bounded least squares from many starts, all of which share every call of the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.result import Covariance
from thiocell.inference.descent import Descending, Descent, descend, difference_steps
from thiocell.inference.doubts import doubts
from thiocell.inference.fit import Bound, Effort, Fit
from thiocell.inference.linear import curvature, named
from thiocell.inference.minima import AT_BOUND, Minimum, distinct, ended
from thiocell.inference.problem import Meter, Problem

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

DRAWS = 5
"""assumed: how often starts that fail are replaced by others."""
POLISHED = 1e-8
"""assumed: what a step may still promise in chi-square at the end; values are then within 1e-4 sigma."""


def fit(problem: Problem, starts: int = 16, seed: int = 0, iterations: int = 60) -> Fit:
    """The least chi-square of ``problem`` inside its bounds, searched from its start and ``starts`` - 1 other places.

    The other places are a Latin hypercube over the box of scaled parameters (McKay et al., Technometrics 21 (1979)
    239). At most twice ``iterations`` calls of the model are made on the way, and some more for the checks. Raises
    BadInput if the model fails at all places.
    """
    if starts < 1 or iterations < 1:
        raise BadInput(f"a fit needs one start and one iteration at least, not {starts} and {iterations}")
    meter = Meter(problem)
    rough = Descending(problem.noise**0.5, problem.fuzz, 1e-3, iterations, rivals=True)
    first = descend(meter, _places(meter, starts, seed), rough)
    rows, came = ended(first)
    groups = distinct(lambda u: _chi2(meter(u)), first, rows)
    best = np.array([group[0] for group in groups], dtype=np.intp)
    steepness = np.linalg.norm(first.jacobian[best], axis=1)
    last = descend(meter, first.places[best], _fine(problem, iterations), steepness=steepness)
    came_to = {i: np.concatenate([came[row] for row in group]) for i, group in enumerate(groups)}
    return _judged(meter, first, last, _minima(meter, first, last, came_to))


def _fine(problem: Problem, iterations: int = 60) -> Descending:
    return Descending(problem.noise ** (1 / 3), problem.fuzz, POLISHED, iterations, central=True)


def _places(meter: Meter, starts: int, seed: int) -> Array:
    """The given start and a Latin hypercube, with places where the model fails replaced by further ones."""
    rng = np.random.default_rng(seed)
    size = meter.problem.start.size
    good = np.zeros((0, size))
    for draw in range(DRAWS):
        cells = rng.permuted(np.tile(np.arange(starts), (size, 1)), axis=1).T
        drawn = (cells + rng.random((starts, size))) / starts
        if draw == 0:
            drawn[0] = meter.problem.start
        alive = ~np.isnan(meter(drawn)[:, 0])
        good = np.vstack([good, drawn[alive]])[:starts]
        if len(good) == starts:
            break
    if not len(good):
        raise BadInput(f"the model gave no finite numbers at any of {DRAWS * starts} starts: check bounds and model")
    return good


def _chi2(residuals: Array) -> Array:
    return np.where(np.isnan(residuals[:, 0]), np.inf, np.sum(residuals**2, axis=1))


def _minima(meter: Meter, first: Descent, last: Descent, came_to: dict[int, Rows]) -> list[tuple[int, Minimum]]:
    """The minima after the polish, best first, each with its row in ``last``; some may have become one."""
    found = []
    for group in distinct(lambda u: _chi2(meter(u)), last, np.argsort(last.chi2, kind="stable")):
        best, starts = int(group[0]), np.concatenate([came_to[row] for row in group])
        near = starts[first.chi2[starts] <= last.chi2[best] + 1.0]
        values = meter.problem.values(np.vstack([last.places[group], first.places[near]]))
        lowest, highest = values.min(axis=0), values.max(axis=0)
        stalled = last.ends[best] == "stalled"
        found.append((best, Minimum(values[0], float(last.chi2[best]), starts.size, lowest, highest, stalled)))
    return found


def _effort(meter: Meter, first: Descent) -> Effort:
    came = sum(first.ends.count(end) for end in ("converged", "stalled", "merged"))
    lost, given_up = first.ends.count("failed"), first.ends.count("given up")
    return Effort(len(first.ends), came, given_up, lost, meter.calls + 1, meter.sets + 1, meter.failed)  # + the fitted


def _judged(meter: Meter, first: Descent, last: Descent, found: list[tuple[int, Minimum]]) -> Fit:
    """The best minimum with its statistics and what is doubtful about them."""
    best, problem = found[0][0], meter.problem
    place, jacobian = last.places[best], last.jacobian[best]
    at_bound: tuple[Bound, ...] = tuple("low" if u < AT_BOUND else "high" if u > 1 - AT_BOUND else "" for u in place)
    linear = curvature(jacobian, np.array([bool(side) for side in at_bound]), last.slope_error[best])
    covariance = linear.covariance * np.outer(problem.slopes(place), problem.slopes(place))
    if problem.observed.size + problem.priors <= place.size:
        covariance = np.full_like(covariance, np.nan)
    uneven = _uneven(meter, place, jacobian)
    bare = Fit(
        parameters=problem.parameters,
        names=problem.names,
        observed=problem.observed,
        observed_sigma=problem.sigmas,
        fitted=problem.predict(problem.values(place[None, :]))[0],
        values=problem.values(place),
        sigma=np.sqrt(np.diag(covariance)),
        covariance=Covariance(problem.parameter_names, covariance),
        chi2=float(last.chi2[best]),
        priors=problem.priors,
        minima=tuple(minimum for _, minimum in found),
        at_bound=at_bound,
        open_directions=tuple(named(direction, problem.parameter_names) for direction in linear.open_directions),
        scaled=place,
        jacobian=jacobian,
        root=linear.root,
        effort=_effort(meter, first),
    )
    return replace(bare, doubts=doubts(bare, last.ends[best], last.blind[best], uneven, float(problem.fuzz.max())))


def _uneven(meter: Meter, place: Array, jacobian: Array) -> Array:
    """Share by which each column of the Jacobian changes when the differences are taken twice as wide."""
    steepness = np.linalg.norm(jacobian, axis=0)
    step = 2.0 * difference_steps(steepness, _fine(meter.problem))
    ahead, behind = np.minimum(place + step, 1.0), np.maximum(place - step, 0.0)
    moved = np.where(np.eye(place.size, dtype=bool), np.stack([ahead, behind])[:, None, :], place)
    first, last = meter(moved.reshape(-1, place.size)).reshape(2, place.size, -1)
    wide = (first - last) / (ahead - behind)[:, None]
    share = np.linalg.norm(wide.T - jacobian, axis=0) / np.maximum(steepness, 1.0)
    return np.where(np.isnan(share), 0.0, share)
