"""What is to be doubted of a refinement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import Phase, Plan, Refined

_BAD = 1.5
"""assumed: goodness of fit above which the model leaves more than noise."""
_LOST = 0.01
"""assumed: share by which an edge may move from where its lines were found."""
_SHOWN = 3
"""Correlations that are told."""


def refinement_doubts(fit: Refined, phases: Sequence[Phase], plan: Plan, beam: Beam) -> Iterator[str]:
    """All of them, the worst first."""
    if not fit.converged:
        yield "the refinement did not converge: no value is given"
    for n, phase in enumerate(phases):
        began, ended = phase.structure.edges[0], fit.values.get(f"phases.{n}.cell.a", phase.structure.edges[0])
        if abs(ended / began - 1.0) > _LOST:
            yield (
                f"the cell of {phase.structure.name} went from {began:.4g} to {ended:.4g} angstrom, away from where "
                "its lines were found: it may be lost"
            )
    if fit.gof > _BAD:
        yield (
            f"the goodness of fit is {fit.gof:.3g}: the model misses more than noise, and the sigmas, which are of "
            "noise, are too small by as much or more"
        )
    told = [name for path in fit.bounded if (name := _spoken(path, phases))]
    if told:
        yield f"ended at a bound, so that the pattern does not set it: {', '.join(told)}"
    pairs = sorted(fit.correlations, key=lambda pair: -abs(pair[2]))[:_SHOWN]
    if pairs:
        listed = "; ".join(f"{_spoken(a, phases) or a} and {_spoken(b, phases) or b} {rho:+.3f}" for a, b, rho in pairs)
        yield f"parameters that the pattern tells apart by little, with their correlation: {listed}"
    if plan.resolution is None:
        yield (
            "the instrument's own width was sought in this pattern: sizes and strains hold all Lorentzian width, the "
            "instrument's too; set 'resolution' from a standard"
        )
    if not beam.told:
        yield "the wavelength is taken as exact, as no sigma is told: edges go with it, write '0.41370(2) angstrom'"
    if fit.ticks and all(tick.size == 0 for tick in fit.ticks):
        yield "no line of any phase lies in the range"


def _spoken(path: str, phases: Sequence[Phase]) -> str:
    """A parameter of a phase as words; '' for those of the instrument."""
    parts = path.split(".")
    if parts[0] != "phases":
        return path.removeprefix("instrument.")
    name = phases[int(parts[1])].structure.name
    return f"{' '.join(parts[2:])} of {name}"
