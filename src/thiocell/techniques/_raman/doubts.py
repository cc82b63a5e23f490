"""What is to be doubted of the lines of a Raman spectrum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from thiocell.chemistry.raman_modes import MODES, OXIDE, Mode
from thiocell.core.term import word_of
from thiocell.techniques._raman.fit import Fit, Rows, line, polynomials

_COARSE = 2.0
"""assumed: goodness of fit above which the lines leave more than noise."""
_BENT, _WORTH = 1.2, 0.9
"""assumed: goodness of fit above which more terms are tried, and the share of it that they must leave at most."""
_AKIN = 0.3
"""assumed: correlation of what is left in neighbouring rows above which they are not independent."""
MOST_TERMS = 15
"""assumed: terms from which a baseline makes lines of its own."""


def line_doubts(seen: Rows, fit: Fit, there: Sequence[Mode], modes: Sequence[Mode], terms: int) -> Iterator[str]:
    """All of them, the fit's first."""
    if fit.gof > _COARSE:
        yield (
            f"the goodness of fit is {fit.gof:.3g}: the lines are of another shape or more than are sought, or the "
            "baseline is bent; sigmas are widened by as much"
        )
    if (better := _better(seen, fit, there, terms)) is not None:
        yield f"more terms of the baseline would fit better: try baseline = {better}"
    left = (seen.counts - fit.curve) / seen.sigma
    akin = float(left[1:] @ left[:-1] / (left @ left)) if left.any() else 0.0
    if akin > _AKIN:
        yield (
            f"what is left is alike in neighbouring rows (correlation {akin:.2g}): the spectrum was smoothed or the "
            "model misses something; sigmas are too small"
        )
    yield from _bounds(fit, there)
    yield from _oxide(seen, there, modes)


def ended_of(fit: Fit, mode: Mode) -> list[str]:
    """Which of a line's 'position' and 'width' ended at a bound."""
    return [part for part in ("position", "width") if f"{part}_{word_of(mode.name)}" in fit.ended]


def _bounds(fit: Fit, there: Sequence[Mode]) -> Iterator[str]:
    for mode in there:
        for part in ended_of(fit, mode):
            low, high = fit.ended[f"{part}_{word_of(mode.name)}"]
            yield (
                f"the {part} of {mode.name} ended at a bound of what is sought, {low:.4g} to {high:.4g} 1/cm: it is "
                "not told, and the line may be another's, a spike or a bend of the baseline"
            )


def _better(seen: Rows, fit: Fit, there: Sequence[Mode], terms: int) -> int | None:
    """The terms of a baseline that would fit clearly better with the same lines, if there are such."""
    if fit.gof <= _BENT or terms >= MOST_TERMS:
        return None
    columns = [
        line(seen.shift, fit.values[f"position_{word}"], fit.values[f"width_{word}"], fit.values["shape"])
        for word in (word_of(mode.name) for mode in there)
    ]
    gofs = []
    for count in range(terms, MOST_TERMS + 1):
        design = np.column_stack([*columns, polynomials(seen.shift, count)]) / seen.sigma[:, None]
        solved = np.linalg.lstsq(design, seen.counts / seen.sigma, rcond=None)[0]
        left = seen.counts / seen.sigma - design @ solved
        spare = seen.shift.size - len(fit.names) - (count - terms)
        gofs.append(float(np.sqrt(left @ left / spare)) if spare > 0 else np.inf)
    best = min(gofs)
    if best > _WORTH * fit.gof:
        return None
    return terms + next(n for n, gof in enumerate(gofs) if gof <= 1.05 * best)


def _oxide(seen: Rows, there: Sequence[Mode], modes: Sequence[Mode]) -> Iterator[str]:
    oxide = [mode.name for mode in there if mode.phase == "MoO3"]
    if oxide:
        yield f"lines of MoO3 are there ({', '.join(oxide)}): its weaker lines are easily taken for 1T-MoS2"
    elif any(mode.phase == "1T" for mode in there) and not any(mode.name in OXIDE for mode in modes):
        places = ", ".join(f"{MODES[name].place:g}" for name in OXIDE)
        inside = seen.shift[-1] > MODES[OXIDE[-1]].place
        way = f"add {', '.join(OXIDE)} to 'modes'" if inside else f"this spectrum ends at {seen.shift[-1]:.4g}"
        yield (
            f"MoO3, which the laser may make of MoS2, imitates 1T; its strong lines at {places} 1/cm were not "
            f"looked for: {way}"
        )
