"""Techniques on the cell model: records and expectations are two ways to the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import Expecting, takes
from thiocell.techniques._cells.at_power import _Search
from thiocell.techniques.cycling import Cycling
from thiocell.techniques.endurance import Endurance
from thiocell.techniques.ragone import Ragone
from thiocell.techniques.rate import Rate

CURRENTS = tuple(Quantity.parse(text) for text in ("25 mA/g", "100 mA/g", "300 mA/g"))


def fact(text: str) -> Fact:
    return Fact(Quantity.parse(text), Source("assumed"))


def sample(**facts: str) -> Sample:
    told = {"mass": "4.0(1) mg", "area": "0.7854 cm**2", "thickness": "30 um", "separator_resistance": "200 Ohm*cm**2"}
    recipe = {"x": Quantity.exact(0.20), "y": Quantity.exact(0.15)}
    return Sample("best", "li2s_lii_mos2", recipe, {name: fact(text) for name, text in (told | facts).items()}, {})


TESTS = (
    Cycling(law="cell", cycles=2),
    Rate(law="cell", cycles=1, currents=CURRENTS, returns=False, grains="parabolic"),
    Rate(law="cell", cycles=2, currents=CURRENTS, returns=False, grains="spread"),
    Ragone(law="cell", cycles=1, currents=CURRENTS, power=Quantity.parse("300 W/kg")),
)


@pytest.mark.parametrize("technique", TESTS, ids=lambda each: f"{type(each).__name__} {each.grains}")
def test_what_is_expected_is_what_the_analysis_finds(technique) -> None:
    assert isinstance(technique, Expecting)
    record = technique.predict({}, sample())["main"]
    found = technique.analyse({"main": record}, sample())
    names = [*technique.gives]
    (expected,) = technique.expect(names, [{}], sample())
    for name, number in zip(names, expected, strict=True):
        # rows of a record are joined by straight lines: 400 of them leave 2e-3 where the voltage falls steeply
        assert found.values[name].value == pytest.approx(number, rel=2e-3), name


def test_the_energy_at_a_power_is_that_of_the_discharge_which_has_it() -> None:
    """Searched for in trials, read between points in an analysis: where a point has the power, both are that point."""
    power = Quantity.parse("300 W/kg")
    technique = Ragone(law="cell", cycles=1, currents=CURRENTS, power=power)
    trials = [{}, {"separator_resistance": 100.0}, {"separator_resistance": 400.0}]
    exact = technique.expect(["energy_at_power"], trials, sample())[:, 0]
    read = technique.analyse(technique.predict({}, sample()), sample())["energy_at_power"]
    assert abs(read.value - exact[0]) < 2 * read.sigma
    assert exact[1] > exact[0] > exact[2] > 0
    for resistance, energy in zip((200.0, 100.0, 400.0), exact, strict=True):
        # currents about the one that was searched for: its power lies between theirs, and so does its energy
        many = tuple(Quantity.exact(size, "mA/g") for size in (25.0, *np.linspace(195.0, 225.0, 7)))
        close = Ragone(law="cell", cycles=1, currents=many)
        names = [f"{word}_{n}" for word in ("power", "energy") for n in range(2, 9)]
        row = close.expect(names, [{"separator_resistance": resistance}], sample())[0]
        assert np.interp(300.0, row[:7], row[7:], np.nan, np.nan) == pytest.approx(energy, rel=3e-3)


def test_a_first_guess_of_the_current_that_is_right_is_taken() -> None:
    search = _Search(2, 300.0)
    search.learn(np.arange(2), np.array([150.0, 100.0]), np.array([300.0, 200.0]))
    assert search.energy[0] == 150.0
    assert search.open.tolist() == [False, True]


def test_a_trial_stands_for_a_sample_that_states_the_fact() -> None:
    technique = Rate(law="cell", cycles=1, currents=CURRENTS, returns=False)
    names = [f"discharge_capacity_{n}" for n in (1, 2, 3)]
    trials = [{"separator_resistance": 400.0}, {"sulfur_grain_time": 2e4}, {"temperature": 60.0}]
    tried = technique.expect(names, trials, sample())
    told = [
        sample(separator_resistance="400 Ohm*cm**2"), sample(sulfur_grain_time="2e4 s"), sample(temperature="60 degC")
    ]  # fmt: skip
    for row, other in zip(tried, told, strict=True):
        np.testing.assert_allclose(row, technique.expect(names, [{}], other)[0], rtol=1e-6)
    assert tried[0, 2] < tried[1, 2]


def test_more_current_gives_less_and_more_resistance_gives_less_energy() -> None:
    technique = Ragone(law="cell", cycles=1, currents=CURRENTS)
    names = ["energy_1", "energy_2", "energy_3"]
    little, much = technique.expect(names, [{"separator_resistance": 100.0}, {"separator_resistance": 400.0}], sample())
    assert np.all(np.diff(little) < 0)
    assert np.all(much < little)


def test_a_current_that_cannot_start_counts_as_nothing_and_others_stay() -> None:
    technique = Ragone(law="cell", cycles=1, currents=CURRENTS, power=Quantity.parse("600 W/kg"))
    names = ["energy_1", "energy_3", "power_3", "greatest_power", "energy_at_power"]
    (found,) = technique.expect(names, [{"separator_resistance": 2000.0}], sample())
    assert found[0] > 0
    assert found[1] == 0
    assert np.isnan(found[2])
    assert 0 < found[3] < 600
    assert np.isnan(found[4])
    with pytest.raises(BadInput, match="step"):
        technique.predict({"separator_resistance": Quantity.parse("2000 Ohm*cm**2")}, sample())


def test_a_fade_takes_from_the_couples_and_comes_back_in_the_capacity() -> None:
    technique = Endurance(law="cell", cycles=12, formation=0, current=Quantity.parse("25 mA/g"))
    even = technique.analyse(technique.predict({"fade": Quantity.parse("0 %")}, sample()), sample())
    fading = technique.analyse(technique.predict({"fade": Quantity.parse("0.5 %")}, sample()), sample())
    assert even.values["fade"].value == pytest.approx(0.0, abs=1e-3)
    # a smaller cathode works harder at the same current: it loses a little more than its couples do
    assert 0.5 < fading.values["fade"].value < 0.7
    assert fading.values["coulombic_efficiency"].value == pytest.approx(100.0, abs=0.1)


def test_values_that_the_model_predicts_are_refused_and_facts_are_taken() -> None:
    technique = Rate(law="cell", currents=CURRENTS)
    assert "separator_resistance" in takes(technique)
    assert set(takes(Rate(currents=CURRENTS))) == set(Rate(currents=CURRENTS).gives)
    with pytest.raises(BadInput, match="follows from the cell model"):
        technique.predict({"discharge_capacity_1": Quantity.parse("500 mAh/g")}, sample())
    with pytest.raises(BadInput, match="no fact 'sulphur_exchange'"):
        technique.predict({"sulphur_exchange": Quantity.parse("1 mA/g")}, sample())
    with pytest.raises(BadInput, match=r"'separator_resistance'.*must lie between"):
        technique.predict({"separator_resistance": Quantity.parse("-1 Ohm*cm**2")}, sample())
    with pytest.raises(BadInput, match="choose the law 'cell'"):
        Rate(currents=CURRENTS).expect(["discharge_capacity_1"], [{}], sample())
    with pytest.raises(BadInput, match="gives no 'discharge_capacity_9'"):
        technique.expect(["discharge_capacity_9"], [{}], sample())


def test_a_record_of_the_model_says_so_and_noise_is_seeded() -> None:
    technique = Cycling(law="cell", cycles=1, reference="Li-In")
    one, other = (technique.predict({}, sample(), np.random.default_rng(3))["main"] for _ in range(2))
    assert one.source.kind == "predicted"
    assert one.source.reference == "cell model"
    analysed = Cycling(reference="Li-In").analyse({"main": one}, sample())
    assert analysed.source.kind == "predicted"  # an ideal cell's would be 'recovered': it was given what comes back
    np.testing.assert_array_equal(one["voltage"], other["voltage"])
    quiet = technique.predict({}, sample())["main"]
    assert quiet["voltage"].max() == pytest.approx(3.0, abs=1e-6)  # the cut-offs of the paper, against Li-In
    assert quiet["voltage"].min() == pytest.approx(0.0, abs=1e-6)
