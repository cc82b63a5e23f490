"""The values that a table gives a prediction: written out, or those of a fit."""

from __future__ import annotations

from collections.abc import Mapping

from thiocell.cell.facts import FACTS
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.studies.expression import Expression, parse
from thiocell.studies.study import FitStep
from thiocell.studies.table import quantity
from thiocell.studies.workshop import Workshop, used


def fitted_or_written(shop: Workshop) -> Mapping[str, object]:
    """The table's values; the name of a fit in their place stands for all that it found."""
    given = shop.table.entries.get("values", {})
    if not isinstance(given, str):
        return shop.table.table("values")
    shop.kind_of(given, FitStep)
    step = shop.step(given)
    if step is None or not isinstance(step.work, FitStep):
        raise BadInput(f"values: there is no sound fit '{given}'; write the name of a fit, or {{ word = '1 mg' }}")
    return {parameter.name: f"{given}.{parameter.name}" for parameter in step.work.vary}


def fact_value(word: str, given: object) -> Quantity | Expression:
    """A fact of the cell: a number within its bounds, or an expression of other steps."""
    if word not in FACTS:
        raise BadInput(f"values.{word}: the cell has no such fact; it has {choices(set(FACTS))}")
    if isinstance(given, str) and used(given):
        return parse(given)
    return FACTS[word].term.check(f"values.{word}", quantity(given))
