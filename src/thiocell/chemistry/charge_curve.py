"""The phases against charge: from the fully discharged to the fully charged sample, through the sample as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from thiocell.chemistry.counting import Counting, Inputs
from thiocell.chemistry.couple import Couple
from thiocell.core.drawing import Axis, Drawing, Line, Panel
from thiocell.core.record import Column, Record
from thiocell.core.source import Source
from thiocell.physics import composition

_POINTS = 41
"""Points a step of a couple; assumed: smooth to the eye."""
Place = Mapping[str, float]


def inventory_record(counting: Counting, inputs: Inputs, name: str) -> Record:
    """Moles (a formula unit of cathode) and volume shares of each phase against the charge passed.

    ``charge_passed`` counts from the fresh sample, positive on charge. Charging oxidises the couples in the system's
    order, discharging reduces them in the opposite one, both starting where the sample is. ``porosity`` holds the
    layer's outer size fixed; NaN marks a volume that is not known.
    """
    rows = [_row(counting, place, inputs) for place in _places(counting, inputs)]
    units = {"charge_passed": "mAh/g"}
    columns = {word: Column([row[word] for row in rows], units.get(word, "")) for word in rows[0]}
    return Record(name, "inventory", columns, Source("derived", place="counting along the charge"))


def _places(counting: Counting, inputs: Inputs) -> Iterator[Place]:
    """Lithium of every couple along the path, from the most reduced place to the most oxidised one."""
    here = counting.lithium(inputs)
    movable = [c for c in counting.counted if counting.weighed(inputs)[c.phase] > 0]
    discharge = list(_walk(here, [(c, c.knots[-1]) for c in reversed(movable)]))
    yield from reversed(discharge)
    yield here
    yield from _walk(here, [(c, c.knots[0]) for c in movable])


def _walk(start: Place, goals: list[tuple[Couple, float]]) -> Iterator[Place]:
    place = dict(start)
    for couple, goal in goals:
        for lithium in _stops(couple, place[couple.name], goal)[1:]:
            place[couple.name] = float(lithium)
            yield dict(place)


def _stops(couple: Couple, start: float, goal: float) -> NDArray[np.float64]:
    low, high = min(start, goal), max(start, goal)
    knots = np.array([knot for knot in couple.knots if low < knot < high])
    stops = np.unique(np.concatenate([np.linspace(low, high, _POINTS), knots]))
    return stops if goal >= start else stops[::-1]


def _row(counting: Counting, place: Place, inputs: Inputs) -> dict[str, float]:
    stock = counting.inventory(place, inputs)
    room, fresh = stock.volumes("lattice"), sum(counting.fresh(inputs).volumes("lattice").values())
    solid = sum(room.values())
    row = {"charge_passed": counting.charge(place, inputs) / 3.6e3 + 0.0}  # C/kg in one mAh/g: 3.6 C/mAh, 1e3 g/kg
    row |= {f"moles_{name}": n for name, n in stock.present.items()}
    row |= {f"volume_fraction_{name}": volume / solid for name, volume in room.items()}
    row["solid_volume_ratio"] = solid / fresh
    if {"mass", "area", "thickness"} <= set(inputs):
        density = counting.molar_mass(inputs) / fresh
        pores = composition.porosity(inputs["mass"], inputs["area"], inputs["thickness"], density)
        row["porosity"] = composition.porosity_after(pores, row["solid_volume_ratio"])
    return row


def draw(record: Record, labels: Mapping[str, str], now: float) -> Drawing:
    """Volume shares of the phases, and what the layer does, against charge; a dotted line marks the sample ``now``.

    ``labels`` names the phases by key; phases that never appear are left out.
    """
    charge = record.columns["charge_passed"].values
    across = Axis("charge passed", "mAh/g")
    shares: list[Line] = []
    for tone, (name, label) in enumerate(labels.items()):
        share = record.columns[f"volume_fraction_{name}"].values
        if np.nanmax(share, initial=0.0) > 1e-9:  # assumed: less is rounding
            shares.append(Line(charge, share, label, tone))
    mark = Line([now, now], [0.0, 1.0], "sample", len(labels), "dotted")
    left = Panel(across, Axis("share of the solid's volume", low=0.0, high=1.0), (*shares, mark), "Phases")
    layer = [Line(charge, record.columns["solid_volume_ratio"].values, "solid volume, fresh = 1", 0)]
    if "porosity" in record:
        layer.append(Line(charge, record.columns["porosity"].values, "porosity at fixed thickness", 1, "dashed"))
    right = Panel(across, Axis("ratio"), tuple(layer), "Layer")
    return Drawing((left, right), "What counting says is there, from discharged to charged; positive is charge.")
