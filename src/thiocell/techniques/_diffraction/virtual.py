"""Phases as a virtual diffractometer sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thiocell.chemistry.structure import Structure
from thiocell.chemistry.structures import STRUCTURES, iodide_in_sulfide
from thiocell.core.bad_input import BadInput
from thiocell.techniques._diffraction.engine import cell_mass_volume
from thiocell.techniques._diffraction.found import SHAPE
from thiocell.techniques._diffraction.phases import SOLID_SOLUTION, key


def mixture(
    phases: Sequence[str], told: Mapping[str, float], wavelength: float
) -> list[tuple[Structure, float, float, float]]:
    """Structures, scales and widths; a scale is mass over (mass of the cell times its volume)."""
    names = [name for name in phases if name == SOLID_SOLUTION or name in STRUCTURES]
    rest = 100.0 - sum(told.get(f"weight_{key(name)}", 0.0) for name in names)
    if rest <= 0.0:
        raise BadInput(f"the shares of the phases beside the first make {100.0 - rest:.4g} %; less than 100 are wanted")
    made = []
    for name in names:
        word = key(name)
        if name == SOLID_SOLUTION:
            structure = iodide_in_sulfide(told[f"iodine_{word}"], told[f"a_{word}"])
        else:
            known = STRUCTURES[name]
            structure = known.with_edges(*(edge * told[f"a_{word}"] / known.edges[0] for edge in known.edges))
        size = SHAPE * wavelength * 180.0 / (np.pi * 10.0 * told[f"size_{word}"])
        strain = told[f"strain_{word}"] / 100.0 * 4.0 * 180.0 / np.pi
        made.append((structure, told.get(f"weight_{word}", rest) / cell_mass_volume(structure), size, strain))
    return made
