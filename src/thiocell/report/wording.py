"""How verdicts, kinds and numbers are put into words: the same on the page and in the terminal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from thiocell.core.quantity import Quantity
from thiocell.core.result import Result
from thiocell.studies.claim import TESTED, Tested, Verdict
from thiocell.studies.intervals import Reach

VERDICTS: Mapping[str, str] = {
    "holds": "found and printed agree within twice their uncertainty",
    "fails": "found and printed differ by more than that",
    "contradicts": "the source disagrees with itself",
    "open": "needs data that nobody here has, or what is known decides nothing",
}
SYMBOLS: Mapping[str, str] = {"holds": "✓", "fails": "✗", "contradicts": "⇄", "open": "○"}
KINDS: Mapping[str, str] = {
    "derived": "counted from the recipe by composition and Faraday's law, or arithmetic on printed numbers",
    "measured": "from the analysis of a real record",
    "fitted": "was used for calibration, so its agreement proves little",
    "predicted": "output of a model, not fitted to this number",
    "recovered": "a virtual instrument was given the value as truth: proves the method, not the claim",
    "paper": "taken from the paper as it is printed",
    "literature": "taken from another publication",
    "assumed": "assumed; the place says why",
}
VIRTUAL: Mapping[str, str] = {
    "recovered": "virtual: recovered, proves the method, not the claim",
    "predicted": "virtual: predicted by a model, nothing was measured",
}
_MANY = {"holds": "hold", "fails": "fail", "contradicts": "contradict", "open": "open"}
_STOPS = {
    "bound": "a bound of the fit comes first",
    "failed": "the model fails",
    "unfinished": "the search gave up",
}
_UNIT_SIGNS = {"degC": "°C", "delta_degC": "°C", "ohm": "Ω", "Ohm": "Ω", "um": "µm", "angstrom": "Å", "percent": "%"}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST_WHOLE = 1e9  # assumed: longer numbers are not read digit by digit


def counts(verdicts: tuple[Verdict, ...]) -> dict[str, int]:
    """How many numbers got each verdict, all four words in their fixed order."""
    found = Counter(verdict.verdict for verdict in verdicts)
    return {word: found[word] for word in VERDICTS}  # type: ignore[index]


def apart(verdicts: tuple[Verdict, ...]) -> dict[Tested, tuple[Verdict, ...]]:
    """The verdicts by what they test, each in its order: a failure of our model is none of the source."""
    groups = {tested: tuple(verdict for verdict in verdicts if verdict.tests == tested) for tested in TESTED}
    return {tested: group for tested, group in groups.items() if group}


def by_kind(verdicts: tuple[Verdict, ...]) -> dict[str, dict[str, int]]:
    """``counts`` for each kind of found number that occurs, the worthiest first, and last for '', no number."""
    groups = {kind: tuple(verdict for verdict in verdicts if verdict.kind == kind) for kind in (*KINDS, "")}
    return {kind: counts(group) for kind, group in groups.items() if group}


def tally(verdicts: tuple[Verdict, ...]) -> str:
    """'7 hold (4 fitted, 3 predicted), 1 fails (fitted), 2 open': what there is, with the kinds of the numbers."""
    kinds = by_kind(verdicts)
    parts = []
    for word, total in counts(verdicts).items():
        shares = [(kind, of_kind[word]) for kind, of_kind in kinds.items() if kind and of_kind[word]]
        names = ", ".join(kind if share == total else f"{share} {kind}" for kind, share in shares)
        parts += [f"{total} {word if total == 1 else _MANY[word]}{f' ({names})' if names else ''}"] if total else []
    return ", ".join(parts)


def unit(text: str) -> str:
    """A unit as it is printed: 'mA/cm²' for 'mA/cm**2', 'µm' for 'um'."""
    raised = re.sub(r"\*\*\s*(-?\d+)", lambda power: power[1].translate(_RAISED), text)
    signed = re.sub(r"[A-Za-z_]+", lambda word: _UNIT_SIGNS.get(word[0], word[0]), raised)
    return re.sub(r"\s*\*\s*", "·", signed)


def digits(value: float, places: int) -> str:
    """A whole ``value`` as it is, any other rounded to so many ``places``."""
    rounded = value if value == round(value) else float(f"{value:.{places}g}")
    whole = rounded == round(rounded) and abs(value) < _LONGEST_WHOLE
    return f"{rounded:.0f}" if whole else _short_power(f"{value:.{places}g}")


def number(quantity: Quantity, places: int = 6) -> str:
    """Number and unit; a known sigma stands in brackets, an unknown or zero one is told by ``sigma``.

    An exact number has so many ``places``, one whose sigma nobody knows four: more would look as if they were known.
    """
    if quantity.known and quantity.sigma > 0:
        text = str(replace(quantity, unit=""))
    else:
        text = digits(quantity.value, places if quantity.known else 4)
    return f"{text} {unit(quantity.unit)}".strip()


def sigma(quantity: Quantity) -> str:
    """One standard uncertainty in words: 'unknown', 'held exact', or two digits of it with the unit."""
    if not quantity.known:
        return "unknown"
    if quantity.sigma == 0:
        return "held exact"
    return f"{_two(quantity.sigma)} {unit(quantity.unit)}".strip()


_MERIT = re.compile(r"(?:chi2|rw|bic|behind|p_value)(?:_\w+)?|rwp|gof|misfit|kramers_kronig")
"""Values that tell how good others are: computed, neither known exactly nor with an error."""
_ENOUGH = 4  # assumed: digits of such a value that anybody reads


def number_of(name: str, quantity: Quantity) -> str:
    """``number`` of a value with a name; of one that tells how good others are four digits."""
    return number(quantity, _ENOUGH if _MERIT.fullmatch(name) else 6)


def sigma_of(name: str, quantity: Quantity, result: Result) -> str:
    """The same of a value of ``result``: a prediction that no told sigma moves is not exact."""
    if quantity.sigma == 0 and result.source.kind == "predicted":
        return "0 of what is told"
    if quantity.sigma == 0 and _MERIT.fullmatch(name):
        return "–"
    return sigma(quantity)


def found(quantity: Quantity | None) -> str:
    """'530(4) mAh/g'; says so if the uncertainty is unknown or held exact; a dash if nothing was found."""
    if quantity is None:
        return "–"
    return f"{number(quantity)} {sureness(quantity)}".strip()


def found_of(verdict: Verdict) -> tuple[str, str]:
    """What a verdict found and how sure that is, or the limit that decided it: ('< 1.3 %', '(95 %)').

    What is computed of figures of merit alone is not called exact.
    """
    if verdict.found is not None:
        names = re.findall(r"\.([a-zA-Z]\w*)", verdict.about)
        if verdict.found.sigma == 0 and names and all(map(_MERIT.fullmatch, names)):
            return number(verdict.found, _ENOUGH), ""
        return number(verdict.found), sureness(verdict.found)
    if verdict.limit is not None:
        sign = "<" if verdict.limit.side == "below" else ">"
        return f"{sign} {number(verdict.limit.rounded)}", f"({100 * verdict.limit.level:.4g} %)"
    return "–", ""


def reach(given: Reach) -> str:
    """'2.406 to 4.832 V (95 % confidence)', or only the end that the numbers set, and what comes first at the other."""
    ends = ((given.low, given.low_end), (given.high, given.high_end))
    low, high = (digits(end, 4) for end, _ in ends)
    span = {
        (True, True): f"{low} to {high}",
        (False, True): f"below {high}",
        (True, False): f"above {low}",
        (False, False): f"open between {low} and {high}",
    }[given.low_end == "found", given.high_end == "found"]
    said = f"{span} {unit(given.unit)}".strip() + f" ({100 * given.level:.3g} % confidence)"
    return "; ".join([said, *(f"{_STOPS[kind]} at {digits(end, 4)}" for end, kind in ends if kind != "found")])


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
