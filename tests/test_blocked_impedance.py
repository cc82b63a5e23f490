"""Ionic conductivity between layers that block electrons: three routes, what is reached, and the wrong intercept."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from thiocell.cell.conduction import conductivity
from thiocell.cell.from_sample import parameters
from thiocell.chemistry import properties
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.physics.circuit import parse_circuit
from thiocell.physics.two_rails import ionic_resistance, rise_share
from thiocell.studies.bench import Bench, analysed
from thiocell.studies.load import load
from thiocell.studies.run import default_store, run
from thiocell.techniques._cells.modelled import Modelled
from thiocell.techniques.blocked_impedance import BlockedImpedance

TECHNIQUE = BlockedImpedance()
DC = {"electronic_conductivity": "1.00(2)e-5 S/cm"}


def pellet(**facts: str) -> Sample:
    told = {"thickness": "800(8) um", "area": "0.785(8) cm**2"} | facts
    return Sample("pellet", facts={n: Fact(Quantity.parse(t), Source("measured")) for n, t in told.items()})


def told(ionic="1e-5 S/cm", electronic="1e-5 S/cm", capacitance="1e-4 F/cm**3"):
    words = ("ionic_conductivity", "electronic_conductivity", "chemical_capacitance")
    return {word: Quantity.parse(text) for word, text in zip(words, (ionic, electronic, capacitance), strict=True)}


def spectra(rng=None, technique=TECHNIQUE, **values):
    return dict(technique.predict(told(**values), pellet(), rng))


def doubted(result, text: str) -> bool:
    return any(text in doubt for doubt in result.doubts)


def test_a_line_behind_a_resistor_is_the_two_rail_line_between_ion_contacts():
    """What is fitted against the closed form with both rails, which test_circuit holds against a ladder."""
    frequency, electronic, ionic, capacitance = np.geomspace(1e5, 1e-3, 40), 3e3, 1e4, 1e-3
    both = electronic + ionic
    values = np.array([electronic * ionic / both, ionic**2 / both, 0.25 * both * capacitance, 1.0])
    line = parse_circuit("Tii1").impedance(np.array([electronic, ionic, capacitance, 1.0]), frequency)
    assert parse_circuit("R0-Wl1").impedance(values, frequency) == pytest.approx(line, rel=1e-10)


def test_the_rise_and_re_give_ri_with_its_slopes():
    electronic, ionic = 2e3, 7e3
    rise = ionic**2 / (electronic + ionic)
    value, by_rise, by_electronic = ionic_resistance(rise, electronic)
    assert value == pytest.approx(ionic, rel=1e-12)
    step = 1e-4
    assert (ionic_resistance(rise * (1 + step), electronic)[0] - value) / (rise * step) == pytest.approx(
        by_rise, rel=1e-3
    )
    assert (ionic_resistance(rise, electronic * (1 + step))[0] - value) / (electronic * step) == pytest.approx(
        by_electronic, rel=1e-3
    )


def test_the_share_of_the_rise_goes_from_none_to_all():
    low, high = rise_share(np.array([1e-4, 1e6]), 1.0)
    assert low == pytest.approx(1.0, abs=1e-6)
    assert high == pytest.approx(0.5 / np.sqrt(np.pi * 1e6), rel=1e-3)  # Re 1/sqrt(j omega)


def test_three_routes_agree_with_the_truth_and_with_each_other():
    """Contacts of 1 mF/cm2 (a soft metal that blocks) leave both plateaus to be read without a circuit."""
    technique = dataclasses.replace(TECHNIQUE, contact=Quantity.exact(3.0, "mF/cm**2"))
    result = technique.analyse(spectra(np.random.default_rng(4), technique), pellet(**DC))
    for route in ("blank", "line", "difference"):
        found = result[f"conductivity_{route}"]
        assert found.value == pytest.approx(1e-5, rel=0.05), route
        assert abs(found.value - 1e-5) < 3 * found.sigma, route
    assert result["agreement"].value < 3
    assert result["electronic_conductivity"].value == pytest.approx(1e-5, rel=0.05)
    assert not doubted(result, "contradict")
    assert result["reached_low"].value > 99
    assert result["reached_high"].value > 99


def test_steel_hides_the_plateau_and_the_line_finds_it_all_the_same():
    """10 uF/cm2 of steel: the tail runs over the plateau at low frequency."""
    result = TECHNIQUE.analyse(spectra(np.random.default_rng(5)), pellet(**DC))
    assert doubted(result, "two plateaus cannot be read off")
    assert "conductivity_difference" not in result.values
    assert result["ionic_conductivity"].value == pytest.approx(1e-5, rel=0.04)


def test_the_intercept_at_high_frequency_reads_both_carriers_and_that_is_said():
    result = TECHNIQUE.analyse(spectra(np.random.default_rng(6)), pellet())
    assert result["conductivity_read"].value == pytest.approx(2e-5, rel=0.05)
    assert doubted(result, "sigma_i + sigma_e, 2")


def test_a_large_chemical_capacitance_hides_the_rise_and_nothing_wrong_is_given():
    """1600 F/cm3: all frequencies lie above the line's; what is read is twice the answer, so only a bound is given."""
    records = spectra(np.random.default_rng(7), ionic="1e-4 S/cm", electronic="1e-4 S/cm", capacitance="1600 F/cm**3")
    result = TECHNIQUE.analyse(records, pellet())
    assert "ionic_conductivity" not in result.values
    assert result.limits["ionic_conductivity"].side == "below"
    assert result["conductivity_read"].value == pytest.approx(2e-4, rel=0.08)
    assert doubted(result, "Re||Ri and says sigma_i + sigma_e")
    facts = {"electronic_conductivity": "1.00(2)e-4 S/cm", "chemical_capacitance": "1600(100) F/cm**3"}
    result = TECHNIQUE.analyse(records, pellet(**facts))
    ionic = result["ionic_conductivity"]
    assert abs(ionic.value - 1e-4) < 3 * ionic.sigma
    assert doubted(result, "taken off")


def test_a_line_that_lies_in_part_below_the_sweep_gives_no_answer():
    """1 F/cm3: the beginning of the rise is there, and lines of many sizes have it."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        records = spectra(rng, ionic="1e-5 S/cm", electronic="1e-4 S/cm", capacitance="1 F/cm**3")
        result = TECHNIQUE.analyse(records, pellet())
        assert "ionic_conductivity" not in result.values
        assert result.limits["ionic_conductivity"].bound.value > 1e-5
        assert doubted(result, "lines of different rise")


def test_electrons_that_the_blank_cannot_tell_are_not_given():
    """0.1 S/cm beside 1e-6: Re||Ri is an ohm beside layers of 500(10)."""
    records = spectra(np.random.default_rng(3), ionic="1e-6 S/cm", electronic="0.1 S/cm")
    result = TECHNIQUE.analyse(records, pellet())
    assert "electronic_conductivity" not in result.values
    assert doubted(result, "too small beside the layers")
    assert result["ionic_conductivity"].value == pytest.approx(1e-6, rel=0.05)


def test_electrons_that_hardly_count_leave_the_answer_whichever_limit_it_is():
    records = spectra(np.random.default_rng(8), ionic="1.5e-6 S/cm", electronic="1e-8 S/cm", capacitance="1600 F/cm**3")
    result = TECHNIQUE.analyse(records, pellet(electronic_conductivity="1.00(2)e-8 S/cm"))
    ionic = result["ionic_conductivity"]
    assert abs(ionic.value - 1.5e-6) < 3 * ionic.sigma


def test_a_wrong_blank_makes_the_routes_contradict():
    records = spectra(np.random.default_rng(9))
    other = dataclasses.replace(TECHNIQUE, layers=Quantity.exact(3000.0, "ohm"))
    records["blank"] = spectra(np.random.default_rng(9), other)["blank"]
    result = TECHNIQUE.analyse(records, pellet(**DC))
    assert doubted(result, "contradict")


def test_a_blank_above_the_sample_is_said():
    records = spectra(np.random.default_rng(9))
    other = dataclasses.replace(TECHNIQUE, layers=Quantity.exact(30000.0, "ohm"))
    records["blank"] = spectra(np.random.default_rng(9), other)["blank"]
    assert doubted(TECHNIQUE.analyse(records, pellet(**DC)), "is not above the blank's")
    result = TECHNIQUE.analyse(records, pellet())
    assert not {"ionic_conductivity", "electronic_conductivity", "conductivity_read"} & set(result.values)
    with pytest.raises(BadInput, match="hold the same spectrum"):
        TECHNIQUE.analyse({"main": records["main"], "blank": records["main"]}, pellet())


def measured(frequency, impedance, rng) -> Record:
    noise = 2e-3 * np.abs(impedance) * (rng.normal(size=frequency.size) + 1j * rng.normal(size=frequency.size))
    z = impedance + noise
    columns = {"frequency": Column(frequency, "Hz"), "z_real": Column(z.real, "ohm"), "z_imag": Column(z.imag, "ohm")}
    return Record("cell", "impedance", columns, Source("measured", place="made up"))


@pytest.mark.parametrize("size", [20.0, 300.0])
def test_an_interface_is_not_taken_for_the_rise_of_a_line(size):
    """1019 ohm of a pellet without electrons, and an arc beside it, between layers of 500 ohm and steel."""
    frequency, rng = np.geomspace(1e6, 0.1, 60), np.random.default_rng(3)
    w = 2j * np.pi * frequency
    outer = 1.0 / (7.85e-6 * w**0.9)
    cell = measured(frequency, 500 + 1019 + 1 / (1 / size + 1e-7 * w) + outer, rng)
    records = {"main": cell, "blank": measured(frequency, 500 + outer, rng)}
    for sample in (pellet(), pellet(electronic_conductivity="1.00(2)e-8 S/cm")):
        result = TECHNIQUE.analyse(records, sample)
        for word in ("ionic_conductivity", "conductivity_blank", "conductivity_line", "conductivity_difference"):
            if word in result.values:
                assert abs(result[word].value - 1e-4) < 3 * result[word].sigma
        assert doubted(result, "does not describe the spectrum") or doubted(result, "an arc")


def test_a_circuit_that_misses_gives_neither_value_nor_limit():
    frequency, rng = np.geomspace(1e6, 0.1, 60), np.random.default_rng(3)
    w = 2j * np.pi * frequency
    cell = measured(
        frequency, 500 + 1 / (1 / 4000 + 1e-8 * w) + 1 / (1 / 9000 + 1e-5 * w) + 1 / (7.85e-5 * w**0.9), rng
    )
    blank = measured(frequency, 500 + 1 / (7.85e-6 * w**0.9), rng)
    result = TECHNIQUE.analyse({"main": cell, "blank": blank}, pellet())
    assert not set(result.values) & {"ionic_conductivity", "conductivity_blank"}
    assert not result.limits
    assert doubted(result, "does not describe the spectrum")
    with_layers = TECHNIQUE.analyse({**spectra(rng), "blank": cell}, pellet(**DC))
    assert doubted(with_layers, "blank: circuit 'R0-CPE0' does not describe its spectrum")
    assert "conductivity_blank" not in with_layers.values


def test_what_is_missing_or_wrong_is_named():
    records = spectra()
    with pytest.raises(BadInput, match=r"role 'blank'.*electronic_conductivity"):
        TECHNIQUE.analyse({"main": records["main"]}, pellet())
    bare = Sample("pellet", facts={"thickness": Fact(Quantity.parse("800(8) um"), Source("measured"))})
    with pytest.raises(BadInput, match="area"):
        TECHNIQUE.analyse(records, bare)
    with pytest.raises(BadInput, match="one line Wl in series"):
        dataclasses.replace(TECHNIQUE, circuit="R0-p(R1,Wl1)-CPE0").analyse(records, pellet())
    with pytest.raises(BadInput, match="no resistor in common"):
        dataclasses.replace(TECHNIQUE, blank_circuit="R5-CPE0").analyse(records, pellet())


def test_an_unsorted_spectrum_with_a_tail_of_wiring_and_a_repeat_is_doubted_and_still_read():
    records = spectra(np.random.default_rng(10))
    main = records["main"]
    f, re, im = (main.columns[name].values.copy() for name in ("frequency", "z_real", "z_imag"))
    im[:3] = 0.05 * np.hypot(re, im)[:3]  # wiring
    order = np.random.default_rng(1).permutation(np.append(np.arange(f.size), 20))
    columns = {
        name: Column(values[order], unit)
        for name, values, unit in (("frequency", f, "Hz"), ("z_real", re, "ohm"), ("z_imag", im, "ohm"))
    }
    spoilt = Record("spoilt", "impedance", columns, Source("measured", place="made up"))
    result = TECHNIQUE.analyse({"main": spoilt, "blank": records["blank"]}, pellet())
    assert doubted(result, "inductive")
    assert doubted(result, "more than once")
    assert result["ionic_conductivity"].value == pytest.approx(1e-5, rel=0.05)


def test_a_pellet_of_the_cell_model_shows_the_trap_and_comes_back_with_what_it_was_given():
    """1e-4 S/cm of electrons, some 1e-4 of ions: the rise lies below all frequencies, and what is read is both."""
    facts = {"mass": "107.0(0) mg", "area": "0.7854(0) cm**2", "thickness": "800.0(0) um"}
    known = {n: Fact(Quantity.parse(t), Source("measured")) for n, t in facts.items()}
    recipe = {"x": Quantity.exact(0.2), "y": Quantity.exact(0.15)}
    sample = Sample("half", "li2s_lii_mos2", recipe, known, {"sulfur_extent": Quantity.exact(0.5)})
    sample = sample.with_facts({n: Fact(q, Source("derived")) for n, q in properties(sample).values.items()} | known)
    whole = Modelled.of(sample, {}, "none", "sample", 20)
    cell, state = parameters(whole.frame), whole.state(parameters(whole.frame))
    lithiated = np.array([[[state.lithiated[couple.name]] for couple in cell.couples]])
    ionic, electronic = conductivity(cell, lithiated, np.array([[state.parted]]))[0, 0] / 100, cell.electronic / 100
    technique = BlockedImpedance(law="cell", grains="none", layers=Quantity.exact(50.0, "ohm"))
    records = technique.predict({}, sample, np.random.default_rng(3))
    result = technique.analyse(records, sample)
    assert result.source.kind == "predicted"
    assert "ionic_conductivity" not in result.values
    assert result["conductivity_read"].value == pytest.approx(ionic + electronic, rel=0.03)
    told = {"electronic_conductivity": Quantity(electronic, "S/cm", 0.01 * electronic)}
    told["chemical_capacitance"] = Quantity(1000.0, "F/cm**3", 100.0)
    result = technique.analyse(records, sample.with_facts({n: Fact(q, Source("measured")) for n, q in told.items()}))
    found = result["ionic_conductivity"]
    assert abs(found.value - ionic) < 3 * found.sigma
    assert found.sigma < 0.05 * ionic


STUDY = """
title = "Three routes"
[sample.pellet.facts]
thickness = "800(8) um"
area = "0.785(8) cm**2"
chemical_capacitance = "1.0(1)e-4 F/cm**3"
ionic_conductivity = "2e-5 S/cm"
[predict.hold]
technique = "dc_polarisation"
sample = "pellet"
values = { electronic_conductivity = "1e-5 S/cm" }
seed = 1
[analyse.dc]
technique = "dc_polarisation"
records = "hold"
[predict.spectra]
technique = "blocked_impedance"
sample = "pellet"
seed = 2
[predict.spectra.values]
ionic_conductivity = "2e-5 S/cm"
electronic_conductivity = "1e-5 S/cm"
chemical_capacitance = "1e-4 F/cm**3"
[analyse.ions]
technique = "blocked_impedance"
records = "spectra"
facts = { electronic_conductivity = "dc.electronic_conductivity" }
"""


def test_in_a_study_the_polarisation_tells_the_line_its_electrons(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    done = run(load(tmp_path / "study.toml"), default_store(tmp_path)).outcomes
    found = done["ions"].result
    assert found is not None, done["ions"].error
    assert found["conductivity_line"].value == pytest.approx(2e-5, rel=0.06)
    assert found["ionic_conductivity"].sigma > 0
    alone = STUDY.replace('records = "spectra"', 'records = { main = "spectra" }')
    (tmp_path / "study.toml").write_text(alone)
    without = run(load(tmp_path / "study.toml"), default_store(tmp_path)).outcomes["ions"].result
    assert "conductivity_line" in without.values
    assert "conductivity_blank" not in without.values
    wrong = STUDY.replace("dc.electronic_conductivity", "dc.conductivity")
    (tmp_path / "study.toml").write_text(wrong)
    assert "conductivity" in run(load(tmp_path / "study.toml"), default_store(tmp_path)).outcomes["ions"].error


def test_on_the_command_line_the_blank_has_its_role(tmp_path):
    for role, record in spectra(np.random.default_rng(2)).items():
        table = np.column_stack([record[name] for name in ("frequency", "z_real", "z_imag")])
        np.savetxt(tmp_path / f"{role}.csv", table, delimiter=",", header="f,re,im", comments="")
    columns = tmp_path / "columns.toml"
    columns.write_text(
        '[columns]\nfrequency = { column = "f", unit = "Hz" }\nz_real = { column = "re", unit = "ohm" }\n'
        'z_imag = { column = "im", unit = "ohm" }\n[layout]\nkind = "impedance"\n'
    )
    bench = Bench(
        "blocked_impedance", ("thickness=800(8) um", "area=0.785(8) cm**2"), (), "", columns, None,
        (f"blank={tmp_path / 'blank.csv'}",),
    )  # fmt: skip
    done, _ = analysed([tmp_path / "main.csv"], bench)
    result = done.outcomes["main.csv"].result
    assert result is not None, done.outcomes["main.csv"].error
    assert result["ionic_conductivity"].value == pytest.approx(1e-5, rel=0.05)
    with pytest.raises(BadInput, match="has no role 'empty'; it has blank"):
        analysed([tmp_path / "main.csv"], dataclasses.replace(bench, others=("empty=a.csv",)))
