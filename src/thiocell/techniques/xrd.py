"""Powder X-ray diffraction: cells, iodide on sulfide sites, phase shares, sizes and strains by Rietveld refinement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from thiocell.chemistry.structures import LI2S, STRUCTURES
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Line
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import setting
from thiocell.core.term import Term, word_of
from thiocell.techniques._diffraction.asked import angles_of, layers_of, resolution_of
from thiocell.techniques._diffraction.beam import Beam, Geometry, beam_of, other_wavelength
from thiocell.techniques._diffraction.doubts import refinement_doubts
from thiocell.techniques._diffraction.engine import (
    Phase,
    Plan,
    Thermal,
    simulate,
    wavelength_of,
)
from thiocell.techniques._diffraction.found import add_other_balance, add_values, curves
from thiocell.techniques._diffraction.layered import add_layers, refine_layered, with_shape
from thiocell.techniques._diffraction.needed import left_by, settled, sought
from thiocell.techniques._diffraction.pattern import READS, read_pattern
from thiocell.techniques._diffraction.phases import SOLID_SOLUTION, chosen, meaning
from thiocell.techniques._diffraction.refined import BAD
from thiocell.techniques._diffraction.starts import begun
from thiocell.techniques._diffraction.virtual import from_inventory, mixture, of_layers
from thiocell.techniques._findings import Findings
from thiocell.techniques._fitted_curve import fitted_curve, side_by_side
from thiocell.techniques._spread import Spread

_NONE = 0.6
"""assumed: share of the lines that is left, in a bad fit, above which phases say nothing of the sample."""
_VIRTUAL = "0.42(0) angstrom"
"""The wavelength of a virtual diffractometer whose own is not told; a record of it says so."""
_TERMS = {
    "rwp": Term("%", "Rwp", "weighted profile residual", 0, 1e3),
    "gof": Term("", "GoF", "goodness of fit: Rwp over what noise alone leaves", 0, 1e6),
    "weight_layers": Term("%", "", "share of the mass of crystals and thin layers that the layers have", 0, 100),
    "layer_width": Term("nm", "", "width of the thin layers", 0, 1e3),
    "layer_spacing": Term("nm", "", "spacing of the thin layers", 0, 1e2),
    "hump_n": Term("deg", "", "where hump n of the layers is highest", 0, 180),
    "caglioti_u": Term(
        "deg**2", "U", "the instrument's Gaussian width squared, part that goes as tan^2(theta)", -10, 10
    ),
    "caglioti_v": Term("deg**2", "V", "the part that goes as tan(theta)", -10, 10),
    "caglioti_w": Term("deg**2", "W", "the part that stays", -10, 10),
    "offset": Term("deg", "", "shift of all angles (zero error)", -5, 5),
    "displacement": Term("mm", "", "displacement of the sample from the axis", -5, 5),
}
_MOST_TERMS = 30
"""assumed: terms from which a background makes lines of its own."""
_HALO = Term("deg", "", "place of the broad hump", 0, 180)
_EDGES = {"a": (0.9, 1.1), "size": (1.0, 400.0), "strain": (0.01, 4.0), "weight": (0.0, 40.0)}


@dataclass(frozen=True)
class Xrd:
    """A pattern is fitted as a whole by the structures of its phases (Rietveld), after their cells were sought."""

    wavelength: str = setting("", "'0.4137 angstrom' or a tube's lines, 'CuKa'; required unless the record tells it")
    phases: tuple[str, ...] = setting(
        (SOLID_SOLUTION, "LiI"), "names of known structures, or roles of .cif files; Li2S_I has iodide refined"
    )
    geometry: Geometry = setting("debye_scherrer", "'debye_scherrer' (capillary) or 'bragg_brentano' (flat plate)")
    polarised: Quantity | None = setting(
        None,
        "share K of the beam in the plane of polarisation, K + (1 - K) cos^2 two-theta; none: 0.5 of a tube, else 0.99",
        "0.95",
    )
    begin: Quantity = setting(Quantity.exact(0.0, "deg"), "least two-theta that is used")
    end: Quantity = setting(Quantity.exact(180.0, "deg"), "largest two-theta that is used")
    halos: tuple[Quantity, ...] = setting((), "places of broad humps, such as a glass capillary's", "6.8 deg")
    layers: str = setting("", "structure of thin turned layers that give humps beside the lines, such as 'MoS2_1T'")
    layer_size: tuple[Quantity, ...] = setting(
        (Quantity.exact(1.6, "nm"), Quantity.exact(0.62, "nm")),
        "width and spacing of those layers, from which a search begins",
    )
    layer_count: int = setting(3, "layers that lie on each other")
    background: int = setting(6, "terms of the polynomial under all")
    resolution: tuple[Quantity, ...] = setting(
        (),
        "the instrument's own Gaussian width: its FWHM, or U, V, W of Caglioti's polynomial in deg**2, as a standard "
        "gives them; none: they are sought too",
        "0.01 deg",
    )
    thermal: Thermal = setting("phase", "displacements of atoms: one factor a 'phase', each 'site', or 'none'")
    places: bool = setting(False, "refine the atoms' places too, where symmetry leaves them free")
    counts: int = setting(20000, "counts at the top of a predicted pattern, above its background")
    span: tuple[Quantity, ...] = setting(
        (Quantity.exact(3.0, "deg"), Quantity.exact(20.0, "deg"), Quantity.exact(0.02, "deg")),
        "first and last angle of a predicted pattern, and its step",
    )

    needs: ClassVar[Mapping[str, Quantity]] = {}
    reads = READS

    @staticmethod
    def means(word: str) -> Term | None:
        """What a value that depends on the phases means."""
        return meaning(word)

    @property
    def roles(self) -> Mapping[str, str]:
        """The phases, each a record that is read from a .cif file; those that are known here need none."""
        return {
            name: f"structure of that phase, a .cif file{' in place of the known one' if name in STRUCTURES else ''}"
            for name in self.phases
            if name != SOLID_SOLUTION
        }

    @property
    def terms(self) -> Mapping[str, Term]:
        """What every value of these phases means."""
        ends = [word_of(name) for name in self.phases]
        words = [f"{word}_{end}" for end in ends for word in ("a", "weight", "volume", "size", "strain")]
        words += [
            f"{word}_{word_of(SOLID_SOLUTION)}" for word in ("iodine", "iodine_full") if SOLID_SOLUTION in self.phases
        ]
        halos = {f"halo_{n}": replace(_HALO, meaning=f"{_HALO.meaning} {n}") for n in range(1, len(self.halos) + 1)}
        return {word: term for word in words if (term := meaning(word)) is not None} | halos | _TERMS

    @property
    def gives(self) -> Mapping[str, Term]:
        """Cells, sizes and strains of the phases, the share of iodide, and the mass shares of all but the first."""
        found: dict[str, Term] = {}
        known = [name for name in self.phases if name == SOLID_SOLUTION or name in STRUCTURES]
        for n, name in enumerate(known):
            edge = STRUCTURES[name].edges[0] if name in STRUCTURES else LI2S.edges[0]
            for word in ("a", "size", "strain", *(("weight",) if n else ())):
                low, high = _EDGES[word]
                scale = edge if word == "a" else 1.0
                told = meaning(f"{word}_{word_of(name)}")
                assert told is not None  # noqa: S101 - every word of _EDGES has a meaning
                found[f"{word}_{word_of(name)}"] = replace(told, low=low * scale, high=high * scale)
            if name == SOLID_SOLUTION:
                found[f"iodine_{word_of(name)}"] = Term("", "x", "share of iodide on the sulfide site", 0.0, 0.4)
        return found

    def predict(
        self,
        values: Mapping[str, Quantity],
        sample: Sample,
        rng: np.random.Generator | None = None,
    ) -> Mapping[str, Record]:
        """The pattern of the phases at their cells, with ``halos``, and with ``rng`` counted.

        Edges, iodide and shares that ``values`` leaves out are those of the sample's recipe and state of charge.
        """
        told = from_inventory(self.phases, self.gives, values, sample)
        begin, end, step = angles_of(self.span)
        angle = np.arange(begin, end + 0.5 * step, step)
        beam = self._beam_of(self.wavelength or _VIRTUAL)
        wavelength = wavelength_of(beam)
        y = simulate(angle, mixture(self.phases, told, wavelength), beam, self._plan())
        top = float(y.max())
        if top <= 0.0:
            raise BadInput(f"no line of the phases lies between {begin:g} and {end:g} degrees")
        if self.layers:
            y = y + of_layers(
                angle, layers_of(self.layers, self.layer_size, self.layer_count, self.phases), self.phases, sample, beam
            )
        y = self.counts * y / top + 0.05 * self.counts * np.exp(-(angle - begin) / 20.0)
        for halo in self.halos:
            y = y + 0.08 * self.counts * np.exp(-4.0 * np.log(2.0) * ((angle - halo.to("deg").value) / 2.2) ** 2)
        counted = y if rng is None else rng.poisson(y).astype(np.float64)
        columns = {
            "two_theta": Column(angle, "deg"),
            "intensity": Column(counted),
            "intensity_sigma": Column(np.sqrt(np.maximum(counted, 1.0))),
        }
        source = Source("predicted", place="Rietveld model of the phases")
        doubts = () if self.wavelength else (f"the wavelength is assumed: {_VIRTUAL}",)
        notes = {"wavelength": self.wavelength or _VIRTUAL}
        return {"main": Record("pattern", "diffraction", columns, source, doubts, notes)}

    def _plan(self) -> Plan:
        if not 1 <= self.background <= _MOST_TERMS:
            raise BadInput(
                f"the setting 'background' is {self.background}; it is a number of terms from 1 to {_MOST_TERMS}"
            )
        places = tuple(halo.to("deg").value for halo in self.halos)
        return Plan(self.background, places, resolution_of(self.resolution), self.thermal, self.places)

    def _beam(self, record: Record) -> Beam:
        return self._beam_of(self.wavelength or record.notes.get("wavelength", ""))

    def _beam_of(self, text: str) -> Beam:
        share = None if self.polarised is None else self.polarised.to("").value
        if share is not None and not 0.0 <= share <= 1.0:
            raise BadInput(f"the setting 'polarised' is {self.polarised}; it is a share between 0 and 1")
        return beam_of(text, self.geometry, share)

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:  # noqa: ARG002 - no fact is needed
        """Cells, shares, sizes and strains; phases that are not needed are left out and said."""
        pattern = read_pattern(records, "xrd", self.begin.to("deg").value, self.end.to("deg").value)
        beam, plan = self._beam(records["main"]), self._plan()
        phases = [
            Phase(each, "vacancies" if each.name == SOLID_SOLUTION else None, each)
            for each in chosen(self.phases, records)
        ]
        found = Findings("xrd", pattern)
        if self.wavelength and (doubt := other_wavelength(beam, records["main"].notes.get("wavelength", ""))):
            found.note(doubt)
        inside = (pattern.angle[0], pattern.angle[-1])
        if out := [halo for halo in plan.halos if not inside[0] < halo < inside[1]]:
            raise BadInput(
                f"the setting 'halos' has {out[0]:g} degrees; the pattern that is used runs from {inside[0]:.4g} to "
                f"{inside[1]:.4g}"
            )
        layers = None
        if self.layers:
            phases = begun(pattern, phases, beam, plan)
            told = layers_of(self.layers, self.layer_size, self.layer_count, self.phases)
            fit, plan, layers = refine_layered(found, pattern, phases, beam, plan, told)
        else:
            phases, fit = sought(pattern, phases, beam, plan)
        before = len(found.doubts)
        phases, fit = settled(found, pattern, phases, beam, plan, fit)
        alone, after = fit, len(found.doubts)
        if layers is not None:
            fit = with_shape(pattern, beam, fit, layers)
        for doubt in refinement_doubts(fit, phases, plan, beam):
            found.note(doubt)
        missed = fit.gof > BAD and (left := left_by(fit, pattern, plan)) > _NONE
        if missed:
            del found.doubts[before:after]  # what phases are needed for is not told by a pattern of others
            names = " and ".join(phase.structure.name for phase in phases)
            found.note(
                f"the pattern is not that of {names}: {100.0 * left:.3g} % of its lines are left, so that only Rwp and "
                "GoF are given; check the wavelength, and set 'phases'"
            )
        elif fit.converged:
            add_values(found, fit, phases, beam, len(self.halos))
            if layers is not None:
                add_layers(found, pattern, fit, phases, layers, beam)
            add_other_balance(found, pattern, phases, alone, beam, plan)
        if missed or not fit.converged:
            found.limits.clear()
        found.add("rwp", Spread(np.asarray(100.0 * fit.rwp)), "%", "%")
        found.add("gof", Spread(np.asarray(fit.gof)), "", "")
        return found.result(curves(pattern, fit, phases, found.doubts, told=fit.converged and not missed))

    def draw(self, result: Result) -> Drawing:
        """The pattern with the fit, below it what is left and a row of strokes for each phase's lines; edges."""
        if not {"pattern", "lines"} <= set(result.curves):
            raise BadInput("a figure of a refinement needs the curves pattern and lines")
        table, ticks = result.curves["pattern"].columns, result.curves["lines"].columns
        angle, seen, fit, under = (
            table[word].values for word in ("two_theta", "intensity", "calculated", "background")
        )
        names = result.curves["lines"].notes
        number, place = ticks["phase"].values, ticks["two_theta"].values
        whole = fitted_curve(
            (Axis("Two-theta", "deg"), Axis("Intensity")),
            (angle, seen),
            {"fit": fit},
            (Line(angle, under, "background", -1, "dashed"),),
            {name: place[number == int(n)] for n, name in names.items()},
            "Pattern",
        )
        edges = {name: result.values.get(f"a_{word_of(name)}") for name in names.values()}
        cells = {name: edge for name, edge in edges.items() if edge is not None}
        return Drawing(
            (whole, *side_by_side(("Phase", Axis("Edge a", "angstrom")), cells, "Cells")),
            "Rietveld refinement",
            result.source.virtual,
        )
