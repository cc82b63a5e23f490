"""The value that a name or an expression means, out of what the steps have found."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity, combine
from thiocell.core.result import Limit
from thiocell.core.sample import Sample
from thiocell.studies.errors import Parts, shared
from thiocell.studies.expression import Expression, split
from thiocell.studies.intervals import Reach, absent_of, reach_of, unfit_of
from thiocell.studies.outcome import Outcome
from thiocell.studies.rounding import of_value, through

_WORTH = ("derived", "measured", "fitted", "predicted", "recovered")
"""Kinds of a found number; a number made of several is of the last kind among them."""
_AS = {"paper": "derived", "literature": "derived", "assumed": "derived"}

_GRID = 65
"""assumed: points between the ends of a range by which an expression is seen to run one way."""


class NotFound(BadInput):
    """A step that a value comes from did not finish."""


class Missing(BadInput):
    """A step was asked for a value and found that there is none; ``sure`` if that is all that it may come to."""

    def __init__(self, sentence: str, kind: str, *, sure: bool) -> None:
        super().__init__(sentence)
        self.kind, self.sure = kind, sure


class Bounded(BadInput):
    """A step was asked for a value of which it found a limit only."""

    def __init__(self, word: str, limit: Limit, kind: str) -> None:
        super().__init__(f"there is no {word}, only a limit: {limit}")
        self.limit, self.kind = limit, kind


@dataclass(frozen=True)
class Found:
    """``quantity`` with the kind of verdict it can support; ``printed`` if it rests on printed numbers alone.

    ``reach`` is how far it may go, where it is a single value of a result that says so; ``unfit`` why nothing is to be
    judged by it; ``rounding`` how far arithmetic alone may have moved it, in its unit.
    """

    quantity: Quantity
    kind: str
    printed: bool
    reach: Reach | None = None
    unfit: str = ""
    rounding: float = 0.0


def evaluate(expression: Expression, outcomes: Mapping[str, Outcome]) -> Found:
    """The value of an expression; raises NotFound if a step failed, Missing if one found that there is no such value.

    Raises Bounded if it found a limit alone, BadInput if a step gives no value of that name.
    """
    parts = {name: found(name, outcomes) for name in expression.names}
    inputs = {name: part.quantity for name, part in parts.items()}
    if expression.text.strip() in parts:
        return parts[expression.text.strip()]
    shares = correlations(parts, outcomes)
    quantity = combine(expression.rule, inputs, shares)
    kind = max((part.kind for part in parts.values()), key=_WORTH.index)
    unfit = next((part.unfit for part in parts.values() if part.unfit), "")
    printed = all(part.printed for part in parts.values())
    rounding = through(expression.rule, inputs, {name: part.rounding for name, part in parts.items()})
    return Found(quantity, kind, printed, _reach(expression, parts, shares, quantity), unfit, rounding)


def _reach(
    expression: Expression, parts: Mapping[str, Found], shares: Mapping[tuple[str, str], float], best: Quantity
) -> Reach | None:
    """How far an expression may go by the one part of it that says how far it may.

    Each end lies further from ``best`` by two sigma of the other parts, in quadrature; a sigma that is unknown adds
    nothing. None if no part says how far it goes, or several do, or if the expression does not run one way between its
    ends.
    """
    ranged = [name for name, part in parts.items() if part.reach is not None]
    if len(ranged) != 1 or (reach := parts[ranged[0]].reach) is None:
        return None
    others = {name: part.quantity for name, part in parts.items()}
    others |= {name: Quantity.exact(q.value, q.unit) for name, q in others.items() if not q.known}
    grid = np.union1d(np.linspace(reach.low, reach.high, _GRID), [0.0] if reach.low < 0.0 < reach.high else [])
    try:
        line = [combine(expression.rule, others | {ranged[0]: Quantity.exact(n, reach.unit)}, shares) for n in grid]
    except BadInput:  # a division by zero on the way
        return None
    rises = np.diff([each.value for each in line])
    if not (np.all(rises >= 0.0) or np.all(rises <= 0.0)):
        return None
    ends = [(line[0], reach.low_end), (line[-1], reach.high_end)]
    (low, low_end), (high, high_end) = ends if rises.sum() >= 0.0 else ends[::-1]
    return Reach(
        reach.level,
        best.value - math.hypot(best.value - low.value, 2.0 * low.sigma),
        best.value + math.hypot(high.value - best.value, 2.0 * high.sigma),
        low_end,
        high_end,
        best.unit,
    )


def worst(kinds: list[str]) -> str:
    """The kind of a number that rests on numbers of these kinds."""
    return max((_AS.get(kind, kind) for kind in kinds), key=_WORTH.index)


def found(name: str, outcomes: Mapping[str, Outcome]) -> Found:
    """The value that a name 'step.value' means; raises as ``evaluate``."""
    step, word = split(name)
    outcome = outcomes[step]
    if outcome.status in ("failed", "skipped"):
        raise NotFound(f"step '{step}' did not finish: {outcome.error}")
    result, sample = outcome.result, outcome.sample
    if result is not None and word in result.values:
        kind, reach, value = worst([result.source.kind]), reach_of(result, word), result.values[word]
        return Found(value, kind, False, reach, unfit_of(result, word), of_value(value, result, word))
    if result is not None and (absent := absent_of(result, word)) is not None:
        sure = absent.sure and not unfit_of(result, word)
        raise Missing(f"there is no {word}: {absent.sentence}", worst([result.source.kind]), sure=sure)
    if result is not None and word in result.limits:
        raise Bounded(word, result.limits[word], worst([result.source.kind]))
    if sample is not None and word in sample.facts:
        fact = sample.facts[word]
        kind, value = worst([fact.source.kind]), fact.quantity
        return Found(value, kind, fact.source.kind == "paper", rounding=of_value(value))
    known = set(result.values if result else ()) | set(sample.facts if sample else ())
    raise BadInput(f"step '{step}' gave no '{word}'; it gave {choices(known)}")


def sample_of(name: str, outcomes: Mapping[str, Outcome]) -> Sample:
    """The sample that a step holds; raises BadInput if it holds none."""
    sample = outcomes[name].sample
    if sample is None:
        raise BadInput(f"'{name}' is no sample")
    return sample


def parts_of(name: str, outcomes: Mapping[str, Outcome]) -> Parts | None:
    """The named errors of a value, None if its sigma is unknown or not told in parts."""
    step, word = split(name)
    result, sample = outcomes[step].result, outcomes[step].sample
    if result is not None and word in result.values:
        return result.parts.get(word)
    if sample is not None and word in sample.facts and sample.facts[word].quantity.known:
        fact = sample.facts[word]
        return {fact.origin(word): fact.quantity.sigma}
    return None


def correlations(values: Mapping[str, Found], outcomes: Mapping[str, Outcome]) -> dict[tuple[str, str], float]:
    """Correlation coefficients of values through the errors that they share, across steps; else within one result."""
    table = {}
    for one, other in itertools.combinations(values, 2):
        sigmas = values[one].quantity.sigma * values[other].quantity.sigma
        parts, others = parts_of(one, outcomes), parts_of(other, outcomes)
        if parts is not None and others is not None and sigmas > 0:
            table[one, other] = min(1.0, max(-1.0, shared(parts, others) / sigmas))
        else:
            table[one, other] = _within(one, other, outcomes)
    return table


def _within(one: str, other: str, outcomes: Mapping[str, Outcome]) -> float:
    (step, a), (step_b, b) = split(one), split(other)
    result = outcomes[step].result
    if step != step_b or result is None or result.covariance is None:
        return 0.0
    return result.covariance.correlation(a, b)
