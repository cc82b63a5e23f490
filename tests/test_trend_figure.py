"""A trend's figure says what is drawn in words, and marks the place that its law has found."""

from dataclasses import replace

import pytest

from thiocell.core.drawing import Band, Line
from thiocell.core.term import Term
from thiocell.studies.load import load
from thiocell.studies.run import default_store, run
from thiocell.studies.study import TrendStep
from thiocell.studies.trend import _axis_of_values

STUDY = """
[sample.series]
system = "li2s_lii_mos2"
recipe = { x = [0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30], y = 0.0 }

[trend.edge]
of = "series.edge_li2s_lii"
law = "broken_line"

[trend.free]
of = "series.molar_mass"
law = "line"
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    file = tmp_path_factory.mktemp("trend") / "study.toml"
    file.write_text(STUDY)
    return run(load(file), default_store(file.parent)).outcomes


def test_axes_and_caption_say_what_the_words_mean(found):
    drawing = found["edge"].result.drawing
    (panel,) = drawing.panels
    assert panel.y.text == "Cell edge of the solid solution / angstrom"
    assert panel.x.text == "x, moles of LiI in one mole of Li2S and LiI"
    assert drawing.caption == "Cell edge of the solid solution against x"


def test_a_meaning_that_goes_on_from_its_word_stands_behind_it():
    work = TrendStep("ionic_conductivity", "x", "line", (), Term("S/cm", "", "of the ions, by one route", 0, 1))
    assert _axis_of_values(work) == "Ionic conductivity of the ions, by one route"
    assert _axis_of_values(replace(work, value_means=None)) == "ionic conductivity"


def test_a_break_is_marked_with_its_interval_and_a_line_has_none(found):
    result = found["edge"].result
    place = result["break_point"]
    (panel,) = result.drawing.panels
    (band,) = (layer for layer in panel.layers if isinstance(layer, Band))
    assert band.x == pytest.approx([place.value - place.sigma, place.value + place.sigma])
    (mark,) = (layer for layer in panel.layers if isinstance(layer, Line) and layer.style == "dotted")
    assert mark.x == pytest.approx([place.value] * 2)
    assert mark.label == band.label == f"break point {place}"
    assert not any(isinstance(layer, Band) for layer in found["free"].result.drawing.panels[0].layers)
