"""Which phases a pattern is fitted by, where their cells may start, and the words for what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import nnls

from thiocell.chemistry.structure import KIND, Structure
from thiocell.chemistry.structures import LI2S, STRUCTURES, iodide_in_sulfide, structure
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.record import Record
from thiocell.core.term import Term, word_of
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import Phase, Plan, simulate
from thiocell.techniques._diffraction.pattern import Pattern

Array = NDArray[np.float64]

SOLID_SOLUTION = "Li2S_I"
"""Li(2-x)S(1-x)I(x), whose share of iodide is refined."""
_START = 0.1
"""assumed: share of iodide from which a refinement begins."""
_STRETCH, _STEPS = 0.04, 321
"""assumed: by how much a cell's edges may be off at the start, and places tried in it."""
_BEST, _SETS, _DEAR = 4, 4000, 0.02
"""assumed: maxima of a phase, sets of all that are tried, share of the pattern that the largest stretch costs."""
_SMOOTH, _BLUR = 1.5, 0.15
"""degrees; assumed: widths above which is background, and of lines while cells are sought."""
_WORDS = {
    "a": ("angstrom", "edge a of the cell"),
    "b": ("angstrom", "edge b of the cell"),
    "c": ("angstrom", "edge c of the cell"),
    "weight": ("%", "share of the crystalline mass"),
    "volume": ("%", "share of the crystalline volume"),
    "size": ("nm", "size of the crystallites along the beam's bisector (Scherrer, volume-weighted)"),
    "strain": ("%", "microstrain, upper value: width over 4 tan(theta)"),
    "iodine": ("", "share x of iodide on the sulfide site, with x/2 lithium missing"),
    "iodine_full": ("", "the same if no lithium were missing: a wrong balance of charge, beside the right one"),
}


def meaning(word: str) -> Term | None:
    """What a value of any phase means: 'a_li2s', 'iodine_full_li2s_i'."""
    for begin in sorted(_WORDS, key=len, reverse=True):
        if word.startswith(f"{begin}_"):
            unit, says = _WORDS[begin]
            return Term(unit, begin, f"{says}, of {word.removeprefix(f'{begin}_')}", 0, 1e9)
    return None


def chosen(names: Sequence[str], records: Mapping[str, Record]) -> list[Structure]:
    """The structures of the phases named, from records in roles of that name or from those known here."""
    found = []
    for name in names:
        if name in records:
            found.append(replace(Structure.from_record(records[name]), name=name))
        elif name == SOLID_SOLUTION:
            found.append(iodide_in_sulfide(_START, LI2S.edges[0]))
        elif name in STRUCTURES:
            found.append(structure(name))
        else:
            given = sorted(role for role, record in records.items() if record.kind == KIND)
            known = choices({SOLID_SOLUTION, *STRUCTURES, *given})
            raise BadInput(
                f"the setting 'phases' names '{name}'; known here are {known}; give others as --role NAME=FILE.cif"
            )
    if not found:
        raise BadInput("the setting 'phases' is empty; name the phases, such as 'Li2S_I, LiI'")
    if len({word_of(each.name) for each in found}) < len(found):
        raise BadInput("the setting 'phases' names a phase twice; name each once")
    return found


def begun(pattern: Pattern, phases: Sequence[Phase], beam: Beam, plan: Plan) -> list[Phase]:
    """The phases with cells stretched alike along all edges to where their lines lie.

    A line at sin(theta) of a cell lies at sin(theta)/f of one stretched by f, so one simulation serves all f; what is
    slower than a line is taken off both sides.
    """
    step = float(np.median(np.diff(pattern.angle)))
    margin = np.arange(max(pattern.angle[0] * (1 - 2 * _STRETCH), step), min(pattern.angle[-1] * 1.1, 175.0), step)
    factors = np.linspace(1 - _STRETCH, 1 + _STRETCH, _STEPS)

    def sharp(values: Array) -> Array:
        return np.asarray(values - gaussian_filter1d(values, _SMOOTH / step / 2.355))

    seen = sharp(gaussian_filter1d(pattern.intensity, _BLUR / step / 2.355))
    sine = np.sin(np.radians(pattern.angle / 2))
    stretched = []
    for phase in phases:
        lines = simulate(margin, [(phase.structure, 1.0, _BLUR, 0.0)], beam, plan)
        there = [np.degrees(2 * np.arcsin(np.clip(sine * f, 0.0, 1.0))) for f in factors]
        rows = np.array([sharp(np.interp(place, margin, lines, right=0.0)) for place in there])
        stretched.append(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300))
    best = _together(stretched, seen / max(float(np.linalg.norm(seen)), 1e-300), factors)
    return [
        replace(phase, structure=phase.structure.with_edges(*(edge * factors[k] for edge in phase.structure.edges)))
        for phase, k in zip(phases, best, strict=True)
    ]


def _together(stretched: Sequence[Array], seen: Array, factors: Array) -> tuple[int, ...]:
    """The stretch of each phase by which all explain most of ``seen``, what is stretched little first.

    Tried are all sets of places where a phase alone fits best, in the pattern or in what another phase leaves of it.
    """
    alone = [int(np.argmax(rows @ seen)) for rows in stretched]
    left = [seen, *(seen - max(float(rows[k] @ seen), 0.0) * rows[k] for rows, k in zip(stretched, alone, strict=True))]
    tried = []
    for rows in stretched:
        places = {int(np.argmin(np.abs(factors - 1.0)))}
        for part in left:
            places |= set(_peaks(rows @ part))
        tried.append(sorted(places))
    most = max(2, int(_SETS ** (1.0 / len(tried))))
    tried = [_first(each, rows @ seen)[:most] for each, rows in zip(tried, stretched, strict=True)]

    def gain(places: tuple[int, ...]) -> float:
        design = np.array([rows[k] for rows, k in zip(stretched, places, strict=True)]).T
        rest = nnls(design, seen)[1]
        strain = sum(((factors[k] - 1.0) / _STRETCH) ** 2 for k in places)
        return float(1.0 - rest**2 - _DEAR * strain)

    return max(product(*tried), key=gain)


def _peaks(curve: Array) -> list[int]:
    """The places of the highest maxima."""
    inner = np.flatnonzero((curve[1:-1] >= curve[:-2]) & (curve[1:-1] > curve[2:])) + 1
    return _first(inner.tolist(), curve)[:_BEST]


def _first(places: Sequence[int], curve: Array) -> list[int]:
    """The places by falling height."""
    return sorted(places, key=lambda k: -float(curve[k]))
