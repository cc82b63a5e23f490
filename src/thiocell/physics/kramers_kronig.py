"""Is a spectrum that of something linear, causal and steady? The linear Kramers-Kronig test."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

A_DECADE = 9
"""assumed: most relaxations in a decade; more of them follow the noise."""


class KramersKronig(NamedTuple):
    """``fitted`` is the nearest spectrum that obeys the relations, in ohm; ``residuals`` are (Z - fitted)/|Z|.

    ``relaxations`` is the number of RC elements; ``noise`` the standard deviation of the real and imaginary parts of
    the residuals, with what was fitted counted; ``following`` the correlation of residuals at neighbouring frequencies,
    real and imaginary together: about 0 for noise, towards 1 for what drifts.
    """

    fitted: Complex
    residuals: Complex
    relaxations: int
    noise: float
    following: float


def linear_kramers_kronig(frequency: Array, impedance: Complex) -> KramersKronig:
    """Fit resistor, inductor, capacitor and RC elements of fixed time constants, linearly, to ``impedance`` in ohm.

    Boukamp, J. Electrochem. Soc. 142 (1995) 1885; residuals are relative to the modulus. The number of RC elements is
    the one of least AICc (Hurvich, Tsai, Biometrika 76 (1989) 297), so that noise is not followed. ``frequency`` in Hz,
    in any order. Raises ValueError for fewer than four points.
    """
    count = frequency.size
    if count < 4:
        raise ValueError(f"a Kramers-Kronig test needs four points at least, not {count}")
    s = np.asarray(2j * np.pi * frequency, dtype=np.complex128)
    size = np.abs(impedance)
    target = np.concatenate([impedance.real / size, impedance.imag / size])
    best: tuple[float, int, Array] | None = None
    for number in _numbers(frequency):
        fixed = 1 if number < 2 else 3
        if number + fixed > 2 * count - 3:
            break
        design = _design(s, size, number)
        solved = design @ _solve(design, target)
        misfit = max(float(np.sum((target - solved) ** 2)), 1e-28 * 2 * count)
        free = 2 * count - number - fixed - 1
        score = 2 * count * np.log(misfit / (2 * count)) + 2 * (number + fixed) * (1 + (number + fixed + 1) / free)
        if best is None or score < best[0]:
            best = (score, number, solved)
    assert best is not None  # noqa: S101 - four points allow one relaxation
    _, number, solved = best
    fitted = (solved[:count] + 1j * solved[count:]) * size
    residuals = (impedance - fitted) / size
    both = np.concatenate([residuals.real, residuals.imag])
    noise = float(np.sqrt(np.sum(both**2) / (2 * count - number - 3)))
    return KramersKronig(fitted, residuals, number, noise, _following(residuals[np.argsort(frequency)]))


def _numbers(frequency: Array) -> list[int]:
    """Numbers of relaxations to try, ever further apart."""
    most = max(2, min(round(A_DECADE * float(np.log10(frequency.max() / frequency.min()))), frequency.size - 2))
    return sorted({round(n) for n in np.geomspace(1, most, 14)})


def _design(s: Complex, size: Array, number: int) -> Array:
    omega = np.abs(s)
    times = (
        1.0 / np.geomspace(omega.max(), omega.min(), number)
        if number > 1
        else 1.0 / np.sqrt([omega.max() * omega.min()])
    )
    columns = [
        np.ones_like(s)[:, None],
        s[:, None] / omega.max(),
        omega.min() / s[:, None],
        1.0 / (1.0 + s[:, None] * times),
    ]
    whole = np.concatenate(columns if number > 1 else [columns[0], columns[3]], axis=1) / size[:, None]
    return np.concatenate([whole.real, whole.imag])


def _solve(design: Array, target: Array) -> Array:
    norm = np.linalg.norm(design, axis=0)
    return np.asarray(np.linalg.lstsq(design / norm, target, rcond=1e-10)[0] / norm)


def _following(residuals: Complex) -> float:
    away = residuals - residuals.mean()
    total = float(np.sum(np.abs(away) ** 2))
    return float(np.sum((away[1:] * away[:-1].conj()).real) / total) if total > 0 else 0.0
