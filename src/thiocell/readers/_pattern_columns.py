"""Powder patterns in columns of text: .xy, .xye and what pyFAI, Dioptas, EVA and TOPAS write of that kind."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.readers._abscissa import abscissa
from thiocell.readers._block import Block, bare, block, without_comments
from thiocell.readers._pattern import WANTED, Pattern
from thiocell.readers._radiation import in_head, radiation

Array = NDArray[np.float64]

_ANGLE = re.compile(r"(?:°\s*)?(?:2[\s_*-]*th|two[\s_-]*th|tth|2[\s*]?θ|angle|q|d\b|d[_-])", re.IGNORECASE)
_INTENSITY = re.compile(r"(?:i(?:[_(\[]|obs|\b)|int|count|cps|psd|det|signal|y\b|y[\s_-]?obs|obs)", re.IGNORECASE)
_SIGMA = re.compile(r"(?:esd|err|sig|s\.?u\.?$|e$|std|unc|d_?i\b|dy\b|σ|uncertaint)", re.IGNORECASE)
_EVA = re.compile(r"(\w[\w ]*):\s*\"([^\"]*)\"")
_SCANS = re.compile(r"rocking|\b(?:phi|chi|omega|z)\b\s*(?:scan)?\s*$", re.IGNORECASE)


def columns(lines: Sequence[str], place: str) -> Pattern:
    """The pattern in the columns of a text, by their names where it gives them; raises BadInput if there is none."""
    plain = without_comments(lines)
    found = _without_count(block(plain, place, WANTED))
    axis = abscissa(found)
    wavelength = in_head(found.head)
    if axis is not None and axis.kind == "d" and np.all(np.diff(found.rows[:, 0]) > 0.0):
        found = Block(place, found.head, found.rows[::-1], found.lines[::-1], found.split)
    angle, intensity, sigma, doubts = chosen(found, found.labels)
    turned: tuple[str, ...] = ()
    if axis is not None:
        angle, turned = axis.two_theta(angle, wavelength, place)
    told, doubtful = radiation(wavelength)
    notes = _notes(found.head, place) | ({"wavelength": told} if told else {})
    return Pattern(place, angle, intensity, sigma, notes, (*turned, *doubts, *doubtful), found.line)


def chosen(found: Block, labels: Sequence[str]) -> tuple[Array, Array, Array | None, tuple[str, ...]]:
    """Angles, intensities, sigmas and doubts: columns by ``labels``, else the first three; raises BadInput for more."""
    names = list(labels)
    if len(names) != found.width or not any(_INTENSITY.match(name) for name in names[1:]):
        if found.width > 3:
            raise BadInput(f"{found.place} has {found.width} columns without names; {WANTED} were expected")
        return found.rows[:, 0], found.rows[:, 1], found.rows[:, 2] if found.width == 3 else None, ()
    first = next((n for n, name in enumerate(names) if _ANGLE.match(name)), 0)
    many = [n for n, name in enumerate(names) if n != first and _INTENSITY.match(name)]
    second = many[0]
    sigma = next((n for n, name in enumerate(names) if n not in (first, second) and _SIGMA.match(name)), None)
    used = {first, second, sigma}
    rest = [name for n, name in enumerate(names) if n not in used]
    doubts = (f"{found.place} has columns that are not used: {', '.join(rest)}",) if len(many) > 1 else ()
    return found.rows[:, first], found.rows[:, second], None if sigma is None else found.rows[:, sigma], doubts


def _without_count(found: Block) -> Block:
    """The block without a first row that tells how many follow, as FIT2D writes it."""
    first, rest = found.rows[0], found.rows[1:]
    if len(rest) > 1 and first[0] == len(rest) and first[0] > rest[0, 0]:
        return Block(found.place, found.head, rest, found.lines[1:], found.split)
    return found


def _notes(head: Sequence[str], place: str) -> dict[str, str]:
    """What EVA tells in its first line, or a title; raises BadInput for a scan of another axis."""
    first = next((line for line in head if bare(line)), "")
    if not first.lstrip().startswith("'Id:"):
        return {}
    notes = {key.strip().lower(): value for key, value in _EVA.findall(first) if value}
    kind = notes.get("scantype", notes.get("scan type", ""))
    if _SCANS.search(kind):
        raise BadInput(f"{place} holds a scan of the kind '{kind}'; one of two-theta was expected")
    return notes
