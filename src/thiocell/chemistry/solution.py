"""A guest phase that dissolves in a host phase up to a limit: solid solutions such as Li(2-x)S(1-x)I(x)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from thiocell.chemistry.phase import DensityKind, Phase, key
from thiocell.core.bad_input import BadInput
from thiocell.core.fact import Fact
from thiocell.physics import solid_solution


@dataclass(frozen=True)
class SolidSolution:
    """(1-x) ``host`` x ``guest`` with x up to ``limit``; the cubic host's edge is ``edge`` at x = ``edge_share``.

    The edge is a straight line through the host's own at x = 0, and flat beyond the limit. Guest that the host
    cannot hold stands apart as a phase of its own: n_guest >= n_guest(all) - x/(1-x) n_host(left), x at the limit.
    """

    host: Phase
    guest: Phase
    limit: Fact
    edge: Fact
    edge_share: float

    def __post_init__(self) -> None:
        if self.host.cell is None or not self.host.cell.is_cubic:
            raise BadInput(f"the host {self.host.formula} of a solid solution needs a cubic cell")
        if not 0 < self.limit.quantity.value < 1 or not 0 < self.edge_share < 1:
            raise BadInput(f"limit and edge_share of {self.key} are shares of the guest, between 0 and 1")

    @property
    def key(self) -> str:
        """The part of a value's name that means this phase: 'li2s_lii'."""
        return f"{key(self.host.formula)}_{key(self.guest.formula)}"

    @property
    def label(self) -> str:
        """The phase as a figure names it."""
        return f"{self.host.formula}-{self.guest.formula} solution"

    def facts(self) -> Iterator[tuple[str, Fact]]:
        """Every sourced number of the solution with a name of its own."""
        yield f"{self.key}.limit", self.limit
        yield f"{self.key}.edge", self.edge

    def dissolved(self, host: float, guest: float, apart: float, inputs: Mapping[str, float]) -> float:
        """Moles of guest in solution, of ``host`` and ``guest`` moles, when a share ``apart`` of it stays outside."""
        return min(guest * (1 - apart), solid_solution.dissolvable(host, inputs[f"{self.key}.limit"]))

    def edge_at(self, share: float, inputs: Mapping[str, float]) -> float:
        """Cell edge in m when the guest's share of host and guest is ``share``."""
        pure, other = inputs[f"{self.host.formula}.a"], inputs[f"{self.key}.edge"]
        return solid_solution.edge(share, pure, other, self.edge_share)

    def volume(self, host: float, guest: float, kind: DensityKind, inputs: Mapping[str, float]) -> float:
        """Volume in m3 of ``host`` and ``guest`` moles in solution: by the stretched cell, or as a sum of phases."""
        if kind == "bulk" or self.host.cell is None or host + guest == 0:
            parts = ((self.host, host), (self.guest, guest))
            return sum(moles * phase.molar_volume("bulk", inputs) for phase, moles in parts if moles)
        edge = self.edge_at(guest / (host + guest), inputs)
        return (host + guest) * self.host.cell.molar_volume((edge, edge, edge))
