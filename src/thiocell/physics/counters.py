"""What an instrument's own charge counter says of each half-cycle, wherever it was set back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.intp]


def counted(counter: Array, first: Rows, last: Rows) -> tuple[Array, int]:
    """Charge that ``counter`` gained over each half-cycle, in the counter's unit, and how often it was set back.

    ``first`` and ``last`` are the rows of the half-cycles. What the counter shows after it fell is what passed since;
    a counter that runs downwards is read the other way.
    """
    gain = np.diff(counter, prepend=0.0)
    if np.count_nonzero(gain < 0) > np.count_nonzero(gain > 0):
        counter, gain = -counter, -gain
    falls = gain < 0
    falls[0] = False
    total = np.cumsum(np.where(falls, np.maximum(counter, 0.0), np.where(np.arange(gain.size) == 0, 0.0, gain)))
    before = np.where(first > 0, total[np.maximum(first - 1, 0)], 0.0)
    return total[last] - before, int(np.count_nonzero(falls))
