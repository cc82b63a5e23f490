"""Equivalent circuits as text, such as 'R0-p(R1,CPE1)-Wo1': '-' joins in series, 'p(a,b)' in parallel."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from thiocell.physics.circuit_elements import ELEMENTS, Array, Complex, Element, Part

_TOKEN = re.compile(r"p\s*\(|[A-Za-z]+\d*|[-,)]")
_NAME = re.compile(r"([A-Za-z]+)(\d*)")
_MOST = 30
"""assumed: elements of a circuit; no spectrum tells as many."""

Slopes = dict[int, Complex]
"""Derivative of the impedance by parameters, by their place in the circuit."""


@dataclass(frozen=True)
class Leaf:
    """One element; ``first`` is the place of its first parameter in the circuit."""

    name: str
    element: Element
    first: int

    @property
    def shape(self) -> str:
        """What it is, whatever its number."""
        return self.name.rstrip("0123456789")

    @property
    def leaves(self) -> Iterator[Leaf]:
        """Itself."""
        yield self

    def with_slopes(self, values: Array, s: Complex) -> tuple[Complex, Slopes]:
        """Impedance (sets, frequencies) for ``values[set, parameter]`` and its derivatives."""
        own = [values[:, self.first + k, None] for k in range(len(self.element.parts))]
        z, slopes = self.element.law(own, s)
        return z, {self.first + k: slope for k, slope in enumerate(slopes)}


@dataclass(frozen=True)
class Joined:
    """Parts in series, or in ``parallel``."""

    parts: tuple[Leaf | Joined, ...]
    parallel: bool

    @property
    def shape(self) -> str:
        """What it is made of, whatever the numbers."""
        shapes = sorted(part.shape for part in self.parts)
        return f"p({','.join(shapes)})" if self.parallel else f"({'-'.join(shapes)})"

    @property
    def leaves(self) -> Iterator[Leaf]:
        """All elements, as written."""
        for part in self.parts:
            yield from part.leaves

    def with_slopes(self, values: Array, s: Complex) -> tuple[Complex, Slopes]:
        """Impedance (sets, frequencies) for ``values[set, parameter]`` and its derivatives."""
        found = [part.with_slopes(values, s) for part in self.parts]
        if not self.parallel:
            return sum((z for z, _ in found), start=np.zeros(1, dtype=complex)), {
                k: slope for _, own in found for k, slope in own.items()
            }
        whole = np.reciprocal(sum((np.reciprocal(z) for z, _ in found), start=np.zeros(1, dtype=np.complex128)))
        return whole, {k: slope * (whole / z) ** 2 for z, own in found for k, slope in own.items()}


@dataclass(frozen=True)
class Circuit:
    """``names[k]`` and ``parts[k]`` are parameter k: 'R1', 'CPE1_Q'."""

    text: str
    names: tuple[str, ...]
    parts: tuple[Part, ...]
    root: Leaf | Joined

    def impedance(self, values: Array, frequency: Array) -> Complex:
        """Impedance in ohm, (sets, frequencies), for ``values[set, parameter]`` and ``frequency`` in Hz.

        ``frequency`` has the shape (frequencies,), or (sets, frequencies) where each set has its own.
        """
        return self.root.with_slopes(np.atleast_2d(values), circular(frequency))[0]

    def with_slopes(self, values: Array, frequency: Array) -> tuple[Complex, Complex]:
        """Impedance, (sets, frequencies), and its derivatives, (sets, parameters, frequencies)."""
        z, slopes = self.root.with_slopes(values, circular(frequency))
        return z, np.stack([np.broadcast_to(slopes[k], z.shape) for k in range(len(self.names))], axis=1)


def circular(frequency: Array) -> Complex:
    """The j omega of ``frequency`` in Hz, (1 or sets, frequencies)."""
    return np.atleast_2d(2j * np.pi * np.asarray(frequency, dtype=np.float64))


@lru_cache(maxsize=64)
def parse_circuit(text: str) -> Circuit:
    """Read a circuit; raises ValueError that says where it goes wrong and what would be right."""
    reader = _Reader(text)
    root = reader.series()
    if reader.at < len(reader.tokens):
        raise reader.wrong("'-' or the end")
    leaves = tuple(root.leaves)
    pairs = [
        (leaf.name + (f"_{part.name}" if part.name else ""), part) for leaf in leaves for part in leaf.element.parts
    ]
    return Circuit(text, tuple(name for name, _ in pairs), tuple(part for _, part in pairs), root)


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.size = text, 0, 0
        self.tokens: list[tuple[str, int]] = []
        self.named: set[str] = set()
        place = 0
        while rest := text[place:].lstrip():
            place = len(text) - len(rest)
            found = _TOKEN.match(text, place)
            if found is None:
                raise ValueError(f"circuit '{text}' goes wrong at '{rest[:20]}'; {_example()}")
            self.tokens.append((found[0], place))
            place = found.end()

    def series(self) -> Leaf | Joined:
        parts = self._many("-", self._part)
        return parts[0] if len(parts) == 1 else Joined(parts, parallel=False)

    def _many(self, sign: str, one: Callable[[], Leaf | Joined]) -> tuple[Leaf | Joined, ...]:
        parts = [one()]
        while self._here() == sign:
            self.at += 1
            parts.append(one())
        return tuple(parts)

    def _part(self) -> Leaf | Joined:
        token = self._here()
        if token.startswith("p") and token.endswith("("):
            self.at += 1
            parts = self._many(",", self.series)
            if self._here() != ")":
                raise self.wrong("',' or ')'")
            self.at += 1
            if len(parts) < 2:
                raise ValueError(
                    f"circuit '{self.text}' has 'p(...)' around a single part; write p(R1,C1) or leave it out"
                )
            return Joined(parts, parallel=True)
        return self._leaf(token)

    def _leaf(self, token: str) -> Leaf:
        found = _NAME.fullmatch(token)
        if found is None:
            raise self.wrong("an element")
        if found[1] not in ELEMENTS:
            raise ValueError(
                f"circuit '{self.text}' has no element '{found[1]}'; it may have {', '.join(ELEMENTS)}, "
                "each with a number"
            )
        if token in self.named:
            raise ValueError(f"circuit '{self.text}' has '{token}' twice; give each element a number of its own")
        self.named.add(token)
        if len(self.named) > _MOST:
            raise ValueError(f"circuit '{self.text}' has more than {_MOST} elements")
        self.at += 1
        leaf = Leaf(token, ELEMENTS[found[1]], self.size)
        self.size += len(leaf.element.parts)
        return leaf

    def _here(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def wrong(self, wanted: str) -> ValueError:
        place = self.tokens[self.at][1] if self.at < len(self.tokens) else len(self.text)
        seen = f"at '{self.text[place:][:20]}'" if self.text[place:] else "at its end"
        return ValueError(f"circuit '{self.text}' goes wrong {seen}: {wanted} was expected; {_example()}")


def _example() -> str:
    return "write it like R0-p(R1,CPE1)-Wo1"


def in_series(circuit: Circuit) -> list[str]:
    """The resistors that a constant current would pass one after the other if no capacitance blocked it.

    Empty if one of them stands in a branch with another.
    """
    found: list[str] = []
    root = circuit.root
    for part in root.parts if isinstance(root, Joined) and not root.parallel else (root,):
        own = [leaf.name for leaf in part.leaves if leaf.shape == "R"]
        if len(own) > 1:
            return []
        found += own
    return found


def swaps(circuit: Circuit) -> list[Sequence[tuple[int, ...]]]:
    """Groups of branches alike in shape that could change places: of each branch its parameters' places, in order."""
    found: list[Sequence[tuple[int, ...]]] = []

    def look(node: Leaf | Joined) -> None:
        if isinstance(node, Leaf):
            return
        by_shape: dict[str, list[Leaf | Joined]] = {}
        for part in node.parts:
            by_shape.setdefault(part.shape, []).append(part)
        found.extend([_places(part) for part in alike] for alike in by_shape.values() if len(alike) > 1)
        for part in node.parts:
            look(part)

    look(circuit.root)
    return found


def _places(node: Leaf | Joined) -> tuple[int, ...]:
    leaves = sorted(node.leaves, key=lambda leaf: leaf.shape)
    return tuple(leaf.first + k for leaf in leaves for k in range(len(leaf.element.parts)))
