"""One word of the vocabulary: what a named property means and how it is written."""

from dataclasses import dataclass

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Term:
    """A property's ``unit``, ``symbol``, ``meaning`` and the bounds, in ``unit``, between which it makes sense."""

    unit: str
    symbol: str
    meaning: str
    low: float
    high: float

    def check(self, name: str, quantity: Quantity) -> Quantity:
        """``quantity`` in this term's unit; raises BadInput if it has another dimension or lies out of bounds."""
        try:
            here = quantity.to(self.unit)
        except BadInput as error:
            raise BadInput(f"'{name}' ({self.meaning}) is {quantity}; write it in '{self.unit}'") from error
        if not self.low <= here.value <= self.high:
            bounds = f"{self.low:g} and {self.high:g} {self.unit}".strip()
            raise BadInput(f"'{name}' ({self.meaning}) is {quantity}; it must lie between {bounds}")
        return here


def word_of(name: str) -> str:
    """A name as the end of a term's word: '2H-E2g' is '2h_e2g'."""
    return "".join(letter if letter.isalnum() else "_" for letter in name).lower()
