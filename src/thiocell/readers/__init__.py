"""One file a format. A reader says from a file's first bytes how sure it is, and turns the file into records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.core.shelf import Shelf
from thiocell.readers._origin import contents

HEAD = 65536
"""Bytes of a file that ``sniff`` sees; assumed: enough for the longest head of the formats here."""


_DECLARED = "columns"  # the reader of files whose columns a study declares


class Reader(Protocol):
    """A module with these two functions; one that also writes its format has ``write(record, path)``.

    One of plain text has ``BARE``, the names of the columns that it takes numbers without a head for.
    """

    def sniff(self, head: bytes) -> float:
        """How sure this is the reader's format: 0 not at all, 1 certain."""

    def read(self, path: Path) -> tuple[Record, ...]:
        """The records in the file; raises BadInput, naming what and where, if it is damaged or another format."""


def _take(_name: str, module: object) -> Reader:
    return cast("Reader", module)


READERS: Shelf[Reader] = Shelf("reader", __name__, tuple(__path__), _take)


def identify(path: Path, wanted: Sequence[str] = ()) -> str:
    """The name of the reader that is surest of the file's content; raises BadInput for none or a tie.

    Where it is to hold the columns ``wanted``, the reader of bare ones of these names decides instead: it says what is
    wrong with them.
    """
    head = contents(path, HEAD)
    certainty = {name: reader.sniff(head) for name, reader in READERS.all().items()}
    best = max(certainty.values(), default=0.0)
    winners = sorted(name for name, sure in certainty.items() if sure == best)
    if best <= 0 or len(winners) > 1:
        own = [name for name in winners if wanted and getattr(READERS.find(name), "BARE", ()) == tuple(wanted)]
        winners = own or winners
    if best <= 0 and len(winners) != 1:
        raise BadInput(
            f"{path} is in no format known here ({', '.join(READERS.names)}); name its reader or declare its columns, "
            "in a study or by --reader or --columns"
        )
    if len(winners) > 1:
        by = " or ".join(f"--reader {name}" for name in winners)
        raise BadInput(
            f"{path} could be {' or '.join(winners)}; name the reader, by {by}, in a study as reader = '{winners[0]}'"
        )
    return winners[0]


def read(
    path: Path,
    reader: str | None = None,
    columns: Mapping[str, Any] | None = None,
    layout: Mapping[str, Any] | None = None,
    wanted: Sequence[str] = (),
) -> tuple[Record, ...]:
    """The records in a file, by the named reader, by declared ``columns``, or by the reader its content calls for.

    ``columns`` and ``layout`` are a study's tables of those names; see ``thiocell.readers.columns``. ``wanted`` are the
    columns that whoever reads it needs.
    """
    if columns or layout:
        if reader not in (None, "", _DECLARED):
            raise BadInput(f"{path} cannot have both the reader '{reader}' and declared columns; leave one out")
        declared = cast("Any", READERS.find(_DECLARED))
        return cast("tuple[Record, ...]", declared.read(path, columns or {}, layout))
    return READERS.find(reader or identify(path, wanted)).read(path)
