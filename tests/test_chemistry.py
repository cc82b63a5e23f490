"""Counting against numbers from outside: the paper, handbooks and arithmetic done by hand."""

import doctest
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thiocell.chemistry import SYSTEMS, properties
from thiocell.chemistry.couple import Coordinate, Couple
from thiocell.chemistry.formula import ATOMIC_WEIGHTS, molar_mass, parse, specific_capacity
from thiocell.chemistry.phase import Cell
from thiocell.chemistry.reaction import imbalance
from thiocell.chemistry.spread import spread
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.physics import composition, solid_solution, unit_cell

MAH_A_MOLE = 96485.33212 / 3.6  # mAh in one mole of electrons, CODATA 2018
CATHODE = "li2s_lii_mos2"
BEST = {"x": 0.20, "y": 0.15}  # 0.85(0.8Li2S-0.2LiI)-0.15MoS2 of doi:10.1002/batt.202300427
N_LI2S, N_LII, N_MOS2 = 0.68, 0.17, 0.15  # the same, multiplied out
LI2S, LII, MOS2, S = 45.94, 133.84447, 160.07, 32.06  # g/mol, from CIAAW 2021 by hand
MASS = N_LI2S * LI2S + N_LII * LII + N_MOS2 * MOS2  # 78.003 g/mol
LI2S_BULK, LII_BULK, MOS2_BULK, S_BULK = 1.66, 4.076, 5.06, 2.07  # g/cm3, handbooks
PRESSED = {
    "mass": Quantity.parse("4.0(1) mg"),
    "area": Quantity.exact(math.pi / 4, "cm**2"),  # a disc of 10 mm
    "thickness": Quantity.exact(30, "um"),
}


def counted(recipe=None, system=CATHODE, state=None, **facts: Quantity):
    """The properties of a sample, the best cathode of the paper where nothing else is said."""
    recipe = {word: Quantity.exact(value) for word, value in (recipe or BEST).items()}
    state = {word: Quantity.exact(value) for word, value in (state or {}).items()}
    facts = {word: Fact(quantity, Source("assumed")) for word, quantity in facts.items()}
    return properties(Sample("best", system, recipe, facts, state))


@pytest.mark.parametrize(
    ("formula", "atoms"),
    [
        ("Li2S", {"Li": 2, "S": 1}),
        ("Mo6S8", {"Mo": 6, "S": 8}),
        ("Li1.6S0.8I0.2", {"Li": 1.6, "S": 0.8, "I": 0.2}),
        ("Li3PS4", {"Li": 3, "P": 1, "S": 4}),
        ("(NH4)2S", {"N": 2, "H": 8, "S": 1}),
        ("Li(Li(S2)2)3", {"Li": 4, "S": 12}),
        ("SLi2S", {"S": 2, "Li": 2}),
    ],
)
def test_a_formula_counts_its_atoms(formula, atoms):
    assert parse(formula) == pytest.approx(atoms)


@pytest.mark.parametrize(
    "nonsense", ["", "li2s", "Li2S)", "(Li", "()", "Xx2", "Li0", "2Li", "Li-S", "Li 2", "L" * 99, "(" * 50, "S1e3"]
)
def test_a_formula_that_is_none_is_refused(nonsense):
    with pytest.raises(BadInput, match=r"formula|element|bracket|counts"):
        parse(nonsense)


@given(st.text(max_size=30))
def test_any_text_is_a_formula_or_bad_input(text):
    try:
        counts = parse(text)
    except BadInput:
        return
    assert counts
    assert all(element in ATOMIC_WEIGHTS and count > 0 for element, count in counts.items())


@given(st.text(alphabet="LiSMo24+-> e^().", max_size=30))
def test_any_text_is_a_reaction_or_bad_input(text):
    try:
        missing = imbalance(text)
    except BadInput:
        return
    assert all(math.isfinite(count) for count in missing.values())


def test_the_printed_reaction_of_mos2_loses_a_lithium_sulfide():
    # Printed in the paper: MoS2 + 4Li+ + 4e- -> Mo + Li2S; one more Li2S closes it.
    assert imbalance("MoS2 + 4Li+ + 4e- -> Mo + Li2S") == {"S": -1, "Li": -2}
    assert imbalance("MoS2 + 4Li+ + 4e- → Mo + 2 Li2S") == {}
    assert imbalance("MoS2 + 4 Li -> Mo + Li2S") == {"S": -1, "Li": -2}


def test_charge_is_counted_too():
    assert imbalance("S + 2 e- = S^2-") == {}
    assert imbalance("LiI -> Li+ + I") == {"charge": 1}


@pytest.mark.parametrize(
    "nonsense", ["", "Li", "Li -> S -> Mo", "Li + -> S", "S2- -> S", "2 -> 3", "-> S", "Li++ -> Li"]
)
def test_a_reaction_that_is_none_is_refused(nonsense):
    with pytest.raises(BadInput, match=r"reaction|species"):
        imbalance(nonsense)


def test_molar_masses_carry_the_spread_of_the_atomic_weights():
    # CIAAW 2021 abridged: Li 6.94 +- 0.06, S 32.06 +- 0.02, read as even distributions (sigma = half width/sqrt 3).
    mass = molar_mass("Li2S")
    assert mass.value == pytest.approx(2 * 6.94 + 32.06)
    assert mass.sigma == pytest.approx(math.hypot(2 * 0.06, 0.02) / math.sqrt(3))


@pytest.mark.parametrize(
    ("formula", "electrons", "printed", "within"),
    [
        # Printed in the paper, rounded to 5 or 10. Sulfur's 1675 is 2F/32.0: with CIAAW's 32.06(2) it is 1672, so
        # the comparison allows the printed number's 0.2 %; the last row holds the exact arithmetic.
        ("Li2S", 2, 1167, 0.5),
        ("Li", 1, 3860, 5),
        ("MoS2", 4, 670, 0.5),
        ("S", 2, 1675, 3.5),
        ("S", 2, 2 * MAH_A_MOLE / 32.06, 1e-6),
        ("Mo6S8", 4, 4 * MAH_A_MOLE / 832.18, 1e-6),
    ],
)
def test_specific_capacities_are_those_of_the_textbook(formula, electrons, printed, within):
    assert specific_capacity(formula, electrons).to("mAh/g").value == pytest.approx(printed, abs=within)


def test_faraday_constant_is_codatas():
    assert abs(composition.FARADAY - 96485.33212) < 5e-6


def test_volumes_of_cells_are_those_of_solid_geometry():
    right = math.pi / 2
    assert unit_cell.volume((2.0, 3.0, 4.0), (right, right, right)) == pytest.approx(24)
    hexagon = unit_cell.volume((1.0, 1.0, 2.0), (right, right, 2 * math.pi / 3))
    assert hexagon == pytest.approx(math.sqrt(3))
    # The rhombohedral and the hexagonal axes of Mo6S8 in the literature (6.432 A, 91.34 deg; 9.20, 10.88 A) are one
    # cell: three times the first is the second, to the rounding of 9.20 and 10.88.
    angle = math.radians(91.34)
    small = unit_cell.volume((6.432, 6.432, 6.432), (angle, angle, angle))
    assert 3 * small == pytest.approx(unit_cell.volume((9.20, 9.20, 10.88), (right, right, 2 * math.pi / 3)), rel=2e-3)


def test_a_host_dissolves_guest_up_to_the_limit():
    most = solid_solution.dissolvable(0.8, 0.2)
    assert most / (0.8 + most) == pytest.approx(0.2)


def test_the_spread_of_many_values_is_that_of_one_by_hand():
    found = spread(
        lambda at: {"sum": at["a"] + at["b"], "product": at["a"] * at["b"]}, {"a": 2.0, "b": 3.0}, {"a": 0.1}
    )
    assert found.sigma("sum") == pytest.approx(0.1)
    assert found.sigma("product") == pytest.approx(0.3)
    assert found.covariance[0, 1] == pytest.approx(0.03)
    blind = spread(lambda at: {"a": at["a"], "b": at["b"]}, {"a": 2.0, "b": 3.0}, {"a": math.nan, "b": 0.2})
    assert math.isnan(blind.sigma("a"))
    assert blind.sigma("b") == pytest.approx(0.2)


def test_sigma_of_a_capacity_is_that_of_many_throws():
    # The cathode's capacity from Li2S is 2 n F/M; the atomic weights are thrown from their own spread.
    rng = np.random.default_rng(7)
    weight = {
        e: rng.normal(q.value, q.sigma, 200_000) for e, q in ATOMIC_WEIGHTS.items() if e in ("Li", "S", "I", "Mo")
    }
    masses = sum(n * weight[e] for e, n in {"Li": 1.53, "S": 0.98, "I": 0.17, "Mo": 0.15}.items())
    thrown = 2 * N_LI2S * MAH_A_MOLE / masses
    assert counted()["capacity_li2s"].sigma == pytest.approx(thrown.std(), rel=0.02)  # 200,000 throws: 0.2 %


def test_mass_shares_of_the_best_cathode():
    result = counted()
    assert result["molar_mass"].value == pytest.approx(MASS)
    for key, moles, mass in (("li2s", N_LI2S, LI2S), ("lii", N_LII, LII), ("mos2", N_MOS2, MOS2)):
        assert result[f"mass_fraction_{key}"].value == pytest.approx(moles * mass / MASS)


def test_capacities_of_the_best_cathode():
    # Paper: MoS2 no more than 206 mAh/g of cathode; 2.4 electrons a Mo are 124 (it prints 125).
    result = counted()
    assert result["capacity_mos2"].value == pytest.approx(206, abs=0.5)
    assert 2.4 * result["capacity_per_electron_mos2"].value == pytest.approx(123.7, abs=0.05)
    assert result["capacity_li2s"].value == pytest.approx(2 * N_LI2S * MAH_A_MOLE / MASS)
    assert result["capacity_lii"].value == pytest.approx(N_LII * MAH_A_MOLE / MASS)
    assert result["capacity_total"].value == pytest.approx((2 * N_LI2S + 4 * N_MOS2) * MAH_A_MOLE / MASS)
    assert result["active_fraction"].value == pytest.approx((N_LI2S * LI2S + N_MOS2 * MOS2) / MASS)


def test_the_couples_of_one_cathode_share_their_uncertainty():
    covariance = counted().covariance
    assert covariance.correlation("capacity_li2s", "capacity_mos2") == pytest.approx(1)
    assert covariance.correlation("mass_fraction_li2s", "mass_fraction_mos2") < -0.5


def test_iodide_is_a_rival_that_can_be_switched_on():
    off, on = counted(), counted(iodide_redox=Quantity.exact(1))
    assert on["capacity_total"].value - off["capacity_total"].value == pytest.approx(N_LII * MAH_A_MOLE / MASS)
    assert any("58 mAh/g" in doubt and "counting alone does not decide" in doubt for doubt in off.doubts)
    assert not any("counting alone" in doubt for doubt in on.doubts)


def test_the_first_discharge_needs_more_than_two_point_seven_electrons_a_molybdenum():
    # Paper: first charge 349, first discharge 491 mAh/g. All of the excess on Mo, counted from MoS2.
    assert (491 - 349) / counted()["capacity_per_electron_mos2"].value == pytest.approx(2.755, abs=0.005)


def test_densities_by_handbook_and_by_cell():
    result = counted()
    volume = N_LI2S * LI2S / LI2S_BULK + N_LII * LII / LII_BULK + N_MOS2 * MOS2 / MOS2_BULK
    assert result["density_bulk"].value == pytest.approx(MASS / volume)
    assert not result["density_bulk"].known, "handbooks print no uncertainty"
    # Li1.8S0.8I0.2 in a cube of 5.718 + (5.744 - 5.718) 0.20/0.05 = 5.822 A with 4 formula units; 1T-MoS2 by its cell.
    cube = 0.602214076 * 5.822**3 / 4 * (N_LI2S + N_LII)
    plates = 0.602214076 * 3.190**2 * math.sqrt(3) / 2 * 5.945 * N_MOS2
    assert result["density"].value == pytest.approx(MASS / (cube + plates))
    assert result["density"].value == pytest.approx(2.60, abs=0.005)
    assert any("2.60 by unit cells and 2.68" in doubt for doubt in result.doubts)


def test_volume_shares_against_the_molybdenum_content():
    # By handbook densities, by hand: y = 0, 0.05, 0.10, 0.15, 0.20.
    shares = [counted({"x": 0.2, "y": y})["volume_fraction_bulk_mos2"].value for y in (0, 0.05, 0.10, 0.15, 0.20)]
    assert shares == pytest.approx([0, 0.055, 0.109, 0.163, 0.216], abs=6e-4)


def test_porosity_of_four_milligrams_in_thirty_micrometres():
    # 4 mg on a disc of 10 mm: 5.093 mg/cm2; in 30 um that is 1.698 g/cm3.
    result = counted(**PRESSED)
    assert result["loading"].value == pytest.approx(4 / (math.pi / 4))
    assert result["loading"].sigma == pytest.approx(result["loading"].value * 0.1 / 4)
    assert result["areal_current_at_1A_g"].value == pytest.approx(5.093, abs=5e-4)
    assert result["apparent_density"].value == pytest.approx(1.698, abs=5e-4)
    assert result["porosity"].value == pytest.approx(1 - 1.698 / 2.601, abs=5e-4)
    assert result["porosity_bulk"].value == pytest.approx(1 - 1.698 / 2.676, abs=5e-4)
    assert result["porosity_low"].value < result["porosity"].value < result["porosity_bulk"].value
    assert result["porosity_bulk"].value < result["porosity_high"].value
    assert result["thickness_pore_free"].value == pytest.approx(50.93 / 2.601, abs=0.01)


def test_a_sigma_of_the_thickness_reaches_the_porosity():
    vague = counted(**{**PRESSED, "thickness": Quantity.parse("30(5) um")})
    solid = 1 - vague["porosity"].value
    parts = math.hypot(5 / 30, 0.1 / 4, vague["density"].sigma / vague["density"].value)
    assert vague["porosity"].sigma == pytest.approx(solid * parts, rel=1e-3)
    unknown = counted(**{**PRESSED, "thickness": Quantity(30, "um")})
    assert not unknown["porosity"].known


def test_too_much_mass_for_the_room_is_a_doubt():
    result = counted(**{**PRESSED, "thickness": Quantity.exact(15, "um")})
    assert result["porosity"].value < 0
    assert any("less room than the solid needs" in doubt for doubt in result.doubts)


def test_a_mass_of_zero_is_refused():
    with pytest.raises(BadInput, match=r"'mass'.*greater than zero"):
        counted(**{**PRESSED, "mass": Quantity.exact(0, "mg")})


def by_hand(extent: float) -> tuple[float, float]:
    """LiI apart in moles, and its share of the solid's volume by handbook densities, when that share of Li2S is S."""
    left = N_LI2S * (1 - extent)
    apart = max(0.0, N_LII - 0.25 * left)
    room = {
        "li2s": left * LI2S / LI2S_BULK,
        "s": N_LI2S * extent * S / S_BULK,
        "lii": N_LII * LII / LII_BULK,
        "mos2": N_MOS2 * MOS2 / MOS2_BULK,
    }
    return apart, apart * LII / LII_BULK / sum(room.values())


@pytest.mark.parametrize("extent", [0.0, 0.3, 0.75, 1.0])
def test_iodide_that_the_remaining_sulfide_cannot_hold_drops_out(extent):
    result, (moles, volume) = counted(state={"sulfur_extent": extent}), by_hand(extent)
    assert result["state_moles_lii"].value == pytest.approx(moles, abs=1e-9)
    assert result["state_volume_fraction_bulk_lii"].value == pytest.approx(volume, abs=1e-9)


def test_at_full_conversion_a_quarter_of_the_solid_is_lithium_iodide():
    result = counted(state={"sulfur_extent": 1}, **PRESSED)
    for word in ("state_volume_fraction_lii", "state_volume_fraction_bulk_lii"):
        assert 0.26 < result[word].value < 0.27
    # 29.15 cm3 a formula unit become 20.86 by handbook densities, by hand.
    assert result["solid_volume_ratio_bulk"].value == pytest.approx(20.86 / 29.146, abs=5e-4)
    assert result["state_porosity"].value == pytest.approx(0.55, abs=0.01)
    assert result["state_charge"].value == pytest.approx(result["capacity_li2s"].value)


@pytest.mark.parametrize("milled", [0.0, 0.5, 1.0])
def test_after_the_first_charge_lithium_alone_fixes_the_iodide_that_is_apart(milled):
    # 349 mAh/g take 1.0157 Li from 1.53 a formula unit. With the molybdenum empty and all iodide kept, 0.514 - 0.17 Li
    # are left for Li2S: 0.172, holding 0.043 of 0.17 LiI, whatever milling had moved before.
    per_electron = MAH_A_MOLE / MASS
    extent = (349 / per_electron - N_MOS2 * milled) / (2 * N_LI2S)
    state = {"sulfur_extent": extent, "lithium_in_mos2": -milled}
    result = counted(state=state, milled_lithium=Quantity.exact(milled))
    assert result["state_charge"].value == pytest.approx(349)
    sulfide = (1.53 - 349 / per_electron - N_LII) / 2
    assert result["state_moles_li2s_lii"].value == pytest.approx(sulfide)
    assert result["state_moles_lii"].value == pytest.approx(N_LII - 0.25 * sulfide)
    assert 0.175 < result["state_volume_fraction_lii"].value < 0.185


def test_milling_one_lithium_into_each_molybdenum_would_show_two_percent_of_lithium_iodide():
    result = counted(milled_lithium=Quantity.exact(1))
    assert result["state_moles_s"].value == pytest.approx(N_MOS2 / 2)
    assert result["state_volume_fraction_lii"].value == pytest.approx(0.021, abs=0.001)
    assert result["state_charge"].value == 0


def test_milling_more_lithium_than_there_is_is_refused():
    with pytest.raises(BadInput, match=r"'milled_lithium'.*sulfur couple"):
        counted({"x": 0.2, "y": 0.8}, milled_lithium=Quantity.exact(1.5))


def test_all_iodide_outside_is_a_fifth_of_a_fresh_cathode():
    result = counted(state={"free_lii": 1})
    assert result["state_volume_fraction_lii"].value == pytest.approx(0.19, abs=0.005)
    assert result["guest_share_li2s_lii"].value == 0


def test_the_cell_edge_follows_the_printed_line_up_to_the_limit_and_stays():
    # Paper: 5.718 A pure, 5.744 A at x = 0.05, linear up to 0.20, no change at 0.25, none with MoS2.
    edges = [counted({"x": x, "y": 0.0})["edge_li2s_lii"].value for x in (0, 0.05, 0.10, 0.20, 0.25)]
    assert edges == pytest.approx([5.718, 5.744, 5.770, 5.822, 5.822], abs=1e-9)
    assert counted()["edge_li2s_lii"].value == pytest.approx(5.822)
    over = counted({"x": 0.25, "y": 0.0})
    assert over["state_moles_lii"].value == pytest.approx(0.25 - 0.75 / 4)


def test_a_full_ladder_of_molybdenum_ends_in_metal_and_sulfide():
    result = counted(state={"lithium_in_mos2": 4})
    assert result["state_moles_mo"].value == pytest.approx(N_MOS2)
    assert result["state_moles_li2s_lii"].value == pytest.approx(N_LI2S + 2 * N_MOS2)
    assert result["state_charge"].value == pytest.approx(-result["capacity_mos2"].value)
    assert any("lever rule" in doubt for doubt in result.doubts)


def test_a_recipe_with_a_sigma_moves_what_hangs_on_it():
    vague = properties(Sample("vague", CATHODE, {"x": Quantity.exact(0.2), "y": Quantity(0.15, "", 0.01)}, {}, {}))
    low, high = (counted({"x": 0.2, "y": y})["capacity_mos2"].value for y in (0.14, 0.16))
    assert vague["capacity_mos2"].sigma == pytest.approx((high - low) / 2, rel=0.01)  # nearly straight
    bare = properties(Sample("bare", CATHODE, {"x": Quantity(0.2), "y": Quantity(0.15)}, {}, {}))
    assert bare["capacity_mos2"].sigma == pytest.approx(counted()["capacity_mos2"].sigma)
    assert any("x, y are held exact" in doubt for doubt in bare.doubts)


def test_sulfur_in_the_chevrel_phase():
    # 4 electrons a Mo6S8 are 128.8 mAh/g; a quarter of sulfur by mass brings the printed 483 mAh/g within reach.
    result = counted({"z": 0.9}, "s_mo6s8")
    assert result["specific_capacity_mo6s8"].value == pytest.approx(128.8, abs=0.05)
    assert result["capacity_total"].value > 483
    discharged = counted({"z": 0.9}, "s_mo6s8", {"sulfur_extent": 1, "lithium_in_mo6s8": 4})
    assert discharged["state_charge"].value == pytest.approx(-result["capacity_total"].value)
    assert "state_volume_fraction_li2s" not in discharged.values
    assert any("Li4Mo6S8" in doubt and "left out" in doubt for doubt in discharged.doubts)


def test_the_electrons_of_vanadium_stay_unknown_not_zero():
    result = counted({"x": 0.1, "y": 0.2}, "li2s_v2s3_lii")
    assert "capacity_v2s3" not in result.values
    assert result["capacity_total"].value == pytest.approx(result["capacity_li2s"].value)


def test_an_unknown_system_is_named_with_the_choices():
    with pytest.raises(BadInput, match=r"no system 'nacl'.*li2s_lii_mos2, li2s_v2s3_lii, s_mo6s8"):
        properties(Sample("salt", "nacl"))


def test_a_couple_that_does_not_balance_is_refused():
    with pytest.raises(BadInput, match="out of balance"):
        Couple("molybdenum", "MoS2", ("MoS2 + 4 Li -> Mo + Li2S",), Coordinate("n", "n", 1))
    steps = ("MoS2 + Li -> LiMoS2", "MoS2 + 4 Li -> Mo + 2 Li2S")
    with pytest.raises(BadInput, match="does not start where"):
        Couple("molybdenum", "MoS2", steps, Coordinate("n", "n", 1))
    with pytest.raises(BadInput, match="never passes through"):
        Couple("sulfur", "MoS2", ("S + 2 Li -> Li2S",), Coordinate("n", "n", 1))


def test_a_cube_has_the_volume_of_its_edge():
    cell = Cell.cubic(Quantity(2, "angstrom"), 4, Source("assumed"))
    assert cell.is_cubic
    assert cell.molar_volume((2e-10, 2e-10, 2e-10)) == pytest.approx(8e-30 * 6.02214076e23 / 4)


def test_the_guide_to_systems_says_what_the_code_does():
    guide = Path(__file__).resolve().parents[1] / "docs" / "systems.md"
    found = doctest.testfile(str(guide), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 5
    assert found.failed == 0


def test_the_shelf_holds_the_three_systems():
    assert {"li2s_lii_mos2", "li2s_v2s3_lii", "s_mo6s8"} <= set(SYSTEMS.names)
