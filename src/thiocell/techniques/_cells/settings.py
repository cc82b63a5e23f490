"""What every test on the cell model can be set to, whatever it measures."""

from __future__ import annotations

from dataclasses import dataclass

from thiocell.cell.parameters import Grains
from thiocell.core.technique import setting
from thiocell.techniques._cells.modelled import BEGIN_PREDICTED, GRAINS, GRAINS_PREDICTED, NODES, NODES_PREDICTED, Begin


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """How the cell model is solved for a predicted record, and where it begins."""

    grains: Grains = setting(GRAINS, GRAINS_PREDICTED)
    nodes: int = setting(NODES, NODES_PREDICTED)
    begin: Begin = setting("sample", BEGIN_PREDICTED)
