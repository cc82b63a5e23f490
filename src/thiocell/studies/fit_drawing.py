"""What fits, rivals and forecasts look like: misses of the numbers, and chi-square against what may vary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thiocell.core.drawing import Axis, Drawing, Layer, Line, Panel, Points
from thiocell.core.record import Array
from thiocell.inference.fit import Fit
from thiocell.inference.profile import Profile
from thiocell.studies.posing import in_terms

_TOP = 6.0  # rise of chi-square up to which a profile is shown; assumed: 95 % lies below 3.84
_LEGEND = 8  # numbers told apart by colour; assumed: more are not


def draw_fit(found: Fit, profiles: Mapping[str, Profile]) -> Drawing:
    """The pulls of the numbers, and for each profile the rise of chi-square against the parameter."""
    panels = [pulls(found.names, {"": found.pulls})]
    for name, each in profiles.items():
        place = found.index(name)
        parameter = found.parameters[place]
        at = in_terms(found.parameters, each.thetas)[:, place]
        best = parameter.quantity(each.best).value
        panels.append(rise(Axis(_spoken(name), parameter.unit, parameter.scale), at, each, best))
    return Drawing(tuple(panels), f"Fit of {len(found.parameters)} parameters to {found.observed.size} numbers")


def draw_forecast(profiles: Mapping[str, tuple[Profile, str]], fit: str) -> Drawing | None:
    """The rise of chi-square of the fit named ``fit`` against each predicted value; None if there is no value."""
    if not profiles:
        return None
    panels = [rise(Axis(_spoken(name), unit), each.values, each, each.best) for name, (each, unit) in profiles.items()]
    return Drawing(tuple(panels), f"What the fit '{fit}' leaves open of what it predicts", virtual=True)


def pulls(names: Sequence[str], by_fit: Mapping[str, Array]) -> Panel:
    """(fitted - given)/sigma of each number; of one fit the numbers are told apart by colour, else the fits."""
    number = np.arange(1, len(names) + 1, dtype=np.float64)
    ends = [0.5, len(names) + 0.5]
    layers: list[Layer] = [Line(ends, [level, level], style="dotted") for level in (-2.0, 0.0, 2.0)]
    if len(by_fit) == 1 and len(names) <= _LEGEND:
        (only,) = by_fit.values()
        layers += [Points([number[i]], [only[i]], f"{i + 1} {_spoken(name)}", tone=i) for i, name in enumerate(names)]
    else:
        layers += [Points(number, values, label, tone=tone) for tone, (label, values) in enumerate(by_fit.items())]
    axis = Axis("number, in the order of the study", low=ends[0], high=ends[1])
    return Panel(axis, Axis("fitted less given", "sigma"), tuple(layers), "Misses")


def rise(axis: Axis, at: Array, drawn: Profile, best: float) -> Panel:
    """Chi-square above its least along ``at``, with the lines below which 68 and 95 % lie."""
    height = drawn.chi2 - drawn.least
    shown = height <= _TOP
    shown |= np.concatenate([shown[1:], [False]]) | np.concatenate([[False], shown[:-1]])
    order = np.argsort(at[shown], kind="stable")
    x, y = at[shown][order], height[shown][order]
    ends = [float(x.min()), float(x.max())]
    levels = [
        Line(ends, [each.threshold] * 2, f"{100 * each.level:.0f} %", 1 + tone, "dotted")
        for tone, each in enumerate(drawn.intervals)
    ]
    here = float(np.min(height[np.abs(at - best) <= 1e-9 * max(abs(best), 1e-300)], initial=np.inf))
    mark = [Points([best], [here], "best fit", 0)] if np.isfinite(here) else []
    layers: tuple[Layer, ...] = (Line(x, y), *levels, *mark)
    return Panel(axis, Axis("rise of chi-square", low=0.0, high=_TOP), layers, axis.label)


def _spoken(name: str) -> str:
    return name.replace("_", " ")
