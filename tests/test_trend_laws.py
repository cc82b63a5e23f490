"""A trend's parameters come back, and their sigmas cover the truth, shared errors included."""

import numpy as np
import pytest

from thiocell.physics.trend_laws import GAS_CONSTANT, arrhenius, broken_line, line, maximum
from thiocell.studies.trend import fitted

X = np.array([0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30])


def covers(law, x, truth, sigma, word, expected, shared=0.0, known=True, draws=400, seed=1):
    """Share of draws in which ``word`` lies within one sigma of ``expected``."""
    rng = np.random.default_rng(seed)
    covariance = np.diag(np.full(x.size, sigma**2)) + shared**2 if known else np.full((x.size, x.size), np.nan)
    inside = 0
    for _ in range(draws):
        fit = law(x, truth + rng.normal(0, sigma, x.size) + rng.normal(0, shared or 1e-30), covariance)
        at = list(fit.values).index(word)
        inside += abs(fit.values[word] - expected) <= np.sqrt(fit.covariance[at, at])
    return inside / draws


@pytest.mark.parametrize("shared", [0.0, 0.5])
@pytest.mark.parametrize(("word", "expected"), [("slope", 4.0), ("intercept", 1.0)])
def test_a_line_s_sigmas_cover_with_known_errors(word, expected, shared):
    assert covers(line, X, 1 + 4 * X, 0.1, word, expected, shared) == pytest.approx(0.683, abs=0.07)


@pytest.mark.parametrize("count", [3, 5])
def test_a_line_s_sigmas_cover_with_scatter_alone(count):
    assert covers(line, X[:count], 1 + 4 * X[:count], 0.1, "slope", 4.0, known=False) == pytest.approx(0.683, abs=0.07)


def test_an_error_that_all_points_share_does_not_tilt_the_line():
    fit = line(X, 1 + 4 * X, np.full((X.size, X.size), 0.25) + 1e-12 * np.eye(X.size))
    assert np.sqrt(fit.covariance[0, 0]) == pytest.approx(0.5, rel=1e-3)
    assert np.sqrt(fit.covariance[1, 1]) == pytest.approx(0, abs=1e-3)


def test_an_energy_s_sigma_covers_where_the_thermometer_errs():
    """2 K at each of seven temperatures, 50 kJ/mol: a tenth of each conductivity, ten times its own error."""
    rng, inside, at = np.random.default_rng(3), 0, np.linspace(280.0, 340.0, 7)
    for _ in range(400):
        y = np.exp(-5e4 / (GAS_CONSTANT * at)) * (1 + 0.01 * rng.normal(size=7))
        read = at + 2.0 * rng.normal(size=7)
        fit = fitted("arrhenius", read, y, np.diag((0.01 * y) ** 2), np.full(7, 2.0))
        inside += abs(fit.values["activation_energy"] - 5e4) <= np.sqrt(fit.covariance[0, 0])
    assert inside / 400 == pytest.approx(0.683, abs=0.08)


def test_a_line_agrees_with_scipy():
    from scipy.optimize import curve_fit

    rng = np.random.default_rng(2)
    sigma = rng.uniform(0.05, 0.2, X.size)
    y = 1 + 4 * X + rng.normal(0, sigma)
    parameters, covariance = curve_fit(lambda x, a, b: a + b * x, X, y, sigma=sigma, absolute_sigma=True)
    fit = line(X, y, np.diag(sigma**2))
    assert list(fit.values.values()) == pytest.approx(parameters, rel=1e-6)
    assert fit.covariance == pytest.approx(covariance, rel=1e-5)


@pytest.mark.parametrize(("break_point", "sigma"), [(0.20, 0.001), (0.18, 0.003), (0.12, 0.003)])
def test_a_broken_line_s_sigmas_cover(break_point, sigma):
    truth = 5.718 + 0.52 * np.minimum(X, break_point)
    for word, expected in (("break_point", break_point), ("slope", 0.52)):
        assert covers(broken_line, X, truth, sigma, word, expected, draws=150) >= 0.60


def test_an_error_that_all_points_share_does_not_widen_the_break():
    truth = 5.718 + 0.52 * np.minimum(X, 0.2)
    alone = broken_line(X, truth, np.diag(np.full(X.size, 1e-6)))
    shared = broken_line(X, truth, np.diag(np.full(X.size, 1e-6)) + 0.25)
    assert shared.covariance[2, 2] == pytest.approx(alone.covariance[2, 2], rel=0.05)
    assert np.sqrt(shared.covariance[0, 0]) == pytest.approx(0.5, rel=0.01)


def test_a_noise_free_break_is_found_but_never_exact():
    fit = broken_line(X, 5.718 + 0.52 * np.minimum(X, 0.2), np.full((X.size, X.size), np.nan))
    assert fit.values["break_point"] == pytest.approx(0.2, abs=2e-4)
    assert fit.covariance[2, 2] > 0


def test_a_line_without_a_break_proves_no_plateau():
    fit = broken_line(X, 5.718 + 0.52 * X, np.diag(np.full(X.size, 1e-6)))
    assert any("no plateau" in doubt for doubt in fit.doubts)
    assert set(fit.values) == {"intercept", "slope"}
    bound, side = fit.limits["break_point"]
    assert (side, 0.28 < bound < 0.30) == ("above", True)


def test_a_break_beyond_the_last_point_has_a_limit_that_covers_it():
    """Points up to 0.15 of a limit at 0.20, and more near it: what is said of it is true as often as it says."""
    rng, told = np.random.default_rng(4), {"above": [], "value": []}
    for x, sigma in (([0.0, 0.02, 0.10, 0.15], 1e-4), ([0.0, 0.10, 0.15, 0.19, 0.21], 3e-3)):
        at = np.array(x)
        for _ in range(200):
            y = 5.718 + 0.52 * np.minimum(at, 0.2) + rng.normal(0, sigma, at.size)
            fit = broken_line(at, y, np.diag(np.full(at.size, sigma**2)))
            if "break_point" in fit.limits:
                told["above"].append(fit.limits["break_point"][0] < 0.2)
                assert fit.limits["break_point"][1] == "above"
            else:
                error = np.sqrt(fit.covariance[2, 2])
                told["value"].append(abs(fit.values["break_point"] - 0.2) < 2 * error)
    assert len(told["above"]) > 300
    assert np.mean(told["above"]) > 0.95
    assert sum(not inside for inside in told["value"]) / 400 < 0.05


def test_a_plateau_from_the_second_point_on_gives_limits_of_break_and_slope():
    y = np.where(X > 0.0, 5.74, 5.718)
    fit = broken_line(X, y, np.diag(np.full(X.size, 1e-6)))
    assert not fit.values
    assert fit.limits["break_point"] == (pytest.approx(0.05, abs=0.01), "below")
    assert fit.limits["slope"] == (pytest.approx(0.022 / 0.05, rel=0.2), "above")
    assert "one place alone" in fit.doubts[0]


def test_a_level_series_tells_no_break():
    y = 5.718 + 1e-3 * np.random.default_rng(5).normal(size=X.size)
    fit = broken_line(X, y, np.diag(np.full(X.size, 1e-6)))
    assert (set(fit.values), fit.limits) == ({"intercept", "slope"}, {})
    assert "no slope is proven" in fit.doubts[0]


def test_a_break_s_sigma_reaches_to_the_ends_that_the_points_leave_it():
    """Two points on a shallow slope: the break may lie further to one side than to the other."""
    at = np.array([0.0, 0.04, 0.20, 0.25, 0.30])
    fit = broken_line(at, 5.718 + 0.52 * np.minimum(at, 0.12), np.diag(np.full(5, 3e-3**2)))
    low, high = (float(word) for word in fit.doubts[0].replace("(95 %)", "").split("between ")[1].split(" and "))
    best, sigma = fit.values["break_point"], np.sqrt(fit.covariance[2, 2])
    assert best - 2 * sigma <= low < 0.12 < high <= best + 2 * sigma


def test_a_law_that_misses_its_points_is_no_surer_than_their_scatter():
    """Each sigma grows by the root of chi-square per degree of freedom, here of a curve held for a line."""
    y, sigma = 1 + 4 * X**2, np.full(X.size, 0.003)
    fit = line(X, y, np.diag(sigma**2))
    rest = y - fit.curve(X)
    ratio = np.sqrt(np.sum((rest / sigma) ** 2) / (X.size - 2))
    plain = np.linalg.inv(np.column_stack([np.ones_like(X), X]).T @ np.column_stack([np.ones_like(X), X])) * 0.003**2
    assert ratio > 10
    assert fit.covariance == pytest.approx(plain * ratio**2, rel=1e-9)
    assert f"reduced chi-square {ratio**2:.1f}" in fit.doubts[0]
    assert "Birge" in fit.doubts[0]


def test_an_error_that_all_points_share_hides_no_scatter():
    sigma, shared = 0.003, 0.5
    fit = line(X, 1 + 4 * X**2, np.diag(np.full(X.size, sigma**2)) + shared**2)
    alone = line(X, 1 + 4 * X**2, np.diag(np.full(X.size, sigma**2)))
    assert fit.covariance[1, 1] == pytest.approx(alone.covariance[1, 1], rel=1e-6)
    assert np.sqrt(fit.covariance[0, 0]) == pytest.approx(np.hypot(shared, np.sqrt(alone.covariance[0, 0])), rel=1e-6)


def test_an_activation_energy_comes_back_and_covers():
    temperature = np.array([280.0, 290.0, 300.0, 310.0, 320.0])
    truth = 2.0 * np.exp(-40_000 / (GAS_CONSTANT * temperature))
    fit = arrhenius(temperature, truth, np.diag((0.02 * truth) ** 2))
    assert fit.values["activation_energy"] == pytest.approx(40_000, rel=1e-9)
    rng, inside = np.random.default_rng(3), 0
    for _ in range(400):
        noisy = arrhenius(temperature, truth * np.exp(rng.normal(0, 0.02, 5)), np.diag((0.02 * truth) ** 2))
        inside += abs(noisy.values["activation_energy"] - 40_000) <= np.sqrt(noisy.covariance[0, 0])
    assert inside / 400 == pytest.approx(0.683, abs=0.07)


def test_a_maximum_lies_between_its_neighbours_and_rivals_are_named():
    y = np.array([1.0, 2.0, 5.0, 2.0, 1.0, 0.5, 0.2])
    fit = maximum(X, y, np.diag(np.full(X.size, 0.01)))
    assert (fit.values["best"], np.sqrt(fit.covariance[0, 0])) == (0.10, pytest.approx(0.05))
    assert fit.doubts == ()
    assert "not decided" in maximum(X, y, np.diag(np.full(X.size, 9.0))).doubts[0]
    assert "beyond" in maximum(X, np.arange(7.0), np.diag(np.full(X.size, 0.01))).doubts[0]


@pytest.mark.parametrize(("law", "count"), [(line, 1), (broken_line, 3), (maximum, 2)])
def test_too_few_points_are_refused(law, count):
    with pytest.raises(ValueError, match="needs"):
        law(X[:count], X[:count], np.eye(count))
