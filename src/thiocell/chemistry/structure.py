"""Where the atoms of a crystalline phase sit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Column, Record
from thiocell.core.source import Source
from thiocell.core.term import word_of

KIND = "structure"
"""The kind of a record that holds one."""
_COLUMNS = {"x": "", "y": "", "z": "", "occupancy": "", "u_iso": "angstrom**2"}


@dataclass(frozen=True)
class Atom:
    """One site of the asymmetric unit: fractional ``place``, ``occupancy``, and ``u_iso`` in angstrom squared."""

    label: str
    element: str
    place: tuple[float, float, float]
    occupancy: float = 1.0
    u_iso: float = 0.0127
    """assumed: 8 pi^2 U = 1 angstrom squared, usual at room temperature."""


@dataclass(frozen=True)
class Structure:
    """A space group by its Hermann-Mauguin ``symbol``, ``edges`` in angstrom, ``angles`` in degrees, and the sites."""

    name: str
    symbol: str
    edges: tuple[float, float, float]
    angles: tuple[float, float, float]
    atoms: tuple[Atom, ...]
    source: Source

    def with_edges(self, *edges: float) -> Structure:
        """The same with another cell; one edge (angstrom) is that of a cubic cell."""
        full = edges * 3 if len(edges) == 1 else edges
        return replace(self, edges=(full[0], full[1], full[2]))

    def to_cif(self) -> str:
        """The structure as text of a crystallographic information file."""
        names = ("a", "b", "c", "alpha", "beta", "gamma")
        cell = [
            f"_cell_{'length' if n < 3 else 'angle'}_{name} {value:.10g}"
            for n, (name, value) in enumerate(zip(names, (*self.edges, *self.angles), strict=True))
        ]
        tags = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "U_iso_or_equiv")
        rows = [
            f"{atom.label} {atom.element} {' '.join(f'{x:.10g}' for x in atom.place)} {atom.occupancy:.10g} "
            f"{atom.u_iso:.10g}"
            for atom in self.atoms
        ]
        head = [f"data_{word_of(self.name)}", *cell, f"_space_group_name_H-M_alt '{self.symbol}'", "loop_"]
        return "\n".join([*head, *(f"_atom_site_{tag}" for tag in tags), *rows, ""])

    def to_record(self) -> Record:
        """The sites as columns, and what else there is as notes."""
        columns = {
            word: Column([atom.place[n] if n < 3 else getattr(atom, word) for atom in self.atoms], unit)
            for n, (word, unit) in enumerate(_COLUMNS.items())
        }
        notes = {
            "symbol": self.symbol,
            "cell": json.dumps([*self.edges, *self.angles]),
            "labels": json.dumps([atom.label for atom in self.atoms]),
            "elements": json.dumps([atom.element for atom in self.atoms]),
        }
        return Record(self.name, KIND, columns, self.source, notes=notes)

    @classmethod
    def from_record(cls, record: Record) -> Structure:
        """Undo ``to_record``; raises BadInput for a record of another kind."""
        if record.kind != KIND:
            raise BadInput(f"record '{record.name}' holds '{record.kind}', no structure; give a .cif file")
        notes: Mapping[str, str] = record.notes
        a, b, c, alpha, beta, gamma = json.loads(notes["cell"])
        columns = [record.columns[word].values for word in _COLUMNS]
        atoms = tuple(
            Atom(label, element, (float(x), float(y), float(z)), float(occupancy), float(u))
            for label, element, x, y, z, occupancy, u in zip(
                json.loads(notes["labels"]), json.loads(notes["elements"]), *columns, strict=True
            )
        )
        return cls(record.name, notes["symbol"], (a, b, c), (alpha, beta, gamma), atoms, record.source)
