"""The one protocol: a technique turns properties into records, and records back into properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

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
    Records come and go by role: 'main' is the common case, a blank or a series has a role of its own, which ``roles``
    explains where there is one. ``uses`` are facts like ``needs`` that help where a sample states them.
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


def setting(default: Any, meaning: str, like: str = "") -> Any:
    """A field of a technique with its default and one line that says what it sets.

    ``like`` is a quantity of the dimension that is wanted, for a default that has none.
    """
    return field(default=default, metadata={"meaning": meaning, "like": like})


class Foreseeing(Protocol):
    """What can be asked for numbers of many trials at once."""

    def expect(
        self, names: Sequence[str], trials: Sequence[Mapping[str, float]], sample: Sample
    ) -> NDArray[np.float64]:
        """The values ``names`` of each trial, (trials, names), in the units of their terms; a row of NaN if it fails.

        A trial gives words as numbers in their terms' units; what it leaves out is as ``sample`` has it.
        """


@runtime_checkable
class Expecting(Foreseeing, Protocol):
    """A technique that can say at once what ``analyse`` would find on many perfect predictions: what a fit asks."""

    @property
    def takes(self) -> Mapping[str, Term]:
        """The words that ``predict`` and trials accept; 'gives' holds where a technique has no ``takes``."""


def uses(technique: Technique) -> Mapping[str, Quantity]:
    """The facts that a technique uses where a sample states them; without ``uses`` there are none."""
    found: Mapping[str, Quantity] = getattr(technique, "uses", {})
    return found


def roles(technique: Technique) -> Mapping[str, str]:
    """What the records in roles other than 'main' are; without ``roles`` there are none."""
    found: Mapping[str, str] = getattr(technique, "roles", {})
    return found


def takes(technique: Technique) -> Mapping[str, Term]:
    """The words that a technique's ``predict`` accepts."""
    found: Mapping[str, Term] = getattr(technique, "takes", None) or technique.gives
    return found
