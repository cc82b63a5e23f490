"""Reader of Renishaw WiRE's own files (.wdf): one Raman spectrum.

A file is a row of blocks, each with its name (4 bytes), a number (4), its length with these 16 bytes (8), and its
content. 'WDF1' tells how many spectra of how many points there are, 'DATA' holds the intensities, 'XLST' the axis: its
type, its unit, and its values. The layout is that of Gwyddion's module renishaw.c and of py-wdf-reader (MIT).
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.readers._origin import contents, origin, record_name
from thiocell.readers._shift import shifts

Array = NDArray[np.float64]

_HEAD = 512  # bytes of the block WDF1
_START = 16  # bytes of a block before its content
_COUNTS = struct.Struct(
    "<IQQIIII"
)  # at 0x3c: points, room for spectra, spectra, accumulations, lengths of y and x, lists
_UNITS = {1: "1/cm", 3: "nm"}
_TEXTS = {"user": (0xD0, 0xF0), "title": (0xF0, 0x190)}


def sniff(head: bytes) -> float:
    """1 if the file begins with WiRE's block."""
    return 1.0 if head[:4] == b"WDF1" else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """The spectrum, shift (1/cm) and intensity; raises BadInput if the file is damaged or holds many, as a map does."""
    data, place = contents(path), path.name
    if not sniff(data) or len(data) < _HEAD:
        raise BadInput(f"{place} does not begin as a .wdf does; it is cut short or in another format")
    points, room, spectra, accumulations, _, length, _ = _COUNTS.unpack_from(data, 0x3C)
    if spectra != 1:
        raise BadInput(f"{place} holds {spectra} spectra; export the one that is wanted from WiRE, as .wdf or as text")
    blocks = _blocks(data, place)
    shift = _numbers(data, blocks, "XLST", 8, points, place)
    counts = _numbers(data, blocks, "DATA", 0, points, place)
    if length != points or points < 2:
        raise BadInput(f"{place} tells {points} points on an axis of {length}; it is damaged")
    unit = struct.unpack_from("<I", data, blocks["XLST"][0] + 4)[0]
    (wavenumber,) = struct.unpack_from("<f", data, 0x9C)
    laser = 1e7 / wavenumber if 5000.0 < wavenumber < 50000.0 else float("nan")
    x, doubts = shifts(shift, _UNITS.get(unit, f"unit number {unit}"), laser, place)
    notes = {key: text for key, (a, b) in _TEXTS.items() if (text := _text(data[a:b]))}
    notes |= {"accumulations": str(accumulations)} | ({"laser": f"{laser:.6g} nm"} if np.isfinite(laser) else {})
    if room != spectra:
        doubts = (*doubts, f"{place} has room for {room} spectra and holds one: the measurement was broken off")
    order = np.argsort(x, kind="stable")
    columns = {"raman_shift": Column(x[order], "1/cm"), "intensity": Column(counts[order])}
    return (Record(record_name(path), "raman", columns, origin(path, data), doubts, notes),)


def _blocks(data: bytes, place: str) -> dict[str, tuple[int, int]]:
    """Begin and end of the content of the first block of each name; the last may be cut where the file ends."""
    found: dict[str, tuple[int, int]] = {}
    begin = 0
    while begin + _START <= len(data):
        name = data[begin : begin + 4].decode("latin-1")
        (length,) = struct.unpack_from("<Q", data, begin + 8)
        if length < _START:
            raise BadInput(f"{place} tells {length} bytes of its block '{name}' at byte {begin}; it is damaged")
        found.setdefault(name, (begin + _START, min(begin + length, len(data))))
        begin += length
    return found


def _numbers(data: bytes, blocks: dict[str, tuple[int, int]], name: str, skip: int, count: int, place: str) -> Array:
    """The first ``count`` finite numbers of a block behind ``skip`` bytes."""
    begin, end = blocks.get(name, (0, 0))
    if begin + skip + 4 * count > end:
        raise BadInput(f"{place} has no block '{name}' of {count} numbers; it is cut short or damaged")
    with np.errstate(invalid="ignore"):  # what is no number is found below
        values = np.frombuffer(data, "<f4", count, begin + skip).astype(np.float64)
    if not np.isfinite(values).all():
        raise BadInput(f"{place} holds a number in its block '{name}' that is not finite; it is damaged")
    return values


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace").strip()
