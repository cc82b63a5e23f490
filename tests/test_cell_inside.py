"""The inside of a simulated cell: its own laws, closed forms of each loss, and an energy balance that closes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from thiocell.cell import drawings
from thiocell.cell.batch import Fared, solve
from thiocell.cell.batch.layout import structure
from thiocell.cell.inside import KINDS, inside
from thiocell.cell.loss_budget import SWITCHES, loss_budget, without
from thiocell.cell.parameters import FARADAY, GAS, CellParameters, CellState, Ionic, Parting, Redox
from thiocell.cell.protocol import Step, symmetric
from thiocell.cell.states import charged_state, discharged_state
from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Band, Drawing

LAWS = ("none", "parabolic", "spherical", "spread")
THERMAL = GAS * 298.15 / FARADAY


def full_cell(law="spread", power=2, double_layer=1e6):
    """A cell in which every term of the equations counts."""
    law_of = {"grains": law, "grain_time": 5e3, "grain_spread": 0.4, "shells": 6, "sizes": 3}
    sulfur = Redox("sulfur", 2.8e9, 4e4, 2.1, (0.05, -0.02), 0.08, 20.0, activated=True, **law_of)
    molybdenum = Redox("molybdenum", 9e8, 3e4, 1.3, (0.3,), grains="parabolic", grain_time=800.0)
    return CellParameters(
        couples=(molybdenum, sulfur), ionic=Ionic(power, 0.15, 0.03, 0.02, 0.01), electronic=8e-3, thickness=3.1e-5,
        area=7.9e-5, mass=4e-6, separator_resistance=0.02, separator_energy=3e4, anode_exchange=9.0,
        anode_potential=0.62, double_layer=double_layer, temperature=310.0, parting=Parting(1.0, 700.0, 3000.0),
        activation_start=0.3, activation_charge=2e5, lower_cutoff=0.0, upper_cutoff=3.0, nodes=7,
    )  # fmt: skip


def plain_cell(**changes):
    """One couple without grains, fast, in a cathode that conducts well: what is changed is what counts."""
    sulfur = Redox("sulfur", 2.8e9, 1e12, 2.1)
    told = {
        "couples": (sulfur,), "ionic": Ionic(1, 1e6), "electronic": 1e6, "thickness": 3e-5, "area": 7.9e-5,
        "mass": 4e-6, "separator_resistance": 0.03, "double_layer": 1e2, "lower_cutoff": 0.5, "nodes": 6,
    }  # fmt: skip
    return CellParameters(**{**told, **changes})


TIGHT = {"relative": 1e-9, "absolute": 1e-11}
"""A current found from a state carries the state's error times dJ/dphi, which fast kinetics make large."""


def course_of(cell, current=8e-4, points=100):
    """A discharge from an even state, tightly solved."""
    begun = CellState({couple.name: 0.3 for couple in cell.couples})
    steps = (Step("current", current, seconds=1800.0),)
    (course,) = solve([cell], begun, steps, points=points, states=True, **TIGHT)
    return course.checked()


def uneven_course(cell, current, rng):
    """One row at a state that is uneven in every place, solved for a thousandth of a second."""
    layout = structure(cell)
    table = rng.uniform(0.2, 0.8, (layout.rows, layout.nodes))
    table[0] = rng.uniform(1.6, 2.0, layout.nodes)
    table[-1] = 0.0
    table[-1, 1] = 0.3
    (course,) = solve([cell], table, (Step("current", current, seconds=1e-3),), points=1, states=True)
    return course.checked()


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("contacts", [("ion", "electron"), ("electron", "electron"), ("ion", "ion")])
@pytest.mark.parametrize("current", [1e-3, -4e-4])
def test_losses_add_up_and_potentials_give_the_solver_s_voltage_in_any_uneven_state(law, contacts, current):
    cell = replace(full_cell(law, 3), left=contacts[0], right=contacts[1], lower_cutoff=-1e2, upper_cutoff=1e2)
    course = uneven_course(cell, current, np.random.default_rng(4))
    found = inside(cell, course)
    assert np.abs(found.voltage - course.voltage).max() < 1e-12  # solved and written in two languages
    together = found.equilibrium - sum(found.losses.values())
    assert np.abs(together - course.voltage).max() < 1e-9
    assert list(found.losses) == list(KINDS)


@pytest.mark.parametrize("law", LAWS)
def test_kinetics_written_anew_move_the_grains_as_the_solver_does(law):
    cell = full_cell(law)
    course = course_of(cell, points=400)
    found = inside(cell, course)
    late = slice(100, 300)  # clear of the start, where rows are too far apart for a central difference
    slope = np.gradient(found.lithiated, found.time, axis=0)[late]
    charge = np.array([couple.charge for couple in cell.couples])[:, None]
    assert np.abs(slope + found.reaction[late] / charge).max() < 1e-4 * np.abs(slope).max()


def test_the_charge_of_couples_and_double_layer_is_what_has_passed():
    cell = full_cell()
    steps = (
        Step("current", -6e-4, upper=3.0),
        Step("current", 0.0, seconds=600.0),
        Step("voltage", 1.2, seconds=900.0),
    )
    (course,) = solve([cell], discharged_state(cell), steps, points=40, states=True)
    found = inside(cell, course.checked())
    gap = found.charges.sum(axis=1) + found.double_layer_charge - found.passed
    assert np.abs(gap).max() < 1e-8 * np.abs(found.passed).max()
    assert np.allclose(found.charges, cell.thickness * (found.mean - found.mean[0]) * [[9e8, 2.8e9]], rtol=1e-12)


def test_shares_of_the_current_and_of_the_charge_add_up_to_one():
    cell = full_cell(double_layer=1e3)
    found = inside(cell, course_of(cell))
    layer = -cell.double_layer * cell.thickness * np.gradient(found.potential, found.time, axis=0).mean(axis=1)
    assert np.allclose(found.current_shares[5:-1].sum(axis=1) + layer[5:-1] / found.current[0], 1.0, atol=1e-5)
    assert found.charge_shares[5:].sum(axis=1) == pytest.approx(1.0, abs=1e-4)  # a small double layer takes the rest
    assert np.isnan(found.charge_shares[0]).all()


def test_a_pure_ohmic_cell_loses_exactly_i_r_in_the_separator_and_nothing_else():
    cell = plain_cell()
    found = inside(cell, course_of(cell))
    drop = 8e-4 / cell.area * 0.03
    assert found.losses["separator"] == pytest.approx(drop, rel=1e-13)
    for kind in set(KINDS) - {"separator"}:
        assert np.abs(found.losses[kind][2:]).max() < 5e-6, kind  # fast but not endless kinetics: 2RT/F asinh(1e-6)
    assert np.abs(found.equilibrium - drop - found.voltage)[2:].max() < 1e-5


def test_kinetics_of_an_even_reaction_lose_what_the_inverse_hyperbolic_sine_says():
    rate = 1e4
    cell = plain_cell(couples=(Redox("sulfur", 2.8e9, rate, 2.1),))
    found = inside(cell, course_of(cell, 2e-3))
    xi = found.mean[5:, 0]
    reaction = 2e-3 / cell.area / cell.thickness
    even = 2.0 * THERMAL * np.arcsinh(reaction / (2.0 * rate * np.sqrt(xi * (1.0 - xi))))
    tafel = 2.0 * THERMAL * np.log(reaction / (rate * np.sqrt(xi * (1.0 - xi))))
    assert np.abs(found.losses["kinetics"][5:] - even).max() < 1e-5  # the double layer takes 1e-5 of the current
    assert np.abs(found.losses["kinetics"][5:] - tafel).max() < 1e-4  # Tafel's law, at 400 times the exchange
    assert even.min() > 0.2


def test_an_even_reaction_loses_a_third_of_the_cathode_s_resistance_to_each_carrier():
    cell = plain_cell(couples=(Redox("sulfur", 2.8e9, 10.0, 2.1),), ionic=Ionic(1, 0.05), electronic=0.05, nodes=80)
    found = inside(cell, course_of(cell, 1e-4))
    third = 1e-4 / cell.area * cell.thickness / 3.0 / 0.05
    for kind in ("ions in the cathode", "electrons in the cathode"):
        assert found.losses[kind][-1] == pytest.approx(third, rel=1e-3)  # slow kinetics keep the reaction even


def test_parabolic_grains_lose_the_nernst_term_between_mean_and_surface():
    time = 6e3
    cell = plain_cell(couples=(Redox("sulfur", 2.8e9, 1e12, 2.1, grains="parabolic", grain_time=time),))
    found = inside(cell, course_of(cell, 4e-4))
    xi = found.mean[5:, 0]
    ahead = time / 15.0 * 4e-4 / cell.area / cell.thickness / 2.8e9  # Wang and Srinivasan 2002
    nernst = THERMAL * (np.log((1 - xi) / xi) - np.log((1 - xi - ahead) / (xi + ahead)))
    assert np.abs(found.losses["grains"][5:] - nernst).max() < 1e-5
    assert np.allclose(found.surface[5:].mean(axis=(1, 2)) - xi, ahead, rtol=1e-4)


def test_the_anode_and_the_hysteresis_lose_what_their_laws_say():
    couple = Redox("sulfur", 2.8e9, 1e12, 2.1, hysteresis=0.1, hysteresis_rate=200.0)
    cell = plain_cell(couples=(couple,), anode_exchange=5.0)
    found = inside(cell, course_of(cell))
    assert found.losses["anode"] == pytest.approx(2 * THERMAL * np.arcsinh(8e-4 / cell.area / 10.0), rel=1e-12)
    assert found.losses["hysteresis"][-1] == pytest.approx(0.1, rel=1e-3)  # the discharge branch has long been reached
    assert abs(found.losses["hysteresis"][0]) < 1e-3


def test_a_charge_pays_with_losses_of_the_other_sign():
    cell = full_cell("parabolic")
    found = inside(cell, course_of(cell, -4e-4))
    for kind in ("separator", "anode", "ions in the cathode", "electrons in the cathode", "kinetics"):
        assert (found.losses[kind][5:] < 0).all(), kind
        assert (found.powers[kind][5:] > 0).all(), kind


@pytest.mark.parametrize("law", LAWS)
def test_delivered_and_lost_energy_close_on_the_stored_and_better_with_more_rows(law):
    cell = full_cell(law)
    gaps = []
    for points in (100, 400, 1600):
        (course,) = solve(
            [cell], charged_state(cell), (Step("current", 8e-4, lower=0.0),), points=points, states=True,
            **TIGHT,
        )  # fmt: skip
        found = inside(cell, course.checked())
        spent = found.stored[0] - found.stored[-1]
        gaps.append(abs(spent - course.energy[0] / cell.area - sum(found.lost().values())) / spent)
    assert gaps[-1] < 2e-5
    assert gaps[-1] < 0.3 * gaps[0]


def test_a_rest_dissipates_what_is_stored_and_nothing_else():
    cell = full_cell("spherical")
    steps = (Step("current", 2e-3, seconds=600.0), Step("current", 0.0, seconds=60.0))
    (course,) = solve([cell], charged_state(cell), steps, points=8000, states=True, **TIGHT)
    found = inside(cell, course.checked(), step=1)
    assert np.isnan(found.equilibrium).all()
    assert found.powers["separator"].max() == 0.0
    fall = found.stored[0] - found.stored[-1]
    assert sum(found.lost().values()) == pytest.approx(fall, rel=1e-3)  # trapezia of a decay, 8 ms apart
    assert fall > 0.01


def test_a_pellet_between_steel_loses_all_its_voltage_to_electrons_once_ions_stand_still():
    cell = symmetric(full_cell("none"), "electron")
    steps = (Step("current", 1e-5, seconds=3e5),)
    state = CellState({"sulfur": 0.5, "molybdenum": 0.5})
    (course,) = solve([cell], state, steps, points=20, states=True)
    found = inside(cell, course.checked())
    total = found.equilibrium - found.voltage
    assert found.losses["ions in the cathode"][-1] < 0.05 * found.losses["electrons in the cathode"][-1]
    assert total == pytest.approx(sum(found.losses.values()), abs=1e-9)


def test_a_step_of_a_course_is_counted_from_its_own_first_row():
    cell = full_cell("none")
    steps = (Step("current", -6e-4, upper=3.0), Step("current", 6e-4, lower=0.0))
    (course,) = solve([cell], discharged_state(cell), steps, points=40, states=True)
    found = inside(cell, course.checked(), step=1)
    assert found.passed[0] == 0.0
    assert found.passed[-1] * cell.area == pytest.approx(course.charge[1], rel=1e-9)
    assert found.capacity[-1] == pytest.approx(course.charge[1] / 3.6 / (1e3 * cell.mass), rel=1e-9)
    with pytest.raises(BadInput, match="no rows of step 2"):
        inside(cell, course, step=2)


def test_a_course_without_states_or_of_another_cell_is_refused():
    cell = full_cell("none")
    (course,) = solve([cell], charged_state(cell), (Step("current", 6e-4, seconds=60.0),), points=5)
    with pytest.raises(BadInput, match="kept no states"):
        inside(cell, course)
    with pytest.raises(BadInput, match="this cell has"):
        inside(replace(cell, nodes=9), course_of(cell, points=3))


# ---- budget ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def budget():
    cell = full_cell("spherical")
    return loss_budget(cell, charged_state(cell), [2e-4, 8e-4, 2e-5, 1.0])


def test_the_budget_closes_and_a_current_that_cannot_start_has_no_capacity(budget):
    assert np.nanmax(np.abs(budget.unclosed)) < 1e-3
    assert budget.fared[3] is Fared.CANNOT_START
    assert budget.capacity[3] == 0.0
    assert np.isnan(budget.mean["separator"][3])
    assert budget.insides[3] is None
    separator = budget.currents[:3] / budget.cell.area * budget.cell.separator
    for told in (budget.mean, budget.end):
        assert told["separator"][:3] == pytest.approx(separator, rel=1e-3)


def test_a_slow_discharge_tends_to_the_capacity_in_balance(budget):
    lost = budget.slow - budget.capacity
    assert 0.0 < lost[2] < lost[0] < lost[1]
    (slowest,) = loss_budget(budget.cell, charged_state(budget.cell), [4e-7], points=20).capacity
    assert slowest == pytest.approx(budget.slow, rel=2e-3)


def test_what_is_won_without_a_loss_is_what_the_changed_cell_gives(budget):
    changed = loss_budget(without(budget.cell, "separator"), charged_state(budget.cell), [8e-4])
    assert budget.won["separator"][1] == pytest.approx(changed.capacity[0] - budget.capacity[1], rel=1e-9)
    assert list(budget.won) == list(SWITCHES)
    assert all(gain[:3].min() > -1e-4 * budget.slow for gain in budget.won.values())


@pytest.mark.parametrize("kind", SWITCHES)
def test_a_loss_that_is_switched_off_is_gone(kind):
    cell = full_cell("spherical")
    (off,) = loss_budget(without(cell, kind), charged_state(cell), [4e-4], points=200).mean[kind]
    (on,) = loss_budget(cell, charged_state(cell), [4e-4], points=200).mean[kind]
    assert on > 1e-3
    assert abs(off) < 1e-3 * on


def test_the_limit_is_the_separator_where_nothing_else_resists():
    slow = Redox("sulfur", 2.8e9, 1e12, 2.1, (0.3,))
    cell = plain_cell(couples=(slow,), separator_resistance=0.15, lower_cutoff=0.5)
    found = loss_budget(cell, CellState({"sulfur": 0.01}), [8e-4], points=50)
    assert found.limiting() == ("separator",)
    assert loss_budget(without(cell, "separator"), CellState({"sulfur": 0.01}), [8e-4]).limiting() == ("",)


@pytest.mark.parametrize("currents", [[], [0.0], [-1e-3], [float("nan")]])
def test_a_budget_of_no_discharge_is_refused(currents):
    cell = full_cell("none")
    with pytest.raises(BadInput, match="currents of a discharge"):
        loss_budget(cell, charged_state(cell), currents)


def test_an_empty_cell_and_an_unknown_switch_are_refused():
    cell = full_cell("none")
    with pytest.raises(BadInput, match="holds nothing"):
        loss_budget(cell, discharged_state(cell), [1e-4])
    with pytest.raises(BadInput, match="choose from anode, electrons"):
        without(cell, "gravity")


# ---- drawings ----------------------------------------------------------------------------------------------------


def test_stacked_bands_reach_from_the_voltage_to_the_equilibrium(budget):
    discharge = budget.insides[1]
    (panel,) = drawings.stacked_losses(discharge).panels
    bands = [layer for layer in panel.layers if isinstance(layer, Band)]
    assert np.allclose(bands[0].low, discharge.voltage)
    assert np.allclose(bands[-1].high, discharge.equilibrium)
    assert all(np.array_equal(a.high, b.low) for a, b in pairwise(bands))
    assert (panel.x.text, panel.y.text) == ("Capacity of the cathode / mAh/g", "Cell voltage (vs anode) / V")


def test_losses_against_current_are_drawn_in_rising_order_and_add_up(budget):
    mean, _end, capacity, won = drawings.limits(budget).panels
    top = [layer for layer in mean.layers if isinstance(layer, Band)][-1]
    order = [2, 0, 1, 3]
    assert np.allclose(top.x, budget.currents[order] / budget.cell.mass)
    assert np.allclose(top.high, sum(budget.mean.values())[order], equal_nan=True)
    assert np.allclose(capacity.layers[1].y, budget.capacity[order] / budget.cell.mass / 3600.0)
    assert len(won.layers) == len(SWITCHES)
    with pytest.raises(BadInput, match="at least two currents"):
        drawings.limits(loss_budget(budget.cell, charged_state(budget.cell), [1e-4], points=10))


def test_curves_shares_and_profiles_show_the_inside_and_say_that_nothing_was_measured(budget):
    discharges = [one for one in budget.insides if one is not None]
    curves = drawings.voltage_curves(discharges)
    assert [line.label for line in curves.panels[0].layers] == ["5 mA/g", "50 mA/g", "200 mA/g"]
    shares = drawings.charge_shares(discharges[0])
    assert np.array_equal(shares.panels[0].layers[1].y, discharges[0].charge_shares[:, 1], equal_nan=True)
    depth = drawings.profiles(discharges[0], (0.5, 1.0))
    sulfur, molybdenum, reaction, kappa = depth.panels
    assert (sulfur.y.label, molybdenum.y.label) == ("Lithiated sulfur", "Lithiated molybdenum")
    assert np.allclose(sulfur.layers[-1].y, discharges[0].lithiated[-1, 1])
    assert np.allclose(kappa.layers[-1].y, 10.0 * discharges[0].conductivity[-1])
    assert np.mean(reaction.layers[0].y) == pytest.approx(1.0, abs=5e-3)  # but for the double layer
    for drawing in (curves, shares, depth, drawings.stacked_losses(discharges[0]), drawings.limits(budget)):
        assert drawing.virtual
        assert "cell model" in drawing.caption
        assert Drawing.from_json(drawing.to_json()) == drawing


def test_drawings_refuse_what_they_cannot_show(budget):
    cell = budget.cell
    (course,) = solve([cell], charged_state(cell), (Step("current", 0.0, seconds=60.0),), points=5, states=True)
    with pytest.raises(BadInput, match="a rest has no losses"):
        drawings.stacked_losses(inside(cell, course))
    with pytest.raises(BadInput, match="from 0 to 1"):
        drawings.profiles(budget.insides[0], (0.5, 1.5))
    with pytest.raises(BadInput, match="at least one discharge"):
        drawings.voltage_curves([])
