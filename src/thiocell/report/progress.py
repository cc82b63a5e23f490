"""How far a run has come, on stderr, where someone is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tick = Callable[[str, str], None]
"""Told the name of a step and its status: 'running' when it begins, any other word when it is over.

Several steps may be under way at once."""

BEGUN = "running"
_SHOWN = 2
"""Steps under way that are named; others are counted."""


@contextmanager
def progress(total: int | None, enabled: bool = True) -> Iterator[Tick]:
    """A bar for ``total`` steps that vanishes at the end; silent unless ``enabled`` and stderr is a terminal.

    Without a total it swings to and fro.
    """
    if not enabled or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=total, step="")

        under_way: dict[str, None] = {}

        def tick(step: str, status: str) -> None:
            if status == BEGUN:
                under_way[step] = None
            else:
                under_way.pop(step, None)
            shown = _named(list(under_way)) or f"{step}: {status}"
            bar.update(task, advance=0 if status == BEGUN else 1, step=shown)

        yield tick


def _named(steps: list[str]) -> str:
    """The first steps under way, and how many more there are."""
    more = f" and {len(steps) - _SHOWN} more" if len(steps) > _SHOWN else ""
    return ", ".join(steps[:_SHOWN]) + more


def _silent(step: str, status: str) -> None:
    del step, status
