"""The radiation of a powder pattern: one wavelength, or the lines of an X-ray tube."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity, same_dimension

Geometry = Literal["debye_scherrer", "bragg_brentano"]

_TUBES = ("CuKa", "CuKa1", "MoKa", "MoKa1", "CoKa", "CoKa1", "AgKa", "AgKa1", "CrKa", "CrKa1", "FeKa", "FeKa1")
_LEAST, _MOST = 0.1, 3.0
"""angstrom; assumed: wavelengths of powder diffractometers lie between."""
_WANTED = "write it like '0.4137 angstrom', or name a tube's lines, like 'CuKa'"


@dataclass(frozen=True)
class Beam:
    """``wavelength`` in angstrom (NaN for the lines of ``tube``) with ``sigma``, and how it meets the sample.

    A wavelength whose sigma is not ``told`` counts as exact.
    """

    wavelength: float
    sigma: float
    tube: str
    geometry: Geometry
    told: bool = True


def beam_of(text: str, geometry: Geometry) -> Beam:
    """The radiation that a setting names; raises BadInput if it is missing, or no wavelength of X-rays."""
    said = text.strip()
    if not said:
        raise BadInput(f"the setting 'wavelength' is missing, and no angle means anything without it; {_WANTED}")
    if re.fullmatch(r"[A-Z][a-z]?K.*", said):
        if said not in _TUBES:
            raise BadInput(f"the setting 'wavelength' is '{said}'; tubes known here are {', '.join(_TUBES)}")
        return Beam(float("nan"), 0.0, said, geometry)
    given = Quantity.parse(said)
    if not same_dimension(given.unit, "angstrom"):
        raise BadInput(f"the setting 'wavelength' is '{said}', which is no length; {_WANTED}")
    here = given.to("angstrom")
    if not _LEAST <= here.value <= _MOST:
        raise BadInput(
            f"the setting 'wavelength' is '{said}', {here.value:.4g} angstrom; X-rays of a diffractometer have "
            f"{_LEAST:g} to {_MOST:g} angstrom"
        )
    return Beam(here.value, here.sigma if here.known else 0.0, "", geometry, here.known)
