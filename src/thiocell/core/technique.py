"""The one protocol: a technique turns properties into records, and records back into properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Protocol

import numpy as np

from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.term import Term


class Technique(Protocol):
    """A frozen dataclass whose fields, made by ``setting``, are the settings of the test and of its analysis.

    ``gives`` names the properties that ``predict`` takes and ``analyse`` gives back; ``terms`` explains all that it
    gives; ``reads`` are the columns it needs of a record; ``needs`` the facts it asks of a sample, each with a typical
    value: forms and tests are made of them.
    Records come and go by role: 'main' is the common case, a blank or a series has a role of its own.
    """

    @property
    def gives(self) -> Mapping[str, Term]:
        """The properties that go in and come back."""

    @property
    def terms(self) -> Mapping[str, Term]:
        """What every value means that ``analyse`` may give; 'name_n' stands for numbered ones."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of the main record."""

    @property
    def needs(self) -> Mapping[str, Quantity]:
        """The facts of the sample, each with a typical value."""

    def predict(
        self, values: Mapping[str, Quantity], sample: Sample, rng: np.random.Generator | None = None
    ) -> Mapping[str, Record]:
        """What a perfect instrument would write down, or with ``rng`` a real one; by role."""

    def analyse(self, records: Mapping[str, Record], sample: Sample) -> Result:
        """The properties that the records tell; raises BadInput if a role, column or fact is missing."""

    def draw(self, result: Result) -> Drawing:
        """The figure of a result of this technique."""


def setting(default: Any, meaning: str) -> Any:
    """A field of a technique with its default and one line that says what it sets."""
    return field(default=default, metadata={"meaning": meaning})


def predict_many(
    technique: Technique, many: list[Mapping[str, Quantity]], sample: Sample, rng: np.random.Generator | None = None
) -> list[Mapping[str, Record]]:
    """``predict`` for each set of values: by the technique's own ``predict_many`` where it has one, else one by one."""
    own = getattr(technique, "predict_many", None)
    if own is not None:
        return list(own(many, sample, rng))
    return [technique.predict(values, sample, rng) for values in many]
