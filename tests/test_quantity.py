"""A quantity reads, prints, converts and propagates without losing what it knows."""

import math
import warnings

import numpy as np
import pytest
import uncertainties
from hypothesis import given
from hypothesis import strategies as st

from thiocell.core import BadInput, Quantity, propagate
from thiocell.core.quantity import check_unit, combine, same_dimension

UNITS = ["mAh/g", "S/cm", "V", "mA/cm**2", "%", "", "Wh/kg", "ohm*cm**2", "degC"]
values = st.floats(-1e12, 1e12, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-12)
sigmas = st.one_of(st.just(math.nan), st.just(0.0), st.floats(1e-9, 1e9))


@pytest.mark.parametrize(
    ("text", "value", "sigma", "unit"),
    [
        ("6.6(3)e-5 S/cm", 6.6e-5, 3e-6, "S/cm"),
        ("4.0(1) mg", 4.0, 0.1, "mg"),
        ("4.0 ± 0.1 mg", 4.0, 0.1, "mg"),
        ("4.0+/-0.1 mg", 4.0, 0.1, "mg"),
        ("(4.0 ± 0.1)e-3 g", 4.0e-3, 0.1e-3, "g"),
        ("12(3) um", 12, 3, "um"),
        ("12.0(1.5) um", 12, 1.5, "um"),
        ("44710(272) ohm", 44710, 272, "ohm"),
        ("-0.62 V", -0.62, math.nan, "V"),
        ("5(0) V", 5, 0, "V"),
        ("5(?) V", 5, math.nan, "V"),
        (".5", 0.5, math.nan, ""),
        ("70 %", 70, math.nan, "%"),
        ("1.5E-6 S cm-1", 1.5e-6, math.nan, "S cm-1"),
    ],
)
def test_a_printed_quantity_is_read_as_it_is_meant(text, value, sigma, unit):
    found = Quantity.parse(text)
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.sigma == pytest.approx(sigma, rel=1e-12, nan_ok=True)
    assert found.unit == unit


@pytest.mark.parametrize("text", ["6.6(3)e-5 S/cm", "4.0(1) mg", "530(12) mAh/g", "1.92(4) V", "5(0) V", "5(?) V"])
def test_what_is_read_is_printed_again_as_it_stood(text):
    again = str(Quantity.parse(text))
    assert again == text


@given(values, sigmas, st.sampled_from(UNITS))
def test_printing_and_reading_lose_no_more_than_the_last_printed_digit(value, sigma, unit):
    quantity = Quantity(value, unit, sigma)
    again = Quantity.parse(str(quantity))
    assert again.unit == unit
    assert math.isnan(again.sigma) == math.isnan(sigma)
    if sigma > 0:
        assert again.sigma == pytest.approx(sigma, rel=0.05)
        assert abs(again.value - value) <= 0.5 * sigma
    else:
        assert again.value == pytest.approx(value, rel=1e-5)


@given(values, sigmas, st.sampled_from(UNITS))
def test_json_keeps_a_quantity_to_the_last_bit(value, sigma, unit):
    quantity = Quantity(value, unit, sigma)
    again = Quantity.from_json(quantity.to_json())
    assert (again.value, again.unit) == (value, unit)
    assert again.sigma == sigma or math.isnan(sigma) == math.isnan(again.sigma)


@pytest.mark.parametrize(
    ("given", "to", "expected"),
    [
        (Quantity(1, "mAh"), "C", 3.6),
        (Quantity(1, "Wh/kg"), "J/g", 3.6),
        (Quantity(25, "degC"), "K", 298.15),
        (Quantity(300, "K"), "degC", 26.85),
        (Quantity(1, "S cm-1"), "S/m", 100),
        (Quantity(5, "Ohm cm2"), "ohm*m**2", 5e-4),
        (Quantity(70, "%"), "", 0.7),
        (Quantity(5.718, "Å"), "nm", 0.5718),
        (Quantity(1, "mA·cm⁻²"), "A/m**2", 10),
    ],
)
def test_units_convert_by_their_definitions(given, to, expected):
    assert given.to(to).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("V", 1), ("A", 1), ("s", 1), ("ohm", 1), ("W", 1), ("kg", 1), ("mg", 1e-6), ("mAh/g", 3600.0), ("Wh/kg", 3600.0)],
)
def test_si_means_the_base_units_of_the_si_with_the_kilogram(unit, factor):
    assert Quantity(1, unit, 0.1).si == pytest.approx(factor, rel=1e-12)
    assert Quantity(1, unit, 0.1).si_sigma == pytest.approx(0.1 * factor, rel=1e-12)


def test_a_temperature_spread_is_not_shifted_by_the_zero_of_its_scale():
    warm = Quantity(25, "degC", 0.5).to("K")
    assert (warm.value, warm.sigma) == (pytest.approx(298.15), pytest.approx(0.5))
    assert Quantity(25, "degC", 0.5).si_sigma == pytest.approx(0.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mg",
        "4..0 mg",
        "1e999 V",
        "nan V",
        "inf mg",
        "4.0(1 mg",
        "4 mgg",
        "4 m**999",
        "4 __import__('os')",
        "4 kg kg kg @",
        "4 " + "m*" * 500,
    ],
)
def test_nonsense_is_refused_in_one_sentence(text):
    with pytest.raises(BadInput) as error:
        Quantity.parse(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("unit", ["dB", "Np", "dBm", "decade", "octave", "dB/m", "dB*degC"])
def test_a_logarithmic_unit_is_refused_wherever_it_stands(unit):
    with pytest.raises(BadInput, match="scale of equal steps"):
        Quantity.parse(f"5 {unit}")
    with pytest.raises(BadInput, match="scale of equal steps"):
        Quantity(5, "").to(unit)
    with pytest.raises(BadInput, match="scale of equal steps"):
        check_unit(unit)


@pytest.mark.parametrize(
    ("unit", "zero", "step"),
    [("degC", 273.15, 1), ("degF", 459.67 * 5 / 9, 5 / 9), ("degC/h", 0, 1 / 3600), ("nm", 0, 1e-9), ("GV", 0, 1e9)],
)
def test_a_straight_scale_is_kept_wherever_its_zero_lies(unit, zero, step):
    for number in (-40.0, 0.0, 1e6):
        assert Quantity(number, unit).si == pytest.approx(zero + number * step, rel=1e-12)


@given(st.text(max_size=30))
def test_no_text_brings_out_another_error(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pint warns of odd characters
        try:
            Quantity.parse("4.0(1) " + text)
            Quantity.parse(text)
        except BadInput:
            pass


def test_a_wrong_dimension_names_the_right_unit():
    with pytest.raises(BadInput, match="mg"):
        Quantity.parse("4 V", "mg")
    assert same_dimension("mAh/g", "C/kg")
    assert not same_dimension("mAh/g", "mAh")


def test_a_plain_number_is_no_angle():
    """60 may be degrees or radians; 1/s stays what rad/s is."""
    assert not same_dimension("", "deg")
    assert not same_dimension("rad", "%")
    assert same_dimension("deg", "mrad")
    assert same_dimension("rad/s", "1/s")
    assert not same_dimension("deg", "deg**2")
    with pytest.raises(BadInput, match="'deg' cannot be turned into 'deg\\*\\*2'"):
        Quantity.exact(60.0, "deg").to("deg**2")
    with pytest.raises(BadInput, match="angles and plain numbers are not of one kind"):
        Quantity.exact(60.0, "").to("deg")


@pytest.mark.parametrize("sigma", [-1.0, math.inf])
def test_a_sigma_that_is_none_is_refused(sigma):
    with pytest.raises(BadInput):
        Quantity(1, "V", sigma)


def test_independent_spreads_add_in_quadrature():
    found = propagate(lambda i, m: i / m, "A/kg", i=Quantity(1, "A", 0.03), m=Quantity(1, "kg", 0.04))
    assert found.sigma == pytest.approx(0.05, rel=1e-6)


def test_correlated_inputs_do_not():
    mass = {"a": Quantity(2, "kg", 0.1), "b": Quantity(1, "kg", 0.1)}
    assert propagate(lambda a, b: a - b, "kg", correlation={("a", "b"): 1.0}, **mass).sigma == pytest.approx(
        0, abs=1e-7
    )
    assert propagate(lambda a, b: a - b, "kg", correlation={("b", "a"): -1.0}, **mass).sigma == pytest.approx(0.2)


def test_propagation_agrees_with_drawing_at_random():
    rng = np.random.default_rng(3)
    a, b = rng.normal(2, 0.02, 400_000), rng.normal(0.5, 0.01, 400_000)
    found = propagate(lambda a, b: a * math.exp(b), "V", a=Quantity(2, "V", 0.02), b=Quantity(0.5, "", 0.01))
    assert found.sigma == pytest.approx((a * np.exp(b)).std(), rel=0.01)


def test_one_unknown_spread_leaves_the_result_unknown():
    assert not propagate(lambda a, b: a + b, "V", a=Quantity(1, "V"), b=Quantity(1, "V", 0.1)).known
    assert propagate(lambda a, b: a + b, "V", a=Quantity.exact(1, "V"), b=Quantity.exact(1, "V")).sigma == 0


def test_arithmetic_carries_units_and_correlated_spread():
    inputs = {"e": Quantity(1020, "Wh/kg", 1), "q": Quantity(530, "mAh/g", 1)}
    volts = combine(lambda v: v["e"] / v["q"], inputs).to("V")
    assert volts.value == pytest.approx(1020 / 530)
    by_hand = uncertainties.ufloat(1020, 1) / uncertainties.ufloat(530, 1)
    assert volts.sigma == pytest.approx(by_hand.std_dev, rel=1e-6)
    same = combine(lambda v: v["a"] / v["b"], {"a": inputs["q"], "b": inputs["q"]}, {("a", "b"): 1.0})
    assert same.sigma == pytest.approx(0, abs=1e-9)


def test_adding_apples_to_pears_is_refused():
    with pytest.raises(BadInput):
        combine(lambda v: v["a"] + v["b"], {"a": Quantity(1, "V"), "b": Quantity(1, "A")})
