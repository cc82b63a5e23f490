"""What is to be doubted of what interruptions tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from thiocell.techniques._transient.interruptions import Interrupted, Window
from thiocell.techniques._transient.titration import REFUTED, Titration

_FELT = 0.2
"""Of L^2/D; from there on the square root of time is off by 0.1 %, its slope by 1.3 %: the slab's shape matters."""
_BENT = 0.05
"""assumed: share by which the halves of the fits may differ without a word."""
_DRIFT = 0.02
"""assumed: share of a pulse's step that a relaxed voltage may still be off at the end without a word."""
_VARIES, _CHANCE = 1.5, 6.0
"""assumed: ratio of the largest to the smallest, and sigmas between them, from which one number is questioned."""


def titration_doubts(record: Interrupted, titration: Titration, window: Window) -> Iterator[str]:
    """All of them, the method that was taken first."""
    yield from _of_record(record, titration, window)
    yield from _of_begin(record, titration)
    yield from _of_omissions(titration)
    yield from _of_law(titration)
    yield from _of_levels(record, titration)


def _of_record(record: Interrupted, titration: Titration, window: Window) -> Iterator[str]:
    """What is to be doubted of the record's rests and rows."""
    rests, pulses = record.durations
    how = "the pulses between relaxed rests (GITT)" if titration.seen.rests else "the rests (interruptions, ICI)"
    yield f"diffusion is read off {how}: rests of {rests:.3g} s after {pulses:.3g} s of current"
    for why, count in titration.seen.omitted.items():
        yield f"{count} of {len(record.rests)} rests were left out: {why}"
    reach = float(titration.seen.reach.max())
    if reach > 1.5 * window[1]:
        yield (
            f"the rows are too far apart for a fit from {window[0]:.3g} to {window[1]:.3g} s of rest; some reach to "
            f"{reach:.3g} s, and their resistances hold what happened until then"
        )
    places = [record.stretches[number] for number in titration.seen.numbers]
    gap = float(np.median([record.time[rest.first] - rest.begins for rest in places]))
    if gap > 0.5 * window[0]:
        yield f"the first row of a rest comes {gap:.3g} s after the last of the current, which is taken for its end"


def _of_begin(record: Interrupted, titration: Titration) -> Iterator[str]:
    """Whether the rows tell when the currents began."""
    firsts = [record.stretches[number - 1].first for number in titration.seen.numbers]
    firsts = [k for k in firsts if 0 < k < record.time.size - 1]
    if not firsts:
        return
    gap, apart = (float(np.median([record.time[k + a] - record.time[k + a - 1] for k in firsts])) for a in (0, 1))
    taken = float(np.median([record.time[each.first] - each.begins for each in record.stretches if each.current]))
    if gap > 2.0 * apart > 0.0:
        yield (
            f"the last row of a rest lies {gap:.3g} s before the first of a current, which is taken to have begun "
            f"{taken:.3g} s before that row"
        )


def _of_omissions(titration: Titration) -> Iterator[str]:
    """Which diffusivities are left out, and why."""
    count, good = titration.charge.size, titration.good
    early, flat = int(titration.early.sum()), int((titration.flat & ~titration.early).sum())
    if early:
        yield f"{early} of {count} diffusivities are left out: the end of the slab was not felt yet"
    if flat:
        yield (
            f"{flat} of {count} diffusivities are left out: the open-circuit curve is flat there, or its slope or the "
            "voltage's course is not set, there or at most of them"
        )
    late = int(titration.late.sum())
    if late:
        yield (
            f"{late} of {count} diffusivities are left out: the slab is through before the fit ends, so the voltage "
            "tells little of it; take shorter pulses or more rows"
        )
    if abs(titration.law) > REFUTED:
        yield "the diffusivities are left out: the voltage is not that of a slab"
    if not good.size:
        yield "there is no diffusivity: no interruption sets one"


def _of_law(titration: Titration) -> Iterator[str]:
    """What is to be doubted of the law and of what it gives."""
    good = titration.good
    felt = int((titration.seen.span[good] > _FELT * titration.time[good]).sum())
    if felt:
        yield (
            f"{felt} of {good.size} diffusivities rest on more than {_FELT:g} L^2/D of time, where the end is felt: "
            "they hold for a slab only"
        )
    if abs(titration.misfit) > _BENT:
        yield (
            "the voltage does not follow a slab's law: the later half of the fits gives "
            f"{1 + titration.misfit:.2f} times the diffusion resistance of the earlier; the sigmas hold as much"
        )
    beside = titration.beside
    if abs(beside.ratio - 1.0) > _BENT:
        yield (
            f"the voltage does not follow a slab's law: a relaxation of {beside.time:.2g} s and "
            f"{beside.resistance:.2g} ohm beside it describes it better and makes the diffusivity "
            f"{beside.ratio**-2:.2g} times as large; the sigmas hold as much"
        )
    if abs(titration.drift) > _DRIFT:
        yield (
            "the voltage drifts on in rests after diffusion is over: if it does so throughout, "
            f"{100 * titration.drift:.2g} % of the open-circuit curve's slope are drift; the sigma of D holds as much"
        )
    rate = 1.0 / titration.time[good]
    for word, value, noise in (
        ("resistance", titration.resistance, titration.noise(titration.by_drop)),
        ("diffusivity", rate, rate * titration.noise(titration.by_rate)),
    ):
        if value.size and value.min() > 0 and value.max() > _VARIES * value.min() + _CHANCE * np.median(noise):
            yield (
                f"the {word} changes by a factor of {value.max() / value.min():.2g} with the state of charge: one "
                "number for all is a middle, and its sigma that of the middle, not the spread"
            )


def _of_levels(record: Interrupted, titration: Titration) -> Iterator[str]:
    """What is to be doubted of the open-circuit curve."""
    seen = titration.seen
    if not seen.rests:
        yield (
            "the open-circuit curve is not of relaxed rests but the voltage without resistance and without a slab's "
            f"diffusion, up to {1e3 * np.max(np.abs(titration.open_circuit - seen.level)):.2g} mV"
        )
        return
    rests, pulses = record.durations
    if rests < pulses:
        yield "the rests are shorter than the pulses: voltages that seem settled in them may drift on"
    unsettled = sum(not rest.settled for rest in seen.rests)
    if unsettled:
        yield (
            f"{unsettled} of {len(seen.rests)} rests had not settled: their open-circuit voltage is the mean of their "
            "last tenth, and the diffusivities beside them are left out; the method 'ici' needs no relaxed rest"
        )
    step = float(np.median(np.abs(np.diff(seen.level)))) if seen.level.size > 1 else np.inf
    drifting = sum(rest.settled and abs(rest.above) > _DRIFT * step for rest in seen.rests)
    if drifting:
        yield f"{drifting} of {len(seen.rests)} rests still drifted at their end: their voltages are extrapolated"
