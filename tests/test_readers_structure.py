"""Patterns, pairs and structures: what a file says of its axis and its wavelength is heard, or refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from tests import text_samples

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers import identify, read
from thiocell.readers._radiation import in_head, radiation
from thiocell.studies.bench import Bench, analysed
from thiocell.techniques._diffraction.beam import beam_of

ANGLES = 10.0 + 0.05 * np.arange(200)
COUNTS = np.array([float(line.split()[1]) for line in text_samples.pattern_text().splitlines()])
WAVELENGTH = 0.41  # angstrom, that of pyfai_text


def put(folder: Path, text: str, name: str = "file.txt", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def one(folder: Path, text: str, reader: str | None = None, name: str = "file.txt", encoding: str = "utf-8") -> Record:
    (record,) = read(put(folder, text, name, encoding), reader)
    return record


def table(x: np.ndarray, y: np.ndarray | None = None, sign: str = " ", decimal: str = ".") -> str:
    """Two columns of text."""
    counts = COUNTS if y is None else y
    rows = (f"{a:.6f}{sign}{b:.1f}".replace(".", decimal) for a, b in zip(x, counts, strict=True))
    return "\n".join(rows) + "\n"


def is_the_pattern(record: Record) -> bool:
    np.testing.assert_allclose(record.columns["two_theta"].values, ANGLES, atol=1e-4)
    np.testing.assert_array_equal(record.columns["intensity"].values, COUNTS)
    return record.kind == "diffraction"


# the axis of a pattern


@pytest.mark.parametrize(
    ("unit", "scale"), [("q_A^-1", 1.0), ("q_nm^-1", 10.0), ("Q(1/A)", 1.0), ("q[nm-1]", 10.0), ("q (Å⁻¹)", 1.0)]
)
def test_a_named_q_is_turned_by_the_told_wavelength_and_refused_without(
    unit: str, scale: float, tmp_path: Path
) -> None:
    q = scale * 4 * math.pi * np.sin(np.radians(ANGLES / 2)) / WAVELENGTH
    head, tell = f"#   {unit}    I\n", "# Wavelength: 4.1e-11 m\n"
    record = one(tmp_path, tell + head + table(q))
    assert is_the_pattern(record)
    assert any("scattering vector" in doubt for doubt in record.doubts)
    assert record.notes["wavelength"] == "0.41 angstrom"
    with pytest.raises(
        BadInput, match=r"line 1 calls the first column '[qQ].*two-theta in degrees was expected"
    ) as error:
        one(tmp_path, head + table(q))
    assert str(error.value).count("\n") == 0


@pytest.mark.parametrize(("name", "scale"), [("d_A", 1.0), ("d (A)", 1.0), ("d-spacing [nm]", 0.1), ("d_nm", 0.1)])
def test_a_named_d_is_turned_by_the_told_wavelength_and_refused_without(
    name: str, scale: float, tmp_path: Path
) -> None:
    d = scale * WAVELENGTH / 2 / np.sin(np.radians(ANGLES / 2))
    text = f"# {name}\tI\n" + table(d)
    assert is_the_pattern(one(tmp_path, "# Wavelength (Å): 0.41\n" + text))
    with pytest.raises(BadInput, match="a distance of planes"):
        one(tmp_path, text)


def test_a_d_that_rises_is_turned_round(tmp_path: Path) -> None:
    d = WAVELENGTH / 2 / np.sin(np.radians(ANGLES / 2))
    record = one(tmp_path, "# Wavelength: 0.41 A\n# d_A I\n" + table(d[::-1], COUNTS[::-1]))
    assert is_the_pattern(record)
    assert len(record.doubts) == 1


def test_a_q_beyond_the_wavelength_s_reach_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not every row has an angle"):
        one(tmp_path, "# Wavelength: 1.54 angstrom\n# q_A^-1 I\n" + table(np.linspace(1.0, 9.0, 200)))


def test_radians_are_turned_into_degrees(tmp_path: Path) -> None:
    assert is_the_pattern(one(tmp_path, "# 2th_rad I\n" + table(np.radians(ANGLES))))


def test_a_column_called_theta_is_doubted(tmp_path: Path) -> None:
    record = one(tmp_path, "theta,I\n" + table(ANGLES, sign=","))
    assert is_the_pattern(record)
    assert record.doubts == ("file.txt, line 1 calls the first column 'theta': it is taken for two-theta",)


@pytest.mark.parametrize("head", ["# r_mm I\n", "# The X-axis unit is: Time-of-flight\n", "# x unit: energy\n"])
def test_an_axis_that_is_no_angle_is_refused(head: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="two-theta in degrees was expected"):
        one(tmp_path, head + table(ANGLES), "diffraction")


@pytest.mark.parametrize(
    "head",
    ["Q6 sample A\n", "# d = 5 mm\n", "quartz in a tube\n", "# qmax 3.4\n", "D 12 after charge\n", "A first try\n"],
)
def test_a_title_is_not_taken_for_an_axis(head: str, tmp_path: Path) -> None:
    assert is_the_pattern(one(tmp_path, head + table(ANGLES, sign="   ")))


def test_fit2d_s_count_of_rows_is_no_row(tmp_path: Path) -> None:
    head = "silicon.tif\n2-Theta Angle (Degrees)\nIntensity\n       200 1\n"
    assert is_the_pattern(one(tmp_path, head + table(ANGLES), name="silicon.chi"))
    with pytest.raises(BadInput, match="'Q"):
        one(tmp_path, head.replace("2-Theta Angle (Degrees)", "Q (nm^-1)") + table(ANGLES), name="silicon.chi")


# the wavelength of a pattern


@pytest.mark.parametrize(
    ("told", "note"),
    [
        ((1.540593, 1.544427), "CuKa"),
        ((1.5406, 1.5444), "CuKa"),
        ((0.7093, 0.71359), "MoKa"),
        ((1.78897, 1.79285), "CoKa"),
        ((1.540593, 0.0), "1.540593 angstrom"),
        ((1.540593, None), "1.540593 angstrom"),
        ((1.5418, None), "CuKa"),
        ((0.413703, None), "0.413703 angstrom"),
        ((1.5, 1.6), ""),
        ((15.4, None), ""),
        ((None, None), ""),
    ],
)
def test_the_note_wavelength_is_one_that_a_refinement_takes(told: tuple[float | None, float | None], note: str) -> None:
    text, doubts = radiation(*told)
    assert text == note
    if note:
        beam = beam_of(note, "bragg_brentano")
        assert beam.tube == note or beam.wavelength == pytest.approx(told[0])
    assert bool(doubts) == (told in [(1.540593, None), (1.5, 1.6), (15.4, None)])


@pytest.mark.parametrize(
    ("line", "angstrom"),
    [
        ("# Wavelength: 4.1e-11 m", 0.41),
        ('# "wavelength": 4.1e-11,', 0.41),
        ("wavelength = 0.41 A", 0.41),
        ("Wavelength (nm) 0.041", 0.41),
        ("# Calibrated wavelength = 0.413703", 0.413703),
        ("lambda=1.5406", 1.5406),
        ("# Wavelength = 0.154", None),  # nm as likely as angstrom
        ("# Wavelength: None", None),
        ("# Wavelength: 600 nm", None),
    ],
)
def test_a_wavelength_is_taken_from_a_line_only_where_its_unit_is_sure(line: str, angstrom: float | None) -> None:
    assert in_head(["# first", line]) == (None if angstrom is None else pytest.approx(angstrom))


@pytest.mark.parametrize(
    ("sample", "note"),
    [
        ("diffraction.ras", "1.540593 angstrom"),
        ("diffraction.uxd", "CuKa"),
        ("diffraction.asc", "CuKa"),
        ("diffraction.eva", "CuKa"),
        ("diffraction.panalytical", "CuKa"),
        ("diffraction.pyfai", "0.41 angstrom"),
        ("diffraction.counts", "0.41370(2) angstrom"),
    ],
)
def test_the_wavelength_of_a_sample_is_noted(sample: str, note: str, tmp_path: Path) -> None:
    (record,) = read(text_samples.SAMPLES[sample](tmp_path))
    assert record.notes["wavelength"] == note
    np.testing.assert_array_equal(record.columns["intensity"].values, COUNTS)


def test_both_lines_of_a_ras_make_a_tube(tmp_path: Path) -> None:
    second = '*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"\n*HW_XG_WAVE_LENGTH_ALPHA2 "1.544414"'
    text = text_samples.ras_text().replace('*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"', second)
    assert one(tmp_path, text, name="a.ras").notes["wavelength"] == "CuKa"


def test_panalytical_s_first_line_alone_is_one_wavelength(tmp_path: Path) -> None:
    record = one(tmp_path, text_samples.panalytical_text("K-Alpha 1"))
    assert record.notes["wavelength"] == "1.540598 angstrom"
    assert record.doubts == ()


XRDML = """<?xml version="1.0" encoding="UTF-8"?>
<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/1.3" status="Completed">
<xrdMeasurement measurementType="Scan" status="Completed">
<usedWavelength intended="{}"><kAlpha1 unit="Angstrom">1.540598</kAlpha1><kAlpha2 unit="Angstrom">1.544426</kAlpha2>
<ratioKAlpha2KAlpha1>0.5</ratioKAlpha2KAlpha1></usedWavelength>
<scan appendNumber="0" mode="Continuous" scanAxis="Gonio" status="Completed"><dataPoints>
<positions axis="2Theta" unit="deg"><startPosition>10.0</startPosition><endPosition>19.95</endPosition></positions>
<commonCountingTime unit="seconds">1.0</commonCountingTime><intensities unit="counts">{}</intensities>
</dataPoints></scan></xrdMeasurement></xrdMeasurements>
"""


@pytest.mark.parametrize(("intended", "note"), [("K-Alpha", "CuKa"), ("K-Alpha 1", "1.540598 angstrom")])
def test_an_xrdml_tells_which_of_its_lines_are_meant(intended: str, note: str, tmp_path: Path) -> None:
    record = one(tmp_path, XRDML.format(intended, " ".join(f"{count:.0f}" for count in COUNTS)), name="a.xrdml")
    assert is_the_pattern(record)
    assert record.notes["wavelength"] == note


@pytest.mark.parametrize(
    ("tags", "note"),
    [
        ("loop_\n_diffrn_radiation_wavelength\n1.54056\n1.54439\n", "CuKa"),
        ("_diffrn_radiation_type 'Cu K\\a'\n_diffrn_radiation_wavelength 1.5418\n", "CuKa"),
        ("_diffrn_radiation_type 'Cu K\\a'\n", "CuKa"),
        ("_diffrn_radiation_type 'Cu K\\a~1~'\n_diffrn_radiation_wavelength 1.54056\n", "1.54056 angstrom"),
        ("_diffrn_radiation_type synchrotron\n_diffrn_radiation_wavelength 0.7\n", "0.7 angstrom"),
        ("_diffrn_radiation_wavelength ?\n", ""),
    ],
)
def test_a_pdcif_tells_its_wavelength(tags: str, note: str, tmp_path: Path) -> None:
    assert one(tmp_path, text_samples.counts_cif_text(tags), name="a.cif").notes.get("wavelength", "") == note


# formats of patterns


def test_panalytical_s_intensity_is_found_by_its_name_and_esd_is_sigma(tmp_path: Path) -> None:
    record = one(tmp_path, text_samples.panalytical_text())
    assert is_the_pattern(record)
    np.testing.assert_allclose(record.columns["intensity_sigma"].values, np.sqrt(COUNTS), atol=1e-3)
    with pytest.raises(BadInput, match="a scan of 'Omega'"):
        one(tmp_path, text_samples.panalytical_text().replace("Gonio", "Omega"))


@pytest.mark.parametrize(
    "head",
    [
        '\'Id: "a" Comment: "" Operator: "me" Anode: "Cu" Scantype: "Coupled TwoTheta/Theta" TimePerStep: "1"\n',
        "/* LaB6, run 7\n 12.0 keV */\n",
        "/* LaB6 */\n",
        "'title of a sample\n",
        "LaB6 660c\n",
        "a title\nand another\n\n2theta I sigma\n",
        "2Theta,Intensity\n",
        ";comment 1 2 3\n!comment\n",
        "# one\n" * 200,
    ],
)
@pytest.mark.parametrize("width", [2, 3])
def test_heads_of_patterns_are_passed_over(head: str, width: int, tmp_path: Path) -> None:
    rows = [" ".join(line.split()[:width]) for line in text_samples.pattern_text().splitlines()]
    text = (head.replace(" sigma", "") if width == 2 else head) + "\n".join(rows) + "\n"
    path = put(tmp_path, text)
    assert identify(path) == "diffraction"
    (record,) = read(path)
    assert is_the_pattern(record)
    assert ("intensity_sigma" in record) == (width == 3)


def test_eva_s_other_scans_are_refused_and_its_head_is_kept(tmp_path: Path) -> None:
    head = '\'Id: "a" Comment: "" Anode: "Cu" Scantype: "{}" TimePerStep: "1"\n'
    assert one(tmp_path, head.format("Coupled TwoTheta/Theta") + table(ANGLES)).notes["anode"] == "Cu"
    with pytest.raises(BadInput, match="a scan of the kind 'Rocking Curve'"):
        one(tmp_path, head.format("Rocking Curve") + table(ANGLES))


def test_intensities_below_zero_are_a_pattern_where_sigmas_stand_by_them(tmp_path: Path) -> None:
    y = COUNTS - COUNTS.mean()
    rows = [f"{a:.3f} {b:.2f} {c:.2f}" for a, b, c in zip(ANGLES, y, np.sqrt(COUNTS), strict=True)]
    record = one(tmp_path, "\n".join(rows) + "\n")
    np.testing.assert_allclose(record.columns["intensity"].values, y, atol=0.01)
    with pytest.raises(BadInput, match="in no format known here"):
        one(tmp_path, table(ANGLES, y))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table(ANGLES) + "20.0\n", "line 201 has 1 columns where the rows before it have 2"),
        (table(ANGLES).replace("10.500000", "nan"), "line 11 holds no finite angle and intensity"),
        (table(np.r_[ANGLES[:3], ANGLES[1], ANGLES[4:]]), "line 4 has the angle 10.05 after 10.1"),
        (
            table(np.r_[ANGLES[:3], ANGLES[2:-1]], COUNTS + np.arange(200)),
            "line 4 has the angle 10.1 again, with another intensity",
        ),
        ("nothing of the kind\n", "angle, intensity and perhaps sigma were expected"),
    ],
)
def test_bare_columns_that_no_reader_knows_are_told_by_the_one_of_the_technique(
    text: str, said: str, tmp_path: Path
) -> None:
    done, _ = analysed([put(tmp_path, text)], Bench("xrd", settings=("wavelength=0.41 angstrom",)))
    (error,) = [outcome.error for outcome in done.outcomes.values()]
    assert said in (error or "")
    with pytest.raises(BadInput, match=r"in no format known here.*name its reader"):
        one(tmp_path, text)


@pytest.mark.parametrize("turn", [lambda x, y: (x[::-1], y[::-1]), lambda x, y: (x, y - y.mean())])
def test_bare_columns_that_fall_or_have_no_counts_are_read_where_a_pattern_is_wanted(turn, tmp_path: Path) -> None:
    x, y = turn(ANGLES, COUNTS)
    (record,) = read(put(tmp_path, table(x, y)), wanted=("two_theta", "intensity"))
    np.testing.assert_allclose(record.columns["two_theta"].values, ANGLES, atol=1e-4)
    with pytest.raises(BadInput, match="in no format known here"):
        read(put(tmp_path, table(x, y)), wanted=("time", "voltage", "current"))


def test_bare_columns_that_may_be_two_kinds_are_what_is_wanted(tmp_path: Path) -> None:
    path = put(tmp_path, table(60.0 + np.cumsum(np.tile([0.06, 0.07], 100))))
    with pytest.raises(BadInput, match="could be diffraction or raman"):
        read(path)
    kinds = {read(path, wanted=(axis, "intensity"))[0].kind for axis in ("two_theta", "raman_shift")}
    assert kinds == {"diffraction", "raman"}


def test_bare_distances_are_told_how_to_name_them(tmp_path: Path) -> None:
    path = put(tmp_path, table(0.01 + 0.01 * np.arange(200), COUNTS - COUNTS.mean()))
    with pytest.raises(BadInput, match="no line '#L r G\\(r\\)' names its columns; write one"):
        read(path, wanted=("r", "g"))


def test_a_pattern_from_zero_on_is_read_but_for_that_row(tmp_path: Path) -> None:
    record = one(tmp_path, table(ANGLES - 10.0))
    np.testing.assert_allclose(record.columns["two_theta"].values, (ANGLES - 10.0)[1:], atol=1e-4)
    assert "row at two-theta 0" in record.doubts[0]
    with pytest.raises(BadInput, match="in no format known here"):  # seconds rather than degrees
        one(tmp_path, table(0.5 * np.arange(200.0)))


@pytest.mark.parametrize("marker", ["_COUNTS", "_2THETACOUNTS"])
def test_a_uxd_is_known_behind_its_comments(marker: str, tmp_path: Path) -> None:
    assert is_the_pattern(one(tmp_path, text_samples.uxd_text(marker)))


@pytest.mark.parametrize("sign", [" ", "\t", ";", "  ;  "])
def test_decimal_commas_are_read(sign: str, tmp_path: Path) -> None:
    assert is_the_pattern(one(tmp_path, table(ANGLES, sign=sign, decimal=",")))


def test_commas_that_may_be_either_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="between columns or inside numbers"):
        one(tmp_path, table(ANGLES, sign=",", decimal=","), "diffraction")


def test_a_rigaku_asc_of_fewer_counts_than_told_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="tells 201 counts and holds 200"):
        one(tmp_path, text_samples.asc_text().replace("=  200", "=  201"))
    with pytest.raises(BadInput, match="a scan of 'omega'"):
        one(tmp_path, text_samples.asc_text().replace("2theta/theta", "omega"))


def test_counts_that_do_not_fit_the_range_of_a_pdcif_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"range from 10 to 29.95 degrees by 0.05 and holds 200"):
        one(tmp_path, text_samples.counts_cif_text().replace("19.95", "29.95"), name="a.cif")


@pytest.mark.parametrize(
    ("tail", "sigma"), [("", None), ("(7)", 7.0), (".5(7)", 0.7)], ids=["counts", "parentheses", "decimals"]
)
def test_sigmas_of_a_pdcif_stand_in_parentheses(tail: str, sigma: float | None, tmp_path: Path) -> None:
    head, _, counts = text_samples.counts_cif_text().partition("_total\n")
    text = f"{head}_total\n" + "".join(f"{line}{tail}\n" for line in counts.splitlines())
    record = one(tmp_path, text.replace("_meas_counts_", "_meas_intensity_"), name="a.cif")
    assert ("intensity_sigma" in record) == (sigma is not None)
    if sigma is not None:
        np.testing.assert_allclose(record.columns["intensity_sigma"].values, sigma)


def test_a_pdcif_of_distances_is_refused(tmp_path: Path) -> None:
    rows = "\n".join(f"{3 - 0.01 * n} {n}" for n in range(100))
    text = f"data_a\nloop_\n_pd_proc_d_spacing\n_pd_meas_intensity_total\n{rows}\n"
    with pytest.raises(BadInput, match="holds distances d and no angles"):
        one(tmp_path, text, name="a.cif")


def test_a_structure_refined_on_a_pattern_is_a_structure(tmp_path: Path) -> None:
    text = text_samples.cif_text().replace(
        "loop_", "_pd_proc_ls_profile_function 'a'\n_pd_meas_number_of_points 3000\nloop_"
    )
    assert one(tmp_path, text, name="a.cif").kind == "structure"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("10.0 50.0\n", "holds a row twice, in line 2"),
        ("10.0 50.0\n" * 2, "holds 2 rows twice, first in line 2"),
        ("9.95 nan\n", "no intensity in 1 of 201 rows, first in line 1"),
    ],
)
def test_doubled_and_empty_rows_are_told(before: str, said: str, tmp_path: Path) -> None:
    record = one(tmp_path, before + table(ANGLES), "diffraction")
    assert is_the_pattern(record)
    assert any(said in doubt for doubt in record.doubts)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("10.0 99.0", "line 2 has the angle 10 again, with another intensity"),
        ("12.0 99.0", "has the angle 10 after 12; they must rise"),
        ("9.0 inf", "line 1 holds no finite angle and intensity"),
        ("nan 9.0", "line 1 holds no finite angle and intensity"),
    ],
)
def test_rows_that_no_reader_can_mend_are_named(row: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=said):
        one(tmp_path, f"{row}\n{table(ANGLES)}", "diffraction")


@pytest.mark.parametrize(
    ("row", "said"), [("9.0 five", "line 6 holds '9.0 five'"), ("9.0 5.0 1.0", "line 6 has 3 columns")]
)
def test_other_rows_among_those_of_a_pattern_are_named(row: str, said: str, tmp_path: Path) -> None:
    lines = table(ANGLES).splitlines()
    with pytest.raises(BadInput, match=said):
        one(tmp_path, "\n".join([*lines[:5], row, *lines[5:]]), "diffraction")


def test_angles_beyond_a_half_turn_are_refused_with_what_they_may_be(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="hundredths of a degree"):
        one(tmp_path, table(100 * ANGLES), "diffraction")


# whose file it is


@pytest.mark.parametrize(
    "text",
    [
        "t/s,I/A\n" + table(ANGLES, sign=","),
        "time;current\n" + table(ANGLES, sign=";"),
        "frequency z\n" + table(ANGLES),
        "E/V\ti/mA\n" + table(ANGLES, sign="\t"),
        "time\tsignal\n" + table(10 * ANGLES, sign="\t"),
        "Energy Angle\n" + table(10 * ANGLES),
    ],
)
def test_tables_of_other_instruments_are_left_to_a_declaration(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="in no format known here"):
        identify(put(tmp_path, text))


# pairs and structures


def test_the_one_line_head_of_pdfgetx2_keeps_both_limits(tmp_path: Path) -> None:
    text = text_samples.pairs_text().replace("qmax = 25.0", "# qmin=0.80 qmax=25.00 dq=0.02 wavelength=0.1836")
    notes = one(tmp_path, text).notes
    q = {"qmin": "0.80 1/angstrom", "qmax": "25.00 1/angstrom"}
    assert notes == {**q, "wavelength": "0.1836 angstrom", "composition": "Ni"}


def test_nanometres_of_a_pair_distribution_are_turned(tmp_path: Path) -> None:
    plain = one(tmp_path, text_samples.pairs_text())
    record = one(tmp_path, text_samples.pairs_text().replace("r($\\AA$)  G($\\AA^{-2}$)", "r(nm)  G(nm^-2)"))
    np.testing.assert_allclose(record["r"], 10 * plain["r"])
    np.testing.assert_allclose(record["g"], 0.01 * plain["g"])
    assert any("nm" in doubt for doubt in record.doubts)
    assert (plain.notes["qmax"], record.notes["qmax"]) == ("25.0 1/angstrom", "25.0")
    assert plain.doubts == ()


def test_distances_that_do_not_rise_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"r = 2.5 after one that is not smaller"):
        one(tmp_path, text_samples.pairs_text().replace("\n2.55 ", "\n2.50 "))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\n".join(text_samples.cif_text().splitlines()[8:]), "", "has a cell in block 'fluorite' and no atoms"),
        ("0.25 0.25 0.25 1 ", "0.25 0.25 0.25 1.2 ", "'F1' with an occupancy of 1.2; one from 0 to 1"),
        ("0.25 0.25 0.25 1 ", "0.25 0.25 0.25 -0.1 ", "'F1' with an occupancy of -0.1"),
        ("0.25 0.25 0.25 1 ", "? 0.25 0.25 1 ", "'F1' at no place"),
    ],
)
def test_a_structure_that_is_none_says_what_is_wrong(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in text_samples.cif_text()
    with pytest.raises(BadInput, match=said) as error:
        one(tmp_path, text_samples.cif_text().replace(old, new), name="a.cif")
    assert "a.cif" in str(error.value)
