"""The mean of replicate cells has a sigma that covers the truth, and knows what its cells share."""

import numpy as np
import pytest

from thiocell.core import BadInput, Limit, Quantity, Result, Source
from thiocell.studies.batch import pooled
from thiocell.studies.errors import shared


def cell(name, q, kind="measured", shared_sigma=0.0, own_sigma=0.0, **more):
    values = {"q1": Quantity(q[0], "mAh/g", np.hypot(shared_sigma, own_sigma))}
    parts = {"q1": {"mass of all": shared_sigma, f"mass of {name}": own_sigma}}
    if len(q) > 1:
        values["q2"] = Quantity(q[1], "mAh/g", np.hypot(shared_sigma, own_sigma))
        parts["q2"] = parts["q1"]
    values |= more
    return Result("rate", values, Source(kind), parts=parts)


@pytest.mark.parametrize("count", [2, 3, 6])
@pytest.mark.parametrize(("common", "own"), [(0.0, 1.0), (1.0, 1.0), (2.0, 0.2)])
def test_the_mean_s_sigma_covers_the_truth(count, common, own):
    rng = np.random.default_rng(4)
    inside = []
    for _ in range(600):
        together = rng.normal(0, common)
        batch = {
            str(i): cell(str(i), [500 + together + rng.normal(0, own)], shared_sigma=common, own_sigma=own)
            for i in range(count)
        }
        mean = pooled(batch)["q1"]
        inside.append(abs(mean.value - 500) <= mean.sigma)
    assert 0.63 <= np.mean(inside) <= 0.90  # cautious: never less than the cells' own errors, nor than their scatter


def test_scatter_that_is_no_one_s_own_error_widens_the_mean():
    rng = np.random.default_rng(5)
    z = []
    for _ in range(600):
        batch = {str(i): cell(str(i), rng.normal(500, 30, 2), own_sigma=5.0) for i in range(4)}
        result = pooled(batch)
        ratio = result["q2"].value / result["q1"].value
        cov = shared(result.parts["q1"], result.parts["q2"])
        relative = (result["q1"].sigma / 500) ** 2 + (result["q2"].sigma / 500) ** 2 - 2 * cov / 500**2
        z.append((ratio - 1) / np.sqrt(relative))
    assert 0.60 <= np.mean(np.abs(z) <= 1) <= 0.85
    assert np.mean(np.abs(z) <= 2) >= 0.85


def test_an_error_that_all_cells_share_does_not_average_out():
    batch = {str(i): cell(str(i), [500.0], shared_sigma=10.0) for i in range(9)}
    assert pooled(batch)["q1"].sigma == pytest.approx(10.0)


def test_errors_of_their_own_do():
    batch = {str(i): cell(str(i), [500.0], own_sigma=9.0) for i in range(9)}
    assert pooled(batch)["q1"].sigma == pytest.approx(3.0)


def test_one_virtual_cell_makes_the_mean_virtual():
    assert pooled({"a": cell("a", [1.0]), "b": cell("b", [1.0], "recovered")}).source.kind == "recovered"


def test_cells_at_other_currents_are_refused():
    slow, fast = (cell(n, [1.0], current_1=Quantity(i, "mA/g", 1)) for n, i in (("a", 25), ("b", 200)))
    with pytest.raises(BadInput, match="current_1"):
        pooled({"a": slow, "b": fast})


@pytest.mark.parametrize("word", ["discharge_current", "power_1", "current_2"])
def test_whatever_tells_another_test_is_noticed(word):
    slow, fast = (cell(n, [1.0], **{word: Quantity(i, "mA/g", 1)}) for n, i in (("a", 25), ("b", 60)))
    with pytest.raises(BadInput, match=word):
        pooled({"a": slow, "b": fast})


def test_what_cannot_be_pooled_is_said():
    odd = Result("rate", {"q1": Quantity(1, "mAh/g", 0.1), "x": Quantity(1, "V")}, Source("measured"),
                 limits={"fade": Limit(Quantity(1, "%", 0.1), "below", 0.95)})  # fmt: skip
    doubts = " ".join(pooled({"a": cell("a", [1.0]), "b": odd}).doubts)
    assert "x" in doubts
    assert "fade" in doubts


def test_one_cell_is_no_batch():
    with pytest.raises(BadInput, match="two cells"):
        pooled({"a": cell("a", [1.0])})
