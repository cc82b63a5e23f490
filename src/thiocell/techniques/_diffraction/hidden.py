"""How much of a phase that is not found a pattern may hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from thiocell.core.quantity import Quantity
from thiocell.core.result import Limit
from thiocell.core.term import word_of
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import (
    REACH,
    Phase,
    Plan,
    mass_and_volume,
    wavelength_of,
)
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
_PLACES = 161
"""assumed: places within reach at which lines are sought that the refinement may have missed."""
SPAN = (
    f"for edges within {100.0 * _OFF:g} % of its own and crystallites of {_GRAINS[0][0]:g} nm or more, "
    f"strained by {_GRAINS[0][1]:g} % or less"
)
"""What a limit holds for, as words."""


@dataclass(frozen=True)
class Lines:
    """Lines of a phase that may be in a pattern: edges over those of its own, widths (degrees), scale with sigma."""

    stretch: float
    widths: tuple[float, float]
    scale: float
    sigma: float

    @property
    def sure(self) -> float:
        """Standard deviations from none."""
        return self.scale / self.sigma


@dataclass(frozen=True)
class Hidden:
    """Lines of a phase at its own cell and middle size, the most of them (95 %), the surest near it and anywhere."""

    own: Lines
    most: float
    surest: tuple[Lines, Lines]


def hidden(pattern: Pattern, bare: Refined, phase: Phase, beam: Beam, plan: Plan) -> Hidden:
    """What lines of ``phase`` may have beside ``bare``, a fit without it, which gives way as it can.

    The most is that of the worst place and size of those that are tried.
    """
    base = bare.slopes() / pattern.sigma[:, None]
    size = np.linalg.norm(base, axis=0)
    turn = np.linalg.qr(base[:, size > 0.0] / size[size > 0.0])[0]
    left = (bare.observed - bare.calculated) / pattern.sigma
    noise, home = max(bare.gof, 1.0), phase.home or phase.structure

    def tried(grains: tuple[float, float], factors: Array) -> list[Lines]:
        widths = _widths(*grains, beam)
        rows = np.array(list(stretched(pattern, home, widths, factors, beam, plan, bare.offsets))) / pattern.sigma
        rows = rows - (rows @ turn) @ turn.T
        norms = np.sum(rows**2, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = zip(factors, np.where(norms > 0.0, rows @ left / norms, 0.0), noise / np.sqrt(norms), strict=True)
        return [Lines(float(factor), widths, float(scale), float(sigma)) for factor, scale, sigma in each]

    near = [tried(grains, _CELLS) for grains in _GRAINS]
    most = max(max(each.scale, 0.0) + ONE_SIDED * each.sigma for each in chain(*near))
    far = tried(_GRAINS[1], np.linspace(1.0 - REACH, 1.0 + REACH, _PLACES))
    surest = [max(those, key=lambda each: each.sure) for those in (chain(*near), far)]
    return Hidden(near[1][_CELLS.size // 2], most, (surest[0], surest[1]))


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
    share, sigma = (100.0 * part * mass * volume / beside[0] for part in (may.own.scale, may.own.sigma))
    return f"{share:.2g}({sigma:.2g}) % of the others'"
