"""Raman: baseline and lines fitted together, shares of the modes of 1T and 2H, limits of lines that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thiocell.chemistry.raman_modes import MODES, Mode
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Axis, Drawing, Line, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import setting
from thiocell.core.term import Term, word_of
from thiocell.techniques._findings import ONE_SIDED, Findings
from thiocell.techniques._fitted_curve import fitted_curve, side_by_side
from thiocell.techniques._raman.absent import absent_heights
from thiocell.techniques._raman.doubts import MOST_TERMS, ended_of, line_doubts
from thiocell.techniques._raman.fit import USUAL, Fit, fit_lines, form_of, line
from thiocell.techniques._raman.seen import READS, Seen, read_spectrum
from thiocell.techniques._raman.share import PHASES, SHARE, add_share, outside
from thiocell.techniques._raman.told import baseline_doubts, lines_of, with_baseline
from thiocell.techniques._spread import Spread

_SEEN, _SEEN_AT_BOUND = 3.0, 5.0
"""assumed: standard deviations of a height from which a line is there; the second if it ended at a bound."""
_WORDS = {
    "height": ("", "height of the line above the baseline, in the record's intensity"),
    "position": ("1/cm", "place of the line"),
    "width": ("1/cm", "full width of the line at half its height"),
    "area": ("1/cm", "area of the line, intensity times 1/cm"),
}


@dataclass(frozen=True)
class Raman:
    """Lines (pseudo-Voigt, one shape for all) and a polynomial baseline in one fit, so that neither bends the other."""

    modes: tuple[str, ...] = setting(
        ("1T_J1", "1T_J2", "2H_E2g", "2H_A1g"), "lines that are sought: known ones, or any as 'Li2S = 370 1/cm'"
    )
    begin: Quantity = setting(Quantity.exact(0.0, "1/cm"), "least shift that is used")
    end: Quantity = setting(Quantity.exact(5000.0, "1/cm"), "largest shift that is used")
    baseline: int = setting(4, "terms of the polynomial under the lines, 1 to 15")
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
        found = [_mode(text) for text in self.modes]
        words = [word_of(mode.name) for mode in found]
        if not words:
            raise BadInput(f"the setting 'modes' is empty; known are {choices(MODES)}")
        if twice := [mode.name for n, mode in enumerate(found) if words[n] in words[:n]]:
            raise BadInput(
                f"the setting 'modes' names '{twice[0]}' twice (values get the word '{word_of(twice[0])}'); give each "
                "line a name of its own"
            )
        return found

    @property
    def terms(self) -> Mapping[str, Term]:
        """What every value of these lines means."""
        words = [f"{word}_{word_of(mode.name)}" for mode in self._modes for word in _WORDS]
        found = {word: term for word in words if (term := self.means(word)) is not None}
        found["gof"] = Term("", "GoF", "goodness of fit: residuals over their sigmas", 0, 1e6)
        if set(PHASES) <= {mode.phase for mode in self._modes}:
            found[SHARE] = Term("%", "", "area of the lines of 1T, of those of 1T and 2H: no share of mass", 0, 100)
        return found

    @property
    def gives(self) -> Mapping[str, Term]:
        """The heights of the lines."""
        return {
            f"height_{word_of(m.name)}": Term("", "height", f"height of {m.name}, counts", 30.0, 1e4)
            for m in self._modes
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
            word = f"height_{word_of(mode.name)}"
            if word not in values:
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(self.gives)}")
            height = self.gives[word].check(word, values[word]).to("").value
            counts = counts + height * line(shift, mode.place, USUAL, 1.0)
        seen = counts if rng is None else rng.poisson(counts).astype(np.float64)
        columns = {"raman_shift": Column(shift, "1/cm"), "intensity": Column(seen)}
        return {"main": Record("spectrum", "raman", columns, Source("predicted", place="Lorentzian lines"))}

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:  # noqa: ARG002 - no fact is needed
        """Heights, places, widths and areas of the lines that are there; limits of those that are not."""
        if not 1 <= self.baseline <= MOST_TERMS:
            raise BadInput(f"the setting 'baseline' is {self.baseline}; it is a number of terms from 1 to {MOST_TERMS}")
        sought = self._modes
        seen = read_spectrum(records, self.begin.to("1/cm").value, self.end.to("1/cm").value)
        modes = [mode for mode in sought if seen.shift[0] <= mode.place <= seen.shift[-1]]
        if not modes:
            raise BadInput(
                f"no line of the setting 'modes' lies in the spectrum, {seen.shift[0]:.4g} to {seen.shift[-1]:.4g} 1/cm"
            )
        found = Findings("raman", seen)
        for doubt in outside(sought, modes):
            found.note(doubt)
        there = list(modes)
        fit = fit_lines(seen, there, self.baseline)
        cut = [mode for mode in modes if np.any(np.abs(seen.saturated - mode.place) <= mode.within)]
        while (weak := _weakest(fit, [mode for mode in there if mode not in cut])) is not None:
            there = [mode for mode in there if mode is not weak]
            fit = fit_lines(seen, there, self.baseline)
        if fit.settled:
            absent = [mode for mode in modes if mode not in there]
            told = with_baseline(seen, fit, there, self.baseline, lines_of(fit, there))
            areas = _add_lines(found, fit, [mode for mode in there if mode not in cut], told)
            areas |= {mode.name: told[f"area_{word_of(mode.name)}"] for mode in cut}
            areas |= _add_limits(found, absent_heights(seen, fit, there, absent, self.baseline), fit)
            add_share(found, areas, there, modes, [mode.name for mode in there if mode in cut or ended_of(fit, mode)])
        else:
            found.note("the fit did not settle: no line is given, and no limit")
        found.add("gof", Spread(np.asarray(fit.gof)), "", "")
        for doubt in line_doubts(seen, fit, there, modes, self.baseline):
            found.note(doubt)
        return found.result(_curves(seen, fit, [mode for mode in there if mode not in cut]))

    def draw(self, result: Result) -> Drawing:
        """The spectrum with the fit and its baseline, below them what is left and a stroke for each line; heights."""
        if not {"spectrum", "lines"} <= set(result.curves):
            raise BadInput("a figure of a Raman spectrum needs the curves spectrum and lines")
        table, lines = result.curves["spectrum"].columns, result.curves["lines"]
        shift, seen, fit, under = (table[word].values for word in ("raman_shift", "intensity", "fit", "baseline"))
        names = lines.notes.values()
        place, height, sigma = (lines.columns[word].values for word in ("position", "height", "height_sigma"))
        whole = fitted_curve(
            (Axis("Raman shift", "1/cm"), Axis("Intensity")),
            (shift, seen),
            {"fit": fit},
            (Line(shift, under, "baseline", -1, "dashed"), *_left_out(result)),
            {name: place[n : n + 1] for n, name in enumerate(names)},
            "Spectrum",
        )
        heights = {
            name: Quantity(height[n], "", sigma[n] if np.isfinite(sigma[n]) else np.nan) for n, name in enumerate(names)
        }
        return Drawing(
            (whole, *side_by_side(("Line", Axis("Height")), heights, "Lines")), "Raman spectrum", result.source.virtual
        )


def _mode(text: str) -> Mode:
    """A known line by its name, or one of the user's own."""
    name, sign, place = (part.strip() for part in text.partition("="))
    if not sign:
        if name not in MODES:
            raise BadInput(
                f"the setting 'modes' names '{text}'; known are {choices(MODES)}, or write one as 'Li2S = 370 1/cm'"
            )
        return MODES[name]
    if not word_of(name).strip("_"):
        raise BadInput(f"the setting 'modes' has '{text}', a line without a name; write it as 'Li2S = 370 1/cm'")
    try:
        where = Quantity.parse(place).to("1/cm").value
    except BadInput as error:
        raise BadInput(
            f"the setting 'modes' has '{text}', whose place is no shift in 1/cm; write it as 'Li2S = 370 1/cm'"
        ) from error
    return Mode(name, name, where, 10.0, "the setting 'modes'")


def _weakest(fit: Fit, modes: list[Mode]) -> Mode | None:
    """The line whose height is least told from none, if there is one."""
    weak: tuple[float, Mode | None] = (1.0, None)
    for mode in modes:
        word = f"height_{word_of(mode.name)}"
        height, sigma = fit.values[word], fit.sigma(word)
        least = _SEEN_AT_BOUND if ended_of(fit, mode) else _SEEN
        sure = height / (least * sigma) if np.isfinite(sigma) and sigma > 0.0 else 0.0
        if sure < weak[0]:
            weak = (sure, mode)
    return weak[1]


def _add_lines(found: Findings, fit: Fit, there: list[Mode], told: Mapping[str, Spread]) -> dict[str, Spread]:
    """Keep what the lines are, but for what ended at a bound; their areas, by name."""
    for doubt in baseline_doubts(told, there):
        found.note(doubt)
    areas: dict[str, Spread] = {}
    for mode in there:
        word, ended = word_of(mode.name), ended_of(fit, mode)
        for part in ("height", "position", "width"):
            if part not in ended:
                unit = _WORDS[part][0]
                found.add(f"{part}_{word}", told[f"{part}_{word}"], unit, unit)
        areas[mode.name] = told[f"area_{word}"]
        if "width" not in ended:
            found.add(f"area_{word}", areas[mode.name], "1/cm", "1/cm")
    return areas


def _add_limits(found: Findings, heights: Mapping[str, Spread], fit: Fit) -> dict[str, Spread]:
    """Keep the limits (95 %) of lines that are not there; areas that they would have with the usual width, by name."""
    areas: dict[str, Spread] = {}
    for name, height in heights.items():
        areas[name] = height.scaled(USUAL * form_of(fit.values["shape"])[0])
        most = max(float(height.value), 0.0) + ONE_SIDED * float(height.sigma)
        if np.isfinite(most):
            found.limits[f"height_{word_of(name)}"] = Limit(Quantity.exact(most), "below", 0.95)
            found.note(f"{name} is not seen: its height is below {most:.3g} (95 %)")
        else:
            found.note(f"{name} is not seen, and the spectrum does not bound it")
    return areas


def _left_out(result: Result) -> tuple[Points, ...]:
    if "left_out" not in result.curves:
        return ()
    table = result.curves["left_out"].columns
    return (Points(table["raman_shift"].values, table["intensity"].values, "left out", 3),)


def _curves(seen: Seen, fit: Fit, modes: list[Mode]) -> dict[str, Record]:
    columns = {
        "raman_shift": Column(seen.shift, "1/cm"), "intensity": Column(seen.counts), "fit": Column(fit.curve),
        "baseline": Column(fit.baseline),
    }  # fmt: skip
    words = [word_of(mode.name) for mode in modes]
    lines = {
        "position": Column([fit.values[f"position_{word}"] for word in words], "1/cm"),
        "height": Column([fit.values[f"height_{word}"] for word in words]),
        "height_sigma": Column([fit.sigma(f"height_{word}") for word in words]),
    }
    names = {str(n): mode.name for n, mode in enumerate(modes, start=1)}
    found = {
        "spectrum": Record("spectrum", "spectrum", columns, seen.source),
        "lines": Record("lines", "lines", lines, seen.source, notes=names),
    }
    if seen.left_out[0].size:
        rows = {"raman_shift": Column(seen.left_out[0], "1/cm"), "intensity": Column(seen.left_out[1])}
        found["left_out"] = Record("left_out", "spectrum", rows, seen.source)
    return found
