"""How far a run has come, on stderr, where someone is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tick = Callable[[str, str], None]
"""Told the name of a step and its status: 'running' when it begins, any other word when it is over."""

BEGUN = "running"


@contextmanager
def progress(total: int, enabled: bool = True) -> Iterator[Tick]:
    """A bar for ``total`` steps that vanishes at the end; silent unless ``enabled`` and stderr is a terminal."""
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

        def tick(step: str, status: str) -> None:
            bar.update(task, advance=0 if status == BEGUN else 1, step=step if status == BEGUN else f"{step}: {status}")

        yield tick


def _silent(step: str, status: str) -> None:
    del step, status
