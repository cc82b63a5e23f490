"""What rival models say: values, the verdict between them, and curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Limit
from thiocell.core.source import Source
from thiocell.core.term import word_of
from thiocell.techniques._findings import ONE_SIDED, Findings
from thiocell.techniques._pairs.rival import Rival
from thiocell.techniques._pairs.words import edges_of
from thiocell.techniques._spread import Spread

Array = NDArray[np.float64]

_TELLS, _SURE = 10.0, 2.0
"""assumed: AICc between rivals from which the better is told apart (odds of e^-5), and below which they are alike."""
_LISTED = 3
"""Gaps whose places are told."""
_NONE = 0.6
"""assumed: Rw above which a model says nothing of the sample."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A G(r), by rising r (angstrom)."""

    r: Array
    g: Array
    qmax: float
    source: Source
    doubts: tuple[str, ...]


def gaps_of(r: Array, qmax: float) -> Iterator[str]:
    """Where rows lie further apart than pi/qmax, so that independent points are missing."""
    steps, apart = np.diff(r), np.pi / qmax
    gaps = np.flatnonzero(steps > 1.001 * apart)
    if not gaps.size:
        return
    if 2 * gaps.size > steps.size:
        yield (
            f"rows are {np.median(steps):.3g} angstrom apart, further than pi/qmax, {apart:.3g}: the record does not "
            "hold all that the transform told"
        )
        return
    listed = ", ".join(f"from {r[n]:.4g} to {r[n + 1]:.4g}" for n in gaps[:_LISTED])
    more = f" and in {gaps.size - _LISTED} gaps more" if gaps.size > _LISTED else ""
    yield f"the record has no rows {listed}{more} angstrom: models are held against it outside of that alone"


def add_values(found: Findings, rivals: Sequence[Rival], undamped: Sequence[Rival] = (), *, finite: bool) -> None:
    """Rw of all; edges and sizes of a structure by the first model that has it, alone before mixed; best shares.

    Where ``undamped``, fits of the same models without damping, are given, sizes are limits: what the instrument damps
    makes grains seem smaller, so that none is smaller than without damping.
    """
    for rival in rivals:
        found.add(f"rw_{word_of(rival.name)}", Spread(np.asarray(100.0 * rival.rw)), "%", "%")
        for doubt in _doubts(rival):
            found.note(doubt)
    for rival, n, word in _held(rivals):
        _edges(found, rival, n, word)
        if finite and not undamped:
            _size(found, rival, n, word)
    for rival, n, word in _held(undamped):
        _least_size(found, rival, n, word)
    for word in dict.fromkeys(word for _, _, word in _held(rivals) if undamped):
        if f"size_{word}" not in found.limits:
            found.note(f"there is no limit of size_{word}: without damping no model of it fits within its bounds")
    told = _fitting(rivals)
    if told:
        _instrument(found, min(told, key=lambda rival: rival.aicc))
    if mixtures := [rival for rival in told if len(rival.phases) > 1]:
        _shares(found, min(mixtures, key=lambda rival: rival.aicc))


def _fitting(rivals: Sequence[Rival]) -> list[Rival]:
    return [rival for rival in rivals if rival.converged and rival.rw <= _NONE]


def _held(rivals: Sequence[Rival]) -> Iterator[tuple[Rival, int, str]]:
    """The structures that models which fit hold something of, with their words; models of one structure first."""
    for rival in sorted(_fitting(rivals), key=lambda each: len(each.phases) > 1):
        for n, phase in enumerate(rival.phases):
            if rival.values[f"scale {n}"] > 0.0:
                yield rival, n, word_of(phase.name)


def _shares(found: Findings, best: Rival) -> None:
    for n, phase in enumerate(best.phases):
        found.add(f"share_{word_of(phase.name)}", best.share(n), "", "%")
        if best.values[f"scale {n}"] <= 0.0:
            found.note(f"{best.name} asks for nothing of {phase.name}")


def _doubts(rival: Rival) -> Iterator[str]:
    if not rival.converged:
        yield f"the fit of {rival.name} did not settle: only its Rw is given, and it is held against no other"
    elif rival.rw > _NONE:
        yield f"{rival.name} does not fit: its Rw is {100.0 * rival.rw:.3g} %; only that is given"
    if rival.bounded:
        yield f"the fit of {rival.name} ended at bounds: {', '.join(_said(rival, word) for word in rival.bounded)}"


def _edges(found: Findings, rival: Rival, n: int, word: str) -> None:
    for letter, edge in edges_of(rival.phases[n]).items():
        place = f"{letter} {n}"
        if f"{letter}_{word}" not in found.values and place not in rival.bounded:
            found.add(
                f"{letter}_{word}", rival.spread(edge * rival.values[place], {place: edge}), "angstrom", "angstrom"
            )


def _size(found: Findings, rival: Rival, n: int, word: str) -> None:
    place = f"size {n}"
    if f"size_{word}" not in found.values and place not in rival.bounded:
        size = 0.1 * float(np.exp(rival.values[place]))
        found.add(f"size_{word}", rival.spread(size, {place: size}), "nm", "nm")


def _least_size(found: Findings, rival: Rival, n: int, word: str) -> None:
    place = f"size {n}"
    if f"size_{word}" in found.limits or place in rival.bounded:
        return
    told = rival.spread(rival.values[place], {place: 1.0})
    least = 0.1 * float(np.exp(told.value - ONE_SIDED * told.sigma))
    if np.isfinite(least):
        found.limits[f"size_{word}"] = Limit(Quantity.exact(least, "nm"), "above", 0.95)
        found.note(
            f"size_{word} is {found.limits[f'size_{word}']} (95 %) and no more is told, as the instrument's damping is "
            "assumed: set damping, from a standard"
        )


def _instrument(found: Findings, rival: Rival) -> None:
    for word, place in (("damping", "damp"), ("broadening", "broad")):
        if place in rival.values and place not in rival.bounded:
            found.add(word, rival.spread(rival.values[place], {place: 1.0}), "1/angstrom", "1/angstrom")


def _said(rival: Rival, word: str) -> str:
    """A parameter as words: 'edge a of MoS2_1T', 'displacement of Mo in MoS2_1T'."""
    *kind, end = word.split()
    if not end.isdigit():
        return f"the instrument's {word}ing" if word == "damp" else "the instrument's broadening"
    name = rival.phases[int(end)].name
    plain = {"a": "edge a", "b": "edge b", "c": "edge c", "delta": "sharpening of near pairs", "size": "size"}
    return f"displacement of {kind[1]} in {name}" if kind[0] == "u" else f"{plain[kind[0]]} of {name}"


def verdict(rivals: Sequence[Rival]) -> Iterator[str]:
    """Which model fits best, and which of the others the data tell apart from it; of those whose fits settled."""
    settled = [rival for rival in rivals if rival.converged]
    if len(rivals) < 2 or not settled:
        return
    best = min(settled, key=lambda rival: rival.aicc)
    if best.rw > _NONE:
        yield f"no model fits: the best, {best.name}, has Rw {100.0 * best.rw:.3g} %, and nothing is told apart"
        return
    for rival in settled:
        if rival is best:
            continue
        gap = rival.aicc - best.aicc
        word = (
            "the data tell them apart" if gap > _TELLS
            else "the data hardly tell them apart" if gap > _SURE
            else "the data do not tell them apart"
        )  # fmt: skip
        yield (
            f"{best.name} fits better than {rival.name}: Rw {100 * best.rw:.3g} % with {best.free} parameters against "
            f"{100 * rival.rw:.3g} % with {rival.free}, AICc {gap:.3g} lower on {best.points} independent points: "
            f"{word}"
        )


def curves(seen: Seen, rivals: Sequence[Rival]) -> dict[str, Record]:
    columns = {"r": Column(seen.r, "angstrom"), "g": Column(seen.g, "1/angstrom**2")}
    columns |= {f"model_{n}": Column(rival.curve, "1/angstrom**2") for n, rival in enumerate(rivals, start=1)}
    told = {
        "rw": Column([100.0 * rival.rw for rival in rivals], "%"),
        "aicc": Column([rival.aicc if rival.converged else np.nan for rival in rivals]),
        "parameters": Column([float(rival.free) for rival in rivals]),
    }
    names = {str(n): rival.name for n, rival in enumerate(rivals, start=1)}
    return {
        "pairs": Record("pairs", "pairs", columns, seen.source),
        "models": Record("models", "models", told, seen.source, notes=names),
    }
