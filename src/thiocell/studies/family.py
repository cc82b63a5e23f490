"""A sample with lists in its recipe or state is a family; every step on it is done for each member."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity

_LARGEST = 10_000
"""Members of the largest family; assumed: more is a mistake in a list."""


@dataclass(frozen=True)
class Family:
    """``members`` maps the ending of each member's name ('' for a lone one, '[x=0.1]') to its coordinates."""

    members: Mapping[str, Mapping[str, Quantity]] = field(default_factory=lambda: {"": {}})

    @property
    def lone(self) -> bool:
        """Is there a single member without coordinates?"""
        return tuple(self.members) == ("",)


def spread(axes: Mapping[str, list[Quantity]]) -> Family:
    """The family of all combinations along ``axes``; no axes give a lone member."""
    size = 1
    for values in axes.values():
        size *= len(values)
    if size == 0:
        raise BadInput("an axis of the family is an empty list; write at least one value")
    if size > _LARGEST:
        raise BadInput(f"the family has {size} members; at most {_LARGEST} are allowed")
    members = {}
    for point in itertools.product(*axes.values()):
        coordinates = dict(zip(axes, point, strict=True))
        members[ending(coordinates)] = coordinates
    if len(members) < size:
        raise BadInput("an axis of the family holds a value twice; write each once")
    return Family(members)


def ending(coordinates: Mapping[str, Quantity]) -> str:
    """'[x=0.1, y=0.15]', or nothing without coordinates."""
    parts = [f"{axis}={q.value:g}{' ' + q.unit if q.unit else ''}" for axis, q in coordinates.items()]
    return f"[{', '.join(parts)}]" if parts else ""


def common(families: Mapping[str, Family]) -> Family:
    """The family along which a step is spread that uses ``families``, by name: they must agree or be lone."""
    spread_out = {name: family for name, family in families.items() if not family.lone}
    if not spread_out:
        return Family()
    first, *others = spread_out
    for other in others:
        if tuple(spread_out[other].members) != tuple(spread_out[first].members):
            raise BadInput(f"'{first}' and '{other}' are families with different members; use one family in a step")
    return spread_out[first]
