"""Equivalent circuits: the language, the elements against other ways to the same impedance, the search."""

from __future__ import annotations

import numpy as np
import pytest

from thiocell.physics.circuit import parse_circuit
from thiocell.physics.circuit_elements import ELEMENTS
from thiocell.physics.circuit_fit import fit_circuit, fit_circuits
from thiocell.physics.kramers_kronig import linear_kramers_kronig
from thiocell.physics.relaxation_times import relaxation_times

TYPICAL = {
    "resistance": 130.0, "capacitance": 2e-3, "inductance": 1e-4, "time": 0.1, "warburg": 20.0, "exponent": 0.85,
}  # fmt: skip
FREQUENCY = np.logspace(-3, 5, 41)


def typical(circuit, scale=1.0):
    return np.array([TYPICAL[part.kind] * (scale if part.kind != "exponent" else 1.0) for part in circuit.parts])


@pytest.mark.parametrize("letters", ELEMENTS)
def test_slopes_are_the_derivatives(letters):
    circuit = parse_circuit(f"{letters}1")
    values = typical(circuit)
    values *= 1 + 0.1 * np.arange(values.size)  # the rails differ
    _, slopes = circuit.with_slopes(values[None], FREQUENCY)
    for k, name in enumerate(circuit.names):
        step = 1e-6 * values[k] * np.eye(values.size)[k]
        there, back = circuit.impedance(values + step, FREQUENCY)[0], circuit.impedance(values - step, FREQUENCY)[0]
        slope = (there - back) / (2e-6 * values[k])
        # rounding of the impedance itself, 1e-16/2e-6, is what the differences cannot see below
        room = 1e-6 * np.abs(slope) + 1e-9 * np.abs(there) / values[k]
        assert np.all(np.abs(slopes[0, k] - slope) <= room), name


def test_series_and_parallel_are_joined_as_written():
    circuit = parse_circuit("R0 - p(R1, C2, R3-C4) - L5")
    r0, r1, c2, r3, c4, l5 = values = 3.0, 50.0, 1e-6, 20.0, 1e-4, 1e-6
    s = 2j * np.pi * FREQUENCY
    by_hand = r0 + 1 / (1 / r1 + s * c2 + 1 / (r3 + 1 / (s * c4))) + l5 * s
    found, slopes = circuit.with_slopes(np.array([values]), FREQUENCY)
    assert found[0] == pytest.approx(by_hand, rel=1e-12)
    turn = (1 / r1 + s * c2 + 1 / (r3 + 1 / (s * c4))) ** -2
    assert slopes[0, 1] == pytest.approx(turn / r1**2, rel=1e-12)
    assert slopes[0, 3] == pytest.approx(turn / (r3 + 1 / (s * c4)) ** 2, rel=1e-12)
    assert slopes[0, 0] == pytest.approx(np.ones(FREQUENCY.size))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "goes wrong at its end: an element"),
        ("R0-", "goes wrong at its end: an element"),
        ("R0-p(R1,C1", "',' or '\\)' was expected"),
        ("R0-p(R1)", "around a single part"),
        ("R1-R1", "has 'R1' twice"),
        ("R0 C1", "goes wrong at 'C1'"),
        ("R0-X1", "has no element 'X'; it may have R, C, L, CPE"),
        ("R0-p(R1,C1))", "goes wrong at '\\)'"),
        ("__import__('os')", "goes wrong at '__import__"),
        ("-".join(f"R{n}" for n in range(31)), "more than 30 elements"),
    ],
)
def test_a_circuit_that_cannot_be_read_is_named_with_the_place(text, says):
    with pytest.raises(ValueError, match=says):
        parse_circuit(text)


def ladder(frequency, electron, ion, capacitance, left, right, nodes):
    """Impedance of two rails as a ladder of ``nodes``; a contact is 'e' or 'i', the rail that it passes."""
    pieces = {"e": electron / nodes, "i": ion / nodes}
    found = []
    for s in 2j * np.pi * frequency:
        matrix = np.zeros((2 * nodes, 2 * nodes), dtype=complex)
        for rail, first in (("e", 0), ("i", nodes)):
            for n in range(nodes - 1):
                a, b, g = first + n, first + n + 1, 1 / pieces[rail]
                matrix[[a, b], [a, b]] += g
                matrix[[a, b], [b, a]] -= g
        for n in range(nodes):
            a, b, g = n, nodes + n, s * capacitance / nodes
            matrix[[a, b], [a, b]] += g
            matrix[[a, b], [b, a]] -= g
        source = np.zeros(2 * nodes, dtype=complex)
        start = 0 if left == "e" else nodes
        end = nodes - 1 if right == "e" else 2 * nodes - 1
        matrix[start, start] += 2 / pieces[left]
        source[start] = 2 / pieces[left]  # 1 V behind half a piece
        matrix[end, end] += 2 / pieces[right]
        voltage = np.linalg.solve(matrix, source)
        found.append(1 / ((1 - voltage[start]) * 2 / pieces[left]))
    return np.array(found)


@pytest.mark.parametrize(("element", "left", "right"), [("Tee", "e", "e"), ("Tii", "i", "i"), ("Tie", "i", "e")])
def test_two_rail_lines_are_the_limit_of_a_ladder(element, left, right):
    electron, ion, capacitance = 100.0, 260.0, 2e-3
    frequency = np.logspace(-2.5, 2, 10)
    exact = parse_circuit(f"{element}1").impedance(np.array([electron, ion, capacitance, 1.0]), frequency)[0]
    away = [np.abs(ladder(frequency, electron, ion, capacitance, left, right, n) / exact - 1) for n in (200, 400)]
    assert np.max(away[1]) < 3e-4
    # second order in the pieces' length, where they are well shorter than the depth that the signal reaches
    told = away[1][:7] > 4e-8  # below, the solution of the ladder's equations is rounding
    assert np.max(away[0][:7][told] / away[1][:7][told]) == pytest.approx(4.0, abs=0.4)


def test_two_rail_lines_have_the_limits_that_routes_rely_on():
    electron, ion = 1000.0, 400.0
    both = electron * ion / (electron + ion)
    values = np.array([electron, ion, 1e-3, 1.0])
    for element, slow in (("Tee", electron), ("Tii", ion)):
        ends = parse_circuit(f"{element}1").impedance(values, np.array([1e-8, 1e10]))[0]
        assert ends[0] == pytest.approx(slow, rel=1e-5)
        # the depth that the signal reaches adds 1/sqrt(j omega): 1e-5 of the whole at 1e10 Hz
        assert ends[1].real == pytest.approx(both, rel=1e-4)
    # ions from one side, electrons from the other: nothing passes at last, a third of both rails is in the way
    slow = parse_circuit("Tie1").impedance(values, np.array([1e-6]))[0, 0]
    assert -1 / (slow.imag * 2 * np.pi * 1e-6) == pytest.approx(1e-3, rel=1e-6)
    assert slow.real == pytest.approx((electron + ion) / 3, rel=1e-6)


def lagp(data_dir):
    rows = np.loadtxt(data_dir / "echem" / "eis_lagp_Example2b.txt", skiprows=3)
    return rows[:, 0], rows[:, 1] + 1j * rows[:, 2]


def test_the_reference_fit_of_a_real_spectrum_is_met_from_any_seed(data_dir):
    """EISFitpython's report (MIT): chi-square 4.311136e-3, R1 4.471e4(272); it uses the first 44 of 50 points."""
    frequency, impedance = (column[:44] for column in lagp(data_dir))
    circuit = parse_circuit("p(R1,CPE1)-p(R2,CPE2)-CPE3")
    for seed in range(10):
        found = fit_circuit(circuit, frequency, impedance, seed=seed)
        assert found.chi2 == pytest.approx(4.311136e-3, rel=1e-6)
    sigma = np.sqrt(np.diag(found.covariance)) * found.scatter
    # R1 Q1 n1 R2 Q2 n2 Q3 n3 with its standard errors, four digits as printed
    values = (4.471e4, 1.727e-10, 8.501e-1, 4.712e4, 1.244e-8, 8.189e-1, 4.405e-7, 8.824e-1)
    errors = (2.723e2, 6.415e-12, 2.535e-3, 5.485e2, 9.687e-10, 9.211e-3, 9.470e-9, 5.467e-3)
    assert found.values == pytest.approx(values, rel=6e-4)
    assert sigma == pytest.approx(errors, rel=5e-3)
    assert found.freedom == 80
    assert found.covariance[0, 3] * found.scatter**2 / (sigma[0] * sigma[3]) == pytest.approx(-0.801, abs=2e-3)
    assert found.others == ()


def test_a_better_minimum_than_the_published_one_is_found(data_dir):
    """impedance.py's documented example: chi-square of its values, on absolute residuals, against ours."""
    rows = np.loadtxt(data_dir / "echem" / "eis_battery_exampleData.csv", delimiter=",")
    rows = rows[rows[:, 2] < 0]
    frequency, impedance = rows[:, 0], rows[:, 1] + 1j * rows[:, 2]
    circuit = parse_circuit("R0-p(R1,C1)-p(R2-Wo1,C2)")
    fixed = {"R0": 0.02, "Wo1_tau": 200.0}
    one = np.ones((2, frequency.size))
    found = fit_circuit(circuit, frequency, impedance, sigma=one, fixed=fixed)
    published = np.array([0.02, 6.79e-3, 5.62, 3.91e-3, 5.88e-2, 200.0, 1.36])
    away = circuit.impedance(published, frequency)[0] - impedance
    assert np.sum(np.abs(away) ** 2) == pytest.approx(1.2834e-4, rel=1e-4)
    assert found.chi2 == pytest.approx(1.2673e-4, rel=1e-4)  # better, and every parameter within the published error
    errors = np.array([1.0, 1.08e-3, 2.0, 1.1e-3, 1.3e-3, 1.0, 0.26])
    assert np.all(np.abs(found.values - published) < errors)
    ours = np.sqrt(np.diag(found.covariance)) * found.scatter
    free = np.array([1, 2, 3, 4, 6])
    assert ours[free] == pytest.approx(errors[free], rel=0.25)


def test_branches_that_are_alike_come_out_in_one_order():
    circuit = parse_circuit("R0-p(R1,C1)-p(R2,C2)")
    truth = np.array([[10.0, 100.0, 1e-8, 200.0, 1e-5]])
    impedance = circuit.impedance(truth, np.logspace(6, -1, 60))[0]
    for seed in range(5):
        found = fit_circuit(circuit, np.logspace(6, -1, 60), impedance, seed=seed)
        assert found.values == pytest.approx(truth[0], rel=1e-6)
        assert found.others == ()


def test_another_minimum_as_good_is_told():
    """A resistor in series with R|C and one beside R-C are the same for any frequency; so are their parameters told."""
    circuit = parse_circuit("p(R1,C1)-p(R2,CPE2)")
    frequency = np.logspace(5, -1, 40)
    # with n at 1 both arcs are alike: which is called R1 is open
    impedance = circuit.impedance(np.array([[100.0, 1e-6, 80.0, 1e-3, 1.0]]), frequency)[0]
    found = fit_circuit(circuit, frequency, impedance * (1 + 1e-3 * np.sin(np.arange(40.0))), starts=40)
    both = sorted([found.values[0], found.others[0].values[0]])
    assert both == pytest.approx([80.0, 100.0], rel=0.02)


def test_sigmas_cover_the_truth():
    circuit = parse_circuit("R0-p(R1,CPE1)-CPE2")
    truth = np.array([20.0, 150.0, 1e-6, 0.85, 1e-3, 0.9])
    frequency = np.logspace(6, -1, 40)
    rng, draws = np.random.default_rng(11), 200
    exact = circuit.impedance(truth, frequency)[0]
    noise = rng.normal(size=(draws, 40)) + 1j * rng.normal(size=(draws, 40))
    fits = fit_circuits(circuit, np.tile(frequency, (draws, 1)), exact * (1 + 2e-3 * noise), starts=8)
    pulls = np.array([(f.values - truth) / (np.sqrt(np.diag(f.covariance)) * f.scatter) for f in fits])
    for share, size in ((0.6827, 1.0), (0.9545, 2.0)):
        inside = np.mean(np.abs(pulls) < size, axis=0)
        assert np.all(np.abs(inside - share) < 4 * np.sqrt(share * (1 - share) / draws) + 0.01)
    given = fit_circuits(
        circuit,
        np.tile(frequency, (draws, 1)),
        exact * (1 + 2e-3 * noise),
        sigma=np.broadcast_to(2e-3 * np.abs(exact), (draws, 2, 40)),
        starts=8,
    )
    chi2 = np.array([f.chi2 for f in given])
    assert np.mean(chi2) == pytest.approx(80 - 6, abs=4 * np.sqrt(2 * 74 / draws))


def test_fixed_and_bounded_parameters_have_no_sigma_and_are_told():
    circuit = parse_circuit("R0-p(R1,CPE1)")
    frequency = np.logspace(5, 0, 30)
    impedance = circuit.impedance(np.array([[5.0, 80.0, 1e-5, 1.0]]), frequency)[0]
    found = fit_circuit(circuit, frequency, impedance, fixed={"R0": 5.0})
    assert found.values[0] == pytest.approx(5.0, rel=1e-14)
    assert found.fixed.tolist() == [True, False, False, False]
    assert found.at_bound[3]  # an exponent of 1
    assert np.all(found.covariance[[0, 3]] == 0.0)
    with pytest.raises(ValueError, match="has no parameter 'R9'; it has R0, R1, CPE1_Q, CPE1_n"):
        fit_circuit(circuit, frequency, impedance, fixed={"R9": 5.0})
    with pytest.raises(ValueError, match="4 free parameters; 1 points are too few"):
        fit_circuit(circuit, frequency[:1], impedance[:1])


def test_kramers_kronig_sees_noise_and_drift_and_follows_neither():
    frequency = np.logspace(6, -1, 60)
    exact = parse_circuit("R0-p(R1,CPE1)-p(R2,CPE2)").impedance(
        np.array([10.0, 100.0, 1e-7, 0.8, 200.0, 1e-4, 0.9]), frequency
    )[0]
    rng = np.random.default_rng(3)
    for size in (1e-4, 1e-3, 1e-2):
        noise = size * (rng.normal(size=60) + 1j * rng.normal(size=60))
        found = linear_kramers_kronig(frequency, exact * (1 + noise))
        assert found.noise == pytest.approx(size, rel=0.3)
        assert abs(found.following) < 0.4
    drifting = linear_kramers_kronig(frequency, exact * (1 + 0.1 * np.linspace(0, 1, 60) ** 2))
    assert drifting.following > 0.6
    assert np.max(np.abs(drifting.residuals)) > 5e-3
    shuffled = rng.permutation(60)
    again = linear_kramers_kronig(frequency[shuffled], exact[shuffled])
    assert np.max(np.abs(again.residuals)) < 1e-4
    with pytest.raises(ValueError, match="four points"):
        linear_kramers_kronig(frequency[:3], exact[:3])


def test_relaxation_times_have_the_areas_and_places_of_the_arcs():
    frequency = np.logspace(6, -1, 60)
    circuit = parse_circuit("R0-p(R1,C1)-p(R2,C2)")
    exact = circuit.impedance(np.array([10.0, 100.0, 1e-8, 200.0, 1e-5]), frequency)[0]
    rng = np.random.default_rng(5)
    noise = 1e-3 * (rng.normal(size=60) + 1j * rng.normal(size=60))
    found = relaxation_times(frequency, exact * (1 + noise))
    (quick, small), (slow, large) = found.peaks()
    assert (small, large) == (pytest.approx(100.0, rel=0.01), pytest.approx(200.0, rel=0.01))
    step = found.times[1] / found.times[0]
    assert 1 / step < quick / 1e-6 < step
    assert 1 / step < slow / 2e-3 < step
    assert found.series == pytest.approx(10.0, rel=0.02)
    assert np.isinf(found.capacitance)
    assert np.all(found.share >= 0)
    # a constant-phase element in parallel: the closed form of Cole and Cole (J. Chem. Phys. 9 (1941) 341)
    n, q, r = 0.8, 1e-6, 100.0
    found = relaxation_times(frequency, parse_circuit("R0-p(R1,CPE1)").impedance(np.array([10, r, q, n]), frequency)[0])
    x = np.log(found.times) - np.log((r * q) ** (1 / n))
    shape = r / (2 * np.pi) * np.sin((1 - n) * np.pi) / (np.cosh(n * x) - np.cos((1 - n) * np.pi))
    inner = (found.times > 1e-6) & (found.times < 1)
    assert found.share[inner] == pytest.approx(shape[inner], abs=0.03 * shape.max())
    blocked = parse_circuit("R0-p(R1,C1)-C2").impedance(np.array([10.0, 100.0, 1e-8, 1e-6]), frequency)[0]
    assert relaxation_times(frequency, blocked).capacitance == pytest.approx(1e-6, rel=0.01)
