"""One structure, or several mixed, fitted to a pair distribution function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls

from thiocell.chemistry.structure import Structure
from thiocell.core.bad_input import BadInput
from thiocell.techniques._pairs.engine import Pairs
from thiocell.techniques._pairs.words import edges_of, letters_of
from thiocell.techniques._spread import Spread, root_of

Array = NDArray[np.float64]

_STRETCH = 0.03
"""assumed: by how much an edge may differ from that of the structure."""
_MOVES, _DELTA, _SIZE = (5e-4, 0.2), (0.0, 0.9), (8.0, 2000.0)
"""angstrom^2, shares, angstrom; assumed: bounds of displacements, of near pairs' sharpening, and of sizes.

The sharpening delta2 is told as a share of the least distance squared: at 1 the nearest pair has no width.
"""
_SPARE = 3
"""assumed: independent points that a model must leave over."""
_EVEN, _UNEVEN, _OFF = 0.02, 0.005, 0.02
"""angstrom, angstrom, share; assumed: widest steps of the grid on which G(r) is reckoned, where rows are even, else.

Rows are even where they lie off a grid by less than the last, a share of its step; elsewhere a straight line between
steps of the second is right within 0.2 % up to q of 25 1/angstrom.
"""
_TRIES, _CLOSE = 60, 1e-5
"""assumed: steps after which a fit has not settled, and the share by which its last one changes the squared residuals.

At 100 points that is 0.001 of AICc, where 2 begins to tell.
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
    """What a model came to; ``values`` by word, scales among them, and ``root``, a root of their covariance.

    ``electrons`` are those of a mean atom, one number a phase. ``rw`` is the residual over all rows, ``left`` the
    squared residuals at ``points`` independent ones, by ``free`` parameters; ``curve`` is the model at all rows.
    """

    name: str
    phases: tuple[Structure, ...]
    values: dict[str, float]
    root: Array
    electrons: tuple[float, ...]
    rw: float
    left: float
    points: int
    free: int
    curve: Array
    converged: bool
    bounded: tuple[str, ...]

    @property
    def aicc(self) -> float:
        """Akaike's criterion for few points: what the fit leaves, and what its parameters cost."""
        n, k = self.points, self.free + 1
        return float(n * np.log(self.left / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1))

    def spread(self, value: float, slopes: Mapping[str, float]) -> Spread:
        """``value`` with its errors, by its slopes against ``values``."""
        words = list(self.values)
        row = sum((slope * self.root[words.index(word)] for word, slope in slopes.items()), np.zeros(len(words)))
        return Spread(
            np.asarray(value), {f"fit {self.name} {k}": np.asarray(part) for k, part in enumerate(row) if part}
        )

    def share(self, n: int) -> Spread:
        """The share of a phase's atoms: a phase counts by the square of its mean atom's electrons."""
        counts = [self.values[f"scale {k}"] / z**2 for k, z in enumerate(self.electrons)]
        whole = sum(counts)
        mine = counts[n] / whole
        slopes = {f"scale {k}": ((k == n) - mine) / whole / z**2 for k, z in enumerate(self.electrons)}
        return self.spread(mine, slopes)


def fit(name: str, phases: Sequence[Structure], r: Array, g: Array, look: Look) -> Rival:
    """Least squares within bounds, at rows pi/qmax apart: nearer ones are not independent.

    Scales are linear and solved for at each step, none below zero. G(r) is reckoned on a grid of its own and read off
    at the rows ``r``, which may be uneven; no row of ``g`` is made up.
    """
    even, chosen = grid_of(r), independent(r, look.qmax)
    engines = [Pairs(phase, float(even[0]), float(even[-1]), even.size, look.qmax) for phase in phases]
    apart, target = r[chosen], g[chosen]
    words, first, low, high = parameters(phases, look)

    def split(x: Array) -> list[Array]:
        told = dict(zip(words, x, strict=True))
        found = []
        for n, (phase, engine) in enumerate(zip(phases, engines, strict=True)):
            edges = [told[f"{letter} {n}"] for letter in letters_of(phase)]
            moves = {element: float(np.exp(told[f"u {element} {n}"])) for element in sorted(set(engine.elements))}
            size = float(np.exp(told[f"size {n}"])) if look.finite else 0.0
            damp, broad = (
                told[word] if look.calibrate else held for word, held in (("damp", look.damp), ("broad", look.broad))
            )
            found.append(engine.at(edges, moves, told[f"delta {n}"] * engine.nearest**2, size, damp, broad))
        return found

    def scaled(parts: Sequence[Array], grid: Array, wanted: Array) -> tuple[Array, Array]:
        design = np.array([np.interp(grid, even, part) for part in parts]).T
        scales = nnls(design, wanted)[0]
        return scales, wanted - design @ scales

    def rest(x: Array) -> Array:
        return scaled(split(x), apart, target)[1]

    free = len(words) + len(phases)
    if apart.size < free + _SPARE:
        raise BadInput(
            f"the model '{name}' has {free} parameters, and {r[0]:.4g} to {r[-1]:.4g} angstrom hold {apart.size} "
            f"independent points (pi/qmax apart); it needs {free + _SPARE}: take a wider range of r, or a larger qmax"
        )
    found = least_squares(
        rest,
        first,
        bounds=(low, high),
        x_scale=np.maximum(0.1 * (high - low), 1e-6),
        diff_step=np.full(first.size, 1e-4),
        max_nfev=_TRIES,
        ftol=_CLOSE,
        xtol=1e-7,
    )
    parts = split(found.x)
    scales, left = scaled(parts, apart, target)
    curve = np.interp(r, even, np.array(parts).T @ scales)
    edge = 1e-3 * (high - low)
    bounded = tuple(
        word for word, x, a, b, e in zip(words, found.x, low, high, edge, strict=True) if x < a + e or x > b - e
    )

    def at(x: Array) -> Array:
        return np.asarray(np.interp(apart, even, np.array(split(x)).T @ scales))

    steps = 1e-4 * (high - low)
    slopes = [(at(found.x + step) - at(found.x - step)) / (2.0 * step[k]) for k, step in enumerate(np.diag(steps))]
    design = np.column_stack([*slopes, *(np.interp(apart, even, part) for part in parts)])
    held = np.array([np.any(column) for column in design.T])
    noise = float(left @ left) / (apart.size - free)
    covariance = np.full((free, free), np.nan)
    covariance[np.ix_(held, held)] = np.linalg.pinv(design[:, held].T @ design[:, held]) * noise
    covariance[~held] = covariance[:, ~held] = 0.0
    covariance[~held, ~held] = np.inf
    return Rival(
        name=name,
        phases=tuple(phases),
        values=dict(zip(words, found.x.tolist(), strict=True))
        | {f"scale {n}": float(scale) for n, scale in enumerate(scales)},
        root=_root(covariance),
        electrons=tuple(engine.scattering for engine in engines),
        rw=float(np.sqrt(np.sum((g - curve) ** 2) / np.sum(g**2))),
        left=float(left @ left),
        points=apart.size,
        free=free,
        curve=curve,
        converged=bool(found.status > 0),
        bounded=bounded,
    )


def _root(covariance: Array) -> Array:
    """A root of the covariance; what the curve does not hang on has none, and says NaN."""
    told = np.isfinite(np.diag(covariance))
    root = np.zeros(covariance.shape)
    root[np.ix_(told, told)] = root_of(covariance[np.ix_(told, told)])
    root[~told, ~told] = np.nan
    return root


def grid_of(r: Array) -> Array:
    """An even grid over the rows ``r``, on them where they are even, gaps or none."""
    step, span = float(np.median(np.diff(r))), float(r[-1] - r[0])
    step /= np.ceil(step / _EVEN)
    places = (r - r[0]) / step
    if np.abs(places - np.round(places)).max() > _OFF:
        step = min(step, _UNEVEN)
    return np.linspace(r[0], r[-1], round(span / step) + 1)


def independent(r: Array, qmax: float) -> NDArray[np.int64]:
    """Rows nearest to points pi/qmax apart; a point with no row within half of that, as in a gap, has none."""
    apart = np.pi / qmax
    places = np.round((r - r[0]) / apart)
    off = np.abs(r - r[0] - places * apart)
    places = np.where(places > (r[-1] - r[0]) / apart + 1e-9, places - 1.0, places)  # no point lies beyond the last row
    order = np.lexsort((off, places))
    return np.asarray(order[np.unique(places[order], return_index=True)[1]])


def parameters(phases: Sequence[Structure], look: Look) -> tuple[list[str], Array, Array, Array]:
    """What is sought: words, where each begins, its lower and its upper bound."""
    rows: list[tuple[str, float, float, float]] = []
    for n, phase in enumerate(phases):
        rows += [(f"{letter} {n}", 1.0, 1.0 - _STRETCH, 1.0 + _STRETCH) for letter in edges_of(phase)]
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
