"""rietx behind one thin adapter: house structures go in, numbers with standard uncertainties come out."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from thiocell.chemistry.structure import Structure
from thiocell.chemistry.structures import Balance
from thiocell.core.bad_input import BadInput
from thiocell.core.extra import needed
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.pattern import Pattern
from thiocell.techniques._diffraction.refined import Refined, read_result

if TYPE_CHECKING:
    import rietx

Array = NDArray[np.float64]
Thermal = Literal["none", "phase", "site"]

_LEAST = 0.002
"""degrees; assumed: Lorentzian width from which one that ended at none is sought again."""
_WIDTH = 0.05
"""degrees; assumed: Lorentzian width from which sizes and strains are sought."""
REACH = 0.04
"""assumed: share by which an edge may differ from the one that was told."""
_REACH = 3.0
"""degrees; assumed: by how much a hump may lie beside where it is sought."""
_HALO = (0.5, 12.0)
"""degrees; assumed: widths of a glass halo."""


@dataclass(frozen=True)
class Phase:
    """A structure, and how charges balance where iodide on its sulfide site is to be found (None: nothing sought).

    Edges stay within ``REACH`` of those of ``home``, the structure as it was told; without it they are free.
    """

    structure: Structure
    balance: Balance | None = None
    home: Structure | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """What is refined beside scales, cells, widths and the background.

    ``background`` counts polynomial terms, ``halos`` are places (degrees) of broad components; ``resolution`` is the
    instrument's own width, U, V and W of Caglioti's polynomial (square degrees), None to have it sought. ``thermal``
    and ``places`` say what of the atoms moves.
    ``shape`` is a curve (degrees, height) whose height is sought beside the background.
    """

    background: int
    halos: tuple[float, ...]
    resolution: tuple[float, float, float] | None
    thermal: Thermal
    places: bool
    shape: tuple[Array, Array] | None = None


SHAPE_SCALE = "instrument.background.scale"
"""The parameter that is the height of a plan's ``shape``."""


def _engine() -> Any:
    return needed("rietx", "Rietveld refinement")


def _phase(structure: Structure) -> rietx.Phase:
    rx = _engine()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "phase.cif"
        path.write_text(structure.to_cif(), "utf-8")
        try:
            found = rx.Structure.from_cif(path, phase_name=structure.name)
        except Exception as error:
            said = str(error).splitlines()[0]
            raise BadInput(f"the structure of '{structure.name}' cannot be used: {said}") from error
    return found.phases[0]


def _kept_near(phase: Any, home: Structure | None) -> Any:
    if home is not None:
        for letter, edge in zip("abc", home.edges, strict=True):
            parameter = getattr(phase.cell, letter)
            parameter.min, parameter.max = (1.0 - REACH) * edge, (1.0 + REACH) * edge
    return phase


def _instrument(beam: Beam, plan: Plan, level: float) -> rietx.Instrument:
    rx = _engine()
    if beam.tube:
        instrument = rx.Instrument.bragg_brentano(radiation=beam.tube)
        if beam.geometry == "debye_scherrer":
            tube = instrument.source
            instrument = rx.Instrument.debye_scherrer(1.0)
            instrument.source = tube
    else:
        instrument = rx.Instrument.debye_scherrer(beam.wavelength)
        if beam.geometry == "bragg_brentano":
            source = instrument.source
            instrument = rx.Instrument.bragg_brentano(radiation="CuKa1")
            instrument.source = source
    instrument.source.polarization = rx.Parameter(value=beam.polarised, min=0.0, max=1.0)
    u, v, w = plan.resolution or (0.0, 0.0, 1e-3)
    profile = instrument.profile
    profile.u, profile.v, profile.w = rx.Parameter(value=u), rx.Parameter(value=v), rx.Parameter(value=w, min=1e-8)
    slow = rx.BackgroundChebyshev(
        coefficients=[rx.Parameter(value=level if n == 0 else 0.0) for n in range(plan.background)]
    )
    instrument.background = slow
    if plan.shape is not None:
        angle, height = plan.shape
        instrument.background = rx.BackgroundFixedPlusChebyshev(
            fixed_two_theta=angle.tolist(),
            fixed_intensity=height.tolist(),
            scale=rx.Parameter(value=0.1 * level / float(height.max()), min=0.0),
            chebyshev=slow,
        )
    from rietx.schemas.instrument import HumpComponent

    instrument.extra_components = [
        HumpComponent(
            position=rx.Parameter(value=place, min=place - reach, max=place + reach),
            height=rx.Parameter(value=0.5 * level, min=0.0),
            fwhm=rx.Parameter(value=2.0, min=_HALO[0], max=_HALO[1]),
        )
        for place, reach in zip(plan.halos, _reaches(plan.halos), strict=True)
    ]
    return instrument


def _reaches(places: Sequence[float]) -> list[float]:
    """How far each hump may move (degrees): not so far that two change places."""
    return [
        min([_REACH, *(0.5 * abs(place - other) for k, other in enumerate(places) if k != n)])
        for n, place in enumerate(places)
    ]


def _share(n: int) -> tuple[str, str, str]:
    return f"phases.{n}.atoms.0.occ", f"phases.{n}.atoms.1.occ", f"phases.{n}.atoms.2.occ"


def _ties(refinement: Any, phases: Sequence[Phase], plan: Plan) -> list[str]:
    """Constraints of occupancies and displacements; the paths that are to be freed last."""
    free = []
    for n, phase in enumerate(phases):
        shared = phase.balance is not None
        if phase.balance is not None:
            sulfide, iodide, lithium = _share(n)
            refinement.tie(sulfide, iodide, scale=-1.0, offset=1.0)
            if phase.balance == "vacancies":
                refinement.tie(lithium, iodide, scale=-0.5, offset=1.0)
            free.append(iodide)
        moves = [atom.u_iso for atom in phase.structure.atoms]
        first = f"phases.{n}.atoms.0.biso"
        for k, u in enumerate(moves[1:], start=1):
            if plan.thermal == "phase" or (shared and k == 1):
                refinement.tie(f"phases.{n}.atoms.{k}.biso", first, scale=u / moves[0])
            elif plan.thermal == "site":
                free.append(f"phases.{n}.atoms.{k}.biso")
        if plan.thermal != "none":
            free.append(first)
        if plan.places:
            free.append(f"phases.{n}.atoms.*.[xyz]")
    return free


def refine(
    pattern: Pattern, phases: Sequence[Phase], beam: Beam, plan: Plan, near: Mapping[str, float] | None = None
) -> Refined:
    """A staged Rietveld refinement: scales and background, halos, cells and offset, widths, atoms, then all at once.

    From values ``near`` the end, by path, all is sought at once. Raises BadInput where the engine gives up.
    """
    rx = _engine()
    refinement = _model(pattern, phases, beam, plan)
    atoms = _ties(refinement, phases, plan)
    data = rx.PatternData(
        two_theta=pattern.angle.tolist(), intensity=pattern.intensity.tolist(), sigma=pattern.sigma.tolist()
    )
    offset = "geometry.sample_displacement" if beam.geometry == "bragg_brentano" else "zero_shift"
    own = ["instrument.profile.[uvw]"] if plan.resolution is None else []
    stages = [
        rx.Stage(name="scale", turn_on=["instrument.background.*", "phases.*.scale"]),
        rx.Stage(name="halo", turn_on=["instrument.extra_components.*"]),
        rx.Stage(name="cell", turn_on=["phases.*.cell.*", f"instrument.{offset}"]),
        rx.Stage(name="width", turn_on=["phases.*.lor_size", "phases.*.lor_strain", *own], seed=_WIDTH),
        rx.Stage(name="lines", turn_on=_lines(beam)),
        rx.Stage(name="atoms", turn_on=atoms),
    ]
    kept = [stage for stage in stages if stage.turn_on and (plan.halos or stage.name != "halo")]
    if near is not None and _set(refinement, near):
        kept = [rx.Stage(name="all", turn_on=[path for stage in kept for path in stage.turn_on])]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of them comes back as diagnostics
            result = refinement.fit(data, plan=rx.RefinementPlan(stages=kept))
    except Exception as error:
        said = str(error).splitlines()[0]
        raise BadInput(f"the refinement of record '{pattern.name}' broke off: {said}") from error
    return read_result(refinement, result, len(phases))


def _model(pattern: Pattern, phases: Sequence[Phase], beam: Beam, plan: Plan) -> Any:
    """All that a pattern is made of, with nothing sought yet."""
    rx = _engine()
    instrument = _instrument(beam, plan, float(np.percentile(pattern.intensity, 20)))
    structure = rx.Structure(phases=[_kept_near(_phase(phase.structure), phase.home) for phase in phases])
    return rx.Refinement(structure, instrument, history=False)


def _set(refinement: Any, near: Mapping[str, float]) -> bool:
    """Begin at values by path, widths that were none a little wider; False where the model has no such place."""
    lifted = {
        path: max(value, _LEAST) if path.endswith(("lor_size", "lor_strain")) else value for path, value in near.items()
    }
    try:
        refinement.set_values(lifted)
    except ValueError:
        return False
    return True


def _lines(beam: Beam) -> list[str]:
    """What makes the lines of a flat plate lopsided: axial divergence, and a tube's second line."""
    if beam.geometry != "bragg_brentano":
        return []
    axial = ["instrument.geometry.axial_sl", "instrument.geometry.axial_hl"]
    return ["instrument.source.lines.*.weight", *axial] if beam.tube else axial


def simulate(
    angle: Array,
    phases: Sequence[tuple[Structure, float, float, float]],
    beam: Beam,
    plan: Plan,
    offsets: Mapping[str, float] | None = None,
) -> Array:
    """Lines of phases (structure, scale, Lorentzian size and strain widths in degrees) at ``angle``, nothing else.

    ``offsets`` shift all angles, by the engine's path.
    """
    rx = _engine()
    instrument = _instrument(beam, Plan(1, (), plan.resolution, "none", places=False), 0.0)
    made = []
    for structure, scale, size, strain in phases:
        phase = _phase(structure)
        phase.scale = rx.Parameter(value=scale, min=0.0)
        phase.lor_size = rx.Parameter(value=size, min=0.0)
        phase.lor_strain = rx.Parameter(value=strain, min=0.0)
        made.append(phase)
    refinement = rx.Refinement(rx.Structure(phases=made), instrument, history=False)
    if offsets:
        refinement.set_values(offsets)
    return np.asarray(refinement.predict(angle))


def slow_columns(angle: Array, plan: Plan, halos: Sequence[tuple[float, float]]) -> Array:
    """Columns of all that is slow beneath lines and layers: the polynomial, and humps at (place, width)."""
    place = 2.0 * (angle - angle[0]) / (angle[-1] - angle[0]) - 1.0
    columns = [chebyshev.chebvander(place, plan.background - 1)]
    columns += [np.exp(-4.0 * np.log(2.0) * ((angle - where) / width) ** 2)[:, None] for where, width in halos]
    return np.hstack(columns)


def wavelength_of(beam: Beam) -> float:
    """The wavelength in angstrom, of a tube that of its strongest line."""
    if not beam.tube:
        return beam.wavelength
    return float(_engine().Instrument.bragg_brentano(radiation=beam.tube).source.lines[0].wavelength.value)


def mass_and_volume(structure: Structure) -> tuple[float, float]:
    """Mass (dalton) and volume (cubic angstrom) of the cell; a phase's mass is its scale times both."""
    _engine()
    from rietx.optimize.qpa import phase_zmv

    a, b, c = structure.edges
    rows = [(atom.element, *atom.place, atom.occupancy) for atom in structure.atoms]
    found = phase_zmv(structure.symbol, (a, b, c, *structure.angles), rows)
    return float(found.cell_mass), float(found.cell_volume)
