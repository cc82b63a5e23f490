"""What the techniques of impedance can all be set to."""

from __future__ import annotations

from dataclasses import dataclass

from thiocell.core.quantity import Quantity
from thiocell.core.technique import setting
from thiocell.physics.circuit_fit import STARTS
from thiocell.techniques._impedance.fitted import WEIGHTING_MEANING, Weighting
from thiocell.techniques._impedance.spectrum import INDUCTIVE_MEANING, Inductive
from thiocell.techniques._impedance.virtual import GAIN, NOISE


@dataclass(frozen=True, kw_only=True)
class SpectrumSettings:
    """Which points are used, how they are weighed and searched, and what an analyser adds."""

    weighting: Weighting = setting("modulus", WEIGHTING_MEANING)
    low: Quantity | None = setting(None, "lowest frequency that is used", "10 Hz")
    high: Quantity | None = setting(None, "highest frequency that is used", "100 kHz")
    inductive: Inductive = setting("drop", INDUCTIVE_MEANING)
    starts: int = setting(STARTS, "starts of the search")
    seed: int = setting(0, "of the places where the search starts")
    gain_error: Quantity = setting(GAIN, "relative error that all impedances of one analyser share")
    noise: Quantity = setting(NOISE, "noise of a predicted record, of |Z|, one sigma of each part")
    span: tuple[Quantity, ...] = setting(
        (Quantity.exact(0.1, "Hz"), Quantity.exact(1e6, "Hz")), "frequencies between which a record is predicted"
    )
    points: int = setting(60, "frequencies of a predicted record")
