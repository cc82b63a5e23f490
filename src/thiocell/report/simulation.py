"""What a virtual test gave: a table for the terminal, and files for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from thiocell.core.quantity import Quantity
from thiocell.readers import bdf
from thiocell.report import page, wording
from thiocell.report.files import Manifest, Names
from thiocell.studies.outcome import Outcome
from thiocell.studies.simulated import ALL, TERMS, Simulated

if TYPE_CHECKING:
    from rich.console import RenderableType

_HEADS = ("mAh/g", "V vs Li-In", "V vs Li", "Wh/kg", "W/kg", "h", "ended at")
_LEGEND = (
    "voltages are means; energy and power by mass of cathode and against Li; ended at: cell voltage, current or time; "
    "±: see the last doubt"
)
_VALUES = ("{}_capacity", "mean_{}_voltage_li_in", "mean_{}_voltage", "{}_energy", "{}_power", "duration")


def simulation_table(found: Simulated) -> RenderableType:
    """A row a current or step with capacity, voltages, energy, power, time and end; then assumptions and doubts.

    Under each number that has one stands its standard uncertainty.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    table.add_column("discharge" if any(o.records for o in found.shown.values()) else "step", overflow="fold")
    for head in _HEADS:
        table.add_column(head, justify="left" if head == "ended at" else "right", overflow="fold")
    for name, outcome in found.shown.items():
        table.add_row(*(Text(cell) for cell in (name, *_cells(outcome), found.ended.get(name, outcome.status))))
    parts: list[RenderableType] = [
        Text(f"{found.run.name} ({wording.VIRTUAL['predicted']})", style="bold"),
        table,
        Text(_LEGEND),
    ]
    parts += [Text(sentence) for sentence in found.told]
    parts += [Text(f"doubt: {doubt}", style="yellow") for doubt in (found.summary.doubts if found.summary else ())]
    return Group(*parts)


def _cells(outcome: Outcome) -> list[str]:
    """The numbers to four digits, as far as the step has them, and under them their sigmas."""
    values = outcome.result.values if outcome.result else {}
    way = "charge" if "charge_capacity" in values else "discharge"
    names = [name.format(way) for name in _VALUES]
    return [_cell(values[name]) if name in values else "–" for name in names]


def _cell(quantity: Quantity) -> str:
    plain = f"{quantity.value:.4g}"
    return f"{plain}\n±{wording.sigma(replace(quantity, unit=''))}" if quantity.sigma > 0 else plain


def left_over(folder: Path, written: Sequence[Path]) -> tuple[str, ...]:
    """Tables in ``folder`` that an earlier simulation left there."""
    mine = {file.name for file in written}
    return tuple(sorted(file.name for file in folder.glob("*.bdf.csv") if file.name not in mine))


def write(found: Simulated, folder: Path) -> tuple[Path, ...]:
    """Write the report with its figure, and each record as a BDF table, into ``folder``; gives the files' paths."""
    names = Names()
    report = page.write(found.run, folder, {ALL: TERMS})
    tables = {folder / f"{names.stem(name)}.bdf.csv": record for name, record in found.records.items()}
    for file, record in tables.items():
        bdf.write(record, file)
    return (report, *(folder / name for name in Manifest.read(folder).figures), *tables)
