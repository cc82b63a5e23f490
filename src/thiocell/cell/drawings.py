"""Drawings of a simulated cell: its discharges, its inside, and where the voltage goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from thiocell.cell.inside import Inside
from thiocell.cell.loss_budget import SWITCHES, LossBudget
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Band, Drawing, Layer, Line, Panel

Array = NDArray[np.float64]

_CAPACITY = Axis("Capacity of the cathode", "mAh/g")
_REST = "all others"
_VOLTAGE = Axis("Cell voltage (vs anode)", "V")
_CURRENT = Axis("Current", "mA/g", "log")
_DEPTH = Axis("Depth from the separator", "um")
_SMALL = 0.02
"""Losses below this share of the highest stack are drawn together, assumed: thinner bands are not told apart."""


def voltage_curves(discharges: Sequence[Inside], title: str = "Galvanostatic discharge") -> Drawing:
    """Voltage against capacity, one line for each discharge, named by its current at the first row."""
    if not discharges:
        raise BadInput("voltage curves need at least one discharge")
    layers = tuple(
        Line(one.capacity, one.voltage, _current(one), tone) for tone, one in enumerate(_by_current(discharges))
    )
    return _drawing((Panel(_CAPACITY, _VOLTAGE, layers, title),), "Voltage against capacity, from the cell model")


def charge_shares(discharge: Inside) -> Drawing:
    """Each couple's share of the charge so far and of the current of the moment, against capacity."""
    shares = (("of the charge", discharge.charge_shares), ("of the current", discharge.current_shares))
    panels = tuple(
        Panel(
            _CAPACITY,
            Axis(f"Share {what}"),
            tuple(Line(discharge.capacity, share[:, c], name, c) for c, name in enumerate(discharge.couples)),
            f"Share {what} at {_current(discharge)}",
        )
        for what, share in shares
    )
    return _drawing(panels, "What each couple gives, from the cell model; the rest is the double layer's")


def profiles(discharge: Inside, at: Sequence[float] = (0.1, 0.5, 0.9, 1.0)) -> Drawing:
    """Lithiated share, reaction and ionic conductivity through the depth where shares ``at`` of the charge have passed.

    Reactions are J L/i, one in an even cathode; the nearest row is drawn. Raises BadInput for shares outside 0 ... 1.
    """
    if not at or not all(0.0 <= share <= 1.0 for share in at):
        raise BadInput(f"profiles are drawn at shares of the charge from 0 to 1, not at {list(at)}")
    rows = [int(np.abs(discharge.passed - share * discharge.passed[-1]).argmin()) for share in at]
    names = [f"{discharge.capacity[row]:.0f} mAh/g" for row in rows]
    reaction = -discharge.reaction.sum(axis=1)[rows] * discharge.cell.thickness
    current = discharge.current[rows, None]
    even = np.divide(reaction, current, out=np.full(reaction.shape, np.nan), where=current != 0.0)
    held = tuple(
        _through(
            Axis(f"Lithiated {discharge.couples[c]}", low=0.0, high=1.0), discharge, discharge.lithiated[rows, c], names
        )
        for c in _largest(discharge)
    )
    kappa = 10.0 * discharge.conductivity[rows]  # S/m to mS/cm
    panels = (
        *held,
        _through(Axis("Reaction over its mean"), discharge, even, names),
        _through(Axis("Ionic conductivity", "mS/cm"), discharge, kappa, names),
    )
    return _drawing(panels, f"Through the depth at {_current(discharge)}, from the cell model")


def stacked_losses(discharge: Inside) -> Drawing:
    """Voltage, equilibrium potential and the losses between them as bands, against capacity.

    A loss below zero (hysteresis after a charge, gradients that even out) folds its band back over the one beneath.
    """
    flowing = discharge.current != 0.0
    if not flowing.any():
        raise BadInput("a rest has no losses in volts; draw a step with a current")
    x, losses = discharge.capacity[flowing], {kind: v[flowing] for kind, v in discharge.losses.items()}
    voltage = discharge.voltage[flowing]
    layers = (
        *_bands(x, losses, voltage),
        Line(x, discharge.equilibrium[flowing], "equilibrium", 0, "dashed"),
        Line(x, voltage, "voltage", 0),
    )
    panel = Panel(_CAPACITY, _VOLTAGE, layers, f"Losses at {_current(discharge)}")
    return _drawing((panel,), "Where the voltage goes, from the cell model; bands add up to equilibrium less voltage")


def limits(budget: LossBudget) -> Drawing:
    """Losses against current on average and at the end, the capacity, and what would be won without each loss."""
    order = np.argsort(budget.currents)
    if order.size < 2:
        raise BadInput("losses against current need at least two currents")
    x = budget.currents[order] / budget.cell.mass  # A/kg = mA/g
    volts = Axis("Loss", "V")
    stacks = tuple(
        Panel(_CURRENT, volts, _bands(x, {k: v[order] for k, v in losses.items()}, np.zeros(x.size)), title)
        for losses, title in ((budget.mean, "Mean loss"), (budget.end, "Over the last 1 % of the discharge"))
    )
    per_gram = 1.0 / budget.cell.mass / 3600.0  # C to mAh/g
    won = tuple(Line(x, per_gram * budget.won[kind][order], f"no loss by {kind}", _TONES[kind]) for kind in SWITCHES)
    gains = Panel(_CURRENT, Axis("Capacity won", "mAh/g"), won, "With one loss switched off")
    capacity = Panel(
        _CURRENT,
        Axis("Capacity of the cathode", "mAh/g", low=0.0),
        (
            Line(x, np.full(x.size, per_gram * budget.slow), "infinitely slow", 0, "dashed"),
            Line(x, per_gram * budget.capacity[order], "discharge", 0),
        ),
        "Capacity",
    )
    return _drawing((*stacks, capacity, gains), "What limits a discharge at each current, from the cell model")


def _drawing(panels: tuple[Panel, ...], caption: str) -> Drawing:
    return Drawing(panels, caption, virtual=True)


def _through(axis: Axis, discharge: Inside, values: Array, names: Sequence[str]) -> Panel:
    """A line through the depth for each state."""
    depth = 1e6 * discharge.depth  # m to um
    layers = tuple(Line(depth, value, name, tone) for tone, (value, name) in enumerate(zip(values, names, strict=True)))
    return Panel(_DEPTH, axis, layers)


def _current(discharge: Inside) -> str:
    return f"{discharge.current[0] * discharge.cell.area / discharge.cell.mass:.3g} mA/g"  # A/kg = mA/g


def _by_current(discharges: Sequence[Inside]) -> list[Inside]:
    return sorted(discharges, key=lambda one: float(one.current[0]) * one.cell.area / one.cell.mass)


def _largest(discharge: Inside) -> list[int]:
    """The numbers of the two couples that gave most, the largest first."""
    return [int(couple) for couple in np.argsort(-np.abs(discharge.charges[-1]))[:2]]


_TONES = {
    "separator": 0, "anode": 1, "ions in the cathode": 2, "electrons in the cathode": 3, "kinetics": 4, "grains": 7,
    "hysteresis": 6, _REST: 5, "uneven sizes": 9, "uneven depth": 11,
}  # fmt: skip
"""A loss has the same colour in every panel. There are eight: the last two share those of losses that are small
wherever they are large, so that they seldom meet."""


def _bands(x: Array, losses: Mapping[str, Array], bottom: Array) -> tuple[Layer, ...]:
    """The losses stacked upon ``bottom``; those that are small everywhere share the last band."""
    known = np.abs(sum(losses.values()))
    least = _SMALL * float(np.nanmax(known, initial=0.0))
    large = {kind: v for kind, v in losses.items() if np.nanmax(np.abs(v), initial=0.0) > least}
    rest = [v for kind, v in losses.items() if kind not in large]
    if rest:
        large[_REST] = np.asarray(sum(rest))
    bands: list[Layer] = []
    for kind, loss in large.items():
        bands.append(Band(x, bottom, bottom + loss, kind, _TONES[kind]))
        bottom = bottom + loss
    return tuple(bands)
