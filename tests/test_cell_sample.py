"""A sample's recipe, shape and facts become the numbers of the cell, and nonsense is refused before it is solved."""

import math
from dataclasses import replace

import numpy as np
import pytest

from thiocell.cell.batch import Fared, solve
from thiocell.cell.checks import check, faults
from thiocell.cell.doubts import doubts
from thiocell.cell.facts import COUPLES, FACTS, HIDDEN
from thiocell.cell.frame import frame, lacking, si
from thiocell.cell.from_sample import cell_parameters, lii_conductivity, parameters
from thiocell.cell.losses import losses
from thiocell.cell.parameters import CellParameters, CellState, Parting
from thiocell.cell.protocol import Step, galvanostatic
from thiocell.cell.resting import resting_potential
from thiocell.cell.states import charged_state, discharged_state, pristine_state
from thiocell.chemistry import SYSTEMS, properties
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source

PRESSED = {"mass": "4.0 mg", "area": "0.7853982 cm**2", "thickness": "30 um"}


def told(text: str) -> Fact:
    return Fact(Quantity.parse(text), Source("measured"))


def best(x: float = 0.20, y: float = 0.15, state: dict[str, float] | None = None, **facts: str) -> Sample:
    return Sample(
        "best",
        "li2s_lii_mos2",
        {"x": Quantity.exact(x), "y": Quantity.exact(y)},
        {name: told(text) for name, text in (PRESSED | facts).items()},
        {name: Quantity.exact(value) for name, value in (state or {}).items()},
    )


def kappa(cell: CellParameters, sulfur: float, parted: float, metal: float = 0.0) -> float:
    ionic = cell.ionic
    root = ionic.base + ionic.host * sulfur + ionic.parted * parted + ionic.molybdenum * metal
    return root**ionic.power


# ------------------------------------------------------------------------------------------- the facts


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_fact_has_a_meaning_sound_bounds_and_a_sourced_default_within_them(name: str) -> None:
    known = FACTS[name]
    assert len(known.term.meaning) > 10
    assert known.term.low < known.term.high
    if known.default is not None:
        known.term.check(name, known.default.quantity)
        source = known.default.source
        assert source.place, "a default says where it stands, or why it was assumed"
        assert source.kind == "assumed" or source.reference


def test_every_system_named_by_a_default_exists() -> None:
    assert {known.system for known in FACTS.values()} - {""} <= set(SYSTEMS.names)


def test_hidden_facts_are_facts() -> None:
    assert set(HIDDEN) | {word for words in HIDDEN.values() for word in words} <= set(FACTS)


def test_facts_turn_into_si_once_and_for_all() -> None:
    assert si("separator_conductivity", Quantity(1e-4, "S/cm")) == pytest.approx(1e-2)
    assert si("separator_resistance", Quantity(540.0, "Ohm cm2")) == pytest.approx(0.054)
    assert si("temperature", Quantity(25.0, "degC")) == pytest.approx(298.15)
    assert si("double_layer", Quantity(1.0, "F/cm**3")) == pytest.approx(1e6)
    assert si("sulfur_exchange", Quantity(25.0, "mA/g")) == pytest.approx(25.0)  # A/kg
    # 1 eV a particle is 96.485 kJ/mol
    assert si("separator_activation_energy", Quantity(0.4, "eV")) == pytest.approx(0.4 * 96485.332, rel=1e-7)


def test_a_fact_out_of_bounds_or_of_another_dimension_is_refused_with_its_bounds() -> None:
    with pytest.raises(BadInput, match=r"separator_porosity.*must lie between 0 and 0\.9"):
        frame(best(separator_porosity="0.95"))
    with pytest.raises(BadInput, match=r"write it in 'S/cm'"):
        frame(best(separator_conductivity="3 V"))
    with pytest.raises(BadInput, match="the cell has no fact 'colour'"):
        si("colour", Quantity(1.0))


# ----------------------------------------------------------------------- charges, lengths, resistances


def test_the_charges_are_faradays_law_times_the_pressed_density() -> None:
    cell = cell_parameters(best())
    density = 4.0e-3 / (0.7853982 * 30e-4)  # g/cm3
    assert density == pytest.approx(1.70, abs=0.005)
    # 467 and 206 mAh in each gram, 3.6 C in each mAh, 1e6 cm3 in each m3
    assert cell.couple("sulfur").charge == pytest.approx(467.3 * 3.6 * density * 1e6, rel=5e-4)
    assert cell.couple("molybdenum").charge == pytest.approx(206.2 * 3.6 * density * 1e6, rel=5e-4)
    assert cell.charge * cell.area / 3.6 == pytest.approx(673.4 * 4.0e-3, rel=5e-4)  # mAh of the cell
    assert cell.couple("sulfur").exchange == pytest.approx(25e-3 * density * 1e6)  # 25 mA/g in A/m3
    assert [couple.name for couple in cell.couples] == ["molybdenum", "sulfur"]


def test_the_separator_is_its_mass_over_density_and_porosity_unless_more_is_told() -> None:
    # 80 mg on 0.785 cm2 of 1.85 g/cm3 are 551 um without pores, 612 um with a tenth of them; 1e-4 S/cm
    assert cell_parameters(best()).separator_resistance * 1e4 == pytest.approx(611.8, abs=0.5)
    assert cell_parameters(best(separator_porosity="0")).separator_resistance * 1e4 == pytest.approx(550.6, abs=0.5)
    thick = cell_parameters(best(separator_thickness="540 um", separator_conductivity="5e-4 S/cm"))
    assert thick.separator_resistance * 1e4 == pytest.approx(108.0)
    assert cell_parameters(best(separator_resistance="240 Ohm cm2")).separator_resistance == pytest.approx(0.024)


def test_the_separator_follows_arrhenius() -> None:
    warm = cell_parameters(best(temperature="60 degC"))
    inverse = 1.0 / 333.15 - 1.0 / 298.15
    ratio = math.exp(0.40 / 8.617333262e-5 * inverse)  # Boltzmann's constant in eV/K
    assert warm.separator / cell_parameters(best()).separator == pytest.approx(ratio, rel=1e-7)
    assert ratio == pytest.approx(0.195, abs=0.001)


def test_voltages_stand_against_lithium_indium_and_potentials_against_lithium() -> None:
    cell = cell_parameters(best())
    assert (cell.lower_cutoff, cell.upper_cutoff) == (0.0, 3.0)
    assert cell.anode_potential == pytest.approx(0.62)
    assert cell_parameters(best(anode_potential="0 V")).anode_potential == 0.0


def test_the_throughput_that_eases_kinetics_is_told_by_mass() -> None:
    cell = cell_parameters(best(activation_charge="500 mAh/g", activation_start="0.2"))
    assert cell.activation_charge * cell.area / 3.6 == pytest.approx(500 * 4.0e-3)
    assert cell.activation_start == 0.2
    assert all(couple.activated for couple in cell.couples)


@pytest.mark.parametrize("grains", ["none", "parabolic", "spherical", "spread"])
def test_the_law_of_grains_goes_to_couples_that_have_a_grain_time(grains: str) -> None:
    cell = cell_parameters(best(), grains=grains)  # type: ignore[arg-type]
    assert cell.couple("sulfur").grains == grains
    assert cell.couple("molybdenum").grains == "none"
    both = cell_parameters(best(molybdenum_grain_time="100 s"), grains=grains)  # type: ignore[arg-type]
    assert both.couple("molybdenum").grains == grains


def test_switches_bring_iodide_and_thiophosphate() -> None:
    cell = cell_parameters(best(iodide_redox="1", thiophosphate_capacity="30 mAh/g"))
    assert [c.name for c in cell.couples] == ["molybdenum", "sulfur", "iodide", "thiophosphate"]
    by_mass = {c.name: c.charge / (cell.mass / (cell.area * cell.thickness)) / 3600.0 for c in cell.couples}  # Ah/kg
    assert by_mass["iodide"] == pytest.approx(58.4, abs=0.05)
    assert by_mass["thiophosphate"] == pytest.approx(30.0)
    assert cell.couple("iodide").potential == 2.8
    alone = cell_parameters(best(molybdenum_redox="0"))
    assert [c.name for c in alone.couples] == ["sulfur"]


# -------------------------------------------------------------------------------------- conductivities


@pytest.mark.parametrize("power", [1, 2, 3])
@pytest.mark.parametrize("milled", [0.0, 1.0])
def test_the_fresh_and_the_charged_cathode_conduct_as_told_by_any_mixing_law(power: int, milled: float) -> None:
    cell = frame(best(mixing_power=str(power), milled_lithium=str(milled)))
    made = parameters(cell)
    sulfur, metal = cell.fresh("sulfur"), cell.fresh("molybdenum")
    assert metal == pytest.approx(milled / 4)
    assert sulfur == pytest.approx(1 - milled * 0.15 / (2 * 0.68))
    assert kappa(made, sulfur, cell.parted_fresh, metal) == pytest.approx(1e-2)
    assert kappa(made, 0.0, 1.0) == pytest.approx(6.6e-3)


def test_told_phases_mix_by_their_share_of_the_layer() -> None:
    facts = {"conductivity_mos2": "2e-3 S/cm", "conductivity_lii": "5e-4 S/cm", "mixing_power": "1"}
    made = cell_parameters(best(**facts))
    found = properties(best()).values
    solid = found["apparent_density"].value / found["density"].value
    share = {name: found[f"state_volume_fraction_{name}"].value * solid for name in ("mos2", "li2s_lii")}
    assert kappa(made, 1.0, 0.0) == pytest.approx(100 * (share["mos2"] * 2e-3 + share["li2s_lii"] * 1.5e-6), rel=1e-6)
    # all LiI outside is 27 % of what is left of the solid, whose volume has shrunk; here by its own cell
    lii = 0.17 * 133.84 / 78.003 / 4.085 / (30e-4 * 0.7853982 / 4.0e-3)
    assert kappa(made, 0.0, 1.0) == pytest.approx(100 * (share["mos2"] * 2e-3 + lii * 5e-4), rel=2e-3)


def test_lithium_in_the_molybdenum_phase_can_conduct_otherwise() -> None:
    made = cell_parameters(best(conductivity_lixmos2="1e-2 S/cm", mixing_power="1"))
    found = properties(best()).values
    solid = found["apparent_density"].value / found["density"].value
    share = {name: found[f"state_volume_fraction_{name}"].value * solid for name in ("mos2", "li2s_lii")}
    assert kappa(made, 1.0, 0.0, 0.0) == pytest.approx(1e-2)
    assert kappa(made, 1.0, 0.0, 1.0) == pytest.approx(share["mos2"] * 1.0 + share["li2s_lii"] * 1.5e-4, rel=1e-6)


def test_iodide_beyond_the_solubility_stands_apart_from_the_start() -> None:
    cell = frame(best(x=0.25))
    # 0.25 mol of LiI for each mol of Li2S dissolve: n_LiI/n_Li2S is 1/3, so a quarter stands apart
    assert cell.held == pytest.approx(0.75)
    assert cell.parted == pytest.approx(0.25)
    assert kappa(parameters(cell), 1.0, 0.25) == pytest.approx(1e-2)
    assert frame(best()).held == pytest.approx(1.0)


def test_without_iodide_nothing_parts() -> None:
    made = cell_parameters(best(x=0.0))
    assert made.parting is None
    assert kappa(made, 1.0, 0.0) == pytest.approx(1e-2)


# ------------------------------------------------------------------------------------------ the trials


def test_a_trial_gives_what_the_same_fact_of_a_sample_gives() -> None:
    trial = {"sulfur_exchange": "3 mA/g", "separator_conductivity": "4e-4 S/cm", "thickness": "35 um"}
    values = {name: Quantity.parse(text) for name, text in trial.items()}
    from_trial = parameters(frame(best()), {name: si(name, q) for name, q in values.items()})
    assert from_trial == cell_parameters(best(**trial)) == cell_parameters(best(), values=values)
    assert from_trial != cell_parameters(best())


def test_a_trial_without_effect_and_an_unknown_one_are_refused() -> None:
    cell = frame(best(separator_resistance="240 Ohm cm2"))
    with pytest.raises(BadInput, match="separator_conductivity has no effect"):
        parameters(cell, {"separator_conductivity": 0.01})
    with pytest.raises(BadInput, match="has no fact sulphur_exchange"):
        parameters(cell, {"sulphur_exchange": 1.0})
    with pytest.raises(BadInput, match="has no fact sulphur_exchange"):
        frame(best(), values={"sulphur_exchange": Quantity(1.0, "mA/g")})
    assert frame(best(), values={"milled_lithium": Quantity.exact(1.0)}).fresh("molybdenum") == 0.25


def test_a_trial_of_li3ps4_counts_and_one_of_an_absent_couple_is_refused() -> None:
    cell = frame(best())
    on = parameters(cell, {"thiophosphate_capacity": si("thiophosphate_capacity", Quantity.parse("50 mAh/g"))})
    assert on == cell_parameters(best(thiophosphate_capacity="50 mAh/g"))
    held = frame(best(thiophosphate_capacity="50 mAh/g"))
    more = parameters(held, {"thiophosphate_capacity": si("thiophosphate_capacity", Quantity.parse("100 mAh/g"))})
    assert more.couples[-1].charge == pytest.approx(2 * on.couples[-1].charge)
    assert parameters(held, {"thiophosphate_capacity": 0.0}) == parameters(cell)
    for name in ("iodide_potential", "thiophosphate_potential"):
        with pytest.raises(BadInput, match=f"{name} has no effect in a trial, because the couple"):
            parameters(cell, {name: 2.0})


def test_a_layer_thinner_than_its_solid_is_told_in_a_trial_too() -> None:
    cell = frame(best())
    thin = parameters(cell, {"thickness": 10e-6})
    (fault,) = faults(thin)
    assert "'thickness' of the cell is 10 um; its solid alone needs 19.58 um" in fault
    assert faults(parameters(cell, {"thickness": 19.6e-6})) == ()
    good = parameters(cell)
    courses = solve([good] * 8 + [thin], charged_state(good), galvanostatic(1e-4, first="discharge"))
    assert [course.fared is Fared.BAD_INPUT for course in courses] == [False] * 8 + [True]


def test_a_law_of_grains_that_there_is_not_and_a_spread_without_effect_are_named() -> None:
    with pytest.raises(BadInput, match="no law of grains 'round'; there are none, parabolic, spherical, spread"):
        frame(best(), grains="round")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="sulfur_grain_spread has no effect in a trial, because all grains are of one"):
        parameters(frame(best()), {"sulfur_grain_spread": 0.3})


@pytest.mark.parametrize("power", [1.5, 2.5])
def test_a_power_between_the_mixing_laws_is_refused(power: float) -> None:
    with pytest.raises(BadInput, match=f"'mixing_power' of sample 'best' is {power}; it must be 1, 2, 3"):
        frame(best(mixing_power=str(power)))
    with pytest.raises(BadInput, match=f"'mixing_power' of a trial is {power}"):
        parameters(frame(best()), {"mixing_power": power})


def test_a_frame_does_not_change_under_trials() -> None:
    cell = frame(best())
    before = parameters(cell)
    parameters(cell, {"sulfur_potential": 2.3})
    assert parameters(cell) == before


# --------------------------------------------------------------------------------------- other samples


def test_a_recipe_without_li2s_asks_for_the_conductivity_that_its_numbers_do_not_hold() -> None:
    facts = {name: told(text) for name, text in PRESSED.items()}
    sample = Sample("lii", "li2s_lii_mos2", {"x": Quantity.exact(1.0), "y": Quantity.exact(0.15)}, facts)
    with pytest.raises(BadInput, match=r"no Li2S to charge .* tell conductivity_mos2"):
        cell_parameters(sample)
    cell_parameters(sample.with_facts({"conductivity_mos2": told("1e-3 S/cm")}))


def test_the_doubts_name_the_facts_of_the_couple_that_is_there() -> None:
    facts = {name: told(text) for name, text in PRESSED.items()}
    molybdenum = Sample("mo", "li2s_lii_mos2", {"x": Quantity(20.0, "percent"), "y": Quantity.exact(1.0)}, facts)
    said = " ".join(doubts(frame(molybdenum), 100.0))
    assert "molybdenum_exchange = 25(?) mA/g" in said
    assert "sulfur_exchange" not in said
    assert "y = 1 lies outside" in said  # and x = 20 percent does not


def test_unknown_electrons_are_named() -> None:
    recipe = {"x": Quantity.exact(0.1), "y": Quantity.exact(0.2)}
    sample = Sample("v", "li2s_v2s3_lii", recipe, {name: told(text) for name, text in PRESSED.items()})
    with pytest.raises(BadInput, match=r"the electrons of V2S3 are not known.*vanadium_redox = 0 lets it take no part"):
        frame(sample)
    needed = ("electronic_conductivity", "ionic_conductivity", "vanadium_redox")
    assert lacking(sample) == needed
    conducting = {"electronic_conductivity": told("1 S/cm"), "ionic_conductivity": told("1e-4 S/cm")}
    with pytest.raises(BadInput, match=r"'vanadium_redox' .* is 1.*between 0 and 0"):
        frame(sample.with_facts({**conducting, "vanadium_redox": told("1")}))
    without = frame(sample.with_facts({**conducting, "vanadium_redox": told("0")}))
    assert [part.name for part in without.parts] == ["sulfur"]
    # by hand: 0.72 mol of Li2S with 2 F each in 0.72 x 45.95 + 0.08 x 133.84 + 0.20 x 198.08 g
    grams = 0.72 * 45.95 + 0.08 * 133.84 + 0.20 * 198.08
    assert without.parts[0].charge == pytest.approx(0.72 * 2 * 96485.33 / grams * 1e3, rel=1e-3)
    assert any("V2S3 takes no part" in doubt for doubt in doubts(without))
    pure = Sample("p", "li2s_v2s3_lii", {"x": Quantity.exact(0.1), "y": Quantity.exact(0.0)}, sample.facts)
    assert lacking(pure) == needed[:2]  # no vanadium, nothing to say of it


def test_a_system_without_defaults_names_what_it_needs_and_works_once_told() -> None:
    facts = {name: told(text) for name, text in PRESSED.items()}
    sample = Sample("chevrel", "s_mo6s8", {"z": Quantity.exact(0.9)}, facts)
    needed = ("electronic_conductivity", "ionic_conductivity", "molybdenum_potential", "molybdenum_slope")
    assert lacking(sample) == needed
    with pytest.raises(BadInput, match=f"must tell {', '.join(needed)} .*molybdenum_redox = 0 instead leaves"):
        frame(sample)
    assert lacking(sample.with_facts({"molybdenum_redox": told("0")})) == needed[:2]
    sample = sample.with_facts({"electronic_conductivity": told("1 S/cm"), "ionic_conductivity": told("1e-4 S/cm")})
    with pytest.raises(BadInput, match="tell molybdenum_potential, molybdenum_slope"):
        frame(sample)
    whole = {"molybdenum_potential": told("2.1 V"), "molybdenum_slope": told("0.3 V")}
    made = cell_parameters(sample.with_facts(whole))
    assert made.charge * made.area / 3.6 == pytest.approx(526.1 * 4.0e-3, rel=1e-3)
    assert kappa(made, 0.0, 0.0) == kappa(made, 1.0, 0.0) == pytest.approx(1e-2)
    assert made.parting is None


def test_defaults_of_the_molybdenum_cathode_do_not_hold_without_molybdenum() -> None:
    with pytest.raises(BadInput, match="must tell electronic_conductivity, ionic_conductivity"):
        frame(best(y=0.0))


def test_a_layer_thinner_than_its_solid_is_refused() -> None:
    with pytest.raises(BadInput, match=r"'thickness' of sample 'best' is 15.*its solid alone needs 19\.\d+.* um"):
        frame(best(thickness="15 um"))


@pytest.mark.parametrize("missing", ["mass", "area", "thickness"])
def test_a_missing_shape_is_named(missing: str) -> None:
    sample = best()
    bare = replace(sample, facts={name: fact for name, fact in sample.facts.items() if name != missing})
    with pytest.raises(BadInput, match=f"must tell {missing}"):
        frame(bare)


# ------------------------------------------------------------------------------------------ the states


def test_a_fresh_state_is_that_of_chemistry() -> None:
    fresh = pristine_state(frame(best(milled_lithium="1")))
    assert fresh.lithiated["molybdenum"] == pytest.approx(0.25)
    assert fresh.lithiated["sulfur"] == pytest.approx(1 - 0.15 / (2 * 0.68))
    assert fresh.parted == pytest.approx(1 - (0.68 - 0.075) / 0.68)
    assert fresh.throughput == 0.0


def test_a_state_that_the_sample_tells_is_taken_over() -> None:
    told_state = pristine_state(frame(best(state={"sulfur_extent": 0.5, "lithium_in_mos2": 1.2, "cycle": 10})))
    assert told_state.lithiated == pytest.approx({"sulfur": 0.5, "molybdenum": 0.3})
    # 0.2 Li a MoS2 beyond the first step turn 0.15 x 0.2/3 of it into two Li2S each, which hold iodide too
    assert told_state.parted == pytest.approx(1 - (0.34 + 0.15 * 0.2 / 3 * 2) / 0.68)
    assert told_state.throughput == pytest.approx(20 * cell_parameters(best()).charge)


def test_couples_of_a_charged_and_of_a_discharged_cell_are_in_balance() -> None:
    cell = cell_parameters(best())
    full, empty = charged_state(cell), discharged_state(cell, cycles=3)
    assert resting_potential(cell, empty) == pytest.approx(0.62, abs=1e-6)
    # the molybdenum line, solved by hand: 0.62 = 0.80 + 0.35 (1 - 2 xi) + kT/e ln((1-xi)/xi)
    xi = empty.lithiated["molybdenum"]
    nernst = 8.617333262e-5 * 298.15 * math.log((1 - xi) / xi)
    assert 0.80 + 0.35 * (1 - 2 * xi) + nernst == pytest.approx(0.62, abs=1e-9)
    assert empty.throughput == pytest.approx(6 * cell.charge)
    assert full.lithiated["sulfur"] == pytest.approx(1e-6, rel=1e-6)
    assert full.lithiated["molybdenum"] < 1e-20
    # sulfur at its end: 2.20 + 0.05 + 0.05 and the Nernst term of a millionth
    assert resting_potential(cell, full) == pytest.approx(2.30 + 8.617333262e-5 * 298.15 * math.log(1e6), abs=1e-6)
    assert full.parted == pytest.approx(1.0, abs=1e-4)
    assert set(full.hysteresis.values()) == {1.0}
    assert set(empty.hysteresis.values()) == {-1.0}


def test_a_window_above_its_couples_leaves_iodide_in_balance_too() -> None:
    cell = cell_parameters(best(iodide_redox="1", upper_cutoff="2.2 V"))
    assert resting_potential(cell, charged_state(cell)) == pytest.approx(2.82, abs=1e-6)
    assert charged_state(cell).lithiated["iodide"] == pytest.approx(1 / (1 + math.exp(0.02 / 0.0256926)), rel=1e-4)


# ----------------------------------------------------------------------------------- checks and doubts


def test_a_sound_cell_passes_every_check() -> None:
    cell = frame(best())
    made = parameters(cell)
    test = galvanostatic(100.0 * made.mass, cycles=2, rest=60.0)
    assert faults(made, pristine_state(cell), test) == ()
    check(made, charged_state(made), galvanostatic(100.0 * made.mass, first="discharge"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"thickness": 0.0}, "'thickness' of the cell is 0 m; it must lie between 1e-09 and 1 m"),
        ({"electronic": -1.0}, "'electronic' of the cell is -1 S/m"),
        ({"temperature": math.nan}, "'temperature' of the cell is nan K"),
        ({"mass": math.inf}, "'mass' of the cell is inf kg"),
        ({"lower_cutoff": 3.5}, "the cut-offs are crossed"),
        ({"activation_start": 1.5}, "'activation_start' of the cell is 1.5; it must lie between 1e-09 and 1"),
        ({"parting": Parting(1.0, 0.0, 10.0)}, "'out_time' of the parting LiI is 0 s"),
        ({"couples": ()}, "a cell needs couples"),
        ({"nodes": 1}, "'nodes' of the cell is 1"),
    ],
)
def test_an_impossible_number_is_named_with_its_bounds(change: dict[str, object], words: str) -> None:
    made = replace(cell_parameters(best()), **change)  # type: ignore[arg-type]
    assert any(words in fault for fault in faults(made)), faults(made)
    with pytest.raises(BadInput):
        check(made)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"charge": -1.0}, "'charge' of couple 'sulfur' is -1 C/m3"),
        ({"exchange": 0.0}, "'exchange' of couple 'sulfur'"),
        ({"grain_time": -5.0}, "'grain_time' of couple 'sulfur' is -5 s"),
        ({"shape": (0.1,) * 5}, "at most four"),
        ({"name": "molybdenum"}, "each with a name of its own"),
    ],
)
def test_an_impossible_couple_is_named(change: dict[str, object], words: str) -> None:
    made = cell_parameters(best())
    odd = replace(made.couple("sulfur"), **change)  # type: ignore[arg-type]
    assert any(words in fault for fault in faults(replace(made, couples=(made.couples[0], odd))))


def test_conductivities_that_contradict_each_other_are_told() -> None:
    made = cell_parameters(best(ionic_conductivity="1e-9 S/cm"))  # less than its solution alone conducts
    assert any("ionic conductivity is not positive" in fault for fault in faults(made))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            CellState({"sulfur": 1.2, "molybdenum": 0.0}),
            "lithiated share of 'sulfur' is 1.2; it must lie between 0 and 1",
        ),
        (CellState({"sulfur": 1.0}), "it must tell of molybdenum, sulfur"),
        (CellState({"sulfur": 1.0, "molybdenum": 0.0}, parted=-0.1), "share of parted LiI is -0.1"),
        (CellState({"sulfur": 1.0, "molybdenum": 0.0}, throughput=math.inf), "throughput of the state is inf"),
        (CellState({"sulfur": 1.0, "molybdenum": 0.0}, {"sulfur": 2.0}), "hysteresis of 'sulfur' is 2"),
    ],
)
def test_an_impossible_state_is_named(state: CellState, words: str) -> None:
    assert any(words in fault for fault in faults(cell_parameters(best()), state))


def test_a_current_that_cannot_start_is_refused() -> None:
    made = cell_parameters(best())
    empty, full = discharged_state(made), charged_state(made)
    small = 25.0 * made.mass
    # an empty cell rests at the lower cut-off: nothing is left to discharge
    (fault,) = faults(made, empty, galvanostatic(small, first="discharge"))
    assert "step 1 cannot start: the cell rests at 0.000 V" in fault
    assert faults(made, empty, galvanostatic(small)) == ()
    # 612 Ohm cm2 at 2.1 A/g, 10.7 mA/cm2: more volts than the window has
    (fault,) = faults(made, full, galvanostatic(2100.0 * made.mass, first="discharge")[:1])
    assert "in the separator" in fault
    # 500 mA/g cost 1.56 V in the separator, and a charged cell that rests at 2.03 V may go down to 0.6 V only
    (fault,) = faults(made, full, galvanostatic(500.0 * made.mass, first="discharge", lower=0.6))
    assert "and the discharge runs down to 0.6 V" in fault


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("current", 1e-4), "has no end"),
        (Step("current", 1e-4, seconds=-1.0), "'seconds' of step 1 is -1"),
        (Step("current", 1e-4, lower=2.0, upper=1.0), "the cut-offs of step 1 are crossed"),
        (Step("voltage", math.nan, seconds=1.0), "not finite"),
        (Step("voltage", 3.0, current=0.0), "'current' of step 1 is 0"),
    ],
)
def test_an_impossible_step_is_named(step: Step, words: str) -> None:
    assert any(words in fault for fault in faults(cell_parameters(best()), protocol=(step,)))


def test_losses_are_ohms_law_and_the_law_of_butler_and_volmer() -> None:
    made = cell_parameters(best(separator_resistance="240 Ohm cm2", anode_exchange_current="1 mA/cm2"))
    found = losses(made, 100.0 * made.mass)
    assert found["separator"] == pytest.approx(0.5093 * 0.240, rel=1e-3)  # 0.509 mA/cm2
    assert found["anode"] == pytest.approx(2 * 0.0256926 * math.asinh(0.5093 / 2), rel=1e-3)
    assert found["kinetics"] == pytest.approx(2 * 0.0256926 * math.asinh(4.0), rel=1e-4)  # 100 mA/g over 25 mA/g
    assert found["ions in the cathode"] == pytest.approx(0.5093e-3 * 30e-4 / (3 * 1e-4), rel=1e-3)
    assert losses(made, 5000.0 * made.mass)["grains"] == math.inf


def test_doubts_name_what_is_not_told_and_what_it_costs_dearest_first() -> None:
    found = doubts(frame(best()), 100.0)
    assert found[0].startswith("at 100 mA/g about 312 mV go to the separator")
    assert "separator_conductivity = 0.0001(?) S/cm (paper)" in found[0]
    sizes = [int(text.split("about ")[1].split(" mV")[0]) for text in found if " mV go to " in text]
    assert sizes == sorted(sizes, reverse=True)
    assert not any("grain_spread" in text for text in found)  # of no effect where all grains are of one size
    assert any("sulfur_grain_spread" in text for text in doubts(frame(best(), grains="spread"), 100.0))
    told_all = doubts(frame(best(separator_resistance="240 Ohm cm2", sulfur_exchange="25 mA/g")), 100.0)
    assert not any("separator" in text or "kinetics" in text for text in told_all)


def test_doubts_tell_of_conditions_that_defaults_were_not_made_for() -> None:
    assert any("y = 0.05 lies outside" in text for text in doubts(frame(best(y=0.05))))
    assert any("only the separator's conductivity follows" in t for t in doubts(frame(best(temperature="60 degC"))))
    both = frame(best(separator_resistance="240 Ohm cm2", separator_conductivity="1e-3 S/cm"))
    assert "'separator_resistance' is told, so separator_conductivity had no effect" in doubts(both)
    assert any("neither need nor refute" in text for text in doubts(frame(best())))
    assert any("less than nothing for LiI" in text for text in doubts(frame(best(mixing_power="1"))))
    told = frame(best(conductivity_mos2="6e-2 S/cm"))
    assert any("the conductivity of MoS2 explains that of the charged" in text for text in doubts(told))


def test_the_couples_of_the_facts_are_those_that_the_solvers_can_meet() -> None:
    chemistry = {c.name for n in SYSTEMS.names for c in SYSTEMS.find(n).couples if c.steps}
    assert chemistry | {"thiophosphate"} == set(COUPLES)
    assert np.isfinite(list(frame(best()).numbers.values())).all()


def test_what_lii_would_conduct_follows_from_the_other_conductivities_and_is_told() -> None:
    """Side by side (p = 1) the share of each phase counts by itself, so that the LiI put in comes out."""
    facts = {"conductivity_mos2": "2e-3 S/cm", "conductivity_lii": "5e-4 S/cm", "mixing_power": "1"}
    cell = frame(best(**facts))
    assert lii_conductivity(cell) == pytest.approx(5e-2)
    assert not any("dropped out LiI" in doubt for doubt in doubts(cell))
    charged = parameters(cell).ionic
    whole = (charged.base + charged.parted) ** charged.power  # no sulfide, all iodide outside
    told = {"conductivity_mos2": "2e-3 S/cm", "mixing_power": "1", "ionic_conductivity_charged": f"{whole / 100} S/cm"}
    assert lii_conductivity(frame(best(**told))) == pytest.approx(5e-2)
    (said,) = (doubt for doubt in doubts(frame(best())) if "dropped out LiI" in doubt)
    assert "1.3e-08 S/cm" in said
    (said,) = (doubt for doubt in doubts(frame(best(ionic_conductivity_charged="3e-5 S/cm"))) if "contradict" in doubt)
    assert "less than nothing for LiI" in said
