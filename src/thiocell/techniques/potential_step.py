"""Potential step: diffusivity of a slab from the current that fills it, and the conductivity it is said to mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.composition import FARADAY
from thiocell.physics.slab_fit import SlabFit, Windows, binned, cottrell_windows, fit_slab
from thiocell.physics.slab_step import nernst_einstein, slab_step
from thiocell.techniques._findings import Findings
from thiocell.techniques._spread import Spread
from thiocell.techniques._transient.holds import (
    CURRENT_ERROR,
    READS,
    VOLTAGE_ERROR,
    Held,
    Hold,
    read_holds,
    shape_of,
    written_down,
)

_REST, _ROWS = 60.0, 13
"""s, and rows, of the rest at 0 V before the predicted step; assumed."""
_CUTS = (0.0, 1e-4, 1e-3, 3e-3, 0.01, 0.03)
"""assumed: shares of the hold that may be cut from its beginning."""
_WORSE = 1.5
"""assumed: ratio of scatters above which a longer cut is taken."""
_EXACT = 3e-4
"""Relative; what the bins cost, and better than most instruments."""
_SPIKE = 8.0
"""assumed: robust standard deviations from its neighbours at which a row is a switch of the current's range."""
_OFF = 0.05
"""assumed: relative error of i sqrt(t) in a window that counts as limited by diffusion."""
_SET = 0.3
"""assumed: relative sigma of a diffusion time above which the record does not set it."""
_TERMS = {
    "diffusivity": Term("cm**2/s", "D", "L^2 over the diffusion time of a slab behind a resistance", 1e-11, 1e-6),
    "diffusion_ratio": Term("", "Lambda", "resistance of diffusion over the series resistance", 1.0, 1000.0),
    "charge": Term("mAh", "Q", "charge that the step would pass in endless time", 1e-3, 1e3),
    "initial_current": Term("A", "i_0", "current that the series resistance lets through at first", 0, 1e5),
    "series_resistance": Term("ohm", "R", "step of the voltage over the initial current", 0, 1e12),
    "cottrell_diffusivity": Term(
        "cm**2/s", "D_C", "by Cottrell's law in the longest window limited by diffusion", 0, 1e3
    ),
    "ionic_conductivity": Term("S/cm", "sigma", "C z^2 F^2 D/(R T) with D of the slab", 0, 1e6),
    "cottrell_conductivity": Term("S/cm", "sigma_C", "C z^2 F^2 D/(R T) with D by Cottrell's law", 0, 1e6),
}


@dataclass(frozen=True)
class PotentialStep:
    """The current after a step of the voltage is that of a finite slab behind a series resistance.

    Diffusion time and resistance are fitted together. Cottrell's law is held beside it in every window; where no window
    is limited by diffusion, it gives nothing. With a ``concentration`` of mobile ions a conductivity follows by Nernst
    and Einstein, which leaves out the thermodynamic factor that a chemical diffusivity carries.
    """

    concentration: Quantity | None = setting(None, "of mobile ions, for Nernst and Einstein, such as '0.04 mol/cm**3'")
    charge_number: int = setting(1, "charge of an ion")
    temperature: Quantity = setting(Quantity.exact(25.0, "degC"), "temperature of the test")
    cut: Quantity | None = setting(None, "time at the beginning that is left out; none: found by the fit")
    current_error: Quantity = setting(CURRENT_ERROR, "relative error that all currents share")
    voltage_error: Quantity = setting(VOLTAGE_ERROR, "error of the voltage's offset")
    voltage: Quantity = setting(Quantity.exact(3.0, "V"), "voltage of the predicted hold")
    duration: Quantity = setting(Quantity.exact(2.0, "h"), "duration of the predicted hold")
    points: int = setting(400, "rows of the predicted record, even in the logarithm of time")

    terms: ClassVar[Mapping[str, Term]] = _TERMS
    gives: ClassVar[Mapping[str, Term]] = {word: _TERMS[word] for word in ("diffusivity", "diffusion_ratio", "charge")}
    reads = READS
    needs: ClassVar[Mapping[str, Quantity]] = {"thickness": Quantity(30.0, "um", 0.5)}

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """The current into a slab behind a resistance, at times even in their logarithm."""
        numbers = []
        for word, unit in (("diffusivity", "m**2/s"), ("diffusion_ratio", ""), ("charge", "C")):
            if word not in values:
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(self.gives)}")
            numbers.append(self.gives[word].check(word, values[word]).to(unit).value)
        diffusivity, ratio, charge = numbers
        long = self.duration.to("s").value
        if long <= 0 or self.points < 16:
            raise BadInput(
                f"a predicted hold needs a duration above zero and 16 points, not {self.duration} and {self.points}"
            )
        time = np.geomspace(1e-5 * long, long, self.points)
        across = sample.positive("thickness", "um").si ** 2 / diffusivity
        current = slab_step(time, charge, across, ratio).current
        errors = (self.current_error, self.voltage_error)
        rest = np.linspace(0.0, _REST, _ROWS)
        time, current = np.concatenate([rest, _REST + time]), np.concatenate([np.zeros(_ROWS), current])
        volts = np.where(np.arange(time.size) < _ROWS, 0.0, self.voltage.to("V").value)
        place = "slab behind a series resistance"
        return {"main": written_down("potential_step", time, volts, current, errors, rng, place)}

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """Diffusivity and resistance of the slab, Cottrell's windows, conductivities where a concentration is told."""
        asked = ("thickness", "area") if self.concentration is not None else ("thickness",)
        (length, *rest), doubts = shape_of(sample, *asked)
        held = read_holds(records, "potential_step")
        hold, before = _step(held)
        found = Findings("potential_step", held)
        for doubt in doubts:
            found.note(doubt)
        time, current = self._usable(held, hold, found)
        fit = self._fitted(held, time, current, found)
        spreads = _spreads(fit, self.current_error)
        windows = cottrell_windows(fit.time, fit.current)
        self._slab(found, fit, spreads, length)
        if before is not None and "initial_current" in found.spreads:
            step = Spread(np.asarray(abs(hold.voltage - before)), {"voltage noise": np.asarray(1e-4)})
            found.add("series_resistance", step.over(found.spreads["initial_current"]), "ohm", "ohm")
        self._cottrell(found, windows, spreads["charge"], length, rest)
        return found.result(_curves(held, fit, windows))

    def _usable(self, held: Held, hold: Hold, found: Findings) -> tuple[np.ndarray, np.ndarray]:
        """Times and currents, made positive, without spikes; raises BadInput if there is too little."""
        sign = np.sign(float(np.median(hold.current)))
        time, current = hold.time, sign * hold.current
        spikes = _spikes(current)
        if spikes.any():
            found.note(f"{int(spikes.sum())} rows stand off from their neighbours (a switch of range): left out")
        good = ~spikes & (time > 0)
        fell = np.flatnonzero(current[good] <= 0)
        if fell.size:
            at = float(time[good][fell[0]])
            found.note(f"the current changes its sign after {at:.3g} s: what follows is left out")
            good &= time < at
        if np.count_nonzero(good) < 16:
            raise BadInput(
                f"record '{held.name}' has {np.count_nonzero(good)} usable rows in its hold; 16 are the fewest"
            )
        return time[good], current[good]

    def _fitted(self, held: Held, time: np.ndarray, current: np.ndarray, found: Findings) -> SlabFit:
        """The slab's fit, with so much of the beginning left out as the double layer spoils."""
        cuts = [self.cut.to("s").value] if self.cut is not None else [share * float(time[-1]) for share in _CUTS]
        tried: list[tuple[float, SlabFit]] = []
        for cut in reversed(cuts):  # the longest cut is the least spoilt: from there the others are near
            late = time >= cut
            if np.count_nonzero(late) < 16:
                continue
            near = tried[-1][1].logs if tried else None
            try:
                tried.append((cut, fit_slab(*binned(time[late], current[late]), near=near)))
            except ValueError as error:
                raise BadInput(f"record '{held.name}': {error}") from error
        if not tried:
            raise BadInput(f"record '{held.name}' has fewer than 16 rows after the cut; take a shorter one")
        least = min(fit.scatter for _, fit in tried)
        cut, fit = next(pair for pair in reversed(tried) if pair[1].scatter <= _WORSE * least + _EXACT)
        if cut > 0 and self.cut is None:
            found.note(
                f"the first {cut:.3g} s do not follow the slab (double layer, or the start of the step): left out"
            )
        if fit.scatter > 0.02:
            found.note(
                f"a slab behind a resistance misses the current by {100 * fit.scatter:.2g} %: it is not the right law"
            )
        return fit

    def _slab(self, found: Findings, fit: SlabFit, spreads: Mapping[str, Spread], length: Spread) -> None:
        """Diffusivity and the rest, unless the record does not set them."""
        _, across, ratio = np.exp(fit.logs)
        sure = float(np.sqrt(fit.covariance[1, 1])) <= _SET
        if sure and ratio >= 1.0:
            found.add("diffusivity", length.times(length).over(spreads["time"]), "m**2/s", "cm**2/s")
            found.add("diffusion_ratio", spreads["ratio"], "", "")
        elif ratio < 1.0:
            found.note(
                f"there is no diffusivity: the series resistance is {1 / ratio:.2g} times that of diffusion, so the "
                "current tells of the resistance and the charge"
            )
        else:
            found.note(
                f"there is no diffusivity: the record does not set the diffusion time, about {across:.2g} s, of which "
                f"it is {fit.time[-1] / across:.2g} long"
            )
        found.add("charge", spreads["charge"], "C", "mAh")
        found.add("initial_current", spreads["charge"].times(spreads["ratio"]).over(spreads["time"]), "A", "A")
        self._conductivity(found, "ionic_conductivity", "diffusivity")

    def _conductivity(self, found: Findings, name: str, by: str) -> None:
        """Nernst and Einstein's conductivity of a diffusivity that was found."""
        if self.concentration is None or by not in found.spreads:
            return
        told = self.concentration.to("mol/m**3")
        factor = nernst_einstein(1.0, told.value, self.charge_number, self.temperature.to("K").value)
        share = told.sigma / told.value if told.sigma != 0 else 0.0
        spread = found.spreads[by].scaled(factor)
        parts = {**spread.parts, **({"concentration": np.asarray(share * spread.value)} if share else {})}
        found.add(name, Spread(spread.value, parts), "S/m", "S/cm")
        found.note(
            f"conductivities by Nernst and Einstein take {self.concentration} of ions that do not feel each other; a "
            "chemical diffusivity carries the thermodynamic factor too"
        )

    def _cottrell(self, found: Findings, windows: Windows, charge: Spread, length: Spread, rest: list[Spread]) -> None:
        """Cottrell's diffusivity in the longest window that diffusion limits; a doubt if there is none."""
        limited = np.flatnonzero(windows.limited)
        if not limited.size:
            low, high = windows.exponent.min(), windows.exponent.max()
            found.note(
                "there is no cottrell_diffusivity: no window is limited by diffusion (the current falls like "
                f"t^{low:.2f} to t^{high:.2f}, not as t^-0.50 for long): resistance and the slab's end leave none"
            )
            return
        best = limited[np.argmax(windows.last[limited] / windows.first[limited])]
        all_d = windows.slope[limited] ** 2
        spread = float(np.std(all_d) / np.mean(all_d)) if limited.size > 1 else 0.1
        slope = float(windows.slope[best])
        gain = self.current_error.to("").value
        parts = {"current gain": np.asarray(gain * slope), "window": np.asarray(max(0.5 * spread, _OFF) * slope)}
        line = Spread(np.asarray(slope), parts)
        if self.concentration is not None:
            ions = Spread.of(self.concentration, "mol/m**3", "concentration")
            full = rest[0].times(ions).scaled(self.charge_number * FARADAY)
        else:
            full = charge.over(length)
        root = line.over(full)
        found.add("cottrell_diffusivity", root.times(root).scaled(np.pi), "m**2/s", "cm**2/s")
        self._conductivity(found, "cottrell_conductivity", "cottrell_diffusivity")

    def draw(self, result: Result) -> Drawing:
        """Current against time with the slab, and Cottrell's diffusivity against the window."""
        if not {"current", "windows"} <= set(result.curves):
            raise BadInput("a figure of a potential step needs the curves current and windows")
        table, windows = result.curves["current"], result.curves["windows"]
        t, i, law = (table.columns[name].values for name in ("time", "current", "slab"))
        course = Panel(
            Axis("Time", "s", "log"),
            Axis("Current", "A", "log"),
            (Points(t, i, "record", 0), Line(t, law, "slab behind a resistance", 1)),
            "Potential step",
        )
        middle = np.sqrt(windows.columns["first"].values * windows.columns["last"].values)
        limited = windows.columns["limited"].values > 0.5
        layers = [
            Points(middle[rows], windows.columns["exponent"].values[rows], label, tone, mark="open")
            for rows, label, tone in ((~limited, "other windows", -1), (limited, "limited by diffusion", 2))
            if rows.any()
        ]
        half = Line(t[[0, -1]], np.full(2, -0.5), "Cottrell", 1, "dotted")
        exponents = Panel(
            Axis("Middle of the window", "s", "log"), Axis("Exponent d ln i/d ln t"), (*layers, half), "Windows"
        )
        said = [
            (word, result.values[word]) for word in ("diffusivity", "cottrell_diffusivity") if word in result.values
        ]
        panels = [course, exponents]
        if said:
            values = tuple(
                Line(t[[0, -1]], np.full(2, q.value), word.replace("_", " "), n) for n, (word, q) in enumerate(said)
            )
            panels.append(Panel(Axis("Time", "s", "log"), Axis("Diffusivity", "cm**2/s", "log"), values, "Diffusivity"))
        return Drawing(tuple(panels), "Potential step", result.source.virtual)


def _step(held: Held) -> tuple[Hold, float | None]:
    """The longest hold that is driven, and the voltage of the one before it."""
    order = sorted(range(len(held.holds)), key=lambda n: float(held.holds[n].time[-1]), reverse=True)
    n = next((n for n in order if np.any(held.holds[n].current != 0)), order[0])
    if not np.any(held.holds[n].current != 0):
        raise BadInput(f"record '{held.name}' has no current other than zero; nothing was driven")
    return held.holds[n], held.holds[n - 1].voltage if n else None


def _spikes(current: np.ndarray) -> np.ndarray:
    """Single rows far from the mean of their neighbours."""
    if current.size < 5:
        return np.zeros(current.size, dtype=bool)
    away = np.zeros(current.size)
    away[1:-1] = current[1:-1] - 0.5 * (current[2:] + current[:-2])
    usual = np.convolve(np.abs(away), np.ones(21) / 21, "same")
    lone = np.abs(away) > _SPIKE * 1.48 * (np.median(np.abs(away)) + 1e-300)
    peak = np.abs(away) >= np.maximum(np.roll(np.abs(away), 1), np.roll(np.abs(away), -1))
    jump = np.abs(away) > 0.05 * np.abs(current)
    return np.asarray(lone & peak & jump & (np.abs(away) > 3 * usual))


def _spreads(fit: SlabFit, gain: Quantity) -> dict[str, Spread]:
    """Charge (C), diffusion time (s) and ratio with the errors of the fit, which they share, and the current's gain."""
    values = np.exp(fit.logs)
    size = np.sqrt(np.maximum(np.diag(fit.covariance), 0.0)) + 1e-300
    root = np.linalg.cholesky(fit.covariance / np.outer(size, size) + 1e-12 * np.eye(3)) * size[:, None]
    found = {
        name: Spread(
            np.asarray(value), {f"fit {k + 1}": np.asarray(value * part) for k, part in enumerate(row) if part}
        )
        for name, value, row in zip(("charge", "time", "ratio"), values, root, strict=True)
    }
    more = {"current gain": np.asarray(gain.to("").value * values[0])}
    return found | {"charge": Spread(found["charge"].value, {**found["charge"].parts, **more})}


def _curves(held: Held, fit: SlabFit, windows: Windows) -> dict[str, Record]:
    columns = {"time": Column(fit.time, "s"), "current": Column(fit.current, "A"), "slab": Column(fit.fitted, "A")}
    table = {
        "first": Column(windows.first, "s"), "last": Column(windows.last, "s"), "exponent": Column(windows.exponent),
        "slope": Column(windows.slope, "A*s**0.5"), "limited": Column(windows.limited.astype(float)),
    }  # fmt: skip
    return {
        "current": Record("current", "current", columns, held.source),
        "windows": Record("windows", "windows", table, held.source),
    }
