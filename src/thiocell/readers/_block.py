"""The block of numbers in a text: its rows, the lines before it, and where each row stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput

Array = NDArray[np.float64]
Split = Callable[[str], list[str]]

MARKS = "#!';%/*\""
"""Signs that begin a line of words, before the numbers or among them."""

_SAMPLED = 400  # lines by which the decimal sign and what stands between columns are found; assumed
_SHOWN = 40  # letters of an offending line that an error repeats; assumed
_BETWEEN = re.compile(r"[\s;]+")
_COMMA = re.compile(r"\s*,\s*")
_POINT_AND_COMMA = re.compile(r"\..*,|,.*[.,]")


def _blanks(line: str) -> list[str]:
    return [word.rstrip(",") for word in _BETWEEN.split(line.strip(" \t;,")) if word != ","]


def _commas(line: str) -> list[str]:
    return _COMMA.split(line.strip(" \t,"))


def _decimal_commas(line: str) -> list[str]:
    """The words between blanks, tabs or semicolons with points for their commas; a word with both is left alone."""
    words = _BETWEEN.split(line.strip(" \t;"))
    return words if any(_POINT_AND_COMMA.search(word) for word in words) else [word.replace(",", ".") for word in words]


_SPLITS: tuple[Split, ...] = (_blanks, _commas, _decimal_commas)


@dataclass(frozen=True)
class Block:
    """``rows`` of equal length; ``lines`` tells the line of each, from 1; ``head`` holds the lines before them."""

    place: str
    head: tuple[str, ...]
    rows: Array
    lines: tuple[int, ...]
    split: Split

    def line(self, row: int) -> str:
        """Where a row stands, for an error sentence."""
        return f"line {self.lines[row]}"

    @property
    def width(self) -> int:
        """How many columns there are."""
        return int(self.rows.shape[1])

    @property
    def labels(self) -> tuple[str, ...]:
        """What the last line before the rows calls the columns; empty if it has another number of words than they."""
        told = next((line for line in reversed(self.head) if bare(line)), "")
        return labels_of(told, self.width)


def bare(line: str) -> str:
    """The line without the signs of a comment and blanks at its ends."""
    return line.strip().lstrip(MARKS).rstrip("*/").strip()


def labels_of(line: str, width: int) -> tuple[str, ...]:
    """The ``width`` words of a line that names columns, else nothing."""
    told = bare(line)
    if re.search(r"=|:(?:\s|$)|[\s,;][-+.\d]+$", told):  # a setting and its value
        return ()
    for sign in ("\t", ";", ","):
        if sign in told:
            words = [word.strip().strip('"') for word in told.strip(sign + " ").split(sign)]
            words = [word for word in words if word] if sign == "\t" else words
            return tuple(words) if len(words) == width else ()
    parts = re.split(r"\s{2,}", told)
    words = parts if len(parts) == width else told.split()
    return tuple(word.strip('"') for word in words) if len(words) == width else ()


def block(lines: Sequence[str], place: str, wanted: str, before: int = 0) -> Block:
    """The rows of numbers in ``lines``, the first of which is line ``before + 1`` of the file.

    The decimal sign and what stands between columns are those by which most lines are numbers. Blank lines and lines
    that begin with a sign of ``MARKS`` may stand anywhere. ``wanted`` says for an error what a row holds.
    Raises BadInput for no rows, text or another number of columns among them, and where commas may be either sign.
    """
    split = max(_SPLITS, key=lambda each: sum(len(_row(line, each)) > 1 for line in lines[:_SAMPLED]))
    begin = _begin(lines, split)
    if begin is None:
        raise BadInput(f"{place} holds no rows of numbers; {wanted} were expected")
    rows: list[list[float]] = []
    where: list[int] = []
    for number, line in enumerate(lines[begin:], start=begin):
        if _is_aside(line):
            continue
        row = _row(line, split)
        at = f"{place}, line {before + number + 1}"
        if not row:
            raise BadInput(f"{at} holds '{line.strip()[:_SHOWN]}'; {wanted} were expected")
        if rows and len(row) != len(rows[0]):
            raise BadInput(f"{at} has {len(row)} columns where the rows before it have {len(rows[0])}")
        rows.append(row)
        where.append(before + number + 1)
    if split is _commas and len(rows[0]) > 2 and not any(re.search(r"[.eE]", line) for line in lines[begin:]):
        raise BadInput(
            f"{place}, line {where[0]} has commas only, which may stand between columns or inside numbers; write "
            "points inside numbers, or semicolons between columns"
        )
    return Block(place, tuple(lines[:begin]), np.array(rows), tuple(where), split)


def _begin(lines: Sequence[str], split: Split) -> int | None:
    """The first line of numbers upon which another of as many follows."""
    last, width = 0, 0
    for number, line in enumerate(lines):
        if _is_aside(line):
            continue
        here = len(_row(line, split))
        if here > 1 and here == width:
            return last
        last, width = number, here
    return None


def _is_aside(line: str) -> bool:
    """Is the line empty, or marked as no row?"""
    return not line.strip(" \t,;\r") or line.lstrip()[0] in MARKS


def _row(line: str, split: Split) -> list[float]:
    """The numbers of a line that holds nothing else, else none."""
    if "_" in line:  # which Python takes for a sign inside a number
        return []
    try:
        return [float(word) for word in split(line)]
    except ValueError:
        return []


def without_comments(lines: Sequence[str]) -> list[str]:
    """The lines with a '#' before each of those between '/*' and '*/'."""
    found, inside = [], False
    for line in lines:
        begins = line.lstrip().startswith("/*")
        found.append(f"# {line}" if inside or begins else line)
        inside = (inside or begins) and "*/" not in line
    return found
