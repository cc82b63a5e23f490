"""What the limits of a two-rail line between contacts that pass ions say of its rails.

Its impedance goes from Re Ri/(Re + Ri), where electrons and ions both carry, to Ri, where the ions carry alone: the
rise is Ri^2/(Re + Ri). Jamnik, Maier, J. Electrochem. Soc. 146 (1999) 4183.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rise_share(frequency: NDArray[np.floating[Any]], time: float, exponent: float = 1.0) -> Array:
    """Real part of tanh(k)/k, k = (j omega T)^(n/2): the share of the rise that ``frequency`` (Hz) shows.

    ``time`` is T in s, (Re + Ri) C/4 where the ``exponent`` n is 1.
    """
    k = (2j * np.pi * np.asarray(frequency, dtype=np.float64) * time) ** (0.5 * exponent)
    return np.asarray(np.real(np.tanh(k) / k))


def ionic_resistance(rise: float, electronic: float) -> tuple[float, float, float]:
    """Ri in ohm of a line with the ``rise`` Ri^2/(Re + Ri) and ``electronic`` Re, with its slopes by either."""
    root = float(np.sqrt(rise * (rise + 4.0 * electronic)))
    return 0.5 * (rise + root), 0.5 + 0.5 * (rise + 2.0 * electronic) / root, rise / root
