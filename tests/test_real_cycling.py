"""Real cycling files against other programs and the instruments' own counters; where they differ, who is right."""

import csv

import numpy as np
import pytest

from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.readers import read
from thiocell.techniques.cycling import Cycling
from thiocell.techniques.endurance import Endurance
from thiocell.techniques.ragone import Ragone
from thiocell.techniques.rate import Rate

ASKED = 1e-3  # agreement with references that are right
GRAM = Sample("one gram", facts={"mass": Fact(Quantity.exact(1.0, "g"), Source("assumed"))})  # so mAh/g are mAh


@pytest.fixture
def real(data_dir):
    """The one record of a real file."""

    def get(name):
        place = data_dir / "echem" / name
        if not place.is_file():
            pytest.skip(f"no real file {place}")
        (record,) = read(place)
        return record

    return get


@pytest.fixture
def reference(data_dir):
    """A reference table as columns of numbers, NaN where it is blank."""

    def get(name):
        place = data_dir / "echem" / name
        if not place.is_file():
            pytest.skip(f"no reference {place}")
        with place.open() as file:
            rows = list(csv.DictReader(file))
        return {key: np.array([float(row[key] or "nan") for row in rows]) for key in rows[0]}

    return get


def analysed(record, **settings):
    return Cycling(**settings).analyse({"main": record}, GRAM)


def table(result, name, curve="cycles"):
    return result.curves[curve].columns[name].values


def capacities(record):
    result = analysed(record)
    return table(result, "charge_capacity"), table(result, "discharge_capacity"), table(result, "complete")


def test_arbin_agrees_with_cellpy_and_with_its_own_counters(real, reference):
    record, ref = real("cyc_arbin_18cycles.res"), reference("ref_cyc_arbin_18cycles_cellpy215.csv")
    charge, discharge, complete = capacities(record)
    assert complete.tolist() == [1.0] * 17 + [0.0]  # the record breaks off in the 18th discharge
    assert charge[:17] == pytest.approx(1e3 * ref["charge_capacity"][:17], rel=ASKED)  # cellpy's are Ah
    assert discharge == pytest.approx(1e3 * ref["discharge_capacity"], rel=ASKED)
    assert np.isnan(charge[17])
    result = analysed(record)
    assert not any("differs from the instrument's counter" in doubt for doubt in result.doubts)
    assert any("breaks off" in doubt for doubt in result.doubts)


def test_cellpys_efficiency_is_charge_over_the_discharge_before_it(real, reference):
    """The cell is a half-cell that is discharged first; our default pairs a discharge with the charge before."""
    record, ref = real("cyc_arbin_18cycles.res"), reference("ref_cyc_arbin_18cycles_cellpy215.csv")
    other = table(analysed(record, efficiency="charge/discharge"), "coulombic_efficiency")
    assert other[:17] == pytest.approx(ref["coulombic_efficiency"][:17], rel=ASKED)
    ours = table(analysed(record), "coulombic_efficiency")
    assert np.isnan(ours[0])
    assert ours[1] == pytest.approx(100 * ref["discharge_capacity"][1] / ref["charge_capacity"][0], rel=ASKED)


def test_biologic_agrees_with_navani(real, reference):
    record, ref = real("cyc_biologic_gcpl_5cycles.mpr"), reference("ref_cyc_biologic_gcpl_5cycles_navani0122.csv")
    result = analysed(record)
    for ours, theirs in (
        ("discharge_capacity", "Discharge Capacity"),
        ("charge_capacity", "Charge Capacity"),
        ("mean_discharge_voltage", "Average Discharge Voltage"),
        ("mean_charge_voltage", "Average Charge Voltage"),
    ):
        there = np.isfinite(ref[theirs])
        assert np.count_nonzero(there) >= 6
        assert table(result, ours)[there[1:]] == pytest.approx(ref[theirs][there], rel=ASKED), ours
    assert not any("differs from the instrument's counter" in doubt for doubt in result.doubts)


def test_neware_csv_agrees_with_cellpy_except_for_its_third_cycle_which_holds_two(real, reference):
    """The file counts as cycle 3 two discharges and two charges in turn; by the current's sign these are two cycles."""
    record, ref = real("cyc_neware_uio.csv"), reference("ref_cyc_neware_uio_cellpy215.csv")
    charge, discharge, complete = capacities(record)
    assert complete.tolist() == [1.0, 1.0, 1.0, 1.0, 0.0]
    theirs, others = 1e3 * ref["charge_capacity"], 1e3 * ref["discharge_capacity"]
    assert charge[[0, 1, 4]] == pytest.approx(theirs[[0, 1, 3]], rel=ASKED)
    assert discharge[[0, 1, 4]] == pytest.approx(others[[0, 1, 3]], rel=ASKED)
    assert charge[2] + charge[3] == pytest.approx(theirs[2], rel=ASKED)
    assert discharge[2] + discharge[3] == pytest.approx(others[2], rel=ASKED)
    third = record.columns["cycle"].values == 3
    signs = np.sign(record.columns["current"].values[third])
    signs = signs[signs != 0]
    assert np.count_nonzero(np.diff(signs)) == 3  # two discharges and two charges in the file's third cycle
    result = analysed(record)
    assert not any("differs from the instrument's counter" in doubt for doubt in result.doubts)


def test_a_discharge_in_three_steps_with_rests_is_one_half_cycle(real):
    """4.68031 + 0.28183 + 0.12414 mAh at 0.25, 0.1 and 0.05 mA, by the instrument's counter at the end of each step."""
    _, discharge, _ = capacities(real("cyc_neware_uio.csv"))
    assert discharge[0] == pytest.approx(4.68031 + 0.28183 + 0.12414, rel=1e-4)


def test_in_batmo_the_counters_leave_out_the_first_interval_of_every_step(real, reference):
    """The counter is 0 in the first row of each step and grows by current times interval: n rows count n - 1.

    Each row is the end of a time step of the simulation that made the file. So the reference, which is the counter,
    lacks the interval before each first row; with that interval taken away ours agrees.
    """
    record, ref = real("cyc_batmo_109cycles.csv"), reference("ref_cyc_batmo_109cycles_cellpy215.csv")
    current, time, step = (record.columns[name].values for name in ("current", "time", "step"))
    charge, _, complete = capacities(record)
    hours = time * Quantity(1.0, record.columns["time"].unit).to("hour").value
    turns = np.flatnonzero(np.diff(step) != 0) + 1
    first = turns[current[turns] > 0]
    before = 1e3 * current[first] * (hours[first] - hours[first - 1])  # mAh in the interval before each charge
    assert complete.sum() == 109
    assert first.size == 109
    assert charge[:109] - before == pytest.approx(1e3 * ref["charge_capacity"], rel=ASKED)
    counter = record.columns["charge_counter"].values
    assert counter[first].tolist() == [0.0] * 109
    rows = np.flatnonzero((current > 0) & (record.columns["cycle"].values == 50))
    amps = current[rows[0]]
    assert 1e3 * counter[rows].max() == pytest.approx(1e3 * amps * (hours[rows[-1]] - hours[rows[0]]), rel=1e-6)
    assert charge[49] == pytest.approx(1e3 * amps * (hours[rows[-1]] - hours[rows[0] - 1]), rel=1e-6)
    result = analysed(record)
    assert any("differs from the instrument's counter" in doubt for doubt in result.doubts)
    sigma = table(result, "charge_capacity_sigma")[:109]
    assert np.all(before < 3.5 * sigma)  # a uniform error of the whole interval is sqrt(12) sigmas wide


def test_cellpys_first_batmo_cycle_adds_two_discharges(real, reference):
    """Discharge 116.9, charge 158.9, discharge 159.8 mAh: cellpy adds the discharges (276.7) and prints 174 %."""
    record, ref = real("cyc_batmo_109cycles.csv"), reference("ref_cyc_batmo_109cycles_cellpy215.csv")
    _, discharge, _ = capacities(record)
    assert 1e3 * ref["discharge_capacity"][0] == pytest.approx(116.898189 + 159.788892, rel=1e-6)
    assert discharge[:2] == pytest.approx([116.898189, 159.788892], rel=ASKED)


def test_neware_ndax_agrees_where_its_counter_keeps_pace_with_its_current(real, reference):
    """The charge agrees within 0.1 %. In the discharge the counter loses 0.44 % from half-way on: our integral stands.

    At an unchanging displayed current of 0.1199 mA the counter gains 0.9997 uAh every 30 s at first and 0.9953 later;
    0.1199 mA times 30 s is 0.99917 uAh.
    """
    record, ref = real("cyc_neware_test.ndax"), reference("ref_cyc_neware_test_navani0122.csv")
    result = analysed(record)
    assert result["charge_capacity"].value == pytest.approx(ref["Charge Capacity"][1], rel=ASKED)
    current = np.abs(record["current"]) * 1e3
    steady = np.flatnonzero((record["current"] < 0) & (np.abs(current - 0.1199) < 1e-6))
    gained = 1e3 * np.diff(record.columns["discharge_counter"].values[steady])  # uAh every 30 s
    assert np.median(gained[20:200]) == pytest.approx(0.1199 / 3.6 * 30, rel=1e-3)
    assert np.median(gained[-200:]) == pytest.approx(0.1199 / 3.6 * 30 * (1 - 0.0039), rel=1e-3)
    lost = 1e-3 * np.sum(0.1199 / 3.6 * 30 - gained)  # mAh by which the counter falls behind at constant current
    assert result["discharge_capacity"].value - lost == pytest.approx(ref["Discharge Capacity"][1], rel=ASKED)
    assert result["discharge_capacity"].value == pytest.approx(ref["Discharge Capacity"][1], rel=2.5 * ASKED)


def test_navanis_mean_discharge_voltage_of_the_ndax_file_lies_below_the_cut_off(real, reference):
    """It prints 1.494 V for a discharge from 4.39 to 1.50 V; the counted energy over charge says 2.99 V."""
    record, ref = real("cyc_neware_test.ndax"), reference("ref_cyc_neware_test_navani0122.csv")
    result = analysed(record)
    assert ref["Average Discharge Voltage"][1] < record.columns["voltage"].values.min()
    energy, charge = (np.abs(record.columns[name].values) for name in ("step_energy", "step_charge"))
    discharging = np.flatnonzero(record["current"] < 0)
    assert result["mean_discharge_voltage"].value == pytest.approx(
        energy[discharging].max() / charge[discharging].max(), rel=2 * ASKED
    )


def test_the_landt_file_and_its_bdf_twin_give_the_same_and_doubt_their_rounded_current(real):
    """The current is written as 0.0002 A: to half a digit 25 %. The counters say 6.3 and 3.2 mAh."""
    raw, twin = (analysed(real(name)) for name in ("cyc_landt_LiGr_raw.csv", "cyc_landt_LiGr.bdf.csv"))
    for word, value in raw.values.items():
        assert twin[word].value == pytest.approx(value.value, rel=1e-6), word
        assert twin[word].sigma == pytest.approx(value.sigma, rel=1e-3), word
    assert raw["discharge_capacity"].agrees(Quantity.exact(6.3, "mAh/g"))
    assert raw["charge_capacity"].agrees(Quantity.exact(3.2, "mAh/g"))
    assert raw["discharge_capacity"].sigma > 0.1 * raw["discharge_capacity"].value
    assert any("steps of 0.0001 A" in doubt for doubt in raw.doubts)
    assert any("differs from the instrument's counter" in doubt for doubt in raw.doubts)


def test_the_five_rates_of_the_file_with_the_time_bug_are_found(real):
    record = real("cyc_rate_neware_timebug.bdf.csv")
    result = Rate().analyse({"main": record}, GRAM)
    found = [result[f"current_{n}"].to("A/g").value for n in range(1, 6)]
    assert found == pytest.approx([0.655, 6.55, 13.1, 32.75, 59.45], rel=3e-3)  # set; the last digits wander
    assert "current_6" not in result.values
    assert any("stumbled in 19 rows" in doubt for doubt in result.doubts)
    assert not any("runs backwards" in doubt for doubt in result.doubts)  # the same, told with less


def test_each_discharge_of_the_file_with_the_time_bug_is_its_current_times_its_time(real):
    """By hand from the rows of each step but the first, whose time is wrong: first and last time, mean current."""
    record = real("cyc_rate_neware_timebug.bdf.csv")
    result = Rate().analyse({"main": record}, GRAM)
    time, current, step = (record.columns[name].values for name in ("time", "current", "step"))
    discharges = list(dict.fromkeys(step[current < 0]))
    assert len(discharges) == 5
    for number, which in enumerate(discharges, start=1):
        rows = np.flatnonzero(step == which)[1:]
        by_hand = -np.mean(current[rows]) * (time[rows[-1]] - time[rows[0]]) / 3.6
        assert result[f"discharge_capacity_{number}"].value == pytest.approx(by_hand, rel=ASKED)
        assert result[f"retention_{number}"].value <= 100.0


def test_ragone_points_of_the_file_with_the_time_bug_are_energy_over_time(real):
    record = real("cyc_rate_neware_timebug.bdf.csv")
    result = Ragone(power=Quantity.exact(50.0, "W/g")).analyse({"main": record}, GRAM)
    time, current, step, voltage = (record.columns[n].values for n in ("time", "current", "step", "voltage"))
    for number, which in enumerate(dict.fromkeys(step[current < 0]), start=1):
        rows = np.flatnonzero(step == which)[1:]
        hours = (time[rows[-1]] - time[rows[0]]) / 3600
        energy = np.trapezoid(-voltage[rows] * current[rows], time[rows]) / 3600  # Wh of one gram
        assert result[f"energy_{number}"].to("Wh/g").value == pytest.approx(energy, rel=ASKED)
        assert result[f"power_{number}"].to("W/g").value == pytest.approx(energy / hours, rel=ASKED)
    low, high = (result[f"energy_{n}"].value for n in (3, 4))
    assert high < result["energy_at_power"].value < low
    beyond = Ragone(power=Quantity.exact(300.0, "W/g")).analyse({"main": record}, GRAM)
    assert "energy_at_power" not in beyond.values
    assert any("nothing is read beyond" in doubt for doubt in beyond.doubts)


def test_endurance_of_batmo_doubts_the_change_of_rate_and_not_that_of_one_rate(real):
    record = real("cyc_batmo_109cycles.csv")
    mixed = Endurance(formation=3).analyse({"main": record}, GRAM)
    assert any("2-fold" in doubt for doubt in mixed.doubts)
    number = record.columns["cycle"].values
    rows = (number >= 10) & (number < 100)  # at one current
    part = Record(
        "part", "cycling", {k: Column(c.values[rows], c.unit) for k, c in record.columns.items()}, record.source
    )
    steady = Endurance(formation=3).analyse({"main": part}, GRAM)
    assert not any("fold" in doubt for doubt in steady.doubts)
    assert steady.limits["cycles_to_80"].side == "above"
    capacity = table(steady, "discharge_capacity")
    by_hand = np.polyfit(np.arange(3, capacity.size), capacity[3:], 1)[0]
    assert steady["fade"].sigma > 0
    assert steady["fade"].value == pytest.approx(-100 * by_hand / steady["initial_capacity"].value, rel=1e-6, abs=1e-9)


def test_a_quarter_of_a_million_rows_give_what_the_rows_of_one_file_give(real):
    record = real("cyc_neware_uio.csv")
    keep = record.columns["cycle"].values < 4  # whole cycles
    size, times = np.count_nonzero(keep), 30
    columns = {name: c.values[keep] for name, c in record.columns.items()}
    tiled = {name: np.tile(values, times) for name, values in columns.items()}
    tiled["time"] = tiled["time"] + np.repeat(np.arange(times) * (columns["time"][-1] + 60), size)
    many = Record("tiled", "cycling", {n: Column(v, record.columns[n].unit) for n, v in tiled.items()}, record.source)
    assert len(many) > 250_000
    found, one = capacities(many), capacities(record)
    assert found[0].size == 4 * times
    assert found[0] == pytest.approx(np.tile(one[0][:4], times), rel=1e-9)
    assert found[1] == pytest.approx(np.tile(one[1][:4], times), rel=1e-9)
