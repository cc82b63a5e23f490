"""The words of the Battery Data Format: its columns with their units, and how a header is taken apart.

Source: Battery Data Format ontology 1.2.0 (2026-06-11) with the terms announced for 1.3.0, Battery Data Alliance,
https://w3id.org/battery-data-alliance/ontology/battery-data-format
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """One column of BDF: the name that machines use, the preferred label's ``title``, and the unit it is fixed to."""

    machine: str
    title: str
    unit: str

    @property
    def preferred(self) -> str:
        """The preferred label, such as 'Voltage / V'; step types and numbers stand without a unit."""
        return f"{self.title} / {self.unit}" if self.unit else self.title


def _families() -> list[Label]:
    """Charge and energy, each in four counts, over the test, the cycle and the step."""
    counts = ("charging", "discharging", "cumulative", "net")
    kinds = (("capacity", "Ah"), ("energy", "Wh"))
    names = [
        (f"{span}{count}_{kind}", unit) for span in ("", "cycle_", "step_") for kind, unit in kinds for count in counts
    ]
    names += [(f"schedule_{count}_{kind}", unit) for kind, unit in kinds for count in counts[:2]]
    return [Label(f"{name}_{unit.lower()}", name.replace("_", " ").title(), unit) for name, unit in names]


LABELS: Mapping[str, Label] = {
    label.machine: label
    for label in (
        Label("test_time_second", "Test Time", "s"),
        Label("unix_time_second", "Unix Time", "s"),
        Label("voltage_volt", "Voltage", "V"),
        Label("current_ampere", "Current", "A"),
        Label("cycle_count", "Cycle Count", "1"),
        Label("step_count", "Step Count", "1"),
        Label("step_index", "Step Index", "1"),
        Label("step_record_index", "Step Record Index", "1"),
        Label("record_index", "Record Index", "1"),
        Label("step_id", "Step ID", ""),
        Label("step_type", "Step Type", ""),
        Label("step_time_second", "Step Time", "s"),
        *_families(),
        Label("power_watt", "Power", "W"),
        Label("internal_resistance_ohm", "Internal Resistance", "ohm"),
        Label("dc_internal_resistance_ohm", "DC Internal Resistance", "ohm"),
        Label("ac_internal_resistance_ohm", "AC Internal Resistance", "ohm"),
        Label("ambient_temperature_celsius", "Ambient Temperature", "degC"),
        Label("surface_temperature_celsius", "Surface Temperature", "degC"),
        *(Label(f"temperature_t{n}_celsius", f"Temperature T{n}", "degC") for n in range(1, 6)),
        Label("ambient_pressure_pa", "Ambient Pressure", "Pa"),
        Label("applied_pressure_pa", "Applied Pressure", "Pa"),
        Label("surface_pressure_pa", "Surface Pressure", "Pa"),
        Label("frequency_hertz", "Frequency", "Hz"),
        Label("real_impedance_ohm", "Real Impedance", "ohm"),
        Label("imaginary_impedance_ohm", "Imaginary Impedance", "ohm"),
        Label("absolute_impedance_ohm", "Absolute Impedance", "ohm"),
        Label("phase_degree", "Phase", "deg"),
    )
}
"""Every column of BDF by its machine name."""

REPLACED = {
    "Test Time / ms": "Test Time / s",
    "test_time_millisecond": "test_time_second",
    "Unix Time / ms": "Unix Time / s",
    "unix_time_millisecond": "unix_time_second",
    "Step Capacity / Ah": "Step Cumulative Capacity / Ah",
    "step_capacity_ah": "step_cumulative_capacity_ah",
    "Step Energy / Wh": "Step Cumulative Energy / Wh",
    "step_energy_wh": "step_cumulative_energy_wh",
    "Charge Capacity / Ah": "Charging Capacity / Ah",
    "Discharge Capacity / Ah": "Discharging Capacity / Ah",
    **{f"Surface Temperature T{n} / degC": f"Temperature T{n} / degC" for n in range(1, 6)},
}
"""Labels of older files, deprecated or never in BDF, each with the one that takes its place."""

CUSTOM = {
    "charge_counter": "Charge Counter",
    "discharge_counter": "Discharge Counter",
    "virtual": "Virtual",
    "source_kind": "Source Kind",
}
"""Columns of our own, which BDF allows: counters that reset (BDF's never do), a 1 where no instrument measured, and the
kind of a source that is neither measured nor virtual, as a word."""

_UNIT_WORDS = {
    "millisecond": "ms",
    "second": "s",
    "minute": "min",
    "hour": "h",
    "millivolt": "mV",
    "volt": "V",
    "microampere": "uA",
    "milliampere": "mA",
    "ampere": "A",
    "mah": "mAh",
    "ah": "Ah",
    "celsius": "degC",
    "kelvin": "K",
}
_PREFERRED = re.compile(r"(.+?)\s*/\s*(\S.*)")

BASES = {
    "time": ("test time", "unix time"),
    "step_time": ("step time",),
    "voltage": ("voltage",),
    "current": ("current",),
    "cycle": ("cycle count",),
    "step": ("step id", "step count", "step index"),
    "charge_counter": (
        "charging capacity",
        "cycle charging capacity",
        "schedule charging capacity",
        "charge capacity",
        "charge counter",
    ),
    "discharge_counter": (
        "discharging capacity",
        "cycle discharging capacity",
        "schedule discharging capacity",
        "discharge capacity",
        "discharge counter",
    ),
    "temperature": (
        "surface temperature",
        "temperature t1",
        "surface temperature t1",
        "temperature",
        "ambient temperature",
    ),
}
"""For each word of ours the BDF quantities that it may come from, the best first."""

NEEDED = (("test time", "unix time"), ("voltage",), ("current",))
"""The quantities that every BDF file has."""


def take_apart(header: str) -> tuple[str, str]:
    """The quantity, in small letters, and the unit of a header in either style: 'Test Time / h', 'test_time_hour'.

    A header without a unit has an empty one; so has '1'.
    """
    plain = header.strip()
    if found := _PREFERRED.fullmatch(plain):
        return found[1].casefold(), "" if found[2] == "1" else found[2]
    base, _, last = plain.rpartition("_")
    if base and last in _UNIT_WORDS:
        return base.replace("_", " ").casefold(), _UNIT_WORDS[last]
    return plain.replace("_", " ").casefold(), ""
