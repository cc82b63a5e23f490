"""Mixing: what a second phase conducts, and where it percolates, from conductivities against its volume share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from scipy.special import chdtrc, log_ndtr

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.core.result import Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.physics.effective_medium import bounds, general_effective_medium
from thiocell.physics.profiles import Profile, Profiled, Reach, furthest, profiled
from thiocell.techniques._findings import Findings
from thiocell.techniques._mixing.picture import draw_mixing
from thiocell.techniques._mixing.series import Series, read_series
from thiocell.techniques._spread import Spread

Law = Literal["effective_medium", "bruggeman", "hashin_shtrikman_upper"]

_ROUND = {"threshold": 1.0 / 3.0, "exponent": 1.0}
"""What makes Bruggeman's law of the general one."""
_HELD: Mapping[Law, Mapping[str, float]] = {
    "effective_medium": {},
    "bruggeman": _ROUND,
    "hashin_shtrikman_upper": _ROUND,  # it does not ask for them
}
_LEVELS, _HEIGHTS = (0.6827, 0.95), (1.0, 3.8414588)
"""Confidence, and the quantiles of chi-square with one degree of freedom: Wilks, Ann. Math. Stat. 9 (1938) 60."""
_WIDE = 0.5
"""assumed: relative sigma above which a range says more than a value with its sigma."""
_UNLIKELY = 0.01
"""Probability of so bad a fit below which the law counts as refuted; as that of the verb fit."""
_ERROR = Quantity.exact(5.0, "%")
"""assumed: geometry of a pellet and its contacts."""
_PLACES, _BAND = 121, 11
"""Shares at which the law is drawn, and those at which the band of the laws that fit is searched."""
_LINES = ("best", "low", "high", "wiener_low", "hashin_shtrikman_low", "hashin_shtrikman_high", "wiener_high")
_TERMS = {
    "matrix_conductivity": Term("S/cm", "sigma_1", "conductivity of the matrix", 1e-14, 1e2),
    "filler_conductivity": Term("S/cm", "sigma_2", "conductivity of the second phase", 1e-10, 1e6),
    "threshold": Term("", "f_c", "volume share at which the second phase percolates", 0.01, 0.6),
    "exponent": Term("", "t", "exponent of the conductivity above the threshold", 1.0, 4.0),
    "chi2": Term("", "chi2", "of the best fit", 0, 1e300),
}
_LOGARITHMIC = ("matrix_conductivity", "filler_conductivity")
_MATRIX_EXPONENT = Term("", "s", "exponent of the conductivity below the threshold", 0.3, 4.0)


@dataclass(frozen=True)
class Mixing:
    """A law of mixing fitted to the logarithms of conductivities, and how far each of its parameters may go.

    Rows with 1 in the column ``bound`` are lower limits (-1: upper ones), which count by the probability that they
    are kept. A parameter is given as a value where the data set it, else as a limit or as a doubt with its range;
    the ranges of all, by profile likelihoods, stand in the curve ``intervals``.
    """

    law: Law = setting(
        "effective_medium",
        "McLachlan's with a threshold, Bruggeman's without one to choose, or the bound of Hashin and Shtrikman",
    )
    fixed: tuple[str, ...] = setting(
        (), "parameters that are held, such as 'threshold = 0.106'; also 'matrix_exponent', else that of the filler"
    )
    conductivity_error: Quantity = setting(
        _ERROR, "relative error of each conductivity that the record tells no sigma of, and of predicted ones"
    )
    points: int = setting(12, "shares of a predicted series, even from 0 to 1")

    terms: ClassVar[Mapping[str, Term]] = _TERMS
    gives: ClassVar[Mapping[str, Term]] = {word: term for word, term in _TERMS.items() if word != "chi2"}
    reads = ("share", "conductivity")
    needs: ClassVar[Mapping[str, Quantity]] = {}

    @property
    def takes(self) -> Mapping[str, Term]:
        """The parameters that are free."""
        held = self._held()
        return {word: term for word, term in self.gives.items() if word not in held}

    def _held(self) -> dict[str, float]:
        """What law and ``fixed`` hold, in the units of the terms; raises BadInput for an ill-written text."""
        held = dict(_HELD[self.law])
        known = {word: term for word, term in self.gives.items() if word not in held}
        if self.law == "effective_medium":
            known["matrix_exponent"] = _MATRIX_EXPONENT
        for text in self.fixed:
            word, sign, value = (part.strip() for part in text.partition("="))
            if not sign or word not in known:
                raise BadInput(
                    f"'{text}' holds nothing of the law '{self.law}'; write it like 'threshold = 0.106', with one of "
                    f"{choices(known)}"
                )
            quantity, term = Quantity.parse(value), known[word]
            told = quantity if quantity.unit else Quantity(quantity.value, term.unit)
            held[word] = term.check(word, told).value
        return held

    def _logs(self, sets: Array, share: Array) -> Array:
        """Logarithms of the conductivities in S/cm [set, share] for ``sets`` of the searched parameters."""
        held, free = self._held(), iter(sets.T)
        p = {word: np.full(len(sets), held[word]) if word in held else _value(word, next(free)) for word in self.gives}
        one, two, threshold, t = (p[word][:, None] for word in self.gives)
        if self.law == "hashin_shtrikman_upper":
            return np.log(bounds(share, one, two)[2])
        s = np.full_like(t, held["matrix_exponent"]) if "matrix_exponent" in held else t
        return np.log(general_effective_medium(share, one, two, threshold, s, t))

    def predict(
        self,
        values: Mapping[str, Quantity],
        sample: Sample,  # noqa: ARG002
        rng: np.random.Generator | None = None,
    ) -> Mapping[str, Record]:
        """The conductivities by the law, each with its own error in the logarithm."""
        place = []
        for word, term in self.takes.items():
            if word not in values:
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(self.takes)}")
            place.append(_searched(word, term.check(word, values[word]).value))
        if self.points < 2:
            raise BadInput(f"the setting 'points' is {self.points}; a series has two at least")
        share, error = np.linspace(0.0, 1.0, self.points), self._error()
        logs = self._logs(np.array([place]), share)[0]
        if rng is not None:
            logs = logs + error * rng.normal(size=logs.size)
        columns = {
            "share": Column(share),
            "conductivity": Column(np.exp(logs), "S/cm"),
            "conductivity_sigma": Column(error * np.exp(logs), "S/cm"),
        }
        return {"main": Record("mixing", "series", columns, Source("predicted", place=f"law of mixing {self.law}"))}

    def _error(self) -> float:
        error = self.conductivity_error.to("").value
        if not error > 0:
            raise BadInput(f"the setting 'conductivity_error' is {self.conductivity_error}; it must be above zero")
        return error

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:  # noqa: ARG002
        """The parameters that the series sets, limits of those that it sets on one side, doubts about the others."""
        series = read_series(records, self.reads, self._error())
        found = Findings("mixing", series)
        words = tuple(self.takes)
        if not words:
            raise BadInput("the setting 'fixed' holds all parameters; leave one to be found")
        low, high = (np.array([_searched(w, getattr(self.gives[w], end)) for w in words]) for end in ("low", "high"))

        def residuals(sets: Array) -> Array:
            return self._residuals(sets, series)

        fit = profiled(residuals, low, high, _HEIGHTS)
        highest = min(1.0, 1.25 * float(series.share.max())) or 1.0
        wide = np.linspace(0.0, highest, _BAND)
        fits = furthest(fit, residuals, low, high, lambda sets: self._logs(sets, wide), _HEIGHTS[1])
        found.add("chi2", Spread(np.asarray(fit.chi2)), "", "")
        notes = self._judged(found, series, fit, len(words))
        profiles = {word: _in_units(word, profile) for word, profile in zip(words, fit.profiles, strict=True)}
        for word, value, root in zip(words, fit.best, fit.root, strict=True):
            notes |= self._parameter(found, word, float(_value(word, value)), profiles[word].reaches, root)
        curves = {"intervals": _intervals(profiles, series.source, notes)}
        for word, profile in profiles.items():
            columns = {word: Column(profile.values, self.gives[word].unit), "rise": Column(profile.rise)}
            curves[f"profile_{word}"] = Record(f"profile_{word}", "profile", columns, series.source)
        return found.result(curves | self._curves(series, fit.best, fits, highest))

    def _residuals(self, sets: Array, series: Series) -> Array:
        """Distances in sigmas; of a limit the root of -2 ln(probability that it is kept)."""
        away = (self._logs(sets, series.share) - series.logs) / series.sigma
        limits = series.side != 0
        if limits.any():
            away[:, limits] = np.sqrt(-2.0 * log_ndtr(series.side[limits] * away[:, limits]))
        return away

    def _judged(self, found: Findings, series: Series, fit: Profiled, free: int) -> dict[str, str]:
        """Doubts about the fit as a whole; the notes of the intervals that they make."""
        rows, values = series.side.size, int(np.sum(series.side == 0))
        if values < free:
            found.note(f"{values} of {rows} rows are values, too few for {free} parameters: see their ranges")
        elif values == free:
            found.note(f"{values} values for as many parameters: nothing is left that would tell whether the law holds")
        share = np.linspace(0.0, 1.0, _PLACES)
        law = np.exp(self._logs(fit.best[None], share)[0])
        if np.any(law > (1.0 + 1e-6) * bounds(share, law[0], law[-1])[2]):
            found.note("the best law lies above Hashin and Shtrikman's bound: no isotropic mixture conducts so well")
        if chdtrc(max(rows - free, 1), fit.chi2) >= _UNLIKELY:
            return {}
        sentence = f"the law '{self.law}' does not describe the series: chi-square {fit.chi2:.3g} of {rows} rows"
        found.note(sentence)
        return {"unfit": sentence}

    def _parameter(
        self, found: Findings, word: str, value: float, reaches: tuple[Reach, ...], root: Array
    ) -> dict[str, str]:
        """A value with half of its 68 % range as sigma, if the data set it; else a limit, and a doubt, which is noted.

        ``root`` is its row of the covariance's, by which it hangs together with the others.
        """
        unit, inner, outer = self.gives[word].unit, reaches[0], reaches[1]
        sigma = 0.5 * (inner.high - inner.low)
        if outer.low_found and outer.high_found and sigma <= _WIDE * value:
            share = sigma * root / np.linalg.norm(root)
            found.add(word, Spread(np.asarray(value), {f"scatter {k + 1}": p for k, p in enumerate(share)}), unit, unit)
            return {}
        if outer.low_found != outer.high_found:
            bound = Quantity.exact(outer.low if outer.low_found else outer.high, unit)
            found.limits[word] = Limit(bound, "above" if outer.low_found else "below", _LEVELS[1])
        ends = [
            f"{end:.3g}" + ("" if is_found else " (the bound of the search)")
            for end, is_found in ((outer.low, outer.low_found), (outer.high, outer.high_found))
        ]
        said = f"the data do not set {word}: any value between {' and '.join(ends)} {unit}".rstrip() + " fits (95 %)"
        found.note(said)
        return {f"unsure {word}": said}

    def _curves(self, series: Series, best: Array, fits: Array, highest: float) -> dict[str, Record]:
        """The series, and over the shares the best law, the band of those that fit, and the bounds of its phases."""
        share = np.linspace(0.0, highest, _PLACES)
        logs = self._logs(np.vstack([best[None], fits]), share)
        phases = np.exp(self._logs(best[None], np.array([0.0, 1.0]))[0])
        lines = [np.exp(each) for each in (logs[0], logs.min(axis=0), logs.max(axis=0))] + [*bounds(share, *phases)]
        law = {"share": Column(share), **{name: Column(y, "S/cm") for name, y in zip(_LINES, lines, strict=True)}}
        values = np.exp(series.logs)
        data = {
            "share": Column(series.share),
            "conductivity": Column(values, "S/cm"),
            "conductivity_sigma": Column(series.sigma * values, "S/cm"),
            "bound": Column(series.side),
            "fitted": Column(np.exp(self._logs(best[None], series.share)[0]), "S/cm"),
        }
        return {
            "series": Record("series", "series", data, series.source, series.doubts),
            "law": Record("law", "law", law, series.source, notes={"law": self.law, "fixed": "; ".join(self.fixed)}),
        }

    def draw(self, result: Result) -> Drawing:
        """Conductivity against share with the laws that fit and the bounds; the profiles of the conductivities."""
        if not {"series", "law"} <= set(result.curves):
            raise BadInput("a figure of a mixing law needs the curves series and law")
        return draw_mixing(result, _LOGARITHMIC, _HEIGHTS[1])


def _value(word: str, searched: Any) -> Any:
    """A parameter in the unit of its term, from the scale on which it is searched."""
    return np.exp(searched) if word in _LOGARITHMIC else searched


def _searched(word: str, value: float) -> float:
    return float(np.log(value)) if word in _LOGARITHMIC else value


def _in_units(word: str, profile: Profile) -> Profile:
    reaches = (r._replace(low=float(_value(word, r.low)), high=float(_value(word, r.high))) for r in profile.reaches)
    return Profile(_value(word, profile.values), profile.rise, tuple(reaches))


def _intervals(profiles: Mapping[str, Profile], source: Source, notes: Mapping[str, str]) -> Record:
    """The ranges at both levels, as the house keeps them: one row a level, a note for each end that is a bound."""
    columns, told = {"level": Column(_LEVELS)}, dict(notes)
    for word, profile in profiles.items():
        for end in ("low", "high"):
            columns[f"{word}_{end}"] = Column([getattr(r, end) for r in profile.reaches], _TERMS[word].unit)
            for level, reach in zip(_LEVELS, profile.reaches, strict=True):
                if not getattr(reach, f"{end}_found"):
                    told[f"{word} {end} {level:.4g}"] = "bound"
    return Record("intervals", "intervals", columns, source, notes=told)
