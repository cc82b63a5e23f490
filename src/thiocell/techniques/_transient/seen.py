"""What each interruption of a record shows by itself: levels, drops, and what goes as the square root of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.techniques._transient.interruptions import Fit, Interrupted, Level, Window, fit_pulse, fit_rest

Array = NDArray[np.float64]

ENDLESS = 1e30
"""s; a diffusion time so long that a slab's answer is the square root of time."""
SURELY = 3.0
"""assumed: sigmas by which a voltage goes the wrong way, or the halves of a fit differ, and not by chance."""
_WRONG_WAY = "the voltage drops or relaxes against the current"


@dataclass(frozen=True, eq=False)
class Seen:
    """What was fitted at the rests ``numbers``: ``drop`` (V) and ``root`` (V/s^0.5) with the current's sign.

    ``level`` (V) is the voltage without the drop, or the relaxed one, then with that of a rest before all of them.
    ``covariance`` is of (levels, drops, roots). ``reach`` (s) is how far into each rest was fitted, ``span`` (s) how
    much time tells of diffusion. ``omitted`` counts the rests that were left out, by reason.
    """

    numbers: tuple[int, ...]
    level: Array
    drop: Array
    root: Array
    covariance: Array
    reach: Array
    span: Array
    rests: tuple[Level, ...]
    omitted: dict[str, int]


def look(record: Interrupted, window: Window, levels: Mapping[int, Level], time: float = ENDLESS) -> Seen:
    """What each rest shows, given the diffusion ``time`` (s); raises BadInput if too few can be used.

    With the relaxed ``levels`` of the rests, by number, diffusion is read off the pulses, else off the rests.
    """
    omitted: dict[str, int] = {}
    kept: list[tuple[int, Fit, Fit]] = []
    for number in record.rests:
        fit = fit_rest(record, number, window, time)
        pulse = fit_pulse(record, number, (window[0], np.inf), time) if levels else fit
        if fit is None or pulse is None:
            reason = f"fewer rows than a fit needs lie before them or soon after {window[0]:.3g} s in them"
        elif not record.steady(number):
            reason = "the current before them was not constant"
        elif _against(record, number, fit):
            reason = _WRONG_WAY
        else:
            kept.append((number, fit, pulse))
            continue
        omitted[reason] = omitted.get(reason, 0) + 1
    if not kept or 2 * omitted.get(_WRONG_WAY, 0) > len(record.rests):
        why, count = max(omitted.items(), key=lambda pair: pair[1])
        more = "; is the current positive on charge?" if why == _WRONG_WAY else ""
        raise BadInput(f"record '{record.name}' has {len(record.rests)} rests; of {count} of them, {why}{more}")
    return _gathered(kept, levels, omitted)


def _against(record: Interrupted, number: int, fit: Fit) -> bool:
    along = np.sign(record.stretches[number - 1].current) * fit.values[1:]
    return bool(np.any(along < -SURELY * np.sqrt(np.diag(fit.covariance)[1:])))


def _gathered(kept: list[tuple[int, Fit, Fit]], levels: Mapping[int, Level], omitted: dict[str, int]) -> Seen:
    numbers, fits, pulses = zip(*kept, strict=True)
    level, drop, root = np.array([fit.values for fit in fits]).T
    covariances = np.array([fit.covariance for fit in fits])
    rests: tuple[Level, ...] = ()
    if levels:
        places = (numbers[0] - 2, *numbers) if numbers[0] - 2 in levels else numbers
        rests = tuple(levels[number] for number in places)
        level, root = np.array([rest.voltage for rest in rests]), np.array([pulse.values[-1] for pulse in pulses])
        covariances[:, [0, 2], :] = covariances[:, :, [0, 2]] = 0.0
        covariances[:, 2, 2] = [pulse.covariance[-1, -1] for pulse in pulses]
    count, extra = len(numbers), level.size - len(numbers)
    whole = np.zeros((extra + 3 * count,) * 2)
    blocks = [extra + part * count + np.arange(count) for part in range(3)]
    for i, row in enumerate(blocks):
        for j, column in enumerate(blocks):
            whole[row, column] = covariances[:, i, j]
    for row, rest in enumerate(rests):
        whole[row, row] = rest.sigma**2
    reach, span = (np.array([fit.reach for fit in each]) for each in (fits, pulses))
    return Seen(numbers, level, drop, root, whole, reach, span, rests, omitted)
