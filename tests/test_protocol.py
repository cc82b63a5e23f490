"""The tests of the field by name, and steps as free text that read as PyBaMM reads them."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thiocell.cell.parameters import CellParameters, Ionic, Redox
from thiocell.cell.protocol import (
    Step,
    amperes,
    endurance,
    frequencies,
    galvanostatic,
    potential_step,
    rate_test,
    symmetric,
)
from thiocell.cell.step_text import read_steps
from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity

CELL = CellParameters(
    couples=(Redox("sulfur", 2.9e9, 4e4, 2.2, (0.05,)),),
    ionic=Ionic(1, 1e-2),
    electronic=1e-2,
    thickness=30e-6,
    area=0.7854e-4,
    mass=4e-6,
    separator_resistance=0.054,
    anode_exchange=10.0,
    anode_potential=0.62,
)
SCALES = {"mass": 4e-6, "area": 0.7854e-4, "capacity": 2.7e-3}


def one(text: str) -> Step:
    (step,) = read_steps([text], **SCALES)
    return step


# --------------------------------------------------------------------------------------------------- tests by name


def test_a_galvanostatic_test_charges_first_between_its_cutoffs() -> None:
    steps = galvanostatic(1e-4, cycles=2, rest=600.0)
    assert steps[:4] == (
        Step("current", -1e-4, upper=3.0),
        Step("current", 0.0, seconds=600.0),
        Step("current", 1e-4, lower=0.0),
        Step("current", 0.0, seconds=600.0),
    )
    assert [step.cycle for step in steps] == [1] * 4 + [2] * 4


def test_a_discharge_may_come_first_and_a_charge_may_end_at_constant_voltage() -> None:
    steps = galvanostatic(2e-4, charge_current=1e-4, hold=1e-5, first="discharge", lower=0.5, upper=2.5)
    assert steps == (
        Step("current", 2e-4, lower=0.5),
        Step("current", -1e-4, upper=2.5),
        Step("voltage", 2.5, current=1e-5),
    )


def test_a_rate_test_charges_alike_and_comes_back_to_its_first_current() -> None:
    currents = [25.0 * 4e-6, 50.0 * 4e-6, 100.0 * 4e-6, 200.0 * 4e-6]
    steps = rate_test(currents, cycles=2)
    discharges = [step.value for step in steps if step.value > 0]
    assert discharges == [i for i in (*currents, currents[0]) for _ in range(2)]
    assert {step.value for step in steps if step.value < 0} == {-currents[0]}
    assert [step.cycle for step in steps] == [cycle for cycle in range(1, 11) for _ in range(2)]
    assert max(step.cycle for step in rate_test(currents, cycles=1, returns=False)) == 4


def test_endurance_counts_formation_and_cycles_in_one() -> None:
    steps = endurance(4e-4, cycles=5, formation=2, formation_current=1e-4)
    assert [step.value for step in steps if step.value > 0] == [1e-4] * 2 + [4e-4] * 5
    assert [step.cycle for step in steps][::2] == list(range(1, 8))


def test_a_potential_step_rests_and_holds() -> None:
    assert potential_step(3.0, seconds=500.0, rest=60.0) == (
        Step("current", 0.0, seconds=60.0),
        Step("voltage", 3.0, seconds=500.0),
    )


def test_a_pellet_has_equal_contacts_and_no_anode() -> None:
    steel = symmetric(CELL, "electron", thickness=500e-6)
    assert (steel.left, steel.right, steel.separator_resistance, steel.anode_potential) == (
        "electron",
        "electron",
        0,
        0,
    )
    assert steel.mass / (steel.area * steel.thickness) == pytest.approx(CELL.mass / (CELL.area * CELL.thickness))
    assert np.isinf(steel.anode_exchange)
    layers = symmetric(CELL, "ion")
    assert (layers.left, layers.right, layers.separator_resistance) == ("ion", "ion", 0.054)
    assert layers.lower_cutoff < -10 < 10 < layers.upper_cutoff


def test_frequencies_fall_from_a_megahertz_to_a_tenth_of_a_hertz() -> None:
    swept = frequencies()
    assert (swept[0], swept[-1], len(swept)) == (pytest.approx(1e6), pytest.approx(0.1), 71)
    assert np.ptp(np.diff(np.log10(swept))) < 1e-12


@pytest.mark.parametrize(
    ("text", "expected"), [("100 mA/g", 4e-4), ("0.5 mA/cm2", 0.5 * 0.7854e-3), ("0.4 mA", 4e-4), ("0.1 A/kg", 4e-7)]
)
def test_a_current_is_told_by_mass_by_area_or_as_it_is(text: str, expected: float) -> None:
    assert amperes(Quantity.parse(text), CELL) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: galvanostatic(0.0), "'current' is 0; it must be greater than zero"),
        (lambda: galvanostatic(1e-4, lower=3.0, upper=0.0), "crossed"),
        (lambda: galvanostatic(1e-4, cycles=0), "'cycles' is 0"),
        (lambda: rate_test([]), "at least one"),
        (lambda: symmetric(CELL, "water"), "choose 'electron'"),  # type: ignore[arg-type]
        (lambda: frequencies(1.0, 10.0), "highest above a lowest"),
        (lambda: potential_step(seconds=-1.0), "'seconds' is -1"),
        (lambda: amperes(Quantity(1.0, "V"), CELL), "is no current"),
    ],
)
def test_a_test_that_cannot_be_done_is_refused(make: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        make()  # type: ignore[operator]


# --------------------------------------------------------------------------------------------------------- free text


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("Discharge at 25 mA/g until 0 V", Step("current", 25e-3 * 4e-3, lower=0.0)),
        ("Charge at 0.1 A/g for 30 minutes", Step("current", -0.1 * 4e-3, seconds=1800.0)),
        ("Discharge at 0.5 mA/cm2 until 0.62 V", Step("current", 0.5e-3 * 0.7854, lower=0.62)),
        ("Hold at 3 V until 50 uA", Step("voltage", 3.0, current=50e-6)),
        ("Hold at 3.0 V for 1 hour or until 5 mA/g", Step("voltage", 3.0, seconds=3600.0, current=5e-3 * 4e-3)),
        ("Charge at 1 mW until 3 V or for 2 h", Step("power", -1e-3, upper=3.0, seconds=7200.0)),
        ("discharge at 600 W/kg until 0 V", Step("power", 600 * 4e-6, lower=0.0)),
        ("Rest for 10 minutes (30 seconds period)", Step("current", 0.0, seconds=600.0, period=30.0)),
    ],
)
def test_our_own_units_and_order_read_as_meant(text: str, step: Step) -> None:
    found = one(text)
    assert found.value == pytest.approx(step.value, rel=1e-12)
    assert found == Step(**{**step.__dict__, "value": found.value, "current": found.current})
    assert found.current == pytest.approx(step.current) if step.current is not None else found.current is None


SENTENCES = [
    "Discharge at 1 mA until 0 V",
    "Discharge at C/20 for 2 hours or until 0.62 V",
    "Discharge at 2C until 0.5 V",
    "Discharge at 0.5 C for 10 minutes",
    "Charge at 1 mA until 3.0 V",
    "Charge at 1e-3 A for 90 seconds or until 3.0V",
    "Charge at C/2.5 until 2900 mV",
    "Rest for 10 minutes",
    "Rest for 1.5 h",
    "Hold at 3.0 V for 1 hour",
    "Hold at 3 V until 50 mA",
    "Hold at 3 V until C/50",
    "Hold at 500 mV for 20 s or until 1 mA",
    "Discharge at 2 mW until 0 V",
    "Charge at 0.01 W for 20 min",
    "Discharge at 1 A for 1 hour (5 minutes period)",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_reads_as_pybamm_reads_it(text: str) -> None:
    os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")
    pybamm = pytest.importorskip("pybamm", reason="PyBaMM is not installed")
    theirs, ours = pybamm.step.string(text), one(text)
    kind = type(theirs).__name__
    control = {"CRate": "current", "Current": "current", "Rest": "current", "Voltage": "voltage", "Power": "power"}[
        kind
    ]
    assert ours.control == control
    scale = SCALES["capacity"] if kind == "CRate" else 1.0
    assert ours.value == pytest.approx(float(theirs.value) * scale, rel=1e-12)
    if " for " in text:  # without a duration PyBaMM sets one of its own
        assert ours.seconds == pytest.approx(theirs.duration)
    else:
        assert ours.seconds is None
    if "period" in text:
        assert ours.period == pytest.approx(theirs.period)
    ends = {"lower": None, "upper": None, "current": None}
    for end in theirs.termination:
        name = type(end).__name__
        where = {"VoltageTermination": "upper" if text.startswith("Charge") else "lower"}.get(name, "current")
        ends[where] = end.value * (
            SCALES["capacity"] if name == "CrateTermination" or name == "CRateTermination" else 1.0
        )
    assert {name: getattr(ours, name) for name in ends} == pytest.approx(ends)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write it like"),
        ("Dance at 1 A for 1 hour", "it is no step"),
        ("Discharge at 1 A", "has no end"),
        ("Discharge at 1 A for ever", "'ever' is no time"),
        ("Discharge at 1 A for 0 s", "greater than zero"),
        ("Discharge at 1 A for 3 moons", "is no time"),
        ("Discharge at -1 A until 0 V", "'-1 A' is no level"),
        ("Discharge at 0 A until 0 V", "greater than zero"),
        ("Discharge at 5 Ohm until 0 V", "'Ohm' is no unit of a step"),
        ("Discharge at 3 V until 0 V", "'discharge' goes with a current or a power"),
        ("Hold at 1 A for 1 hour", "'hold' goes with a voltage"),
        ("Hold at 3 V until 3 V", "it cannot end at '3 V'"),
        ("Discharge at 1 A until 0.5 A", "it cannot end at '0.5 A'"),
        ("Discharge at C/0 until 0 V", "divides by nothing"),
        ("Discharge at 1 A until 0 V until 1 V", "two ends of a kind"),
        ("Rest until 2 V", "a rest ends after one time"),
        ("Rest", "a rest ends after one time"),
        ("Discharge at 1 A until", "no level|is no end|no step"),
        ("Discharge at 1 A or until 0 V and then some", "is no level"),
        ("Discharge at __import__('os').getcwd() until 0 V", "is no level"),
        ("x" * 500, "is no step"),
    ],
)
def test_a_malformed_sentence_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as error:
        one(text)
    assert "\n" not in str(error.value)
    assert not str(error.value).endswith(".")


@pytest.mark.parametrize(("unit", "needs"), [("mA/g", "mass"), ("mA/cm2", "area"), ("C", "capacity")])
def test_a_unit_that_needs_a_scale_says_so(unit: str, needs: str) -> None:
    with pytest.raises(BadInput, match=f"needs the {needs} of the cell"):
        read_steps([f"Discharge at 1 {unit} until 0 V"])


def test_groups_of_sentences_are_cycles() -> None:
    steps = read_steps(["Rest for 1 s", ("Charge at 1 A until 3 V", "Discharge at 1 A until 0 V")])
    assert [step.cycle for step in steps] == [1, 2, 2]
    with pytest.raises(BadInput, match="is one sentence"):
        read_steps("Rest for 1 s")
    with pytest.raises(BadInput, match="there are no steps"):
        read_steps([])


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        step = one(text)
    except BadInput:
        return
    assert any(end is not None for end in (step.seconds, step.lower, step.upper, step.current))
