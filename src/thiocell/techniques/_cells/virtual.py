"""A virtual cycler: what it writes down of an ideal cell, perfectly or as a real one would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from thiocell.chemistry.reference_electrode import LI_IN
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.physics.galvanostat import Stretch, Trace, record, rows
from thiocell.techniques._cells.cell import ReferenceElectrode

Law = Literal["two_plateaus", "linear", "cell"]

POLARISATION = Quantity.exact(0.3, "V")
"""Mean charge voltage above mean discharge voltage in a predicted record, assumed."""
LAW_MEANING = "shape of the predicted voltage, or 'cell': the cell model predicts it and the capacities"
POLARISATION_MEANING = "mean charge voltage above the mean discharge voltage in the predicted record"
CURRENT_NOISE = 1e-4  # of the current, one sigma a row, assumed: a typical cycler
VOLTAGE_NOISE = 1e-4  # V, one sigma a row, assumed: a typical cycler
_MOST_ROWS = 5_000_000  # assumed: more would not fit a desk


def given(
    name: str, values: Mapping[str, Quantity], terms: Mapping[str, Term], otherwise: float | None = None
) -> float:
    """The value of that name in its term's unit, or ``otherwise``; raises BadInput if there is neither."""
    if name not in values and otherwise is not None:
        return otherwise
    if name not in values:
        raise BadInput(f"'{name}' is missing; predict was given {choices(set(values))}")
    return terms[name].check(name, values[name]).value


def positive(name: str, quantity: Quantity, unit: str, *, zero: bool = False) -> float:
    """A setting in ``unit``; raises BadInput unless it is greater than zero, or zero where that is allowed."""
    here = quantity.to(unit).value
    if here < 0 or (here == 0 and not zero):
        raise BadInput(f"the setting '{name}' is {quantity}; it must {'not be negative' if zero else 'exceed zero'}")
    return here


def cycler(
    name: str,
    stretches: Sequence[Stretch],
    law: Law,
    interval: Quantity,
    rest: Quantity,
    reference: ReferenceElectrode,
    errors: tuple[Quantity, Quantity],
    rng: np.random.Generator | None,
) -> Record:
    """The record of ``stretches`` (voltages against Li), one row every ``interval``, each followed by ``rest``.

    ``errors`` are the relative gain of the current and the offset of the voltage: with ``rng`` one of each is drawn,
    the gain once for each direction, and noise is added.
    """
    every, pause = positive("interval", interval, "s"), positive("rest", rest, "s", zero=True)
    if law == "cell":
        raise BadInput("an ideal cell has no law 'cell'; choose two_plateaus or linear")
    if (count := rows(stretches, every, pause)) > _MOST_ROWS:
        raise BadInput(f"an interval of {interval} makes {count} rows; {_MOST_ROWS} are the most, so take a longer one")
    trace = record(stretches, law, every, pause)
    return written_down(name, trace, reference, errors, rng, f"ideal galvanostatic cell, law {law}")


def written_down(
    name: str,
    trace: Trace,
    reference: ReferenceElectrode,
    errors: tuple[Quantity, Quantity],
    rng: np.random.Generator | None,
    place: str,
    model: str = "",
) -> Record:
    """The record of a ``trace`` whose voltages are against Li; ``errors`` as in ``cycler``.

    ``model`` names what predicted it, if it was not given what comes back.
    """
    voltage = trace.voltage - (LI_IN.quantity.value if reference == "Li-In" else 0.0)
    current = trace.current
    if rng is not None:
        gains = 1.0 + rng.normal(0.0, errors[0].to("").value, 2)
        noise = rng.normal(1.0, CURRENT_NOISE, current.size)
        current = current * np.where(current > 0, gains[0], gains[1]) * noise
        voltage = voltage + rng.normal(0.0, errors[1].to("V").value) + rng.normal(0.0, VOLTAGE_NOISE, voltage.size)
    columns = {
        "time": Column(trace.time, "s"),
        "step_time": Column(trace.step_time, "s"),
        "voltage": Column(voltage, "V"),
        "current": Column(current, "A"),
        "step": Column(trace.step),
        "cycle": Column(trace.cycle),
    }
    return Record(name, "cycling", columns, Source("predicted", model, place))
