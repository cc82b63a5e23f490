"""Potential step: diffusivity of a slab from the current that fills it, and the conductivity it is said to mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.composition import FARADAY
from thiocell.physics.slab_fit import STRAIGHT, Windows, cottrell_windows
from thiocell.physics.slab_step import nernst_einstein, slab_step
from thiocell.techniques._cells.held import held_trace
from thiocell.techniques._cells.modelled import CELL_FACTS, Modelled, checked_values
from thiocell.techniques._cells.settings import ModelSettings
from thiocell.techniques._findings import MODEL, Findings
from thiocell.techniques._spread import Spread
from thiocell.techniques._transient.holds import (
    CURRENT_ERROR,
    READS,
    VOLTAGE_ERROR,
    driven,
    read_holds,
    shape_of,
    written_down,
)
from thiocell.techniques._transient.slab_course import Course, fitted_course
from thiocell.techniques._transient.step_picture import curves, draw_step

_REST, _ROWS = 60.0, 13
"""s, and rows, of the rest at 0 V before the predicted step; assumed."""
_OFF = 0.05
"""assumed: relative error of i sqrt(t) in a window that counts as limited by diffusion."""
_SET = 0.3
"""assumed: relative sigma of a diffusion time above which the record does not set it."""
_SPREAD = 1.5
"""assumed: ratio of two diffusivities from which a choice of window matters."""
_TERMS = {
    "diffusivity": Term("cm**2/s", "D", "L^2 over the diffusion time of a slab behind a resistance", 1e-11, 1e-6),
    "diffusion_ratio": Term("", "Lambda", "resistance of diffusion over the series resistance", 1.0, 1000.0),
    "charge": Term("mAh", "Q", "charge that the step would pass in endless time", 1e-3, 1e3),
    "initial_current": Term("A", "i_0", "current that the series resistance lets through at first", 0, 1e5),
    "series_resistance": Term("ohm", "R", "step of the voltage over the initial current", 0, 1e12),
    "cottrell_diffusivity": Term(
        "cm**2/s", "D_C", "by Cottrell's law in the longest window limited by diffusion", 0, 1e3
    ),
    "straight_least": Term("cm**2/s", "", "least D that a Cottrell plot with R2 of 0.99 gives, by its window", 0, 1e3),
    "straight_most": Term("cm**2/s", "", "the most", 0, 1e3),
    "straight_conductivity_least": Term("S/cm", "", "C z^2 F^2 D/(R T) with the least of these", 0, 1e6),
    "straight_conductivity_most": Term("S/cm", "", "the same with the most", 0, 1e6),
    "ionic_conductivity": Term("S/cm", "sigma", "C z^2 F^2 D/(R T) with D of the slab", 0, 1e6),
    "cottrell_conductivity": Term("S/cm", "sigma_C", "C z^2 F^2 D/(R T) with D by Cottrell's law", 0, 1e6),
}


@dataclass(frozen=True, kw_only=True)
class PotentialStep(ModelSettings):
    """The current after a step of the voltage is that of a finite slab behind a series resistance.

    Diffusion time and resistance are fitted together. Cottrell's law is held beside it in every window; where no window
    is limited by diffusion, it gives nothing. With a ``concentration`` of mobile ions a conductivity follows by Nernst
    and Einstein, which leaves out the thermodynamic factor that a chemical diffusivity carries.
    """

    concentration: Quantity | None = setting(None, "of mobile ions, for Nernst and Einstein", "0.04 mol/cm**3")
    charge_number: int = setting(1, "charge of an ion")
    temperature: Quantity = setting(Quantity.exact(25.0, "degC"), "temperature of the test")
    cut: Quantity | None = setting(None, "time at the beginning that is left out; none: found by the fit", "5 s")
    current_error: Quantity = setting(CURRENT_ERROR, "relative error that all currents share")
    voltage_error: Quantity = setting(VOLTAGE_ERROR, "error of the voltage's offset")
    voltage: Quantity = setting(Quantity.exact(3.0, "V"), "voltage of the predicted hold")
    duration: Quantity = setting(Quantity.exact(2.0, "h"), "duration of the predicted hold")
    points: int = setting(400, "rows of the predicted record, even in the logarithm of time")
    law: Literal["slab", "cell"] = setting("slab", "law of a predicted record: the slab, or the cell model")

    terms: ClassVar[Mapping[str, Term]] = _TERMS
    gives: ClassVar[Mapping[str, Term]] = {word: _TERMS[word] for word in ("diffusivity", "diffusion_ratio", "charge")}
    reads = READS
    needs: ClassVar[Mapping[str, Quantity]] = {"thickness": Quantity(30.0, "um", 0.5)}

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """The current into a slab behind a resistance, at times even in their logarithm; or that of the cell model.

        With the law 'cell' the cell of the sample is stepped, and ``values`` are facts of the cell.
        """
        if self.law == "cell":
            model = Modelled.of(sample, checked_values(values, self.gives), self.grains, self.begin, self.nodes)
            seen = held_trace(model, self.voltage.to("V").value, self.duration.to("s").value, _REST, lambda cell: cell)
            errors = (self.current_error, self.voltage_error)
            return {"main": written_down("potential_step", *seen, errors, rng, model.place, MODEL)}
        numbers = []
        for word, unit in (("diffusivity", "m**2/s"), ("diffusion_ratio", ""), ("charge", "C")):
            if word not in values:
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(self.gives)}")
            numbers.append(self.gives[word].check(word, values[word]).to(unit).value)
        diffusivity, ratio, charge = numbers
        long = self.duration.to("s").value
        if long <= 0 or self.points < 16:
            raise BadInput(
                f"a predicted hold needs a duration above zero and 16 points, not {self.duration} and {self.points}"
            )
        time = np.geomspace(1e-5 * long, long, self.points)
        gap = time[0]
        if rng is not None:  # an instrument's rows know nothing of the step: it falls anywhere between two
            time[0] = gap * (1.0 - rng.random())
        across = sample.positive("thickness", "um").si ** 2 / diffusivity
        current = slab_step(time, charge, across, ratio).current
        errors = (self.current_error, self.voltage_error)
        rest = np.linspace(0.0, _REST - (gap - time[0]), _ROWS)
        time, current = np.concatenate([rest, _REST + time]), np.concatenate([np.zeros(_ROWS), current])
        volts = np.where(np.arange(time.size) < _ROWS, 0.0, self.voltage.to("V").value)
        place = "slab behind a series resistance"
        return {"main": written_down("potential_step", time, volts, current, errors, rng, place)}

    @property
    def takes(self) -> Mapping[str, Term]:
        """The words that ``predict`` accepts: facts of the cell under the law 'cell'."""
        return CELL_FACTS if self.law == "cell" else self.gives

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """Diffusivity and resistance of the slab, Cottrell's windows, conductivities where a concentration is told."""
        self._check()
        asked = ("thickness", "area") if self.concentration is not None else ("thickness",)
        (length, *rest), doubts = shape_of(sample, *asked)
        held = read_holds(records, "potential_step")
        hold, before = driven(held)
        found = Findings("potential_step", held)
        for doubt in doubts:
            found.note(doubt)
        course = fitted_course(held, hold, self.cut, found)
        fit, spreads = course.fit, course.spreads(self.current_error)
        windows = cottrell_windows(fit.time, fit.current)
        if course.refuted:
            found.note("there is no diffusivity: the current is not that of a slab behind a resistance")
        else:
            self._slab(found, course, spreads, length)
        if before is not None and "initial_current" in found.spreads:
            step = Spread(np.asarray(abs(hold.voltage - before)), {"voltage noise": np.asarray(1e-4)})
            found.add("series_resistance", step.over(found.spreads["initial_current"]), "ohm", "ohm")
        full = self._full(spreads["charge"], length, rest)
        if (course.felt and not course.refuted) or self.concentration is not None:
            self._cottrell(found, windows, full)
        return found.result(curves(held, fit, windows, float(full.value)))

    def _check(self) -> None:
        """Raises BadInput for settings that mean nothing."""
        if self.concentration is not None and self.concentration.to("mol/m**3").value <= 0:
            raise BadInput(f"the setting 'concentration' is {self.concentration}; it must exceed zero")
        if self.charge_number == 0:
            raise BadInput("the setting 'charge_number' is 0; an ion has a charge")
        if self.cut is not None and self.cut.to("s").value < 0:
            raise BadInput(f"the setting 'cut' is {self.cut}; it must not lie below zero")
        if self.temperature.to("K").value <= 0:
            raise BadInput(f"the setting 'temperature' is {self.temperature}; it must lie above 0 K")

    def _slab(self, found: Findings, course: Course, spreads: Mapping[str, Spread], length: Spread) -> None:
        """Diffusivity and the rest, unless the record does not set them."""
        _, across, ratio = np.exp(course.fit.logs)
        if not course.felt:
            found.note(
                "there is no diffusivity: the record ends before the slab's end is felt, and sets neither its charge "
                "nor its diffusion time"
            )
            return
        resisted = course.sigma(2) <= _SET
        if course.sigma(1) <= _SET and ratio >= 1.0:
            found.add("diffusivity", length.times(length).over(spreads["time"]), "m**2/s", "cm**2/s")
        elif ratio < 1.0:
            found.note(
                f"there is no diffusivity: the series resistance is {1 / ratio:.2g} times that of diffusion, so the "
                "current tells of the resistance and the charge"
            )
        else:
            found.note(
                f"there is no diffusivity: the record does not set the diffusion time, about {across:.2g} s, of which "
                f"it is {course.fit.time[-1] / across:.2g} long"
            )
        found.add("charge", spreads["charge"], "C", "mAh")
        if resisted:
            found.add("diffusion_ratio", spreads["ratio"], "", "")
            found.add("initial_current", spreads["charge"].times(spreads["ratio"]).over(spreads["time"]), "A", "A")
        else:
            found.note(f"there is no series resistance: the record does not set its ratio, about {ratio:.2g}")
        self._conductivity(found, "ionic_conductivity", "diffusivity")

    def _conductivity(self, found: Findings, name: str, by: str) -> None:
        """Nernst and Einstein's conductivity of a diffusivity that was found."""
        if self.concentration is None or by not in found.spreads:
            return
        told = self.concentration.to("mol/m**3")
        factor = nernst_einstein(1.0, told.value, self.charge_number, self.temperature.to("K").value)
        share = told.sigma / told.value if told.sigma != 0 else 0.0
        spread = found.spreads[by].scaled(factor)
        parts = dict(spread.parts)
        if share:  # D by Cottrell goes as 1/C^2 already
            parts["concentration"] = parts.get("concentration", np.asarray(0.0)) + share * spread.value
        found.add(name, Spread(spread.value, parts), "S/m", "S/cm")
        found.note(
            f"conductivities by Nernst and Einstein take {self.concentration} of ions that do not feel each other; a "
            "chemical diffusivity carries the thermodynamic factor too"
        )

    def _full(self, charge: Spread, length: Spread, rest: list[Spread]) -> Spread:
        """C/m: the charge that the step brings about in each metre of the slab, told or found."""
        if self.concentration is None:
            return charge.over(length)
        ions = Spread.of(self.concentration, "mol/m**3", "concentration")
        return rest[0].times(ions).scaled(self.charge_number * FARADAY)

    def _cottrell(self, found: Findings, windows: Windows, full: Spread) -> None:
        """Cottrell's diffusivity in the longest window that diffusion limits; a doubt if there is none."""
        self._straight(found, windows, full)
        limited = np.flatnonzero(windows.limited)
        if not limited.size:
            low, high = windows.exponent.min(), windows.exponent.max()
            found.note(
                "there is no cottrell_diffusivity: no window is limited by diffusion (the current falls like "
                f"t^{low:.2f} to t^{high:.2f}, not as t^-0.50 for long): resistance and the slab's end leave none"
            )
            return
        best = limited[np.argmax(windows.last[limited] / windows.first[limited])]
        all_d = windows.slope[limited] ** 2
        spread = float(np.std(all_d) / np.mean(all_d)) if limited.size > 1 else 0.1
        slope = float(windows.slope[best])
        gain = self.current_error.to("").value
        parts = {"current gain": np.asarray(gain * slope), "window": np.asarray(max(0.5 * spread, _OFF) * slope)}
        line = Spread(np.asarray(slope), parts)
        root = line.over(full)
        found.add("cottrell_diffusivity", root.times(root).scaled(np.pi), "m**2/s", "cm**2/s")
        self._conductivity(found, "cottrell_conductivity", "cottrell_diffusivity")

    def _straight(self, found: Findings, windows: Windows, full: Spread) -> None:
        """What straight Cottrell plots would say, whatever limits the current: least and most."""
        lines = windows.line[windows.straight]
        if not lines.size:
            return
        gain = self.current_error.to("").value
        for end, line in (("least", lines.min()), ("most", lines.max())):
            root = Spread(np.asarray(line), {"current gain": np.asarray(gain * line)}).over(full)
            found.add(f"straight_{end}", root.times(root).scaled(np.pi), "m**2/s", "cm**2/s")
            self._conductivity(found, f"straight_conductivity_{end}", f"straight_{end}")
        low, high = (found.values[f"straight_{end}"].value for end in ("least", "most"))
        if high > _SPREAD * low:
            found.note(
                f"Cottrell plots with R2 of {STRAIGHT:g} and more give {low:.2g} to {high:.2g} cm2/s by the choice of "
                "their window: a straight plot alone says nothing of diffusion"
            )

    def draw(self, result: Result) -> Drawing:
        """Current against time with the slab, and Cottrell's diffusivity against the window."""
        if not {"current", "windows"} <= set(result.curves):
            raise BadInput("a figure of a potential step needs the curves current and windows")
        return draw_step(result)
