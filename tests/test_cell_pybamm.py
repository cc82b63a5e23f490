"""The PyBaMM engine: held to the written equations, to closed forms of each piece of physics, never half a run."""

import importlib.metadata
import runpy
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from thiocell.cell.integrated_cathode import IntegratedCathode  # isort: skip  sets PyBaMM's telemetry off

import pybamm

import thiocell.cell.pybamm_zoo as zoo_folder
from thiocell.cell.experiment import HalfRun, run_pybamm
from thiocell.cell.parameters import CORNER, FARADAY, GAS, STILL, CellParameters, CellState, Ionic, Parting, Redox
from thiocell.cell.pellet_impedance import pellet_impedance
from thiocell.cell.protocol import Step
from thiocell.cell.pybamm_options import DEFAULTS, options_of
from thiocell.cell.pybamm_values import get_parameter_values, pan2023, parameter_values
from thiocell.cell.resting import resting_potential
from thiocell.core.bad_input import BadInput
from thiocell.physics.grains import shells

LAWS = ("none", "parabolic", "spherical", "spread")
F = FARADAY / (GAS * 298.15)


@pytest.fixture(autouse=True, scope="module")
def quiet():
    """PyBaMM tells every solver's failure on its log; here they are meant."""
    level = pybamm.logger.level
    pybamm.set_logging_level("CRITICAL")
    yield
    pybamm.set_logging_level(level)


# ---- the equations, written out once more ---------------------------------------------------------------------


def full_cell(law="spherical", power=3, contacts=("ion", "electron"), anode=True):
    """A cell in which every term of the equations counts."""
    sulfur = Redox(
        "sulfur", 2.8e9, 4e4, 2.1, (0.05, -0.02, 0.01), 0.08, 20.0, law, 5e3, 0.4, shells=6, sizes=3, activated=True
    )
    molybdenum = Redox("molybdenum", 9e8, 3e4, 1.3, (0.3,), grains="parabolic", grain_time=800.0)
    return CellParameters(
        couples=(sulfur, molybdenum), ionic=Ionic(power, 0.15, 0.03, 0.02, 0.01), electronic=8e-3, thickness=3.1e-5,
        area=7.9e-5, mass=4e-6, separator_resistance=0.02, separator_energy=3e4, anode_potential=0.62,
        anode_exchange=9.0 if anode else np.inf, temperature=310.0, parting=Parting(1.0, 700.0, 3000.0),
        activation_start=0.3, activation_charge=2e5, left=contacts[0], right=contacts[1], nodes=7,
    )  # fmt: skip


def random_state(cell, rng):
    """Rows of the state by the model's names, uneven in every place."""
    rows = {"Potential difference [V]": rng.uniform(1.6, 2.0, cell.nodes)}
    for couple in cell.couples:
        title = couple.name.capitalize()
        sizes = couple.sizes if couple.grains == "spread" else 1
        for place in range(1, sizes + 1):
            suffix = f", size {place}" if sizes > 1 else ""
            cut = couple.grains in ("spherical", "spread")
            names = [f"{title} lithiation{suffix}" + (f", shell {m + 1}" if cut else "") for m in range(couple.shells)]
            rows |= {name: rng.uniform(0.2, 0.8, cell.nodes) for name in names[: None if cut else 1]}
            if couple.hysteresis:
                rows[f"{title} hysteresis{suffix}"] = rng.uniform(-0.9, 0.9, cell.nodes)
    rows["Parted iodide"] = rng.uniform(0.1, 0.9, cell.nodes)
    rows["Throughput capacity [A.h]"] = np.array([0.002])
    rows["Discharge capacity [A.h]"] = np.array([0.0])
    return rows


def written_rates(cell, rows, i):
    """(d/dt of every row, voltage) at current density i, by the equations as docs/cell-model.md writes them."""
    f = FARADAY / (GAS * cell.temperature)
    throughput = 3600 * rows["Throughput capacity [A.h]"][0] / cell.area
    phi, n, h = rows["Potential difference [V]"], cell.nodes, cell.thickness / cell.nodes
    total, means, out = np.zeros(n), {}, {}
    for index, couple in enumerate(cell.couples):
        pace = 1 - (1 - cell.activation_start) * np.exp(-throughput / cell.activation_charge) if couple.activated else 1
        grown = couple.populations(index)
        mean = np.zeros(n)
        for place, grain in enumerate(grown, start=1):
            suffix = f", size {place}" if len(grown) > 1 else ""
            title = f"{couple.name.capitalize()} lithiation{suffix}"
            names = [f"{title}, shell {m + 1}" for m in range(grain.shells)] if grain.shells > 1 else [title]
            xi = [rows[name] for name in names]
            z = 1 - 2 * xi[-1]
            u = couple.potential + sum(c * z**p for p, c in enumerate(couple.shape, start=1))
            swing = rows.get(f"{couple.name.capitalize()} hysteresis{suffix}")
            u = u if swing is None else u + couple.hysteresis * swing
            e = np.exp(f * (phi - u) / 2)
            a = grain.surface
            j = pace * grain.exchange * (xi[-1] * e - (1 - xi[-1]) / e) / (1 + grain.exchange * a * (e + 1 / e))
            total += j
            if swing is not None:
                size = np.sqrt(j**2 + (STILL * grain.charge) ** 2)
                rate = couple.hysteresis_rate * (j - size * swing) / grain.charge
                out[f"{couple.name.capitalize()} hysteresis{suffix}"] = rate
            volume = shells(grain.shells).volume if grain.shells > 1 else np.ones(1)
            conductance = shells(grain.shells).conductance if grain.shells > 1 else np.zeros(0)
            for m, name in enumerate(names):
                gain = conductance[m] * (xi[m + 1] - xi[m]) if m + 1 < len(xi) else 0
                loss = conductance[m - 1] * (xi[m] - xi[m - 1]) if m else 0
                out[name] = pace / grain.time * (gain - loss) / volume[m] if grain.shells > 1 else np.zeros(n)
            out[names[-1]] = out[names[-1]] - j / (grain.charge * volume[-1])
            mean += grain.charge / couple.charge * sum(v * x for v, x in zip(volume, xi, strict=True))
        means[couple.name] = mean
    u = 1 - cell.parting.held * means["sulfur"]
    d = (u + np.sqrt(u**2 + CORNER**2)) / 2 - rows["Parted iodide"]
    quick, slow = 1 / cell.parting.out_time, 1 / cell.parting.in_time
    out["Parted iodide"] = (quick + slow) * d / 2 + (quick - slow) * (np.sqrt(d**2 + CORNER**2) - CORNER) / 2
    terms = (cell.ionic.host * means["sulfur"], cell.ionic.parted * rows["Parted iodide"])
    kappa = (cell.ionic.base + sum(terms) + cell.ionic.molybdenum * means["molybdenum"]) ** cell.ionic.power
    sigma = cell.electronic
    mixed = kappa * sigma / (kappa + sigma)
    flux = np.zeros(n + 1)
    flux[0], flux[-1] = i * (cell.left == "ion"), i * (cell.right == "ion")
    flux[1:-1] = (mixed[1:] + mixed[:-1]) / 2 * (np.diff(phi) / h + i / sigma)
    out["Potential difference [V]"] = (np.diff(flux) / h - total) / cell.double_layer
    out["Discharge capacity [A.h]"] = np.array([i * cell.area / 3600])
    out["Throughput capacity [A.h]"] = np.array([abs(i) * cell.area / 3600])
    return out, written_voltage(cell, phi, kappa, flux, i)


def written_voltage(cell, phi, kappa, flux, i):
    f, h, sigma = FARADAY / (GAS * cell.temperature), cell.thickness / cell.nodes, cell.electronic
    anode = 2 / f * np.arcsinh(i / (2 * cell.anode_exchange)) if (cell.left, cell.right) == ("ion", "electron") else 0
    start = -i * cell.separator - anode if cell.left == "ion" else 0.0
    fall = h * (i + sigma * np.diff(phi) / h) / (sigma + (kappa[1:] + kappa[:-1]) / 2)
    ionic = start - (h / 2) * flux[0] / kappa[0] - fall.sum() - (h / 2) * flux[-1] / kappa[-1]
    left = phi[0] - (h / 2) * (flux[0] / kappa[0] - (i - flux[0]) / sigma)
    right = phi[-1] + (h / 2) * (flux[-1] / kappa[-1] - (i - flux[-1]) / sigma)
    far = i * cell.separator if cell.left == "ion" else 0.0
    high = ionic - far if cell.right == "ion" else ionic + right
    low = 0.0 if cell.left == "ion" else left
    return high - low - (cell.anode_potential if (cell.left, cell.right) == ("ion", "electron") else 0)


CASES = [
    *[(law, 3, ("ion", "electron"), True) for law in LAWS],
    *[("parabolic", power, ("ion", "electron"), False) for power in (1, 2)],
    *[("none", 2, ends, True) for ends in product(("ion", "electron"), repeat=2) if ends != ("ion", "electron")],
]


@pytest.mark.parametrize(("law", "power", "contacts", "anode"), CASES)
def test_rates_and_voltage_are_those_of_the_written_equations(law, power, contacts, anode):
    cell = full_cell(law, power, contacts, anode)
    rows = random_state(cell, np.random.default_rng(7))
    state = CellState({"sulfur": 0.4, "molybdenum": 0.3})
    values = parameter_values(cell, state)
    values["Current function [A]"] = 3e-3
    simulation = pybamm.Simulation(
        IntegratedCathode(options_of(cell)), parameter_values=values, var_pts={"x": cell.nodes}
    )
    simulation.build()
    model = simulation.built_model
    places = {variable.name: part[0] for variable, part in model.y_slices.items()}
    assert set(places) == set(rows)
    y = np.zeros((model.concatenated_initial_conditions.shape[0], 1))
    for name, row in rows.items():
        y[places[name], 0] = row
    rates, voltage = written_rates(cell, rows, 3e-3 / cell.area)
    found = np.asarray(model.concatenated_rhs.evaluate(0.0, y)).ravel()
    for name, row in rates.items():
        # rounding of terms that cancel: a part in 1e10 of the largest rate of that row
        np.testing.assert_allclose(found[places[name]], row, rtol=1e-9, atol=1e-10 * abs(row).max(), err_msg=name)
    shown = model.get_processed_variable("Voltage [V]").evaluate(0.0, y)
    assert float(np.squeeze(shown)) == pytest.approx(voltage, abs=1e-9)


# ---- runs -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pan():
    return pan2023()


@pytest.fixture(scope="module", params=LAWS)
def run(request, pan):
    """A discharge, a rest and a charge of the paper's cell under each law of the grains."""
    cell, state = replace(pan[0].with_grains(request.param), nodes=10), pan[1]
    current = 50 * cell.mass
    protocol = [
        Step("current", current, lower=0.0),
        Step("current", 0.0, seconds=600.0),
        Step("current", -current, upper=3.0),
    ]
    return cell, run_pybamm(cell, state, protocol)


def test_what_passes_is_found_in_couples_and_double_layer_under_every_law(run):
    cell, solution = run
    held = -cell.double_layer * solution["X-averaged potential difference [V]"].entries
    for couple in cell.couples:
        held = held + couple.charge * solution[f"X-averaged {couple.name} lithiation"].entries
    passed = 3600 * solution["Discharge capacity [A.h]"].entries
    found = (held - held[0]) * cell.thickness * cell.area
    np.testing.assert_allclose(found, passed, rtol=0, atol=1e-8 * passed.max())


def test_the_current_of_a_couple_fills_it(run):
    cell, solution = run
    discharge = solution.cycles[0].steps[0]
    shares = sum(discharge[f"{name} share of current"].entries for name in ("Sulfur", "Molybdenum"))
    np.testing.assert_allclose(shares, 1.0, rtol=1e-9)
    times = np.linspace(*discharge["Time [s]"].entries[[0, -1]], 5000)
    for couple in cell.couples:
        taken = np.trapezoid(discharge[f"{couple.name.capitalize()} current [A]"](times), times)
        extent = discharge[f"X-averaged {couple.name} lithiation"].entries
        held = (extent[-1] - extent[0]) * couple.charge * cell.thickness * cell.area
        assert taken == pytest.approx(held, rel=1e-3)  # the trapezium's own error


def test_losses_and_overpotentials_add_up_to_the_voltage(run):
    cell, solution = run
    discharge = solution.cycles[0].steps[0]
    names = ("Separator ohmic loss [V]", "Anode loss [V]", "Cathode ohmic loss [V]")
    lost = sum(discharge[name].entries for name in names)
    inside = discharge["X-averaged potential difference [V]"].entries - cell.anode_potential
    np.testing.assert_allclose(inside - lost, discharge["Voltage [V]"].entries, atol=1e-9)


def test_twenty_nodes_suffice(pan):
    cell, state = pan[0].with_grains("parabolic"), pan[1]
    current = 200 * cell.mass
    times = np.linspace(10.0, 3000.0, 60)
    volts = []
    for nodes in (10, 20, 40):
        solution = run_pybamm(replace(cell, nodes=nodes), state, [Step("current", current, seconds=3000.0)], rtol=1e-8)
        volts.append(solution["Voltage [V]"](times))
    coarse, fine = (np.sqrt(np.mean((a - b) ** 2)) for a, b in pairwise(volts))
    assert fine < 1e-4
    assert fine < 0.4 * coarse  # second order would be 0.25


def test_current_voltage_power_and_drive_cycles_run_whole(pan):
    cell, state = replace(pan[0].with_grains("none"), nodes=5), pan[1]
    current = 50 * cell.mass
    protocol = [
        Step("current", current, seconds=1800.0),
        Step("power", 1.5 * current, seconds=600.0),
        Step("current", 0.0, seconds=600.0),
        Step("current", -current, upper=2.3, cycle=2),
        Step("voltage", 2.3, current=current / 10, cycle=2),
    ]
    solution = run_pybamm(cell, state, protocol)
    assert [len(cycle.steps) for cycle in solution.cycles] == [3, 2]
    power, held = solution.cycles[0].steps[1], solution.cycles[1].steps[1]
    np.testing.assert_allclose(power["Power [W]"].entries[1:], 1.5 * current, rtol=1e-5)
    np.testing.assert_allclose(held["Voltage [V]"].entries[1:], 2.3, atol=1e-5)
    assert held["Current [A]"].entries[-1] == pytest.approx(-current / 10, rel=1e-3)
    wave = np.column_stack([np.arange(0.0, 601.0, 10.0), current * np.sin(np.arange(61) / 5)])
    simulation = pybamm.Simulation(
        IntegratedCathode(options_of(cell)),
        parameter_values=parameter_values(cell, state),
        experiment=pybamm.Experiment([pybamm.step.current(wave)]),
        var_pts={"x": 5},
    )
    driven = simulation.solve()
    assert driven["Current [A]"](205.0) == pytest.approx(current * np.mean(np.sin([4.0, 4.2])), rel=1e-6)


# ---- never half a run -----------------------------------------------------------------------------------------


def test_a_run_that_is_not_whole_names_its_step(pan):
    cell, state = replace(pan[0].with_grains("none"), nodes=5), pan[1]
    current = 50 * cell.mass
    first = Step("current", current, seconds=600.0)
    with pytest.raises(HalfRun, match=r"step 2 of 2 \(current 0.0002 A until 3 V\) ended by .*Minimum voltage"):
        run_pybamm(cell, state, [first, Step("current", current, upper=3.0)])  # no discharge rises to 3 V
    with pytest.raises(HalfRun, match=r"step 2 of 2 .* did not reach its end within 1e\+08 s"):
        run_pybamm(cell, state, [first, Step("current", 0.0, upper=2.9)])  # nor does a rest
    with pytest.raises(HalfRun, match=r"step 2 of 3 .* was skipped"):
        run_pybamm(cell, state, [first, Step("current", current, lower=2.5), first])
    with pytest.raises(HalfRun, match=r"step 2 of 2 .* was skipped"):
        run_pybamm(cell, state, [first, Step("current", current, lower=2.5, cycle=2)])
    with pytest.raises(HalfRun, match=r"step 1 of 1 .*Minimum voltage"):
        run_pybamm(cell, state, [Step("current", current, seconds=1e6)])  # falls below the cell's own cut-off
    with pytest.raises(BadInput, match="step 2 has no end"):
        run_pybamm(cell, state, [first, Step("current", current)])
    with pytest.raises(BadInput, match=r"rtol is 0\.0001; take 1e-05 or less"):
        run_pybamm(cell, state, [first], rtol=1e-4)


def test_a_misplaced_cut_off_is_an_error(pan, monkeypatch):
    cell, state = replace(pan[0].with_grains("none"), nodes=5), pan[1]
    monkeypatch.setattr("thiocell.cell.experiment.CUT_OFF_ERROR", -1.0)  # nothing is near enough
    with pytest.raises(HalfRun, match=r"step 1 of 1 .* from its cut-off; tighten rtol"):
        run_pybamm(cell, state, [Step("current", 50 * cell.mass, lower=1.0)])


# ---- limits that can be solved by hand ------------------------------------------------------------------------


AREA = 1e-4


def bare_cell(**changes):
    """One couple without shape in a square centimetre of a cathode that conducts without loss."""
    couple = Redox("sulfur", 1e9, 1e4, 2.0)
    plain = CellParameters(
        couples=(couple,), ionic=Ionic(1, 1e6), electronic=1e6, thickness=1e-4, area=AREA, mass=1.0,
        separator_resistance=0.0, double_layer=1e3, lower_cutoff=-10.0, upper_cutoff=10.0, nodes=4,
    )  # fmt: skip
    return replace(plain, **changes)


def impedance(cell, frequencies, lithiated=0.5):
    """Ohm m2."""
    simulation = pybamm.EISSimulation(
        IntegratedCathode(options_of(cell)),
        parameter_values=parameter_values(cell, CellState({"sulfur": lithiated})),
        var_pts={"x": cell.nodes},
    )
    return AREA * np.asarray(simulation.solve(frequencies).impedance)


def test_large_currents_follow_the_tafel_slope():
    cell = bare_cell(couples=(Redox("sulfur", 1e13, 1e4, 2.0),))  # so much charge that its extent stays
    values = parameter_values(cell, CellState({"sulfur": 0.5}))
    values["Current function [A]"] = "[input]"
    simulation = pybamm.Simulation(IntegratedCathode(options_of(cell)), parameter_values=values, var_pts={"x": 4})
    volts = []
    for current in (100.0 * AREA, 1000.0 * AREA):
        solution = simulation.solve([0, 0.01], inputs={"Current function [A]": current})
        volts.append(solution["Voltage [V]"].entries[-1])
    # J = k (1 - xi)/E far from equilibrium: 2/f ln 10 for each decade, the step back counts 1e-4 of it
    assert volts[0] - volts[1] == pytest.approx(2 / F * np.log(10), abs=1e-5)


def test_a_pellet_between_like_contacts_has_the_resistance_of_its_carrier():
    kappa, sigma, length, ends = 3e-3, 2e-2, 1e-3, 0.02
    inert = (Redox("sulfur", 1e9, 1e-9, 2.0),)  # nothing reacts: direct current passes as one carrier alone
    cell = bare_cell(couples=inert, ionic=Ionic(1, kappa), electronic=sigma, thickness=length, nodes=20)
    cell = replace(cell, separator_resistance=ends)
    width, inner = length / 20, 19 * length / 20 / (kappa + sigma)
    found = impedance(replace(cell, left="electron"), [1e-8, 1e9])
    np.testing.assert_allclose(found.real, [length / sigma, inner + width / sigma], rtol=1e-6)
    found = impedance(replace(cell, right="ion"), [1e-8, 1e9])
    np.testing.assert_allclose(found.real, [length / kappa + 2 * ends, inner + width / kappa + 2 * ends], rtol=1e-6)
    found = impedance(replace(cell, anode_exchange=10.0), [1e9])
    halves = width / 2 / kappa + width / 2 / sigma
    np.testing.assert_allclose(found.real, [ends + 1 / (F * 10.0) + inner + halves], rtol=1e-6)


def test_the_pure_ohmic_drop_is_that_of_even_reaction():
    kappa, sigma, length = 3e-3, 2e-2, 1e-4
    slow = (Redox("sulfur", 1e12, 1e2, 2.0),)  # kinetics so slow beside conduction that the reaction is even
    cell = bare_cell(couples=slow, ionic=Ionic(1, kappa), electronic=sigma, thickness=length, nodes=40)
    state = CellState({"sulfur": 0.5})
    current = 0.05  # A/m2
    solution = run_pybamm(cell, state, [Step("current", current * AREA, seconds=600.0)])
    # i_e = i (1 - x/L): phi_e falls by iL/(2 kappa), phi_s by iL/(2 sigma); means lie a third and a sixth below
    expected = current * length / 3 * (1 / kappa + 1 / sigma)
    assert solution["Cathode ohmic loss [V]"].entries[-1] == pytest.approx(expected, rel=2e-2)


def test_impedance_of_spherical_grains_is_the_closed_form_with_a_warburg_slope():
    tau, exchange, charge = 1e4, 1e8, 1e9
    couple = Redox("sulfur", charge, exchange, 2.0, grains="spherical", grain_time=tau, shells=120)
    cell = bare_cell(couples=(couple,), double_layer=1.0)
    frequencies = np.logspace(-5, 0, 26)
    root = np.sqrt(2j * np.pi * frequencies * tau)
    # dE/dxi = 4/f at xi = 1/2; a sphere's surface against its flux: Crank, The Mathematics of Diffusion, chapter 6
    diffusion = 4 / F * tau / (3 * charge) / (root / np.tanh(root) - 1)
    expected = (diffusion + 2 / (F * exchange)) / cell.thickness
    found = impedance(cell, frequencies)
    np.testing.assert_allclose(found, expected, rtol=0.01)
    middle = (frequencies > 0.09) & (frequencies < 1.1)  # a layer a hundredth of the radius deep, many shells
    slope = np.polyfit(found[middle].real, -found[middle].imag, 1)[0]
    assert slope == pytest.approx(1.0, abs=0.03)
    size = np.polyfit(np.log(frequencies[middle]), np.log(abs(found[middle].imag)), 1)[0]
    assert size == pytest.approx(-0.5, abs=0.03)


def test_current_after_a_step_of_voltage_falls_as_cottrell_says():
    tau, charge = 1e4, 1e9
    couple = Redox("sulfur", charge, 1e9, 2.0, grains="spherical", grain_time=tau, shells=60)
    # a resistance of 1e-7 Ohm m2 bounds the first current and costs a part in 1000 after 2 s
    cell = bare_cell(couples=(couple,), double_layer=1.0, separator_resistance=1e-7)
    step = 0.02  # V below the rest at 2.0 V
    solution = run_pybamm(cell, CellState({"sulfur": 0.5}), [Step("voltage", 2.0 - step, seconds=200.0)], rtol=1e-8)
    times = np.geomspace(2.0, 200.0, 20)
    jump = 1 / (1 + np.exp(-F * step)) - 0.5
    # a sphere at short times: 3 q/tau (sqrt(tau/(pi t)) - 1) of the surface's jump
    expected = 3 * charge / tau * jump * (np.sqrt(tau / (np.pi * times)) - 1) * cell.thickness
    np.testing.assert_allclose(solution["Current [A]"](times) / AREA, expected, rtol=0.01)


def test_sensitivities_equal_central_differences(pan):
    cell, state = replace(pan[0].with_grains("parabolic"), nodes=5), pan[1]
    base = {
        "Cathode thickness [m]": cell.thickness,
        "Cathode electronic conductivity [S.m-1]": cell.electronic,
        "Sulfur grain diffusion time [s]": cell.couple("sulfur").grain_time,
        "Initial sulfur lithiation": 0.1,
    }
    values = parameter_values(cell, replace(state, lithiated={"sulfur": 0.1, "molybdenum": 0.01}))
    values["Current function [A]"] = 100 * cell.mass
    values.update(dict.fromkeys(base, "[input]"))
    simulation = pybamm.Simulation(
        IntegratedCathode(options_of(cell)),
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-11),
        var_pts={"x": 5},
    )
    times = np.array([100.0, 1000.0, 4000.0])

    def volts(inputs):
        return simulation.solve([0, 4000.0], inputs=inputs)["Voltage [V]"](times)

    told = {}
    for name in base:
        shift = 1e-3 * base[name]
        told[name] = (volts({**base, name: base[name] + shift}) - volts({**base, name: base[name] - shift})) / (
            2 * shift
        )
    solution = simulation.solve([0, 4000.0], t_interp=times, inputs=base, calculate_sensitivities=True)
    # the three times come after the start, which t_interp leaves in or out by itself
    rows = np.searchsorted(solution.t, times - 1e-6)
    for name, expected in told.items():
        found = np.asarray(solution["Voltage [V]"].sensitivities[name]).ravel()[rows]
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-4 * abs(expected).max(), err_msg=name)


# ---- how others find it, what they may say --------------------------------------------------------------------


def test_the_default_options_are_those_of_the_parameter_set(pan):
    asked = options_of(pan[0])
    named = {couple.name for couple in pan[0].couples}
    for word in ("shells", "sizes", "shape terms"):
        assert asked[word] == dict.fromkeys(named, DEFAULTS[word])
    assert {word: asked[word] for word in DEFAULTS if word not in ("shells", "sizes", "shape terms")} == {
        word: DEFAULTS[word] for word in DEFAULTS if word not in ("shells", "sizes", "shape terms")
    }


def test_pybamm_and_its_zoo_find_the_model_by_name():
    found = {
        (group, point.name)
        for group in ("pybamm_models", "pybamm_parameter_sets", "pybamm_zoo_models")
        for point in importlib.metadata.entry_points(group=group)
        if point.value.startswith("thiocell.")
    }
    assert found == {
        ("pybamm_models", "IntegratedCathode"),
        ("pybamm_parameter_sets", "Pan2023"),
        ("pybamm_zoo_models", "thiocell"),
    }
    assert isinstance(pybamm.Model("IntegratedCathode"), IntegratedCathode)
    same = pybamm.ParameterValues("Pan2023")
    assert same["Sulfur standard potential [V]"] == get_parameter_values()["Sulfur standard potential [V]"]


def test_the_model_keeps_the_zoos_contract():
    zoo = pytest.importorskip("pybamm_model_zoo", reason="pybamm-model-zoo is not installed")
    contract = pytest.importorskip("pybamm_model_zoo.testing.contract")
    places = [Path(place) for place in zoo_folder.__path__]
    entry = zoo.refresh(external_paths=places)["IntegratedCathode"]
    checks = contract.checks_in_scope(contract.MODEL)
    assert len(checks) >= 7
    for check in checks:
        check.run(entry)
    (test,) = (places[0] / "integrated_cathode" / "tests").glob("*.py")
    runpy.run_path(str(test))["test_what_passes_the_terminals_is_found_in_the_couples"]()


def test_the_zoos_example_runs(capsys):
    zoo = pytest.importorskip("pybamm_model_zoo", reason="pybamm-model-zoo is not installed")
    places = [Path(place) for place in zoo_folder.__path__]
    zoo.refresh(external_paths=places)
    (example,) = (places[0] / "integrated_cathode" / "examples").glob("*.py")
    runpy.run_path(str(example))
    lines = capsys.readouterr().out.splitlines()
    capacities = [float(line.split()[1]) for line in lines[1:]]
    assert len(capacities) == 4
    assert capacities == sorted(capacities, reverse=True)


def test_the_model_writes_its_equations_and_travels_as_json():
    model = IntegratedCathode({"grains": "parabolic"})
    model.check_well_posedness()
    written = str(model.latexify())
    assert "Potential difference" in written
    again = pybamm.Serialise.load_custom_model(pybamm.Serialise().serialise_custom_model(model))
    assert {variable.name for variable in again.rhs} == {variable.name for variable in model.rhs}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"grain": "none"}, "has no option 'grain'"),
        ({"grains": "cubic"}, "follow the law 'cubic'"),
        ({"contacts": ("ion", "steel")}, "contacts are"),
        ({"mixing power": 4}, "mixing power is 4"),
        ({"shells": 1}, "shells of 'molybdenum' is 1"),
        ({"surface form": "false"}, "always 'differential'"),
        ({"hysteresis": ("selenium",)}, "names the couple 'selenium'"),
        ({"iodide parting": "maybe"}, "take 'true' or 'false'"),
        ({"grains": {"molybdenum": "none"}}, "which the model lacks"),
    ],
)
def test_an_option_that_means_nothing_is_named(options, sentence):
    with pytest.raises(BadInput, match=sentence):
        IntegratedCathode(options)


def test_the_resting_potential_is_where_no_current_flows():
    cell = full_cell("spread")
    state = CellState({"sulfur": 0.3, "molybdenum": 0.6}, {"sulfur": 0.5}, throughput=1e5)
    rest = resting_potential(cell, state)
    one = replace(cell, couples=cell.couples[:1])
    f = FARADAY / (GAS * cell.temperature)
    shape = 2.1 + 0.05 * 0.4 - 0.02 * 0.4**2 + 0.01 * 0.4**3 + 0.08 * 0.5
    assert resting_potential(one, state) == pytest.approx(shape + np.log(0.7 / 0.3) / f, abs=1e-10)
    rows = random_state(cell, np.random.default_rng(0))
    even = {name: np.full_like(row, 0.3 if "Sulfur" in name else 0.6) for name, row in rows.items()}
    even |= {name: np.full(cell.nodes, 0.5) for name in rows if "hysteresis" in name}
    even["Potential difference [V]"] = np.full(cell.nodes, rest)
    even["Throughput capacity [A.h]"] = np.array([1e5 * cell.area / 3600])
    rates, _ = written_rates(cell, even, 0.0)
    away = {**even, "Potential difference [V]": np.full(cell.nodes, rest + 1e-3)}
    moved, _ = written_rates(cell, away, 0.0)
    name = "Potential difference [V]"
    assert abs(rates[name]).max() < 1e-8 * abs(moved[name]).max()


@pytest.mark.parametrize(
    ("lithiated", "sentence"),
    [
        ({"sulfur": 0.5}, "lacks the lithiated share of the couple 'molybdenum'"),
        ({"sulfur": 1.2, "molybdenum": 0.1}, "'sulfur' is 1.2; it runs from 0 to 1"),
    ],
)
def test_a_state_that_cannot_be_is_named(lithiated, sentence):
    with pytest.raises(BadInput, match=sentence):
        resting_potential(full_cell(), CellState(lithiated))


def test_a_couple_at_its_very_end_rests_only_with_another():
    with pytest.raises(BadInput, match="no resting potential"):
        resting_potential(bare_cell(), CellState({"sulfur": 1.0}))


@pytest.mark.parametrize(("grains", "tau"), [("none", 0.0), ("parabolic", 1e3), ("spherical", 1e3)])
@pytest.mark.parametrize("contact", ["ion", "electron"])
def test_the_closed_impedance_of_a_pellet_is_that_of_the_equations_in_pybamm(contact, grains, tau):
    shapes = {"shape": (0.05, 0.02), "hysteresis": 0.03, "grains": grains, "grain_time": tau, "shells": 60}
    couple = Redox("sulfur", 1e9, 1e7, 2.0, **shapes)
    cell = bare_cell(couples=(couple,), ionic=Ionic(1, 3e-3), electronic=2e-2, thickness=8e-4, double_layer=1e5)
    cell = replace(cell, nodes=200, separator_resistance=0.02, left=contact, right=contact)
    frequencies, state = np.geomspace(1e2, 1e-4, 13), CellState({"sulfur": 0.3}, {"sulfur": 0.0})
    exact = cell.area * pellet_impedance(cell, state, frequencies)
    # half a cell of 200 counts at each end, of one carrier instead of two
    np.testing.assert_allclose(impedance(cell, frequencies, 0.3), exact, rtol=7e-3)
    with pytest.raises(BadInput, match="two like contacts"):
        pellet_impedance(replace(cell, right="ion" if contact == "electron" else "electron"), state, frequencies)
