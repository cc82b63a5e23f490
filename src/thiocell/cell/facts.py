"""Every number of the cell model that a sample may tell, with what holds where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from thiocell.chemistry.known_phases import PAN2023
from thiocell.chemistry.reference_electrode import LI_IN
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.core.vocabulary import FACTS as PRESSED

_BEST = "li2s_lii_mos2"


class Known(NamedTuple):
    """A fact's ``term`` and its ``default``, which holds for samples of ``system`` ('': of any).

    No default: another number gives it (the term's meaning tells which), or the sample must tell it.
    """

    term: Term
    default: Fact | None = None
    system: str = ""


def _paper(text: str, place: str) -> Fact:
    return Fact(Quantity.parse(text), Source("paper", PAN2023, place))


def _literature(text: str, reference: str, place: str) -> Fact:
    return Fact(Quantity.parse(text), Source("literature", reference, place))


def _assumed(text: str, why: str) -> Fact:
    return Fact(Quantity.parse(text), Source("assumed", place=why))


_PRESSED = {name: Known(PRESSED[name]) for name in ("mass", "area", "thickness")}

_TEST = {
    "temperature": Known(
        Term("degC", "T", "temperature of the test", -60, 200), _paper("25 degC", "Electrochemical measurements")
    ),
    "lower_cutoff": Known(
        Term("V", "V_low", "cell voltage at which a discharge ends, against the anode", -1, 6),
        _paper("0 V", "Electrochemical measurements: 0.62 V against Li"),
    ),
    "upper_cutoff": Known(
        Term("V", "V_high", "cell voltage at which a charge ends, against the anode", -1, 6),
        _paper("3.0 V", "Electrochemical measurements: 3.62 V against Li"),
    ),
}

_ANODE = {
    "anode_potential": Known(
        Term("V", "U_an", "potential of the anode against Li, by default In-InLi's", -1, 3), LI_IN
    ),
    "anode_exchange_current": Known(
        Term("mA/cm**2", "j0", "exchange current of the anode by its area", 1e-4, 1e6),
        _assumed("1 mA/cm**2", "26 Ohm cm2 at rest, small beside the separator's resistance"),
    ),
}

_SEPARATOR = {
    "separator_resistance": Known(
        Term("Ohm*cm**2", "R_sep", "resistance of the separator at 25 degC; else thickness over conductivity", 0, 1e6)
    ),
    "separator_thickness": Known(
        Term("um", "L_sep", "thickness of the separator; else from its mass, density and porosity", 0.1, 1e5)
    ),
    "separator_mass": Known(
        Term("mg", "m_sep", "mass of the solid electrolyte in the separator", 1e-3, 1e6),
        _paper("80 mg", "Electrochemical measurements"),
    ),
    "separator_density": Known(
        Term("g/cm**3", "rho_sep", "pore-free density of the separator's electrolyte", 0.1, 20),
        _assumed("1.85 g/cm**3", "a glass as dense as beta-Li3PS4, about 12.82 x 8.22 x 6.12 A with Z = 4"),
    ),
    "separator_porosity": Known(
        Term("", "eps_sep", "share of the separator's volume that is pores", 0, 0.9),
        _assumed(
            "0.10", "cold-pressed Li3PS4 glass is about 90 % dense at some 400 MPa; compare doi:10.1038/srep02261"
        ),
    ),
    "separator_conductivity": Known(
        Term("S/cm", "sigma_sep", "ionic conductivity of the pressed separator at 25 degC", 1e-9, 1),
        _paper("1e-4 S/cm", "Electrochemical measurements: Li3PS4, the order of magnitude; refers to Kudu et al. 2022"),
    ),
    "separator_activation_energy": Known(
        Term("eV", "E_sep", "activation energy of the separator's conductivity, of sigma and not of sigma T", 0, 2),
        _literature("0.40 eV", "doi:10.1039/D4DT02636E", "abstract: long-range transport in Li3PS4"),
    ),
}

_CATHODE = {
    "electronic_conductivity": Known(
        Term("S/cm", "sigma_e", "electronic conductivity of the cathode", 1e-12, 1e4),
        _paper("1e-4 S/cm", "text on Fig. 2c: 'higher than', for y from 0.10 to 0.20"),
        _BEST,
    ),
    "ionic_conductivity": Known(
        Term("S/cm", "sigma_i", "ionic conductivity of the fresh cathode", 1e-12, 1),
        _paper("1e-4 S/cm", "text on Fig. 2d: 'higher than', for y from 0.10 to 0.20"),
        _BEST,
    ),
    "ionic_conductivity_charged": Known(
        Term("S/cm", "sigma_i,ch", "ionic conductivity of the cathode when all sulfide is oxidised", 1e-12, 1),
        _paper("6.6e-5 S/cm", "text on Fig. 5a: apparent, from a potential step, after the first charge"),
        _BEST,
    ),
    "conductivity_solution": Known(
        Term("S/cm", "sigma_sol", "ionic conductivity of the Li2S-LiI solution without pores", 1e-12, 1),
        _paper("1.5e-6 S/cm", "text on Fig. 1d: at x = 0.20, as pressed"),
    ),
    "conductivity_lii": Known(
        Term("S/cm", "sigma_LiI", "of the LiI that has dropped out; else from ionic_conductivity_charged", 0, 1)
    ),
    "conductivity_mos2": Known(
        Term("S/cm", "sigma_Mo", "ionic, of the molybdenum phase without lithium; else from ionic_conductivity", 0, 10)
    ),
    "conductivity_lixmos2": Known(
        Term(
            "S/cm",
            "sigma_LiMo",
            "ionic, of the fully lithiated molybdenum phase; else that of conductivity_mos2",
            0,
            10,
        )
    ),
    "mixing_power": Known(
        Term("", "p", "power mean by which phases mix: 1 side by side, 2 Birchak, 3 Looyenga", 1, 3),
        _assumed("3", "Looyenga's law for grains of any shape, Physica 31 (1965) 401"),
    ),
    "double_layer": Known(
        Term("F/cm**3", "C_dl", "double layer of the cathode by its volume", 1e-6, 1e4),
        _assumed("1 F/cm**3", "0.1 F/m2 on 1e7 m2/m3 of grain surface"),
    ),
    "lii_parting_time": Known(
        Term("s", "t_out", "time in which LiI drops out of the solution", 1, 1e9),
        _assumed("1800 s", "the source sees LiI grow with the charge, so it is fast beside 14 h"),
    ),
    "lii_return_time": Known(
        Term("s", "t_in", "time in which LiI goes back into the solution", 1, 1e9),
        _assumed("7e4 s", "the source sees part of the LiI left after a discharge, which takes about this time"),
    ),
    "hysteresis_rate": Known(
        Term("", "r", "how often the gap is crossed while all of a couple is", 0.1, 1e4),
        _assumed("30", "the gap opens within some per cent of the capacity"),
    ),
    "activation_start": Known(
        Term("", "A0", "share of the final exchange current and diffusion that a fresh cell has", 1e-6, 1),
        _assumed("1", "no easing unless told: the source shows one but prints no number to take it from"),
    ),
    "activation_charge": Known(
        Term("mAh/g", "T0", "throughput in which a fresh cell's kinetics ease, charge and discharge together", 1, 1e6),
        _assumed("1000 mAh/g", "about one cycle; without effect while activation_start is 1"),
    ),
    "thiophosphate_capacity": Known(
        Term("mAh/g", "Q_PS", "Li3PS4 redox spread evenly through the cathode; 0 leaves it out", 0, 1000),
        _assumed("0 mAh/g", "a switch: its size and place are not known"),
    ),
}

_DEFAULTS: Mapping[str, Mapping[str, Fact]] = {
    "sulfur": {
        "potential": _assumed(
            "2.20 V", "between the plateau of discharge, 2.1 to 2.2 V, and Li2S's free energy, 2.25 V"
        ),
        "slope": _assumed("0.05 V", "plateaus of sulfur without solvent lean a little"),
        "hysteresis": _assumed("0.05 V", "half of the gap that stays at rest; no rest potentials are printed"),
        "grain_time": Fact(
            Quantity.parse("6e4 s"),
            Source("fitted", PAN2023, "spheres of one size, to the rate test, hardly determined"),
        ),
    },
    "molybdenum": {
        "potential": _assumed("0.80 V", "a line from 1.15 V, where the source sees a plateau begin, to 0.45 V"),
        "slope": _assumed("0.35 V", "a line from 1.15 V, where the source sees a plateau begin, to 0.45 V"),
        "hysteresis": _assumed("0 V", "not known for milled MoS2"),
        "grain_time": _assumed("0 s", "no transport in the grains: its layers are a few nm thick"),
    },
    "iodide": {
        "slope": _assumed("0 V", "LiI and I2 are pure phases"),
        "hysteresis": _assumed("0 V", "not known"),
        "grain_time": _assumed("0 s", "no transport in the grains"),
    },
    "thiophosphate": {
        "potential": _assumed("2.31 V", "limit of oxidation by first principles; compare doi:10.1021/acsami.5b07517"),
        "slope": _assumed("0.10 V", "an amorphous phase has no plateau"),
        "hysteresis": _assumed("0 V", "not known"),
        "grain_time": _assumed("0 s", "no transport in the grains"),
    },
}
COUPLES = tuple(_DEFAULTS)
"""The couples that the model knows, those of chemistry by their names; Li3PS4 comes from the separator."""
_ONLY = {"molybdenum_potential": _BEST, "molybdenum_slope": _BEST}  # those of MoS2


def _of_couple(name: str) -> Iterator[tuple[str, Known]]:
    common = {
        "bend": _assumed("0 V", "a straight line unless told"),
        "exchange": _assumed("25 mA/g", "neither fast nor slow beside the currents of the source's rate test"),
        "grain_spread": _assumed("0.5", "radii of milled powders spread over a factor of about two"),
    }
    terms = {
        "potential": Term("V", "U0", f"potential of the {name} couple against Li at half charge, at rest", -1, 5),
        "slope": Term("V", "s1", f"rise of the {name} couple's potential from half to full charge", -2, 2),
        "bend": Term("V", "s2", f"rise of the {name} couple's potential from half charge to either end", -2, 2),
        "hysteresis": Term("V", "H", f"half of the gap between oxidation and reduction of the {name} couple", 0, 1),
        "exchange": Term("mA/g", "k", f"exchange current of the {name} couple by mass of cathode", 1e-6, 1e7),
        "grain_time": Term("s", "tau", f"radius squared by diffusivity of the {name} couple's median grain", 0, 1e9),
        "grain_spread": Term(
            "", "s_R", f"standard deviation of the logarithm of the {name} couple's grain radii", 0, 2
        ),
    }
    defaults = {**common, **_DEFAULTS[name]}
    for word, term in terms.items():
        yield f"{name}_{word}", Known(term, defaults.get(word), _ONLY.get(f"{name}_{word}", ""))


FACTS: Mapping[str, Known] = {
    **_PRESSED,
    **_TEST,
    **_ANODE,
    **_SEPARATOR,
    **_CATHODE,
    **{word: known for name in COUPLES for word, known in _of_couple(name)},
}
"""The facts of a cell by name. Potentials stand against Li, the two cut-offs alone against the cell's own anode."""

HIDDEN: Mapping[str, tuple[str, ...]] = {
    "separator_resistance": (
        "separator_thickness",
        "separator_conductivity",
        "separator_mass",
        "separator_density",
        "separator_porosity",
    ),
    "separator_thickness": ("separator_mass", "separator_density", "separator_porosity"),
    "conductivity_mos2": ("ionic_conductivity",),
    "conductivity_lii": ("ionic_conductivity_charged",),
}
"""A fact that is told leaves those without effect that it would else follow from."""
