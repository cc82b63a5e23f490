"""rietx behind one thin adapter: house structures go in, numbers with standard uncertainties come out."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from thiocell.chemistry.structure import Structure
from thiocell.chemistry.structures import Balance
from thiocell.core.bad_input import BadInput
from thiocell.techniques._diffraction.beam import Beam
from thiocell.techniques._diffraction.pattern import Pattern

if TYPE_CHECKING:
    import rietx

Array = NDArray[np.float64]
Thermal = Literal["none", "phase", "site"]

_POLARISED = 0.99
"""assumed: share of a synchrotron's beam in the plane of polarisation."""
_WIDTH = 0.05
"""degrees; assumed: Lorentzian width from which sizes and strains are sought."""
_DALTON = 1.66053906892
"""g/cm3 of one dalton in a cubic angstrom (CODATA 2022)."""
_HALO = (0.5, 12.0)
"""degrees; assumed: widths of a glass halo."""


@dataclass(frozen=True)
class Phase:
    """A structure, and how charges balance where iodide on its sulfide site is to be found (None: nothing sought)."""

    structure: Structure
    balance: Balance | None = None


@dataclass(frozen=True)
class Plan:
    """What is refined beside scales, cells, widths and the background.

    ``background`` counts polynomial terms, ``halos`` are places (degrees) of broad components; ``resolution`` (degrees)
    is the instrument's own width, None to have it sought. ``thermal`` and ``places`` say what of the atoms moves.
    """

    background: int
    halos: tuple[float, ...]
    resolution: float | None
    thermal: Thermal
    places: bool


@dataclass(frozen=True)
class Refined:
    """What a refinement came to: ``values`` and ``sigmas`` by rietx's path.

    One a phase, ``weights`` are mass shares with their sigma and ``densities`` (g/cm3) those of the structures.

    ``correlations`` are the strongest pairs of parameters, ``ticks`` the places (degrees) of each phase's lines.
    """

    converged: bool
    values: Mapping[str, float]
    sigmas: Mapping[str, float]
    bounded: tuple[str, ...]
    weights: tuple[tuple[float, float], ...]
    densities: tuple[float, ...]
    rwp: float
    gof: float
    chi2: float
    points: int
    free: int
    angle: Array
    observed: Array
    calculated: Array
    background: Array
    ticks: tuple[Array, ...]
    correlations: tuple[tuple[str, str, float], ...]
    cif: str


def _engine() -> Any:
    try:
        import rietx
    except ImportError as error:
        raise BadInput(
            f"Rietveld refinement needs rietx, which cannot be imported ({error}); pip install 'thiocell[structure]'"
        ) from error
    return rietx


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


def _instrument(beam: Beam, plan: Plan, level: float) -> rietx.Instrument:
    rx = _engine()
    if beam.tube:
        instrument = rx.Instrument.bragg_brentano(radiation=beam.tube)
        if beam.geometry == "debye_scherrer":
            tube = instrument.source
            instrument = rx.Instrument.debye_scherrer(1.0, polarization=0.5)
            instrument.source = tube
    else:
        instrument = rx.Instrument.debye_scherrer(beam.wavelength, polarization=_POLARISED)
        if beam.geometry == "bragg_brentano":
            source = instrument.source
            instrument = rx.Instrument.bragg_brentano(radiation="CuKa1")
            instrument.source = source
    own = 1e-3 if plan.resolution is None else plan.resolution**2
    instrument.profile.w = rx.Parameter(value=own, min=1e-8)
    instrument.background = rx.BackgroundChebyshev(
        coefficients=[rx.Parameter(value=level if n == 0 else 0.0) for n in range(max(plan.background, 1))]
    )
    from rietx.schemas.instrument import HumpComponent

    instrument.extra_components = [
        HumpComponent(
            position=rx.Parameter(value=place, min=place - 3.0, max=place + 3.0),
            height=rx.Parameter(value=0.5 * level, min=0.0),
            fwhm=rx.Parameter(value=2.0, min=_HALO[0], max=_HALO[1]),
        )
        for place in plan.halos
    ]
    return instrument


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


def refine(pattern: Pattern, phases: Sequence[Phase], beam: Beam, plan: Plan, *, cif: bool = True) -> Refined:
    """A staged Rietveld refinement: scales and background, halos, cells and offset, widths, atoms, then all at once.

    Raises BadInput where the engine gives up.
    """
    rx = _engine()
    level = float(np.percentile(pattern.intensity, 20))
    instrument = _instrument(beam, plan, level)
    structure = rx.Structure(phases=[_phase(phase.structure) for phase in phases])
    data = rx.PatternData(
        two_theta=pattern.angle.tolist(), intensity=pattern.intensity.tolist(), sigma=pattern.sigma.tolist()
    )
    refinement = rx.Refinement(structure, instrument, history=False)
    atoms = _ties(refinement, phases, plan)
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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of them comes back as diagnostics
            result = refinement.fit(data, plan=rx.RefinementPlan(stages=kept))
    except Exception as error:
        said = str(error).splitlines()[0]
        raise BadInput(f"the refinement of record '{pattern.name}' broke off: {said}") from error
    return _read(rx, result, structure, instrument, len(phases), cif=cif)


def _lines(beam: Beam) -> list[str]:
    """What makes the lines of a flat plate lopsided: axial divergence, and a tube's second line."""
    if beam.geometry != "bragg_brentano":
        return []
    axial = ["instrument.geometry.axial_sl", "instrument.geometry.axial_hl"]
    return ["instrument.source.lines.*.weight", *axial] if beam.tube else axial


def _read(rx: Any, result: Any, structure: Any, instrument: Any, count: int, *, cif: bool) -> Refined:
    parameters, statistics = result.parameters, result.statistics
    shares = [(1.0, 0.0)] * count
    if result.qpa is not None and count > 1:
        shares = [
            (float(each.weight_fraction), float(each.weight_fraction_stderr or 0.0)) for each in result.qpa.phases
        ]
    return Refined(
        converged=result.status == "converged",
        values={each.path: float(each.value) for each in parameters},
        sigmas={each.path: float(each.stderr) for each in parameters if each.stderr is not None},
        bounded=tuple(each.path for each in parameters if each.at_bound is True),
        weights=tuple(shares),
        densities=tuple(float(each.cell_mass / each.cell_volume) * _DALTON for each in result.qpa.phases)
        if result.qpa
        else (),
        rwp=float(statistics.rwp),
        gof=float(statistics.gof),
        chi2=float(np.sum(((np.array(result.y_obs) - np.array(result.y_calc)) / np.array(result.sigma)) ** 2)),
        points=int(statistics.n_points),
        free=int(statistics.n_free_parameters),
        angle=np.array(result.two_theta),
        observed=np.array(result.y_obs),
        calculated=np.array(result.y_calc),
        background=np.array(result.y_background),
        ticks=tuple(np.array(each, dtype=np.float64) for each in _ticks(result.ticks, count)),
        correlations=tuple(
            (each.where[0], each.where[1], float(each.value))
            for each in result.diagnostics
            if each.code == "HIGH_CORRELATION" and len(each.where) > 1 and each.value is not None
        ),
        cif=_cif(rx, result, structure, instrument) if cif else "",
    )


def _ticks(ticks: Any, count: int) -> list[Any]:
    if isinstance(ticks, Mapping):
        ticks = list(ticks.values())
    return [*ticks, *([[]] * count)][:count]


def _cif(rx: Any, result: Any, structure: Any, instrument: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "refined.cif"
        rx.write_refinement_cif(result, structure, instrument, path)
        return path.read_text("utf-8")


def simulate(
    angle: Array, phases: Sequence[tuple[Structure, float, float, float]], beam: Beam, plan: Plan, zero: float = 0.0
) -> Array:
    """Lines of phases (structure, scale, Lorentzian size and strain widths in degrees) at ``angle``, nothing else."""
    rx = _engine()
    instrument = _instrument(beam, Plan(1, (), plan.resolution, "none", places=False), 0.0)
    instrument.zero_shift = rx.Parameter(value=zero)
    made = []
    for structure, scale, size, strain in phases:
        phase = _phase(structure)
        phase.scale = rx.Parameter(value=scale, min=0.0)
        phase.lor_size = rx.Parameter(value=size, min=0.0)
        phase.lor_strain = rx.Parameter(value=strain, min=0.0)
        made.append(phase)
    refinement = rx.Refinement(rx.Structure(phases=made), instrument, history=False)
    return np.asarray(refinement.predict(angle))


def wavelength_of(beam: Beam) -> float:
    """The wavelength in angstrom, of a tube that of its strongest line."""
    if not beam.tube:
        return beam.wavelength
    return float(_engine().Instrument.bragg_brentano(radiation=beam.tube).source.lines[0].wavelength.value)


def cell_mass_volume(structure: Structure) -> float:
    """Mass of the cell (dalton) times its volume (cubic angstrom): a phase's mass is its scale times this."""
    _engine()
    from rietx.optimize.qpa import phase_zmv

    a, b, c = structure.edges
    rows = [(atom.element, *atom.place, atom.occupancy) for atom in structure.atoms]
    found = phase_zmv(structure.symbol, (a, b, c, *structure.angles), rows)
    return float(found.cell_mass * found.cell_volume)
