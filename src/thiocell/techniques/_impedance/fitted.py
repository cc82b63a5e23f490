"""A circuit fitted to a spectrum: its parameters with the errors that they share, and what is to be doubted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.term import Term
from thiocell.physics.circuit import Circuit, parse_circuit
from thiocell.physics.circuit_elements import ELEMENTS
from thiocell.physics.circuit_fit import CircuitFit, fit_circuit
from thiocell.physics.circuit_profile import Profile, profile
from thiocell.techniques._impedance.spectrum import Spectrum
from thiocell.techniques._spread import Spread

Array = NDArray[np.float64]
Weighting = Literal["modulus", "given", "unit"]
WEIGHTING_MEANING = "sigmas of the points: a share of |Z| that the fit finds, those given in the record, or all alike"

_RANGES = {
    "resistance": (1e-3, 1e9), "capacitance": (1e-15, 1e3), "inductance": (1e-12, 1e3), "time": (1e-12, 1e9),
    "warburg": (1e-6, 1e12), "exponent": (0.3, 1.0),
}  # fmt: skip
"""Between which a value makes sense, in the unit of its part; assumed."""
_TIGHT = 0.98
"""assumed: a correlation from which two parameters are told apart by little."""
_LOOSE = 0.3
"""assumed: share of a value from which its sigma says that the spectrum hardly sets it."""
_EXACT = 1e-9
"""Residuals, each over its sigma, below which there are none but rounding."""
FOLLOWING = 0.5
"""assumed: correlation of neighbouring residuals from which they follow each other."""
_MORE, _FINE = 1.5, 1e-3
"""assumed: times a spectrum's own noise, and share of |Z|, from which a circuit leaves something out."""
_ASKS, _STARTS = 12.0, 8
"""assumed: gain in -2 ln(likelihood) from which a coil is named, odds of e^-5; starts of the fit with it."""
BAD = 0.02
"""assumed: share of |Z| from which a circuit's residuals are no noise of an instrument."""


def circuit_of(text: str) -> Circuit:
    """The circuit of a setting; raises BadInput as a sentence."""
    try:
        return parse_circuit(text)
    except ValueError as error:
        raise BadInput(str(error)) from error


def circuit_terms(circuit: Circuit) -> dict[str, Term]:
    """A word for each parameter of a circuit."""
    return {
        name: Term(part.unit, name, f"{part.meaning} of {name.partition('_')[0]}", *_RANGES[part.kind])
        for name, part in zip(circuit.names, circuit.parts, strict=True)
    }


def meaning(word: str) -> Term | None:
    """What a value of any circuit means: 'R2', 'CPE3_n', 'conductivity_R2'."""
    name = word.removeprefix("conductivity_")
    found = re.fullmatch(r"([A-Za-z]+\d*)(?:_([A-Za-z]+))?", name)
    letters = found[1].rstrip("0123456789") if found else ""
    if found is None or letters not in ELEMENTS:
        return None
    terms = circuit_terms(parse_circuit(found[1]))
    if name not in terms:
        return None
    return conductivity_term(name) if name != word else terms[name]


def conductivity_term(name: str) -> Term:
    """The word for the conductivity behind a resistance."""
    return Term("S/cm", f"sigma_{name}", f"L/({name} A): conductivity behind {name}", 0, 1e12)


def fixed_of(texts: Sequence[str], circuit: Circuit) -> dict[str, float]:
    """The parameters held by the setting ``fixed``, each written 'R0 = 0.02 ohm', in the units of their parts."""
    found = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not sign or name not in circuit.names:
            raise BadInput(
                f"'{text}' fixes nothing of circuit '{circuit.text}'; write it like '{circuit.names[0]} = 10'"
            )
        quantity, part = Quantity.parse(value), circuit.parts[circuit.names.index(name)]
        number = quantity.value if not quantity.unit else quantity.to(part.unit).value
        low, high = _RANGES[part.kind]
        if not low <= number <= high:
            raise BadInput(
                f"'{text}' lies out of bounds: {name} lies between {low:g} and {high:g} {part.unit}".rstrip()
            )
        found[name] = number
    return found


def fitted(
    spectrum: Spectrum, circuit: Circuit, fixed: Mapping[str, float], weighting: Weighting, starts: int, seed: int
) -> CircuitFit:
    """The circuit's best fit; raises BadInput if it cannot be."""
    sigma = _sigma(spectrum, weighting)
    if starts < 1:
        raise BadInput(f"the setting 'starts' is {starts}; it must be 1 at least")
    try:
        found = fit_circuit(circuit, spectrum.frequency, spectrum.impedance, sigma, fixed, starts, seed)
    except ValueError as error:
        raise BadInput(f"record '{spectrum.name}': {error}") from error
    if found.lost:
        raise BadInput(f"circuit '{circuit.text}' gave no finite impedance for record '{spectrum.name}' from any start")
    return found


def profiled(spectrum: Spectrum, found: CircuitFit, fixed: Mapping[str, float], weighting: Weighting) -> Profile:
    """How far the parameters of a fit by ``fitted`` may go."""
    sigma = _sigma(spectrum, weighting)
    scale = 1.0 if weighting == "given" else found.scatter
    if scale * float(np.max(sigma / np.abs(spectrum.impedance))) <= _EXACT:
        scale = 0.0  # nothing but rounding
    return profile(found, spectrum.frequency, spectrum.impedance, sigma, fixed, scale)


def _sigma(spectrum: Spectrum, weighting: Weighting) -> Array:
    if weighting == "given":
        if spectrum.sigma is None:
            raise BadInput(
                f"record '{spectrum.name}' has no columns z_real_sigma and z_imag_sigma; choose the weighting 'modulus'"
            )
        return spectrum.sigma
    size = np.abs(spectrum.impedance) if weighting == "modulus" else np.ones(spectrum.frequency.size)
    return np.repeat(size[None], 2, axis=0)


def parameter_spreads(found: CircuitFit, scale: float) -> dict[str, Spread]:
    """Each parameter with its parts along the principal directions of the fit; NaN where the numbers do not set it.

    ``scale`` widens the sigmas; a parameter at its bound has an unknown error, a fixed one none.
    """
    free = ~found.fixed & ~found.at_bound
    inner = found.covariance[np.ix_(free, free)]
    known = np.isfinite(np.diag(inner)) & (np.diag(inner) > 0)
    size = np.where(known, np.sqrt(np.where(known, np.diag(inner), 1.0)), 1.0)
    matrix = np.where(np.outer(known, known), inner / np.outer(size, size), np.eye(size.size))
    root = np.linalg.cholesky(matrix + 1e-12 * np.eye(size.size)) * size[:, None] * scale if size.size else inner
    places = np.flatnonzero(free).tolist()
    spreads = {}
    for k, name in enumerate(found.circuit.names):
        value = np.asarray(found.values[k])
        if found.fixed[k]:
            spreads[name] = Spread(value)
        elif found.at_bound[k] or not known[places.index(k)]:
            spreads[name] = Spread(value, {f"fit {name}": np.asarray(np.nan)})
        else:
            row = root[places.index(k)]
            spreads[name] = Spread(value, {f"fit {i + 1}": np.asarray(part) for i, part in enumerate(row) if part})
            other = _elsewhere(found, np.eye(found.values.size)[k])
            if other:
                spreads[name] = spreads[name].plus(Spread(np.asarray(0.0), {"other minima": np.asarray(other)}))
    return spreads


def sum_spread(found: CircuitFit, places: Sequence[int], scale: float, reached: Array) -> Spread:
    """The sum of parameters, which may be set better than each: by curvature, and by how far it goes in ``reached``.

    ``reached[place, parameter]`` are the sets of values within two sigmas (``Profile``).
    """
    chosen = np.zeros(found.values.size)
    chosen[list(places)] = 1.0
    value = float(chosen @ found.values)
    inner = found.covariance[np.ix_(places, places)]
    with np.errstate(invalid="ignore"):
        own = scale * float(np.sqrt(np.sum(inner)))
    wide = max(0.5 * float(np.max(np.abs(reached @ chosen - value))), _elsewhere(found, chosen))
    if not np.isfinite(own):
        own = 0.0 if len(reached) > 1 else float("nan")
    parts = {"fit of the sum": np.asarray(own), "profile of the sum": np.asarray(np.sqrt(max(wide**2 - own**2, 0.0)))}
    return Spread(np.asarray(value), {name: part for name, part in parts.items() if part != 0})


def _elsewhere(found: CircuitFit, chosen: Array) -> float:
    """How far minima that fit as well but for noise lie from the best, each by its odds; 0 without any.

    ``chosen[parameter]`` are the weights of a sum of parameters.
    """
    away = 0.0
    for other in found.others:
        odds = np.exp(-0.5 * max(other.chi2 / max(found.chi2, 1e-300) - 1.0, 0.0) * found.freedom)
        away = max(away, float(np.sqrt(odds)) * abs(float(chosen @ (other.values - found.values))))
    return away


def with_gain(spread: Spread, kind: str, gain: Quantity) -> Spread:
    """A parameter with the error of all impedances together: it goes with resistances and against capacitances."""
    share = gain.to("").value * {"resistance": 1, "inductance": 1, "warburg": 1, "capacitance": -1}.get(kind, 0)
    return (
        Spread(spread.value, {**spread.parts, "impedance gain": np.asarray(share * spread.value)}) if share else spread
    )


def fit_doubts(found: CircuitFit, weighting: Weighting) -> list[str]:
    """What a reader of the parameters should not overlook."""
    names, said = found.circuit.names, []
    if weighting == "modulus" and found.scatter > BAD:
        said.append(f"the circuit misses the spectrum by {100 * found.scatter:.2g} % of |Z|: it is not the right one")
    if weighting == "given" and found.freedom > 0 and found.chi2 > found.freedom + 5 * np.sqrt(2 * found.freedom):
        said.append(f"chi-square is {found.chi2:.4g} for {found.freedom} degrees of freedom: the circuit does not fit")
    if following(found) > FOLLOWING and found.scatter > _EXACT:
        said.append("the residuals of the fit follow each other: the circuit leaves something of the spectrum out")
    said += [
        f"{names[k]} ended at the end of its range ({found.values[k]:.4g}): the spectrum does not set it"
        + (", and it is left out" if found.unset[k] else "")
        for k in np.flatnonzero(found.at_bound)
    ]
    said += _loose(found)
    said += _other_minima(found)
    if found.ended == 1 and found.starts > 4:
        said.append(
            f"one of {found.starts} starts alone came to the best fit: there may be a better one; take more starts"
        )
    return said


def left_out(spectrum: Spectrum, found: CircuitFit, weighting: Weighting) -> list[str]:
    """What a circuit leaves out that the spectrum shows beyond its own noise: something, or the wiring's coil.

    Nothing is said of a fit that was not weighted by the modulus: its residuals are not shares of |Z|.
    """
    if weighting != "modulus":
        return []
    own, circuit = spectrum.kramers_kronig.noise, found.circuit
    said = []
    if _FINE < found.scatter <= BAD and found.scatter > _MORE * own and following(found) <= FOLLOWING:
        said.append(
            f"the circuit misses the spectrum by {100 * found.scatter:.2g} % of |Z|, its Kramers-Kronig residuals are "
            f"{100 * own:.2g} %: it leaves something of the spectrum out"
        )
    if found.scatter <= _EXACT or any(part.kind == "inductance" for part in circuit.parts):
        return said
    name = next(f"L{n}" for n in range(100) if f"L{n}" not in circuit.names)
    text = f"{name}-{circuit.text}"
    held = {k: v for k, v, is_held in zip(circuit.names, found.values, found.fixed, strict=True) if is_held}
    coil = fit_circuit(parse_circuit(text), spectrum.frequency, spectrum.impedance, None, held, _STARTS)
    gain = found.residuals.size * float(np.log(found.chi2 / max(coil.chi2, 1e-300)))
    if not coil.lost and not coil.unset[0] and gain > _ASKS:
        said.append(
            f"a coil of {coil.values[0]:.2g} H in series (wiring) describes the spectrum better, and without it the "
            f"values are off: set inductive = 'keep' and circuit = '{text}'"
        )
    return said


def following(found: CircuitFit) -> float:
    """Correlation of residuals at neighbouring frequencies."""
    parts = found.residuals.reshape(2, -1)
    away = parts - parts.mean(axis=1, keepdims=True)
    total = float(np.sum(away**2))
    return float(np.sum(away[:, 1:] * away[:, :-1]) / total) if total > 0 else 0.0


def _loose(found: CircuitFit) -> list[str]:
    names = found.circuit.names
    scale = found.scatter if np.isfinite(found.scatter) else 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma = np.sqrt(np.diag(found.covariance)) * scale
        wide = np.flatnonzero(~(sigma <= _LOOSE * np.abs(found.values)))
        correlation = found.covariance * scale**2 / np.outer(sigma, sigma)
    said = []
    if wide.size:
        listed = ", ".join(names[k] for k in wide)
        said.append(f"the spectrum hardly sets {listed}: sigma is over {100 * _LOOSE:.0f} % of the value")
    pairs = [(i, j) for i in range(len(names)) for j in range(i) if abs(correlation[i, j]) > _TIGHT]
    if pairs:
        listed = "; ".join(f"{names[j]} and {names[i]} {correlation[i, j]:+.3f}" for i, j in pairs)
        said.append(f"parameters that the spectrum tells apart by little, with their correlation: {listed}")
    return said


def profile_doubts(found: CircuitFit, reach: Profile) -> list[str]:
    """What the profiles say that the curvature at the minimum does not."""
    names, parts = found.circuit.names, found.circuit.parts
    said = []
    wide = [names[k] for k in np.flatnonzero(reach.sigma)]
    if wide:
        said.append(
            f"chi-square is flat around the best {', '.join(wide)}: the sigma is half of what chi-square reaches "
            "within two sigmas, on its longer side"
        )
    for k in np.flatnonzero(reach.open_above | reach.open_below):
        ends = [
            f"{word} {bound[k]:.3g} {parts[k].unit}".rstrip()
            for word, bound, is_open in (
                ("above", reach.least, reach.open_below),
                ("below", reach.most, reach.open_above),
            )
            if not is_open[k]
        ]
        only = f"tells only that it lies {' and '.join(ends)} (95 %)" if ends else "does not set it"
        said.append(f"{names[k]} is left out: the spectrum {only}")
    return said


def _other_minima(found: CircuitFit) -> list[str]:
    said = []
    for other in found.others[:3]:
        listed = ", ".join(f"{name} {value:.3g}" for name, value in zip(found.circuit.names, other.values, strict=True))
        ratio = other.chi2 / found.chi2 if found.chi2 > 0 else 1.0
        said.append(f"another minimum fits nearly as well (chi-square {ratio:.3f} of the best): {listed}")
    return said
