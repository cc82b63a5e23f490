"""The radiation of a powder pattern: one wavelength, or the lines of an X-ray tube."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.x_rays import EV_ANGSTROM, LEAST, LINES, MOST

Geometry = Literal["debye_scherrer", "bragg_brentano"]

_TUBES = tuple(f"{tube}{end}" for tube in LINES for end in ("", "1"))
_NEAR = 0.002
"""angstrom; assumed: how near to a tube's lines a wavelength is taken to be theirs."""
_HARD = 0.55
"""angstrom; assumed: below it no tube's beam is met, so that none need be asked about."""
_SAME = 1e-4
"""assumed: share by which two wavelengths may differ that are written for one."""
_SYNCHROTRON = 0.99
"""assumed: share of a synchrotron's beam in its plane, with a detector that looks out of that plane."""
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
        made = EV_ANGSTROM / given.to("eV").value if given.value > 0.0 else float("nan")
        raise BadInput(f"the setting 'wavelength' is '{said}', an energy; its wavelength is {made:.6g} angstrom")
    if not same_dimension(given.unit, "angstrom"):
        raise BadInput(f"the setting 'wavelength' is '{said}', which is no length; {_WANTED}")
    here = given.to("angstrom")
    if not LEAST <= here.value <= MOST:
        raise BadInput(
            f"the setting 'wavelength' is '{said}', {here.value:.4g} angstrom; X-rays of a diffractometer have "
            f"{LEAST:g} to {MOST:g} angstrom"
        )
    share, guessed = _polarised(here.value, geometry) if polarised is None else (polarised, "")
    return Beam(here.value, here.sigma if here.known else 0.0, "", geometry, here.known, share, guessed)


def _polarised(wavelength: float, geometry: Geometry) -> tuple[float, str]:
    """The share of polarisation that a wavelength and a geometry speak for, and in what words it was guessed."""
    tube = next((tube for tube, (one, two) in LINES.items() if one - _NEAR < wavelength < two + _NEAR), "")
    if tube:
        return 0.5, f"the wavelength is that of {tube}: an X-ray tube's beam, not polarised; set 'polarised' if it is"
    if geometry == "bragg_brentano":
        return 0.5, "a flat plate speaks for an X-ray tube, whose beam is not polarised; set 'polarised' if it is"
    if wavelength > _HARD:
        return (
            _SYNCHROTRON,
            "the wavelength is no tube's: a synchrotron's beam, polarised by 0.99; set 'polarised' if it is not",
        )
    return _SYNCHROTRON, ""


def other_wavelength(beam: Beam, noted: str) -> str:
    """What is to be doubted of ``beam`` where the record's note tells another wavelength, if it does."""
    try:
        told = beam_of(noted, beam.geometry)
    except BadInput:
        return ""
    one, other = (LINES[each.tube[:4]][0] if each.tube else each.wavelength for each in (beam, told))
    if abs(one / other - 1.0) < _SAME:
        return ""
    return f"the setting 'wavelength' is {one:.6g} angstrom, the file says {noted}: edges are made by the setting"
