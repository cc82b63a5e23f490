"""Effective media against numbers from outside; mixing fitted to few data, and what these leave open."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import log_ndtr

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.inference import Parameter, Problem, fit, predictive_range, profile
from thiocell.physics.effective_medium import (
    bounds,
    bruggeman,
    general_effective_medium,
    least_filler,
    plate_threshold,
)
from thiocell.physics.mixing import hashin_shtrikman_bounds, wiener_bounds
from thiocell.physics.profiles import furthest, profiled
from thiocell.studies.intervals import reach_of, unfit_of
from thiocell.techniques.mixing import Mixing

MANY = 400
SHARES = np.array([0.0, 0.109, 0.163, 0.216])  # of MoS2 at y = 0, 0.10, 0.15, 0.20
HEIGHTS = (1.0, 3.8414588)
SAMPLE = Sample("series")


def mixtures():
    """Share, matrix, filler, threshold, s and t of many mixtures over twelve decades."""
    rng = np.random.default_rng(20230427)
    f, fc = rng.uniform(0, 1, MANY), rng.uniform(0.01, 0.6, MANY)
    one, two = 10 ** rng.uniform(-12, 0, (2, MANY))
    s, t = rng.uniform(0.5, 4, (2, MANY))
    return f, one, two, fc, s, t


def mclachlan(u, f, one, two, fc, s, t):
    """The equation as it is printed, in ln S."""
    a, x, y = (1 - fc) / fc, math.exp((u - math.log(one)) / s), math.exp((u - math.log(two)) / t)
    return (1 - f) * (1 - x) / (1 + a * x) + f * (1 - y) / (1 + a * y)


def series(conductivity, bound=None, share=SHARES, sigma=None, source="paper"):
    columns = {"share": Column(share), "conductivity": Column(conductivity, "S/cm")}
    if bound is not None:
        columns["bound"] = Column(bound)
    if sigma is not None:
        columns["conductivity_sigma"] = Column(sigma, "S/cm")
    return {"main": Record("printed", "series", columns, Source(source, place="main text"))}


def printed(order=False):
    """The paper's points: 1.5e-6 S/cm, then above 1e-4; with ``order`` below 1e-3 too."""
    more = 3 if order else 0
    values = [1.5e-6] + [1e-4] * 3 + [1e-3] * more
    return series(values, [0] + [1] * 3 + [-1] * more, np.append(SHARES, SHARES[1 : 1 + more]))


def analysed(records, **settings):
    return Mixing(**settings).analyse(records, SAMPLE)


def doubted(result, text):
    return any(text in doubt for doubt in result.doubts)


# effective media


def test_the_general_medium_solves_mclachlan_s_equation():
    for mixture in zip(*mixtures(), strict=True):
        f, one, two, fc = mixture[:4]
        low, high = sorted((math.log(one), math.log(two)))
        root = brentq(mclachlan, low - 1e-9, high + 1e-9, args=mixture, xtol=1e-13)
        if abs(f - fc) > 0.01 and abs(1 - f - fc) > 0.01:  # there the printed form loses digits
            assert math.log(general_effective_medium(*mixture)) == pytest.approx(root, abs=1e-3)
        steep = (mclachlan(root - 1e-3, *mixture), mclachlan(root + 1e-3, *mixture))
        if steep[0] > 1e-9 and steep[1] < -1e-9:
            assert math.log(general_effective_medium(*mixture)) == pytest.approx(root, abs=1e-6)


def test_one_exponent_s_closed_form_is_the_root_for_two_that_are_all_but_equal():
    f, one, two, fc, _, t = mixtures()
    closed = general_effective_medium(f, one, two, fc, t, t)
    assert np.log(general_effective_medium(f, one, two, fc, t * (1 + 1e-12), t)) == pytest.approx(
        np.log(closed), abs=1e-9
    )


def test_a_threshold_of_one_third_and_exponents_of_one_are_bruggeman_s_law():
    f, one, two, *_ = mixtures()
    found = bruggeman(f, one, two)
    assert (1 - f) * (one - found) / (one + 2 * found) + f * (two - found) / (two + 2 * found) == pytest.approx(
        np.zeros(MANY), abs=1e-9
    )


@pytest.mark.parametrize("exponents", [(2.0, 2.0), (0.73, 2.0)])
def test_no_filler_and_nothing_but_filler_conduct_as_the_phases_do(exponents):
    _, one, two, fc, *_ = mixtures()
    assert general_effective_medium(0.0, one, two, fc, *exponents) == pytest.approx(one, rel=1e-9)
    assert general_effective_medium(1.0, one, two, fc, *exponents) == pytest.approx(two, rel=1e-9)


def test_exponents_near_the_threshold_are_those_of_percolation():
    fc, s, t, step = 0.2, 0.8, 2.0, np.array([0.01, 0.02])
    above = general_effective_medium(fc + step, 1e-30, 1.0, fc, s, t)
    below = general_effective_medium(fc - step, 1e-30, 1.0, fc, s, t)
    assert above == pytest.approx((step / (1 - fc)) ** t, rel=1e-6)
    assert below == pytest.approx(1e-30 * (step / fc) ** -s, rel=1e-6)
    at = np.log(general_effective_medium(fc, np.array([1e-10, 1e-12]), 1.0, fc, s, t))
    assert (at[0] - at[1]) / math.log(100) == pytest.approx(t / (s + t), abs=1e-2)


def test_with_s_equal_t_from_one_on_the_medium_lies_between_wiener_s_bounds():
    f, one, two, fc, s, _ = mixtures()
    t = np.maximum(s, 1.0)
    found, (low, *_, high) = general_effective_medium(f, one, two, fc, t, t), bounds(f, one, two)
    assert np.all((found >= low * (1 - 1e-9)) & (found <= high * (1 + 1e-9)))


def test_bruggeman_s_law_lies_between_the_bounds_of_isotropic_mixtures():
    f, one, two, *_ = mixtures()
    found, (_, low, high, _) = bruggeman(f, one, two), bounds(f, one, two)
    assert np.all((found >= low * (1 - 1e-9)) & (found <= high * (1 + 1e-9)))


def test_bounds_of_two_phases_are_those_of_any_number():
    for f in (0.0, 0.1, 0.7, 1.0):
        for one, two in ((1e-3, 1.0), (2.0, 0.5)):
            shares, conductivities = np.array([1 - f, f]), np.array([one, two])
            low, high = wiener_bounds(shares, conductivities)
            of_grains = (low, *hashin_shtrikman_bounds(shares, conductivities), high)
            assert [float(b) for b in bounds(f, one, two)] == pytest.approx(of_grains, rel=1e-9)


def test_thresholds_of_plates_are_the_published_ones():
    """Garboczi et al., Phys. Rev. E 52 (1995) 819; the thin limit is 1.27 times the aspect."""
    assert plate_threshold([1 / 5, 1 / 10, 1 / 100]) == pytest.approx([0.176, 0.106, 0.012], abs=5e-4)
    assert float(plate_threshold(1.0)) == pytest.approx(0.2854)
    assert float(plate_threshold(1 / 1500)) == pytest.approx(1.27 / 1500, rel=0.01)
    with pytest.raises(ValueError, match="1/2000"):
        plate_threshold(2.0)


def test_the_least_filler_is_where_the_upper_bound_meets_what_is_reached():
    assert least_filler(0.109, 1.5e-6, 1e-4) == pytest.approx(1.3e-3, rel=0.01)  # SCIENCE, section 12
    for share, matrix, ratio in ((0.01, 3.0, 1.01), (0.3, 0.2, 1e4), (1.0, 5.0, 2.0)):
        filler = least_filler(share, matrix, ratio * matrix)
        assert bounds(share, matrix, filler)[2] == pytest.approx(ratio * matrix, rel=1e-9)
    with pytest.raises(ValueError, match="rise"):
        least_filler(0.1, 1.0, 0.5)


def test_bruggeman_s_law_explains_no_jump_at_a_tenth_with_any_filler():
    assert bruggeman(0.109, 1.5e-6, 1e12) == pytest.approx(1.5e-6 / (1 - 3 * 0.109), rel=1e-6)  # 2.2e-6, not 1e-4


def test_electrons_in_plates_of_1t_mos2_rise_four_decades_where_the_paper_has_one_order():
    """SCIENCE, section 12: t = 2 over a matrix that does not conduct; s does not matter above the threshold."""
    for s in (0.73, 2.0):
        found = general_effective_medium(SHARES[1:], 1e-14, 10.0, 0.106, s, 2.0)
        assert found == pytest.approx([1.13e-4, 4.07e-2, 0.151], rel=5e-3)


# profiles


def medium(sets, share):
    one, two, fc, t = (part[:, None] for part in sets.T)
    return np.log(general_effective_medium(share, np.exp(one), np.exp(two), fc, t, t))


LOW, HIGH = np.array([np.log(1e-14), np.log(1e-10), 0.01, 1.0]), np.array([np.log(1e2), np.log(1e6), 0.6, 4.0])
TRUTH = np.array([[np.log(1e-6), np.log(1e-2), 0.305, 2.5]])
WIDE = np.linspace(0, 1, 12)
NOISE = 0.05 * np.random.default_rng(5).normal(size=12)
CASES = {
    "twelve values": (WIDE, medium(TRUTH, WIDE)[0] + NOISE, 0.05, 0),
    "four values": (SHARES, np.log([1.5e-6, 1e-4, 1e-3, 5e-3]), 0.05, 0),
    "four vague values": (SHARES, np.log([1.5e-6, 3e-4, 3e-4, 3e-4]), np.array([0.05, 0.7, 0.7, 0.7]), 0),
    "a value and limits": (SHARES, np.log([1.5e-6, 1e-4, 1e-4, 1e-4]), 0.05, np.array([0, 1, 1, 1])),
}


@pytest.mark.parametrize("case", CASES)
def test_profiles_and_predictions_are_those_of_the_inference(case):
    share, logs, sigma, side = CASES[case]

    def residuals(sets):
        away = (medium(sets, share) - logs) / sigma
        return np.where(side, np.sqrt(-2 * log_ndtr(away)), away)

    found = profiled(residuals, LOW, HIGH, HEIGHTS)
    parameters = tuple(Parameter(f"p{j}", LOW[j], HIGH[j]) for j in range(4))
    problem = Problem(parameters, residuals, np.zeros(share.size), np.ones(share.size), noise=1e-12)
    best = fit(problem, starts=32)
    slow = profile(problem, best)
    assert found.chi2 == pytest.approx(best.chi2, abs=1e-4)
    for j, drawn in enumerate(found.profiles):
        for reach, interval in zip(drawn.reaches, slow[f"p{j}"].intervals, strict=True):
            room = 5e-3 * (interval.high - interval.low)  # to which the inference seeks an end
            assert reach.low == pytest.approx(interval.low, abs=room)
            assert reach.high == pytest.approx(interval.high, abs=room)
            assert reach.low_found == (interval.low_end == "found")
            assert reach.high_found == (interval.high_end == "found")
    at = np.array([0.05, 0.19])
    names = ["first", "second"]
    wide = predictive_range(problem, best, lambda sets: medium(sets, at), names)
    sets = furthest(found, residuals, LOW, HIGH, lambda sets: medium(sets, at), HEIGHTS[1])
    assert np.max(np.sum(residuals(sets) ** 2, axis=1)) <= found.chi2 + HEIGHTS[1] + 1e-9
    for name, numbers in zip(names, medium(sets, at).T, strict=True):
        interval = wide[name].interval(0.95)
        room = 0.03 * (interval.high - interval.low)
        assert numbers.min() <= interval.low + room
        assert numbers.max() >= interval.high - room


def test_of_a_straight_law_reaches_and_predictions_are_those_of_the_covariance():
    design = np.random.default_rng(3).normal(size=(7, 3))
    covariance = np.linalg.inv(design.T @ design)

    def residuals(sets):
        return (sets - 0.3) @ design.T

    found = profiled(residuals, np.full(3, -40.0), np.full(3, 50.0), HEIGHTS)
    assert found.root @ found.root.T == pytest.approx(covariance, rel=1e-5)
    for j, drawn in enumerate(found.profiles):
        for reach, height in zip(drawn.reaches, HEIGHTS, strict=True):
            wide = math.sqrt(height * covariance[j, j])
            assert [reach.low, reach.high] == pytest.approx([0.3 - wide, 0.3 + wide], abs=1e-4)
    towards = np.array([[1.0], [-2.0], [0.5]])
    sums = furthest(found, residuals, np.full(3, -40.0), np.full(3, 50.0), lambda s: s @ towards, HEIGHTS[1]) @ towards
    wide = math.sqrt(HEIGHTS[1] * float((towards.T @ covariance @ towards).item()))
    assert np.ptp(sums) == pytest.approx(2 * wide, rel=1e-2)


# the technique


def test_the_paper_s_lower_limits_set_the_matrix_and_leave_the_rest_open():
    found = analysed(printed())
    assert found["matrix_conductivity"].value == pytest.approx(1.5e-6, rel=1e-3)
    assert set(found.values) == {"matrix_conductivity", "chi2"}
    assert found.limits["filler_conductivity"].side == "above"
    assert found.limits["filler_conductivity"].bound.to("S/cm").value == pytest.approx(9.3e-4, rel=0.02)
    assert found.limits["threshold"].side == "below"
    assert found.limits["threshold"].bound.value == pytest.approx(0.167, rel=0.01)
    assert doubted(found, "do not set exponent: any value between 1 (the bound of the search) and 4 (the bound")
    assert doubted(found, "1 of 4 rows are values, too few for 4 parameters")
    isotropic = analysed(printed(), law="hashin_shtrikman_upper").limits["filler_conductivity"]
    assert isotropic.bound.to("S/cm").value == pytest.approx(least_filler(0.109, 1.5e-6, 1e-4), rel=0.06)


def test_one_order_at_all_three_shares_refutes_a_steep_threshold_among_them():
    found = analysed(printed(order=True))
    assert found.limits["threshold"].bound.value == pytest.approx(0.0993, rel=0.01)
    assert doubted(found, "do not set filler_conductivity: any value between 0.000934 and 0.388 S/cm")
    held = analysed(printed(order=True), fixed=("threshold = 0.106", "exponent = 2"))
    assert doubted(held, "does not describe the series")
    assert unfit_of(held, "filler_conductivity")


def test_bruggeman_s_law_is_refuted_by_the_paper_s_points_and_nothing_is_judged_by_it():
    found = analysed(printed(), law="bruggeman")
    assert found["chi2"].value > 1000
    assert doubted(found, "the law 'bruggeman' does not describe the series")
    assert unfit_of(found, "matrix_conductivity")
    assert not unfit_of(analysed(printed()), "matrix_conductivity")


def test_a_limit_that_the_law_just_meets_is_kept_with_a_probability_of_one_half():
    records = series([1e-6, 1e-5], [0, 1], share=[0.0, 1.0])
    found = analysed(records, law="bruggeman", fixed=("filler_conductivity = 1e-5 S/cm",))
    assert found["chi2"].value == pytest.approx(2 * math.log(2), rel=1e-6)
    upper = analysed(series([1e-6, 1e-5], [0, -1], share=[0.0, 1.0]), law="hashin_shtrikman_upper")
    assert upper.limits["filler_conductivity"].side == "below"
    assert upper.limits["filler_conductivity"].bound.to("S/cm").value == pytest.approx(1e-5, rel=0.1)


def test_values_have_the_ranges_of_their_profiles_and_hang_together():
    truth = {word: Quantity(math.exp(v) if k < 2 else v, Mixing.gives[word].unit)
             for k, (word, v) in enumerate(zip(Mixing.gives, TRUTH[0], strict=True))}  # fmt: skip
    found = Mixing().analyse(Mixing().predict(truth, SAMPLE, np.random.default_rng(2)), SAMPLE)
    for word, true in truth.items():
        reach = reach_of(found, word)
        assert reach.closed
        assert reach.low < true.value < reach.high
        assert (reach.high - reach.low) / 4 == pytest.approx(found[word].sigma, rel=0.1)
    assert found.covariance.correlation("filler_conductivity", "exponent") > 0.5


def test_ranges_of_few_vague_values_cover_the_truth_as_often_as_they_say():
    """Five shares and 20 % leave the filler open; the 95 % ranges must hold the truth all the same."""
    share, truth, rng = np.array([0, 0.05, 0.109, 0.163, 0.216]), (1.5e-6, 0.05, 0.106, 2.0), np.random.default_rng(9)
    exact, inside, draws = general_effective_medium(share, *truth[:3], 2.0, 2.0), np.zeros(4), 80
    for _ in range(draws):
        read = exact * np.exp(0.2 * rng.normal(size=5))
        found = analysed(series(read, share=share, sigma=0.2 * read))
        reaches = [reach_of(found, word) for word in Mixing.gives]
        inside += [reach.low <= true <= reach.high for reach, true in zip(reaches, truth, strict=True)]
    assert np.all(np.abs(inside / draws - 0.95) <= 4 * math.sqrt(0.95 * 0.05 / draws))


@pytest.mark.parametrize("law", ["effective_medium", "bruggeman", "hashin_shtrikman_upper"])
def test_whatever_the_series_ranges_hold_the_best_and_each_other(law):
    rng, technique = np.random.default_rng(11), Mixing(law=law)
    for n in (1, 2, 3, 5, 8, 1, 2, 3, 5, 8):
        share, values = rng.choice([0, 0.1, 0.2, 0.5, 1], n), 10 ** rng.uniform(-13, 2, n)
        found = analysed(
            series(values, rng.choice([0, 0, 1, -1], n), share, values * 10 ** rng.uniform(-3, 0.3, n)), law=law
        )
        technique.draw(found)
        table = found.curves["intervals"].columns
        for word in technique.takes:
            (low, lower), (high, higher) = (table[f"{word}_{end}"].values for end in ("low", "high"))
            assert lower <= low <= high <= higher


def test_two_exponents_come_back_where_the_matrix_s_is_held():
    technique = Mixing(fixed=("matrix_exponent = 0.8", "matrix_conductivity = 1e-4 S/m"))
    assert set(technique.takes) == {"filler_conductivity", "threshold", "exponent"}
    truth = {
        word: Quantity(v, Mixing.gives[word].unit) for word, v in zip(technique.takes, (0.1, 0.2, 1.8), strict=True)
    }
    found = technique.analyse(technique.predict(truth, SAMPLE), SAMPLE)
    for word, true in truth.items():
        assert found[word].value == pytest.approx(true.value, rel=1e-4)


def test_a_law_above_the_bound_of_isotropic_mixtures_is_doubted():
    share = np.linspace(0, 1, 6)
    found = analysed(series(1e-6 * (1 - share) + 1e-2 * share, share=share))
    assert doubted(found, "no isotropic mixture conducts so well")


@pytest.mark.parametrize(
    ("values", "bound", "share", "sigma", "said"),
    [
        ([1e-6, 0.0], None, [0, 0.1], None, "not above zero in row 2"),
        ([1e-6, 1e-5], None, [0, 1.1], None, "outside 0 ... 1 in row 2"),
        ([1e-6, 1e-5], [0, 2], [0, 0.1], None, "lower limit. in row 2"),
        ([1e-6, 1e-5], None, [0, 0.1], [1e-7, 0.0], "conductivity_sigma that is not above zero and finite in row 2"),
        ([1e-6, 1e-5], None, [0, 0.1], [1e-7, np.inf], "conductivity_sigma that is not above zero and finite in row 2"),
    ],
)
def test_a_row_that_cannot_be_is_named(values, bound, share, sigma, said):
    with pytest.raises(BadInput, match=said.replace("(", "\\(")):
        analysed(series(values, bound, share, sigma))


def test_settings_that_hold_nothing_or_everything_say_what_would_be_right():
    with pytest.raises(BadInput, match="write it like 'threshold"):
        analysed(printed(), fixed=("treshold = 0.1",))
    with pytest.raises(BadInput, match="holds nothing of the law 'bruggeman'"):
        analysed(printed(), law="bruggeman", fixed=("threshold = 0.1",))
    with pytest.raises(BadInput, match=r"between 0\.01 and 0\.6"):
        analysed(printed(), fixed=("threshold = 0.9",))
    with pytest.raises(BadInput, match="leave one"):
        analysed(printed(), law="bruggeman", fixed=("matrix_conductivity = 1", "filler_conductivity = 2"))
    main = printed()["main"]
    columns = {**main.columns, "conductivity": Column(main.columns["conductivity"].values, "V")}
    with pytest.raises(BadInput, match="has its conductivity in 'V'"):
        analysed({"main": dataclasses.replace(main, columns=columns)})


def test_the_figure_shows_values_and_limits_apart_and_marks_what_no_instrument_saw():
    found = analysed(printed())
    drawing = Mixing().draw(found)
    labels = {layer.label: layer for layer in drawing.panels[0].layers}
    assert labels["series"].x == pytest.approx([0.0])
    assert labels["lower limits"].y == pytest.approx([1e-4] * 3)
    assert not drawing.virtual
    band = labels["fits within 95 %"]
    assert np.all(np.asarray(band.low) <= np.asarray(labels["best"].y) * (1 + 1e-9))
    virtual = analysed(series([1e-6, 1e-5], share=[0.0, 1.0], source="predicted"), law="bruggeman")
    assert Mixing().draw(virtual).virtual
