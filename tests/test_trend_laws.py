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
