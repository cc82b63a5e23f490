"""One study over real files of six instruments: every file comes in, and the numbers are the reference's."""

import csv
import shutil

import numpy as np
import pytest

from thiocell.studies.load import load
from thiocell.studies.run import default_store, run

FILES = {
    "arbin": "cyc_arbin_18cycles.res",
    "biologic": "cyc_biologic_gcpl_5cycles.mpr",
    "neware": "cyc_neware_test.ndax",
    "neware_csv": "cyc_neware_uio.csv",
    "landt": "cyc_landt_LiGr_raw.csv",
    "landt_bdf": "cyc_landt_LiGr.bdf.csv",
    "batmo": "cyc_batmo_109cycles.csv",
    "time_bug": "cyc_rate_neware_timebug.bdf.csv",
}
STEP = """
[record.declared]
file = "{echem}/step_DMAB_120s_CA.xlsx"
[record.declared.columns]
{columns}
"""


@pytest.fixture(scope="module")
def done(data_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    echem = data_dir / "echem"
    text = '[sample.cell.facts]\nmass = "1.000(1) g"\n'
    for name, file in FILES.items():
        if name == "arbin" and shutil.which("mdb-export") is None:
            continue
        text += f'[record.{name}]\nfile = "{echem / file}"\nsample = "cell"\n'
        technique = "rate" if name == "time_bug" else "cycling"
        text += f'[analyse.{name}_analysed]\ntechnique = "{technique}"\nrecords = "{name}"\nreference = "Li"\n'
    (folder / "study.toml").write_text(text)
    outcomes = run(load(folder), default_store(folder)).outcomes
    assert {o.status for o in outcomes.values()} == {"done"}, [o.error for o in outcomes.values() if o.error]
    return outcomes


def reference(data_dir, name, *columns):
    with (data_dir / "echem" / name).open() as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[c]) if row[c] else np.nan for row in rows]) for c in columns]


def cycles(done, name, column):
    return done[f"{name}_analysed"].result.curves["cycles"].columns[column].values


def test_biologic_capacities_are_the_reference_s_within_a_thousandth(done, data_dir):
    discharge, charge = reference(
        data_dir, "ref_cyc_biologic_gcpl_5cycles_navani0122.csv", "Discharge Capacity", "Charge Capacity"
    )
    # the reference is in mAh and its row 0 is a rest; our cell weighs 1 g
    assert cycles(done, "biologic", "discharge_capacity") == pytest.approx(discharge[1:], rel=1e-3, nan_ok=True)
    assert cycles(done, "biologic", "charge_capacity") == pytest.approx(charge[1:], rel=1e-3, nan_ok=True)


def test_landt_raw_and_its_bdf_twin_are_equal(done):
    raw, twin = done["landt_analysed"].result, done["landt_bdf_analysed"].result
    assert set(raw.values) == set(twin.values)
    for word, quantity in raw.values.items():  # the twin has no step times, which place a step's end to 10 ms
        assert twin[word].value == pytest.approx(quantity.value, rel=1e-6), word


def test_the_rate_blocks_of_the_time_bug_file_are_found(done):
    result = done["time_bug_analysed"].result
    found = [result[f"current_{i}"].to("A/g").value for i in range(1, 6)]  # 1 g: the number is the current in A
    assert found == pytest.approx([0.655, 6.55, 13.1, 32.75, 59.45], rel=3e-3)
    assert "current_6" not in result.values
    assert any("19" in doubt for doubt in result.doubts)


def test_nothing_real_is_called_virtual(done):
    kinds = {o.result.source.kind for o in done.values() if o.result is not None}
    assert kinds == {"measured"}


def test_a_workbook_comes_in_by_declared_columns(data_dir, tmp_path):
    columns = 'time = { column = "Time (s)", unit = "s" }\ncurrent = { column = "WE(1).Current (A)", unit = "A" }\n'
    layout = '[record.declared.layout]\nkind = "potential_step"\n'
    (tmp_path / "study.toml").write_text(STEP.format(echem=data_dir / "echem", columns=columns) + layout)
    record = run(load(tmp_path), default_store(tmp_path)).outcomes["declared"].records["main"]
    assert (record.kind, len(record)) == ("potential_step", 12_000)
    assert record["current"][[0, -1]] == pytest.approx([-0.00014398193359375, -2.6556396484375003e-05])
