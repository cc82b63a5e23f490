"""Impedance: a spectrum tested, fitted by an equivalent circuit, and shown as relaxation times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.result import Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.core.vocabulary import FACTS
from thiocell.physics.circuit import Circuit, in_series
from thiocell.physics.circuit_fit import CircuitFit
from thiocell.physics.circuit_profile import Profile
from thiocell.techniques._findings import Findings
from thiocell.techniques._impedance.fitted import (
    circuit_of,
    circuit_terms,
    conductivity_term,
    fit_doubts,
    fitted,
    fixed_of,
    left_out,
    meaning,
    parameter_spreads,
    profile_doubts,
    profiled,
    sum_spread,
    with_gain,
)
from thiocell.techniques._impedance.picture import curves, draw_spectrum, misfit
from thiocell.techniques._impedance.settings import SpectrumSettings
from thiocell.techniques._impedance.spectrum import (
    READS,
    kramers_kronig_doubts,
    read_spectrum,
)
from thiocell.techniques._impedance.virtual import recorded, sweep
from thiocell.techniques._spread import Spread

TOTAL = "conductivity_total"
_TOTAL = Term("S/cm", "sigma_total", "L/(R A) with all resistors in series", 0, 1e12)
_NONE = 1e-3
"""assumed: share of the largest resistance below which one that is not set counts for nothing in their sum."""
_OTHERS = {
    "chi2": Term("", "chi2", "sum of squared residuals, each over its sigma or over |Z|", 0, 1e300),
    "misfit": Term("%", "", "standard deviation of the residuals as a share of |Z|", 0, 1e6),
    "kramers_kronig": Term(
        "%", "", "standard deviation of the linear Kramers-Kronig residuals as a share of |Z|", 0, 1e6
    ),
}


@dataclass(frozen=True, kw_only=True)
class Impedance(SpectrumSettings):
    """An equivalent circuit, read as text, fitted from many starts; the parameters are its values.

    Each resistor's conductivity L/(R A) is given too where the sample states thickness and area.
    """

    circuit: str = setting("R0-p(R1,CPE1)-CPE2", "equivalent circuit: '-' in series, p(a,b) in parallel")
    fixed: tuple[str, ...] = setting((), "parameters that are held, such as 'R0 = 0.02 ohm'")

    reads = READS
    needs: ClassVar[Mapping[str, Quantity]] = {}

    @property
    def gives(self) -> Mapping[str, Term]:
        """The parameters of the circuit."""
        return circuit_terms(self._circuit)

    @property
    def terms(self) -> Mapping[str, Term]:
        """Also how well the circuit does, and conductivities."""
        resistors = {f"conductivity_{name}": conductivity_term(name) for name in self._resistors(self._circuit)}
        return {**self.gives, **resistors, TOTAL: _TOTAL, **_OTHERS}

    @staticmethod
    def means(word: str) -> Term | None:
        """What a value means, whatever the circuit."""
        return meaning(word)

    @property
    def _circuit(self) -> Circuit:
        return circuit_of(self.circuit)

    def _resistors(self, circuit: Circuit) -> list[str]:
        return [name for name, part in zip(circuit.names, circuit.parts, strict=True) if part.kind == "resistance"]

    def predict(
        self,
        values: Mapping[str, Quantity],
        sample: Sample,  # noqa: ARG002 - a circuit says all
        rng: np.random.Generator | None = None,
    ) -> Mapping[str, Record]:
        """The spectrum of the circuit with ``values``, and of what is ``fixed``, at ``points`` frequencies."""
        circuit, terms = self._circuit, self.gives
        held = fixed_of(self.fixed, circuit)
        numbers = []
        for name in circuit.names:
            if name not in held and name not in values:
                raise BadInput(f"'{name}' is missing; circuit '{circuit.text}' needs {', '.join(circuit.names)}")
            numbers.append(terms[name].check(name, values[name]).value if name in values else held[name])
        frequency = sweep(self.span, self.points)
        gain = 0.0 if rng is None else self.gain_error.to("").value * rng.normal()
        z = (1.0 + gain) * circuit.impedance(np.array(numbers), frequency)[0]
        return {"main": recorded(frequency, z, self.noise, rng, f"circuit {circuit.text}")}

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """The parameters of the circuit, the Kramers-Kronig test, and the distribution of relaxation times."""
        spectrum = read_spectrum(records, "impedance", inductive=self.inductive, low=self.low, high=self.high)
        circuit = self._circuit
        held = fixed_of(self.fixed, circuit)
        fit = fitted(spectrum, circuit, held, self.weighting, self.starts, self.seed)
        reach = profiled(spectrum, fit, held, self.weighting)
        found = Findings("impedance", spectrum)
        test = spectrum.kramers_kronig
        for doubt in (
            *kramers_kronig_doubts(spectrum),
            *fit_doubts(fit, self.weighting),
            *profile_doubts(fit, reach),
            *left_out(spectrum, fit, self.weighting),
        ):
            found.note(doubt)
        self._parameters(found, fit, reach)
        self._conductivities(found, sample, fit, reach)
        found.add("chi2", Spread(np.asarray(fit.chi2)), "", "")
        found.add("misfit", Spread(np.asarray(100.0 * misfit(spectrum, fit))), "%", "%")
        found.add("kramers_kronig", Spread(np.asarray(100.0 * test.noise)), "%", "%")
        return found.result(curves(spectrum, fit))

    def _parameters(self, found: Findings, fit: CircuitFit, reach: Profile) -> None:
        """Those that the spectrum sets as values, those that it bounds from one side as limits."""
        spreads = parameter_spreads(fit, 1.0 if self.weighting == "given" else fit.scatter)
        for k, (name, part) in enumerate(zip(fit.circuit.names, fit.circuit.parts, strict=True)):
            below, above = reach.open_below[k], reach.open_above[k]
            if below != above:
                bound = Quantity.exact(float(reach.least[k] if above else reach.most[k]), part.unit)
                found.limits[name] = Limit(bound, "above" if above else "below", 0.95)
            if below or above or fit.unset[k]:
                continue
            spread = spreads[name]
            if reach.sigma[k]:
                more = np.sqrt(max(float(reach.sigma[k] ** 2 - spread.sigma**2), 0.0))
                spread = spread.plus(Spread(np.asarray(0.0), {f"profile {name}": np.asarray(more)}))
            gained = spread if fit.fixed[k] else with_gain(spread, part.kind, self.gain_error)
            found.add(name, gained, part.unit, part.unit)

    def _conductivities(self, found: Findings, sample: Sample, fit: CircuitFit, reach: Profile) -> None:
        """Those behind each resistance, and behind all that stand in series."""
        facts = {name: sample.facts[name].quantity for name in ("thickness", "area") if name in sample}
        for name, quantity in facts.items():
            if not quantity.known:
                found.note(
                    f"the sigma of '{name}' of sample '{sample.name}' is unknown, so that of a conductivity is too"
                )
        if len(facts) < 2:
            if facts:
                missing = "area" if "thickness" in facts else "thickness"
                found.note(f"there is no conductivity: the {missing} of sample '{sample.name}' is missing")
            return
        length, area = (
            Spread.of(FACTS[name].check(name, sample.positive(name, FACTS[name].unit)), unit, name)
            for name, unit in (("thickness", "m"), ("area", "m**2"))
        )
        for name in self._resistors(fit.circuit):
            if name not in found.spreads:
                continue
            found.add(f"conductivity_{name}", length.over(found.spreads[name].times(area)), "S/m", "S/cm")
        series = in_series(fit.circuit)
        places = [fit.circuit.names.index(name) for name in series]
        told = [k for k in places if not fit.unset[k]]
        largest = max((float(fit.values[k]) for k in told), default=0.0)
        lost = [fit.values[k] for k in places if fit.unset[k]]
        if len(series) > 1 and told and all(value <= _NONE * largest for value in lost):
            scale = 1.0 if self.weighting == "given" else fit.scatter
            whole = with_gain(sum_spread(fit, told, scale, reach.reached), "resistance", self.gain_error)
            found.add(TOTAL, length.over(whole.times(area)), "S/m", "S/cm")

    def draw(self, result: Result) -> Drawing:
        """Nyquist and Bode plots with the fit, its residuals, and the relaxation times."""
        if not {"spectrum", "relaxation_times"} <= set(result.curves):
            raise BadInput("a figure of an impedance needs the curves spectrum and relaxation_times")
        return draw_spectrum(result, "Impedance")
