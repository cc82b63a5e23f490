"""The words that every other part of the house speaks."""

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Band, Drawing, Image, Line, Panel, Points
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity, propagate
from thiocell.core.record import Column, Record
from thiocell.core.result import Covariance, Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.shelf import Shelf
from thiocell.core.source import Source
from thiocell.core.technique import Expecting, Technique, setting, takes
from thiocell.core.term import Term

__all__ = [
    "Axis",
    "BadInput",
    "Band",
    "Column",
    "Covariance",
    "Drawing",
    "Expecting",
    "Fact",
    "Image",
    "Limit",
    "Line",
    "Panel",
    "Points",
    "Quantity",
    "Record",
    "Result",
    "Sample",
    "Shelf",
    "Source",
    "Technique",
    "Term",
    "propagate",
    "setting",
    "takes",
]
