"""The command line: thiocell new | run | check | read | analyse | simulate | export | list."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from thiocell import __version__

if TYPE_CHECKING:
    from thiocell.studies.outcome import Run

_STRICT, _BAD_INPUT, _BROKE = 1, 2, 3

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
_reader = click.option("--reader", help="Read by this reader instead of the one that the content calls for.")
_columns = click.option(
    "--columns",
    type=click.Path(path_type=Path),
    help="A TOML file with [columns] and [layout] for any delimited text or xlsx.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thiocell")
def cli() -> None:
    """From recipe to properties to records and back, for all-solid-state lithium-sulfur cathodes."""


@cli.command()
@click.argument("study")
@_json
@click.option(
    "--strict", is_flag=True, help="End with code 1 if a claim fails, be it the source's, the model's or the method's."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the report (default: beside the study).")
def run(study: str, as_json: bool, strict: bool, out: Path | None) -> int:
    """Run STUDY and write its report.

    STUDY is a folder with study.toml, such a file, or a bundled study (pan2023, tour), which writes to ./NAME/.
    Unchanged steps are not done again.
    """
    from thiocell.report.progress import progress
    from thiocell.studies.load import load
    from thiocell.studies.run import default_store
    from thiocell.studies.run import run as run_study

    file, home = _found(study)
    read = load(file)
    folder = out or home
    with progress(len(read.steps), enabled=not as_json) as tick:
        done = run_study(read, default_store(folder), tick)
    page = _report(done, folder)
    if as_json:
        click.echo(json.dumps(done.to_json(), allow_nan=False))
    else:
        _show_run(done, page)
    return _code(done, strict)


def _found(study: str) -> tuple[Path, Path]:
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


def _report(done: Run, folder: Path) -> Path:
    from thiocell.core.bad_input import BadInput
    from thiocell.report.page import write

    try:
        return write(done, folder)
    except OSError as error:
        raise BadInput(f"the report cannot be written to {folder}: {error.strerror or error}") from error


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False)


def _show_run(done: Run, page: Path) -> None:
    from thiocell.report.table import verdict_table

    console = _console()
    if done.verdicts:
        console.print(verdict_table(done))
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


def _code(done: Run, strict: bool) -> int:
    failed = [outcome for outcome in done.outcomes.values() if outcome.status == "failed"]
    if any(not outcome.bad_input for outcome in failed):
        return _BROKE
    if failed or done.faults:
        return _BAD_INPUT
    return _STRICT if strict and any(verdict.verdict == "fails" for verdict in done.verdicts) else 0


@cli.command()
@click.argument("study")
def check(study: str) -> int:
    """Name every fault of STUDY, or of a BDF table."""
    from thiocell.studies.check import faults_of

    path = Path(study)
    if path.is_file() and path.suffix != ".toml":
        from thiocell.readers.bdf import check as findings

        faults = findings(path)
    else:
        faults = faults_of(_found(study)[0])
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"{study}: {len(faults)} fault(s)" if faults else f"{study}: no fault")
    return _BAD_INPUT if faults else 0


@cli.command()
@click.argument("name", type=click.Path(path_type=Path))
def new(name: Path) -> int:
    """Make a folder NAME with a study that runs."""
    from thiocell.studies.bundle import scaffold

    scaffold(name)
    click.echo(f"{name}/study.toml is ready; try: thiocell run {shlex.quote(str(name))}")
    return 0


@cli.command(name="list")
@click.argument("word", required=False)
def list_(word: str | None) -> int:
    """List what there is; with WORD, tell about one.

    WORD is a technique, a system, a reader, a bundled study, or cell: every fact that a cell of 'simulate' takes.
    """
    from thiocell.report.catalogue import catalogue, describe

    _console().print(describe(word) if word else catalogue())
    return 0


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_json
@_reader
@_columns
def read(files: Sequence[Path], as_json: bool, reader: str | None, columns: Path | None) -> int:
    """Say what each of FILES holds."""
    from thiocell.report.contents import contents, contents_json
    from thiocell.studies.bench import records_of

    found = {str(file): records_of(file, reader or "", columns) for file in files}
    if as_json:
        click.echo(json.dumps(contents_json(found), allow_nan=False))
    else:
        for file, records in found.items():
            _console().print(contents(file, records))
    return 0


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--as", "technique", required=True, metavar="TECHNIQUE", help="How to analyse them; 'thiocell list' tells."
)
@click.option("--mass", help="Mass of the whole cathode, such as '4.0(1) mg'.")
@click.option("--area", help="Geometric area, such as '0.785(8) cm**2'.")
@click.option("--thickness", help="Thickness, such as '30(3) um'.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="Another fact of the sample.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the technique.")
@click.option("--pick", type=int, help="Which record of a file that holds several.")
@click.option("--replicates", is_flag=True, help="Treat FILES as cells of one sample: mean and batch spread too.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a report into this folder.")
@_reader
@_columns
@_json
def analyse(files: Sequence[Path], technique: str, as_json: bool, out: Path | None, **words: Any) -> int:
    """Analyse FILES or a folder without a study."""
    from thiocell.report.table import result_table
    from thiocell.studies.bench import Bench, analysed

    stated = [f"{word}={words[word]}" for word in ("mass", "area", "thickness") if words[word] is not None]
    bench = Bench(
        technique, (*stated, *words["facts"]), words["settings"], words["reader"] or "", words["columns"], words["pick"]
    )
    done, skipped = analysed(files, bench, replicates=words["replicates"])
    if skipped:
        click.echo(f"skipped, no record in a format known here: {', '.join(skipped)}", err=True)
    page = _report(done, out) if out else None
    if as_json:
        click.echo(json.dumps(done.to_json(), allow_nan=False))
    else:
        for name, outcome in done.outcomes.items():
            if outcome.result is not None:
                _console().print(result_table(outcome.result, name))
        if page:
            click.echo(f"report: {page}")
    for outcome in done.outcomes.values():
        if outcome.error:
            click.echo(f"error: {outcome.error}", err=True)
    return _code(done, strict=False)


@cli.command()
@click.argument("recipe")
@click.option(
    "--current", "currents", multiple=True, metavar="CURRENT", help="Discharge at this, such as '100 mA/g' or 'C/20'."
)
@click.option("--step", "steps", multiple=True, metavar="STEP", help="A step, such as 'Charge at C/20 until 3 V'.")
@click.option(
    "--fact",
    "facts",
    multiple=True,
    metavar="NAME=VALUE",
    help="A fact of the cell, such as 'mass=4.0(1) mg'; 'thiocell list cell' shows all.",
)
@click.option(
    "--grains",
    type=click.Choice(["none", "parabolic", "spherical", "spread"]),
    default="spherical",
    show_default=True,
    help="Law of transport in the grains.",
)
@click.option(
    "--start",
    type=click.Choice(["fresh", "charged", "discharged"]),
    help="State in which the cell begins (default: fresh; charged if the first step discharges).",
)
@click.option(
    "--charge", metavar="CURRENT", help="Current of the charge before each discharge (default: the smallest --current)."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of report and tables (default: ./simulated).")
@_json
def simulate(recipe: str, as_json: bool, out: Path | None, **words: Any) -> int:
    """Predict discharges, or steps, of a cell made by RECIPE, without a study.

    RECIPE is a system, such as li2s_lii_mos2, or 'li2s_lii_mos2: x=0.20, y=0.15'. What is not told is assumed, aloud.
    The standard uncertainty of a fact, as in 'mass=4.0(1) mg', goes into every number. With --json files are written
    only where --out is given.
    """
    from thiocell.report.simulation import simulation_table, write
    from thiocell.studies.simulate import Simulation

    found = Simulation(recipe, **words).carried_out()
    folder = out or (None if as_json else Path("simulated"))
    files = write(found, folder) if folder and found.summary else ()
    if as_json:
        click.echo(json.dumps(found.to_json() | {"files": [str(file) for file in files]}, allow_nan=False))
    elif found.summary:
        _console().print(simulation_table(found))
        click.echo(f"written: {', '.join(map(str, files))}")
    for outcome in found.shown.values():
        if outcome.status == "failed":
            click.echo(f"error: {outcome.error}", err=True)
    return _code(found.run, strict=False)


@cli.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--labels", type=click.Choice(["preferred", "machine"]), default="preferred", help="BDF's style of column names."
)
@click.option("--pick", type=int, help="Which record of a file that holds several.")
@click.option("--step", help="SOURCE is a study that was run: export the record of this step.")
@click.option("--force", is_flag=True, help="Replace TARGET if it exists.")
@_reader
@_columns
def export(
    source: Path, target: Path, labels: Literal["preferred", "machine"], step: str | None, force: bool, **words: Any
) -> int:
    """Write a record as a BDF table.

    SOURCE is a file, or a run study with --step; TARGET ends in .bdf.csv or .bdf.parquet (Battery Data Format).
    """
    from thiocell.readers.bdf import check as check_table
    from thiocell.studies.bench import exported

    home = None
    if step:
        source, home = _found(str(source))
    record = exported(
        source,
        target,
        labels,
        step,
        home=home,
        force=force,
        reader=words["reader"] or "",
        columns=words["columns"],
        pick=words["pick"],
    )
    click.echo(f"{target}: {len(record)} rows{', virtual' if record.source.virtual else ''}")
    for finding in check_table(target):
        click.echo(f"doubt: {finding}", err=True)
    return 0


def main() -> None:
    """The entry point: bad input is one sentence and code 2, a fault of ours is one sentence and code 3."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.ClickException as error:
        error.show()
        code = _BAD_INPUT
    except (KeyboardInterrupt, click.exceptions.Abort):
        code = _say("stopped", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        code = _failure(error)
    sys.exit(code if isinstance(code, int) else 0)


def _failure(error: Exception) -> int:
    """Say what went wrong; the core is loaded only now, so that help and version come at once."""
    from thiocell.core.bad_input import BadInput

    if isinstance(error, BadInput):
        return _say(str(error), _BAD_INPUT)
    if isinstance(error, OSError) and error.filename and not os.environ.get("THIOCELL_TRACEBACK"):
        return _say(f"{error.filename}: {error.strerror}; name a place that can be read and written", _BAD_INPUT)
    if os.environ.get("THIOCELL_TRACEBACK"):
        raise error
    return _say(f"thiocell broke: {type(error).__name__}: {error}; THIOCELL_TRACEBACK=1 shows where", _BROKE)


def _say(sentence: str, code: int) -> int:
    click.echo(f"error: {' '.join(sentence.split())}", err=True)
    return code
