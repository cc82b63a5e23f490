"""Commands on studies: run, check, new, and the list of what there is."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thiocell.cli._shared import BAD_INPUT, code, console, found, json_option, processors, report

if TYPE_CHECKING:
    from thiocell.studies.outcome import Run


@click.command()
@click.argument("study")
@json_option
@click.option(
    "--strict", is_flag=True, help="End with code 1 if a claim fails, be it the source's, the model's or the method's."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the report (default: beside the study).")
@click.option("--jobs", type=int, default=processors, help="Steps done at once (default: one a processor).")
def run(study: str, as_json: bool, strict: bool, out: Path | None, jobs: int) -> int:
    """Run STUDY and write its report.

    STUDY is a folder with study.toml, such a file, or a bundled study (pan2023, tour), which writes to ./NAME/.
    Unchanged steps are not done again.
    """
    from thiocell.report.progress import progress
    from thiocell.studies.load import load
    from thiocell.studies.run import default_store
    from thiocell.studies.run import run as run_study

    file, home = found(study)
    read = load(file)
    folder = out or home
    with progress(len(read.steps), enabled=not as_json) as tick:
        done = run_study(read, default_store(folder), tick, jobs)
    page = report(done, folder, jobs)
    if as_json:
        click.echo(json.dumps(done.to_json(), allow_nan=False))
    else:
        _show_run(done, page)
    return code(done, strict)


def _show_run(done: Run, page: Path) -> None:
    from thiocell.report.table import values_table, verdict_table

    console().print(verdict_table(done) if done.verdicts else values_table(done))
    for outcome in done.outcomes.values():
        if outcome.status == "failed":
            click.echo(f"failed: {outcome.error}", err=True)
    skipped = [outcome.name for outcome in done.outcomes.values() if outcome.status == "skipped"]
    if skipped:
        click.echo(f"skipped, since a step before did not finish: {', '.join(skipped)}", err=True)
    for fault in done.faults:
        click.echo(f"error: {fault}", err=True)
    kept = sum(outcome.status == "kept" for outcome in done.outcomes.values())
    click.echo(f"{len(done.outcomes)} steps ({kept} kept from before), {len(done.verdicts)} verdicts; report: {page}")


@click.command()
@click.argument("study")
def check(study: str) -> int:
    """Name every fault of STUDY, or of a BDF table."""
    from thiocell.studies.check import faults_of

    path = Path(study)
    if path.is_file() and path.suffix != ".toml":
        from thiocell.readers.bdf import check as findings

        faults = findings(path)
    else:
        faults = faults_of(found(study)[0])
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"{study}: {len(faults)} fault(s)" if faults else f"{study}: no fault")
    return BAD_INPUT if faults else 0


@click.command()
@click.argument("name", type=click.Path(path_type=Path))
def new(name: Path) -> int:
    """Make a folder NAME with a study that runs."""
    from thiocell.studies.bundle import scaffold

    scaffold(name)
    click.echo(f"{name}/study.toml is ready; try: thiocell run {shlex.quote(str(name))}")
    return 0


@click.command(name="list")
@click.argument("word", required=False)
def list_(word: str | None) -> int:
    """List what there is; with WORD, tell about one.

    WORD is a technique, a system, a reader, a bundled study, or cell: every fact that a cell of 'simulate' takes.
    """
    from thiocell.report.catalogue import catalogue, describe

    console().print(describe(word) if word else catalogue())
    return 0
