"""The verdicts, or the values of one result, as a table for the terminal; made to fit 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from thiocell.core.result import Result
from thiocell.report import wording
from thiocell.report.sections import limits
from thiocell.studies.claim import Tested, Verdict
from thiocell.studies.outcome import Run

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_MOST = 20  # assumed: rows of values that are read in a terminal
_OF_A_SUM = 6  # assumed: values of a trend or fit among them
_FIRST = ("trend", "fit", "rivals", "forecast", "inside", "analyse", "sample")
"""The verbs whose values are asked for, those that sum up others first."""
_COLOURS = {"holds": "green", "fails": "red", "contradicts": "magenta", "open": "bright_black"}


def verdict_table(run: Run) -> RenderableType:
    """Every verdict of ``run``, apart by what it tests; why some do not hold; and the counts of each group."""
    from rich.console import Group
    from rich.text import Text

    if not run.verdicts:
        return Text(f"{run.name} states no claims")
    groups = wording.apart(run.verdicts)
    parts: list[RenderableType] = [_verdicts(groups), Text()]
    for tested, group in groups.items():
        parts += [_reason(tested, verdict) for verdict in group if verdict.verdict in ("fails", "contradicts")]
    parts += _open(run.verdicts)
    parts.append(Text(f"\n{run.name}, apart by what is tested:", style="bold"))
    parts.append(_grid([(f"the {tested}:", wording.tally(group)) for tested, group in groups.items()]))
    return Group(*parts)


def result_table(result: Result, name: str) -> RenderableType:
    """The values of ``result``, called ``name``, each with one standard uncertainty; then its limits and doubts."""
    from rich.console import Group
    from rich.text import Text

    told = wording.VIRTUAL.get(result.source.kind, result.source.kind)
    parts: list[RenderableType] = [Text(f"{name} ({result.technique}; {told})", style="bold")]
    table = _empty("value", "found", "one standard uncertainty")
    for row in _rows(result):
        table.add_row(*map(Text, row))
    if table.row_count:
        parts.append(table)
    parts += [Text(f"doubt: {doubt}", style="yellow") for doubt in result.doubts]
    return Group(*parts)


def values_table(run: Run) -> RenderableType:
    """The values and limits that the steps of ``run`` found, a few of each step, and a word about where the rest is."""
    from rich.console import Group
    from rich.text import Text

    found = {name: rows for name, rows in _found(run).items() if rows}
    if not found:
        return Text(f"{run.name}: no step gave a value")
    sums = [name for name in found if run.outcomes[name].verb not in ("analyse", "sample")]
    taken = sum(min(len(found[name]), _OF_A_SUM) for name in sums)
    each = max(1, (_MOST - taken) // max(1, len(found) - len(sums)))
    shown = [(name, row) for name, rows in found.items() for row in rows[: _OF_A_SUM if name in sums else each]]
    table = _empty("step", "value", "found", "one standard uncertainty")
    for (before, _), (name, row) in pairwise([("", ()), *shown[:_MOST]]):
        table.add_row(*(Text(cell) for cell in ("" if name == before else name, *row)))
    left = sum(map(len, found.values())) - table.row_count
    steps = f" of {len(found)} steps" if len(found) > 1 else ""
    more = [Text(f"{left} more values{steps} stand in the report and in what --json prints")] if left else []
    return Group(table, *more)


def _found(run: Run) -> dict[str, list[tuple[str, str, str]]]:
    """Of each step its values and limits as words, the steps that sum up others first; samples only if alone."""
    steps = sorted((o for o in run.outcomes.values() if o.verb in _FIRST), key=lambda o: _FIRST.index(o.verb))
    told = {outcome.name: _rows(outcome.result) for outcome in steps if outcome.result and outcome.verb != "sample"}
    return told or {outcome.name: _rows(outcome.result) for outcome in steps if outcome.result}


def _rows(result: Result) -> list[tuple[str, str, str]]:
    rows = [(word, wording.number_of(word, q), wording.sigma_of(word, q, result)) for word, q in result.values.items()]
    return rows + [(word, says, "") for word, says in limits(result)]


def _empty(*heads: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _verdicts(groups: Mapping[Tested, tuple[Verdict, ...]]) -> Table:
    from rich.text import Text

    table = _empty("no.", "claim", "says", "found", "verdict")
    table.columns[0].justify = "right"
    table.columns[4].no_wrap = True
    table.columns[2].max_width = table.columns[3].max_width = 18  # assumed: leaves 23 of 80 columns to the claim
    for tested, verdicts in groups.items():
        table.add_row("", Text(f"the {tested}", style="bold"))
        for verdict in verdicts:
            table.add_row(*_row(verdict))
        table.add_section()
    return table


def _row(verdict: Verdict) -> tuple[Text, ...]:
    from rich.text import Text

    return (
        Text("" if verdict.number is None else str(verdict.number)),
        _two_lines(verdict.claim, _value(verdict), ""),
        Text(verdict.says or verdict.text or wording.found(verdict.printed)),
        _two_lines(*wording.found_of(verdict), ""),
        _two_lines(verdict.verdict, verdict.kind, _COLOURS[verdict.verdict]),
    )


def _value(verdict: Verdict) -> str:
    """The value that a verdict is about, with its step, for rivals share names; nothing for arithmetic."""
    return verdict.about if re.fullmatch(r"[^\s/*+()]+", verdict.about) else ""


def _two_lines(first: str, second: str, style: str) -> Text:
    from rich.text import Text

    text = Text().append(first, style=style)
    return text.append(f"\n{second}", style="dim") if second else text


def _reason(tested: Tested, verdict: Verdict) -> Text:
    from rich.text import Text

    number = "" if verdict.number is None else f"{verdict.number} "
    about = f" ({_value(verdict)})" if _value(verdict) else ""
    whose = "" if tested == "source" else f" (the {tested})"
    sentence = f"{number}{verdict.claim}{about} {verdict.verdict}{whose}: {verdict.reason}"
    return Text(sentence, style=_COLOURS[verdict.verdict])


def _open(verdicts: tuple[Verdict, ...]) -> list[RenderableType]:
    """Why verdicts stay open, each reason once, behind the numbers of its claims or the names of those without."""
    from rich.text import Text

    whose: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        if verdict.verdict == "open":
            name = verdict.claim if verdict.number is None else str(verdict.number)
            whose.setdefault(verdict.reason, {})[name] = None
    if not whose:
        return []
    return [
        Text("\nopen, and why:"),
        _grid([(f"{', '.join(names)}:", reason) for reason, names in whose.items()], "dim"),
    ]


def _grid(rows: Iterable[tuple[str, str]], style: str = "") -> Table:
    """Lines that begin alike: a few words, and a sentence that stays beside them where it is broken."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(max_width=24, overflow="fold")  # assumed: leaves 55 of 80 columns to the sentence
    grid.add_column(overflow="fold")
    for words, sentence in rows:
        grid.add_row(Text(words, style=style), Text(sentence, style=style))
    return grid
