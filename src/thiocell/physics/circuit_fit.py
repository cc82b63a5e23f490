"""Complex least squares of a circuit to spectra: many spectra from many starts at once, with exact slopes.

Levenberg-Marquardt in the logarithms of all parameters but exponents, damped after Nielsen (IMM-REP-1999-05, Technical
University of Denmark), inside bounds that the spectrum sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.physics.circuit import Circuit, swaps
from thiocell.physics.circuit_bounds import Box, boxes
from thiocell.physics.circuit_elements import Array, Complex

Rows = NDArray[np.intp]

STARTS = 24
"""assumed: with them a circuit of eight parameters comes to the best minimum known in each of 50 trials."""
ROUNDS, FINISHED = 150, 1e-9
"""assumed: most steps of a start, and the share of chi-square that is not worth one."""
LEAST = 1e-10
"""assumed: damping that keeps a matrix from being singular and slows no step."""
HOPELESS, EARLY = 10.0, 40
"""assumed: after so many steps, times the best chi-square of its spectrum above which a start is given up."""
SAME = 1e-3
"""assumed: share of chi-square, and of the box's side, within which two ends are one minimum."""
ALIKE = 0.05
"""assumed: share of the best chi-square by which another minimum may lie higher and still be told."""


@dataclass(frozen=True)
class Minimum:
    """``values[parameter]`` with their ``chi2``, and how many starts ended there."""

    values: Array
    chi2: float
    starts: int


@dataclass(frozen=True)
class CircuitFit:
    """The best minimum of one spectrum.

    ``residuals`` are those of the real parts, then of the imaginary ones, each over its sigma; ``chi2`` is the sum of
    their squares, ``freedom`` their number less that of the free parameters. ``covariance`` is that of the values by
    the curvature, for the sigmas as given; at a bound and where fixed it is zero. ``others`` are minima that fit within
    ``ALIKE`` of it with other values.
    """

    circuit: Circuit
    values: Array
    covariance: Array
    chi2: float
    freedom: int
    residuals: Array
    at_bound: NDArray[np.bool_]
    fixed: NDArray[np.bool_]
    starts: int
    ended: int
    others: tuple[Minimum, ...]
    lost: bool

    @property
    def unset(self) -> NDArray[np.bool_]:
        """The parameters that ran to a bound and say nothing; an exponent's bounds are those of its element."""
        exponents = np.array([part.kind == "exponent" for part in self.circuit.parts])
        return np.asarray(self.at_bound & ~exponents, dtype=np.bool_)

    @property
    def scatter(self) -> float:
        """The residuals' standard deviation, by which sigmas must be widened where only their ratio is known."""
        return float(np.sqrt(self.chi2 / self.freedom)) if self.freedom > 0 else float("nan")


def fit_circuit(
    circuit: Circuit,
    frequency: Array,
    impedance: Complex,
    sigma: Array | None = None,
    fixed: Mapping[str, float] | None = None,
    starts: int = STARTS,
    seed: int = 0,
) -> CircuitFit:
    """Fit one spectrum; see ``fit_circuits``."""
    return fit_circuits(
        circuit, frequency[None], impedance[None], None if sigma is None else sigma[None], fixed, starts, seed
    )[0]


def fit_circuits(
    circuit: Circuit,
    frequency: Array,
    impedance: Complex,
    sigma: Array | None = None,
    fixed: Mapping[str, float] | None = None,
    starts: int = STARTS,
    seed: int = 0,
) -> list[CircuitFit]:
    """The least sum of squares for each of ``impedance[spectrum, frequency]`` in ohm, ``frequency`` alike in Hz.

    ``sigma[spectrum, 0 or 1, frequency]`` in ohm is that of the real and imaginary parts; without it, it is the
    modulus, so that residuals are relative. Parameters in ``fixed`` keep their values. Starts are a Latin hypercube
    over what each spectrum shows, the same for each ``seed``. Raises ValueError
    where fewer numbers than parameters are given.
    """
    held = _held(circuit, fixed or {})
    if 2 * frequency.shape[1] < np.sum(~held):
        raise ValueError(
            f"circuit '{circuit.text}' has {np.sum(~held)} free parameters; {frequency.shape[1]} points are too few"
        )
    if sigma is None:
        sigma = np.repeat(np.abs(impedance)[:, None, :], 2, axis=1)
    box = boxes(circuit, frequency, impedance, fixed or {})
    herd = Herd(circuit, frequency, impedance, sigma, box, held, starts, seed)
    herd.run()
    return [herd.best(n) for n in range(len(impedance))]


def _held(circuit: Circuit, fixed: Mapping[str, float]) -> NDArray[np.bool_]:
    strange = [name for name in fixed if name not in circuit.names]
    if strange:
        raise ValueError(f"circuit '{circuit.text}' has no parameter '{strange[0]}'; it has {', '.join(circuit.names)}")
    return np.array([name in fixed for name in circuit.names])


class Herd:
    """All starts of all spectra; every array's first axis counts them, spectrum by spectrum."""

    def __init__(
        self, circuit: Circuit, frequency: Array, impedance: Complex, sigma: Array, box: Box,
        held: NDArray[np.bool_], starts: int, seed: int, begin: Array | None = None,
    ) -> None:  # fmt: skip
        """``begin[start, parameter]`` on the search scales takes the place of the hypercube."""
        self.circuit, self.held, self.count = circuit, held, len(impedance)
        self.linear = np.array([part.kind == "exponent" for part in circuit.parts])
        self.who = np.repeat(np.arange(self.count), starts)
        self.frequency, self.z, self.sigma, self.box = frequency, impedance, sigma, box
        rng = np.random.default_rng(seed)
        cells = rng.permuted(np.tile(np.arange(starts), (len(circuit.parts), 1)), axis=1).T
        share = np.tile((cells + rng.random(cells.shape)) / starts, (self.count, 1))
        self.u = box.first[self.who] + share * (box.last - box.first)[self.who] if begin is None else begin.copy()
        total = len(self.u)
        self.r, self.jac = self._look(np.arange(total), self.u)
        self.chi2 = _chi2(self.r)
        self.damping, self.growth = np.full(total, 1e-2), np.full(total, 2.0)
        self.curvature = np.zeros((total, len(circuit.parts)))
        self.quiet = np.zeros(total, dtype=np.intp)
        self.runs = np.isfinite(self.chi2)

    def values(self, u: Array) -> Array:
        """Parameters at ``u``."""
        return np.where(self.linear, u, np.exp(np.where(self.linear, 0.0, u)))

    def _look(self, rows: Rows, u: Array) -> tuple[Array, Array]:
        """Residuals [row, number] and their derivatives [row, number, parameter] at ``u``."""
        values, who = self.values(u), self.who[rows]
        with np.errstate(all="ignore"):
            z, slopes = self.circuit.with_slopes(values, self.frequency[who])
            away = z - self.z[who]
            r = np.concatenate([away.real / self.sigma[who, 0], away.imag / self.sigma[who, 1]], axis=1)
            slopes = slopes * np.where(self.linear | self.held, ~self.held, values)[:, :, None]
            jac = np.concatenate(
                [slopes.real / self.sigma[who, None, 0], slopes.imag / self.sigma[who, None, 1]], axis=2
            )
        return r, np.swapaxes(jac, 1, 2)

    def run(self) -> None:
        """Go down until nothing more comes of it."""
        for round_ in range(ROUNDS):
            rows = np.flatnonzero(self.runs)
            if not rows.size:
                return
            self._move(rows)
            if round_ >= EARLY and round_ % 4 == 0:
                self._give_up()

    def _move(self, rows: Rows) -> None:
        jac, r = self.jac[rows], self.r[rows]
        normal, slope = np.swapaxes(jac, 1, 2) @ jac, np.einsum("nij,ni->nj", jac, r)
        self.curvature[rows] = np.maximum(0.5 * self.curvature[rows], np.einsum("njj->nj", normal))
        size = self.curvature[rows]
        damp = self.damping[rows, None] * (size + 1e-12 * size.max(axis=1, keepdims=True) + 1e-300)
        low, high = (bound[self.who[rows]] - self.u[rows] for bound in (self.box.low, self.box.high))
        stuck = ((low >= 0.0) & (slope > 0.0)) | ((high <= 0.0) & (slope < 0.0)) | self.held
        free = ~stuck
        matrix = normal * (free[:, :, None] & free[:, None, :])
        at = np.arange(matrix.shape[1])
        matrix[:, at, at] = np.where(free, matrix[:, at, at] + damp, 1.0)
        step = np.linalg.solve(matrix, np.where(free, -slope, 0.0)[:, :, None])[:, :, 0]
        step = np.clip(np.clip(step, -4.0, 4.0), low, high)
        gain = -(2.0 * np.sum(slope * step, axis=1) + np.einsum("nj,njk,nk->n", step, normal, step))
        r, jac = self._look(rows, self.u[rows] + step)
        chi2 = _chi2(r)
        fall = self.chi2[rows] - chi2
        better = fall > 0.0
        won, lost = rows[better], rows[~better]
        self.u[won] += step[better]
        self.r[won], self.jac[won], self.chi2[won] = r[better], jac[better], chi2[better]
        ratio = np.minimum(fall[better] / np.maximum(np.abs(gain[better]), 1e-300), 1.0)
        self.damping[won] *= np.clip(1.0 - (2.0 * ratio - 1.0) ** 3, 1.0 / 3.0, 2.0)
        self.damping[won] = np.maximum(self.damping[won], LEAST)
        self.growth[won] = 2.0
        self.damping[lost] = np.minimum(self.damping[lost] * self.growth[lost], 1e12)
        self.growth[lost] = np.minimum(2.0 * self.growth[lost], 1e6)
        small = np.abs(fall) <= FINISHED * self.chi2[rows]
        self.quiet[rows] = np.where(small | (np.abs(gain) <= FINISHED * self.chi2[rows]), self.quiet[rows] + 1, 0)
        self.runs[rows] = (self.quiet[rows] < 2) & (self.damping[rows] < 1e10)

    def _give_up(self) -> None:
        """Stop starts that lie far above the best of their spectrum."""
        chi2 = self.chi2.reshape(self.count, -1)
        best = np.nanmin(chi2, axis=1, keepdims=True)
        self.runs &= ~(chi2 > HOPELESS * best).ravel() | (self.growth < 2.0)

    def best(self, n: int) -> CircuitFit:
        """What was found for spectrum ``n``."""
        rows = np.flatnonzero(self.who == n)
        order = rows[np.argsort(self.chi2[rows], kind="stable")]
        top = order[0]
        lost = not np.isfinite(self.chi2[top])
        places = {row: self._sorted(self.u[row]) for row in order}
        minima = self._minima(order, places, n)
        u = places[top]
        _, jac = self._look(np.array([top]), u[None])
        low, high = self.box.low[n], self.box.high[n]
        edge = 1e-6 * (high - low)
        at_bound = ~self.held & ((u <= low + edge) | (u >= high - edge))
        free = ~self.held & ~at_bound
        slopes = np.where(self.linear, 1.0, self.values(u))
        covariance = np.zeros((u.size, u.size))
        covariance[np.ix_(free, free)] = _inverse(jac[0][:, free])
        return CircuitFit(
            circuit=self.circuit,
            values=self.values(u),
            covariance=covariance * np.outer(slopes, slopes),
            chi2=float(self.chi2[top]),
            freedom=self.r.shape[1] - int(np.sum(~self.held)),
            residuals=self.r[top],
            at_bound=at_bound,
            fixed=self.held,
            starts=rows.size,
            ended=minima[0].starts,
            others=tuple(minima[1:]),
            lost=lost,
        )

    def _minima(self, order: Rows, places: Mapping[int, Array], n: int) -> list[Minimum]:
        """The different minima near the best, best first."""
        side = np.where(self.held, 1.0, self.box.last[n] - self.box.first[n])
        found: list[list[int]] = []
        for row in order.tolist():
            if not self.chi2[row] <= (1.0 + ALIKE) * self.chi2[order[0]]:
                break
            for group in found:
                first = group[0]
                near = np.max(np.abs(places[row] - places[first]) / side) < 0.02
                equal = self.chi2[row] - self.chi2[first] <= SAME * self.chi2[first]
                if near or (equal and self._level(first, row, places)):
                    group.append(row)
                    break
            else:
                found.append([row])
        return [Minimum(self.values(places[g[0]]), float(self.chi2[g[0]]), len(g)) for g in found]

    def _level(self, one: int, other: int, places: Mapping[int, Array]) -> bool:
        """Are two ends on one flat floor: is chi-square half-way no higher than at either?"""
        middle = 0.5 * (places[one] + places[other])
        r, _ = self._look(np.array([one]), middle[None])
        return bool(_chi2(r)[0] <= (1.0 + SAME) * max(self.chi2[one], self.chi2[other]))

    def _sorted(self, u: Array) -> Array:
        """The same circuit with branches that are alike in the order of their frequencies, the quickest first."""
        u = u.copy()
        for group in swaps(self.circuit):
            if np.any(self.held[np.concatenate(group)]):
                continue
            times = [self._time(u, places) for places in group]
            order = np.argsort(times, kind="stable")
            u[np.concatenate(group)] = u[np.concatenate([group[i] for i in order])]
        return u

    def _time(self, u: Array, places: tuple[int, ...]) -> float:
        """Logarithm of a branch's time constant: of resistances times capacitances, or of what else there is."""
        kinds = {
            kind: [u[k] for k in places if self.circuit.parts[k].kind == kind]
            for kind in ("resistance", "capacitance", "inductance", "time")
        }
        if kinds["time"]:
            return float(np.mean(kinds["time"]))
        if kinds["resistance"] and kinds["capacitance"]:
            n = [u[k] for k in places if self.circuit.parts[k].kind == "exponent"]
            product = float(np.mean(kinds["resistance"]) + np.mean(kinds["capacitance"]))
            return product / float(np.mean(n)) if n else product
        return float(sum(map(sum, kinds.values())))


def _chi2(r: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.sum(r**2, axis=1)
    return np.where(np.isfinite(total), total, np.inf)


def _inverse(jac: Array) -> Array:
    """(J' J)^-1, infinite where the numbers do not tell."""
    if not jac.shape[1]:
        return np.zeros((0, 0))
    norm = np.linalg.norm(jac, axis=0)
    if np.any(norm == 0.0) or not np.all(np.isfinite(jac)):
        return np.full((jac.shape[1],) * 2, np.inf)
    _, sizes, turn = np.linalg.svd(jac / norm, full_matrices=False)
    sizes = np.where(sizes < 1e-10 * sizes[0], np.nan, sizes)
    root = turn.T / sizes / norm[:, None]
    return np.asarray(np.nan_to_num(root @ root.T, nan=np.inf))
