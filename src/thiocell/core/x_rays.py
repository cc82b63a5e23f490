"""What is known of X-rays: the lines of tubes, and the range that diffractometers use."""

from __future__ import annotations

LINES = {
    "CuKa": (1.5405929, 1.5444274),
    "MoKa": (0.7093172, 0.7136070),
    "CoKa": (1.7889960, 1.7928350),
    "AgKa": (0.5594218, 0.5638131),
    "CrKa": (2.2897260, 2.2936510),
    "FeKa": (1.9360410, 1.9399730),
}
"""angstrom; K alpha 1 and 2 of a tube; International Tables for Crystallography C (2004), table 4.2.2.4."""
EV_ANGSTROM = 12398.4198
"""CODATA 2022: h c, energy of a photon times its wavelength."""
LEAST, MOST = 0.1, 3.0
"""angstrom; assumed: wavelengths of powder diffractometers lie between."""
