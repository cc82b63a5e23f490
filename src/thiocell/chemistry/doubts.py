"""What a reader of counted values should not overlook, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from thiocell.chemistry.counting import Counting, Inputs
from thiocell.chemistry.inventory import NOTHING
from thiocell.chemistry.phase import DensityKind, Phase, key
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample

Values = Mapping[str, Quantity]


def doubts(
    sample: Sample, counting: Counting, inputs: Inputs, values: Values, told: Mapping[str, Fact]
) -> tuple[str, ...]:
    """The doubts about ``values`` of ``sample``; ``told`` are the system's parameters, defaults filled in."""
    return (
        *_held_exact(sample),
        *_unknown_electrons(counting),
        *_switched_off(counting, values),
        *_assumed(counting, sample, told),
        *_volumes(counting, inputs),
        *_densities(values),
        *_places(counting, inputs),
        *counting.system.doubts,
    )


def _held_exact(sample: Sample) -> Iterator[str]:
    for noun, numbers in (("recipe", sample.recipe), ("state", sample.state)):
        held = [name for name, quantity in numbers.items() if not quantity.known]
        if held:
            yield f"the {noun}'s {', '.join(held)} {'is' if len(held) == 1 else 'are'} held exact: no sigma was given"


def _unknown_electrons(counting: Counting) -> Iterator[str]:
    for couple in counting.system.couples:
        if not couple.steps:
            yield (
                f"the electrons of {couple.phase} are not known: its part is left out of capacity_total, "
                "active_fraction and every charge"
            )


def _switched_off(counting: Counting, values: Values) -> Iterator[str]:
    for couple in counting.known:
        extra = values[f"capacity_{key(couple.phase)}"].value
        if couple.name not in counting.on and extra > 0:
            yield (
                f"{couple.name} redox of {couple.phase} is switched off ({couple.switch} = 0); it could give "
                f"{extra:.0f} mAh/g more, so counting alone does not decide which couple a measured excess comes from"
            )


def _assumed(counting: Counting, sample: Sample, told: Mapping[str, Fact]) -> Iterator[str]:
    exchange = counting.system.exchange
    if exchange and exchange.name not in sample:
        fact = told[exchange.name]
        yield f"'{exchange.name}' ({exchange.term.meaning}) is held at {fact.quantity.value:g}: {fact.source}"
    guessed = [name for name, fact in counting.system.facts() if fact.source.kind == "assumed"]
    if guessed:
        yield f"assumed, not found in a source: {', '.join(guessed)}"


def _phases_in_use(counting: Counting, inputs: Inputs) -> list[Phase]:
    """The phases that were weighed in or are there now."""
    there = counting.inventory(counting.lithium(inputs), inputs).moles
    weighed = counting.weighed(inputs)
    amounts = {p.formula: max(there.get(p.formula, 0.0), weighed.get(p.formula, 0.0)) for p in counting.system.phases}
    return [phase for phase in counting.system.phases if amounts[phase.formula] > NOTHING]


def _volumes(counting: Counting, inputs: Inputs) -> Iterator[str]:
    words: tuple[tuple[DensityKind, str, str], ...] = (
        ("lattice", "unit cell", "handbook density"),
        ("bulk", "handbook density", "unit cell"),
    )
    for phase in _phases_in_use(counting, inputs):
        if not phase.has("lattice") and not phase.has("bulk"):
            yield f"no density and no unit cell of {phase.formula} is known: values that need its volume are left out"
            continue
        for kind, lacks, instead in words:
            if not phase.has(kind):
                yield f"no {lacks} of {phase.formula} is known: its {instead} is used in {kind} values too"


def _densities(values: Values) -> Iterator[str]:
    if not {"density", "density_bulk"} <= set(values):
        return
    lattice, bulk = values["density"], values["density_bulk"]
    apart = abs(lattice.value / bulk.value - 1)
    if apart > 0.005:  # assumed: half a percent matters to nobody's porosity
        yield (
            f"the pore-free density is {lattice.value:.2f} by unit cells and {bulk.value:.2f} g/cm3 by handbook "
            f"densities: {100 * apart:.1f} % apart, which no sigma here contains"
        )
    if "porosity" in values and values["porosity"].value < 0:
        yield "mass, area and thickness leave less room than the solid needs: the porosity is negative"


def _places(counting: Counting, inputs: Inputs) -> Iterator[str]:
    lithium = counting.lithium(inputs)
    for couple in counting.known:
        if couple.doubt and lithium[couple.name] > couple.knots[1]:
            yield couple.doubt
