"""How far a further prediction may go, given the numbers that were fitted."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.inference.climb import Climb, End, Met, climb
from thiocell.inference.fit import Fit
from thiocell.inference.problem import Meter, Model, Problem, asked
from thiocell.inference.profile import LEVELS, Interval, Profile, centres, doubts_of, settings, thresholds_of

Array = NDArray[np.float64]

KNOWN = 4
"""assumed: sets for each parameter from which on what is known is many."""

WAYMARKS = 150
"""assumed: places on the scouts' ways at which the prediction is looked at."""


def predictive_range(
    problem: Problem,
    fit: Fit,
    extra: Model,
    names: Sequence[str],
    levels: Sequence[float] = LEVELS,
    known: Array | None = None,
) -> dict[str, Profile]:
    """The least and the greatest of each number that ``extra`` predicts while chi-square stays within a threshold.

    ``extra(thetas[set, parameter])`` gives one column for each of ``names``; ``known`` are sets worth a look, such as
    those of the parameters' profiles. A range at a level is that of the profile likelihood of the prediction (Wilks),
    searched straight for its ends (``climb``). A climb may end on a lower top than the highest: so the far ends of
    every parameter are sought first, unless many sets are ``known``, and each climb may go on from there. A prediction
    that the model cannot make at the best fit gives NaN and a doubt. Raises BadInput if nothing is named.
    """
    names, thresholds = tuple(names), thresholds_of(levels)
    if not names:
        raise BadInput("a predictive range needs the names of the numbers that the extra model gives")
    meter, middles = Meter(problem), centres(problem, fit, max(thresholds))

    def both(places: Array) -> tuple[Array, Array]:
        return meter(places), asked(extra, problem.values(places), len(names))

    made = both(np.array([centre for centre, _ in middles]))[1]
    ladder = _ladder(thresholds)
    climbs = [
        Climb(k, side, float(made[i, k]), chi2, centre, tuple(fit.chi2 + r for r in ladder if fit.chi2 + r > chi2))
        for k in range(len(names))
        for i, (centre, chi2) in enumerate(middles)
        for side in (-1.0, 1.0)
        if not np.isnan(made[[0, i], k]).any()
    ]
    if climbs:
        how = settings(problem, problem.fuzz), np.linalg.norm(fit.jacobian, axis=0)
        places = np.zeros((0, fit.scaled.size)) if known is None else problem.scaled(known)
        if len(places) < KNOWN * fit.scaled.size:
            scouts = _scouts(fit, thresholds)
            ways = climb(scouts, lambda places: (meter(places), places), *how)
            ends = [place for scout in scouts for place in scout.places]
            places = np.vstack([places, *ends, _allowed(ways, fit.chi2 + max(thresholds))])
        residuals, found = both(places)
        climb(climbs, both, *how, [(places, np.sum(residuals**2, axis=1), found)])
    drawn = {}
    for k, name in enumerate(names):
        mine = [each for each in climbs if each.column == k]
        drawn[name] = _drawn(problem, fit, name, mine, levels) if mine else _unmade(fit, name, levels)
    return drawn


def _scouts(fit: Fit, thresholds: Sequence[float]) -> list[Climb]:
    """Climbs to both ends of every parameter, whose scaled values are the columns."""
    heights = tuple(fit.chi2 + threshold for threshold in sorted(thresholds))
    return [
        Climb(p, side, float(fit.scaled[p]), fit.chi2, fit.scaled, heights)
        for p in range(fit.scaled.size)
        for side in (-1.0, 1.0)
    ]


def _allowed(ways: Sequence[Met], height: float) -> Array:
    """Places on the scouts' ways that fit: at the ends of the ways the prediction may have failed already."""
    places = np.vstack([places[chi2 <= height] for places, chi2, _ in ways])
    return places[np.unique(np.linspace(0, len(places) - 1, WAYMARKS).astype(int))] if len(places) else places


def _ladder(thresholds: Sequence[float]) -> list[float]:
    """Rises of chi-square at which a climb stops: the thresholds, and between two of them half way in the root."""
    roots = sorted(np.sqrt(thresholds))
    between = [0.5 * (low + high) for low, high in itertools.pairwise(roots)]
    return [float(rung) ** 2 for rung in sorted({*roots, *between})]


def _drawn(problem: Problem, fit: Fit, name: str, climbs: Sequence[Climb], levels: Sequence[float]) -> Profile:
    """The profile of one prediction out of its climbs, those to the lower side first from each minimum."""
    best = climbs[0].start
    rows = [(best, fit.chi2, fit.scaled)]
    rows += [row for each in climbs for row in zip(each.values, each.chi2, each.places, strict=True)]
    rows.sort(key=lambda row: row[0])
    values, chi2, places = zip(*rows, strict=True)
    least = min(chi2)
    intervals = [
        _interval(climbs, best, least, level, threshold)
        for level, threshold in zip(levels, thresholds_of(levels), strict=True)
    ]
    doubts = doubts_of(name, intervals, fit.chi2 - least, sum(each.ends.count("unfinished") for each in climbs))
    if len(climbs) > 2:
        doubts = (*doubts, f"the interval of '{name}' spans {len(climbs) // 2} minima: it may have gaps")
    thetas = problem.values(np.array(places))
    return Profile(name, best, least, np.array(values), np.array(chi2), thetas, tuple(intervals), doubts)


def _interval(climbs: Sequence[Climb], best: float, least: float, level: float, threshold: float) -> Interval:
    allowed = [each for each in climbs if each.begun - least <= threshold]
    low, low_end = min(
        (_end(each, least, threshold) for each in allowed if each.side < 0), default=(best, "unfinished")
    )
    high, high_end = max(
        (_end(each, least, threshold) for each in allowed if each.side > 0), default=(best, "unfinished")
    )
    return Interval(level, threshold, low, high, low_end, high_end)


def _end(one: Climb, least: float, threshold: float) -> tuple[float, End]:
    """How far a climb goes at a threshold above ``least``, straight in the root of chi-square between its heights."""
    roots = np.sqrt(np.maximum(np.array([one.begun, *one.chi2]) - least, 0.0))
    at = min(int(np.searchsorted(np.array(one.heights), (least + threshold) * (1.0 - 1e-12))), len(one.heights) - 1)
    if one.ends[at] != "found":
        return one.values[at], one.ends[at]
    return float(np.interp(np.sqrt(threshold), roots[: at + 2], [one.start, *one.values[: at + 1]])), "found"


def _unmade(fit: Fit, name: str, levels: Sequence[float]) -> Profile:
    nothing = float("nan")
    intervals = [
        Interval(level, threshold, nothing, nothing, "failed", "failed")
        for level, threshold in zip(levels, thresholds_of(levels), strict=True)
    ]
    said = f"the model cannot predict '{name}' at the best fit: see which share of an ensemble can"
    none = np.zeros(0)
    bare = Profile(name, nothing, fit.chi2, none, none, np.zeros((0, fit.values.size)), tuple(intervals))
    return replace(bare, doubts=(said,))
