"""Reader of BioLogic EC-Lab binary files (.mpr): cycling, or impedance with each spectrum as a record of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Array, Column, Record
from thiocell.core.source import Source
from thiocell.readers._checked import check, cycling, split_counter
from thiocell.readers._mean_current import disagreement, mean_current
from thiocell.readers._mpr_columns import ERROR, FIELDS, FLAGS, MODE, Field
from thiocell.readers._origin import contents, origin, record_name
from thiocell.readers._sweeps import split_sweeps

_MAGIC = b"BIO-LOGIC MODULAR FILE\x1a"
_FIRST_MODULE = 52  # the magic padded to 48 bytes, and 4 more: as in every file seen
_NEW_HEADER = 0xFFFFFFFF  # stands where older files have the length: EC-Lab 11.50, echemdata/galvani issue 87
_LAYOUTS = {0: ("u1", 5, 100), 2: ("<u2", 5, 405), 3: ("<u2", 5, 406), 10: ("<u2", 6, 1007), 11: ("<u2", 6, 1007)}
"""Version of the data module: type of the column numbers, where they begin, where the rows begin."""
_GALVANOSTATIC, _POTENTIOSTATIC, _REST = 1, 2, 3
_TECHNIQUES = {4: "GCPL"}
"""First byte of the settings; only what a file seen confirms."""
_STARTED = 585
"""Place of the start time in the log of EC-Lab 11.32, in days since 1899-12-30 (OLE date)."""
_SAME = 1e-3
"""Largest relative difference between Re(Z), Im(Z) and |Z|; assumed: 1e-7 is what EC-Lab writes."""
_COULOMBS = 3.6  # in one mAh
_MEAN_CURRENT = "mean since the row before, charge increment over time (EC-Lab's <I>); the first row repeats the second"


@dataclass(frozen=True)
class _Module:
    name: str
    version: int
    date: str
    data: memoryview


@dataclass(frozen=True)
class _Rows:
    """The rows of a file, one column a field; ``flags`` is the byte of packed columns, if it is there."""

    columns: Mapping[str, Array]
    flags: NDArray[np.uint8] | None
    doubts: tuple[str, ...]

    @property
    def mode(self) -> NDArray[np.uint8] | None:
        """Of each row: 1 galvanostatic, 2 potentiostatic, 3 rest."""
        return None if self.flags is None else np.bitwise_and(self.flags, np.uint8(MODE))


def sniff(head: bytes) -> float:
    """1 if the file begins as EC-Lab's binary files do."""
    return 1.0 if head.startswith(_MAGIC) else 0.0


@np.errstate(all="ignore")  # damaged numbers become infinite or NaN, which the checks refuse in words
def read(path: Path) -> tuple[Record, ...]:
    """A cycling record, or one impedance record a spectrum, with Im(Z) negative where the sample is capacitive.

    The current is positive on charge, as BioLogic has it; the counters of charge restart with each half cycle.
    Raises BadInput if the file is damaged or another format.
    """
    data = contents(path)
    place = path.name
    if not sniff(data[: len(_MAGIC)]):
        raise BadInput(f"{place} is no EC-Lab binary file: it does not begin with 'BIO-LOGIC MODULAR FILE'")
    modules = list(_modules(data, place))
    tables = [module for module in modules if module.name == "VMP data"]
    if len(tables) != 1:
        raise BadInput(f"{place} has {len(tables)} modules 'VMP data'; it must have one (merged files: export as text)")
    rows = _rows(tables[0], place)
    source, notes = origin(path, data), _notes(modules)
    frequency = rows.columns.get("frequency")
    if frequency is not None and (frequency > 0).any():
        return _spectra(path, rows, source, notes)
    return (_cycling(path, rows, source, notes),)


def _modules(data: bytes, place: str) -> Iterator[_Module]:
    """The modules in their order; each begins with 'MODULE', its two names, length, version and date."""
    at = _FIRST_MODULE
    while at < len(data):
        if data[at : at + 6] != b"MODULE":
            raise BadInput(f"{place} is damaged at byte {at}: a module was expected there")
        if len(data) < at + 65:  # 6 + 59, the longer of the two headers
            raise BadInput(f"{place} is cut within the head of a module at byte {at}")
        names = data[at + 6 : at + 41]
        length, version = struct.unpack_from("<II", data, at + 41)
        begin = at + 57
        if length == _NEW_HEADER:
            length, zero, version = struct.unpack_from("<III", data, at + 45)
            begin = at + 65
            if zero:
                raise BadInput(f"{place} has a module head at byte {at} that is not known; export it as text (.mpt)")
        end = begin + length
        if end > len(data):
            raise BadInput(f"{place} is cut: the module at byte {at} needs {end - len(data)} bytes more than there are")
        date = data[begin - 8 : begin].decode("ascii", "replace")
        yield _Module(names[:10].decode("ascii", "replace").strip(), version, date, memoryview(data)[begin:end])
        at = end


def _rows(module: _Module, place: str) -> _Rows:
    """The table of a data module; the size of a row must be what the columns make it."""
    numbers, begin = _numbers(module, place)
    (count,) = struct.unpack_from("<I", module.data, 0)
    if count == 0:
        raise BadInput(f"{place} holds no rows: the test had not begun to record")
    width, rest = divmod(len(module.data) - begin, count)
    fields, doubts = _fields(numbers, width, place)
    dtype = np.dtype(fields)
    if rest or dtype.itemsize != width:
        raise BadInput(
            f"{place} is damaged: its {count} rows of {dtype.itemsize} bytes do not fill the "
            f"{len(module.data) - begin} bytes that hold them"
        )
    table = np.frombuffer(module.data, dtype=dtype, count=count, offset=begin)
    names = dtype.names or ()
    columns = {FIELDS[int(n)].name: table[n].astype(np.float64) for n in names if n.isdigit() and FIELDS[int(n)].name}
    return _Rows(columns, table["flags"].copy() if "flags" in names else None, doubts)


def _numbers(module: _Module, place: str) -> tuple[list[int], int]:
    """The numbers of the columns in the order of a row, and where the first row begins."""
    if module.version not in _LAYOUTS:
        known = ", ".join(str(version) for version in _LAYOUTS)
        raise BadInput(
            f"{place} has a data module of version {module.version}; {known} are known, so export it as text (.mpt)"
        )
    kind, first, begin = _LAYOUTS[module.version]
    if len(module.data) < begin:
        raise BadInput(f"{place} is cut within the head of its data")
    count = module.data[4]
    if first + count * np.dtype(kind).itemsize > begin:
        raise BadInput(f"{place} is damaged: {count} columns do not fit into the head of its data")
    return [int(n) for n in np.frombuffer(module.data, dtype=kind, count=count, offset=first)], begin


def _fields(numbers: list[int], width: int, place: str) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Name (the column's number) and type of each part of a row of ``width`` bytes.

    One unknown column has the bytes that the others leave and is left out; two leave their widths open.
    """
    unknown = [n for n in numbers if n not in FIELDS and n not in FLAGS]
    if len(unknown) > 1:
        raise BadInput(
            f"{place} has columns of unknown width ({', '.join(map(str, unknown))}); export it as text (.mpt)"
        )
    parts = [("flags", "u1") if n in FLAGS else (str(n), FIELDS.get(n, Field("", "")).kind) for n in numbers]
    parts = list(dict.fromkeys(parts))
    left = width - sum(np.dtype(kind).itemsize for _, kind in parts if kind)
    if unknown and left not in (1, 2, 4, 8):
        raise BadInput(f"{place} has a column {unknown[0]} of unknown width; export it as text (.mpt)")
    doubts = tuple(f"column {n} of the file is not known and was left out" for n in unknown)
    return [(name, kind) if kind else ("unknown", f"V{left}") for name, kind in parts], doubts


def _notes(modules: list[_Module]) -> dict[str, str]:
    """Date, technique and start of the test, as far as the settings and the log tell for certain."""
    notes = {}
    for module in modules:
        if module.name == "VMP Set":
            notes["date"] = module.date
            if len(module.data):
                notes["technique"] = _TECHNIQUES.get(module.data[0], f"EC-Lab technique {module.data[0]}")
        if module.name == "VMP LOG" and len(module.data) >= _STARTED + 8:
            (days,) = struct.unpack_from("<d", module.data, _STARTED)
            if 2e4 < days < 1e5:  # 1954 to 2173
                started = datetime(1899, 12, 30) + timedelta(days=days)  # the instrument's local time
                if notes.get("date") == f"{started:%m/%d/%y}":
                    notes["started"] = started.isoformat(" ", "seconds")
    return notes


def _cycling(path: Path, rows: _Rows, source: Source, notes: dict[str, str]) -> Record:
    values = dict(rows.columns)
    doubts = list(rows.doubts)
    if "voltage" not in values and "mean_voltage" in values:
        values["voltage"] = values.pop("mean_voltage")
    if "current" not in values:
        values["current"], how, found = _current(values, rows.mode, path.name)
        notes, doubts = {**notes, "current": how}, [*doubts, *found]
        values.pop("mean_current", None)
    if {"counter_electrode_voltage", "electrode_difference"} & set(values):
        doubts.append("a reference electrode is recorded: the voltage is that of the working electrode against it")
    if rows.flags is not None and (rows.flags & ERROR).any():
        doubts.append(f"the instrument marked {np.count_nonzero(rows.flags & ERROR)} rows as errors")
    columns = _columns(values)
    columns.update(_controls(values.get("control"), rows.mode))
    if "half_cycle_charge" in values:
        columns.update(split_counter(values["half_cycle_charge"], "mAh"))
    if rows.mode is not None:
        columns["mode"] = Column(rows.mode)
    return cycling(record_name(path), columns, source, doubts, notes)


def _columns(values: Mapping[str, Array]) -> dict[str, Column]:
    units = {field.name: field.unit for field in FIELDS.values()}
    return {name: Column(column, units[name]) for name, column in values.items() if name != "control"}


def _controls(control: Array | None, mode: NDArray[np.uint8] | None) -> dict[str, Column]:
    """The set value, which is a current where the mode is galvanostatic and a voltage where it is potentiostatic."""
    if control is None or mode is None:
        return {}
    kinds = (("control_current", _GALVANOSTATIC, "mA"), ("control_voltage", _POTENTIOSTATIC, "V"))
    return {
        name: Column(np.where(mode == here, control, np.nan), unit)
        for name, here, unit in kinds
        if (mode == here).any()
    }


def _current(
    values: Mapping[str, Array], mode: NDArray[np.uint8] | None, place: str
) -> tuple[Array, str, tuple[str, ...]]:
    """The current in mA where the file has none, how it was found, and doubts; raises BadInput if nothing tells it.

    EC-Lab defines <I> as dQ/dt (echemdata/galvani issue 85), and the power it writes beside is that times Ewe.
    """
    if "mean_current" in values:
        return values["mean_current"], "mean since the row before (EC-Lab's <I>)", ()
    time, charge = values.get("time"), values.get("charge_increment")
    if time is not None and mode is not None and (mode == _REST).all():
        return np.zeros(time.size), "zero: the cell rests in every row", ()
    if time is None or charge is None:
        raise BadInput(f"{place} records no current, nor the charge that would tell it; export it as text (.mpt)")
    check(place, "time", Column(time, "s"))
    doubts = disagreement(charge, values["net_charge"], place) if "net_charge" in values else ()
    return mean_current(time, charge * _COULOMBS, place) * 1e3, _MEAN_CURRENT, doubts


def _spectra(path: Path, rows: _Rows, source: Source, notes: dict[str, str]) -> tuple[Record, ...]:
    """One impedance record a spectrum: a new one begins with each sweep, cycle or step."""
    values = dict(rows.columns)
    if "z_real" not in values or "z_minus_imag" not in values:
        raise BadInput(f"{path.name} has frequencies but not both Re(Z) and -Im(Z); export it as text (.mpt)")
    values["z_imag"] = -values.pop("z_minus_imag")
    swept = values["frequency"] > 0
    here = {name: column[swept] for name, column in values.items()}
    _check_impedance(here, np.flatnonzero(swept) + 1, path.name)
    lost = int(np.count_nonzero(~swept))
    doubts = (*rows.doubts, *((f"{lost} rows have no frequency and were left out of the spectra",) if lost else ()))
    markers = [here[name] for name in ("cycle", "z_cycle", "step") if name in here]
    units = {**{field.name: field.unit for field in FIELDS.values()}, "z_imag": "ohm"}
    here.pop("control", None)
    return tuple(
        Record(
            record_name(path, number),
            "impedance",
            {name: Column(column[part], units[name]) for name, column in here.items()},
            source,
            doubts,
            notes,
        )
        for number, part in enumerate(split_sweeps(here["frequency"], *markers), 1)
    )


def _check_impedance(values: Mapping[str, Array], row: NDArray[np.intp], place: str) -> None:
    """Raises BadInput where a number is missing or Re(Z), Im(Z) and |Z| contradict each other."""
    real, imaginary = values["z_real"], values["z_imag"]
    wrong = ~(np.isfinite(real) & np.isfinite(imaginary) & np.isfinite(values["frequency"]))
    if wrong.any():
        raise BadInput(f"{place} has no finite impedance in row {row[np.argmax(wrong)]}; it is damaged")
    modulus = values.get("z_modulus")
    if modulus is not None:
        wrong = (modulus > 0) & ~(np.abs(np.hypot(real, imaginary) - modulus) <= _SAME * modulus)
        if wrong.any():
            raise BadInput(f"{place} has a |Z| in row {row[np.argmax(wrong)]} that is not that of Re(Z) and Im(Z)")
