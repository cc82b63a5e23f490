"""What settings of a diffraction test ask for, in numbers; each raises BadInput for what cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from thiocell.chemistry.structures import STRUCTURES
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.techniques._diffraction.layered import WIDEST
from thiocell.techniques._diffraction.layers import Layers


def angles_of(span: Sequence[Quantity]) -> tuple[float, float, float]:
    """First and last angle of a prediction and its step, in degrees."""
    if len(span) != 3:
        raise BadInput("the setting 'span' needs three angles: first, last, step")
    begin, end, step = (each.to("deg").value for each in span)
    if not 0.0 < begin < end < 180.0 or not 0.0 < step < end - begin:
        raise BadInput(f"the setting 'span' runs from {begin:g} to {end:g} by {step:g} degrees; that is no range")
    return begin, end, step


def resolution_of(given: Sequence[Quantity]) -> tuple[float, float, float] | None:
    """U, V and W of Caglioti's polynomial in square degrees; a single width is the same at all angles."""
    if not given:
        return None
    said = ", ".join(map(str, given))
    if len(given) == 1:
        width = given[0].to("deg").value
        own = (0.0, 0.0, width * abs(width))
    elif len(given) == 3:
        u, v, w = (each.to("deg**2").value for each in given)
        own = (u, v, w)
    else:
        raise BadInput(f"the setting 'resolution' is {said}; it is one width in deg, or U, V and W in deg**2")
    if own[2] <= 0.0:
        raise BadInput(f"the setting 'resolution' is {said}; a width, and W, must exceed zero")
    return own


def layers_of(name: str, size: Sequence[Quantity], count: int, phases: Sequence[str]) -> Layers:
    """Thin layers of the structure ``name``, of ``size`` (width, spacing)."""
    if name not in STRUCTURES or name in phases:
        raise BadInput(
            f"the setting 'layers' is '{name}'; it names one structure of {choices(STRUCTURES)} that is not among "
            "'phases'"
        )
    if len(size) != 2 or count < 1:
        raise BadInput("the setting 'layer_size' needs a width and a spacing, and 'layer_count' one layer or more")
    width, spacing = (each.to("angstrom").value for each in size)
    if not 6.0 <= width <= WIDEST or not 3.0 <= spacing <= 30.0:
        raise BadInput(
            f"the setting 'layer_size' is {size[0]} and {size[1]}; layers are 0.6 to 8 nm wide and 0.3 to 3 nm apart"
        )
    return Layers(STRUCTURES[name], width, spacing, count)
