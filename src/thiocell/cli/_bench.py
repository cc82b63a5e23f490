"""Commands without a study: read, analyse, simulate, export."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click

from thiocell.cli._shared import code, columns_option, console, found, json_option, reader_option, report


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@reader_option
@columns_option
def read(files: Sequence[Path], as_json: bool, reader: str | None, columns: Path | None) -> int:
    """Say what each of FILES holds."""
    from thiocell.report.contents import contents, contents_json
    from thiocell.studies.bench import records_of

    found = {str(file): records_of(file, reader or "", columns) for file in files}
    if as_json:
        click.echo(json.dumps(contents_json(found), allow_nan=False))
    else:
        for file, records in found.items():
            console().print(contents(file, records))
    return 0


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--as", "technique", required=True, metavar="TECHNIQUE", help="How to analyse them; 'thiocell list' tells."
)
@click.option("--mass", help="Mass of the whole cathode, such as '4.0(1) mg'.")
@click.option("--area", help="Geometric area, such as '0.785(8) cm**2'.")
@click.option("--thickness", help="Thickness, such as '30(3) um'.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="Another fact of the sample.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the technique.")
@click.option("--pick", type=int, help="Which record of a file that holds several (default: all).")
@click.option("--role", "roles", multiple=True, metavar="ROLE=FILE", help="A record in another role, such as a blank.")
@click.option("--replicates", is_flag=True, help="Treat FILES as cells of one sample: mean and batch spread too.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a report into this folder.")
@reader_option
@columns_option
@json_option
def analyse(files: Sequence[Path], technique: str, as_json: bool, out: Path | None, **words: Any) -> int:
    """Analyse FILES or a folder without a study."""
    from thiocell.report.progress import progress
    from thiocell.report.table import result_table
    from thiocell.studies.bench import Bench, analysed

    stated = [f"{word}={words[word]}" for word in ("mass", "area", "thickness") if words[word] is not None]
    bench = Bench(
        technique, (*stated, *words["facts"]), words["settings"], words["reader"] or "", words["columns"],
        words["pick"], words["roles"],
    )  # fmt: skip
    with progress(None, enabled=not as_json) as tick:
        done, skipped = analysed(files, bench, replicates=words["replicates"], tick=tick)
    if skipped:
        click.echo(f"skipped, no record in a format known here: {', '.join(skipped)}", err=True)
    page = report(done, out) if out else None
    if as_json:
        click.echo(json.dumps(done.to_json(), allow_nan=False))
    else:
        for name, outcome in done.outcomes.items():
            if outcome.result is not None:
                console().print(result_table(outcome.result, name))
        if page:
            click.echo(f"report: {page}")
    for outcome in done.outcomes.values():
        if outcome.error:
            click.echo(f"error: {outcome.error}", err=True)
    return code(done, strict=False)


@click.command()
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
@json_option
def simulate(recipe: str, as_json: bool, out: Path | None, **words: Any) -> int:
    """Predict discharges, or steps, of a cell made by RECIPE, without a study.

    RECIPE is a system, such as li2s_lii_mos2, or 'li2s_lii_mos2: x=0.20, y=0.15'. What is not told is assumed, aloud.
    The standard uncertainty of a fact, as in 'mass=4.0(1) mg', goes into every number. With --json files are written
    only where --out is given.
    """
    from thiocell.report.simulation import left_over, simulation_table, write
    from thiocell.studies.simulate import Simulation

    found = Simulation(recipe, **words).carried_out()
    folder = out or (None if as_json else Path("simulated"))
    files = write(found, folder) if folder and found.summary else ()
    if as_json:
        click.echo(json.dumps(found.to_json() | {"files": [str(file) for file in files]}, allow_nan=False))
    elif found.summary:
        console().print(simulation_table(found))
        click.echo(f"written: {', '.join(map(str, files))}")
        if folder and (left := left_over(folder, files)):
            click.echo(f"left from before, of another simulation: {', '.join(left)}", err=True)
    for outcome in found.shown.values():
        if outcome.status == "failed":
            click.echo(f"error: {outcome.error}", err=True)
    return code(found.run, strict=False)


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--labels", type=click.Choice(["preferred", "machine"]), default="preferred", help="BDF's style of column names."
)
@click.option("--pick", type=int, help="Which record of a file that holds several.")
@click.option("--step", help="SOURCE is a study that was run: export the record of this step.")
@click.option("--force", is_flag=True, help="Replace TARGET if it exists.")
@reader_option
@columns_option
def export(
    source: Path, target: Path, labels: Literal["preferred", "machine"], step: str | None, force: bool, **words: Any
) -> int:
    """Write a record as a table.

    SOURCE is a file, or a run study with --step; TARGET ends in .bdf.csv or .bdf.parquet (Battery Data Format), for a
    spectrum in .csv.
    """
    from thiocell.readers.bdf import check as check_table
    from thiocell.studies.bench import exported

    home = None
    if step:
        source, home = found(str(source))
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
    for finding in check_table(target) if record.kind != "impedance" else ():
        click.echo(f"doubt: {finding}", err=True)
    return 0
