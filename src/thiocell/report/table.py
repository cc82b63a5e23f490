"""The verdicts, or the values of one result, as a table for the terminal; made to fit 80 columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from thiocell.core.quantity import Quantity
from thiocell.core.result import Result
from thiocell.report import wording
from thiocell.report.sections import limits
from thiocell.studies.claim import Verdict
from thiocell.studies.outcome import Run

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_COLOURS = {"holds": "green", "fails": "red", "contradicts": "magenta", "open": "bright_black"}


def verdict_table(run: Run) -> RenderableType:
    """Every verdict of ``run`` in the order of the claims, why some fail or contradict, and the counts."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = []
    if run.verdicts:
        parts += [_verdicts(run.verdicts), Text()]
    parts += [_reason(verdict) for verdict in run.verdicts if verdict.verdict in ("fails", "contradicts")]
    told = ", ".join(f"{count} {word}" for word, count in wording.counts(run.verdicts).items())
    parts.append(Text(f"\n{run.name}: {told}" if run.verdicts else f"{run.name} states no claims"))
    return Group(*parts)


def result_table(result: Result, name: str) -> RenderableType:
    """The values of ``result``, called ``name``, each with one standard uncertainty; then its limits and doubts."""
    from rich.console import Group
    from rich.text import Text

    told = wording.VIRTUAL.get(result.source.kind, result.source.kind)
    parts: list[RenderableType] = [Text(f"{name} ({result.technique}; {told})", style="bold")]
    table = _empty("value", "found", "one standard uncertainty")
    for word, quantity in result.values.items():
        table.add_row(Text(word), Text(wording.number(quantity)), Text(wording.sigma(quantity)))
    for word, says in limits(result):
        table.add_row(Text(word), Text(says), Text(""))
    if table.row_count:
        parts.append(table)
    parts += [Text(f"doubt: {doubt}", style="yellow") for doubt in result.doubts]
    return Group(*parts)


def _empty(*heads: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _verdicts(verdicts: tuple[Verdict, ...]) -> Table:
    from rich.text import Text

    table = _empty("no.", "claim", "says", "found", "verdict")
    table.columns[0].justify = "right"
    table.columns[4].no_wrap = True
    table.columns[2].max_width = table.columns[3].max_width = 18  # assumed: leaves 23 of 80 columns to the claim
    for verdict in verdicts:
        table.add_row(
            Text("" if verdict.number is None else str(verdict.number)),
            _two_lines(verdict.claim, _value(verdict), ""),
            Text(verdict.says or verdict.text or wording.found(verdict.printed)),
            _found(verdict.found),
            _two_lines(verdict.verdict, verdict.kind, _COLOURS[verdict.verdict]),
        )
    return table


def _value(verdict: Verdict) -> str:
    """The name of the value that a verdict is about, without its step; nothing for arithmetic between several."""
    return verdict.about.rpartition(".")[2] if re.fullmatch(r"[^\s/*+()]+", verdict.about) else ""


def _two_lines(first: str, second: str, style: str) -> Text:
    from rich.text import Text

    text = Text().append(first, style=style)
    return text.append(f"\n{second}", style="dim") if second else text


def _found(quantity: Quantity | None) -> Text:
    return _two_lines(wording.number(quantity), wording.sureness(quantity), "") if quantity else _two_lines("–", "", "")


def _reason(verdict: Verdict) -> Text:
    from rich.text import Text

    number = "" if verdict.number is None else f"{verdict.number} "
    about = f" ({_value(verdict)})" if _value(verdict) else ""
    return Text(f"{number}{verdict.claim}{about} {verdict.verdict}: {verdict.reason}", style=_COLOURS[verdict.verdict])
