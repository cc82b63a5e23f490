"""One value of a family's members against the axis along which they differ, with a law fitted."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Drawing, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Result
from thiocell.core.source import Kind, Source
from thiocell.physics.trend_laws import LAWS, Fit
from thiocell.studies.expression import parse
from thiocell.studies.lookup import NotFound, evaluate, worst
from thiocell.studies.outcome import Outcome
from thiocell.studies.study import TrendStep

_SAME_AS_Y = ("intercept", "prefactor", "height")
_SAME_AS_X = ("break_point", "best")


def trend(work: TrendStep, outcomes: Mapping[str, Outcome]) -> Result:
    """The fitted law's values with their errors, the points behind it, and what the points cannot decide."""
    points, kinds, doubts = _points(work, outcomes)
    if len(points) < 2:
        raise BadInput(f"a trend of '{work.value}' needs two members that gave it; {len(points)} did")
    x_unit, y_unit = points[0][0].unit, points[0][1].unit
    if work.law == "arrhenius":
        points = [(x.to("K"), y) for x, y in points]
        x_unit = "K"
    x = np.array([p[0].to(x_unit).value for p in points])
    y, sigma = (np.array([getattr(p[1].to(y_unit), part) for p in points]) for part in ("value", "sigma"))
    try:
        fit = LAWS[work.law](x, y, sigma)
    except ValueError as error:
        raise BadInput(f"law '{work.law}' against '{work.against}': {error}") from error
    kind: Kind = worst(kinds)  # type: ignore[assignment]
    table = Record(
        "points",
        "trend",
        {work.against: Column(x, x_unit), work.value: Column(y, y_unit), f"sigma_{work.value}": Column(sigma, y_unit)},
        Source(kind, place="the family's members"),
    )
    values = {word: Quantity(fit.values[word], *_unit_and_sigma(word, fit, x_unit, y_unit)) for word in fit.values}
    if "activation_energy" in values:
        values["activation_energy"] = values["activation_energy"].to("kJ/mol")
    source = Source(kind, place=f"{work.law} of {work.value} against {work.against}, {len(points)} points")
    drawing = _draw(work, table, fit, source)
    return Result("trend", values, source, {"points": table}, (*doubts, *fit.doubts), drawing=drawing)


def _points(
    work: TrendStep, outcomes: Mapping[str, Outcome]
) -> tuple[list[tuple[Quantity, Quantity]], list[str], list[str]]:
    points, kinds, doubts = [], [], []
    for member, at in work.members:
        try:
            found = evaluate(parse(f"{member}.{work.value}"), outcomes)
        except NotFound as error:
            doubts.append(f"left out: {error}")
            continue
        points.append((at, found.quantity))
        kinds.append(found.kind)
    return points, kinds, doubts


def _unit_and_sigma(word: str, fit: Fit, x_unit: str, y_unit: str) -> tuple[str, float]:
    sigma = fit.sigmas.get(word, math.nan)
    if word in _SAME_AS_Y:
        return y_unit, sigma
    if word in _SAME_AS_X:
        return x_unit, sigma
    if word == "activation_energy":
        return "J/mol", sigma
    return (f"({y_unit or '1'})/({x_unit})" if x_unit else y_unit), sigma


def _draw(work: TrendStep, table: Record, fit: Fit, source: Source) -> Drawing:
    x, y, sigma = (column.values for column in table.columns.values())
    at = np.linspace(x.min(), x.max(), 200)
    x_unit, y_unit, _ = (column.unit for column in table.columns.values())
    layers = (
        Points(x, y, sigma_y=sigma, mark="open" if source.virtual else "filled"),
        Line(at, fit.curve(at), label=work.law.replace("_", " "), tone=1),
    )
    panel = Panel(Axis(work.against.replace("_", " "), x_unit), Axis(work.value.replace("_", " "), y_unit), layers)
    return Drawing((panel,), f"{work.value.replace('_', ' ')} against {work.against}", source.virtual)
