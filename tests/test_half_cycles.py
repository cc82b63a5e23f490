"""Half-cycles, the laws about them and what the tests of a cell make of them, in cases that can be solved by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.physics.counters import counted
from thiocell.physics.differential_capacity import binned, grid, peaks
from thiocell.physics.fade import trend
from thiocell.physics.half_cycles import half_cycles, rest_threshold, voltage_at
from thiocell.physics.levels import levels, stretches
from thiocell.physics.timeline import mend
from thiocell.physics.voltage_law import LAWS, about, linear, two_plateaus, two_plateaus_mean
from thiocell.techniques.cycling import Cycling
from thiocell.techniques.endurance import Endurance
from thiocell.techniques.ragone import Ragone
from thiocell.techniques.rate import Rate

EXACT = 1e-12  # rounding of doubles over a few thousand rows


def steps(*parts, dt=10.0):
    """Rows of steps (current, seconds): one at the beginning and every ``dt`` to the end of each."""
    time, current, step, since = [], [], [], []
    begun = 0.0
    for number, (amps, seconds) in enumerate(parts):
        t = np.arange(0, seconds + dt / 2, dt)
        time.append(begun + t)
        since.append(t)
        current.append(np.full(t.size, amps))
        step.append(np.full(t.size, float(number)))
        begun += seconds
    return tuple(np.concatenate(x) for x in (time, current, step, since))


# time


def test_a_time_that_runs_forwards_is_left_alone():
    time = np.array([0.0, 1.0, 1.0, 5.0])
    line = mend(time)
    assert line.time.tolist() == time.tolist()
    assert [line.glitches.size, line.resets.size, line.disordered.size] == [0, 0, 0]


def test_a_single_row_at_time_zero_is_given_the_end_of_the_step_before():
    line = mend(np.array([0.0, 10.0, 20.0, 0.0, 20.01, 30.0, 40.0, 0.0, 40.01, 50.0]))
    assert line.time.tolist() == [0.0, 10.0, 20.0, 20.0, 20.01, 30.0, 40.0, 40.0, 40.01, 50.0]
    assert line.glitches.tolist() == [3, 7]
    assert not line.resets.size


def test_a_row_that_leaps_ahead_is_brought_back():
    line = mend(np.array([0.0, 10.0, 9e9, 20.0, 30.0]))
    assert line.time.tolist() == [0.0, 10.0, 10.0, 20.0, 30.0]
    assert line.glitches.tolist() == [2]


def test_a_clock_that_starts_again_goes_on_from_the_last_time():
    line = mend(np.array([0.0, 10.0, 20.0, 30.0, 0.0, 10.0, 20.0, 0.0, 10.0]))
    assert line.time.tolist() == [0.0, 10.0, 20.0, 30.0, 30.0, 40.0, 50.0, 50.0, 60.0]
    assert line.resets.tolist() == [4, 7]


def test_a_shuffled_time_is_out_of_order():
    rng = np.random.default_rng(5)
    line = mend(rng.permutation(np.arange(1000.0)))
    assert line.disordered.size > 300  # half of the rows of a shuffle step back


def test_a_time_that_steps_back_to_the_middle_is_out_of_order():
    assert mend(np.r_[np.arange(0.0, 100.0), np.arange(50.0, 150.0)]).disordered.tolist() == [100]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=60))
def test_a_mended_time_never_falls(time):
    line = mend(np.array(time))
    assert line.disordered.size or np.all(np.diff(line.time) >= 0)


# half-cycles


def test_constant_current_gives_current_times_time():
    time, current, step, _ = steps((1e-3, 3600), (0, 600), (-2e-3, 1800))
    halves = half_cycles(time, np.full(time.size, 2.0), current, step)
    assert halves.sign.tolist() == [1, -1]
    assert halves.charge == pytest.approx([3.6, 3.6], rel=EXACT)
    assert halves.energy == pytest.approx([7.2, 7.2], rel=EXACT)
    assert halves.mean_voltage == pytest.approx([2.0, 2.0], rel=EXACT)
    assert halves.duration == pytest.approx([3600, 1800], rel=EXACT)
    assert halves.current == pytest.approx([1e-3, 2e-3], rel=EXACT)


def test_a_linear_voltage_has_its_mean_in_the_middle():
    time, current, step, _ = steps((-1e-3, 3600))
    halves = half_cycles(time, linear(time / 3600), current, step)
    assert halves.mean_voltage == pytest.approx([2.0], rel=EXACT)
    assert (halves.start_voltage[0], halves.end_voltage[0]) == (2.5, 1.5)
    middle, room = voltage_at(halves, linear(time / 3600), 0.25)
    assert middle[0] == pytest.approx(2.25, rel=EXACT)
    assert room[0] == pytest.approx(0.5 * 10 / 3600, rel=1e-6)


def test_pulses_of_one_sign_with_rests_between_are_one_half_cycle():
    pulses = [(-1e-3, 600), (0, 1200)] * 5 + [(1e-3, 3000)]
    time, current, step, _ = steps(*pulses)
    halves = half_cycles(time, np.full(time.size, 2.0), current, step)
    assert halves.sign.tolist() == [-1, 1]
    assert halves.charge == pytest.approx([3.0, 3.0], rel=EXACT)
    assert halves.duration == pytest.approx([3000, 3000], rel=EXACT)


def test_the_interval_at_a_step_change_carries_the_new_steps_current():
    """Rows only inside the steps, as cyclers write them that log after the fact: 0.5 mA from 0 to 100 s, then 2 mA."""
    time = np.array([0.0, 50.0, 100.0, 150.0, 200.0])
    current = np.array([5e-4, 5e-4, 5e-4, 2e-3, 2e-3])
    step = np.array([1.0, 1.0, 1.0, 2.0, 2.0])
    halves = half_cycles(time, np.ones(5), current, step)
    assert halves.charge == pytest.approx([0.05 + 0.2], rel=EXACT)
    assert halves.charge_sigma == pytest.approx([1.5e-3 * 50 / math.sqrt(12)], rel=1e-9)  # the change may lie anywhere


def test_the_step_time_says_where_in_the_interval_the_step_changed():
    time = np.array([0.0, 50.0, 100.0, 150.0, 200.0])
    current = np.array([5e-4, 5e-4, 5e-4, 2e-3, 2e-3])
    step = np.array([1.0, 1.0, 1.0, 2.0, 2.0])
    since = np.array([0.0, 50.0, 100.0, 20.0, 70.0])
    halves = half_cycles(time, np.ones(5), current, step, since)
    assert halves.charge == pytest.approx([5e-4 * 130 + 2e-3 * 70], rel=EXACT)
    assert halves.charge_sigma[0] < 1e-12


def test_the_tail_of_a_constant_voltage_step_counts_and_the_offset_at_rest_does_not():
    rng = np.random.default_rng(3)
    tau, amps, offset = 900.0, 1e-3, 2e-7
    taper = np.arange(0, 3600.0 + 5, 10.0)
    rest = np.full(400, offset) + 2e-8 * rng.normal(size=400)
    current = np.r_[np.full(361, amps), amps * np.exp(-taper / tau), rest, np.full(361, -amps)]
    time = np.r_[np.arange(361) * 10.0, 3600 + taper, 7200 + 10 * np.arange(1, 401), 11200 + 10 * np.arange(361)]
    halves = half_cycles(time, np.full(time.size, 3.0), current)
    tail = amps * tau * (1 - math.exp(-4))
    assert halves.charge == pytest.approx([3.6 + tail, 3.6], rel=1e-4)
    assert offset * 1.5 < halves.threshold < amps * math.exp(-4)
    assert halves.rest_charge == pytest.approx(offset * 4000, rel=0.05)
    assert abs(halves.charge[0] - 3.6 - tail) < 4 * halves.charge_sigma[0]


def test_a_slow_cycle_among_fast_ones_is_no_rest():
    parts = [(1e-5, 360000), (-1e-5, 360000)] + [(1e-3, 3600), (-1e-3, 3600)] * 10
    time, current, step, _ = steps(*parts, dt=600.0)
    halves = half_cycles(time, np.full(time.size, 2.0), current, step)
    assert len(halves) == 22
    assert halves.charge == pytest.approx(np.full(22, 3.6), rel=EXACT)


def test_noise_about_zero_makes_no_half_cycles():
    rng = np.random.default_rng(11)
    time, current, step, _ = steps((1e-3, 3600), (0, 3600), (-1e-3, 3600))
    halves = half_cycles(time, np.full(time.size, 2.0), current + 1e-6 * rng.normal(size=time.size), step)
    assert halves.sign.tolist() == [1, -1]
    assert halves.charge == pytest.approx([3.6, 3.6], rel=1e-4)


def test_a_thinly_sampled_taper_is_off_by_about_what_its_sigma_says():
    tau, amps = 900.0, 1e-3
    for dt in (60.0, 120.0, 300.0):
        time = np.arange(0, 3600 + dt / 2, dt)
        halves = half_cycles(time, np.full(time.size, 2.0), amps * np.exp(-time / tau))
        off = abs(halves.charge[0] - amps * tau * (1 - math.exp(-4)))
        assert 0.3 * off < halves.charge_sigma[0] < 5 * off


def test_a_record_that_breaks_off_leaves_its_last_half_cycle_incomplete():
    def cell(share):
        time, current, step, _ = steps((1e-3, 3600), (-1e-3, 3600), (1e-3, 3600), (-1e-3, 3600 * share))
        depth = np.where(current > 0, 1 - (time % 3600) / 3600, (time % 3600) / 3600)
        ends = np.flatnonzero(np.diff(step))
        depth[ends] = np.where(current[ends] > 0, 0.0, 1.0)
        depth[-1] = share
        return half_cycles(time, linear(depth), current, step)

    assert cell(1.0).complete.all()
    assert cell(0.5).complete.tolist() == [True, True, True, False]


def test_a_single_discharge_to_the_end_of_the_record_is_unproven():
    time, current, step, _ = steps((-1e-3, 3600))
    assert half_cycles(time, linear(time / 3600), current, step).unproven
    time, current, step, _ = steps((-1e-3, 3600), (0, 600))
    assert not half_cycles(time, np.full(time.size, 2.0), current, step).unproven


def test_no_charge_makes_no_half_cycles():
    halves = half_cycles(np.zeros(5), np.ones(5), np.full(5, 1e-3))
    assert len(halves) == 0
    assert halves.passed.tolist() == [0.0] * 5


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_half_cycles_alternate_and_hold_all_charge_but_what_they_say(data):
    size = data.draw(st.integers(2, 60))
    values = st.sampled_from([0.0, 1e-3, -1e-3, 5e-4, -2e-3, 1e-7, 3.0])
    current = np.array(data.draw(st.lists(values, min_size=size, max_size=size)))
    step = np.cumsum(data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))).astype(float)
    time = np.cumsum(data.draw(st.lists(st.sampled_from([0.0, 1.0, 60.0]), min_size=size, max_size=size)))
    if not current.any():
        return
    halves = half_cycles(time, 2.0 + 0 * time, current, step)
    assert np.all(np.abs(np.diff(halves.sign)) == 2)
    assert np.all(halves.charge > 0)
    dt = np.diff(time)
    turned = (np.diff(step) != 0) | (np.diff(np.where(np.abs(current) > halves.threshold, np.sign(current), 0)) != 0)
    whole = np.sum(np.where(turned, current[1:], 0.5 * (current[1:] + current[:-1])) * dt)
    kept = np.sum(halves.sign * halves.charge)
    assert kept + halves.rest_charge + halves.dropped_charge == pytest.approx(whole, abs=1e-9)
    assert all(np.all(np.isfinite(getattr(halves, n))) for n in ("mean_voltage", "charge_sigma", "voltage_sigma"))


def test_the_rest_threshold_of_clean_steps_lies_below_the_smallest_current():
    time, current, _, _ = steps((1e-3, 3600), (0, 600), (-5e-5, 3600))
    assert 0 < rest_threshold(time, current) < 5e-5


# counters


def test_a_counter_that_is_set_back_at_each_step_gives_the_same_as_one_that_runs_on():
    running = np.array([0.0, 1.0, 2.0, 2.0, 2.0, 3.0, 4.0])
    set_back = np.array([0.0, 1.0, 2.0, 0.0, 0.0, 1.0, 2.0])
    first, last = np.array([0, 4]), np.array([2, 6])
    for counter, falls in ((running, 0), (set_back, 1), (-running, 0)):
        gained, resets = counted(counter, first, last)
        assert gained.tolist() == [2.0, 2.0]
        assert resets == falls


# differential capacity


def test_no_charge_is_lost_between_bins():
    rng = np.random.default_rng(8)
    voltage = 2.0 + np.cumsum(rng.normal(0, 0.01, 500))
    voltage[100:150] = voltage[100]
    passed = rng.uniform(0, 1, 499)
    edges = grid(voltage.min(), voltage.max(), 0.01)
    assert binned(voltage, passed, edges).sum() == pytest.approx(passed.sum(), rel=1e-9)


def test_a_linear_voltage_has_a_flat_differential_capacity_and_a_plateau_a_peak():
    depth = np.linspace(0, 1, 2001)
    edges = grid(1.5, 2.5, 0.05)
    flat = binned(linear(depth), np.diff(depth), edges) / 0.05
    assert flat[2:-2] == pytest.approx(np.ones(flat.size - 4), rel=1e-6)
    voltage = two_plateaus(depth)
    edges = grid(voltage.min(), voltage.max(), 0.01)
    found = peaks(0.5 * (edges[1:] + edges[:-1]), binned(voltage, np.diff(depth), edges), 0.1)
    assert found == pytest.approx([2.1, 1.1], abs=0.01)  # the larger share first, within a bin


def test_peaks_stand_out_as_much_as_is_asked():
    voltage = np.arange(7.0)
    density = np.array([0.0, 10.0, 9.5, 9.8, 1.0, 5.0, 0.0])
    assert peaks(voltage, density, 0.1).tolist() == [1.0, 5.0]
    assert peaks(voltage, density, 0.02).tolist() == [1.0, 3.0, 5.0]


# levels, laws, fade


def test_levels_and_their_stretches():
    level = levels(np.array([1.0, 1.02, 2.0, 2.1, 4.0, 1.01]), 0.1)
    assert level.tolist() == [0, 0, 1, 1, 2, 0]
    assert stretches(level).tolist() == [0, 2, 4, 5, 6]


@pytest.mark.parametrize("law", LAWS)
def test_the_mean_of_a_law_is_its_integral(law):
    from scipy.integrate import quad

    curve, mean = LAWS[law]
    assert quad(lambda x: float(curve(np.array(x))), 0, 1, limit=200)[0] == pytest.approx(mean, abs=1e-8)
    assert np.trapezoid(about(law, np.linspace(0, 1, 100001), 1.92), dx=1e-5) == pytest.approx(1.92, abs=1e-6)
    assert np.all(np.diff(curve(np.linspace(0, 1, 500))) < 0)


def test_the_mean_of_two_plateaus_goes_with_their_shares():
    assert two_plateaus_mean(2.0, 1.0, 0.5) == pytest.approx(1.5, abs=1e-12)
    assert two_plateaus_mean(2.0, 1.0, 0.7, 1e-3) == pytest.approx(1.7, abs=1e-3)


def test_a_straight_line_is_found_and_its_sigma_is_that_of_the_textbook_for_independent_scatter():
    rng = np.random.default_rng(4)
    x = np.arange(1.0, 401.0)
    y = 500 - 0.1 * x + rng.normal(0, 2.0, x.size)
    found = trend(x, y, 1.0)
    textbook = 2.0 / math.sqrt(np.sum((x - x.mean()) ** 2))
    assert abs(found.slope + 0.1) < 3 * textbook
    assert found.slope_sigma == pytest.approx(textbook, rel=0.15)
    assert found.start == pytest.approx(499.9, abs=1.0)


@pytest.mark.parametrize(("memory", "count"), [(0.0, 20), (0.5, 60), (0.8, 300)])
def test_the_sigma_of_a_fade_covers_the_truth_when_the_scatter_remembers(memory, count):
    rng = np.random.default_rng(17)
    x, inside, draws = np.arange(float(count)), np.zeros(2), 400
    for _ in range(draws):
        steps_ = rng.normal(size=count + 50)
        for k in range(1, steps_.size):
            steps_[k] += memory * steps_[k - 1]
        found = trend(x, 100 - 0.05 * x + steps_[50:], 0.0)
        inside += np.abs(found.slope + 0.05) < found.slope_sigma * np.array([1, 2])
    assert 0.60 < inside[0] / draws < 0.80  # 68 %, four binomial sigmas and the sigma's own error
    assert 0.90 < inside[1] / draws < 0.99


# what the techniques of a cell make of them

MASS = Quantity(4.0, "mg", 0.1)
PAPER = {
    "discharge_capacity": Quantity.exact(530.0, "mAh/g"),
    "mean_discharge_voltage": Quantity.exact(1.92, "V"),
    "mean_charge_voltage": Quantity.exact(2.3, "V"),
    "first_charge_capacity": Quantity.exact(349.0, "mAh/g"),
    "first_discharge_capacity": Quantity.exact(491.0, "mAh/g"),
}


def disc(**more):
    return Sample("disc", facts={k: Fact(q, Source("measured")) for k, q in {"mass": MASS, **more}.items()})


def test_the_first_efficiency_of_a_cell_that_is_charged_first_is_its_discharge_over_its_charge():
    found = Cycling().analyse(Cycling().predict(PAPER, disc()), disc())
    assert found["first_coulombic_efficiency"].to("%").value == pytest.approx(100 * 491 / 349, rel=1e-6)
    assert found["coulombic_efficiency"].to("%").value == pytest.approx(100.0, rel=1e-6)
    assert found["retention"].to("%").value == pytest.approx(100 * 530 / 491, rel=1e-6)
    assert found["discharge_energy"].to("Wh/kg").value == pytest.approx(530 * 1.92, rel=1e-5)
    assert found["discharge_power"].to("W/kg").value == pytest.approx(25 * 1.92, rel=1e-5)
    assert found["energy_efficiency"].to("%").value == pytest.approx(100 * 1.92 / 2.3, rel=1e-5)
    assert found["polarisation"].value == pytest.approx(0.38, abs=1e-5)


def test_a_record_against_li_in_gives_the_same_on_both_scales_and_knows_the_offsets_error():
    against_li, against_li_in = Cycling(), Cycling(reference="Li-In")
    plain = against_li.analyse(against_li.predict(PAPER, disc()), disc())
    records = against_li_in.predict(PAPER, disc())
    shifted = against_li_in.analyse(records, disc())
    misread = against_li.analyse(records, disc())
    for word in ("mean_discharge_voltage", "mean_discharge_voltage_li_in", "discharge_energy"):
        assert shifted[word].value == pytest.approx(plain[word].value, rel=1e-9), word
    assert plain["mean_discharge_voltage_li_in"].value == pytest.approx(1.92 - 0.62, abs=1e-5)
    assert misread["mean_discharge_voltage"].value == pytest.approx(1.92 - 0.62, abs=1e-5)
    assert shifted["mean_discharge_voltage"].sigma == pytest.approx(
        math.hypot(plain["mean_discharge_voltage"].sigma, 3e-3)
    )
    assert plain["mean_discharge_voltage_li_in"].sigma == pytest.approx(shifted["mean_discharge_voltage"].sigma)


def test_every_basis_stands_beside_the_others_with_the_errors_of_its_own_facts():
    area, thickness = Quantity(0.785, "cm**2", 0.01), Quantity(30.0, "um", 5.0)
    sample = disc(area=area, thickness=thickness, active_fraction=Quantity(0.4, "", 0.004))
    found = Cycling().analyse(Cycling().predict(PAPER, sample), sample)
    mah = 530 * 4e-3
    for suffix, value, errors in (
        ("", 530.0, (0.1 / 4,)),
        ("_active", 530 / 0.4, (0.1 / 4, 0.01)),
        ("_absolute", mah, ()),
        ("_areal", mah / 0.785, (0.01 / 0.785,)),
        ("_volumetric", mah / (0.785 * 30e-4), (0.01 / 0.785, 5 / 30)),
    ):
        here = found[f"discharge_capacity{suffix}"]
        assert here.value == pytest.approx(value, rel=1e-6), suffix
        assert here.sigma / here.value == pytest.approx(math.hypot(1e-3, *errors), rel=2e-3), suffix
    assert found.covariance.correlation("charge_capacity", "discharge_capacity") > 0.99  # one mass, badly known
    assert abs(found.covariance.correlation("charge_capacity", "coulombic_efficiency")) < 0.1  # the mass cancels


def cut(record, rows):
    return Record(
        record.name, record.kind, {k: Column(c.values[rows], c.unit) for k, c in record.columns.items()}, record.source
    )


def test_a_broken_off_cycle_is_not_taken_for_the_last_and_is_doubted():
    whole = Cycling(cycles=4).predict(PAPER, disc())["main"]
    broken = cut(whole, slice(0, int(len(whole) * 0.93)))
    found = Cycling().analyse({"main": broken}, disc())
    assert found["cycle"].value == 3
    assert found["discharge_capacity"].value == pytest.approx(530.0, rel=1e-6)
    assert any("breaks off in the last discharge" in doubt for doubt in found.doubts)
    asked = Cycling(cycle=4).analyse({"main": broken}, disc())
    assert asked["discharge_capacity"].value < 500
    assert any("cycle 4, which the values are of, is not complete" in doubt for doubt in asked.doubts)
    with pytest.raises(BadInput, match="cycles 1 to 4"):
        Cycling(cycle=5).analyse({"main": broken}, disc())


def test_a_record_of_one_discharge_gives_what_it_can():
    whole = Cycling(cycles=1).predict(PAPER, disc())["main"]
    only = cut(whole, np.flatnonzero(whole["current"] < 0))
    found = Cycling().analyse({"main": only}, disc())
    assert found["discharge_capacity"].value == pytest.approx(530.0, rel=1e-6)
    assert not {"charge_capacity", "coulombic_efficiency", "polarisation"} & set(found.values)
    assert any("may be incomplete" in doubt for doubt in found.doubts)
    with pytest.raises(BadInput, match="0 complete cycles"):
        Endurance(formation=0).analyse({"main": only}, disc())


def test_bad_records_are_told_in_a_sentence():
    whole = Cycling(cycles=1).predict(PAPER, disc())["main"]
    rng = np.random.default_rng(6)

    def changed(**columns):
        return {"main": Record("r", "cycling", {**whole.columns, **columns}, whole.source)}

    still = Column(np.zeros(len(whole)), "s")
    for records, says in (
        (changed(current=Column(np.zeros(len(whole)), "A")), "no current other than zero"),
        (changed(time=Column(rng.permutation(whole["time"]), "s")), "out of order"),
        (changed(time=still, step_time=still), "passes no charge"),
        (changed(voltage=Column(whole["voltage"] * 1e6, "V")), "beyond 1000 V in row 1"),
        ({"main": cut(whole, slice(0, 1))}, "two at least"),
    ):
        with pytest.raises(BadInput, match=says):
            Cycling().analyse(records, disc())


def test_blocks_recover_and_a_mean_carries_its_scatter():
    values = {
        f"discharge_capacity_{n}": Quantity.exact(q, "mAh/g") for n, q in enumerate((530, 517, 473, 371), start=1)
    }
    rate = Rate(cycles=4)
    record = rate.predict(values, disc())["main"]
    last = rate.analyse({"main": record}, disc())
    assert [last[f"current_{n}"].value for n in range(1, 6)] == pytest.approx([25, 50, 100, 200, 25], rel=1e-9)
    assert last["retention_4"].to("%").value == pytest.approx(100 * 371 / 530, rel=1e-6)
    assert last["retention_4"].sigma < 0.02  # the mass and the gain cancel
    assert last["recovery"].to("%").value == pytest.approx(100.0, rel=1e-6)
    drifting = Column(record["current"] * (1 + 0.01 * np.arange(len(record)) / len(record)), "A")
    moved = {"main": Record("r", "cycling", {**record.columns, "current": drifting}, record.source)}
    sure = disc(mass=Quantity.exact(4.0, "mg"))
    mean, one = (
        Rate(take=take, current_error=Quantity.exact(0.0, "%")).analyse(moved, sure) for take in ("mean", "last")
    )
    four = mean.curves["blocks"].columns["scatter"].values[0] / 2  # of the mean of four
    assert mean["discharge_capacity_1"].sigma == pytest.approx(four, rel=0.05)
    assert one["discharge_capacity_1"].sigma < 0.2 * four


def test_the_energy_between_two_ragone_points_lies_on_the_line_against_the_logarithm():
    values = {}
    for number, (energy, power) in enumerate(((1000, 50), (800, 200)), start=1):
        values |= {
            f"energy_{number}": Quantity.exact(energy, "Wh/kg"),
            f"power_{number}": Quantity.exact(power, "W/kg"),
        }
    ragone = Ragone(
        currents=(Quantity.exact(25, "mA/g"), Quantity.exact(110, "mA/g")), power=Quantity.exact(100, "W/kg")
    )
    found = ragone.analyse(ragone.predict(values, disc()), disc())
    assert found["energy_at_power"].value == pytest.approx(900.0, rel=1e-5)  # 100 is the geometric middle
    assert found["energy_at_power"].sigma > 900 - (1000 - 200 * 50 / 150)  # nor better known than the line's own form


def test_life_is_a_value_when_it_ends_and_a_limit_when_it_does_not():
    def tested(fade, cycles=60):
        test = Endurance(cycles=cycles, formation=0)
        values = {"initial_capacity": Quantity.exact(500, "mAh/g"), "fade": Quantity.exact(fade, "%")}
        return test.analyse(test.predict(values, disc(), np.random.default_rng(3)), disc())

    ended = tested(0.5)
    assert ended["cycles_to_80"].value == pytest.approx(40.5, abs=2)
    assert ended["fade"].value == pytest.approx(0.5, abs=4 * ended["fade"].sigma)
    alive = tested(0.0)
    assert "cycles_to_80" not in alive.values
    assert (alive.limits["cycles_to_80"].side, alive.limits["cycles_to_80"].bound.value) == ("above", 59.0)
    assert 0 < alive.limits["fade"].bound.value < 0.05
    assert "fade" not in ended.limits
