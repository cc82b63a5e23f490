"""The command line does what it says, ends with the right code, and never shows a traceback."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from thiocell.cell.facts import FACTS
from thiocell.cli import cli, main
from thiocell.studies.bundle import bundled, scaffold

TOUR = bundled()["tour"]
CELL = TOUR / "raw" / "rate_cell_a.bdf.csv"


@pytest.fixture
def thiocell(monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["thiocell", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run


def one_sentence(err: str) -> bool:
    lines = [line for line in err.splitlines() if line.strip()]
    return len(lines) == 1 and lines[0].startswith("error: ") and "Traceback" not in err


def test_a_bundled_study_writes_to_its_own_folder_here(thiocell, tmp_path):
    before = {file: file.stat().st_mtime_ns for file in TOUR.rglob("*")}
    code, out, err = thiocell("run", "tour")
    assert (code, err) == (0, "")
    assert "the source: 1 open" in out
    assert "the method: 4 hold (recovered)" in out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["tour"]
    assert {"report.html", "figures", "data", ".store"} <= {file.name for file in (tmp_path / "tour").iterdir()}
    assert {file: file.stat().st_mtime_ns for file in TOUR.rglob("*")} == before


def test_json_is_one_object_and_nothing_else(thiocell, with_pan2023):
    code, out, err = thiocell("run", "pan2023", "--json")
    page = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert (code, err) == (0, "")
    assert set(page) == {"study", "verdicts", "results"}
    words = {"claim", "number", "verdict", "kind", "tests", "says", "found", "unit", "sigma", "reason"}
    assert all(set(verdict) == words for verdict in page["verdicts"])
    assert {verdict["verdict"] for verdict in page["verdicts"]} == {"holds", "fails", "contradicts", "open"}
    assert {verdict["number"] for verdict in page["verdicts"]} == set(range(1, 30))
    values = [value for step in page["results"].values() for value in step["values"].values()]
    assert all(
        isinstance(value["value"], float) and set(value) == {"value", "unit", "sigma", "kind"} for value in values
    )
    assert not any(value["kind"] == "measured" for value in values)


def test_every_printed_number_that_counting_answers_has_its_verdict(thiocell, with_pan2023):
    _, out, _ = thiocell("run", "pan2023", "--json")
    found = {}
    for verdict in json.loads(out)["verdicts"]:
        found.setdefault(verdict["number"], []).append((verdict["verdict"], verdict["kind"], verdict["found"]))
    # by hand: 2 F / 32.06 g/mol is 1672 where 1675 is printed; 4 F / 160.07 is 669.7; 2 F / 45.95 is 1166.6
    assert [word for word, _, _ in found[1]] == ["fails", "holds", "holds", "holds"]
    assert found[2][0][2] == pytest.approx(0.3078 * 669.7, rel=1e-3)
    assert found[4] == [("holds", "derived", pytest.approx(100 * 371 / 530, rel=1e-6))]
    assert [word for word, kind, _ in found[5]] == ["holds", "holds"]
    assert found[21][1] == ("contradicts", "derived", pytest.approx(1020 / 530 * 25, rel=1e-6))
    assert {word for number in (27, 28, 29) for word, _, _ in found[number]} == {"contradicts"}


def grouped(page, key):
    """The verdicts of a run by their number or their claim."""
    found = {}
    for verdict in page["verdicts"]:
        found.setdefault(verdict[key], []).append(verdict)
    return found


_FITS = ("ohmic", "one_size", "sizes", "iodide_for_molybdenum", "all_couples")


def test_the_cell_model_s_verdicts_are_fitted_or_predicted_and_rivals_differ(thiocell, with_pan2023):
    _, out, _ = thiocell("run", "pan2023", "--json")
    page = json.loads(out)
    found = grouped(page, "number")
    rate = [v for v in found[18] if v["kind"] == "fitted"]
    assert [v["verdict"] for v in rate] == ["holds", "holds", "holds", "holds", "fails"]  # the last: no grains
    assert {v["tests"] for v in rate} == {"model"}  # that fit without grains is no failure of the paper
    assert 50 < rate[4]["found"] < 150  # chi-square of five numbers by resistance and kinetics alone
    assert {v["kind"] for v in found[22]} == {"predicted"}
    # at 95 % both may give anything up to 500 Wh/kg there; the fit with all couples misses its own numbers
    assert [v["verdict"] for v in found[22]] == ["open", "open", "open"]
    assert ["it may be" in v["reason"] for v in found[22]] == [True, True, False]
    chi2 = {name: values["values"]["chi2"]["value"] for name, values in page["results"].items() if name in _FITS}
    assert chi2["one_size"] < 4
    # one size is the limit of a spread at its narrow bound, 0.02, so that a spread does as well but for that
    assert chi2["sizes"] == pytest.approx(chi2["one_size"], abs=0.05)
    assert chi2["ohmic"] > 50
    assert chi2["all_couples"] > 50
    assert chi2["iodide_for_molybdenum"] > 30  # iodide has neither the capacity nor the low voltage of molybdenum
    # a separator of 1e-4 S/cm is too resistive for the rate test, but what rounds to that, in a pellet 611(68) um thick
    assert found[16][-1]["verdict"] == "open"
    assert "it may be 0.000196" in found[16][-1]["reason"]
    # nothing of claim 22 was fitted to
    assert "energy" not in " ".join(page["results"]["one_size"]["values"])


def test_the_methods_of_conductivity_are_judged_on_virtual_pellets(thiocell, with_pan2023):
    """What was put in: a largest value at x = 0.20, 1e-4 S/cm for electrons, and 1e-4 and 1e-3 for ions."""
    _, out, _ = thiocell("run", "pan2023", "--json")
    page = json.loads(out)
    by_claim = grouped(page, "claim")
    assert [v["verdict"] for v in by_claim["conductivity_without_mos2_recovered"]] == ["holds", "holds"]
    assert {v["tests"] for v in by_claim["conductivity_without_mos2_recovered"]} == {"method"}
    assert [v["verdict"] for v in by_claim["conductivities_rise"]] == ["holds", "holds"]
    (short,) = by_claim["half_an_hour"]  # a pellet that takes two days to settle
    assert short["verdict"] == "fails"
    assert 1.3 < short["found"] < 2.0
    one, ten, ratio = by_claim["what_the_step_measures"]
    assert {v["verdict"] for v in (one, ten, ratio)} == {"fails"}
    assert 0.8 < ratio["found"] < 1.3  # ten times the conductivity of the ions hardly moves what the method says
    assert {v["verdict"] for v in by_claim["conductivity_formula"]} == {"contradicts"}
    filler = page["results"]["phases"]["limits"]["filler_conductivity"]
    assert filler["side"] == "above"
    assert 5e-4 < filler["bound"]["value"] < 1.4e-3


def test_the_methods_of_structure_are_judged_against_what_was_put_in(thiocell, with_pan2023):
    """Edges, iodide and phases of virtual patterns: too much of each would fail as too little does."""
    _, out, _ = thiocell("run", "pan2023", "--json")
    by_claim = grouped(json.loads(out), "claim")
    names = ("lattice_recovered", "lattice_with_mos2_recovered", "lithium_iodide_in_patterns")
    found = {name: by_claim[name] for name in names}
    assert {v["verdict"] for verdicts in found.values() for v in verdicts} == {"holds"}
    assert not any("which is at" in v["reason"] for verdicts in found.values() for v in verdicts)
    none, *shares = found["lithium_iodide_in_patterns"]
    assert "it lies below" in none["reason"]
    assert [v["found"] for v in shares] == pytest.approx([1.0] * 6, abs=0.05)
    assert all(0.005 < v["sigma"] < 0.05 for v in shares)


def test_strict_turns_a_failed_claim_into_code_1(thiocell, with_pan2023):
    assert thiocell("run", "pan2023", "--strict")[0] == 1
    assert thiocell("run", "tour", "--strict")[0] == 0


def test_a_new_study_runs_and_is_kept(thiocell, tmp_path):
    assert thiocell("new", "mine")[0] == 0
    assert thiocell("check", "mine") == (0, "mine: no fault\n", "")
    assert thiocell("run", "mine")[0] == 0
    assert "(17 kept from before)" in thiocell("run", "mine")[1]
    code, _, err = thiocell("new", "mine")
    assert code == 2
    assert one_sentence(err)


@pytest.mark.parametrize("name", ["", ".", ".hidden", "a\nb"])
def test_a_new_study_needs_a_good_name(thiocell, tmp_path, name):
    code, _, err = thiocell("new", name)
    assert code == 2
    assert one_sentence(err)
    assert not any(tmp_path.iterdir())


def test_a_file_is_analysed_without_a_study(thiocell):
    words = ("analyse", CELL, "--as", "rate", "--mass", "4.02(5) mg", "--set", "reference=Li-In", "--json")
    code, out, err = thiocell(*words)
    page = json.loads(out)
    assert (code, err) == (0, "")
    values = page["results"]["rate_cell_a.bdf.csv"]["values"]
    assert values["discharge_capacity_1"]["value"] == pytest.approx(530, rel=0.02)
    assert values["discharge_capacity_1"]["sigma"] == pytest.approx(530 * 0.05 / 4.02, rel=0.02)
    assert values["discharge_capacity_1"]["kind"] == "recovered"


def test_a_folder_is_analysed_and_what_is_no_record_is_named(thiocell, tmp_path):
    folder = tmp_path / "cells"
    shutil.copytree(TOUR / "raw", folder)
    (folder / "endurance.bdf.csv").unlink()
    words = ("analyse", folder, "--as", "rate", "--mass", "4.0(1) mg", "--replicates", "--out", "there")
    code, out, err = thiocell(*words)
    assert code == 0
    assert "first_cycle.txt" in err
    assert "discharge_capacity_1_spread" in out
    assert (tmp_path / "there" / "report.html").is_file()


def test_what_a_file_holds_is_told(thiocell):
    code, out, _ = thiocell("read", CELL, "--json")
    (record,) = json.loads(out)["files"][str(CELL)]["records"]
    assert code == 0
    assert (record["kind"], record["rows"], record["source"]["kind"]) == ("cycling", 1624, "predicted")
    assert record["columns"]["current"]["unit"] == "A"
    assert "virtual" in thiocell("read", CELL)[1]


@pytest.mark.parametrize("name", ["cell.bdf.csv", "cell.bdf.parquet"])
def test_an_exported_record_passes_the_strict_check_and_stays_virtual(thiocell, name):
    assert thiocell("export", CELL, name) == (0, f"{name}: 1624 rows, virtual\n", "")
    assert thiocell("check", name) == (0, f"{name}: no fault\n", "")
    code, out, _ = thiocell("read", name, "--json")
    assert json.loads(out)["files"][name]["records"][0]["source"]["kind"] == "predicted"
    code, _, err = thiocell("export", CELL, name)
    assert code == 2
    assert "exists already" in err


SPECTRUM = "f/Hz;Z'/Ohm;-Z''/Ohm\n" + "".join(
    f"{10 ** (6 - k / 6):.6g};{z.real:.7g};{-z.imag:.7g}\n"
    for k in range(37)
    for z in [20 + 150 / (1 + 2j * 3.141592653589793 * 10 ** (6 - k / 6) * 150e-6)]
)
MAP = """
[columns]
frequency = {{ column = "f/Hz", unit = "Hz" }}
z_real = {{ column = "Z'/Ohm", unit = "ohm" }}
z_imag = {{ column = "-Z''/Ohm", unit = "ohm", sign = "negated" }}
[layout]
{kind}
"""


def test_a_spectrum_by_a_column_map_is_analysed_and_exported_to_a_table_that_needs_none(thiocell, tmp_path):
    (tmp_path / "pellet.txt").write_text(SPECTRUM)
    (tmp_path / "map.toml").write_text(MAP.format(kind=""))
    words = ("--as", "impedance", "--set", "circuit=R0-p(R1,C1)", "--json")
    code, _, err = thiocell("analyse", "pellet.txt", *words, "--columns", "map.toml")
    assert code == 2
    assert "kind = 'impedance' in the layout" in err
    (tmp_path / "map.toml").write_text(MAP.format(kind='kind = "impedance"'))
    assert thiocell("export", "pellet.txt", "pellet.csv", "--columns", "map.toml")[0] == 0
    for more in (("pellet.txt", "--columns", "map.toml"), ("pellet.csv",)):
        code, out, _ = thiocell("analyse", *more, *words)
        assert code == 0
        assert json.loads(out)["results"][more[0]]["values"]["R1"]["value"] == pytest.approx(150, rel=1e-4)


def test_every_spectrum_of_a_file_is_analysed_and_one_can_be_picked(thiocell, tmp_path):
    head = "frequency / Hz,z_real / ohm,z_imag / ohm\n"
    rows = "".join(
        f"{f},{20 + z.real},{z.imag}\n"
        for size in (100.0, 200.0)
        for f in (1e5, 3e4, 1e4, 3e3, 1e3, 300.0, 100.0, 30.0)
        for z in [size / (1 + 2j * 3.141592653589793 * f * size * 1e-6)]
    )
    (tmp_path / "two.csv").write_text(head + rows)
    words = ("analyse", "two.csv", "--as", "impedance", "--set", "circuit=R0-p(R1,C1)", "--json")
    found = json.loads(thiocell(*words)[1])["results"]
    assert [found[f"two.csv#{n}"]["values"]["R1"]["value"] for n in (1, 2)] == pytest.approx([100, 200], rel=1e-4)
    assert list(json.loads(thiocell(*words, "--pick", "2")[1])["results"]) == ["two.csv#2"]
    code, _, err = thiocell("export", "two.csv", "one.csv")
    assert (code, "choose one with --pick" in err) == (2, True)
    study = """
title = "two states of charge in one file"
[sample.cell]
facts = { state_of_charge = ["20 %", "80 %"] }
[record.spectra]
sample = "cell"
file = "two.csv"
pick = [2, 1]
[analyse.fit]
technique = "impedance"
records = "spectra"
circuit = "R0-p(R1,C1)"
[trend.with_charge]
of = "fit.R1"
law = "line"
"""
    (tmp_path / "study.toml").write_text(study)
    code, out, err = thiocell("run", ".", "--json")
    assert code == 0, err
    results = json.loads(out)["results"]
    series = [step["values"]["R1"]["value"] for name, step in results.items() if name.startswith("fit[")]
    assert series == pytest.approx([200, 100], rel=1e-4)
    (tmp_path / "study.toml").write_text(study.replace("[2, 1]", "[2]"))
    code, _, err = thiocell("check", ".")
    assert (code, "pick: [2] must be the number of a record" in err) == (2, True)


def test_one_cell_counts_once_in_a_batch(thiocell):
    code, _, err = thiocell("analyse", CELL, CELL, "--as", "rate", "--mass", "4.0(1) mg", "--replicates")
    assert code == 2
    assert "the same record" in err


def test_the_record_of_a_step_is_exported_as_the_study_says_now(thiocell, tmp_path):
    thiocell("new", "mine")
    page = tmp_path / "mine" / "study.toml"
    for name in ("a", "b"):
        assert thiocell("export", "mine", f"{name}.bdf.csv", "--step", "cell_a")[0] == 0
        page.write_text(page.read_text("utf-8").replace("rate_cell_a", "rate_cell_b"), "utf-8")
    assert (tmp_path / "a.bdf.csv").read_bytes() != (tmp_path / "b.bdf.csv").read_bytes()
    assert thiocell("export", "mine", "c.bdf.csv", "--step", "nothing")[0] == 2


def test_the_record_of_a_step_of_a_bundled_study_is_exported(thiocell, tmp_path):
    assert thiocell("export", "pan2023", "test.bdf.csv", "--step", "rate_test")[0] == 0
    assert (tmp_path / "test.bdf.csv").is_file()
    done = {json.loads(page.read_text("utf-8"))["step"] for page in tmp_path.rglob("prov.json")}
    assert "rate_test" in done
    assert len(done) < 10  # what the step needs, of some 150


def test_an_export_never_writes_onto_its_source(thiocell, tmp_path):
    copy = tmp_path / "cell.bdf.csv"
    copy.write_bytes(CELL.read_bytes())
    assert thiocell("export", copy, copy, "--force")[0] == 2
    assert copy.read_bytes() == CELL.read_bytes()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "nowhere"), "bundled are pan2023, tour"),
        (("check", "nowhere"), "bundled are pan2023, tour"),
        (("list", "nothing"), "cycling"),
        (("read", "nowhere.csv"), "nowhere.csv is not a file"),
        (("analyse", CELL, "--as", "cyclng", "--mass", "4 mg"), "cycling"),
        (("analyse", CELL, "--as", "cycling"), "mass"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 V"), "mg"),
        (("analyse", CELL, "--as", "cycling", "--mass", "0 mg"), "must lie between"),
        (("analyse", CELL, "--as", "cycling", "--mass", "-4 mg"), "must lie between"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4,0 mg"), "decimal point"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 mg", "--fact", "mass=5 mg"), "given twice"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 mg", "--fact", "foo=5"), "area"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 mg", "--set", "bin=10"), "mV"),
        (("analyse", CELL, "--as", "cycling", "--mass", "nan mg"), "not a quantity"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 mg", "--set", "colour=red"), "colour"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 mg", "--set", "cycle=99"), "99"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 mg", "--fact", "area"), "NAME=VALUE"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 mg", "--pick", "3"), "1 record"),
        (("analyse", CELL, "--as", "cycling", "--mass", "4 mg", "--reader", "landt"), "rate_cell_a"),
        (("analyse", CELL, "--as", "impedance", "--set", "low=10"), "write it in 'Hz', like '10 Hz'"),
        (("export", CELL, "cell.xls"), ".bdf"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(thiocell, tmp_path, words, told):
    code, out, err = thiocell(*words)
    assert code == 2, out + err
    assert one_sentence(err), err
    assert told in err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff" * 500, b"Test Time / s,Voltage / V\n0,1\n", b"\xff\xfe\x00\x00\x01"]
)
def test_a_file_that_is_no_record_is_one_sentence(thiocell, tmp_path, content):
    (tmp_path / "odd.bdf.csv").write_bytes(content)
    for words in (("read", "odd.bdf.csv"), ("analyse", "odd.bdf.csv", "--as", "rate", "--mass", "4 mg", "--json")):
        code, out, err = thiocell(*words)
        assert (code, out if "--json" not in words else "") == (2, "")
        assert one_sentence(err), err


def test_a_study_cannot_be_told_from_a_folder_that_is_missing_one(thiocell, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = thiocell("run", "empty")
    assert code == 2
    assert one_sentence(err)


def test_a_fault_of_ours_is_code_3_and_one_sentence(thiocell, monkeypatch):
    monkeypatch.setattr("thiocell.studies.bench.analysed", lambda *_, **__: 1 / 0)
    code, _, err = thiocell("analyse", CELL, "--as", "rate", "--mass", "4 mg")
    assert code == 3
    assert one_sentence(err)
    assert "thiocell broke" in err


def test_a_step_that_broke_is_code_3_and_a_bad_file_code_2(thiocell, tmp_path, monkeypatch):
    scaffold(tmp_path / "mine")
    (tmp_path / "mine" / "raw" / "endurance.bdf.csv").write_bytes(b"")
    code, out, err = thiocell("run", "mine")
    assert code == 2
    assert "endurance.bdf.csv is empty" in err
    assert "4 hold" in out
    monkeypatch.setattr("thiocell.techniques.rate.Rate.analyse", lambda *_: 1 / 0)
    shutil.rmtree(tmp_path / "mine" / ".store")
    code, out, err = thiocell("run", "mine", "--json")
    assert code == 3
    assert json.loads(out)["study"] == "mine"


def run_py():
    spec = importlib.util.spec_from_file_location("run", Path(__file__).resolve().parents[1] / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_run_py_knows_every_command_and_takes_any_other_word_for_a_study(monkeypatch):
    module, asked = run_py(), []
    assert {word for word in module.COMMANDS if word[0] != "-"} == set(cli.commands)
    monkeypatch.setattr(module.os, "execv", lambda _, words: asked.append(words[1:]))
    for words in (["simulate", "li2s_lii_mos2"], ["list", "cell"], ["--version"], ["pan2023", "--json"]):
        module.hand_over(words)
    assert asked == [["simulate", "li2s_lii_mos2"], ["list", "cell"], ["--version"], ["run", "pan2023", "--json"]]


def test_a_known_structure_is_listed_with_its_source_and_sites(thiocell):
    assert "structure  LaB6" in thiocell("list")[1]
    code, out, _ = thiocell("list", "LaB6")
    assert code == 0
    assert "SRM 660c" in out
    assert "4.15683, 4.15683, 4.15683 angstrom" in out
    assert "B at 0.5, 0.5, 0.2021" in out


def test_every_fact_of_the_cell_is_listed_with_unit_meaning_bounds_and_default_in_80_columns(thiocell, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = thiocell("list", "cell")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert max(map(len, lines)) <= 80
    names = [line.split()[0] for line in lines[1:] if line[0] != " "]
    assert names == list(FACTS)
    for name, known in FACTS.items():
        start = next(n for n, line in enumerate(lines) if line.split()[0] == name)
        end = next((n for n in range(start + 1, len(lines)) if lines[n][0] != " "), len(lines))
        said = " ".join(" ".join(lines[start:end]).split())
        assert known.term.meaning in said
        assert known.term.unit in said
        if known.default:
            assert f"default {known.default.quantity.value:g}".replace("e-0", "e-") in said
            assert f"({known.default.source.kind}" in said
    text = " ".join(out.split())
    assert "from 0 to 0.9; default 0.1 (assumed)" in text  # separator_porosity
    assert "from 1e-9 to 1 S/cm; default 0.0001 S/cm (paper)" in text  # separator_conductivity
    assert "default 2.8 V (assumed, for li2s_lii_mos2 alone)" in text  # iodide_potential, known to one system
    assert "\nfacts      cell " in thiocell("list")[1]


def test_a_system_says_which_facts_its_cell_needs(thiocell):
    def needs(system):
        lines = thiocell("list", system)[1].splitlines()
        return [line.split()[2] for line in lines if line.startswith("cell needs")]

    conducting = ["electronic_conductivity", "ionic_conductivity"]
    assert needs("s_mo6s8") == [*conducting, "molybdenum_potential", "molybdenum_slope"]
    assert needs("li2s_v2s3_lii") == [*conducting, "vanadium_redox"]
    assert needs("li2s_lii_mos2") == []
    assert "milled_lithium" in thiocell("list", "li2s_lii_mos2")[1]


@pytest.mark.parametrize("jobs", ["0", "-3"])
def test_less_than_one_job_is_one_sentence(thiocell, jobs):
    code, _, err = thiocell("run", "tour", "--jobs", jobs)
    assert code == 2
    assert one_sentence(err)
    assert f"jobs is {jobs}; " in err


def test_help_loads_neither_numbers_nor_units():
    heavy = "('numpy', 'pint', 'pandas', 'matplotlib')"
    line = f"import sys; from thiocell import cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", line], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_stopping_a_run_from_the_keyboard_is_no_traceback(tmp_path):
    import signal

    mine = tmp_path / "mine"
    scaffold(mine)
    command = [str(Path(sys.executable).with_name("thiocell")), "run", str(mine)]

    def hears():  # a shell in the background hands on that the signal is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hears)  # noqa: PLW1509
    while not (mine / ".store").exists():
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
