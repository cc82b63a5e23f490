"""Steps of potential: diffusivities that are there, and those that are refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from thiocell.chemistry import properties
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.physics.slab_fit import cottrell_windows
from thiocell.physics.slab_step import slab_step
from thiocell.readers import columns
from thiocell.techniques.potential_step import PotentialStep

TECHNIQUE = PotentialStep()
FACTS = {"thickness": "30.0(3) um", "area": "1.0(0) cm**2"}
CATHODE = Sample("cathode", facts={n: Fact(Quantity.parse(t), Source("measured")) for n, t in FACTS.items()})


def stepped(ratio, across=3000.0, long=7200.0, noise=1e-3, spoil=lambda _, i: i, sign=1.0):
    """A record of a rest and a step; 1 C goes in at last."""
    time = np.geomspace(0.05, long, 600)
    current = spoil(time, slab_step(time, 1.0, across, ratio).current)
    current = sign * current * (1 + noise * np.random.default_rng(8).normal(size=time.size))
    rest = np.linspace(0, 60, 13)
    table = {
        "time": Column(np.append(rest, 60 + time), "s"),
        "voltage": Column(np.append(np.full(13, 1.0), np.full(600, 3.0)), "V"),
        "current": Column(np.append(np.zeros(13), current), "A"),
    }
    return {"main": Record("step", "potential_step", table, Source("measured", place="made up"))}


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_slab_s_numbers_come_back_whatever_the_sign(sign):
    found = TECHNIQUE.analyse(stepped(20.0, sign=sign), CATHODE)
    assert found["diffusivity"].to("m**2/s").value == pytest.approx(9e-10 / 3000, rel=5e-3)
    assert found["diffusion_ratio"].value == pytest.approx(20.0, rel=5e-3)
    assert found["charge"].to("C").value == pytest.approx(1.0, rel=5e-3)
    assert found["series_resistance"].value == pytest.approx(2.0 / (20.0 / 3000), rel=5e-3)


def test_cottrell_s_window_is_right_where_nothing_resists_and_refused_where_much_does():
    free = TECHNIQUE.analyse(stepped(1000.0), CATHODE)
    assert free["cottrell_diffusivity"].to("m**2/s").value == pytest.approx(9e-10 / 3000, rel=0.05)
    resisted = TECHNIQUE.analyse(stepped(5.0), CATHODE)
    assert "cottrell_diffusivity" not in resisted.values
    assert any("no window is limited by diffusion" in doubt for doubt in resisted.doubts)
    # the slab sees through the resistance
    assert resisted["diffusivity"].to("m**2/s").value == pytest.approx(9e-10 / 3000, rel=0.02)


def test_every_window_that_counts_as_limited_is_right_within_a_tenth():
    time = np.geomspace(0.1, 6000, 400)
    for ratio in (20.0, 50.0, 200.0):
        windows = cottrell_windows(time, slab_step(time, 1.0, 3000.0, ratio).current)
        found = np.pi * windows.slope[windows.limited] ** 2 * 3000.0
        assert np.all(np.abs(found - 1) < 0.12), ratio


def test_no_diffusivity_is_given_where_resistance_rules_or_the_record_is_short():
    resisted = TECHNIQUE.analyse(stepped(0.05), CATHODE)
    assert not {"diffusivity", "cottrell_diffusivity", "ionic_conductivity"} & set(resisted.values)
    assert any("times that of diffusion" in doubt for doubt in resisted.doubts)
    short = TECHNIQUE.analyse(stepped(3.0, across=1e7, noise=1e-2), CATHODE)
    assert "diffusivity" not in short.values


def test_a_double_layer_and_a_switch_of_range_are_left_out_and_told():
    def double_layer(t, i):
        return i + 0.05 * np.exp(-t / 2.0)

    found = TECHNIQUE.analyse(stepped(20.0, spoil=double_layer), CATHODE)
    assert any("do not follow the slab (double layer" in doubt for doubt in found.doubts)
    assert found["diffusivity"].to("m**2/s").value == pytest.approx(9e-10 / 3000, rel=0.02)

    def switch(t, i):
        return np.where(np.arange(t.size) == 300, 2 * i, i)

    found = TECHNIQUE.analyse(stepped(20.0, spoil=switch), CATHODE)
    assert any("1 rows stand off from their neighbours" in doubt for doubt in found.doubts)
    assert found["diffusion_ratio"].value == pytest.approx(20.0, rel=5e-3)


def test_conductivities_need_a_concentration_and_go_with_and_against_it():
    told = [PotentialStep(concentration=Quantity.parse(f"{c} mol/cm**3")) for c in ("0.03(0)", "0.06(0)")]
    one, two = (each.analyse(stepped(500.0), CATHODE) for each in told)
    assert two["ionic_conductivity"].value == pytest.approx(2 * one["ionic_conductivity"].value, rel=1e-6)
    assert two["cottrell_conductivity"].value == pytest.approx(0.5 * one["cottrell_conductivity"].value, rel=1e-6)
    by_hand = 0.03e6 * 96485.33**2 * one["diffusivity"].to("m**2/s").value / (8.314463 * 298.15)
    assert one["ionic_conductivity"].to("S/m").value == pytest.approx(by_hand, rel=1e-6)
    assert "ionic_conductivity" not in TECHNIQUE.analyse(stepped(500.0), CATHODE).values
    bare = Sample("bare", facts={"thickness": CATHODE.facts["thickness"]})
    with pytest.raises(BadInput, match="area"):
        told[0].analyse(stepped(500.0), bare)


def test_a_real_step_is_read_and_says_what_it_is_not(data_dir):
    """A chronoamperogram of a solution on a disc: its convection and edge are no slab's, and that is told."""
    there = {
        "time": {"column": "Corrected time (s)", "unit": "s"},
        "voltage": {"column": "WE(1).Potential (V)", "unit": "V"},
        "current": {"column": 3, "unit": "A"},
    }
    path = data_dir / "echem" / "step_DMAB_120s_CA.xlsx"
    (record,) = columns.read(path, there, {"kind": "potential_step"})
    found = TECHNIQUE.analyse({"main": record}, CATHODE)
    assert found.source.kind == "measured"
    for text in ("a switch of range", "there is no diffusivity", "not the right law"):
        assert any(text in doubt for doubt in found.doubts), text
    windows = found.curves["windows"]
    t, i = record["time"], np.abs(record["current"])
    # by hand from the rows: the last windows are short, so that even rows and bins even in ln t weigh alike
    late = np.flatnonzero(windows["first"] > 80.0)
    assert late.size
    for k in late:
        rows = (t >= windows["first"][k]) & (t <= windows["last"][k]) & (i > 0)
        slope, _ = np.polyfit(np.log(t[rows]), np.log(i[rows]), 1)
        assert windows["exponent"][k] == pytest.approx(slope, abs=0.02)
        assert windows["slope"][k] == pytest.approx(np.mean(i[rows] * np.sqrt(t[rows])), rel=0.005)


def test_a_step_of_the_cell_model_gives_straight_plots_and_no_diffusivity():
    """What limits the model's current is its resistance, and at last its charge; straight Cottrell plots there are all
    the same, and the conductivity they mean hardly moves when that of the model is ten times what it was."""
    facts = {"mass": "4.0(0) mg", "area": "0.7854(0) cm**2", "thickness": "30.0(0) um"}
    known = {n: Fact(Quantity.parse(t), Source("measured")) for n, t in facts.items()}
    recipe = {"x": Quantity.exact(0.2), "y": Quantity.exact(0.15)}
    sample = Sample("best", "li2s_lii_mos2", recipe, known)
    sample = sample.with_facts({n: Fact(q, Source("derived")) for n, q in properties(sample).values.items()} | known)
    technique = PotentialStep(law="cell", concentration=Quantity.exact(0.0377, "mol/cm**3"))
    found = []
    for ionic in ("1e-4 S/cm", "1e-3 S/cm"):
        records = technique.predict({"ionic_conductivity": Quantity.parse(ionic)}, sample, np.random.default_rng(1))
        result = technique.analyse(records, sample)
        assert result.source.kind == "predicted"
        assert not {"diffusivity", "cottrell_diffusivity"} & set(result.values)
        assert any("no window is limited by diffusion" in doubt for doubt in result.doubts)
        found.append(result["straight_conductivity_most"].value)
    assert found[1] < 2 * found[0]


def test_even_where_diffusion_limits_a_straight_plot_alone_misleads():
    """The end of the slab bends the plot into another straight line, three times as steep in D."""
    truth = {"diffusivity": "1e-9 cm**2/s", "diffusion_ratio": "1000", "charge": "1 mAh"}
    step = TECHNIQUE.predict({word: Quantity.parse(text) for word, text in truth.items()}, CATHODE)
    result = TECHNIQUE.analyse(step, CATHODE)
    assert result["cottrell_diffusivity"].value == pytest.approx(1e-9, rel=0.1)
    assert result["straight_least"].value < 1e-9 < 2e-9 < result["straight_most"].value
    assert any("a straight plot alone says nothing" in doubt for doubt in result.doubts)


@pytest.mark.parametrize("ratio", ["3", "100", "1000"])
def test_a_record_that_ends_before_the_slab_s_end_is_felt_sets_no_diffusivity(ratio):
    """45 s of 450: charge and time are a valley along which the current stays the same."""
    truth = {"diffusivity": "2e-8 cm**2/s", "diffusion_ratio": ratio, "charge": "4 mAh"}
    technique = dataclasses.replace(TECHNIQUE, duration=Quantity.exact(45.0, "s"))
    for seed in range(7):
        step = technique.predict(
            {word: Quantity.parse(text) for word, text in truth.items()}, CATHODE, np.random.default_rng(seed)
        )
        result = technique.analyse(step, CATHODE)
        assert not {"diffusivity", "cottrell_diffusivity"} & set(result.values)
        assert any("before the slab's end is felt" in doubt for doubt in result.doubts)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("concentration", "0 mol/cm**3"), ("charge_number", 0), ("temperature", "-300 degC"), ("cut", "-5 s")],
)
def test_settings_that_mean_nothing_are_bad_input(setting, value):
    told = Quantity.parse(value) if isinstance(value, str) else value
    technique = dataclasses.replace(TECHNIQUE, **{setting: told})
    with pytest.raises(BadInput, match=setting):
        technique.analyse(stepped(500.0), CATHODE)


def recorded(time, voltage, current) -> dict[str, Record]:
    columns = {"time": Column(time, "s"), "voltage": Column(voltage, "V"), "current": Column(current, "A")}
    return {"main": Record("step", "potential_step", columns, Source("measured", place="made up"))}


@pytest.mark.parametrize("begun", ["without a row before it", "30 s after the last row", "0.3 s after the last row"])
@pytest.mark.parametrize("every", [None, 5.0])
def test_the_moment_of_the_step_is_found_where_no_row_tells_it(begun, every):
    """450 s across; an error of 5 s of the moment alone would put D off by a fifth."""
    time = np.geomspace(1e-3, 900.0, 400) if every is None else np.arange(every, 900.0, every)
    current = slab_step(time, 14.4, 450.0, 20.0).current
    current = current * (1 + 1e-3 * np.random.default_rng(2).normal(size=time.size))
    late = 30.0 if begun.startswith("30") else 0.3
    before = np.arange(0.0, 601.0, 60.0) if begun[0].isdigit() else np.zeros(0)
    start = before[-1] + late if before.size else 0.0
    record = recorded(
        np.append(before, start + time),
        np.append(np.full(before.size, 2.0), np.full(time.size, 3.0)),
        np.append(np.zeros(before.size), current),
    )
    result = TECHNIQUE.analyse(record, CATHODE)
    diffusivity, truth = result["diffusivity"], 9e-6 / 450.0
    assert abs(diffusivity.value - truth) < 3 * diffusivity.sigma
    assert diffusivity.sigma < 0.1 * truth
    assert any("no row lies before the step" in doubt for doubt in result.doubts) == (not before.size)


@pytest.mark.parametrize(("rest", "first"), [(0.01, 0.1), (0.5, 0.1), (0.9, 1.0), (None, 2.0)])
def test_noise_that_stays_the_same_spoils_nothing(rest, first):
    """0.1 uA of a current that falls from 160 mA to less: 1800 s across, four times as long."""
    time = np.unique(np.concatenate([np.arange(first, 60, 0.5), np.arange(60, 7200, 5.0)]))
    current = slab_step(time, 7.2, 1800.0, 40.0).current + 1e-7 * np.random.default_rng(3).normal(size=time.size)
    before = np.zeros(0) if rest is None else 60.0 - rest - np.arange(20)[::-1]
    start = 60.0 if before.size else 0.0
    volts = np.append(np.ones(before.size), np.full(time.size, 2.0))
    record = recorded(np.append(before, start + time), volts, np.append(np.zeros(before.size), current))
    result = TECHNIQUE.analyse(record, CATHODE)
    for word, truth in (("diffusivity", 9e-6 / 1800.0), ("diffusion_ratio", 40.0)):
        assert abs(result[word].value - truth) < 3 * result[word].sigma, word
    assert abs(result["charge"].to("C").value - 7.2) < 3 * result["charge"].to("C").sigma
    assert not any("a switch of range" in doubt or "changes its sign" in doubt for doubt in result.doubts)


def test_a_leak_below_the_limit_of_refusal_widens_the_sigmas():
    result = TECHNIQUE.analyse(stepped(20.0, across=450.0, long=900.0, spoil=lambda _, i: i + 1e-3 * i[0]), CATHODE)
    if "charge" in result.values:
        assert abs(result["charge"].to("C").value - 1.0) < 3 * result["charge"].to("C").sigma
        assert any("a leak, or another" in doubt for doubt in result.doubts)


def test_a_law_that_misses_gives_no_diffusivity():
    result = TECHNIQUE.analyse(stepped(20.0, across=450.0, long=900.0, spoil=lambda _, i: i + 0.01 * i[0]), CATHODE)
    assert not {"diffusivity", "diffusion_ratio", "charge", "cottrell_diffusivity"} & set(result.values)
    assert any("is not that of a slab" in doubt for doubt in result.doubts)


def test_a_resistance_too_small_to_be_seen_leaves_the_diffusivity():
    result = TECHNIQUE.analyse(stepped(1e4, across=450.0, long=900.0, noise=1e-2), CATHODE)
    assert abs(result["diffusivity"].value - 9e-6 / 450.0) < 3 * result["diffusivity"].sigma
    assert not {"diffusion_ratio", "initial_current", "series_resistance"} & set(result.values)
    assert any("there is no series resistance" in doubt for doubt in result.doubts)


def test_a_record_of_several_steps_says_which_is_analysed():
    one = stepped(20.0)["main"]
    time, current = one["time"], one["current"]
    up = slice(13, None)
    record = recorded(
        np.concatenate([time, time[-1] + time[up] - 60.0]),
        np.concatenate([one["voltage"], np.full(600, 2.0)]),
        np.concatenate([current, -0.5 * current[up]]),
    )
    result = TECHNIQUE.analyse(record, CATHODE)
    assert result["charge"].to("C").value == pytest.approx(1.0, rel=5e-3)
    assert any("has 2 holds that pass charge: that from 60 s at 3 V" in doubt for doubt in result.doubts)


def test_cottrell_s_conductivity_falls_with_the_concentration_and_the_slab_s_rises():
    """D by Cottrell goes as 1/C^2, so that C D goes as 1/C; the slab's D does not hang on C."""
    technique = dataclasses.replace(TECHNIQUE, concentration=Quantity(0.04, "mol/cm**3", 0.004))
    result = technique.analyse(stepped(500.0), CATHODE)
    for word, sign in (("cottrell_conductivity", -1), ("ionic_conductivity", 1)):
        assert result.parts[word]["concentration"] == pytest.approx(sign * 0.1 * result[word].value, rel=1e-6)
