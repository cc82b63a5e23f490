"""The verb inside: what it declares, what it gives, what it refuses."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.studies.insight import NUMBERS
from thiocell.studies.intervals import reach_of
from thiocell.studies.load import load
from thiocell.studies.looking import look, meaning
from thiocell.studies.run import default_store, run
from thiocell.studies.show import SHOWN

HEAD = """
title = "inside"
[sample.best]
system = "li2s_lii_mos2"
recipe = { x = 0.20, y = 0.15 }
facts = { mass = "4.0(1) mg", area = "0.7854 cm**2", thickness = "30 um" }
"""
SIMPLE = 'sample = "best"\ncurrents = ["100 mA/g"]\n'


def study(tmp_path, *tables: str):
    (tmp_path / "study.toml").write_text(HEAD + "\n".join(tables), "utf-8")
    return tmp_path / "study.toml"


def sample() -> Sample:
    told = {"mass": "4.0(1) mg", "area": "0.7854 cm**2", "thickness": "30 um"}
    facts = {word: Fact(Quantity.parse(text), Source("assumed")) for word, text in told.items()}
    return Sample("best", "li2s_lii_mos2", {"x": Quantity.exact(0.2), "y": Quantity.exact(0.15)}, facts, {})


@pytest.mark.parametrize("show", SHOWN)
def test_every_view_is_drawn_and_said_to_be_virtual(show) -> None:
    result = look(sample(), {}, "parabolic", [Quantity.parse("50 mA/g"), Quantity.parse("100 mA/g")], show)
    assert result.source.kind == "predicted"
    assert result.drawing is not None
    assert result.drawing.virtual
    assert all(panel.x.label and panel.y.label for panel in result.drawing.panels)
    for word, found in result.values.items():
        means = meaning(word)
        assert means is not None, word
        assert (f"at current {word[-1]}" in means.meaning) == (word[-2:] in ("_1", "_2"))
        means.check(word, found)


def test_a_word_that_no_look_gives_has_no_meaning() -> None:
    assert meaning("loss_electrons_12").meaning == "mean loss by electrons over the discharge at current 12"
    assert meaning("lossy_1") is None
    assert meaning("loss_separator") is None


def test_ohm_s_law_is_found_in_the_separator_and_switching_it_off_wins_charge() -> None:
    values = {"separator_resistance": Quantity.parse("400 Ohm*cm**2")}
    found = look(sample(), values, "parabolic", [Quantity.parse("100 mA/g")], "losses").values
    # 100 mA/g on 4 mg and 0.7854 cm2 are 0.509 mA/cm2, times 400 ohm cm2
    assert found["loss_separator_1"].value == pytest.approx(400 * 0.4 / 0.7854, rel=1e-6)
    assert found["won_separator_1"].value > 10
    assert found["capacity_1"].value < found["slow_capacity"].value
    assert 0 < found["molybdenum_share_of_first_100"].value <= 100


def test_a_study_looks_inside_with_the_values_it_states(tmp_path) -> None:
    text = (
        f'[inside.one]\n{SIMPLE}show = "losses"\ngrains = "none"\nvalues = {{ separator_resistance = "200 ohm*cm**2" }}'
    )
    claim = '[claim.ohm]\nsays = { "one.loss_separator_1" = "101.9 mV" }'
    done = run(load(study(tmp_path, text, claim)), default_store(tmp_path))
    assert [(v.verdict, v.kind) for v in done.verdicts] == [("holds", "predicted")]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (f'{SIMPLE}show = "everything"', r"show: 'everything' cannot be drawn; choose from voltage"),
        (f'{SIMPLE}grains = "cubic"', r"grains: there is no 'cubic'; there are"),
        (f'{SIMPLE}show = "limits"', r"write two currents at least"),
        ('sample = "best"', r"currents: write a list of currents"),
        (f'{SIMPLE}values = {{ sulphur_exchange = "1 mA/g" }}', r"values.sulphur_exchange: the cell has no such fact"),
        (f'{SIMPLE}values = {{ sulfur_exchange = "-1 mA/g" }}', r"sulfur_exchange.*must lie between"),
        (f'{SIMPLE}values = "nothing"', r"nothing"),
        (f'{SIMPLE}colour = "red"', r"colour"),
    ],
)
def test_faults_are_named_before_anything_is_computed(tmp_path, table, sentence) -> None:
    with pytest.raises(BadInput, match=sentence):
        load(study(tmp_path, f"[inside.one]\n{table}"))


def test_a_current_that_cannot_start_is_a_doubt_and_alone_an_error() -> None:
    values = {"separator_resistance": Quantity.parse("3000 Ohm*cm**2")}
    both = look(sample(), values, "none", [Quantity.parse("25 mA/g"), Quantity.parse("400 mA/g")], "limits")
    assert any("400" in doubt and "cannot start" in doubt for doubt in both.doubts)
    with pytest.raises(BadInput, match="cannot be discharged at 400"):
        look(sample(), values, "none", [Quantity.parse("400 mA/g")], "limits")


FIT = """
[fit.two]
technique = "rate"
sample = "best"
law = "cell"
grains = "parabolic"
currents = ["25 mA/g", "200 mA/g"]
cycles = 1
returns = false
nodes = 4
starts = 1
profile = false
vary.separator_resistance = { low = "50 ohm*cm**2", high = "900 ohm*cm**2", scale = "log", place = "wide" }
vary.molybdenum_potential = { low = "0.5 V", high = "1.3 V", place = "wide" }
to.discharge_capacity_1 = { is = "550 mAh/g", error = "20 mAh/g", place = "made up" }
to.discharge_capacity_2 = { is = "420 mAh/g", error = "20 mAh/g", place = "made up" }
to.mean_discharge_voltage_1 = "1.85(5) V"
"""
RANGES = (
    '[inside.shares]\nsample = "best"\nvalues = "two"\ncurrents = ["25 mA/g"]\nshow = "shares"\n'
    'gives = ["molybdenum_capacity", "first_charge_plateau"]\n'
    '[claim.c]\nsays = { "shares.molybdenum_capacity" = "1 mAh/g", "shares.first_charge_plateau" = "about 2.3 V" }\n'
)


def test_what_a_fit_leaves_open_inside_is_a_range_and_claims_are_judged_by_it(tmp_path) -> None:
    read = load(study(tmp_path, FIT, RANGES))
    whole = run(read, default_store(tmp_path))
    fit, shares = (whole.outcomes[name].result for name in ("two", "shares"))
    reach = reach_of(shares, "molybdenum_capacity")
    assert reach.low < shares["molybdenum_capacity"].value < reach.high
    # all charge within the window but sulfur's: a fact of counting that no parameter of the fit changes much
    assert 100 < reach.low < reach.high <= whole.outcomes["best"].result["capacity_mos2"].value
    words = ("separator_resistance", "molybdenum_potential")
    best = look(sample(), {word: fit[word] for word in words}, "parabolic", [Quantity.parse("25 mA/g")], "shares")
    assert shares["first_charge_plateau"].value == pytest.approx(best["first_charge_plateau"].value, abs=1e-3)
    assert [verdict.verdict for verdict in whole.verdicts] == ["fails", "holds"]
    assert "it may be" in whole.verdicts[0].reason
    assert any("best fit of 'two', held exact" in doubt for doubt in shares.doubts)
    assert not any("separator_resistance =" in doubt and "(assumed)" in doubt for doubt in shares.doubts)


def test_a_charge_shorter_than_the_first_100_and_one_without_molybdenum_have_no_share_of_it() -> None:
    def seen(passed, swing):
        cell = SimpleNamespace(area=1.0, mass=1 / 3600.0)
        return SimpleNamespace(
            insides={
                "discharged": SimpleNamespace(
                    couples=("sulfur", "molybdenum"),
                    capacity=np.array(passed),
                    charges=np.array([[0.0, each] for each in swing]),
                )
            },
            cell=cell,
            per_gram=1.0,
        )

    share = NUMBERS["molybdenum_share_of_first_100"]
    assert share(seen([0.0, 200.0], [0.0, -80.0])) == pytest.approx(50.0)
    assert np.isnan(share(seen([0.0, 90.0], [0.0, -80.0])))
    assert np.isnan(share(seen([0.0, 200.0], [0.0, 0.0])))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"molybdenum_capacity", ', '"slow_capacity", ', "gives: write a list out of"),
        ('values = "two"', "values = { sulfur_exchange = '5 mA/g' }", "gives: a range needs a fit"),
    ],
)
def test_ranges_that_cannot_be_are_refused(tmp_path, old, new, says) -> None:
    with pytest.raises(BadInput, match=says):
        load(study(tmp_path, FIT, RANGES.replace(old, new)))
