"""A spectrum as its record shows it: sorted, checked, with what casts doubt on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.source import Source
from thiocell.physics.kramers_kronig import KramersKronig, linear_kramers_kronig
from thiocell.techniques._findings import kind_of
from thiocell.techniques._record import usable

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

READS = ("frequency", "z_real", "z_imag")
SIGMAS = ("z_real_sigma", "z_imag_sigma")
"""Columns of the standard uncertainties of the real and imaginary parts, where a record has them."""
Inductive = Literal["drop", "keep"]
INDUCTIVE_MEANING = "what becomes of the points at high frequencies where the wiring makes Im(Z) positive"
FEWEST = 6
"""assumed: points below which no circuit is worth a fit."""
_INDUCTIVE = 0.01
"""assumed: share of |Z| above which a positive imaginary part is that of wiring and not noise about a resistor."""
_MOSTLY = 0.7
"""assumed: share of points with a positive imaginary part from which that is no tail."""
_DENSE = 3.0
"""assumed: points a decade below which the Kramers-Kronig test gives false alarms."""
_SAME = 1e-9
_TWICE = 0.02
"""assumed: relative distance of two measurements at one frequency above which the cell had changed between them."""
_WIDE, _FOLLOWING = 0.01, 0.5
"""assumed: share of the modulus, and correlation of neighbours, from which a Kramers-Kronig residual is doubted."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """``frequency`` in Hz, falling, with ``impedance`` in ohm; ``sigma[0 or 1]`` those of its real and imaginary parts.

    ``kept`` are the numbers of the record's rows that the points come from; ``inductive`` points were left out.
    """

    name: str
    frequency: Array
    impedance: Complex
    sigma: Array | None
    inductive: int
    kept: NDArray[np.intp]
    source: Source
    doubts: tuple[str, ...]

    @property
    def kramers_kronig(self) -> KramersKronig:
        """The linear Kramers-Kronig test."""
        return linear_kramers_kronig(self.frequency, self.impedance)


def read_spectrum(
    records: Mapping[str, Record],
    technique: str,
    role: str = "main",
    *,
    inductive: Inductive = "drop",
    low: Quantity | None = None,
    high: Quantity | None = None,
) -> Spectrum:
    """The spectrum in a role, between the frequencies ``low`` and ``high``; raises BadInput naming what is wrong."""
    record = usable(records, technique, ("impedance",), READS, role)
    _check(record)
    frequency, impedance = record["frequency"], record["z_real"] + 1j * record["z_imag"]
    doubts = list(record.doubts)
    order = np.argsort(-frequency, kind="stable")
    if not np.all(np.diff(frequency) < 0) and not np.all(np.diff(frequency) > 0):
        doubts.append(_disorder(frequency, impedance))
    inside = np.ones(frequency.size, dtype=bool)
    for bound, below in ((low, True), (high, False)):
        if bound is not None:
            edge = bound.to("Hz").value
            inside &= (frequency >= edge * (1 - _SAME)) if below else (frequency <= edge * (1 + _SAME))
    kept = order[inside[order]]
    tail = _tail(impedance[kept])
    above = int(np.sum(impedance[kept].imag > _INDUCTIVE * np.abs(impedance[kept])))
    if inductive == "drop" and above > _MOSTLY * kept.size:
        raise BadInput(
            f"record '{record.name}' has Im(Z) above zero at {above} of {kept.size} points: it holds -Im(Z), which the "
            "column map says by sign = 'negated', or it is a coil, for which inductive = 'keep'"
        )
    if tail:
        what = "left out of the fit" if inductive == "drop" else "kept: the circuit needs an L"
        doubts.append(f"{tail} points from {frequency[kept][tail - 1]:.3g} Hz up are inductive (wiring), and {what}")
        kept = kept[tail:] if inductive == "drop" else kept
    if kept.size < FEWEST:
        raise BadInput(
            f"record '{record.name}' has {kept.size} points left between the frequencies that are asked for; "
            f"{FEWEST} are the fewest"
        )
    sigma = np.stack([record[word] for word in SIGMAS])[:, kept] if set(SIGMAS) <= set(record.columns) else None
    source = Source(kind_of(record.source), record.source.reference, record.source.place)
    dropped = tail if inductive == "drop" else 0
    return Spectrum(record.name, frequency[kept], impedance[kept], sigma, dropped, kept, source, tuple(doubts))


def _check(record: Record) -> None:
    if len(record) < FEWEST:
        raise BadInput(f"record '{record.name}' has {len(record)} rows; a spectrum needs {FEWEST} at least")
    wrong = np.flatnonzero(record["frequency"] <= 0)
    if wrong.size:
        raise BadInput(
            f"record '{record.name}' has the frequency {record['frequency'][wrong[0]]:g} Hz in row {wrong[0] + 1}"
        )
    distinct = np.unique(record["frequency"]).size
    if distinct < FEWEST:
        raise BadInput(
            f"record '{record.name}' has {distinct} different frequencies; a spectrum needs {FEWEST} at least"
        )
    negative = int(np.sum(record["z_real"] < 0))
    if 2 * negative > len(record):
        raise BadInput(
            f"record '{record.name}' has a real part below zero at {negative} of {len(record)} points, which no cell "
            "has; is the sign of the column right?"
        )
    nothing = np.flatnonzero(record["z_real"] ** 2 + record["z_imag"] ** 2 == 0)
    if nothing.size:
        raise BadInput(f"record '{record.name}' has no impedance at all in row {nothing[0] + 1}")
    for name in SIGMAS:
        if name in record and not np.all(record[name] > 0):
            row = int(np.argmin(record[name] > 0)) + 1
            raise BadInput(f"record '{record.name}' has a {name} that is not above zero in row {row}")


def _tail(impedance: Complex) -> int:
    """Points at the highest frequencies whose imaginary part is positive, by more than noise in one of them."""
    capacitive = np.flatnonzero(impedance.imag <= 0)
    count = int(capacitive[0]) if capacitive.size else 0
    return count if np.any(impedance.imag[:count] > _INDUCTIVE * np.abs(impedance[:count])) else 0


def _disorder(frequency: Array, impedance: Complex) -> str:
    """A sentence about frequencies that stand twice, or out of order."""
    order = np.argsort(frequency, kind="stable")
    twice = np.flatnonzero(np.diff(frequency[order]) <= _SAME * frequency[order][:-1])
    if not twice.size:
        return "the frequencies are out of order; they were sorted"
    one, other = impedance[order][twice], impedance[order][twice + 1]
    apart = float(np.max(np.abs(one - other) / np.abs(one)))
    changed = ": the cell changed between them" if apart > _TWICE else ""
    return (
        f"{twice.size} frequencies were measured more than once, up to {100 * apart:.2g} % apart{changed}; "
        "all points were kept"
    )


def kramers_kronig_doubts(spectrum: Spectrum) -> tuple[str, ...]:
    """What the linear Kramers-Kronig test finds wrong; too few points a decade it cannot tell from noise."""
    test, f = spectrum.kramers_kronig, spectrum.frequency
    if f.size < _DENSE * np.log10(f.max() / f.min()):
        return (f"with {f.size} points the Kramers-Kronig test says nothing; it needs {_DENSE:g} a decade",)
    worst = float(np.max(np.abs(test.residuals)))
    if test.noise > _WIDE:
        return (
            f"the spectrum misses the Kramers-Kronig relations by {100 * test.noise:.2g} % of |Z| (at most "
            f"{100 * worst:.2g} %): noise, drift or a cell that was not linear",
        )
    if test.following > _FOLLOWING and worst > 0.2 * _WIDE:
        return (
            f"the residuals of the Kramers-Kronig test follow each other (correlation {test.following:.2f}, at most "
            f"{100 * worst:.2g} % of |Z|): the cell drifted during the sweep",
        )
    return ()
