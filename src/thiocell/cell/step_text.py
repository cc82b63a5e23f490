"""Steps as free text, in PyBaMM's experiment language and a few units more: 'Discharge at 25 mA/g until 0 V'."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thiocell.cell.protocol import Control, Step
from thiocell.core.bad_input import BadInput, choices

_LONGEST = 200
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?"
_LEVEL = re.compile(rf"(?:C\s*/\s*(?P<share>{_NUMBER})|(?P<number>{_NUMBER})\s*(?P<unit>[A-Za-zµμ][\w/*µμ]*))")
_TIME = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>[A-Za-z]+)")
_PERIOD = re.compile(r"(?P<step>.*?)\s*\(\s*(?P<period>[^()]*?)\s+period\s*\)")
_STEP = re.compile(
    r"(?P<verb>charge|discharge|hold)\s+at\s+(?P<level>.+?)(?P<ends>(?:\s+(?:for|or|until)\s.*)?)", re.IGNORECASE
)
_REST = re.compile(r"rest(?P<ends>(?:\s+(?:for|or|until)\s.*)?)", re.IGNORECASE)
_END = re.compile(
    r"\s+(?:or\s+)?(?P<word>for|until)\s+(?P<what>.+?)(?=\s+(?:or\s+)?(?:for|until)\s|\s*$)", re.IGNORECASE
)
_SECONDS = {
    **dict.fromkeys(("second", "seconds", "s", "sec"), 1.0),
    **dict.fromkeys(("minute", "minutes", "m", "min"), 60.0),
    **dict.fromkeys(("hour", "hours", "h", "hr"), 3600.0),
}
_PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6}
_UNITS: Mapping[str, tuple[Control, float, str]] = {
    "A": ("current", 1.0, ""),
    "A/g": ("current", 1e3, "mass"),
    "A/cm2": ("current", 1e4, "area"),
    "A/m2": ("current", 1.0, "area"),
    "V": ("voltage", 1.0, ""),
    "W": ("power", 1.0, ""),
    "W/g": ("power", 1e3, "mass"),
    "W/kg": ("power", 1.0, "mass"),
}
"""What a unit controls, its SI factor and what of the cell it is counted by; each takes the prefixes m and u."""
_RIGHT = (
    "write it like 'Discharge at 25 mA/g until 0 V', 'Charge at C/20 for 2 hours or until 3 V', "
    "'Hold at 3 V until 50 uA' or 'Rest for 10 minutes'"
)


@dataclass(frozen=True)
class Scales:
    """What currents are counted by: ``mass`` kg and ``area`` m2 of the cathode, ``capacity`` A h at 1 C of the cell."""

    mass: float | None = None
    area: float | None = None
    capacity: float | None = None

    def of(self, word: str, unit: str) -> float:
        """The mass, area or capacity; raises BadInput if it is not known."""
        found: float | None = getattr(self, word)
        if found is None:
            raise BadInput(f"'{unit}' needs the {word} of the cell, which is not told")
        return found


def read_steps(
    texts: Sequence[str | Sequence[str]],
    *,
    mass: float | None = None,
    area: float | None = None,
    capacity: float | None = None,
) -> tuple[Step, ...]:
    """Steps of the cell from sentences; as in PyBaMM a sentence by itself is a cycle, and so is a group of them.

    ``mass`` kg and ``area`` m2 of the cathode and ``capacity`` A h of the cell serve units that need them (mA/g,
    mA/cm2, C/20). Discharge is positive. Raises BadInput, naming the sentence, for anything that is no step.
    """
    if isinstance(texts, str):
        raise BadInput(f"'{texts[:_LONGEST]}' is one sentence; give a list of them")
    scales, steps = Scales(mass, area, capacity), []
    for cycle, group in enumerate(texts, 1):
        steps += [replace(read_step(t, scales), cycle=cycle) for t in ([group] if isinstance(group, str) else group)]
    if not steps:
        raise BadInput(f"there are no steps; {_RIGHT}")
    return tuple(steps)


def read_step(text: str, scales: Scales) -> Step:
    """One step from one sentence; raises as ``read_steps`` does."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise BadInput(f"{str(text)[:_LONGEST]!r} is no step; {_RIGHT}")
    try:
        return _read(text.strip(), scales)
    except BadInput as error:
        raise BadInput(f"step '{text.strip()}': {error}") from error


def _read(text: str, scales: Scales) -> Step:
    period = None
    if found := _PERIOD.fullmatch(text):
        text, period = found["step"], _seconds(found["period"])
    if found := _REST.fullmatch(text):
        return _rest(_ends(found["ends"]), period)
    found = _STEP.fullmatch(text)
    if found is None:
        raise BadInput(f"it is no step; {_RIGHT}")
    verb, (control, value) = found["verb"].lower(), _level(found["level"], scales)
    if value <= 0.0 and control != "voltage":
        raise BadInput("its level must be greater than zero; 'Charge', 'Discharge' and 'Rest' tell the direction")
    if (verb == "hold") != (control == "voltage"):
        raise BadInput(f"'{verb}' goes with {'a voltage' if verb == 'hold' else 'a current or a power'}; {_RIGHT}")
    step = Step(control, -value if verb == "charge" else value, period=period)
    ends = _ends(found["ends"])
    if not ends:
        raise BadInput(f"it has no end, 'for' a time or 'until' a level; {_RIGHT}")
    for word, what in ends:
        step = _ended(step, verb, word, what, scales)
    return step


def _rest(ends: list[tuple[str, str]], period: float | None) -> Step:
    if len(ends) != 1 or ends[0][0] != "for":
        raise BadInput("a rest ends after one time; write it like 'Rest for 10 minutes'")
    return Step("current", 0.0, seconds=_seconds(ends[0][1]), period=period)


def _ends(text: str) -> list[tuple[str, str]]:
    """The ends that follow a step: pairs of 'for' or 'until' and what stands behind it."""
    ends, place = [], 0
    while place < len(text):
        found = _END.match(text, place)
        if found is None:
            raise BadInput(f"'{text[place:].strip()}' is no end of a step; {_RIGHT}")
        ends.append((found["word"].lower(), found["what"]))
        place = found.end()
    return ends


def _ended(step: Step, verb: str, word: str, what: str, scales: Scales) -> Step:
    if word == "for":
        name, value = "seconds", _seconds(what)
    else:
        control, value = _level(what, scales)
        name = _stop(step, verb, control, what)
    if getattr(step, name) is not None:
        raise BadInput(f"it has two ends of a kind, '{what}' being the second; one is enough")
    changed: dict[str, Any] = {name: value}
    return replace(step, **changed)


def _stop(step: Step, verb: str, control: Control, what: str) -> str:
    """Which end of a step a level is."""
    if control == "voltage" and step.control != "voltage":
        return "upper" if verb == "charge" else "lower"
    if control == "current" and step.control != "current":
        return "current"
    choice = "a current" if step.control == "voltage" else "a voltage"
    raise BadInput(f"it cannot end at '{what}', since it holds {step.control}; end it after a time or at {choice}")


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text.strip())
    if found is None or found["unit"] not in _SECONDS:
        raise BadInput(f"'{text}' is no time; write it like '10 seconds', '30 minutes' or '1.5 hours'")
    if (seconds := float(found["number"]) * _SECONDS[found["unit"]]) <= 0.0:
        raise BadInput(f"'{text}' is no time in which anything happens; it must be greater than zero")
    return seconds


def c_rate(text: str) -> float | None:
    """How many times the charge of the cell 'C/20' or '0.05C' passes in an hour; none for a text that is no such rate.

    Raises BadInput for 'C/0'.
    """
    found = _LEVEL.fullmatch(text.strip())
    if found is None:
        return None
    if found["share"] is None:
        return float(found["number"]) if found["unit"] == "C" else None
    if (share := float(found["share"])) <= 0.0:
        raise BadInput(f"'{text}' divides by nothing; write it like 'C/20'")
    return 1.0 / share


def _level(text: str, scales: Scales) -> tuple[Control, float]:
    """What is held or reached, in A, V or W of the cell."""
    found = _LEVEL.fullmatch(text.strip())
    if found is None:
        raise BadInput(f"'{text}' is no level; write it like '25 mA/g', 'C/20', '3 V' or '2 mW'")
    if (rate := c_rate(text)) is not None:
        return "current", rate * scales.of("capacity", text)
    number, unit = float(found["number"]), found["unit"]
    for prefix, factor in _PREFIXES.items():
        if unit.startswith(prefix) and (known := _UNITS.get(unit[len(prefix) :])):
            control, size, by = known
            return control, number * factor * size * (scales.of(by, text) if by else 1.0)
    raise BadInput(f"'{unit}' is no unit of a step; there are C, {choices(set(_UNITS))}, each but C also with m or u")
