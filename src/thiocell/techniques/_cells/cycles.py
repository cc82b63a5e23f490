"""Half-cycles paired into cycles: one entry a cycle, with the ratios of its two halves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.physics.half_cycles import voltage_at
from thiocell.techniques._cells.cell import VOLTAGE_DRIFT, Cell
from thiocell.techniques._cells.rounding import written_digit
from thiocell.techniques._spread import Spread

Efficiency = Literal["discharge/charge", "charge/discharge"]

EFFICIENCY_MEANING = (
    "coulombic efficiency: a cycle's discharge over the charge before it, or charge over discharge before"
)


_ENERGY_UNITS = {"mAh/g": "Wh/kg", "mAh": "mWh", "mAh/cm**2": "mWh/cm**2", "mAh/cm**3": "mWh/cm**3"}
"""The unit of an energy on the basis on which a capacity has this unit."""


@dataclass(frozen=True, eq=False)
class Cycles:
    """The cycles of ``cell``: each begins in the direction in which the record begins.

    ``charge`` and ``discharge`` are the half-cycles of each cycle, -1 where the record lacks one.
    """

    cell: Cell
    efficiency: Efficiency

    @cached_property
    def charge(self) -> Array:
        """Number of each cycle's charge among the half-cycles, -1 for none."""
        return self._half(1)

    @cached_property
    def discharge(self) -> Array:
        """Number of each cycle's discharge among the half-cycles, -1 for none."""
        return self._half(-1)

    def __len__(self) -> int:
        return (len(self.cell.halves) + 1) // 2

    def _half(self, sign: int) -> Array:
        place = 2 * np.arange(len(self)) + (0 if self.cell.halves.sign[0] == sign else 1)
        return np.where(place < len(self.cell.halves), place, -1).astype(np.float64)

    @cached_property
    def complete(self) -> Array:
        """1 for a cycle with both halves run to their end, else 0."""
        both = (self.charge >= 0) & (self.discharge >= 0)
        ended = self.cell.halves.complete
        last = np.maximum(self.charge, self.discharge).astype(np.intp)
        return np.where(both, ended[last], False).astype(np.float64)

    def _ended(self, half: Array) -> Array:
        """1 for a half-cycle that ran to its end, 0 for one that did not, NaN for none."""
        ended = self.cell.halves.complete[np.maximum(half, 0).astype(np.intp)]
        return np.where(half >= 0, ended.astype(np.float64), np.nan)

    @cached_property
    def last_complete(self) -> int:
        """Row of the last complete cycle, or of the last one if none is."""
        whole = np.flatnonzero(self.complete)
        return int(whole[-1]) if whole.size else len(self) - 1

    @cached_property
    def _numerator(self) -> tuple[Array, Array]:
        """The half-cycles of each cycle's efficiency: counted, and the one directly before it."""
        top = self.discharge if self.efficiency == "discharge/charge" else self.charge
        return top, np.where(top >= 1, top - 1, -1)

    @cached_property
    def coulombic_efficiency(self) -> Spread:
        """Charge of the half-cycle that the convention counts over that of the one before; NaN for none."""
        top, below = self._numerator
        return self.cell.charge.take(top, "t").over(self.cell.charge.take(below, "b"))

    @cached_property
    def energy_efficiency(self) -> Spread:
        """Energy of a cycle's discharge over that of the charge directly before it; NaN for none."""
        before = np.where(self.discharge >= 1, self.discharge - 1, -1)
        return self.cell.energy.take(self.discharge, "t").over(self.cell.energy.take(before, "b"))

    @cached_property
    def polarisation(self) -> Spread:
        """Mean charge voltage less mean discharge voltage of each cycle (V)."""
        mean = self.cell.mean_li
        return mean.take(self.charge, "t").plus(mean.take(self.discharge, "b"), -1.0)

    @cached_property
    def polarisation_half(self) -> Spread:
        """Charge voltage less discharge voltage where half of each has passed (V)."""
        found, room = voltage_at(self.cell.halves, self.cell.voltage, 0.5)
        digit = written_digit(self.cell.record, "voltage", "V") / np.sqrt(12.0)
        own = np.hypot(room, np.hypot(VOLTAGE_DRIFT, digit))
        middle = Spread(found, {}, {"middle": (own, np.arange(found.size))})
        return middle.take(self.charge, "t").plus(middle.take(self.discharge, "b"), -1.0)

    def capacity(self, direction: Literal["charge", "discharge"], basis: str = "") -> Spread:
        """Capacity of each cycle's half in SI units, on the basis of that suffix."""
        divisor = self.cell.bases[basis][0]
        return self.of(direction, self.cell.charge).over(divisor.repeated(len(self)))

    def energy(self, direction: Literal["charge", "discharge"], basis: str = "") -> Spread:
        """Energy of each cycle's half against Li in SI units, on the basis of that suffix."""
        divisor = self.cell.bases[basis][0]
        return self.of(direction, self.cell.energy).over(divisor.repeated(len(self)))

    def of(self, direction: Literal["charge", "discharge"], what: Spread) -> Spread:
        """Of each cycle, the entry that ``what`` has for its half-cycle in ``direction``."""
        return what.take(self.charge if direction == "charge" else self.discharge, direction)

    def power(self) -> Spread:
        """Mean power of each discharge by mass of cathode, against Li (W/kg): energy over time under current."""
        energy, there = self.energy("discharge"), self.discharge.astype(np.intp)
        return energy.over(Spread(np.where(there >= 0, self.cell.halves.duration[np.maximum(there, 0)], np.nan)))

    def specific_current(self, direction: Literal["charge", "discharge"] = "discharge") -> Spread:
        """Median current of each cycle's half by mass of cathode (A/kg)."""
        whole = self.of(direction, self.cell.current)
        return whole.over(self.cell.mass.repeated(len(self)))

    def stage(self, formation: int) -> Array:
        """1 for the first cycle, 2 for the further ones of ``formation``, 3 for those after."""
        number = np.arange(len(self))
        return np.where(number == 0, 1.0, np.where(number < formation, 2.0, 3.0))

    def table(self, formation: int) -> Record:
        """One row a cycle: every quantity and, as ``<name>_sigma``, its standard uncertainty; NaN for none."""
        columns = {
            "cycle": Column(np.arange(1, len(self) + 1)),
            "stage": Column(self.stage(formation)),
            "complete": Column(self.complete),
            "charge_complete": Column(self._ended(self.charge)),
            "discharge_complete": Column(self._ended(self.discharge)),
        }
        for name, (spread, si_unit, unit) in self.quantities().items():
            factor = Quantity(1.0, si_unit).to(unit).value
            columns[name] = Column(spread.value * factor, unit)
            columns[f"{name}_sigma"] = Column(spread.sigma * factor, unit)
        notes = {
            **self.cell.notes,
            "stage": "1 first cycle, 2 formation, 3 later",
            "coulombic efficiency": f"{self.efficiency} of the half-cycle directly before",
        }
        return Record("cycles", "cycle_table", columns, self.cell.source, (), notes)

    def quantities(self) -> dict[str, tuple[Spread, str, str]]:
        """Every quantity of the cycles by name, with the SI unit it is held in and the unit it is shown in."""
        found: dict[str, tuple[Spread, str, str]] = {}
        directions: tuple[Literal["charge", "discharge"], ...] = ("charge", "discharge")
        for direction in directions:
            for basis, (_, si_unit, unit) in self.cell.bases.items():
                found[f"{direction}_capacity{basis}"] = (self.capacity(direction, basis), si_unit, unit)
            for basis, (_, si_unit, unit) in self.cell.bases.items():
                shown = _ENERGY_UNITS[unit]
                found[f"{direction}_energy{basis}"] = (
                    self.energy(direction, basis),
                    si_unit.replace("C", "J", 1),
                    shown,
                )
            found[f"mean_{direction}_voltage"] = (self.of(direction, self.cell.mean_li), "V", "V")
            found[f"mean_{direction}_voltage_li_in"] = (self.of(direction, self.cell.mean_li_in), "V", "V")
            found[f"{direction}_current"] = (self.specific_current(direction), "A/kg", "mA/g")
        found["discharge_power"] = (self.power(), "W/kg", "W/kg")
        found["coulombic_efficiency"] = (self.coulombic_efficiency, "", "%")
        found["energy_efficiency"] = (self.energy_efficiency, "", "%")
        found["polarisation"] = (self.polarisation, "V", "V")
        found["polarisation_half"] = (self.polarisation_half, "V", "V")
        return found
