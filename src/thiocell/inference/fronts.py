"""Walking outward from a best fit: the least chi-square at place after place, all walks in step with each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
FrontEnd = Literal["walking", "found", "bound", "failed", "unfinished"]
Solve = Callable[[Rows, Array, Array, Array], tuple[Array, Array, Array]]
"""(fronts, aims, strides, warm places) -> (coordinates reached, least chi-square there, places)."""

RISE = 0.5
"""assumed: rise of the root of chi-square that a stride aims at."""
REACHED, NARROW = 5e-3, 2e-3
"""assumed: share of the root of the threshold, or of the interval, to which an interval's end is found."""
STRIDES, REFINEMENTS, SHORTER, FIRMER = 40, 25, 5, 4
"""assumed: most strides of a front, refinements of an end, and times that a failing stride and a grip are shortened."""


@dataclass
class Front:
    """One walk: coordinates, chi-square and places from the best fit outward, and why it ended.

    ``stride`` is the next one, signed; ``widest`` the longest allowed; ``limit`` is as far as the coordinate may go;
    ``unsettled`` counts the places where the search ran out of iterations.
    """

    stride: float
    widest: float
    limit: float
    coordinate: list[float]
    chi2: list[float]
    places: list[Array]
    end: FrontEnd = "walking"
    shortened: int = 0
    unsettled: int = 0

    def aim(self) -> tuple[float, Array]:
        """Where to go next, and a warm place for it on the straight line through the last two."""
        here, low, high = (
            self.coordinate[-1],
            min(self.limit, self.coordinate[-1]),
            max(self.limit, self.coordinate[-1]),
        )
        aim = float(np.clip(here + self.stride, low, high))
        warm = self.places[-1]
        if len(self.places) > 1 and self.coordinate[-1] != self.coordinate[-2]:
            share = (aim - here) / (here - self.coordinate[-2])
            warm = np.clip(warm + share * (warm - self.places[-2]), 0.0, 1.0)
        return aim, warm

    def take(self, aim: float, coordinate: float, chi2: float, place: Array, least: float, top: float) -> None:
        """Note what was found at ``aim``; set the next stride or the end of the walk."""
        if not np.isfinite(chi2):
            self.stride /= 4.0
            self.shortened += 1
            self.end = "failed" if self.shortened > SHORTER else "walking"
            return
        moved = coordinate - self.coordinate[-1]
        if moved * self.stride <= 0:
            self.end = "bound"
            return
        rise = root_of(chi2, least) - root_of(self.chi2[-1], least)
        self.coordinate.append(coordinate)
        self.chi2.append(chi2)
        self.places.append(place)
        if chi2 - least > top:
            self.end = "found"
        elif coordinate == self.limit or abs(moved) < 0.1 * abs(aim - self.coordinate[-2]):
            self.end = "bound"
        elif len(self.chi2) > STRIDES:
            self.end = "unfinished"
        wanted = abs(moved) * RISE / rise if rise > 0 else np.inf
        size = min(float(np.clip(wanted, 0.3 * abs(moved), 3.0 * abs(moved))), self.widest)
        self.stride = float(np.copysign(size if not self.shortened else min(size, abs(self.stride)), self.stride))

    def bracket(self, least: float, threshold: float) -> int | None:
        """The last place before chi-square rises above the threshold for good; None if it never does."""
        above = np.array(self.chi2) - least > threshold
        if not above[-1]:
            return None
        inside = np.flatnonzero(~above)
        return int(inside[-1]) if inside.size else None

    def insert(self, coordinate: float, chi2: float, place: Array) -> None:
        """Note a place between two others."""
        sign = 1.0 if self.coordinate[-1] > self.coordinate[0] else -1.0
        at = int(np.searchsorted(sign * np.array(self.coordinate), sign * coordinate))
        if np.isfinite(chi2) and 0 < at < len(self.chi2) and coordinate != self.coordinate[at]:
            self.coordinate.insert(at, coordinate)
            self.chi2.insert(at, chi2)
            self.places.insert(at, place)


def walk(fronts: Sequence[Front], solve: Solve, least: float, top: float) -> None:
    """Let every front go outward until chi-square is ``top`` above ``least`` or it can go no further."""
    while any(front.end == "walking" for front in fronts):
        going = np.array([i for i, front in enumerate(fronts) if front.end == "walking"], dtype=np.intp)
        aims, warm = zip(*[fronts[i].aim() for i in going], strict=True)
        strides = np.array([abs(aim - fronts[i].coordinate[-1]) for i, aim in zip(going, aims, strict=True)])
        found = solve(going, np.array(aims), strides, np.array(warm))
        for i, aim, coordinate, chi2, place in zip(going, aims, *found, strict=True):
            fronts[i].take(aim, float(coordinate), float(chi2), place, least, top)


def refine(fronts: Sequence[Front], solve: Solve, least: float, thresholds: Sequence[float]) -> None:
    """Add places to every front until the crossing of each threshold is known."""
    for done in range(REFINEMENTS):
        wanted = [(i, *gap) for i, front in enumerate(fronts) for t in thresholds for gap in _gaps(front, least, t)]
        if not wanted:
            return
        who = np.array([w[0] for w in wanted], dtype=np.intp)
        aims, strides = np.array([w[1] for w in wanted]), np.array([w[2] for w in wanted]) * 0.5 ** min(done, FIRMER)
        found = solve(who, aims, strides, np.array([w[3] for w in wanted]))
        for i, coordinate, chi2, place in zip(who, *found, strict=True):
            fronts[i].insert(float(coordinate), float(chi2), place)


def _gaps(front: Front, least: float, threshold: float) -> list[tuple[float, float, Array]]:
    """The bracket of a crossing that is still too wide: the aim in it, its width and a warm place."""
    before = front.bracket(least, threshold)
    if before is None:
        return []
    root = float(np.sqrt(threshold))
    low, high = (root_of(front.chi2[i], least) for i in (before, before + 1))
    width = front.coordinate[before + 1] - front.coordinate[before]
    if resolved(root, low, high, width, front.coordinate[before] - front.coordinate[0]):
        return []
    far = high > 3.0 * root  # too far outside to point the way
    share = 0.5 if far else float(np.clip((root - low) / (high - low), 0.05, 0.95))
    warm = front.places[before] + (0.0 if far else share) * (front.places[before + 1] - front.places[before])
    return [(front.coordinate[before] + share * width, abs(width), warm)]


def resolved(root: float, low: float, high: float, width: float, distance: float) -> bool:
    """Is a crossing known: is an end of its bracket near it, or the bracket narrow against the interval?"""
    return min(root - low, high - root) < REACHED * root or abs(width) < NARROW * abs(distance)


def unsettled(fronts: Sequence[Front], who: Rows, ends: Sequence[str]) -> None:
    """Count, for each front, the places where the search ran out of iterations."""
    for i, end in zip(who, ends, strict=True):
        fronts[i].unsettled += end == "running"


def root_of(chi2: float, least: float) -> float:
    """The root of what ``chi2`` lies above the least; nearly straight where the model is."""
    return float(np.sqrt(max(chi2 - least, 0.0)))
