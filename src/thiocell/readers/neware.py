"""Reader of Neware binary files (.nda, .ndax), whose bytes the engine fastnda (BSD-3-Clause) takes apart."""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Array, Column, Record
from thiocell.readers._checked import cycling, split_counter
from thiocell.readers._origin import contents, origin, record_name

if TYPE_CHECKING:
    import polars as pl

_NDA = b"NEWARE"
_ZIP = b"PK\x03\x04"
_MEMBERS = (b"data.ndc", b"VersionInfo.xml", b"TestInfo.xml")
_LARGEST, _RATIO = 1 << 26, 200
"""Bytes that an archive may unpack to, or that many times its own; assumed: a real file unpacks to 4 times its size."""
_COLUMNS = {
    "total_time_s": ("time", "s"),
    "step_time_s": ("step_time", "s"),
    "voltage_V": ("voltage", "V"),
    "current_mA": ("current", "mA"),
    "cycle_count": ("cycle", ""),
    "step_count": ("step", ""),
    "step_index": ("schedule_step", ""),
    "capacity_mAh": ("step_charge", "mAh"),
    "energy_mWh": ("step_energy", "mWh"),
}


def sniff(head: bytes) -> float:
    """1 if the file begins as Neware's .nda does or is an archive with the members of an .ndax."""
    packed = head.startswith(_ZIP) and any(member in head for member in _MEMBERS)
    return 1.0 if head.startswith(_NDA) or packed else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One cycling record, current positive on charge; ``time`` is that of the test, in seconds.

    The counters and ``step_time`` restart with each step. Raises BadInput if the file is damaged or another format.
    """
    data = contents(path)
    place = path.name
    if data.startswith(_ZIP):
        _check_archive(data, place)
    elif not data.startswith(_NDA):
        raise BadInput(f"{place} is no Neware file: it begins neither with 'NEWARE' (.nda) nor as an archive (.ndax)")
    frame, doubts = _frame(data, place)
    if not frame.height:
        raise BadInput(f"{place} holds no rows: the test had not begun to record")
    columns = {
        name: Column(_numbers(frame[theirs]), unit)
        for theirs, (name, unit) in _COLUMNS.items()
        if theirs in frame.columns
    }
    if "step_charge" in columns:
        columns.update(split_counter(columns["step_charge"].values, "mAh"))
    if "index" in frame.columns and (gaps := int(np.count_nonzero(np.diff(_numbers(frame["index"])) != 1))):
        doubts = (*doubts, f"{gaps} rows are followed by a gap in their numbers")
    notes = _notes(frame)
    return (cycling(record_name(path), columns, origin(path, data), doubts, notes),)


def _check_archive(data: bytes, place: str) -> None:
    """Raises BadInput unless the archive has the data and unpacks to a size that makes sense."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except Exception as error:  # zipfile raises half a dozen kinds on damaged archives
        raise BadInput(f"{place} is a damaged or cut archive ({error}); copy the .ndax again") from error
    if "data.ndc" not in {member.filename for member in members}:
        raise BadInput(f"{place} is an archive without 'data.ndc'; a Neware .ndax has one")
    size = sum(member.file_size for member in members)
    if size > max(_LARGEST, _RATIO * len(data)):
        raise BadInput(f"{place} would unpack to {size} bytes, {size // len(data)} times its size; it is damaged")


def _frame(data: bytes, place: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """What the engine makes of the bytes, and what it warns of; raises BadInput for whatever it raises."""
    try:
        import fastnda
    except ImportError as error:
        raise BadInput(f"{place} needs the package 'fastnda' to be read; pip install fastnda") from error
    # the engine goes by the ending of the name, and must see the very bytes whose hash the record carries
    with tempfile.TemporaryDirectory() as folder, _unchanged_zlib(), _heard() as said:
        copy = Path(folder) / ("record.ndax" if data.startswith(_ZIP) else "record.nda")
        copy.write_bytes(data)
        try:
            frame = fastnda.read(copy, cycle_mode="raw")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic in the engine's compiled part is no Exception
            reason = str(error).partition("\n")[0][:200] or type(error).__name__
            raise BadInput(f"{place} cannot be read as a Neware file ({reason}); it is damaged or too new") from error
    return frame, tuple(dict.fromkeys(said))


@contextmanager
def _heard() -> Iterator[list[str]]:
    """A list that collects the engine's warnings and log, which then reach nobody else."""
    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"fastnda: {record.getMessage()}")

    log, ear = logging.getLogger("fastnda"), Ear(logging.WARNING)
    propagated = log.propagate
    log.addHandler(ear)
    log.propagate = False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield said
    finally:
        log.removeHandler(ear)
        log.propagate = propagated
        said.extend(f"fastnda: {warning.message}" for warning in caught)


@contextmanager
def _unchanged_zlib() -> Iterator[None]:
    """Undoes what the engine does to zlib when first used: it puts in the functions, and errors, of another library."""
    kept = {name: getattr(zlib, name) for name in ("decompress", "decompressobj")}
    try:
        yield
    finally:
        vars(zlib).update(kept)


def _numbers(column: pl.Series) -> Array:
    """The column as numbers, NaN where the engine has none."""
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _notes(frame: pl.DataFrame) -> dict[str, str]:
    """The kinds of step in the order in which they first come, and the start of the test by the cycler's clock."""
    notes = {}
    if "step_type" in frame.columns:
        kinds = frame["step_type"].cast(str).unique(maintain_order=True).drop_nulls()
        notes["steps"] = ", ".join(kinds)
    if "unix_time_s" in frame.columns and np.isfinite(start := _numbers(frame["unix_time_s"])[0]):
        notes["started"] = str(np.datetime64(int(start), "s")).replace("T", " ")
    return notes
