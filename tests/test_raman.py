"""Raman spectra: a real line, lines that are not there, baselines, the oxide, and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.readers import read
from thiocell.techniques._raman.spikes import spikes_of
from thiocell.techniques.raman import Raman

POWDER = Sample("powder")


def spectrum(heights, begin=100.0, end=500.0, seed=1, under=lambda x: 400 + 0 * x, width=8.0):
    """Counts of Lorentzian lines, by place and height, on a baseline."""
    shift = np.arange(begin, end, 1.0)
    y = under(shift)
    for place, height in heights.items():
        y = y + height / (1.0 + (2.0 * (shift - place) / width) ** 2)
    counts = np.random.default_rng(seed).poisson(y).astype(float) if seed is not None else y
    return written(shift, counts)


def written(shift, counts) -> dict[str, Record]:
    columns = {"raman_shift": Column(shift, "1/cm"), "intensity": Column(counts)}
    return {"main": Record("made", "raman", columns, Source("measured", place="made up"))}


def said(found, words):
    return any(words in doubt for doubt in found.doubts)


def test_silicon_lies_where_it_does(data_dir):
    """A wafer at 532 nm by LabSpec: 520.52(1) 1/cm."""
    (main,) = read(data_dir / "raman" / "si_532nm_labspec_excerpt.txt")
    found = Raman(modes=("Si",), baseline=2).analyse({"main": main}, POWDER)
    assert found["position_si"].value == pytest.approx(520.52, abs=0.01)
    assert found["gof"].value == pytest.approx(1.0, abs=0.2)
    assert found.source.kind == "measured"


def test_sigmas_of_silicon_cover_what_the_terms_of_the_baseline_move(data_dir):
    """From 2 to 6 terms its place moves by 0.0086 1/cm, 2.5 of the 0.0034 that the fit of 4 terms or of 6 tells."""
    (main,) = read(data_dir / "raman" / "si_532nm_labspec_excerpt.txt")
    found = [Raman(modes=("Si",), baseline=terms).analyse({"main": main}, POWDER) for terms in (2, 3, 4, 6)]
    places = [each["position_si"] for each in found]
    assert max(place.value for place in places) - min(place.value for place in places) > 0.008
    for place in places:
        assert all(abs(place.value - other.value) < 1.5 * np.hypot(place.sigma, other.sigma) for other in places)
    assert found[2].parts["position_si"]["baseline"] == pytest.approx(-0.0023, abs=5e-4)
    assert said(found[1], "one or two terms more of the baseline move the area of Si by")


@pytest.mark.parametrize(("bend", "least", "most"), [(0.0, 0.8, 1.2), (300.0, 0.5, 1.3)])
def test_sigmas_in_a_narrow_window_are_right_by_the_right_baseline_and_by_a_bent_one(bend, least, most):
    """80 spectra of 60 rows, two terms; the error of a root mean square of 80 pulls is 0.08.

    Bent as a cubic by 300 of 3000 counts, the fit's own sigmas are too small.
    """
    x = np.arange(505.0, 535.0, 0.5)
    u = (x - 520.0) / 15.0
    under = 3000.0 + 300.0 * u + bend * (4.0 * u**3 - 3.0 * u)
    exact = under + 20000.0 / (1.0 + ((x - 520.3) / 2.0) ** 2)
    truth = {"position_si": 520.3, "height_si": 20000.0, "width_si": 4.0, "area_si": 40000.0 * np.pi}
    pulls, plain = {word: [] for word in truth}, []
    for seed in range(80):
        counts = np.random.default_rng(seed).poisson(exact).astype(float)
        found = Raman(modes=("Si",), baseline=2).analyse(written(x, counts), POWDER)
        for word, true in truth.items():
            pulls[word].append((found[word].value - true) / found[word].sigma)
        parts = found.parts["position_si"]
        own = np.sqrt(sum(part**2 for name, part in parts.items() if name != "baseline"))
        plain.append((found["position_si"].value - 520.3) / own)
    for word, seen in pulls.items():
        assert np.sqrt(np.mean(np.square(seen))) < most, word
    assert np.sqrt(np.mean(np.square(pulls["position_si"]))) > least
    assert (np.sqrt(np.mean(np.square(plain))) > 1.5) == (bend > 0)


def test_a_bent_baseline_does_not_bend_the_heights():
    """Heights 300, 200, 120 of broad lines; a baseline taken off first gives 242, 177, 76 (SCIENCE's trap)."""
    heights = {152.0: 300.0, 223.0: 200.0, 406.0: 120.0}
    made = spectrum(heights, under=lambda x: 600 + 900 * np.exp(-(x - 100) / 150), width=20.0)
    found = Raman(modes=("1T_J1", "1T_J2", "2H_A1g")).analyse(made, POWDER)
    for word, true in zip(("1t_j1", "1t_j2", "2h_a1g"), heights.values(), strict=True):
        quantity = found[f"height_{word}"]
        assert quantity.value == pytest.approx(true, abs=4 * quantity.sigma)
        assert quantity.sigma < 0.15 * true


def test_the_limit_of_a_line_that_is_there_but_not_seen_fails_as_often_as_it_says():
    """A line of 25 counts, 2.5 of its sigmas, is mostly not seen; its limit lies below it in 5 % of spectra."""
    limits, shares = [], []
    for seed in range(150):
        found = Raman().analyse(spectrum({152.0: 300.0, 223.0: 200.0, 381.0: 25.0, 406.0: 20.0}, seed=seed), POWDER)
        if "height_2h_e2g" in found.limits:
            limits.append(found.limits["height_2h_e2g"].bound.value)
        if "share_1t" in found.limits:
            shares.append(found.limits["share_1t"].bound.value)
    assert len(limits) > 110
    assert 1 <= sum(limit < 25.0 for limit in limits) <= 18  # 7.5 and four binomial sigmas
    assert 1 <= sum(share > 100.0 * 500 / 545 for share in shares) <= 18
    assert 25.0 < np.median(limits) < 50.0  # the sigma is 10: 2.5 + 1.645 of it, not more


def test_a_phase_that_is_not_seen_bounds_the_share_and_does_not_set_it():
    """1T of 300 and 200 counts; what 2H may hide, two lines of sigma 10 together, is some 14 sqrt(2) of them."""
    found = Raman().analyse(spectrum({152.0: 300.0, 223.0: 200.0}), POWDER)
    assert said(found, "2H_E2g is not seen: its height is below")
    assert said(found, "no line of 2H is seen: share_1t is above")
    assert "share_1t" not in found.values
    limit = found.limits["share_1t"]
    assert (limit.side, limit.level) == ("above", 0.95)
    assert 100.0 / (1.0 + 60.0 / 500.0) < limit.bound.value < 100.0 / (1.0 + 15.0 / 500.0)
    other = Raman().analyse(spectrum({381.0: 300.0, 406.0: 200.0}), POWDER)
    assert other.limits["share_1t"].side == "below"
    assert other.limits["share_1t"].bound.value < 12.0
    neither = Raman().analyse(spectrum({300.0: 300.0}), POWDER)
    assert "share_1t" not in {**neither.values, **neither.limits}


def test_a_share_needs_lines_of_both_phases_in_the_spectrum():
    found = Raman(end=Quantity.exact(300.0, "1/cm")).analyse(spectrum({152.0: 300.0, 223.0: 200.0}), POWDER)
    assert "share_1t" not in {**found.values, **found.limits}
    assert said(found, "2H_E2g at 381 1/cm lies outside the spectrum: nothing is said of it")
    assert said(found, "there is no share_1t: no line of 2H lies in the spectrum")
    assert not said(found, "made without it")
    less = Raman(end=Quantity.exact(395.0, "1/cm")).analyse(spectrum({152.0: 300.0, 381.0: 300.0}), POWDER)
    assert said(less, "2H_A1g at 406 1/cm lies outside the spectrum: nothing is said of it, and share_1t is made witho")
    assert "share_1t" in less.values


def test_rows_of_a_saturated_detector_are_left_out_and_told():
    """A line of 300 counts on 400, cut off at 600: no number of it is told, its flanks would give 1.7 sigmas less."""
    lines = {152.0: 300.0, 223.0: 100.0, 381.0: 100.0, 406.0: 80.0}
    for seed in range(10):
        made = spectrum(lines, begin=101.0, seed=seed)["main"]
        shift, counts = made.columns["raman_shift"].values, made.columns["intensity"].values
        cut = counts >= 600.0
        found = Raman().analyse(written(shift, np.minimum(counts, 600.0)), POWDER)
        (doubt,) = [doubt for doubt in found.doubts if doubt.startswith("the detector is saturated: ")]
        assert f"{cut.sum()} rows from {shift[cut][0]:g} to {shift[cut][-1]:g} 1/cm" in doubt
        assert found.curves["left_out"]["raman_shift"].size == cut.sum()
        assert not [word for word in {**found.values, **found.limits} if word.endswith("1t_j1")]
        assert said(found, "there is no share_1t: the area of 1T_J1 is not told")
        assert found["height_1t_j2"].value == pytest.approx(100.0, abs=4 * found["height_1t_j2"].sigma)
        assert not said(Raman().analyse({"main": made}, POWDER), "saturated")


def test_a_rounded_top_is_no_saturated_detector():
    """Intensities from 0 to 20 in whole numbers, 40 1/cm wide lines: the highest rows are alike, and none is cut."""
    x = np.arange(100.0, 500.0)
    made = written(x, np.round(20.0 / (1.0 + ((x - 223.0) / 20.0) ** 2)))
    assert (made["main"]["intensity"] == 20.0).sum() >= 3
    assert not said(Raman(modes=("1T_J2",)).analyse(made, POWDER), "saturated")


@pytest.mark.parametrize("rows", [1, 2])
def test_a_spike_is_no_line_and_is_told(rows):
    """A cosmic ray of 2000 counts in one row or two, where 2H is looked for."""
    made = spectrum({152.0: 300.0, 223.0: 200.0})["main"]
    shift, counts = made.columns["raman_shift"].values, made.columns["intensity"].values.copy()
    counts[281 : 281 + rows] += 2000.0
    found = Raman().analyse(written(shift, counts), POWDER)
    assert "height_2h_e2g" in found.limits
    assert said(found, "spikes of one or two rows")
    assert said(found, "stand at 381" + ", 382" * (rows - 1) + " 1/cm: those rows are left out")
    assert found.curves["left_out"].columns["raman_shift"].values.tolist() == [381.0, 382.0][:rows]
    assert found["height_1t_j1"].value == pytest.approx(300.0, abs=4 * found["height_1t_j1"].sigma)
    plain = Raman().analyse(spectrum({152.0: 300.0, 223.0: 200.0}), POWDER)
    assert found.limits["height_2h_e2g"].bound.value < 2.0 * plain.limits["height_2h_e2g"].bound.value
    assert any(layer.label == "left out" for layer in Raman().draw(found).panels[0].layers)


def test_a_line_of_the_instrument_s_width_is_no_spike(data_dir):
    """Silicon, eight rows wide; of each third row, three; and made lines of three rows with no noise to hide in."""
    (main,) = read(data_dir / "raman" / "si_532nm_labspec_excerpt.txt")
    counts = main["intensity"]
    assert not spikes_of(counts).any()
    assert not spikes_of(counts[::3]).any()
    for place in np.arange(200.0, 201.0, 0.1):
        for height in (100.0, 1e3, 1e5):
            made = spectrum({place: height}, width=3.0)["main"]["intensity"]
            assert not spikes_of(made)[95:106].any()


def test_a_line_that_ends_at_a_bound_is_doubted_and_is_no_part_of_the_share():
    """A line 90 1/cm wide runs to the widest that is sought, 60; one at 238 to the end of the window of 1T_J2, 235."""
    x = np.arange(100.0, 500.0)
    bent = 2000.0 + 1500.0 * np.exp(-np.log(2.0) * ((x - 223.0) / 45.0) ** 2) + 400.0 / (1.0 + ((x - 406.0) / 4.0) ** 2)
    made = written(x, np.random.default_rng(3).poisson(bent).astype(float))
    found = Raman(modes=("1T_J2", "2H_A1g"), baseline=1).analyse(made, POWDER)
    assert said(found, "the width of 1T_J2 ended at a bound of what is sought, 2 to 60 1/cm")
    assert not {"width_1t_j2", "area_1t_j2", "share_1t"} & set(found.values)
    assert {"height_1t_j2", "position_1t_j2", "area_2h_a1g"} <= set(found.values)
    assert said(found, "there is no share_1t: the area of 1T_J2 is not told")
    moved = Raman().analyse(spectrum({152.0: 300.0, 238.0: 300.0, 381.0: 200.0, 406.0: 200.0}), POWDER)
    assert said(moved, "the position of 1T_J2 ended at a bound of what is sought, 211 to 235 1/cm")
    assert not {"position_1t_j2", "share_1t"} & set(moved.values)


AS_WRITTEN = {
    "normalised to 1": lambda y, _: y / y.max(),
    "from 0 to 100": lambda y, _: 100.0 * (y - y.min()) / np.ptp(y),
    "background off": lambda y, under: y - under,
    "a huge offset": lambda y, _: y + 1e6,
    "seven a count": lambda y, _: 7.0 * y,
}


@pytest.mark.parametrize("how", AS_WRITTEN)
def test_intensities_that_are_no_counts_have_the_limits_of_the_counts_they_come_from(how):
    """Limits over the height of a line agree within 20 %, shares within a sigma; the doubt says where noise is from."""
    for seed in range(5):
        main = spectrum({152.0: 3000.0, 223.0: 2000.0}, seed=seed, under=lambda x: 9000.0 - 8.0 * x)["main"]
        shift, counts = main.columns["raman_shift"].values, main.columns["intensity"].values
        plain = Raman().analyse(written(shift, counts), POWDER)
        found = Raman().analyse(written(shift, AS_WRITTEN[how](counts, 9000.0 - 8.0 * shift)), POWDER)
        assert not said(plain, "intensities are no plain counts")
        assert said(found, "intensities are no plain counts")
        for word in ("height_2h_e2g", "height_2h_a1g"):
            here, there = (
                each.limits[word].bound.value / (each["area_1t_j1"].value / each["width_1t_j1"].value)
                for each in (found, plain)
            )
            assert here == pytest.approx(there, rel=0.2), word
        hidden = [100.0 - each.limits["share_1t"].bound.value for each in (found, plain)]
        assert hidden[0] == pytest.approx(hidden[1], rel=0.2)
        assert found["gof"].value == pytest.approx(1.0, abs=0.25)


def test_names_are_told_apart_by_the_words_that_values_get():
    with pytest.raises(BadInput, match=r"names '2H_E2g' twice .*2h_e2g"):
        Raman(modes=("2H-E2g = 381 1/cm", "2H_E2g")).analyse(spectrum({381.0: 300.0}), POWDER)


def test_a_bent_background_asks_for_more_terms():
    """An edge of fluorescence bent more than two terms can follow; with as many as are advised the fit is good."""
    made = spectrum({152.0: 300.0, 406.0: 300.0}, under=lambda x: 500 + 3e3 * np.exp(-(((x - 300) / 120) ** 2)))
    found = Raman(modes=("1T_J1", "2H_A1g"), baseline=2).analyse(made, POWDER)
    assert found["gof"].value > 2.0
    (advice,) = [doubt for doubt in found.doubts if "try baseline = " in doubt]
    better = Raman(modes=("1T_J1", "2H_A1g"), baseline=int(advice.rsplit("= ", 1)[1])).analyse(made, POWDER)
    assert better["gof"].value < 1.2
    assert not said(better, "try baseline = ")
    assert better["height_1t_j1"].value == pytest.approx(300.0, abs=4 * better["height_1t_j1"].sigma)


def test_sigmas_of_weak_lines_cover_them():
    """Four lines of 60 counts, 4.5 sigmas: areas and shares go by their sigmas, though widths are vague."""
    technique, pulls = Raman(), {"area_1t_j1": [], "area_2h_a1g": [], "width_2h_a1g": [], "share_1t": []}
    truth = {"area_1t_j1": 240 * np.pi, "area_2h_a1g": 240 * np.pi, "width_2h_a1g": 8.0, "share_1t": 50.0}
    lines = dict.fromkeys((152.0, 223.0, 381.0, 406.0), 60.0)
    for seed in range(80):
        found = technique.analyse(spectrum(lines, seed=seed, under=lambda x: 350 + 50 * (500 - x) / 100), POWDER)
        for word, true in truth.items():
            if word in found.values:
                pulls[word].append((found[word].value - true) / found[word].sigma)
    for word, seen in pulls.items():
        assert len(seen) > 70, word
        assert 0.75 < np.sqrt(np.mean(np.square(seen))) < 1.3, word  # its own error is 0.08


def test_noise_alone_makes_no_line():
    for seed in range(30):
        found = Raman().analyse(spectrum({}, seed=seed), POWDER)
        assert not [word for word in found.values if word != "gof"], seed


def test_the_oxide_is_doubted_or_found():
    lines = {152.0: 300.0, 223.0: 200.0}
    assert said(Raman().analyse(spectrum(lines), POWDER), "this spectrum ends at 499")
    wide = spectrum(lines | {666.0: 100.0, 819.0: 400.0, 995.0: 200.0}, end=1100.0)
    assert said(Raman().analyse(wide, POWDER), "add MoO3_666, MoO3_820, MoO3_995")
    every = ("1T_J1", "1T_J2", "MoO3_666", "MoO3_820", "MoO3_995")
    assert said(Raman(modes=every).analyse(wide, POWDER), "lines of MoO3 are there")
    clean = Raman(modes=every).analyse(spectrum(lines, end=1100.0), POWDER)
    assert not said(clean, "lines of MoO3")
    assert "height_moo3_820" in clean.limits


def test_a_line_of_one_s_own_and_one_outside():
    found = Raman(modes=("Li2S = 370 1/cm", "Si")).analyse(spectrum({371.0: 200.0}), POWDER)
    assert found["position_li2s"].value == pytest.approx(371.0, abs=0.6)
    assert said(found, "Si at 520.5 1/cm lies outside the spectrum")


def test_what_cannot_be_fitted_is_named():
    good = spectrum({152.0: 300.0})
    main = good["main"]
    shift, counts = main.columns["raman_shift"].values, main.columns["intensity"].values
    for records, settings, words in (
        (good, {"modes": ("3R_A1",)}, "names '3R_A1'"),
        (good, {"modes": ()}, "is empty"),
        (good, {"modes": ("= 370 1/cm",)}, "setting 'modes' has '= 370 1/cm', a line without a name"),
        (good, {"modes": ("Li2S = 370",)}, "setting 'modes' has 'Li2S = 370', whose place is no shift in 1/cm"),
        (good, {"modes": ("Li2S = near 370",)}, "setting 'modes' has 'Li2S = near 370'"),
        (good, {"baseline": 0}, "setting 'baseline' is 0; it is a number of terms from 1 to 15"),
        (good, {"baseline": 16}, "setting 'baseline' is 16"),
        (
            written(shift[30:62], counts[30:62]),
            {"modes": ("a=135 1/cm", "b=140 1/cm", "1T_J1"), "baseline": 15},
            "fewer",
        ),
        (good, {"modes": ("Si",)}, "no line of the setting 'modes'"),
        (good, {"begin": Quantity.exact(480, "1/cm")}, "rows from 480 to 5000"),
        (written(shift[:20], counts[:20]), {}, "has 20 rows"),
        (written(np.append(shift, shift[3]), np.append(counts, 1.0)), {}, "twice"),
        (written(shift, 0 * counts + 5), {}, "one intensity alone"),
        ({"main": dataclasses.replace(main, kind="diffraction")}, {}, "is of kind"),
    ):
        with pytest.raises(BadInput, match=words):
            Raman(**settings).analyse(records, POWDER)
