"""Lines that are not there: how high each may be at its usual place and width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thiocell.chemistry.raman_modes import Mode
from thiocell.core.term import word_of
from thiocell.techniques._raman.fit import USUAL, Fit, Rows, covariance_of, line, polynomials
from thiocell.techniques._spread import Spread, root_of


def absent_heights(
    seen: Rows, fit: Fit, there: Sequence[Mode], absent: Sequence[Mode], terms: int
) -> Mapping[str, Spread]:
    """Heights, by name, of lines at their usual places and width, all together beside the baseline and lines of a fit.

    They may come out below zero. Places, widths and the shape of the lines that are there are held.
    """
    shape = fit.values["shape"] if there else 1.0
    columns = [line(seen.shift, mode.place, USUAL, shape) for mode in absent]
    for other in there:
        place, width = (fit.values[f"{part}_{word_of(other.name)}"] for part in ("position", "width"))
        columns.append(line(seen.shift, place, width, shape))
    design = np.column_stack([*columns, polynomials(seen.shift, terms)]) / seen.sigma[:, None]
    solved = np.linalg.lstsq(design, seen.counts / seen.sigma, rcond=None)[0]
    root = root_of(covariance_of(design)[: len(absent), : len(absent)]) * fit.gof
    return {
        mode.name: Spread(
            np.asarray(solved[n]), {f"absent {k}": np.asarray(part) for k, part in enumerate(root[n]) if part}
        )
        for n, mode in enumerate(absent)
    }
