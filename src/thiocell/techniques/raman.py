"""Raman: baseline and lines fitted together, shares of the modes of 1T and 2H, limits of lines that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from thiocell.chemistry.raman_modes import MODES, OXIDE, Mode
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.techniques._findings import Findings, kind_of
from thiocell.techniques._raman.fit import USUAL, Fit, Seen, fit_lines, height_of, key, line, roots_of, told_of
from thiocell.techniques._record import usable
from thiocell.techniques._spread import Spread

Array = NDArray[np.float64]

READS = ("raman_shift", "intensity")
_SEEN = 3.0
"""assumed: standard deviations of a height from which a line is there."""
_FEWEST = 30
"""assumed: rows below which nothing is fitted."""
_COARSE = 2.0
"""assumed: goodness of fit above which the lines leave more than noise."""
_WORDS = {
    "height": ("", "height of the line above the baseline, in counts"),
    "position": ("1/cm", "place of the line"),
    "width": ("1/cm", "full width of the line at half its height"),
    "area": ("1/cm", "area of the line, counts times 1/cm"),
}
_SHARE = "share_1t"


@dataclass(frozen=True)
class Raman:
    """Lines (pseudo-Voigt, one shape for all) and a polynomial baseline in one fit, so that neither bends the other."""

    modes: tuple[str, ...] = setting(
        ("1T_J1", "1T_J2", "2H_E2g", "2H_A1g"), "lines that are sought: known ones, or any as 'Li2S = 370 1/cm'"
    )
    begin: Quantity = setting(Quantity.exact(0.0, "1/cm"), "least shift that is used")
    end: Quantity = setting(Quantity.exact(5000.0, "1/cm"), "largest shift that is used")
    baseline: int = setting(4, "terms of the polynomial under the lines")
    span: tuple[Quantity, ...] = setting(
        (Quantity.exact(100.0, "1/cm"), Quantity.exact(500.0, "1/cm"), Quantity.exact(1.0, "1/cm")),
        "first and last shift of a predicted spectrum, and its step",
    )

    needs: ClassVar[Mapping[str, Quantity]] = {}
    reads = READS

    @staticmethod
    def means(word: str) -> Term | None:
        """What a value that depends on the lines means."""
        begin, _, rest = word.partition("_")
        if begin not in _WORDS or not rest:
            return None
        unit, says = _WORDS[begin]
        return Term(unit, begin, f"{says}: {rest}", 0, 1e12)

    @property
    def _modes(self) -> list[Mode]:
        found = []
        for text in self.modes:
            name, sign, place = (part.strip() for part in text.partition("="))
            if sign:
                where = Quantity.parse(place).to("1/cm").value
                found.append(Mode(name, name, where, 10.0, "the setting 'modes'"))
            elif name in MODES:
                found.append(MODES[name])
            else:
                raise BadInput(
                    f"the setting 'modes' names '{text}'; known are {choices(MODES)}, or write one as 'Li2S = 370 1/cm'"
                )
        if not found or len({mode.name for mode in found}) < len(found):
            raise BadInput("the setting 'modes' is empty or names a line twice; name each once")
        return found

    @property
    def terms(self) -> Mapping[str, Term]:
        """What every value of these lines means."""
        words = [f"{word}_{key(mode.name)}" for mode in self._modes for word in _WORDS]
        found = {word: term for word in words if (term := self.means(word)) is not None}
        found["gof"] = Term("", "GoF", "goodness of fit: residuals over their sigmas", 0, 1e6)
        if {"1T", "2H"} <= {mode.phase for mode in self._modes}:
            found[_SHARE] = Term("%", "", "area of the lines of 1T, of those of 1T and 2H: no share of mass", 0, 100)
        return found

    @property
    def gives(self) -> Mapping[str, Term]:
        """The heights of the lines."""
        return {
            f"height_{key(m.name)}": Term("", "height", f"height of {m.name}, counts", 30.0, 1e4) for m in self._modes
        }

    def predict(
        self,
        values: Mapping[str, Quantity],
        sample: Sample,  # noqa: ARG002 - the lines say all
        rng: np.random.Generator | None = None,
    ) -> Mapping[str, Record]:
        """Lorentzian lines 8 1/cm wide at their usual places, on a sloping baseline; counted with ``rng``."""
        if len(self.span) != 3:
            raise BadInput("the setting 'span' needs three shifts: first, last, step")
        begin, end, step = (each.to("1/cm").value for each in self.span)
        if not (0.0 < step < end - begin):
            raise BadInput(f"the setting 'span' runs from {begin:g} to {end:g} by {step:g}; that is no range")
        shift = np.arange(begin, end + 0.5 * step, step)
        counts = 400.0 + 200.0 * np.exp(-(shift - begin) / 300.0)
        for mode in self._modes:
            word = f"height_{key(mode.name)}"
            if word not in values:
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(self.gives)}")
            height = self.gives[word].check(word, values[word]).to("").value
            counts = counts + height * line(shift, mode.place, USUAL, 1.0)
        seen = counts if rng is None else rng.poisson(counts).astype(np.float64)
        columns = {"raman_shift": Column(shift, "1/cm"), "intensity": Column(seen)}
        return {"main": Record("spectrum", "raman", columns, Source("predicted", place="Lorentzian lines"))}

    def _spectrum(self, records: Mapping[str, Record]) -> Seen:
        record = usable(records, "raman", ("raman",), READS)
        if len(record) < _FEWEST:
            raise BadInput(f"record '{record.name}' has {len(record)} rows; a fit needs {_FEWEST}")
        shift, counts = 0.01 * record["raman_shift"], record["intensity"]
        order = np.argsort(shift, kind="stable")
        shift, counts = shift[order], counts[order]
        if np.any(np.diff(shift) <= 0):
            raise BadInput(f"record '{record.name}' has a raman_shift twice; give each row its own")
        begin, end = (each.to("1/cm").value for each in (self.begin, self.end))
        inside = (shift >= begin) & (shift <= end)
        if np.count_nonzero(inside) < _FEWEST:
            raise BadInput(
                f"record '{record.name}' has {np.count_nonzero(inside)} rows from {begin:g} to {end:g} 1/cm; a fit "
                f"needs {_FEWEST}"
            )
        shift, counts = shift[inside], counts[inside]
        if not np.ptp(counts) > 0:
            raise BadInput(f"record '{record.name}' holds one intensity alone; nothing can be fitted")
        noise = float(np.sqrt(np.mean(np.diff(counts, 2) ** 2) / 6.0))
        sigma = np.sqrt(np.maximum(counts, 1.0)) if counts.min() >= 0 else np.full(counts.size, max(noise, 1e-12))
        source = Source(kind_of(record.source), record.source.reference, record.source.place)
        return Seen(shift, counts, sigma, source, record.doubts)

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:  # noqa: ARG002 - no fact is needed
        """Heights, places, widths and areas of the lines that are there; limits of those that are not."""
        seen, found_modes = self._spectrum(records), self._modes
        modes = [mode for mode in found_modes if seen.shift[0] <= mode.place <= seen.shift[-1]]
        found = Findings("raman", seen)
        for mode in found_modes:
            if mode not in modes:
                found.note(f"{mode.name} at {mode.place:g} 1/cm lies outside the spectrum: nothing is said of it")
        if not modes:
            raise BadInput(
                f"no line of the setting 'modes' lies in the spectrum, {seen.shift[0]:.4g} to {seen.shift[-1]:.4g} 1/cm"
            )
        there = list(modes)
        fit = fit_lines(seen, there, self.baseline)
        while (weak := _weakest(fit, there)) is not None:
            there = [mode for mode in there if mode is not weak]
            fit = fit_lines(seen, there, self.baseline)
        if not fit.settled:
            found.note("the fit did not settle: no line is given")
        else:
            self._values(found, fit, there)
        for mode in modes:
            if mode not in there:
                limit = self._limit(seen, fit, there, mode)
                found.limits[f"height_{key(mode.name)}"] = Limit(Quantity.exact(limit), "below", 0.95)
                found.note(f"{mode.name} is not seen: its height is below {limit:.3g} counts (95 %)")
        found.add("gof", Spread(np.asarray(fit.gof)), "", "")
        for doubt in _doubts(seen, fit, there, modes):
            found.note(doubt)
        return found.result(_curves(seen, fit, there))

    def _limit(self, seen: Seen, fit: Fit, there: list[Mode], mode: Mode) -> float:
        """The height (95 %) below which a line at its usual place and width is."""
        height, sigma = height_of(seen, fit, there, self.baseline, mode)
        return max(height, 0.0) + 1.645 * sigma

    def _values(self, found: Findings, fit: Fit, modes: list[Mode]) -> None:
        root = roots_of(fit.covariance)
        rows: dict[str, Spread] = {}
        for place, name in enumerate(fit.names):
            parts = {f"fit {k}": np.asarray(part) for k, part in enumerate(root[place]) if part}
            rows[name] = Spread(np.asarray(fit.values[place]), parts)
        areas: dict[str, Spread] = {}
        shape = rows.get("shape", Spread(np.asarray(1.0)))
        for mode in modes:
            word = key(mode.name)
            for part in ("height", "position", "width"):
                unit = _WORDS[part][0]
                found.add(f"{part}_{word}", rows[f"{part}_{word}"], unit, unit)
            slope = 0.5 * np.pi - 0.5 * np.sqrt(np.pi / np.log(2.0))
            form = Spread(np.asarray(0.5 * np.sqrt(np.pi / np.log(2.0)))).plus(shape, float(slope))
            area = rows[f"height_{word}"].times(rows[f"width_{word}"]).times(form)
            areas[mode.name] = area
            found.add(f"area_{word}", area, "1/cm", "1/cm")
        phases = {mode.phase for mode in modes}
        if {"1T", "2H"} & phases and {"1T", "2H"} <= {mode.phase for mode in self._modes}:
            sums = {phase: _sum([areas[mode.name] for mode in modes if mode.phase == phase]) for phase in ("1T", "2H")}
            found.add(_SHARE, sums["1T"].over(sums["1T"].plus(sums["2H"])), "", "%")

    def draw(self, result: Result) -> Drawing:
        """The spectrum with the fit, its baseline and lines, and what is left."""
        if not {"spectrum", "lines"} <= set(result.curves):
            raise BadInput("a figure of a Raman spectrum needs the curves spectrum and lines")
        table = result.curves["spectrum"].columns
        shift, seen, fit, under = (table[word].values for word in ("raman_shift", "intensity", "fit", "baseline"))
        x = Axis("Raman shift", "1/cm")
        layers = (
            Points(shift, seen, "record", 0),
            Line(shift, fit, "fit", 1),
            Line(shift, under, "baseline", -1, "dashed"),
        )
        lines = result.curves["lines"]
        heights = Points(
            lines.columns["position"].values, lines.columns["height"].values, "lines", 2,
            sigma_y=lines.columns["height_sigma"].values,
        )  # fmt: skip
        panels = [
            Panel(x, Axis("Intensity", ""), layers, "Spectrum"),
            Panel(x, Axis("Record less fit", ""), (Line(shift, seen - fit, "left over", 0),), "What is left"),
        ]
        if len(lines):
            panels.append(Panel(x, Axis("Height", ""), (heights,), "Lines"))
        return Drawing(tuple(panels), "Raman spectrum", result.source.virtual)


def _weakest(fit: Fit, modes: list[Mode]) -> Mode | None:
    """The line whose height is least told from none, if there is one."""
    weak: tuple[float, Mode | None] = (_SEEN, None)
    for mode in modes:
        height, sigma = told_of(fit, f"height_{key(mode.name)}")
        sure = height / sigma if np.isfinite(sigma) and sigma > 0.0 else 0.0
        if sure < weak[0]:
            weak = (sure, mode)
    return weak[1]


def _sum(spreads: list[Spread]) -> Spread:
    total = Spread(np.asarray(0.0))
    for spread in spreads:
        total = total.plus(spread)
    return total


def _doubts(seen: Seen, fit: Fit, there: list[Mode], modes: list[Mode]) -> list[str]:
    said = []
    if fit.gof > _COARSE:
        said.append(
            f"the goodness of fit is {fit.gof:.3g}: intensities are no counts, or the lines are of another shape or "
            "more than are sought; sigmas are widened by as much"
        )
    oxide = [mode.name for mode in there if mode.phase == "MoO3"]
    if oxide:
        said.append(f"lines of MoO3 are there ({', '.join(oxide)}): its weaker lines are easily taken for 1T-MoS2")
    elif any(mode.phase == "1T" for mode in there):
        looked = [name for name in OXIDE if any(mode.name == name for mode in modes)]
        if not looked:
            places = ", ".join(f"{MODES[name].place:g}" for name in OXIDE)
            inside = seen.shift[-1] > MODES[OXIDE[-1]].place
            way = f"add {', '.join(OXIDE)} to 'modes'" if inside else f"this spectrum ends at {seen.shift[-1]:.4g}"
            said.append(
                f"MoO3, which the laser may make of MoS2, imitates 1T; its strong lines at {places} 1/cm were not "
                f"looked for: {way}"
            )
    return said


def _curves(seen: Seen, fit: Fit, modes: list[Mode]) -> dict[str, Record]:
    columns = {
        "raman_shift": Column(seen.shift, "1/cm"), "intensity": Column(seen.counts), "fit": Column(fit.curve),
        "baseline": Column(fit.baseline),
    }  # fmt: skip
    told = [(told_of(fit, f"position_{key(m.name)}"), told_of(fit, f"height_{key(m.name)}")) for m in modes]
    lines = {
        "position": Column([place[0] for place, _ in told], "1/cm"),
        "height": Column([height[0] for _, height in told]),
        "height_sigma": Column([height[1] for _, height in told]),
    }
    names = {str(n): mode.name for n, mode in enumerate(modes, start=1)}
    return {
        "spectrum": Record("spectrum", "spectrum", columns, seen.source),
        "lines": Record("lines", "lines", lines, seen.source, notes=names),
    }
