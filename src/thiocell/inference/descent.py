"""Bounded least squares from many places at once: each iteration asks the model once, for all of them.

Levenberg-Marquardt with Moré's scaling (Numerical Analysis, Lecture Notes in Mathematics 630 (1978) 105) and Nielsen's
damping (IMM-REP-1999-05, Technical University of Denmark); bounds by fixing what would leave the box and solving again
for the rest. Derivatives are differences, taken in the same call as the trial itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
Residuals = Callable[[Array, Rows], Array]
"""places[set, parameter] in the unit box and the start that asks for each -> residuals[set, row], NaN if it fails."""
End = Literal["running", "converged", "stalled", "given up", "merged", "failed"]

FIRST_DAMPING = 1e-2
"""assumed: share of the curvature that the first step adds."""
LEAST_DAMPING, MOST_DAMPING = 1e-14, 1e14
VISIBLE = 0.3
"""assumed: sigmas by which a difference should move the residuals at most."""
ABOVE_NOISE = 30.0
"""assumed: how far a difference should stand above the model's noise."""
HOPELESS = 50.0
"""assumed: chi-square above the best at which a start that hardly falls is given up; odds of e^-25."""
SLOW, WINDOW = 0.05, 5
"""assumed: share of the way to the best that a start must fall within so many iterations."""
SAME_PLACE = 1e-3
"""assumed: two starts nearer than this share of the box, and than a tenth of a sigma, are one."""


@dataclass(frozen=True)
class Descending:
    """How to go down: until two steps in a row promise and bring less than ``tolerance`` in chi-square.

    ``reach`` is the largest difference step in the unit box; ``central`` takes differences to both sides; ``rivals``
    are starts of one problem, which may be merged and given up. ``fuzz`` is the model's noise in each residual.
    """

    reach: float
    fuzz: Array
    tolerance: float = 1e-3
    iterations: int = 60
    central: bool = False
    rivals: bool = False


@dataclass(frozen=True, eq=False)
class Descent:
    """Where each start ended: ``places[start, parameter]``, ``residuals``, ``jacobian[start, row, parameter]``.

    ``into`` names the start that each was merged into, or itself; ``blind`` marks derivatives that could not be taken;
    ``slope_error[start, parameter]`` is the size of the error that the model's noise brings to a column's derivatives.
    """

    places: Array
    chi2: Array
    residuals: Array
    jacobian: Array
    ends: tuple[End, ...]
    into: Rows
    blind: Flags
    slope_error: Array


def descend(
    residuals: Residuals, starts: Array, how: Descending, free: Flags | None = None, steepness: Array | None = None
) -> Descent:
    """Go down in chi-square from every one of ``starts[start, parameter]``, moving the ``free`` parameters only.

    ``steepness`` is the expected norm of each column of the Jacobian; it sets the first differences.
    """
    free = np.ones(starts.shape, dtype=bool) if free is None else free
    steepness = np.zeros(starts.shape) if steepness is None else np.broadcast_to(steepness, starts.shape)
    herd = _Herd(residuals, starts, how, free, steepness)
    done = 0
    while done < how.iterations and "running" in herd.ends:
        herd.move()
        if how.rivals:
            herd.give_up()
            herd.merge()
        done += 1
    noise = float(np.linalg.norm(how.fuzz)) * (1.0 if how.central else 2.0)
    error = noise / difference_steps(herd.steepness, how)
    return Descent(herd.u, herd.chi2, herd.r, herd.jac, tuple(herd.ends), herd.into, herd.blind, error)


def difference_steps(steepness: Array, how: Descending) -> Array:
    """Steps in the unit box for differences, of columns of that norm: the residuals see them, well above the noise."""
    visible = max(VISIBLE, ABOVE_NOISE * float(np.linalg.norm(how.fuzz)))
    with np.errstate(divide="ignore"):
        return np.clip(visible / steepness, 1e-9, how.reach)


class _Herd:
    """All starts on their way down; every array's first axis counts them."""

    def __init__(self, residuals: Residuals, starts: Array, how: Descending, free: Flags, steepness: Array) -> None:
        self.residuals, self.how, self.free = residuals, how, free
        self.u = np.clip(starts, 0.0, 1.0)
        count = len(starts)
        self.steepness = steepness
        self.r, self.jac, self.blind = self._survey(np.arange(count), self.u)
        self.chi2 = _chi2(self.r)
        self.steepness = np.linalg.norm(self.jac, axis=1)
        self.curvature = self.steepness**2
        self.damping, self.growth = np.full(count, FIRST_DAMPING), np.full(count, 2.0)
        self.quiet = np.zeros(count, dtype=np.intp)
        self.into: Rows = np.arange(count)
        self.ends: list[End] = ["running" if np.isfinite(c) else "failed" for c in self.chi2]
        self.past = [self.chi2.copy()]

    def move(self) -> None:
        """One step of every start that still runs."""
        rows = np.flatnonzero([end == "running" for end in self.ends])
        step, gain = self._steps(rows)
        trial = np.clip(self.u[rows] + step, 0.0, 1.0)
        self._judge(rows, trial, gain, *self._survey(rows, trial))
        self.past.append(self.chi2.copy())

    def _survey(self, rows: Rows, places: Array) -> tuple[Array, Array, Flags]:
        """Residuals, Jacobian and blind derivatives at ``places`` of the starts ``rows``; one call if none fails."""
        who, column = np.nonzero(self.free[rows])
        here, step = places[who, column], difference_steps(self.steepness[rows], self.how)[who, column]
        if self.how.central:
            ahead, behind = np.minimum(here + step, 1.0), np.maximum(here - step, 0.0)
        else:
            ahead, behind = np.where(here + step <= 1.0, here + step, here - step), here
        wanted = [places, _moved(places, who, column, ahead)]
        if self.how.central:
            wanted.append(_moved(places, who, column, behind))
        found = self.residuals(np.vstack(wanted), np.concatenate([rows, *[rows[who]] * (len(wanted) - 1)]))
        middle, first = found[: len(rows)], found[len(rows) : len(rows) + who.size]
        last = found[len(rows) + who.size :] if self.how.central else middle[who]
        ahead, first = self._elsewhere(rows, places, (who, column), (ahead, first), middle)
        behind, last = _or_middle(behind, last, here, middle[who])
        width = ahead - behind
        with np.errstate(invalid="ignore", divide="ignore"):
            slopes = (first - last) / width[:, None]
        seen = np.all(np.isfinite(slopes), axis=1)
        jac, blind = np.zeros((len(rows), found.shape[1], places.shape[1])), np.zeros(places.shape, dtype=bool)
        jac[who, :, column] = np.where(seen[:, None], slopes, 0.0)
        blind[who, column] = ~seen
        return middle, jac, blind

    def _elsewhere(
        self, rows: Rows, places: Array, of: tuple[Rows, Rows], ahead: tuple[Array, Array], middle: Array
    ) -> tuple[Array, Array]:
        """Ask again, on the other side, where the set ahead fails though the middle does not."""
        (who, column), (at, found) = of, ahead
        here = places[who, column]
        lost = np.flatnonzero(np.isnan(found[:, 0]) & ~np.isnan(middle[who, 0]))
        if self.how.central:
            return _or_middle(at, found, here, middle[who])
        if lost.size:
            other = 2.0 * here[lost] - at[lost]
            at, found = at.copy(), found.copy()
            at[lost] = np.where((other >= 0.0) & (other <= 1.0), other, here[lost] + (at[lost] - here[lost]) / 8)
            found[lost] = self.residuals(_moved(places, who[lost], column[lost], at[lost]), rows[who[lost]])
        return at, found

    def _steps(self, rows: Rows) -> tuple[Array, Array]:
        """The damped step of each start inside the box, and the fall in chi-square that it promises."""
        jac, room = self.jac[rows], (-self.u[rows], 1.0 - self.u[rows])
        normal, slope = np.einsum("nij,nik->njk", jac, jac), np.einsum("nij,ni->nj", jac, self.r[rows])
        noise = (float(np.linalg.norm(self.how.fuzz)) / self.how.reach) ** 2
        size = self.curvature[rows]
        size = np.maximum(size, 1e-12 * size.max(axis=1, keepdims=True) + noise + 1e-100)
        stuck = ((room[0] == 0.0) & (slope > 0)) | ((room[1] == 0.0) & (slope < 0))
        step = boxed(normal, slope, self.damping[rows, None] * size, room, ~self.free[rows] | stuck)
        gain = -(2.0 * np.sum(slope * step, axis=1) + np.einsum("nj,njk,nk->n", step, normal, step))
        return step, gain

    def _judge(self, rows: Rows, trial: Array, gain: Array, r: Array, jac: Array, blind: Flags) -> None:
        """Take the trials that are better, set the damping, and stop where nothing more comes of it."""
        fall = self.chi2[rows] - _chi2(r)
        better = fall > 0
        won, lost = rows[better], rows[~better]
        self.u[won], self.r[won], self.jac[won], self.blind[won] = trial[better], r[better], jac[better], blind[better]
        self.chi2[won] = _chi2(self.r[won])
        self.steepness[won] = np.linalg.norm(self.jac[won], axis=1)
        self.curvature[won] = np.maximum(self.curvature[won], self.steepness[won] ** 2)
        ratio = fall[better] / np.maximum(gain[better], 1e-300)
        self.damping[won] *= np.clip(1.0 - (2.0 * np.minimum(ratio, 1.0) - 1.0) ** 3, 0.1, 2.0)
        self.growth[won] = 2.0
        self.damping[lost] *= self.growth[lost]
        self.growth[lost] *= 2.0
        self.damping = np.clip(self.damping, LEAST_DAMPING, MOST_DAMPING)
        visible = np.sqrt(np.sum((self.r[rows] * self.how.fuzz) ** 2, axis=1))
        bound = np.maximum(self.how.tolerance, 4.0 * visible)
        still = (gain >= 0.0) & (gain < bound) & (fall < bound)
        self.quiet[rows] = np.where(still, self.quiet[rows] + 1, 0)
        self.damping[rows[still & better]] *= 0.1
        for row in rows[self.quiet[rows] >= 2]:
            self.ends[row] = "converged" if self.damping[row] <= 1.0 else "stalled"

    def give_up(self) -> None:
        """Stop the starts that lie far above the best and hardly fall."""
        if len(self.past) <= WINDOW:
            return
        with np.errstate(invalid="ignore"):
            above = self.chi2 - np.min(self.chi2)
            slow = self.past[-1 - WINDOW] - self.chi2 < SLOW * above
        for row in np.flatnonzero(slow & (above > HOPELESS)):
            if self.ends[row] == "running":
                self.ends[row] = "given up"

    def merge(self) -> None:
        """Let a start that has come to the place of a better one end there."""
        order = [row for row in np.argsort(self.chi2, kind="stable") if self.ends[row] not in ("merged", "failed")]
        for place, row in enumerate(order):
            if self.ends[row] != "running":
                continue
            for other in order[:place]:
                apart = self.u[row] - self.u[other]
                near = np.max(np.abs(apart)) < SAME_PLACE and np.sum((self.jac[other] @ apart) ** 2) < 0.01
                if near and self.ends[other] != "merged" and self.chi2[row] - self.chi2[other] < 0.1:
                    self.ends[row], self.into[row] = "merged", self.into[other]
                    break


def _chi2(r: Array) -> Array:
    with np.errstate(over="ignore"):
        total = np.sum(r**2, axis=1)
    return np.where(np.isfinite(total), total, np.inf)


def _moved(places: Array, who: Rows, column: Rows, to: Array) -> Array:
    found = places[who]
    found[np.arange(who.size), column] = to
    return found


def _or_middle(at: Array, found: Array, here: Array, middle: Array) -> tuple[Array, Array]:
    """The middle itself where its neighbour fails: a one-sided difference remains."""
    lost = np.isnan(found[:, 0])
    return np.where(lost, here, at), np.where(lost[:, None], middle, found)


def boxed(normal: Array, slope: Array, damp: Array, room: tuple[Array, Array], held: Flags) -> Array:
    """Solve (normal + damp) step = -slope with ``held`` at rest.

    What would leave the box first is put on its face, and the rest solved again, until nothing leaves it.
    """
    size = slope.shape[1]
    unit = 1.0 / np.sqrt(np.einsum("njj->nj", normal) + damp)
    matrix = (normal + damp[:, :, None] * np.eye(size)) * unit[:, :, None] * unit[:, None, :]
    low, high = room[0] / unit, room[1] / unit
    fixed, value = held.copy(), np.zeros_like(slope)
    step = value
    for _ in range(size + 1):
        left = np.where(fixed[:, :, None], np.eye(size), matrix)
        step = np.linalg.solve(left, np.where(fixed, value, -slope * unit)[:, :, None])[:, :, 0]
        over = ~fixed & ((step < low) | (step > high))
        if not over.any():
            break
        face = np.clip(step, low, high)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(over, np.abs(face / step), np.inf)
        leaving = over & (share == share.min(axis=1, keepdims=True))
        value, fixed = np.where(leaving, face, value), fixed | leaving
    return np.asarray(np.clip(step, low, high) * unit)
