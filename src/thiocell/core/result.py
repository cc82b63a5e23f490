"""What an analysis found: named quantities, how they hang together, and what it doubts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Literal

import numpy as np

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Record
from thiocell.core.source import Source


@dataclass(frozen=True, slots=True)
class Limit:
    """A one-sided value: the quantity lies ``side`` ``bound`` at confidence ``level`` (0.95 is 95 %)."""

    bound: Quantity
    side: Literal["below", "above"]
    level: float

    def __str__(self) -> str:
        """'below 0.0077 %': two digits of the bound."""
        bound = self.rounded
        return f"{self.side} {bound.value:g} {bound.unit}".strip()

    @property
    def rounded(self) -> Quantity:
        """The bound with two digits, rounded away from what it leaves out: the limit still holds."""
        value = self.bound.value
        if value == 0.0:
            return self.bound
        given = Decimal(repr(value))
        last = Decimal(1).scaleb(given.adjusted() - 1)
        kept = given.quantize(last, ROUND_CEILING if self.side == "below" else ROUND_FLOOR)
        return replace(self.bound, value=float(kept))

    def to(self, unit: str) -> Limit:
        """The same in another unit."""
        return replace(self, bound=self.bound.to(unit))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"bound": self.bound.to_json(), "side": self.side, "level": self.level}

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> Limit:
        """Undo ``to_json``."""
        return cls(Quantity.from_json(page["bound"]), page["side"], page["level"])


@dataclass(frozen=True, eq=False)
class Covariance:
    """``matrix[i, j]`` is the covariance of values ``names[i]`` and ``names[j]``, in the product of their units."""

    names: tuple[str, ...]
    matrix: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", np.array(self.matrix, dtype=np.float64))
        if self.matrix.shape != (len(self.names), len(self.names)):
            raise BadInput(f"a covariance of {len(self.names)} values has not the shape {self.matrix.shape}")

    def correlation(self, one: str, other: str) -> float:
        """Correlation coefficient of two values; 0 if either is not in the matrix or has no spread."""
        if one not in self.names or other not in self.names:
            return 0.0
        i, j = self.names.index(one), self.names.index(other)
        spread = float(np.sqrt(self.matrix[i, i] * self.matrix[j, j]))
        return float(np.clip(self.matrix[i, j] / spread, -1.0, 1.0)) if spread > 0 else 0.0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Covariance):
            return NotImplemented
        return self.names == other.names and np.array_equal(self.matrix, other.matrix, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Result:
    """Named ``values`` with their ``source``, the ``curves`` behind them, one-sided ``limits`` and ``doubts``.

    ``parts`` holds, for each value, the signed error that each independent origin brings to it, in the value's unit:
    values that name the same origin share its error. An origin named like a fact of the sample is that fact's error,
    'recipe.x' one of the recipe, 'constant ...' one that all results share, any other one of the record's.
    ``covariance`` is how the values hang together within this result.
    """

    technique: str
    values: Mapping[str, Quantity]
    source: Source
    curves: Mapping[str, Record] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    covariance: Covariance | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)
    drawing: Drawing | None = None
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __getitem__(self, value: str) -> Quantity:
        if value not in self.values:
            raise BadInput(f"{self.technique} gave no '{value}'; it gave {choices(set(self.values))}")
        return self.values[value]

    def drawn(self, drawing: Drawing) -> Result:
        """The same result with its drawing."""
        return replace(self, drawing=drawing)

    def to_json(self, *, curves: bool = True) -> dict[str, Any]:
        """Plain data; without ``curves`` they are left out, to be kept beside it."""
        covariance = self.covariance and {
            "names": list(self.covariance.names),
            "matrix": [[None if np.isnan(v) else float(v) for v in row] for row in self.covariance.matrix],
        }
        return {
            "technique": self.technique,
            "values": {name: q.to_json() for name, q in self.values.items()},
            "source": self.source.to_json(),
            "curves": {name: r.to_json() for name, r in self.curves.items()} if curves else {},
            "doubts": list(self.doubts),
            "covariance": covariance,
            "limits": {name: limit.to_json() for name, limit in self.limits.items()},
            "drawing": self.drawing and self.drawing.to_json(),
            "parts": {name: dict(parts) for name, parts in self.parts.items()},
        }

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> Result:
        """Undo ``to_json``."""
        matrix = page["covariance"]
        return cls(
            page["technique"],
            {name: Quantity.from_json(q) for name, q in page["values"].items()},
            Source.from_json(page["source"]),
            {name: Record.from_json(r) for name, r in page["curves"].items()},
            tuple(page["doubts"]),
            matrix and Covariance(tuple(matrix["names"]), np.array(matrix["matrix"], dtype=np.float64)),
            {name: Limit.from_json(limit) for name, limit in page["limits"].items()},
            page["drawing"] and Drawing.from_json(page["drawing"]),
            {name: dict(parts) for name, parts in page["parts"].items()},
        )
