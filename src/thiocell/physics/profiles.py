"""Least squares in a box with few numbers, and how far each parameter may go: all starts and places at once.

For laws that cost next to nothing; ``thiocell.inference`` does the same for models that must be asked sparingly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Residuals = Callable[[Array], Array]
"""places[set, parameter] -> residuals[set, number], finite everywhere in the box."""

STARTS, PLACES, RIVALS = 48, 12, 6
"""assumed: starts of the search; places of a profile on each side of the best; other ends that are tried at each."""
ROUNDS, SETTLED = 80, 1e-9
"""assumed: most steps of a search, and what one may still promise, in chi-square over 1 + chi-square, at its end."""
CROSSINGS, MET = 16, 1e-4
"""assumed: most steps of regula falsi towards the end of a range, and the share of the height's root that ends them."""
SPRINGS, HALVINGS = tuple(2.0**k for k in range(10)), 12
"""assumed: stiffnesses that pull a prediction outward, over the distance; halvings between two of them."""
_STEP = 1e-7
"""Of the box's side; by which slopes are taken."""


class Reach(NamedTuple):
    """From ``low`` to ``high`` chi-square stays below a height; an end that is not ``found`` is the box's."""

    low: float
    high: float
    low_found: bool
    high_found: bool


class Profile(NamedTuple):
    """``rise`` is how far chi-square, the others free, lies above the least at ``values``, ascending.

    One of ``reaches`` stands for each height.
    """

    values: Array
    rise: Array
    reaches: tuple[Reach, ...]


class Profiled(NamedTuple):
    """The ``best`` place with its ``chi2``, and the profile of each parameter.

    ``root`` times its transpose is the covariance by the curvature; ``sets`` are all places met, with ``sets_chi2``.
    """

    best: Array
    chi2: float
    root: Array
    profiles: tuple[Profile, ...]
    sets: Array
    sets_chi2: Array


def profiled(residuals: Residuals, low: Array, high: Array, heights: Sequence[float]) -> Profiled:
    """The least sum of squares between ``low`` and ``high``, and where it stays within ``heights``, rising, of it."""
    side = high - low

    def scaled(u: Array) -> Array:
        return residuals(low + u * side)

    ends, chi2 = _searched(scaled, _spread_out(low.size), np.ones((1, low.size), dtype=bool))
    for _ in range(3):  # a profile that comes upon a better place begins anew
        order = np.argsort(chi2, kind="stable")
        ends, chi2 = ends[order], chi2[order]
        walls = _Walls(scaled, ends, chi2, heights[-1])
        reaches = walls.crossed(heights)
        ends, chi2 = np.vstack([ends, *walls.met]), np.concatenate([chi2, *walls.met_chi2])
        if chi2.min() > walls.least - 1e-3:
            break
    profiles = tuple(
        _drawn(low[j], side[j], walls.u[j], walls.chi2[j] - walls.least, reaches[j], heights) for j in range(low.size)
    )
    return Profiled(low + side * walls.best, walls.least, side[:, None] * walls.root, profiles, low + ends * side, chi2)


def _drawn(
    low: float, side: float, u: Array, rise: Array, reaches: Sequence[Reach], heights: Sequence[float]
) -> Profile:
    """A profile out of the box, the ends that were found among its places."""
    for reach, height in zip(reaches, heights, strict=True):
        found = [end for end, is_found in ((reach.low, reach.low_found), (reach.high, reach.high_found)) if is_found]
        u, rise = np.append(u, found), np.append(rise, np.full(len(found), height))
    order = np.argsort(u, kind="stable")
    out = tuple(r._replace(low=low + side * r.low, high=low + side * r.high) for r in reaches)
    return Profile(low + side * u[order], rise[order], out)


def furthest(fit: Profiled, residuals: Residuals, low: Array, high: Array, predict: Residuals, height: float) -> Array:
    """Sets within ``height`` of the best, those among them that take each number of ``predict`` furthest, both ways.

    A spring pulls each number outward; the stiffer it is, the higher chi-square. Between the last spring that is weak
    enough and the next one, the place of the right height is taken on the straight line.
    """
    inside = fit.sets[fit.sets_chi2 <= fit.chi2 + height]
    known = predict(inside)
    column, sign, spring = (
        part.ravel() for part in np.meshgrid(np.arange(known.shape[1]), (0, 1), SPRINGS, indexing="ij")
    )
    extremes = np.stack([known.argmin(axis=0), known.argmax(axis=0)])
    far = 4.0 * np.ptp(known, axis=0) + 1e-9
    aim = predict(fit.best[None])[0][column] + (2 * sign - 1) * far[column]
    side, count = high - low, column.size

    def pulled(u: Array) -> Array:
        row = np.rint(u[:, -1] * count).astype(np.intp)  # a held coordinate tells whose place it is
        sets = low + u[:, :-1] * side
        force = spring[row] / far[column[row]] * (predict(sets)[np.arange(len(u)), column[row]] - aim[row])
        return np.column_stack([residuals(sets), force])

    starts = (inside[extremes[sign, column]] - low) / side
    free = np.append(np.ones(low.size, dtype=bool), False)
    ends = _searched(pulled, np.column_stack([starts, np.arange(count) / count]), free[None])[0]
    found = (low + ends[:, :-1] * side).reshape(-1, len(SPRINGS), low.size)
    allowed = np.sum(residuals(found.reshape(-1, low.size)) ** 2, axis=1) <= fit.chi2 + height
    weak = np.logical_and.accumulate(allowed.reshape(-1, len(SPRINGS)), axis=1).sum(axis=1)
    each = np.arange(len(found))
    within = np.where(weak[:, None] > 0, found[each, np.maximum(weak - 1, 0)], fit.best)
    beyond = found[each, np.minimum(weak, len(SPRINGS) - 1)]
    for _ in range(HALVINGS):
        middle = 0.5 * (within + beyond)
        good = (np.sum(residuals(middle) ** 2, axis=1) <= fit.chi2 + height)[:, None]
        within, beyond = np.where(good, middle, within), np.where(good, beyond, middle)
    return np.vstack([inside, within])


class _Walls:
    """The least chi-square with one parameter held at each of the places ``u[parameter, place]``."""

    def __init__(self, scaled: Residuals, ends: Array, chi2: Array, height: float) -> None:
        self.scaled, self.best, self.least = scaled, ends[0], float(chi2[0])
        self.root = _root(scaled, self.best)
        self.rivals = _apart(ends[chi2 <= self.least + height])
        self.u = _places(self.best, np.linalg.norm(self.root, axis=1))
        self.met: list[Array] = []
        self.met_chi2: list[Array] = []
        column = np.repeat(np.arange(self.best.size), self.u.shape[1])
        slopes = self.root @ self.root.T
        slopes = slopes / np.maximum(np.diag(slopes)[:, None], 1e-300)
        along = self.best + slopes[column] * (self.u.ravel() - self.best[column])[:, None]
        found = self.held(column, self.u.ravel(), [along, *(np.tile(r, (column.size, 1)) for r in self.rivals)])
        for _ in range(2):  # what fits at a place may fit at its neighbours too
            near = found.reshape(*self.u.shape, -1)
            sides = [np.roll(near, shift, axis=1).reshape(found.shape) for shift in (1, -1)]
            found = self.held(column, self.u.ravel(), [found, *sides])
        self.places = found.reshape(*self.u.shape, -1)
        self.chi2 = np.sum(scaled(found) ** 2, axis=1).reshape(self.u.shape)

    def held(self, column: NDArray[np.intp], at: Array, starts: Sequence[Array]) -> Array:
        """The best places with parameter ``column`` held ``at``, from several starts for each."""
        all_starts = np.clip(np.stack(starts), 0.0, 1.0)
        each = np.arange(column.size)
        all_starts[:, each, column] = at
        free = np.ones(all_starts.shape[1:], dtype=bool)
        free[each, column] = False
        count = len(starts)
        places, chi2 = _searched(self.scaled, all_starts.reshape(-1, self.best.size), np.tile(free, (count, 1)))
        self.met.append(places)
        self.met_chi2.append(chi2)
        first = np.argmin(chi2.reshape(count, -1), axis=0)
        return np.asarray(places.reshape(all_starts.shape)[first, each])

    def crossed(self, heights: Sequence[float]) -> list[list[Reach]]:
        """How far each parameter reaches at each height.

        From outside, the first place below the height; then regula falsi in the root of chi-square, all ends at once.
        """
        asked = [(j, height, side) for j in range(self.best.size) for height in heights for side in (0, 1)]
        outer, inner = [], []
        for j, height, side in asked:
            below = np.flatnonzero(self.chi2[j] - self.least <= height)
            edge = int(below[-side])
            inner.append((j, edge))
            outer.append((j, edge + (1 if side else -1)))
        found = [0 <= k < self.u.shape[1] for _, k in outer]
        rows = np.flatnonzero(found)
        ends = [float(self.u[place]) for place in inner]
        if rows.size:
            column = np.array([asked[i][0] for i in rows])
            root = np.sqrt([asked[i][1] for i in rows])
            met = self._end(column, root, [outer[i] for i in rows], [inner[i] for i in rows])
            for i, end in zip(rows, met, strict=True):
                ends[i] = float(end)
        shape = self.best.size, len(heights), 2
        low, high = np.moveaxis(np.reshape(ends, shape), 2, 0)
        low, high = (
            np.minimum.accumulate(low, axis=1),
            np.maximum.accumulate(high, axis=1),
        )  # a higher one holds a lower
        table = np.stack([low, high], axis=2).tolist(), np.reshape(found, shape).tolist()
        return [[Reach(*two, *are) for two, are in zip(*of_one, strict=True)] for of_one in zip(*table, strict=True)]

    def _end(
        self, column: NDArray[np.intp], root: Array, outer: list[tuple[int, int]], inner: list[tuple[int, int]]
    ) -> Array:
        """Where the root of chi-square over its least is ``root``, between an outer and an inner place."""
        x, y, at = (
            [np.array([table[place] for place in group]) for group in (outer, inner)]
            for table in (self.u, np.sqrt(np.maximum(self.chi2 - self.least, 0.0)), self.places)
        )
        y = [np.minimum(each - root, 4.0 * root) for each in y]  # above zero outside, capped for walls; below it inside
        kept = np.full(root.size, -1)
        for _ in range(CROSSINGS):
            middle = x[1] + (x[0] - x[1]) * y[1] / (y[1] - y[0] - 1e-300)
            place = self.held(column, middle, at)
            value = np.sqrt(np.maximum(np.sum(self.scaled(place) ** 2, axis=1) - self.least, 0.0)) - root
            value = np.minimum(value, 4.0 * root)
            for end, here in ((0, value > 0), (1, value <= 0)):
                x[end], at[end] = np.where(here, middle, x[end]), np.where(here[:, None], place, at[end])
                y[end] = np.where(here, value, np.where(kept == 1 - end, 0.5 * y[end], y[end]))  # Illinois
            kept = np.where(value > 0, 0, 1)
            if np.all(np.abs(value) <= MET * root):
                break
        return np.asarray(np.where(np.abs(value) <= MET * root, middle, x[1]))


def _spread_out(size: int) -> Array:
    """Starts over the box, the same each time: a Latin hypercube."""
    rng = np.random.default_rng(0)
    cells = rng.permuted(np.tile(np.arange(STARTS), (size, 1)), axis=1).T
    return np.asarray((cells + rng.random(cells.shape)) / STARTS)


def _places(best: Array, spread: Array) -> Array:
    """Places ever further from the best one, on both sides to the bounds, the first where it starts to matter."""
    share = np.linspace(0.0, 1.0, PLACES)
    sides = []
    for sign, room in ((-1.0, best), (1.0, 1.0 - best)):
        far = np.maximum(room, 1e-12)
        near = np.minimum(np.clip(0.5 * spread, 1e-9, 0.04), 0.5 * far)
        sides.append(best[:, None] + sign * near[:, None] * (far / near)[:, None] ** share)
    return np.clip(np.hstack([sides[0][:, ::-1], best[:, None], sides[1]]), 0.0, 1.0)


def _apart(ends: Array) -> list[Array]:
    """The best ends that lie well apart, without the first."""
    kept = [ends[0]]
    for end in ends[1:]:
        if len(kept) <= RIVALS and min(np.max(np.abs(end - other)) for other in kept) > 0.05:
            kept.append(end)
    return kept[1:]


def _root(scaled: Residuals, place: Array) -> Array:
    """A square root of the covariance at a place; what the numbers do not tell spreads over the box."""
    _, jac = _look(scaled, place[None])
    _, sizes, turn = np.linalg.svd(jac[0], full_matrices=jac.shape[1] < place.size)
    sizes = np.concatenate([sizes, np.zeros(place.size - sizes.size)])
    return np.asarray(turn.T / np.maximum(sizes, 1.0))


def _look(scaled: Residuals, u: Array) -> tuple[Array, Array]:
    """Residuals [set, number] and their slopes [set, number, parameter]."""
    count, size = u.shape
    step = np.where(u > 0.5, -_STEP, _STEP)
    moved = u[:, None, :] + step[:, :, None] * np.eye(size)
    all_of = scaled(np.vstack([u, moved.reshape(-1, size)]))
    r = all_of[:count]
    jac = (all_of[count:].reshape(count, size, -1) - r[:, None]) / step[:, :, None]
    return r, np.swapaxes(jac, 1, 2)


def _searched(scaled: Residuals, u: Array, free: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Where Levenberg and Marquardt's steps end, each start by itself, and chi-square there."""
    u, free = u.copy(), np.broadcast_to(free, u.shape)
    chi2, damping = np.full(len(u), np.inf), np.full(len(u), 1e-3)
    rows = np.arange(len(u))
    r, jac = _look(scaled, u)
    chi2 = np.sum(r**2, axis=1)
    for _ in range(ROUNDS):
        slope, normal = np.einsum("nij,ni->nj", jac, r), np.swapaxes(jac, 1, 2) @ jac
        here = u[rows]
        moves = free[rows] & ~(((here <= 0.0) & (slope > 0.0)) | ((here >= 1.0) & (slope < 0.0)))
        size = np.einsum("njj->nj", normal)
        damp = damping[rows, None] * (size + 1e-9 * size.max(axis=1, keepdims=True) + 1e-12)
        matrix = normal * (moves[:, :, None] & moves[:, None, :])
        at = np.arange(u.shape[1])
        matrix[:, at, at] = np.where(moves, matrix[:, at, at] + damp, 1.0)
        step = np.linalg.solve(matrix, np.where(moves, -slope, 0.0)[:, :, None])[:, :, 0]
        step = np.clip(here + step, 0.0, 1.0) - here
        gain = -(2.0 * np.sum(slope * step, axis=1) + np.einsum("nj,njk,nk->n", step, normal, step))
        new_r, new_jac = _look(scaled, here + step)
        new = np.sum(new_r**2, axis=1)
        better = new < chi2[rows]
        u[rows] = np.where(better[:, None], here + step, here)
        chi2[rows] = np.where(better, new, chi2[rows])
        r, jac = np.where(better[:, None], new_r, r), np.where(better[:, None, None], new_jac, jac)
        damping[rows] = np.maximum(damping[rows] * np.where(better, 0.2, 6.0), 1e-8)  # below, a ridge turns singular
        going = (np.abs(gain) > SETTLED * (1.0 + chi2[rows])) & (damping[rows] < 1e12)
        rows, r, jac = rows[going], r[going], jac[going]
        if not rows.size:
            break
    return u, chi2
