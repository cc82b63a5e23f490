"""Lines as values with their errors: those of the fit, and that of a baseline which may need more terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from thiocell.chemistry.raman_modes import Mode
from thiocell.core.bad_input import BadInput
from thiocell.core.term import word_of
from thiocell.techniques._raman.doubts import MOST_TERMS
from thiocell.techniques._raman.fit import Fit, Rows, fit_lines, form_of
from thiocell.techniques._spread import Spread, root_of

BASELINE = "baseline"
"""The name of the error that the number of terms makes."""
_MORE = (1, 2)
"""Terms more that are tried: an odd one moves places, an even one heights and areas."""
_BEYOND = 2.0
"""assumed: sigmas of what noise moves beyond which the baseline does."""


def lines_of(fit: Fit, modes: Sequence[Mode]) -> dict[str, Spread]:
    """Heights, places, widths and areas by word, with the errors of the fit."""
    root = root_of(fit.covariance)
    rows = {name: Spread(np.asarray(value)) for name, value in fit.values.items()}
    for place, name in enumerate(fit.names):
        parts = {f"fit {k}": np.asarray(part) for k, part in enumerate(root[place]) if part}
        rows[name] = Spread(rows[name].value, parts)
    value, slope = form_of(fit.values["shape"])
    form = Spread(np.asarray(value - slope * fit.values["shape"])).plus(rows["shape"], slope)
    found: dict[str, Spread] = {}
    for word in (word_of(mode.name) for mode in modes):
        found |= {f"{part}_{word}": rows[f"{part}_{word}"] for part in ("height", "position", "width")}
        found[f"area_{word}"] = rows[f"height_{word}"].times(rows[f"width_{word}"]).times(form)
    return found


def with_baseline(
    seen: Rows, fit: Fit, modes: Sequence[Mode], terms: int, told: Mapping[str, Spread]
) -> dict[str, Spread]:
    """What ``lines_of`` told, each with what one or two terms more move it beyond noise as an error of its own.

    If ``terms`` are enough, noise moves a value by the root of the difference of its variances (Hausman 1978,
    doi:10.2307/1913827). Fewer terms need no trial: where they are enough, so are these, and else they say nothing.
    """
    most = dict.fromkeys(told, 0.0)
    for other in _others(seen, fit, modes, terms) if modes else ():
        for word, there in lines_of(other, modes).items():
            move = float(there.value - told[word].value)
            noise = (float(there.sigma) * fit.gof / other.gof) ** 2 - float(told[word].sigma) ** 2
            noise = max(noise, 0.0)
            if move**2 > _BEYOND**2 * noise and abs(excess := np.sqrt(move**2 - noise)) > abs(most[word]):
                most[word] = float(np.copysign(excess, move))
    return {
        word: replace(spread, parts={**spread.parts, BASELINE: np.asarray(most[word])}) if most[word] else spread
        for word, spread in told.items()
    }


def _others(seen: Rows, fit: Fit, modes: Sequence[Mode], terms: int) -> Iterator[Fit]:
    """The same lines on baselines of more terms, as far as they settle within the same bounds."""
    for count in (terms + more for more in _MORE if terms + more <= MOST_TERMS):
        try:
            other = fit_lines(seen, modes, count, near=fit)
        except BadInput:  # too few rows for so many terms
            return
        if other.settled and other.names[: len(fit.names)] == fit.names:
            yield other


def baseline_doubts(told: Mapping[str, Spread], modes: Sequence[Mode]) -> Iterator[str]:
    """Which lines the baseline moves more than noise does."""
    for mode in modes:
        worst = ("", 0.0)
        for part in ("height", "position", "width", "area"):
            parts = dict(told[f"{part}_{word_of(mode.name)}"].parts)
            moved = abs(float(parts.pop(BASELINE, np.asarray(0.0))))
            sigma = float(Spread(np.asarray(0.0), parts).sigma)
            if moved > max(sigma, worst[1] * sigma):
                worst = (f"{part} of {mode.name} by {moved:.2g}", moved / sigma)
        if worst[0]:
            yield f"one or two terms more of the baseline move the {worst[0]}, more than noise does: sigmas count it in"
