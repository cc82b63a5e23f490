"""The curves behind an analysed potential step, and its figure."""

from __future__ import annotations

import numpy as np

from thiocell.core.drawing import Axis, Drawing, Layer, Line, Panel, Points
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.physics.slab_fit import SlabFit, Windows
from thiocell.techniques._transient.holds import Held


def curves(held: Held, fit: SlabFit, windows: Windows, full: float) -> dict[str, Record]:
    """The current with the slab's, and the windows; ``full`` C/m is the charge that the step brings about."""
    columns = {"time": Column(fit.time, "s"), "current": Column(fit.current, "A"), "slab": Column(fit.fitted, "A")}
    table = {
        "first": Column(windows.first, "s"), "last": Column(windows.last, "s"), "exponent": Column(windows.exponent),
        "slope": Column(windows.slope, "A*s**0.5"), "limited": Column(windows.limited.astype(float)),
        "r2": Column(windows.r2), "straight": Column(windows.straight.astype(float)),
        "diffusivity": Column(1e4 * np.pi * (windows.line / full) ** 2, "cm**2/s"),
    }  # fmt: skip
    return {
        "current": Record("current", "current", columns, held.source),
        "windows": Record("windows", "windows", table, held.source),
    }


def draw_step(result: Result) -> Drawing:
    """Current against time with the slab, exponents of the windows, and the map of diffusivity against window."""
    table, windows = result.curves["current"], result.curves["windows"]
    t, i, law = (table.columns[name].values for name in ("time", "current", "slab"))
    course = Panel(
        Axis("Time", "s", "log"),
        Axis("Current", "A", "log"),
        (Points(t, i, "record", 0), Line(t, law, "slab behind a resistance", 1)),
        "Potential step",
    )
    middle = np.sqrt(windows.columns["first"].values * windows.columns["last"].values)
    limited = windows.columns["limited"].values > 0.5
    layers = [
        Points(middle[rows], windows.columns["exponent"].values[rows], label, tone, mark="open")
        for rows, label, tone in ((~limited, "other windows", -1), (limited, "limited by diffusion", 2))
        if rows.any()
    ]
    half = Line(t[[0, -1]], np.full(2, -0.5), "Cottrell", 1, "dotted")
    exponents = Panel(
        Axis("Middle of the window", "s", "log"), Axis("Exponent d ln i/d ln t"), (*layers, half), "Windows"
    )
    panels = [course, exponents]
    straight = windows.columns["straight"].values > 0.5
    by_window = windows.columns["diffusivity"].values
    maps: list[Layer] = [
        Points(middle[rows], by_window[rows], label, tone, mark="open")
        for rows, label, tone in (
            (straight & ~limited, "straight plot, R2 of 0.99", -1),
            (straight & limited, "limited by diffusion too", 2),
        )
        if rows.any()
    ]
    maps += [
        Line(t[[0, -1]], np.full(2, result.values[word].value), word.replace("_", " "), n)
        for n, word in enumerate(("diffusivity", "cottrell_diffusivity"))
        if word in result.values
    ]
    if maps:
        at = Axis("Middle of the window", "s", "log")
        panels.append(Panel(at, Axis("Diffusivity", "cm**2/s", "log"), tuple(maps), "Map"))
    return Drawing(tuple(panels), "Potential step", result.source.virtual)
