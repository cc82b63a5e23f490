"""Reader of Arbin MITS files (.res), which are Access databases; the program mdb-export takes them apart."""

from __future__ import annotations

import io
import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Timer
from typing import IO, TYPE_CHECKING

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.core.source import Source
from thiocell.readers._checked import cycling
from thiocell.readers._origin import contents, origin, record_name

if TYPE_CHECKING:
    import pandas as pd

_MAGIC = (b"\x00\x01\x00\x00Standard Jet DB\x00", b"\x00\x01\x00\x00Standard ACE DB\x00")
_TESTS, _ROWS = "Global_Table", "Channel_Normal_Table"
_INSTALL = (
    "install mdbtools (Debian, Ubuntu: apt install mdbtools; macOS: brew install mdbtools; "
    "conda install -c conda-forge mdbtools) or export the test as text"
)
_SECONDS = 300.0
"""Longest that the program may take; assumed: a file of 100 MB takes it some 10 s."""
_LARGEST, _RATIO = 1 << 24, 30
"""Bytes that it may write, or that many times those of the file; assumed: the file seen gives 1.1 times its own."""
_COLUMNS = {
    "Test_Time": ("time", "s"),
    "Step_Time": ("step_time", "s"),
    "Voltage": ("voltage", "V"),
    "Current": ("current", "A"),
    "Cycle_Index": ("cycle", ""),
    "Step_Index": ("step", ""),
    "Charge_Capacity": ("charge_counter", "Ah"),
    "Discharge_Capacity": ("discharge_counter", "Ah"),
    "Charge_Energy": ("charge_energy", "Wh"),
    "Discharge_Energy": ("discharge_energy", "Wh"),
    "Internal_Resistance": ("internal_resistance", "ohm"),
}
_NOTES = {
    "Test_Name": "test",
    "Schedule_File_Name": "schedule",
    "Channel_Index": "channel",
    "Software_Version": "software",
    "Serial_Number": "serial number",
    "Creator": "creator",
    "Comments": "comments",
    "MASS": "mass as entered, unit not in the file",
}


def sniff(head: bytes) -> float:
    """1 if the file begins as an Access database does; among the formats here only Arbin's is one."""
    return 1.0 if head.startswith(_MAGIC) else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One cycling record a test in the file, its rows in the order of their numbers; current positive on charge.

    Raises BadInput if the file is damaged or another format, or if the program mdb-export is not installed.
    """
    data = contents(path)
    place = path.name
    if not sniff(data[: len(_MAGIC[0])]):
        raise BadInput(f"{place} is no Arbin .res file: it does not begin as an Access database")
    program = shutil.which("mdb-export")
    if program is None:
        raise BadInput(f"{place} needs the program mdb-export to be read; {_INSTALL}")
    limit = max(_LARGEST, _RATIO * len(data))
    rows = _table(Path(program).absolute(), path, _ROWS, limit)
    wanted = ("Test_ID", "Data_Point", "Test_Time", "Voltage", "Current")
    missing = [name for name in wanted if name not in rows.columns]
    if missing:
        raise BadInput(f"{place} has no column {', '.join(missing)} in its table {_ROWS}; it is no Arbin .res file")
    if not len(rows):
        raise BadInput(f"{place} holds no rows: no test had begun to record")
    numbers = _numeric(rows, place)
    tests = _table(Path(program).absolute(), path, _TESTS, limit)
    return tuple(_records(path, numbers, tests, origin(path, data)))


def _table(program: Path, path: Path, name: str, limit: int) -> pd.DataFrame:
    """The table as text; raises BadInput if the file has none or the program fails on it."""
    import pandas as pd

    text, complaint, whole = _export(program, path, name, limit)
    if complaint or not whole:  # a page that cannot be read is left out with no more than a complaint
        reason = f" (mdb-export says: {complaint[:200]})" if complaint else ""
        raise BadInput(f"{path.name} gives no whole table {name}: it is damaged or no Arbin .res file{reason}")
    try:
        return pd.read_csv(io.BytesIO(text), encoding_errors="replace", low_memory=False)
    except (ValueError, OverflowError, MemoryError) as error:  # pandas' own errors are ValueErrors
        raise BadInput(f"{path.name} has a table {name} that cannot be read; it is damaged") from error


def _export(program: Path, path: Path, name: str, limit: int) -> tuple[bytes, str, bool]:
    """The table as the program writes it, the first line of what it complains of, and whether it came to an end."""
    # the absolute path cannot be taken for an option; some locales would write a comma in numbers
    command = [str(program), "-b", "strip", str(path.absolute()), name]
    with tempfile.TemporaryFile() as errors, _started_program(command, errors) as process:
        timer = Timer(_SECONDS, process.kill)
        timer.start()
        try:
            text = process.stdout.read(limit + 1) if process.stdout else b""
            if len(text) > limit:
                process.kill()
            process.wait()
        finally:
            timer.cancel()
        errors.seek(0)
        complaint = errors.readline(1000).decode("utf-8", "replace").strip()
    return text, complaint, process.returncode == 0 and len(text) <= limit


def _started_program(command: list[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """The running program; raises BadInput if the system will not run it."""
    local = {**os.environ, "LC_ALL": "C", "MDBICONV": "UTF-8"}
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=local)
    except OSError as error:
        raise BadInput(f"{command[0]} cannot be run: {error.strerror or error}; {_INSTALL}") from error


def _numeric(rows: pd.DataFrame, place: str) -> pd.DataFrame:
    """The columns that a record takes, as numbers, in the order of test and data point."""
    kept = rows[["Test_ID", "Data_Point", *(name for name in _COLUMNS if name in rows.columns)]]
    try:
        numbers = kept.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{place} has words among the numbers of its table {_ROWS} ({error}); it is damaged") from error
    if not np.isfinite(numbers[["Test_ID", "Data_Point"]].to_numpy()).all():
        raise BadInput(f"{place} has rows without the number of their test or data point; it is damaged")
    return numbers.sort_values(["Test_ID", "Data_Point"], kind="stable")


def _records(path: Path, rows: pd.DataFrame, tests: pd.DataFrame, source: Source) -> Iterator[Record]:
    for number, (test, part) in enumerate(rows.groupby("Test_ID", sort=True), 1):
        columns = {
            name: Column(part[theirs].to_numpy(), unit)
            for theirs, (name, unit) in _COLUMNS.items()
            if theirs in part.columns
        }
        steps = np.diff(part["Data_Point"].to_numpy())
        kinds = (("are recorded more than once", steps == 0), ("are followed by a gap in their numbers", steps > 1))
        doubts = [f"{np.count_nonzero(rows)} data points {what}" for what, rows in kinds if rows.any()]
        yield cycling(record_name(path, number), columns, source, doubts, _notes(tests, float(str(test))))


def _notes(tests: pd.DataFrame, test: float) -> dict[str, str]:
    """What the table of tests says of one of them."""
    if "Test_ID" not in tests.columns:
        return {}
    for entry in tests.to_dict("records"):
        if str(entry["Test_ID"]) in (str(int(test)), str(test)):
            told = {ours: str(entry[theirs]) for theirs, ours in _NOTES.items() if _told(entry.get(theirs))}
            return told | _started(entry.get("Start_DateTime"))
    return {}


def _told(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _started(days: object) -> dict[str, str]:
    """The start by the cycler's clock, written in days since 1899-12-30 (OLE date)."""
    if not isinstance(days, float) or not 2e4 < days < 1e5:  # 1954 to 2173
        return {}
    return {"started": (datetime(1899, 12, 30) + timedelta(days=days)).isoformat(" ", "seconds")}
