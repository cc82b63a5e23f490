"""Numbers as text for a spreadsheet: what a figure shows, and what a record holds."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from thiocell.core.drawing import Axis, Drawing, Image, Layer, Panel
from thiocell.core.record import Record

Cells = list[str]
BYTE_ORDER_MARK = "\ufeff"


def of_record(record: Record) -> str:
    """The columns of ``record`` under 'name / unit'; a value that was not written is an empty cell."""
    heads = [f"{name} / {column.unit}" if column.unit else name for name, column in record.columns.items()]
    return _text(heads, zip(*(_cells(column.values) for column in record.columns.values()), strict=True))


def of_records(records: Mapping[str, Record], notes: Mapping[str, str]) -> str:
    """The columns of ``records`` of one kind, of several with their names; ``notes`` in lines that begin with #.

    Columns and units are those of the first record; where another lacks a column, its cells are empty.
    """
    first = next(iter(records.values()))
    heads = [f"{name} / {column.unit}" if column.unit else name for name, column in first.columns.items()]
    several = len(records) > 1
    rows = (
        (name.strip("[]"), *cells) if several else cells
        for name, record in records.items()
        for cells in zip(*(_of(record, word) for word in first.columns), strict=True)
    )
    said = "".join(f"# {word}: {' '.join(told.split())}\n" for word, told in notes.items())
    text = said + _text(["member", *heads] if several else heads, rows).removeprefix(BYTE_ORDER_MARK)
    return text if text.isascii() else BYTE_ORDER_MARK + text


def _of(record: Record, word: str) -> Cells:
    return _cells(record.columns[word].values) if word in record else [""] * len(record)


def of_drawing(drawing: Drawing) -> str:
    """Every point of every layer as a row: panel, layer, kind, label, then a column for each axis with its unit.

    Panels that share an axis share its column; a number that a layer does not have is an empty cell.
    """
    blocks = [
        ([str(number), str(place), type(layer).__name__.lower(), layer.label], _columns(panel, layer))
        for number, panel in enumerate(drawing.panels, start=1)
        for place, layer in enumerate(panel.layers, start=1)
    ]
    heads = dict.fromkeys(head for _, columns in blocks for head in columns)
    order = sorted(heads, key=lambda head: _ORDER.index(head.partition(":")[0]))
    return _text(["panel", "layer", "kind", "label", *order], _rows(blocks, order))


_ORDER = ("x", "y", "sigma_x", "sigma_y", "low", "high", "value")


def _rows(blocks: list[tuple[list[str], dict[str, Cells]]], order: list[str]) -> Iterator[list[str]]:
    for names, columns in blocks:
        size = next((len(cells) for cells in columns.values()), 0)
        empty = [""] * size
        for row in zip(*(columns.get(head, empty) for head in order), strict=True):
            yield [*names, *row]


def _columns(panel: Panel, layer: Layer) -> dict[str, Cells]:
    """The numbers of a layer as text, by the head of their column; of an image a number for each pixel's middle."""
    if isinstance(layer, Image):
        return _pixels(panel, layer)
    axes = {"x": panel.x, "y": panel.y, "sigma_x": panel.x, "sigma_y": panel.y, "low": panel.y, "high": panel.y}
    given = {name: getattr(layer, name) for name in layer.arrays}
    return {
        f"{name}: {axes[name].text}": _on(axes[name], values) for name, values in given.items() if values is not None
    }


def _on(axis: Axis, values: ArrayLike) -> Cells:
    """Numbers along ``axis``; of places their names."""
    cells = _cells(values)
    names = {repr(float(n)): name for n, name in enumerate(axis.places, start=1)}
    return [names.get(cell, cell) for cell in cells]


def _pixels(panel: Panel, image: Image) -> dict[str, Cells]:
    values = np.asarray(image.values, dtype=np.float64)
    rows, columns = values.shape
    across = image.left + (np.arange(columns) + 0.5) * (image.right - image.left) / max(columns, 1)
    up = image.bottom + (np.arange(rows) + 0.5) * (image.top - image.bottom) / max(rows, 1)
    return {
        f"x: {panel.x.text}": _cells(across) * rows,
        f"y: {panel.y.text}": [cell for cell in _cells(up) for _ in range(columns)],
        f"value: {image.label}": _cells(values.ravel()),
    }


def _cells(values: ArrayLike) -> Cells:
    return ["" if math.isnan(value) else repr(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def _text(heads: list[str], rows: Iterable[Iterable[str]]) -> str:
    """Comma-separated text; it begins with a byte order mark if spreadsheets would else misread its letters."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    text = page.getvalue()
    return text if text.isascii() else BYTE_ORDER_MARK + text
