"""One value of a family's members against the axis along which they differ, with a law fitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Band, Drawing, Layer, Line, Panel, Points
from thiocell.core.quantity import Quantity
from thiocell.core.record import Array, Column, Record
from thiocell.core.result import Covariance, Limit, Result
from thiocell.core.source import Kind, Source
from thiocell.physics.composition import AVOGADRO
from thiocell.physics.linear_fit import Fit
from thiocell.physics.trend_laws import LAWS
from thiocell.studies.errors import Parts
from thiocell.studies.errors import covariance as covariance_of
from thiocell.studies.expression import parse
from thiocell.studies.intervals import LEVEL
from thiocell.studies.lookup import evaluate, parts_of, worst
from thiocell.studies.outcome import Outcome
from thiocell.studies.study import TrendStep

_WARM = ("arrhenius", "ionic_arrhenius")
"""Laws of the temperature in K."""
_ROUNDS = 3
"""assumed: rounds in which slope and errors of place settle."""
_SAME_AS_Y = ("intercept", "prefactor", "height")
_SAME_AS_X = ("break_point", "best")


def trend(work: TrendStep, outcomes: Mapping[str, Outcome]) -> Result:
    """The fitted law's values with their errors, the points behind it, and what the points cannot decide."""
    points, kinds, parts, doubts = _points(work, outcomes)
    if len(points) < 2:
        why = f" ({doubts[0]})" if doubts else ""
        raise BadInput(f"a trend of '{work.value}' needs two members that gave it; {len(points)} did{why}")
    x_unit, y_unit = points[0][0].unit, points[0][1].unit
    if work.law in _WARM:
        points = [(x.to("K"), y) for x, y in points]
        x_unit = "K"
    x = np.array([p[0].to(x_unit).value for p in points])
    y, sigma = (np.array([getattr(p[1].to(y_unit), part) for p in points]) for part in ("value", "sigma"))
    place = np.array([p[0].to(x_unit).sigma for p in points])
    if unknown := int(np.sum(~np.isfinite(place))):
        doubts.append(f"the sigma of '{work.against}' is unknown at {unknown} of {x.size} points: taken as exact there")
    try:
        fit = fitted(work.law, x, y, _covariance(parts, sigma), np.nan_to_num(place, nan=0.0))
    except ValueError as error:
        raise BadInput(f"law '{work.law}' against '{work.against}': {error}") from error
    kind: Kind = worst(kinds)  # type: ignore[assignment]
    table = Record(
        "points",
        "trend",
        {work.against: Column(x, x_unit), work.value: Column(y, y_unit), f"sigma_{work.value}": Column(sigma, y_unit)},
        Source(kind, place="the family's members"),
    )
    y_unit = f"{y_unit}*K" if work.law == "ionic_arrhenius" else y_unit
    values, covariance = _values(fit, x_unit, y_unit)
    limits = {
        word: Limit(Quantity.exact(bound, _unit(word, x_unit, y_unit)), side, LEVEL)
        for word, (bound, side) in fit.limits.items()
    }
    source = Source(kind, place=f"{work.law} of {work.value} against {work.against}, {len(points)} points")
    drawing = _draw(work, table, fit, values, source)
    doubts += fit.doubts
    return Result("trend", values, source, {"points": table}, tuple(doubts), covariance, limits, drawing)


def fitted(law: str, x: Array, y: Array, covariance: Array, place: Array) -> Fit:
    """The law through the points, whose errors of place are turned into such of height by the law's own slope.

    Effective variance: Orear, Am. J. Phys. 50 (1982) 912. A maximum's own sigma is that of its place already.
    """
    fit = LAWS[law](x, y, covariance)
    if law == "maximum" or not place.any():
        return fit
    for _ in range(_ROUNDS):
        step = 1e-4 * np.ptp(x)
        slope = (fit.curve(x + step) - fit.curve(x - step)) / (2.0 * step)
        fit = LAWS[law](x, y, covariance + np.diag((slope * place) ** 2))
    return fit


def _points(
    work: TrendStep, outcomes: Mapping[str, Outcome]
) -> tuple[list[tuple[Quantity, Quantity]], list[str], list[Parts | None], list[str]]:
    """Place and value of each member that gave it, the values' kinds and named errors, and who is left out."""
    points, kinds, doubts = [], [], []
    parts: list[Parts | None] = []
    for member, at in work.members:
        try:
            found = evaluate(parse(f"{member}.{work.value}"), outcomes)
        except BadInput as error:  # no such value, or only a limit of it, of this member
            doubts.append(f"{member} is left out: {error}")
            continue
        points.append((at, found.quantity))
        kinds.append(found.kind)
        parts.append(parts_of(f"{member}.{work.value}", outcomes))
    return points, kinds, parts, doubts


def _covariance(parts: list[Parts | None], sigma: Array) -> Array:
    """How the points hang together through errors that they share; without named errors they are independent."""
    told = [found for found in parts if found is not None]
    return covariance_of(told) if len(told) == len(parts) else np.diag(sigma**2)


def _values(fit: Fit, x_unit: str, y_unit: str) -> tuple[dict[str, Quantity], Covariance | None]:
    """The law's parameters in their units, and how they hang together."""
    sigma = np.sqrt(np.diag(fit.covariance))
    values = {
        word: Quantity(value, _unit(word, x_unit, y_unit), float(spread))
        for (word, value), spread in zip(fit.values.items(), sigma, strict=True)
    }
    scale = np.ones(len(values))
    energy = values.get("activation_energy", Quantity(0.0, "J/mol")).to("kJ/mol")
    if "activation_energy" in values:
        scale[list(values).index("activation_energy")] = 1e-3
        values["activation_energy"] = energy
    known = bool(values) and bool(np.all(np.isfinite(fit.covariance)))
    covariance = Covariance(tuple(values), fit.covariance * np.outer(scale, scale)) if known else None
    if "activation_energy" in values:
        each = 1e3 / AVOGADRO
        values["activation_energy_each"] = Quantity(energy.value * each, "J", energy.sigma * each).to("eV")
    return values, covariance


def _unit(word: str, x_unit: str, y_unit: str) -> str:
    if word in _SAME_AS_Y:
        return y_unit
    if word in _SAME_AS_X:
        return x_unit
    if word == "activation_energy":
        return "J/mol"
    return f"({y_unit or '1'})/({x_unit})" if x_unit else y_unit


def _draw(work: TrendStep, table: Record, fit: Fit, values: Mapping[str, Quantity], source: Source) -> Drawing:
    x, y, sigma = (column.values for column in table.columns.values())
    at = np.linspace(x.min(), x.max(), 200)
    x_unit, y_unit, _ = (column.unit for column in table.columns.values())
    law, place, height = fit.curve(at), _axis_of_places(work), _axis_of_values(work)
    places = Axis(place, x_unit)
    warm = work.law in _WARM and bool(np.all(y > 0))
    if warm:  # as these laws are drawn everywhere
        x, at, places = 1000.0 / x, 1000.0 / at, Axis(f"1000 / {place}", "1/K")
    layers = (
        Points(x, y, sigma_y=sigma, mark="open" if source.virtual else "filled"),
        Line(at, law, label=work.law.replace("_", " "), tone=1),
        *_marked(values, float(y.min()), float(y.max())),
    )
    panel = Panel(places, Axis(height, y_unit, "log" if warm else "linear"), layers)
    return Drawing((panel,), f"{height} against {work.against.replace('_', ' ')}", source.virtual)


def _marked(values: Mapping[str, Quantity], low: float, high: float) -> Iterator[Layer]:
    """A place that the law has found, such as a break, with one sigma to either side."""
    for word in _SAME_AS_X:
        if (found := values.get(word)) is None:
            continue
        name = f"{word.replace('_', ' ')} {found}"
        if found.known and found.sigma > 0:
            yield Band([found.value - found.sigma, found.value + found.sigma], [low, low], [high, high], name, 2)
        yield Line([found.value, found.value], [low, high], name, 2, "dotted")


def _axis_of_values(work: TrendStep) -> str:
    """What the value means, behind its word where the meaning goes on from there; else its word."""
    word, says = work.value.replace("_", " "), work.value_means.meaning if work.value_means else ""
    told = f"{word} {says}" if says.startswith("of ") else says or word
    return told[0].upper() + told[1:] if says else word


def _axis_of_places(work: TrendStep) -> str:
    """The word of the axis with what it means; alone where nobody says, or under a law that is drawn against 1/T."""
    word = work.against.replace("_", " ")
    if work.against_means is None or not work.against_means.meaning or work.law in _WARM:
        return word
    return f"{word}, {work.against_means.meaning}"
