"""What a refinement came to, with its whole covariance."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.techniques._spread import Spread, root_of

Array = NDArray[np.float64]

OFFSETS = ("instrument.zero_shift", "instrument.geometry.sample_displacement")
"""The engine's paths of what shifts all angles: zero error and displacement of the sample."""
_PART = 0.02
"""assumed: share of its sigma by which a parameter is moved to see what hangs on it."""
_EDGE = 1e-4
"""assumed: share by which an edge is moved at most to see that."""
_WHITE = 1.1267
"""The engine's factor for residuals that follow each other (Bérar and Lelann 1991, J. Appl. Cryst. 24, 1) where they
do not: root of the mean square 1.2694 over normal residuals of scatter 1 (rietx's documentation; 1.1265 by draws)."""


BAD = 1.5
"""assumed: goodness of fit above which the model leaves more than noise, and may stand in the wrong place."""
Moved = Callable[[str, float, float], tuple[float, Array]]
"""Of a parameter's path, value and step: the step that its bounds allow, and the pattern there, all else as it was."""


@dataclass(frozen=True, eq=False)
class Refined:
    """What a refinement came to: ``values`` of all parameters by rietx's path.

    ``paths`` are those that were sought and ``root`` a root of their covariance, scaled by the goodness of fit and
    widened where residuals follow each other. One a phase, ``cells`` are mass (dalton) and volume (cubic angstrom) of
    the cell and ``ticks`` the places (degrees) of its lines. ``cif`` writes all of it as a .cif file;
    ``moved`` begins to move parameters.
    """

    converged: bool
    values: Mapping[str, float]
    paths: tuple[str, ...]
    root: Array
    bounded: tuple[str, ...]
    cells: tuple[tuple[float, float], ...]
    rwp: float
    gof: float
    angle: Array
    observed: Array
    calculated: Array
    background: Array
    sigma: Array
    ticks: tuple[Array, ...]
    cif: Callable[[], str]
    moved: Callable[[], Moved]

    @property
    def chi2(self) -> float:
        """Squared residuals over the squared sigmas of the points."""
        return float(np.sum(((self.observed - self.calculated) / self.sigma) ** 2))

    def near(self, numbers: Mapping[int, int] | None = None) -> dict[str, float]:
        """Where the parameters that were sought ended; of phases those in ``numbers``, as they are numbered anew."""
        found = {}
        for path in self.paths:
            kind, _, rest = path.partition(".")
            number, _, end = rest.partition(".")
            if kind == "instrument":
                found[path] = self.values[path]
            elif kind == "phases" and (numbers is None or int(number) in numbers):
                found[f"phases.{number if numbers is None else numbers[int(number)]}.{end}"] = self.values[path]
        return found

    def slopes(self, paths: Sequence[str] | None = None) -> Array:
        """How the pattern goes with each of ``paths`` (points by paths), by small steps; None: all that were sought."""
        moved = self.moved()
        columns = []
        for path in self.paths if paths is None else paths:
            error = self.error(path)
            step = max(_PART * error, 1e-9) if np.isfinite(error) else 1e-6
            if ".cell." in path:  # one that no line holds has no end of an error
                step = min(step, _EDGE * self.values[path])
            step, there = moved(path, self.values[path], step)
            columns.append((there - self.calculated) / step)
        return np.array(columns).reshape(len(columns), self.angle.size).T

    @property
    def offsets(self) -> dict[str, float]:
        """What shifts all angles, by the engine's path."""
        return {path: self.values[path] for path in OFFSETS if path in self.values}

    @property
    def covariance(self) -> Array:
        """Of the parameters that were sought."""
        return np.asarray(self.root @ self.root.T)

    def error(self, path: str) -> float:
        """Standard uncertainty, NaN of what was not sought."""
        return float(np.linalg.norm(self.root[self.paths.index(path)])) if path in self.paths else float("nan")

    def spread(self, value: float, slopes: Mapping[str, float]) -> Spread:
        """``value`` with its errors, by its slopes against parameters; NaN where one of them was not sought."""
        if any(path not in self.paths for path in slopes):
            return Spread(np.asarray(value), {"fit": np.asarray(float("nan"))})
        row = sum(
            (slope * self.root[self.paths.index(path)] for path, slope in slopes.items()), np.zeros(len(self.root))
        )
        return Spread(np.asarray(value), {f"fit {k}": np.asarray(part) for k, part in enumerate(row) if part})

    def found(self, path: str) -> Spread:
        """A parameter with its errors."""
        return self.spread(self.values[path], {path: 1.0})


def read_result(refinement: Any, result: Any, count: int) -> Refined:
    """What rietx's ``result`` says of ``count`` phases."""
    parameters, statistics = result.parameters, result.statistics
    paths = tuple(each.path for each in parameters if each.vary and each.stderr is not None)
    seen = (result.y_obs, result.y_calc, result.y_background, result.sigma)
    observed, calculated, background, sigma = (np.array(each, dtype=np.float64) for each in seen)
    return Refined(
        converged=result.status == "converged",
        values={each.path: float(each.value) for each in parameters},
        paths=paths,
        root=_narrowed(statistics.esd_inflation) * root_of(_covariance(refinement, result, paths)),
        bounded=tuple(each.path for each in parameters if each.at_bound is True),
        cells=tuple((float(each.cell_mass), float(each.cell_volume)) for each in result.qpa.phases)
        if result.qpa
        else (),
        rwp=float(statistics.rwp),
        gof=float(statistics.gof),
        angle=np.array(result.two_theta),
        observed=observed,
        calculated=calculated,
        background=background,
        sigma=sigma,
        ticks=tuple(np.array(each, dtype=np.float64) for each in _ticks(result.ticks, count)),
        cif=lambda: _cif(refinement),
        moved=lambda: _moved(refinement),
    )


def _covariance(refinement: Any, result: Any, paths: tuple[str, ...]) -> Array:
    """The covariance that the result's sigmas were read off, which rietx keeps; without it, the sigmas alone."""
    sigmas = {each.path: float(each.stderr) for each in result.parameters if each.stderr is not None}
    alone = np.diag([sigmas[path] ** 2 for path in paths])
    kept = getattr(refinement, "_answer_covariance", None)
    if kept is None or kept[0] is not result:
        return alone
    _, table, theta, errors, correlation = kept
    found = np.asarray(table.physical_covariance(theta, errors, correlation, list(paths)), dtype=np.float64)
    return found if np.allclose(np.diag(found), np.diag(alone), rtol=0.01, atol=0.0) else alone


def _moved(refinement: Any) -> Moved:
    """The pattern as the engine has compiled it for its last stage, which it reaches by names that are not published.

    By its published ways all tables are made anew each time, which takes fifteen times as long.
    """
    model, table = refinement._model, refinement._working_table()
    entries = {entry.path: entry for entry in table.entries}

    def at(path: str, value: float, step: float) -> tuple[float, Array]:
        entry = entries[path]
        step = step if entry.lo <= value + step <= entry.hi else -step
        entry.value = value + step
        table.refresh_ties()
        there = np.asarray(model.evaluate(table.decode(table.x0())))
        entry.value = value
        return step, there

    return at


def _narrowed(factor: float | None) -> float:
    """By how much the engine's sigmas are too wide, which it multiplied by ``factor`` even where noise is white."""
    return max(1.0, factor / _WHITE) / factor if factor else 1.0


def _ticks(ticks: Any, count: int) -> list[Any]:
    if isinstance(ticks, Mapping):
        ticks = list(ticks.values())
    return [*ticks, *([[]] * count)][:count]


def _cif(refinement: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "refined.cif"
        refinement.write_cif(path)
        return path.read_text("utf-8")
