"""A cell as its cycling record shows it: half-cycles with their errors, on the bases and scales that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.vocabulary import COLUMNS, FACTS
from thiocell.physics.half_cycles import HalfCycles, half_cycles
from thiocell.physics.timeline import Timeline, mend
from thiocell.techniques._cells.doubts import cell_doubts, counter_gap, written_step
from thiocell.techniques._cells.spread import IntArray, Spread

ReferenceElectrode = Literal["unstated", "Li", "Li-In"]
REFERENCE_MEANING = "electrode that the record's voltage is measured against; unstated is taken as Li, with a doubt"

LI_IN = Quantity(0.62, "V", 0.003)
"""Li-In (two-phase) against Li: Santhosha et al. 2019, doi 10.1002/batt.201800149; sigma assumed: its last digit."""
CURRENT_ERROR = Quantity.exact(0.1, "%")
"""Relative gain error of the current, assumed: a typical cycler; of its own for each direction of the current."""
VOLTAGE_ERROR = Quantity.exact(1.0, "mV")
"""Offset of the voltage, assumed: a typical cycler."""
CHARGE_DRIFT = 5e-5  # relative, assumed: what a cycler's gain and clock wander from one half-cycle to the next
_VOLTAGE_DRIFT = 1e-4  # V, assumed: what its voltage offset wanders likewise
READS = ("time", "voltage", "current")
NEEDS = {"mass": Quantity(4.0, "mg", 0.1)}
"""What the tests of a cell ask of a sample, with typical values."""


@dataclass(frozen=True, eq=False)
class Cell:
    """The half-cycles of one record. Arrays run over half-cycles; SI units; voltages against Li and against Li-In.

    ``charge`` (C), ``current`` (A, median), ``energy`` (J, against Li) and the mean voltages carry their errors;
    ``bases`` are what capacities are divided by; ``scale`` (V) turns the record's voltage into one against Li.
    """

    record: Record
    time: Array
    voltage: Array
    halves: HalfCycles
    charge: Spread
    current: Spread
    mean_li: Spread
    mean_li_in: Spread
    scale: Spread
    mass: Spread
    bases: Mapping[str, tuple[Spread, str, str]]
    source: Source
    doubts: tuple[str, ...]

    @property
    def energy(self) -> Spread:
        """Energy of each half-cycle against Li (J)."""
        return self.charge.times(self.mean_li)

    @property
    def notes(self) -> dict[str, str]:
        """What was decided on the way, as text beside each curve."""
        return {
            "rest threshold": f"{self.halves.threshold:.3g} A: smaller currents count as rest",
            "voltage scale": "against Li unless the column says li_in",
        }


def main_record(records: Mapping[str, Record], technique: str) -> Record:
    """The record in the role 'main', with columns that can be used; raises BadInput naming what is wrong."""
    if "main" not in records:
        raise BadInput(f"{technique} reads a record in the role 'main'; it was given {choices(set(records))}")
    record = records["main"]
    for name in READS:
        broken = np.flatnonzero(~np.isfinite(record[name]))
        if broken.size:
            raise BadInput(
                f"record '{record.name}' has no finite {name} in row {broken[0] + 1}; every row needs a number there"
            )
        term = COLUMNS[name]
        wild = np.flatnonzero(np.abs(column(record, name, term.unit)) > term.high)
        if wild.size:
            raise BadInput(
                f"record '{record.name}' has a {name} beyond {term.high:g} {term.unit} in row {wild[0] + 1}; "
                "check the column and its unit"
            )
    if len(record) < 2:
        raise BadInput(f"record '{record.name}' has {len(record)} rows; a cycling record needs two at least")
    if not np.any(record["current"]):
        raise BadInput(f"record '{record.name}' has no current other than zero; nothing was cycled")
    return record


def column(record: Record, name: str, unit: str) -> Array:
    """A column in ``unit``."""
    found = record.columns[name]
    return np.asarray(found.values * Quantity(1.0, found.unit).to(unit).value)


def read_cell(
    records: Mapping[str, Record],
    sample: Sample,
    technique: str,
    reference: ReferenceElectrode,
    current_error: Quantity,
    voltage_error: Quantity,
) -> Cell:
    """What the record in the role 'main' shows; raises BadInput if it or a fact of the sample cannot be used."""
    mass = Spread.of(_fact(sample, "mass"), "kg", "mass")
    record = main_record(records, technique)
    line = _timeline(record)
    voltage, current = column(record, "voltage", "V"), column(record, "current", "A")
    halves = half_cycles(line.time, voltage, current, _optional(record, "step", ""), _step_time(record, line))
    if not len(halves):
        raise BadInput(f"record '{record.name}' passes no charge: its time stands still wherever current flows")
    gap = counter_gap(record, halves)
    step = written_step(record)
    rounding = _rounding(halves, step, gap)
    shown = Spread(halves.mean_voltage, _all(len(halves), "voltage offset", voltage_error.to("V").value), _own(halves))
    offset = Spread.of(LI_IN, "V", "Li-In scale")
    shift = offset.repeated(len(halves))
    there = reference != "Li-In"
    return Cell(
        record=record,
        time=line.time,
        voltage=voltage,
        halves=halves,
        charge=_gained(halves, halves.charge, np.hypot(halves.charge_sigma, rounding), current_error, "charge"),
        current=_gained(halves, halves.current, rounding / halves.duration, current_error, "current"),
        mean_li=shown if there else shown.plus(shift),
        mean_li_in=shown.plus(shift, -1.0) if there else shown,
        scale=Spread(np.asarray(0.0)) if there else offset,
        mass=mass,
        bases=_bases(sample, mass),
        source=Source(_kind(record.source), record.source.reference, record.source.place),
        doubts=(
            *record.doubts,
            *_fact_doubts(sample),
            *_scale_doubts(reference),
            *cell_doubts(record, line, halves, gap, step),
        ),
    )


def _fact(sample: Sample, name: str) -> Quantity:
    return FACTS[name].check(name, sample.positive(name, FACTS[name].unit))


def _timeline(record: Record) -> Timeline:
    line = mend(column(record, "time", "s"))
    if line.disordered.size:
        raise BadInput(
            f"record '{record.name}' has its time out of order in {line.disordered.size} rows, first in row "
            f"{line.disordered[0] + 1}; sort the rows by time or name the right time column"
        )
    return line


def _optional(record: Record, name: str, unit: str) -> Array | None:
    if name not in record or not np.all(np.isfinite(record[name])):
        return None
    return column(record, name, unit)


def _step_time(record: Record, line: Timeline) -> Array | None:
    """Time since the step began, unless it contradicts the time itself (some files write the one as the other)."""
    step_time = _optional(record, "step_time", "s")
    if step_time is None or np.any(step_time < 0):
        return None
    began = np.diff(step_time) < 0
    return step_time if began.any() and step_time[0] <= line.time[0] + 1.0 else None


def _rounding(halves: HalfCycles, step: float, gap: Array | None) -> Array:
    """What the last written digit of the current leaves open in each charge (C); a counter that agrees bounds it."""
    rounding = step / np.sqrt(12.0) * halves.duration
    if gap is None or not np.all(np.isfinite(gap)) or np.any(np.abs(gap) > 0.005):
        return np.asarray(rounding)
    return np.asarray(np.minimum(rounding, 0.005 / np.sqrt(3.0) * halves.charge))


def _gained(halves: HalfCycles, value: Array, own: Array, current_error: Quantity, name: str) -> Spread:
    """What is proportional to the current: a gain error for each direction, its drift and what is ``own``."""
    gain = abs(current_error.to("").value)
    parts = {
        f"gain on {direction}": np.where(halves.sign == sign, gain, 0.0) * value
        for direction, sign in (("charge", 1), ("discharge", -1))
    }
    own = np.hypot(own, CHARGE_DRIFT * value)
    return Spread(value, parts if gain > 0 else {}, {name: (own, np.arange(len(halves)))})


def _own(halves: HalfCycles) -> dict[str, tuple[Array, IntArray]]:
    return {"voltage": (np.hypot(halves.voltage_sigma, _VOLTAGE_DRIFT), np.arange(len(halves)))}


def _all(count: int, error: str, size: float) -> dict[str, Array]:
    return {} if size == 0 else {error: np.full(count, size)}


def _bases(sample: Sample, mass: Spread) -> dict[str, tuple[Spread, str, str]]:
    """What capacities are divided by: suffix of the name -> the basis, its SI unit, the unit of the capacity."""
    found = {"": (mass, "C/kg", "mAh/g"), "_absolute": (Spread(np.asarray(1.0)), "C", "mAh")}
    if "active_fraction" in sample:
        share = Spread.of(_fact(sample, "active_fraction"), "", "active fraction")
        found["_active"] = (mass.times(share), "C/kg", "mAh/g")
    if "area" in sample:
        area = Spread.of(_fact(sample, "area"), "m**2", "area")
        found["_areal"] = (area, "C/m**2", "mAh/cm**2")
        if "thickness" in sample:
            thickness = Spread.of(_fact(sample, "thickness"), "m", "thickness")
            found["_volumetric"] = (area.times(thickness), "C/m**3", "mAh/cm**3")
    return found


def _scale_doubts(reference: ReferenceElectrode) -> tuple[str, ...]:
    if reference != "unstated":
        return ()
    return (
        "the electrode that the voltage was measured against is not stated: Li is assumed; had it been Li-In, every "
        f"voltage against Li would be {LI_IN.value} V higher (setting reference)",
    )


def _fact_doubts(sample: Sample) -> list[str]:
    asked = ("mass", "active_fraction", "area", "thickness")
    return [
        f"the sigma of '{fact}' of sample '{sample.name}' is unknown, so the sigma of every value made with it is too"
        for fact in asked
        if fact in sample and not sample[fact].known
    ]


def _kind(source: Source) -> Literal["measured", "recovered", "assumed", "derived"]:
    if source.virtual:
        return "recovered"
    if source.kind == "measured" or source.kind == "assumed":
        return source.kind
    return "derived"
