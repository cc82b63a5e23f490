"""Pair distribution functions: real ones with published answers, mixtures with known truth, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from thiocell.chemistry.structures import MOS2_1T, MOS2_2H
from thiocell.cli import cli
from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.readers import read
from thiocell.studies.bench import Bench, analysed
from thiocell.techniques._findings import Findings
from thiocell.techniques._pairs.engine import Pairs
from thiocell.techniques._pairs.rival import Look, fit, independent, parameters
from thiocell.techniques._pairs.told import Seen, add_values, curves, verdict
from thiocell.techniques._pairs.words import edges_of, letters_of
from thiocell.techniques.pdf import Pdf

POWDER = Sample("powder")
ROOT = Path(__file__).resolve().parents[1]


def angstrom(value) -> Quantity:
    return Quantity.exact(value, "angstrom")


def mixed(shares, noise, seed=4, end=15.0):
    """G(r) of 1T and 2H by shares of atoms; a share counts by the square of the electrons of a mean atom, 74/3 both."""
    r = np.arange(1.5, end, 0.02)
    parts = []
    for structure in (MOS2_1T, MOS2_2H):
        moves = {atom.element: atom.u_iso for atom in structure.atoms}
        parts.append(Pairs(structure, r[0], r[-1], r.size, 25.0).at([1.0] * 3, moves, 2.0, 0.0, 0.04, 0.01))
    g = shares[0] * parts[0] + shares[1] * parts[1] + noise * np.random.default_rng(seed).normal(size=r.size)
    return written(r, g)


def written(r, g, **more) -> dict[str, Record]:
    columns = {"r": Column(r, "angstrom"), "g": Column(g, "1/angstrom**2")} | more
    record = Record("made", "pair_distribution", columns, Source("measured", place="made up"), notes={"qmax": "25"})
    return {"main": record}


@pytest.mark.parametrize(
    ("file", "structure", "qmax", "edge", "within", "rw"),
    [("Ni.gr", "Ni.cif", 25.0, 3.5248, 2e-4, (3.0, 3.5)), ("si.gr", "Si_Fd-3m.cif", 22.0, 5.4296, 3e-4, (6.5, 8.5))],
)
def test_standards_give_the_published_edges(data_dir, file, structure, qmax, edge, within, rw):
    """DiffPy-CMI's examples, 1.5 to 50 angstrom: Ni 3.5248, Rw about 3.2 %; Si 5.4296 angstrom, about 7.2 %."""
    (main,), (cif,) = read(data_dir / "pdf" / file), read(data_dir / "pdf" / structure)
    technique = Pdf(models=("it",), end=angstrom(50), qmax=Quantity.exact(qmax, "1/angstrom"), calibrate=True)
    found = technique.analyse({"main": main, "it": cif}, POWDER)
    assert found["a_it"].value == pytest.approx(edge, abs=within)
    assert rw[0] < found["rw_it"].value < rw[1]
    assert found.source.kind == "measured"


@pytest.mark.parametrize("page", ["pdf", "raman"])
def test_the_commands_of_the_page_give_its_figures(data_dir, monkeypatch, page):
    text = (ROOT / "docs" / "techniques" / f"{page}.md").read_text()
    commands = re.findall(r"^thiocell (analyse .*)$", text, re.MULTILINE)
    assert len(commands) >= 2
    monkeypatch.chdir(data_dir / page)
    for command in commands:
        done = CliRunner().invoke(cli, [*shlex.split(command), "--json"])
        assert done.exit_code == 0, done.output
        (found,) = json.loads(done.output)["results"].values()
        for word, told in found["values"].items():
            if word.startswith(("a_n", "a_s", "damping", "broadening", "position")):
                assert str(Quantity.from_json(told)).split()[0] in text, word
            if word.startswith("rw"):
                assert any(f"{told['value']:.{digits}f}" in text for digits in (1, 2)), word


@pytest.mark.parametrize(("technique", "maker"), [("pdf", "models"), ("xrd", "phases")])
def test_a_role_that_a_setting_would_make_is_refused_with_that_setting(tmp_path, technique, maker):
    with pytest.raises(BadInput, match=f"{technique} has no role 'Ni'; .*; --set {maker}=Ni makes one"):
        analysed([tmp_path / "Ni.gr"], Bench(technique, others=("Ni=Ni.cif",)))
    with pytest.raises(BadInput, match=r"raman has no role 'Ni'; it has none but 'main', which FILES are$"):
        analysed([tmp_path / "Ni.gr"], Bench("raman", others=("Ni=Ni.cif",)))


def test_wurtzite_is_told_from_zincblende(data_dir):
    """Bulk CdSe: Rw 0.166 against 0.729 with another code's ranges and instrument."""
    folder = data_dir / "pdf"
    (main,) = read(folder / "CdSe-bulk.gr")
    records = {"main": main, "wurtzite": read(folder / "CdSe-Wurtzite.cif")[0]}
    records |= {"zincblende": read(folder / "CdSe-Zincblende.cif")[0]}
    found = Pdf(models=("zincblende", "wurtzite"), end=angstrom(20)).analyse(records, POWDER)
    assert 12 < found["rw_wurtzite"].value < 21
    assert 65 < found["rw_zincblende"].value < 80
    (verdict,) = (doubt for doubt in found.doubts if "fits better" in doubt)
    assert verdict.startswith("wurtzite fits better than zincblende")
    assert verdict.endswith("the data tell them apart")


def test_a_mixture_is_found_and_a_rival_too_many_is_not_told_apart():
    models = ("MoS2_1T", "MoS2_2H", "MoS2_1T+MoS2_2H")
    found = Pdf(models=models).analyse(mixed((0.7, 0.3), 0.05), POWDER)
    assert found["share_mos2_1t"].value == pytest.approx(70.0, abs=max(4 * found["share_mos2_1t"].sigma, 0.1))
    assert found["share_mos2_1t"].value + found["share_mos2_2h"].value == pytest.approx(100.0)
    assert all(doubt.startswith("MoS2_1T+MoS2_2H fits better") for doubt in found.doubts if "fits better" in doubt)
    # pure 1T in much noise: the mixture is never told to be better; what else it follows is noise of 108 of 675 rows
    for seed in (4, 5):
        found = Pdf(models=models).analyse(mixed((1.0, 0.0), 1.5, seed), POWDER)
        assert found["rw_mos2_1t_mos2_2h"].value <= found["rw_mos2_1t"].value + 4.0
        pair = ("MoS2_1T+MoS2_2H fits better than MoS2_1T:", "MoS2_1T fits better than MoS2_1T+MoS2_2H:")
        (told,) = (doubt for doubt in found.doubts if doubt.startswith(pair))
        alike = told.endswith("the data do not tell them apart")
        assert alike or told.startswith("MoS2_1T fits better")


def test_shares_of_mixtures_have_the_sigma_that_they_scatter_by():
    """Predictions of a mixture, analysed: pulls of shares and edges, and shares that know each other."""
    technique = Pdf(models=("MoS2_1T+MoS2_2H",))
    truth = {"share_mos2_2h": Quantity.exact(30.0, "%"), "a_mos2_1t": angstrom(3.195)}
    pulls = []
    for seed in range(12):
        found = technique.analyse(technique.predict(truth, POWDER, np.random.default_rng(seed)), POWDER)
        pulls += [(found[word].value - true.value) / found[word].sigma for word, true in truth.items()]
    assert found.covariance.correlation("share_mos2_1t", "share_mos2_2h") == pytest.approx(-1.0)
    assert 0.6 < np.sqrt(np.mean(np.square(pulls))) < 1.4  # 24 pulls: 1.00(14)
    with pytest.raises(BadInput, match="'share_mos2_2h' is missing"):
        technique.predict({}, POWDER)


def test_a_mixture_of_finite_grains_comes_back():
    technique = Pdf(models=("MoS2_1T+Li2S",), finite=True, end=angstrom(25))
    truth = {"share_li2s": Quantity.exact(60.0, "%"), "size_mos2_1t": Quantity.exact(3.0, "nm"),
             "size_li2s": Quantity.exact(10.0, "nm")}  # fmt: skip
    found = technique.analyse(technique.predict(truth, POWDER, np.random.default_rng(2)), POWDER)
    for word, true in truth.items():
        assert abs(found[word].value - true.value) < 4 * found[word].sigma, word


def test_a_model_that_does_not_fit_gives_no_edge(data_dir):
    (main,) = read(data_dir / "pdf" / "Ni.gr")
    found = Pdf(qmax=Quantity.exact(25, "1/angstrom")).analyse({"main": main}, POWDER)
    assert set(found.values) == {"rw_mos2_1t", "rw_mos2_2h"}
    assert any(doubt.startswith("no model fits: the best") for doubt in found.doubts)
    assert not any("tell them apart" in doubt for doubt in found.doubts)


def test_what_the_instrument_does_is_read_or_said():
    good = mixed((1.0, 0.0), 0.05)["main"]
    said = "the instrument's damping 0.04 and broadening 0.01 1/angstrom are assumed"
    assert any(doubt.startswith(said) for doubt in Pdf().analyse({"main": good}, POWDER).doubts)
    told = dataclasses.replace(good, notes={"qmax": "25", "qdamp": "0.04", "qbroad": "0.01"})
    assert not any("are assumed" in doubt for doubt in Pdf().analyse({"main": told}, POWDER).doubts)
    far = Pdf(end=angstrom(30)).analyse({"main": told}, POWDER)
    assert any(doubt.startswith("the record ends at 14.98 angstrom") for doubt in far.doubts)


def test_sizes_of_coherent_grains_are_found():
    r = np.arange(1.5, 30.0, 0.02)
    moves = {atom.element: atom.u_iso for atom in MOS2_1T.atoms}
    g = Pairs(MOS2_1T, r[0], r[-1], r.size, 25.0).at([1.0] * 3, moves, 2.0, 40.0, 0.04, 0.01)
    g = g + 0.03 * np.random.default_rng(1).normal(size=r.size)
    technique = Pdf(models=("MoS2_1T",), end=angstrom(30), finite=True)
    told = dataclasses.replace(technique, damping=Quantity.exact(0.04, "1/angstrom")).analyse(written(r, g), POWDER)
    assert told["size_mos2_1t"].value == pytest.approx(4.0, abs=4 * told["size_mos2_1t"].sigma)
    # where the damping is assumed all of it may be the grains': they are no smaller than that
    found = technique.analyse(written(r, g), POWDER)
    assert "size_mos2_1t" not in found.values
    limit = found.limits["size_mos2_1t"]
    assert (limit.side, limit.level, limit.bound.unit) == ("above", 0.95, "nm")
    assert 3.0 < limit.bound.value < 4.0
    assert any("no more is told, as the instrument's damping is assumed" in doubt for doubt in found.doubts)


def test_a_standard_tells_the_instrument_and_an_assumed_instrument_no_size(data_dir):
    """Bulk nickel had a diameter of 17.4(1.7) nm by an assumed damping."""
    (main,), (cif,) = read(data_dir / "pdf" / "Ni.gr"), read(data_dir / "pdf" / "Ni.cif")
    technique = Pdf(models=("it",), end=angstrom(30), calibrate=True)
    found = technique.analyse({"main": main, "it": cif}, POWDER)
    for word, value, sigma in (("damping", 0.0457, 3e-4), ("broadening", 0.0192, 8e-4)):
        assert found[word].to("1/angstrom").value == pytest.approx(value, abs=2 * sigma)
        assert found[word].sigma == pytest.approx(sigma, rel=0.3)
        assert technique.terms[word].unit == "1/angstrom"
        assert word not in Pdf().terms
    finite = Pdf(models=("it",), end=angstrom(30), finite=True).analyse({"main": main, "it": cif}, POWDER)
    assert "size_it" not in finite.values
    assert 5.0 < finite.limits["size_it"].bound.value < 10.0


def test_a_virtual_instrument_is_told_and_found():
    told = {"damping": Quantity.exact(0.06, "1/angstrom"), "broadening": Quantity.exact(0.03, "1/angstrom")}
    made = Pdf(models=("MoS2_1T",), **told).predict({}, POWDER, np.random.default_rng(1))
    assert not any("assumed" in doubt for doubt in Pdf(models=("MoS2_1T",)).analyse(made, POWDER).doubts)
    found = Pdf(models=("MoS2_1T",), calibrate=True).analyse(made, POWDER)
    for word, true in told.items():
        assert abs(found[word].value - true.value) < 4 * found[word].sigma


def test_a_gap_is_left_out_and_said(data_dir):
    """Nickel without 6.6 to 7.2 angstrom: bridged by a line it gave Rw 31.5 % and 3.5267(14) angstrom, undoubted."""
    (main,), (cif,) = read(data_dir / "pdf" / "Ni.gr"), read(data_dir / "pdf" / "Ni.cif")
    r, g = 1e10 * main["r"], 1e-20 * main["g"]
    kept = (r <= 6.6) | (r >= 7.2)
    technique = Pdf(models=("it",))
    holed = technique.analyse(written(r[kept], g[kept]) | {"it": cif}, POWDER)
    whole = technique.analyse(written(r, g) | {"it": cif}, POWDER)
    assert abs(holed["a_it"].value - whole["a_it"].value) < whole["a_it"].sigma
    assert holed["rw_it"].value < whole["rw_it"].value + 0.5
    said = "the record has no rows from 6.6 to 7.2 angstrom: models are held against it outside of that alone"
    assert said in holed.doubts
    assert not any("has no rows" in doubt for doubt in whole.doubts)


def test_rows_that_are_uneven_or_few_are_used_as_they_are():
    """Each third row or so, at random, and rows pi/Qmax apart, of exact pairs: nothing is left but the reckoning."""
    main = mixed((1.0, 0.0), 0.0)["main"]
    r, g = 1e10 * main["r"], 1e-20 * main["g"]
    rows = np.flatnonzero(np.random.default_rng(1).random(r.size) < 0.3)
    for few in (np.append(0, rows), np.arange(0, r.size, 6)):
        found = Pdf(models=("MoS2_1T",)).analyse(written(r[few], g[few]), POWDER)
        assert found["a_mos2_1t"].value == pytest.approx(3.19, abs=1e-4)
        assert found["rw_mos2_1t"].value < 0.5
        assert found.curves["pairs"]["r"].size == few.size
    sparse = Pdf(models=("MoS2_1T",)).analyse(written(r[::10], g[::10]), POWDER)
    assert any(doubt.startswith("rows are 0.2 angstrom apart, further than pi/qmax, 0.126") for doubt in sparse.doubts)


def test_independent_rows_are_those_nearest_to_points_pi_over_qmax_apart():
    r = np.arange(1.5, 15.0, 0.01)
    places = r[independent(r, 25.0)]
    assert places.size == 108  # 13.49 / 0.12566, and the first
    assert np.abs(places - 1.5 - np.arange(108) * np.pi / 25.0).max() <= 0.005 + 1e-9
    holed = r[(r < 5.0) | (r > 6.0)]
    assert independent(holed, 25.0).size == pytest.approx(108 - 1.0 / 0.12566, abs=1)


def test_a_fit_that_did_not_settle_is_held_against_no_other():
    main = mixed((1.0, 0.0), 0.05)["main"]
    r, g = 1e10 * main["r"], 1e-20 * main["g"]
    look = Look(r[0], r[-1], 25.0, 0.04, 0.01, finite=False, calibrate=False)
    layers, prisms = (fit(each.name, [each], r, g, look) for each in (MOS2_1T, MOS2_2H))
    assert len(list(verdict([layers, prisms]))) == 1
    for rivals in ([dataclasses.replace(layers, converged=False), prisms],
                   [layers, dataclasses.replace(prisms, converged=False)]):  # fmt: skip
        assert not any("fits better" in doubt for doubt in verdict(rivals))
        found = Findings("pdf", Seen(r, g, 25.0, main.source, ()))
        add_values(found, rivals, finite=False)
        assert any(doubt.endswith("did not settle: only its Rw is given, and it is held against no other")
                   for doubt in found.doubts)  # fmt: skip
        told = curves(found.seen, rivals)["models"]["aicc"]
        assert np.isnan(told).tolist() == [not each.converged for each in rivals]


def test_a_rival_that_creeps_along_a_valley_settles():
    """1T' for 1T beside the solid solution: 150 steps more left 0.0002 of the squared residuals less."""
    sizes = {"finite": True, "damping": Quantity.exact(0.04, "1/angstrom")}
    truth = {"share_mos2_1t": Quantity.exact(15.9, "%"), "size_li2s_i20": Quantity.exact(15.0, "nm"),
             "size_mos2_1t": Quantity.exact(5.0, "nm")}  # fmt: skip
    noise = Quantity.exact(0.38, "1/angstrom**2")
    made = Pdf(models=("Li2S_I20+MoS2_1T",), noise=noise, **sizes).predict(truth, POWDER, np.random.default_rng(9))
    found = Pdf(models=("Li2S_I20+MoS2_1Tp",), **sizes).analyse(made, POWDER)
    assert not any("did not settle" in doubt for doubt in found.doubts)
    assert found["rw_li2s_i20_mos2_1tp"].value == pytest.approx(37.05, abs=0.05)


@pytest.mark.parametrize(
    ("edges", "letters"),
    [((5.7, 5.7, 5.7), "aaa"), ((3.2, 3.2, 12.3), "aac"), ((3.2, 5.0, 5.0), "abb"), ((3.2, 4.0, 5.0), "abc")],
)
def test_edges_that_are_one_number_are_fitted_as_one_and_told(edges, letters):
    """Also b and c alike: they were fitted apart, and b alone was told."""
    structure = MOS2_1T.with_edges(*edges)
    assert "".join(letters_of(structure)) == letters
    assert edges_of(structure) == dict(zip(letters, edges, strict=True))
    look = Look(1.5, 15.0, 25.0, 0.04, 0.01, finite=False, calibrate=False)
    sought = [word[0] for word in parameters([structure], look)[0] if word[0] in "abc"]
    assert sought == sorted(set(letters))


def test_what_cannot_be_fitted_is_named():
    good = mixed((1.0, 0.0), 0.05)
    main = good["main"]
    silent = {"main": dataclasses.replace(main, notes={})}
    r, g = main.columns["r"].values, main.columns["g"].values
    for records, settings, words in (
        (silent, {}, "does not say up to which q"),
        (good, {"qmax": Quantity.exact(0.1, "1/angstrom")}, "lies between 1 and 200"),
        (good, {"models": ("MoS2_3R",)}, "names 'MoS2_3R'"),
        (good, {"models": ("MoS2_1T", "MoS2_1T")}, "names a model twice"),
        (good, {"models": ("MoS2_1T+MoS2_1T",)}, "names a structure twice"),
        (good, {"damping": Quantity.exact(-0.1, "1/angstrom")}, "damping is -0.1"),
        (good, {"end": angstrom(3.0), "qmax": Quantity.exact(8, "1/angstrom")}, "has 6 parameters, and .* hold 4"),
        (good, {"begin": angstrom(14.9)}, "rows from 14.9 to 15"),
        (good, {"begin": angstrom(20)}, "no range of r"),
        (written(r[::-1], g), {}, "does not rise"),
        (written(r, 0.0 * g), {}, "no G other than zero"),
        ({"main": dataclasses.replace(main, kind="diffraction")}, {}, "is of kind 'diffraction'"),
    ):
        with pytest.raises(BadInput, match=words):
            Pdf(**settings).analyse(records, POWDER)
