"""What a study declares of a table's columns and layout, checked key by key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import check_unit, same_dimension
from thiocell.core.vocabulary import COLUMNS, DIFFRACTION, PAIRS, RAMAN, SERIES, SPECTRA
from thiocell.readers._clock import FORMS
from thiocell.readers._text import DELIMITERS, ENCODINGS

NEEDED = {"cycling": ("time", "voltage", "current"), "impedance": ("frequency", "z_real", "z_imag")}
"""The words that a record of these kinds has; other kinds may have any."""

_VOCABULARY = {**COLUMNS, **SPECTRA, **SERIES, **DIFFRACTION, **PAIRS, **RAMAN}
_CURRENT_SIGNS = ("charge positive", "discharge positive", "by direction")
_SIGNS = ("as written", "negated")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_MOST_LINES = 100_000  # lines that may be skipped; assumed


@dataclass(frozen=True)
class Declared:
    """One column: its name or number (from 1), its unit or the form of its times, and how its sign is to be read."""

    column: str | int
    unit: str
    sign: str
    direction: str | int | None = None
    charge: tuple[str, ...] = ()
    discharge: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How the table lies in the file; what is empty or None is found out from the file.

    ``header`` counts the lines from the one that names the columns up to the first row of numbers; 0 is no such line.
    """

    encoding: str = ""
    delimiter: str = ""
    decimal: str = "."
    skip: int | None = None
    header: int = 1
    sheet: str = ""
    split_by: str | int | None = None
    kind: str = "cycling"


@dataclass(frozen=True)
class ColumnMap:
    """The declared columns by our word for each, and the layout of the file."""

    columns: Mapping[str, Declared]
    layout: Layout = field(default_factory=Layout)

    @classmethod
    def from_table(cls, columns: Mapping[str, Any], where: str, layout: Mapping[str, Any] | None = None) -> ColumnMap:
        """The map that a study's tables ``columns`` and ``layout`` declare; raises BadInput naming ``where`` and key.

        ``columns`` holds for each word ``{column, unit, sign, direction, charge, discharge}``, of which ``column``
        is a name or a number from 1 and only it and the unit are always needed. ``layout`` may hold the fields of
        ``Layout``.
        """
        if not isinstance(columns, Mapping) or not columns:
            raise BadInput(f"'columns' of {where} has to be a table with one entry a column, and is empty or none")
        told = layout or {}
        plan = _layout(told, f"'layout' of {where}")
        lacking = [word for word in NEEDED.get(plan.kind, ()) if word not in columns]
        if lacking:
            likely = "impedance" if set(NEEDED["impedance"]) <= set(columns) else "series"
            other = (
                f"; if it holds no {plan.kind}, say what by kind = '{likely}' in the layout"
                if "kind" not in told
                else ""
            )
            raise BadInput(
                f"'columns' of {where} lacks {choices(lacking)}, which a record of kind '{plan.kind}' has{other}"
            )
        return cls(
            {word: _declared(word, entry, f"'columns.{word}' of {where}") for word, entry in columns.items()}, plan
        )

    @property
    def names(self) -> frozenset[str]:
        """The names in the file of all declared columns."""
        used: list[str | int | None] = [self.layout.split_by]
        for declared in self.columns.values():
            used += [declared.column, declared.direction]
        return frozenset(name for name in used if isinstance(name, str))


def _declared(word: str, entry: Any, where: str) -> Declared:
    if not _WORD.fullmatch(word):
        raise BadInput(f"{where} has a name of other than small letters, digits and '_'")
    _keys(entry, ("column", "unit", "sign", "direction", "charge", "discharge"), where)
    if "column" not in entry:
        raise BadInput(f"{where} lacks 'column', the name or number of the column in the file")
    signs = _CURRENT_SIGNS if word == "current" else _SIGNS
    directed = "direction" in entry
    sign = _one_of(entry, "sign", signs, signs[-1] if directed else signs[0], where)
    if directed != (sign == "by direction") or (directed and word != "current"):
        raise BadInput(f"{where}: a 'direction' and the sign 'by direction' belong together, and to a current")
    words = {key: _texts(entry.get(key, []), f"'{key}' in {where}") for key in ("charge", "discharge")}
    if directed != bool(words["charge"] or words["discharge"]) or set(words["charge"]) & set(words["discharge"]):
        raise BadInput(f"{where}: list under 'charge' and 'discharge' the different words of the column 'direction'")
    return Declared(
        _place(entry["column"], f"'column' in {where}"),
        _unit(word, entry, where),
        sign,
        _place(entry["direction"], f"'direction' in {where}") if directed else None,
        words["charge"],
        words["discharge"],
    )


def _unit(word: str, entry: Mapping[str, Any], where: str) -> str:
    """The declared unit, of the same kind as the vocabulary's if the word stands there; times may have a form."""
    known = _VOCABULARY[word].unit if word in _VOCABULARY else None
    unit = entry.get("unit", "" if not known else None)
    if not isinstance(unit, str):
        raise BadInput(f"{where} lacks 'unit', a text such as '{known or 's'}'")
    if unit in FORMS:
        if known not in (None, "s"):
            raise BadInput(f"{where}: '{unit}' is how a time is written; {word} is in '{known}' or the like")
        return unit
    try:
        check_column(word, unit)
    except BadInput as error:
        forms = f", or for a time one of {choices(FORMS)}" if known in (None, "s") else ""
        raise BadInput(f"{where}: {error}{forms}") from error
    return unit


def check_column(word: str, unit: str) -> None:
    """Raises BadInput unless ``unit`` is a unit, and one that a column ``word`` of the vocabulary can be in."""
    check_unit(unit)
    if word in _VOCABULARY and not same_dimension(unit, _VOCABULARY[word].unit):
        raise BadInput(f"{word} cannot be in '{unit}'; write '{_VOCABULARY[word].unit or 1}' or the like")
    if word == "frequency" and re.search(r"\brad", unit):
        raise BadInput(f"{word} cannot be in '{unit}'; divide it by 2 pi and write 'Hz'")


def _layout(page: Any, where: str) -> Layout:
    _keys(page, tuple(Layout.__dataclass_fields__), where)
    kind = page.get("kind", "cycling")
    if not isinstance(kind, str) or not _WORD.fullmatch(kind):
        raise BadInput(f"'kind' in {where} is a word such as 'cycling', 'impedance' or 'potential_step', not {kind!r}")
    sheet = page.get("sheet", "")
    if not isinstance(sheet, str):
        raise BadInput(f"'sheet' in {where} is the name of a sheet, not {sheet!r}")
    split = page.get("split_by")
    return Layout(
        encoding=_one_of(page, "encoding", tuple(ENCODINGS), "", where),
        delimiter=_delimiter(page, where),
        decimal=_one_of(page, "decimal", (".", ","), ".", where),
        skip=_count(page, "skip", _MOST_LINES, where) if "skip" in page else None,
        header=_count(page, "header", 10, where) if "header" in page else 1,
        sheet=sheet,
        split_by=None if split is None else _place(split, f"'split_by' in {where}"),
        kind=kind,
    )


def _delimiter(page: Mapping[str, Any], where: str) -> str:
    """The word for the delimiter, which may also be written as itself."""
    signs = {sign: word for word, sign in DELIMITERS.items()}
    given = page.get("delimiter")
    if isinstance(given, str) and given in signs:
        return signs[given]
    return _one_of(page, "delimiter", tuple(DELIMITERS), "", where)


def _keys(page: Any, known: tuple[str, ...], where: str) -> None:
    if not isinstance(page, Mapping):
        raise BadInput(f"{where} has to be a table with the keys {choices(known)}, not {page!r}")
    strange = [key for key in page if key not in known]
    if strange:
        raise BadInput(f"{where} has no key '{strange[0]}'; choose from {choices(known)}")


def _one_of(page: Mapping[str, Any], key: str, known: tuple[str, ...], default: str, where: str) -> str:
    given = page.get(key, default)
    if given != default and given not in known:
        raise BadInput(f"'{key}' in {where} is {given!r}; choose from {choices(known)}")
    return str(given)


def _count(page: Mapping[str, Any], key: str, most: int, where: str) -> int:
    given = page[key]
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= most:
        raise BadInput(f"'{key}' in {where} is a number of lines from 0 to {most}, not {given!r}")
    return given


def _place(given: Any, where: str) -> str | int:
    if (
        isinstance(given, bool)
        or not isinstance(given, (str, int))
        or given == ""
        or (isinstance(given, int) and given < 1)
    ):
        raise BadInput(f"{where} is the name of a column or its number from 1, not {given!r}")
    return given


def _texts(given: Any, where: str) -> tuple[str, ...]:
    if not isinstance(given, (list, tuple)) or not all(isinstance(text, str) and text for text in given):
        raise BadInput(f"{where} is a list of words, not {given!r}")
    return tuple(given)
