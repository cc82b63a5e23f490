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


def test_a_bent_baseline_does_not_bend_the_heights():
    """Heights 300, 200, 120 of broad lines; a baseline taken off first gives 242, 177, 76 (SCIENCE's trap)."""
    heights = {152.0: 300.0, 223.0: 200.0, 406.0: 120.0}
    made = spectrum(heights, under=lambda x: 600 + 900 * np.exp(-(x - 100) / 150), width=20.0)
    found = Raman(modes=("1T_J1", "1T_J2", "2H_A1g")).analyse(made, POWDER)
    for word, true in zip(("1t_j1", "1t_j2", "2h_a1g"), heights.values(), strict=True):
        quantity = found[f"height_{word}"]
        assert quantity.value == pytest.approx(true, abs=4 * quantity.sigma)
        assert quantity.sigma < 0.15 * true


def test_lines_that_are_not_there_have_limits_that_hold():
    """2H absent: of 60 spectra with a line of 20 counts there, at most some 5 % have a limit below it."""
    below, there = 0, 0
    for seed in range(60):
        found = Raman().analyse(spectrum({152.0: 300.0, 223.0: 200.0, 406.0: 20.0}, seed=seed), POWDER)
        limit = found.limits.get("height_2h_a1g")
        there += limit is None
        below += limit is not None and limit.bound.value < 20.0
        assert "height_2h_e2g" in found.limits or found["height_2h_e2g"].value > 0
    assert below <= 8
    found = Raman().analyse(spectrum({152.0: 300.0, 223.0: 200.0}), POWDER)
    assert said(found, "2H_E2g is not seen: its height is below")
    assert found["share_1t"].value == pytest.approx(100.0)


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
        (good, {"modes": ("Si",)}, "no line of the setting 'modes'"),
        (good, {"begin": Quantity.exact(480, "1/cm")}, "rows from 480 to 5000"),
        (written(shift[:20], counts[:20]), {}, "has 20 rows"),
        (written(np.append(shift, shift[3]), np.append(counts, 1.0)), {}, "twice"),
        (written(shift, 0 * counts + 5), {}, "one intensity alone"),
        ({"main": dataclasses.replace(main, kind="diffraction")}, {}, "is of kind"),
    ):
        with pytest.raises(BadInput, match=words):
            Raman(**settings).analyse(records, POWDER)
