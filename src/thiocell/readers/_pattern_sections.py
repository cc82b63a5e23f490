"""Powder patterns in texts of named sections: PANalytical .csv, Bruker's .txt with [Data], Rigaku's .asc."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.readers._block import block
from thiocell.readers._pattern import WANTED, Pattern
from thiocell.readers._pattern_columns import chosen
from thiocell.readers._radiation import radiation

_DATA = ("[scan points]", "[data]")
_AXES = re.compile(r"gonio|2\s*-?\s*theta|two\s*-?\s*theta|2θ|coupled", re.IGNORECASE)
_FIRST = re.compile(r"(?:k-?alpha\s*-?1(?: wavelength)?|(?:wave_?length|wl|alpha|lambda)_?1|alpha1)$", re.IGNORECASE)
_SECOND = re.compile(r"(?:k-?alpha\s*-?2(?: wavelength)?|(?:wave_?length|wl|alpha|lambda)_?2|alpha2)$", re.IGNORECASE)
_ONLY_FIRST = re.compile(r"k-?\s*(?:alpha|α|a)\s*-?\s*1$", re.IGNORECASE)


def has_sections(lines: Sequence[str]) -> bool:
    """Does a line open the rows of a PANalytical or Bruker text?"""
    return any(line.strip().lower() in _DATA for line in lines)


def sections(lines: Sequence[str], place: str) -> Pattern:
    """The pattern below '[Scan points]' or '[Data]', whose next line names the columns; raises BadInput."""
    begins = [number for number, line in enumerate(lines) if line.strip().lower() in _DATA]
    if len(begins) > 1:
        raise BadInput(f"{place} holds {len(begins)} patterns; write each into a file of its own")
    begin = begins[0] + 1
    title = lines[begin] if begin < len(lines) else ""
    sign = next((sign for sign in ";\t," if sign in title), " ")
    labels = [word.strip().strip('"') for word in title.strip(f" {sign}").split(sign)]
    found = block(lines[begin + 1 :], place, WANTED, before=begin + 1)
    if len(labels) != found.width or not any(re.match(r"angle|2|two", name, re.IGNORECASE) for name in labels):
        raise BadInput(
            f"{place}, line {begin + 1} names the columns '{title.strip()[:60]}' of {found.width}; the names of all, "
            "such as 'Angle,Intensity', were expected"
        )
    notes = _told(lines[: begins[0]])
    _two_theta_only(notes, place)
    angle, intensity, sigma, doubts = chosen(found, labels)
    told, doubtful = _wavelength(notes)
    return Pattern(
        place, angle, intensity, sigma, notes | ({"wavelength": told} if told else {}), (*doubts, *doubtful), found.line
    )


def _told(lines: Sequence[str]) -> dict[str, str]:
    """What stands before the rows, one a line, behind '=', or behind the first comma or semicolon."""
    notes: dict[str, str] = {}
    for line in lines:
        sign = next((sign for sign in "=;,\t" if sign in line.strip(";")), "=")
        key, there, value = line.strip(" ;#").partition(sign)
        key, value = key.strip(), value.strip(' ",;\t')
        if there and key and value:
            notes.setdefault(key, value)
    return notes


def _two_theta_only(notes: dict[str, str], place: str) -> None:
    axis = next((value for key, value in notes.items() if re.fullmatch(r"scan[\s_]*(?:axis|type)", key, re.I)), "")
    if re.search(r"axis|^omega$|^phi$|^chi$|rocking", axis, re.IGNORECASE) and not _AXES.search(axis):
        raise BadInput(f"{place} holds a scan of '{axis}'; one of two-theta was expected")


def _wavelength(notes: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    numbers = {key: value for key, text in notes.items() if (value := _number(text)) is not None}
    first = next((value for key, value in numbers.items() if _FIRST.search(key)), None)
    second = next((value for key, value in numbers.items() if _SECOND.search(key)), None)
    meant = next((value for key, value in notes.items() if key.lower() == "intended wavelength"), "")
    return radiation(first, 0.0 if _ONLY_FIRST.search(meant) else second)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


# Rigaku's .asc


def is_asc(lines: Sequence[str]) -> bool:
    """Do its first lines begin with '*TYPE' and does one begin with '*START'?"""
    first = next((line for line in lines if line.strip()), "")
    return first.startswith("*TYPE") and any(line.startswith("*START") for line in lines)


def asc(lines: Sequence[str], place: str) -> Pattern:
    """The pattern of a Rigaku .asc: its first angle and step stand in the head, intensities alone behind '*COUNT'."""
    notes: dict[str, str] = {}
    values: list[float] = []
    places: list[int] = []
    counting = False
    for number, line in enumerate(lines, start=1):
        if line.startswith("*"):
            key, _, value = line[1:].partition("=")
            if key.strip() == "COUNT" and "COUNT" in notes:
                raise BadInput(f"{place} holds several patterns; write each into a file of its own")
            counting = key.strip() == "COUNT"
            notes.setdefault(key.strip(), value.strip())
        elif counting and line.strip():
            try:
                row = [float(word) for word in re.split(r"[\s,]+", line.strip(" ,\t"))]
            except ValueError as error:
                raise BadInput(f"{place}, line {number} holds '{line.strip()[:40]}'; counts were expected") from error
            values += row
            places += [number] * len(row)
    begin, step, count = (_number(notes.get(key, "")) for key in ("START", "STEP", "COUNT"))
    if begin is None or step is None or not step > 0.0 or count is None:
        raise BadInput(f"{place} lacks a number behind '*START', '*STEP' or '*COUNT'; a Rigaku .asc has them all")
    if not values or count != len(values):
        raise BadInput(f"{place} tells {count:g} counts and holds {len(values)}; it is cut short or damaged")
    axis = notes.get("SCAN_AXIS", notes.get("SCAN_MODE", ""))
    if axis and not _AXES.search(axis):
        raise BadInput(f"{place} holds a scan of '{axis}'; one of two-theta was expected")
    told, doubts = radiation(_number(notes.get("WAVE_LENGTH1", "")), _number(notes.get("WAVE_LENGTH2", "")))
    if (unit := notes.get("YUNIT", "")).lower() == "cps":
        doubts = (*doubts, f"the intensities of {place} are in {unit}: the noise of their counts is not told")
    kept = {key.lower(): value for key, value in notes.items() if value} | ({"wavelength": told} if told else {})
    angle = begin + step * np.arange(len(values), dtype=np.float64)
    return Pattern(place, angle, np.array(values), None, kept, doubts, lambda row: f"line {places[row]}")
