"""Where one impedance spectrum ends and the next begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def split_sweeps(frequency: ArrayLike, *markers: ArrayLike) -> list[slice]:
    """The rows of each sweep: a new one begins where the frequency turns back, or where a marker changes.

    A marker is a column such as the cycle number, one value a row. A frequency measured twice in a row is no turn,
    but where the sweep turns between the two, the second begins the new one.
    """
    steps = np.sign(np.diff(np.asarray(frequency, dtype=np.float64)))
    changed = np.zeros(steps.shape, dtype=bool)
    for marker in markers:
        changed |= np.diff(np.asarray(marker, dtype=np.float64)) != 0
    starts, way = [0], 0.0
    for row, (step, jump) in enumerate(zip(steps, changed, strict=True), 1):
        if jump or (way and step == -way):
            starts.append(row - 1 if not jump and row > 1 and not steps[row - 2] else row)
            way = 0.0
        elif step:
            way = step
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], steps.size + 1], strict=True)]
