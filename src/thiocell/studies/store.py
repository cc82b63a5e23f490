"""Where a study keeps what its steps found: one folder a finished step, named by the hash of all that went into it."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source

_LOG = logging.getLogger(__name__)
_INDEX = "index.sqlite"
_ABANDONED = 3600.0
"""Seconds after which an unfinished folder of a killed run is swept away; assumed: no step takes an hour to write."""
_THERE = (errno.EEXIST, errno.ENOTEMPTY)
_DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)
"""What a kept step that was cut, emptied or edited may raise when loaded; pyarrow's errors are among them."""


@dataclass(frozen=True)
class Kept:
    """What a step left: a sample, a result, records by role; each may be absent."""

    sample: Sample | None = None
    result: Result | None = None
    records: Mapping[str, Record] | None = None


@dataclass(frozen=True)
class Store:
    """The folder ``place``. A step's folder appears whole, by one rename, or not at all.

    Several runs may use it at once. Raises BadInput if ``place``, or what it keeps, is a link to somewhere else.
    """

    place: Path

    def __post_init__(self) -> None:
        refuse_link(self.place)

    def has(self, key: str) -> bool:
        """Is a finished step of this key kept, and sound? ``find`` answers and loads in one."""
        return self.find(key) is not None

    def find(self, key: str) -> Kept | None:
        """What is kept under ``key``; None if that is nothing, or damaged, so that the step has to be done again."""
        folder = self._folder(key)
        if not folder.exists():
            return None
        try:
            return _load(folder)
        except _DAMAGE as error:
            _LOG.info("%s is damaged (%s): the step is done again", folder, error)
            return None

    def load(self, key: str) -> Kept:
        """What is kept under ``key``; raises BadInput if that is nothing, or damaged."""
        folder = self._folder(key)
        try:
            return _load(folder)
        except _DAMAGE as error:
            raise BadInput(f"{folder} is missing or damaged ({error}); run the study again") from error

    def save(self, key: str, step: str, kept: Kept, prov: Mapping[str, Any]) -> None:
        """Keep a finished step with its provenance; a sound one of the same key, which says the same, stays."""
        target = self._folder(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = self.place / f"draft-{uuid.uuid4().hex}"
        draft.mkdir()
        try:
            _write(draft, kept)
            _write_text(draft / "prov.json", json.dumps({"step": step, "key": key, **prov}, indent=1, allow_nan=False))
            while self.find(key) is None and not _renamed(draft, target):
                self._set_aside(target)
            _settle(target.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._note(key, step, prov)

    def _set_aside(self, target: Path) -> None:
        """Take a damaged step out of the way; one that another run has made sound meanwhile goes back."""
        aside = self.place / f"draft-{uuid.uuid4().hex}"
        try:
            target.rename(aside)
        except FileNotFoundError:
            return  # another run took it
        try:
            _load(aside)
        except _DAMAGE:
            shutil.rmtree(aside, ignore_errors=True)
            return
        if not _renamed(aside, target):
            shutil.rmtree(aside, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what killed runs left unfinished."""
        for draft in self.place.glob("draft-*"):
            try:
                abandoned = time.time() - draft.lstat().st_mtime > _ABANDONED
            except FileNotFoundError:
                continue  # another run has just finished it
            if abandoned and draft.is_dir():
                shutil.rmtree(draft, ignore_errors=True)
            elif abandoned:
                draft.unlink(missing_ok=True)

    def history(self) -> list[tuple[str, str, str]]:
        """Rows (step, key, time) of all finished steps, oldest first, from the index."""
        if not (self.place / _INDEX).is_file():
            return []
        with closing(self._index()) as index:
            return list(index.execute("SELECT step, key, finished FROM steps ORDER BY finished"))

    def _folder(self, key: str) -> Path:
        folder = self.place / key[:2] / key
        refuse_link(folder.parent)
        refuse_link(folder)
        return folder

    def _note(self, key: str, step: str, prov: Mapping[str, Any]) -> None:
        with closing(self._index()) as index, index:
            row = (key, step, str(prov.get("verb", "")), str(prov.get("finished", "")), float(prov.get("seconds", 0.0)))
            index.execute("INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?)", row)

    def _index(self) -> sqlite3.Connection:
        for file in self.place.glob(f"{_INDEX}*"):
            refuse_link(file)
        index = sqlite3.connect(self.place / _INDEX, timeout=30.0)
        index.execute("PRAGMA journal_mode=WAL")
        index.execute(
            "CREATE TABLE IF NOT EXISTS steps (key TEXT PRIMARY KEY, step TEXT, verb TEXT, finished TEXT, seconds REAL)"
        )
        return index


def refuse_link(path: Path) -> None:
    """Raises BadInput if ``path`` leads out of the folder it is in: what is done in a study's folder stays there."""
    if path.is_symlink() or Path(os.path.realpath(path)).parent != Path(os.path.realpath(path.parent)):
        raise BadInput(f"{path} is a link to somewhere else; remove it, a folder or file of its own is made instead")


def _renamed(draft: Path, target: Path) -> bool:
    """Rename ``draft`` to ``target`` unless something is there."""
    try:
        draft.rename(target)
    except OSError as error:
        if error.errno not in _THERE:
            raise
        return False
    return True


def _load(folder: Path) -> Kept:
    """What lies in the folder of a step; raises one of ``_DAMAGE`` if not all of it is sound."""
    json.loads((folder / "prov.json").read_text("utf-8"))
    page = json.loads((folder / "result.json").read_text("utf-8"))
    records = {role: _load_record(folder, head) for role, head in page["records"].items()}
    curves = {name: _load_record(folder, head) for name, head in page["curves"].items()}
    result = page["result"] and Result.from_json({**page["result"], "curves": {}})
    if result is not None:
        result = Result(**{**_fields(result), "curves": curves})
    return Kept(page["sample"] and Sample.from_json(page["sample"]), result, records or None)


def _fields(result: Result) -> dict[str, Any]:
    return {name: getattr(result, name) for name in result.__dataclass_fields__}


def _write(folder: Path, kept: Kept) -> None:
    records = kept.records or {}
    curves = kept.result.curves if kept.result else {}
    page = {
        "sample": kept.sample and kept.sample.to_json(),
        "result": kept.result and kept.result.to_json(curves=False),
        "records": {role: _save_record(folder, f"record-{i}", r) for i, (role, r) in enumerate(records.items())},
        "curves": {name: _save_record(folder, f"curve-{i}", r) for i, (name, r) in enumerate(curves.items())},
    }
    _write_text(folder / "result.json", json.dumps(page, allow_nan=False))


def _save_record(folder: Path, stem: str, record: Record) -> dict[str, Any]:
    """Write the columns as one Parquet table; the rest of the record goes into the page."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = folder / f"{stem}.parquet"
    pq.write_table(pa.table({name: pa.array(c.values) for name, c in record.columns.items()}), file)
    _settle(file)
    return {
        "file": file.name,
        "name": record.name,
        "kind": record.kind,
        "source": record.source.to_json(),
        "doubts": list(record.doubts),
        "notes": dict(record.notes),
        "units": {name: c.unit for name, c in record.columns.items()},
    }


def _load_record(folder: Path, head: Mapping[str, Any]) -> Record:
    import pyarrow.parquet as pq

    table = pq.read_table(folder / Path(str(head["file"])).name)
    columns = {
        name: Column(table.column(name).to_numpy().astype(np.float64), unit) for name, unit in head["units"].items()
    }
    source = Source.from_json(head["source"])
    return Record(head["name"], head["kind"], columns, source, tuple(head["doubts"]), dict(head["notes"]))


def _write_text(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    _settle(file)


def _settle(place: Path) -> None:
    """Make the disk hold what was written before anything is renamed over it."""
    if os.name == "nt" and place.is_dir():
        return
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
