"""The discharge whose mean power is the one asked for: its current is searched, for every trial by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.protocol import Step, galvanostatic
from thiocell.techniques._cells.modelled import Modelled

Array = NDArray[np.float64]

_MEAN_VOLTAGE = 2.0
"""V against Li; assumed: where the search for the current begins."""
_SLOPE = 0.8
"""d ln P/d ln i at the first step, assumed: 1 for a voltage that no current lowers."""
_FLATTEST = 0.1
"""assumed: below it the power hardly rises with the current any more; no step is longer than this allows."""
_CLOSE, _ROUNDS = 1e-5, 16
"""Of ln P, the solver's own error; and the most discharges that are tried, assumed."""


def energy_at_power(
    model: Modelled, trials: Sequence[Mapping[str, float]], power: float, charge: float, cycles: int, rest: float
) -> Array:
    """Wh/kg against Li of the discharge whose mean power is ``power`` W/kg, of each trial; NaN where none has it.

    It follows ``cycles`` charges at ``charge`` A/kg, with discharges at the same current between them, each half-cycle
    with ``rest`` s behind it. Of the two currents that may have the power the smaller counts.
    """
    from thiocell.cell.batch import Fared, solve

    cells = model.cells(trials)
    before = [
        galvanostatic(charge * cell.mass, lower=cell.lower_cutoff, upper=cell.upper_cutoff, cycles=cycles, rest=rest)
        for cell in cells
    ]
    after = 2 if rest > 0 else 1  # the last discharge and its rest are those that are searched for
    begun = solve(cells, [model.state(cell) for cell in cells], [steps[:-after] for steps in before])
    search = _Search(len(cells), power)
    search.lose(np.array([course.fared is not Fared.DONE for course in begun]))
    while search.open.any():
        who = np.flatnonzero(search.open)
        steps = [
            (Step("current", float(i) * cells[n].mass, lower=cells[n].lower_cutoff, may_end_at_once=True),)
            for n, i in zip(who, np.exp(search.x[who]), strict=True)
        ]
        courses = solve([cells[n] for n in who], [begun[n].end for n in who], steps)
        charged, energy, seconds = (
            np.array([getattr(c, w)[0] for c in courses]) for w in ("charge", "energy", "seconds")
        )
        mass, anode = (np.array([getattr(cells[n], w) for n in who]) for w in ("mass", "anode_potential"))
        alive = np.array([course.fared is Fared.DONE for course in courses]) & (seconds > 0)
        whole = np.where(alive, energy + anode * charged, np.nan) / mass
        search.learn(who, whole / 3600.0, whole / np.where(alive, seconds, 1.0))
    return search.energy


class _Search:
    """Secants for ln P of ln i, from below: ``x`` is ln of A/kg, ``energy`` what was found so far."""

    def __init__(self, count: int, power: float) -> None:
        self.power = power
        self.x = np.full(count, np.log(power / _MEAN_VOLTAGE))
        self.energy = np.full(count, np.nan)
        self.open = np.ones(count, dtype=bool)
        self._low, self._high = np.full(count, -np.inf), np.full(count, np.inf)
        self._last: list[tuple[float, float, float] | None] = [None] * count
        self._rounds = 0

    def lose(self, lost: NDArray[np.bool_]) -> None:
        """Give up the trials whose charge did not come through."""
        self.open &= ~lost

    def learn(self, who: NDArray[np.intp], energy: Array, power: Array) -> None:
        """Take what discharges at ``x`` gave; NaN where a current is too great to start."""
        self._rounds += 1
        for n, e, p in zip(who.tolist(), energy.tolist(), power.tolist(), strict=True):
            self._step(n, e, float(np.log(p / self.power)) if p > 0 else float("nan"))
        if self._rounds >= _ROUNDS:
            self.open[:] = False

    def _step(self, n: int, energy: float, y: float) -> None:
        x, last = float(self.x[n]), self._last[n]
        if not y <= 0.0:
            self._high[n] = min(self._high[n], x)
        else:
            self._low[n] = max(self._low[n], x)
        if np.isnan(y):
            self.x[n] = 0.5 * (x + self._low[n]) if np.isfinite(self._low[n]) else x - 0.5
        else:
            slope = (y - last[1]) / (x - last[0]) if last is not None and x != last[0] else _SLOPE
            if abs(y) < _CLOSE:
                by_power = (energy - last[2]) / (y - last[1]) if last is not None and y != last[1] else 0.0
                self.energy[n], self.open[n] = energy - by_power * y, False
                return
            self._last[n] = (x, y, energy)
            ahead = x - y / max(slope, _FLATTEST)
            inside = self._low[n] < ahead < self._high[n]
            self.x[n] = ahead if inside else 0.5 * (self._low[n] + self._high[n])
        if not np.isfinite(self.x[n]) or self._high[n] - self._low[n] < _CLOSE:
            self.open[n] = False
