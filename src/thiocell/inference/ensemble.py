"""Draws of the parameters that agree with the numbers, for predicting further ones with their uncertainty.

Differential evolution Markov chains (ter Braak, Statistics and Computing 16 (2006) 239): a walker moves by the
difference of two others, here of the other half, so that half of the walkers move with one call of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.inference.chains import agreement, effective_size
from thiocell.inference.fit import Fit
from thiocell.inference.plain import plain
from thiocell.inference.problem import Meter, Model, Problem, asked

Array = NDArray[np.float64]

BLOCK = 100
"""assumed: steps between two looks at the diagnostics."""
AGREED = 1.05
"""assumed: R-hat below which the walkers are taken to agree."""
JITTER = 1e-6
"""assumed: share of the box by which each move is blurred, so that no place is out of reach."""
LEAPS = 0.1
"""ter Braak: share of moves by a whole difference, which lead from one minimum to another."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """``draws[draw, parameter]`` in SI units with their ``chi2``, as likely as exp(-chi2/2) inside the bounds.

    Before the numbers speak, every place of the box of scaled parameters is equally likely, but for the priors.
    ``r_hat`` is near 1 where the walkers agree; ``effective`` is how many independent draws each parameter is worth.
    """

    names: tuple[str, ...]
    draws: Array
    chi2: Array
    r_hat: Array
    effective: Array
    acceptance: float
    walkers: int
    steps: int
    doubts: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, eq=False)
class Spread:
    """A prediction over an ensemble: its ``draws`` (NaN where the model fails), median, and equal-tailed intervals.

    ``intervals[level]`` is (low, high); ``failed`` the share of draws that give no number and are left out.
    """

    name: str
    draws: Array
    median: float
    intervals: dict[float, tuple[float, float]]
    failed: float
    doubts: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


def ensemble(problem: Problem, fit: Fit, n: int = 400, seed: int = 0, steps: int = 4000) -> Ensemble:
    """``n`` draws from chains that run until R-hat and effective size agree, for ``steps`` at most.

    The first half of the steps is left out. Raises BadInput if the model fails wherever walkers are placed.
    """
    if n < 1 or steps < 2 * BLOCK:
        raise BadInput(f"an ensemble needs one draw and {2 * BLOCK} steps at least, not {n} and {steps}")
    rng, meter = np.random.default_rng(seed), Meter(problem)
    walkers = 2 * max(2 * len(fit.parameters), 10)
    places, chi2 = _placed(meter, fit, walkers, rng)
    kept, heights, accepted = [], [], 0
    while True:
        for _ in range(BLOCK):
            accepted += _step(meter, places, chi2, rng)
            kept.append(places.copy())
            heights.append(chi2.copy())
        chains = np.array(kept[len(kept) // 2 :])
        r_hat, effective = agreement(chains), effective_size(chains)
        if len(kept) >= steps or (r_hat.max() < AGREED and effective.min() >= n):
            break
    rows = np.linspace(0, chains.shape[0] * walkers - 1, n).round().astype(np.intp)
    # neighbours in a step are different walkers: an even comb over walker after walker takes all of them alike
    draws = np.swapaxes(chains, 0, 1).reshape(-1, places.shape[1])[rows]
    at = np.array(heights[len(kept) // 2 :]).T.reshape(-1)[rows]
    share = accepted / (len(kept) * walkers)
    said = _doubts(problem.parameter_names, r_hat, effective, n)
    return Ensemble(
        problem.parameter_names, problem.values(draws), at, r_hat, effective, share, walkers, len(kept), said
    )


def predicted(
    draws: Ensemble, extra: Model, names: Sequence[str], levels: Sequence[float] = (0.6827, 0.95)
) -> dict[str, Spread]:
    """What ``extra(thetas[set, parameter])``, one column for each of ``names``, gives over an ensemble."""
    made = asked(extra, draws.draws, len(names))
    failed = float(np.mean(np.isnan(made).any(axis=1))) if made.size else 0.0
    found = {}
    for k, name in enumerate(names):
        known = made[~np.isnan(made[:, k]), k]
        said = (f"'{name}' cannot be predicted for {100 * failed:.0f} % of the draws, which are left out",)
        ends = {
            level: (float(low), float(high))
            for level in levels
            for low, high in [
                np.quantile(known, [(1 - level) / 2, (1 + level) / 2]) if known.size else (np.nan, np.nan)
            ]
        }
        middle = float(np.median(known)) if known.size else float("nan")
        found[name] = Spread(name, made[:, k], middle, ends, failed, (*draws.doubts, *(said if failed else ())))
    return found


def _placed(meter: Meter, fit: Fit, walkers: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Walkers about the minima, more about the better ones, as wide as the slopes tell."""
    odds = np.exp(-0.5 * np.array([minimum.chi2 - fit.chi2 for minimum in fit.minima]))
    centres = meter.problem.scaled(np.array([minimum.values for minimum in fit.minima]))
    size = fit.scaled.size
    alive, heights = np.zeros((0, size)), np.zeros(0)
    for narrower in (1.0, 1.0, 0.5, 0.2, 0.05, 0.01, 0.001):
        where = centres[rng.choice(len(odds), walkers, p=odds / odds.sum())]
        blur = rng.standard_normal((walkers, size)) @ fit.root.T + 0.01 * rng.standard_normal((walkers, size)) * _held(
            fit
        )
        folded = np.abs(where + narrower * blur)
        drawn = np.clip(1.0 - np.abs(1.0 - folded), 0.0, 1.0)
        chi2 = _heights(meter, drawn)
        good = np.isfinite(chi2)
        alive, heights = np.vstack([alive, drawn[good]])[:walkers], np.append(heights, chi2[good])[:walkers]
        if len(alive) == walkers:
            return alive, heights
    raise BadInput("the model fails almost everywhere about the best fit: no ensemble can be drawn")


def _held(fit: Fit) -> Array:
    return np.array([1.0 if side else 0.0 for side in fit.at_bound])


def _step(meter: Meter, places: Array, chi2: Array, rng: np.random.Generator) -> int:
    """Move each half of the walkers once, in place; how many moved."""
    half, size = len(places) // 2, places.shape[1]
    moved = 0
    for mine, theirs in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
        first = rng.integers(half, size=half)
        second = (first + rng.integers(1, half, size=half)) % half
        other = places[theirs]
        length = 2.38 / np.sqrt(2 * size) * np.exp(rng.uniform(np.log(0.2), 0.0, half))  # assumed: also short moves
        length = np.where(rng.random(half) < LEAPS, 1.0, length)[:, None]
        trial = places[mine] + length * (other[first] - other[second])
        trial += JITTER * rng.standard_normal(trial.shape)
        inside = np.all((trial >= 0.0) & (trial <= 1.0), axis=1)
        heights = np.full(half, np.inf)
        heights[inside] = _heights(meter, trial[inside])
        better = rng.exponential(2.0, half) > heights - chi2[mine]
        places[mine] = np.where(better[:, None], trial, places[mine])
        chi2[mine] = np.where(better, heights, chi2[mine])
        moved += int(np.sum(better))
    return moved


def _heights(meter: Meter, places: Array) -> Array:
    if not len(places):
        return np.zeros(0)
    return np.asarray(np.nan_to_num(np.sum(meter(places) ** 2, axis=1), nan=np.inf, posinf=np.inf))


def _doubts(names: Sequence[str], r_hat: Array, effective: Array, n: int) -> tuple[str, ...]:
    said = []
    apart = [f"'{name}' ({r:.2f})" for name, r in zip(names, r_hat, strict=True) if not r < AGREED]
    if apart:
        said.append(f"the walkers do not agree on {', '.join(apart)} (R-hat): the draws do not cover what is possible")
    if effective.min() < n:
        said.append(f"the {n} draws are worth {effective.min():.0f} independent ones: run more steps")
    return tuple(said)
