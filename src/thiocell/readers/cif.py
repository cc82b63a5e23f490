"""Reader of crystal structures: crystallographic information files (CIF)."""

from __future__ import annotations

import math
from pathlib import Path

from thiocell.chemistry.structure import Atom, Structure
from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers._origin import contents, origin, record_name
from thiocell.readers._powder_cif import holds_pattern

_U = 0.0127
"""angstrom**2; assumed where a file tells no displacement: B = 1."""
_FULL = 1.0005
"""assumed: what rounding may leave of an occupancy of 1."""


def sniff(head: bytes) -> float:
    """1 if a cell stands in it and no powder pattern."""
    return 1.0 if b"_cell_length_a" in head and not holds_pattern(head) else 0.0


def read(path: Path) -> tuple[Record, ...]:
    """One record a structure; raises BadInput if the file is damaged, holds none, or has no atoms or no space group."""
    data = contents(path)
    try:
        import gemmi
    except ImportError as error:
        raise BadInput(
            f"a CIF needs gemmi, which cannot be imported ({error}); pip install 'thiocell[structure]'"
        ) from error
    try:
        blocks = list(gemmi.cif.read_string(data.decode("utf-8", "replace")))
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"{path.name} is no sound CIF: {str(error).splitlines()[0]}") from error
    source = origin(path, data, "literature")
    found: list[Record] = []
    empty = [block.name for block in blocks if block.find_value("_cell_length_a")]
    for block in blocks:
        if not block.find_value("_cell_length_a"):
            continue
        small = gemmi.make_small_structure_from_block(block)
        if not small.sites:
            continue
        symbol = small.spacegroup.hm if small.spacegroup else ""
        if not symbol:
            raise BadInput(
                f"{path.name}, block '{block.name}' names no space group that is known: '{small.spacegroup_hm}'"
            )
        cell = small.cell
        edges, angles = (cell.a, cell.b, cell.c), (cell.alpha, cell.beta, cell.gamma)
        if not all(math.isfinite(x) and x > 0.0 for x in (*edges, *angles)):
            raise BadInput(f"{path.name}, block '{block.name}' has a cell that is none: {edges}, {angles}")
        atoms = tuple(_atom(site, path.name) for site in small.sites)
        structure = Structure(block.name or path.stem, symbol, edges, angles, atoms, source)
        record = structure.to_record()
        found.append(Record(record_name(path, len(found) + 1), record.kind, record.columns, source, notes=record.notes))
    if not found:
        holds = f"has a cell in block '{empty[0]}' and no atoms" if empty else "holds no structure"
        raise BadInput(f"{path.name} {holds}; a cell and a loop of _atom_site_fract_x, _y and _z were expected")
    return tuple(found)


def _atom(site: object, place: str) -> Atom:
    label, element = site.label, site.element.name  # type: ignore[attr-defined]
    if element == "X":
        raise BadInput(f"{place} has an atom '{label}' of no element that is known")
    fraction, u = site.fract, site.u_iso  # type: ignore[attr-defined]
    if site.aniso.nonzero():  # type: ignore[attr-defined]
        u = site.aniso.trace() / 3.0  # type: ignore[attr-defined]
    where = (float(fraction.x), float(fraction.y), float(fraction.z))
    if not all(math.isfinite(x) for x in where):
        raise BadInput(f"{place} has the atom '{label}' at no place: {where}; three finite fractions were expected")
    share = float(site.occ)  # type: ignore[attr-defined]
    if not 0.0 <= share <= _FULL:
        raise BadInput(f"{place} has the atom '{label}' with an occupancy of {share:g}; one from 0 to 1 was expected")
    return Atom(label, element, where, min(share, 1.0), float(u) if u > 0.0 else _U)
