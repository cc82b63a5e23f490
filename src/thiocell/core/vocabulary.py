"""The words that several parts of the house share: columns of records and properties of samples."""

from thiocell.core.term import Term

COLUMNS = {
    "time": Term("s", "t", "time since the test began", 0, 1e10),
    "step_time": Term("s", "t_step", "time since the step began", 0, 1e10),
    "voltage": Term("V", "V", "cell voltage", -1e3, 1e3),
    "current": Term("A", "I", "current, positive on charge", -1e5, 1e5),
    "cycle": Term("", "n", "cycle number as the instrument counts", -1e9, 1e9),
    "step": Term("", "step", "step number as the instrument counts", -1e9, 1e9),
    "charge_counter": Term("mAh", "Q_ch", "the instrument's counter of charge while charging", -1e9, 1e9),
    "discharge_counter": Term("mAh", "Q_dis", "the instrument's counter of charge while discharging", -1e9, 1e9),
    "temperature": Term("degC", "T", "temperature of the cell or its chamber", -273.15, 2000),
}
"""Names of the columns of a cycling record; a reader gives these names, whatever the file calls them."""

FACTS = {
    "mass": Term("mg", "m", "mass of the whole cathode", 1e-6, 1e9),
    "area": Term("cm**2", "A", "geometric area of the cathode", 1e-8, 1e8),
    "thickness": Term("um", "L", "thickness of the cathode", 1e-4, 1e8),
    "active_fraction": Term("", "w_active", "mass share that takes part in the redox reactions", 1e-9, 1),
    "temperature": Term("degC", "T", "temperature of the test", -273.15, 2000),
}
"""Facts that a study or the command line may state of a sample."""
