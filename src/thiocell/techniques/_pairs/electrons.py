"""Electrons of the elements, by the periodic table that the diffraction library keeps."""

from __future__ import annotations

from thiocell.core.bad_input import BadInput


def electrons(element: str) -> int:
    """The atomic number; raises BadInput for what is no element."""
    import gemmi

    number = int(gemmi.Element(element).atomic_number)
    if not number:
        raise BadInput(f"'{element}' is no element")
    return number
