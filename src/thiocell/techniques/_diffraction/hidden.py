"""How much of a phase that is not found a pattern may hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.quantity import Quantity
from thiocell.core.result import Limit
from thiocell.core.term import word_of
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import Phase, Plan, mass_and_volume, slopes_of, wavelength_of
from thiocell.techniques._diffraction.pattern import Pattern
from thiocell.techniques._diffraction.refined import Refined
from thiocell.techniques._diffraction.shares import SHAPE, masses, volumes
from thiocell.techniques._diffraction.starts import stretched
from thiocell.techniques._findings import ONE_SIDED, Findings

Array = NDArray[np.float64]

_GRAINS = ((8.0, 0.3), (25.0, 0.0), (100.0, 0.0))
"""nm and %; assumed: sizes and strains of crystallites that a phase may have which is not found."""
_OFF = 0.005
_CELLS = np.linspace(1.0 - _OFF, 1.0 + _OFF, 21)
"""assumed: by how much its edges may be off those of its structure."""
SPAN = f"for edges within {100.0 * _OFF:g} % of its own and crystallites of {_GRAINS[0][0]:g} nm or more"
"""What a limit holds for, as words."""


@dataclass(frozen=True)
class Hidden:
    """The scale of a phase at its own cell and middle size, with sigma, and the most (95 %) that it may have."""

    scale: float
    sigma: float
    most: float


def hidden(pattern: Pattern, bare: Refined, rest: Sequence[Phase], phase: Phase, beam: Beam, plan: Plan) -> Hidden:
    """What lines of ``phase`` may have beside ``bare``, a fit of ``rest`` without it, which gives way as it can.

    The most is that of the worst place and size of those that are tried.
    """
    slopes = slopes_of(pattern, rest, beam, plan, bare) / pattern.sigma[:, None]
    size = np.linalg.norm(slopes, axis=0)
    turn = np.linalg.qr(slopes[:, size > 0.0] / size[size > 0.0])[0]
    left = (bare.observed - bare.calculated) / pattern.sigma
    noise, home = max(bare.gof, 1.0), phase.home or phase.structure
    found = []
    for grains in _GRAINS:
        for lines in stretched(pattern, home, _widths(*grains, beam), _CELLS, beam, plan):
            line = lines / pattern.sigma
            line = line - turn @ (turn.T @ line)
            norm = float(line @ line)
            found.append((float(line @ left) / norm, noise / float(np.sqrt(norm))) if norm > 0.0 else (0.0, np.inf))
    scales, sigmas = np.array(found).T
    middle = _CELLS.size + _CELLS.size // 2
    most = float(np.max(np.maximum(scales, 0.0) + ONE_SIDED * sigmas))
    return Hidden(float(scales[middle]), float(sigmas[middle]), most)


def _widths(size: float, strain: float, beam: Beam) -> tuple[float, float]:
    """Lorentzian widths (degrees) of crystallites of ``size`` (nm) and ``strain`` (%), by Scherrer and Bragg."""
    return float(np.degrees(SHAPE * 0.1 * wavelength_of(beam) / size)), float(np.degrees(4.0 * strain / 100.0))


def add_limits(found: Findings, bare: Refined, rest: Sequence[Phase], phase: Phase, may: Hidden) -> str:
    """Keep the limits of its shares of mass and volume; the share that was found, as words."""
    home = phase.home or phase.structure
    mass, volume = mass_and_volume(home)
    beside = sum(part for part, _ in masses(bare, rest)), sum(part for part, _ in volumes(bare))
    name = word_of(phase.structure.name)
    for word, unit, whole in (("weight", mass * volume, beside[0]), ("volume", volume**2, beside[1])):
        part = may.most * unit
        if np.isfinite(part) and whole > 0.0:
            bound = Quantity.exact(100.0 * part / (part + whole), "%")
            found.limits[f"{word}_{name}"] = Limit(bound, "below", 0.95)
    share = may.scale * mass * volume / beside[0]
    return f"{100.0 * share:.2g}({100.0 * may.sigma * mass * volume / beside[0]:.2g}) %"
