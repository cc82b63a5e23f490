"""Fits against certified values, exact results and another implementation; intervals against what they promise."""

import doctest
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq, least_squares, lsq_linear, minimize_scalar

from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source
from thiocell.inference import Parameter, Problem, compare, ensemble, fit, predicted, predictive_range, profile
from thiocell.inference.chains import agreement, effective_size
from thiocell.inference.descent import Descending, descend


def numbers(text):
    return np.array(text.split(), dtype=float)


# NIST Statistical Reference Datasets, nonlinear regression (public domain): data, certified values, their standard
# deviations and the residual standard deviation, from https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml
MISRA_X = numbers("77.6 114.9 141.1 190.8 239.9 289.0 332.8 378.4 434.8 477.3 536.8 593.1 689.1 760.0")
MISRA_Y = numbers("10.07 14.73 17.94 23.93 29.61 35.18 40.02 44.82 50.76 55.05 61.01 66.40 75.47 81.78")
THURBER_X = numbers(
    "-3.067 -2.981 -2.921 -2.912 -2.840 -2.797 -2.702 -2.699 -2.633 -2.481 -2.363 -2.322 -1.501 -1.460 -1.274 -1.212"
    " -1.100 -1.046 -0.915 -0.714 -0.566 -0.545 -0.400 -0.309 -0.109 -0.103 0.010 0.119 0.377 0.790 0.963 1.006 1.115"
    " 1.572 1.841 2.047 2.200"
)
THURBER_Y = numbers(
    "80.574 84.248 87.264 87.195 89.076 89.608 89.868 90.101 92.405 95.854 100.696 101.060 401.672 390.724 567.534"
    " 635.316 733.054 759.087 894.206 990.785 1090.109 1080.914 1122.643 1178.351 1260.531 1273.514 1288.339 1327.543"
    " 1353.863 1414.509 1425.208 1421.384 1442.962 1464.350 1468.705 1447.894 1457.628"
)
MGH09_X = numbers("4 2 1 .5 .25 .167 .125 .1 .0833 .0714 .0625")
MGH09_Y = numbers(".1957 .1947 .1735 .16 .0844 .0627 .0456 .0342 .0323 .0235 .0246")
ECKERLE_X = np.concatenate([np.arange(400.0, 436, 5), np.arange(436.5, 464, 1.5), np.arange(465.0, 501, 5)])
ECKERLE_Y = numbers(
    ".0001575 .0001699 .0002350 .0003102 .0004917 .0008710 .0017418 .0046400 .0065895 .0097302 .0149002 .0237310"
    " .0401683 .0712559 .1264458 .2073413 .2902366 .3445623 .3698049 .3668534 .3106727 .2078154 .1164354 .0616764"
    " .0337200 .0194023 .0117831 .0074357 .0022732 .0008800 .0004579 .0002345 .0001586 .0001143 .0000710"
)
LANCZOS_X = np.arange(24) * 0.05
LANCZOS_Y = numbers(
    "2.5134 2.0443 1.6684 1.3664 1.1232 .9269 .7679 .6389 .5338 .4479 .3776 .3197 .2720 .2325 .1997 .1723 .1493 .1301"
    " .1138 .1000 .0883 .0783 .0698 .0624"
)


def exponentials(t, x):
    return sum(t[:, i : i + 1] * np.exp(-t[:, i + 1 : i + 2] * x) for i in range(0, t.shape[1], 2))


def thurber(t, x):
    b = [t[:, i : i + 1] for i in range(7)]
    return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])))


NIST = {
    "Misra1a": (
        lambda t, x: t[:, :1] * (1 - np.exp(-t[:, 1:] * x)), MISRA_X, MISRA_Y, 1.0187876330e-01,
        [2.3894212918e02, 5.5015643181e-04], [2.7070075241e00, 7.2668688436e-06],
        [500, 1e-4], [(1, 1000), (1e-6, 1e-2)],
    ),
    "Thurber": (
        thurber, THURBER_X, THURBER_Y, 1.3714600784e01,
        [1.2881396800e03, 1.4910792535e03, 5.8323836877e02, 7.5416644291e01,
         9.6629502864e-01, 3.9797285797e-01, 4.9727297349e-02],
        [4.6647963344e00, 3.9571156086e01, 2.8698696102e01, 5.5675370270e00,
         3.1333340687e-02, 1.4984928198e-02, 6.5842344623e-03],
        [1000, 1000, 400, 40, 0.7, 0.3, 0.03], [(0, 3000), (0, 3000), (0, 2000), (0, 300), (0, 3), (0, 2), (0, 1)],
    ),
    "MGH09": (
        lambda t, x: t[:, :1] * (x**2 + x * t[:, 1:2]) / (x**2 + x * t[:, 2:3] + t[:, 3:]),
        MGH09_X, MGH09_Y, 6.6279236551e-03,
        [1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01],
        [1.1435312227e-02, 1.9633220911e-01, 8.0842031232e-02, 9.0025542308e-02],
        [25, 39, 41.5, 39], [(0, 50)] * 4,
    ),
    "Eckerle4": (
        lambda t, x: t[:, :1] / t[:, 1:2] * np.exp(-0.5 * ((x - t[:, 2:]) / t[:, 1:2]) ** 2),
        ECKERLE_X, ECKERLE_Y, 6.7629245447e-03,
        [1.5543827178e00, 4.0888321754e00, 4.5154121844e02], [1.5408051163e-02, 4.6803020753e-02, 4.6800518816e-02],
        [1, 10, 500], [(0.01, 10), (0.5, 50), (400, 500)],
    ),
    "Lanczos3": (
        exponentials, LANCZOS_X, LANCZOS_Y, 2.9923229172e-05,
        [8.6816414977e-02, 9.5498101505e-01, 8.4400777463e-01, 2.9515951832e00, 1.5825685901e00, 4.9863565084e00],
        [1.7197908859e-02, 9.7041624475e-02, 4.1488663282e-02, 1.0766312506e-01, 5.8371576281e-02, 3.4436403035e-02],
        [1.2, 0.3, 5.6, 5.5, 6.5, 7.6], [(0, 10)] * 6,
    ),
}  # fmt: skip


def certified(name, **options):
    model, x, y, sigma, values, errors, start, bounds = NIST[name]
    parameters = tuple(
        Parameter(f"b{i + 1}", low, high, start=first)
        for i, ((low, high), first) in enumerate(zip(bounds, start, strict=True))
    )
    problem = Problem(parameters, lambda t: model(t, x), y, sigma=np.full(y.size, sigma), **options)
    return problem, np.array(values), np.array(errors)


@pytest.mark.parametrize("name", NIST)
def test_certified_values_and_errors_come_out_from_nist_s_far_start(name):
    problem, values, errors = certified(name, noise=1e-13)
    found = fit(problem, starts=1, iterations=100)
    # certified to 11 digits; polished to 1e-8 in chi-square, which is 1e-4 of a standard deviation
    assert np.all(np.abs(found.values - values) < 1e-4 * errors)
    assert found.sigma == pytest.approx(errors, rel=1e-3)
    assert found.chi2 == pytest.approx(found.dof, rel=1e-6)  # sigma is the residual standard deviation
    assert found.p_value == pytest.approx(stats.chi2.sf(found.chi2, found.dof), rel=1e-10)


def test_a_solver_s_noise_leaves_the_certified_values_within_a_hundredth_of_their_errors():
    problem, values, errors = certified("Eckerle4")
    quiet = problem.model

    def noisy(thetas):  # each set has its own relative error, the same whenever it is asked again
        phases = 1e9 * thetas.sum(axis=1, keepdims=True) + np.arange(problem.observed.size)
        return quiet(thetas) * (1 + 1e-6 * np.sin(phases * 12.9898))

    found = fit(Problem(problem.parameters, noisy, problem.observed, sigma=problem.sigma, noise=1e-6))
    assert np.all(np.abs(found.values - values) < 1e-2 * errors)
    assert found.sigma == pytest.approx(errors, rel=1e-2)


def test_a_model_too_noisy_for_its_numbers_is_told():
    found = fit(certified("Lanczos3", noise=1e-6)[0], starts=4)  # five digits, so that 1e-6 is a tenth of a sigma
    assert any("the model's noise is 0.084 sigma" in doubt for doubt in found.doubts)
    assert not any("noise is" in doubt for doubt in fit(certified("Misra1a")[0]).doubts)


def test_sums_of_exponentials_tell_that_their_terms_may_be_swapped():
    problem, values, _ = certified("Lanczos3", noise=1e-13)
    found = fit(problem, starts=16)
    assert found.minima[0].chi2 == pytest.approx(18.0, abs=1e-6)
    assert len([m for m in found.minima if m.chi2 < 18.001]) > 1
    assert any("fit almost as well" in doubt for doubt in found.doubts)
    pairs = {tuple(np.round(sorted(m.values[1::2]), 4)) for m in found.minima if m.chi2 < 18.001}
    assert pairs == {tuple(np.round(sorted(values[1::2]), 4))}


def rosenbrock(high):
    def rows(u, _owners=None):
        x, y = -2.0 + (high + 2.0) * u.T
        return np.column_stack([10.0 * (y - x**2), 1.0 - x])

    return rows


def waves(matrix, target):
    return lambda u, _owners=None: np.tanh(u @ matrix.T) * 3 - target


def scipy_s(rows, start):
    found = least_squares(
        lambda u: rows(u[None, :])[0], start, bounds=(0.0, 1.0), xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=2000
    )
    return found.x, 2 * found.cost


@pytest.mark.parametrize("high", [2.0, 0.5], ids=["inside", "on an edge"])
def test_rosenbrock_s_valley_ends_where_scipy_ends(high):
    rows, starts = rosenbrock(high), np.random.default_rng(3).random((12, 2))
    found = descend(rows, starts, Descending(1e-7, np.zeros(2), 1e-14, 300, central=True))
    place, chi2 = scipy_s(rows, starts[0])
    assert found.chi2 == pytest.approx(chi2, abs=1e-9)
    assert found.places == pytest.approx(np.tile(place, (12, 1)), abs=2e-5)


def test_bounded_linear_problems_end_at_the_one_optimum_that_scipy_finds():
    rng = np.random.default_rng(11)
    on_faces = 0
    for _ in range(30):
        matrix, target = rng.normal(size=(7, 4)), 2 * rng.normal(size=7)
        best = lsq_linear(matrix, target, bounds=(0.0, 1.0), tol=1e-12)
        ours = descend(
            lambda u, _owners=None, m=matrix, t=target: u @ m.T - t,
            rng.random((3, 4)),
            Descending(1e-7, np.zeros(7), 1e-12),
        )
        assert ours.places == pytest.approx(np.tile(best.x, (3, 1)), abs=1e-5)
        on_faces += np.sum((ours.places[0] == 0) | (ours.places[0] == 1))
    assert on_faces > 50  # of 120


def test_bent_bounded_problems_end_where_scipy_ends():
    rng = np.random.default_rng(12)
    for _ in range(8):
        rows, start = waves(rng.normal(size=(7, 4)), 2 * rng.normal(size=7)), np.full(4, 0.5)
        ours = descend(rows, start[None, :], Descending(1e-7, np.zeros(7), 1e-12, 200))
        assert ours.chi2[0] <= scipy_s(rows, start)[1] + 1e-6
        assert np.all((ours.places >= 0) & (ours.places <= 1))


def line(n=12, k=4, seed=1, width=20.0, **options):
    """A linear problem with its exact solution and covariance."""
    rng = np.random.default_rng(seed)
    design, sigma = rng.normal(size=(n, k)), 0.3
    y = design @ np.linspace(-1, 2, k) + sigma * rng.normal(size=n)
    parameters = tuple(Parameter(f"p{i}", -width, width) for i in range(k))
    covariance = np.linalg.inv(design.T @ design / sigma**2)
    exact = covariance @ design.T @ y / sigma**2
    return Problem(parameters, lambda t: t @ design.T, y, sigma=np.full(n, sigma), **options), exact, covariance


def test_a_linear_problem_has_the_exact_solution_covariance_and_profiles():
    problem, exact, covariance = line()
    found = fit(problem)
    sigma = np.sqrt(np.diag(covariance))
    assert found.values == pytest.approx(exact, abs=1e-8)
    assert found.covariance.matrix == pytest.approx(covariance, rel=1e-6)
    assert found.minima[0].starts == 16
    profiles = profile(problem, found, levels=(0.6827, 0.95))
    for i, name in enumerate(problem.parameter_names):
        for level, z in ((0.6827, 1.0), (0.95, 1.959964)):  # of the normal distribution
            interval = profiles[name].interval(level)
            assert interval.closed
            assert interval.low == pytest.approx(exact[i] - z * sigma[i], abs=1e-3 * sigma[i])
            assert interval.high == pytest.approx(exact[i] + z * sigma[i], abs=1e-3 * sigma[i])


def test_correlated_errors_are_weighted_as_generalised_least_squares_weights_them():
    problem, *_ = line()
    mixing = np.random.default_rng(5).normal(size=(12, 12)) * 0.1 + 0.3 * np.eye(12)
    covariance = mixing @ mixing.T
    design = problem.model(np.eye(4)).T
    normal = design.T @ np.linalg.solve(covariance, design)
    exact = np.linalg.solve(normal, design.T @ np.linalg.solve(covariance, problem.observed))
    found = fit(Problem(problem.parameters, problem.model, problem.observed, covariance=covariance))
    assert found.values == pytest.approx(exact, abs=1e-7)
    assert found.covariance.matrix == pytest.approx(np.linalg.inv(normal), rel=1e-5)


def test_a_prior_counts_as_one_more_number():
    problem, *_ = line(n=3)
    prior = Fact(Quantity(0.5, "", 0.1), Source("literature", "10.1/x", "Table 1"))
    parameters = (Parameter("p0", -20, 20, prior=prior), *problem.parameters[1:])
    found = fit(Problem(parameters, problem.model, problem.observed, sigma=problem.sigma))
    design = np.vstack([problem.model(np.eye(4)).T / 0.3, [10, 0, 0, 0]])
    assert found.values == pytest.approx(np.linalg.solve(design, [*(problem.observed / 0.3), 5.0]), abs=1e-5)
    assert found.numbers == 4
    assert found.dof == 0


def test_a_prior_on_a_log_scale_is_a_relative_one():
    prior = Fact(Quantity(5.0, "mS/cm", 1.0), Source("literature"))
    parameter = Parameter("kappa", 0.01, 10.0, "log", unit="mS/cm", prior=prior)
    # 5 mS/cm is 0.5 S/m, relative sigma 0.2
    assert parameter.pull(np.array([0.5, 0.5 * np.exp(0.2)])) == pytest.approx([0.0, 1.0])
    quantity = parameter.quantity(0.5, 0.1)
    assert (quantity.value, quantity.sigma, quantity.unit) == (pytest.approx(5.0), pytest.approx(1.0), "mS/cm")


X = np.linspace(0.1, 3.0, 10)


def decay(thetas):
    return thetas[:, :1] * np.exp(-thetas[:, 1:2] * X)


def decaying(observed, parameters=None, model=decay, sigma=0.03):
    parameters = parameters or (Parameter("height", 0.1, 10, "log"), Parameter("rate", 0.05, 20, "log"))
    return Problem(tuple(parameters), model, observed, sigma=np.full(X.size, sigma))


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(8)
    truth, rounds = np.array([2.0, 1.3]), 240
    clean = decay(truth[None, :])[0]
    hits = np.zeros((2, 2))
    linear = np.zeros(2)
    for _ in range(rounds):
        problem = decaying(clean + 0.03 * rng.normal(size=X.size))
        found = fit(problem, starts=3)
        linear += np.abs(found.values - truth) < found.sigma
        profiles = profile(problem, found)
        for i, name in enumerate(("height", "rate")):
            for k, interval in enumerate(profiles[name].intervals):
                hits[i, k] += interval.low <= truth[i] <= interval.high
    for level, seen in (
        (0.6827, linear[0]),
        (0.6827, linear[1]),
        (0.6827, hits[0, 0]),
        (0.6827, hits[1, 0]),
        (0.95, hits[0, 1]),
        (0.95, hits[1, 1]),
    ):
        # three standard deviations of a binomial count
        assert abs(seen / rounds - level) < 3 * np.sqrt(level * (1 - level) / rounds)


def test_the_profile_of_a_bent_problem_is_the_one_solved_by_hand():
    observed = decay(np.array([[2.0, 1.3]]))[0] + 0.3 * np.random.default_rng(3).normal(size=X.size)

    def least(rate):  # the best height is a linear problem
        shape = np.exp(-rate * X)
        return float(np.sum((observed - shape * (shape @ observed) / (shape @ shape)) ** 2)) / 0.3**2

    best = minimize_scalar(least, bounds=(0.1, 10), method="bounded", options={"xatol": 1e-10})
    problem = decaying(observed, sigma=0.3)
    found = profile(problem, fit(problem), "rate")["rate"]
    for interval in found.intervals:
        above = lambda rate, t=interval.threshold: least(rate) - best.fun - t  # noqa: E731
        ends = brentq(above, 0.05, best.x), brentq(above, best.x, 20)
        # the descent stops within 1e-3 in chi-square, and an end is known when 5e-3 of the root are left
        assert (interval.low, interval.high) == pytest.approx(ends, abs=3e-3 * (ends[1] - ends[0]))
        assert best.x - interval.low != pytest.approx(interval.high - best.x, rel=0.1)  # it is not symmetric


def test_an_optimum_on_an_edge_is_told_and_profiled_to_the_inside():
    exact = decay(np.array([[2.0, 1.3]]))[0]
    problem = decaying(exact, (Parameter("height", 0.1, 1.9), Parameter("rate", 0.05, 20, "log")))
    found = fit(problem)
    only_rate = least_squares(lambda k: (1.9 * np.exp(-k * X) - exact) / 0.03, [1.0])
    assert found.at_bound == ("high", "")
    assert found.values == pytest.approx([1.9, only_rate.x[0]], rel=1e-5)
    assert np.isnan(found.sigma[0])
    assert found.sigma[1] == pytest.approx(float(1 / np.sqrt(only_rate.jac[:, 0] @ only_rate.jac[:, 0])), rel=1e-3)
    assert any("at its bound: 'height' (high)" in doubt for doubt in found.doubts)
    interval = profile(problem, found, "height")["height"].interval(0.95)
    assert (interval.high, interval.high_end, interval.low_end) == (1.9, "bound", "found")
    assert 1.7 < interval.low < 1.9


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_a_product_of_two_unknowns_is_not_determined_and_their_valley_is_one_minimum(scale):
    parameters = [Parameter(n, 0.01, 100, scale) for n in ("a", "b")] + [Parameter("rate", 0.05, 20, "log")]
    observed = decay(np.array([[3.0, 1.3]]))[0] + 0.03 * np.random.default_rng(2).normal(size=X.size)
    problem = decaying(observed, parameters, lambda t: decay(np.column_stack([t[:, 0] * t[:, 1], t[:, 2]])))
    found = fit(problem)
    alone = fit(decaying(observed))
    assert len(found.minima) == 1
    assert found.chi2 == pytest.approx(alone.chi2, abs=1e-3)
    assert np.isnan(found.sigma[:2]).all()
    assert found.sigma[2] == pytest.approx(alone.sigma[1], rel=0.01)
    assert found.open_directions in (("'a' up with 'b' down",), ("'b' up with 'a' down",))
    assert found.minima[0].highest[0] > 2 * found.minima[0].lowest[0]
    profiles = profile(problem, found)
    assert {profiles[n].interval(0.95).high_end for n in "ab"} == {"bound"}
    # 'b' at its bound of 100 leaves 'a' at three hundredths; to a five-hundredth of the interval on a linear scale
    assert profiles["a"].interval(0.95).low == pytest.approx(0.03, abs=0.002 if scale == "log" else 0.03)
    assert profiles["rate"].interval(0.6827).closed


def test_five_numbers_for_six_parameters_give_profiles_and_no_covariance():
    x = np.arange(1.0, 6.0)

    def model(t):
        return t[:, :1] + t[:, 1:2] * x + t[:, 2:3] * np.log(x) + t[:, 3:4] * np.exp(-t[:, 4:5] * x) + 0 * t[:, 5:]

    parameters = tuple(Parameter(n, 0.1, 5.0, "log") for n in "abcdef")
    problem = Problem(parameters, model, model(np.ones((1, 6)))[0], sigma=np.full(5, 0.05))
    found = fit(problem)
    assert found.dof == -1
    assert found.chi2 < 1e-3
    assert np.isnan(found.covariance.matrix).all()
    assert np.isnan(found.p_value)
    assert np.isnan(found.aicc)
    assert any("5 numbers for 6 parameters leave -1 degrees of freedom" in doubt for doubt in found.doubts)
    assert "'f' alone" in found.open_directions
    profiles = profile(problem, found)
    useless = profiles["f"].interval(0.95)
    assert (useless.low, useless.high) == (pytest.approx(0.1), pytest.approx(5.0))
    assert (useless.low_end, useless.high_end) == ("bound", "bound")
    assert np.ptp(profiles["f"].chi2) < 1e-2
    assert profiles["b"].interval(0.6827).low <= 1.0 <= profiles["b"].interval(0.6827).high


def test_sets_that_fail_do_not_kill_a_fit_and_are_counted():
    def failing(thetas):
        numbers = decay(thetas)
        numbers[thetas[:, 1] > 1.5] = np.nan
        numbers[thetas[:, 0] < 0.5, 3] = np.inf
        return numbers

    problem = decaying(decay(np.array([[2.0, 1.3]]))[0], model=failing)
    found = fit(problem, starts=8)
    assert found.values == pytest.approx([2.0, 1.3], rel=1e-4)
    assert found.effort.failed_sets > 0
    assert any("the model failed for" in doubt for doubt in found.doubts)
    cliff = fit(decaying(decay(np.array([[2.0, 1.6]]))[0], model=failing), starts=8)
    assert 1.4 < cliff.values[1] <= 1.5
    assert any("failed" in doubt or "fails" in doubt for doubt in cliff.doubts)
    ends = profile(problem, found, "rate", levels=(0.999999,))["rate"].intervals[0]
    assert ends.high <= 1.5


def test_a_profile_says_where_the_model_fails():
    def failing(thetas):
        numbers = decay(thetas)
        numbers[thetas[:, 1] > 1.31] = np.nan
        return numbers

    problem = decaying(decay(np.array([[2.0, 1.3]]))[0], model=failing)
    found = profile(problem, fit(problem), "rate")["rate"]
    assert found.interval(0.95).high_end == "failed"
    assert found.interval(0.95).high == pytest.approx(1.31, abs=5e-3)
    assert any("the model fails beyond" in doubt for doubt in found.doubts)


def test_intervals_span_every_minimum_that_fits():
    def wells(t):  # two wells of equal depth at x = -1 and 1, with 3 (x^2 - 1) the residual
        return np.column_stack([3.0 * (t[:, 0] ** 2 - 1.0), t[:, 1] - 0.05 * t[:, 0]])

    problem = Problem((Parameter("x", -2, 2), Parameter("y", -2, 2)), wells, np.zeros(2), sigma=np.ones(2))
    found = fit(problem)
    assert sorted(m.values[0] for m in found.minima) == pytest.approx([-1.0, 1.0], abs=1e-3)
    assert sum(m.starts for m in found.minima) == found.effort.converged
    edge = np.sqrt(1.0 + 1.959964 / 3.0)
    for x in (
        profile(problem, found, "x")["x"],
        predictive_range(problem, found, lambda t: t[:, :1], ("x",))["x"],
    ):
        assert x.interval(0.95).low == pytest.approx(-edge, abs=2e-3)
        assert x.interval(0.95).high == pytest.approx(edge, abs=2e-3)
        assert any("spans 2 minima" in doubt for doubt in x.doubts)


def test_a_predictive_range_of_a_linear_problem_is_the_exact_one():
    problem, exact, covariance = line()
    weights = np.random.default_rng(4).normal(size=(2, 4))
    found = predictive_range(problem, fit(problem), lambda t: t @ weights.T, ("one", "other"))
    for row, name in zip(weights, ("one", "other"), strict=True):
        middle, sigma = row @ exact, np.sqrt(row @ covariance @ row)
        assert found[name].best == pytest.approx(middle, abs=1e-6)
        assert found[name].interval(0.95).low == pytest.approx(middle - 1.959964 * sigma, abs=1e-3 * sigma)
        assert found[name].interval(0.6827).high == pytest.approx(middle + sigma, abs=1e-3 * sigma)


def test_a_predictive_range_agrees_with_the_profile_of_a_parameter_and_stops_where_the_bounds_do():
    problem = decaying(decay(np.array([[2.0, 1.3]]))[0], sigma=0.1)
    found = fit(problem)
    by_hand = profile(problem, found, "rate")["rate"].interval(0.95)
    as_prediction = predictive_range(problem, found, lambda t: t[:, 1:], ("rate",))["rate"].interval(0.95)
    assert as_prediction.low == pytest.approx(by_hand.low, rel=2e-3)
    assert as_prediction.high == pytest.approx(by_hand.high, rel=2e-3)
    free = decaying(problem.observed, [*problem.parameters, Parameter("idle", 1.0, 4.0)])
    idle = predictive_range(free, fit(free), lambda t: t[:, 2:] ** 2, ("square",))["square"].interval(0.95)
    assert (idle.low, idle.high) == (pytest.approx(1.0, abs=1e-3), pytest.approx(16.0, abs=1e-3))
    assert (idle.low_end, idle.high_end) == ("bound", "bound")


@pytest.mark.parametrize("later", [lambda t: t[:, :1] * np.exp(-4.0 * t[:, 1:2]), lambda t: t[:, :1] / t[:, 1:2] ** 2])
def test_a_bent_prediction_goes_as_far_as_a_grid_of_all_allowed_sets_does(later):
    problem = decaying(decay(np.array([[2.0, 1.3]]))[0], sigma=0.2)  # wide enough for the valley to bend
    found = fit(problem)
    reach = predictive_range(problem, found, later, ("later",))["later"]
    u = np.stack(np.meshgrid(np.linspace(0, 1, 1201), np.linspace(0, 1, 1201), indexing="ij"), axis=-1).reshape(-1, 2)
    chi2 = np.sum(problem.residuals(u) ** 2, axis=1)
    for level, threshold in ((0.6827, 1.0), (0.95, 3.8415)):
        allowed = later(problem.values(u[chi2 <= found.chi2 + threshold]))[:, 0]
        interval = reach.interval(level)
        assert interval.closed
        # a step of the grid changes the prediction by about a hundredth of the range
        assert interval.low == pytest.approx(allowed.min(), abs=0.01 * np.ptp(allowed))
        assert interval.high == pytest.approx(allowed.max(), abs=0.01 * np.ptp(allowed))
        assert interval.low <= allowed.min() + 2e-3 * np.ptp(allowed)
        assert interval.high >= allowed.max() - 2e-3 * np.ptp(allowed)


def test_a_prediction_is_followed_up_to_where_the_model_fails():
    problem = decaying(decay(np.array([[2.0, 1.3]]))[0], sigma=0.2)
    found = fit(problem)
    edge = found.values[1] * 1.05

    def stopped(t):
        return np.where(t[:, 1:2] > edge, np.nan, t[:, 1:2])

    interval = predictive_range(problem, found, stopped, ("rate",))["rate"].interval(0.95)
    assert interval.high == pytest.approx(edge, rel=2e-3)
    assert interval.high_end == "failed"
    assert interval.low_end == "found"


@pytest.mark.parametrize("seed", [0, 1])
def test_a_prediction_along_a_thin_bent_valley_goes_past_its_first_top(seed):
    """A helix 0.01 thin: a + c = a + cos 2a has a top of 1.13 near the best fit, and a higher one at the far end."""
    parameters = tuple(Parameter(name, -4, 4) for name in "abc")

    def helix(t):
        a, b, c = t.T
        return np.column_stack([(b - np.sin(2 * a)) / 0.01, (c - np.cos(2 * a)) / 0.01, a])

    problem = Problem(parameters, helix, np.zeros(3), sigma=np.ones(3))
    found = fit(problem, seed=seed)
    interval = predictive_range(problem, found, lambda t: t[:, :1] + t[:, 2:], ("sum",))["sum"].interval(0.95)
    a = np.linspace(-1.96, 1.96, 10001)
    exact = a + np.cos(2 * a)
    assert interval.low == pytest.approx(exact.min(), abs=0.02)
    assert interval.high == pytest.approx(exact.max(), abs=0.02)
    assert interval.closed


def test_a_climb_that_sees_no_slope_at_an_edge_of_failing_sets_does_not_call_it_a_bound():
    """The prediction fails all about the best fit, so that no difference can be taken."""
    problem = decaying(decay(np.array([[2.0, 1.3]]))[0], sigma=0.2)
    found = fit(problem)

    def alone(t):
        return np.where(np.any(np.abs(t - found.values) > 1e-9, axis=1, keepdims=True), np.nan, t[:, :1])

    interval = predictive_range(problem, found, alone, ("height",))["height"].interval(0.95)
    assert (interval.low_end, interval.high_end) == ("failed", "failed")


def test_a_prediction_that_cannot_be_made_is_told_not_raised():
    problem = decaying(decay(np.array([[2.0, 1.3]]))[0])
    found = fit(problem)
    nothing = predictive_range(problem, found, lambda t: np.full((len(t), 1), np.nan), ("power",))["power"]
    assert np.isnan(nothing.best)
    assert "cannot predict 'power'" in nothing.doubts[0]
    draws = ensemble(problem, found, n=50, seed=2)
    some = predicted(draws, lambda t: np.where(t[:, :1] > found.values[0], np.nan, t[:, :1]), ("height",))["height"]
    assert 0.2 < some.failed < 0.8
    assert some.intervals[0.95][1] <= found.values[0]


def test_an_ensemble_of_a_linear_problem_has_its_mean_and_covariance():
    problem, exact, covariance = line(k=3)
    draws = ensemble(problem, fit(problem), n=1500, seed=3)
    sigma = np.sqrt(np.diag(covariance))
    assert draws.doubts == ()
    assert np.all(draws.r_hat < 1.05)
    # four standard errors of 1500 independent draws
    assert np.all(np.abs(draws.draws.mean(axis=0) - exact) < 4 * sigma / np.sqrt(1500))
    assert np.cov(draws.draws.T) == pytest.approx(covariance, abs=4 * np.sqrt(2 / 1500) * np.max(sigma) ** 2)
    made = predicted(draws, lambda t: t[:, :1] * 2, ("twice",))["twice"]
    assert made.intervals[0.95][1] - made.intervals[0.95][0] == pytest.approx(4 * 1.96 * sigma[0], rel=0.1)


def test_an_ensemble_fills_what_is_not_determined_and_stays_in_the_bounds():
    parameters = (
        Parameter("height", 0.1, 10, "log"),
        Parameter("rate", 0.05, 20, "log"),
        Parameter("idle", 1, 100, "log"),
    )
    problem = decaying(decay(np.array([[2.0, 1.3]]))[0], parameters)
    draws = ensemble(problem, fit(problem), n=800, seed=5)
    idle = np.log(draws.draws[:, 2]) / np.log(100)
    assert (draws.draws >= [0.1, 0.05, 1]).all()
    assert (draws.draws <= [10, 20, 100]).all()
    # flat in the logarithm: mean 1/2, standard deviation 1/sqrt(12)
    assert idle.mean() == pytest.approx(0.5, abs=4 * 0.289 / np.sqrt(800))
    assert idle.std() == pytest.approx(0.2887, rel=0.1)


def test_chains_that_disagree_and_chains_that_creep_are_seen():
    rng = np.random.default_rng(1)
    good = rng.normal(size=(2000, 8, 1))
    assert agreement(good) == pytest.approx([1.0], abs=0.01)
    assert effective_size(good)[0] == pytest.approx(16000, rel=0.1)
    assert agreement(good + 3.0 * (np.arange(8) > 3)[None, :, None])[0] > 1.5
    creeping = np.empty((4000, 8, 1))
    creeping[0] = rng.normal(size=(8, 1))
    for i in range(1, 4000):
        creeping[i] = 0.9 * creeping[i - 1] + np.sqrt(1 - 0.81) * rng.normal(size=(8, 1))
    # an autoregression of 0.9 has (1 - 0.9)/(1 + 0.9) independent draws a step
    assert effective_size(creeping)[0] == pytest.approx(32000 * 0.1 / 1.9, rel=0.2)


def test_rivals_are_ranked_and_too_few_numbers_are_told():
    observed = decay(np.array([[2.0, 1.3]]))[0] + 0.03 * np.random.default_rng(6).normal(size=X.size)
    right = fit(decaying(observed))
    flat = fit(decaying(observed, [Parameter("height", 0.1, 10)], lambda t: np.repeat(t, X.size, axis=1)))
    found = compare({"flat": flat, "decay": right})
    assert [rival.name for rival in found.rivals] == ["decay", "flat"]
    assert found.criterion == "aicc"
    assert right.aicc == pytest.approx(right.chi2 + 4 + 12 / 7)  # 2k + 2k(k+1)/(n-k-1), k = 2, n = 10
    assert right.bic == pytest.approx(right.chi2 + 2 * np.log(10))
    assert any("does not describe the numbers" in doubt for doubt in flat.doubts)
    problem, *_ = line(n=4)
    short = compare({"all": fit(problem)})
    assert short.criterion == "chi2"
    assert any("AICc is not defined" in doubt for doubt in short.doubts)
    with pytest.raises(BadInput, match="fitted to other numbers"):
        compare({"one": right, "other": fit(problem)})


def test_the_same_seed_gives_the_same_and_results_are_plain_data():
    problem = decaying(decay(np.array([[2.0, 1.3]]))[0])
    pages = []
    for _ in range(2):
        found = fit(problem, seed=4)
        draws = ensemble(problem, found, n=50, seed=4)
        pages.append(
            json.dumps(
                [
                    problem.to_json(),
                    found.to_json(),
                    draws.to_json(),
                    compare({"decay": found}).to_json(),
                    profile(problem, found, "rate")["rate"].to_json(),
                    predicted(draws, lambda t: t, ("a", "b"))["a"].to_json(),
                ],
                allow_nan=False,
            )
        )
    assert pages[0] == pages[1]
    assert not np.array_equal(ensemble(problem, found, n=50, seed=5).draws, draws.draws)


def test_each_iteration_is_one_call_for_all_starts():
    calls = []

    def counted(thetas):
        calls.append(len(thetas))
        return decay(thetas)

    found = fit(decaying(decay(np.array([[2.0, 1.3]]))[0], model=counted), starts=12)
    assert calls[0] == 12  # who is alive
    assert calls[1] == 12 * 3  # each start with its two differences
    assert found.effort.calls == len(calls)
    assert found.effort.sets == sum(calls)
    assert len(calls) < 60


GUESS = Source("assumed")


def good():
    return Parameter("a", 0.1, 1.0)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Parameter("k", 2.0, 1.0), "the bounds of 'k' are 2 and 1"),
        (lambda: Parameter("k", 0.0, 1.0, "log"), "lower bound must be above zero"),
        (lambda: Parameter("k", 0.0, 1.0, start=2.0), "the start of 'k' is 2; it must lie between 0 and 1"),
        (lambda: Parameter("k", 0.0, np.nan), "the bounds of 'k'"),
        (lambda: Parameter("k", 0.0, 1.0, "cubic"), "'linear' or 'log', not 'cubic'"),
        (lambda: Parameter("k", 0.0, 1.0, prior=Fact(Quantity(1.0), GUESS)), "needs a known sigma"),
        (lambda: Parameter("k", 0.0, 1.0, unit="V", prior=Fact(Quantity(1.0, "m", 1.0), GUESS)), "write it in 'V'"),
        (lambda: Problem((), decay, np.ones(2), sigma=np.ones(2)), "at least one parameter"),
        (lambda: Problem((good(), good()), decay, np.ones(2), sigma=np.ones(2)), "same name"),
        (lambda: Problem((good(),), decay, np.ones(2), sigma=np.ones(3)), "2 observed numbers have 3 sigmas"),
        (lambda: Problem((good(),), decay, np.ones(2), sigma=np.array([1, np.nan])), "'number_2' has sigma nan"),
        (lambda: Problem((good(),), decay, np.ones(2), sigma=np.array([1, 0.0])), "'number_2' has sigma 0"),
        (lambda: Problem((good(),), decay, np.ones(2)), "either the sigma"),
        (lambda: Problem((good(),), decay, np.ones(2), covariance=np.array([[1, 2], [2, 1.0]])), "positive definite"),
        (lambda: Problem((good(),), decay, np.array([1, np.nan]), sigma=np.ones(2)), "finite numbers"),
        (lambda: Problem((good(),), decay, np.ones(2), sigma=np.ones(2), names=("x",)), "different names"),
        (lambda: fit(Problem((good(),), lambda t: np.ones((len(t), 3)), np.ones(2), sigma=np.ones(2))), "shape"),
        (lambda: fit(Problem((good(),), lambda t: np.full((len(t), 2), np.nan), *np.ones((2, 2)))), "any of 80 starts"),
        (lambda: fit(line()[0], starts=0), "one start"),
        (lambda: profile(line()[0], fit(line()[0]), "p9"), "no parameter 'p9'; it has p0"),
        (lambda: profile(line()[0], fit(line()[0]), levels=(95.0,)), "between 0 and 1, like 0.95, not 95"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_a_sentence(make, says):
    with pytest.raises(BadInput, match=says):
        make()


def test_the_guide_s_examples_print_what_they_say():
    guide = Path(__file__).resolve().parents[1] / "docs" / "inference.md"
    found = doctest.testfile(str(guide), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 5
    assert not found.failed


def test_a_fit_without_freedom_that_misses_its_numbers_is_rejected_all_the_same():
    """Two numbers, two parameters, and a bound in between: p is not defined, but 10 sigma are 10 sigma."""
    parameters = (Parameter("a", 0.0, 1.0), Parameter("b", 0.0, 1.0))
    missed = fit(Problem(parameters, lambda t: t, np.array([0.5, 2.0]), np.array([0.1, 0.1])), starts=4)
    assert missed.dof == 0
    assert np.isnan(missed.p_value)
    assert missed.chi2 == pytest.approx(100.0)
    assert missed.rejected
    met = fit(Problem(parameters, lambda t: t, np.array([0.5, 1.1]), np.array([0.1, 0.1])), starts=4)
    assert met.chi2 == pytest.approx(1.0)
    assert not met.rejected
