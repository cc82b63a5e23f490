"""Chemical formulas: which atoms they count, what they weigh and what charge their electrons carry."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.physics.composition import FARADAY

ATOMIC_WEIGHT_SOURCE = "CIAAW 2021, doi:10.1515/pac-2019-0603"
_TABLE = """
    H  1.0080      0.0002    abridged, interval element
    Li 6.94        0.06      abridged, interval element; 6Li-depleted commercial lithium reaches 6.997
    B  10.81       0.02      abridged, interval element
    C  12.011      0.002     abridged, interval element
    N  14.007      0.001     abridged, interval element
    O  15.999      0.001     abridged, interval element
    F  18.998403162 0.000000005
    Na 22.98976928 0.00000002
    Mg 24.305      0.002     abridged, interval element
    Al 26.9815384  0.0000003
    Si 28.085      0.001     abridged, interval element
    P  30.973761998 0.000000005
    S  32.06       0.02      abridged, interval element
    Cl 35.45       0.01      abridged, interval element
    K  39.0983     0.0001
    Ca 40.078      0.004
    Ti 47.867      0.001
    V  50.9415     0.0001
    Cr 51.9961     0.0006
    Mn 54.938043   0.000002
    Fe 55.845      0.002
    Co 58.933194   0.000003
    Ni 58.6934     0.0004
    Cu 63.546      0.003
    Zn 65.38       0.02
    Ga 69.723      0.001
    Ge 72.630      0.008
    As 74.921595   0.000006
    Se 78.971      0.008
    Br 79.904      0.003     abridged, interval element
    Zr 91.224      0.002
    Nb 92.90637    0.00001
    Mo 95.95       0.01
    Ag 107.8682    0.0002
    In 114.818     0.001
    Sn 118.710     0.007
    Sb 121.760     0.001
    Te 127.60      0.03
    I  126.90447   0.00003
    La 138.90547   0.00007
    Ta 180.94788   0.00002
    W  183.84      0.01
    Bi 208.98040   0.00001
"""  # every line: element, atomic weight and its decisional uncertainty, from ATOMIC_WEIGHT_SOURCE
_TOKEN = re.compile(r"(?P<element>[A-Z][a-z]?)|(?P<open>\()|(?P<close>\))")
_COUNT = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_LONGEST = 80
_DEEPEST = 8


def _weights() -> dict[str, Quantity]:
    """Atomic weights in g/mol with standard uncertainties.

    The printed spread is the half width of an even distribution (doi:10.1515/pac-2017-1002), so sigma is it / sqrt(3).
    """
    rows = (line.split(maxsplit=3) for line in _TABLE.strip().splitlines())
    return {row[0]: Quantity(float(row[1]), "g/mol", float(row[2]) / math.sqrt(3)) for row in rows}


ATOMIC_WEIGHTS: Mapping[str, Quantity] = _weights()


@cache
def _counted(formula: str) -> tuple[tuple[str, float], ...]:
    if not formula or len(formula) > _LONGEST:
        raise BadInput(f"'{formula[:_LONGEST]}' is not a chemical formula; write it like 'Li1.6S0.8I0.2' or 'Mo6S8'")
    groups: list[dict[str, float]] = [{}]
    place = 0
    while place < len(formula):
        token = _TOKEN.match(formula, place)
        if token is None or len(groups) > _DEEPEST:
            raise BadInput(f"'{formula}' is not a chemical formula at '{formula[place:]}'; write it like 'Li3PS4'")
        place = token.end()
        if token["open"]:
            groups.append({})
            continue
        inside = {token["element"]: 1.0} if token["element"] else _closed(groups, formula)
        number = _COUNT.match(formula, place)
        times = float(number[0]) if number else 1.0
        place = number.end() if number else place
        _add(groups[-1], inside, times, formula)
    if len(groups) > 1 or not groups[0]:
        raise BadInput(f"'{formula}' opens a bracket that it does not close, or holds no element")
    return tuple(groups[0].items())


def _closed(groups: list[dict[str, float]], formula: str) -> dict[str, float]:
    if len(groups) == 1 or not groups[-1]:
        raise BadInput(f"'{formula}' closes a bracket that is empty or was never opened")
    return groups.pop()


def _add(group: dict[str, float], inside: Mapping[str, float], times: float, formula: str) -> None:
    if not 0 < times < 1e6:  # assumed: no formula of this field has more
        raise BadInput(f"'{formula}' counts an element {times:g} times; a count is greater than zero and below 1e6")
    for element, count in inside.items():
        if element not in ATOMIC_WEIGHTS:
            raise BadInput(
                f"'{formula}' names '{element}', which is not among the elements {', '.join(ATOMIC_WEIGHTS)}"
            )
        group[element] = group.get(element, 0.0) + times * count


def parse(formula: str) -> dict[str, float]:
    """How many atoms of each element a formula counts: 'Li1.6S0.8I0.2' gives Li 1.6, S 0.8, I 0.2.

    Brackets may be used; raises BadInput for an unknown element, an unbalanced bracket or anything else.
    """
    return dict(_counted(formula))


def mass_of(formula: str, weights: Mapping[str, float]) -> float:
    """Molar mass of ``formula`` in the unit of ``weights``, which names an atomic weight for each element."""
    return sum(count * weights[element] for element, count in _counted(formula))


def molar_mass(formula: str) -> Quantity:
    """Molar mass in g/mol, with the standard uncertainty of the atomic weights (which are independent)."""
    counts = parse(formula)
    value = sum(count * ATOMIC_WEIGHTS[element].value for element, count in counts.items())
    return Quantity(value, "g/mol", math.hypot(*(n * ATOMIC_WEIGHTS[element].sigma for element, n in counts.items())))


def specific_capacity(formula: str, electrons: float) -> Quantity:
    """Theoretical capacity nF/M in mAh/g of the pure substance, when each formula unit exchanges ``electrons``."""
    mass = molar_mass(formula)
    value = Quantity(electrons * FARADAY / mass.value, "C/g").to("mAh/g").value
    return Quantity(value, "mAh/g", value * mass.sigma / mass.value)
