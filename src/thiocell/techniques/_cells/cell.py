"""A cell as its cycling record shows it: half-cycles with their errors, on the bases and scales that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from thiocell.chemistry.reference_electrode import LI_IN, LI_IN_NAME
from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.vocabulary import COLUMNS, FACTS
from thiocell.physics.half_cycles import HalfCycles, half_cycles
from thiocell.physics.timeline import Timeline, mend
from thiocell.techniques._cells.doubts import cell_doubts, counter_gap, counter_notes, own_doubts
from thiocell.techniques._cells.plausible import plausible_doubts
from thiocell.techniques._cells.rounding import find_rounding
from thiocell.techniques._findings import kind_of
from thiocell.techniques._record import usable
from thiocell.techniques._spread import Spread

ReferenceElectrode = Literal["unstated", "Li", "Li-In"]
REFERENCE_MEANING = "electrode that the record's voltage is measured against; unstated is taken as Li, with a doubt"

CURRENT_ERROR = Quantity.exact(0.1, "%")
"""Relative gain error of the current, assumed: a typical cycler; of its own for each direction of the current."""
VOLTAGE_ERROR = Quantity.exact(1.0, "mV")
"""Offset of the voltage, assumed: a typical cycler."""
CHARGE_DRIFT = 5e-5  # relative, assumed: what a cycler's gain and clock wander from one half-cycle to the next
VOLTAGE_DRIFT = 1e-4  # V, assumed: what its voltage offset wanders likewise
READS = ("time", "voltage", "current")
LI_IN_ORIGIN = f"constant {LI_IN_NAME}"
VOLTAGE_ORIGINS = ("voltage offset", LI_IN_ORIGIN)
"""The errors that all voltages of a record share, by name."""
NEEDS = {"mass": Quantity(4.0, "mg", 0.1)}
"""What the tests of a cell ask of a sample, with typical values."""


@dataclass(frozen=True, eq=False)
class Cell:
    """The half-cycles of one record. Arrays run over half-cycles; SI units; voltages against Li and against Li-In.

    ``charge`` (C), ``current`` (A, median), ``energy`` (J, against Li) and the mean voltages carry their errors;
    ``bases`` are what capacities are divided by; ``scale`` (V) turns the record's voltage into one against Li; ``told``
    are further notes for its curves.
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
    told: Mapping[str, str]

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
            **self.told,
        }


def main_record(records: Mapping[str, Record], technique: str) -> Record:
    """The record in the role 'main', with columns that can be used; raises BadInput naming what is wrong."""
    record = usable(records, technique, ("cycling",), READS)
    for name in READS:
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
    step = _optional(record, "step", "")
    halves = half_cycles(line.time, voltage, current, step, _step_time(record, line))
    if not len(halves):
        raise BadInput(f"record '{record.name}' passes no charge: its time stands still wherever current flows")
    gap = counter_gap(record, halves)
    rounding = find_rounding(record, halves, current, step, gap)
    charge, median = _gained(halves, rounding.left_open(halves), current_error)
    mean_li, mean_li_in, scale = _scales(halves, reference, voltage_error)
    known = (*own_doubts(record, line), *_fact_doubts(sample), *_scale_doubts(reference))
    seen = (
        *cell_doubts(line, halves, gap),
        *((rounding.doubt,) if rounding.doubt else ()),
        *plausible_doubts(halves, mass, line.time, voltage, current),
    )
    return Cell(
        record=record,
        time=line.time,
        voltage=voltage,
        halves=halves,
        charge=charge,
        current=median,
        mean_li=mean_li,
        mean_li_in=mean_li_in,
        scale=scale,
        mass=mass,
        bases=_bases(sample, mass),
        source=Source(kind_of(record.source), record.source.reference, record.source.place),
        doubts=(*known, *seen),
        told=counter_notes(record, halves),
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


def _gained(halves: HalfCycles, left_open: Array, current_error: Quantity) -> tuple[Spread, Spread]:
    """Charge (C) and median current (A) with their errors; ``left_open`` (C) is what the written current hides."""
    own = np.hypot(halves.charge_sigma, left_open)
    return (
        _with_gain(halves, halves.charge, own, current_error, "charge"),
        _with_gain(halves, halves.current, left_open / halves.duration, current_error, "current"),
    )


def _with_gain(halves: HalfCycles, value: Array, own: Array, current_error: Quantity, name: str) -> Spread:
    """What is proportional to the current: a gain error for each direction, its drift and what is ``own``."""
    gain = abs(current_error.to("").value)
    parts = {
        f"gain on {direction}": np.where(halves.sign == sign, gain, 0.0) * value
        for direction, sign in (("charge", 1), ("discharge", -1))
    }
    own = np.hypot(own, CHARGE_DRIFT * value)
    return Spread(value, parts if gain > 0 else {}, {name: (own, np.arange(len(halves)))})


def _scales(
    halves: HalfCycles, reference: ReferenceElectrode, voltage_error: Quantity
) -> tuple[Spread, Spread, Spread]:
    """Mean voltages against Li and against Li-In (V), and what turns the record's voltage into one against Li."""
    own = {"voltage": (np.hypot(halves.voltage_sigma, VOLTAGE_DRIFT), np.arange(len(halves)))}
    shown = Spread(halves.mean_voltage, _all(len(halves), "voltage offset", voltage_error.to("V").value), own)
    offset = Spread.of(LI_IN.quantity, "V", LI_IN_ORIGIN)
    shift = offset.repeated(len(halves))
    if reference == "Li-In":
        return shown.plus(shift), shown, offset
    return shown, shown.plus(shift, -1.0), Spread(np.asarray(0.0))


def _all(count: int, error: str, size: float) -> dict[str, Array]:
    return {} if size == 0 else {error: np.full(count, size)}


def _bases(sample: Sample, mass: Spread) -> dict[str, tuple[Spread, str, str]]:
    """What capacities are divided by: suffix of the name -> the basis, its SI unit, the unit of the capacity."""
    found = {"": (mass, "C/kg", "mAh/g"), "_absolute": (Spread(np.asarray(1.0)), "C", "mAh")}
    if "active_fraction" in sample:
        share = Spread.of(_fact(sample, "active_fraction"), "", "active_fraction")
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
        f"voltage against Li would be {LI_IN.quantity.value} V higher (setting reference)",
    )


def _fact_doubts(sample: Sample) -> list[str]:
    asked = ("mass", "active_fraction", "area", "thickness")
    return [
        f"the sigma of '{fact}' of sample '{sample.name}' is unknown, so the sigma of every value made with it is too"
        for fact in asked
        if fact in sample and not sample[fact].known
    ]
