"""One structure, or several mixed, fitted to a pair distribution function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls

from thiocell.chemistry.structure import Structure
from thiocell.techniques._pairs.engine import Pairs

Array = NDArray[np.float64]

_STRETCH = 0.03
"""assumed: by how much an edge may differ from that of the structure."""
_MOVES, _DELTA, _SIZE = (5e-4, 0.2), (0.0, 0.9), (8.0, 2000.0)
"""angstrom^2, shares, angstrom; assumed: bounds of displacements, of near pairs' sharpening, and of sizes.

The sharpening delta2 is told as a share of the least distance squared: at 1 the nearest pair has no width.
"""
_DAMP = (0.0, 0.2)
"""1/angstrom; assumed: bounds of the instrument's damping and broadening."""


@dataclass(frozen=True)
class Look:
    """How all rivals are fitted: the instrument, and whether sizes and the instrument are sought too."""

    begin: float
    end: float
    qmax: float
    damp: float
    broad: float
    finite: bool
    calibrate: bool


@dataclass(frozen=True, eq=False)
class Rival:
    """What a model came to; ``values`` and ``sigmas`` by word, ``shares`` of atoms one a phase.

    ``rw`` is the residual over the whole grid, ``left`` the squared residuals at ``points`` independent points, by
    ``free`` parameters.
    """

    name: str
    phases: tuple[Structure, ...]
    values: dict[str, float]
    sigmas: dict[str, float]
    scales: Array
    scale_sigmas: Array
    shares: Array
    rw: float
    left: float
    points: int
    free: int
    curve: Array
    parts: Array
    converged: bool
    bounded: tuple[str, ...]

    @property
    def aicc(self) -> float:
        """Akaike's criterion for few points: what the fit leaves, and what its parameters cost."""
        n, k = self.points, self.free + 1
        return float(n * np.log(self.left / n) + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 1))


def fit(name: str, phases: Sequence[Structure], r: Array, g: Array, look: Look) -> Rival:
    """Least squares within bounds, at points pi/qmax apart: nearer ones are not independent.

    Scales are linear and solved for at each step, none below zero.
    """
    engines = [Pairs(phase, float(r[0]), float(r[-1]), r.size, look.qmax) for phase in phases]
    apart = np.arange(r[0], r[-1] + 1e-9, np.pi / look.qmax)
    target = np.interp(apart, r, g)
    words, first, low, high = _parameters(phases, look)

    def split(x: Array) -> list[Array]:
        told = dict(zip(words, x, strict=True))
        found = []
        for n, (phase, engine) in enumerate(zip(phases, engines, strict=True)):
            edges = [told[f"{letter} {n}"] for letter in _letters(phase)]
            moves = {element: float(np.exp(told[f"u {element} {n}"])) for element in sorted(set(engine.elements))}
            size = float(np.exp(told[f"size {n}"])) if look.finite else 0.0
            damp, broad = (
                told[word] if look.calibrate else held for word, held in (("damp", look.damp), ("broad", look.broad))
            )
            found.append(engine.at(edges, moves, told[f"delta {n}"] * engine.nearest**2, size, damp, broad))
        return found

    def scaled(parts: Sequence[Array], grid: Array, wanted: Array) -> tuple[Array, Array]:
        design = np.array([np.interp(grid, r, part) for part in parts]).T
        scales = nnls(design, wanted)[0]
        return scales, wanted - design @ scales

    def rest(x: Array) -> Array:
        return scaled(split(x), apart, target)[1]

    found = least_squares(
        rest,
        first,
        bounds=(low, high),
        x_scale=np.maximum(0.1 * (high - low), 1e-6),
        diff_step=np.full(first.size, 1e-4),
        max_nfev=60,
        ftol=1e-7,
        xtol=1e-7,
    )
    parts = split(found.x)
    scales, left = scaled(parts, apart, target)
    curve = np.array(parts).T @ scales
    free = len(words) + len(phases)
    design = np.column_stack([np.asarray(found.jac), -np.array([np.interp(apart, r, part) for part in parts]).T])
    noise = float(left @ left) / max(apart.size - free, 1)
    errors = np.sqrt(np.diag(np.linalg.pinv(design.T @ design)) * noise)
    edge = 1e-3 * (high - low)
    bounded = tuple(
        word for word, x, a, b, e in zip(words, found.x, low, high, edge, strict=True) if x < a + e or x > b - e
    )
    weights = scales / np.array([engine.scattering**2 for engine in engines])
    return Rival(
        name=name,
        phases=tuple(phases),
        values=dict(zip(words, found.x.tolist(), strict=True)),
        sigmas=dict(zip(words, errors[: len(words)].tolist(), strict=True)),
        scales=scales,
        scale_sigmas=errors[len(words) :],
        shares=weights / max(float(weights.sum()), 1e-300),
        rw=float(np.sqrt(np.sum((g - curve) ** 2) / np.sum(g**2))),
        left=float(left @ left),
        points=apart.size,
        free=free,
        curve=curve,
        parts=np.array(parts) * scales[:, None],
        converged=bool(found.status > 0),
        bounded=bounded,
    )


def _letters(phase: Structure) -> tuple[str, str, str]:
    """Which factor stretches each edge: edges that are one number go together."""
    a, b, c = phase.edges
    return ("a", "a" if b == a else "b", "a" if c == a else "c")


def _parameters(phases: Sequence[Structure], look: Look) -> tuple[list[str], Array, Array, Array]:
    rows: list[tuple[str, float, float, float]] = []
    for n, phase in enumerate(phases):
        rows += [(f"{letter} {n}", 1.0, 1.0 - _STRETCH, 1.0 + _STRETCH) for letter in sorted(set(_letters(phase)))]
        for element in sorted({atom.element for atom in phase.atoms}):
            begin = float(np.mean([atom.u_iso for atom in phase.atoms if atom.element == element]))
            low, high = np.log(_MOVES)
            rows.append((f"u {element} {n}", float(np.clip(np.log(begin), low + 0.1, high - 0.1)), low, high))
        rows.append((f"delta {n}", 0.3, *_DELTA))
        if look.finite:
            rows.append((f"size {n}", float(np.log(60.0)), *np.log(_SIZE)))
    if look.calibrate:
        rows += [
            (word, float(np.clip(begin, 1e-3, 0.19)), *_DAMP)
            for word, begin in (("damp", look.damp), ("broad", look.broad))
        ]
    words = [row[0] for row in rows]
    first, low_, high_ = (np.array([row[k] for row in rows], dtype=np.float64) for k in (1, 2, 3))
    return words, first, low_, high_
