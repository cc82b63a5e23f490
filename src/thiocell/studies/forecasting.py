"""What a fit says of a test that it was not fitted to, and how far that is left open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.record import Array
from thiocell.core.result import Result
from thiocell.core.source import Source
from thiocell.inference.fit import Fit
from thiocell.inference.prediction import predictive_range
from thiocell.inference.problem import Problem
from thiocell.inference.profile import Profile
from thiocell.studies import intervals
from thiocell.studies.fit_drawing import draw_forecast
from thiocell.studies.fitting import PROFILE, remembered, unfit, walked
from thiocell.studies.intervals import Absent, Reach
from thiocell.studies.lookup import sample_of
from thiocell.studies.outcome import Outcome
from thiocell.studies.posing import Model, in_si, posed
from thiocell.studies.study import ForecastStep

_INSIDE = 3.841458820694124
"""Rise of chi-square within which 95 % lies, for one parameter."""
_LOPSIDED = 2.0
"""assumed: ratio of the two halves of an interval above which its one sigma misleads."""


def forecast(work: ForecastStep, outcomes: Mapping[str, Outcome]) -> Result:
    """Each wanted value at the best fit, with the range that the fit leaves open; never part of the fit.

    Sigma is half the 68 % range where the numbers fitted set both its ends, else unknown. A value that the best fit
    does not have is left out, and the result says why.
    """
    seen = _Seen.of(work, outcomes)
    source = Source("predicted", place=f"{work.technique_name} on '{work.sample}' by the fit '{work.fit_name}'")
    profiles, missing = seen.profiles(), [name for name in work.gives if np.isnan(seen.at_best(name))]
    reaches = {name: _reaches(each, work.gives[name]) for name, each in profiles.items()}
    values = {name: _quantity(each, reaches[name], work.gives[name]) for name, each in profiles.items()}
    absent = {name: _absent(seen, name, values, reaches) for name in missing}
    doubts = [doubt for each in profiles.values() for doubt in each.doubts]
    doubts += [f"there is no {name}: {it.sentence}" for name, it in absent.items()]
    doubts += [said for name, rows in reaches.items() if (said := _lopsided(name, values[name], rows))]
    doubts += _of_fit(work.fit_name, seen)
    return Result(
        work.technique_name,
        values,
        source,
        {
            intervals.CURVE: intervals.table(reaches, source, absent, unfit(f"the fit '{work.fit_name}'", seen.fit)),
            **{f"range_{name}": walked(name, p, seen.fit, source, work.gives[name]) for name, p in profiles.items()},
        },
        tuple(dict.fromkeys(doubts)),
        None,
        intervals.limits(reaches),
        draw_forecast({name: (each, work.gives[name]) for name, each in profiles.items()}, work.fit_name),
    )


@dataclass(eq=False)
class _Seen:
    """A fit with the test that it is asked about; what was computed once is not computed again."""

    work: ForecastStep
    problem: Problem
    fit: Fit
    behind: Result
    models: Mapping[str, Model]
    ranges: dict[str, Profile] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, work: ForecastStep, outcomes: Mapping[str, Outcome]) -> _Seen:
        problem, behind = posed(work.fit, outcomes).problem, outcomes[work.fit_name].result
        if behind is None:
            raise LookupError(f"the fit '{work.fit_name}' left no result")
        sample = sample_of(work.sample, outcomes)
        models = {name: Model(work.technique, sample, (name,), work.fit.vary) for name in work.gives}
        return cls(work, problem, remembered(problem, behind), behind, models)

    def at_best(self, name: str) -> float:
        """The value at the best fit, NaN if it has none."""
        if name not in self.best:
            self.best[name] = float(self.models[name](self.fit.values[None, :])[0, 0])
        return self.best[name]

    def profiles(self) -> dict[str, Profile]:
        """The range of each value that the best fit has, each asked alone: one may fail where others do not."""
        for name in self.work.gives:
            if name not in self.ranges and not np.isnan(self.at_best(name)):
                known = self.allowed()
                self.ranges |= predictive_range(self.problem, self.fit, self.models[name], [name], known=known)
        return self.ranges

    def allowed(self) -> Array:
        """Every set of parameters that was met on the way and lies within 95 % of the best fit."""
        words = self.problem.parameter_names
        curves = [curve for name, curve in self.behind.curves.items() if name.startswith(PROFILE) or name == "minima"]
        tried = [
            (
                in_si(self.problem.parameters, np.column_stack([c.columns[w].values for w in words])),
                c.columns["chi2"].values,
            )
            for c in curves
        ]
        tried += [(each.thetas, each.chi2) for each in self.ranges.values()]
        thetas, chi2 = np.vstack([t for t, _ in tried]), np.concatenate([c for _, c in tried])
        return np.unique(thetas[chi2 - chi2.min() <= _INSIDE], axis=0)


def _reaches(drawn: Profile, unit: str) -> list[Reach]:
    return [Reach(each.level, each.low, each.high, each.low_end, each.high_end, unit) for each in drawn.intervals]


def _quantity(drawn: Profile, rows: list[Reach], unit: str) -> Quantity:
    narrow = rows[0]
    return Quantity(drawn.best, unit, (narrow.high - narrow.low) / 2.0 if narrow.closed else float("nan"))


def _lopsided(name: str, value: Quantity, rows: list[Reach]) -> str:
    narrow = rows[0]
    halves = sorted((value.value - narrow.low, narrow.high - value.value))
    if not value.known or halves[1] <= _LOPSIDED * halves[0]:
        return ""
    return f"the range of '{name}' is lopsided: {narrow} at 68 %, about {value.value:.4g}; its sigma is half of that"


def _of_fit(name: str, seen: _Seen) -> list[str]:
    """What a forecast inherits of doubt."""
    said = [f"{why}, so it says nothing of others either"] if (why := unfit(f"the fit '{name}'", seen.fit)) else []
    if seen.fit.dof <= 0:
        said.append(f"the fit '{name}' has no freedom left: that it meets its numbers says nothing for this forecast")
    if seen.behind.doubts:
        said.append(f"it rests on the fit '{name}', which has {len(seen.behind.doubts)} doubt(s) of its own")
    return said


def _absent(seen: _Seen, name: str, values: Mapping[str, Quantity], reaches: Mapping[str, list[Reach]]) -> Absent:
    """Why the best fit has no such value: whether any other set that fits has it, and what the other values reach.

    Only another value of the same test shows that the model came through and has none, rather than that it failed.
    """
    sets = seen.allowed()
    made = seen.models[name](sets)[:, 0]
    there = made[np.isfinite(made)]
    unit = seen.work.gives[name]
    if there.size:
        said = f"the best fit has none; {there.size} of {made.size} sets that fit within 95 % have one, "
        said += f"{there.min():.4g} to {there.max():.4g} {unit}".rstrip()
    else:
        said = f"neither the best fit nor any of {made.size} sets that fit within 95 % has one"
    short = [text for other, q in values.items() if (text := _short_of(seen.work, other, q, reaches[other][-1]))]
    if not (short or there.size):
        short = ["nothing here tells a model that failed from one that has no such value: let 'gives' hold another one"]
    return Absent("; ".join([said, *short]), bool(values) and not there.size)


def _short_of(work: ForecastStep, name: str, value: Quantity, wide: Reach) -> str:
    """Another value beside the setting of its dimension that the study asks for: by how much it falls short."""
    for word in work.settings:
        wanted = getattr(work.technique, word, None)
        if not isinstance(wanted, Quantity) or not same_dimension(wanted.unit, value.unit):
            continue
        aim = wanted.to(value.unit).value
        if not wide.low <= aim <= wide.high:
            gap = abs(value.value - aim)
            side = "below" if value.value < aim else "above"
            return f"{name} is {value} (95 %: {wide}), {gap:.3g} {value.unit} {side} the {word} asked for, {aim:g}"
    return f"{name} is {value} (95 %: {wide})"
