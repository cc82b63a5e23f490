"""The bytes of a file, and where a record made of them says it comes from."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import cast

from thiocell.core.bad_input import BadInput
from thiocell.core.source import KINDS, Kind, Source

_OURS = re.compile(rb"(?:\xef\xbb\xbf)?# source: ([a-z]+)\b")


def contents(path: Path, most: int = -1) -> bytes:
    """Every byte of the file, or the first ``most`` of them; raises BadInput if it cannot be read or is empty."""
    try:
        if not path.is_file():  # a pipe or a device might never end
            raise BadInput(f"{path} is not a file; name an existing one")
        with path.open("rb") as file:
            data = file.read(most)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    if not data:
        raise BadInput(f"{path} is empty; there is nothing to read")
    return data


def origin(path: Path, data: bytes, kind: Kind = "measured") -> Source:
    """The source of a record read from ``path``: the hash of its bytes and the file's name.

    A table of a report that says in its first line what its numbers are is believed: a prediction stays one.
    """
    if kind == "measured" and (found := _OURS.match(data)) and (told := found[1].decode()) in KINDS:
        kind = cast("Kind", told)
    return Source(kind, f"sha256:{hashlib.sha256(data).hexdigest()}", path.name)


def record_name(path: Path, number: int = 1) -> str:
    """The file's name without its endings; the second record of a file and those after it add '#2', '#3', ..."""
    stem = path.stem.removesuffix(".bdf")
    return stem if number == 1 else f"{stem}#{number}"
