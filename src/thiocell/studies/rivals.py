"""Several fits to the same numbers side by side: which of the models do the numbers prefer?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from thiocell.core.drawing import Drawing
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.inference.compare import Comparison, Rival, compare
from thiocell.inference.fit import Fit
from thiocell.studies.fit_drawing import pulls
from thiocell.studies.fitting import remembered
from thiocell.studies.outcome import Outcome
from thiocell.studies.posing import posed
from thiocell.studies.study import RivalsStep

RIVALS = "rivals"
"""What the result of a comparison is called where others have a technique's name."""
_NUMBERS = {
    "chi2": ("chi2", "sum of squared misses, in sigmas, of the fit"),
    "parameters": ("parameters", "parameters varied by the fit"),
    "degrees_of_freedom": ("dof", "numbers less parameters of the fit"),
    "aicc": ("aicc", "Akaike's criterion for few numbers, of the fit"),
    "bic": ("bic", "Schwarz's criterion, of the fit"),
    "behind": ("behind", "how far it lies behind the first, of the fit"),
}


def meaning(word: str) -> Term | None:
    """What a value of a comparison means."""
    for start, (_, said) in _NUMBERS.items():
        if word.startswith(f"{start}_"):
            return Term("", "", f"{said} '{word.removeprefix(f'{start}_')}'", -1e300, 1e300)
    return None


def rivals(work: RivalsStep, outcomes: Mapping[str, Outcome]) -> Result:
    """Chi-square, counts and criteria of each fit, the best first, with what the comparison doubts.

    Raises BadInput if the fits are not to the same numbers.
    """
    fits = {name: _fit(name, work, outcomes) for name in work.fits}
    found = compare(fits)
    order = ", ".join(rival.name for rival in found.rivals)
    source = Source("fitted", place=f"best first by {found.criterion}: {order}")
    values = {
        f"{word}_{_word(rival.name)}": Quantity.exact(float(getattr(rival, key)))
        for word, (key, _) in _NUMBERS.items()
        for rival in found.rivals
        if np.isfinite(getattr(rival, key))
    }
    first = next(iter(fits.values()))
    panel = pulls(first.names, {name: each.pulls for name, each in fits.items()})
    drawing = Drawing((panel,), f"Misses of {len(fits)} rival fits to the same numbers")
    doubts = (*found.doubts, *_said_by(found, outcomes))
    return Result(RIVALS, values, source, {RIVALS: _table(found.rivals, source)}, doubts, drawing=drawing)


def _fit(name: str, work: RivalsStep, outcomes: Mapping[str, Outcome]) -> Fit:
    result = outcomes[name].result
    if result is None:
        raise LookupError(f"the fit '{name}' left no result")
    return remembered(posed(work.fits[name], outcomes).problem, result)


def _word(name: str) -> str:
    """A step's name as part of a value's: without the member of its family, and no hyphens."""
    return re.sub(r"\W+", "_", name.partition("[")[0]).strip("_")


def _table(found: tuple[Rival, ...], source: Source) -> Record:
    """One row a fit, best first; NaN where a criterion is not defined."""
    columns = {word: Column([float(getattr(rival, key)) for rival in found]) for word, (key, _) in _NUMBERS.items()}
    return Record(RIVALS, RIVALS, columns, source, notes={str(i + 1): rival.name for i, rival in enumerate(found)})


def _said_by(found: Comparison, outcomes: Mapping[str, Outcome]) -> list[str]:
    """How much each fit doubts of itself, said once."""
    counts = [(rival.name, outcomes[rival.name].result) for rival in found.rivals]
    told = [f"{name} {len(result.doubts)}" for name, result in counts if result is not None and result.doubts]
    return [f"the fits have doubts of their own: {', '.join(told)}"] if told else []
