"""Holds of a voltage that follow each other: which of them drive a current, and what speaks against their plateaus."""

from __future__ import annotations

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.physics.plateau import Plateau
from thiocell.techniques._findings import Findings
from thiocell.techniques._transient.holds import Array, Held, Hold, spikes

ZERO = 1e-3
"""V; assumed: a hold below it tells the current's offset only."""
_OPEN = 0.01
"""assumed: share of the largest conductance below which a hold is an open circuit."""
_IDLE = 3.0
"""assumed: standard deviations of a row within which a current is none."""
_STILL = 0.02
"""assumed: share of the plateau by which the current may lie above it at the end without a word."""
_REDOX = 0.5
"""V; assumed: a voltage from which on the sample's own couples are driven."""
_JUMP, _CLEAR, _ROWS = 0.01, 8.0, 5
"""assumed: relative size, and times the usual change, from which a change between ``_ROWS`` rows is a jump."""
_APART = 0.05
"""assumed: share of the largest current by which plateaus may miss Ohm's law without a word."""
_SURE = 3.0
"""assumed: standard deviations from which a plateau misses Ohm's law."""
_HIDDEN = 2e-3
"""assumed: share of the plateau that noise may hide without a word."""


def driving(held: Held, found: Findings) -> list[Hold]:
    """The holds without open circuits and without rows where the current's range switches; raises BadInput if none."""
    if not any(abs(hold.voltage) > ZERO for hold in held.holds):
        raise BadInput(f"record '{held.name}' never holds a voltage of more than {1e3 * ZERO:g} mV; nothing was driven")
    if not any(hold.current.any() for hold in held.holds):
        raise BadInput(f"record '{held.name}' has no current other than zero; nothing was driven")
    most = max(_conductance(hold) for hold in held.holds if abs(hold.voltage) > ZERO)
    kept = []
    for hold in held.holds:
        if abs(hold.voltage) > ZERO and _conductance(hold) <= _OPEN * most and _idle(hold):
            found.note(
                f"from {hold.begins:.4g} s on, {hold.voltage:.3g} V stand without a current: an open circuit, left out"
            )
            continue
        lone = spikes(hold.current)
        if lone.any() and np.unique(hold.time[~lone]).size >= 8:
            found.note(
                f"{int(lone.sum())} rows at {hold.voltage:.3g} V stand off from their neighbours (a switch of range): "
                "left out"
            )
            kept.append(Hold(hold.time[~lone], hold.current[~lone], hold.voltage, hold.begins))
        else:
            kept.append(hold)
    return kept


def _conductance(hold: Hold) -> float:
    return float(np.median(np.abs(hold.current))) / max(abs(hold.voltage), ZERO)


def _idle(hold: Hold) -> bool:
    """Is a current no more than its own noise?"""
    return abs(float(np.median(hold.current))) <= _IDLE * float(np.std(hold.current[hold.current.size // 2 :]))


def jump(hold: Hold) -> tuple[float, float] | None:
    """Time (s) and size (A) of the largest sudden change of level in the last half of a hold, if there is one."""
    i = hold.current
    if abs(hold.voltage) <= ZERO:
        return None
    if i.size < 8 * _ROWS:
        return None
    level = np.median(np.lib.stride_tricks.sliding_window_view(i, _ROWS), axis=1)
    change: Array = level[_ROWS:] - level[:-_ROWS]
    at = np.arange(change.size) + _ROWS
    late = hold.time[at] >= hold.time[0] + 0.5 * (hold.time[-1] - hold.time[0])
    if not late.any():
        return None
    k = int(np.argmax(np.where(late, np.abs(change), -1.0)))
    size = float(change[k])
    usual = float(np.median(np.abs(change[late])))
    if abs(size) < max(_CLEAR * usual, _JUMP * abs(float(np.median(i[at[late]])))):
        return None
    return float(hold.time[at[k]]), size


def doubts(holds: list[Hold], levels: list[Plateau], facts: bool) -> list[str]:
    """What speaks against each plateau; ``facts`` says whether the sample tells how long it needs to settle."""
    said = []
    for hold, level in zip(holds, levels, strict=True):
        at = f"at {hold.voltage:.3g} V"
        if abs(hold.voltage) <= ZERO:
            continue
        if not level.settled:
            said.append(f"the current {at} still changes at its end and no plateau can be told from the record")
        elif abs(level.above) > _STILL * abs(level.level):
            said.append(
                f"the current {at} was still {100 * level.above / level.level:.2g} % above its plateau at the end, "
                f"with a time constant of {level.time:.3g} s: the plateau is extrapolated"
            )
        elif not facts and np.isnan(level.time) and level.hidden > _HIDDEN * abs(level.level) > 0:
            said.append(
                f"the noise of the current {at} would hide a fall of {100 * level.hidden / abs(level.level):.2g} % "
                "over the last half: whether it has settled is told by the facts ionic_conductivity and "
                "chemical_capacitance of the sample, or by a longer hold"
            )
    most = max(holds, key=lambda hold: abs(hold.voltage))
    if abs(most.voltage) >= _REDOX:
        said.append(f"{most.voltage:.3g} V may drive the sample's own redox: its current would count as electronic")
    return said


def ohmic(volts: Array, levels: Array, left: Array, sigmas: Array) -> tuple[float, str]:
    """By how much (S) the plateaus contradict one conductance, and the sentence that says so.

    ``left`` (A) is what the line through ``levels`` leaves of each, and ``sigmas`` are theirs.
    """
    miss = float(np.max(np.abs(left)))
    if miss <= max(_APART * float(np.max(np.abs(levels))), _SURE * float(np.max(sigmas))):
        return 0.0, ""
    driven = np.abs(volts) > ZERO
    each = levels[driven] / volts[driven]
    return miss / float(np.max(np.abs(volts))), (
        f"the plateaus contradict one conductance: current over voltage lies between {each.min():.3g} and "
        f"{each.max():.3g} S (an offset of the current, or a sample that changes or is not ohmic): the sigma takes it "
        "in"
    )
