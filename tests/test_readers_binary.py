"""Readers of binary files: against other programs, the files' own counters, and files that the tests write."""

from __future__ import annotations

import importlib.util
import io
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers import READERS, arbin_res, biologic_mpr, identify, neware, renishaw_wdf
from thiocell.readers._mpr_columns import FIELDS

_spec = importlib.util.spec_from_file_location("binary_samples", Path(__file__).with_name("binary_samples.py"))
samples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(samples)

needs_mdbtools = pytest.mark.skipif(
    shutil.which("mdb-export") is None, reason="the program mdb-export is not installed"
)


def real(data_dir: Path, name: str) -> Path:
    path = data_dir / "echem" / name
    if not path.is_file():
        pytest.skip(f"the real file {name} is absent")
    return path


def mpr(folder: Path, parts, version: int = 3, **more) -> Path:
    path = folder / "own.mpr"
    path.write_bytes(samples.mpr_bytes(samples.mpr_table(parts, version, **more), version))
    return path


def oracle(path: Path):
    return pytest.importorskip("galvani").BioLogic.MPRfile(io.BytesIO(path.read_bytes())).data


# every reader


@pytest.mark.parametrize("name", sorted(samples.SAMPLES))
def test_a_sample_is_known_by_its_content_whatever_its_name(name, tmp_path):
    path = samples.SAMPLES[name](tmp_path).rename(tmp_path / "nameless.dat")
    assert identify(path) == name


@pytest.mark.parametrize("name", sorted(samples.SAMPLES))
def test_foreign_bytes_are_not_taken_and_are_refused_in_one_sentence(name, tmp_path):
    reader = READERS.find(name)
    for number, junk in enumerate((b"time,voltage\n1,2\n", b"PK\x03\x04[Content_Types].xml", b"\0" * 100)):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(junk)
        assert reader.sniff(junk) == 0
        with pytest.raises(BadInput, match=path.name) as caught:
            reader.read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(samples.SAMPLES))
def test_a_cut_sample_is_refused_wherever_it_is_cut(name, tmp_path):
    path = samples.SAMPLES[name](tmp_path)
    whole = path.read_bytes()
    reader = READERS.find(name)
    for end in np.linspace(0, len(whole) - 1, 60).astype(int):
        if name == "biologic_mpr" and whole[end : end + 6] == b"MODULE":
            continue  # such a file lacks a module, but none of its rows
        path.write_bytes(whole[:end])
        with pytest.raises(BadInput):
            reader.read(path)


@pytest.mark.parametrize("name", sorted(samples.SAMPLES))
def test_an_absent_file_is_named(name, tmp_path):
    with pytest.raises(BadInput, match=r"absent\.bin"):
        READERS.find(name).read(tmp_path / "absent.bin")


# BioLogic


def test_every_column_of_the_real_mpr_is_what_galvani_reads(data_dir):
    path = real(data_dir, "cyc_biologic_gcpl_5cycles.mpr")
    (record,) = biologic_mpr.read(path)
    theirs = oracle(path)
    names = {field.label: field.name for field in FIELDS.values()} | {
        "flags": "mode",
        "control/V/mA": "control_current",
    }
    assert len(record) == len(theirs) == 46102
    for label in theirs.dtype.names:
        expected = theirs[label].astype(float)
        if label == "flags":
            expected = theirs[label] & (3.0).__int__()
        if label == "control/V/mA":  # a set current only where the mode is galvanostatic
            expected = np.where(theirs["flags"] & 3 == 1, expected, np.nan)
        np.testing.assert_array_equal(record.columns[names[label]].values, expected, err_msg=label)


def test_the_current_of_the_real_mpr_is_the_one_that_ec_lab_made_its_power_of(data_dir):
    (record,) = biologic_mpr.read(real(data_dir, "cyc_biologic_gcpl_5cycles.mpr"))
    # EC-Lab keeps P = Ewe <I> as a float32; relative 1e-6 is a few of its roundings
    np.testing.assert_allclose(
        record.columns["voltage"].values * record["current"], record.columns["power"].values, rtol=1e-6, atol=1e-12
    )


def test_the_current_of_the_real_mpr_integrates_to_its_counters_and_is_positive_on_charge(data_dir):
    (record,) = biologic_mpr.read(real(data_dir, "cyc_biologic_gcpl_5cycles.mpr"))
    flowed = record["current"][1:] * np.diff(record["time"])
    half = record["half_cycle"]
    for number in np.unique(half):
        rows = np.flatnonzero(half == number)
        sum_here = flowed[rows[rows > 0] - 1].sum()
        np.testing.assert_allclose(sum_here, record["half_cycle_charge"][rows[-1]], rtol=1e-9, atol=1e-12)
    charging = record["charge_counter"] > 1e-3 * record["charge_counter"].max()
    assert np.corrcoef(record["charge_counter"][charging], record.columns["voltage"].values[charging])[0, 1] > 0.5
    assert record["current"][charging].min() > 0
    assert record.notes["technique"] == "GCPL"
    assert record.notes["started"] == "2020-10-26 12:49:58"  # as galvani has it
    assert record.doubts == ()


def test_the_sample_mpr_comes_back_with_the_current_it_was_made_of(tmp_path):
    (record,) = biologic_mpr.read(samples.SAMPLES["biologic_mpr"](tmp_path))
    parts, mode = samples.gcpl_parts()
    truth = {number: np.asarray(column, float) for number, _, column in parts}
    np.testing.assert_array_equal(record["time"], truth[4])
    np.testing.assert_array_equal(record.columns["voltage"].values, truth[6].astype("f4"))
    np.testing.assert_array_equal(record["mode"], mode)
    np.testing.assert_allclose(record["current"][1:], 1e-3 * truth[5][1:], rtol=1e-12)
    assert record["current"][0] == 0
    np.testing.assert_array_equal(record["step"], truth[131])
    np.testing.assert_array_equal(record.columns["charge_counter"].values, np.maximum(truth[467], 0))
    assert record.notes["started"] == "2024-03-05 12:30:00"
    assert record.source.reference.startswith("sha256:")


@pytest.mark.parametrize("version", [0, 2, 3, 10, 11])
def test_every_known_version_of_the_data_module_reads_as_galvani_reads_it(version, tmp_path):
    parts, mode = samples.gcpl_parts(50)
    if version == 0:  # its column numbers are single bytes
        parts = [part for part in parts if part[0] < 256]
    path = mpr(tmp_path, parts, version, flags=mode)
    (record,) = biologic_mpr.read(path)
    theirs = oracle(path)
    assert len(theirs) == len(record) == 50
    for label, name in (("time/s", "time"), ("Ewe/V", "voltage"), ("dq/mA.h", "charge_increment"), ("Ns", "step")):
        np.testing.assert_array_equal(record.columns[name].values, theirs[label])


@pytest.mark.parametrize("number", sorted(FIELDS))
def test_a_column_has_the_label_and_width_that_galvani_knows(number, tmp_path):
    field = FIELDS[number]
    path = tmp_path / "one.mpr"
    path.write_bytes(samples.mpr_bytes(samples.mpr_table([(6, "<f4", [1.0, 2.0]), (number, field.kind, [3, 4])])))
    label, kind = oracle(path).dtype.descr[1]
    assert kind == field.kind
    assert label.removesuffix(" 2") == field.label  # galvani numbers a label that comes twice


def test_a_current_in_the_file_is_taken_before_any_other(tmp_path):
    parts, mode = samples.gcpl_parts(30)
    (record,) = biologic_mpr.read(mpr(tmp_path, [*parts, (8, "<f4", np.full(30, 0.125))], flags=mode))
    np.testing.assert_array_equal(record["current"], 0.125e-3)
    (record,) = biologic_mpr.read(mpr(tmp_path, [*parts, (11, "<f8", np.full(30, -0.5))], flags=mode))
    np.testing.assert_array_equal(record["current"], -0.5e-3)
    assert "mean_current" not in record


def test_a_held_voltage_is_not_taken_for_a_set_current(tmp_path):
    parts, mode = samples.gcpl_parts(30)
    mode[-5:] = 2
    (record,) = biologic_mpr.read(mpr(tmp_path, parts, flags=mode))
    assert np.isnan(record.columns["control_current"].values[-5:]).all()
    assert np.isfinite(record.columns["control_voltage"].values[-5:]).all()
    assert np.isnan(record.columns["control_voltage"].values[:-5]).all()
    np.testing.assert_allclose(record["current"][-5:], -0.25e-3, rtol=1e-12)


def test_a_rest_without_any_current_has_a_current_of_zero(tmp_path):
    rest = [(4, "<f8", np.arange(5.0)), (6, "<f4", np.full(5, 2.1))]
    (record,) = biologic_mpr.read(mpr(tmp_path, rest, flags=np.full(5, 3)))
    np.testing.assert_array_equal(record["current"], 0)
    with pytest.raises(BadInput, match="no current"):
        biologic_mpr.read(mpr(tmp_path, rest, flags=np.full(5, 1)))


def test_rows_that_share_a_time_share_a_current_and_charge_in_no_time_is_refused(tmp_path):
    time, charge = np.array([0.0, 10, 10, 20]), np.array([0, 1.0, 0, 2.0]) / 360  # mAh: 1 mA, then 2 mA
    parts = [(4, "<f8", time), (6, "<f4", np.ones(4)), (7, "<f8", charge)]
    (record,) = biologic_mpr.read(mpr(tmp_path, parts))
    np.testing.assert_allclose(record["current"], [1e-3, 1e-3, 1e-3, 2e-3], rtol=1e-12)
    parts[2] = (7, "<f8", charge + np.array([0, 0, 0.1, 0]))
    with pytest.raises(BadInput, match="no time between rows 2 and 3"):
        biologic_mpr.read(mpr(tmp_path, parts))


def test_increments_that_do_not_add_up_are_refused_and_a_single_one_is_doubted(tmp_path):
    parts, mode = samples.gcpl_parts(200)
    (at,) = (place for place, part in enumerate(parts) if part[0] == 13)
    net = np.asarray(parts[at][2])
    parts[at] = (13, "<f8", np.where(np.arange(200) > 150, net - net[150], net))
    (record,) = biologic_mpr.read(mpr(tmp_path, parts, flags=mode))
    assert "row 152" in record.doubts[0]
    parts[at] = (13, "<f8", 2 * net)
    with pytest.raises(BadInput, match="do not add up"):
        biologic_mpr.read(mpr(tmp_path, parts, flags=mode))


@pytest.mark.parametrize("version", [3, 11])
def test_each_spectrum_is_a_record_and_capacitance_is_negative_in_z_imag(version, tmp_path):
    records = biologic_mpr.read(mpr(tmp_path, samples.spectra_parts(3), version, flags=np.full(90, 2)))
    assert [record.name for record in records] == ["own", "own#2", "own#3"]
    for record in records:
        assert record.kind == "impedance"
        f = record["frequency"]
        z = 10 + 50 / (1 + 2j * np.pi * f * 50 * 20e-6)
        np.testing.assert_allclose(
            record.columns["z_real"].values + 1j * record.columns["z_imag"].values, z, rtol=3e-7
        )  # float32
        assert record.columns["z_imag"].values.min() < -20
        assert {record.columns[name].unit for name in ("z_real", "z_imag")} == {"ohm"}
    assert len({record["cycle"][0] for record in records}) == 3


def test_spectra_without_a_cycle_number_are_split_where_the_sweep_begins_anew(tmp_path):
    parts = [part for part in samples.spectra_parts(2) if part[0] != 24]
    assert [len(record) for record in biologic_mpr.read(mpr(tmp_path, parts))] == [30, 30]


def test_an_impedance_that_contradicts_its_modulus_is_refused(tmp_path):
    parts = samples.spectra_parts(1)
    parts[1] = (37, "<f4", np.asarray(parts[1][2]) * 1.01)
    with pytest.raises(BadInput, match=r"\|Z\| in row 1"):
        biologic_mpr.read(mpr(tmp_path, parts))


def test_rows_without_a_frequency_are_left_out_with_a_doubt(tmp_path):
    parts = [(number, kind, np.concatenate(([0], column))) for number, kind, column in samples.spectra_parts(1)]
    (record,) = biologic_mpr.read(mpr(tmp_path, parts))
    assert len(record) == 30
    assert "1 rows have no frequency" in record.doubts[0]


def test_one_unknown_column_is_left_out_with_a_doubt_and_two_are_refused(tmp_path):
    parts, mode = samples.gcpl_parts(20)
    middle = [*parts[:3], (499, "<f8", np.full(20, 9.9)), *parts[3:]]
    (record,) = biologic_mpr.read(mpr(tmp_path, middle, flags=mode))
    (plain,) = biologic_mpr.read(mpr(tmp_path, parts, flags=mode))
    assert record.columns == plain.columns
    assert "column 499" in record.doubts[0]
    with pytest.raises(BadInput, match=r"499, 502"):
        biologic_mpr.read(mpr(tmp_path, [*middle, (502, "<f4", np.zeros(20))], flags=mode))


def test_what_is_wrong_with_an_mpr_is_said(tmp_path):
    parts, mode = samples.gcpl_parts(20)
    path = tmp_path / "wrong.mpr"

    def refused(data: bytes, match: str) -> None:
        path.write_bytes(data)
        with pytest.raises(BadInput, match=match):
            biologic_mpr.read(path)

    table = samples.mpr_table(parts, flags=mode)
    refused(samples.mpr_bytes(samples.mpr_table(parts, flags=mode, count=0)), "holds no rows")
    refused(samples.mpr_bytes(samples.mpr_table(parts, flags=mode, count=0xFFFFFFFF)), "damaged")
    refused(samples.mpr_bytes(samples.mpr_table(parts, flags=mode, count=19)), "damaged")
    refused(samples.mpr_bytes(table, version=5), "data module of version 5")
    refused(samples.mpr_bytes(table)[:-200].replace(b"VMP data", b"VMP loop"), "cut|0 modules")
    refused(samples.mpr_bytes(table).replace(b"MODULAR", b"MODULER"), "no EC-Lab binary file")
    bad = [(n, k, np.where(np.arange(20) == 6, np.nan, c) if n == 6 else c) for n, k, c in parts]
    refused(samples.mpr_bytes(samples.mpr_table(bad, flags=mode)), "voltage = nan V in row 7")
    far = [(n, k, np.asarray(c) * 1e6 if n == 6 else c) for n, k, c in parts]
    refused(samples.mpr_bytes(samples.mpr_table(far, flags=mode)), "voltage = .* between -1000 and 1000 V")


def test_time_that_runs_backwards_is_doubted(tmp_path):
    parts = [(4, "<f8", [0.0, 10, 5]), (6, "<f4", np.ones(3)), (8, "<f4", np.ones(3))]
    (record,) = biologic_mpr.read(mpr(tmp_path, parts))
    assert "first at row 3" in record.doubts[0]


# Neware


def test_the_time_of_the_real_ndax_is_that_of_the_test_not_of_the_step(data_dir):
    (record,) = neware.read(real(data_dir, "cyc_neware_test.ndax"))
    assert (np.diff(record["time"]) >= 0).all()
    assert record["time"][-1] == 43800  # TestInfo.xml in the archive: 20:24:23 to 08:34:23
    assert record["step_time"].max() == 21600  # Step.xml: steps end after 21600 s
    assert (record["step_time"][np.flatnonzero(np.diff(record["step"])) + 1] == 0).all()
    assert record.notes["started"] == "2024-02-01 20:24:23"
    assert record.doubts == ()


def test_the_current_of_the_real_ndax_integrates_to_its_counters_and_is_positive_on_charge(data_dir):
    (record,) = neware.read(real(data_dir, "cyc_neware_test.ndax"))
    for step, counter, sign in ((2, "charge_counter", 1), (3, "discharge_counter", -1)):
        rows = record["step"] == step
        flowed = np.trapezoid(record["current"][rows], record["time"][rows])
        # the cycler counts on its own: while the current stays at 119.9 uA its counter tells of 119.4 to 120.0 uA
        assert sign * flowed == pytest.approx(record[counter][rows][-1], rel=4e-3)
        assert sign * np.median(record["current"][rows]) > 0
    assert abs(record.columns["discharge_counter"].values.max() - 0.6254508) < 1e-6  # navani 0.1.22
    assert abs(record.columns["charge_counter"].values.max() - 0.5930392) < 1e-6


def test_the_sample_ndax_comes_back(tmp_path):
    (record,) = neware.read(samples.SAMPLES["neware"](tmp_path))
    within = np.tile(np.arange(20), 2)
    np.testing.assert_allclose(record["step_time"], 30 * within)
    np.testing.assert_allclose(record["time"], np.concatenate((within[:20] * 30, 570 + within[20:] * 30)))
    np.testing.assert_allclose(record.columns["current"].values, np.repeat([0.12, -0.12], 20), rtol=1e-6)
    np.testing.assert_allclose(record.columns["voltage"].values[[0, 19, 20, 39]], [2, 2.38, 2.4, 2.21], rtol=1e-6)
    np.testing.assert_allclose(record.columns["charge_counter"].values[:20], within[:20] * 0.001, rtol=1e-6)
    np.testing.assert_allclose(record.columns["discharge_counter"].values[20:], within[20:] * 0.001, rtol=1e-6)


def test_the_engine_says_nothing_aloud_and_what_it_warns_of_becomes_a_doubt(tmp_path, capfd, caplog):
    whole = zipfile.ZipFile(io.BytesIO(samples.ndax_bytes()))
    path = tmp_path / "old.ndax"
    with zipfile.ZipFile(path, "w") as archive:  # 1 and 3 are versions that the engine has not seen files of
        archive.writestr("VersionInfo.xml", whole.read("VersionInfo.xml"))
        rows = bytearray(512) + b"\0" * 512
        struct.pack_into("<BxB", rows, 0, 1, 3)
        row = np.zeros(1, samples._NDC_ROW)
        row["index"], row["kind"], row["voltage"], row["range"] = 1, 4, 20000, 1
        row["date"] = [232, 7, 3, 5, 12, 0, 0]
        place = 512 + 5
        older = struct.pack("<8xIIBB2xQII4x", 1, 0, 1, 4, 0, 20000, 0) + bytes(32) + bytes([232, 7, 3, 5, 12, 0, 0])
        older += struct.pack("<i", 1)
        rows[place : place + len(older)] = older
        archive.writestr("data.ndc", bytes(rows))
    (record,) = neware.read(path)
    assert any("not been verified" in doubt for doubt in record.doubts)
    assert record.columns["voltage"].values[0] == pytest.approx(2.0)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_reading_an_ndax_leaves_zlib_as_it_was(tmp_path):
    neware.read(samples.SAMPLES["neware"](tmp_path))
    assert {zlib.decompress.__module__, zlib.decompressobj.__module__} == {"zlib"}


def test_an_archive_that_would_swell_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.ndax"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.ndc", bytes(70_000_000))
    with pytest.raises(BadInput, match="would unpack"):
        neware.read(path)


def test_an_archive_of_another_kind_is_named(tmp_path):
    path = tmp_path / "book.ndax"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(BadInput, match=r"without 'data\.ndc'"):
        neware.read(path)


# Arbin


@needs_mdbtools
def test_the_ends_of_the_real_res_are_those_of_the_reference(data_dir):
    (record,) = arbin_res.read(real(data_dir, "cyc_arbin_18cycles.res"))
    reference = np.genfromtxt(
        real(data_dir, "ref_cyc_arbin_18cycles_cellpy215.csv"), delimiter=",", names=True, filling_values=np.nan
    )
    assert len(record) == 10261
    strong = np.abs(record["current"]) > 0.1 * np.abs(record["current"]).max()
    for row in reference:
        here = (record["cycle"] == row["cycle_num"]) & strong
        for sign, way in ((1, "charge"), (-1, "discharge")):
            rows = np.flatnonzero(here & (np.sign(record["current"]) == sign))
            if not rows.size:
                assert np.isnan(row[f"potential_end_{way}"]) or row[f"{way}_capacity"] == 0
                continue
            # the first rows of the step that follows may still show some of the current, but no longer the end
            main = rows[record["step"][rows] == np.median(record["step"][rows])]
            assert record.columns["voltage"].values[main[-1]] == pytest.approx(row[f"potential_end_{way}"], rel=1e-6)
        for way in ("charge", "discharge"):
            counter = record.columns[f"{way}_counter"].values[record["cycle"] == row["cycle_num"]]
            assert counter[-1] == pytest.approx(row[f"{way}_capacity"], rel=1e-9, abs=1e-15)
    assert (np.diff(record["time"]) > 0).all()  # one page of the file comes out of order
    assert record.doubts == ()
    assert record.notes["mass as entered, unit not in the file"] == "0.00085283798"
    assert record.notes["started"] == "2016-08-05 16:16:23"


@needs_mdbtools
def test_a_res_that_lost_a_page_is_refused_not_shortened(data_dir, tmp_path):
    whole = bytearray(real(data_dir, "cyc_arbin_18cycles.res").read_bytes())
    path = tmp_path / "hurt.res"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(BadInput, match="beyond EOF"):
        arbin_res.read(path)
    whole[221 * 4096 : 222 * 4096] = bytes(4096)
    path.write_bytes(whole)
    with pytest.raises(BadInput, match="no whole table Channel_Normal_Table"):
        arbin_res.read(path)


def test_without_its_program_the_reader_says_how_to_install_it(tmp_path, monkeypatch):
    path = samples.SAMPLES["arbin_res"](tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match=r"apt install mdbtools.*brew install mdbtools.*conda install"):
        arbin_res.read(path)


def _fake_program(folder: Path, monkeypatch, rows: str, tests: str) -> None:
    for name, text in (("Channel_Normal_Table", rows), ("Global_Table", tests)):
        (folder / name).write_text(text)
    program = folder / "mdb-export"
    program.write_text(f'#!/bin/sh\nexec /bin/cat "{folder}/$4"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def _records(folder: Path, monkeypatch, rows: str, tests: str = "Test_ID,Test_Name\n") -> tuple[Record, ...]:
    path = samples.SAMPLES["arbin_res"](folder)
    head = "Test_ID,Data_Point,Test_Time,Current,Voltage,Charge_Capacity\n"
    _fake_program(folder, monkeypatch, head + rows, tests)
    return arbin_res.read(path)


def test_two_tests_in_a_res_are_two_records_each_in_the_order_of_its_points(tmp_path, monkeypatch):
    rows = "7,2,20,-1e-3,2.5,0\n3,1,5,1e-3,2.1,1e-6\n7,1,10,-1e-3,2.6,0\n3,2,6,1e-3,2.2,2e-6\n"
    first, second = _records(tmp_path, monkeypatch, rows, 'Test_ID,Test_Name,MASS\n7,"b, c",0.5\n3,a,\n')
    assert (first.name, second.name) == ("arbin", "arbin#2")
    np.testing.assert_array_equal(first["time"], [5, 6])
    np.testing.assert_array_equal(second.columns["voltage"].values, [2.6, 2.5])
    assert first.columns["charge_counter"].unit == "Ah"
    assert first.notes == {"test": "a"}
    assert second.notes == {"test": "b, c", "mass as entered, unit not in the file": "0.5"}


def test_gaps_and_repeats_in_a_res_are_doubted_and_bad_rows_refused(tmp_path, monkeypatch):
    (record,) = _records(tmp_path, monkeypatch, "1,1,5,0,2,0\n1,1,5,0,2,0\n1,4,6,0,2,0\n")
    assert len(record.doubts) == 2
    for rows, match in (
        ("", "holds no rows"),
        ("1,1,5,,2,0\n", "current = nan A in row 1"),
        ("1,1,5,x,2,0\n", "words among the numbers"),
        ("1,,5,0,2,0\n", "without the number"),
    ):
        with pytest.raises(BadInput, match=match):
            _records(tmp_path, monkeypatch, rows)


# Renishaw


def wdf(folder: Path, data: bytes) -> Record:
    path = folder / "a.wdf"
    path.write_bytes(data)
    (record,) = renishaw_wdf.read(path)
    return record


def assert_line(record: Record, atol: float = 1e-3) -> None:
    shift, counts = record.columns["raman_shift"].values, record.columns["intensity"].values
    np.testing.assert_allclose(shift, 450.0 + 0.6 * np.arange(200), atol=atol)
    assert shift[np.argmax(counts)] == pytest.approx(520.5, abs=0.5)
    assert record.kind == "raman"


def test_a_wdf_is_read_from_low_shift_to_high(tmp_path: Path) -> None:
    record = wdf(tmp_path, samples.wdf_bytes())
    assert_line(record)
    assert record.notes == {"user": "us", "title": "Li2S", "accumulations": "3", "laser": "532 nm"}
    assert record.doubts == ()


def test_a_wdf_in_nm_is_turned_by_its_laser(tmp_path: Path) -> None:
    x = 1e7 / (1e7 / 532 - np.linspace(569.4, 450.0, 200))
    # single precision of 547 nm is 3e-5 nm, 1e-3 1/cm
    assert_line(wdf(tmp_path, samples.wdf_bytes(x, unit=3)), atol=3e-3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (samples.wdf_bytes(spectra=4), "holds 4 spectra; export the one"),
        (samples.wdf_bytes(unit=4), "an axis in 'unit number 4'"),
        (samples.wdf_bytes()[:-40], "no block 'XLST' of 200 numbers"),
        (samples.wdf_bytes()[:700], "no block 'XLST'"),
        (samples.wdf_bytes()[:100], "does not begin as a .wdf does"),
        (samples.wdf_bytes().replace(b"DATA", b"DATB"), "no block 'DATA'"),
        (samples.wdf_bytes(np.full(200, np.nan)), "not finite"),
        (samples.wdf_bytes()[:520] + bytes(8) + samples.wdf_bytes()[528:], "tells 0 bytes of its block 'DATA'"),
    ],
)
def test_a_map_and_a_damaged_wdf_are_refused(data: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=said):
        wdf(tmp_path, data)
