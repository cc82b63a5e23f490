"""Profile likelihoods: how far a parameter or a prediction may go before the fit becomes too bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput, choices
from thiocell.inference.descent import Descending, descend
from thiocell.inference.fit import Fit
from thiocell.inference.fronts import Front, FrontEnd, Solve, refine, resolved, root_of, unsettled, walk
from thiocell.inference.parameter import Parameter
from thiocell.inference.plain import plain
from thiocell.inference.problem import Meter, Problem

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

LEVELS = (0.6827, 0.95)
WIDEST_STRIDE, FIRST_STRIDE = 0.15, 0.02
"""assumed: longest stride in the box, and the first one where the slopes tell nothing."""
BETTER = 0.01
"""assumed: fall of chi-square below which a better place is not worth a word."""
ITERATIONS = 40
"""assumed: most iterations at one place of a profile."""


@dataclass(frozen=True)
class Interval:
    """Between ``low`` and ``high`` chi-square lies within ``threshold`` of its least; ``level`` is the confidence.

    An end is "found", or open: "bound" if the parameter's bound, or for a prediction the edge of what the bounds allow,
    came first; "failed" if the model fails beyond; "unfinished" if the walk was too long.
    """

    level: float
    threshold: float
    low: float
    high: float
    low_end: FrontEnd
    high_end: FrontEnd

    @property
    def closed(self) -> bool:
        """Do the numbers, and not the bounds, set both ends?"""
        return self.low_end == self.high_end == "found"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, eq=False)
class Profile:
    """``chi2[place]`` is the least possible at each of the ``values``, ascending; SI units where it is a parameter.

    ``thetas[place, parameter]`` are the SI sets that reach it, ``best`` the value at the best fit, ``least`` the lowest
    chi-square known, from which ``intervals`` are counted.
    """

    name: str
    best: float
    least: float
    values: Array
    chi2: Array
    thetas: Array
    intervals: tuple[Interval, ...]
    doubts: tuple[str, ...] = ()

    def interval(self, level: float) -> Interval:
        """The interval of that confidence; raises BadInput if it was not asked for."""
        for interval in self.intervals:
            if abs(interval.level - level) < 1e-9:
                return interval
        raise BadInput(
            f"the profile of '{self.name}' has no level {level:g}; it has {choices([i.level for i in self.intervals])}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


def profile(
    problem: Problem, fit: Fit, names: str | Sequence[str] | None = None, levels: Sequence[float] = LEVELS
) -> dict[str, Profile]:
    """The profile of each named parameter, or of all: the least chi-square over the others, place after place.

    All walks go together, so that each iteration of all of them is one call of the model. An interval is where
    chi-square lies within the ``level`` quantile of chi-square with one degree of freedom (Wilks, Annals of
    Mathematical Statistics 9 (1938) 60). Raises BadInput for an unknown name or a level outside 0 ... 1.
    """
    wanted = [p.name for p in fit.parameters] if names is None else [names] if isinstance(names, str) else list(names)
    thresholds = thresholds_of(levels)
    known = centres(problem, fit, max(thresholds))
    columns = np.repeat([fit.index(name) for name in wanted], 2 * len(known))
    fronts = [
        _front(fit, fit.index(name), centre, chi2, side)
        for name in wanted
        for centre, chi2 in known
        for side in (-1, 1)
    ]
    meter = Meter(problem)
    solve = _solver(meter, fit, fronts, columns)
    walk(fronts, solve, fit.chi2, max(thresholds))
    _try_again(meter, fronts, columns, [centre for centre, _ in known[1:]], solve)
    least = min(min(front.chi2) for front in fronts)
    refine(fronts, solve, least, thresholds)
    share = 2 * len(known)
    found = {}
    for i, name in enumerate(wanted):
        drawn = traced(problem, name, fronts[i * share : (i + 1) * share], fit.chi2, least, levels)
        found[name] = _in_si(drawn, problem.parameters[fit.index(name)])
    return found


def _solver(meter: Meter, fit: Fit, fronts: Sequence[Front], columns: Rows) -> Solve:
    """The least chi-square with one scaled parameter held, for many fronts at once."""
    how, steepness = settings(meter.problem, meter.problem.fuzz), np.linalg.norm(fit.jacobian, axis=0)

    def solve(who: Rows, aims: Array, strides: Array, warm: Array) -> tuple[Array, Array, Array]:  # noqa: ARG001
        starts, free = warm.copy(), np.ones(warm.shape, dtype=bool)
        each = np.arange(who.size)
        starts[each, columns[who]] = aims
        free[each, columns[who]] = False
        found = descend(meter, starts, how, free, steepness)
        unsettled(fronts, who, found.ends)
        return aims, found.chi2, found.places

    return solve


def _in_si(drawn: Profile, parameter: Parameter) -> Profile:
    """A profile whose coordinate is the scaled parameter, in SI values."""

    def value(scaled: float) -> float:
        return float(parameter.value(np.array(scaled)))

    ends = tuple(replace(e, low=value(e.low), high=value(e.high)) for e in drawn.intervals)
    return replace(drawn, best=value(drawn.best), values=parameter.value(drawn.values), intervals=ends)


def centres(problem: Problem, fit: Fit, top: float) -> list[tuple[Array, float]]:
    """The best fit and every other minimum less than ``top`` above it: scaled place and chi-square."""
    others = [m for m in fit.minima[1:] if m.chi2 - fit.chi2 < top]
    return [(fit.scaled, fit.chi2), *((problem.scaled(m.values), m.chi2) for m in others)]


def thresholds_of(levels: Sequence[float]) -> list[float]:
    """Quantiles of chi-square with one degree of freedom; raises BadInput for a level outside 0 ... 1."""
    from scipy.special import ndtri

    if not levels or not all(0.0 < level < 1.0 for level in levels):
        raise BadInput(
            f"levels of confidence lie between 0 and 1, like 0.95, not {', '.join(f'{v:g}' for v in levels)}"
        )
    return [float(ndtri((1.0 + level) / 2.0)) ** 2 for level in levels]


def settings(problem: Problem, fuzz: Array) -> Descending:
    """How to go down at each place of a profile."""
    return Descending(problem.noise**0.5, fuzz, 1e-3, ITERATIONS)


def traced(
    problem: Problem, name: str, fronts: Sequence[Front], fitted: float, least: float, levels: Sequence[float]
) -> Profile:
    """The profile of fronts, downward and upward from each minimum, with intervals in the fronts' own coordinate.

    An interval spans what is allowed about every minimum.
    """
    pairs = list(zip(fronts[::2], fronts[1::2], strict=True))
    values = np.array([c for front in fronts for c in front.coordinate])
    chi2 = np.array([c for front in fronts for c in front.chi2])
    thetas = problem.values(np.array([place for front in fronts for place in front.places]))
    _, order = np.unique(values, return_index=True) if len(pairs) == 1 else (None, np.argsort(values, kind="stable"))
    intervals = [_interval(pairs, least, *at) for at in zip(levels, thresholds_of(levels), strict=True)]
    doubts = doubts_of(name, intervals, fitted - least, sum(front.unsettled for front in fronts))
    if len(pairs) > 1:
        doubts = (*doubts, f"the interval of '{name}' spans {len(pairs)} minima: it may have gaps")
    best = fronts[0].coordinate[0]
    return Profile(name, best, least, values[order], chi2[order], thetas[order], tuple(intervals), doubts)


def _interval(pairs: Sequence[tuple[Front, Front]], least: float, level: float, threshold: float) -> Interval:
    """From the lowest end to the highest of the pieces about each minimum."""
    lows, highs = [], []
    for down, up in pairs:
        values = np.array([*reversed(down.coordinate[1:]), *up.coordinate])
        chi2 = np.array([*reversed(down.chi2[1:]), *up.chi2])
        if np.any(chi2 - least <= threshold):
            best = up.coordinate[0]
            lows.append(_end(values, chi2, best, least, threshold, down.end))
            highs.append(_end(values[::-1], chi2[::-1], best, least, threshold, up.end))
    (low, low_end), (high, high_end) = min(lows), max(highs)
    return Interval(level, threshold, low, high, low_end, high_end)


def _front(fit: Fit, column: int, centre: Array, chi2: float, side: int) -> Front:
    """A walk from a minimum along one scaled parameter to its bound."""
    spread, start, limit = float(np.linalg.norm(fit.root[column])), float(centre[column]), max(float(side), 0.0)
    first = float(np.clip(0.5 * spread, 1e-9, 0.1)) if spread > 0 else FIRST_STRIDE
    end: FrontEnd = "bound" if start == limit else "walking"
    return Front(side * first, WIDEST_STRIDE, limit, [start], [chi2], [centre], end)


def _try_again(meter: Meter, fronts: Sequence[Front], columns: Rows, others: Sequence[Array], solve: Solve) -> None:
    """Go down again at every place where a neighbour's set, or another minimum's, is better than what was found."""
    tried = [
        (i, k, place)
        for i, front in enumerate(fronts)
        for k in range(1, len(front.chi2))
        for place in (*front.places[k - 1 : k], *front.places[k + 1 : k + 2], *others)
    ]
    if not tried:
        return
    places = np.array([place for *_, place in tried])
    aims = np.array([fronts[i].coordinate[k] for i, k, _ in tried])
    who = np.array([i for i, *_ in tried], dtype=np.intp)
    places[np.arange(len(tried)), columns[who]] = aims
    heights = np.nan_to_num(np.sum(meter(places) ** 2, axis=1), nan=np.inf)
    lower = np.flatnonzero([h < fronts[i].chi2[k] - BETTER for h, (i, k, _) in zip(heights, tried, strict=True)])
    if not lower.size:
        return
    _, chi2, found = solve(who[lower], aims[lower], np.zeros(lower.size), places[lower])
    for row, height, place in zip(lower, chi2, found, strict=True):
        i, k, _ = tried[row]
        if height < fronts[i].chi2[k]:
            fronts[i].chi2[k], fronts[i].places[k] = float(height), place


def _end(
    values: Array, chi2: Array, best: float, least: float, threshold: float, end: FrontEnd
) -> tuple[float, FrontEnd]:
    """Where chi-square first falls below the threshold, coming from outside; its root runs straight between places.

    Where the crossing was not found well enough, the place outside it stands for it.
    """
    first = int(np.flatnonzero(chi2 - least <= threshold)[0])
    if first == 0:
        return float(values[0]), "unfinished" if end == "found" else end
    outer, inner = root_of(chi2[first - 1], least), root_of(chi2[first], least)
    if not resolved(np.sqrt(threshold), inner, outer, values[first] - values[first - 1], values[first] - best):
        return float(values[first - 1]), "unfinished"
    share = (outer - np.sqrt(threshold)) / (outer - inner)
    return float(values[first - 1] + share * (values[first] - values[first - 1])), "found"


def doubts_of(name: str, intervals: Sequence[Interval], gained: float, unsettled: int) -> tuple[str, ...]:
    """What is doubtful of the intervals of ``name``; ``gained`` is by how much chi-square fell on the way."""
    said = []
    why = {"bound": "the bounds come first", "failed": "the model fails beyond", "unfinished": "the walk was too long"}
    for interval in intervals:
        for side, end in (("low", interval.low_end), ("high", interval.high_end)):
            if end != "found":
                said.append(f"'{name}' is open on the {side} side at {interval.level:.4g}: {why[end]}")
    if unsettled:
        said.append(f"at {unsettled} places of the profile of '{name}' the search did not settle: it may be too narrow")
    if gained > BETTER:
        said.append(f"the profiles found a better fit, chi-square lower by {gained:.3g}: fit again with more starts")
    return tuple(said)
