"""Blocked impedance: the ionic conductivity of a mixed conductor between layers that block electrons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import numpy as np

from thiocell.cell.from_sample import parameters
from thiocell.cell.parameters import Grains
from thiocell.cell.pellet_impedance import pellet_impedance
from thiocell.cell.protocol import symmetric
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.circuit import Circuit
from thiocell.techniques._cells.modelled import (
    BEGIN_PREDICTED,
    CELL_FACTS,
    GRAINS,
    GRAINS_PREDICTED,
    NODES,
    Begin,
    Modelled,
    checked_values,
)
from thiocell.techniques._findings import MODEL, Findings
from thiocell.techniques._impedance.fitted import circuit_of, fit_doubts, fixed_of
from thiocell.techniques._impedance.layers import (
    Layered,
    Method,
    look_at,
    misses,
    shared,
    total,
)
from thiocell.techniques._impedance.picture import curves, draw_routes
from thiocell.techniques._impedance.routes import ROUTES, line_found, one_intercept, routes
from thiocell.techniques._impedance.settings import SpectrumSettings
from thiocell.techniques._impedance.spectrum import (
    READS,
    Complex,
    Spectrum,
    read_spectrum,
)
from thiocell.techniques._impedance.virtual import recorded, sweep
from thiocell.techniques._spread import Spread
from thiocell.techniques._transient.holds import NEEDS, shape_of

_OTHER = (
    "the circuit does not describe the spectrum; free the line's exponent by fixed = [], or put what lies between a "
    "layer and the sample into the setting 'circuit', as p(R1,CPE1)"
)
_SHOWN = ("ionic_conductivity", *(f"conductivity_{route}" for route in (*ROUTES, "read")), "electronic_conductivity")
_TERMS = {
    "ionic_conductivity": Term("S/cm", "sigma_i", "of the ions, by the route of the smallest sigma", 1e-12, 1e2),
    "electronic_conductivity": Term("S/cm", "sigma_e", "of the electrons, from line and blank", 1e-12, 1e2),
    "chemical_capacitance": Term("F/cm**3", "c", "between the rails, from the line", 1e-12, 1e4),
    "conductivity_blank": Term("S/cm", "", "sigma_i by the low-frequency limit less the blank", 0, 1e6),
    "conductivity_line": Term("S/cm", "", "sigma_i by the line alone, with Re from DC", 0, 1e6),
    "conductivity_difference": Term("S/cm", "", "sigma_i by two plateaus read, with Re from DC", 0, 1e6),
    "conductivity_read": Term("S/cm", "", "what the one intercept says: sigma_i + sigma_e if it is Re||Ri", 0, 1e6),
    "layer_resistance": Term("ohm", "R_layers", "of the layers beside the sample, from the blank", 0, 1e12),
    "rise": Term("ohm", "", "from Re||Ri to Ri along the line: Ri^2/(Re + Ri)", 0, 1e12),
    "line_time": Term("s", "", "time constant of the line, (Re + Ri) C/4", 0, 1e12),
    "reached_low": Term("%", "", "share of the rise that is there at the lowest frequency: 100 is Ri", 0, 100),
    "reached_high": Term("%", "", "share of the rise that is gone at the highest frequency: 100 is Re||Ri", 0, 100),
    "agreement": Term("", "", "largest distance of two routes, in its standard deviations", 0, 1e9),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BlockedImpedance(SpectrumSettings):
    """Steel, a layer that passes ions alone, the sample, the layer again, steel; and the same without the sample.

    Three routes: the low-frequency limit less the blank; the two-rail line alone and two plateaus read without any
    circuit, both with Re from the fact ``electronic_conductivity``. What the spectrum does not reach is not given.
    """

    circuit: str = setting("R0-Wl1-CPE0", "circuit with one line Wl in series; what the blank has too bears its name")
    blank_circuit: str = setting("R0-CPE0", "circuit of the blank")
    fixed: tuple[str, ...] = setting(("Wl1_n = 1",), "parameters of the circuit that are held")
    layer_error: Quantity = setting(
        Quantity.exact(2.0, "%"), "assumed error by which the layers beside the sample differ from the blank's"
    )
    layers: Quantity = setting(Quantity.exact(500.0, "ohm"), "resistance of the layers of a predicted record")
    contact: Quantity = setting(
        Quantity.exact(10.0, "uF/cm**2"), "capacitance of each outer contact of a predicted record, at 1 rad/s; assumed"
    )

    law: Literal["line", "cell"] = setting("line", "law of a predicted record: a two-rail line, or the cell model")
    grains: Grains = setting(GRAINS, GRAINS_PREDICTED)
    begin: Begin = setting("sample", BEGIN_PREDICTED)

    terms: ClassVar[Mapping[str, Term]] = _TERMS
    gives: ClassVar[Mapping[str, Term]] = {
        word: _TERMS[word] for word in ("ionic_conductivity", "electronic_conductivity", "chemical_capacitance")
    }
    reads = READS
    needs: ClassVar[Mapping[str, Quantity]] = NEEDS
    roles: ClassVar[Mapping[str, str]] = {"blank": "the same cell without the sample; may be missing with Re from DC"}
    uses: ClassVar[Mapping[str, Quantity]] = {
        "electronic_conductivity": Quantity(1e-6, "S/cm", 1e-8),
        "chemical_capacitance": Quantity(10.0, "F/cm**3", 1.0),
    }

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """Both spectra, of the cell with the sample and of the blank, whose layers are off by ``layer_error``.

        With the law 'cell' the sample is the cathode of the cell model, and ``values`` are facts of the cell.
        """
        area = sample.positive("area", "cm**2").si
        contact = np.array([0.5 * self.contact.to("F/m**2").value * area, 0.9])
        own = self.layers.to("ohm").value
        share, gain = (
            0.0 if rng is None else size.to("").value * rng.normal() for size in (self.layer_error, self.gain_error)
        )
        inner, place, model = self._inner(values, sample)
        found = {}
        for role, layers, law in (("main", own * (1.0 + share), inner), ("blank", own, None)):
            frequency = sweep(self.span, self.points)
            z = circuit_of("R0-CPE0").impedance(np.array([layers, *contact]), frequency)[0]
            z = (1.0 + gain) * (z if law is None else z + law(frequency))
            found[role] = recorded(frequency, z, self.noise, rng, f"{role}: {place}", model)
        return found

    def _inner(self, values: Mapping[str, Quantity], sample: Sample) -> tuple[Callable[[Array], Complex], str, str]:
        """The impedance (ohm) of the sample between its layers, and how it came."""
        if self.law == "cell":
            model = Modelled.of(sample, checked_values(values, {}), self.grains, self.begin, NODES)
            whole = parameters(model.frame)
            pellet = symmetric(whole, "ion", layer_resistance=0.0)
            return partial(pellet_impedance, pellet, model.state(whole)), model.place, MODEL
        numbers = {}
        for word, unit in (
            ("ionic_conductivity", "S/m"), ("electronic_conductivity", "S/m"), ("chemical_capacitance", "F/m**3"),
        ):  # fmt: skip
            if word not in values:
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(self.gives)}")
            numbers[word] = self.gives[word].check(word, values[word]).to(unit).value
        length, area = sample.positive("thickness", "um").si, sample.positive("area", "cm**2").si
        ionic, electronic, capacitance = numbers.values()
        rails = [length / (electronic * area), length / (ionic * area), capacitance * area * length, 1.0]
        line = circuit_of("Tii1")
        return lambda frequency: line.impedance(np.array(rails), frequency)[0], "two-rail line between layers", ""

    @property
    def takes(self) -> Mapping[str, Term]:
        """The words that ``predict`` accepts: facts of the cell under the law 'cell'."""
        return CELL_FACTS if self.law == "cell" else self.gives

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """The ions' conductivity by each route that the records allow, how they agree, and which limits are reached."""
        circuit, blank = circuit_of(self.circuit), circuit_of(self.blank_circuit)
        method = Method(self.weighting, self.gain_error, self.starts, self.seed)
        (length, area), doubts = shape_of(sample, "thickness", "area")
        shape = length.over(area)
        spectrum = self._read(records, "main")
        found = Findings("blocked_impedance", spectrum)
        electronic = self._electronic(sample, shape, found)
        if "blank" not in records and electronic is None:
            raise BadInput(
                "blocked_impedance needs a record in the role 'blank' (the same cell without the sample), or the "
                "electronic_conductivity of the sample as a fact; it has neither"
            )
        seen = look_at(spectrum, circuit, fixed_of(self.fixed, circuit), method)
        for doubt in (*doubts, *seen.doubts):
            found.note(doubt)
        if seen.missed:
            found.note(f"there is no ionic_conductivity: {_OTHER}")
            return found.result(curves(spectrum, seen.fit))
        left = self._left(records, spectrum, seen, blank, method, found)
        if seen.rise is None or (left is None and electronic is None):
            one_intercept(found, left, shape, area.times(length), electronic, sample, spectrum)
        else:
            ions, electrons = routes(found, spectrum, seen.rise, left, shape, electronic)
            line_found(found, seen.rise, ions, electrons, length.times(area))
        return found.result(curves(spectrum, seen.fit))

    def _read(self, records: Mapping[str, Record], role: str) -> Spectrum:
        return read_spectrum(records, "blocked_impedance", role, inductive=self.inductive, low=self.low, high=self.high)

    def _electronic(self, sample: Sample, shape: Spread, found: Findings) -> Spread | None:
        """Re in ohm from the fact, if there is one."""
        word = "electronic_conductivity"
        if word not in sample:
            return None
        if not sample[word].known:
            found.note(f"the sigma of '{word}' of sample '{sample.name}' is unknown, so that of what uses it is too")
        return shape.over(Spread.of(sample.positive(word, "S/cm"), "S/m", word))

    def _left(
        self,
        records: Mapping[str, Record],
        own: Spectrum,
        seen: Layered,
        blank: Circuit,
        method: Method,
        found: Findings,
    ) -> Spread | None:
        """The resistance (ohm) of the limit Re||Ri: what the blank leaves of the resistors below the line."""
        if "blank" not in records:
            return None
        names = shared(seen.fit.circuit, blank)
        spectrum = self._read(records, "blank")
        if np.array_equal(spectrum.impedance, own.impedance):
            raise BadInput(
                f"the records '{own.name}' of the cell and '{spectrum.name}' of the blank hold the same spectrum; the "
                "blank is the cell without the sample"
            )
        fit = method.fit(spectrum, blank, {})
        if misses(fit, spectrum.kramers_kronig.noise):
            found.note(f"blank: circuit '{blank.text}' does not describe its spectrum: it tells nothing of Re||Ri")
            return None
        for doubt in (*spectrum.doubts, *fit_doubts(fit, self.weighting)):
            found.note(f"blank: {doubt}")
        alone, whole = total(method.spreads(fit, "blank"), names), total(seen.values, names)
        found.add("layer_resistance", alone, "ohm", "ohm")
        other = self.layer_error.to("").value * float(alone.value)
        left = whole.plus(Spread(alone.value, {**alone.parts, "layers": np.asarray(other)}), -1.0)
        if float(left.value) > 2.0 * float(left.sigma):
            return left
        found.note(
            f"the limit at high frequency, {float(whole.value):.4g} ohm, is not above the blank's "
            f"{float(alone.value):.4g} ohm by more than their errors: the blank tells nothing of Re||Ri"
        )
        return None

    def draw(self, result: Result) -> Drawing:
        """Nyquist and Bode plots with the fit, its residuals, and the relaxation times."""
        if not {"spectrum", "relaxation_times"} <= set(result.curves):
            raise BadInput("a figure of an impedance needs the curves spectrum and relaxation_times")
        return draw_routes(result, _SHOWN)
