"""DC polarisation: the electronic conductivity of a pellet between contacts that block ions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np

from thiocell.cell.protocol import symmetric
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.plateau import Plateau, plateau
from thiocell.physics.polarisation import polarisation_current, settling_time
from thiocell.techniques._cells.held import held_trace
from thiocell.techniques._cells.modelled import CELL_FACTS, Modelled, checked_values
from thiocell.techniques._cells.settings import ModelSettings
from thiocell.techniques._findings import MODEL, ONE_SIDED, Findings
from thiocell.techniques._spread import Spread
from thiocell.techniques._transient.holds import (
    CURRENT_ERROR,
    NEEDS,
    READS,
    VOLTAGE_ERROR,
    Held,
    Hold,
    read_holds,
    shape_of,
    written_down,
)
from thiocell.techniques._transient.steady import ZERO, driving, jump, ohmic
from thiocell.techniques._transient.steady import doubts as against

_SETTLES = {"ionic_conductivity", "chemical_capacitance"}
"""Facts of a sample that tell how long it needs to settle."""
_TOLD = 2.0
"""assumed: standard deviations from zero from which a value is given and not a limit."""
_TERMS = {
    "electronic_conductivity": Term("S/cm", "sigma_e", "L I/(V A) with the current that is left at last", 1e-10, 1e-2),
    "apparent_conductivity": Term("S/cm", "sigma_app", "the same with the mean current of the last tenth", -1e3, 1e6),
    "settling_time": Term("s", "tau", "time constant of what the current still loses", 0, 1e12),
    "offset_current": Term("A", "I_0", "current without a voltage, from several voltages", -1e3, 1e3),
}


@dataclass(frozen=True, kw_only=True)
class DcPolarisation(ModelSettings):
    """Holds at one voltage or more: the current is followed to its plateau, not read off at the end.

    Several voltages, of both signs too, give the slope of current against voltage; one gives their ratio. Where the
    sample states ``ionic_conductivity`` and ``chemical_capacitance``, the time that it needs to settle is told.
    """

    current_error: Quantity = setting(CURRENT_ERROR, "relative error that all currents share")
    voltage_error: Quantity = setting(VOLTAGE_ERROR, "error of the voltage's offset")
    voltage: Quantity = setting(Quantity.exact(1.0, "V"), "voltage of the predicted hold")
    duration: Quantity = setting(Quantity.exact(0.5, "h"), "duration of the predicted hold")
    interval: Quantity = setting(Quantity.exact(5.0, "s"), "time between rows of the predicted record")
    ionic_conductivity: Quantity = setting(
        Quantity.exact(1e-6, "S/cm"), "of the predicted pellet, where its sample states none"
    )
    chemical_capacitance: Quantity = setting(
        Quantity.exact(0.01, "F/cm**3"), "between the rails of the predicted pellet, where its sample states none"
    )

    law: Literal["rails", "cell"] = setting("rails", "law of a predicted record: a two-rail line, or the cell model")

    terms: ClassVar[Mapping[str, Term]] = _TERMS
    gives: ClassVar[Mapping[str, Term]] = {"electronic_conductivity": _TERMS["electronic_conductivity"]}
    reads = READS
    needs: ClassVar[Mapping[str, Quantity]] = NEEDS
    uses: ClassVar[Mapping[str, Quantity]] = {
        "ionic_conductivity": Quantity(1e-6, "S/cm", 1e-7),
        "chemical_capacitance": Quantity(10.0, "F/cm**3", 1.0),
    }

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """The current of a mixed conductor between electron contacts after the voltage is switched on.

        With the law 'cell' it is the cathode of the cell model, as a pellet, and ``values`` are facts of the cell.
        """
        if self.law == "cell":
            model = Modelled.of(sample, checked_values(values, {}), self.grains, self.begin, self.nodes)
            volts, seconds = _positive("voltage", self.voltage, "V"), _positive("duration", self.duration, "s")
            seen = held_trace(model, -volts, seconds, 0.0, lambda cell: symmetric(cell, "electron"))
            seen = seen._replace(voltage=-seen.voltage, current=-seen.current)
            errors = (self.current_error, self.voltage_error)
            return {"main": written_down("dc_polarisation", *seen, errors, rng, model.place, MODEL)}
        if "electronic_conductivity" not in values:
            raise BadInput("'electronic_conductivity' is missing; predict needs it")
        electronic = self.gives["electronic_conductivity"].check(
            "electronic_conductivity", values["electronic_conductivity"]
        )
        through, blocked, capacitance = self._rails(electronic.to("S/m").value, sample)
        volts, long, every = (
            _positive(name, getattr(self, name), unit)
            for name, unit in (("voltage", "V"), ("duration", "s"), ("interval", "s"))
        )
        if long < 16 * every:
            raise BadInput(f"a hold of {self.duration} has too few rows {self.interval} apart; take a shorter interval")
        time = np.arange(1, int(long / every) + 1) * every
        current = polarisation_current(time, volts, through, blocked, capacitance)
        time, current = np.append(0.0, time), np.append(volts * (1.0 / through + 1.0 / blocked), current)
        errors = (self.current_error, self.voltage_error)
        place = "mixed conductor between contacts that block ions"
        record = written_down("dc_polarisation", time, np.full(time.size, volts), current, errors, rng, place)
        return {"main": record}

    @property
    def takes(self) -> Mapping[str, Term]:
        """The words that ``predict`` accepts: facts of the cell under the law 'cell'."""
        return CELL_FACTS if self.law == "cell" else self.gives

    def _rails(self, electronic: float, sample: Sample) -> tuple[float, float, float]:
        """Resistances (ohm) of electrons and ions, and the capacitance (F) between them."""
        length, area = sample.positive("thickness", "um").si, sample.positive("area", "cm**2").si
        ionic, capacitance = (
            (sample[name] if name in sample else getattr(self, name)).to(unit).value
            for name, unit in (("ionic_conductivity", "S/m"), ("chemical_capacitance", "F/m**3"))
        )
        return length / (electronic * area), length / (ionic * area), capacitance * area * length

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """The electronic conductivity from the plateaus, what the last tenth of the hold would say, what is open."""
        (length, area), doubts = shape_of(sample, "thickness", "area")
        held = read_holds(records, "dc_polarisation")
        found = Findings("dc_polarisation", held)
        for doubt in doubts:
            found.note(doubt)
        holds = driving(held, found)
        levels = [_level(hold) for hold in holds]
        jumps = [self._jump(hold, found) for hold in holds]
        seen = [(level.level, float(np.hypot(level.sigma, size))) for level, size in zip(levels, jumps, strict=True)]
        conductance = self._conductance(holds, seen, found)
        last = self._conductance(holds, [(level.last, level.last_sigma) for level in levels], None)
        shape = length.over(area)
        apparent = last.times(shape)
        found.add("apparent_conductivity", apparent, "S/m", "S/cm")
        slow = self._expected(holds, apparent, sample)
        self._conclude(found, holds, levels, apparent, None if slow else conductance.times(shape))
        for doubt in (*against(holds, levels, set(sample.facts) >= _SETTLES), *slow):
            found.note(doubt)
        return found.result(_curves(held, holds, levels, float(shape.value)))

    def _conclude(
        self, found: Findings, holds: list[Hold], levels: list[Plateau], apparent: Spread, plain: Spread | None
    ) -> None:
        """The conductivity, a limit of it, or why there is neither; ``plain`` is None for too short a hold."""
        word, none = "electronic_conductivity", "there is no electronic_conductivity"
        bound = apparent.quantity("S/m", "S/cm")
        sigma = bound.sigma if bound.known else 0.0
        if max(abs(hold.voltage) for hold in holds) <= _TOLD * self.voltage_error.to("V").value:
            found.note(f"{none}: the voltage is not told from its own offset of {self.voltage_error}")
        elif abs(bound.value) <= _TOLD * sigma:
            upper = Quantity.exact(max(bound.value, 0.0) + ONE_SIDED * sigma, "S/cm")
            found.limits[word] = Limit(upper, "below", 0.95)
            found.note(f"{none}: its current is not told from none, so only a limit is given")
        elif bound.value < 0.0:
            found.note(f"{none}: the current does not run with the voltage; is its sign turned?")
        elif plain is not None and all(level.settled for level in levels):
            found.add(word, plain, "S/m", "S/cm")
            slow = [level for level in levels if np.isfinite(level.time)]
            if slow:
                slowest = max(slow, key=lambda level: level.time)
                spread = {"settling": np.asarray(slowest.time_sigma)}
                found.add("settling_time", Spread(np.asarray(slowest.time), spread), "s", "s")
        elif any(level.above * level.last < 0.0 for level in levels):
            found.note(f"{none}: the current has not settled, and rises")
        else:
            found.limits[word] = Limit(Quantity.exact(bound.value + ONE_SIDED * sigma, "S/cm"), "below", 0.95)
            found.note(f"{none}: the current has not settled, so only a limit is given")

    @staticmethod
    def _jump(hold: Hold, found: Findings) -> float:
        """Size in A of a jump of the current, which is told; zero where there is none."""
        seen = jump(hold)
        if seen is None:
            return 0.0
        found.note(
            f"the current at {hold.voltage:.3g} V jumps by {seen[1]:.3g} A after {seen[0]:.4g} s: a change of range?"
        )
        return seen[1]

    def _conductance(self, holds: list[Hold], levels: list[tuple[float, float]], found: Findings | None) -> Spread:
        """Current over voltage (S): the slope if there are several voltages, else their ratio."""
        volts = np.array([hold.voltage for hold in holds])
        level, own = (np.array([pair[part] for pair in levels]) for part in (0, 1))
        several = float(np.ptp(volts)) > 0.2 * float(np.max(np.abs(volts)))
        away = volts - volts.mean()
        weight = away / np.sum(away**2) if several else volts / np.sum(volts**2)
        slope = float(weight @ level)
        offset = float(level.mean() - slope * volts.mean()) if several else 0.0
        left = level - offset - slope * volts
        free = volts.size - (2 if several else 1)
        noise, own = own, np.hypot(own, np.sqrt(np.sum(left**2) / free) if free else 0.0)
        if several and found is not None:
            spread = {"offset": np.asarray(np.hypot.reduce(own) / volts.size)}
            found.add("offset_current", Spread(np.asarray(offset), spread), "A", "A")
        parts = {
            f"plateau {n + 1}": np.asarray(w * s) for n, (w, s) in enumerate(zip(weight, own, strict=True)) if s > 0
        }
        # of two voltages, an offset and a sample that is not ohmic look the same
        two = several and np.unique(np.round(volts / np.ptp(volts), 1)).size < 3
        apart, says = ohmic(volts, level, left + offset if two else left, noise)
        if apart:
            parts["voltages"] = np.asarray(apart)
            if found is not None:
                found.note(says)
        parts["current gain"] = np.asarray(self.current_error.to("").value * slope)
        if not several:
            parts["voltage offset"] = np.asarray(-slope * self.voltage_error.to("V").value / float(volts.mean()))
        return Spread(np.asarray(slope), parts)

    def _expected(self, holds: list[Hold], apparent: Spread, sample: Sample) -> list[str]:
        """How long the pellet should take to settle, where the sample tells what that needs."""
        if not set(sample.facts) >= _SETTLES:
            return []
        through, blocked, capacitance = self._rails(max(float(apparent.value), 1e-12), sample)
        needed, long = settling_time(through, blocked, capacitance), max(hold.time[-1] for hold in holds)
        if needed < long / 4:
            return []
        return [
            f"a pellet of this ionic_conductivity and chemical_capacitance settles with a time constant of about "
            f"{needed / 3600:.2g} h, and was held for {long / 3600:.2g} h: what is read lies between sigma_e and "
            "sigma_e + sigma_i"
        ]

    def draw(self, result: Result) -> Drawing:
        """Current against time with the plateau, and the conductivity that each moment would give."""
        if "current" not in result.curves:
            raise BadInput("a figure of a polarisation needs the curve current")
        table = result.curves["current"]
        t, i, level = (table.columns[name].values for name in ("time", "current", "plateau"))
        ends = np.flatnonzero(np.diff(table.columns["voltage"].values, prepend=np.nan, append=np.nan))
        lines = [Line(t[a:b], level[a:b], "plateau", 1, "dashed") for a, b in pairwise(ends) if np.isfinite(level[a])]
        panel = Panel(
            Axis("Time", "s"), Axis("Current", "A"), (Points(t, i, "record", 0), *lines), "Polarisation"
        )  # fmt: skip
        found = [
            (word, result.values[word])
            for word in ("electronic_conductivity", "apparent_conductivity")
            if word in result.values
        ]
        each = table.columns["conductivity"].values
        there = each > 0
        lines = [
            Line(t[[0, -1]], np.full(2, q.value), word.replace("_", " "), n, "dashed")
            for n, (word, q) in enumerate(found, start=1)
        ]
        values = Panel(
            Axis("Time", "s"),
            Axis("Conductivity", "S/cm", "log" if all(q.value > 0 for _, q in found) else "linear"),
            (Points(t[there], each[there], "current over voltage", 0), *lines),
            "What it says",
        )
        return Drawing((panel, values), "DC polarisation", result.source.virtual)


def _curves(held: Held, holds: list[Hold], levels: list[Plateau], shape: float) -> dict[str, Record]:
    """The holds as they were taken; ``shape`` (1/m) is thickness over area."""
    time = np.concatenate([hold.begins + hold.time for hold in holds])
    current = np.concatenate([hold.current for hold in holds])
    level = np.concatenate(
        [
            np.full(hold.time.size, found.level if found.settled else np.nan)
            for hold, found in zip(holds, levels, strict=True)
        ]
    )
    volts = np.concatenate([np.full(hold.time.size, hold.voltage) for hold in holds])
    columns = {
        "time": Column(time, "s"), "current": Column(current, "A"), "voltage": Column(volts, "V"),
        "plateau": Column(level, "A"),
        "conductivity": Column(0.01 * shape * current / np.where(np.abs(volts) > ZERO, volts, np.nan), "S/cm"),
    }  # fmt: skip
    return {"current": Record("current", "current", columns, held.source)}


def _level(hold: Hold) -> Plateau:
    """The plateau; without a voltage what is left at last is the current's offset, and settling is no question."""
    found = plateau(hold.time, hold.current)
    if abs(hold.voltage) > ZERO:
        return found
    return found._replace(level=found.last, sigma=found.last_sigma, above=0.0, time=np.nan, settled=True)


def _positive(name: str, quantity: Quantity, unit: str) -> float:
    here = quantity.to(unit).value
    if here <= 0:
        raise BadInput(f"the setting '{name}' is {quantity}; it must exceed zero")
    return here
