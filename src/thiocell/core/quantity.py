"""A number that carries its unit and how sure we are of it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pint
import uncertainties

from thiocell.core.bad_input import BadInput

_LONGEST_UNIT = 60
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_FORM = re.compile(
    rf"""\s*(?:(?P<value>{_NUMBER})
             (?:\((?P<last>\d+(?:\.\d+)?|\?)\))?
             (?P<power>[eE][-+]?\d{{1,3}})?
             (?:\s*(?:±|\+/-|\+-)\s*(?P<sigma>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{{1,3}})?))?
          | \(\s*(?P<value2>{_NUMBER})\s*(?:±|\+/-|\+-)\s*(?P<sigma2>\d+\.?\d*|\.\d+)\s*\)
             (?P<power2>[eE][-+]?\d{{1,3}})?)
        \s*(?P<unit>\S.*?)?\s*""",
    re.VERBOSE,
)
_POWER = re.compile(r"(?<=[A-Za-zµμÅΩ])([-+]?[1-9])(?![\w.])")
_PLAIN = str.maketrans("−⁻·⋅¹²³⁴", "--**1234")
_SAFE_UNIT = re.compile(r"[\w\s%°µμÅΩ·⋅*/^().+\-−⁻¹²³⁴]*")


@cache
def _registry() -> pint.UnitRegistry[Any]:
    return pint.UnitRegistry(on_redefinition="ignore")


@cache
def _unit(text: str) -> pint.Unit:
    """The pint unit of ``text``, which may also be written 'S cm-1', 'mA/cm2' or 'Ohm'.

    Raises BadInput for what is no unit, and for a scale that is no straight line, such as the decibel.
    """
    if len(text) > _LONGEST_UNIT or not _SAFE_UNIT.fullmatch(text) or re.search(r"\d{3}", text):
        raise BadInput(f"'{text[:_LONGEST_UNIT]}' is not a unit; write it like 'mAh/g', 'S/cm' or 'mA/cm**2'")
    plain = text.translate(_PLAIN).replace("Ohm", "ohm")
    try:
        unit = _registry().Unit(_POWER.sub(r"**\1", plain))
    except Exception as error:  # pint raises a dozen kinds, tokenizer errors among them
        raise BadInput(f"'{text}' is not a unit; write it like 'mAh/g', 'S/cm' or 'mA/cm**2'") from error
    if not _straight(unit):
        raise BadInput(f"'{text}' is not a scale of equal steps; write the plain ratio or quantity it stands for")
    return unit


def _straight(unit: pint.Unit) -> bool:
    """Does each further step in ``unit`` add as much in SI base units? It does not in dB, Np, decades or octaves."""
    try:
        at = [float(_registry().Quantity(x, unit).to_base_units().magnitude) for x in (0.0, 1.0, 2.0)]
    except Exception:  # of a product with a logarithmic unit pint finds no definition
        return False
    return math.isclose(at[2] - at[1], at[1] - at[0], rel_tol=1e-6)  # rounding: offsets are 1e3 steps at most


@cache
def _line(unit: str, to: str | None) -> tuple[float, float]:
    """Slope and offset that turn numbers in ``unit`` into numbers in ``to`` (None: SI base units)."""
    source = _unit(unit)
    if to is not None and source.dimensionless and _unit(to).dimensionless and _angles(source) != _angles(_unit(to)):
        raise BadInput(f"'{unit}' cannot be turned into '{to}': angles and plain numbers are not of one kind")
    base = _registry().Quantity(1.0, source).to_base_units().units if to is None else _unit(to)
    try:
        zero, one = (float(_registry().Quantity(x, source).to(base).magnitude) for x in (0.0, 1.0))
    except pint.DimensionalityError as error:
        raise BadInput(f"'{unit}' cannot be turned into '{to}': one is {error.dim1}, the other {error.dim2}") from error
    return (one, 0.0) if zero == 0.0 else (one - zero, zero)


def check_unit(unit: str) -> str:
    """``unit`` as it was given; raises BadInput if it is none."""
    _unit(unit)
    return unit


def same_dimension(one: str, other: str) -> bool:
    """Can a number in unit ``one`` be written in unit ``other``? A plain number is no angle: 60 may be deg or rad."""
    units = _unit(one), _unit(other)
    return units[0].dimensionality == units[1].dimensionality and _angles(units[0]) == _angles(units[1])


def _angles(unit: pint.Unit) -> float:
    """The power of an angle in a unit without dimension: 1 of deg, 2 of deg**2, 0 of % and of 1/s."""
    if not unit.dimensionless:
        return 0.0
    return float(str(_registry().Quantity(1.0, unit).to_base_units().units._units.get("radian", 0)))


def to_si(unit: str) -> tuple[float, float]:
    """Slope and offset of the line that turns numbers in ``unit`` into SI base units."""
    return _line(unit, None)


def _number(value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise BadInput(f"a quantity needs a finite value, not {number}")
    return number


@dataclass(frozen=True, slots=True)
class Quantity:
    """``value`` in ``unit``; ``sigma`` is one standard uncertainty in the same unit: NaN is unknown, 0 is a claim."""

    value: float
    unit: str = ""
    sigma: float = math.nan

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _number(self.value))
        object.__setattr__(self, "sigma", float(self.sigma))
        if self.sigma < 0 or math.isinf(self.sigma):
            raise BadInput(f"a standard uncertainty is zero, positive or unknown (NaN), not {self.sigma}")

    @classmethod
    def exact(cls, value: float, unit: str = "") -> Quantity:
        """``value`` held exact: its sigma is zero, which is a claim."""
        return cls(value, unit, 0.0)

    @classmethod
    def parse(cls, text: str, unit: str | None = None) -> Quantity:
        """Read '6.6(3)e-5 S/cm', '4.0 ± 0.1 mg' or '30 um' (sigma unknown); ``unit`` is one it must be able to take."""
        found = _FORM.fullmatch(text)
        if found is None:
            like = f"4.0(1) {unit}" if unit else "6.6(3)e-5 S/cm"
            raise BadInput(f"'{text[:80]}' is not a quantity; write it like '{like}'")
        part = found.groupdict()
        digits = part["value"] or part["value2"]
        scale = float(f"1{part['power'] or part['power2'] or ''}")
        quantity = cls(float(digits) * scale, check_unit(part["unit"] or ""), _spread(part, digits, scale))
        if unit is not None and not same_dimension(quantity.unit, unit):
            raise BadInput(f"'{text}' has the wrong unit; write it in '{unit}' or the like")
        return quantity

    @property
    def known(self) -> bool:
        """Is sigma known (zero counts as known)?"""
        return not math.isnan(self.sigma)

    @property
    def si(self) -> float:
        """The value in SI base units (temperatures in K)."""
        slope, offset = to_si(self.unit)
        return self.value * slope + offset

    @property
    def si_sigma(self) -> float:
        """The standard uncertainty in SI base units."""
        return self.sigma * abs(to_si(self.unit)[0])

    def to(self, unit: str) -> Quantity:
        """The same quantity written in ``unit``; raises BadInput if the dimensions differ."""
        slope, offset = _line(self.unit, unit)
        return Quantity(self.value * slope + offset, unit, self.sigma * abs(slope))

    def agrees(self, other: Quantity, within: float = 2.0) -> bool:
        """Do the two lie within ``within`` combined standard uncertainties? Unknown sigmas count as zero here."""
        there = other.to(self.unit)
        known = [q.sigma for q in (self, there) if q.known]
        return abs(self.value - there.value) <= within * math.hypot(*known)

    def __str__(self) -> str:
        return f"{_digits(self.value, self.sigma)} {self.unit}".strip()

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; an unknown sigma is None."""
        return {"value": self.value, "unit": self.unit, "sigma": self.sigma if self.known else None}

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> Quantity:
        """Undo ``to_json``."""
        sigma = page["sigma"]
        return cls(page["value"], page["unit"], math.nan if sigma is None else sigma)


def _spread(part: Mapping[str, str | None], digits: str, scale: float) -> float:
    """Sigma of a parsed number: a bracket counts units of the last printed digit, unless it has a point of its own."""
    if (stated := part["sigma"] or part["sigma2"]) is not None:
        return float(stated) * (scale if part["sigma2"] else 1.0)
    last = part["last"]
    if last is None or last == "?":
        return math.nan
    place = 0 if "." in last else len(digits.partition(".")[2])
    return float(f"{last}e-{place}") * scale


def _digits(value: float, sigma: float) -> str:
    """'6.6(3)e-5': at most two digits of sigma; (?) marks an unknown sigma, (0) an exact value."""
    if math.isnan(sigma) or sigma == 0:
        text = f"{value:.6g}" if math.isnan(sigma) else f"{value:.10g}"
        number, mark, power = text.partition("e")
        return _power(f"{number}({'?' if math.isnan(sigma) else '0'}){mark}{power}")
    one_digit = float(f"{sigma:.0e}") == float(f"{sigma:.6e}")
    spec = ".1uS" if one_digit else ".2uS"
    return _power(format(uncertainties.ufloat(value, sigma), spec))


def _power(text: str) -> str:
    return re.sub(r"e([-+])0*(\d+)", lambda m: f"e{'-' if m[1] == '-' else ''}{m[2]}", text)


def propagate(
    rule: Callable[..., float],
    unit: str,
    *,
    correlation: Mapping[tuple[str, str], float] | None = None,
    **inputs: Quantity,
) -> Quantity:
    """``rule(**SI floats)``, an SI float, as a quantity in ``unit`` with the first-order spread of its inputs.

    ``correlation`` gives the correlation coefficient of pairs of inputs, by name; absent pairs are independent.
    One input of unknown sigma makes the result's sigma unknown: hold it exact where that is meant.
    """
    at = {name: q.si for name, q in inputs.items()}
    if any(not q.known for q in inputs.values()):
        return _from_si(float(rule(**at)), math.nan, unit)
    loose = [name for name, q in inputs.items() if q.sigma > 0]
    if not loose:
        return _from_si(float(rule(**at)), 0.0, unit)
    matrix = [[_correlation(correlation, a, b) for b in loose] for a in loose]
    spread = uncertainties.correlated_values_norm([(at[n], inputs[n].si_sigma) for n in loose], matrix)
    found = uncertainties.wrap(rule)(**at | dict(zip(loose, spread, strict=True)))
    return _from_si(float(uncertainties.nominal_value(found)), float(uncertainties.std_dev(found)), unit)


def _correlation(given: Mapping[tuple[str, str], float] | None, one: str, other: str) -> float:
    if one == other:
        return 1.0
    table = given or {}
    return table.get((one, other), table.get((other, one), 0.0))


def _from_si(value: float, sigma: float, unit: str) -> Quantity:
    slope, offset = to_si(unit)
    return Quantity((value - offset) / slope, unit, sigma / abs(slope))


def combine(
    rule: Callable[[Mapping[str, Any]], Any],
    inputs: Mapping[str, Quantity],
    correlation: Mapping[tuple[str, str], float] | None = None,
) -> Quantity:
    """What ``rule`` makes of ``inputs`` by arithmetic, in SI base units, with units checked and spread carried along.

    ``rule`` sees numbers that know unit and spread, and may add, subtract, multiply, divide and raise to whole powers.
    Raises BadInput if units do not fit or a division by zero occurs. One unknown sigma makes the result's unknown.
    """
    loose = [name for name, q in inputs.items() if q.known and q.sigma > 0]
    spread: dict[str, Any] = {name: q.si for name, q in inputs.items()}
    if loose:
        matrix = [[_correlation(correlation, a, b) for b in loose] for a in loose]
        numbers = uncertainties.correlated_values_norm([(inputs[n].si, inputs[n].si_sigma) for n in loose], matrix)
        spread |= dict(zip(loose, numbers, strict=True))
    units = {name: _registry().Quantity(1.0, _unit(q.unit)).to_base_units().units for name, q in inputs.items()}
    try:
        found = rule({name: _registry().Quantity(spread[name], units[name]) for name in inputs})
    except pint.DimensionalityError as error:
        raise BadInput(f"cannot add or compare {error.dim1 or 'a plain number'} and {error.dim2}") from error
    except ZeroDivisionError as error:
        raise BadInput("a division by zero") from error
    except OverflowError as error:
        raise BadInput("a number that is too large") from error
    whole = _registry().Quantity(found).to_base_units()
    sigma = float(uncertainties.std_dev(whole.magnitude)) if all(q.known for q in inputs.values()) else math.nan
    return Quantity(float(uncertainties.nominal_value(whole.magnitude)), f"{whole.units:~C}", sigma)
