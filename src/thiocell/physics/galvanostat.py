"""What an ideal galvanostat writes down of an ideal cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.physics.voltage_law import about

Array = NDArray[np.float64]


_LEAST_ROWS = 200
"""Of a stretch, assumed: a cycler also writes a row when the voltage has moved."""


@dataclass(frozen=True)
class Stretch:
    """One half-cycle at constant current: ``sign`` +1 charges; A, s, V (the mean over the stretch), and its cycle."""

    sign: int
    current: float
    seconds: float
    mean_voltage: float
    cycle: int


@dataclass(frozen=True, eq=False)
class Trace:
    """Rows in SI units: time, time since the step began, voltage, signed current, step and cycle numbers."""

    time: Array
    step_time: Array
    voltage: Array
    current: Array
    step: Array
    cycle: Array


def rows(stretches: Sequence[Stretch], interval: float, rest: float) -> int:
    """About how many rows ``record`` will write."""
    return sum(max(int(s.seconds // interval), _LEAST_ROWS) + int(rest // interval) + 4 for s in stretches)


def record(stretches: Sequence[Stretch], law: str, interval: float, rest: float) -> Trace:
    """The rows that ``stretches``, each followed by ``rest`` s, give when one is written every ``interval`` s.

    Every step has a row at its beginning and one at its end, a stretch 200 rows at least. Each stretch runs through
    the whole depth of ``law``; at rest the cell stays at the voltage it had (assumed: no relaxation).
    """
    parts: list[tuple[Array, ...]] = []
    begun = 0.0
    for number, stretch in enumerate(stretches):
        for current, seconds, step in ((stretch.sign * stretch.current, stretch.seconds, 1), (0.0, rest, 2)):
            every = min(interval, seconds / _LEAST_ROWS) if step == 1 else interval
            since = np.append(np.arange(0.0, seconds * (1 - 1e-9), every), seconds)
            share = since / seconds if step == 1 else np.ones_like(since)
            voltage = about(law, 1.0 - share if stretch.sign > 0 else share, stretch.mean_voltage)
            flat = np.ones_like(since)
            parts.append(
                (begun + since, since, voltage, current * flat, (2 * number + step) * flat, stretch.cycle * flat)
            )
            begun += seconds
    return Trace(*(np.concatenate(column) for column in zip(*parts, strict=True)))
