"""What holds for every cathode system: mass, volume, atoms and charge close, and every number has a source."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thiocell.chemistry import SYSTEMS, properties
from thiocell.chemistry.formula import ATOMIC_WEIGHTS, parse
from thiocell.chemistry.inventory import fresh_lithium
from thiocell.chemistry.reaction import imbalance
from thiocell.chemistry.system import System
from thiocell.chemistry.vocabulary import VALUES, term
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source

FARADAY = 96485.33212  # C/mol, CODATA 2018
ASSUMED = Source("assumed")
every_system = pytest.mark.parametrize("name", SYSTEMS.names)
share = st.floats(0, 1)


def made(name: str, recipe=None, state=None, **facts: Quantity) -> Sample:
    """A sample of the system: its example recipe where none is given."""
    recipe = SYSTEMS.find(name).example if recipe is None else recipe
    state = {word: Quantity.exact(value) for word, value in (state or {}).items()}
    return Sample("piece", name, recipe, {word: Fact(q, ASSUMED) for word, q in facts.items()}, state)


def drawn(name: str, data: st.DataObject) -> Sample:
    """Any recipe at any place of every couple's ladder, all switched on, with some guest kept out of solution."""
    system = SYSTEMS.find(name)
    recipe = {word: Quantity.exact(t.low + data.draw(share) * (t.high - t.low)) for word, t in system.recipe.items()}
    facts = {couple.switch: Quantity.exact(1.0) for couple in system.couples if couple.steps}
    weighed = system.moles(**{word: q.value for word, q in recipe.items()})
    exchanged = 0.0
    if system.exchange:
        giver, taker = system.couple(system.exchange.giver), system.couple(system.exchange.taker)
        if weighed[taker.phase] > 0:
            most = min(1.0, giver.fresh * weighed[giver.phase] / weighed[taker.phase])
            exchanged = data.draw(share) * most
            facts[system.exchange.name] = Quantity.exact(exchanged)
    start = fresh_lithium(system, weighed, exchanged)
    state = {word: data.draw(share) for word in system.state if word.startswith("free_")}
    for couple in system.couples:
        if couple.coordinate and weighed[couple.phase] > 0:
            goal = data.draw(share) * couple.knots[-1]
            state[couple.coordinate.name] = (goal - start[couple.name]) / couple.coordinate.lithium
    return made(name, recipe, state, **facts)


def atoms_in(system: System, moles: dict[str, float]) -> dict[str, float]:
    """Moles of each element, from moles by key."""
    formulas = {phase.key: phase.formula for phase in system.phases}
    if solution := system.solution:
        formulas |= {
            solution.key: solution.host.formula,
            f"{solution.guest.key}_dissolved": solution.guest.formula,
        }
    total = dict.fromkeys(system.elements, 0.0)
    for key, amount in moles.items():
        for element, count in parse(formulas[key]).items():
            total[element] += count * amount
    return total


def weighed_atoms(system: System, sample: Sample) -> dict[str, float]:
    """Moles of each element that went into the mill."""
    weighed = system.moles(**{word: quantity.value for word, quantity in sample.recipe.items()})
    total = dict.fromkeys(system.elements, 0.0)
    for formula, amount in weighed.items():
        for element, count in parse(formula).items():
            total[element] += count * amount
    return total


def values_of(result: Result, stem: str) -> dict[str, float]:
    """The values whose name is ``stem`` and a phase, by the phase's key."""
    start = f"{stem}_"
    return {
        word.removeprefix(start): quantity.value
        for word, quantity in result.values.items()
        if word.startswith(start) and term(word) is VALUES[stem]
    }


@every_system
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_atom_is_made_or_lost_and_lithium_goes_with_the_charge(name, data):
    sample, system = drawn(name, data), SYSTEMS.find(name)
    result = properties(sample)
    there, before = atoms_in(system, values_of(result, "state_moles")), weighed_atoms(system, sample)
    formula_mass = sum(ATOMIC_WEIGHTS[element].value * n for element, n in before.items())
    left = result["state_charge"].to("C/g").value * formula_mass / FARADAY
    for element, n in before.items():
        assert there[element] == pytest.approx(n - (left if element == "Li" else 0.0), abs=1e-9), element


@every_system
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_no_atom_is_made_or_lost_anywhere_along_the_charge(name, data):
    sample, system = drawn(name, data), SYSTEMS.find(name)
    record = properties(sample).curves["inventory"]
    before = weighed_atoms(system, sample)
    formula_mass = sum(ATOMIC_WEIGHTS[element].value * n for element, n in before.items())
    gone = record.columns["charge_passed"].values * 3.6 * formula_mass / FARADAY
    keys = [word.removeprefix("moles_") for word in record.columns if word.startswith("moles_")]
    moles = {key: record.columns[f"moles_{key}"].values for key in keys}
    total = atoms_in(system, moles)
    for element, n in before.items():
        np.testing.assert_allclose(total[element], n - (gone if element == "Li" else 0.0), atol=1e-9)
    assert all(np.all(amount > -1e-9) for amount in moles.values())
    assert np.all(np.diff(record.columns["charge_passed"].values) > -1e-9)


@every_system
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_mass_and_volume_shares_close(name, data):
    result = properties(drawn(name, data))
    for stem in ("mass_fraction", "state_mass_fraction"):
        assert sum(values_of(result, stem).values()) == pytest.approx(1, abs=1e-9)
    for stem in ("volume_fraction", "volume_fraction_bulk", "state_volume_fraction", "state_volume_fraction_bulk"):
        shares = values_of(result, stem)
        assert not shares or sum(shares.values()) == pytest.approx(1, abs=1e-9)
        assert all(-1e-9 <= value <= 1 + 1e-9 for value in shares.values())


@every_system
def test_the_solid_weighs_what_its_phases_weigh(name):
    result = properties(made(name))
    shares = values_of(result, "mass_fraction")
    parts = [(phase.bulk_density, shares.get(phase.key, 0.0)) for phase in SYSTEMS.find(name).phases]
    parts = [(density, weight) for density, weight in parts if weight]
    if all(density for density, _ in parts):
        volume = sum(weight / density.quantity.to("g/cm**3").value for density, weight in parts)
        assert result["density_bulk"].value == pytest.approx(1 / volume, rel=1e-9)
    else:
        assert any("no handbook density" in doubt for doubt in result.doubts)


@every_system
def test_a_fresh_sample_holds_what_was_weighed_in(name):
    system, result = SYSTEMS.find(name), properties(made(name))
    weighed = system.moles(**{word: quantity.value for word, quantity in system.example.items()})
    there = values_of(result, "state_moles")
    if system.solution:
        there[system.solution.host.key] = there.pop(system.solution.key)
        there[system.solution.guest.key] += there.pop(f"{system.solution.guest.key}_dissolved")
    assert {key: n for key, n in there.items() if n > 1e-12} == pytest.approx(
        {system.phase(formula).key: n for formula, n in weighed.items() if n}
    )
    assert result["state_charge"].value == 0
    assert result["solid_volume_ratio"].value == pytest.approx(1)


@every_system
def test_every_number_names_its_source(name):
    system = SYSTEMS.find(name)
    facts = [*system.facts(), *((word, default) for word, (_, default) in system.parameters.items())]
    facts += [(couple.name, couple.potential) for couple in system.couples if couple.potential]
    for word, fact in facts:
        assert fact.source.reference or fact.source.place, word
    assert system.source.reference
    assert [couple.name for couple in system.couples] == list(dict.fromkeys(couple.name for couple in system.couples))


@every_system
def test_every_step_balances_and_counts_its_electrons(name):
    for couple in SYSTEMS.find(name).couples:
        for step in couple.steps:
            assert imbalance(step) == {}
        if couple.steps:
            assert couple.electrons == couple.knots[-1] > 0
            ends = [couple.phases_at(place) for place in (couple.knots[0], couple.knots[-1])]
            lithium = [sum(parse(f).get("Li", 0.0) * n for f, n in end.items()) for end in ends]
            assert lithium[1] - lithium[0] == pytest.approx(couple.electrons)


@every_system
def test_capacities_add_up_and_each_follows_faraday(name):
    system, result = SYSTEMS.find(name), properties(made(name))
    total = 0.0
    for couple in system.couples:
        key = system.phase(couple.phase).key
        if not couple.steps:
            assert f"capacity_{key}" not in result.values
            assert any(couple.phase in doubt and "left out" in doubt for doubt in result.doubts)
            continue
        whole = result[f"mass_fraction_{key}"].value * result[f"specific_capacity_{key}"].value
        assert result[f"capacity_{key}"].value == pytest.approx(whole)
        total += whole if couple.switched_on else 0.0
    assert result["capacity_total"].value == pytest.approx(total)


@every_system
def test_the_ends_of_the_charge_are_as_far_apart_as_the_total_capacity(name):
    result = properties(made(name))
    charge = result.curves["inventory"].columns["charge_passed"].values
    assert charge[-1] - charge[0] == pytest.approx(result["capacity_total"].value)


@every_system
def test_a_recipe_out_of_bounds_is_refused_with_the_bounds(name):
    example = SYSTEMS.find(name).example
    for word, bounds in SYSTEMS.find(name).recipe.items():
        with pytest.raises(BadInput, match=f"'{word}'.*between {bounds.low:g} and {bounds.high:g}"):
            properties(made(name, {**example, word: Quantity.exact(bounds.high + 0.1)}))
        with pytest.raises(BadInput, match=f"lacks {word}"):
            properties(made(name, {w: q for w, q in example.items() if w != word}))
        with pytest.raises(BadInput, match=f"'{word}'.*write it in"):
            properties(made(name, {**example, word: Quantity.exact(0.1, "mg")}))
    with pytest.raises(BadInput, match="may have"):
        properties(made(name, {**example, "salt": Quantity.exact(0.1)}))


@every_system
def test_a_state_out_of_bounds_is_refused_with_the_bounds(name):
    for couple in SYSTEMS.find(name).couples:
        if couple.coordinate:
            far = couple.electrons / abs(couple.coordinate.lithium) + 0.1
            with pytest.raises(BadInput, match=rf"'{couple.coordinate.name}'.*between"):
                properties(made(name, None, {couple.coordinate.name: far}, **{couple.switch: Quantity.exact(1)}))
            wrong = -0.1 * math.copysign(1, couple.coordinate.lithium * (couple.electrons / 2 - couple.fresh))
            with pytest.raises(BadInput, match=rf"'{couple.coordinate.name}'.*fresh sample it lies between"):
                properties(made(name, None, {couple.coordinate.name: wrong}, **{couple.switch: Quantity.exact(1)}))
            inward = {couple.coordinate.name: -wrong}
            with pytest.raises(BadInput, match=f"'{couple.switch}' is 0; set it to 1"):
                properties(made(name, None, inward, **{couple.switch: Quantity.exact(0)}))
    with pytest.raises(BadInput, match="has salt; it may have"):
        properties(made(name, None, {"salt": 0.1}))


@every_system
def test_every_value_has_a_word_and_lies_within_its_bounds(name):
    pressed = {
        "mass": Quantity.parse("4.0(1) mg"),
        "area": Quantity.parse("0.785(2) cm**2"),
        "thickness": Quantity(30, "um"),
    }
    result = properties(made(name, None, None, **pressed))
    for word, quantity in result.values.items():
        assert any(word == stem or word.startswith(f"{stem}_") for stem in VALUES), word
        assert quantity.unit == term(word).unit
        term(word).check(word, quantity)
    assert not result["porosity"].known, "the thickness has no sigma"
    assert result["loading"].known


@every_system
def test_a_result_survives_json_and_its_covariance_is_that_of_its_sigmas(name):
    result = properties(made(name))
    page = json.loads(json.dumps(result.to_json()))
    assert Result.from_json(page).to_json() == page
    matrix = result.covariance.matrix
    for at, word in enumerate(result.covariance.names):
        assert math.sqrt(matrix[at, at]) == pytest.approx(result[word].sigma)
    np.testing.assert_allclose(matrix, matrix.T)
    spread = np.sqrt(np.diag(matrix))
    assert np.linalg.eigvalsh(matrix / np.outer(spread, spread)).min() > -1e-9


@every_system
def test_the_drawing_shows_the_record(name):
    result = properties(made(name))
    record, phases = result.curves["inventory"], result.drawing.panels[0]
    assert phases.x.text == "charge passed / mAh/g"
    lines = [layer for layer in phases.layers if layer.label != "sample"]
    np.testing.assert_array_equal(lines[0].x, record.columns["charge_passed"].values)
    total = np.sum([line.y for line in lines], axis=0)
    assert np.nanmax(np.abs(total - 1)) < 1e-6
