"""Interruption: open-circuit curve, resistance and diffusivity from currents with rests between (ICI, GITT)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.slab_flux import charge_at_surface
from thiocell.techniques._findings import Findings
from thiocell.techniques._spread import Spread
from thiocell.techniques._transient.holds import CURRENT_ERROR, READS, VOLTAGE_ERROR, shape_of, written_down
from thiocell.techniques._transient.interruptions import Interrupted, Level, read_interrupted, relaxed
from thiocell.techniques._transient.titration import Titration, titrate
from thiocell.techniques._transient.titration_doubts import titration_doubts

Array = NDArray[np.float64]
Form = tuple[str, np.float64, Array, np.float64 | float]

_TERMS = {
    "resistance": Term("ohm", "R", "drop when the current stops over the current; mean of the states", 1e-2, 1e4),
    "diffusivity": Term("cm**2/s", "D", "of a slab; geometric middle of the states", 1e-14, 1e-4),
    "charge": Term("mAh", "Q", "charge that passed, in either direction", 1e-3, 1e3),
    "diffusion_resistance": Term("ohm/s**0.5", "k", "what goes as sqrt(t), over the current; mean", 0, 1e12),
    "open_circuit_voltage_n": Term("V", "U_n", "open-circuit voltage at the state n of 'at'", -1e3, 1e3),
    "resistance_n": Term("ohm", "R_n", "resistance at the state n of 'at'", 0, 1e12),
    "diffusivity_n": Term("cm**2/s", "D_n", "diffusivity at the state n of 'at'", 0, 1e3),
}


@dataclass(frozen=True)
class Interruption:
    """Each rest after a current gives a resistance and, with the slope of the open-circuit curve, a diffusivity.

    The voltage at rest is held against what it would be had the current gone on: by superposition the difference is
    a drop (resistance) and a slab's answer, which begins as the square root of time (diffusion).
    """

    method: Literal["auto", "ici", "gitt"] = setting(
        "auto", "'ici' reads diffusion off the rests, 'gitt' off the pulses; auto: gitt if rests are long and settle"
    )
    begin: Quantity = setting(Quantity.exact(1.0, "s"), "time after a switch that is left out: double layers charge")
    end: Quantity = setting(Quantity.exact(5.0, "s"), "time into a rest to which it is fitted, if its rows suffice")
    length: Quantity | None = setting(
        None,
        "diffusion length: volume over the area where ions enter (radius/3 of a sphere); none: the thickness",
        "10 um",
    )
    at: tuple[Quantity, ...] = setting((), "charges whose states are told by number, as '0.5 mAh' or '20 %' of all")
    current_error: Quantity = setting(CURRENT_ERROR, "relative error that all currents share")
    voltage_error: Quantity = setting(VOLTAGE_ERROR, "error of the voltage's offset")
    noise: Quantity = setting(Quantity.exact(0.05, "mV"), "of each predicted voltage, one sigma")
    voltage: Quantity = setting(Quantity.exact(2.4, "V"), "open-circuit voltage before the predicted discharge")
    fall: Quantity = setting(Quantity.exact(0.5, "V"), "by how much it falls, straight, while the charge passes")
    pulses: int = setting(30, "number of predicted pulses")
    pulse: Quantity = setting(Quantity.exact(900.0, "s"), "duration of a predicted pulse")
    rest: Quantity = setting(Quantity.exact(10.0, "s"), "duration of a predicted rest")
    points: int = setting(100, "rows of a predicted pulse (even in time) and rest (even in its square root)")

    terms: ClassVar[Mapping[str, Term]] = _TERMS
    gives: ClassVar[Mapping[str, Term]] = {word: _TERMS[word] for word in ("resistance", "diffusivity", "charge")}
    reads = READS

    @property
    def needs(self) -> Mapping[str, Quantity]:
        """The thickness, where no other ``length`` is told."""
        return {} if self.length is not None else {"thickness": Quantity(30.0, "um", 0.5)}

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """A slab whose open-circuit voltage falls straight, discharged in pulses: exact superposition of its answer."""
        numbers = []
        for word, unit in (("resistance", "ohm"), ("diffusivity", "m**2/s"), ("charge", "C")):
            if word not in values:
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(self.gives)}")
            numbers.append(self.gives[word].check(word, values[word]).to(unit).value)
        resistance, diffusivity, charge = numbers
        pulse, rest = (self._positive(name, "s") for name in ("pulse", "rest"))
        if self.pulses < 1 or self.points < 8:
            raise BadInput(f"a prediction needs a pulse and 8 points at least, not {self.pulses} and {self.points}")
        current = -charge / (self.pulses * pulse)
        begins = rest + np.arange(self.pulses) * (pulse + rest)
        steps = np.arange(1, self.points + 1) / self.points
        cycle = np.concatenate([pulse * steps, pulse + rest * steps**2])
        time = np.concatenate([rest * np.append(0.0, steps), np.add.outer(begins, cycle).ravel()])
        flows = np.append(np.zeros(self.points + 1), np.tile(np.repeat([1.0, 0.0], self.points), self.pulses))
        switched = np.concatenate([begins, begins + pulse])
        across = self._length(sample)[0].value ** 2 / diffusivity
        surface = charge_at_surface(time, switched, np.repeat([current, -current], self.pulses), float(across))
        volts = self.voltage.to("V").value + self._positive("fall", "V") / charge * surface
        volts = volts + flows * current * resistance
        if rng is not None:
            volts = volts + self.noise.to("V").value * rng.normal(size=volts.size)
        errors, place = (self.current_error, self.voltage_error), "slab behind a resistance, straight open circuit"
        return {"main": written_down("interruption", time, volts, flows * current, errors, rng, place)}

    def _positive(self, name: str, unit: str) -> float:
        given: Quantity = getattr(self, name)
        here = given.to(unit).value
        if here <= 0:
            raise BadInput(f"the setting '{name}' is {given}; it must exceed zero")
        return here

    def _length(self, sample: Sample) -> tuple[Spread, list[str]]:
        """The diffusion length in m, and what is to be doubted of it."""
        if self.length is None:
            (length,), doubts = shape_of(sample, "thickness")
            return length, doubts
        self._positive("length", "m")
        unknown = [] if self.length.known else ["the sigma of the setting 'length' is unknown, so D's is too"]
        return Spread.of(self.length, "m", "length"), unknown

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """Resistance and diffusivity over all states of charge, at the states asked for, and the table of all."""
        length, doubts = self._length(sample)
        record = read_interrupted(records, "interruption")
        window = (self._positive("begin", "s"), self._positive("end", "s"))
        if window[1] <= window[0]:
            raise BadInput(f"the setting 'end' is {self.end}; it must exceed 'begin', {self.begin}")
        titration = titrate(record, window, self._levels(record))
        found = Findings("interruption", record)
        for doubt in (*doubts, *titration_doubts(record, titration, window)):
            found.note(doubt)
        self._values(found, titration, self._forms(found, record, titration), length)
        amount = sum(abs(each.current) * each.long for each in record.stretches)
        gain = {"current gain": np.asarray(self._gain * amount)}
        found.add("charge", Spread(np.asarray(amount), gain), "C", "mAh")
        return found.result(self._curves(record, titration, length))

    @property
    def _gain(self) -> float:
        return self.current_error.to("").value

    def _levels(self, record: Interrupted) -> dict[int, Level]:
        """The relaxed voltages of the rests, by number; none where diffusion is to be read off the rests."""
        rests, pulses = record.durations
        if self.method == "ici" or (self.method == "auto" and rests < pulses):
            return {}
        levels = {n: relaxed(record, n) for n, each in enumerate(record.stretches) if not each.current}
        settled = sum(level.settled for level in levels.values())
        return levels if self.method == "gitt" or 2 * settled > len(levels) else {}

    def _states(self, record: Interrupted, titration: Titration) -> list[int]:
        """The interruptions nearest to the charges asked for."""
        charge, course = _axis(record, titration.charge), _axis(record, record.charge)
        low, high = float(course.min()), float(course.max())
        nearest = []
        for given in self.at:
            if not any(same_dimension(given.unit, unit) for unit in ("", "mAh")):
                raise BadInput(f"the setting 'at' has {given}; write it in 'mAh' or '%', like '50 %'")
            share = same_dimension(given.unit, "")
            if share and given.to("").value > 1:
                raise BadInput(f"the setting 'at' has {given}, more than all; write it in 'mAh' or '%', like '50 %'")
            wanted = low + given.to("").value * (high - low) if share else given.to("C").value
            if not low <= wanted <= high:
                raise BadInput(f"the setting 'at' has {given}, beyond the charge that record '{record.name}' passes")
            nearest.append(int(np.argmin(np.abs(charge - wanted))))
        return nearest

    def _forms(self, found: Findings, record: Interrupted, titration: Titration) -> list[Form]:
        """Means and states asked for, how they hang on (levels, drops, roots), and the law's error (of D a share)."""
        by_drop, by_rate = titration.by_drop, titration.by_rate
        logs = np.log(1.0 / titration.time[titration.good])
        off = float(np.hypot(*titration.rate_off))
        left, root = titration.left_open, titration.root.mean()
        forms: list[Form] = [
            ("resistance", titration.resistance.mean(), by_drop.mean(axis=0), left.mean()),
            ("diffusion_resistance", root, titration.by_root.mean(axis=0), titration.law * root),
        ]
        if logs.size:
            forms.append(("diffusivity", np.exp(logs.mean()), by_rate.mean(axis=0), off))
        for n, row in enumerate(self._states(record, titration), start=1):
            level = f"open_circuit_voltage_{n}", titration.open_circuit[row], titration.by_level[row]
            forms.append((*level, -titration.current[row] * left[row] * (not titration.seen.rests)))
            forms.append((f"resistance_{n}", titration.resistance[row], by_drop[row], left[row]))
            place = np.flatnonzero(titration.good == row)
            if place.size:
                rate = by_rate[place[0]]
                forms.append((f"diffusivity_{n}", np.exp(logs[place[0]]), rate, off))
            else:
                found.note(f"there is no diffusivity_{n}: it is not set at that state")
        return forms

    def _values(self, found: Findings, titration: Titration, forms: list[Form], length: Spread) -> None:
        """Each of ``forms`` with the noise that it shares, and the errors of law, gain, offset and length."""
        jacobian = np.array([form for _, _, form, _ in forms])
        roots = _roots(jacobian @ titration.seen.covariance @ jacobian.T)
        for (name, value, _, law), row in zip(forms, roots, strict=True):
            size = value if name.startswith("diffusivity") else 1.0
            named = {f"noise {k + 1}": part for k, part in enumerate(row)} | {"law": law}
            noise = {error: np.asarray(size * part) for error, part in named.items() if part}
            if name.startswith("diffusivity"):
                spread = length.times(length).times(Spread(np.asarray(value), noise))
                found.add(name, spread, "m**2/s", "cm**2/s")
            elif name.startswith("open_circuit"):
                offset = {"voltage offset": np.asarray(self.voltage_error.to("V").value)}
                found.add(name, Spread(np.asarray(value), noise | offset), "V", "V")
            else:
                gain = {"current gain": np.asarray(-self._gain * value)}
                unit = "ohm/s**0.5" if name == "diffusion_resistance" else "ohm"
                found.add(name, Spread(np.asarray(value), noise | gain), unit, unit)

    def _curves(self, record: Interrupted, titration: Titration, length: Spread) -> dict[str, Record]:
        """The table of all states, and the record's voltage against the charge."""
        resistance_sigma, root_sigma = (
            np.sqrt(titration.noise(jacobian) ** 2 + (self._gain * value) ** 2 + law**2)
            for jacobian, value, law in (
                (titration.by_drop, titration.resistance, titration.left_open),
                (titration.by_root, titration.root, titration.law * titration.root),
            )
        )
        diffusivity, share = float(length.value) ** 2 / titration.time, np.full(titration.time.size, np.nan)
        share[titration.good] = titration.noise(titration.by_rate)
        share = np.sqrt(
            share**2 + 4.0 * (float(length.sigma / length.value) ** 2) + np.sum(np.square(titration.rate_off))
        )
        factor = Quantity(1.0, "C").to("mAh").value
        table = {
            "charge": Column(factor * _axis(record, titration.charge), "mAh"),
            "open_circuit_voltage": Column(titration.open_circuit, "V"),
            "resistance": Column(titration.resistance, "ohm"),
            "resistance_sigma": Column(resistance_sigma, "ohm"),
            "diffusion_resistance": Column(titration.root, "ohm/s**0.5"),
            "diffusion_resistance_sigma": Column(root_sigma, "ohm/s**0.5"),
            "diffusivity": Column(1e4 * diffusivity, "cm**2/s"),
            "diffusivity_sigma": Column(1e4 * diffusivity * share, "cm**2/s"),
        }
        course = {
            "charge": Column(factor * _axis(record, record.charge), "mAh"),
            "voltage": Column(record.voltage, "V"),
        }
        return {
            "states": Record("states", "states", table, record.source),
            "voltage": Record("voltage", "voltage", course, record.source),
        }

    def draw(self, result: Result) -> Drawing:
        """Voltage with the open-circuit curve, resistance and diffusivity against charge."""
        if not {"states", "voltage"} <= set(result.curves):
            raise BadInput("a figure of interruptions needs the curves states and voltage")
        table, course = result.curves["states"], result.curves["voltage"]
        charge, level = (table.columns[name].values for name in ("charge", "open_circuit_voltage"))
        x = Axis("Charge passed", "mAh")
        record = Line(course.columns["charge"].values, course.columns["voltage"].values, "record", -1)
        panels = [
            Panel(x, Axis("Voltage", "V"), (record, Points(charge, level, "open circuit", 0)), "Open-circuit curve")
        ]
        for word, middle in (("resistance", "mean"), ("diffusivity", "geometric middle")):
            if word not in result.values:
                continue
            value, sigma = (table.columns[name].values for name in (word, f"{word}_sigma"))
            there = np.isfinite(value)
            points = Points(charge[there], value[there], "each interruption", 0, sigma_y=sigma[there])
            line = Line(charge[[0, -1]], np.full(2, result.values[word].value), middle, 1, "dashed")
            axis = Axis(word.capitalize(), result.values[word].unit, "log" if word == "diffusivity" else "linear")
            panels.append(Panel(x, axis, (points, line), word.capitalize()))
        return Drawing(tuple(panels), f"Interruptions, {len(table)} states of charge", result.source.virtual)


def _axis(record: Interrupted, charge: Array) -> Array:
    """The charge counted in the direction of the first current."""
    first = next(each.current for each in record.stretches if each.current)
    return np.asarray(np.sign(first) * charge)


def _roots(covariance: Array) -> Array:
    """A lower triangle whose product with itself is ``covariance``."""
    size = np.sqrt(np.where(np.diag(covariance) > 0, np.diag(covariance), 1.0))
    root = np.linalg.cholesky(covariance / np.outer(size, size) + 1e-12 * np.eye(size.size))
    return np.asarray(root * size[:, None])
