"""Errors that the values of several steps share: one balance, one die, one instrument's gain, one atomic weight."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from thiocell.core.record import Array, Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample

Parts = Mapping[str, float]
_OF_SAMPLE = ("recipe.", "state.")
_OF_ALL = "constant "


def named(result: Result, sample: Sample, records: Mapping[str, Record]) -> Result:
    """``result`` with the origins of its errors named for the whole study, so that equal names mean one error."""
    record = identity(records["main"]) if "main" in records else ""

    def origin(name: str) -> str:
        if name in sample.facts:
            return sample.facts[name].origin(name)
        if name.startswith(_OF_SAMPLE):
            return f"{name} of {sample.name}"
        if name.startswith(_OF_ALL):
            return name
        return f"{name} of {record}" if record else _OF_ALL + name

    parts = {word: {origin(name): part for name, part in found.items()} for word, found in result.parts.items()}
    return replace(result, parts=parts)


def shared(one: Parts, other: Parts) -> float:
    """The covariance of two values, in the product of their units."""
    return float(sum(part * other[name] for name, part in one.items() if name in other))


def covariance(parts: list[Parts]) -> Array:
    """The covariance matrix of values that are made of these parts."""
    names = sorted({name for found in parts for name in found})
    design = np.array([[found.get(name, 0.0) for name in names] for found in parts]).reshape(len(parts), len(names))
    return np.asarray(design @ design.T, dtype=np.float64)


def identity(record: Record) -> str:
    """A name for what was recorded, the same wherever the record is used."""
    digest = hashlib.sha256()
    for name, column in sorted(record.columns.items()):
        digest.update(name.encode())
        digest.update(column.values.tobytes())
    return f"record {digest.hexdigest()[:16]}"
