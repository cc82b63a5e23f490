"""Several numbers of a study at once, with the errors that they share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thiocell.core.quantity import Quantity, combine
from thiocell.core.record import Array
from thiocell.studies.expression import Expression
from thiocell.studies.lookup import correlations, evaluate, found
from thiocell.studies.outcome import Outcome

_SHIFT = 1e-3
"""Share of its sigma by which a value is moved to see what follows; assumed: small beside any bend, large beside
rounding."""


@dataclass(frozen=True, eq=False)
class Joint:
    """``values`` in their units and their ``covariance``; NaN in the rows of a number of unknown sigma."""

    values: Array
    covariance: Array


def jointly(
    given: Mapping[str, Quantity | Expression], units: Mapping[str, str], outcomes: Mapping[str, Outcome]
) -> Joint:
    """The numbers ``given``, by name; quantities are independent of all else, expressions share what they rest on.

    Raises NotFound, Missing and BadInput as ``evaluate``.
    """
    expressions = {word: value for word, value in given.items() if isinstance(value, Expression)}
    leaves = {name: found(name, outcomes) for each in expressions.values() for name in each.names}
    sigma = np.array([leaf.quantity.sigma for leaf in leaves.values()])
    matrix = np.eye(len(leaves))
    order = list(leaves)
    for (one, other), r in correlations(leaves, outcomes).items():
        i, j = order.index(one), order.index(other)
        matrix[i, j] = matrix[j, i] = r
    slopes = np.zeros((len(given), len(leaves)))
    values, own = np.zeros(len(given)), np.zeros(len(given))
    for row, (word, value) in enumerate(given.items()):
        if isinstance(value, Expression):
            values[row] = evaluate(value, outcomes).quantity.to(units[word]).value
            at = {name: leaves[name].quantity for name in value.names}
            for name in value.names:
                slopes[row, order.index(name)] = _slope(value, at, name, units[word])
        else:
            here = value.to(units[word])
            values[row], own[row] = here.value, here.sigma**2
    known = np.where(np.isnan(sigma), 0.0, sigma)
    whole = slopes @ (matrix * np.outer(known, known)) @ slopes.T + np.diag(own)
    lost = np.any((slopes != 0) & np.isnan(sigma), axis=1)
    whole[lost, :] = whole[:, lost] = np.nan
    return Joint(values, whole)


def _slope(rule: Expression, at: Mapping[str, Quantity], name: str, unit: str) -> float:
    """What the expression gains, in ``unit``, with one of its values, in that value's own unit."""
    here = at[name]
    step = _SHIFT * (here.sigma if here.known else abs(here.value) or 1.0)
    if step == 0.0:
        return 0.0
    ends = []
    for side in (-1.0, 1.0):
        moved = Quantity.exact(here.value + side * step, here.unit)
        exact = {word: Quantity.exact(q.value, q.unit) for word, q in at.items()} | {name: moved}
        lone = rule.text.strip() == name
        ends.append((moved if lone else combine(rule.rule, exact)).to(unit).value)
    slope = (ends[1] - ends[0]) / (2.0 * step)
    return slope if math.isfinite(slope) else 0.0
