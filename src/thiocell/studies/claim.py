"""A printed statement, and the verdict on each number of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity, check_unit
from thiocell.core.result import Limit
from thiocell.studies.expression import parse
from thiocell.studies.table import Table

Word = Literal["holds", "fails", "contradicts", "open"]
Tested = Literal["source", "model", "method"]
TESTED: Mapping[Tested, str] = {
    "source": "what was printed, held against what follows from it or was measured",
    "model": "our model, held against what was printed: a failure is the model's",
    "method": "our analysis, given the printed number as truth: a failure is ours",
}
"""What a verdict may test, as a claim writes it, with what that means."""
_BY_KIND: Mapping[str, Tested] = {"fitted": "model", "predicted": "model", "recovered": "method"}


@dataclass(frozen=True)
class Claim:
    """What a source says: ``says`` maps an expression over the study's values to the printed number, as text.

    ``number`` is the claim's own number in the study, ``where`` its place in the source. ``open`` tells which data
    nobody here has; ``contradicts`` tells how the source disagrees with itself; ``equation`` is a printed reaction,
    to be checked for balance. ``tests`` says what is on trial; '' leaves it to the kind of each found number.
    """

    name: str
    number: int | None
    where: str
    says: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    open: str = ""
    contradicts: str = ""
    equation: str = ""
    tests: Tested | Literal[""] = ""


@dataclass(frozen=True)
class Verdict:
    """One number of a claim held against what was found; ``kind`` says how the found number came ('' if none).

    ``says`` is the printed number as text, ``text`` the statement in words, ``stated`` what the claim says it tests.
    ``limit`` is all that was found where no number was.
    """

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
    text: str = ""
    stated: Tested | Literal[""] = ""
    limit: Limit | None = None

    @property
    def tests(self) -> Tested:
        """Whose failure a failure would be: as the claim states, else a model's number tests the model."""
        return self.stated or _BY_KIND.get(self.kind, "source")

    def to_json(self) -> dict[str, Any]:
        """The public form: numbers are numbers or None, both in ``unit``."""
        unit = (self.found or self.printed or Quantity(0.0)).unit
        return {
            "claim": self.claim,
            "number": self.number,
            "verdict": self.verdict,
            "kind": self.kind,
            "tests": self.tests,
            "says": self.printed.value if self.printed else None,
            "found": self.found.value if self.found else None,
            "unit": unit,
            "sigma": self.found.sigma if self.found and self.found.known else None,
            "reason": self.reason,
        }


_PRINTED = re.compile(
    r"\s*(?P<word>about|~|≈|at most|<=|≤|below|<|no more than|at least|>=|≥|above|>|over)?\s*(?P<rest>.+)", re.DOTALL
)
_ABOUT = ("about", "~", "≈")
_MOST = ("at most", "<=", "≤", "below", "<", "no more than")
ABOUT = 0.05
"""Relative width of a printed 'about'; the house's convention."""


@dataclass(frozen=True)
class Printed:
    """A number as it stands in print: ``half_digit`` is half a unit of its last digit, ``side`` an inequality's.

    ``bare_unit`` marks a print that claims only the unit.
    """

    quantity: Quantity
    half_digit: float
    about: bool = False
    side: Literal["", "at most", "at least"] = ""
    bare_unit: bool = False

    @property
    def width(self) -> float:
        """What a printed sigma, else 'about', else rounding leaves open, in the quantity's unit, as one sigma."""
        if self.quantity.known:
            return self.quantity.sigma
        return abs(self.quantity.value) * ABOUT / 2 if self.about else self.half_digit


def read_printed(text: str) -> Printed:
    """Read 'about 70 %', '<= 206 mAh/g', '1.5e-6 S/cm' or 'in S/cm'; raises BadInput for anything else."""
    if text.startswith("in "):
        return Printed(Quantity.exact(0.0, check_unit(text[3:].strip())), 0.0, bare_unit=True)
    found = _PRINTED.fullmatch(text)
    if found is None:
        raise BadInput(f"'{text}' is not a printed number; write it like 'about 70 %' or '530 mAh/g'")
    word = found["word"] or ""
    quantity = Quantity.parse(found["rest"])
    side: Literal["", "at most", "at least"] = ""
    if word in _MOST:
        side = "at most"
    elif word and word not in _ABOUT:
        side = "at least"
    # a printed 0 beside an inequality is a bound, not a rounded number
    half = 0.0 if side and quantity.value == 0 else _half_digit(found["rest"])
    return Printed(quantity, half, word in _ABOUT, side)


def _half_digit(text: str) -> float:
    """Half a unit of the last printed digit of a number's text."""
    digits = re.match(r"\s*\(?[-+]?\d*\.?(\d*)", text)
    power = re.match(r"[^a-zA-Z]*[eE]([-+]?\d+)", text)
    places = len(digits[1]) if digits and "." in digits[0] else 0
    return 0.5 * 10.0 ** ((int(power[1]) if power else 0) - places)


_CLAIM_KEYS = ("number", "where", "says", "text", "open", "contradicts", "equation", "tests")


def read_claim(name: str, table: Table) -> tuple[Claim, tuple[str, ...]]:
    """The claim of a table and the names of the values it uses; faults are noted in the table."""
    table.only(*_CLAIM_KEYS)
    says: dict[str, str] = {}
    uses: list[str] = []
    for about, text in table.table("says").items():
        try:
            uses += parse(about).names
            says[about] = text if isinstance(text, str) else repr(text)
            read_printed(says[about])
        except BadInput as error:
            table.fault("says", error)
    claim = Claim(
        name,
        table.whole("number"),
        table.text("where", ""),
        says,
        table.text("text", ""),
        table.text("open", ""),
        table.text("contradicts", ""),
        table.text("equation", ""),
        _tested(table),
    )
    if claim.open and (claim.contradicts or claim.equation):
        table.fault("open", "a claim that is open has no verdict 'contradicts' yet; keep one of the two")
    if not (says or claim.open or claim.contradicts or claim.equation or "says" in table.entries):
        table.fault("", "a claim needs 'says' (numbers), 'open' (what is missing), 'contradicts' or 'equation'")
    return claim, tuple(dict.fromkeys(uses))


def _tested(table: Table) -> Tested | Literal[""]:
    word = table.text("tests", "")
    for known in TESTED:
        if word == known:
            return known
    if word:
        table.fault("tests", f"'{word}' is nothing that a claim tests; choose from {choices(TESTED)}")
    return ""
