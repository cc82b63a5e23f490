"""Records, results, drawings and samples come back from every form they are turned into."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from thiocell.core import (
    Axis,
    BadInput,
    Band,
    Column,
    Covariance,
    Drawing,
    Fact,
    Image,
    Limit,
    Line,
    Panel,
    Points,
    Quantity,
    Record,
    Result,
    Sample,
    Shelf,
    Source,
    Term,
)
from thiocell.core.term import word_of

numbers = st.floats(allow_nan=True, allow_infinity=False, width=64)
columns = st.integers(0, 20).flatmap(
    lambda n: st.dictionaries(
        st.sampled_from(["time", "voltage", "current", "z_real"]),
        st.builds(Column, hnp.arrays(np.float64, n, elements=numbers), st.sampled_from(["s", "V", "mAh/g", ""])),
    )
)
sources = st.builds(
    Source, st.sampled_from(["measured", "predicted", "paper"]), st.text(max_size=10), st.text(max_size=10)
)
records = st.builds(
    Record,
    st.text(max_size=8),
    st.sampled_from(["cycling", "impedance"]),
    columns,
    sources,
    st.lists(st.text(max_size=12), max_size=2).map(tuple),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
quantities = st.builds(
    Quantity, st.floats(-1e9, 1e9), st.sampled_from(["V", "mAh/g", ""]), st.one_of(st.just(0.0), st.floats(0, 1e6))
)
arrays = hnp.arrays(np.float64, 5, elements=numbers)
layers = st.one_of(
    st.builds(Line, arrays, arrays, st.text(max_size=5), st.integers(0, 5), st.sampled_from(["solid", "dashed"])),
    st.builds(Points, arrays, arrays, sigma_y=st.one_of(st.none(), arrays)),
    st.builds(Band, arrays, arrays, arrays),
    st.builds(Image, hnp.arrays(np.float64, (2, 3), elements=numbers), *[st.floats(-1, 1)] * 4),
)
drawings = st.builds(
    Drawing,
    st.lists(
        st.builds(
            Panel,
            st.builds(Axis, st.text(max_size=5), st.just("V")),
            st.builds(Axis, st.text(max_size=5)),
            st.lists(layers, max_size=3).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    st.text(max_size=5),
    st.booleans(),
)


@given(records)
def test_a_record_comes_back_from_json(record):
    assert Record.from_json(json.loads(json.dumps(record.to_json(), allow_nan=False))) == record


@given(records)
def test_a_record_comes_back_from_a_frame(record):
    assert Record.from_frame(record.to_frame()) == record


@given(records)
def test_a_record_comes_back_from_xarray(record):
    assert Record.from_xarray(record.to_xarray()) == record


@given(drawings)
def test_a_drawing_comes_back_from_json(drawing):
    assert Drawing.from_json(json.loads(json.dumps(drawing.to_json(), allow_nan=False))) == drawing


@given(
    st.dictionaries(st.text(max_size=5), quantities, max_size=3),
    st.dictionaries(st.text(max_size=5), records, max_size=2),
    st.one_of(st.none(), drawings),
)
def test_a_result_comes_back_from_json(values, curves, drawing):
    covariance = Covariance(("a", "b"), np.array([[1.0, 0.5], [0.5, 2.0]]))
    limits = {"d": Limit(Quantity(3, "V", 0.1), "above", 0.95)}
    parts = {"a": {"mass": 0.5, "gain": -0.25}}
    result = Result("cycling", values, Source("measured"), curves, ("a doubt",), covariance, limits, drawing, parts)
    assert Result.from_json(json.loads(json.dumps(result.to_json(), allow_nan=False))) == result


def test_a_sample_comes_back_from_json():
    fact = Fact(Quantity.parse("4.0(1) mg"), Source("measured", place="notebook 3"))
    sample = Sample("best", "li2s_lii_mos2", {"x": Quantity.exact(0.2)}, {"mass": fact}, {"cycle": Quantity.exact(1)})
    assert Sample.from_json(json.loads(json.dumps(sample.to_json()))) == sample


def test_a_column_is_a_copy_that_cannot_be_changed():
    mine = np.array([1.0, 2.0])
    column = Column(mine, "V")
    mine[0] = 9.0
    assert column.values[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        column.values[0] = 5.0


def test_a_column_is_given_in_si_units_by_its_name():
    record = Record(
        "r", "cycling", {"time": Column([1, 2], "h"), "temperature": Column([25, 25], "degC")}, Source("measured")
    )
    assert record["time"].tolist() == [3600, 7200]
    assert record["temperature"] == pytest.approx([298.15, 298.15])


def test_a_missing_column_is_named_with_those_that_are_there():
    record = Record("cell 7", "cycling", {"time": Column([1.0])}, Source("measured"))
    with pytest.raises(BadInput, match="'cell 7' has no column 'voltage'; it has time"):
        record["voltage"]


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(BadInput, match="unequal length"):
        Record("r", "cycling", {"a": Column([1.0]), "b": Column([1.0, 2.0])}, Source("measured"))


def test_a_missing_or_impossible_fact_is_named():
    sample = Sample("best", facts={"mass": Fact(Quantity(0, "mg"), Source("measured"))})
    with pytest.raises(BadInput, match="sample 'best' has no 'area'; it has mass"):
        sample["area"]
    with pytest.raises(BadInput, match="greater than zero"):
        sample.positive("mass", "mg")
    with pytest.raises(BadInput, match="write it in 'V'"):
        sample.positive("mass", "V")


def test_adding_facts_leaves_the_sample_as_it_was():
    sample = Sample("best")
    richer = sample.with_facts({"mass": Fact(Quantity(4, "mg"), Source("measured"))})
    assert "mass" in richer
    assert "mass" not in sample


def test_a_correlation_is_read_from_a_covariance():
    covariance = Covariance(("a", "b"), np.array([[4.0, 1.0], [1.0, 1.0]]))
    assert covariance.correlation("a", "b") == pytest.approx(0.5)
    assert covariance.correlation("a", "elsewhere") == 0


def test_a_term_holds_a_quantity_to_its_bounds():
    term = Term("V", "V", "cell voltage", 0, 5)
    assert term.check("voltage", Quantity(2500, "mV")).value == pytest.approx(2.5)
    with pytest.raises(BadInput, match="must lie between 0 and 5 V"):
        term.check("voltage", Quantity(6, "V"))
    with pytest.raises(BadInput, match="write it in 'V'"):
        term.check("voltage", Quantity(6, "A"))


def test_an_unknown_source_kind_is_refused_with_the_choices():
    with pytest.raises(BadInput, match="measured"):
        Source("guessed")


def test_a_shelf_names_what_it_has(tmp_path):
    (tmp_path / "alpha.py").write_text("X = 1")
    (tmp_path / "_hidden.py").write_text("")
    shelf = Shelf("toy", "no_such_package", (str(tmp_path),), lambda name, module: (name, module))
    assert shelf.names == ("alpha",)
    with pytest.raises(BadInput, match="there is no toy 'beta'; there are alpha"):
        shelf.find("beta")


def test_an_exact_value_prints_as_a_claim_and_an_unknown_one_as_unknown():
    assert str(Quantity(4, "mg", 0)) == "4(0) mg"
    assert str(Quantity(4, "mg")) == "4(?) mg"
    assert not math.isfinite(Quantity(4, "mg").sigma)


def test_a_name_becomes_the_end_of_a_word():
    assert word_of("2H-E2g") == word_of("2H_E2g") == "2h_e2g"
    assert word_of("Li2S I") == "li2s_i"
