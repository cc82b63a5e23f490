"""Masses and volumes of refined phases, with their slopes against what was sought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thiocell.chemistry.structures import iodide_in_sulfide
from thiocell.techniques._diffraction.engine import Phase, mass_and_volume
from thiocell.techniques._diffraction.refined import Refined

SHAPE = 0.9
"""Scherrer's constant for widths at half maximum; assumed."""
_STEP = 1e-3
"""Share of iodide between which the mass of a cell is told apart."""

Slopes = Mapping[str, float]


def iodide_of(n: int) -> str:
    """The parameter that is the share of iodide in a phase that has it sought."""
    return f"phases.{n}.atoms.1.occ"


def scale_of(n: int) -> str:
    """The parameter that is a phase's scale."""
    return f"phases.{n}.scale"


def edge_of(n: int, letter: str) -> str:
    """The parameter that is an edge of a phase's cell."""
    return f"phases.{n}.cell.{letter}"


def masses(fit: Refined, phases: Sequence[Phase]) -> list[tuple[float, Slopes]]:
    """Each phase's mass, scale times mass and volume of its cell, in a unit of its own, and its slopes."""
    found: list[tuple[float, Slopes]] = []
    cells = fit.cells or ((0.0, 0.0),) * len(phases)  # the engine tells none where all scales are none
    for n, (phase, (mass, volume)) in enumerate(zip(phases, cells, strict=True)):
        scale = fit.values.get(scale_of(n), 0.0)
        slopes = {scale_of(n): mass * volume} | _by_edges(fit, n, scale * mass * volume)
        if phase.balance is not None and iodide_of(n) in fit.paths:
            edge, share = phase.structure.edges[0], fit.values[iodide_of(n)]
            two = [mass_and_volume(iodide_in_sulfide(share + d, edge, phase.balance))[0] for d in (-_STEP, _STEP)]
            slopes[iodide_of(n)] = scale * volume * (two[1] - two[0]) / (2.0 * _STEP)
        found.append((scale * mass * volume, slopes))
    return found


def volumes(fit: Refined) -> list[tuple[float, Slopes]]:
    """Each phase's volume, scale times volume of its cell squared, in a unit of its own, and its slopes."""
    found: list[tuple[float, Slopes]] = []
    for n, (_, volume) in enumerate(fit.cells):
        size = fit.values.get(scale_of(n), 0.0) * volume**2
        edges = {path: 2.0 * slope for path, slope in _by_edges(fit, n, size).items()}
        found.append((size, {scale_of(n): volume**2} | edges))
    return found


def share(parts: Sequence[tuple[float, Slopes]], n: int) -> tuple[float, dict[str, float]]:
    """Part ``n`` of the sum of all, and its slopes."""
    whole = sum(size for size, _ in parts)
    mine = parts[n][0] / whole
    slopes: dict[str, float] = {}
    for k, (_, each) in enumerate(parts):
        for path, slope in each.items():
            slopes[path] = slopes.get(path, 0.0) + ((k == n) - mine) / whole * slope
    return mine, slopes


def _by_edges(fit: Refined, n: int, size: float) -> dict[str, float]:
    """Slopes of what goes as the volume of a cell against those of its edges that were sought."""
    edges = {letter: fit.values[edge_of(n, letter)] for letter in "abc" if edge_of(n, letter) in fit.values}
    sought = {letter: edge for letter, edge in edges.items() if edge_of(n, letter) in fit.paths}
    alike = {
        letter: sum(1 for other in edges if other == letter or (other not in sought and edges[other] == edge))
        for letter, edge in sought.items()
    }
    return {edge_of(n, letter): alike[letter] * size / edge for letter, edge in sought.items()}
