"""Which phases and which iodide a pattern asks for: what it does not is left out, and said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thiocell.chemistry.structures import iodide_in_sulfide
from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.result import Limit
from thiocell.core.term import word_of
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import REACH, Phase, Plan, refine, simulate, slow_columns
from thiocell.techniques._diffraction.pattern import Pattern
from thiocell.techniques._diffraction.refined import Refined
from thiocell.techniques._diffraction.shares import edge_of, iodide_of, masses, scale_of, volumes
from thiocell.techniques._findings import Findings

_NEEDED = 3.0
"""assumed: standard deviations below which a phase's share is none."""
_WORSE = 25.0
"""assumed: rise of chi-square, in units of what the fit leaves, from which a phase is needed whatever its sigma."""
_ONE_SIDED = 1.645
"""Standard deviations below which a normal number lies with 95 %."""
_USUAL = 0.15
"""degrees; assumed: width of the lines of a phase that is not found, when its limit is reckoned."""
_LOOSE = 0.01
"""assumed: sigma of an edge, as a share of it, from which no line holds the cell."""
_AT_END = 1e-3
"""assumed: share of an edge within which it counts as having run to the end of its range."""


def settled(
    found: Findings, pattern: Pattern, phases: list[Phase], beam: Beam, plan: Plan, fit: Refined
) -> tuple[list[Phase], Refined]:
    """The phases that are needed and their fit; raises BadInput if no phase of ``phases`` is in the pattern."""
    needed: set[str] = set()
    while (n := _least(fit, phases, needed)) is not None:
        name = phases[n].structure.name
        lost = _lost(fit, n, phases[n])
        if len(phases) == 1:
            if lost or not _placed(fit, n) or not _worse(_without_lines(pattern, plan), fit):
                raise BadInput(
                    f"record '{pattern.name}' has no lines of {name} where its cell would have them within 4 %; check "
                    "the wavelength, the phases, and whether the angles are two-theta rather than d or q"
                )
            needed.add(name)
            continue
        places = [k for k in range(len(phases)) if k != n]
        rest = _begun(fit, phases[:n] + phases[n + 1 :], places)
        bare = refine(pattern, rest, beam, plan, fit.near(places))
        if not lost and _placed(fit, n) and _worse(bare.chi2, fit):
            needed.add(name)
            found.note(f"the share of {name} is told badly, but without it the fit is worse: it is kept")
            continue
        _say(found, fit, phases, n, lost, _hidden(pattern, bare, phases[n], beam, plan))
        phases, fit = rest, bare
    return _without_iodide(found, pattern, phases, beam, plan, fit)


def _least(fit: Refined, phases: list[Phase], needed: set[str]) -> int | None:
    """The phase that is least told from none or has lost its cell, if there is one."""
    told = []
    for n, phase in enumerate(phases):
        scale = fit.values.get(scale_of(n), 0.0)
        sure = scale / fit.error(scale_of(n)) if np.isfinite(fit.error(scale_of(n))) else 0.0
        gone = _lost(fit, n, phase) or not _placed(fit, n)
        told.append(0.0 if gone else np.inf if phase.structure.name in needed else sure)
    n = int(np.argmin(told))
    return n if told[n] < _NEEDED else None


def _placed(fit: Refined, n: int) -> bool:
    """Do lines hold the cell where it is?"""
    path = edge_of(n, "a")
    return path in fit.values and bool(fit.error(path) < _LOOSE * fit.values[path])


def _worse(chi2: float, fit: Refined) -> bool:
    """Is a chi-square without a phase more than what ``fit`` leaves anyway would explain?"""
    return chi2 - fit.chi2 > _WORSE * max(1.0, fit.gof**2)


def _without_lines(pattern: Pattern, plan: Plan) -> float:
    """Chi-square of all that is slow, and of a plan's shape, alone."""
    columns = [slow_columns(pattern.angle, plan, [(place, 2.0) for place in plan.halos])]
    if plan.shape is not None:
        columns.append(plan.shape[1][:, None])
    design, seen = np.hstack(columns) / pattern.sigma[:, None], pattern.intensity / pattern.sigma
    return float(np.sum((seen - design @ np.linalg.lstsq(design, seen, rcond=None)[0]) ** 2))


def _lost(fit: Refined, n: int, phase: Phase) -> bool:
    """Did an edge run to the end of where it was kept?"""
    if phase.home is None:
        return False
    return any(
        edge_of(n, letter) in fit.bounded
        or min(abs(fit.values[edge_of(n, letter)] / edge - end) for end in (1.0 - REACH, 1.0 + REACH)) < _AT_END
        for letter, edge in zip("abc", phase.home.edges, strict=True)
        if edge_of(n, letter) in fit.paths
    )


def _begun(fit: Refined, phases: list[Phase], places: list[int]) -> list[Phase]:
    """The phases, once ``places`` of ``fit``, with the cells that they had there."""
    found = []
    for phase, n in zip(phases, places, strict=True):
        edges = [
            fit.values.get(edge_of(n, letter), edge) for letter, edge in zip("abc", phase.structure.edges, strict=True)
        ]
        found.append(replace(phase, structure=phase.structure.with_edges(*edges)))
    return found


def _say(found: Findings, fit: Refined, phases: list[Phase], n: int, lost: bool, hidden: tuple[float, float]) -> None:
    name = phases[n].structure.name
    if lost:
        found.note(
            f"lines near those of {name} are only met by a cell that is 4 % or more off: they are not taken for its "
            "own, and it is left out"
        )
        return
    held = masses(fit, phases)
    rest = sum(mass for mass, _ in held) - held[n][0]
    scale, sigma = fit.values.get(scale_of(n), 0.0), fit.error(scale_of(n))
    if rest <= 0.0:  # nor is the other there, which is said in its turn
        found.note(f"phase {name} is not needed: nothing of it is found; it is left out")
        return
    where = ""
    if not np.isfinite(sigma):
        scale, sigma = hidden
        where = f", for lines at its own places, {_USUAL:g} degrees wide"
    unit = float(np.prod(fit.cells[n]))
    most = (max(scale, 0.0) + _ONE_SIDED * sigma) * unit
    found.limits[f"weight_{word_of(name)}"] = _below(100.0 * most / (most + rest), "%")
    filled = [size for size, _ in volumes(fit)]
    large = most / unit * fit.cells[n][1] ** 2
    found.limits[f"volume_{word_of(name)}"] = _below(100.0 * large / (large + sum(filled) - filled[n]), "%")
    share, error = 100.0 * scale * unit / (scale * unit + rest), 100.0 * sigma * unit / rest
    found.note(f"phase {name} is not needed: its share is {share:.2g}({error:.2g}) %{where}; it is left out")


def _hidden(pattern: Pattern, bare: Refined, phase: Phase, beam: Beam, plan: Plan) -> tuple[float, float]:
    """Scale and sigma of lines at the phase's own places, as wide as is usual, beside a fit without it."""
    lines = simulate(pattern.angle, [(phase.home or phase.structure, 1.0, _USUAL, 0.0)], beam, plan)
    others = bare.calculated - bare.background
    slow = slow_columns(pattern.angle, plan, [(place, 2.0) for place in plan.halos])
    design = np.column_stack([lines, others, slow]) / pattern.sigma[:, None]
    size = np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    inverse = np.linalg.pinv((design / size).T @ (design / size), hermitian=True)
    left = (bare.observed - bare.calculated) / pattern.sigma
    scale = float(inverse[0] @ ((design / size).T @ left)) / size[0]
    return scale, float(np.sqrt(inverse[0, 0]) / size[0]) * max(bare.gof, 1.0)


def _below(bound: float, unit: str) -> Limit:
    return Limit(Quantity.exact(bound, unit), "below", 0.95)


def _without_iodide(
    found: Findings, pattern: Pattern, phases: list[Phase], beam: Beam, plan: Plan, fit: Refined
) -> tuple[list[Phase], Refined]:
    """Phases whose iodide ended at none are fitted once more without it."""
    bare = list(phases)
    for n, phase in enumerate(phases):
        if phase.balance is None or iodide_of(n) not in fit.bounded or fit.values[iodide_of(n)] > 1e-6:
            continue
        name = phase.structure.name
        plain = iodide_in_sulfide(0.0, fit.values[edge_of(n, "a")])
        bare[n] = Phase(replace(plain, name=name), home=phase.home)
        if np.isfinite(sigma := fit.error(iodide_of(n))):
            found.limits[f"iodine_{word_of(name)}"] = _below(_ONE_SIDED * sigma, "")
        found.note(f"no iodide is found in {name}: it is fitted without")
    return (phases, fit) if bare == phases else (bare, refine(pattern, bare, beam, plan))
