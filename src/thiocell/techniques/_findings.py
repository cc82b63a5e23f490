"""Values gathered for a result: what cannot be had is left out and said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.result import Limit, Result
from thiocell.core.source import Kind, Source
from thiocell.techniques._spread import Spread, covariance

MODEL = "cell model"
"""The source's reference of records that the cell model predicted; other virtual records were given what comes back."""

ONE_SIDED = 1.645
"""Standard deviations below which a normal number lies with 95 %."""


class Seen(Protocol):
    """A record as an analysis reads it."""

    @property
    def source(self) -> Source:
        """Where what is read off it comes from."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What casts doubt on it."""


def kind_of(source: Source) -> Kind:
    """The kind of what is read off a record: no better than the record's own."""
    if source.virtual:
        return "predicted" if source.reference == MODEL else "recovered"
    return source.kind if source.kind in ("measured", "fitted") else "derived"


@dataclass
class Findings:
    """A page that fills up while an analysis goes on; ``result`` closes it."""

    technique: str
    seen: Seen
    spreads: dict[str, Spread] = field(default_factory=dict)
    values: dict[str, Quantity] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    parts: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, name: str, spread: Spread, si_unit: str, unit: str, why_not: str = "") -> None:
        """Keep a single number under ``name``, or, if it is not finite, say ``why_not``."""
        if np.isfinite(spread.value):
            self.spreads[name] = spread
            self.values[name] = spread.quantity(si_unit, unit)
            factor = Quantity(1.0, si_unit).to(unit).value
            self.parts[name] = {error: factor * float(part) for error, part in spread.parts.items()}
        elif why_not:
            self.doubts.append(f"there is no {name}: {why_not}")

    def note(self, doubt: str) -> None:
        """Keep a doubt once."""
        if doubt not in self.doubts:
            self.doubts.append(doubt)

    def result(self, curves: dict[str, Record]) -> Result:
        """Everything found, with the record's own doubts first."""
        return Result(
            technique=self.technique,
            values=dict(self.values),
            source=self.seen.source,
            curves=curves,
            doubts=tuple(dict.fromkeys((*self.seen.doubts, *self.doubts))),
            covariance=covariance(self.spreads, self.values),
            limits=dict(self.limits),
            parts={name: dict(parts) for name, parts in self.parts.items() if self.values[name].known},
        )
