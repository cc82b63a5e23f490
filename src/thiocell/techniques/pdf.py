"""Pair distribution function: rival structures held against one G(r), and whether it tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from thiocell.chemistry.structure import Structure
from thiocell.chemistry.structures import STRUCTURES
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import setting
from thiocell.core.term import Term
from thiocell.techniques._findings import Findings, kind_of
from thiocell.techniques._pairs.engine import Pairs
from thiocell.techniques._pairs.rival import Look, Rival, fit
from thiocell.techniques._record import usable
from thiocell.techniques._spread import Spread

Array = NDArray[np.float64]

READS = ("r", "g")
_TELLS, _SURE = 10.0, 2.0
"""assumed: AICc between rivals from which the better is told apart (odds of e^-5), and below which they are alike."""
_FEWEST = 50
"""assumed: rows of a record below which nothing is fitted."""
_WORDS = {
    "rw": ("%", "residual Rw of the model"),
    "a": ("angstrom", "edge a of the cell, in the model of that phase alone"),
    "b": ("angstrom", "edge b of the cell, in the model of that phase alone"),
    "c": ("angstrom", "edge c of the cell, in the model of that phase alone"),
    "size": ("nm", "diameter of coherent spheres, in the model of that phase alone"),
    "share": ("%", "share of the atoms in the mixture that fits best"),
}


@dataclass(frozen=True, eq=False)
class _Seen:
    """A G(r) on its own even grid."""

    r: Array
    g: Array
    qmax: float
    source: Source
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class Pdf:
    """Each model, a structure or several mixed, is fitted alike; independent points say which fits better."""

    models: tuple[str, ...] = setting(
        ("MoS2_1T", "MoS2_2H"), "structures known here or roles of .cif files; 'MoS2_1T+MoS2_2H' is a mixture"
    )
    begin: Quantity = setting(Quantity.exact(1.5, "angstrom"), "least r that is fitted")
    end: Quantity = setting(Quantity.exact(15.0, "angstrom"), "largest r that is fitted")
    qmax: Quantity | None = setting(None, "largest q of the transform; none: as the file says", "25 1/angstrom")
    damping: Quantity = setting(Quantity.exact(0.04, "1/angstrom"), "the instrument's Qdamp, from a standard")
    broadening: Quantity = setting(Quantity.exact(0.01, "1/angstrom"), "the instrument's Qbroad, from a standard")
    finite: bool = setting(False, "seek the diameter of coherent spheres too")
    calibrate: bool = setting(False, "seek damping and broadening too: the sample is a standard")
    noise: Quantity = setting(Quantity.exact(0.05, "1/angstrom**2"), "of each predicted G, one sigma")

    needs: ClassVar[Mapping[str, Quantity]] = {}
    reads = READS

    @staticmethod
    def means(word: str) -> Term | None:
        """What a value that depends on the models means."""
        begin, _, rest = word.partition("_")
        if begin not in _WORDS or not rest:
            return None
        unit, says = _WORDS[begin]
        return Term(unit, begin, f"{says}: {rest}", 0, 1e9)

    @property
    def roles(self) -> Mapping[str, str]:
        """The structures that are not known here."""
        return {
            name: "a structure, a .cif file"
            for model in self.models
            for name in model.split("+")
            if name.strip() not in STRUCTURES
        }

    @property
    def _first(self) -> str:
        return self.models[0].split("+")[0].strip() if self.models else ""

    @property
    def terms(self) -> Mapping[str, Term]:
        """What every value of these models means."""
        words = [f"rw_{_key(model)}" for model in self.models]
        for model in self.models:
            names = [name.strip() for name in model.split("+")]
            if len(names) > 1:
                words += [f"share_{_key(name)}" for name in names]
            elif names[0] in STRUCTURES:
                words += [f"{letter}_{_key(names[0])}" for letter in _letters(STRUCTURES[names[0]])]
                words += [f"size_{_key(names[0])}"] if self.finite else []
        return {word: term for word in words if (term := self.means(word)) is not None}

    @property
    def gives(self) -> Mapping[str, Term]:
        """The edges of the first structure."""
        known = STRUCTURES.get(self._first)
        if known is None:
            return {}
        found = {}
        for letter in _letters(known):
            edge = known.edges["abc".index(letter)]
            term = self.means(f"{letter}_{_key(known.name)}")
            if term is not None:
                found[f"{letter}_{_key(known.name)}"] = replace(term, low=0.98 * edge, high=1.02 * edge)
        return found

    def predict(
        self,
        values: Mapping[str, Quantity],
        sample: Sample,  # noqa: ARG002 - the structure says all
        rng: np.random.Generator | None = None,
    ) -> Mapping[str, Record]:
        """G(r) of the first structure with edges of ``values``, on rows 0.02 angstrom apart."""
        known = STRUCTURES.get(self._first)
        if known is None:
            raise BadInput(
                f"a prediction needs a known structure, not '{self._first}'; known are {choices(STRUCTURES)}"
            )
        edges = list(known.edges)
        for word, term in self.gives.items():
            if word not in values:
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(self.gives)}")
            value = term.check(word, values[word]).to("angstrom").value
            old = known.edges["abc".index(word[0])]
            edges = [value if edge == old else edge for edge in edges]
        begin, end = self._range()
        r = np.arange(begin, end + 0.01, 0.02)
        qmax = 25.0 if self.qmax is None else self.qmax.to("1/angstrom").value
        moves = {atom.element: atom.u_iso for atom in known.atoms}
        damp, broad = (each.to("1/angstrom").value for each in (self.damping, self.broadening))
        engine = Pairs(known, float(r[0]), float(r[-1]), r.size, qmax)
        stretch = [new / old for new, old in zip(edges, known.edges, strict=True)]
        g = engine.at(stretch, moves, 2.0, 0.0, damp, broad)
        if rng is not None:
            g = g + self.noise.to("1/angstrom**2").value * rng.normal(size=g.size)
        columns = {"r": Column(r, "angstrom"), "g": Column(g, "1/angstrom**2")}
        source = Source("predicted", place="PDFfit2's model of the structure")
        return {"main": Record("pairs", "pair_distribution", columns, source, notes={"qmax": f"{qmax:.10g}"})}

    def _range(self) -> tuple[float, float]:
        begin, end = self.begin.to("angstrom").value, self.end.to("angstrom").value
        if not 0.0 < begin < end:
            raise BadInput(f"the settings 'begin' and 'end' are {self.begin} and {self.end}; that is no range of r")
        return begin, end

    def _seen(self, records: Mapping[str, Record]) -> _Seen:
        record = usable(records, "pdf", ("pair_distribution",), READS)
        begin, end = self._range()
        r, g = 1e10 * record["r"], 1e-20 * record["g"]
        if len(record) < _FEWEST:
            raise BadInput(f"record '{record.name}' has {len(record)} rows; a fit needs {_FEWEST}")
        if np.any(np.diff(r) <= 0):
            raise BadInput(f"record '{record.name}' has r that does not rise from row to row; sort the rows")
        inside = (r >= begin - 1e-9) & (r <= end + 1e-9)
        if np.count_nonzero(inside) < _FEWEST:
            raise BadInput(
                f"record '{record.name}' has {np.count_nonzero(inside)} rows from {begin:g} to {end:g} angstrom; a fit "
                f"needs {_FEWEST}"
            )
        r, g = r[inside], g[inside]
        even = np.linspace(r[0], r[-1], r.size)
        if not g.any():
            raise BadInput(f"record '{record.name}' has no G other than zero")
        source = Source(kind_of(record.source), record.source.reference, record.source.place)
        return _Seen(even, np.interp(even, r, g), self._qmax(record), source, record.doubts)

    def _qmax(self, record: Record) -> float:
        if self.qmax is not None:
            value = self.qmax.to("1/angstrom").value
        else:
            try:
                value = float(record.notes.get("qmax", "").split()[0])
            except (ValueError, IndexError):
                raise BadInput(
                    f"record '{record.name}' does not say up to which q it was transformed; set qmax, like "
                    "'25 1/angstrom'"
                ) from None
        if not 1.0 < value < 200.0:
            raise BadInput(f"qmax is {value:g} 1/angstrom; it lies between 1 and 200")
        return value

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:  # noqa: ARG002 - no fact is needed
        """Rw of every model, edges of single phases, shares of the best mixture, and the verdict as a sentence."""
        seen = self._seen(records)
        damp, broad = (each.to("1/angstrom").value for each in (self.damping, self.broadening))
        look = Look(float(seen.r[0]), float(seen.r[-1]), seen.qmax, damp, broad, self.finite, self.calibrate)
        if not self.models or len({_key(model) for model in self.models}) < len(self.models):
            raise BadInput("the setting 'models' is empty or names a model twice; name each once")
        rivals = [
            fit(model, [_structure(name.strip(), records) for name in model.split("+")], seen.r, seen.g, look)
            for model in self.models
        ]
        found = Findings("pdf", seen)
        for rival in rivals:
            self._values(found, rival)
        for doubt in _verdict(rivals):
            found.note(doubt)
        return found.result(_curves(seen, rivals))

    def _values(self, found: Findings, rival: Rival) -> None:
        if not rival.converged:
            found.note(f"the fit of {rival.name} did not settle: only its Rw is given")
        found.add(f"rw_{_key(rival.name)}", Spread(np.asarray(100.0 * rival.rw)), "%", "%")
        if rival.bounded:
            found.note(f"the fit of {rival.name} ended at bounds: {', '.join(rival.bounded)}")
        if not rival.converged:
            return
        if len(rival.phases) == 1:
            phase = rival.phases[0]
            word = _key(phase.name)
            for letter in _letters(phase):
                edge = phase.edges["abc".index(letter)]
                parts = {f"fit {letter} {word}": np.asarray(edge * rival.sigmas[f"{letter} 0"])}
                found.add(
                    f"{letter}_{word}",
                    Spread(np.asarray(edge * rival.values[f"{letter} 0"]), parts),
                    "angstrom",
                    "angstrom",
                )
            if self.finite and "size 0" not in rival.bounded:
                size = 0.1 * float(np.exp(rival.values["size 0"]))
                parts = {f"fit size {word}": np.asarray(size * rival.sigmas["size 0"])}
                found.add(f"size_{word}", Spread(np.asarray(size), parts), "nm", "nm")
            return
        relative = rival.scale_sigmas / np.maximum(rival.scales, 1e-300)
        for n, phase in enumerate(rival.phases):
            share = float(rival.shares[n])
            others = float(np.sqrt(np.sum((np.delete(rival.shares, n) * np.delete(relative, n)) ** 2)))
            sigma = float(np.hypot(share * (1 - share) * relative[n], share * others)) if share > 0 else float("nan")
            found.add(
                f"share_{_key(phase.name)}", Spread(np.asarray(share), {f"fit share {n}": np.asarray(sigma)}), "", "%"
            )

    def draw(self, result: Result) -> Drawing:
        """G(r) with the best model and what is left, Rw of all models, and their edges."""
        if not {"pairs", "models"} <= set(result.curves):
            raise BadInput("a figure of pair distributions needs the curves pairs and models")
        table, names = result.curves["pairs"].columns, result.curves["models"].notes
        r, g = table["r"].values, table["g"].values
        x = Axis("r", "angstrom")
        lines = [Line(r, table[f"model_{n}"].values, name, int(n)) for n, name in names.items()]
        left = [Line(r, g - table[f"model_{n}"].values, name, int(n)) for n, name in names.items()]
        rw = result.curves["models"].columns["rw"].values
        number = np.arange(1.0, rw.size + 1.0)
        words = [word for word in result.values if word[:2] in ("a_", "b_", "c_")]
        edges = [result.values[word] for word in words]
        panels = [
            Panel(x, Axis("G", "1/angstrom**2"), (Points(r, g, "record", 0), *lines), "Pair distribution"),
            Panel(x, Axis("Record less model", "1/angstrom**2"), tuple(left), "What is left"),
            Panel(Axis("Model", ""), Axis("Rw", "%"), (Points(number, rw, "residual", 0),), "Rivals"),
        ]
        if edges:
            told = Points(
                np.arange(1.0, len(edges) + 1.0), np.array([q.value for q in edges]), ", ".join(words), 1,
                sigma_y=np.array([q.sigma for q in edges]),
            )  # fmt: skip
            panels.append(Panel(Axis("Edge", ""), Axis("Length", "angstrom"), (told,), "Cells"))
        return Drawing(tuple(panels), "Rival structures", result.source.virtual)


def _key(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name).lower()


def _letters(structure: Structure) -> list[str]:
    """The edges that are numbers of their own."""
    return [letter for n, letter in enumerate("abc") if structure.edges[n] not in structure.edges[:n]]


def _structure(name: str, records: Mapping[str, Record]) -> Structure:
    if name in records:
        return replace(Structure.from_record(records[name]), name=name)
    if name in STRUCTURES:
        return STRUCTURES[name]
    raise BadInput(
        f"the setting 'models' names '{name}'; known here are {choices(STRUCTURES)}; give others as --role "
        "NAME=FILE.cif"
    )


def _verdict(rivals: list[Rival]) -> list[str]:
    """Which model fits best, and which of the others the data tell apart from it."""
    if len(rivals) < 2:
        return []
    best = min(rivals, key=lambda rival: rival.aicc)
    said = []
    for rival in rivals:
        if rival is best:
            continue
        gap = rival.aicc - best.aicc
        word = (
            "the data tell them apart" if gap > _TELLS
            else "the data hardly tell them apart" if gap > _SURE
            else "the data do not tell them apart"
        )  # fmt: skip
        said.append(
            f"{best.name} fits better than {rival.name}: Rw {100 * best.rw:.3g} % with {best.free} parameters against "
            f"{100 * rival.rw:.3g} % with {rival.free}, AICc {gap:.3g} lower on {best.points} independent points: "
            f"{word}"
        )
    return said


def _curves(seen: _Seen, rivals: list[Rival]) -> dict[str, Record]:
    columns = {"r": Column(seen.r, "angstrom"), "g": Column(seen.g, "1/angstrom**2")}
    columns |= {f"model_{n}": Column(rival.curve, "1/angstrom**2") for n, rival in enumerate(rivals, start=1)}
    told = {
        "rw": Column([100.0 * rival.rw for rival in rivals], "%"),
        "aicc": Column([rival.aicc for rival in rivals]),
        "parameters": Column([float(rival.free) for rival in rivals]),
    }
    names = {str(n): rival.name for n, rival in enumerate(rivals, start=1)}
    return {
        "pairs": Record("pairs", "pairs", columns, seen.source),
        "models": Record("models", "models", told, seen.source, notes=names),
    }
