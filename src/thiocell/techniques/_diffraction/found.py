"""What a refinement says of the phases: values, limits, and curves to be drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thiocell.chemistry.structures import iodide_in_sulfide
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Limit
from thiocell.core.term import word_of
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import Phase, Plan, refine, wavelength_of
from thiocell.techniques._diffraction.pattern import Pattern
from thiocell.techniques._diffraction.refined import Refined
from thiocell.techniques._diffraction.shares import SHAPE, edge_of, iodide_of, masses, share, volumes
from thiocell.techniques._findings import ONE_SIDED, Findings
from thiocell.techniques._spread import Spread


def add_values(found: Findings, fit: Refined, phases: list[Phase], beam: Beam, halos: int) -> None:
    wavelength = wavelength_of(beam)
    held, filled = masses(fit, phases), volumes(fit)
    for n, phase in enumerate(phases):
        word = word_of(phase.structure.name)
        free = [letter for letter in "abc" if edge_of(n, letter) in fit.paths]
        told = fit.ticks[n].size > len(free)
        if not told:
            found.note(
                f"{phase.structure.name} has too few lines in the pattern ({fit.ticks[n].size}) to tell edges, widths "
                "and offset apart: no edge, size and strain of it is given"
            )
        for letter in free if told else ():
            edge = fit.found(edge_of(n, letter))
            gain = edge.value * beam.sigma / beam.wavelength if beam.sigma else 0.0
            parts = {**edge.parts, "wavelength": np.asarray(gain)} if gain else edge.parts
            found.add(f"{letter}_{word}", Spread(edge.value, parts), "angstrom", "angstrom")
        if phase.balance is not None:
            found.add(f"iodine_{word}", fit.found(iodide_of(n)), "", "")
        if len(phases) > 1:
            found.add(f"weight_{word}", fit.spread(*share(held, n)), "", "%")
            found.add(f"volume_{word}", fit.spread(*share(filled, n)), "", "%")
        if told:
            _widths(found, fit, n, word, wavelength)
    _of_instrument(found, fit, halos)


def _of_instrument(found: Findings, fit: Refined, halos: int) -> None:
    for n in range(halos):
        if (place := f"instrument.extra_components.{n}.position") in fit.paths:
            found.add(f"halo_{n + 1}", fit.found(place), "deg", "deg")
    for letter in "uvw":
        if (path := f"instrument.profile.{letter}") in fit.paths:
            found.add(f"caglioti_{letter}", fit.found(path), "deg**2", "deg**2")
    for path, name, unit in (
        ("instrument.zero_shift", "offset", "deg"),
        ("instrument.geometry.sample_displacement", "displacement", "mm"),
    ):
        if path in fit.paths:
            found.add(name, fit.found(path), unit, unit)


def _widths(found: Findings, fit: Refined, n: int, word: str, wavelength: float) -> None:
    """Size and strain from the Lorentzian widths; limits where a width is not told from none."""
    for end, name in (("lor_size", "size"), ("lor_strain", "strain")):
        path = f"phases.{n}.{end}"
        if not np.isfinite(fit.error(path)):
            continue
        rad, error = np.radians(fit.values[path]), np.radians(fit.error(path))
        most = max(rad, 0.0) + ONE_SIDED * error
        if rad < 2.0 * error:
            bound = (
                Quantity.exact(SHAPE * wavelength / 10.0 / most, "nm")
                if name == "size"
                else Quantity.exact(100.0 * most / 4.0, "%")
            )
            found.limits[f"{name}_{word}"] = Limit(bound, "above" if name == "size" else "below", 0.95)
        elif name == "size":
            size = SHAPE * wavelength / 10.0 / rad
            found.add(f"size_{word}", fit.spread(size, {path: -size / fit.values[path]}), "nm", "nm")
        else:
            found.add(f"strain_{word}", fit.spread(rad / 4.0, {path: np.pi / 720.0}), "", "%")


def add_other_balance(
    found: Findings, pattern: Pattern, phases: list[Phase], fit: Refined, beam: Beam, plan: Plan
) -> None:
    """Iodide once more with no lithium missing: how much the answer hangs on the balance of charges.

    Both shares come from the same counts: their errors are taken as one.
    """
    if all(phase.balance is None for phase in phases):
        return
    again = []
    for n, phase in enumerate(phases):
        edges = [fit.values[edge_of(n, letter)] for letter in "abc"]
        if phase.balance is None:
            again.append(Phase(phase.structure.with_edges(*edges), None, phase.home))
        else:
            again.append(Phase(iodide_in_sulfide(fit.values[iodide_of(n)], edges[0], "full"), "full", phase.home))
    other = refine(pattern, again, beam, plan, fit.near())
    for n, phase in enumerate(phases):
        path, word = iodide_of(n), word_of(phase.structure.name)
        if phase.balance is None:
            continue
        if not other.converged or not np.isfinite(other.error(path)):
            found.note(f"with no lithium missing, no share of iodide is found in {phase.structure.name}")
            continue
        if (first := found.spreads.get(f"iodine_{word}")) is None:
            continue
        scale = other.error(path) / fit.error(path)
        parts = {error: scale * part for error, part in first.parts.items()}
        found.add(f"iodine_full_{word}", Spread(np.asarray(other.values[path]), parts), "", "")
        found.note(
            f"the share of iodide hangs on how charges balance: {found.values[f'iodine_{word}']} with x/2 lithium "
            f"missing, {found.values[f'iodine_full_{word}']} with none missing, GoF {fit.gof:.4g} and {other.gof:.4g}"
        )


def curves(
    pattern: Pattern, fit: Refined, phases: list[Phase], doubts: Sequence[str], *, told: bool
) -> dict[str, Record]:
    """The pattern with its fit and the lines; a .cif of the structures, with the ``doubts``, if they are ``told``."""
    columns = {
        "two_theta": Column(fit.angle, "deg"), "intensity": Column(fit.observed),
        "calculated": Column(fit.calculated), "background": Column(fit.background),
    }  # fmt: skip
    number = np.concatenate([np.full(place.size, float(n)) for n, place in enumerate(fit.ticks, start=1)])
    lines = {"two_theta": Column(np.concatenate(fit.ticks), "deg"), "phase": Column(number)}
    names = {str(n): phase.structure.name for n, phase in enumerate(phases, start=1)}
    origin = "VIRTUAL: refined from a predicted pattern, nothing was measured" if pattern.source.virtual else "refined"
    cif = "\n".join((f"# {origin}; {pattern.name}", *(f"# doubt: {doubt}" for doubt in doubts), fit.cif()))
    return {
        "pattern": Record("pattern", "pattern", columns, pattern.source, notes={"cif": cif} if told else {}),
        "lines": Record("lines", "lines", lines, pattern.source, notes=names),
    }
