"""A quantity together with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from thiocell.core.quantity import Quantity
from thiocell.core.source import Source


@dataclass(frozen=True, slots=True)
class Fact:
    """``quantity`` as ``source`` gives it."""

    quantity: Quantity
    source: Source

    def origin(self, name: str) -> str:
        """The name of this fact's error: two uses of one fact share it, equal facts of two origins do not."""
        return f"{name} = {self.quantity!r} from {self.source}"

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and words."""
        return {**self.quantity.to_json(), "source": self.source.to_json()}

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> Fact:
        """Undo ``to_json``."""
        return cls(Quantity.from_json(page), Source.from_json(page["source"]))
