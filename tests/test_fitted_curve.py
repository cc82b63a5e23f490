"""A record beside its fits: what lies below it is shifted by known amounts, and nothing is one block."""

import numpy as np
import pytest

from thiocell.core.drawing import Axis, Line, Points
from thiocell.core.quantity import Quantity
from thiocell.techniques._fitted_curve import fitted_curve, side_by_side

EDGES = ("Phase", Axis("Edge a", "angstrom"))
AXES = (Axis("Two-theta", "deg"), Axis("Intensity"))


def layers_of(size, fits=("fit",)):
    at = np.linspace(2.0, 60.0, size)
    seen = 100.0 + 50.0 * np.sin(at)
    curves = {name: seen + n * np.cos(at) for n, name in enumerate(fits, start=1)}
    rows = {"Li2S": np.array([27.0, 45.0]), "LiI": np.array([25.6])}
    return at, seen, curves, fitted_curve(AXES, (at, seen), curves, rows=rows)


def test_differences_lie_below_the_record_and_the_rows_of_lines_below_them_each_in_its_place():
    _, seen, curves, panel = layers_of(200)
    zero, left = (layer for layer in panel.layers if isinstance(layer, Line) and np.max(layer.y) < seen.min())
    assert left.y - zero.y[0] == pytest.approx(seen - curves["fit"])
    strokes = [layer for layer in panel.layers if isinstance(layer, Points) and layer.mark == "bar"]
    assert [layer.label for layer in strokes] == ["Li2S", "LiI"]
    assert left.y.min() > strokes[0].y[0] > strokes[1].y[0]
    assert panel.y.floor < seen.min()
    assert np.max(left.y) <= panel.y.floor


def test_each_of_several_fits_has_its_own_difference_in_its_own_tone():
    _, _, curves, panel = layers_of(200, ("one", "two"))
    thin = [layer for layer in panel.layers if isinstance(layer, Line) and layer.weight == "thin"]
    named = {layer.label: layer.tone for layer in panel.layers if layer.label in curves}
    assert [layer.tone for layer in thin] == list(named.values())
    assert thin[0].y.min() > thin[1].y.max()


@pytest.mark.parametrize(("size", "kind"), [(200, Points), (60_000, Line)])
def test_a_record_of_very_many_points_is_a_pale_line_under_its_fit(size, kind):
    _, _, _, panel = layers_of(size)
    record = panel.layers[0]
    assert isinstance(record, kind)
    assert record.label == "record"
    assert panel.wide


def test_a_single_value_has_no_panel():
    one = {"Ni": Quantity(3.53, "angstrom", 0.001)}
    assert side_by_side(EDGES, one, "Cells") == ()
    (panel,) = side_by_side(EDGES, {**one, "LiI": Quantity(0.601, "nm", 0.0001)}, "Cells")
    assert panel.x.places == ("Ni", "LiI")
    assert panel.layers[0].y == pytest.approx([3.53, 6.01])
