"""What became of each step of a study, and of the study as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from thiocell.core.fact import Fact
from thiocell.core.record import Record
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.studies.claim import Verdict

Status = Literal["done", "kept", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """``status``: done now, kept from an earlier run, failed with ``error``, or skipped since a step before it failed.

    A member of a family is named 'step[axis=value]'. ``records`` are what a record or predict step holds, by role;
    ``facts`` what a record step states of the one cell it was taken from; ``needs`` are the steps it was made from.
    """

    name: str
    verb: str
    status: Status
    sample: Sample | None = None
    result: Result | None = None
    records: Mapping[str, Record] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    error: str = ""
    bad_input: bool = False
    seconds: float = 0.0
    key: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """A finished run: ``outcomes`` in the order of the steps, ``verdicts`` in the order of the claims.

    ``faults`` are claims that could not be judged since they ask a step for a value that it does not give.
    """

    name: str
    title: str
    about: str
    outcomes: Mapping[str, Outcome]
    verdicts: tuple[Verdict, ...]
    versions: Mapping[str, str]
    faults: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The public form: ``study``, ``verdicts``, and values and doubts of every step that has a result or failed."""
        results = {name: _told(outcome) for name, outcome in self.outcomes.items() if outcome.result or outcome.error}
        return {"study": self.name, "verdicts": [verdict.to_json() for verdict in self.verdicts], "results": results}


def _told(outcome: Outcome) -> dict[str, Any]:
    """A step's values, limits and doubts; a step that did not finish has the reason as its doubt, and nothing else."""
    if outcome.result is None:
        return {"technique": None, "values": {}, "limits": {}, "doubts": [f"{outcome.status}: {outcome.error}"]}
    kind = outcome.result.source.kind
    values = {word: {**quantity.to_json(), "kind": kind} for word, quantity in outcome.result.values.items()}
    limits = {word: limit.to_json() for word, limit in outcome.result.limits.items()}
    doubts = list(outcome.result.doubts)
    return {"technique": outcome.result.technique, "values": values, "limits": limits, "doubts": doubts}
