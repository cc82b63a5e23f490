"""Phases as a virtual diffractometer sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from thiocell.chemistry.structure import Structure
from thiocell.chemistry.structures import STRUCTURES, iodide_in_sulfide
from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.term import Term, word_of
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import mass_and_volume
from thiocell.techniques._diffraction.layered import Shapes
from thiocell.techniques._diffraction.layers import Layers
from thiocell.techniques._diffraction.phases import SOLID_SOLUTION
from thiocell.techniques._diffraction.shares import SHAPE

Array = NDArray[np.float64]

_OF = {"a": "edge_li2s_lii", "iodine": "guest_share_li2s_lii"}
"""Facts of a sample that say where the solid solution stands."""
_STATE = {SOLID_SOLUTION: "li2s_lii", "MoS2_2H": "mos2", "MoS2_1T": "mos2", "MoS2_1Tp": "mos2"}
"""Words of phases in a sample's state, where they are not the phase's own name."""


def mixture(
    phases: Sequence[str], told: Mapping[str, float], wavelength: float
) -> list[tuple[Structure, float, float, float]]:
    """Structures, scales and widths; a scale is mass over (mass of the cell times its volume)."""
    names = [name for name in phases if name == SOLID_SOLUTION or name in STRUCTURES]
    rest = 100.0 - sum(told.get(f"weight_{word_of(name)}", 0.0) for name in names)
    if rest <= 0.0:
        raise BadInput(f"the shares of the phases beside the first make {100.0 - rest:.4g} %; less than 100 are wanted")
    made = []
    for name in names:
        word = word_of(name)
        if name == SOLID_SOLUTION:
            structure = iodide_in_sulfide(told[f"iodine_{word}"], told[f"a_{word}"])
        else:
            known = STRUCTURES[name]
            structure = known.with_edges(*(edge * told[f"a_{word}"] / known.edges[0] for edge in known.edges))
        size = SHAPE * wavelength * 180.0 / (np.pi * 10.0 * told[f"size_{word}"])
        strain = told[f"strain_{word}"] / 100.0 * 4.0 * 180.0 / np.pi
        mass, volume = mass_and_volume(structure)
        made.append((structure, told.get(f"weight_{word}", rest) / (mass * volume), size, strain))
    return made


def from_inventory(
    phases: Sequence[str], terms: Mapping[str, Term], values: Mapping[str, Quantity], sample: Sample
) -> dict[str, float]:
    """Numbers of all ``terms`` in their units: told in ``values``, else of the sample's recipe and state of charge.

    Shares are those of the crystalline phases named. Raises BadInput for a word that neither tells.
    """
    told: dict[str, float] = {}
    facts = {word: fact.quantity for word, fact in sample.facts.items()}
    masses = {name: facts.get(f"state_mass_fraction_{_STATE.get(name, word_of(name))}") for name in phases}
    whole = sum(mass.value for mass in masses.values() if mass is not None)
    for word, term in terms.items():
        if word in values:
            told[word] = term.check(word, values[word]).to(term.unit).value
            continue
        kind, _, phase = word.partition("_")
        name = next((each for each in phases if word_of(each) == phase), "")
        mass = masses.get(name)
        if kind == "weight" and mass is not None and whole > 0.0:
            told[word] = 100.0 * mass.value / whole
        elif kind in _OF and name == SOLID_SOLUTION and _OF[kind] in facts:
            told[word] = facts[_OF[kind]].to(term.unit).value
        elif kind == "a" and name in STRUCTURES:
            told[word] = STRUCTURES[name].edges[0]
        else:
            raise BadInput(f"'{word}' is missing; predict needs {', '.join(terms)}")
    return told


def of_layers(angle: Array, layers: Layers, phases: Sequence[str], sample: Sample, beam: Beam) -> Array:
    """The humps of thin layers at two-theta ``angle`` (degrees), on the scale of ``mixture``.

    Raises BadInput where the sample's state of charge tells no mass of the layers.
    """
    facts = {word: fact.quantity.value for word, fact in sample.facts.items()}
    name = layers.structure.name
    mine = facts.get(f"state_mass_fraction_{_STATE.get(name, word_of(name))}")
    whole = sum(facts.get(f"state_mass_fraction_{_STATE.get(each, word_of(each))}", 0.0) for each in phases)
    if mine is None or whole <= 0.0:
        raise BadInput(
            f"the sample does not tell the mass of its layers of {name} beside {', '.join(phases)}; give it a system "
            "and a recipe, or leave out the setting 'layers'"
        )
    mass = 100.0 * mine / whole
    if mass <= 0.0:
        return np.zeros_like(angle)
    return mass * Shapes(angle, layers.structure, beam, layers.width).of(layers)
