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

SPECTRA = {
    "frequency": Term("Hz", "f", "frequency", 0, 1e15),
    "z_real": Term("ohm", "Z'", "real part of the impedance", -1e15, 1e15),
    "z_imag": Term("ohm", "Z''", "imaginary part of the impedance, negative where capacitive", -1e15, 1e15),
    "z_real_sigma": Term("ohm", "", "sigma of the real part", 0, 1e15),
    "z_imag_sigma": Term("ohm", "", "sigma of the imaginary part", 0, 1e15),
}
"""Names of the columns of a spectrum."""

DIFFRACTION = {
    "two_theta": Term("deg", "2theta", "angle between beam and scattered ray", 0, 180),
    "intensity": Term("", "I", "intensity, in counts where nothing else is said", -1e15, 1e15),
    "intensity_sigma": Term("", "", "sigma of the intensity", -1e15, 1e15),
}
"""Names of the columns of a powder pattern."""

PAIRS = {
    "r": Term("angstrom", "r", "distance of two atoms", 0, 1e4),
    "g": Term("1/angstrom**2", "G", "reduced pair distribution function", -1e6, 1e6),
    "g_sigma": Term("1/angstrom**2", "", "its sigma", 0, 1e6),
}
"""Names of the columns of a pair distribution function."""

RAMAN = {
    "raman_shift": Term("1/cm", "shift", "Raman shift", -1e4, 1e5),
}
"""Names of the columns of a Raman spectrum, beside 'intensity'."""

SERIES = {
    "share": Term("", "f", "volume share of a second phase", 0, 1),
    "conductivity": Term("S/cm", "sigma", "conductivity", 0, 1e12),
    "conductivity_sigma": Term("S/cm", "", "its sigma", 0, 1e12),
}
"""Names of the columns of a series of mixtures."""

FACTS = {
    "mass": Term("mg", "m", "mass of the whole cathode", 1e-6, 1e9),
    "area": Term("cm**2", "A", "geometric area of the cathode", 1e-8, 1e8),
    "thickness": Term("um", "L", "thickness of the cathode", 1e-4, 1e8),
    "active_fraction": Term("", "w_active", "mass share that takes part in the redox reactions", 1e-9, 1),
    "temperature": Term("degC", "T", "temperature of the test", -273.15, 2000),
}
"""Facts that a study or the command line may state of a sample."""
