"""How far a further prediction may go, given the numbers that were fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.inference.descent import descend, difference_steps
from thiocell.inference.fit import Fit
from thiocell.inference.fronts import Front, FrontEnd, Solve, refine, unsettled, walk
from thiocell.inference.problem import Meter, Model, Problem, asked
from thiocell.inference.profile import LEVELS, Profile, centres, settings, thresholds_of, traced

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

GRIP = 0.1
"""assumed: sigma, in strides, with which a prediction is drawn to its aim; the profile does not depend on it."""


def predictive_range(
    problem: Problem, fit: Fit, extra: Model, names: Sequence[str], levels: Sequence[float] = LEVELS
) -> dict[str, Profile]:
    """The profile of each number that ``extra`` predicts: the least chi-square at which it takes each value.

    ``extra(thetas[set, parameter])`` gives one column for each of ``names``. The range at a level is the least and the
    greatest prediction with chi-square within the threshold. Each place is found by least squares with one more
    residual, (prediction - aim)/grip: whatever the grip, the place is the best for the value that it reaches. A
    prediction that the model cannot make at the best fit gives NaN and a doubt. Raises BadInput if nothing is named.
    """
    names, thresholds = tuple(names), thresholds_of(levels)
    if not names:
        raise BadInput("a predictive range needs the names of the numbers that the extra model gives")
    meter, known = Meter(problem), centres(problem, fit, max(thresholds))
    spread = _spread(problem, fit, extra, len(names))
    made = asked(extra, problem.values(np.array([centre for centre, _ in known])), len(names))
    starts = [(k, i) for k in range(len(names)) if not np.isnan(made[0, k]) for i in range(len(known))]
    starts = [(k, i) for k, i in starts if not np.isnan(made[i, k])]
    columns = np.repeat(np.array([k for k, _ in starts], dtype=np.intp), 2)
    fronts = [_front(float(made[i, k]), known[i], float(spread[k]), side) for k, i in starts for side in (-1.0, 1.0)]
    solve = _solver(meter, fit, extra, fronts, columns, len(names))
    walk(fronts, solve, fit.chi2, max(thresholds))
    least = min([fit.chi2, *(min(front.chi2) for front in fronts)])
    refine(fronts, solve, least, thresholds)
    found = {}
    for k in sorted(set(columns)):
        mine = [front for front, column in zip(fronts, columns, strict=True) if column == k]
        found[names[k]] = traced(problem, names[k], mine, fit.chi2, least, levels)
    return {name: found.get(name, _unmade(problem, fit, name, levels)) for name in names}


def _spread(problem: Problem, fit: Fit, extra: Model, count: int) -> Array:
    """The spread of the predictions about the best fit, by their slopes."""
    how = settings(problem, problem.fuzz)
    step = difference_steps(np.linalg.norm(fit.jacobian, axis=0), how)
    side = np.where(fit.scaled + step <= 1.0, step, -step)
    places = np.vstack([fit.scaled, fit.scaled + np.diag(side)])
    found = asked(extra, problem.values(places), count)
    slopes = np.nan_to_num((found[1:] - found[0]) / side[:, None])
    held = np.array([0.02 if side else 0.0 for side in fit.at_bound])
    return np.asarray(np.sqrt(np.sum((slopes.T @ fit.root) ** 2, axis=1) + np.sum((slopes.T * held) ** 2, axis=1)))


def _front(start: float, centre: tuple[Array, float], spread: float, side: float) -> Front:
    end: FrontEnd = "walking" if spread > 1e-12 * abs(start) else "bound"
    return Front(side * 0.5 * spread, np.inf, side * np.inf, [start], [centre[1]], [centre[0]], end)


def _solver(meter: Meter, fit: Fit, extra: Model, fronts: Sequence[Front], columns: Rows, count: int) -> Solve:
    problem = meter.problem
    how = settings(problem, np.append(problem.fuzz, 0.0))
    steepness = np.linalg.norm(fit.jacobian, axis=0)

    def solve(who: Rows, aims: Array, strides: Array, warm: Array) -> tuple[Array, Array, Array]:
        grip = GRIP * strides

        def residuals(scaled: Array, owners: Rows) -> Array:
            made = asked(extra, problem.values(scaled), count)[np.arange(len(scaled)), columns[who[owners]]]
            rows = np.column_stack([meter(scaled), (made - aims[owners]) / grip[owners]])
            rows[np.isnan(rows).any(axis=1)] = np.nan
            return rows

        found = descend(residuals, warm, how, steepness=steepness)
        unsettled(fronts, who, found.ends)
        pull = found.residuals[:, -1]
        return aims + pull * grip, found.chi2 - pull**2, found.places

    return solve


def _unmade(problem: Problem, fit: Fit, name: str, levels: Sequence[float]) -> Profile:
    front = Front(0.0, 0.0, 0.0, [np.nan], [fit.chi2], [fit.scaled], "failed")
    bare = traced(problem, name, (front, front), fit.chi2, fit.chi2, levels)
    said = f"the model cannot predict '{name}' at the best fit: see which share of an ensemble can"
    return replace(bare, doubts=(said,))
