"""Interruptions: a slab's answer met from outside, diffusivities that are there, and those that are refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import brentq
from scipy.special import erf

from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.physics.slab_flux import charge_at_surface, diffusion_time, root_time, surface_rise
from thiocell.readers import columns
from thiocell.techniques.interruption import Interruption

LENGTH, TIME, RESISTANCE, SLOPE = 30e-6, 3000.0, 10.0, 0.5 / 3.6  # m, s, ohm, V/C
TRUE = LENGTH**2 / TIME * 1e4  # cm2/s
CATHODE = Sample("cathode", facts={"thickness": Fact(Quantity(30.0, "um", 0.3), Source("measured"))})
SIZE = 1e-4  # A


def cycled(program, rise=surface_rise, noise=0.0, rows=100, seed=3):
    """A record of a slab run through ``program``, (A, s) each; a row at the end of each step is its last."""
    currents, durations = (np.array(each, dtype=float) for each in zip(*program, strict=True))
    begins = np.cumsum(np.append(0.0, durations[:-1]))
    share = np.arange(1, rows + 1) / rows
    steps = [b + d * (share if i else share**2) for b, d, i in zip(begins, durations, currents, strict=True)]
    time, current = np.append(0.0, np.concatenate(steps)), np.append(currents[0], np.repeat(currents, rows))
    theta = np.subtract.outer(time, begins) / TIME
    volts = 2.4 + SLOPE * TIME * (rise(theta) @ np.diff(currents, prepend=0.0)) + RESISTANCE * current
    return written(time, volts + noise * np.random.default_rng(seed).normal(size=time.size), current)


def written(time, voltage, current, **more):
    table = {"time": Column(time, "s"), "voltage": Column(voltage, "V"), "current": Column(current, "A")} | more
    return {"main": Record("made_up", "cycling", table, Source("measured", place="made up"))}


def pulses(count, pulse, rest, size=SIZE):
    return [(0.0, rest)] + [(size, pulse), (0.0, rest)] * count


def said(result, words):
    return any(words in doubt for doubt in result.doubts)


def test_the_slab_s_answer_is_that_of_a_finite_difference_solution():
    """Cells of a slab closed at the back, solved exactly in time; the face is half a cell before the first middle."""
    count, theta = 800, np.array([1e-3, 0.01, 0.05, 0.0999, 0.1001, 0.3, 1.0, 2.99, 4.0])
    width = 1.0 / count
    diagonal = np.full(count, 2.0) - np.isin(np.arange(count), (0, count - 1))
    rates, modes = eigh_tridiagonal(diagonal / width**2, np.full(count - 1, -1.0 / width**2))
    grown = [np.where(rates > 1e-6, -np.expm1(-rates * t) / np.maximum(rates, 1e-6), t) for t in theta]
    first = np.array([modes[0] @ (each * modes[0]) / width for each in grown])
    assert surface_rise(theta) == pytest.approx(first + 0.5 * width, rel=1e-4)
    assert surface_rise(np.array([-1.0, 0.0, 1e-8])) == pytest.approx([0.0, 0.0, 2e-4 / np.sqrt(np.pi)], rel=1e-12)
    assert surface_rise(np.array([3.0, 50.0])) == pytest.approx([3 + 1 / 3, 50 + 1 / 3], rel=1e-12)


def test_the_square_root_of_time_is_off_by_what_is_said():
    t = np.array([0.1999, 0.2, 0.2001])
    ours, root = root_time(t, 1.0), np.sqrt(t)
    assert ours[1] / root[1] == pytest.approx(1.001, abs=2e-4)
    assert (ours[2] - ours[0]) / (root[2] - root[0]) == pytest.approx(1.013, abs=1e-3)


@pytest.mark.parametrize(("share", "within"), [(0.001, 1e-9), (0.05, 1e-6), (0.2, 3e-3)])
def test_weppner_and_huggins_formula_holds_on_the_exact_answer_at_short_times(share, within):
    tau = share * TIME
    over_time, relaxed = SLOPE * SIZE * TIME * surface_rise(np.array([share]))[0], SLOPE * SIZE * tau
    by_hand = 4 / (np.pi * tau) * (LENGTH * relaxed / over_time) ** 2
    assert by_hand == pytest.approx(LENGTH**2 / TIME, rel=within)
    ours = LENGTH**2 / diffusion_time(np.array(over_time / SIZE / np.sqrt(tau)), np.array(SLOPE))
    assert ours == pytest.approx(by_hand, rel=1e-12)


def test_the_surface_shows_the_charge_that_passed_when_all_is_at_rest():
    shown = charge_at_surface(np.array([20 * TIME]), np.array([0.0, 100.0, 200.0]), np.array([1.0, -2.0, 1.5]), TIME)
    assert shown == pytest.approx(100.0 - 100.0 + 0.5 * (20 * TIME - 200) + 0.5 * TIME / 3, rel=1e-6)


@pytest.mark.parametrize("size", [SIZE, -SIZE])
@pytest.mark.parametrize(
    ("method", "pulse", "rest", "within"),
    [("ici", 300, 10, 1e-3), ("ici", 300, 2, 2e-3), ("ici", 600, 7200, 1e-3), ("gitt", 600, 7200, 1e-3),
     ("gitt", 60, 7200, 1e-3), ("ici", 3000, 600, 2e-3), ("gitt", 3000, 12000, 1e-3)],
)  # fmt: skip
def test_both_methods_find_the_slab_whatever_the_pulses_and_the_sign(method, pulse, rest, within, size):
    found = Interruption(method=method).analyse(cycled(pulses(20, pulse, rest, size), rows=400), CATHODE)
    assert found["resistance"].value == pytest.approx(RESISTANCE, rel=1e-3)
    assert found["diffusivity"].value == pytest.approx(TRUE, rel=within)
    assert found["charge"].to("C").value == pytest.approx(20 * pulse * SIZE, rel=1e-9)


def test_charge_after_discharge_is_no_step_of_the_open_circuit_curve():
    program = [(0.0, 100.0)] + [(-SIZE, 600), (0.0, 10)] * 15 + [(SIZE, 600), (0.0, 10)] * 15
    found = Interruption().analyse(cycled(program), CATHODE)
    assert found["resistance"].value == pytest.approx(RESISTANCE, rel=1e-3)
    assert found["diffusivity"].value == pytest.approx(TRUE, rel=5e-3)


def test_the_open_circuit_curve_is_straight_again_and_states_are_told_by_number():
    technique = Interruption(at=(Quantity.exact(50, "%"), Quantity.exact(0.5, "mAh")))
    found = technique.analyse(cycled(pulses(40, 600, 10, -SIZE), noise=2e-5), CATHODE)
    table = found.curves["states"].columns
    passed = table["charge"].si
    assert table["open_circuit_voltage"].values == pytest.approx(2.4 - SLOPE * passed, abs=1.5e-3)
    for n, wanted in ((1, 1.2), (2, 1.8)):  # C
        row = int(np.argmin(np.abs(passed - wanted)))
        for word in ("resistance", "open_circuit_voltage", "diffusivity"):
            assert found[f"{word}_{n}"].value == pytest.approx(table[word].values[row], rel=1e-9)
        assert found[f"resistance_{n}"].sigma == pytest.approx(table["resistance_sigma"].values[row], rel=1e-6)
        assert found[f"diffusivity_{n}"].sigma == pytest.approx(table["diffusivity_sigma"].values[row], rel=1e-6)
        assert found[f"diffusivity_{n}"].agrees(Quantity.exact(TRUE, "cm**2/s"), 4)
    for wrong in ("3(0) mAh", "1(0) V"):
        with pytest.raises(BadInput, match="'at'"):
            Interruption(at=(Quantity.parse(wrong),)).analyse(cycled(pulses(10, 600, 10)), CATHODE)


def test_the_sigmas_of_a_titration_cover_the_truth():
    technique, draws, off = Interruption(pulses=8, pulse=Quantity.exact(600, "s"), rest=Quantity.exact(2, "h")), 60, []
    truth = {"resistance": "10 ohm", "diffusivity": "3e-9 cm**2/s", "charge": "0.2 mAh"}
    truth = {word: Quantity.parse(text) for word, text in truth.items()}
    rng = np.random.default_rng(11)
    for _ in range(draws):
        thick = Quantity(30.0 + 0.05 * rng.normal(), "um", 0.05)
        drawn = Sample("drawn", facts={"thickness": Fact(thick, Source("measured"))})
        nominal = Sample("nominal", facts={"thickness": Fact(Quantity(30.0, "um", 0.05), Source("measured"))})
        found = technique.analyse(technique.predict(truth, drawn, rng), nominal)
        off.append([(found[w].value - truth[w].value) / found[w].sigma for w in ("resistance", "diffusivity")])
    inside = np.mean(np.abs(off) < 1, axis=0), np.mean(np.abs(off) < 2, axis=0)
    assert inside[0] == pytest.approx(0.68, abs=0.2), inside  # three binomial sigmas of sixty draws
    assert inside[1] == pytest.approx(0.95, abs=0.1), inside


def test_rests_that_did_not_settle_are_refused_for_a_titration_and_read_as_interruptions():
    record = cycled(pulses(30, 600, 600))
    forced = Interruption(method="gitt").analyse(record, CATHODE)
    assert "diffusivity" not in forced.values
    assert said(forced, "had not settled")
    free = Interruption().analyse(record, CATHODE)
    assert said(free, "ICI")
    assert free["diffusivity"].value == pytest.approx(TRUE, rel=2e-3)
    assert said(Interruption().analyse(cycled(pulses(10, 600, 9000)), CATHODE), "GITT")


def test_no_diffusivity_without_the_slab_s_end_or_a_slope():
    short = Interruption().analyse(cycled(pulses(5, 100, 10)), CATHODE)
    assert "diffusivity" not in short.values
    assert said(short, "the end of the slab was not felt yet")
    one = Interruption().analyse(cycled(pulses(1, 3000, 10)), CATHODE)
    assert "diffusivity" not in one.values
    flat = cycled(pulses(20, 600, 10))["main"]
    rng = np.random.default_rng(5)
    volts = 2.1 + RESISTANCE * flat["current"] + 1e-4 * rng.normal(size=len(flat))
    found = Interruption().analyse(written(flat["time"], volts, flat["current"]), CATHODE)
    assert "diffusivity" not in found.values
    assert said(found, "flat")
    assert found["resistance"].agrees(Quantity.exact(RESISTANCE, "ohm"), 4)


@pytest.mark.parametrize(("pulse", "rest"), [(60.0, 3600.0), (900.0, 3600.0), (900.0, 10.0)])
def test_a_slab_that_is_through_before_the_fit_ends_sets_no_diffusivity(pulse, rest):
    """9 s across: a value from what noise leaves of the first second would be off by 2 to 20 times."""
    technique = Interruption(pulses=30, pulse=Quantity.exact(pulse, "s"), rest=Quantity.exact(rest, "s"))
    truth = {"resistance": "50 ohm", "diffusivity": "1e-6 cm**2/s", "charge": "3 mAh"}
    film = Sample("film", facts={"thickness": Fact(Quantity.parse("30.0(5) um"), Source("measured"))})
    for seed in range(3):
        records = technique.predict({w: Quantity.parse(t) for w, t in truth.items()}, film, np.random.default_rng(seed))
        result = technique.analyse(records, film)
        if "diffusivity" in result.values:
            assert abs(result["diffusivity"].value - 1e-6) < 3 * result["diffusivity"].sigma
        else:
            assert any("diffusivities are left out" in doubt for doubt in result.doubts)
        assert abs(result["resistance"].value - 50.0) < 4 * result["resistance"].sigma


def test_pulses_longer_than_diffusion_takes_have_sigmas_that_hold():
    """The diffusion time is found with the slab's answer by it: an error of the one comes back through the other."""
    away = []
    for seed in range(10):
        record = cycled(pulses(12, 1.33 * TIME, 5 * TIME), noise=1e-3, seed=seed)
        result = Interruption(method="gitt").analyse(record, CATHODE)
        if "diffusivity" in result.values:
            away.append((result["diffusivity"].value - TRUE) / result["diffusivity"].sigma)
    assert away
    assert np.max(np.abs(away)) < 4.0


def test_a_relaxation_beside_the_slab_s_widens_what_is_found():
    """10 ohm of charge transfer that relax in 5 s bend both halves of the window alike; what follows it does not."""
    program = [(0.0, 3600.0)] + [(SIZE, 600.0), (0.0, 60.0)] * 12
    clean = cycled(program, noise=1e-5)["main"]
    time, current = clean["time"], clean["current"]
    begins = np.cumsum([0.0] + [long for _, long in program[:-1]])
    steps = np.diff([each for each, _ in program], prepend=0.0)
    lag = sum(s * 10.0 * (1 - np.exp(-np.maximum(time - b, 0.0) / 5.0)) for b, s in zip(begins, steps, strict=True))
    result = Interruption(method="ici").analyse(written(time, clean["voltage"] + lag, current), CATHODE)
    assert said(result, "does not follow a slab's law")
    assert result["resistance"].sigma > 0.1


def test_a_gap_in_the_log_before_a_pulse_is_not_counted_as_current():
    """Rests are logged every 60 s, pulses every 10 s: the last row of a rest may lie 50 s before its end."""
    technique = Interruption(pulses=8, pulse=Quantity.exact(600.0, "s"), rest=Quantity.exact(7200.0, "s"))
    truth = {"resistance": "50 ohm", "diffusivity": "5e-9 cm**2/s", "charge": "3 mAh"}
    record = technique.predict({w: Quantity.parse(t) for w, t in truth.items()}, CATHODE, np.random.default_rng(2))[
        "main"
    ]
    time, current = record["time"], record["current"]
    kept = np.ones(time.size, dtype=bool)
    for first in np.flatnonzero((current[1:] != 0) & (current[:-1] == 0)) + 1:
        kept &= ~((time > time[first] - 45.0) & (np.arange(time.size) < first) & (current == 0))
    gapped = written(time[kept], record["voltage"][kept], current[kept])
    result = technique.analyse(gapped, CATHODE)
    assert abs(result["diffusivity"].value - 5e-9) < 3 * result["diffusivity"].sigma
    assert any("the last row of a rest lies" in doubt for doubt in result.doubts)


def test_a_sphere_is_no_slab_and_off_by_what_is_said():
    roots = np.array([brentq(lambda x: np.sin(x) - x * np.cos(x), n * np.pi, (n + 0.5) * np.pi) for n in range(1, 12)])

    def sphere(theta):
        """Crank, eq. 6.45, and its form for early times, over the rise of the mean in (radius/3)^2/D."""
        tau = np.maximum(theta, 0.0) / 9.0
        series = 3.0 * tau + 0.2 - 2.0 * np.exp(-np.multiply.outer(tau, roots**2)) @ roots**-2
        early = np.exp(np.minimum(tau, 0.03)) * (1.0 + erf(np.sqrt(tau))) - 1.0
        return 3.0 * np.where(tau < 0.03, early, series)

    found = Interruption().analyse(cycled(pulses(40, 600, 10), rise=sphere), CATHODE)
    late = found.curves["states"].columns["diffusivity"].values[20:]  # a sphere is filled evenly by then
    middle = 2.5  # s, of the window from 1 to 5 s
    assert late / TRUE - 1 == pytest.approx(-2 / 3 * np.sqrt(np.pi * middle / TIME), rel=0.2)


def test_halves_of_a_rest_that_disagree_widen_the_sigmas():
    record = cycled(pulses(30, 600, 10))["main"]
    rests = np.flatnonzero(record["current"] == 0)
    since = record["time"] - np.maximum.accumulate(np.where(record["current"] != 0, record["time"], 0.0))
    slow = np.zeros(len(record))
    slow[rests] = -5e-4 * (1 - np.exp(-since[rests] / 2.0))  # V; a charge transfer of 2 s
    plain = Interruption().analyse({"main": record}, CATHODE)
    spoilt = Interruption().analyse(written(record["time"], record["voltage"] + slow, record["current"]), CATHODE)
    assert said(spoilt, "does not follow a slab's law")
    assert not said(plain, "does not follow a slab's law")
    assert spoilt["diffusivity"].sigma / spoilt["diffusivity"].value > 0.1
    assert plain["diffusivity"].sigma / plain["diffusivity"].value == pytest.approx(0.02, rel=0.02)  # twice that of L


def test_coarse_rows_reach_further_and_say_so():
    record = cycled(pulses(10, 600, 2000), rows=100)["main"]
    kept = np.ones(len(record), dtype=bool)
    kept[1:] = np.diff(np.floor(record["time"] / 5.0)) > 0  # a row every 5 s
    coarse = written(*(record[name][kept] for name in ("time", "voltage", "current")))
    found = Interruption().analyse(coarse, CATHODE)
    assert said(found, "too far apart")
    assert said(found, "after the last of the current")


def test_a_step_time_tells_when_the_current_stopped():
    record = cycled(pulses(20, 600, 10), rows=200)["main"]
    flows = record["current"] != 0
    begins = np.append(0.0, np.cumsum([duration for _, duration in pulses(20, 600, 10)]))
    since = record["time"] - begins[np.maximum(np.searchsorted(begins, record["time"] - 1e-9) - 1, 0)]
    kept = ~(flows & np.append(np.diff(flows.astype(int)) < 0, False))  # the last row of each pulse is lost
    table = [record[name][kept] for name in ("time", "voltage", "current")]
    found = Interruption().analyse(written(*table, step_time=Column(since[kept], "s")), CATHODE)
    assert found["resistance"].value == pytest.approx(RESISTANCE, rel=2e-3)
    assert found["charge"].to("C").value == pytest.approx(20 * 600 * SIZE, rel=1e-6)


def test_a_current_that_tapers_before_a_rest_is_left_out():
    record = cycled(pulses(20, 600, 10))["main"]
    current = record["current"].copy()
    last = record["time"] > record["time"][-1] - 610
    current[last] *= np.linspace(1.0, 0.2, int(last.sum()))
    found = Interruption().analyse(written(record["time"], record["voltage"], current), CATHODE)
    assert said(found, "1 of 20 rests were left out: the current before them was not constant")


def test_what_cannot_be_read_is_refused_by_name():
    good = cycled(pulses(10, 600, 10))["main"]
    time, volts, current = (good[name] for name in ("time", "voltage", "current"))
    wrong = {
        "no rest after a current": (time, volts, np.full(time.size, SIZE)),
        "is the current positive on charge": (time, volts, -current),
        "running backwards in row 51": (np.where(np.arange(time.size) == 50, -1.0, time), volts, current),
    }
    for words, table in wrong.items():
        with pytest.raises(BadInput, match=words):
            Interruption().analyse(written(*table), CATHODE)
    with pytest.raises(BadInput, match="10 rests; of 10 of them, fewer rows than a fit needs"):
        Interruption().analyse(cycled(pulses(10, 600, 10), rows=5), CATHODE)
    with pytest.raises(BadInput, match="'end'"):
        Interruption(begin=Quantity.exact(6, "s")).analyse({"main": good}, CATHODE)
    bare = Sample("bare")
    assert not Interruption(length=Quantity.exact(30, "um")).needs
    told = Interruption(length=Quantity.exact(30, "um")).analyse({"main": good}, bare)
    assert told["diffusivity"].value == pytest.approx(TRUE, rel=2e-3)


def test_a_real_record_gives_what_a_calculation_by_hand_gives(data_dir):
    """Interruption 60 of a cell discharged at 1.89 mA, 300 s and 10 s by turns, with polyfits only."""
    there = {"time": "Seconds", "voltage": "Volts", "current": "Amps"}
    units = {"time": "s", "voltage": "V", "current": "A"}
    path = data_dir / "echem" / "ici_discharge.csv"
    (record,) = columns.read(path, {k: {"column": c, "unit": units[k]} for k, c in there.items()}, {})
    found = Interruption(length=Quantity.exact(0.6, "um")).analyse({"main": record}, Sample("cell"))

    time, volts, current = (record[name] for name in ("time", "voltage", "current"))
    off = np.flatnonzero((current[1:] == 0) & (current[:-1] != 0)) + 1
    bare, root, drop = [], [], []
    for row in off[59:62]:
        stop, tail = time[row - 1], slice(row - 4, row)
        line = np.polyfit(time[tail] - stop, volts[tail], 1)
        rest = slice(row, row + 101)
        t = time[rest] - stop
        window = (t >= 1) & (t <= 5)
        k, begin = np.polyfit(np.sqrt(t[window]), volts[rest][window] - line[0] * t[window], 1)
        bare.append(begin)
        root.append(k)
        drop.append(line[1] - begin)
    slope = (bare[2] - bare[0]) / (2 * 300.0)  # V/s
    by_hand = 4 / np.pi * (0.6e-6 * slope / root[1]) ** 2 * 1e4
    table = found.curves["states"].columns
    assert table["resistance"].values[60] == pytest.approx(drop[1] / -1.89e-3, rel=2e-3)
    assert table["diffusion_resistance"].values[60] == pytest.approx(root[1] / 1.89e-3, rel=2e-3)
    assert table["diffusivity"].values[60] == pytest.approx(by_hand, rel=5e-3)
    assert found.source.kind == "measured"
    assert len(found.curves["states"]) == 129
    assert said(found, "3 of 132 rests were left out")  # at the very end, where the voltage plunges
    assert found["resistance"].value == pytest.approx(0.53, abs=0.04)


@pytest.mark.parametrize(("size", "time"), [(2.0, 4.0), (10.0, 8.0), (10.0, 30.0)])
def test_a_double_layer_beside_the_slab_s_answer_is_found_and_widens_the_sigma(size, time):
    """A resistance beside a capacitance of the same time constant as the window: both bend the voltage alike."""

    def slow(theta):
        return surface_rise(theta) + size * -np.expm1(-np.maximum(theta, 0.0) * TIME / time) / (SLOPE * TIME)

    found = Interruption().analyse(cycled(pulses(20, 900, 10, 6e-4), slow, noise=2e-5), CATHODE)
    off = abs(found["diffusivity"].value - TRUE)
    assert off > 0.1 * TRUE
    assert off < 2.0 * found["diffusivity"].sigma
    assert said(found, "a relaxation of")
    plain = Interruption().analyse(cycled(pulses(20, 900, 10, 6e-4), noise=2e-5), CATHODE)
    assert not said(plain, "a relaxation of")


@pytest.mark.parametrize("rate", [-1e-6, 3e-7, 0.0])
def test_a_voltage_that_drifts_with_time_is_told_from_a_slope(rate):
    """The slope of the open-circuit curve holds the drift of a cycle; the rests tell how much."""
    made = cycled(pulses(12, 600, 3600, -6e-4), noise=2e-5)["main"]
    time, voltage, current = (made[name] for name in ("time", "voltage", "current"))
    found = Interruption().analyse(written(time, voltage + rate * time, current), CATHODE)
    off = found["diffusivity"].value / TRUE - 1.0
    step = -SLOPE * 6e-4 * 600
    assert off == pytest.approx((1.0 + rate * 4200 / step) ** 2 - 1.0, abs=5e-3)
    assert abs(off) * TRUE < 2.0 * found["diffusivity"].sigma
    assert said(found, "the voltage drifts on in rests") == (rate != 0)


def test_a_relaxation_is_told_alike_whichever_way_the_current_runs():
    def slow(theta):
        return surface_rise(theta) + 10.0 * -np.expm1(-np.maximum(theta, 0.0) * TIME / 5.0) / (SLOPE * TIME)

    both = [(0.0, 60.0)] + [(-6e-4, 600), (0.0, 60)] * 6 + [(6e-4, 600), (0.0, 60)] * 6
    for program in (both, pulses(12, 600, 60, 6e-4)):
        found = Interruption().analyse(cycled(program, slow, noise=2e-5), CATHODE)
        (told,) = (doubt for doubt in found.doubts if "a relaxation of" in doubt)
        factor = float(told.split("the diffusivity ")[1].split()[0])
        assert 1.5 < factor < 5.0
