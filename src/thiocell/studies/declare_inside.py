"""What the verb inside declares: a look inside the cell model of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from thiocell.cell.parameters import Grains
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.studies.declare_fit import fit_work, with_needs_of
from thiocell.studies.expression import Expression
from thiocell.studies.family import Family
from thiocell.studies.insight import GIVES, Looking
from thiocell.studies.looking import INSIDE
from thiocell.studies.show import SHOWN, Show
from thiocell.studies.study import FitStep, ForecastStep, InsideStep, SampleStep, Step
from thiocell.studies.table import quantity
from thiocell.studies.values import fact_value, fitted_or_written
from thiocell.studies.workshop import Workshop, for_member, steps_of


def make_inside(shop: Workshop) -> tuple[list[Step], Family]:
    """A look inside: currents, what is drawn, and where the cell's numbers come from."""
    table = shop.table
    table.only("sample", "values", "grains", "currents", "show", "gives")
    sample = table.text("sample")
    shop.kind_of(sample, SampleStep)
    values = {word: fact_value(word, given) for word, given in fitted_or_written(shop).items()}
    grains, show = _grains(shop), table.text("show", SHOWN[0])
    if show not in SHOWN:
        raise BadInput(f"show: '{show}' cannot be drawn; choose from {', '.join(SHOWN)}")
    currents = table.entries.get("currents", [])
    if not isinstance(currents, list) or not currents:
        raise BadInput("currents: write a list of currents, like ['25 mA/g', '200 mA/g']")
    if show == "limits" and len(currents) < 2:
        raise BadInput("show: 'limits' are drawn against the current; write two currents at least")
    read = tuple(quantity(each) for each in currents)

    gives = _gives(shop)

    def make(end: str, _: Mapping[str, Quantity]) -> InsideStep:
        chosen: dict[str, Quantity | Expression] = {w: for_member(shop, value, end) for w, value in values.items()}
        member = shop.member(sample, end)
        ranges = None
        if gives:
            ref = shop.member(str(table.entries["values"]), end)
            ranges = ForecastStep(ref, fit_work(shop, ref), INSIDE, Looking(grains, read[0]), member, gives)
        return InsideStep(member, chosen, grains, read, cast("Show", show), ranges)

    steps, family = shop.each((sample, *steps_of(values.values())), make)
    if gives:
        steps = [with_needs_of(shop, step, step.needs) for step in steps]
    return steps, family


def _gives(shop: Workshop) -> Mapping[str, str]:
    """The numbers whose range is wanted, with their units; they need a fit, which leaves them open."""
    words = shop.table.entries.get("gives", [])
    if not isinstance(words, list) or not set(words) <= set(GIVES):
        raise BadInput(f"gives: write a list out of {choices(set(GIVES))}")
    if words and not isinstance(shop.table.entries.get("values"), str):
        raise BadInput("gives: a range needs a fit that leaves it open; write the name of one as 'values'")
    return {word: GIVES[word].unit for word in words}


def _grains(shop: Workshop) -> Grains:
    """The grains that the table names, else those of the fit that its values come from."""
    given = shop.table.entries.get("values")
    step = shop.step(given) if isinstance(given, str) else None
    of_fit = getattr(step.work.technique, "grains", "") if step and isinstance(step.work, FitStep) else ""
    grains = shop.table.text("grains", of_fit or "spherical")
    if grains not in get_args(Grains):
        raise BadInput(f"grains: there is no '{grains}'; there are {choices(set(get_args(Grains)))}")
    if of_fit and grains != of_fit:
        raise BadInput(f"grains: the fit '{given}' was made with '{of_fit}'; leave the key out")
    return cast("Grains", grains)
