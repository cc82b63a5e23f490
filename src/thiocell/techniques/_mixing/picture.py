"""The figure of a law of mixing: the series with the laws that fit it, and how far its conductivities may go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thiocell.core.drawing import Axis, Band, Drawing, Layer, Line, Panel, Points
from thiocell.core.record import Array
from thiocell.core.result import Result


def draw_mixing(result: Result, words: Sequence[str], height: float) -> Drawing:
    """Conductivity against share, and the profiles of the conductivities ``words`` with the ``height`` of 95 %."""
    law = {name: column.values for name, column in result.curves["law"].columns.items()}
    x = law["share"]
    layers: list[Layer] = [Band(x, law["low"], law["high"], "fits within 95 %", 1), Line(x, law["best"], "best", 1)]
    for end, name in (("high", " of the best"), ("low", "")):
        layers += [
            Line(x, law[f"hashin_shtrikman_{end}"], name and f"Hashin-Shtrikman{name}", 2, "dashed"),
            Line(x, law[f"wiener_{end}"], name and f"Wiener{name}", 3, "dotted"),
        ]
    layers += _marks({name: column.values for name, column in result.curves["series"].columns.items()})
    axis = Axis("Volume share of the second phase")
    panels = [Panel(axis, Axis("Conductivity", "S/cm", "log"), tuple(layers), "Series")]
    lines = []
    for tone, word in enumerate(words):
        if f"profile_{word}" in result.curves:
            x, rise = (result.curves[f"profile_{word}"].columns[name].values for name in (word, "rise"))
            low = rise < 4.0 * height
            lines.append(Line(x[low], rise[low], word.replace("_", " "), tone))
    if lines:
        ends = [edge(np.concatenate([line.x for line in lines])) for edge in (np.min, np.max)]
        level = Line(ends, np.full(2, height), "95 %", -1, "dashed")
        rises = Axis("Chi-square above the best", low=0.0, high=3.0 * height)
        panels.append(Panel(Axis("Conductivity", "S/cm", "log"), rises, (*lines, level), "Profiles"))
    return Drawing(tuple(panels), "Mixing", result.source.virtual)


def _marks(data: Mapping[str, Array]) -> list[Layer]:
    """The series' values with their errors, and its limits as open marks."""
    found: list[Layer] = []
    for side, label, tone in ((0, "series", 0), (1, "lower limits", 4), (-1, "upper limits", 5)):
        rows = data["bound"] == side
        if rows.any():
            x, y, sigma = (data[name][rows] for name in ("share", "conductivity", "conductivity_sigma"))
            like = Points(x, y, label, tone, sigma_y=sigma) if side == 0 else Points(x, y, label, tone, mark="open")
            found.append(like)
    return found
