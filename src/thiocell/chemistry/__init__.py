"""What a recipe implies by counting, from sourced facts alone."""

from typing import cast

from thiocell.chemistry import systems
from thiocell.chemistry.properties import properties_of
from thiocell.chemistry.system import System
from thiocell.core.result import Result
from thiocell.core.sample import Sample
from thiocell.core.shelf import Shelf


def _take(_name: str, module: object) -> System:
    return cast("System", getattr(module, "SYSTEM", module))


SYSTEMS: Shelf[System] = Shelf("system", systems.__name__, tuple(systems.__path__), _take)
"""The systems, one file each: li2s_lii_mos2.py holds SYSTEM, and study files write li2s_lii_mos2."""


def properties(sample: Sample) -> Result:
    """Every value that counting gives for ``sample``; raises BadInput for an unknown system, recipe or state."""
    return properties_of(sample, SYSTEMS.find(sample.system))
