"""Rival models of the same numbers, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.inference.fit import Fit
from thiocell.inference.plain import plain


@dataclass(frozen=True)
class Rival:
    """One model: its chi-square, numbers of parameters, freedom, and criteria; NaN where one is not defined.

    ``behind`` is how far it lies behind the first in the criterion that ranks the comparison.
    """

    name: str
    chi2: float
    parameters: int
    dof: int
    p_value: float
    aic: float
    aicc: float
    bic: float
    behind: float

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Comparison:
    """``rivals``, best first by ``criterion``: 'aicc' where it is defined for all, else 'chi2'."""

    criterion: str
    rivals: tuple[Rival, ...]
    doubts: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


def compare(fits: Mapping[str, Fit]) -> Comparison:
    """The fits, by name, of rival models to the same numbers; raises BadInput if the numbers differ."""
    if not fits:
        raise BadInput("a comparison needs at least one fit")
    _check_same(fits)
    defined = all(not np.isnan(fit.aicc) for fit in fits.values())
    criterion = "aicc" if defined else "chi2"
    order = sorted(fits, key=lambda name: (getattr(fits[name], criterion), len(fits[name].parameters), name))
    least = getattr(fits[order[0]], criterion)
    rivals = []
    for name in order:
        fit = fits[name]
        behind = float(getattr(fit, criterion) - least)
        rivals.append(
            Rival(name, fit.chi2, len(fit.parameters), fit.dof, fit.p_value, fit.aic, fit.aicc, fit.bic, behind)
        )
    return Comparison(criterion, tuple(rivals), _doubts(fits, rivals, defined))


def _check_same(fits: Mapping[str, Fit]) -> None:
    first, *others = fits.items()
    for name, fit in others:
        same = fit.names == first[1].names and np.array_equal(fit.observed, first[1].observed)
        if not (same and np.array_equal(fit.observed_sigma, first[1].observed_sigma)):
            raise BadInput(f"'{name}' was fitted to other numbers than '{first[0]}': they cannot be compared")


def _doubts(fits: Mapping[str, Fit], rivals: list[Rival], defined: bool) -> tuple[str, ...]:
    said = []
    if not defined:
        short = ", ".join(f"'{name}'" for name, fit in fits.items() if np.isnan(fit.aicc))
        said.append(
            f"too few numbers for the parameters of {short}: AICc is not defined, AIC and BIC mean little, and "
            "chi-square favours the model with more parameters; judge by what the rivals predict"
        )
    full = [name for name, fit in fits.items() if fit.dof <= 0]
    if full:
        said.append(f"a good chi-square of {', '.join(full)} proves nothing: there is no freedom left")
    if len({fit.priors for fit in fits.values()}) > 1:
        said.append(
            "the rivals have different numbers of priors, which count as numbers: their criteria differ by that"
        )
    near = [rival.name for rival in rivals[1:] if rival.behind < 2.0]  # Burnham and Anderson (2002), section 2.6
    if near:
        said.append(f"the numbers do not tell '{rivals[0].name}' from {', '.join(near)} (within 2)")
    return tuple(said)
