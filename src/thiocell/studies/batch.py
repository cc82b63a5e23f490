"""Replicate cells of one sample: their mean, and how much they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.core.result import Covariance, Result
from thiocell.core.source import Kind, Source
from thiocell.studies.errors import Parts, covariance, identity

_SPREAD = "_spread"
_CONDITIONS = ("current", "power")  # values with these words in their names tell what a test was done at
_FIRST = ("discharge_capacity", "initial_capacity", "energy", "charge_capacity", "mean_discharge_voltage")
_SHOWN = 6  # values in the figure; assumed: more colours are not told apart
_ALIKE = 0.25  # relative; assumed: currents further apart are not the same test, nearer ones differ by their masses
_WORTH: tuple[Kind, ...] = ("derived", "measured", "fitted", "predicted", "recovered")


def pooled(results: Mapping[str, Result]) -> Result:
    """Mean of each value over the cells, by record name, and its batch spread as a value of its own ('..._spread').

    An error that all cells share (one balance reading, one die) stays whole in the mean; the rest is what the scatter
    of the cells gives, s t / sqrt n with Student's t for their number, and never less than what their own errors give.
    Raises BadInput for fewer than two cells or cells that were tested at different currents.
    """
    if len(results) < 2:
        raise BadInput("replicates: two cells at least are needed for a spread")
    cells = list(results.values())
    words = [word for word in cells[0].values if all(word in cell.values for cell in cells)]
    units = {word: cells[0].values[word].unit for word in words}
    table = {word: np.array([cell.values[word].to(units[word]).value for cell in cells]) for word in words}
    doubts = [f"{name}: {doubt}" for name, result in results.items() for doubt in result.doubts]
    doubts += _differences(results, words, table)
    parts = {word: _parts(word, table[word], cells) for word in words}
    values: dict[str, Quantity] = {}
    for word in words:
        found = parts[word]
        sigma = math.nan if found is None else math.sqrt(sum(part**2 for part in found.values()))
        scatter = float(np.std(table[word], ddof=1))
        values[word] = Quantity(float(table[word].mean()), units[word], sigma)
        values[word + _SPREAD] = Quantity(scatter, units[word], scatter / math.sqrt(2 * (len(cells) - 1)))
    known = {word: found for word, found in parts.items() if found is not None}
    source = Source(max((cell.source.kind for cell in cells), key=_worth), "", f"mean of cells {', '.join(results)}")
    curve = Record(
        "cells",
        "replicates",
        {word: Column(table[word], units[word]) for word in words},
        source,
        notes={str(number): name for number, name in enumerate(results, start=1)},
    )
    return Result(
        cells[0].technique,
        values,
        source,
        {"cells": curve},
        tuple(doubts),
        Covariance(tuple(known), covariance(list(known.values()))) if len(known) > 1 else None,
        drawing=_draw(curve, source),
        parts=known,
    )


def twins(records: Mapping[str, Record]) -> str:
    """The names of two records of one content, or nothing: a cell counts once in a batch."""
    seen: dict[str, str] = {}
    for name, record in records.items():
        if (same := seen.setdefault(identity(record), name)) != name:
            return f"'{same}' and '{name}'"
    return ""


def _worth(kind: Kind) -> int:
    return _WORTH.index(kind) if kind in _WORTH else 0


def _parts(word: str, numbers: Array, cells: list[Result]) -> dict[str, float] | None:
    """The errors of a mean: what all cells share, and their scatter as one error a cell; None if a sigma is unknown."""
    quantities = [cell.values[word] for cell in cells]
    if not all(quantity.known for quantity in quantities):
        return None
    own: list[Parts] = [
        cell.parts.get(word, {f"{word} of cell {number}": quantity.sigma})
        for number, (cell, quantity) in enumerate(zip(cells, quantities, strict=True))
    ]
    mean = {name: float(np.mean([part.get(name, 0.0) for part in own])) for part in own for name in part}
    common = {name: part for name, part in mean.items() if all(name in found for found in own)}
    away = numbers - numbers.mean()
    scatter = _student(numbers.size) * float(np.linalg.norm(away)) / math.sqrt(numbers.size * (numbers.size - 1))
    alone = math.sqrt(max(sum(part**2 for part in mean.values()) - sum(part**2 for part in common.values()), 0.0))
    if scatter < alone:
        return mean
    factor = scatter / float(np.linalg.norm(away)) if scatter > 0 else 0.0
    return common | {f"scatter of cell {number}": factor * float(part) for number, part in enumerate(away)}


def _student(count: int) -> float:
    """What widens the standard error of a mean of ``count`` so that it covers 68.27 %."""
    from scipy.stats import t

    return float(t.ppf(0.5 + 0.6826894921 / 2, count - 1))


def _differences(results: Mapping[str, Result], words: list[str], table: Mapping[str, Array]) -> list[str]:
    """What keeps the cells from being the same test, as doubts; raises BadInput where a mean would mean nothing."""
    names = list(results)
    doubts = []
    for word in words:
        mean = float(np.mean(table[word]))
        if (
            any(part in _CONDITIONS for part in word.split("_"))
            and mean
            and np.max(np.abs(table[word] / mean - 1)) > _ALIKE
        ):
            odd = names[int(np.argmax(np.abs(table[word] - np.median(table[word]))))]
            raise BadInput(f"replicates: '{odd}' was tested at another {word} than the others; leave it out")
    if "cycle" in words and np.ptp(table["cycle"]) > 0:
        doubts.append("the cells' values are of different cycles; the setting 'cycle' names one for all")
    left = sorted({word for result in results.values() for word in result.values} - set(words))
    if left:
        doubts.append(f"not every cell gave {', '.join(left)}: left out of the mean")
    limits = sorted({word for result in results.values() for word in result.limits})
    if limits:
        doubts.append(f"one-sided limits are not pooled: {', '.join(limits)}")
    return doubts


def _interest(word: str) -> int:
    """What comes first in the figure: discharge capacities, then what else a cell is judged by."""
    return next((place for place, start in enumerate(_FIRST) if word.startswith(start)), len(_FIRST))


def _draw(cells: Record, source: Source) -> Drawing:
    """Each cell's values relative to the mean: which cell is the odd one, and in what."""
    number = np.arange(1, len(cells) + 1, dtype=np.float64)
    layers: list[Points | Line] = [Line([0.5, len(cells) + 0.5], [0.0, 0.0], style="dotted")]
    shown = sorted(cells.columns, key=_interest)[:_SHOWN]
    for tone, word in enumerate(shown):
        values = cells.columns[word].values
        mean = float(values.mean())
        if mean != 0:
            layers.append(Points(number, 100 * (values / mean - 1), label=word.replace("_", " "), tone=tone))
    axis = Axis("cell, in the order given", places=tuple(str(n) for n in range(1, len(cells) + 1)))
    panel = Panel(axis, Axis("deviation from the mean", "%"), tuple(layers))
    return Drawing((panel,), "Replicate cells against their mean", source.virtual)
