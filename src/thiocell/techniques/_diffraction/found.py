"""What a refinement says of the phases: values, limits, and curves to be drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thiocell.chemistry.structures import iodide_in_sulfide
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Limit
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.engine import Phase, Plan, Refined, refine, wavelength_of
from thiocell.techniques._diffraction.pattern import Pattern
from thiocell.techniques._diffraction.phases import key
from thiocell.techniques._findings import Findings
from thiocell.techniques._spread import Spread

SHAPE = 0.9
"""Scherrer's constant for widths at half maximum; assumed."""
_NEEDED = 3.0
"""assumed: standard deviations below which a phase's share is none."""


def add_values(found: Findings, fit: Refined, phases: list[Phase], beam: Beam) -> None:
    wavelength = wavelength_of(beam)
    volumes = np.array([share / density for (share, _), density in zip(fit.weights, fit.densities, strict=True)])
    for n, phase in enumerate(phases):
        word = key(phase.structure.name)
        edges = phase.structure.edges
        for letter in [each for k, each in enumerate("abc") if k == 0 or edges[k] != edges[0]]:
            edge = _spread(fit, f"phases.{n}.cell.{letter}", f"fit {letter} {word}")
            gain = edge.value * beam.sigma / beam.wavelength if beam.sigma else 0.0
            parts = {**edge.parts, "wavelength": np.asarray(gain)} if gain else edge.parts
            found.add(f"{letter}_{word}", Spread(edge.value, parts), "angstrom", "angstrom")
        if phase.balance is not None:
            found.add(f"iodine_{word}", _spread(fit, iodide_of(n), f"fit iodine {word}"), "", "")
        if len(phases) > 1:
            share, sigma = fit.weights[n]
            part = {"fit shares": np.asarray(sigma)}
            found.add(f"weight_{word}", Spread(np.asarray(share), part), "", "%")
            mixed = float(volumes[n] / volumes.sum())
            slope = mixed * (1.0 - mixed) / max(share * (1.0 - share), 1e-12)
            found.add(f"volume_{word}", Spread(np.asarray(mixed), {"fit shares": np.asarray(slope * sigma)}), "", "%")
        _widths(found, fit, n, word, wavelength)
    for path, name, unit in (
        ("instrument.zero_shift", "offset", "deg"),
        ("instrument.geometry.sample_displacement", "displacement", "mm"),
    ):
        if path in fit.sigmas:
            found.add(name, _spread(fit, path, f"fit {name}"), unit, unit)


def _widths(found: Findings, fit: Refined, n: int, word: str, wavelength: float) -> None:
    """Size and strain from the Lorentzian widths; limits where a width is not told from none."""
    for path, name in (("lor_size", "size"), ("lor_strain", "strain")):
        width = fit.values.get(f"phases.{n}.{path}", 0.0)
        sigma = fit.sigmas.get(f"phases.{n}.{path}")
        if sigma is None or not np.isfinite(sigma):
            continue
        rad, error = np.radians(width), np.radians(sigma)
        most = max(rad, 0.0) + 1.645 * error
        if rad < 2.0 * error:
            bound = (
                Quantity.exact(SHAPE * wavelength / 10.0 / most, "nm")
                if name == "size"
                else Quantity.exact(100.0 * most / 4.0, "%")
            )
            found.limits[f"{name}_{word}"] = Limit(bound, "above" if name == "size" else "below", 0.95)
        elif name == "size":
            size = SHAPE * wavelength / 10.0 / rad
            found.add(
                f"size_{word}",
                Spread(np.asarray(size), {f"fit size {word}": np.asarray(-size * error / rad)}),
                "nm",
                "nm",
            )
        else:
            found.add(
                f"strain_{word}",
                Spread(np.asarray(rad / 4.0), {f"fit strain {word}": np.asarray(error / 4.0)}),
                "",
                "%",
            )


def add_other_balance(
    found: Findings, pattern: Pattern, phases: list[Phase], fit: Refined, beam: Beam, plan: Plan
) -> None:
    """Iodide once more with no lithium missing: how much the answer hangs on the balance of charges."""
    if all(phase.balance is None for phase in phases):
        return
    again = [
        Phase(
            phase.structure.with_edges(*(fit.values[f"phases.{n}.cell.{letter}"] for letter in "abc")),
            "full" if phase.balance else None,
        )
        for n, phase in enumerate(phases)
    ]
    other = refine(pattern, again, beam, plan, cif=False)
    for n, phase in enumerate(phases):
        if phase.balance is None or not other.converged:
            continue
        word = key(phase.structure.name)
        path = iodide_of(n)
        spread = _spread(other, path, f"fit iodine {word}")
        found.add(f"iodine_full_{word}", spread, "", "")
        if found.values.get(f"iodine_{word}") is not None:
            found.note(
                f"the share of iodide hangs on how charges balance: {found.values[f'iodine_{word}']} with x/2 "
                f"lithium missing, {found.values[f'iodine_full_{word}']} with none missing, GoF {fit.gof:.4g} and "
                f"{other.gof:.4g}"
            )


def needless(fit: Refined) -> int | None:
    """The phase whose share is least told from none, if there is one."""
    told = [share / sigma if sigma > 0.0 else np.inf for share, sigma in fit.weights]
    n = int(np.argmin(told))
    return n if told[n] < _NEEDED else None


def _spread(fit: Refined, path: str, error: str) -> Spread:
    sigma = fit.sigmas.get(path, float("nan"))
    return Spread(np.asarray(fit.values[path]), {error: np.asarray(sigma)})


def curves(pattern: Pattern, fit: Refined, phases: list[Phase]) -> dict[str, Record]:
    columns = {
        "two_theta": Column(fit.angle, "deg"), "intensity": Column(fit.observed),
        "calculated": Column(fit.calculated), "background": Column(fit.background),
    }  # fmt: skip
    number = np.concatenate([np.full(place.size, float(n)) for n, place in enumerate(fit.ticks, start=1)])
    lines = {"two_theta": Column(np.concatenate(fit.ticks), "deg"), "phase": Column(number)}
    names = {str(n): phase.structure.name for n, phase in enumerate(phases, start=1)}
    return {
        "pattern": Record("pattern", "pattern", columns, pattern.source, notes={"cif": fit.cif}),
        "lines": Record("lines", "lines", lines, pattern.source, notes=names),
    }


def iodide_of(n: int) -> str:
    """The parameter that is the share of iodide in a phase that has it sought."""
    return f"phases.{n}.atoms.1.occ"


def without_iodide(fit: Refined, phases: list[Phase]) -> list[Phase]:
    """The phases, those whose iodide ended at none without it, from where their cells ended."""
    found = []
    for n, phase in enumerate(phases):
        if phase.balance is not None and iodide_of(n) in fit.bounded and fit.values[iodide_of(n)] < 1e-6:
            bare = iodide_in_sulfide(0.0, fit.values[f"phases.{n}.cell.a"])
            found.append(Phase(replace(bare, name=phase.structure.name)))
        else:
            found.append(phase)
    return found
