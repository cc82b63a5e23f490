"""The batch solver: against PyBaMM, against exact laws, and when something fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from thiocell.cell.batch import Course, Fared, Why, solve
from thiocell.cell.batch import layout as lay
from thiocell.cell.batch.equations import new_work, rates
from thiocell.cell.batch.exponential import exponential
from thiocell.cell.batch.newton import factor, new_factors
from thiocell.cell.batch.newton import solve as solve_linear
from thiocell.cell.columns import Columns
from thiocell.cell.parameters import FARADAY, GAS, CellParameters, CellState, Grains, Ionic, Parting, Redox
from thiocell.cell.protocol import Step, potential_step
from thiocell.cell.resting import resting_potential
from thiocell.cell.states import charged_state
from thiocell.core.bad_input import BadInput

DENSITY = 1698.0  # kg/m3: 4 mg on 0.7854 cm2 and 30 um
I25 = 1e-4  # A: 25 mA/g on 4 mg
LAWS: tuple[Grains, ...] = ("none", "parabolic", "spherical", "spread")
CHARGED = CellState({"molybdenum": 0.02, "sulfur": 0.02}, {"sulfur": 1.0})


def cell(grains: Grains = "parabolic", nodes: int = 20, **changes: object) -> CellParameters:
    """A cell with every piece of physics in it."""
    molybdenum = Redox("molybdenum", 206 * 3600 * DENSITY, 4e4, 1.4, (0.6, 0.05), activated=True)
    sulfur = Redox(
        "sulfur", 467 * 3600 * DENSITY, 4e4, 2.15, (0.05,), 0.1, grains=grains, grain_time=2e4, grain_spread=0.5
    )
    found = CellParameters(
        (molybdenum, sulfur), Ionic(3, 0.05, 0.02, 0.05, 0.1), 1e-2, 30e-6, 0.7854e-4, 4e-6, 0.024,
        anode_exchange=10.0, anode_potential=0.62, parting=Parting(1.0, 3600.0, 7200.0),
        activation_start=0.6, activation_charge=1e5, nodes=nodes,
    )  # fmt: skip
    return replace(found, **changes)  # type: ignore[arg-type]


def whole_test(lower: float = 0.0) -> tuple[Step, ...]:
    return (
        Step("current", 4 * I25, lower=lower),
        Step("current", 0.0, seconds=3600.0),
        Step("current", -I25, upper=3.0),
        Step("voltage", 3.0, seconds=7200.0, current=I25 / 20),
        Step("power", 3e-4, lower=0.6),
    )


def one(given: CellParameters, protocol: tuple[Step, ...], state: object = CHARGED, **how: object) -> Course:
    (course,) = solve([given], state, protocol, **how)  # type: ignore[arg-type]
    return course.checked()


def test_the_exponential_is_exact_to_the_last_digits() -> None:
    x = np.linspace(-60, 60, 4001)
    assert max(abs(exponential(float(each)) / np.exp(each) - 1) for each in x) < 1e-15


@pytest.mark.parametrize("grains", LAWS)
def test_the_linear_system_is_solved_as_by_a_dense_matrix(grains: Grains) -> None:
    # the conductivity is held in the system, so it is constant here
    given = cell(grains, nodes=4, ionic=Ionic(1, 0.01), activation_start=1.0)
    columns, layout = Columns.of([given]), lay.structure(given)
    v, g = lay.numbers(columns)
    rng = np.random.default_rng(7)
    state = CellState({"molybdenum": 0.4, "sulfur": 0.6}, {"sulfur": 0.3}, parted=0.2)
    v, g, y = v[0], g[0], lay.starts(columns, layout, [state])[0]
    y[0] = 2.0
    y += rng.normal(0, 0.02, (layout.rows, 4))
    y[-1] = 0.0
    work = new_work(layout.shells.size, 4)
    factors = new_factors(layout.shells.size, layout.volume.shape[1], 4)

    def slope(place: int) -> np.ndarray:
        step = np.zeros(y.size)
        step[place] = 1e-6
        up, down = np.zeros_like(y), np.zeros_like(y)
        rates(layout, v, g, y + step.reshape(y.shape), 5.0, up, work)
        rates(layout, v, g, y - step.reshape(y.shape), 5.0, down, work)
        return ((up - down) / 2e-6).ravel()

    jacobian = np.array([slope(place) for place in range(y.size)]).T
    for c in (10.0, 1e-2, 1e-4):
        right = rng.normal(size=y.shape)
        right[-1] = 0.0
        exact = np.linalg.solve(c * np.eye(y.size) - jacobian, right.ravel()).reshape(y.shape)
        rates(layout, v, g, y, 5.0, np.zeros_like(y), work)
        factor(layout, v, g, y, c, 1.0, work, factors)
        solve_linear(layout, v, right, c, work, factors)
        np.testing.assert_allclose(right, exact, rtol=0, atol=1e-5 * np.abs(exact).max())  # slopes are to 1e-7


@pytest.mark.parametrize("grains", LAWS)
def test_both_engines_agree_through_current_rest_hold_and_power(grains: Grains) -> None:
    from thiocell.cell.experiment import run_pybamm

    given = cell(grains, nodes=20 if grains != "spread" else 6)
    course = one(given, whole_test(), points=200, relative=1e-8, absolute=1e-10)
    solution = run_pybamm(given, CHARGED, whole_test(), rtol=1e-8, atol=1e-10)
    parts = [part for cycle in solution.cycles for part in cycle.steps]
    assert len(parts) == 5
    for number, part in enumerate(parts):
        time, volts = part["Time [s]"].entries, part["Voltage [V]"].entries
        rows = course.step == number
        since = course.time[rows] - course.time[rows][0]
        inside = since <= time[-1] - time[0]
        there = part["Voltage [V]"](time[0] + since[inside])
        off = there - course.voltage[rows][inside]
        assert np.sqrt(np.mean(off**2)) < 2e-5  # V: a tenth of what is asked
        passed = (part["Discharge capacity [A.h]"].entries[-1] - part["Discharge capacity [A.h]"].entries[0]) * 3600
        assert course.charge[number] == pytest.approx(passed, rel=1e-5, abs=1e-3 * I25)
        assert course.last[number] == pytest.approx(volts[-1], abs=2e-5)


def test_a_slab_that_only_its_double_layer_fills_takes_the_current_of_cottrell() -> None:
    """Ions through a rail of kappa into a capacitance all along: diffusion into a slab, T = L^2 C/kappa = 1 s here."""
    kappa, capacitance, thick, area, step = 0.01, 1e6, 1e-4, 1e-4, 0.01
    still = Redox("sulfur", 1e9, 1e-9, 2.0)
    slab = CellParameters(
        (still,), Ionic(1, kappa), 1e6, thick, area, 1e-6, 0.0,
        double_layer=capacitance, lower_cutoff=-10.0, upper_cutoff=10.0, nodes=200,
    )  # fmt: skip
    hold = (Step("voltage", 2.0 - step, seconds=2.0),)
    (course,) = solve([slab], CellState({"sulfur": 0.5}), hold, points=2000, relative=1e-8, absolute=1e-10)
    early = (course.time > 0.01) & (course.time < 0.05)
    cottrell = area * step * np.sqrt(kappa * capacitance / (np.pi * course.time[early]))
    assert course.current[early] == pytest.approx(cottrell, rel=2e-4)
    later = (course.time > 0.05) & (course.time < 1.5)
    b = (np.arange(40) + 0.5) * np.pi
    exact = area * step * kappa / thick * 2 * np.exp(-np.outer(course.time[later], b**2)).sum(axis=1)
    assert course.current[later] == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("grains", ["parabolic", "spherical"])
def test_tighter_tolerances_converge(grains: Grains) -> None:
    protocol = (Step("current", 8 * I25, lower=0.0),)
    exact = one(cell(grains), protocol, relative=1e-10, absolute=1e-12)
    off = [
        abs(one(cell(grains), protocol, relative=r, absolute=r / 100).charge[0] / exact.charge[0] - 1)
        for r in (1e-4, 1e-6, 1e-8)
    ]
    assert off[0] < 3e-4
    assert off[1] < 3e-6
    assert off[2] < 3e-8


def test_more_nodes_change_the_voltage_less_each_time() -> None:
    protocol = (Step("current", 8 * I25, seconds=3600.0),)
    volts = [one(cell("spherical", nodes=n), protocol, relative=1e-9, absolute=1e-11).last[0] for n in (10, 20, 40, 80)]
    gaps = np.abs(np.diff(volts))
    assert gaps[1] < 1e-4  # V: 20 nodes are good to 0.1 mV
    np.testing.assert_allclose(gaps[:-1] / gaps[1:], 4.0, rtol=0.3)  # second order


def test_more_shells_converge_on_the_exact_sphere() -> None:
    # one couple, fast kinetics, a step of potential: the charge is Crank's sphere (Crank 1975, eq. 6.20)
    time, q = 1e4, 467 * 3600 * DENSITY

    def passed(shells: int, seconds: float) -> float:
        couple = Redox("sulfur", q, 1e9, 2.0, grains="spherical", grain_time=time, shells=shells)
        given = CellParameters((couple,), Ionic(1, 1e3), 1e3, 30e-6, 1e-4, 4e-6, 1e-9, double_layer=1.0, nodes=2)
        protocol = (Step("voltage", 1.2, seconds=seconds),)  # far below: the surface is lithiated at once
        return one(given, protocol, CellState({"sulfur": 0.0 + 1e-9}), relative=1e-8, absolute=1e-10).charge[0] / (
            q * given.thickness * given.area
        )

    n = np.arange(1, 2000)
    for seconds in (0.01 * time, 0.05 * time, 0.2 * time):
        exact = 1 - 6 / np.pi**2 * np.sum(np.exp(-(n**2) * np.pi**2 * seconds / time) / n**2)
        off = [abs(passed(shells, seconds) / exact - 1) for shells in (7, 14, 28)]
        assert off[1] < 0.01
        assert off[2] < off[1] < off[0]


def test_a_purely_ohmic_cell_drops_by_current_times_resistance() -> None:
    couple = Redox("sulfur", 467 * 3600 * DENSITY, 1e12, 2.0)
    given = CellParameters((couple,), Ionic(1, 1e4), 1e4, 30e-6, 1e-4, 4e-6, 0.03, double_layer=1.0)
    state = CellState({"sulfur": 0.5})
    still = one(given, (Step("current", 0.0, seconds=1.0),), state).last[0]
    for current in (1e-4, 1e-3):
        course = one(given, (Step("current", current, seconds=0.5),), state)
        assert course.last[0] == pytest.approx(still - current * 0.03 / 1e-4, abs=1e-4)  # 1 s x J/q shifts xi a little


def test_slow_kinetics_follow_tafel() -> None:
    # J = k sqrt(xi(1-xi)) 2 sinh(f eta/2), evenly through a cathode that conducts well
    k, q = 5.0, 467 * 3600 * DENSITY
    given = CellParameters((Redox("sulfur", q, k, 2.0),), Ionic(1, 1e4), 1e4, 30e-6, 1e-4, 4e-6, 1e-9, double_layer=1.0)
    state, f = CellState({"sulfur": 0.5}), FARADAY / (GAS * 298.15)
    eta = []
    for current in (1e-4, 1e-3):
        course = one(given, (Step("current", current, seconds=1.0),), state)
        eta.append(2.0 - course.last[0])
        assert eta[-1] == pytest.approx(2 / f * np.arcsinh(current / 1e-4 / 30e-6 / k), abs=2e-5)
    assert eta[1] - eta[0] == pytest.approx(2 / f * np.log(10), rel=1e-3)  # 118 mV a decade


@pytest.mark.parametrize("grains", LAWS)
def test_charge_is_neither_made_nor_lost(grains: Grains) -> None:
    given = cell(grains)
    protocol = (Step("current", 4 * I25, lower=0.0),)
    (course,) = solve([given], CHARGED, protocol, points=1, states=True)
    layout = lay.structure(given)

    def held(table: np.ndarray) -> float:
        width = given.thickness / given.nodes
        total = -given.double_layer * width * table[0].sum()  # discharge lowers phi
        for number, population in enumerate(given.populations):
            first = layout.first[number]
            shells = table[first : first + population.shells]
            total += population.charge * width * float(layout.volume[number, : population.shells] @ shells.sum(axis=1))
        return total * given.area

    passed = held(course.states[-1]) - held(course.states[0])
    assert course.charge[0] == pytest.approx(passed, rel=1e-8)


def test_energy_is_the_integral_of_power() -> None:
    course = one(cell("spherical"), (Step("current", 4 * I25, lower=0.0),), points=20000)
    power = course.voltage * course.current
    assert course.energy[0] == pytest.approx(np.trapezoid(power, course.time), rel=1e-5)


def test_symmetric_pellets_show_electrons_or_ions() -> None:
    # steel|s|steel at long times: electrons alone; LPS|s|LPS: ions alone; both at once: the rails side by side
    # (Jamnik and Maier 1999): a couple that stores nothing fast leaves the two rails apart at short times
    dead = (Redox("sulfur", 467 * 3600 * DENSITY, 1e-9, 2.0),)
    given = CellParameters(dead, Ionic(1, 2e-3), 5e-3, 1e-3, 1e-4, 4e-6, 0.0, double_layer=1.0, nodes=400)
    state, current = CellState({"sulfur": 0.5}), 1e-7
    for contact, conductivity in (("electron", 5e-3), ("ion", 2e-3)):
        pellet = replace(given, left=contact, right=contact, lower_cutoff=-10.0, upper_cutoff=10.0)
        slow = one(pellet, (Step("current", current, seconds=1e6),), state)
        assert slow.last[0] == pytest.approx(-current * 1e-3 / conductivity / 1e-4, rel=1e-3)
        fast = -slow.first[0] / current * 1e-4
        both = 1e-3 / (5e-3 + 2e-3)
        assert fast == pytest.approx(both, rel=0.01)  # but for the half cells at the contacts


def test_a_failing_cell_is_flagged_and_the_others_come_back() -> None:
    good, bad = cell("parabolic"), cell("parabolic", separator_resistance=1e4)
    courses = solve([good, bad, good], CHARGED, (Step("current", 4 * I25, lower=0.0),))
    assert [course.fared for course in courses] == [Fared.DONE, Fared.CANNOT_START, Fared.DONE]
    assert courses[0].charge[0] == courses[2].charge[0] > 0
    with pytest.raises(BadInput, match=r"step 1.*beyond the cut-off"):
        courses[1].checked()


DISCHARGE = (Step("current", 4 * I25, lower=0.0),)


def among_good_ones(bad: CellParameters, state: object = CHARGED, protocol: tuple[Step, ...] = DISCHARGE) -> Course:
    """The course of a bad trial, once its good neighbours have been seen to fare as they do alone."""
    good = [cell(separator_resistance=0.02), cell(separator_resistance=0.03)]
    courses = solve(
        [good[0], bad, good[1]], [CHARGED, state, CHARGED], [DISCHARGE, protocol, DISCHARGE], points=20, states=True
    )  # type: ignore[arg-type]
    for number, neighbour in zip((0, 2), good, strict=True):
        alone = one(neighbour, DISCHARGE, points=20, states=True)
        for name, seen in vars(courses[number]).items():
            np.testing.assert_array_equal(seen, getattr(alone, name), err_msg=name)
    return courses[1]


NAN = float("nan")
SULFUR = cell().couple("sulfur")
HIGH = tuple(replace(couple, potential=10.0) for couple in cell().couples)  # e^(390): no float squares it
FAULTS_OF_A_CELL: list[tuple[dict[str, object], str]] = [
    ({"thickness": -30e-6}, "'thickness' of the cell is -3e-05 m; it must lie between 1e-09 and 1 m"),
    ({"thickness": 0.0}, "'thickness' of the cell is 0 m"),
    ({"area": NAN}, "'area' of the cell is nan m2"),
    ({"electronic": 0.0}, "'electronic' of the cell is 0 S/m; it must lie between 1e-12 and 1e\\+08"),
    ({"temperature": 0.0}, "'temperature' of the cell is 0 K"),
    ({"anode_exchange": 0.0}, "'anode_exchange' of the cell is 0 A/m2"),
    ({"lower_cutoff": 3.5}, "the cut-offs are crossed or too far: lower_cutoff is 3.5 V"),
    ({"ionic": Ionic(3, -0.05)}, "the cathode's ionic conductivity is not positive"),
    ({"ionic": Ionic(4, 0.05)}, "'power' of the ionic conductivity is 4"),
    ({"parting": Parting(1.0, 0.0, 7200.0)}, "'out_time' of the parting LiI is 0 s"),
    ({"temperature": 150.0, "couples": HIGH}, "the cathode has no resting potential"),
    ({"couples": ()}, "a cell needs couples"),
    ({"couples": (replace(SULFUR, exchange=NAN),)}, "'exchange' of couple 'sulfur' is nan A/m3"),
    ({"couples": (replace(SULFUR, grain_time=-1.0),)}, "'grain_time' of couple 'sulfur' is -1 s"),
]


@pytest.mark.parametrize(("changes", "told"), FAULTS_OF_A_CELL)
def test_a_cell_with_an_impossible_number_is_flagged_and_its_neighbours_do_not_see_it(
    changes: dict[str, object], told: str
) -> None:
    course = among_good_ones(cell(**changes))
    assert course.fared is Fared.BAD_INPUT
    for name in ("seconds", "charge", "energy", "first", "last", "last_current", "end"):
        assert np.isnan(getattr(course, name)).all(), name
    assert course.charge.shape == (1,)
    with pytest.raises(BadInput, match=told):
        course.checked()


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (CellState({"molybdenum": 0.02, "sulfur": 1.2}), "lithiated share of 'sulfur' is 1.2; it must lie between 0"),
        (CellState({"molybdenum": NAN, "sulfur": 0.02}), "lithiated share of 'molybdenum' is nan"),
        (CellState({"sulfur": 0.02}), "it must tell of molybdenum, sulfur"),
        (CellState({"molybdenum": 0.02, "sulfur": 0.02}, {"sulfur": -1.5}), "hysteresis of 'sulfur' is -1.5"),
        (replace(CHARGED, throughput=-1.0), "throughput of the state is -1 C/m2"),
        (replace(CHARGED, parted=NAN), "share of parted LiI is nan"),
        (np.full((6, 20), NAN), "the state that it starts from holds numbers that are not finite"),
    ],
)
def test_an_impossible_start_is_flagged_and_its_neighbours_do_not_see_it(state: object, told: str) -> None:
    course = among_good_ones(cell(), state)
    assert course.fared is Fared.BAD_INPUT
    with pytest.raises(BadInput, match=told):
        course.checked()


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Step("current", 4 * I25), "step 1 has no end; give it seconds, a lower or an upper voltage, or a current"),
        (Step("voltage", NAN, seconds=10.0), "step 1 has a number that is not finite"),
        (Step("power", 1e-4, lower=NAN), "step 1 has a number that is not finite"),
        (Step("current", 0.0, seconds=-1.0), "'seconds' of step 1 is -1; it must be greater than zero"),
        (Step("current", 0.0, seconds=10.0, period=-1.0), "'period' of step 1 is -1; it must be greater than zero"),
        (Step("current", I25, lower=2.0, upper=1.0), "the cut-offs of step 1 are crossed"),
    ],
)
def test_an_impossible_step_is_flagged_and_its_neighbours_do_not_see_it(step: Step, told: str) -> None:
    course = among_good_ones(cell(), protocol=(step,))
    assert course.fared is Fared.BAD_INPUT
    with pytest.raises(BadInput, match=told):
        course.checked()


def test_a_current_that_cannot_start_tells_what_stops_it_and_one_that_may_end_at_once_is_none() -> None:
    weak = cell(separator_resistance=1.0)
    course = among_good_ones(weak)
    assert (course.fared, course.failed_step) == (Fared.CANNOT_START, 0)
    with pytest.raises(BadInput, match=r"step 1 of its protocol.*costs 5.09 V in the separator of"):
        course.checked()
    assert among_good_ones(weak, protocol=(replace(DISCHARGE[0], may_end_at_once=True),)).why == (Why.AT_ONCE,)


def test_a_batch_of_impossible_cells_alone_comes_back() -> None:
    courses = solve([cell(area=0.0), cell(mass=NAN)], CHARGED, DISCHARGE)
    assert [course.fared for course in courses] == [Fared.BAD_INPUT] * 2
    assert ["'area'" in courses[0].faults[0], "'mass'" in courses[1].faults[0]] == [True, True]


def test_threads_do_not_change_the_numbers() -> None:
    cells = [cell("parabolic", separator_resistance=0.02 + 0.001 * n) for n in range(12)]
    protocol = (Step("current", 4 * I25, lower=0.0),)
    alone, together = (solve(cells, CHARGED, protocol, threads=n) for n in (1, 3))
    assert [c.charge[0] for c in alone] == [c.charge[0] for c in together]
    assert len({c.charge[0] for c in alone}) == 12


def test_cells_of_several_layouts_come_back_as_if_alone() -> None:
    """A fact that comes to zero takes a state away: with a hysteresis of 0 there is none, and others go on."""
    protocol = (Step("current", 4 * I25, lower=0.0),)
    cells = [cell("parabolic"), cell("spherical"), cell(area=-1.0), cell("parabolic", separator_resistance=0.01)]
    together = solve(cells, CHARGED, protocol)
    assert [course.fared for course in together] == [Fared.DONE, Fared.DONE, Fared.BAD_INPUT, Fared.DONE]
    for each, course in zip(cells, together, strict=True):
        if course.fared is Fared.DONE:
            assert solve([each], CHARGED, protocol)[0].charge == pytest.approx(course.charge, rel=1e-12)


def test_a_step_whose_end_is_never_met_is_flagged() -> None:
    for step in (Step("current", 0.0, lower=0.1), Step("voltage", 1.0, current=1e-30)):
        (course,) = solve([cell()], CHARGED, (step,))
        assert course.fared is Fared.NO_END
        with pytest.raises(BadInput, match="step 1 of its protocol: the step never comes to its end"):
            course.checked()


@pytest.mark.parametrize("volts", [3.0, None, 1.5])
def test_a_hold_near_equilibrium_is_held_however_small_the_current(volts: float | None) -> None:
    """The voltage is known to 1e-14 V: what it leaves open of the current is no reason to fail."""
    made = cell()
    begun = charged_state(made)
    rest = resting_potential(made, begun) - made.anode_potential
    target = rest if volts is None else volts
    for seconds in (60.0, 3600.0, 3.6e5):
        (course,) = solve([made], begun, (Step("voltage", target, seconds=seconds),), points=50)
        assert course.fared is Fared.DONE
        assert course.voltage == pytest.approx(np.full(course.voltage.size, target), abs=1e-9)
        assert np.isfinite(course.current).all()
        assert course.energy[0] == pytest.approx(target * course.charge[0], rel=1e-12)
    (course,) = solve([made], begun, (Step("voltage", target, current=1e-9, seconds=1e9),))
    assert course.fared is Fared.DONE


def test_the_potential_step_of_the_paper_is_held_on_a_charged_cell() -> None:
    made = cell()
    (course,) = solve([made], charged_state(made), potential_step(3.0), points=100)
    assert course.fared is Fared.DONE
    assert np.isfinite(course.energy).all()
    assert np.isfinite(course.voltage).all()


def test_a_cell_is_solved_as_if_alone_behind_one_that_fails() -> None:
    made = cell()
    (before,) = solve([made], CHARGED, (Step("current", I25, seconds=10.0),))
    bad = before.end.copy()
    bad[0, ::2], bad[0, 1::2] = 1.7e308, -1.7e308
    hold = (Step("voltage", 1.5, seconds=10.0),)
    courses = solve([made] * 3, [before.end, bad, before.end], hold, threads=1)
    assert [courses[0].fared, courses[2].fared] == [Fared.DONE] * 2
    assert courses[0].charge[0] == courses[2].charge[0]


def test_cells_that_do_not_fit_together_are_refused() -> None:
    protocol = (Step("current", 4 * I25, lower=0.0),)
    with pytest.raises(BadInput, match="2 cells have 1 starts"):
        solve([cell(), cell()], [CHARGED], protocol)
    with pytest.raises(BadInput, match="number of steps"):
        solve([cell(), cell()], CHARGED, [protocol, protocol * 2])


@pytest.mark.parametrize(
    "how", [{"relative": -1.0}, {"relative": 10.0}, {"absolute": 0.0}, {"points": -1}], ids=lambda how: next(iter(how))
)
def test_a_tolerance_that_says_nothing_is_refused(how: dict[str, float]) -> None:
    with pytest.raises(BadInput, match=r"tolerances lie above 0 and up to 0\.01, and points are not negative"):
        solve([cell()], CHARGED, (Step("current", I25, lower=0.0),), **how)  # type: ignore[arg-type]


def test_what_is_no_step_or_no_law_is_named() -> None:
    with pytest.raises(BadInput, match="a step holds current, voltage, power, not 'wobble'"):
        Step("wobble", 1.0, lower=0.0)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="a protocol needs one step"):
        solve([cell()], CHARGED, [])


def test_steps_end_by_what_they_say() -> None:
    course = one(cell(), whole_test())
    assert course.why == (Why.LOWER_VOLTAGE, Why.TIME, Why.UPPER_VOLTAGE, Why.SMALL_CURRENT, Why.LOWER_VOLTAGE)
    assert course.last[0] == pytest.approx(0.0, abs=1e-9)
    assert course.last[2] == pytest.approx(3.0, abs=1e-9)
    assert abs(course.last_current[3]) == pytest.approx(I25 / 20, rel=1e-9)
    assert course.seconds[1] == pytest.approx(3600.0, rel=1e-12)


def test_a_course_goes_on_where_another_ended() -> None:
    steps = whole_test()
    once = one(cell(), steps)
    first = one(cell(), steps[:2])
    then = one(cell(), steps[2:], first.end)
    np.testing.assert_allclose(then.charge, once.charge[2:], rtol=1e-9)


def test_a_power_that_no_current_gives_is_flagged_and_one_that_is_given_is_exact() -> None:
    weak = cell(separator_resistance=0.1)
    too_much, fine = (
        solve([weak], CHARGED, (Step("power", watts, lower=0.0),), points=50)[0] for watts in (2e-3, 1e-4)
    )
    assert too_much.fared is Fared.NO_CURRENT
    np.testing.assert_allclose(fine.voltage * fine.current, 1e-4, rtol=1e-9)


def test_a_discharge_without_an_end_of_its_own_may_not_leave_the_cell_s_cut_offs() -> None:
    (course,) = solve([cell()], CHARGED, (Step("current", 4 * I25, seconds=1e6),))
    assert course.fared is Fared.LEFT_LIMITS
    with pytest.raises(BadInput, match="give the step a voltage to end at"):
        course.checked()


def test_an_empty_cell_cannot_be_discharged_again() -> None:
    step = Step("current", 4 * I25, lower=0.0)
    (course,) = solve([cell()], CHARGED, (step, step))
    assert (course.fared, course.failed_step) == (Fared.CANNOT_START, 1)
