"""How the techniques of a cell read a record's current, time and source, what they predict and how they draw it."""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from thiocell.chemistry.reference_electrode import LI_IN
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Panel, Points
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.readers import read
from thiocell.report.figure import draw_onto
from thiocell.techniques._cells.curves import capacity_panel, cycle_axis, efficiency_panel
from thiocell.techniques.cycling import Cycling
from thiocell.techniques.endurance import Endurance
from thiocell.techniques.ragone import Ragone
from thiocell.techniques.rate import Rate

MASS = Quantity(4.0, "mg", 0.1)
PAPER = {
    "discharge_capacity": Quantity.exact(530.0, "mAh/g"),
    "mean_discharge_voltage": Quantity.exact(1.92, "V"),
    "mean_charge_voltage": Quantity.exact(2.3, "V"),
    "first_charge_capacity": Quantity.exact(349.0, "mAh/g"),
    "first_discharge_capacity": Quantity.exact(491.0, "mAh/g"),
}


def disc():
    return Sample("disc", facts={"mass": Fact(MASS, Source("measured"))})


# how the current was written

ONE = np.r_[np.zeros(5), np.ones(60), np.zeros(5), -np.ones(60)]  # rest, charge, rest, discharge
SIGNS = np.tile(ONE, 4)
EVERY = 100.0  # s


def written(current, digits=4, step=None, counters=None):
    """A measured record of ``current`` (A), written to so many decimals, of a cell at 2 V."""
    current = np.array([float(f"{value:.{digits}f}") for value in current])
    columns = {
        "time": Column(EVERY * np.arange(current.size), "s"),
        "voltage": Column(np.where(current > 0, 2.3, 1.9), "V"),
        "current": Column(current, "A"),
    }
    columns["step"] = Column(np.cumsum(np.diff(np.sign(current), prepend=0.0) != 0) if step is None else step)
    if counters is not None:
        for name, sign in (("charge_counter", 1.0), ("discharge_counter", -1.0)):
            columns[name] = Column(np.cumsum(np.maximum(sign * counters, 0.0)) * EVERY / 3.6, "mAh")
    return Record("written", "cycling", columns, Source("measured"))


def cycled(record):
    return Cycling(reference="Li").analyse({"main": record}, disc())


def mentions(found, words):
    return [doubt for doubt in found.doubts if words in doubt]


def test_a_round_constant_current_is_taken_at_its_word_and_doubted():
    found = cycled(written(5e-4 * SIGNS, 6))
    assert found["discharge_capacity"].value == pytest.approx(5e-4 * 60 * EVERY / 3.6 / 4e-3, rel=1e-9)
    assert found["discharge_capacity"].sigma / found["discharge_capacity"].value == pytest.approx(
        math.hypot(0.1 / 4, 1e-3, EVERY / (60 * EVERY) / math.sqrt(12)), rel=1e-2
    )  # mass, gain and the place of the step change
    (doubt,) = mentions(found, "if the instrument rounded it")
    assert "as 0.0005 A throughout" in doubt
    assert "up to 10 % is open" in doubt


def test_a_current_with_enough_digits_or_counters_that_agree_is_not_doubted():
    for record in (written(5.013e-4 * SIGNS, 7), written(5e-4 * SIGNS, 4, counters=5e-4 * SIGNS)):
        found = cycled(record)
        assert not mentions(found, "rounded")
        assert not mentions(found, "steps of")
        assert found["discharge_capacity"].sigma < 0.03 * found["discharge_capacity"].value


def test_counters_that_contradict_a_round_current_show_that_it_was_rounded():
    result = cycled(written(4.6e-4 * SIGNS, 4, counters=4.6e-4 * SIGNS))
    assert mentions(result, "written in steps of 0.0001 A")
    found, true = result["discharge_capacity_absolute"], 4.6e-4 * 60 * EVERY / 3.6
    assert found.value == pytest.approx(true * 5 / 4.6, rel=1e-9)
    assert found.agrees(Quantity.exact(true, "mAh"))
    assert found.sigma / found.value == pytest.approx(0.5e-4 / 5e-4 / math.sqrt(3), rel=0.05)


def test_counters_that_are_off_for_another_reason_do_not_show_a_rounding():
    found = cycled(written(5e-4 * SIGNS, 4, counters=8e-4 * SIGNS))  # three digits off
    assert not mentions(found, "written in steps")
    assert mentions(found, "if the instrument rounded it")
    little = cycled(written(5e-4 * SIGNS, 4, counters=4.96e-4 * SIGNS))["discharge_capacity_absolute"]
    assert little.sigma / little.value < 0.02  # 0.8 % off: no more than twice that is open


def test_readings_that_come_and_go_between_neighbours_leave_half_a_step_open():
    rng = np.random.default_rng(21)
    coarse = cycled(written(SIGNS * (5e-4 + 0.8e-4 * rng.normal(size=SIGNS.size))))["discharge_capacity_absolute"]
    assert coarse.sigma / coarse.value == pytest.approx(0.5e-4 / 5e-4 / math.sqrt(3), rel=0.1)
    lsb = 4.6e-5  # the step need be no power of ten
    readings = SIGNS * lsb * np.round(5e-4 * (1 + 0.1 * rng.normal(size=SIGNS.size)) / lsb)
    found = cycled(written(readings, 9))
    assert mentions(found, "written in steps of 4.6e-05 A")
    fine = cycled(written(SIGNS * (5e-4 + 1e-7 * rng.normal(size=SIGNS.size)), 7))
    assert fine["discharge_capacity_absolute"].sigma < 0.01 * fine["discharge_capacity_absolute"].value
    assert not mentions(fine, "steps of")


def test_currents_that_were_set_are_no_readings_that_come_and_go():
    rates = SIGNS * np.repeat([1e-3, 2e-3, 3e-3, 4e-3], ONE.size)
    stairs = np.where(SIGNS < 0, -np.tile(np.repeat([4e-3, 3e-3, 2e-3, 1e-3], ONE.size // 4 + 1)[: ONE.size], 4), 0)
    stairs = np.where(SIGNS > 0, 2e-3, stairs)
    for current in (rates, stairs):
        for step in (np.cumsum(np.diff(current, prepend=0.0) != 0), np.zeros(current.size)):
            found = cycled(written(current, 3, step=step))
            assert not mentions(found, "written in steps")
            assert mentions(found, "in whole steps of 0.001 A; if the instrument rounded it, up to 50 %")


def test_a_hold_that_steps_down_within_one_instrument_step_was_rounded():
    hold = 5e-4 * np.exp(-np.arange(60) / 30.0)
    current = np.tile(np.r_[np.zeros(5), hold, np.zeros(5), -np.full(60, 5e-4)], 4)
    assert mentions(cycled(written(current)), "written in steps of 0.0001 A")


# what a record brings


def test_a_time_that_stumbles_is_doubted_once_and_in_the_words_that_tell_more():
    whole = Cycling(cycles=1, reference="Li").predict(PAPER, disc())["main"]
    time = whole["time"].copy()
    time[700] = 0.0
    told = ("time runs backwards 1 times, first at row 701", "another doubt")

    def read(time, doubts):
        columns = {**whole.columns, "time": Column(time, "s")}
        del columns["step_time"]
        return Cycling(reference="Li").analyse({"main": Record("r", "cycling", columns, whole.source, doubts)}, disc())

    mended = read(time, told)
    assert not mentions(mended, "runs backwards")
    assert mentions(mended, "the time stumbled in row 701")
    assert mentions(mended, "another doubt")
    assert mentions(read(whole["time"], told), "runs backwards")  # what the technique does not see stays


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("measured", "measured"),
        ("fitted", "fitted"),
        ("predicted", "recovered"),
        ("recovered", "recovered"),
        ("paper", "derived"),
        ("literature", "derived"),
        ("assumed", "derived"),
        ("derived", "derived"),
    ],
)
def test_what_is_read_off_a_record_is_of_no_better_kind_than_the_record(given, found):
    record = Cycling(cycles=1).predict(PAPER, disc())["main"]
    there = Record("r", "cycling", record.columns, Source(given, "a reference", "a place"))
    assert Cycling().analyse({"main": there}, disc()).source == Source(found, "a reference", "a place")


def test_the_offset_of_li_in_is_the_one_of_the_chemistry_with_its_sigma():
    found = Cycling(reference="Li", voltage_error=Quantity.exact(0.0, "V")).analyse(
        Cycling(reference="Li").predict(PAPER, disc()), disc()
    )
    both = [found[f"mean_discharge_voltage{scale}"] for scale in ("", "_li_in")]
    assert both[0].value - both[1].value == pytest.approx(LI_IN.quantity.value, abs=1e-12)
    assert math.sqrt(both[1].sigma ** 2 - both[0].sigma ** 2) == pytest.approx(LI_IN.quantity.sigma, rel=1e-9)
    assert LI_IN.quantity.sigma == pytest.approx(0.01 / math.sqrt(12), rel=0.05)  # a rounded last digit


# predictions and figures


def test_a_predicted_charge_lies_the_polarisation_above_the_discharge():
    voltages = {"mean_discharge_voltage": Quantity.exact(1.92, "V"), "discharge_capacity": Quantity.exact(500, "mAh/g")}
    rates = {f"discharge_capacity_{n}": Quantity.exact(500, "mAh/g") for n in range(1, 5)}
    points = {f"energy_{n}": Quantity.exact(900, "Wh/kg") for n in range(1, 5)}
    points |= {f"power_{n}": Quantity.exact(45 * 2 ** (n - 1), "W/kg") for n in range(1, 5)}
    fading = {"initial_capacity": Quantity.exact(500, "mAh/g"), "fade": Quantity.exact(0.1, "%")}
    for kind, values in ((Cycling, voltages), (Rate, rates), (Ragone, points), (Endurance, fading)):
        for settings_, apart in (({}, 0.3), ({"polarisation": Quantity.exact(150.0, "mV")}, 0.15)):
            record = kind(cycles=3, **settings_).predict(values, disc())["main"]
            found = Cycling(cycle=2).analyse({"main": record}, disc())
            assert found["polarisation"].value == pytest.approx(apart, abs=1e-3), kind
        with pytest.raises(BadInput, match="polarisation"):
            kind(polarisation=Quantity.exact(-0.1, "V")).predict(values, disc())
    asked = Cycling(polarisation=Quantity.exact(0.5, "V")).predict(PAPER, disc())  # a charge voltage that is given wins
    assert Cycling().analyse(asked, disc())["polarisation"].value == pytest.approx(0.38, abs=1e-5)


@pytest.mark.parametrize("last", [1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 29, 60, 109])
def test_an_axis_of_cycles_has_ticks_at_whole_cycles_and_room_for_all(last):
    number = np.arange(1.0, last + 1)
    axes = Figure().add_subplot()
    draw_onto(axes, Panel(cycle_axis(number), Axis("Capacity", "mAh/g"), (Points(number, number),)))
    low, high = axes.get_xlim()
    assert low < 1
    assert high > last
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert len(ticks) >= 3
    assert all(tick == round(tick) for tick in ticks)


def test_the_panels_of_one_cycle_show_whole_cycles_and_both_of_two_equal_capacities():
    for count in (1, 3, 40):
        record = Cycling(cycles=count).predict({**PAPER, "first_charge_capacity": Quantity.exact(530, "mAh/g")}, disc())
        table = Cycling().analyse(record, disc()).curves["cycles"]
        panel = capacity_panel(table)
        discharge, charge = panel.layers
        assert (panel.x.low, panel.x.high) == (efficiency_panel(table).x.low, efficiency_panel(table).x.high)
        assert panel.x.low == 0.0
        assert panel.x.high > count
        assert charge.y[-1] == pytest.approx(discharge.y[-1], rel=1e-6)
        assert charge.x.tolist() == discharge.x.tolist() == list(range(1, count + 1))
        assert (discharge.mark, charge.mark) == ("filled", "open")  # a ring around what it covers


def changed(record, name="changed", kind="cycling", rows=slice(None), **columns):
    kept = {word: Column(c.values[rows], c.unit) for word, c in record.columns.items() if word != "step_time"}
    return Record(name, kind, {**kept, **columns}, Source("measured"))


def test_an_incomplete_half_cycle_is_grey_and_does_not_set_the_range():
    record = Cycling(cycles=3).predict(PAPER, disc())["main"]
    found = cycled(changed(record, rows=slice(0, len(record) - 500)))  # in the last discharge
    table = found.curves["cycles"]
    assert table.columns["discharge_complete"].values.tolist() == [1.0, 1.0, 0.0]
    assert table.columns["charge_complete"].values.tolist() == [1.0, 1.0, 1.0]
    panel = capacity_panel(table)
    last = table.columns["discharge_capacity"].values[2]
    whole = np.concatenate([layer.y for layer in panel.layers if layer.tone >= 0])
    assert last not in whole
    assert panel.y.low > 0.9 * whole.min()
    shown = [layer for layer in panel.layers if layer.label == "incomplete"]
    assert bool(shown) == (panel.y.low < last < panel.y.high)
    assert ("off the scale" in panel.title) is not bool(shown)


def test_there_is_no_efficiency_panel_without_an_efficiency():
    half = cycled(changed(Cycling(cycles=1).predict(PAPER, disc())["main"], rows=slice(0, 800)))
    assert [panel.title for panel in Cycling().draw(half).panels] == ["Voltage", "Capacity", "Differential capacity"]
    whole = cycled(Cycling(cycles=2).predict(PAPER, disc())["main"])
    assert len(Cycling().draw(whole).panels) == 4


# what is no curve of the cell, what cannot be, and what is routine


def held_at_the_end(hours=4):
    """One cycle from 2.6 down to 1.5 V with a peak at 2.0 V, then a hold at the cut-off, and back without a hold."""
    down = 2.05 - 0.55 * np.sinh(np.linspace(-2.2, 2.2, 400)) / np.sinh(2.2)
    hold = np.full(120 * hours, 1.5)
    fall = 5e-4 * np.exp(-np.arange(hold.size) / (0.3 * hold.size))
    voltage = np.r_[down, hold, down[::-1] + 0.3]
    current = np.r_[np.full(400, -5e-4), -fall, np.full(400, 5e-4)]
    columns = {
        "time": Column(30.0 * np.arange(voltage.size), "s"),
        "voltage": Column(voltage, "V"),
        "current": Column(current, "A"),
    }
    return Record("held", "cycling", columns, Source("measured"))


def test_a_hold_at_the_cut_off_is_no_part_of_the_differential_capacity():
    found = cycled(held_at_the_end())
    curve = found.curves["dqdv"]
    assert found["discharge_peak_voltage"].value == pytest.approx(2.05, abs=0.02)
    assert found["charge_peak_voltage"].value == pytest.approx(2.35, abs=0.02)
    voltage, density = (curve.columns[name].values for name in ("voltage", "discharge_dqdv"))
    assert density[voltage < 1.53].max() < density.max()
    assert "left out" in curve.notes["discharge hold"]
    assert "charge hold" not in curve.notes
    counted = density.sum() * 0.01
    left = float(curve.notes["discharge hold"].split()[0])
    assert counted + left == pytest.approx(found["discharge_capacity"].value, rel=1e-3)


def real(data_dir, name):
    place = data_dir / "echem" / name
    if not place.is_file():
        pytest.skip(f"no real file {place}")
    (record,) = read(place)
    return record


def test_the_holds_of_a_real_cell_make_no_peak(data_dir):
    record = real(data_dir, "cyc_neware_test.ndax")
    found = cycled(record)
    voltage = record["voltage"]
    for name in ("charge", "discharge"):
        assert voltage.min() + 0.02 < found[f"{name}_peak_voltage"].value < voltage.max() - 0.02
        curve = found.curves["dqdv"].columns
        density, cut_off = curve[f"{name}_dqdv"].values, voltage.max() if name == "charge" else voltage.min()
        assert density[np.abs(curve["voltage"].values - cut_off) < 0.02].max() < 0.5 * density.max()
        assert "left out" in found.curves["dqdv"].notes[f"{name} hold"]


def test_a_voltage_difference_of_a_real_cell_has_a_sigma(data_dir):
    found = cycled(real(data_dir, "cyc_landt_LiGr.bdf.csv"))["polarisation_half"]
    assert 1e-4 < found.sigma < 1e-3


def test_a_plateau_at_a_constant_current_is_no_hold_and_its_peak_lies_within_the_record():
    found = cycled(written(5.013e-4 * SIGNS, 7))
    assert "discharge hold" not in found.curves["dqdv"].notes
    assert found["discharge_peak_voltage"].value == pytest.approx(1.9, abs=0.006)
    assert 1.9 <= found["discharge_peak_voltage"].value <= 2.3


def test_a_difference_of_measured_voltages_is_never_exact():
    found = cycled(written(5.013e-4 * SIGNS, 7))["polarisation_half"]
    assert found.value == pytest.approx(0.4, abs=1e-9)
    assert found.sigma == pytest.approx(math.sqrt(2) * math.hypot(1e-4, 0.1 / math.sqrt(12)), rel=1e-6)  # digit 0.1 V


def test_more_than_lithium_metal_holds_is_doubted():
    record = Cycling(cycles=1).predict(PAPER, disc())["main"]
    tenfold = changed(record, current=Column(10 * record["current"], "A"))
    (doubt,) = mentions(cycled(tenfold), "lithium metal itself holds")
    assert "check the mass and the unit of the current" in doubt
    assert not mentions(cycled(record), "lithium metal")


def test_a_row_that_stands_alone_is_doubted():
    record = Cycling(cycles=1).predict(PAPER, disc())["main"]
    current, voltage = record["current"].copy(), record["voltage"].copy()
    current[300] *= 100.0
    (doubt,) = mentions(cycled(changed(record, current=Column(current, "A"))), "stands alone")
    assert doubt.startswith("row 301 stands alone at 0.01 A")
    voltage[200] = 9.9
    (doubt,) = mentions(cycled(changed(record, voltage=Column(voltage, "V"))), "stands alone")
    assert doubt.startswith("row 201 stands alone at 9.9 V")
    assert not mentions(cycled(record), "stands alone")


def test_hours_without_rows_under_current_are_doubted_and_a_long_rest_is_not():
    record = Cycling(cycles=1).predict(PAPER, disc())["main"]
    time = record["time"].copy()
    time[301:] += 15.6 * 3600
    (doubt,) = mentions(cycled(changed(record, time=Column(time, "s"))), "no rows for 15.6 h after row 301")
    assert "a guess" in doubt
    rest = np.flatnonzero(record["current"] == 0)[2]
    time = record["time"].copy()
    time[rest + 1 :] += 15.6 * 3600
    assert not mentions(cycled(changed(record, time=Column(time, "s"))), "no rows for")


def test_a_first_discharge_that_is_partial_is_doubted_where_it_makes_values_too_good():
    record = Cycling(cycles=3).predict(PAPER, disc())["main"]
    down = np.flatnonzero(record["current"] < 0)
    part = changed(record, rows=slice(int(down[0]) + 900, None))  # begins late in the first discharge
    (doubt,) = mentions(cycled(part), "the first discharge is partial")
    assert "retention" in doubt
    whole = changed(record, rows=slice(int(down[0]), None))
    assert not mentions(cycled(whole), "partial")
    assert not mentions(cycled(record), "partial")  # charged first


def test_a_record_of_another_kind_is_refused_by_its_kind():
    record = Cycling(cycles=1).predict(PAPER, disc())["main"]
    for technique in (Cycling(), Rate(), Ragone(), Endurance()):
        word = type(technique).__name__.lower()
        with pytest.raises(BadInput, match=f"kind 'potential_step'; {word} reads records of kind 'cycling'"):
            technique.analyse({"main": changed(record, kind="potential_step")}, disc())


def test_counters_set_back_at_every_step_are_a_note_and_no_doubt():
    record = written(5.013e-4 * SIGNS, 7, counters=5.013e-4 * SIGNS)
    columns = dict(record.columns)
    for name, sign in (("charge_counter", 1), ("discharge_counter", -1)):
        counter = columns[name].values.copy()
        for begin in np.flatnonzero(np.diff(np.where(sign == SIGNS, 1, 0), prepend=0) == 1)[1:]:
            counter[begin:] -= counter[begin - 1]
        columns[name] = Column(counter, "mAh")
    found = cycled(Record("reset", "cycling", columns, Source("measured")))
    assert not mentions(found, "counter")
    assert "set back 6 times" in found.curves["cycles"].notes["charge counters"]


def test_a_cell_that_begins_with_a_discharge_is_told_once_that_it_has_no_first_efficiency():
    for count in (1, 3):
        found = cycled(written(-5.013e-4 * np.tile(ONE, count), 7))
        (doubt,) = mentions(found, "coulombic")
        assert doubt == "there is no first_coulombic_efficiency: as discharge/charge it needs a half-cycle before"


def test_energies_come_on_the_bases_of_capacities():
    facts = {"mass": "4.0(1) mg", "area": "0.785(8) cm**2", "thickness": "30(3) um", "active_fraction": "0.7083(2)"}
    sample = Sample(
        "cell", facts={name: Fact(Quantity.parse(text), Source("measured")) for name, text in facts.items()}
    )
    values = {"discharge_capacity": Quantity(500, "mAh/g"), "mean_discharge_voltage": Quantity(1.9, "V")}
    test = Cycling(reference="Li")
    found = test.analyse(test.predict(values, sample), sample)
    assert found["discharge_energy"].value == pytest.approx(950, rel=1e-3)
    by_hand = {
        "_absolute": 950 * 4e-3,
        "_active": 950 / 0.7083,
        "_areal": 3.8 / 0.785,
        "_volumetric": 3.8 / 0.785 / 3e-3,
    }
    for basis, number in by_hand.items():
        assert found[f"discharge_energy{basis}"].value == pytest.approx(number, rel=2e-3), basis
    relative = found["discharge_energy_areal"].sigma / found["discharge_energy_areal"].value
    assert relative == pytest.approx(0.008 / 0.785, rel=0.05)
