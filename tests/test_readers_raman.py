"""Raman spectra: what a file says of its axis and its laser is heard or refused, and bare columns are told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests import text_samples

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers import identify, read

COUNTS = np.array([float(line.split()[1]) for line in text_samples.pattern_text().splitlines()])
SHIFTS = 450.0 + 0.6 * np.arange(200)


def put(folder: Path, text: str, name: str = "file.txt", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def one(folder: Path, text: str, reader: str | None = None, name: str = "file.txt", encoding: str = "utf-8") -> Record:
    (record,) = read(put(folder, text, name, encoding), reader)
    return record


def table(x: np.ndarray) -> str:
    """Two columns of text."""
    return "".join(f"{a:.6f} {b:.1f}\n" for a, b in zip(x, COUNTS, strict=True))


@pytest.mark.parametrize(
    ("x", "reader"),
    [
        (np.linspace(100.0, 600.0, 200), "raman"),
        (np.linspace(600.0, 100.0, 200), "raman"),
        (np.linspace(-20.0, 150.0, 200), "raman"),
        (np.linspace(10.0, 90.0, 200), "diffraction"),
        (np.linspace(3.0, 13.0, 200), "diffraction"),
        (np.linspace(12.0, 13.0, 200) ** 2 / 15, "diffraction"),
    ],
)
def test_bare_columns_are_told_apart_by_all_their_rows(x: np.ndarray, reader: str, tmp_path: Path) -> None:
    assert identify(put(tmp_path, table(x))) == reader


@pytest.mark.parametrize("x", [np.linspace(70.0, 170.0, 200), np.linspace(40.0, 110.0, 200) ** 1.05])
def test_bare_columns_that_may_be_either_are_a_tie_that_names_both_options(x: np.ndarray, tmp_path: Path) -> None:
    path = put(tmp_path, table(x))
    with pytest.raises(BadInput, match="--reader diffraction or --reader raman"):
        identify(path)
    assert read(path, "raman")[0].kind == "raman"
    assert read(path, "diffraction")[0].kind == "diffraction"


# Raman


def is_the_spectrum(record: Record, atol: float = 1e-3) -> bool:
    shift, counts = record.columns["raman_shift"].values, record.columns["intensity"].values
    np.testing.assert_allclose(shift, SHIFTS, atol=atol)
    assert shift[np.argmax(counts)] == pytest.approx(520.5, abs=0.5)
    return record.kind == "raman"


@pytest.mark.parametrize("head", ["", "Raman Shift,Intensity\n", "cm-1,a.u.\n", '"Raman shift (cm-1)","Intensity"\n'])
def test_thermo_s_two_columns_are_a_spectrum(head: str, tmp_path: Path) -> None:
    assert is_the_spectrum(one(tmp_path, head + text_samples.raman_text("").replace("\t", ",")))


def test_an_infrared_spectrum_is_not_taken_for_raman(tmp_path: Path) -> None:
    text = "Wavenumber (cm-1),Absorbance\n" + text_samples.raman_text("").replace("\t", ",")
    with pytest.raises(BadInput, match="in no format known here"):
        identify(put(tmp_path, text))
    with pytest.raises(BadInput, match="no Raman spectrum"):
        one(tmp_path, text, "raman")


def labspec(x: np.ndarray, unit: str, laser: str = "#Laser=532nm_Edge\n") -> str:
    rows = [line.split()[1] for line in text_samples.raman_text("").splitlines()]
    head = f"#Acq. time (s)=10\n{laser}#AxisType[1]=Spectr\n#AxisUnit[1]={unit}\n"
    return head + "\n".join(f"{a:.6f}\t{b}" for a, b in zip(x, rows, strict=True)) + "\n"


@pytest.mark.parametrize(
    ("unit", "x"),
    [("nm", 1e7 / (1e7 / 532 - SHIFTS)), ("1/cm", 1e7 / 532 - SHIFTS)],
    ids=["wavelengths", "wavenumbers of the light"],
)
def test_labspec_s_other_axes_are_turned_by_the_laser_and_refused_without(
    unit: str, x: np.ndarray, tmp_path: Path
) -> None:
    record = one(tmp_path, labspec(x, unit))
    assert is_the_spectrum(record)
    assert any("laser line of 532 nm" in doubt for doubt in record.doubts)
    with pytest.raises(BadInput, match=r"tells no laser line; Raman shifts in 1/cm were expected"):
        one(tmp_path, labspec(x, unit, ""))


def test_labspec_s_shifts_are_left_and_units_that_are_none_are_refused(tmp_path: Path) -> None:
    record = one(tmp_path, labspec(SHIFTS, "1/cm"))
    assert is_the_spectrum(record)
    assert record.doubts == ()
    assert record.notes["Laser"] == "532nm_Edge"
    with pytest.raises(BadInput, match="an axis in 'eV'"):
        one(tmp_path, labspec(SHIFTS, "eV"))


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_jasco_s_text_is_read_to_the_end_of_its_rows(decimal: str, encoding: str, tmp_path: Path) -> None:
    record = one(tmp_path, text_samples.jasco_text(decimal=decimal), encoding=encoding)
    assert is_the_spectrum(record)
    assert record.notes["TITLE"] == "硫化リチウム"
    assert record.notes["Excitation wavelength"] == "532.08 nm"


def test_jasco_s_wavelengths_are_turned_and_other_spectra_refused(tmp_path: Path) -> None:
    x = 1e7 / (1e7 / 532.08 - SHIFTS)
    rows = dict(zip([f"{s:.3f}\t" for s in SHIFTS], [f"{value:.6f}\t" for value in x], strict=True))
    text = text_samples.jasco_text("NANOMETERS")
    for old, new in rows.items():
        text = text.replace(f"\n{old}", f"\n{new}")
    assert is_the_spectrum(one(tmp_path, text))
    with pytest.raises(BadInput, match="INFRARED"):
        one(tmp_path, text_samples.jasco_text().replace("RAMAN SPECTRUM", "INFRARED SPECTRUM"), "raman")


def test_wire_s_names_of_columns_are_no_note(tmp_path: Path) -> None:
    assert one(tmp_path, text_samples.raman_text("#Wave\t\t#Intensity\n")).notes == {}


def test_packed_jcamp_is_refused(tmp_path: Path) -> None:
    text = "##TITLE=raman\n##XYDATA=(X++(Y..Y))\n450.0 1 2 3\n453.0 4 5 6\n##END=\n"
    with pytest.raises(BadInput, match="packed JCAMP-DX"):
        one(tmp_path, text)


def test_shifts_that_turn_back_are_sorted_aloud_and_empty_rows_refused(tmp_path: Path) -> None:
    lines = text_samples.raman_text("").splitlines()
    record = one(tmp_path, "\n".join([*lines[100:], *lines[:100]]) + "\n", "raman")
    assert is_the_spectrum(record)
    assert any("turn back in line 101" in doubt for doubt in record.doubts)
    with pytest.raises(BadInput, match="line 3 holds a number that is not finite"):
        one(tmp_path, "\n".join([*lines[:2], "451.2\tnan", *lines[3:]]), "raman")
