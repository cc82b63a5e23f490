"""A virtual test from the command line prints what the solver found, marks it as predicted, and refuses nonsense."""

import dataclasses
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from thiocell.cell.batch import Fared, solve
from thiocell.cell.frame import frame
from thiocell.cell.from_sample import parameters
from thiocell.cell.protocol import galvanostatic
from thiocell.cell.states import charged_state, pristine_state
from thiocell.chemistry import properties
from thiocell.chemistry.reference_electrode import LI_IN_NAME
from thiocell.cli import main
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.readers import bdf, read
from thiocell.studies import virtual_cell
from thiocell.studies.recipe import sample_of
from thiocell.studies.simulate import Simulation
from thiocell.studies.simulated import TERMS
from thiocell.techniques.cycling import Cycling

SYSTEM = "li2s_lii_mos2"
SLOW, FAST = "25 mA/g", "200 mA/g"
LI_IN_ORIGIN = f"constant {LI_IN_NAME}"
LI_IN = 0.62  # V against Li
PER_GRAM = 1 / 3600.0  # C/kg in mAh/g
CYCLE = ("Discharge at 100 mA/g until 0 V", "Rest for 1 hour", "Charge at C/20 until 3 V")


@pytest.fixture
def thiocell(monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["thiocell", "simulate", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run


def told(**facts: str) -> Sample:
    shape = {"mass": "4 mg", "area": "0.7854 cm**2", "thickness": "30 um"} | facts
    found = {name: Fact(Quantity.parse(text), Source("measured")) for name, text in shape.items()}
    return Sample("s", SYSTEM, {"x": Quantity.exact(0.20), "y": Quantity.exact(0.15)}, found)


def values(page: dict, name: str) -> dict[str, float]:
    return {word: entry["value"] for word, entry in page["results"][name]["values"].items()}


def found(simulation: Simulation, name: str) -> dict[str, float]:
    return values(simulation.carried_out().to_json(), name)


# ------------------------------------------------------------------------------------------- numbers


def test_the_numbers_are_those_of_the_solver(thiocell):
    code, out, err = thiocell(SYSTEM, "--current", SLOW, "--current", FAST, "--json")
    assert (code, err) == (0, "")
    page = json.loads(out)
    cell = frame(told())
    numbers = parameters(cell)
    currents = [each * numbers.mass for each in (25.0, 200.0)]
    steps = [galvanostatic(each, charge_current=currents[0]) for each in currents]
    courses = solve([numbers] * 2, pristine_state(cell), steps, points=300)
    for name, course in zip((SLOW, FAST), courses, strict=True):
        one = values(page, name)
        energy = (course.energy[1] + LI_IN * course.charge[1]) / numbers.mass * PER_GRAM
        assert one["discharge_capacity"] == pytest.approx(course.charge[1] / numbers.mass * PER_GRAM, rel=1e-9)
        assert one["discharge_energy"] == pytest.approx(energy, rel=1e-9)
        assert one["mean_discharge_voltage"] == pytest.approx(energy / one["discharge_capacity"], rel=1e-9)
        assert one["mean_discharge_voltage_li_in"] == pytest.approx(course.energy[1] / course.charge[1], rel=1e-9)
        assert one["duration"] == pytest.approx(course.seconds[1] / 3600.0, rel=1e-9)
        assert one["discharge_power"] == pytest.approx(energy / one["duration"], rel=1e-9)
        assert one["end_voltage"] == pytest.approx(LI_IN, abs=1e-6)  # the cut-off of 0 V against Li-In
        assert page["results"][name]["ended_at"] == "0 V"


def test_the_table_prints_the_numbers_of_the_json(thiocell):
    _, out, _ = thiocell(SYSTEM, "--current", SLOW, "--json")
    one = values(json.loads(out), SLOW)
    code, out, err = thiocell(SYSTEM, "--current", SLOW)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(SLOW))
    row, below = lines[at], lines[at + 1]
    names = ("discharge_capacity", "mean_discharge_voltage_li_in", "mean_discharge_voltage", "discharge_energy")
    shown = [f"{one[name]:.4g}" for name in (*names, "discharge_power", "duration")]
    assert row.removeprefix(SLOW).split() == [*shown, "0", "V"]
    assert "nothing was measured" in out
    sigmas = json.loads(thiocell(SYSTEM, "--current", SLOW, "--json")[1])["results"][SLOW]["values"]
    assert [float(word.strip("±")) for word in below.split()] == pytest.approx(
        [sigmas[name]["sigma"] for name in (*names, "discharge_power", "duration")], rel=0.05
    )
    assert "±" in next(line for line in lines if "voltages are means" in line)
    assert "measured)" not in out.replace("nothing was measured)", "")


def test_currents_by_mass_by_area_and_of_the_cell_mean_the_same():
    by_mass = found(Simulation(SYSTEM, ("100 mA/g",)), "100 mA/g")
    of_cell = found(Simulation(SYSTEM, ("0.4 mA",)), "0.4 mA")
    density = f"{0.4 / 0.7854!r} mA/cm2"
    by_area = found(Simulation(SYSTEM, (density,)), density)
    assert of_cell == pytest.approx(by_mass, rel=1e-6)
    assert by_area == pytest.approx(by_mass, rel=1e-6)


def test_the_separator_costs_the_voltage_that_ohms_law_says():
    step = "Discharge at 20 mA/g for 5 hours"  # a time for an end: the charge is the same, and so is all but the ohms

    def mean(ohm: float) -> float:
        run = Simulation(SYSTEM, steps=(step,), facts=(f"separator_resistance={ohm} ohm cm2",))
        return found(run, f"1 {step}")["mean_discharge_voltage"]

    drop = 500.0 * 20e-3 * 4e-3 / 0.7854  # Ohm cm2 times A/cm2
    assert mean(100.0) - mean(600.0) == pytest.approx(drop, rel=1e-4)  # the solver's own tolerance


def test_every_value_is_explained_with_its_unit(thiocell):
    pages = [Simulation(SYSTEM, (SLOW,)).carried_out(), Simulation(SYSTEM, steps=CYCLE).carried_out()]
    shown = [outcome.result for page in pages for outcome in page.shown.values()]
    assert len(shown) == 4
    for result in shown:
        assert result.source.kind == "predicted"
        for name, quantity in result.values.items():
            assert TERMS[name].unit == quantity.unit


# ------------------------------------------------------------------------------------------- files


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a run with two currents, and its page."""
    folder = tmp_path_factory.mktemp("simulated")
    done = Simulation(SYSTEM, (SLOW, FAST), grains="parabolic").carried_out()
    from thiocell.report.simulation import write

    return folder, done.to_json(), write(done, folder)


def test_the_bdf_table_is_valid_marked_virtual_and_gives_the_printed_capacity_back(written):
    folder, page, files = written
    file = folder / "200_mA_g.bdf.csv"
    assert file in files
    assert bdf.check(file) == []
    assert file.read_text().startswith("Test Time / s,Voltage / V,Current / A,")
    (record,) = read(file)
    assert record.source.virtual
    assert record["current"][0] > 0.0  # the charge comes first, and is positive
    sample = Sample("s", facts={"mass": Fact(Quantity(4.0, "mg", 0.0), Source("measured"))})
    again = Cycling(reference="Li-In").analyse({"main": record}, sample)
    one = values(page, FAST)
    assert again["discharge_capacity"].value == pytest.approx(one["discharge_capacity"], rel=1e-3)
    assert again["mean_discharge_voltage"].value == pytest.approx(one["mean_discharge_voltage"], abs=5e-3)
    assert again["discharge_current"].value == pytest.approx(200.0, rel=1e-6)


def test_the_energy_is_the_integral_of_the_rows(written):
    folder, page, _ = written
    for name, stem in ((SLOW, "25_mA_g"), (FAST, "200_mA_g")):
        (record,) = read(folder / f"{stem}.bdf.csv")
        on = record["current"] < 0.0
        power = -(record["voltage"][on] + LI_IN) * record["current"][on]
        energy = float(np.trapezoid(power, record["time"][on])) / 4e-6 * PER_GRAM
        # some 300 rows by the trapezoid rule: the fall in the first seconds is cut by a chord
        assert energy == pytest.approx(values(page, name)["discharge_energy"], rel=3e-3)


def test_the_figure_has_labelled_axes_all_currents_and_the_virtual_mark(written):
    folder, _, files = written
    file = folder / "figures" / "simulation.svg"
    assert file in files
    text = file.read_text()
    for word in ("Capacity / mAh g⁻¹", "Voltage vs Li / V", "Mean power", "Wh kg⁻¹", SLOW, FAST, "virtual data"):
        assert word in text


def test_the_lines_of_the_figure_end_at_the_printed_capacity_and_the_cut_off():
    done = Simulation(SYSTEM, (SLOW, FAST)).carried_out()
    curves, points = done.summary.drawing.panels
    for line, point in zip(curves.layers, points.layers, strict=True):
        one = values(done.to_json(), line.label)
        assert line.x[0] == 0.0
        assert line.x[-1] == pytest.approx(one["discharge_capacity"], rel=1e-6)
        assert line.y[-1] == pytest.approx(LI_IN, abs=1e-6)
        assert (point.x[0], point.y[0]) == pytest.approx((one["discharge_power"], one["discharge_energy"]), rel=1e-9)


def test_files_are_written_where_asked_and_by_json_only_if_asked(thiocell, tmp_path):
    _, out, _ = thiocell(SYSTEM, "--current", FAST, "--json")
    page = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert set(page) == {"simulation", "kind", "results", "assumed", "doubts", "files"}
    assert (page["kind"], page["files"]) == ("predicted", [])
    assert {entry["kind"] for entry in page["results"][FAST]["values"].values()} == {"predicted"}
    assert list(tmp_path.iterdir()) == []
    _, out, _ = thiocell(SYSTEM, "--current", FAST, "--json", "--out", "here")
    files = json.loads(out)["files"]
    assert files == ["here/report.html", "here/figures/simulation.svg", "here/200_mA_g.bdf.csv"]
    assert all(Path(file).is_file() for file in files)
    _, out, _ = thiocell(SYSTEM, "--current", FAST)
    assert out.splitlines()[-1].startswith("written: simulated/report.html, ")
    assert (tmp_path / "simulated" / "200_mA_g.bdf.csv").is_file()


# ------------------------------------------------------------------------------------------- what is assumed


def test_what_is_assumed_is_told(thiocell):
    _, out, _ = thiocell(SYSTEM, "--current", "100 mA/g")
    assert "Recipe assumed, the system's example: x = 0.2, y = 0.15" in out
    assert "mass = 4 mg, area = 0.7854 cm2, thickness = 30 um" in out
    assert "charged at 100 mA/g before each discharge" in out
    assert "the sample does not tell separator_conductivity" in " ".join(out.split())
    told = ("mass=4 mg", "area=0.7854 cm2", "thickness=30 um", "separator_resistance=540 ohm cm2")
    words = [word for fact in told for word in ("--fact", fact)]
    _, out, _ = thiocell(f"{SYSTEM}: x=0.20, y=0.15", "--current", "100 mA/g", *words)
    assert "recipe assumed" not in out.casefold()
    assert "shape" not in out.casefold()
    assert "separator_conductivity" not in out


def test_a_heavier_cathode_is_assumed_as_dense_as_the_usual_one():
    done = Simulation(SYSTEM, (SLOW,), facts=("mass=8 mg",)).carried_out()
    sample = done.run.outcomes["simulation"].sample
    assert sample["thickness"].value == pytest.approx(60.0)
    assert sample.facts["thickness"].source.kind == "assumed"
    assert sample.facts["mass"].source.kind != "assumed"


def test_the_charge_before_goes_at_the_smallest_current_in_any_order_or_as_told():
    first = Simulation(SYSTEM, (SLOW, FAST)).carried_out()
    turned = Simulation(SYSTEM, (FAST, SLOW)).carried_out()
    assert turned.to_json()["results"] == first.to_json()["results"]
    assert list(turned.shown) == [FAST, SLOW]
    assert any("charged at 25 mA/g, the smallest of the currents, before" in sentence for sentence in turned.told)
    told = Simulation(SYSTEM, (FAST,), charge=SLOW).carried_out()
    fast = Simulation(SYSTEM, (SLOW, FAST), charge=FAST).carried_out()
    at_slow = values(first.to_json(), FAST)["discharge_capacity"]
    assert values(told.to_json(), FAST)["discharge_capacity"] == pytest.approx(at_slow, rel=1e-9)
    assert values(fast.to_json(), FAST)["discharge_capacity"] < 0.9 * at_slow
    assert not any("smallest" in sentence for page in (told, fast) for sentence in page.told)
    charged = told.records[FAST]
    assert charged["current"][0] == pytest.approx(25.0 * 4e-6)
    assert not any("not full" in doubt for doubt in first.summary.doubts)
    assert any("not full" in doubt for doubt in fast.summary.doubts)


def test_a_rate_counts_the_charge_between_the_ends_of_all_couples():
    cell = parameters(frame(told()))
    milliamperes = 1e3 * cell.charge * cell.area / 3600.0
    by_rate = Simulation(SYSTEM, ("C/10",), charge="0.05C").carried_out()
    of_cell = Simulation(SYSTEM, (f"{milliamperes / 10!r} mA",), charge=f"{milliamperes / 20!r} mA").carried_out()
    (here,), (there,) = (list(page.shown.values()) for page in (by_rate, of_cell))
    for name, quantity in here.result.values.items():
        assert quantity.value == pytest.approx(there.result[name].value, rel=1e-9)
    assert any(f"1 C is {milliamperes:.4g} mA" in sentence for sentence in by_rate.told)
    assert list(Simulation(SYSTEM, ("0.1 C",), charge="C / 20").carried_out().shown) == ["0.1 C"]


def test_a_cell_that_starts_charged_is_not_charged_again():
    done = Simulation(SYSTEM, (SLOW,), start="charged").carried_out()
    assert (done.records[SLOW]["current"] <= 0.0).all()
    cell = parameters(frame(told()))
    course = solve([cell], charged_state(cell), galvanostatic(1e-4)[1:])[0]
    capacity = values(done.to_json(), SLOW)["discharge_capacity"]
    assert capacity == pytest.approx(course.charge[0] / cell.mass * PER_GRAM, rel=1e-4)  # rows do not steer the solver


def test_a_fact_of_a_couple_that_does_not_count_is_doubted():
    done = Simulation(SYSTEM, (SLOW,), facts=("iodide_slope=0.1 V",)).carried_out()
    assert any("iodide_slope had no effect" in doubt for doubt in done.summary.doubts)


# ------------------------------------------------------------------------------------------- steps


def test_steps_follow_one_another_in_one_record(thiocell):
    code, out, err = thiocell(SYSTEM, *[word for step in CYCLE for word in ("--step", step)])
    assert (code, err) == (0, "")
    assert "simulated/simulation.bdf.csv" in out
    done = Simulation(SYSTEM, steps=CYCLE).carried_out()
    pages = [values(done.to_json(), name) for name in done.shown]
    assert list(done.ended.values()) == ["0 V", "1 h", "3 V"]
    assert [("discharge_capacity" in page, "charge_capacity" in page) for page in pages] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    record = done.records["simulation"]
    assert record["time"][-1] / 3600.0 == pytest.approx(sum(page["duration"] for page in pages), rel=1e-9)
    assert (np.diff(record["time"]) >= 0.0).all()
    cell = parameters(frame(told()))
    assert record["current"][-1] == pytest.approx(cell.charge * cell.area / 3600.0 / 20.0, rel=1e-9)  # C/20
    assert any("starts at rest, charged" in sentence for sentence in done.told)  # it discharges first
    current = done.summary.drawing.panels[1].layers[0]
    assert current.y[0] == pytest.approx(-100.0)


def test_a_step_that_comes_to_a_cut_off_before_its_end_is_an_error(thiocell):
    steps = ("Discharge at 100 mA/g for 1 hour", "Discharge at 100 mA/g for 9 hours", "Rest for 1 hour")
    code, out, err = thiocell(SYSTEM, *[word for step in steps for word in ("--step", step)])
    assert code == 2
    assert "step 2 Discharge at 100 mA/g for 9 hours: it failed: after 3.463 h it came to the cell's lower" in err
    assert [line.split()[-1] for line in out.splitlines() if line[:2] in ("2 ", "3 ")] == ["failed", "skipped"]
    assert "simulation.bdf.csv" not in out  # half a protocol is no record


def test_a_step_past_the_cut_offs_by_its_own_words_is_doubted():
    steps = ("Discharge at 25 mA/g until 0.1 V",)
    done = Simulation(SYSTEM, steps=steps, facts=("lower_cutoff=0.5 V",)).carried_out()
    assert any("step 1 runs from 0.1 to" in doubt for doubt in done.summary.doubts)


# ------------------------------------------------------------------------------------------- errors


BAD = {
    "unknown system": (("nope", "--current", SLOW), "there is no system 'nope'; there are li2s_lii_mos2"),
    "nothing to do": ((SYSTEM,), "tell either currents"),
    "two things to do": ((SYSTEM, "--current", SLOW, "--step", CYCLE[0]), "tell either currents"),
    "missing number": ((f"{SYSTEM}: x=0.2", "--current", SLOW), "lacks y; it needs x, y"),
    "no numbers": ((f"{SYSTEM}:", "--current", SLOW), "lacks x, y"),
    "unknown number": ((f"{SYSTEM}: x=0.2, y=0.1, z=1", "--current", SLOW), "has z; it may have x, y"),
    "number out of bounds": ((f"{SYSTEM}: x=2, y=0.1", "--current", SLOW), "must lie between 0 and 1"),
    "number that is none": ((f"{SYSTEM}: x=a, y=0.1", "--current", SLOW), "x of the recipe is 'a'"),
    "recipe without its colon": ((f"{SYSTEM} x=0.2, y=0.1", "--current", SLOW), "with the colon"),
    "recipe without commas": ((f"{SYSTEM}: x=0.2 y=0.1", "--current", SLOW), "with commas between several"),
    "recipe without Li2S": ((f"{SYSTEM}: x=1, y=0.1", "--current", SLOW), "no Li2S to charge"),
    "current of a wrong unit": ((SYSTEM, "--current", "100 V"), "'100 V' is no current; write it like '100 mA/g'"),
    "current without a unit": ((SYSTEM, "--current", "100"), "'100' is no current; write it like '100 mA/g'"),
    "current that is none": ((SYSTEM, "--current", "C/fast"), "'C/fast' is no current"),
    "rate by nothing": ((SYSTEM, "--current", "C/0"), "'C/0' is no current"),
    "no rate": ((SYSTEM, "--current", "0C"), "must be greater than zero"),
    "negative rate": ((SYSTEM, "--current=-C/10"), "'C/20', without a sign"),
    "no current": ((SYSTEM, "--current", "0 mA/g"), "must be greater than zero"),
    "negative current": ((SYSTEM, "--current=-3 mA/g"), "must be greater than zero"),
    "current twice": ((SYSTEM, "--current", SLOW, "--current", SLOW), "is given twice"),
    "current that cannot start": ((SYSTEM, "--current", "5000 mA/g"), "costs 15.6 V in the separator of 779 Ohm"),
    "huge current": ((SYSTEM, "--current", "1e300 mA/g"), "the charge at 1e300 mA/g cannot start"),
    "next to no current": (
        (SYSTEM, "--current", "1e-9 mA/g", "--current", SLOW),
        "would take 6.7e+11 hours for the charge of the cell, and the model takes more than 10,000 for none",
    ),
    "charge that cannot start": (
        (SYSTEM, "--current", SLOW, "--current", FAST, "--charge", "5 A/g"),
        "the charge at 5 A/g cannot start",
    ),
    "bad charge": ((SYSTEM, "--current", SLOW, "--charge", "0 mA"), "must be greater than zero"),
    "charge of nothing": ((SYSTEM, "--step", CYCLE[0], "--charge", SLOW), "no charge to go with"),
    "malformed step": ((SYSTEM, "--step", "Jump at 3 V"), "step 'Jump at 3 V': it is no step"),
    "step that cannot start": ((SYSTEM, "--step", "Discharge at 9 A/g until 0 V"), "step 1 cannot start"),
    "unknown fact": (
        (SYSTEM, "--current", SLOW, "--fact", "colour=3"),
        "no fact 'colour'; 'thiocell list cell' shows all",
    ),
    "misspelt fact": (
        (SYSTEM, "--current", SLOW, "--fact", "seperator_resistance=3"),
        "perhaps you mean separator_resistance",
    ),
    "fact with a comma": ((SYSTEM, "--current", SLOW, "--fact", "mass=4,0 mg"), "a decimal point, not a comma"),
    "fact twice": ((SYSTEM, "--current", SLOW, "--fact", "mass=4 mg", "--fact", "mass=5 mg"), "given twice"),
    "no fact": ((SYSTEM, "--current", SLOW, "--fact", "mass"), "'mass' is not NAME=VALUE"),
    "fact of a wrong unit": ((SYSTEM, "--current", SLOW, "--fact", "mass=4 V"), "write it in 'mg'"),
    "fact that is none": ((SYSTEM, "--current", SLOW, "--fact", "mass=much"), "mass 'much'"),
    "fact out of bounds": ((SYSTEM, "--current", SLOW, "--fact", "separator_porosity=0.95"), "between 0 and 0.9"),
    "too thin": ((SYSTEM, "--current", SLOW, "--fact", "thickness=10 um"), "its solid alone needs 19.6"),
    "crossed cut-offs": ((SYSTEM, "--current", SLOW, "--fact", "lower_cutoff=3.5 V"), "the cut-offs are crossed"),
    "no conductivity": (
        ("s_mo6s8", "--current", SLOW),
        "no default for electronic_conductivity, ionic_conductivity, molybdenum_potential, molybdenum_slope; tell",
    ),
    "no electrons": (("li2s_v2s3_lii", "--current", SLOW), "the electrons of V2S3 are not known and no number"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_and_code_2(thiocell, tmp_path, case):
    words, needle = BAD[case]
    code, out, err = thiocell(*words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert len(err.strip().splitlines()) == 1
    assert needle in err.replace("778.9 Ohm", "779 Ohm").replace("19.57", "19.6")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("recipe", ["s_mo6s8", "li2s_v2s3_lii", f"{SYSTEM}: x=0.2, y=0", "li2s_v2s3_lii: x=0.1, y=0"])
def test_what_a_cell_lacks_can_be_pasted_from_the_error_and_then_it_runs(thiocell, recipe):
    code, _, err = thiocell(recipe, "--current", SLOW)
    pasted = re.findall(r'--fact "([^"]+)"', err)
    assert code == 2
    assert len(pasted) >= 2
    words = [word for fact in pasted for word in ("--fact", fact)]
    code, out, err = thiocell(recipe, "--current", SLOW, "--json", *words)
    assert (code, err) == (0, "")
    capacity = values(json.loads(out), SLOW)["discharge_capacity"]
    sample, _ = sample_of(recipe, pasted)
    assert 100.0 < capacity < properties(sample)["capacity_total"].value  # mAh/g; no cell gives more than is counted


def test_a_current_that_cannot_start_leaves_the_others_standing(thiocell):
    code, out, err = thiocell(SYSTEM, "--current", "900 mA/g", "--current", SLOW, "--charge", SLOW)
    assert code == 2
    assert err.count("error: ") == 1
    assert "900 mA/g: the discharge failed: the current cannot start" in err
    rows = [line for line in out.splitlines() if "mA/g  " in line]
    assert [row.split()[-1] for row in rows] == ["failed", "V"]
    assert "25_mA_g.bdf.csv" in out
    assert "900_mA_g" not in out
    code, out, _ = thiocell(SYSTEM, "--current", "900 mA/g", "--current", SLOW, "--charge", SLOW, "--json")
    page = json.loads(out)
    assert code == 2
    assert "cannot start" in page["results"]["900 mA/g"]["error"]
    assert values(page, SLOW)["discharge_capacity"] > 100.0


def test_a_solver_that_breaks_is_told_with_code_3_and_the_others_come_back(thiocell, monkeypatch):
    def broken(*words, **settings):
        first, *others = solve(*words, **settings)
        return (dataclasses.replace(first, fared=Fared.TOO_SMALL, failed_step=1), *others)

    monkeypatch.setattr(virtual_cell, "solve", broken)
    code, out, err = thiocell(SYSTEM, "--current", FAST, "--current", SLOW)
    assert code == 3
    assert err == "error: 200 mA/g: the discharge failed: the solver's steps became too short to go on\n"
    assert "25_mA_g.bdf.csv" in out
    assert "200_mA_g" not in out


def test_a_simulation_without_a_sound_recipe_raises_bad_input():
    with pytest.raises(BadInput, match="electrons of V2S3"):
        Simulation("li2s_v2s3_lii", (SLOW,)).carried_out()


# ------------------------------------------------------------------------------------------- sigmas

OHMS, MASS = "separator_resistance=240(30) ohm*cm**2", "mass=4.0(1) mg"
EXACT = "anode_potential=0.62(0) V"  # the default carries a sigma


def one(simulation: Simulation) -> Result:
    (outcome,) = simulation.carried_out().shown.values()
    return outcome.result


def test_the_sigma_of_the_mean_voltage_is_what_ohms_law_makes_of_the_separator_s():
    step = "Discharge at 20 mA/g for 5 hours"
    result = one(Simulation(SYSTEM, steps=(step,), facts=(OHMS, EXACT)))
    ohmic = 30.0 * 20e-3 * 4e-3 / 0.7854  # Ohm cm2 times A/cm2
    assert result["mean_discharge_voltage"].sigma == pytest.approx(ohmic, rel=1e-3)  # the solver's own tolerance
    assert result.parts["mean_discharge_voltage"]["separator_resistance"] == pytest.approx(-ohmic, rel=1e-3)
    assert result["discharge_energy"].sigma == pytest.approx(ohmic * 100.0, rel=1e-3)  # of 100 mAh/g
    assert result["discharge_capacity"].sigma == 0.0  # the time and the current tell it
    assert result["duration"].sigma == 0.0


def test_a_current_of_the_cell_makes_the_mass_uncertain_and_one_by_mass_does_not():
    of_cell, by_mass = (
        one(Simulation(SYSTEM, steps=(f"Discharge at {level} for 5 hours",), facts=(MASS, EXACT)))["discharge_capacity"]
        for level in ("0.08 mA", "20 mA/g")
    )
    assert (of_cell.value, by_mass.value) == (pytest.approx(100.0, rel=1e-4), pytest.approx(100.0, rel=1e-4))  # mAh/g
    assert of_cell.sigma == pytest.approx(100.0 * 0.1 / 4.0, rel=1e-3)  # 1/m is a straight line to 6e-4
    assert by_mass.sigma == 0.0


def test_each_part_is_half_of_what_two_simulations_one_sigma_apart_differ_by_and_the_parts_make_the_sigma():
    result = one(Simulation(SYSTEM, (FAST,), facts=(OHMS, MASS, EXACT)))
    moved = {
        "separator_resistance": [f"separator_resistance={ohm} ohm*cm**2" for ohm in (270.0, 210.0)],
        "mass": ["mass=4.1 mg", "mass=3.9 mg"],
    }
    plain = {"separator_resistance": "separator_resistance=240 ohm*cm**2", "mass": "mass=4.0 mg"}
    shape = ("thickness=30 um", EXACT)
    for name, sides in moved.items():
        rest = [fact for other, fact in plain.items() if other != name]
        up, down = (one(Simulation(SYSTEM, (FAST,), facts=(fact, *rest, *shape))) for fact in sides)
        for word in ("discharge_capacity", "discharge_energy", "mean_discharge_voltage", "discharge_power"):
            half = (up[word].value - down[word].value) / 2.0
            assert result.parts[word][name] == pytest.approx(half, rel=1e-9)
    for word, quantity in result.values.items():
        assert set(result.parts[word]) == {"separator_resistance", "mass"}
        assert quantity.sigma == pytest.approx(np.hypot(*result.parts[word].values()), rel=1e-12)
    assert result["discharge_capacity"].sigma > 1.0  # mAh/g


def test_the_defaults_that_have_a_sigma_count_and_a_fact_without_one_is_said_to_be_held_exact():
    done = Simulation(SYSTEM, (SLOW,), facts=("area=0.7854 cm**2",)).carried_out()
    result = done.shown[SLOW].result
    assert set(result.parts["end_voltage"]) == {LI_IN_ORIGIN}
    assert result["end_voltage"].sigma == pytest.approx(0.003, rel=1e-6)  # V, that of In-InLi against Li
    # a cut-off is against the anode, and so is the scale: what moves is where on the couples the cut-off lies
    assert 0.0 < result["mean_discharge_voltage_li_in"].sigma < 0.003
    assert done.summary.doubts[-1].startswith("each ± is one standard uncertainty from anode_potential (default) alone")
    assert (
        "held exact (area too, told without a sigma), and the model's own error is not in it" in done.summary.doubts[-1]
    )
    page = done.to_json()["results"][SLOW]
    assert page["values"]["discharge_energy"]["sigma"] == pytest.approx(
        abs(page["parts"]["discharge_energy"][LI_IN_ORIGIN])
    )
    bare = Simulation(SYSTEM, (SLOW,), facts=(EXACT,)).carried_out()
    assert not bare.shown[SLOW].result["discharge_energy"].known
    assert bare.summary.doubts[-1].startswith("no number has an uncertainty")


def test_a_number_of_the_recipe_may_have_a_sigma():
    result = one(Simulation(f"{SYSTEM}: x=0.20(1), y=0.15", (SLOW,), facts=(EXACT,)))
    up, down = (one(Simulation(f"{SYSTEM}: x={x}, y=0.15", (SLOW,), facts=(EXACT,))) for x in (0.21, 0.19))
    half = (up["discharge_capacity"].value - down["discharge_capacity"].value) / 2.0
    assert result.parts["discharge_capacity"] == {"recipe.x": pytest.approx(half, rel=1e-9)}
    assert half < -5.0  # mAh/g: LiI takes room and gives nothing


def test_a_side_that_is_no_cell_or_of_another_layout_leaves_the_other_side_and_a_doubt():
    facts = ("separator_porosity=0.05(10)", "sulfur_hysteresis=0.00(5) V", EXACT)
    done = Simulation(SYSTEM, (SLOW,), facts=facts).carried_out()
    result = done.shown[SLOW].result
    up = one(Simulation(SYSTEM, (SLOW,), facts=("separator_porosity=0.15", "sulfur_hysteresis=0 V", EXACT)))
    step = up["discharge_capacity"].value - result["discharge_capacity"].value
    assert result.parts["discharge_capacity"]["separator_porosity"] == pytest.approx(step, rel=1e-9)
    bent = one(Simulation(SYSTEM, (SLOW,), facts=("separator_porosity=0.05", "sulfur_hysteresis=0.05 V", EXACT)))
    step = bent["discharge_capacity"].value - result["discharge_capacity"].value
    assert result.parts["discharge_capacity"]["sulfur_hysteresis"] == pytest.approx(step, rel=1e-9)
    for name in ("separator_porosity", "sulfur_hysteresis"):
        assert any(doubt.startswith(f"{SLOW}: one sigma of {name} up does not") for doubt in done.summary.doubts)


def test_all_currents_of_all_moved_cells_are_one_call_of_the_solver(monkeypatch):
    asked = []

    def counted(cells, *words, **settings):
        asked.append(len(cells))
        return solve(cells, *words, **settings)

    monkeypatch.setattr(virtual_cell, "solve", counted)
    Simulation(SYSTEM, (SLOW, FAST), facts=(OHMS, MASS, EXACT)).carried_out()
    assert asked == [2 * (1 + 2 * 2)]


def test_the_points_of_the_figure_carry_the_sigmas():
    done = Simulation(SYSTEM, (SLOW, FAST), facts=(OHMS,)).carried_out()
    panel = done.summary.drawing.panels[1]
    for point in panel.layers:
        result = done.shown[point.label].result
        assert panel.x.low < point.x[0] < panel.x.high  # none lies on the frame
        assert panel.y.low < point.y[0] < panel.y.high
        assert point.sigma_x == pytest.approx([result["discharge_power"].sigma])
        assert point.sigma_y == pytest.approx([result["discharge_energy"].sigma])
