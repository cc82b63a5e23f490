"""Spectra analysed: the published fits of real ones, what is wrong with damaged ones, temperature series."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.physics.circuit import parse_circuit
from thiocell.physics.circuit_fit import fit_circuit
from thiocell.physics.circuit_profile import profile
from thiocell.readers import read
from thiocell.studies.load import load
from thiocell.studies.run import default_store, run
from thiocell.techniques.impedance import Impedance

BARE = Sample("bare")


def pellet(**facts: str) -> Sample:
    told = {"thickness": "2100 um", "area": "0.5026548 cm**2"} | facts
    return Sample("pellet", facts={n: Fact(Quantity.parse(t), Source("measured")) for n, t in told.items()})


def spectrum(frequency, impedance, **more) -> Record:
    columns = {
        "frequency": Column(frequency, "Hz"), "z_real": Column(impedance.real, "ohm"),
        "z_imag": Column(impedance.imag, "ohm"),
    }  # fmt: skip
    return Record("made", "impedance", columns | more, Source("measured", place="made up"))


def made(text="R0-p(R1,CPE1)-CPE2", values=(20.0, 150.0, 1e-6, 0.85, 1e-3, 0.9), count=40, noise=0.0):
    frequency = np.geomspace(1e6, 0.1, count)
    z = parse_circuit(text).impedance(np.array(values), frequency)[0]
    rng = np.random.default_rng(4)
    return frequency, z * (1 + noise * (rng.normal(size=count) + 1j * rng.normal(size=count)))


def test_the_published_lagp_fit_is_found(data_dir):
    """EISFitpython (MIT) reports chi-square 4.3111e-3 and R1 44,710(272) ohm for the 44 points down to 3.2 Hz."""
    (record,) = read(data_dir / "echem" / "eis_lagp_Example2b.txt")
    low = Quantity.exact(float(record["frequency"][43]), "Hz")
    found = Impedance(circuit="p(R1,CPE1)-p(R2,CPE2)-CPE3", low=low, gain_error=Quantity.exact(0.0, "%")).analyse(
        {"main": record}, BARE
    )
    assert found["chi2"].value == pytest.approx(4.3111e-3, abs=5e-8)
    assert (found["R1"].value, found["R1"].sigma) == (pytest.approx(44_710, abs=5), pytest.approx(272, abs=1))
    assert found.source.kind == "measured"
    assert not any("one of 24 starts" in doubt for doubt in found.doubts)


SERIES = """
title = "a pellet at seven temperatures"
[sample.pellet.facts]
thickness = "2100(0) um"
area = "0.5026548(0) cm**2"
temperature = [{temperatures}]
[record.warm]
sample = "pellet"
file = [{files}]
[analyse.spectra]
technique = "impedance"
records = "warm"
circuit = "p(R1,CPE1)-p(R2,CPE2)-CPE3"
gain_error = "0 %"
[trend.grains]
of = "spectra.conductivity_R1"
law = "ionic_arrhenius"
[trend.borders]
of = "spectra.conductivity_R2"
law = "ionic_arrhenius"
[trend.all]
of = "spectra.conductivity_total"
law = "ionic_arrhenius"
[claim.published]
says = {{ "grains.activation_energy_each" = "0.5869(163) eV", "borders.activation_energy_each" = "0.8919(25) eV" }}
"""


def test_a_temperature_series_has_the_published_activation_energies(data_dir, tmp_path):
    """EISFitpython's report, unweighted: 0.5869(163), 0.8919(25) and 0.8555(6) eV; its chi-squares at each step."""
    at = range(140, 201, 10)
    files = ", ".join(f'"{data_dir}/echem/eis_solid_electrolyte_s04147-{t}deg.txt"' for t in at)
    (tmp_path / "study.toml").write_text(
        SERIES.format(temperatures=", ".join(f'"{t + 273} K"' for t in at), files=files)
    )
    done = run(load(tmp_path / "study.toml"), default_store(tmp_path))
    assert {o.status for o in done.outcomes.values()} == {"done"}
    chi2 = [done.outcomes[name].result["chi2"].value for name in done.outcomes if name.startswith("spectra")]
    published = (7.332255e-3, 5.039831e-3, 2.615951e-3, 1.233031e-3, 1.213739e-3, 1.264299e-3, 1.731865e-3)
    assert chi2 == pytest.approx(published, rel=1e-6)
    # weighted by the fits' own sigmas, where the report is not: within its errors, and nearly as sure
    for name, energy, error in (("grains", 0.5869, 0.0163), ("borders", 0.8919, 0.0025), ("all", 0.8555, 0.0025)):
        found = done.outcomes[name].result["activation_energy_each"]
        assert found.value == pytest.approx(energy, abs=2 * error), name
        assert 0 < found.sigma < 3 * error
    assert [v.verdict for v in done.verdicts] == ["holds", "holds"]


def test_three_spectra_in_one_file_are_three(data_dir):
    records = read(data_dir / "echem" / "eis_biologic_multiple_spectra.mpt")
    found = [Impedance(circuit="R0-p(R1,CPE1)-W2").analyse({"main": record}, BARE) for record in records]
    assert [len(result.curves["spectrum"]) for result in found] == [29, 29, 29]


def test_an_inductive_tail_is_left_out_or_kept_and_told():
    frequency, z = made(noise=1e-4)
    z = z + 2j * np.pi * frequency * 3e-5
    record = spectrum(frequency, z)
    found = Impedance().analyse({"main": record}, BARE)
    assert any("points from" in doubt and "inductive (wiring), and left out" in doubt for doubt in found.doubts)
    assert len(found.curves["spectrum"]) < frequency.size
    kept = Impedance(inductive="keep", circuit="L3-R0-p(R1,CPE1)-CPE2").analyse({"main": record}, BARE)
    assert kept["L3"].value == pytest.approx(3e-5, rel=0.01)
    assert kept["R1"].value == pytest.approx(150, rel=0.01)


def test_doubled_and_unsorted_frequencies_are_used_and_told():
    frequency, z = made(noise=1e-4)
    order = np.random.default_rng(1).permutation(frequency.size)
    found = Impedance().analyse({"main": spectrum(frequency[order], z[order])}, BARE)
    assert "the frequencies are out of order; they were sorted" in found.doubts
    assert found["R1"].value == pytest.approx(150, rel=0.01)
    twice = np.append(frequency, frequency[5]), np.append(z, 1.1 * z[5])
    found = Impedance().analyse({"main": spectrum(*twice)}, BARE)
    assert any(
        "1 frequencies were measured more than once, up to 10 % apart: the cell changed" in d for d in found.doubts
    )


def test_drift_and_a_wrong_circuit_are_doubted_each_for_itself():
    frequency, z = made(noise=1e-4)
    drifting = z * (1 + 0.05 * np.linspace(0, 1, z.size) ** 2)
    found = Impedance().analyse({"main": spectrum(frequency, drifting)}, BARE)
    assert any("the cell drifted during the sweep" in doubt for doubt in found.doubts)
    wrong = Impedance(circuit="R0-p(R1,C1)").analyse({"main": spectrum(frequency, z)}, BARE)
    assert any("it is not the right one" in doubt for doubt in wrong.doubts)
    assert not any("Kramers-Kronig" in doubt for doubt in wrong.doubts)
    good = Impedance().analyse({"main": spectrum(frequency, z)}, BARE)
    assert not any("not the right one" in doubt or "drifted" in doubt for doubt in good.doubts)


def test_given_sigmas_weight_and_a_record_without_them_is_refused():
    frequency, z = made(noise=2e-3)
    size = Column(2e-3 * np.abs(z), "ohm")
    record = spectrum(frequency, z, z_real_sigma=size, z_imag_sigma=size)
    found = Impedance(weighting="given", gain_error=Quantity.exact(0.0, "%")).analyse({"main": record}, BARE)
    assert found["chi2"].value == pytest.approx(80 - 6, abs=4 * np.sqrt(2 * 74))
    by_scatter = Impedance(gain_error=Quantity.exact(0.0, "%")).analyse({"main": record}, BARE)
    ratio = np.sqrt(found["chi2"].value / 74)
    assert by_scatter["R1"].sigma == pytest.approx(found["R1"].sigma * ratio, rel=0.05)
    with pytest.raises(BadInput, match="has no columns z_real_sigma and z_imag_sigma; choose the weighting 'modulus'"):
        Impedance(weighting="given").analyse({"main": spectrum(frequency, z)}, BARE)


def test_conductivities_carry_the_errors_of_thickness_and_area_once():
    frequency, z = made("p(R1,CPE1)-p(R2,CPE2)-CPE3", (100.0, 1e-8, 0.9, 900.0, 1e-6, 0.85, 1e-3, 0.9), 60)
    sample = pellet(thickness="2100(42) um", area="0.5026548(0) cm**2")
    found = Impedance(circuit="p(R1,CPE1)-p(R2,CPE2)-CPE3").analyse({"main": spectrum(frequency, z)}, sample)
    assert found["conductivity_total"].value == pytest.approx(0.21 / (0.5026548 * 1000), rel=1e-3)
    assert found.parts["conductivity_total"]["thickness"] == pytest.approx(0.02 * found["conductivity_total"].value)
    # thickness and gain are shared by both: they differ by the fit alone
    assert found.covariance.correlation("conductivity_R1", "conductivity_R2") > 0.99
    bare = Impedance(circuit="p(R1,CPE1)-p(R2,CPE2)-CPE3").analyse({"main": spectrum(frequency, z)}, BARE)
    assert "conductivity_R1" not in bare.values
    for word in found.values:
        assert (Impedance.means(word) or Impedance().terms[word]).meaning, word


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"circuit": "R0-"}, "goes wrong at its end"),
        ({"circuit": "R0-Q1"}, "has no element 'Q'"),
        ({"fixed": ("R0",)}, "'R0' fixes nothing of circuit"),
        ({"fixed": ("R7 = 1",)}, "'R7 = 1' fixes nothing of circuit"),
        ({"fixed": ("R0 = -3 ohm",)}, "lies out of bounds: R0 lies between 0.001 and"),
        ({"low": Quantity.exact(1e5, "Hz")}, "has 5 points left between the frequencies"),
        ({"starts": 0}, "the setting 'starts' is 0"),
    ],
)
def test_settings_that_cannot_be_are_named(settings, says):
    with pytest.raises(BadInput, match=says):
        Impedance(**settings).analyse({"main": spectrum(*made(count=30))}, BARE)


@pytest.mark.parametrize(
    ("word", "value", "says"),
    [
        ("frequency", 0.0, "has the frequency 0 Hz in row 3"),
        ("frequency", -1.0, "has the frequency -1 Hz in row 3"),
        ("z_real", np.nan, "has no finite z_real in row 3"),
    ],
)
def test_rows_that_cannot_be_are_named(word, value, says):
    record = spectrum(*made())
    values = record.columns[word].values.copy()
    values[2] = value
    broken = dataclasses.replace(record, columns={**record.columns, word: Column(values, record.columns[word].unit)})
    with pytest.raises(BadInput, match=says):
        Impedance().analyse({"main": broken}, BARE)
    with pytest.raises(BadInput, match="of kind 'cycling'; impedance reads records of kind 'impedance'"):
        Impedance().analyse({"main": dataclasses.replace(record, kind="cycling")}, BARE)


def test_spectra_of_the_wrong_sign_or_of_one_frequency_are_named():
    frequency, z = made(noise=1e-3)
    for wrong, says in (
        (spectrum(frequency, z.conj()), "it holds -Im"),
        (spectrum(frequency, -z.conj()), "real part below zero at 40 of 40 points"),
        (spectrum(np.full(40, 10.0), z), "has 1 different frequencies"),
    ):
        with pytest.raises(BadInput, match=says):
            Impedance().analyse({"main": wrong}, BARE)


def test_few_points_a_decade_are_no_drift():
    frequency, z = made(noise=1e-3, count=12)
    found = Impedance().analyse({"main": spectrum(frequency, z)}, BARE)
    assert any("the Kramers-Kronig test says nothing" in doubt for doubt in found.doubts)
    assert not any("drift" in doubt for doubt in found.doubts)


def test_a_parameter_that_ran_to_its_bound_is_no_value():
    """No coil is there."""
    record = spectrum(*made("R0-p(R1,CPE1)", (20.0, 150.0, 1e-6, 1.0), noise=1e-3))
    found = Impedance(circuit="R0-p(R1,C1)-L9").analyse(
        {"main": record}, pellet(thickness="1000(0) um", area="1.0(0) cm**2")
    )
    assert "L9" not in found.values
    assert any(doubt.startswith("L9 ended") and doubt.endswith("left out") for doubt in found.doubts)
    whole = found["conductivity_total"]
    assert abs(whole.value - 0.1 / 170.0) < 3 * whole.sigma


def test_a_coil_that_reaches_into_the_kept_points_is_named_and_can_be_kept():
    frequency, circuit = np.geomspace(1e6, 0.1, 60), parse_circuit("L0-R0-p(R1,C1)-CPE2")
    z = circuit.impedance(np.array([3e-4, 100.0, 1000.0, 1e-8, 1e-5, 0.9]), frequency)[0]
    rng = np.random.default_rng(3)
    z = z + 2e-3 * np.abs(z) * (rng.normal(size=60) + 1j * rng.normal(size=60))
    cell = {"main": spectrum(frequency, z)}
    found = Impedance(circuit="R0-p(R1,C1)-CPE2").analyse(cell, BARE)
    assert any("circuit = 'L0-R0-p(R1,C1)-CPE2'" in doubt for doubt in found.doubts)
    kept = Impedance(circuit="L0-R0-p(R1,C1)-CPE2", inductive="keep").analyse(cell, BARE)
    assert kept["R1"].value == pytest.approx(1000.0, rel=0.01)
    assert kept["L0"].value == pytest.approx(3e-4, rel=0.01)


@pytest.mark.parametrize("size", [5e-6, 2e-5])
def test_a_coil_that_turns_no_point_inductive_is_named(size):
    """It lowers R1 by several sigma, with residuals below 2 % of |Z|."""
    frequency, circuit = np.geomspace(1e6, 0.1, 61), parse_circuit("L0-R0-p(R1,CPE1)-CPE2")
    rng = np.random.default_rng(5)
    z = circuit.impedance(np.array([size, 50.0, 2000.0, 1e-9, 0.95, 2e-6, 0.9]), frequency)[0]
    z = z * (1 + 3e-3 * (rng.normal(size=61) + 1j * rng.normal(size=61)))
    found = Impedance().analyse({"main": spectrum(frequency, z)}, BARE)
    assert abs(found["R1"].value - 2000.0) < 3 * found["R1"].sigma or any("a coil of" in d for d in found.doubts)
    told = Impedance(circuit="L0-R0-p(R1,CPE1)-CPE2", inductive="keep").analyse({"main": spectrum(frequency, z)}, BARE)
    assert abs(told["R1"].value - 2000.0) < 3 * told["R1"].sigma
    assert not any("a coil of" in doubt or "leaves something" in doubt for doubt in told.doubts)
    alike = Impedance(weighting="unit").analyse({"main": spectrum(*made(noise=1e-3))}, BARE)
    assert not any("a coil of" in doubt for doubt in alike.doubts)


def test_fixed_parameters_are_held_with_their_units():
    frequency, z = made()
    found = Impedance(fixed=("R0 = 0.02 kohm",)).analyse({"main": spectrum(frequency, z)}, BARE)
    assert found["R0"].value == pytest.approx(20.0, rel=1e-12)
    assert found["R1"].value == pytest.approx(150.0, rel=1e-6)


SOC = """
title = "Impedance against the state of charge"
[sample.cell.facts]
charge = ["50 mAh/g", "150 mAh/g", "300 mAh/g"]
resistance = "100 ohm"
slope = "0.2 ohm*g/mAh"
[predict.spectra]
technique = "impedance"
sample = "cell"
circuit = "R0-p(R1,C1)"
seed = 3
values = { R0 = "10 ohm", R1 = "cell.resistance + cell.slope * cell.charge", C1 = "1e-5 F" }
[analyse.fitted]
technique = "impedance"
records = "spectra"
circuit = "R0-p(R1,C1)"
[trend.transfer]
of = "fitted.R1"
against = "charge"
law = "line"
"""


def test_impedance_against_the_state_of_charge_is_a_family_with_a_trend(tmp_path):
    (tmp_path / "study.toml").write_text(SOC)
    found = run(load(tmp_path / "study.toml"), default_store(tmp_path)).outcomes["transfer"].result
    assert found["slope"].to("ohm*g/mAh").value == pytest.approx(0.2, rel=0.02)
    assert abs(found["intercept"].value - 100.0) < 3 * found["intercept"].sigma


def test_a_diffusion_whose_end_is_not_reached_is_bounded_from_one_side():
    """A sweep down to 10 Hz of a Warburg element of 10 s: any longer time fits as well."""
    circuit = parse_circuit("R0-p(R1,C1)-Wo1")
    rng, frequency = np.random.default_rng(2), np.geomspace(1e6, 10.0, 50)
    z = circuit.impedance(np.array([30.0, 20.0, 1e-6, 100.0, 10.0]), frequency)[0]
    z = z * (1 + 0.002 * (rng.normal(size=50) + 1j * rng.normal(size=50)))
    found = Impedance(circuit="R0-p(R1,C1)-Wo1").analyse({"main": spectrum(frequency, z)}, BARE)
    assert not {"Wo1_R", "Wo1_tau"} & set(found.values)
    limit = found.limits["Wo1_tau"]
    assert (limit.side, limit.level) == ("above", 0.95)
    assert 0.02 < limit.bound.value < 10.0
    assert any(d.startswith("Wo1_tau is left out: the spectrum tells only that it lies above") for d in found.doubts)
    assert found["R1"].value == pytest.approx(20.0, abs=4 * found["R1"].sigma)


def test_a_profile_reaches_where_refits_with_the_parameter_held_do():
    """A Warburg element whose end is just reached, against other fits: 12 starts each, the parameter fixed."""
    circuit = parse_circuit("R0-Wo1")
    rng, frequency = np.random.default_rng(5), np.geomspace(1e3, 0.6, 30)
    z = circuit.impedance(np.array([5.0, 40.0, 1.0]), frequency)[0]
    z = z + 0.02 * np.abs(z) * (rng.normal(size=30) + 1j * rng.normal(size=30))
    sigma = np.repeat(0.02 * np.abs(z)[None], 2, axis=0)
    fit = fit_circuit(circuit, frequency, z, sigma)
    reach = profile(fit, frequency, z, sigma, {}, 1.0)

    def rise(tau):
        return fit_circuit(circuit, frequency, z, sigma, {"Wo1_tau": tau}, starts=12).chi2 - fit.chi2

    place = circuit.names.index("Wo1_tau")
    assert not reach.open_above[place]
    assert not reach.open_below[place]
    assert rise(reach.least[place]) == pytest.approx(1.6449**2, rel=0.25)
    assert rise(reach.most[place]) == pytest.approx(1.6449**2, rel=0.25)


def test_a_sum_of_resistances_is_set_where_its_parts_are_not():
    """The arc begins above the sweep: R0 is open, R0 + R1 is not; 20 spectra of 0.2 % noise, 0.1 cm of 1 cm2."""
    frequency, away = np.geomspace(1e5, 1.0, 40), []
    z = parse_circuit("R0-p(R1,CPE1)-CPE2").impedance(np.array([20.0, 100.0, 2e-9, 0.9, 1e-5, 0.85]), frequency)[0]
    sample = pellet(thickness="1000(0) um", area="1(0) cm**2")
    for seed in range(20):
        rng = np.random.default_rng(seed)
        noisy = z * (1 + 2e-3 * (rng.normal(size=40) + 1j * rng.normal(size=40)))
        technique = Impedance(circuit="R0-p(R1,CPE1)-CPE2", starts=12, gain_error=Quantity.exact(0.0, "%"))
        found = technique.analyse({"main": spectrum(frequency, noisy)}, sample)
        total = found["conductivity_total"]
        assert total.sigma < 2e-3 * total.value
        away.append((total.value - 0.1 / 120.0) / total.sigma)
    assert np.sqrt(np.mean(np.square(away))) < 1.6
