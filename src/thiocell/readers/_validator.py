"""What keeps a table from being strict Battery Data Format: one sentence a finding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from thiocell.core.bad_input import BadInput
from thiocell.readers._bdf_labels import LABELS, NEEDED, REPLACED, take_apart
from thiocell.readers._direction import against_voltage, by_counters, by_words, never_negative, signed
from thiocell.readers._table import Table

Array = NDArray[np.float64]

_PREFERRED = {label.preferred: label for label in LABELS.values()}
_TITLES = {label.title.casefold(): label for label in LABELS.values()}
_TEXT = ("step_type", "step_id")
_NEVER_FALL = ("cycle_count", "step_count", "charging_capacity_ah", "discharging_capacity_ah", "charging_energy_wh")


def findings(table: Table) -> list[str]:
    """The findings on names, numbers, time and sign, in this order; none means that the table is valid."""
    found = list(_names(table))
    numbers: dict[str, Array] = {}
    for number, name in enumerate(table.names, 1):
        label = LABELS.get(name) or _PREFERRED.get(name)
        if label is None or label.machine in _TEXT or label.machine in numbers:
            continue
        needed = any(label.title.casefold() in bases for bases in NEEDED)
        try:
            numbers[label.machine] = table.number(number, may_be_blank=not needed)
        except BadInput as error:
            found.append(str(error))
    return [*found, *_order(numbers), *_sign(table, numbers)]


def _names(table: Table) -> Iterator[str]:
    """Missing, doubled, outdated, misspelt and mixed labels."""
    exact = [LABELS.get(name) or _PREFERRED.get(name) for name in table.names]
    titles = {label.title.casefold() for label in exact if label}
    for bases in NEEDED:
        if not titles.intersection(bases):
            yield f"'{_TITLES[bases[0]].preferred}' is missing"
    for name in sorted({name for name in table.names if table.names.count(name) > 1}):
        yield f"'{name}' names more than one column" if name else "more than one column has no name"
    for name, label in zip(table.names, exact, strict=True):
        if label is None:
            yield from _stranger(name)
    styles = {
        name in LABELS
        for name, label in zip(table.names, exact, strict=True)
        if (label and name != label.preferred) or name in _PREFERRED
    }
    if len(styles) > 1:
        yield "preferred labels and machine names are mixed"


def _stranger(name: str) -> Iterator[str]:
    """What is wrong with a label that BDF does not have; nothing, if it is a column of the author's own."""
    base, unit = take_apart(name)
    meant = _TITLES.get(" ".join(base.split()))
    if not name:
        yield "a column has no name"
    elif name in REPLACED:
        yield f"'{name}' is outdated; '{REPLACED[name]}' is right"
    elif meant is not None:
        fault = "unit" if unit != meant.unit.strip("1") else "spelling"
        yield f"'{name}' has the wrong {fault}; '{meant.preferred}' or '{meant.machine}' is right"


def _order(numbers: dict[str, Array]) -> Iterator[str]:
    """Times that go back or lie before the start, counts that are none, counters that reset."""
    for name in ("test_time_second", "unix_time_second"):
        if name in numbers and (back := np.flatnonzero(np.diff(numbers[name]) < 0)).size:
            yield f"'{name}' goes back {back.size} times, first after row {back[0] + 1}"
        if name in numbers and (numbers[name] < 0).any():
            yield f"'{name}' is negative in places"
    for name in _NEVER_FALL:
        if name in numbers and (np.diff(numbers[name]) < 0).any():
            yield f"'{name}' falls; in BDF it never does"
    for name in ("cycle_count", "step_count"):
        known = numbers.get(name, np.zeros(0))
        known = known[np.isfinite(known)]
        if (known != np.round(known)).any() or (known < 0).any():
            yield f"'{name}' is not a whole number from zero in every row"


def _sign(table: Table, numbers: dict[str, Array]) -> Iterator[str]:
    """Is the current positive on charge, as far as step types, counters or else the voltage can tell?"""
    current = numbers.get("current_ampere")
    if current is None:
        return
    kinds = next((n for n, name in enumerate(table.names, 1) if take_apart(name)[0] == "step type"), None)
    counters = [numbers.get(f"{way}_capacity_ah") for way in ("charging", "discharging")]
    if kinds is not None:
        doubts = signed(current, *by_words(*table.words(kinds)), table.names[kinds - 1])[1]
    elif counters[0] is not None and counters[1] is not None:
        doubts = signed(current, *by_counters(counters[0], counters[1], current), "the counters of charge")[1]
    else:
        doubts = ()
        if "voltage_volt" in numbers and against_voltage(current, numbers["voltage_volt"]):
            yield "the current's sign goes against the voltage: BDF counts charge positive" + (
                ", and this one is never negative" if never_negative(current) else ""
            )
    if doubts:
        yield f"{doubts[0]}; BDF counts charge positive"
