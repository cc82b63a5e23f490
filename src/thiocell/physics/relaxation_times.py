"""Distribution of relaxation times: a spectrum as a sum of relaxations, none negative, no rougher than it must be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

A_DECADE = 10
"""assumed: times in a decade."""
BEYOND = 1.0
"""assumed: decades by which times go beyond the frequencies to both sides."""


class RelaxationTimes(NamedTuple):
    """``share[k]`` (ohm) is the resistance for each unit of ln(tau) at ``times[k]`` (s).

    Its area and ``series`` (ohm) make up the whole at zero frequency where no ``capacitance`` (F, infinite if there is
    none) stands in series; ``inductance`` in H. ``smoothing`` is the weight that was chosen.
    """

    times: Array
    share: Array
    series: float
    inductance: float
    capacitance: float
    fitted: Complex
    smoothing: float

    def peaks(self, least: float = 0.02) -> list[tuple[float, float]]:
        """Time (s) and resistance (ohm) of each peak, quickest first; of ``least`` of the whole at least."""
        step = np.log(self.times[1] / self.times[0])
        inner = self.share
        lows = np.flatnonzero((inner[1:-1] <= inner[:-2]) & (inner[1:-1] < inner[2:])) + 1
        found = []
        for part in np.split(np.arange(inner.size), lows):
            area = float(np.sum(inner[part])) * step
            if area > least * float(np.sum(inner)) * step:
                found.append((float(self.times[part[np.argmax(inner[part])]]), area))
        return found


def relaxation_times(frequency: Array, impedance: Complex) -> RelaxationTimes:
    """The distribution behind ``impedance`` (ohm) at ``frequency`` (Hz): Tikhonov's, with nothing below zero.

    Residuals are relative to the modulus and second differences are kept small (Wan et al., Electrochim. Acta 184
    (2015) 483), by the weight of least generalised cross-validation (Golub, Heath, Wahba, Technometrics 21 (1979) 215).
    It shows a spectrum; widths of its peaks depend on the smoothing.
    """
    s, size = 2j * np.pi * frequency, np.abs(impedance)
    omega = np.abs(s)
    decades = np.log10(omega.max() / omega.min()) + 2 * BEYOND
    count = max(20, round(A_DECADE * decades) + 1)
    times = np.geomspace(10.0**-BEYOND / omega.max(), 10.0**BEYOND / omega.min(), count)
    step = np.log(times[1] / times[0])
    kernel = step / (1.0 + s[:, None] * times)
    more = np.stack([np.ones_like(s), s / omega.max(), omega.min() / s], axis=1)
    scale = float(np.median(size))
    whole = np.concatenate([more, kernel], axis=1) * scale / size[:, None]
    design = np.concatenate([whole.real, whole.imag])
    target = np.concatenate([impedance.real / size, impedance.imag / size])
    rough = np.zeros((count, count + more.shape[1]))
    rough[:, more.shape[1] :] = -2.0 * np.eye(count) + np.eye(count, k=1) + np.eye(count, k=-1)
    smoothing = _smoothing(design, target, rough, more.shape[1])
    x, _ = nnls(
        np.concatenate([design, np.sqrt(smoothing) * rough]),
        np.concatenate([target, np.zeros(count)]),
        maxiter=50 * count,
    )
    solved = design @ x
    fitted = (solved[: s.size] + 1j * solved[s.size :]) * size
    x = x * scale
    capacitance = 1.0 / (x[2] * omega.min()) if x[2] > 0 else np.inf
    return RelaxationTimes(times, x[3:], float(x[0]), float(x[1] / omega.max()), float(capacitance), fitted, smoothing)


def _smoothing(design: Array, target: Array, rough: Array, free: int) -> float:
    """The weight of the roughness with the least generalised cross-validation, signs left free."""
    q, _ = np.linalg.qr(design[:, :free])
    inner = design[:, free:] - q @ (q.T @ design[:, free:])
    left = target - q @ (q.T @ target)
    u, sizes, _ = np.linalg.svd(inner @ np.linalg.inv(rough[:, free:]), full_matrices=False)
    along = u.T @ left
    outside = float(left @ left - along @ along)
    weights = np.geomspace(1e-8, 1e4, 49)
    kept = sizes**2 / (sizes**2 + weights[:, None])
    misfit = np.sum(((1.0 - kept) * along) ** 2, axis=1) + max(outside, 0.0)
    free_left = design.shape[0] - free - np.sum(kept, axis=1)
    return float(weights[np.argmin(misfit / np.maximum(free_left, 1.0) ** 2)])
