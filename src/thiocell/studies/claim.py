"""A printed statement, and the verdict on each number of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from thiocell.core.quantity import Quantity

Word = Literal["holds", "fails", "contradicts", "open"]


@dataclass(frozen=True)
class Claim:
    """What a source says: ``says`` maps an expression over the study's values to the printed number, as text.

    ``number`` is the claim's own number in the study, ``where`` its place in the source. ``open`` tells which data
    nobody here has; ``contradicts`` tells how the source disagrees with itself.
    """

    name: str
    number: int | None
    where: str
    says: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    open: str = ""
    contradicts: str = ""


@dataclass(frozen=True)
class Verdict:
    """One number of a claim held against what was found; ``kind`` says how the found number came ('' if none)."""

    claim: str
    number: int | None
    verdict: Word
    kind: str
    about: str
    says: str
    printed: Quantity | None
    found: Quantity | None
    reason: str
    where: str = ""

    def to_json(self) -> dict[str, Any]:
        """The public form: numbers are numbers or None, both in ``unit``."""
        unit = (self.found or self.printed or Quantity(0.0)).unit
        return {
            "claim": self.claim,
            "number": self.number,
            "verdict": self.verdict,
            "kind": self.kind,
            "says": self.printed.value if self.printed else None,
            "found": self.found.value if self.found else None,
            "unit": unit,
            "sigma": self.found.sigma if self.found and self.found.known else None,
            "reason": self.reason,
        }
