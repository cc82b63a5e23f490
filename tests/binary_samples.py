"""Small binary files, written from scratch, and what they hold."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

EXPECT_BAD = {"arbin_res"}
"""Samples that ``sniff`` knows and ``read`` must refuse: a Jet database takes too much to write."""

Part = tuple[int, str, object]
"""A column of an .mpr file: its number, its type and its values."""

FLAG_NUMBERS = (1, 2, 3, 21, 31, 65)
_MPR_HEAD = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + bytes(4)
_DAYS = (datetime(2024, 3, 5, 12, 30) - datetime(1899, 12, 30)).total_seconds() / 86400


def mpr_module(name: str, version: int, data: bytes, *, new: bool = False) -> bytes:
    """A module in the form before EC-Lab 11.50 or, if ``new``, since."""
    names = name.encode().ljust(10) + name.encode().ljust(25)
    sizes = (0xFFFFFFFF, len(data), 0, version) if new else (len(data), version)
    return b"MODULE" + names + struct.pack(f"<{len(sizes)}I", *sizes) + b"03/05/24" + data


def mpr_table(parts: Sequence[Part], version: int = 3, flags: object = None, count: int | None = None) -> bytes:
    """The data module's content: a head of the version's length, then the rows, the flags' byte first."""
    values = [] if flags is None else [("flags", "u1", flags)]
    values += [(str(place), kind, column) for place, (_, kind, column) in enumerate(parts)]
    rows = np.zeros(len(values[0][2]), dtype=[(name, kind) for name, kind, _ in values])
    for name, _, column in values:
        rows[name] = column
    numbers = [*(FLAG_NUMBERS if flags is not None else ()), *(number for number, _, _ in parts)]
    wide, pad, length = {0: ("B", 0, 100), 2: ("H", 0, 405), 3: ("H", 0, 406)}.get(version, ("H", 1, 1007))
    head = struct.pack("<IB", rows.size if count is None else count, len(numbers)) + bytes(pad)
    return (head + struct.pack(f"<{len(numbers)}{wide}", *numbers)).ljust(length, b"\0") + rows.tobytes()


def mpr_bytes(table: bytes, version: int = 3, technique: int = 4) -> bytes:
    """A whole .mpr file with settings, data and log."""
    new = version >= 10
    log = bytes(585) + struct.pack("<d", _DAYS) + bytes(7)
    return (
        _MPR_HEAD
        + mpr_module("VMP Set", 10 if new else 0, bytes([technique]) + bytes(99), new=new)
        + mpr_module("VMP data", version, table, new=new)
        + mpr_module("VMP LOG", 11 if new else 0, log, new=new)
    )


def gcpl_parts(rows: int = 200) -> tuple[list[Part], np.ndarray]:
    """A charge and a discharge at 0.25 mA after a rest, as EC-Lab keeps them: without a current; and the flags."""
    time = 10.0 * np.arange(rows)
    third = rows // 3
    mode = np.where(np.arange(rows) < third, 3, 1).astype("u1")
    way = np.where(np.arange(rows) < third, 0, np.where(np.arange(rows) < 2 * third, 1, -1))
    charge = np.concatenate(([0.0], 0.25 * way[1:] * 10.0 / 3600))
    parts: list[Part] = [
        (131, "<u2", np.abs(way) + (way < 0)),
        (4, "<f8", time),
        (7, "<f8", charge),
        (13, "<f8", np.cumsum(charge)),
        (5, "<f4", 0.25 * way),
        (6, "<f4", 2.0 + 0.5 * np.sin(time / 500.0)),
        (39, "<u2", np.full(rows, 13)),
        (467, "<f8", np.concatenate([np.cumsum(charge[way == w]) for w in (0, 1, -1)])),
        (468, "<u4", np.abs(way) + (way < 0)),
        (70, "<f4", np.zeros(rows)),
    ]
    return parts, mode


def spectra_parts(cycles: int = 2, points: int = 30) -> list[Part]:
    """Spectra of 10 ohm in series with 50 ohm beside 20 uF, one a cycle."""
    frequency = np.tile(np.geomspace(1e5, 1e-1, points), cycles)
    z = 10 + 50 / (1 + 2j * np.pi * frequency * 50 * 20e-6)
    return [
        (32, "<f4", frequency),
        (37, "<f4", z.real),
        (38, "<f4", -z.imag),
        (36, "<f4", np.abs(z)),
        (35, "<f4", np.degrees(np.angle(z))),
        (4, "<f8", np.arange(z.size) * 2.0),
        (24, "<f8", np.repeat(np.arange(1.0, cycles + 1), points)),
    ]


_NDC_ROW = np.dtype(
    [
        ("pad0", "V1"),
        ("index", "<u4"),
        ("cycle", "<u4"),
        ("step", "u1"),
        ("kind", "u1"),
        ("pad1", "V5"),
        ("ms", "<u8"),
        ("voltage", "<i4"),  # 0.1 mV
        ("current", "<i4"),  # 0.1 uA in the range below
        ("pad2", "V4"),
        ("charge", "<i8"),  # 0.1 uA s
        ("discharge", "<i8"),
        ("charge_energy", "<i8"),
        ("discharge_energy", "<i8"),
        ("date", "u1", 7),
        ("range", "<i4"),
        ("pad3", "V8"),
    ]
)
"""A row of 'data.ndc', version 5, as fastnda 1.3 describes it."""


def ndax_bytes() -> bytes:
    """An .ndax of a charge and a discharge of 20 rows each, 30 s apart, at 0.12 mA."""
    rows = np.zeros(40, dtype=_NDC_ROW)
    within = np.tile(np.arange(20), 2)
    discharge = np.arange(40) >= 20
    rows["index"] = np.arange(1, 41)
    rows["step"] = np.where(discharge, 2, 1)
    rows["kind"] = np.where(discharge, 2, 1)  # constant-current discharge, charge
    rows["ms"] = within * 30_000
    rows["voltage"] = np.where(discharge, 24000 - within * 100, 20000 + within * 200)
    rows["current"] = np.where(discharge, -1200, 1200)
    rows["charge"] = np.where(discharge, 0, within * 36_000)
    rows["discharge"] = np.where(discharge, within * 36_000, 0)
    stamp = [datetime(2024, 3, 5, 12, i // 2, 30 * (i % 2)) for i in range(40)]
    rows["date"] = [list(struct.pack("<H5B", *t.timetuple()[:6])) for t in stamp]
    rows["range"] = 1
    block = b"\0" * 4 + (b"\xff" * 5)  # which rows of the block are in use
    block = (block.ljust(132, b"\0") + rows.tobytes()).ljust(4096, b"\0")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("VersionInfo.xml", "<root><config/></root>")
        archive.writestr("data.ndc", bytes([1, 0, 5]).ljust(4096, b"\0") + block)
    return packed.getvalue()


def _write(name: str, make: Callable[[], bytes]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(make())
        return path

    return write


def _gcpl() -> bytes:
    parts, mode = gcpl_parts()
    return mpr_bytes(mpr_table(parts, flags=mode))


def wdf_block(name: str, content: bytes) -> bytes:
    """A block of a .wdf file: its name, a number, its length, and what it holds."""
    return name.encode() + struct.pack("<IQ", 0, 16 + len(content)) + content


def wdf_bytes(
    axis: np.ndarray | None = None, *, spectra: int = 1, unit: int = 1, wavenumber: float = 1e7 / 532.0
) -> bytes:
    """A .wdf file of spectra with a line at 520.5 1/cm, from high shift to low; unit 1 is the shift, 3 is nm."""
    x = np.linspace(569.4, 450.0, 200) if axis is None else axis
    counts = 300 + 5000 / (1 + ((np.linspace(569.4, 450.0, x.size) - 520.5) / 2.0) ** 2)
    head = bytearray(496)
    struct.pack_into("<IQQIIII", head, 0x3C - 16, x.size, spectra, spectra, 3, 1, x.size, 0)
    head[0x60 - 16 : 0x64 - 16] = b"WiRE"
    struct.pack_into("<If", head, 0x98 - 16, 6, wavenumber)
    head[0xD0 - 16 : 0xD2 - 16] = b"us"
    head[0xF0 - 16 : 0xF4 - 16] = b"Li2S"
    return (
        wdf_block("WDF1", bytes(head))
        + wdf_block("DATA", np.tile(counts, spectra).astype("<f4").tobytes())
        + wdf_block("YLST", struct.pack("<IIf", 0, 16, 0.0))
        + wdf_block("XLST", struct.pack("<II", 1, unit) + x.astype("<f4").tobytes())
    )


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "arbin_res": _write("arbin.res", lambda: b"\x00\x01\x00\x00Standard Jet DB\x00".ljust(8192, b"\0")),
    "biologic_mpr": _write("biologic.mpr", _gcpl),
    "neware": _write("neware.ndax", ndax_bytes),
    "renishaw_wdf": _write("spectrum.wdf", wdf_bytes),
}
"""By the name of the reader, what writes its sample into a folder."""
