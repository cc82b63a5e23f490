"""The columns that a BioLogic .mpr file can hold, by the number that stands for each.

Labels are those of EC-Lab's own text export. Numbers and widths: the file of EC-Lab 11.32 among our references, and the
public discussions of the format (echemdata/galvani issues 64, 67, 73, 80, 85).
"""

from __future__ import annotations

from dataclasses import dataclass

FLAGS = frozenset({1, 2, 3, 21, 31, 65})
"""Columns packed into one byte: mode, oxidation, error, control change, sequence change, counter increment."""

MODE, ERROR = 0b11, 0b1000
"""Bits of that byte; a mode of 1 is galvanostatic, 2 potentiostatic, 3 rest."""


@dataclass(frozen=True, slots=True)
class Field:
    """``label`` as EC-Lab prints it, ``kind`` as numpy writes the type, ``name`` and ``unit`` as a record has them."""

    label: str
    kind: str
    name: str = ""
    unit: str = ""


FIELDS = {
    4: Field("time/s", "<f8", "time", "s"),
    5: Field("control/V/mA", "<f4", "control"),
    6: Field("Ewe/V", "<f4", "voltage", "V"),
    7: Field("dq/mA.h", "<f8", "charge_increment", "mAh"),
    8: Field("I/mA", "<f4", "current", "mA"),
    9: Field("Ece/V", "<f4", "counter_electrode_voltage", "V"),
    11: Field("<I>/mA", "<f8", "mean_current", "mA"),
    13: Field("(Q-Qo)/mA.h", "<f8", "net_charge", "mAh"),
    16: Field("Analog IN 1/V", "<f4", "analog_1", "V"),
    17: Field("Analog IN 2/V", "<f4", "analog_2", "V"),
    19: Field("control/V", "<f4", "control_voltage", "V"),
    20: Field("control/mA", "<f4", "control_current", "mA"),
    23: Field("dQ/mA.h", "<f8"),
    24: Field("cycle number", "<f8", "cycle"),
    26: Field("Rapp/Ohm", "<f4", "apparent_resistance", "ohm"),
    27: Field("Ewe-Ece/V", "<f4", "electrode_difference", "V"),
    32: Field("freq/Hz", "<f4", "frequency", "Hz"),
    33: Field("|Ewe|/V", "<f4", "voltage_amplitude", "V"),
    34: Field("|I|/A", "<f4", "current_amplitude", "A"),
    35: Field("Phase(Z)/deg", "<f4", "z_phase", "deg"),
    36: Field("|Z|/Ohm", "<f4", "z_modulus", "ohm"),
    37: Field("Re(Z)/Ohm", "<f4", "z_real", "ohm"),
    38: Field("-Im(Z)/Ohm", "<f4", "z_minus_imag", "ohm"),
    39: Field("I Range", "<u2", "current_range_code"),
    69: Field("R/Ohm", "<f4"),
    70: Field("P/W", "<f4", "power", "W"),
    74: Field("|Energy|/W.h", "<f8"),
    75: Field("Analog OUT/V", "<f4"),
    76: Field("<I>/mA", "<f4", "mean_current", "mA"),
    77: Field("<Ewe>/V", "<f4", "mean_voltage", "V"),
    78: Field("Cs-2/µF-2", "<f4"),
    96: Field("|Ece|/V", "<f4"),
    98: Field("Phase(Zce)/deg", "<f4"),
    99: Field("|Zce|/Ohm", "<f4"),
    100: Field("Re(Zce)/Ohm", "<f4"),
    101: Field("-Im(Zce)/Ohm", "<f4"),
    123: Field("Energy charge/W.h", "<f8", "charge_energy", "Wh"),
    124: Field("Energy discharge/W.h", "<f8", "discharge_energy", "Wh"),
    125: Field("Capacitance charge/µF", "<f8"),
    126: Field("Capacitance discharge/µF", "<f8"),
    131: Field("Ns", "<u2", "step"),
    163: Field("|Estack|/V", "<f4"),
    168: Field("Rcmp/Ohm", "<f4"),
    169: Field("Cs/µF", "<f4"),
    172: Field("Cp/µF", "<f4"),
    173: Field("Cp-2/µF-2", "<f4"),
    174: Field("<Ewe>/V", "<f4", "mean_voltage", "V"),
    434: Field("(Q-Qo)/C", "<f4"),
    435: Field("dQ/C", "<f4"),
    438: Field("step time/s", "<f8", "step_time", "s"),
    462: Field("Temperature/°C", "<f4", "temperature", "degC"),
    467: Field("Q charge/discharge/mA.h", "<f8", "half_cycle_charge", "mAh"),
    468: Field("half cycle", "<u4", "half_cycle"),
    469: Field("z cycle", "<u4", "z_cycle"),
    471: Field("<Ece>/V", "<f4", "counter_electrode_voltage", "V"),
    473: Field("THD Ewe/%", "<f4"),
}
"""What is not packed; one without a name has a known width but is left out of records."""
