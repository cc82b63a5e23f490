"""Readers of text and workbooks: what they read is what was written, and what is wrong is said with its place."""

from __future__ import annotations

import dataclasses
import errno
import math
import os
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import text_samples

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.core.source import KINDS, Source
from thiocell.core.vocabulary import COLUMNS
from thiocell.readers import READERS, arbin_res, bdf, columns, identify, read, spectrum_csv
from thiocell.readers._clock import FORMS
from thiocell.readers._column_map import ColumnMap, Layout, check_column
from thiocell.readers._text import DELIMITERS, ENCODINGS
from thiocell.studies.check import faults_of

REPOSITORY = Path(__file__).resolve().parents[1]
IMPEDANCE = ("biologic_mpt.spectra", "gamry_dta", "gamry_dta.comma", "zview", "novocontrol", "spectrum_csv")
STRUCTURE = {
    "cif": ("structure", "occupancy", [1.0, 1.0]),
    "pair_distribution": ("pair_distribution", "r", 0.05 * np.arange(1, 200)),
}
for _sample in text_samples.SAMPLES:
    if _sample.startswith("diffraction"):
        STRUCTURE[_sample] = ("diffraction", "two_theta", 10.0 + 0.05 * np.arange(200))
    elif _sample.startswith("raman"):
        STRUCTURE[_sample] = ("raman", "raman_shift", 450.0 + 0.6 * np.arange(200))
CYCLING = sorted(set(text_samples.SAMPLES) - set(IMPEDANCE) - set(STRUCTURE))
SECONDS = {"s": 1.0, "h": 3600.0}
AMPERES = {"A": 1.0, "mA": 1e-3}
AMPERE_HOURS = {"Ah": 1.0, "mAh": 1e-3}


def read_sample(sample: str, path: Path) -> tuple[Record, ...]:
    return read(path, None, *text_samples.DECLARED.get(sample, (None, None)))


def put(folder: Path, text: str, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("sample", sorted(STRUCTURE))
def test_patterns_and_structures_are_read_as_they_were_written(sample: str, tmp_path: Path) -> None:
    path = text_samples.SAMPLES[sample](tmp_path)
    before = path.read_bytes()
    kind, column, values = STRUCTURE[sample]
    (record,) = read(path)
    assert record.kind == kind
    np.testing.assert_allclose(record.columns[column].values, values, atol=1e-3)
    assert record.source.reference.startswith("sha256:")
    assert record.source.place == path.name
    assert path.read_bytes() == before


@pytest.mark.parametrize("sample", CYCLING)
def test_a_sample_is_read_as_it_was_written(sample: str, tmp_path: Path) -> None:
    path = text_samples.SAMPLES[sample](tmp_path)
    before = path.read_bytes()
    (record,) = read_sample(sample, path)
    time, voltage, current, step, charged, discharged = map(np.array, zip(*text_samples.rows(), strict=True))
    there = record.columns
    begin = 86400.0 if "neware" in sample else 0.0  # its clock runs past a day
    # the files hold at least nine digits of the times and four decimals of the voltages
    np.testing.assert_allclose(there["time"].values * SECONDS[there["time"].unit] - begin, time, atol=1e-5)
    np.testing.assert_allclose(there["voltage"].values, voltage, atol=6e-5)
    np.testing.assert_allclose(there["current"].values * AMPERES[there["current"].unit], current, atol=1e-9)
    if "step" in there:
        np.testing.assert_array_equal(np.diff(there["step"].values), np.diff(step))
    for word, counted in (("charge_counter", charged), ("discharge_counter", discharged)):
        if word in there:
            np.testing.assert_allclose(there[word].values * AMPERE_HOURS[there[word].unit], counted, atol=6e-7)
    assert record.kind == "cycling"
    assert record.doubts == ()
    assert record.name == path.name.partition(".")[0]
    assert record.source.kind == "measured"
    assert record.source.reference.startswith("sha256:")
    assert record.source.place == path.name
    assert path.read_bytes() == before


@pytest.mark.parametrize("sample", sorted(text_samples.SAMPLES))
def test_the_content_names_the_reader_whatever_the_file_is_called(sample: str, tmp_path: Path) -> None:
    path = text_samples.SAMPLES[sample](tmp_path).rename(tmp_path / "unnamed")
    if sample in text_samples.DECLARED:
        with pytest.raises(BadInput, match="declare its columns"):
            identify(path)
    else:
        assert identify(path) == sample.partition(".")[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("sample", ["bdf", "landt", "neware_csv"])
def test_encodings_are_found_out(sample: str, encoding: str, tmp_path: Path) -> None:
    path = text_samples.SAMPLES[sample](tmp_path)
    plain = read(path)[0]
    path.write_bytes(path.read_bytes().decode().encode(encoding))
    assert read(path)[0].columns == plain.columns


# Battery Data Format


def bdf_with(folder: Path, header: str, row: Callable[..., str]) -> Path:
    return put(folder, "\n".join([header, *(row(*values) for values in text_samples.rows())]) + "\n")


def test_a_bdf_in_hours_is_read_in_hours_with_a_doubt(tmp_path: Path) -> None:
    path = bdf_with(
        tmp_path, "Test Time / h,Voltage / V,Current / mA", lambda t, v, i, *_: f"{t / 3600},{v},{i * 1000}"
    )
    record = read(path)[0]
    np.testing.assert_allclose(record.columns["time"].values, [row[0] / 3600 for row in text_samples.rows()])
    assert record.columns["time"].unit == "h"
    assert [doubt for doubt in record.doubts if "in h where BDF has s" in doubt]
    assert [doubt for doubt in record.doubts if "in mA where BDF has A" in doubt]


@pytest.mark.parametrize(
    ("header", "extra"),
    [
        ("Step Type", lambda i, *_: ("rest", "CC Chg", "CC DChg")[int(np.sign(i))]),
        ("Charging Capacity / Ah,Discharging Capacity / Ah", lambda _, into, out: f"{into},{out}"),
        # counters so coarse that they count only in every second or third row
        ("Charging Capacity / Ah,Discharging Capacity / Ah", lambda _, into, out: f"{into:.5f},{out:.5f}"),
    ],
)
@pytest.mark.parametrize(("turn", "word"), [(abs, "has no sign"), (lambda i: -i, "is positive on discharge")])
def test_a_current_of_wrong_sign_is_turned_with_a_doubt(
    header: str, extra: Callable[..., str], turn: Callable[[float], float], word: str, tmp_path: Path
) -> None:
    path = bdf_with(
        tmp_path,
        f"Test Time / s,Voltage / V,Current / A,{header}",
        lambda t, v, i, _, into, out: f"{t},{v},{turn(i)},{extra(i, into, out)}",
    )
    record = read(path)[0]
    np.testing.assert_allclose(record.columns["current"].values, [row[2] for row in text_samples.rows()])
    assert sum(word in doubt for doubt in record.doubts) == 1


def test_an_unsigned_current_that_nothing_tells_of_is_left_and_doubted(tmp_path: Path) -> None:
    path = bdf_with(tmp_path, "Test Time / s,Voltage / V,Current / A", lambda t, v, i, *_: f"{t},{v},{abs(i)}")
    record = read(path)[0]
    assert record.columns["current"].values.min() == 0
    assert any("never negative" in doubt for doubt in record.doubts)


def test_a_reversed_current_that_only_the_voltage_tells_of_is_left_and_doubted(tmp_path: Path) -> None:
    path = bdf_with(tmp_path, "Test Time / s,Voltage / V,Current / A", lambda t, v, i, *_: f"{t},{v},{-i}")
    record = read(path)[0]
    np.testing.assert_array_equal(record.columns["current"].values, [-row[2] for row in text_samples.rows()])
    assert any("reversed" in doubt for doubt in record.doubts)


def test_a_count_of_points_is_no_step_number(tmp_path: Path) -> None:
    head = "Test Time / s,Voltage / V,Current / A,Step Index / 1"
    path = bdf_with(tmp_path, head, lambda t, v, i, *_: f"{t},{v},{i},{int(t % 200 / 10) + 1}")
    assert "step" not in read(path)[0]
    path = bdf_with(tmp_path, head, lambda t, v, i, s, *_: f"{t},{v},{i},{s}")
    assert "step" in read(path)[0]


def test_unix_times_count_from_the_first_row(tmp_path: Path) -> None:
    head = "Unix Time / s,Voltage / V,Current / A"
    record = read(bdf_with(tmp_path, head, lambda t, v, i, *_: f"{1.7e9 + t},{v},{i}"))[0]
    np.testing.assert_allclose(record.columns["time"].values, [row[0] for row in text_samples.rows()], atol=1e-6)


def bdf_record(kind: Any = "measured", **more: Column) -> Record:
    time, voltage, current, step, charged, _ = map(np.array, zip(*text_samples.rows(), strict=True))
    kept = {"time": Column(time / 3600, "h"), "voltage": Column(voltage * 1000, "mV"), "current": Column(current, "A")}
    counts = {
        "step": Column(step),
        "cycle": Column(np.ones(time.size)),
        "charge_counter": Column(charged * 1000, "mAh"),
    }
    return Record("written", "cycling", {**kept, **counts, **more}, Source(kind))


@pytest.mark.parametrize("style", ["preferred", "machine"])
@pytest.mark.parametrize("name", ["a.bdf.csv", "a.bdf.parquet"])
@pytest.mark.parametrize("kind", ["measured", "predicted", "recovered"])
def test_what_is_written_is_valid_and_reads_back(style: Any, name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    bdf.write(bdf_record(kind, temperature=Column(np.full(text_samples.ROWS, 298.15), "K")), path, style)
    assert bdf.check(path) == []
    assert [p.name for p in tmp_path.iterdir()] == [name]
    record = read(path)[0]
    for word, place in (("time", 0), ("voltage", 1), ("current", 2), ("step", 3), ("charge_counter", 4)):
        np.testing.assert_allclose(
            record.columns[word].values, [row[place] for row in text_samples.rows()], rtol=1e-14, atol=1e-14
        )
    np.testing.assert_allclose(record.columns["temperature"].values, 25.0)
    assert record.source.kind == ("measured" if kind == "measured" else "predicted")
    assert record.doubts == ()


@pytest.mark.parametrize("style", ["preferred", "machine"])
@pytest.mark.parametrize("name", ["a.bdf.csv", "a.bdf.parquet"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_source_is_lost_by_a_round_trip(style: Any, name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    bdf.write(bdf_record(kind), path, style)
    assert bdf.check(path) == []
    expected = "predicted" if kind == "recovered" else kind
    assert read(path)[0].source.kind == expected
    if path.suffix == ".csv":
        assert columns.read(path, declared_bdf(style))[0].source.kind == expected


def declared_bdf(style: str) -> dict[str, Any]:
    """A map of the columns of a table in BDF."""
    labels = {
        "preferred": ("Test Time / s", "Voltage / V", "Current / A"),
        "machine": ("test_time_second", "voltage_volt", "current_ampere"),
    }[style]
    words = zip(("time", "voltage", "current"), labels, ("s", "V", "A"), strict=True)
    return {word: {"column": label, "unit": unit} for word, label, unit in words}


@pytest.mark.parametrize("sign", ["charge positive", "discharge positive"])
@pytest.mark.parametrize(
    ("head", "cells", "kind"),
    [
        ("Virtual / 1", ["1", "1", "1"], "predicted"),
        ("virtual", ["1", "1", "1"], "predicted"),
        ("virtual", ["", "1.0", ""], "predicted"),
        ("Virtual / 1", ["0", "0", "0"], "measured"),
        ("Virtual / V", ["1", "1", "1"], "measured"),  # a voltage of some kind
        ("Source Kind", ["paper", "paper", "paper"], "paper"),
        ("Virtual / 1,Source Kind", ["1,paper", "1,paper", "1,paper"], "predicted"),
        ("Source Kind,Virtual / 1", ["paper,1", "paper,1", "paper,1"], "predicted"),
        ("Source Kind,Virtual / 1", ["paper,0", "paper,0", "paper,0"], "paper"),
    ],
)
def test_a_mark_that_the_table_carries_wins_over_the_declaration(
    head: str, cells: list[str], kind: str, sign: str, tmp_path: Path
) -> None:
    rows = "".join(f"{n * 10},2.{n},{n},{cell}\n" for n, cell in enumerate(cells))
    there = {**PLAIN, "current": {**PLAIN["current"], "sign": sign}}
    (record,) = columns.read(put(tmp_path, f"t,E,I,{head}\n{rows}"), there)
    assert record.source.kind == kind


def test_a_mark_in_a_workbook_wins_too(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (("t", "E", "I", "Virtual / 1"), (0, 2.0, 1.0, 1), (10, 2.1, 1.0, 1)):
        book.worksheets[0].append(row)
    book.save(tmp_path / "book.xlsx")
    assert columns.read(tmp_path / "book.xlsx", PLAIN)[0].source.kind == "predicted"


@pytest.mark.parametrize(
    ("head", "cells", "place"),
    [
        ("Virtual / 1", ["yes", "yes"], "line 2, column 'Virtual / 1' holds 'yes'"),
        ("Source Kind", ["paper", "derived"], "line 3, column 'Source Kind' holds 'derived'"),
        ("source_kind", ["paper", ""], "line 3, column 'source_kind' holds nothing"),
        ("source_kind", ["hearsay", "hearsay"], "line 2, column 'source_kind' holds 'hearsay'"),
    ],
)
def test_a_mark_that_is_none_is_named_and_not_passed_over(
    head: str, cells: list[str], place: str, tmp_path: Path
) -> None:
    rows = "".join(f"{n * 10},2.{n},{n},{cell}\n" for n, cell in enumerate(cells))
    with pytest.raises(BadInput, match=place):
        columns.read(put(tmp_path, f"t,E,I,{head}\n{rows}"), PLAIN)
    with pytest.raises(BadInput, match=place):
        bdf.read(put(tmp_path, f"{HEADER},{head}\n{rows}"))


@pytest.mark.parametrize("style", ["preferred", "machine"])
def test_a_counter_that_resets_is_written_as_a_column_of_our_own(style: Any, tmp_path: Path) -> None:
    saw = Column(np.arange(text_samples.ROWS) % 7 * 0.125, "Ah")
    path = tmp_path / "saw.csv"
    bdf.write(bdf_record(charge_counter=saw), path, style)
    assert bdf.check(path) == []
    assert "charging" not in path.read_text().lower()
    assert read(path)[0].columns["charge_counter"] == saw


@pytest.mark.parametrize(
    ("record", "name", "style", "word"),
    [
        (
            Record("z", "impedance", {"frequency": Column([1.0], "Hz")}, Source("measured")),
            "a.csv",
            "preferred",
            "has no time",
        ),
        (bdf_record(voltage=Column(np.full(text_samples.ROWS, np.nan), "V")), "a.csv", "preferred", "no numbers"),
        (bdf_record(), "a.txt", "preferred", r"\.parquet"),
        (bdf_record(), "a.csv", "nice", "machine, preferred"),
        (bdf_record(), "no/such/folder/a.csv", "preferred", "cannot be written"),
    ],
)
def test_what_cannot_be_bdf_is_not_written(record: Record, name: str, style: Any, word: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=word):
        bdf.write(record, tmp_path / name, style)
    assert list(tmp_path.iterdir()) == []


HEADER = "Test Time / s,Voltage / V,Current / A"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda text: text.replace("Voltage / V", "Voltage/V"), "wrong spelling"),
        (lambda text: text.replace("Voltage / V", "voltage / V"), "wrong spelling"),
        (lambda text: text.replace("Current / A", "Current / mA"), "wrong unit"),
        (lambda text: text.replace("Current / A", "current_ampere"), "mixed"),
        (lambda text: text.replace("Current / A", "I"), "'Current / A' is missing"),
        (lambda text: text.replace("Charging Capacity", "Charge Capacity"), "outdated"),
        (lambda text: text.replace("Step ID", "Voltage / V"), "more than one column"),
        (lambda text: text.replace("\n20.0,", "\n2.0,"), "goes back 1 times, first after row 2"),
        (lambda text: text.replace("\n20.0,", "\nnan,"), "line 4"),
        (lambda text: text.replace("\n20.0,", "\n,"), "line 4"),
        (lambda text: text.replace("\n20.0,", "\nx,"), "line 4"),
        (lambda text: text.replace(",", ";"), "delimiter"),
        (lambda text: text.replace("Step ID", "Step Größe"), "UTF-8"),
        (lambda text: text.replace(",1,3,", ",0,3,"), "'cycle_count' falls"),
        (lambda text: text.replace(",1,3,", ",1.5,3,"), "whole number"),
        (lambda text: text.replace(",-0.002,", ",0.003,").replace(",0.002,", ",-0.002,"), "against the voltage"),
        (lambda text: text.replace("Step ID", "Step Type").replace(",-0.002,1,3,", ",0.002,1,DChg,"), "no sign"),
    ],
)
def test_the_validator_finds_what_is_wrong(change: Callable[[str], str], word: str, tmp_path: Path) -> None:
    text = text_samples.bdf_text()
    assert bdf.check(put(tmp_path, text)) == []
    encoding = "latin-1" if "ö" in change(text) else "utf-8"
    findings = bdf.check(put(tmp_path, change(text), encoding=encoding))
    assert any(word in finding for finding in findings), findings


# errors with their place


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("\n20.0,", "\ntwenty,", r"line 4, column 'Test Time / s' holds 'twenty'"),
        ("\n20.0,", "\n,", r"line 4, column 'Test Time / s' holds nothing"),
        ("\n20.0,", "\nNaN,", r"line 4, column 'Test Time / s' holds 'NaN'"),
        ("\n20.0,", "\n-inf,", r"line 4, column 'Test Time / s' holds '-inf'"),
        ("\n20.0,", "\n1e999,", r"line 4, column 'Test Time / s' holds '1e999'"),
        ("\n20.0,", "\n20.0,1,", r"line 4 has 7 values where the lines before it have 6"),
        ("Voltage / V", "U", r"no 'Voltage / V' or 'voltage_volt'; it has 'Test Time / s', 'U'"),
        ("Voltage / V", "Voltage / h", r"unit is not one of voltage"),
        ("\n20.0,", "\n\x00,", "binary data"),
        ("Voltage / V,", "", "has 6 values, but line 1 names 5 columns"),
    ],
)
def test_an_error_names_line_column_and_text(old: str, new: str, word: str, tmp_path: Path) -> None:
    path = put(tmp_path, text_samples.bdf_text().replace(old, new))
    with pytest.raises(BadInput, match=word) as error:
        bdf.read(path)
    assert path.name in str(error.value)


def test_a_blank_line_does_not_shift_the_line_that_an_error_names(tmp_path: Path) -> None:
    path = put(tmp_path, text_samples.bdf_text().replace("\n10.0,", "\n\n10.0,").replace("\n20.0,", "\nx,"))
    with pytest.raises(BadInput, match="line 5, "):
        read(path)


@pytest.mark.parametrize("end", ["\n\n\n", "\n,,,,,\n", "\r\n  \r\n", ""])
def test_blank_last_lines_are_no_rows(end: str, tmp_path: Path) -> None:
    path = put(tmp_path, text_samples.bdf_text().rstrip("\n") + end)
    assert len(read(path)[0]) == text_samples.ROWS


@pytest.mark.parametrize(("head", "doubted"), [("t,E,I", True), ("I,E,t,n", False)])
def test_a_last_number_that_may_be_cut_is_doubted(head: str, doubted: bool, tmp_path: Path) -> None:
    more = ",1" if "n" in head else ""
    whole = f"{head}\n0,2.0,1{more}\n1,2.1,1.5e-3{more}"
    (record,) = columns.read(put(tmp_path, whole), PLAIN)
    assert any("cut short" in doubt for doubt in record.doubts) is doubted
    (record,) = columns.read(put(tmp_path, whole + "\n"), PLAIN)
    assert not any("cut short" in doubt for doubt in record.doubts)


@pytest.mark.parametrize("sample", ["bdf", "landt", "neware_csv", "biologic_mpt"])
def test_a_file_cut_in_a_line_says_so(sample: str, tmp_path: Path) -> None:
    path = text_samples.SAMPLES[sample](tmp_path)
    whole = path.read_bytes()
    last = whole.rstrip().rfind(b"\n")
    path.write_bytes(whole[: last + 6])
    with pytest.raises(BadInput, match="ends in the middle of a line"):
        read(path)


@pytest.mark.parametrize("name", sorted(READERS.names))
def test_a_file_that_is_not_there_or_empty_is_named(name: str, tmp_path: Path) -> None:
    empty = put(tmp_path, "", "empty")
    for path in (tmp_path / "absent", empty, tmp_path):
        with pytest.raises(BadInput) as error:
            READERS.find(name).read(path)
        assert name == "columns" or path.name in str(error.value)


@pytest.fixture(params=["long name", "no permission", "/proc/self/mem", "a folder", "a device", "a NUL"])
def unreadable(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A path at which no reader can read, for one of the reasons that systems give."""
    if request.param == "no permission":
        path = put(tmp_path, text_samples.bdf_text())

        def refused(*_: object, **__: object) -> None:  # whoever may read everything does not meet the true one
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

        monkeypatch.setattr(Path, "open", refused)
        return path
    if request.param == "/proc/self/mem" and not Path(request.param).exists():
        pytest.skip("this system has no /proc/self/mem")
    names = {"long name": "x" * 300, "a folder": ".", "a device": os.devnull, "a NUL": "a\0b"}
    return tmp_path / names.get(request.param, request.param)


@pytest.mark.parametrize("name", sorted(READERS.names))
def test_what_the_system_does_not_let_us_read_is_bad_input(name: str, unreadable: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot be read: [A-Z]|is not a file"):
        identify(unreadable)
    with pytest.raises(BadInput, match=r"cannot be read: [A-Z]|is not a file"):
        read(unreadable, *((None, PLAIN) if name == "columns" else (name,)))


def test_a_program_that_the_system_does_not_run_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = put(tmp_path, "no program", "mdb-export")
    monkeypatch.setattr("shutil.which", lambda _: str(program))
    (tmp_path / "a.res").write_bytes(b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(100))
    with pytest.raises(BadInput, match=r"mdb-export cannot be run: .*; install mdbtools"):
        arbin_res.read(tmp_path / "a.res")


# the raw files of a study


def test_the_check_of_a_study_names_raw_files_of_no_known_format(tmp_path: Path) -> None:
    put(tmp_path, text_samples.bdf_text(), "good.csv")
    put(tmp_path, TABLE, "strange.csv")
    put(tmp_path, "", "empty.csv")
    declared = "".join(
        f'columns.{word} = {{ column = "{e["column"]}", unit = "{e["unit"]}" }}\n' for word, e in PLAIN.items()
    )
    study = put(
        tmp_path,
        '[record.a]\nfile = "good.csv"\n'
        '[record.b]\nfile = "strange.csv"\n'
        f'[record.c]\nfile = "strange.csv"\n{declared}'
        '[record.d]\nfile = "strange.csv"\nreader = "landt"\n'
        '[record.e]\nfile = "empty.csv"\nreader = "landt"\n'
        f'[record.f]\nfile = "{"x" * 300}"\nreader = "landt"\n'
        '[record.g]\nfile = "absent.csv"\n',
        "study.toml",
    )
    faults = faults_of(study)
    for fault, (step, word) in zip(
        faults,
        [("b", "no format known here"), ("e", "is empty"), ("f", "cannot be read: File name"), ("g", "is not a file")],
        strict=True,
    ):
        assert f"[record.{step}] file: {tmp_path}" in fault
        assert word in fault


def test_the_check_names_a_raw_file_that_two_readers_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, text_samples.bdf_text(), "good.csv")
    study = put(tmp_path, '[record.a]\nfile = "good.csv"\n', "study.toml")
    assert faults_of(study) == []
    monkeypatch.setattr("thiocell.readers.landt.sniff", lambda _: 1.0)
    (fault,) = faults_of(study)
    assert "could be bdf or landt; name the reader" in fault


def test_every_file_of_a_family_is_checked(tmp_path: Path) -> None:
    put(tmp_path, text_samples.bdf_text(), "good.csv")
    study = put(
        tmp_path,
        '[sample.s]\nrecipe = { x = [0.1, 0.2] }\n[record.a]\nsample = "s"\nfile = ["absent.csv", "good.csv"]\n',
        "study.toml",
    )
    (fault,) = faults_of(study)
    assert "absent.csv is not a file" in fault


@pytest.mark.parametrize("name", ["x" * 300, "study.toml"])
def test_a_study_file_that_cannot_be_read_is_a_fault(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    path = put(tmp_path, "", "study.toml").with_name(name)

    def refused(*_: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refused)
    (fault,) = faults_of(path)
    assert fault.startswith(f"{path} cannot be read: ")


# Neware, Landt, BioLogic


def test_neware_falls_back_on_dates_where_no_total_time_is(tmp_path: Path) -> None:
    path = put(tmp_path, text_samples.neware_text().replace("Cumulative Time", "Else"))
    np.testing.assert_allclose(read(path)[0].columns["time"].values, [row[0] for row in text_samples.rows()])


@pytest.mark.parametrize("wrong", ["00:61:00", "1:2", "00:00:99", "24-00", "abc"])
def test_a_clock_that_shows_no_time_is_named(wrong: str, tmp_path: Path) -> None:
    path = put(tmp_path, text_samples.neware_text().replace("24:00:10", wrong))
    with pytest.raises(BadInput, match=f"line 3, column 'Cumulative Time' holds '{wrong}'"):
        read(path)


def test_each_spectrum_is_a_record_with_negative_imaginary_part(tmp_path: Path) -> None:
    records = read(text_samples.SAMPLES["biologic_mpt.spectra"](tmp_path))
    assert [(r.name, r.kind, len(r)) for r in records] == [("peis", "impedance", 12), ("peis#2", "impedance", 12)]
    for record in records:
        frequency = record.columns["frequency"].values
        z = 10 + 100 / (1 + 2j * math.pi * frequency * 100 * 1e-6)
        # eight digits are written
        np.testing.assert_allclose(record.columns["z_real"].values, z.real, rtol=1e-6)
        np.testing.assert_allclose(record.columns["z_imag"].values, z.imag, rtol=1e-6)
        assert (record.columns["z_imag"].values < 0).all()


@pytest.mark.parametrize("sample", ["gamry_dta", "gamry_dta.comma", "zview", "novocontrol", "spectrum_csv"])
def test_spectra_of_every_format_have_the_same_numbers(sample: str, tmp_path: Path) -> None:
    path = text_samples.SAMPLES[sample](tmp_path)
    (record,) = read(path)
    assert (record.kind, record.source.kind, record.doubts) == ("impedance", "measured", ())
    f, z = (np.array(column) for column in zip(*text_samples.points(), strict=True))
    np.testing.assert_allclose(record["frequency"], f, rtol=1e-5)  # six digits are written at least
    np.testing.assert_allclose(record["z_real"], z.real, rtol=1e-5)
    np.testing.assert_allclose(record["z_imag"], z.imag, rtol=1e-4)


@pytest.mark.parametrize(
    ("word", "unit", "says"),
    [
        ("z_real", "ohm*cm**2", "z_real cannot be in 'ohm.cm..2'; write 'ohm'"),
        ("z_imag", "V", "write 'ohm'"),
        ("frequency", "s", "write 'Hz'"),
        ("frequency", "rad/s", "divide it by 2 pi"),
    ],
)
def test_the_units_of_a_spectrum_are_checked(word: str, unit: str, says: str) -> None:
    units = {"frequency": "Hz", "z_real": "ohm", "z_imag": "ohm", word: unit}
    with pytest.raises(BadInput, match=says):
        ColumnMap.from_table({w: {"column": w, "unit": u} for w, u in units.items()}, "here", {"kind": "impedance"})


@pytest.mark.parametrize("kind", ["measured", "predicted", "paper"])
def test_a_spectrum_is_written_and_read_again_for_what_it_is(kind: str, tmp_path: Path) -> None:
    (record,) = read(text_samples.SAMPLES["zview"](tmp_path))
    told = dataclasses.replace(record, source=Source(kind, "a book"))
    spectrum_csv.write(told, tmp_path / "out.csv")
    (back,) = read(tmp_path / "out.csv")
    assert back.source.kind == kind
    for word in ("frequency", "z_real", "z_imag"):
        np.testing.assert_array_equal(back[word], record[word])
    with pytest.raises(BadInput, match="knows no spectra"):
        spectrum_csv.write(record, tmp_path / "out.bdf.csv")
    (course,) = read(text_samples.SAMPLES["landt"](tmp_path))
    with pytest.raises(BadInput, match="has no frequency"):
        spectrum_csv.write(course, tmp_path / "other.csv")


def test_a_gamry_test_without_a_spectrum_is_voltage_and_current_against_time(tmp_path: Path) -> None:
    (record,) = read(text_samples.SAMPLES["gamry_dta.course"](tmp_path))
    time, voltage, current, *_ = (np.array(column) for column in zip(*text_samples.rows(), strict=True))
    assert record.kind == "cycling"
    np.testing.assert_allclose(record["time"], time)
    np.testing.assert_allclose(record["voltage"], voltage)
    np.testing.assert_allclose(record["current"], current)


@pytest.mark.parametrize(
    ("sample", "old", "new", "says"),
    [
        ("gamry_dta", "ZCURVE", "ZCURV", "holds no table ZCURVE or CURVE"),
        ("gamry_dta", "Zreal", "Zr", "has no column for z_real, 'zreal'"),
        ("gamry_dta", "4.641589E+04", "fast", "line 15, column 'Freq' holds 'fast'"),
        ("zview", "End Comments", "End", "has no line 'End Comments'"),
        ("zview", "Freq(Hz)", "f", "from 'Freq\\(Hz\\)' on"),
        ("zview", "4.641589E+04", "fast", "line 7, column 'Freq\\(Hz\\)' holds 'fast'"),
        ("novocontrol", "Zs' [Ohms]", "Eps'", "has no column for z_real"),
        ("novocontrol", "4.64159e+04", "fast", "line 5, column 'Freq. \\[Hz\\]' holds 'fast'"),
    ],
)
def test_what_lacks_or_is_wrong_in_a_spectrum_s_file_is_named(
    sample: str, old: str, new: str, says: str, tmp_path: Path
) -> None:
    path = text_samples.SAMPLES[sample](tmp_path)
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())
    with pytest.raises(BadInput, match=says):
        READERS.find(sample).read(path)


def test_a_sweep_back_up_is_a_spectrum_of_its_own(tmp_path: Path) -> None:
    lines = text_samples.spectra_text(1).splitlines()
    path = put(tmp_path, "\n".join([*lines, *reversed(lines[6:])]) + "\n", "both.mpt")
    assert [len(record) for record in read(path)] == [12, 12]


def test_an_ec_lab_head_is_kept_as_notes(tmp_path: Path) -> None:
    notes = read(text_samples.SAMPLES["biologic_mpt"](tmp_path))[0].notes
    assert notes["technique"] == "Galvanostatic Cycling with Potential Limitation"
    assert notes["Electrode surface area"] == "0.785 cm²"


@pytest.mark.parametrize("count", ["0", "2", "8", "9999", "x"])
def test_a_wrong_count_of_header_lines_is_bad_input(count: str, tmp_path: Path) -> None:
    path = put(tmp_path, text_samples.mpt_text().replace("lines : 9", f"lines : {count}"), "a.mpt", "latin-1")
    with pytest.raises(BadInput):
        read(path)


def test_absolute_times_follow_the_order_that_the_head_says(tmp_path: Path) -> None:
    text = text_samples.mpt_text().replace("Cycle Definition", "Time format : Absolute DD/MM/YYYY\r\nCycle Definition")
    text = text.replace("lines : 9", "lines : 10")
    for t, *_ in text_samples.rows():
        text = text.replace(
            f"\t{t:.6E}\t",
            f"\t03/02/2024 23:{55 + int(t) // 60}:{int(t) % 60:02d}.5000\t"
            if t < 300
            else f"\t04/02/2024 00:{int(t) // 60 - 5:02d}:{int(t) % 60:02d}.5000\t",
            1,
        )
    path = put(tmp_path, text, "a.mpt", "latin-1")
    np.testing.assert_allclose(read(path)[0].columns["time"].values, [row[0] for row in text_samples.rows()])


# declared columns


TIME = {"column": "t", "unit": "s"}
PLAIN = {"time": TIME, "voltage": {"column": "E", "unit": "V"}, "current": {"column": "I", "unit": "mA"}}
TABLE = "t,E,I,n\n0,2.0,1,1\n10,2.1,1,1\n20,2.0,-1,2\n"


def test_without_a_declaration_the_error_says_to_declare_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="declared"):
        columns.read(put(tmp_path, TABLE))


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (TABLE, {}),
        (TABLE.replace(",", "\t"), {}),
        (TABLE.replace(",", ";"), {}),
        (TABLE.replace(",", "   "), {"delimiter": "space"}),
        (TABLE.replace(",", "   "), {}),
        (TABLE.replace(",", ";").replace(".", ","), {"decimal": ","}),
        ("a head\n\nof three lines\n" + TABLE, {}),
        ("a,head\n" + TABLE, {"skip": 1, "delimiter": "comma"}),
        (TABLE.replace("n\n", "n\ns,V,mA,\n", 1), {"header": 2}),
    ],
)
def test_layouts_are_declared_or_found(text: str, layout: dict[str, Any], tmp_path: Path) -> None:
    (record,) = columns.read(put(tmp_path, text), PLAIN, layout)
    np.testing.assert_array_equal(record.columns["time"].values, [0, 10, 20])
    np.testing.assert_array_equal(record.columns["voltage"].values, [2.0, 2.1, 2.0])
    np.testing.assert_array_equal(record.columns["current"].values, [1, 1, -1])
    assert record.columns["current"].unit == "mA"


def test_a_table_without_names_is_read_by_numbers(tmp_path: Path) -> None:
    numbers = {word: {**entry, "column": n} for n, (word, entry) in enumerate(PLAIN.items(), 1)}
    path = put(tmp_path, TABLE.partition("\n")[2])
    (record,) = columns.read(path, numbers, {"header": 0})
    np.testing.assert_array_equal(record.columns["voltage"].values, [2.0, 2.1, 2.0])


def test_discharge_positive_is_turned_and_split_by_makes_records(tmp_path: Path) -> None:
    turned = {**PLAIN, "current": {"column": "I", "unit": "mA", "sign": "discharge positive"}}
    records = columns.read(put(tmp_path, TABLE), turned, {"split_by": "n"})
    assert [(record.name, len(record)) for record in records] == [("file", 2), ("file#2", 1)]
    np.testing.assert_array_equal(records[0].columns["current"].values, [-1, -1])


def test_other_kinds_have_columns_of_any_name(tmp_path: Path) -> None:
    path = put(tmp_path, "f,Re,-Im\n1000,5,1\n10,9,3\n")
    there = {
        "frequency": {"column": "f", "unit": "Hz"},
        "z_real": {"column": "Re", "unit": "ohm"},
        "z_imag": {"column": "-Im", "unit": "ohm", "sign": "negated"},
    }
    (record,) = columns.read(path, there, {"kind": "impedance"})
    np.testing.assert_array_equal(record.columns["z_imag"].values, [-1, -3])
    assert record.kind == "impedance"


@pytest.mark.parametrize(
    ("form", "texts", "seconds"),
    [
        ("h:m:s", ["0:00:00", "30:01:02.5", "1-02:03:04"], [0, 108062.5, 93784]),
        ("h:m:s", ["0d 00:00:01", "1 00:00:00", "2:00:00:00"], [1, 86400, 172800]),
        ("y-m-d h:m:s", ["2024-02-28 23:59:59", "2024/03/01 00:00:00.25", "2024-03-01T00:01"], [0, 86401.25, 86461]),
        ("d/m/y h:m:s", ["01/02/2024 10:00:00", "2.2.2024 10:00:00", "01/02/2024 1:00:00 PM"], [0, 86400, 10800]),
        ("m/d/y h:m:s", ["01/02/2024 12:00:00 AM", "02/02/2024 0:00:00", "1/2/2024 12:00:00 PM"], [0, 2678400, 43200]),
    ],
)
def test_clocks_and_dates_become_seconds(form: str, texts: list[str], seconds: list[float], tmp_path: Path) -> None:
    rows = "".join(f"{text},2.0,1,1\n" for text in texts)
    there = {**PLAIN, "time": {"column": "t", "unit": form}}
    (record,) = columns.read(put(tmp_path, "t,E,I,n\n" + rows), there)
    np.testing.assert_allclose(record.columns["time"].values, seconds)
    assert record.columns["time"].unit == "s"


@pytest.mark.parametrize(
    "wrong", ["2024-02-30 00:00:00", "2024-13-01 00:00:00", "2024-01-01 24:00:00", "01/02/2024 00:00:00"]
)
def test_a_date_that_does_not_exist_is_named(wrong: str, tmp_path: Path) -> None:
    there = {**PLAIN, "time": {"column": "t", "unit": "y-m-d h:m:s"}}
    path = put(tmp_path, f"t,E,I,n\n2024-01-01 00:00:00,2.0,1,1\n{wrong},2.0,1,1\n")
    with pytest.raises(BadInput, match=f"line 3, column 't' holds '{wrong}'"):
        columns.read(path, there)


@pytest.mark.parametrize(
    ("text", "layout", "word"),
    [
        (TABLE.replace("E", "U"), {}, "'E', 'I', 't'; its widest line is 't,U,I,n'"),
        (TABLE.replace("2.1", "2,1").replace(",", ";").replace("2;1", "2,1"), {}, "line 3, column 'E' holds '2,1'"),
        (TABLE.replace(",", ";"), {"decimal": ","}, "line 2, column 'E' holds '2.0'"),
        (TABLE.replace("2.1", "ü"), {"encoding": "utf-8"}, "not in the encoding 'utf-8'"),
        (TABLE, {"split_by": "m"}, "'m'"),
        (TABLE, {"skip": 1}, "no column 't'"),
        (TABLE, {"skip": 50}, "no rows of data"),
        (TABLE.replace("E,I", "E,E"), {}, "'I'"),
        (TABLE.replace("t,E,I,n", "t,E,I,E"), {}, "2 columns 'E'; name one by its number"),
        (TABLE.replace("10,", "9e9999,"), {}, "line 3"),
        (TABLE.replace("2.1", "1e300"), {}, "lies between"),
        ("t,E,I,n\n", {}, "no rows"),
    ],
)
def test_what_does_not_fit_the_declaration_is_named(
    text: str, layout: dict[str, Any], word: str, tmp_path: Path
) -> None:
    path = put(tmp_path, text, encoding="latin-1")
    with pytest.raises(BadInput, match=word.replace("(", r"\(")):
        columns.read(path, PLAIN, layout)


@pytest.mark.parametrize(
    ("change", "layout", "word"),
    [
        ({"time": {"column": "t"}}, {}, "'columns.time' of here lacks 'unit', a text such as 's'"),
        ({"time": {"column": "t", "unit": "V"}}, {}, "time cannot be in 'V'; write 's'"),
        ({"time": {"column": "t", "unit": "sek"}}, {}, "h:m:s"),
        ({"voltage": {"column": "E", "unit": "mA"}}, {}, "voltage cannot be in 'mA'"),
        ({"voltage": {"column": "E", "unit": "h:m:s"}}, {}, "how a time is written"),
        ({"time": {"column": 0, "unit": "s"}}, {}, "its number from 1, not 0"),
        ({"time": {"column": True, "unit": "s"}}, {}, "not True"),
        ({"time": {"unit": "s"}}, {}, "lacks 'column'"),
        ({"time": {**TIME, "factor": 2}}, {}, "no key 'factor'; choose from charge, column"),
        ({"time": "t"}, {}, "has to be a table"),
        ({"Time 1": TIME}, {}, "small letters"),
        ({"current": {"column": "I", "unit": "A", "sign": "minus"}}, {}, "charge positive, discharge positive"),
        ({"current": {"column": "I", "unit": "A", "direction": "Mode"}}, {}, "list under 'charge'"),
        ({"current": {"column": "I", "unit": "A", "charge": ["C"]}}, {}, "list under 'charge'"),
        ({"current": {"column": "I", "unit": "A", "direction": "M", "charge": "C"}}, {}, "list of words"),
        ({"voltage": {"column": "E", "unit": "V", "direction": "M", "charge": ["C"]}}, {}, "to a current"),
        ({}, {"encoding": "klingon"}, "'encoding' in 'layout' of here is 'klingon'; choose from big5"),
        ({}, {"delimiter": "x"}, "bar, comma, semicolon, space, tab"),
        ({}, {"decimal": ";"}, "choose from"),
        ({}, {"skip": -1}, "from 0 to"),
        ({}, {"skip": 1.5}, "not 1.5"),
        ({}, {"header": "yes"}, "not 'yes'"),
        ({}, {"sheet": 2}, "name of a sheet"),
        ({}, {"kind": "Cycling!"}, "'cycling', 'impedance'"),
        ({}, {"kind": "impedance"}, "lacks frequency, z_imag, z_real"),
        ({}, {"colour": "red"}, "no key 'colour'"),
    ],
)
def test_a_wrong_declaration_names_its_key_and_the_choices(
    change: dict[str, Any], layout: dict[str, Any], word: str
) -> None:
    with pytest.raises(BadInput) as error:
        ColumnMap.from_table({**PLAIN, **change}, "here", layout)
    assert word in str(error.value)


@pytest.mark.parametrize("word", sorted(COLUMNS))
def test_the_unit_of_a_known_word_has_its_dimension(word: str) -> None:
    right = COLUMNS[word].unit
    check_column(word, right)
    with pytest.raises(BadInput, match=f"{word} cannot be in 'm'; write '{right or 1}' or the like"):
        check_column(word, "m")
    with pytest.raises(BadInput, match="'sek' is not a unit"):
        check_column(word, "sek")


def test_a_word_that_the_vocabulary_lacks_may_be_in_any_unit() -> None:
    check_column("pressure", "MPa")
    check_column("time", "h")
    check_column("temperature", "K")
    with pytest.raises(BadInput, match="is not a unit"):
        check_column("pressure", "bars!")


def test_a_missing_column_of_cycling_is_named() -> None:
    with pytest.raises(BadInput, match="lacks time"):
        ColumnMap.from_table({key: PLAIN[key] for key in ("voltage", "current")}, "here")
    with pytest.raises(BadInput, match="one entry a column"):
        ColumnMap.from_table({}, "here")


def test_a_word_of_direction_that_is_not_declared_is_named(tmp_path: Path) -> None:
    path = tmp_path / "hz.csv"
    path.write_bytes(text_samples.japanese_text().replace("充電", "充充").encode("cp932"))
    with pytest.raises(BadInput, match="line 5, column 'モード' holds '充充'"):
        columns.read(path, text_samples.MAP, text_samples.LAYOUT)


def test_the_declaration_in_the_guide_reads_such_a_file(tmp_path: Path) -> None:
    guide = (REPOSITORY / "docs" / "readers.md").read_text(encoding="utf-8")
    study = tomllib.loads(guide.partition("```toml\n")[2].partition("```")[0])["record"]["cell_a"]
    path = text_samples.SAMPLES["columns"](tmp_path)
    own = columns.read(path, text_samples.MAP, text_samples.LAYOUT)[0]
    assert columns.read(path, study["columns"], study["layout"])[0].columns == own.columns
    assert ", ".join(sorted(ENCODINGS)) in guide
    for word in (*READERS.names, *DELIMITERS, *FORMS, *Layout.__dataclass_fields__):
        assert f"`{word}`" in guide


def test_japanese_exports_need_no_declared_encoding(tmp_path: Path) -> None:
    layout = {key: value for key, value in text_samples.LAYOUT.items() if key != "encoding"}
    path = text_samples.SAMPLES["columns"](tmp_path)
    assert (
        columns.read(path, text_samples.MAP, layout)[0].columns
        == columns.read(path, text_samples.MAP, text_samples.LAYOUT)[0].columns
    )


def test_sheets_rows_and_lengths_of_time_of_a_workbook(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (("t", "E", "I"), (timedelta(0), 2.0, 1.0), (timedelta(days=1, seconds=90.5), 2.1, 1.0)):
        sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    clock = {**PLAIN, "time": {"column": "t", "unit": "h:m:s"}}
    np.testing.assert_allclose(columns.read(path, clock)[0].columns["time"].values, [0, 86490.5])
    for there, layout, word in (
        (PLAIN, {}, "row 2, column 't' holds '0:00:00"),
        (clock, {"sheet": "Other"}, "no sheet 'Other'; it has Sheet"),
        ({**clock, "voltage": {"column": "U", "unit": "V"}}, {}, "names the declared columns 'I', 'U', 't'"),
    ):
        with pytest.raises(BadInput, match=word):
            columns.read(path, there, layout)


# real files


def real(data_dir: Path, name: str) -> Path:
    path = data_dir / "echem" / name
    if not path.is_file():
        pytest.skip(f"no real file {name}")
    return path


def raw(path: Path, *names: str, skip: int = 0) -> list[np.ndarray]:
    import csv

    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[skip:]
    return [np.array([float(row[rows[0].index(name)]) for row in rows[1:]]) for name in names]


def test_the_real_landt_file_and_its_bdf_twin_are_equal(data_dir: Path) -> None:
    own, twin = (read(real(data_dir, f"cyc_landt_LiGr{end}"))[0] for end in ("_raw.csv", ".bdf.csv"))
    assert len(own) == len(twin) == 25162
    for word in twin.columns:
        assert own.columns[word] == twin.columns[word], word
    time, current = raw(real(data_dir, "cyc_landt_LiGr_raw.csv"), "test_time_s", "current_A", skip=6)
    np.testing.assert_array_equal(own.columns["time"].values, time)
    np.testing.assert_array_equal(own.columns["current"].values, current)


def test_the_real_bdf_in_hours_with_discharge_positive_is_mended_aloud(data_dir: Path) -> None:
    path = real(data_dir, "cyc_batmo_109cycles.csv")
    (record,) = read(path)
    time, current, voltage = raw(path, "Test Time / h", "Current / A", "Voltage / V")
    np.testing.assert_array_equal(record.columns["time"].values, time)
    np.testing.assert_array_equal(record.columns["voltage"].values, voltage)
    np.testing.assert_array_equal(record.columns["current"].values, -current)
    assert record.columns["time"].unit == "h"
    assert len(record.doubts) == 2
    assert any("'Test Time / h' has the wrong unit" in finding for finding in bdf.check(path))


def test_the_real_neware_files_keep_their_times(data_dir: Path) -> None:
    (record,) = read(real(data_dir, "cyc_neware_uio.csv"))
    current, voltage = raw(real(data_dir, "cyc_neware_uio.csv"), "Current(A)", "Voltage(V)")
    np.testing.assert_array_equal(record.columns["current"].values, current)
    np.testing.assert_array_equal(record.columns["voltage"].values, voltage)
    assert record.columns["time"].values[-1] == 144 * 3600 + 2 * 60 + 18
    (jumping,) = read(real(data_dir, "cyc_rate_neware_timebug.bdf.csv"))
    assert len(jumping) == 13086
    assert int((np.diff(jumping.columns["time"].values) < 0).sum()) == 19
    assert bdf.check(real(data_dir, "cyc_rate_neware_timebug.bdf.csv"))[0].startswith("'test_time_second' goes back 19")


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        ("eis_biologic.mpt", [43]),
        ("eis_biologic_multiple_spectra.mpt", [29] * 3),
        ("eis_gamry.DTA", [72]),
        ("eis_zplot.z", [21]),
        ("eis_lagp_Example2b.txt", [50]),
        ("eis_solid_electrolyte_s04147-140deg.txt", [42]),
    ],
)
def test_the_real_spectra_come_apart(name: str, lengths: list[int], data_dir: Path) -> None:
    records = read(real(data_dir, name))
    assert [len(record) for record in records] == lengths
    for record in records:
        assert (np.diff(record.columns["frequency"].values) < 0).all()
    first = {word: column.values[0] for word, column in records[0].columns.items()}
    expected = {
        29: (1e4, 109.00918, -26.55568),
        43: (1000.3201, 65.470886, -0.38998979),
        72: (200015.6, 825.8584, -1367.239),
        21: (3e5, 147.77, -11.335),
        50: (1e6, 3603.82, -8578.35),
        42: (1e6, 22142.3, -54311.5),
    }[lengths[0]]
    assert (first["frequency"], first["z_real"], first["z_imag"]) == pytest.approx(expected, rel=1e-12)


def test_the_real_workbook_is_read_to_its_last_row(data_dir: Path) -> None:
    there = {
        "time": {"column": "Corrected time (s)", "unit": "s"},
        "voltage": {"column": "WE(1).Potential (V)", "unit": "V"},
        "current": {"column": 3, "unit": "A"},
    }
    path = real(data_dir, "step_DMAB_120s_CA.xlsx")
    (record,) = columns.read(path, there, {"kind": "potential_step"})
    assert len(record) == 12000
    assert record.columns["current"].values[[0, -1]] == pytest.approx([-0.00014398193359375, -2.6556396484375003e-05])
    ranges = columns.read(path, there, {"kind": "potential_step", "split_by": "Current range"})
    assert sum(len(part) for part in ranges) == 12000
    assert len(ranges) == 2


@pytest.mark.parametrize(
    ("name", "numbers", "layout", "points"),
    [
        ("eis_battery_exampleData.csv", (1, 2, 3), {"header": 0}, 66),
        ("eis_lagp_Example2b.txt", (1, 2, 3), {"skip": 2}, 50),
        ("eis_solid_electrolyte_s04147-200deg.txt", (1, 2, 3), {"skip": 2}, 40),
        ("eis_zplot.z", (1, 5, 6), {"skip": 123, "header": 0}, 21),
        ("eis_gamry.DTA", ("Freq", "Zreal", "Zimag"), {"header": 2}, 72),
    ],
)
def test_real_spectra_of_other_makers_come_in_by_declaration(
    name: str, numbers: tuple[Any, ...], layout: dict[str, Any], points: int, data_dir: Path
) -> None:
    words = (("frequency", "Hz"), ("z_real", "ohm"), ("z_imag", "ohm"))
    there = {word: {"column": number, "unit": unit} for (word, unit), number in zip(words, numbers, strict=True)}
    (record,) = columns.read(real(data_dir, name), there, {"kind": "impedance", **layout})
    assert len(record) == points
    assert (record.columns["frequency"].values > 0).all()


@pytest.mark.parametrize("style", ["preferred", "machine"])
def test_a_column_of_ours_that_has_bdf_s_name_gets_bdf_s_label(tmp_path: Path, style: Any) -> None:
    columns = {
        "time": Column([0, 1], "s"),
        "voltage": Column([2.0, 2.1], "V"),
        "current": Column([1e-3, 1e-3], "A"),
        "power": Column([2.0, 2.1], "mW"),
    }
    bdf.write(Record("cell", "cycling", columns, Source("measured")), tmp_path / "cell.bdf.csv", style)
    assert bdf.check(tmp_path / "cell.bdf.csv") == []
    assert (tmp_path / "cell.bdf.csv").read_text().splitlines()[1].endswith("0.002")


def test_a_first_row_of_numbers_is_not_taken_for_the_names_of_columns(tmp_path: Path) -> None:
    path = put(tmp_path, "0,2.0,0.001\n10,2.1,0.001\n20,2.2,-0.001\n")
    there = {"time": {"column": 1, "unit": "s"}, "voltage": {"column": 2, "unit": "V"}}
    there |= {"current": {"column": 3, "unit": "A"}}
    with pytest.raises(BadInput, match="header = 0"):
        columns.read(path, there)
    assert len(columns.read(path, there, {"header": 0})[0]) == 3
