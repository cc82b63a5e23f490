"""A fit of a study, carried out and told as a result; and remembered from it, for what comes after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thiocell.core.quantity import Quantity, to_si
from thiocell.core.record import Array, Column, Record
from thiocell.core.result import Covariance, Result
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.inference.fit import Bound, Effort, Fit
from thiocell.inference.minima import AT_BOUND, Minimum
from thiocell.inference.parameter import Parameter
from thiocell.inference.problem import Problem
from thiocell.inference.profile import Profile, profile
from thiocell.inference.search import fit
from thiocell.studies import intervals
from thiocell.studies.fit_drawing import draw_fit
from thiocell.studies.intervals import Reach
from thiocell.studies.outcome import Outcome
from thiocell.studies.posing import in_si, in_terms, posed
from thiocell.studies.study import FitStep
from thiocell.studies.table import KNOWN

FIT = "fit"
"""What the result of a fit is called where others have a technique's name."""
PROFILE = "profile_"
_FAR = 1e300
_STATISTICS: Mapping[str, Term] = {
    "chi2": Term("", "chi2", "sum of squared misses, in sigmas, of the numbers and the priors", 0, _FAR),
    "numbers": Term("", "n", "numbers fitted to, priors among them", 1, _FAR),
    "parameters": Term("", "k", "parameters varied", 1, _FAR),
    "degrees_of_freedom": Term(
        "", "n - k", "numbers less parameters; at zero or below chi2 proves nothing", -_FAR, _FAR
    ),
    "p_value": Term("", "p", "probability of so large a chi2 if model and errors are right", 0, 1),
    "aicc": Term("", "AICc", "Akaike's criterion for few numbers: less is better among fits to the same", -_FAR, _FAR),
    "bic": Term("", "BIC", "Schwarz's criterion: less is better among fits to the same numbers", -_FAR, _FAR),
}
_OF_NUMBERS = {"fitted_": "as the best fit gives it", "pull_": "fitted less given, in sigmas of the given"}


def meaning(word: str) -> Term | None:
    """What a value of a fit means; None for a parameter that only the technique knows."""
    for start, said in _OF_NUMBERS.items():
        if word.startswith(start):
            return Term("", "", f"{word.removeprefix(start).replace('_', ' ')}, {said}", -_FAR, _FAR)
    return _STATISTICS.get(word) or KNOWN.get(word)


def fitted(work: FitStep, outcomes: Mapping[str, Outcome]) -> Result:
    """The parameters with which the technique meets the targets, how well, and how far each may go.

    The parameters' sigmas are those of the slopes at the best fit, unknown where the numbers do not determine one; the
    intervals are those of the profiles. Raises BadInput where the problem cannot be posed or the model always fails.
    """
    asked = posed(work, outcomes)
    found = fit(asked.problem, work.starts, work.seed)
    profiles = profile(asked.problem, found, work.profiles) if work.profiles else {}
    place = f"{work.technique_name} on '{work.sample}', {found.numbers} numbers, {len(found.parameters)} varied"
    source = Source("fitted", place=place)
    reaches = {name: reaches_of(found.parameters[found.index(name)], each) for name, each in profiles.items()}
    curves = {
        **_intervals(found, reaches, source),
        **{PROFILE + name: walked(name, each, found, source) for name, each in profiles.items()},
        **_memory(found, source),
    }
    return Result(
        FIT,
        {**found.quantities, **_statistics(found), **_numbers(found, asked.problem, work)},
        source,
        curves,
        (*found.doubts, *dict.fromkeys(d for each in profiles.values() for d in each.doubts), *asked.doubts),
        _covariance(found),
        intervals.limits(reaches),
        draw_fit(found, profiles),
    )


def _intervals(found: Fit, reaches: Mapping[str, list[Reach]], source: Source) -> dict[str, Record]:
    """The parameters' intervals, and where the fit is rejected that nothing is to be judged by the parameters."""
    why = unfit("this fit", found)
    words = [parameter.name for parameter in found.parameters]
    return {intervals.CURVE: intervals.table(reaches, source, {}, why, words)} if reaches or why else {}


def unfit(who: str, fit: Fit) -> str:
    """Why nothing is to be judged by what a fit says of its parameters and of other tests; '' if it fits."""
    if not fit.rejected:
        return ""
    how = f"p = {fit.p_value:.2g}" if fit.dof > 0 else "no freedom is left"
    return f"{who} does not describe the numbers that it was fitted to: chi-square is {fit.chi2:.3g}, {how}"


def _statistics(found: Fit) -> dict[str, Quantity]:
    """How well the fit does, as far as that is defined."""
    numbers = (found.chi2, found.numbers, len(found.parameters), found.dof, found.p_value, found.aicc, found.bic)
    told = dict(zip(_STATISTICS, map(float, numbers), strict=True))
    return {word: Quantity.exact(value) for word, value in told.items() if np.isfinite(value)}


def _numbers(found: Fit, problem: Problem, work: FitStep) -> dict[str, Quantity]:
    """Each number as the best fit gives it, and by how many sigmas that misses the given one.

    Its sigma is what the parameters' spread makes of it by the slopes; where a parameter lies at its bound, or the fit
    does not describe its numbers, that would be too small, and the sigma of the given number stands there.
    """
    told: dict[str, Quantity] = {}
    whole = np.linalg.cholesky(np.asarray(problem.covariance)) @ found.jacobian[: found.observed.size]
    given = np.sqrt(np.diag(np.asarray(problem.covariance)))
    sigma = (
        given
        if any(found.at_bound) or found.rejected
        else np.minimum(np.linalg.norm(whole @ found.root, axis=1), given)
    )
    for row, (word, target) in enumerate(work.to.items()):
        told[f"fitted_{word}"] = Quantity(float(found.fitted[row]), target.unit, float(sigma[row]))
        told[f"pull_{word}"] = Quantity.exact(float(found.pulls[row]))
    return told


def _covariance(found: Fit) -> Covariance | None:
    """How the parameters hang together whose sigma is known."""
    whole = found.printed_covariance
    known = np.flatnonzero(np.isfinite(np.diag(whole.matrix)))
    names = tuple(whole.names[i] for i in known)
    return Covariance(names, whole.matrix[np.ix_(known, known)]) if len(names) > 1 else None


def reaches_of(parameter: Parameter, drawn: Profile) -> list[Reach]:
    """The intervals of a parameter's profile in the unit of its term."""
    return [
        Reach(
            each.level,
            parameter.quantity(each.low).value,
            parameter.quantity(each.high).value,
            each.low_end,
            each.high_end,
            parameter.unit,
        )
        for each in drawn.intervals
    ]


def walked(name: str, drawn: Profile, found: Fit, source: Source, unit: str | None = None) -> Record:
    """The places of a profile: the parameters, chi-square, and, where it is one of a prediction in ``unit``, that."""
    columns = _columns(found.parameters, drawn.thetas)
    if unit is not None:
        columns = {name: Column(drawn.values, unit), **columns}
    return Record(PROFILE + name, "profile", {**columns, "chi2": Column(drawn.chi2)}, source)


def _columns(parameters: Sequence[Parameter], thetas: Array) -> dict[str, Column]:
    numbers = in_terms(tuple(parameters), thetas)
    return {parameter.name: Column(numbers[:, i], parameter.unit) for i, parameter in enumerate(parameters)}


def _memory(found: Fit, source: Source) -> dict[str, Record]:
    """All that a later step must know of the fit: its minima, and the slopes and spread about the best of them."""
    words = [parameter.name for parameter in found.parameters]
    minima = _columns(found.parameters, np.array([minimum.values for minimum in found.minima]))
    minima["chi2"] = Column([minimum.chi2 for minimum in found.minima])
    minima["starts"] = Column([float(minimum.starts) for minimum in found.minima])
    rows = {str(number): name for number, name in enumerate(found.names, start=1)}
    return {
        "minima": Record("minima", "minima", minima, source),
        "slopes": Record("slopes", "slopes", _matrix(words, found.jacobian), source, notes=rows),
        "spread": Record(
            "spread", "spread", _matrix([f"direction_{i + 1}" for i in range(len(words))], found.root), source
        ),
    }


def _matrix(names: Sequence[str], matrix: Array) -> dict[str, Column]:
    return {name: Column(matrix[:, i]) for i, name in enumerate(names)}


def remembered(problem: Problem, result: Result) -> Fit:
    """The fit of ``problem`` that a result tells of, without its effort and doubts; nothing is searched again."""
    minima = result.curves["minima"]
    values = in_si(problem.parameters, _stacked(minima, problem.parameter_names))
    chi2, starts = (minima.columns[word].values for word in ("chi2", "starts"))
    jacobian = _stacked(result.curves["slopes"], problem.parameter_names)
    root = _stacked(result.curves["spread"], tuple(result.curves["spread"].columns))
    scaled = problem.scaled(values[0])
    at_bound: tuple[Bound, ...] = tuple("low" if u < AT_BOUND else "high" if u > 1 - AT_BOUND else "" for u in scaled)
    sigma = np.array([result.values[p.name].sigma * abs(to_si(p.unit)[0]) for p in problem.parameters])
    return Fit(
        parameters=problem.parameters,
        names=problem.names,
        observed=problem.observed,
        observed_sigma=problem.sigmas,
        fitted=np.array([result.values[f"fitted_{name}"].value for name in problem.names]),
        values=values[0],
        sigma=sigma,
        covariance=Covariance(problem.parameter_names, np.diag(sigma**2)),
        chi2=float(chi2[0]),
        priors=problem.priors,
        minima=tuple(
            Minimum(row, float(height), int(count), row, row)
            for row, height, count in zip(values, chi2, starts, strict=True)
        ),
        at_bound=at_bound,
        open_directions=(),
        scaled=scaled,
        jacobian=jacobian,
        root=root,
        effort=Effort(int(starts.sum()), int(starts.sum()), 0, 0, 0, 0, 0),
    )


def _stacked(record: Record, names: Sequence[str]) -> Array:
    return np.column_stack([record.columns[name].values for name in names])
