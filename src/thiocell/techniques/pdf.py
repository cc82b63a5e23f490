"""Pair distribution function: rival structures held against one G(r), and whether it tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from thiocell.chemistry.structure import Structure
from thiocell.chemistry.structures import STRUCTURES
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Axis, Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import setting
from thiocell.core.term import Term, word_of
from thiocell.techniques._findings import Findings, kind_of
from thiocell.techniques._fitted_curve import fitted_curve, side_by_side
from thiocell.techniques._pairs.engine import Pairs
from thiocell.techniques._pairs.rival import Look, fit
from thiocell.techniques._pairs.told import Seen, add_values, curves, gaps_of, verdict
from thiocell.techniques._pairs.words import edges_of, letters_of, meaning, names_of, words_of
from thiocell.techniques._record import usable

READS = ("r", "g")
_FEWEST = 50
"""assumed: rows of a record below which nothing is fitted."""
_DAMPING, _BROADENING = 0.04, 0.01
"""1/angstrom; assumed: what an instrument does where neither the file nor a setting tells."""
_STEP = 0.02
"""angstrom; between rows of a prediction."""


@dataclass(frozen=True)
class Pdf:
    """Each model, a structure or several mixed, is fitted alike; independent points say which fits better."""

    models: tuple[str, ...] = setting(
        ("MoS2_1T", "MoS2_2H"), "structures known here or roles of .cif files; 'MoS2_1T+MoS2_2H' is a mixture"
    )
    begin: Quantity = setting(Quantity.exact(1.5, "angstrom"), "least r that is fitted")
    end: Quantity = setting(Quantity.exact(15.0, "angstrom"), "largest r that is fitted")
    qmax: Quantity | None = setting(None, "largest q of the transform; none: as the file says", "25 1/angstrom")
    damping: Quantity | None = setting(
        None, "the instrument's Qdamp, from a standard; none: as the file says, else 0.04 1/angstrom", "0.04 1/angstrom"
    )
    broadening: Quantity | None = setting(
        None, "the instrument's Qbroad, from a standard; none: as the file says, else 0.01", "0.01 1/angstrom"
    )
    finite: bool = setting(False, "seek the diameter of coherent spheres too")
    calibrate: bool = setting(False, "seek damping and broadening too: the sample is a standard")
    noise: Quantity = setting(Quantity.exact(0.05, "1/angstrom**2"), "of each predicted G, one sigma")

    needs: ClassVar[Mapping[str, Quantity]] = {}
    reads = READS

    @staticmethod
    def means(word: str) -> Term | None:
        """What a value that depends on the models means."""
        return meaning(word)

    @property
    def roles(self) -> Mapping[str, str]:
        """The structures, each a record that is read from a .cif file; those that are known here need none."""
        return {
            name: f"a structure, a .cif file{' in place of the known one' if name in STRUCTURES else ''}"
            for model in self.models
            for name in names_of(model)
        }

    @property
    def terms(self) -> Mapping[str, Term]:
        """What every value of these models means."""
        return words_of(self.models, finite=self.finite, calibrate=self.calibrate)

    @property
    def gives(self) -> Mapping[str, Term]:
        """Edges of the structures of the first model, with ``finite`` their sizes, and shares of all but the first."""
        names = names_of(self.models[0]) if self.models else []
        if not names or any(name not in STRUCTURES for name in names):
            return {}
        ranges = {}
        for n, name in enumerate(names):
            known = STRUCTURES[name]
            for letter, edge in edges_of(known).items():
                ranges[f"{letter}_{word_of(name)}"] = (0.98 * edge, 1.02 * edge)
            if self.finite:
                ranges[f"size_{word_of(name)}"] = (1.0, 100.0)
            if n:
                ranges[f"share_{word_of(name)}"] = (0.0, 100.0)
        terms = {word: meaning(word) for word in ranges}
        return {word: replace(term, low=ranges[word][0], high=ranges[word][1]) for word, term in terms.items() if term}

    def predict(
        self,
        values: Mapping[str, Quantity],
        sample: Sample,  # noqa: ARG002 - the structures say all
        rng: np.random.Generator | None = None,
    ) -> Mapping[str, Record]:
        """G(r) of the first model on rows 0.02 angstrom apart; edges that ``values`` leaves out are the structures'."""
        gives = self.gives
        if not gives:
            raise BadInput(
                f"a prediction needs known structures, not '{', '.join(self.models[:1])}'; known are "
                f"{choices(STRUCTURES)}"
            )
        told = {word: gives[word].check(word, value).to(gives[word].unit).value for word, value in values.items()}
        names = names_of(self.models[0])
        for word in gives:
            if word not in told and word[:2] not in ("a_", "b_", "c_"):
                raise BadInput(f"'{word}' is missing; predict needs {', '.join(gives)}")
        begin, end = self._range()
        r = np.arange(begin, end + 0.5 * _STEP, _STEP)
        qmax = 25.0 if self.qmax is None else self.qmax.to("1/angstrom").value
        damp, broad, _ = self._instrument({})
        shares = [told.get(f"share_{word_of(name)}", 0.0) / 100.0 for name in names]
        shares[0] = 1.0 - sum(shares[1:])
        if shares[0] <= 0.0:
            raise BadInput(f"the shares beside {names[0]} make {100 * sum(shares[1:]):.4g} %; less than 100 are wanted")
        total, mean = np.zeros_like(r), 0.0
        for name, share in zip(names, shares, strict=True):
            known = STRUCTURES[name]
            own = {letter: told.get(f"{letter}_{word_of(name)}", edge) for letter, edge in edges_of(known).items()}
            edges = [own[letter] for letter in letters_of(known)]
            engine = Pairs(known, float(r[0]), float(r[-1]), r.size, qmax)
            stretch = [new / old for new, old in zip(edges, known.edges, strict=True)]
            moves = {atom.element: atom.u_iso for atom in known.atoms}
            size = 10.0 * told.get(f"size_{word_of(name)}", 0.0)
            total += share * engine.scattering**2 * engine.at(stretch, moves, 2.0, size, damp, broad)
            mean += share * engine.scattering
        g = total / mean**2
        if rng is not None:
            g = g + self.noise.to("1/angstrom**2").value * rng.normal(size=g.size)
        columns = {"r": Column(r, "angstrom"), "g": Column(g, "1/angstrom**2")}
        source = Source("predicted", place="PDFfit2's model of the structures")
        notes = {"qmax": f"{qmax:.10g}", "qdamp": f"{damp:.10g}", "qbroad": f"{broad:.10g}"}
        return {"main": Record("pairs", "pair_distribution", columns, source, notes=notes)}

    def _range(self) -> tuple[float, float]:
        begin, end = self.begin.to("angstrom").value, self.end.to("angstrom").value
        if not 0.0 < begin < end:
            raise BadInput(f"the settings 'begin' and 'end' are {self.begin} and {self.end}; that is no range of r")
        return begin, end

    def _instrument(self, notes: Mapping[str, str]) -> tuple[float, float, tuple[str, ...]]:
        """Damping and broadening, and which of them are assumed."""
        found, assumed = [], []
        for name, given, note, usual in (
            ("damping", self.damping, "qdamp", _DAMPING),
            ("broadening", self.broadening, "qbroad", _BROADENING),
        ):
            if given is not None:
                value = given.to("1/angstrom").value
            else:
                try:
                    value = float(notes[note].split()[0])
                except (KeyError, ValueError, IndexError):
                    value = usual
                    assumed.append(f"{name} {usual:g}")
            if not 0.0 <= value < 1.0:
                raise BadInput(f"{name} is {value:g} 1/angstrom; it lies between 0 and 1")
            found.append(value)
        return found[0], found[1], () if self.calibrate else tuple(assumed)

    def _seen(self, records: Mapping[str, Record]) -> Seen:
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
        doubts = list(record.doubts)
        if r[0] > begin + 0.5:
            doubts.append(f"the record begins at {r[0]:.4g} angstrom, after the {begin:g} that were asked for")
        if r[-1] < end - 0.5:
            doubts.append(f"the record ends at {r[-1]:.4g} angstrom, before the {end:g} that were asked for")
        r, g, qmax = r[inside], g[inside], self._qmax(record)
        doubts += gaps_of(r, qmax)
        if not g.any():
            raise BadInput(f"record '{record.name}' has no G other than zero")
        source = Source(kind_of(record.source), record.source.reference, record.source.place)
        return Seen(r, g, qmax, source, tuple(doubts))

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
        """Rw of every model, edges, sizes, shares of the best mixture, and the verdict as a sentence."""
        if not self.models or len({word_of(model) for model in self.models}) < len(self.models):
            raise BadInput("the setting 'models' is empty or names a model twice; name each once")
        seen = self._seen(records)
        damp, broad, assumed = self._instrument(records["main"].notes)
        look = Look(float(seen.r[0]), float(seen.r[-1]), seen.qmax, damp, broad, self.finite, self.calibrate)
        rivals = [fit(model, _structures(model, records), seen.r, seen.g, look) for model in self.models]
        found = Findings("pdf", seen)
        undamped = []
        if self.finite and any(each.startswith("damping") for each in assumed):
            none = replace(look, damp=0.0)
            undamped = [fit(rival.name, rival.phases, seen.r, seen.g, none) for rival in rivals]
        add_values(found, rivals, undamped, finite=self.finite)
        for doubt in verdict(rivals):
            found.note(doubt)
        if assumed:
            verb, which = ("are", "them") if len(assumed) > 1 else ("is", "it")
            found.note(
                f"the instrument's {' and '.join(assumed)} 1/angstrom {verb} assumed; 'calibrate' finds {which} on a "
                "standard"
            )
        if self.finite and self.calibrate:
            found.note("sizes and the instrument's damping are sought on one record, and each may stand for the other")
        return found.result(curves(seen, rivals))

    def draw(self, result: Result) -> Drawing:
        """G(r) with the models, below it what each leaves; Rw of the models and the edges beside each other."""
        if not {"pairs", "models"} <= set(result.curves):
            raise BadInput("a figure of pair distributions needs the curves pairs and models")
        table, names = result.curves["pairs"].columns, result.curves["models"].notes
        whole = fitted_curve(
            (Axis("r", "angstrom"), Axis("G", "1/angstrom**2")),
            (table["r"].values, table["g"].values),
            {name: table[f"model_{n}"].values for n, name in names.items()},
            title="Pair distribution, and below it record less model",
        )
        rw = result.curves["models"].columns["rw"].values
        rivals = {name: Quantity(rw[int(n) - 1], "%") for n, name in names.items() if np.isfinite(rw[int(n) - 1])}
        edges = {
            f"{word[0]} of {word[2:].replace('_', ' ')}": edge
            for word, edge in result.values.items()
            if word[:2] in ("a_", "b_", "c_")
        }
        panels = (
            whole,
            *side_by_side(("Model", Axis("Rw", "%")), rivals, "Rivals"),
            *side_by_side(("Edge", Axis("Length", "angstrom")), edges, "Cells"),
        )
        return Drawing(panels, "Rival structures", result.source.virtual)


def _structures(model: str, records: Mapping[str, Record]) -> list[Structure]:
    """The structures of a model; raises BadInput for a name that is not known, or stands twice."""
    found = []
    names = names_of(model)
    if len({word_of(name) for name in names}) < len(names):
        raise BadInput(f"the setting 'models' has the mixture '{model}', which names a structure twice")
    for name in names:
        if name in records:
            found.append(replace(Structure.from_record(records[name]), name=name))
        elif name in STRUCTURES:
            found.append(STRUCTURES[name])
        else:
            raise BadInput(
                f"the setting 'models' names '{name}'; known here are {choices(STRUCTURES)}; give others as --role "
                "NAME=FILE.cif"
            )
    return found
