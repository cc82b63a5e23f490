"""The value that a name or an expression means, out of what the steps have found."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity, combine
from thiocell.studies.expression import Expression, split
from thiocell.studies.outcome import Outcome

_WORTH = ("derived", "measured", "fitted", "predicted", "recovered")
"""Kinds of a found number; a number made of several is of the last kind among them."""
_AS = {"paper": "derived", "literature": "derived", "assumed": "derived"}


class NotFound(BadInput):
    """A step that a value comes from did not finish."""


@dataclass(frozen=True)
class Found:
    """``quantity`` with the kind of verdict it can support; ``printed`` if it rests on printed numbers alone."""

    quantity: Quantity
    kind: str
    printed: bool


def evaluate(expression: Expression, outcomes: Mapping[str, Outcome]) -> Found:
    """The value of an expression; raises NotFound if a step failed, BadInput if a step gave no such value."""
    parts = {name: _one(name, outcomes) for name in expression.names}
    inputs = {name: part.quantity for name, part in parts.items()}
    if expression.text.strip() in inputs:
        quantity = inputs[expression.text.strip()]
    else:
        quantity = combine(expression.rule, inputs, _correlations(tuple(parts), outcomes))
    kind = max((part.kind for part in parts.values()), key=_WORTH.index)
    return Found(quantity, kind, all(part.printed for part in parts.values()))


def worst(kinds: list[str]) -> str:
    """The kind of a number that rests on numbers of these kinds."""
    return max((_AS.get(kind, kind) for kind in kinds), key=_WORTH.index)


def _one(name: str, outcomes: Mapping[str, Outcome]) -> Found:
    step, word = split(name)
    outcome = outcomes[step]
    if outcome.status in ("failed", "skipped"):
        raise NotFound(f"step '{step}' did not finish: {outcome.error}")
    result, sample = outcome.result, outcome.sample
    if result is not None and word in result.values:
        return Found(result.values[word], worst([result.source.kind]), False)
    if sample is not None and word in sample.facts:
        fact = sample.facts[word]
        return Found(fact.quantity, worst([fact.source.kind]), fact.source.kind == "paper")
    known = set(result.values if result else ()) | set(sample.facts if sample else ())
    raise BadInput(f"step '{step}' gave no '{word}'; it gave {choices(known)}")


def _correlations(names: tuple[str, ...], outcomes: Mapping[str, Outcome]) -> dict[tuple[str, str], float]:
    found = {}
    for one, other in itertools.combinations(names, 2):
        (step, a), (step_b, b) = split(one), split(other)
        result = outcomes[step].result
        if step == step_b and result is not None and result.covariance is not None:
            found[one, other] = result.covariance.correlation(a, b)
    return found
