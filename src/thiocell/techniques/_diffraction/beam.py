"""The radiation of a powder pattern: one wavelength, or the lines of an X-ray tube."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity, same_dimension

Geometry = Literal["debye_scherrer", "bragg_brentano"]

_TUBES = ("CuKa", "CuKa1", "MoKa", "MoKa1", "CoKa", "CoKa1", "AgKa", "AgKa1", "CrKa", "CrKa1", "FeKa", "FeKa1")
_LINES = {
    "CuKa1": 1.5406, "CuKa": 1.5418, "MoKa1": 0.7093, "MoKa": 0.7107, "CoKa1": 1.7890, "CoKa": 1.7903,
    "AgKa1": 0.5594, "AgKa": 0.5609, "CrKa1": 2.2897, "CrKa": 2.2910, "FeKa1": 1.9360, "FeKa": 1.9374,
}  # fmt: skip
"""angstrom; International Tables C, 4.2.2."""
_EV_ANGSTROM = 12398.4198
"""CODATA 2022: h c, energy of a photon times its wavelength."""
_NEAR = 3e-4
"""angstrom; assumed: how near to a tube's line a wavelength is taken to be that line."""
_SYNCHROTRON = 0.99
"""assumed: share of a synchrotron's beam in its plane, with a detector that looks out of that plane."""
_LEAST, _MOST = 0.1, 3.0
"""angstrom; assumed: wavelengths of powder diffractometers lie between."""
_WANTED = "write it like '0.4137 angstrom', or name a tube's lines, like 'CuKa'"


@dataclass(frozen=True)
class Beam:
    """``wavelength`` in angstrom (NaN for the lines of ``tube``) with ``sigma``, and how it meets the sample.

    A wavelength whose sigma is not ``told`` counts as exact. ``polarised`` is the share K of the intensity that goes as
    K + (1 - K) cos^2 two-theta; ``guessed`` says why it was taken, where nobody told it.
    """

    wavelength: float
    sigma: float
    tube: str
    geometry: Geometry
    told: bool = True
    polarised: float = 0.5
    guessed: str = ""


def beam_of(text: str, geometry: Geometry, polarised: float | None = None) -> Beam:
    """The radiation that a setting names; raises BadInput if it is missing, or no wavelength of X-rays."""
    said = text.strip()
    if not said:
        raise BadInput(f"the setting 'wavelength' is missing, and no angle means anything without it; {_WANTED}")
    tube = next((name for name in _TUBES if name.lower() == re.sub(r"[\s_-]", "", said).lower()), "")
    if tube:
        return Beam(float("nan"), 0.0, tube, geometry, polarised=0.5 if polarised is None else polarised)
    if re.fullmatch(r"[A-Za-z]+\s*K.*", said):
        raise BadInput(f"the setting 'wavelength' is '{said}'; tubes known here are {', '.join(_TUBES)}")
    try:
        given = Quantity.parse(said)
    except BadInput as error:
        raise BadInput(f"the setting 'wavelength' is '{said}', which is none; {_WANTED}") from error
    if same_dimension(given.unit, "eV"):
        made = _EV_ANGSTROM / given.to("eV").value if given.value > 0.0 else float("nan")
        raise BadInput(f"the setting 'wavelength' is '{said}', an energy; its wavelength is {made:.6g} angstrom")
    if not same_dimension(given.unit, "angstrom"):
        raise BadInput(f"the setting 'wavelength' is '{said}', which is no length; {_WANTED}")
    here = given.to("angstrom")
    if not _LEAST <= here.value <= _MOST:
        raise BadInput(
            f"the setting 'wavelength' is '{said}', {here.value:.4g} angstrom; X-rays of a diffractometer have "
            f"{_LEAST:g} to {_MOST:g} angstrom"
        )
    share, guessed = _polarised(here.value, geometry) if polarised is None else (polarised, "")
    return Beam(here.value, here.sigma if here.known else 0.0, "", geometry, here.known, share, guessed)


def _polarised(wavelength: float, geometry: Geometry) -> tuple[float, str]:
    """The share of polarisation that a wavelength and a geometry speak for, and in what words it was guessed."""
    name = next((name for name, line in _LINES.items() if abs(line - wavelength) < _NEAR), "")
    if name:
        return 0.5, f"the wavelength is that of {name}: an X-ray tube's beam, not polarised"
    if geometry == "bragg_brentano":
        return 0.5, "a flat plate speaks for an X-ray tube, whose beam is not polarised"
    return _SYNCHROTRON, ""
