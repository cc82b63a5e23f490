"""The share of 1T in the area of the lines of 1T and 2H, or its limit where the lines of one are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from thiocell.chemistry.raman_modes import Mode
from thiocell.core.quantity import Quantity
from thiocell.core.result import Limit
from thiocell.techniques._findings import ONE_SIDED, Findings
from thiocell.techniques._raman.fit import USUAL
from thiocell.techniques._spread import Spread

SHARE = "share_1t"
PHASES = ("1T", "2H")


def outside(sought: Sequence[Mode], modes: Sequence[Mode]) -> Iterator[str]:
    """What is said of the lines that are ``sought`` but not among the ``modes`` that lie in the spectrum."""
    wanted, inside = ({mode.phase for mode in each} & set(PHASES) for each in (sought, modes))
    for mode in sought:
        if mode not in modes:
            less = f", and {SHARE} is made without it" if mode.phase in inside and len(inside) == len(PHASES) else ""
            yield f"{mode.name} at {mode.place:g} 1/cm lies outside the spectrum: nothing is said of it{less}"
    if len(wanted) == len(PHASES) and len(inside) == 1:
        (lost,) = wanted - inside
        yield f"there is no {SHARE}: no line of {lost} lies in the spectrum"


def add_share(
    found: Findings, areas: Mapping[str, Spread], there: Sequence[Mode], modes: Sequence[Mode], lost: Sequence[str]
) -> None:
    """Keep the share, or its limit, made from the ``areas`` by name of all ``modes`` that lie in the spectrum.

    ``lost`` are lines whose area is not told. Nothing is kept if neither phase is seen or one was not looked for.
    """
    looked = [[mode.name for mode in modes if mode.phase == phase] for phase in PHASES]
    seen = {mode.phase for mode in there}
    if not all(looked) or not seen & set(PHASES):
        return
    if untold := [name for names in looked for name in names if name in lost]:
        found.note(
            f"there is no {SHARE}: the area of {', '.join(untold)} is not told, and a share without would mislead"
        )
        return
    sums = dict(zip(PHASES, (_total([areas[name] for name in names]) for names in looked), strict=True))
    if set(PHASES) <= seen:
        both = sums["1T"].plus(sums["2H"])
        found.add(SHARE, sums["1T"].over(both), "", "%")
        return
    one, other = PHASES if "1T" in seen else reversed(PHASES)
    ratio = most_of_ratio(sums[other], sums[one])
    if ratio is None:
        found.note(f"there is no {SHARE}: {other} is not seen, and the area of {one} is not told from none")
        return
    limit = (
        Limit(Quantity.exact(100.0 / (1.0 + ratio), "%"), "above", 0.95)
        if one == "1T"
        else Limit(Quantity.exact(100.0 * ratio / (1.0 + ratio), "%"), "below", 0.95)
    )
    found.limits[SHARE] = limit
    found.note(
        f"no line of {other} is seen: {SHARE} is {limit.side} {limit.bound.value:.3g} % (95 %) if its lines "
        f"lie at their usual places and are {USUAL:g} 1/cm wide; broader ones may hide more"
    )


def most_of_ratio(absent: Spread, there: Spread) -> float | None:
    """The largest ratio (95 %) of two areas, by Fieller's theorem; None where ``there`` is not told from none.

    ``absent`` below zero counts as zero.
    """
    a, b = max(float(absent.value), 0.0), float(there.value)
    shared = sum(float(part * there.parts.get(error, 0.0)) for error, part in absent.parts.items())
    a2, b2, ab = (ONE_SIDED**2 * part for part in (float(absent.sigma) ** 2, float(there.sigma) ** 2, shared))
    below, middle = b**2 - b2, a * b - ab
    inner = middle**2 - below * (a**2 - a2)
    if b <= 0.0 or not below > 0.0 or not inner >= 0.0:
        return None
    return float((middle + np.sqrt(inner)) / below)


def _total(spreads: Sequence[Spread]) -> Spread:
    found = Spread(np.asarray(0.0))
    for spread in spreads:
        found = found.plus(spread)
    return found
