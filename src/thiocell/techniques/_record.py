"""A record in its role, of a kind and with columns that a technique can use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import same_dimension
from thiocell.core.record import Record
from thiocell.core.vocabulary import COLUMNS, DIFFRACTION, PAIRS, RAMAN, SERIES, SPECTRA

_KNOWN = {**COLUMNS, **SPECTRA, **SERIES, **DIFFRACTION, **PAIRS, **RAMAN}


def usable(
    records: Mapping[str, Record], technique: str, kinds: tuple[str, ...], reads: tuple[str, ...], role: str = "main"
) -> Record:
    """The record in a role; raises BadInput unless it is there, of one of ``kinds``, and finite in what is read."""
    if role not in records:
        raise BadInput(f"{technique} reads a record in the role '{role}'; it was given {choices(set(records))}")
    record = records[role]
    if record.kind not in kinds:
        wanted = f"'{kinds[0]}'" if len(kinds) == 1 else choices(kinds)
        raise BadInput(f"record '{record.name}' is of kind '{record.kind}'; {technique} reads records of kind {wanted}")
    for name in reads:
        broken = np.flatnonzero(~np.isfinite(record[name]))
        term, unit = _KNOWN.get(name), record.columns[name].unit
        if term is not None and (not same_dimension(unit, term.unit) or (name == "frequency" and "rad" in unit)):
            raise BadInput(
                f"record '{record.name}' has its {name} in '{unit}'; '{term.unit or 1}' or the like is wanted"
            )
        if broken.size:
            raise BadInput(
                f"record '{record.name}' has no finite {name} in row {broken[0] + 1}; every row needs a number there"
            )
    return record
