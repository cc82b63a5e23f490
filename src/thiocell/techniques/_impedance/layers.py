"""A sample between layers: what its spectrum tells of a two-rail line, and what a blank takes off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.physics.circuit import Circuit, Joined, Leaf
from thiocell.physics.circuit_fit import CircuitFit
from thiocell.physics.two_rails import ionic_resistance, rise_share
from thiocell.techniques._impedance.fitted import (
    BAD,
    FOLLOWING,
    Weighting,
    circuit_of,
    fit_doubts,
    fitted,
    following,
    left_out,
    parameter_spreads,
    with_gain,
)
from thiocell.techniques._impedance.spectrum import Spectrum, kramers_kronig_doubts
from thiocell.techniques._spread import Spread

Array = NDArray[np.float64]

_SURE = 10.0
"""assumed: by how much AICc must ask for a line; odds of e^-5."""
_SET = 0.3
"""assumed: relative sigma of a rise, or of its time constant, above which the spectrum does not set it."""
_NOISE = 4.0
"""assumed: two minima whose chi-squares are so near, for residuals of sigma one, are told apart by noise only."""
_MORE, _FINE = 2.0, 1e-3
"""assumed: times a spectrum's own noise, and share of |Z|, from which residuals that follow each other are no noise."""
_NONE = 1e-6
"""ohm; a rise that is none."""


@dataclass(frozen=True)
class Method:
    """How spectra are fitted."""

    weighting: Weighting
    gain: Quantity
    starts: int
    seed: int

    def fit(self, spectrum: Spectrum, circuit: Circuit, fixed: Mapping[str, float]) -> CircuitFit:
        """The circuit's best fit."""
        return fitted(spectrum, circuit, fixed, self.weighting, self.starts, self.seed)

    def spreads(self, fit: CircuitFit, role: str) -> dict[str, Spread]:
        """The parameters, whose errors of the fit carry the name of the record's ``role``; they share the gain."""
        found = {}
        for (name, spread), part in zip(
            parameter_spreads(fit, 1.0 if self.weighting == "given" else fit.scatter).items(),
            fit.circuit.parts,
            strict=True,
        ):
            own = Spread(spread.value, {f"{role} {error}": size for error, size in spread.parts.items()})
            held = fit.fixed[fit.circuit.names.index(name)]
            found[name] = own if held else with_gain(own, part.kind, self.gain)
        return found


@dataclass(frozen=True)
class Rise:
    """A line's ``size`` (ohm) and ``time`` constant (s).

    ``low`` is the share of it that is there at the lowest frequency, ``high`` what is gone of it at the highest.
    """

    size: Spread
    time: Spread
    low: Spread
    high: Spread

    @classmethod
    def seen(cls, size: Spread, time: Spread, exponent: Spread, frequency: Array) -> Rise:
        """The rise in a sweep over ``frequency`` (Hz)."""
        ends = np.array([frequency.min(), frequency.max()])
        tau, n, step = float(time.value), float(exponent.value), 1e-4
        at, beside = rise_share(ends, tau, n), rise_share(ends, tau * (1.0 + step), n)
        by_time, by_exponent = (
            (beside - at) / (tau * step),
            (rise_share(ends, tau, n * (1.0 - step)) - at) / (-n * step),
        )
        parts = [
            Spread(np.asarray(share), time.scaled(a).plus(exponent.scaled(b)).parts)
            for share, a, b in zip(at, by_time, by_exponent, strict=True)
        ]
        return cls(size, time, parts[0], Spread(np.asarray(1.0 - at[1]), parts[1].scaled(-1.0).parts))

    @property
    def reached(self) -> tuple[float, float]:
        """``low`` and ``high`` as numbers."""
        return float(self.low.value), float(self.high.value)


@dataclass(frozen=True)
class Layered:
    """A spectrum's fit, the ``values`` of its parameters, and its ``rise`` where it is seen.

    ``missed`` says that the circuit describes the spectrum neither with its line nor without.
    """

    fit: CircuitFit
    values: Mapping[str, Spread]
    rise: Rise | None
    missed: bool
    doubts: tuple[str, ...]


def line_of(circuit: Circuit) -> str:
    """The name of the one line of a circuit; raises BadInput unless it stands in series with all else."""
    root = circuit.root
    parts = root.parts if isinstance(root, Joined) and not root.parallel else (root,)
    lines = [leaf.name for leaf in root.leaves if leaf.shape == "Wl"]
    if len(lines) != 1 or lines[0] not in [part.name for part in parts if isinstance(part, Leaf)]:
        raise BadInput(
            f"circuit '{circuit.text}' must have one line Wl in series, for the rise of the sample; write it like "
            "'R0-Wl1-CPE0'"
        )
    return lines[0]


def shared(circuit: Circuit, blank: Circuit) -> list[str]:
    """The resistors that two circuits have in common; raises BadInput if there are none."""
    found = [
        name
        for name, part in zip(circuit.names, circuit.parts, strict=True)
        if part.kind == "resistance" and "_" not in name and name in blank.names
    ]
    if not found:
        raise BadInput(
            f"circuits '{circuit.text}' and '{blank.text}' have no resistor in common; the layers bear one name in both"
        )
    return found


def total(values: Mapping[str, Spread], names: Sequence[str]) -> Spread:
    """The sum of several."""
    whole = values[names[0]]
    for name in names[1:]:
        whole = whole.plus(values[name])
    return whole


def look_at(spectrum: Spectrum, circuit: Circuit, fixed: Mapping[str, float], method: Method) -> Layered:
    """The circuit's fit, with its line where the spectrum asks for one and sets it, else without."""
    name = line_of(circuit)
    fit = method.fit(spectrum, circuit, fixed)
    test = spectrum.kramers_kronig
    words = [f"{name}_R", f"{name}_tau", f"{name}_n"]
    bare = method.fit(spectrum, circuit, {**fixed, **dict(zip(words, (_NONE, 1.0, 1.0), strict=True))})
    values = method.spreads(fit, "main")
    rise = None
    said: tuple[str, ...] = ()
    asked = _aicc(bare) - _aicc(fit) > _SURE
    missed = misses(fit, test.noise) and misses(bare, test.noise)
    if asked and _open(fit, [circuit.names.index(word) for word in words[:2]]):
        said = ("lines of different rise fit the spectrum as well as each other: what it shows is a part of one",)
    elif not asked or any(relative_sigma(values[word]) > _SET for word in words[:2]):
        fit, values = bare, method.spreads(bare, "main")
        said = (
            "the spectrum shows one resistance and no rise of a two-rail line: if its frequencies lie above the "
            "line's, that is Re||Ri and says sigma_i + sigma_e; if below, it is Ri",
        )
    elif not missed and _aicc(arc := _arc(spectrum, circuit, name, fixed, method)) < _aicc(fit) + _SURE:
        values = _either(values, fit, arc)
        said = (
            "an arc (a resistance beside a capacitance, as of an interface) fits the spectrum as well as a two-rail "
            "line: what rises may be another layer and not the sample",
        )
    else:
        rise = Rise.seen(values[words[0]], values[words[1]], values[words[2]], spectrum.frequency)
    said = () if missed else said
    doubts = (
        *said,
        *kramers_kronig_doubts(spectrum),
        *fit_doubts(fit, method.weighting),
        *left_out(spectrum, fit, method.weighting),
    )
    return Layered(fit, values, None if missed else rise, missed, doubts)


def misses(fit: CircuitFit, noise: float) -> bool:
    """Does a circuit leave much more of a spectrum than its ``noise``, a share of |Z|?"""
    return fit.scatter > BAD or (following(fit) > FOLLOWING and fit.scatter > max(_MORE * noise, _FINE))


def _arc(spectrum: Spectrum, circuit: Circuit, name: str, fixed: Mapping[str, float], method: Method) -> CircuitFit:
    """The circuit with an arc in the place of its line: of a capacitance, or of a constant phase element."""
    held = {word: value for word, value in fixed.items() if not word.startswith(f"{name}_")}
    taken = 1 + max((int(digits) for digits in re.findall(r"\d+", circuit.text)), default=0)
    found = []
    for element in ("C", "CPE"):
        text = re.sub(rf"\b{name}\b", f"p(R{taken},{element}{taken})", circuit.text)
        found.append(method.fit(spectrum, circuit_of(text), held))
    return min(found, key=_aicc)


def _either(values: Mapping[str, Spread], fit: CircuitFit, arc: CircuitFit) -> dict[str, Spread]:
    """The values, with what an arc in the line's place makes of the same parameters in their sigmas."""
    found = dict(values)
    for name, spread in values.items():
        if name in arc.circuit.names:
            away = float(arc.values[arc.circuit.names.index(name)] - fit.values[fit.circuit.names.index(name)])
            found[name] = spread.plus(Spread(np.asarray(0.0), {"arc or line": np.asarray(away)}))
    return found


def _open(fit: CircuitFit, places: Sequence[int]) -> bool:
    """Does another minimum, as good but for noise, say another number at one of ``places``?"""
    near = [other for other in fit.others if other.chi2 <= fit.chi2 * (1.0 + _NOISE / max(fit.freedom, 1))]
    return any(abs(np.log(other.values[k] / fit.values[k])) > _SET for other in near for k in places)


def by_rise(rise: Spread, electronic: Spread) -> Spread:
    """Ri in ohm from the rise Ri^2/(Re + Ri) and Re."""
    value, by_own, by_electronic = ionic_resistance(float(rise.value), float(electronic.value))
    parts = rise.scaled(by_own).plus(electronic.scaled(by_electronic))
    return Spread(np.asarray(value), parts.parts)


def relative_sigma(spread: Spread) -> float:
    """Relative sigma; infinite where unknown."""
    size = float(spread.sigma / np.abs(spread.value))
    return size if np.isfinite(size) else np.inf


def _aicc(fit: CircuitFit) -> float:
    """Of a fit whose scatter is unknown."""
    count, k = fit.residuals.size, int(np.sum(~fit.fixed)) + 1
    return count * float(np.log(max(fit.chi2, 1e-300) / count)) + 2 * k + 2 * k * (k + 1) / (count - k - 1)
