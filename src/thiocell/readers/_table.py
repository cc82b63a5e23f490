"""A fast engine for tables: columns found by name or number, turned to numbers when asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.readers._text import Text, even_blanks, fields

Array = NDArray[np.float64]

BLANK = ("", "-", "--", "nan", "null", "none", "n/a", "na", "#n/a")
"""What instruments write for 'no value', in small letters."""

_NUMBER = r"^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$"
_WIDEST = 1 << 20  # bytes of the longest first row; assumed
_LONGEST = 40  # letters of an offending text that an error repeats; assumed


@dataclass(frozen=True)
class Table:
    """Columns by their place under ``names``; ``line`` tells where in the file a row stands, counted from zero.

    ``open_end`` says that nothing, not even a line end, follows the last number of the last row.
    """

    place: str
    names: tuple[str, ...]
    columns: Mapping[int, Any]
    line: Callable[[int], str]
    decimal: str = "."
    open_end: bool = False

    def doubts(self, used: Iterable[int]) -> tuple[str, ...]:
        """The doubt that the last number may be cut, if no line end follows it and its column (from 1) is ``used``."""
        cut = self.open_end and len(self.names) in used
        return (f"no line end follows the last number of {self.place}: it may have been cut short",) if cut else ()

    def __len__(self) -> int:
        return next((len(column) for column in self.columns.values()), 0)

    def index(self, column: str | int) -> int:
        """Where the column of that name or number (from 1) stands, counted from 0; raises BadInput if there is none."""
        if isinstance(column, int):
            if not 1 <= column <= len(self.names):
                raise BadInput(f"{self.place} has {len(self.names)} columns; there is no column {column}")
            return column - 1
        found = [i for i, name in enumerate(self.names) if name == column]
        if not found:
            raise BadInput(f"{self.place} has no column '{column}'; it has {self.listed}")
        if len(found) > 1:
            raise BadInput(f"{self.place} has {len(found)} columns '{column}'; name one by its number")
        return found[0]

    @property
    def listed(self) -> str:
        """The names of the columns, for an error sentence."""
        return ", ".join(f"'{name}'" for name in self.names if name) or "none"

    def text(self, column: str | int) -> Any:
        """The column as pyarrow strings without blanks at their ends; a missing value is an empty string."""
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            strings = pc.cast(self.columns[self.index(column)], pa.string())
        except pa.ArrowException as error:
            raise BadInput(f"column '{column}' of {self.place} holds neither numbers nor text") from error
        return pc.fill_null(pc.utf8_trim_whitespace(strings), "")

    def words(self, column: str | int) -> tuple[NDArray[np.int64], list[str]]:
        """For each row the place of its text in a list of the different texts, and that list."""
        coded = self.text(column).combine_chunks().dictionary_encode()
        if hasattr(coded, "combine_chunks"):
            coded = coded.combine_chunks()
        return coded.indices.to_numpy().astype(np.int64), [str(word) for word in coded.dictionary.to_pylist()]

    def number(self, column: str | int, *, may_be_blank: bool = False) -> Array:
        """The column as numbers, blanks as NaN; raises BadInput with line and column for text, infinity or a blank."""
        import pyarrow as pa

        stored = self.columns[self.index(column)]
        if pa.types.is_floating(stored.type) or pa.types.is_integer(stored.type) or pa.types.is_decimal(stored.type):
            values = np.asarray(stored.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
        else:
            values = self._parsed(column)
        wrong = np.isinf(values) if may_be_blank else ~np.isfinite(values)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise self.error(row, column, "a finite number")
        return values

    def error(self, row: int, column: str | int, wanted: str) -> BadInput:
        """The error that names the text in a row and column, and what was wanted there."""
        found = str(self.text(column)[row])
        shown = f"'{found[:_LONGEST]}'" if found else "nothing"
        name = f"'{title}'" if (title := self.names[self.index(column)]) else column
        return BadInput(f"{self.place}, {self.line(row)}, column {name} holds {shown}; {wanted} was expected")

    def _parsed(self, column: str | int) -> Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        text = plain = self.text(column)
        if self.decimal == ",":
            # a point would be a thousands mark here, and '1.234' would be read a thousand times too small
            plain = pc.if_else(pc.match_substring(text, "."), "point", pc.replace_substring(text, ",", "."))
        try:
            values = pc.cast(plain, pa.float64())
        except pa.ArrowException:
            blank = pc.is_in(pc.utf8_lower(text), value_set=pa.array(BLANK))
            right = pc.or_(blank, pc.match_substring_regex(plain, _NUMBER)).to_numpy(zero_copy_only=False)
            if not right.all():
                row = int(np.argmin(right))
                other = "," if self.decimal == "." else "."
                hint = f" (or decimal = '{other}' in [layout])" if other in str(text[row]) else ""
                raise self.error(row, column, f"a number with decimal sign '{self.decimal}'{hint}") from None
            values = pc.cast(pc.if_else(blank, pa.scalar(None, pa.string()), plain), pa.float64())
        return np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def parse(
    text: Text, skip: int, header: int, delimiter: str, decimal: str = ".", wanted: Collection[str] | None = None
) -> Table:
    """The table after ``skip`` lines, the first of whose ``header`` lines names its columns; raises BadInput.

    Only the columns of ``wanted`` names, in small letters, are kept, if given: most exports have many more.
    """
    body = text.after(skip + header)
    if not body:
        raise BadInput(f"{text.place} holds no rows of data after line {skip + header}")
    if delimiter == " ":
        body = even_blanks(body)
    named = fields(text.head[skip], delimiter) if header else []
    first = next((line.decode("utf-8", "replace") for line in body[:_WIDEST].splitlines() if line), "")
    wide = "\t" if delimiter == " " else delimiter
    names = _fit(named, fields(first, wide), text.place, skip)
    kept = [i for i, name in enumerate(names) if wanted is None or name.casefold() in wanted]
    columns = _load(text, body, skip + header, len(names), kept, wide)
    open_end = not text.data.endswith((b"\n", b"\r"))
    return Table(text.place, names, columns, _Lines(body, skip + header), decimal, open_end)


@dataclass(frozen=True)
class _Lines:
    """The line in the file of each row, worked out only when an error needs it."""

    body: bytes
    before: int

    def __call__(self, row: int) -> str:
        full = (number for number, line in enumerate(self.body.splitlines(), 1) if line)
        for _ in range(row):
            next(full, None)
        return f"line {self.before + next(full, 0)}"


def _fit(named: list[str], first: list[str], place: str, skip: int) -> tuple[str, ...]:
    """The names for as many columns as the first row has; only empty ones may be missing or too many."""
    if any(named[len(first) :]) or (named and any(first[len(named) :])):
        raise BadInput(
            f"the first row of {place} has {len(first)} values, but line {skip + 1} names {len(named)} columns"
        )
    return tuple(named[: len(first)] + [""] * (len(first) - len(named)))


def _load(text: Text, body: bytes, before: int, width: int, kept: list[int], delimiter: str) -> dict[int, Any]:
    """The ``kept`` columns as pyarrow strings."""
    import pyarrow as pa
    from pyarrow import csv

    bad: list[Any] = []

    def note(row: Any) -> str:
        bad.append(row)
        return "error"

    names = [str(i) for i in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(body),
            csv.ReadOptions(use_threads=False, column_names=names),  # threads would hide the number of a bad row
            csv.ParseOptions(delimiter=delimiter, invalid_row_handler=note),
            csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[names[i] for i in kept],
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowException, UnicodeError) as error:
        raise _ragged(text, body, before, bad, error) from error
    return {i: table.column(names[i]) for i in kept}


def _ragged(text: Text, body: bytes, before: int, bad: list[Any], error: Exception) -> BadInput:
    if not bad:
        return BadInput(f"{text.place} is no even table: {str(error).splitlines()[0][:100]}")
    row = bad[0]
    where = _Lines(body, before)((row.number or 1) - 1)
    last = where == f"line {before + len(body.splitlines())}"
    if last and row.actual_columns < row.expected_columns:
        return BadInput(f"{text.place} ends in the middle of a line ({where}); it was cut short")
    return BadInput(
        f"{text.place}, {where} has {row.actual_columns} values where the lines before it have {row.expected_columns}"
    )


def every_name(names: Names, *more: str) -> frozenset[str]:
    """All the names, in small letters, that a file may give the columns of ``names``, and ``more``."""
    return frozenset(name.casefold() for known in names.values() for name in known).union(n.casefold() for n in more)


Names = Mapping[str, Mapping[str, str]]
"""For each word of ours the names that a file may give the column, each with its unit; the first present is taken."""


def find(table: Table, names: Names, required: Sequence[str] = ()) -> dict[str, tuple[int, str]]:
    """Number (from 1) and unit of the column of each word the table has; raises BadInput if a required one lacks."""
    there: dict[str, int] = {}
    for number, name in enumerate(table.names, 1):
        there.setdefault(name.casefold(), number)
    found = {}
    for word, known in names.items():
        hit = next(((there[n.casefold()], unit) for n, unit in known.items() if n.casefold() in there), None)
        if hit is not None:
            found[word] = hit
        elif word in required:
            wanted = " or ".join(f"'{name}'" for name in known)
            raise BadInput(f"{table.place} has no column for {word}, {wanted}; it has {table.listed}")
    return found
