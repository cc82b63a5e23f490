"""Replicate cells of one sample: their mean, and how much they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Covariance, Result
from thiocell.core.source import Source

_SPREAD = "_spread"


def pooled(results: Mapping[str, Result]) -> Result:
    """Mean of each value over the cells, by record name, and its batch spread as a value of its own ('..._spread').

    The mean's sigma is the larger of two: what the scatter of the cells gives (s / sqrt n), and what the cells' own
    sigmas give, taken as wholly shared between them (one balance, one die), since that is the cautious case.
    Raises BadInput for fewer than two cells.
    """
    if len(results) < 2:
        raise BadInput("replicates: two cells at least are needed for a spread")
    first = next(iter(results.values()))
    shared = [word for word in first.values if all(word in result.values for result in results.values())]
    values: dict[str, Quantity] = {}
    for word in shared:
        unit = first.values[word].unit
        values |= _mean(word, [result.values[word].to(unit) for result in results.values()])
    doubts = [f"{name}: {doubt}" for name, result in results.items() for doubt in result.doubts]
    left = sorted({word for result in results.values() for word in result.values} - set(shared))
    if left:
        doubts.append(f"not every cell gave {', '.join(left)}: left out of the mean")
    cells = Record(
        "cells",
        "replicates",
        {
            word: Column(
                [r.values[word].to(first.values[word].unit).value for r in results.values()], first.values[word].unit
            )
            for word in shared
        },
        first.source,
        notes={str(i + 1): name for i, name in enumerate(results)},
    )
    source = Source(first.source.kind, "", f"mean of {len(results)} cells: {', '.join(results)}")
    covariance = _covariance(values, shared, list(results.values()))
    return Result(
        first.technique, values, source, {"cells": cells}, tuple(doubts), covariance, {}, _draw(cells, source)
    )


def _mean(word: str, cells: list[Quantity]) -> dict[str, Quantity]:
    numbers = np.array([cell.value for cell in cells])
    n = numbers.size
    scatter = float(np.std(numbers, ddof=1))
    known = all(cell.known for cell in cells)
    own = float(np.mean([cell.sigma for cell in cells])) if known else math.nan
    sigma = max(scatter / math.sqrt(n), own) if known else math.nan
    relative = 1 / math.sqrt(2 * (n - 1))
    return {
        word: Quantity(float(numbers.mean()), cells[0].unit, sigma),
        word + _SPREAD: Quantity(scatter, cells[0].unit, scatter * relative),
    }


def _covariance(values: Mapping[str, Quantity], shared: list[str], cells: list[Result]) -> Covariance | None:
    """Of the means: their own sigmas, correlated as the cells' values are on average (one mass for all of a cell's)."""
    known = [word for word in shared if values[word].known and values[word].sigma > 0]
    if not known or any(cell.covariance is None for cell in cells):
        return None
    correlation = np.eye(len(known))
    for i, one in enumerate(known):
        for j, other in enumerate(known[:i]):
            mean = np.mean([cell.covariance.correlation(one, other) for cell in cells if cell.covariance is not None])
            correlation[i, j] = correlation[j, i] = mean
    sigma = np.array([values[word].sigma for word in known])
    return Covariance(tuple(known), correlation * np.outer(sigma, sigma))


def _draw(cells: Record, source: Source) -> Drawing:
    """Each cell's values relative to the mean: which cell is the odd one, and in what."""
    number = np.arange(1, len(cells) + 1, dtype=np.float64)
    layers: list[Points | Line] = [Line([0.5, len(cells) + 0.5], [0.0, 0.0], style="dotted")]
    for tone, (word, column) in enumerate(list(cells.columns.items())[:6]):
        mean = float(column.values.mean())
        if mean != 0:
            layers.append(Points(number, 100 * (column.values / mean - 1), label=word.replace("_", " "), tone=tone))
    panel = Panel(Axis("cell"), Axis("deviation from the mean", "%"), tuple(layers))
    return Drawing((panel,), "Replicate cells against their mean", source.virtual)
