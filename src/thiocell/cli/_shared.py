"""What the commands share: codes, options, the place of a study, and where results are shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from thiocell.studies.outcome import Run

STRICT, BAD_INPUT, BROKE = 1, 2, 3

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
reader_option = click.option("--reader", help="Read by this reader instead of the one that the content calls for.")
columns_option = click.option(
    "--columns",
    type=click.Path(path_type=Path),
    help="A TOML file with [columns] and [layout] for any delimited text or xlsx.",
)


def found(study: str) -> tuple[Path, Path]:
    """The study file that a word means, and the folder where its report goes."""
    from thiocell.core.bad_input import BadInput
    from thiocell.studies.bundle import bundled
    from thiocell.studies.load import FILE

    path = Path(study)
    if path.is_file():
        return path, path.parent
    if (path / FILE).is_file():
        return path / FILE, path
    shipped = bundled()
    if study in shipped:
        return shipped[study] / FILE, Path(study)
    raise BadInput(
        f"there is no study '{study}': no such file, no folder with {FILE}, and bundled are {', '.join(shipped)}"
    )


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def report(done: Run, folder: Path, jobs: int = 1) -> Path:
    from thiocell.core.bad_input import BadInput
    from thiocell.report.page import write

    try:
        return write(done, folder, jobs=jobs)
    except OSError as error:
        raise BadInput(f"the report cannot be written to {folder}: {error.strerror or error}") from error


def console() -> Any:
    from rich.console import Console

    return Console(highlight=False)


def code(done: Run, strict: bool) -> int:
    failed = [outcome for outcome in done.outcomes.values() if outcome.status == "failed"]
    if any(not outcome.bad_input for outcome in failed):
        return BROKE
    if failed or done.faults:
        return BAD_INPUT
    return STRICT if strict and any(verdict.verdict == "fails" for verdict in done.verdicts) else 0
