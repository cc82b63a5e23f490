"""From numbers back to parameters: bounded fits over a model that takes many sets at once, and how sure they are."""

from thiocell.inference.compare import Comparison, Rival, compare
from thiocell.inference.ensemble import Ensemble, Spread, ensemble, predicted
from thiocell.inference.fit import Effort, Fit
from thiocell.inference.minima import Minimum
from thiocell.inference.parameter import Parameter
from thiocell.inference.prediction import predictive_range
from thiocell.inference.problem import Model, Problem
from thiocell.inference.profile import Interval, Profile, profile
from thiocell.inference.search import fit

__all__ = [
    "Comparison",
    "Effort",
    "Ensemble",
    "Fit",
    "Interval",
    "Minimum",
    "Model",
    "Parameter",
    "Problem",
    "Profile",
    "Rival",
    "Spread",
    "compare",
    "ensemble",
    "fit",
    "predicted",
    "predictive_range",
    "profile",
]
