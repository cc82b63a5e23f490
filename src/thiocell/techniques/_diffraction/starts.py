"""Where the cells of phases lie, so that a refinement may begin there, and the best of the refinements that do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import nnls

from thiocell.chemistry.structure import Structure
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import Phase, Plan, simulate
from thiocell.techniques._diffraction.pattern import Pattern

Array = NDArray[np.float64]

_STRETCH = 0.04
_FACTORS = np.linspace(1 - _STRETCH, 1 + _STRETCH, 321)
"""assumed: by how much a cell's edges may be off at the start, and places tried in it."""
_BEST, _SETS, _DEAR = 4, 4000, 0.02
"""assumed: maxima of a phase, sets of all that are tried, share of the pattern that the largest stretch costs."""
_SMOOTH, _BLUR, _FINE = 1.5, 0.15, 6.0
"""degrees; assumed: widths above which is background, and of lines while cells are sought; points in such a line."""


def begun(pattern: Pattern, phases: Sequence[Phase], beam: Beam, plan: Plan) -> list[Phase]:
    """The phases with cells stretched alike along all edges to where their lines lie."""
    coarse = _blurred(pattern)
    rows = [_rows(coarse, phase, beam, plan) for phase in phases]
    seen = _sharpened(coarse, coarse.intensity)
    best = _together(rows, seen / max(float(np.linalg.norm(seen)), 1e-300), _FACTORS)
    return [_scaled(phase, float(_FACTORS[k])) for phase, k in zip(phases, best, strict=True)]


def stretched(
    pattern: Pattern,
    structure: Structure,
    widths: tuple[float, float],
    factors: Array,
    beam: Beam,
    plan: Plan,
    offsets: Mapping[str, float] | None = None,
) -> Iterator[Array]:
    """Lines of a structure, of Lorentzian ``widths`` (size, strain; degrees), for each factor that stretches its edges.

    A line at sin(theta) of a cell lies at sin(theta)/f of one stretched by f, so one simulation serves all f.
    """
    step = _step(pattern)
    reach = 2.0 * float(np.max(np.abs(factors - 1.0)))
    margin = np.arange(max(pattern.angle[0] * (1 - reach), step), min(pattern.angle[-1] * 1.1, 175.0), step)
    lines = simulate(margin, [(structure, 1.0, *widths)], beam, plan, offsets)
    sine = np.sin(np.radians(pattern.angle / 2))
    for factor in factors:
        there = np.degrees(2 * np.arcsin(np.clip(sine * factor, 0.0, 1.0)))
        yield np.asarray(np.interp(there, margin, lines, right=0.0))


def _rows(pattern: Pattern, phase: Phase, beam: Beam, plan: Plan) -> Array:
    """A phase's lines at all stretches (stretches by points), sharpened and of norm 1."""
    lines = stretched(pattern, phase.structure, (_BLUR, 0.0), _FACTORS, beam, plan)
    rows = np.array([_sharpened(pattern, each) for each in lines])
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300))


def _sharpened(pattern: Pattern, values: Array) -> Array:
    """What is left of values without what is slow."""
    return np.asarray(values - gaussian_filter1d(values, _SMOOTH / _step(pattern) / 2.355))


def _blurred(pattern: Pattern) -> Pattern:
    """The pattern blurred like the lines, with no more points than that asks for."""
    seen = gaussian_filter1d(pattern.intensity, _BLUR / _step(pattern) / 2.355)
    each = slice(None, None, max(1, int(_BLUR / _FINE / _step(pattern))))
    return replace(pattern, angle=pattern.angle[each], intensity=seen[each], sigma=pattern.sigma[each])


def _step(pattern: Pattern) -> float:
    return float(np.median(np.diff(pattern.angle)))


def _scaled(phase: Phase, factor: float) -> Phase:
    return replace(phase, structure=phase.structure.with_edges(*(edge * factor for edge in phase.structure.edges)))


def _together(stretches: Sequence[Array], seen: Array, factors: Array) -> tuple[int, ...]:
    """The stretch of each phase by which all explain most of ``seen``, what is stretched little first.

    Tried are all sets of places where a phase alone fits best, in the pattern or in what another phase leaves of it.
    """
    alone = [int(np.argmax(rows @ seen)) for rows in stretches]
    left = [seen, *(seen - max(float(rows[k] @ seen), 0.0) * rows[k] for rows, k in zip(stretches, alone, strict=True))]
    tried = []
    for rows in stretches:
        places = {int(np.argmin(np.abs(factors - 1.0)))}
        for part in left:
            places |= set(_peaks(rows @ part))
        tried.append(sorted(places))
    most = max(2, int(_SETS ** (1.0 / len(tried))))
    tried = [_first(each, rows @ seen)[:most] for each, rows in zip(tried, stretches, strict=True)]

    def gain(places: tuple[int, ...]) -> float:
        design = np.array([rows[k] for rows, k in zip(stretches, places, strict=True)]).T
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
