"""What is to be doubted of a refinement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import Phase, Plan
from thiocell.techniques._diffraction.refined import BAD, Refined

_TOO_GOOD = 0.7
"""assumed: goodness of fit below which sigmas are none of counts."""
_LOST = 0.01
"""assumed: share by which an edge may move from where its lines were found."""
_SHOWN, _STRONG = 3, 0.5
"""assumed: correlations that are told, and how strong they are at least."""
_OWN = ("instrument.background", "instrument.profile", "instrument.geometry.axial", "instrument.source")
"""Parameters of the instrument and the background, whose correlations with each other say nothing of the sample."""


def refinement_doubts(fit: Refined, phases: Sequence[Phase], plan: Plan, beam: Beam) -> Iterator[str]:
    """All of them, the worst first."""
    if not fit.converged:
        yield "the refinement did not converge: no value is given"
    yield from _of_fit(fit, phases)
    if plan.resolution is None:
        yield (
            "the instrument's own width was sought in this pattern: sizes and strains hold all Lorentzian width, the "
            "instrument's too; set 'resolution' from a standard"
        )
    if not beam.told:
        yield "the wavelength is taken as exact, as no sigma is told: edges go with it, write '0.41370(2) angstrom'"
    if fit.gof > BAD and beam.geometry == "debye_scherrer" and (beam.tube or "X-ray tube" in beam.guessed):
        yield "a tube's beam mostly meets a flat plate: set 'geometry' to bragg_brentano if it does"
    if beam.guessed:
        yield beam.guessed


def _of_fit(fit: Refined, phases: Sequence[Phase]) -> Iterator[str]:
    for n, phase in enumerate(phases):
        began, ended = phase.structure.edges[0], fit.values.get(f"phases.{n}.cell.a", phase.structure.edges[0])
        home = phase.structure if phase.home is None else phase.home
        if min(abs(ended / edge - 1.0) for edge in (began, home.edges[0])) > _LOST:
            yield (
                f"the cell of {phase.structure.name} went from {began:.4g} to {ended:.4g} angstrom, away from where "
                "its lines were found: it may be lost"
            )
    if fit.gof > BAD:
        yield (
            f"the goodness of fit is {fit.gof:.3g}: the model misses more than noise; sigmas are widened by it, but "
            "what a wrong model shifts is not in them"
        )
    if fit.gof < _TOO_GOOD:
        yield (
            f"the goodness of fit is {fit.gof:.3g}: the points scatter less than their sigmas, so the intensities are "
            "no counts; sigmas are scaled by it"
        )
    told = [name for path in fit.bounded if (name := _spoken(path, phases))]
    if told:
        yield f"ended at a bound, so that the pattern does not set it: {', '.join(told)}"
    if pairs := _pairs(fit):
        listed = "; ".join(f"{_spoken(a, phases)} and {_spoken(b, phases)} {rho:+.3f}" for a, b, rho in pairs)
        yield f"the strongest correlations: {listed}"


def _pairs(fit: Refined) -> list[tuple[str, str, float]]:
    """The strongest correlations in which the sample has a part."""
    variance = np.diag(fit.covariance)
    if not np.all(np.isfinite(variance)) or not variance.size:
        return []
    size = np.sqrt(np.maximum(variance, 1e-300))
    rho = fit.covariance / np.outer(size, size)
    found = [
        (fit.paths[i], fit.paths[j], float(rho[i, j]))
        for i in range(len(fit.paths))
        for j in range(i)
        if abs(rho[i, j]) > _STRONG and not (fit.paths[i].startswith(_OWN) and fit.paths[j].startswith(_OWN))
    ]
    return sorted(found, key=lambda pair: -abs(pair[2]))[:_SHOWN]


def _spoken(path: str, phases: Sequence[Phase]) -> str:
    """A parameter as words."""
    parts = path.split(".")
    if parts[0] != "phases":
        return path.removeprefix("instrument.")
    phase = phases[int(parts[1])].structure
    if parts[2] == "atoms":
        return f"{parts[4]} of {phase.atoms[int(parts[3])].label} in {phase.name}"
    return f"{' '.join(parts[2:])} of {phase.name}"
