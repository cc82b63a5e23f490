"""Clock times and dates, to seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thiocell.readers._table import Table

Array = NDArray[np.float64]

_TIME = r"(?P<h>\d+):(?P<min>\d{1,2})(?::(?P<s>\d{1,2}(?:[.,]\d*)?))"
_NOON = r"\s*(?P<noon>[AaPp][Mm])?"
_SPLIT = r"[-/.]"
FORMS = {
    "h:m:s": rf"^(?:(?P<days>\d+)(?:-|d\s*|\s+|:))?{_TIME}$",
    "y-m-d h:m:s": rf"^(?P<y>\d{{4}}){_SPLIT}(?P<mon>\d{{1,2}}){_SPLIT}(?P<d>\d{{1,2}})[T\s]+{_TIME}?{_NOON}Z?$",
    "d/m/y h:m:s": rf"^(?P<d>\d{{1,2}}){_SPLIT}(?P<mon>\d{{1,2}}){_SPLIT}(?P<y>\d{{4}})[T\s]+{_TIME}?{_NOON}$",
    "m/d/y h:m:s": rf"^(?P<mon>\d{{1,2}}){_SPLIT}(?P<d>\d{{1,2}}){_SPLIT}(?P<y>\d{{4}})[T\s]+{_TIME}?{_NOON}$",
}
"""How a time may be written: '144:01:18.5' or '6-00:01:18', or a date and a time in one of three orders."""


def clock_seconds(table: Table, column: str | int, form: str) -> Array:
    """The column in seconds: a clock's own, or for dates those since the first row; raises BadInput with the line."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = table.text(column)
    parts = pc.extract_regex(text, FORMS[form])
    right = pc.is_valid(parts).to_numpy(zero_copy_only=False)

    def part(name: str) -> Array:
        digits = pc.replace_substring(pc.struct_field(parts, name), ",", ".")
        known = pc.if_else(pc.equal(digits, ""), "0", digits)
        return np.array(pc.cast(known, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)

    hours, minutes, seconds = part("h"), part("min"), part("s")
    right &= (minutes < 60) & (seconds < 61)  # a leap second may be written as 60
    if form == "h:m:s":
        days = part("days")
    else:
        hours = _of_day(hours, pc.struct_field(parts, "noon").to_numpy(zero_copy_only=False))
        days, real = _days(part("y"), part("mon"), part("d"))
        right &= real & (hours < 24)
    if not right.all():
        raise table.error(int(np.argmin(right)), column, f"a time written as {form}")
    if form != "h:m:s":
        days = days - days[:1]
    total = days * 86400.0 + hours * 3600.0 + minutes * 60.0 + seconds
    return total if form == "h:m:s" else total - total[:1]


def _of_day(hours: Array, noon: NDArray[np.object_]) -> Array:
    """Hours of the day from hours with 'AM' or 'PM'."""
    half = np.array([str(word or "").upper() for word in noon])
    return np.where(half == "", hours, hours % 12 + np.where(half == "PM", 12, 0))


def _days(year: Array, month: Array, day: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Days since 1970-01-01, and which of the dates exist."""
    safe = [np.nan_to_num(part, nan=1.0) for part in (year, month, day)]
    known = np.isfinite(year) & (safe[1] >= 1) & (safe[1] <= 12) & (safe[2] >= 1)
    months = ((safe[0] - 1970) * 12 + np.clip(safe[1], 1, 12) - 1).astype(np.int64)
    begin = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = begin + safe[2] - 1
    return days.astype(np.float64), known & (days < following)
