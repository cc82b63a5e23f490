"""All that follows from a sample's recipe, facts and state by counting."""

from __future__ import annotations

import math
from collections.abc import Mapping

from thiocell.chemistry.charge_curve import draw, inventory_record
from thiocell.chemistry.counting import Counting
from thiocell.chemistry.doubts import doubts
from thiocell.chemistry.formula import ATOMIC_WEIGHTS
from thiocell.chemistry.reference_electrode import LI_IN, LI_IN_NAME
from thiocell.chemistry.spread import Spread, spread
from thiocell.chemistry.system import System
from thiocell.chemistry.vocabulary import SI_UNITS, term
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.result import Covariance, Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source

_PRESSED = {"mass": ("mg", "kg"), "area": ("cm**2", "m**2"), "thickness": ("um", "m")}
_EDGE = 1e-9  # assumed: a place this little beyond a ladder's end is rounding


def properties_of(sample: Sample, system: System) -> Result:
    """Every value of ``sample`` as ``system`` counts it, with sigma, covariance, the phases against charge and doubts.

    Recipe and state numbers of unknown sigma are held exact; mass, area and thickness are used where the sample has
    them. Raises BadInput for a recipe, state or parameter that is missing, unknown or out of bounds.
    """
    recipe, state, told = system.checked_recipe(sample), system.checked_state(sample), system.checked_parameters(sample)
    counting = Counting(system, _switched_on(system, told))
    inputs = _inputs(system, recipe, state, told) | _pressed(sample)
    plain = {name: quantity.value for name, quantity in inputs.items()}
    _check_places(counting, plain, sample)
    found = spread(counting.values, plain, {name: quantity.sigma for name, quantity in inputs.items()})
    values = _quantities(found)
    record = inventory_record(counting, plain, f"{sample.name} phases")
    drawing = draw(record, _labels(system), values["state_charge"].value)
    source = Source("derived", str(system.source.reference), "counting from the recipe")
    worries = doubts(sample, counting, plain, values, told)
    curves, covariance, parts = {"inventory": record}, _covariance(found, values), _parts(found, values)
    return Result("properties", values, source, curves, worries, covariance, {}, drawing, parts)


def _switched_on(system: System, told: Mapping[str, Fact]) -> frozenset[str]:
    on = set()
    for couple in system.couples:
        if couple.steps:
            switch = told[couple.switch].quantity.value
            if switch not in (0.0, 1.0):
                raise BadInput(f"'{couple.switch}' is {switch:g}; write 1 to count the couple or 0 to leave it out")
            if switch:
                on.add(couple.name)
    return frozenset(on)


def _inputs(
    system: System, recipe: Mapping[str, Quantity], state: Mapping[str, Quantity], told: Mapping[str, Fact]
) -> dict[str, Quantity]:
    """Every number that the counting reads, in SI units, by the name under which it reads it."""
    inputs = {element: ATOMIC_WEIGHTS[element].to("kg/mol") for element in system.elements}
    for name, fact in system.facts():
        inputs[name] = fact.quantity.to(_si_unit(fact.quantity))
    inputs[LI_IN_NAME] = LI_IN.quantity
    inputs |= {f"recipe.{name}": _held(quantity) for name, quantity in recipe.items()}
    inputs |= {f"state.{name}": _held(quantity) for name, quantity in state.items()}
    if system.exchange:
        inputs[system.exchange.name] = _held(told[system.exchange.name].quantity)
    return inputs


def _si_unit(quantity: Quantity) -> str:
    return next(si for unit, si in SI_UNITS.items() if same_dimension(quantity.unit, unit))


def _held(quantity: Quantity) -> Quantity:
    return quantity if quantity.known else Quantity.exact(quantity.value, quantity.unit)


def _pressed(sample: Sample) -> dict[str, Quantity]:
    return {fact: sample.positive(fact, unit).to(si) for fact, (unit, si) in _PRESSED.items() if fact in sample}


def _check_places(counting: Counting, inputs: Mapping[str, float], sample: Sample) -> None:
    """Raises BadInput where making or charging the sample asks a couple for more lithium than it holds."""
    fresh, now, weighed = counting.fresh_lithium(inputs), counting.lithium(inputs), counting.weighed(inputs)
    for couple in counting.known:
        start, top = fresh[couple.name], couple.knots[-1]
        if couple.coordinate is None or weighed[couple.phase] == 0:
            continue
        if not -_EDGE <= start <= top + _EDGE:
            what = counting.system.exchange.name if counting.system.exchange else couple.name
            raise BadInput(
                f"'{what}' of sample '{sample.name}' leaves the {couple.name} couple {start:g} Li a formula unit; "
                f"it holds between 0 and {top:g}"
            )
        name, moved = couple.coordinate.name, now[couple.name] - start
        ends = sorted((end - start) / couple.coordinate.lithium for end in (0.0, top))
        if not ends[0] - _EDGE <= moved / couple.coordinate.lithium <= ends[1] + _EDGE:
            raise BadInput(
                f"'{name}' in the state of sample '{sample.name}' ({couple.coordinate.meaning}) is "
                f"{inputs[f'state.{name}']:g}; from this fresh sample it lies between {ends[0]:g} and {ends[1]:g}"
            )
        if moved and couple.name not in counting.on:
            raise BadInput(f"sample '{sample.name}' moves '{name}', but '{couple.switch}' is 0; set it to 1")


def _quantities(found: Spread) -> dict[str, Quantity]:
    values = {}
    for name, number in found.values.items():
        if not math.isnan(number):
            unit = term(name).unit
            values[name] = Quantity(number, SI_UNITS[unit], found.sigma(name)).to(unit)
    if {"porosity", "porosity_bulk"} <= set(values):
        both, sigma = (values["porosity"].value, values["porosity_bulk"].value), values["porosity"].sigma
        reach = 0.0 if math.isnan(sigma) else sigma
        values["porosity_low"], values["porosity_high"] = Quantity(min(both) - reach), Quantity(max(both) + reach)
    return values


def _parts(found: Spread, values: Mapping[str, Quantity]) -> dict[str, dict[str, float]]:
    """The error that each input brings to each value of known sigma, in the value's unit."""
    kept = [name for name, quantity in values.items() if name in found.values and quantity.known]
    return {name: {given: part * _scale(name) for given, part in found.parts(name).items()} for name in kept}


def _scale(name: str) -> float:
    """What turns a value's SI number into one in its unit."""
    return 1.0 / Quantity(1.0, term(name).unit).to(SI_UNITS[term(name).unit]).value


def _covariance(found: Spread, values: Mapping[str, Quantity]) -> Covariance:
    """Of all values of known sigma, in the units in which they are given."""
    kept = [n for n, q in values.items() if n in found.values and q.sigma > 0]
    order = list(found.values)
    at = [order.index(name) for name in kept]
    scale = [_scale(name) for name in kept]
    block = found.covariance[at][:, at]
    return Covariance(tuple(kept), block * scale * [[s] for s in scale])


def _labels(system: System) -> dict[str, str]:
    labels = {}
    for phase in system.phases:
        if system.solution and phase is system.solution.host:
            labels[system.solution.key] = system.solution.label
        else:
            labels[phase.key] = phase.formula
    return labels
