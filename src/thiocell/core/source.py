"""Where a number comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from thiocell.core.bad_input import BadInput

Kind = Literal["measured", "paper", "literature", "assumed", "derived", "fitted", "predicted", "recovered"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Source:
    """``kind`` says how the number came, ``reference`` names its DOI or file hash, ``place`` the page, table or row."""

    kind: Kind
    reference: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInput(f"'{self.kind}' is not a kind of source; choose from {', '.join(KINDS)}")

    @property
    def virtual(self) -> bool:
        """Did no instrument see this?"""
        return self.kind in ("predicted", "recovered")

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.reference, self.place) if part)
        return f"{self.kind} ({where})" if where else self.kind

    def to_json(self) -> dict[str, str]:
        """Plain words."""
        return {"kind": self.kind, "reference": self.reference, "place": self.place}

    @classmethod
    def from_json(cls, page: Mapping[str, Any]) -> Source:
        """Undo ``to_json``."""
        return cls(page["kind"], page["reference"], page["place"])
