"""What holds for every technique: a new file in techniques/ is tested here with no new test."""

import dataclasses
import doctest
import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Band, Image
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.report.catalogue import describe
from thiocell.report.sections import terms_of
from thiocell.studies.outcome import Outcome, Run
from thiocell.techniques import TECHNIQUES

every_technique = pytest.mark.parametrize("name", TECHNIQUES.names)
PAGES = Path(__file__).resolve().parents[1] / "docs" / "techniques"
DRAWS = 200
FEW = {
    "xrd": 20,
    "pdf": 20,
    "potential_step": 40,
}  # draws where each takes a second; benchmarks/sigma_coverage.py makes 200
ROUNDING = 1e-3  # of a value: what sampling every so often may cost a record without noise


def bench(technique, rng=None, scale=1.0):
    """A sample with the typical facts; with ``rng`` each is drawn from its own sigma, times ``scale``."""
    facts = {}
    for need, q in technique.needs.items():
        value = q.value if rng is None else q.value + scale * rng.normal() * (q.sigma if q.known else 0.0)
        facts[need] = Fact(Quantity(value, q.unit, q.sigma), Source("measured"))
    return Sample("bench", facts=facts)


def truths(technique):
    """Values in the middle of what makes sense: geometric where the bounds span decades, else arithmetic."""

    def middle(term):
        wide = term.low > 0 and term.high > 100 * term.low
        return math.sqrt(term.low * term.high) if wide else 0.5 * (term.low + term.high)

    return {word: Quantity.exact(middle(term), term.unit) for word, term in technique.gives.items()}


def drawn_numbers(drawing):
    """Every number in the layers of a drawing."""
    found = []
    for panel in drawing.panels:
        for layer in panel.layers:
            arrays = layer.arrays if isinstance(layer, Image) else tuple(a for a in layer.arrays if a != "x")
            found += [np.ravel(getattr(layer, a)) for a in (*arrays, *(() if isinstance(layer, Image) else ("x",)))]
    return np.concatenate([np.asarray(values, dtype=float) for values in found if values[0] is not None])


@every_technique
def test_the_file_name_is_the_class_name_and_settings_say_what_they_set(name):
    kind = TECHNIQUES.find(name)
    assert kind.__name__ == name.title().replace("_", "")
    assert kind.__dataclass_params__.frozen
    for entry in dataclasses.fields(kind):
        assert entry.metadata["meaning"], entry.name
        assert entry.default is not dataclasses.MISSING, entry.name


@every_technique
def test_analyse_undoes_predict(name):
    technique = TECHNIQUES.find(name)()
    truth = truths(technique)
    found = technique.analyse(technique.predict(truth, bench(technique)), bench(technique))
    for word, true in truth.items():
        assert found[word].to(true.unit).value == pytest.approx(true.value, rel=ROUNDING), word


@every_technique
def test_sigma_covers_the_truth_as_often_as_it_says(name):
    """Facts, gains, offsets and noise are drawn; 68 % and 95 % of the truths must lie within one and two sigmas."""
    technique, rng = TECHNIQUES.find(name)(), np.random.default_rng(20230427)
    truth, nominal = truths(technique), bench(technique)
    inside, draws = {word: np.zeros(2) for word in truth}, FEW.get(name, DRAWS)
    for _ in range(draws):
        found = technique.analyse(technique.predict(truth, bench(technique, rng), rng), nominal)
        for word, true in truth.items():
            off = abs(found[word].to(true.unit).value - true.value) / found[word].to(true.unit).sigma
            inside[word] += (off < 1, off < 2)
    for word, (one, two) in inside.items():
        for count, share in ((one, 0.6827), (two, 0.9545)):
            room = 4 * math.sqrt(share * (1 - share) / draws) + 0.02  # four binomial sigmas, and the sigmas' own error
            assert abs(count / draws - share) <= room, (word, one / draws, two / draws)


@every_technique
def test_a_prediction_has_the_columns_that_are_read_and_says_that_it_is_one(name):
    technique = TECHNIQUES.find(name)()
    for rng in (None, np.random.default_rng(1)):
        records = technique.predict(truths(technique), bench(technique), rng)
        assert set(technique.reads) <= set(records["main"].columns)
        assert {record.source.kind for record in records.values()} == {"predicted"}


@every_technique
def test_a_missing_column_fact_value_or_role_is_named(name):
    technique = TECHNIQUES.find(name)()
    truth, sample = truths(technique), bench(technique)
    records = technique.predict(truth, sample)
    for need in technique.needs:
        poor = dataclasses.replace(sample, facts={k: f for k, f in sample.facts.items() if k != need})
        with pytest.raises(BadInput, match=need):
            technique.analyse(records, poor)
    for column in technique.reads:
        left = {k: c for k, c in records["main"].columns.items() if k != column}
        with pytest.raises(BadInput, match=column):
            technique.analyse({**records, "main": dataclasses.replace(records["main"], columns=left)}, sample)
    with pytest.raises(BadInput, match="main"):
        technique.analyse({}, sample)
    with pytest.raises(BadInput, match=next(iter(truth))):
        technique.predict({word: Quantity.exact(1e300, q.unit) for word, q in truth.items()}, sample)


@every_technique
def test_an_empty_or_holed_record_is_bad_input_that_says_where(name):
    technique = TECHNIQUES.find(name)()
    records = technique.predict(truths(technique), bench(technique))
    main = records["main"]
    for column in technique.reads:
        values = main.columns[column].values.copy()
        values[3] = np.nan
        holed = {**main.columns, column: type(main.columns[column])(values, main.columns[column].unit)}
        with pytest.raises(BadInput, match=rf"{column}.*row 4"):
            technique.analyse({**records, "main": dataclasses.replace(main, columns=holed)}, bench(technique))
    none = {k: type(c)(c.values[:0], c.unit) for k, c in main.columns.items()}
    with pytest.raises(BadInput, match="row"):
        technique.analyse({**records, "main": dataclasses.replace(main, columns=none)}, bench(technique))


@every_technique
def test_a_result_comes_back_from_json_and_is_recovered_from_a_virtual_record(name):
    technique = TECHNIQUES.find(name)()
    records = technique.predict(truths(technique), bench(technique), np.random.default_rng(2))
    doubted = {role: dataclasses.replace(r, doubts=("a doubt of the reader",)) for role, r in records.items()}
    result = technique.analyse(doubted, bench(technique))
    result = result.drawn(technique.draw(result))
    assert Result.from_json(json.loads(json.dumps(result.to_json(), allow_nan=False))) == result
    assert result.source.kind == "recovered"
    assert "a doubt of the reader" in result.doubts
    assert result.technique == name
    assert result.drawing.virtual


@every_technique
def test_an_unknown_sigma_of_a_fact_makes_sigmas_unknown_and_is_doubted(name):
    technique = TECHNIQUES.find(name)()
    sample = bench(technique)
    records = technique.predict(truths(technique), sample)
    for need, fact in sample.facts.items():
        vague = sample.with_facts({need: Fact(Quantity(fact.quantity.value, fact.quantity.unit), fact.source)})
        result = technique.analyse(records, vague)
        known = technique.analyse(records, sample)
        assert any(not q.known and known[word].known for word, q in result.values.items()), need
        assert any(need in doubt for doubt in result.doubts), need


@every_technique
def test_covariances_agree_with_the_sigmas(name):
    technique = TECHNIQUES.find(name)()
    result = technique.analyse(technique.predict(truths(technique), bench(technique)), bench(technique))
    assert result.covariance is not None
    for place, word in enumerate(result.covariance.names):
        assert math.sqrt(result.covariance.matrix[place, place]) == pytest.approx(result[word].sigma, rel=1e-9), word
    assert np.linalg.eigvalsh(result.covariance.matrix).min() >= -1e-9 * np.abs(result.covariance.matrix).max()


@every_technique
def test_a_figure_has_labelled_axes_and_the_numbers_of_the_result(name):
    technique = TECHNIQUES.find(name)()
    result = technique.analyse(technique.predict(truths(technique), bench(technique)), bench(technique))
    drawing = technique.draw(result)
    for panel in drawing.panels:
        assert panel.layers
        assert panel.x.label
        assert panel.y.label
        assert panel.x.unit or panel.y.unit or panel.x.places  # heights of lines are counts
        assert not any(isinstance(layer, Band) and np.any(layer.low > layer.high) for layer in panel.layers)
    numbers = drawn_numbers(drawing)
    shown = [w for w in technique.gives if np.any(np.isclose(numbers, result[w].value, rtol=1e-6, atol=0))]
    assert shown, f"none of {list(technique.gives)} can be read off the figure"
    with pytest.raises(BadInput):
        technique.draw(dataclasses.replace(result, curves={}))


@every_technique
def test_every_value_that_it_gives_has_a_meaning_and_its_unit(name):
    technique = TECHNIQUES.find(name)()
    facts = {"active_fraction": "0.5", "area": "0.785 cm**2", "thickness": "60 um"}
    more = {word: Fact(Quantity.parse(text), Source("measured")) for word, text in facts.items()}
    sample = bench(technique).with_facts(more)
    result = technique.analyse(technique.predict(truths(technique), sample), sample)
    run = Run("n", "", "", {"step": Outcome("step", "analyse", "done", None, result)}, (), {})
    terms = terms_of(run)[name]
    for word in (*result.values, *result.limits):
        assert terms[word].meaning, word
        quantity = result.values[word] if word in result.values else result.limits[word].bound
        assert same_dimension(quantity.unit, terms[word].unit), word
    for word, term in technique.terms.items():
        assert term.meaning, word
    assert {re.sub(r"_\d+$", "_n", word) for word in technique.gives} <= set(technique.terms)


@every_technique
def test_the_list_tells_every_value_setting_and_what_a_prediction_is_made_from(name):
    console = Console(width=200, file=io.StringIO(), force_terminal=False)
    console.print(describe(name))
    rows = [line.split()[:3] for line in console.file.getvalue().splitlines()]
    kind = TECHNIQUES.find(name)
    assert {row[1] for row in rows if row[:1] == ["gives"]} == set(kind().terms)
    assert {row[2] for row in rows if row[:2] == ["predicts", "from"]} == set(kind().gives)
    told = {row[1] for row in rows if row[:1] == ["setting"]} | {row[2] for row in rows if row[:2] == ["to", "predict"]}
    assert told == {entry.name for entry in dataclasses.fields(kind)}


@every_technique
def test_its_page_exists_and_its_example_runs(name):
    page = PAGES / f"{name}.md"
    assert page.read_text().startswith(f"# {name}\n")
    found = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 0
    assert found.failed == 0
