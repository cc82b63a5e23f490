"""What an instrument wrote down, or what a model says it would have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import check_unit, to_si
from thiocell.core.source import Source

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Column:
    """One-dimensional ``values`` in ``unit``; NaN marks a value that was not written."""

    values: Array
    unit: str = ""

    def __init__(self, values: ArrayLike, unit: str = "") -> None:
        kept = np.array(values, dtype=np.float64)
        if kept.ndim != 1:
            raise BadInput(f"a column has one dimension, not {kept.ndim}")
        kept.flags.writeable = False
        object.__setattr__(self, "values", kept)
        object.__setattr__(self, "unit", check_unit(unit))

    def __reduce__(self) -> tuple[type[Column], tuple[Array, str]]:
        """Made anew in another process, so that nobody can change the values there either."""
        return Column, (self.values, self.unit)

    @property
    def si(self) -> Array:
        """The values in SI base units (temperatures in K)."""
        slope, offset = to_si(self.unit)
        return self.values if (slope, offset) == (1.0, 0.0) else self.values * slope + offset

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Column):
            return NotImplemented
        return self.unit == other.unit and np.array_equal(self.values, other.values, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Record:
    """Named columns of equal length from one test on one sample, with what casts doubt on them.

    ``kind`` is what was recorded ('cycling', 'impedance', ...); ``notes`` holds what the file's head says, as text.
    """

    name: str
    kind: str
    columns: Mapping[str, Column]
    source: Source
    doubts: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: column.values.size for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise BadInput(f"record '{self.name}' has columns of unequal length: {lengths}")

    def __len__(self) -> int:
        return next((column.values.size for column in self.columns.values()), 0)

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> Array:
        """The column in SI base units; raises BadInput if the record has none of that name."""
        if column not in self.columns:
            raise BadInput(f"record '{self.name}' has no column '{column}'; it has {choices(set(self.columns))}")
        return self.columns[column].si

    def to_frame(self) -> pd.DataFrame:
        """A DataFrame with columns labelled 'name / unit'; the rest of the record stands in its ``attrs``."""
        import pandas as pd

        frame = pd.DataFrame({_label(name, c.unit): c.values for name, c in self.columns.items()})
        frame.attrs.update(self._head())
        return frame

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Record:
        """Undo ``to_frame``; a frame without ``attrs`` becomes a record of unknown kind and assumed source."""
        columns: dict[str, Column] = {}
        for label in frame.columns:
            name, _, unit = str(label).partition(" / ")
            columns[name] = Column(frame[label].to_numpy(dtype=np.float64), unit)
        return cls._from_head(frame.attrs, columns)

    def to_xarray(self) -> xr.Dataset:
        """A Dataset along the dimension 'row'; each variable's ``attrs`` hold its unit."""
        import xarray as xr

        variables = {name: ("row", c.values, {"units": c.unit}) for name, c in self.columns.items()}
        return xr.Dataset(variables, attrs=self._head())

    @classmethod
    def from_xarray(cls, dataset: xr.Dataset) -> Record:
        """Undo ``to_xarray``."""
        columns = {str(name): Column(v.to_numpy(), v.attrs.get("units", "")) for name, v in dataset.data_vars.items()}
        return cls._from_head(dataset.attrs, columns)

    def _head(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "source": self.source.to_json(),
            "doubts": list(self.doubts),
            "notes": dict(self.notes),
        }

    @classmethod
    def _from_head(cls, head: Mapping[Any, Any], columns: Mapping[str, Column]) -> Record:
        source = Source.from_json(head["source"]) if "source" in head else Source("assumed", place="a table in memory")
        name, kind = str(head.get("name", "table")), str(head.get("kind", "table"))
        return cls(name, kind, columns, source, tuple(head.get("doubts", ())), dict(head.get("notes", {})))

    def to_json(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        columns = {
            name: {"unit": c.unit, "values": [None if np.isnan(v) else float(v) for v in c.values]}
            for name, c in self.columns.items()
        }
        return {**self._head(), "columns": columns}

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> Record:
        """Undo ``to_json``."""
        columns = {
            name: Column(np.array([np.nan if v is None else v for v in c["values"]], dtype=np.float64), c["unit"])
            for name, c in page["columns"].items()
        }
        return cls._from_head(page, columns)


def _label(name: str, unit: str) -> str:
    return f"{name} / {unit}" if unit else name
