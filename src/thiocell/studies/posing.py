"""The problem that a fit of a study poses: a technique as the model, and numbers with the errors they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import to_si
from thiocell.core.record import Array
from thiocell.core.sample import Sample
from thiocell.core.technique import Foreseeing, Technique, takes
from thiocell.inference.parameter import Parameter
from thiocell.inference.problem import Problem
from thiocell.studies.expression import Expression
from thiocell.studies.jointly import jointly
from thiocell.studies.lookup import sample_of
from thiocell.studies.outcome import Outcome
from thiocell.studies.study import FitStep, Target


@dataclass(frozen=True)
class Model:
    """What ``technique`` expects to find of ``names`` on ``sample``, asked with SI numbers of ``parameters``."""

    technique: Technique | Foreseeing
    sample: Sample
    names: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    def __call__(self, thetas: Array) -> Array:
        """Numbers[set, name], in the units of their terms; NaN in those that a set cannot have."""
        words = [parameter.name for parameter in self.parameters]
        trials = [dict(zip(words, row, strict=True)) for row in in_terms(self.parameters, thetas).tolist()]
        return cast("Foreseeing", self.technique).expect(self.names, trials, self.sample)


def in_terms(parameters: tuple[Parameter, ...], thetas: Array) -> Array:
    """SI sets[set, parameter] in the units of the parameters' terms."""
    slope, offset = np.array([to_si(parameter.unit) for parameter in parameters]).T
    return np.asarray((thetas - offset) / slope)


def in_si(parameters: tuple[Parameter, ...], numbers: Array) -> Array:
    """Undo ``in_terms``, inside the bounds."""
    slope, offset = np.array([to_si(parameter.unit) for parameter in parameters]).T
    low, high = np.array([(parameter.low, parameter.high) for parameter in parameters]).T
    return np.asarray(np.clip(numbers * slope + offset, low, high))


@dataclass(frozen=True, eq=False)
class Posed:
    """``problem`` with what is doubtful of how it was posed."""

    problem: Problem
    doubts: tuple[str, ...]


def posed(work: FitStep, outcomes: Mapping[str, Outcome]) -> Posed:
    """The problem of a fit whose sample and numbers stand; raises BadInput for a number without a usable error."""
    units = {word: target.unit for word, target in work.to.items()}
    joint = jointly({word: target.given for word, target in work.to.items()}, units, outcomes)
    covariance, doubts = joint.covariance.copy(), []
    for row, (word, target) in enumerate(work.to.items()):
        if np.isnan(covariance[row, row]):
            covariance[row, :] = covariance[:, row] = 0.0
            doubts.append(f"the uncertainty of what is given as '{word}' is unknown: only the error stated counts")
        if target.error is not None:
            covariance[row, row] += target.error.quantity.to(_steps(target.unit)).value ** 2
        if not covariance[row, row] > 0:
            raise BadInput(f"to.{word}: {_told(target)} has no known error above zero; write one as error = '...'")
    sample = sample_of(work.sample, outcomes)
    problem = Problem(
        parameters=work.vary,
        model=Model(work.technique, sample, tuple(work.to), work.vary),
        observed=joint.values,
        covariance=covariance,
        names=tuple(work.to),
        noise=work.noise,
    )
    return Posed(problem, (*doubts, *_of_sample(work, sample)))


def _steps(unit: str) -> str:
    """The unit of a difference: a temperature's is a difference of temperatures."""
    return "delta_degC" if unit == "degC" else unit


def _told(target: Target) -> str:
    given = target.given
    return f"'{given.text}'" if isinstance(given, Expression) else str(given)


def _of_sample(work: FitStep, sample: Sample) -> list[str]:
    """What the sample states that the fit sets aside, or holds exact though it is not."""
    varied = {parameter.name for parameter in work.vary}
    stated = ", ".join(f"{word} = {sample[word]}" for word in sorted(varied & set(sample.facts)))
    said = (
        [f"the sample states {stated}; the fit varies it and does not use that, not even as a prior"] if stated else []
    )
    known = {**takes(work.technique), **work.technique.needs}
    loose = [w for w, f in sample.facts.items() if w in known and w not in varied and f.quantity.sigma != 0.0]
    if loose:
        said.append(f"held exact though they are not: {', '.join(sorted(loose))} of the sample")
    return said
