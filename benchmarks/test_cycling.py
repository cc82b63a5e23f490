"""How long it takes from a file to capacities, and how much memory; run by `pytest benchmarks`.

Times are without imports, which are measured on their own. Files come from THIOCELL_DATA where that is set, and are
made by predictions otherwise.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from thiocell.core import Column, Fact, Quantity, Record, Sample, Source
from thiocell.readers import bdf, read
from thiocell.techniques.cycling import Cycling
from thiocell.techniques.rate import Rate

DATA = Path(os.environ.get("THIOCELL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "echem"
SAMPLE = Sample("cell", facts={"mass": Fact(Quantity.parse("4.0(1) mg"), Source("measured"))})
ROWS = 250_000


@pytest.fixture(scope="module")
def long_file(tmp_path_factory):
    """A rate test tiled to 250,000 rows: the real one where it is there, else a predicted one."""
    real = DATA / "cyc_rate_neware_timebug.bdf.csv"
    record = read(real)[0] if real.is_file() else predicted()
    times = -(-ROWS // len(record))
    stride = float(record["time"].max()) + 60.0
    columns = {
        name: Column(np.tile(record.columns[name].values, times)[:ROWS], record.columns[name].unit)
        for name in ("voltage", "current")
    }
    shifts = np.repeat(np.arange(times), len(record)) * stride
    columns["time"] = Column((np.tile(record["time"], times) + shifts)[:ROWS], "s")
    path = tmp_path_factory.mktemp("long") / "long.bdf.csv"
    bdf.write(Record("long", "cycling", columns, Source("measured")), path)
    return path


def predicted() -> Record:
    values = {f"discharge_capacity_{i}": Quantity(q, "mAh/g") for i, q in enumerate((530.0, 517.0, 473.0, 371.0), 1)}
    return Rate().predict(values | {"mean_discharge_voltage_1": Quantity(1.9, "V")}, SAMPLE)["main"]


def test_read_and_analyse_250000_rows_as_cycling(benchmark, long_file):
    result = benchmark(lambda: Cycling().analyse({"main": read(long_file)[0]}, SAMPLE))
    assert result["cycles"].value > 10


def test_read_and_analyse_250000_rows_as_rate(benchmark, long_file):
    result = benchmark(lambda: Rate().analyse({"main": read(long_file)[0]}, SAMPLE))
    assert "discharge_capacity_1" in result.values


def test_read_and_analyse_the_46000_rows_of_a_biologic_file(benchmark):
    path = DATA / "cyc_biologic_gcpl_5cycles.mpr"
    if not path.is_file():
        pytest.skip(f"no real files: {path} is not there; set THIOCELL_DATA")
    result = benchmark(lambda: Cycling().analyse({"main": read(path)[0]}, SAMPLE))
    assert result["cycles"].value > 3


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["list"]])
def test_start_of_the_command(benchmark, words):
    benchmark.pedantic(lambda: subprocess.run([THIOCELL, *words], check=True, capture_output=True), rounds=5)


def test_peak_memory_of_analysing_250000_rows_is_told(benchmark, long_file):
    """The peak in MB of the whole command goes into the benchmark's extra information."""
    line = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True)"
    line += "; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    command = [
        sys.executable,
        "-c",
        line,
        THIOCELL,
        "analyse",
        str(long_file),
        "--as",
        "cycling",
        "--mass",
        "4.0(1) mg",
    ]
    done = benchmark.pedantic(lambda: subprocess.run(command, check=True, capture_output=True, text=True), rounds=3)
    benchmark.extra_info["peak_memory_mb"] = float(done.stdout)


THIOCELL = str(Path(sys.executable).with_name("thiocell"))
