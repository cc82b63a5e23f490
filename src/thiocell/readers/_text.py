"""The text in a file: its encoding, its lines, and where its table begins."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from thiocell.core.bad_input import BadInput

ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "shift_jis": "cp932",
    "cp932": "cp932",
    "euc_jp": "euc_jp",
    "gb18030": "gb18030",
    "big5": "big5",
    "latin-1": "latin-1",
    "cp1252": "cp1252",
}
"""The encodings that may be declared, and the codec that reads each; cp932 holds all of Shift JIS and more."""

DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "bar": "|", "space": " "}
"""Words for what stands between two columns; 'space' is any run of spaces and tabs."""

SEARCHED = 1000
"""Lines searched for the one that names the columns; assumed: longer than the head of any export seen."""

_WINDOW = 1 << 16  # bytes looked at in one go from the end; any would do
_LINE_END = re.compile(rb"\r\n|\r|\n")
_JAPANESE = re.compile("[぀-ヿ一-鿿]{2}")
_BLANKS = re.compile(rb"[ \t]+")


@dataclass(frozen=True)
class Text:
    """``data`` in UTF-8 from the file ``place``."""

    place: str
    data: bytes

    @cached_property
    def head(self) -> list[str]:
        """The first lines, without their ends."""
        lines: list[str] = []
        start = 0
        for end in _LINE_END.finditer(self.data):
            lines.append(self.data[start : end.start()].decode("utf-8"))
            start = end.end()
            if len(lines) == SEARCHED:
                return lines
        return [*lines, self.data[start:].decode("utf-8")]

    def after(self, lines: int) -> bytes:
        """What follows the first ``lines`` lines, without the blank lines at the very end."""
        start = 0
        ends: Iterator[re.Match[bytes]] = _LINE_END.finditer(self.data)
        for _ in range(lines):
            end = next(ends, None)
            if end is None:
                return b""
            start = end.end()
        return _without_blank_end(self.data[start:])


def decode(data: bytes, place: str, encoding: str = "") -> Text:
    """The text in ``data``, in the declared encoding or in the one it looks like; raises BadInput if it is none."""
    if encoding and encoding not in ENCODINGS:
        raise BadInput(f"'{encoding}' is not an encoding known here; choose from {', '.join(ENCODINGS)}")
    if encoding:
        try:
            plain = data.decode(ENCODINGS[encoding]).removeprefix("\ufeff").encode()
        except UnicodeError as error:
            raise BadInput(f"{place} is not in the encoding '{encoding}' ({error}); declare another") from error
    else:
        plain = _guess(data, place)
    if b"\x00" in plain:
        raise BadInput(f"{place} holds binary data where text was expected; it is damaged or in another format")
    return Text(place, plain)


def western(data: bytes) -> str:
    """The encoding of what a European program wrote: UTF-8 where it is that, else latin-1."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _guess(data: bytes, place: str) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode()
        except UnicodeError as error:
            raise BadInput(f"{place} begins like UTF-16 but is not ({error}); it is damaged or cut") from error
    plain = data.removeprefix(codecs.BOM_UTF8)
    for codec in ("utf-8", "cp932", "cp1252"):
        try:
            text = plain.decode(codec)
        except UnicodeError:
            continue
        # most western text with accents can be read as cp932 too, but then Japanese signs stand alone
        if codec != "cp932" or _JAPANESE.search(text):
            return plain if codec == "utf-8" else text.encode()
    return plain.decode("latin-1").encode()


def _without_blank_end(data: bytes) -> bytes:
    """``data`` without last lines that hold nothing but delimiters."""
    end = len(data)
    while end:
        begin = max(0, end - _WINDOW)
        start = max(data.rfind(b"\n", begin, end - 1), data.rfind(b"\r", begin, end - 1), begin - 1) + 1
        if data[start:end].strip(b" \t\r\n,;|"):
            break
        end = start
    return data[:end]


def fields(line: str, delimiter: str) -> list[str]:
    """The stripped fields of one line; the empty ones at its end stay."""
    if delimiter == " ":
        return line.split()
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return [field.strip() for field in line.split(delimiter)]


def even_blanks(body: bytes) -> bytes:
    """``body`` with one tab for each run of blanks, and none where a line begins or ends."""
    return b"\n".join(_BLANKS.sub(b"\t", line.strip(b" \t")) for line in body.splitlines())


def find_header(text: Text, fits: Callable[[list[str]], bool], delimiters: str = "\t,;|") -> tuple[int, str] | None:
    """Number of lines before the first line whose fields fit, and its delimiter; None if there is no such line."""
    for number, line in enumerate(text.head):
        for delimiter in delimiters:
            if (delimiter in line or len(delimiters) == 1) and fits(fields(line, delimiter)):
                return number, delimiter
    return None
