"""A record beside the curves fitted to it, as patterns are shown everywhere: what is left and the lines lie below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from thiocell.core.drawing import Axis, Layer, Line, Panel, Points
from thiocell.core.quantity import Quantity

Array = NDArray[np.float64]
RECORD = 0
"""The tone of the record; fits have 1, 2, ... and the rows of lines those after them."""
_MANY = 300  # assumed: more marks than that run into one block
_GAP = 0.05  # of the curves' height: between what lies below, assumed


def fitted_curve(
    axes: tuple[Axis, Axis],
    record: tuple[Array, Array],
    fits: Mapping[str, Array],
    also: Sequence[Layer] = (),
    rows: Mapping[str, Array] | None = None,
    title: str = "",
) -> Panel:
    """One wide panel: the record with its fits, below them record less fit of each, then a row of strokes a name.

    What lies below is shifted, which its ticks without labels and the dotted zero of each difference tell.
    """
    at, seen = record
    shown = [seen, *fits.values()]
    bottom, top = min(float(np.nanmin(y)) for y in shown), max(float(np.nanmax(y)) for y in shown)
    gap = _GAP * (top - bottom or 1.0)
    layers: list[Layer] = [_record(at, seen)]
    layers += [Line(at, curve, name, tone) for tone, (name, curve) in enumerate(fits.items(), start=1)]
    layers += also
    level = bottom - gap
    for tone, (name, curve) in enumerate(fits.items(), start=1):
        left = seen - curve
        zero = level - float(np.nanmax(left, initial=0.0))
        label = f"record less {name}, shifted" if len(fits) == 1 else ""
        layers.append(Line([at[0], at[-1]], [zero, zero], style="dotted"))
        layers.append(Line(at, left + zero, label, tone if label == "" else -1, weight="thin"))
        level = zero + float(np.nanmin(left, initial=0.0)) - gap
    for tone, (name, places) in enumerate((rows or {}).items(), start=len(fits) + 1):
        within = places[(places >= at[0]) & (places <= at[-1])]
        layers.append(Points(within, np.full(within.size, level), name, tone, mark="bar"))
        level -= gap
    x, y = axes
    return Panel(x, Axis(y.label, y.unit, floor=bottom - gap), tuple(layers), title, wide=True)


def side_by_side(axes: tuple[str, Axis], values: Mapping[str, Quantity], title: str) -> tuple[Panel, ...]:
    """A panel of ``values`` at places with their names, under what these are; none if there are not two to compare."""
    if len(values) < 2:
        return ()
    found = [quantity.to(axes[1].unit) for quantity in values.values()]
    marks = Points(
        np.arange(1.0, len(found) + 1.0), [q.value for q in found], sigma_y=[q.sigma for q in found], tone=RECORD
    )
    return (Panel(Axis(axes[0], places=tuple(values)), axes[1], (marks,), title),)


def _record(at: Array, seen: Array) -> Layer:
    if at.size > _MANY:
        return Line(at, seen, "record", RECORD, weight="broad")
    return Points(at, seen, "record", RECORD)
