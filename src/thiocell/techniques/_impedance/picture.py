"""The curves behind an analysed spectrum, and its figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.physics.circuit_fit import CircuitFit
from thiocell.physics.relaxation_times import relaxation_times
from thiocell.techniques._impedance.spectrum import READS, Spectrum

Array = NDArray[np.float64]
_STEEP, _LONG, _ROOM = 45.0, 4.0, 1.5
"""assumed: degrees at the lowest frequency, and times the arcs, from which a tail is left out; what is shown of it."""
_PARTS = ("real", "imag")


def misfit(spectrum: Spectrum, fit: CircuitFit) -> float:
    """Standard deviation of the residuals as a share of |Z|."""
    z = fit.circuit.impedance(fit.values, spectrum.frequency)[0]
    away = (z - spectrum.impedance) / np.abs(spectrum.impedance)
    return float(np.sqrt(np.sum(np.abs(away) ** 2) / max(fit.freedom, 1)))


def curves(spectrum: Spectrum, fit: CircuitFit) -> dict[str, Record]:
    """The points with the fit and the Kramers-Kronig residuals, a fine line of the fit, and relaxation times."""
    fine = np.geomspace(spectrum.frequency.max(), spectrum.frequency.min(), 200)
    z, smooth = (fit.circuit.impedance(fit.values, f)[0] for f in (spectrum.frequency, fine))
    size, test = np.abs(spectrum.impedance), spectrum.kramers_kronig
    away = 100.0 * (spectrum.impedance - z) / size
    kept = 100.0 * test.residuals
    times = relaxation_times(spectrum.frequency, spectrum.impedance)
    told = {"circuit": fit.circuit.text}

    def table(name: str, columns: dict[str, Column]) -> Record:
        return Record(name, name, columns, spectrum.source, notes=told)

    return {
        "spectrum": table(
            "spectrum",
            {
                "frequency": Column(spectrum.frequency, "Hz"),
                "z_real": Column(spectrum.impedance.real, "ohm"),
                "z_imag": Column(spectrum.impedance.imag, "ohm"),
                "fit_real": Column(z.real, "ohm"),
                "fit_imag": Column(z.imag, "ohm"),
                "residual_real": Column(away.real, "%"),
                "residual_imag": Column(away.imag, "%"),
                "kramers_kronig_real": Column(kept.real, "%"),
                "kramers_kronig_imag": Column(kept.imag, "%"),
            },
        ),
        "fit": table(
            "fit",
            {
                "frequency": Column(fine, "Hz"),
                "z_real": Column(smooth.real, "ohm"),
                "z_imag": Column(smooth.imag, "ohm"),
            },
        ),
        "relaxation_times": table(
            "relaxation_times", {"time": Column(times.times, "s"), "resistance": Column(times.share, "ohm")}
        ),
    }


def _before_the_tail(re: Array, im: Array) -> float:
    """The real part (ohm) up to which a Nyquist plot shows arcs that a blocking tail would make too small to see."""
    phase = np.degrees(-np.angle(re + 1j * im))
    k = phase.size - 1
    while k > 0 and phase[k - 1] <= phase[k]:
        k -= 1
    blocking = phase[-1] > _STEEP and np.hypot(re[-1], im[-1]) > _LONG * re[k] > 0.0
    return float(_ROOM * re[k]) if blocking else np.inf


def draw_spectrum(result: Result, caption: str) -> Drawing:
    """Nyquist plot, |Z| against frequency with the resistances, residuals, relaxation times."""
    points, line, times = (result.curves[name] for name in ("spectrum", "fit", "relaxation_times"))
    f, re, im = (points.columns[name].values for name in READS)
    fine, fit_re, fit_im = (line.columns[name].values for name in READS)
    end = _before_the_tail(re, im)
    near, fit_near = (re <= end) & (-im <= end), (fit_re <= end) & (-fit_im <= end)
    nyquist = Panel(
        Axis("Z'", "ohm"),
        Axis("-Z''", "ohm"),
        (Points(re[near], -im[near], "record", 0), Line(fit_re[fit_near], -fit_im[fit_near], "fit", 1)),
        "Nyquist" if near.all() else "Nyquist, without its tail",
        equal=True,
    )
    held = [(name, q) for name, q in result.values.items() if q.unit == "ohm" and name[0] in "RTWG"]
    ends = np.array([f.max(), f.min()])
    levels = tuple(Line(ends, np.full(2, q.value), name, 2 + n, "dotted") for n, (name, q) in enumerate(held[:4]))
    bode = Panel(
        Axis("Frequency", "Hz", "log"),
        Axis("|Z|", "ohm", "log"),
        (Points(f, np.hypot(re, im), "record", 0), Line(fine, np.hypot(fit_re, fit_im), "fit", 1), *levels),
        "Modulus",
    )
    residuals = Panel(
        Axis("Frequency", "Hz", "log"),
        Axis("Residual of |Z|", "%"),
        (
            *(Points(f, points.columns[f"residual_{part}"].values, f"fit, {part}", n) for n, part in enumerate(_PARTS)),
            *(
                Points(f, points.columns[f"kramers_kronig_{part}"].values, f"Kramers-Kronig, {part}", n, mark="open")
                for n, part in enumerate(_PARTS)
            ),
        ),
        "Residuals",
    )
    drt = Panel(
        Axis("Relaxation time", "s", "log"),
        Axis("Resistance for each unit of ln time", "ohm"),
        (Line(times.columns["time"].values, times.columns["resistance"].values, "", 0),),
        "Relaxation times",
    )
    return Drawing(
        (nyquist, bode, residuals, drt), f"{caption}, circuit {points.notes['circuit']}", result.source.virtual
    )


def draw_routes(result: Result, words: Sequence[str]) -> Drawing:
    """The same with the conductivities ``words`` beside each other in place of the relaxation times."""
    drawing = draw_spectrum(result, "Blocked impedance")
    shown = [word for word in words if word in result.values]
    if not shown:
        return drawing
    found = [result.values[word] for word in shown]
    layers = (Points(np.arange(1.0, len(found) + 1.0), [q.value for q in found], sigma_y=[q.sigma for q in found]),)
    names = tuple(word.replace("_", " ") for word in shown)
    routes = Panel(Axis("Route", places=names), Axis("Conductivity", "S/cm", "log"), layers, "Routes")
    return replace(drawing, panels=(*drawing.panels[:3], routes))
