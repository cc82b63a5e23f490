"""Conductivities against the share of a second phase, as a record holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Record
from thiocell.core.source import Source
from thiocell.techniques._findings import kind_of
from thiocell.techniques._record import usable


@dataclass(frozen=True, eq=False)
class Series:
    """Shares, and logarithms of the conductivities in S/cm with sigmas; ``side`` is 1 for a lower limit, -1 upper."""

    share: Array
    logs: Array
    sigma: Array
    side: Array
    source: Source
    doubts: tuple[str, ...]


def read_series(records: Mapping[str, Record], reads: tuple[str, ...], error: float) -> Series:
    """The series in S/cm; raises BadInput naming the row that cannot be."""
    record = usable(records, "mixing", ("series",), reads)
    told = record.columns["conductivity"]
    unit = Quantity.exact(1.0, told.unit).to("S/cm").value
    share, values = record["share"], told.values * unit
    if not share.size:
        raise BadInput(f"record '{record.name}' has no rows; a series has one at least")
    side = record["bound"] if "bound" in record else np.zeros(share.size)
    sigma, doubts = error * values, list(record.doubts)
    if "conductivity_sigma" in record:
        own = record.columns["conductivity_sigma"]
        stated = own.values * Quantity.exact(1.0, own.unit).to("S/cm").value
        sigma = np.where(np.isnan(stated), sigma, stated)
    if "conductivity_sigma" not in record or np.any(np.isnan(stated)):
        doubts.append(f"conductivities without a sigma are taken to {100 * error:.3g} % (conductivity_error)")
    for wrong, why in (
        ((share < 0) | (share > 1), "a share outside 0 ... 1"),
        (values <= 0, "a conductivity that is not above zero"),
        (~((sigma > 0) & np.isfinite(sigma)), "a conductivity_sigma that is not above zero and finite"),
        (~np.isin(side, (-1, 0, 1)), "a bound that is none of -1 (upper limit), 0 (a value) and 1 (lower limit)"),
    ):
        if np.any(wrong):
            raise BadInput(f"record '{record.name}' has {why} in row {np.flatnonzero(wrong)[0] + 1}")
    source = Source(kind_of(record.source), record.source.reference, record.source.place)
    return Series(share, np.log(values), sigma / values, side, source, tuple(doubts))
