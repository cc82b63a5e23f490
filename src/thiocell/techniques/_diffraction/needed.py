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
from thiocell.techniques._diffraction.engine import REACH, Phase, Plan, refine, slow_columns
from thiocell.techniques._diffraction.hidden import SPAN, Hidden, add_limits, hidden
from thiocell.techniques._diffraction.pattern import Pattern
from thiocell.techniques._diffraction.refined import BAD, Refined
from thiocell.techniques._diffraction.shares import edge_of, iodide_of, masses, scale_of
from thiocell.techniques._diffraction.starts import begun
from thiocell.techniques._findings import ONE_SIDED, Findings

_SAME = 0.003
"""assumed: share of an edge within which two refinements begin alike."""
_NEEDED = 3.0
"""assumed: standard deviations below which a phase's share is none."""
_WORSE = 25.0
"""assumed: rise of chi-square, in units of what the fit leaves, from which a phase is needed whatever its sigma."""
_LOOSE = 0.01
"""assumed: sigma of an edge, as a share of it, from which no line holds the cell."""
_AT_END = 1e-3
"""assumed: share of an edge within which it counts as having run to the end of its range."""


def sought(pattern: Pattern, told: list[Phase], beam: Beam, plan: Plan) -> tuple[list[Phase], Refined]:
    """The better of the refinements that begin where lines are sought and, if that is a bad one, as phases are told."""
    phases = begun(pattern, told, beam, plan)
    fit = refine(pattern, phases, beam, plan)
    if fit.gof < BAD or all(map(_alike, phases, told)):
        return phases, fit
    other = refine(pattern, told, beam, plan)
    return min(((phases, fit), (told, other)), key=lambda pair: (not pair[1].converged, pair[1].chi2))


def settled(
    found: Findings, pattern: Pattern, phases: list[Phase], beam: Beam, plan: Plan, fit: Refined
) -> tuple[list[Phase], Refined]:
    """The phases that are needed and their fit; raises BadInput if no phase of ``phases`` is in the pattern.

    A phase that seems not needed is sought once more in what the others leave.
    """
    needed: set[str] = set()
    again: set[str] = set()
    names = [phase.structure.name for phase in phases]
    while (n := _least(fit, phases, needed)) is not None:
        name = phases[n].structure.name
        lost = _lost(fit, n, phases[n])
        if len(phases) == 1:
            if lost or not _placed(fit, n) or not _worse(_without_lines(pattern, plan), fit):
                raise BadInput(
                    f"record '{pattern.name}' has no lines of {' or '.join(names)} where their cells would have them "
                    "within 4 %; check the wavelength, the phases, and whether the angles are two-theta rather than d "
                    "or q"
                )
            needed.add(name)
            continue
        places = [k for k in range(len(phases)) if k != n]
        rest = _begun(fit, phases[:n] + phases[n + 1 :], places)
        bare = refine(pattern, rest, beam, plan, fit.near({k: new for new, k in enumerate(places)}))
        if not lost and _placed(fit, n) and _worse(bare.chi2, fit):
            needed.add(name)
            found.note(f"the share of {name} is told badly, but without it the fit is worse: it is kept")
            continue
        may = hidden(pattern, bare, phases[n], beam, plan)
        if name not in again and (better := _anew(pattern, rest, bare, phases[n], n, may, beam, plan)) is not None:
            again.add(name)
            phases, fit = better
            continue
        _say(found, bare, rest, phases[n], lost, may)
        phases, fit = rest, bare
    return _without_iodide(found, pattern, phases, beam, plan, fit)


def left_by(fit: Refined, pattern: Pattern, plan: Plan) -> float:
    """What a fit leaves beyond noise, as a share of all that lines, and a plan's shape, stand above what is slow."""
    bare = _without_lines(pattern, replace(plan, shape=None)) - pattern.angle.size
    return float(np.sqrt(max(fit.chi2 - pattern.angle.size, 0.0) / max(bare, 1.0)))


def _anew(
    pattern: Pattern, rest: list[Phase], bare: Refined, phase: Phase, n: int, may: Hidden, beam: Beam, plan: Plan
) -> tuple[list[Phase], Refined] | None:
    """Phases with ``phase`` in place ``n`` again and their fit, if it has lines in what ``bare`` leaves."""
    home = phase.home or phase.structure
    near = bare.near({k: k + (k >= n) for k in range(len(rest))})
    for lines in (each for each in may.surest if each.sure >= _NEEDED):
        start = replace(phase, structure=home.with_edges(*(lines.stretch * edge for edge in home.edges)))
        own = {"scale": lines.scale, "lor_size": lines.widths[0], "lor_strain": lines.widths[1]}
        phases = [*rest[:n], start, *rest[n:]]
        for begin in (near | {f"phases.{n}.{end}": value for end, value in own.items()}, None):
            fit = refine(pattern, phases, beam, plan, begin)
            if fit.converged and _placed(fit, n) and not _lost(fit, n, phase) and _worse(bare.chi2, fit):
                return phases, fit
    return None


def _alike(one: Phase, other: Phase) -> bool:
    """Do refinements that begin with either begin in one place?"""
    return abs(one.structure.edges[0] / other.structure.edges[0] - 1.0) < _SAME


def _say(found: Findings, bare: Refined, rest: list[Phase], phase: Phase, lost: bool, may: Hidden) -> None:
    name = phase.structure.name
    if sum(mass for mass, _ in masses(bare, rest)) <= 0.0:  # nor is the other there, which is said in its turn
        found.note(f"phase {name} is not needed: nothing of it is found; it is left out")
        return
    if not np.isfinite(may.most):
        found.note(f"phase {name} has no line in the pattern: nothing is said of it")
        return
    share = add_limits(found, bare, rest, phase, may)
    why = (
        f"lines near those of {name} are only met by a cell that is 4 % or more off, so that they are not its own"
        if lost
        else f"phase {name} is not needed"
    )
    found.note(f"{why}: its share is {share} {SPAN}; it is left out")


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
    """Do lines hold the cell where it is? A single one may hold one edge alone."""
    paths = [path for path in (edge_of(n, letter) for letter in "abc") if path in fit.paths]
    return any(fit.error(path) < _LOOSE * fit.values[path] for path in paths)


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
            found.limits[f"iodine_{word_of(name)}"] = _below(ONE_SIDED * sigma, "")
        found.note(f"no iodide is found in {name}: it is fitted without")
    return (phases, fit) if bare == phases else (bare, refine(pattern, bare, beam, plan))
