"""Polarised pellets: plateaus against what is left at the end, several voltages, what has not settled."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from thiocell.chemistry import properties
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.physics.plateau import plateau
from thiocell.physics.polarisation import polarisation_current
from thiocell.techniques.dc_polarisation import DcPolarisation

TECHNIQUE = DcPolarisation()


def pellet(**facts: str) -> Sample:
    told = {"thickness": "1000(0) um", "area": "1.0(0) cm**2"} | facts
    return Sample("pellet", facts={n: Fact(Quantity.parse(t), Source("measured")) for n, t in told.items()})


def record(time, voltage, current) -> Record:
    columns = {"time": Column(time, "s"), "voltage": Column(voltage, "V"), "current": Column(current, "A")}
    return Record("hold", "dc_polarisation", columns, Source("measured", place="made up"))


def found(time, voltage, current, **facts):
    return TECHNIQUE.analyse({"main": record(time, np.broadcast_to(voltage, time.shape), current)}, pellet(**facts))


def test_the_plateau_is_extrapolated_where_the_last_point_is_not_there_yet():
    """Ohm's law for 1e-6 S/cm: 1 mm, 1 cm2 and 1 V make 10 uA; after two time constants a tenth is still to fall."""
    time = np.arange(0.0, 1800.0, 5.0)
    rng = np.random.default_rng(3)
    current = (1e-5 + 1e-5 * np.exp(-time / 780.0)) * (1 + 1e-4 * rng.normal(size=time.size))
    result = found(time, 1.0, current)
    sigma = result["electronic_conductivity"]
    assert result["apparent_conductivity"].value > 1.09e-6
    assert sigma.value == pytest.approx(1e-6, rel=3e-3)
    assert abs(sigma.value - 1e-6) < 3 * sigma.sigma
    assert any("above its plateau at the end" in doubt and "extrapolated" in doubt for doubt in result.doubts)


def test_a_plateau_covers_the_truth_with_and_without_an_exponential():
    rng, t = np.random.default_rng(9), np.linspace(0.0, 100.0, 200)
    for size in (0.0, 0.5):
        pulls = []
        for _ in range(300):
            one = plateau(t, 1.0 + size * np.exp(-t / 30.0) + 0.01 * rng.normal(size=t.size))
            pulls.append((one.level - 1.0) / one.sigma)
        assert np.mean(np.abs(pulls) < 1) == pytest.approx(0.6827, abs=4 * np.sqrt(0.22 / 300) + 0.02)
        assert np.mean(np.abs(pulls) < 2) == pytest.approx(0.9545, abs=4 * np.sqrt(0.044 / 300) + 0.01)


def test_half_an_hour_on_a_pellet_that_has_not_settled_gives_a_limit_and_says_what_is_read():
    """A pellet of 1e-4 S/cm of both carriers and 1600 F/cm3: a half hour reports nearly twice sigma_e."""
    slow = pellet(ionic_conductivity="1e-4 S/cm", chemical_capacitance="1600 F/cm**3")
    virtual = TECHNIQUE.predict({"electronic_conductivity": Quantity.parse("1e-4 S/cm")}, slow)
    result = TECHNIQUE.analyse(virtual, slow)
    assert "electronic_conductivity" not in result.values
    assert result["apparent_conductivity"].value == pytest.approx(1.7e-4, abs=0.05e-4)  # by the line's exact law
    limit = result.limits["electronic_conductivity"]
    assert (limit.side, limit.level) == ("below", 0.95)
    assert limit.bound.value > 1e-4
    assert any("between sigma_e and sigma_e + sigma_i" in doubt for doubt in result.doubts)
    # the same held a week settles, and the truth comes back
    week = dataclasses.replace(TECHNIQUE, duration=Quantity.parse("14 d"), interval=Quantity.parse("600 s"))
    settled = week.analyse(week.predict({"electronic_conductivity": Quantity.parse("1e-4 S/cm")}, slow), slow)
    assert settled["electronic_conductivity"].value == pytest.approx(1e-4, rel=1e-3)


def test_several_voltages_of_both_signs_take_the_offset_out():
    time = np.arange(0.0, 4 * 600.0, 2.0)
    volts = np.repeat([0.1, -0.1, 0.2, -0.2], 300)
    rng = np.random.default_rng(5)
    current = 1e-5 * volts + 3e-7 + 1e-9 * rng.normal(size=time.size)
    result = found(time, volts, current)
    assert result["offset_current"].value == pytest.approx(3e-7, rel=0.01)
    assert result["electronic_conductivity"].value == pytest.approx(1e-6, rel=1e-3)
    one = found(time[:300], volts[:300], current[:300])
    assert one["electronic_conductivity"].value == pytest.approx(1.3e-6, rel=1e-2)  # the offset counts as conduction
    # the steps between the holds carry a transient of their own: the conductor's exact law, both ways
    exact = [polarisation_current(np.arange(1.0, 601.0, 2.0), v, 1e5, 1e5, 1e-3) for v in (0.1, -0.1)]
    both = found(time[:600], volts[:600], np.concatenate(exact))
    assert both["electronic_conductivity"].value == pytest.approx(1e-6, rel=2e-3)


def test_a_volt_is_doubted_and_a_tenth_is_not():
    time = np.arange(0.0, 600.0, 2.0)
    assert any("redox" in doubt for doubt in found(time, 1.0, np.full(300, 1e-5)).doubts)
    assert not any("redox" in doubt for doubt in found(time, 0.1, np.full(300, 1e-6)).doubts)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t, v, i: (t, 0 * v, i), "never holds a voltage of more than 1 mV"),
        (lambda t, v, i: (t[::-1], v, i), "time running backwards in row 2"),
        (lambda t, v, i: (t, v * np.linspace(1, 50, v.size), i), "holds its voltage nowhere for 8 rows"),
        (lambda t, v, i: (t[:5], v[:5], i[:5]), "has 5 rows; a hold needs 8"),
    ],
)
def test_records_that_hold_nothing_are_named(change, says):
    time = np.arange(0.0, 100.0)
    with pytest.raises(BadInput, match=says):
        TECHNIQUE.analyse({"main": record(*change(time, np.ones(100), np.full(100, 1e-5)))}, pellet())


def test_a_missing_shape_and_another_kind_are_named():
    time = np.arange(0.0, 100.0)
    good = record(time, np.ones(100), np.full(100, 1e-5))
    with pytest.raises(BadInput, match="thickness"):
        TECHNIQUE.analyse({"main": good}, Sample("bare"))
    with pytest.raises(BadInput, match="of kind 'impedance'; dc_polarisation reads records of kind cycling"):
        TECHNIQUE.analyse({"main": dataclasses.replace(good, kind="impedance")}, pellet())


@pytest.mark.parametrize(
    "law", [lambda t: 1 - 0.05 * np.sqrt(t), lambda t: 1 + 0.05 / np.sqrt(t), lambda t: 1 - 0.05 * np.log(t)]
)
@pytest.mark.parametrize("noise", [0.0, 1e-4, 1e-3])
def test_a_fall_without_a_time_of_its_own_has_no_plateau(law, noise):
    """The beginning of a slow settling: any stretch of it looks like an exponential."""
    t, rng = np.arange(5.0, 1800.0, 5.0), np.random.default_rng(5)
    found = [plateau(t, law(t / 1800.0) * (1 + noise * rng.normal(size=t.size))) for _ in range(20)]
    assert not any(one.settled for one in found)


def test_half_an_hour_on_a_pellet_of_the_cell_model_gives_a_limit_and_two_days_the_conductivity():
    """Half charged, 0.8 mm: the model was given 1e-4 S/cm for electrons; 30 min read half as much again."""
    facts = {"mass": "107.0(0) mg", "area": "0.7854(0) cm**2", "thickness": "800.0(0) um"}
    known = {n: Fact(Quantity.parse(t), Source("measured")) for n, t in facts.items()}
    recipe = {"x": Quantity.exact(0.2), "y": Quantity.exact(0.15)}
    sample = Sample("half", "li2s_lii_mos2", recipe, known, {"sulfur_extent": Quantity.exact(0.5)})
    sample = sample.with_facts({n: Fact(q, Source("derived")) for n, q in properties(sample).values.items()} | known)
    for seed in range(5):
        short = DcPolarisation(law="cell", grains="none")
        result = short.analyse(short.predict({}, sample, np.random.default_rng(seed)), sample)
        assert "electronic_conductivity" not in result.values
        assert result["apparent_conductivity"].value > 1.3e-4
        assert result.limits["electronic_conductivity"].bound.value > 1e-4
        assert result.source.kind == "predicted"
    long = dataclasses.replace(short, duration=Quantity.exact(50.0, "h"))
    result = long.analyse(long.predict({}, sample, np.random.default_rng(1)), sample)
    assert result["electronic_conductivity"].value == pytest.approx(1e-4, rel=0.01)


def test_a_current_against_the_voltage_or_one_that_rises_gives_neither_value_nor_limit():
    t = np.arange(0.0, 1800.0, 5.0)
    turned = found(t, 1.0, np.full(t.size, -1e-5))
    assert any("is its sign turned" in doubt for doubt in turned.doubts)
    rising = found(t, 1.0, 1e-5 * (2.0 - np.exp(-t / 3600.0)))
    for result in (turned, rising):
        assert "electronic_conductivity" not in result.values
        assert not result.limits


def test_a_hold_that_the_sample_s_own_facts_call_too_short_gives_a_limit():
    """Noise of a per cent hides the fall of a pellet that takes days."""
    t, rng = np.arange(0.0, 1800.0, 5.0), np.random.default_rng(1)
    current = 2e-3 * (1 + 0.01 * rng.normal(size=t.size))
    facts = {"ionic_conductivity": "1e-4 S/cm", "chemical_capacitance": "1600 F/cm**3"}
    result = found(t, 1.0, current, **facts)
    assert "electronic_conductivity" not in result.values
    assert result.limits["electronic_conductivity"].side == "below"


@pytest.mark.parametrize("tau", [100.0, 200.0, 300.0, 400.0, 600.0])
def test_a_current_that_is_through_long_before_the_end_is_its_own_plateau(tau):
    rng, time = np.random.default_rng(1), np.arange(5.0, 7201.0, 5.0)
    current = (1e-5 + 3e-5 * np.exp(-time / tau)) * (1 + 5e-4 * rng.normal(size=time.size))
    value = found(time, 1.0, current)["electronic_conductivity"]
    assert abs(value.value - 1e-6) < 1e-3 * 1e-6


def test_noise_does_not_make_a_pellet_that_has_not_settled_a_settled_one():
    """A pellet of 1e-4 S/cm of both carriers, 5 mm thick: with 1 % noise its last quarter of an hour looks flat."""
    rng, time = np.random.default_rng(4), np.arange(5.0, 1801.0, 5.0)
    current = polarisation_current(time, 1.0, 0.5 / 1e-4, 0.5 / 1e-4, 1600.0 * 0.5)
    result = found(time, 1.0, current * (1 + 0.01 * rng.normal(size=time.size)), thickness="5000(0) um")
    assert "electronic_conductivity" not in result.values
    assert result.limits["electronic_conductivity"].bound.value > 1.5e-4
    # where the whole record is as flat, the doubt says what the noise would hide
    flat = found(time, 1.0, 1e-4 * (1 + 0.01 * rng.normal(size=time.size)))
    assert any("would hide a fall of 1" in doubt for doubt in flat.doubts)
    told = found(time, 1.0, 1e-4 * np.ones(time.size), ionic_conductivity="1e-4 S/cm", chemical_capacitance="1 F/cm**3")
    assert not any("hide" in doubt for doubt in told.doubts)


@pytest.mark.parametrize("volts", [0.3, 1.0])
def test_an_open_circuit_after_the_hold_is_no_hold(volts):
    time, rng = np.arange(5.0, 3601.0, 5.0), np.random.default_rng(1)
    first = time <= 1800
    current = np.where(first, 1e-5, 0.0) * (1 + 1e-3 * rng.normal(size=time.size))
    result = found(time, np.where(first, 1.0, volts), current)
    assert result["electronic_conductivity"].value == pytest.approx(1e-6, rel=1e-3)
    assert any("an open circuit, left out" in doubt for doubt in result.doubts)


@pytest.mark.parametrize("volts", [(1.0, 0.0), (1.0, 0.5, 0.0)])
def test_a_short_after_the_holds_counts_as_offset_only(volts):
    """It depolarises the pellet; what flows then dies away to nothing."""
    each, rng = np.arange(5.0, 1801.0, 5.0), np.random.default_rng(6)
    time = np.concatenate([1800.0 * n + each for n in range(len(volts))])
    parts = [1e-5 * v if v else -4e-6 * np.exp(-each / 120.0) for v in volts]
    current = np.concatenate([np.broadcast_to(part, each.shape) for part in parts])
    current = current * (1 + 1e-3 * rng.normal(size=time.size)) + 1e-10 * rng.normal(size=time.size)
    result = found(time, np.repeat(volts, each.size), current)
    assert result["electronic_conductivity"].value == pytest.approx(1e-6, rel=5e-3)
    assert not any("0 V" in doubt for doubt in result.doubts)


def test_a_small_voltage_is_no_open_circuit_where_a_large_one_drives_redox():
    """1e-9 S at 0.1 V and a thousand times as much at 1 V: no conductance is both."""
    time, rng = np.arange(5.0, 3601.0, 5.0), np.random.default_rng(6)
    first = time <= 1800
    current = np.where(first, 1e-10, 1e-6) * (1 + 1e-3 * rng.normal(size=time.size))
    result = found(time, np.where(first, 0.1, 1.0), current)
    assert any("contradict one conductance" in doubt for doubt in result.doubts)
    assert not any("open circuit" in doubt for doubt in result.doubts)


def test_voltages_that_contradict_each_other_are_told_and_widen_the_sigma():
    """Three times as much current backwards, and half as much again at nearly the same voltage."""
    time, rng = np.arange(5.0, 3601.0, 5.0), np.random.default_rng(1)
    first = time <= 1800
    noise = 1 + 1e-3 * rng.normal(size=time.size)
    diode = found(time, np.where(first, 1.0, -1.0), np.where(first, 1e-5, -3e-5) * noise)
    close = found(time, np.where(first, 1.0, 1.1), np.where(first, 1e-5, 1.65e-5) * noise)
    for result, least, most in ((diode, 1e-6, 3e-6), (close, 1e-6, 1.5e-6)):
        value = result["electronic_conductivity"]
        assert abs(value.value - least) < 2 * value.sigma
        assert abs(value.value - most) < 2 * value.sigma
        assert any("contradict one conductance" in doubt for doubt in result.doubts)


def test_switches_of_the_range_are_left_out_and_jumps_named():
    time, rng = np.arange(5.0, 1801.0, 5.0), np.random.default_rng(1)
    current = 1e-5 * (1 + 1e-3 * rng.normal(size=time.size))
    spiked = current.copy()
    spiked[[200, 300]] *= [50.0, 0.0]
    result = found(time, 1.0, spiked)
    assert result["electronic_conductivity"].value == pytest.approx(1e-6, rel=1e-3)
    assert any("2 rows at 1 V stand off" in doubt for doubt in result.doubts)
    jumped = found(time, 1.0, np.where(time > 1500, 1.05, 1.0) * current)
    said = next(doubt for doubt in jumped.doubts if "jumps by" in doubt)
    size, at = (float(n) for n in re.findall(r"jumps by (\S+) A after (\S+) s", said)[0])
    assert size == pytest.approx(5e-7, rel=0.1)
    assert at == pytest.approx(1500.0, abs=30.0)


def test_a_current_of_noise_gives_a_limit_and_none_at_all_is_refused():
    time, rng = np.arange(5.0, 1801.0, 5.0), np.random.default_rng(1)
    result = found(time, 1.0, 1e-9 * rng.normal(size=time.size))
    assert "electronic_conductivity" not in result.values
    assert 0 < result.limits["electronic_conductivity"].bound.value < 1e-10
    assert result["apparent_conductivity"].sigma > 0
    with pytest.raises(BadInput, match="no current other than zero"):
        found(time, 1.0, 0.0 * time)
    faint = found(time, 1.5e-3, 1e-8 * np.ones(time.size))
    assert not faint.limits
    assert any("not told from its own offset" in doubt for doubt in faint.doubts)
