"""The furthest that predictions go while chi-square stays below a height: all sides and heights search together.

At each place the residuals are taken as straight, so that the farthest allowed point of the model is found by one
multiplier: the least of |r + J s|^2 - 2 lambda (side grad g) s in the box, with lambda such that chi-square is the
height (Bates and Watts, Nonlinear Regression Analysis, 1988, section 6.1). A trust region keeps the steps honest, by
an exact penalty on what lies above the height (Nocedal and Wright, Numerical Optimization, 2006, section 18.5). In a
bent valley that penalty refuses good steps; so one that is no better is lent, and what follows decides (the watchdog
of Chamberlain et al., Mathematical Programming Study 16 (1982) 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thiocell.inference.descent import Descending, boxed, difference_steps

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
End = Literal["found", "bound", "failed", "unfinished"]
Asked = Callable[[Array], tuple[Array, Array]]
"""places[set, parameter] in the unit box -> residuals[set, row], predictions[set, column]; NaN where one fails."""

Met = tuple[Array, Array, Array]
"""places[set, parameter], their chi-square[set] and predictions[set, column]."""

WIDEST, NARROWEST = 0.25, 1e-5
"""assumed: the longest step in the unit box, and the least to which it is cut."""
ROUNDS, IDLE = 40, 4
"""assumed: most steps at one height, and most in a row that bring less than ``SETTLED``."""
MET, SETTLED = 5e-3, 5e-3
"""assumed: shares of the height's root, and of the way from the best fit, to which an end is found."""
AGAIN = 2e-2
"""assumed: share of the way from the best fit by which a place met by another search must lie further to be taken."""
JUMPS = 3
"""assumed: how often a climb goes on from such a place at one height."""
HALVINGS = 40
"""Of the multiplier's logarithm over 50: to 1e-10."""


@dataclass
class Climb:
    """One side of one prediction, over the rising ``heights`` of chi-square.

    ``column`` is that of the prediction, ``side`` 1 for the greatest and -1 for the least; it is ``start`` at
    ``place``, where chi-square is ``begun``. What was found at each height stands in ``values``, ``chi2`` and
    ``places``; ``ends`` say what ended it: chi-square, the box, a region where the model fails, or patience.
    """

    column: int
    side: float
    start: float
    begun: float
    place: Array
    heights: tuple[float, ...]
    values: list[float] = field(default_factory=list)
    chi2: list[float] = field(default_factory=list)
    places: list[Array] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    width: float = WIDEST
    rounds: int = 0
    failures: int = 0
    idle: int = 0
    jumps: int = 0


def climb(
    climbs: Sequence[Climb], asked: Asked, how: Descending, steepness: Array, met: Sequence[Met] = ()
) -> list[Met]:
    """Take every one of ``climbs`` over its heights; each may go on from what another, or ``met``, has come upon.

    ``steepness`` is the expected norm of each column of the residuals' Jacobian; it sets the differences. Gives all
    that was met on the way.
    """
    party = _Party(list(climbs), asked, how, steepness, list(met))
    while party.going.size:
        party.move()
    return party.met


class _Plan(NamedTuple):
    """The next step of a climb: what it promises, and whether chi-square (``held``) or the trust region ends it."""

    place: Array
    multiplier: float
    promised: float
    held: bool
    narrow: bool


class _Seen(NamedTuple):
    """What a survey finds at a place: residuals, the prediction towards the side, and the slopes of both.

    It is ``blind`` if one of these is unknown, since the model fails to both sides.
    """

    residuals: Array
    value: float
    jacobian: Array
    slope: Array
    blind: bool


class _Loan(NamedTuple):
    """What a climb goes back to if the step after ``plan`` makes nothing of it."""

    place: Array
    seen: _Seen
    plan: _Plan


class _Party:
    """All climbs; arrays count them on their first axis. ``met`` holds every set whose prediction is known."""

    def __init__(self, climbs: list[Climb], asked: Asked, how: Descending, steepness: Array, met: list[Met]) -> None:
        self.climbs, self.asked, self.how, self.steepness, self.met = climbs, asked, how, steepness, met
        self.column = np.array([c.column for c in climbs], dtype=np.intp)
        self.side = np.array([c.side for c in climbs])
        self.u = np.array([c.place for c in climbs]).reshape(len(climbs), -1)
        self.loans: dict[int, _Loan] = {}
        self.r, self.g, self.jac, self.slope, self.blind = self._survey(np.arange(len(climbs)), self.u)

    @property
    def going(self) -> Rows:
        """The climbs that have heights before them."""
        return np.array([i for i, c in enumerate(self.climbs) if len(c.ends) < len(c.heights)], dtype=np.intp)

    def _survey(self, rows: Rows, places: Array) -> tuple[Array, Array, Array, Array, NDArray[np.bool_]]:
        """What ``_Seen`` holds, at one place for each of ``rows``; a slope that is unknown is zero."""
        count, size = places.shape
        step = difference_steps(np.broadcast_to(self.steepness, places.shape), self.how)
        step = np.where(places + step <= 1.0, step, -step)
        moved = places[:, None, :] + step[:, None, :] * np.eye(size)
        residuals, own = self._ask(np.vstack([places, moved.reshape(-1, size)]), np.append(rows, np.repeat(rows, size)))
        r, g = residuals[:count], own[:count]
        beside, there = residuals[count:].reshape(count, size, -1), own[count:].reshape(count, size)
        who, column = np.nonzero(np.isnan(there) & ~np.isnan(g)[:, None])
        if who.size:  # a neighbour fails: the one on the other side may not
            step[who, column] = np.clip(places[who, column] - step[who, column], 0.0, 1.0) - places[who, column]
            other = places[who] + step[who, column][:, None] * np.eye(size)[column]
            beside[who, column], there[who, column] = self._ask(other, rows[who])
        with np.errstate(invalid="ignore", divide="ignore"):
            jac = (beside - r[:, None, :]) / step[:, :, None]
            slope = (there - g[:, None]) / step
        blind = ~np.all(np.isfinite(slope), axis=1)
        return r, g, _known(np.swapaxes(jac, 1, 2)), _known(slope), blind

    def _ask(self, places: Array, who: Rows) -> tuple[Array, Array]:
        """Residuals and each climb's own prediction towards its side; NaN in both where one fails."""
        residuals, made = self.asked(places)
        self.met.append((places, np.sum(residuals**2, axis=1), made))
        own = self.side[who] * made[np.arange(len(places)), self.column[who]]
        return residuals, np.where(np.isnan(residuals[:, 0]), np.nan, own)

    def move(self) -> None:
        """One step of every climb on its way to its next height; one whose step promises nothing has arrived."""
        rows = self.going
        height = np.array([self.climbs[i].heights[len(self.climbs[i].ends)] for i in rows])
        plans = self._plans(rows, height)
        going = []
        for n, i in enumerate(rows):
            there = self._met_by(i, height[n]) or not plans[n].held
            small = abs(plans[n].promised) <= self._small(i) and i not in self.loans
            if small and there and not plans[n].narrow:
                self._arrive(i, height[n], plans[n], stuck=False)
            else:
                going.append(n)
        if going:
            found = self._survey(rows[going], np.array([plans[n].place for n in going]))
            for k, n in enumerate(going):
                self._judge(rows[n], height[n], plans[n], _Seen(*(part[k] for part in found)))

    def _plans(self, rows: Rows, height: Array) -> list[_Plan]:
        width = np.array([self.climbs[i].width for i in rows])
        step, multiplier = self._steps(rows, height, width)
        places = np.clip(self.u[rows] + step, 0.0, 1.0)
        plans = []
        for n, i in enumerate(rows):
            moved = places[n] - self.u[i]
            cut = (np.abs(moved) >= 0.99 * width[n]) & (places[n] > 0.0) & (places[n] < 1.0)
            straight = self.r[i] + self.jac[i] @ moved
            price = _above(straight, height[n]) - _above(self.r[i], height[n])
            promised = float(self.slope[i] @ moved) - price / multiplier[n]
            held = bool(np.sum(straight**2) > 0.98 * height[n])
            plans.append(_Plan(places[n], float(multiplier[n]), promised, held, bool(np.any(cut))))
        return plans

    def _met_by(self, i: int, height: float) -> bool:
        """Has chi-square come to the height?"""
        return bool(abs(np.sqrt(height) - np.linalg.norm(self.r[i])) <= MET * np.sqrt(height))

    def _small(self, i: int) -> float:
        """What is not worth a step."""
        one = self.climbs[i]
        return float(SETTLED * abs(self.g[i] - one.side * one.start) + 1e-12 * abs(self.g[i]))

    def _steps(self, rows: Rows, height: Array, width: Array) -> tuple[Array, Array]:
        """The farthest step of the straight model below the height, and its multiplier."""
        u, jac, r, slope = self.u[rows], self.jac[rows], self.r[rows], self.slope[rows]
        normal, down = np.einsum("nij,nik->njk", jac, jac), np.einsum("nij,ni->nj", jac, r)
        room = np.maximum(-u, -width[:, None]), np.minimum(1.0 - u, width[:, None])
        curvature = np.einsum("njj->nj", normal)
        damp = 1e-9 * (curvature + curvature.max(axis=1, keepdims=True)) + 1e-12
        fixed = np.zeros(u.shape, dtype=bool)

        def stepped(multiplier: Array) -> tuple[Array, Array]:
            step = boxed(normal, down - multiplier[:, None] * slope, damp, room, fixed)
            return step, np.sum((r + np.einsum("nij,nj->ni", jac, step)) ** 2, axis=1)

        steep = np.sqrt(np.sum(slope**2 / (curvature + 1e-6 * curvature.max(axis=1, keepdims=True) + 1e-30), axis=1))
        middle = np.sqrt(height) / np.maximum(steep, 1e-300)
        middle = np.clip(np.log(middle), -600.0, 600.0)  # where nothing is steep
        low, high = middle - 25.0, middle + 25.0
        for _ in range(HALVINGS):
            half = 0.5 * (low + high)
            inside = stepped(np.exp(half))[1] <= height
            low, high = np.where(inside, half, low), np.where(inside, high, half)
        return stepped(np.exp(low))[0], np.exp(low)

    def _judge(self, i: int, height: float, plan: _Plan, found: _Seen) -> None:
        """Take the planned place if it is better by the penalty, set the width, and stop where nothing more comes."""
        one, small = self.climbs[i], self._small(i)
        loan = self.loans.pop(i, None)
        begun = loan or _Loan(self.u[i].copy(), self._seen(i), plan)
        price = (_above(found.residuals, height) - _above(begun.seen.residuals, height)) / begun.plan.multiplier
        gained, promised = float(found.value - begun.seen.value) - price, begun.plan.promised
        alive, long = bool(np.isfinite(gained)), float(np.max(np.abs(begun.plan.place - begun.place), initial=0.0))
        good = alive and gained > 0.1 * promised
        one.rounds += 1
        if alive and not good and loan is None:
            self.loans[i] = begun
            self._stand(i, plan.place, found)
            return
        self._stand(i, plan.place, found) if good else self._stand(i, begun.place, begun.seen)
        if good and gained > 0.7 * promised:
            one.width = min(WIDEST, max(one.width, 2.0 * long))
        elif not good or gained < 0.3 * promised:
            one.width = (0.4 if alive else 0.25) * max(long, NARROWEST)
        one.failures += not alive
        one.idle = 0 if good and gained > small else one.idle + 1
        if one.idle >= IDLE or one.rounds >= ROUNDS:
            self._arrive(i, height, plan, stuck=True)

    def _seen(self, i: int) -> _Seen:
        return _Seen(self.r[i].copy(), float(self.g[i]), self.jac[i].copy(), self.slope[i].copy(), bool(self.blind[i]))

    def _stand(self, i: int, place: Array, found: _Seen) -> None:
        self.u[i], self.r[i], self.g[i], self.jac[i], self.slope[i], self.blind[i] = (place, *found)

    def _arrive(self, i: int, height: float, plan: _Plan, *, stuck: bool) -> None:
        """Note how far the prediction goes at ``height``; go on from a better place if another search has met one."""
        one, chi2 = self.climbs[i], float(np.sum(self.r[i] ** 2))
        further, place = self._met(one, height)
        if further > self.g[i] + AGAIN * abs(self.g[i] - one.side * one.start) and one.jumps < JUMPS:
            found = self._survey(np.array([i]), place[None, :])
            self._stand(i, place, _Seen(*(part[0] for part in found)))
            one.rounds, one.failures, one.idle, one.jumps, one.width = 0, 0, 0, one.jumps + 1, max(one.width, 0.05)
            return
        short, met = np.sqrt(height) - np.sqrt(chi2), self._met_by(i, height)
        lost = self.blind[i] or (one.failures and stuck)
        done = not stuck or one.idle >= IDLE  # a smooth greatest value is met by ever smaller steps
        end: End = "found" if met and done else "failed" if lost else "unfinished" if stuck else "bound"
        # along the path of the ends the root of chi-square rises by multiplier/root for each unit of the prediction
        value = self.g[i] + (short * np.sqrt(height) / plan.multiplier if met else 0.0)
        one.values.append(one.side * float(max(value, further)))
        one.chi2.append(height if met else chi2)
        one.places.append(self.u[i].copy() if self.g[i] >= further else place)
        one.ends.append(end)
        one.rounds = one.failures = one.idle = one.jumps = 0
        one.width = max(one.width, 0.05)

    def _met(self, one: Climb, height: float) -> tuple[float, Array]:
        """The furthest prediction to this side among all sets that were asked for and are allowed, and its place."""
        best, place = -np.inf, one.place
        for places, chi2, made in self.met:
            if not len(places):
                continue
            own = np.where(chi2 <= height, one.side * made[:, one.column], -np.inf)
            own = np.nan_to_num(own, nan=-np.inf)
            at = int(np.argmax(own))
            if own[at] > best:
                best, place = float(own[at]), places[at]
        return best, place


def _known(slopes: Array) -> Array:
    """Zero where a slope is not known."""
    return np.where(np.isfinite(slopes), slopes, 0.0)


def _above(residuals: Array, height: float) -> float:
    """What chi-square has above the height; NaN if the model failed."""
    return float(np.maximum(np.sum(residuals**2) - height, 0.0))
