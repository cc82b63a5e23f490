"""How verdicts, kinds and numbers are put into words: the same on the page and in the terminal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from thiocell.core.quantity import Quantity
from thiocell.studies.claim import Verdict

VERDICTS: Mapping[str, str] = {
    "holds": "found and printed agree within twice their uncertainty",
    "fails": "found and printed differ by more than that",
    "contradicts": "the source disagrees with itself",
    "open": "needs data that nobody here has, or a step that did not finish",
}
SYMBOLS: Mapping[str, str] = {"holds": "✓", "fails": "✗", "contradicts": "⇄", "open": "○"}
KINDS: Mapping[str, str] = {
    "derived": "counted from the recipe by composition and Faraday's law",
    "measured": "from the analysis of a real record",
    "fitted": "was used for calibration, so its agreement proves little",
    "predicted": "output of a model that was not calibrated with it",
    "recovered": "a virtual instrument was given the value as truth: proves the method, not the claim",
    "paper": "taken from the paper as it is printed",
    "literature": "taken from another publication",
    "assumed": "assumed; the place says why",
}
VIRTUAL: Mapping[str, str] = {
    "recovered": "virtual: recovered, proves the method, not the claim",
    "predicted": "virtual: predicted by a model, nothing was measured",
}
_UNIT_SIGNS = {"degC": "°C", "delta_degC": "°C", "ohm": "Ω", "Ohm": "Ω", "um": "µm", "angstrom": "Å", "percent": "%"}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST_WHOLE = 1e9  # assumed: longer numbers are not read digit by digit


def counts(verdicts: tuple[Verdict, ...]) -> dict[str, int]:
    """How many numbers got each verdict, all four words in their fixed order."""
    found = Counter(verdict.verdict for verdict in verdicts)
    return {word: found[word] for word in VERDICTS}  # type: ignore[index]


def unit(text: str) -> str:
    """A unit as it is printed: 'mA/cm²' for 'mA/cm**2', 'µm' for 'um'."""
    raised = re.sub(r"\*\*\s*(-?\d+)", lambda power: power[1].translate(_RAISED), text)
    signed = re.sub(r"[A-Za-z_]+", lambda word: _UNIT_SIGNS.get(word[0], word[0]), raised)
    return re.sub(r"\s*\*\s*", "·", signed)


def digits(value: float) -> str:
    """A whole ``value`` as it is, any other to six digits."""
    whole = value == round(value) and abs(value) < _LONGEST_WHOLE
    return f"{value:.0f}" if whole else _short_power(f"{value:.6g}")


def number(quantity: Quantity) -> str:
    """Number and unit; a known sigma stands in brackets, an unknown or zero one is told by ``sigma``."""
    sure = not quantity.known or quantity.sigma == 0
    text = digits(quantity.value) if sure else str(replace(quantity, unit=""))
    return f"{text} {unit(quantity.unit)}".strip()


def sigma(quantity: Quantity) -> str:
    """One standard uncertainty in words: 'unknown', 'held exact', or two digits of it with the unit."""
    if not quantity.known:
        return "unknown"
    if quantity.sigma == 0:
        return "held exact"
    return f"{_two(quantity.sigma)} {unit(quantity.unit)}".strip()


def found(quantity: Quantity | None) -> str:
    """'530(4) mAh/g'; says so if the uncertainty is unknown or held exact; a dash if nothing was found."""
    if quantity is None:
        return "–"
    return f"{number(quantity)} {sureness(quantity)}".strip()


def sureness(quantity: Quantity) -> str:
    """'(sigma unknown)' or '(exact)'; '' if the sigma stands in the number's own brackets."""
    if not quantity.known:
        return "(sigma unknown)"
    return "" if quantity.sigma > 0 else "(exact)"


def _two(value: float) -> str:
    text = f"{value:.2g}"
    return f"{float(text):.0f}" if "e+" in text else _short_power(text)


def _short_power(text: str) -> str:
    """'3e-6' for '3e-06'."""
    return re.sub(r"e([-+])0*(\d+)", lambda power: f"e{power[1].strip('+')}{power[2]}", text)
