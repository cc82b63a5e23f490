"""Hold each printed number against what was found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from thiocell.chemistry.reaction import imbalance
from thiocell.core.bad_input import BadInput
from thiocell.core.quantity import Quantity, same_dimension
from thiocell.core.result import Limit
from thiocell.studies.claim import Claim, Printed, Verdict, Word, read_printed
from thiocell.studies.expression import parse, split
from thiocell.studies.intervals import Reach
from thiocell.studies.lookup import Bounded, Found, Missing, NotFound, evaluate
from thiocell.studies.outcome import Outcome
from thiocell.studies.rounding import ROUNDING

_MANY = 4
"""assumed: values from which on none is proposed in place of another."""


def judge(claim: Claim, outcomes: Mapping[str, Outcome]) -> tuple[list[Verdict], list[str]]:
    """One verdict for each number of a claim, and what is wrong with the claim itself, one sentence each.

    A number that asks a step for a value that it does not give, or for one of another kind, stays open.
    """
    if claim.open:
        return [_verdict(claim, "open", claim.open)], []
    verdicts: list[Verdict] = []
    faults: list[str] = []
    for about, text in claim.says.items():
        try:
            verdicts.append(_number(claim, about, text, outcomes))
        except BadInput as error:
            faults.append(f"[claim.{claim.name}] says '{about}': {error}")
            verdicts.append(_verdict(claim, "open", f"cannot be judged: {error}", about=about, says=text))
    if claim.equation:
        verdicts.append(_equation(claim))
    return verdicts or [_verdict(claim, "contradicts", claim.contradicts)], faults


def _verdict(claim: Claim, word: Word, reason: str, **rest: Any) -> Verdict:
    blank = {"kind": "", "about": "", "says": "", "printed": None, "found": None}
    return Verdict(
        claim.name, claim.number, word, **{**blank, **rest}, reason=reason, where=claim.where, text=claim.text
    )


def _equation(claim: Claim) -> Verdict:
    missing = imbalance(claim.equation)
    known = {"kind": "derived", "about": claim.equation, "says": "balanced"}
    if not missing:
        return _verdict(claim, "holds", "it balances", **known)
    parts = [f"{abs(n):g} {element} {'too many' if n > 0 else 'too few'}" for element, n in missing.items()]
    reason = f"the printed reaction does not balance: its right side has {', '.join(parts)}"
    return _verdict(claim, "contradicts", reason, **known)


def _number(claim: Claim, about: str, text: str, outcomes: Mapping[str, Outcome]) -> Verdict:
    printed = read_printed(text)
    known: dict[str, Any] = {"about": about, "says": text, "printed": None if printed.bare_unit else printed.quantity}
    try:
        found = evaluate(parse(about), outcomes)
    except NotFound as error:
        return _verdict(claim, "open", str(error), **known)
    except Missing as error:
        return _verdict(claim, "fails" if error.sure else "open", str(error), **known | {"kind": error.kind})
    except Bounded as error:
        alone = about.strip() in parse(about).names
        word, reason = _bounded(printed, error.limit) if alone else ("open", str(error))
        if word == "fails" and claim.contradicts:
            word, reason = "contradicts", f"{claim.contradicts}; {reason}"
        limit = error.limit.to(printed.quantity.unit) if alone else None
        return _verdict(claim, word, reason, **known | {"kind": error.kind}, limit=limit)
    known["kind"] = found.kind
    if not same_dimension(found.quantity.unit, printed.quantity.unit):
        reason = _misfit(claim, printed, found, _instead(about, printed.quantity.unit, outcomes))
        return _verdict(claim, "contradicts", reason, **known)
    here = found.quantity.to(printed.quantity.unit)
    if printed.bare_unit:
        return _verdict(claim, "holds", f"it comes in '{printed.quantity.unit}'", **known, found=here)
    if found.unfit:
        return _verdict(claim, "open", found.unfit, **known, found=here)
    reach = found.reach.to(here.unit) if found.reach else None
    rounding = Quantity(found.quantity.value, found.quantity.unit, found.rounding).to(here.unit).sigma
    rounding += ROUNDING * abs(printed.quantity.value)
    word, reason = _within(printed, reach, rounding) if reach else _compare(printed, here, rounding)
    if word == "fails" and (claim.contradicts or found.printed):
        word = "contradicts"
        reason = f"{claim.contradicts or 'this follows from other numbers of the same source'}; {reason}"
    return _verdict(claim, word, reason, **known, found=here)


def _instead(about: str, unit: str, outcomes: Mapping[str, Outcome]) -> str:
    """Which values of the same step come in a printed unit, as the end of a sentence."""
    if about.strip() not in parse(about).names:
        return ""
    step, _ = split(about.strip())
    result = outcomes[step].result if step in outcomes else None
    fit = [word for word, value in result.values.items() if same_dimension(value.unit, unit)] if result else []
    return f"; {', '.join(f'{step}.{word}' for word in fit)} would fit" if 0 < len(fit) < _MANY else ""


def _misfit(claim: Claim, printed: Printed, found: Found, instead: str) -> str:
    """Why a formula that gives another dimension than the printed number contradicts; BadInput if it is the study's."""
    unit = printed.quantity.unit
    if not (claim.contradicts or found.printed):
        raise BadInput(f"it comes in '{found.quantity.unit}', not in '{unit}'{instead}")
    reason = f"what is printed comes in '{found.quantity.unit}', which is no '{unit}'"
    return f"{claim.contradicts}; {reason}" if claim.contradicts else reason


def _within(printed: Printed, reach: Reach, rounding: float) -> tuple[Word, str]:
    """Does a number hold of which is known how far it may go, and the sentence that says why.

    Its sigma does not count: that of a fit is one of slopes, and tells less than how far the numbers let it go.

    What the numbers leave open to a side that the claim needs stays open, or in all by more than the number itself; so
    does what lies beyond an end where model or search failed.
    """
    told, width = f"it may be {reach} ({100 * reach.level:.4g} %)", 2 * printed.width + rounding
    above, below = printed.quantity.value - reach.high, reach.low - printed.quantity.value
    gap = {"": max(above, below), "at most": below, "at least": above}[printed.side]
    if gap > width:
        if (reach.high_end if gap == above else reach.low_end) in ("failed", "unfinished"):
            return "open", f"{told}; nothing is known {_short(gap)} {reach.unit} beyond".rstrip()
        return "fails", f"{told}; that is {_short(gap)} {reach.unit} away".replace("  ", " ")
    said = _short(printed.quantity.value)
    if printed.side:
        beyond, end = (-above, reach.high_end) if printed.side == "at most" else (-below, reach.low_end)
        if beyond > width:
            return "open", f"{told}, on both sides of {said}: the numbers that were fitted do not decide it"
        return (
            ("holds", f"{told}, which is {printed.side} {said}")
            if end == "found"
            else ("open", f"{told}: the numbers that were fitted do not set the end that it needs")
        )
    if not reach.closed:
        return "open", f"{told}: the numbers that were fitted do not set both ends, so they decide nothing here"
    if reach.high - reach.low > abs(printed.quantity.value) > 0:
        return (
            "open",
            f"{told}: the numbers that were fitted leave more open than the number itself, and decide nothing",
        )
    if gap > rounding:
        return "holds", f"{told}; {said} is {_short(gap)} {reach.unit} beyond, {_short(width)} allowed".replace(
            "  ", " "
        )
    return "holds", f"{told}, which includes {said}"


def _bounded(printed: Printed, limit: Limit) -> tuple[Word, str]:
    """Does a number hold of which only a limit was found; BadInput if they have not the same dimension."""
    unit, said = printed.quantity.unit, printed.quantity.value
    if not same_dimension(limit.bound.unit, unit):
        raise BadInput(f"it comes in '{limit.bound.unit}', not in '{unit}'")
    if printed.bare_unit:
        return "holds", f"it comes in '{unit}'"
    here = limit.to(unit)
    bound, told = here.bound.value, f"all that is known is that it lies {here} ({100 * limit.level:.4g} %)"
    gap = said - bound if limit.side == "below" else bound - said
    rounding = ROUNDING * max(abs(said), abs(bound))
    if (limit.side, printed.side) in (("below", "at most"), ("above", "at least")):
        return ("holds", told) if gap >= -rounding else ("open", told)
    if gap > 2 * printed.width + rounding:
        return "fails", f"{told}; that is {_short(gap)} {unit} away".rstrip()
    return "open", told


def _compare(printed: Printed, found: Quantity, rounding: float) -> tuple[Word, str]:
    """Does the number hold, and the sentence that says why."""
    allowed = 2 * math.hypot(found.sigma if found.known else 0.0, printed.width)
    away = found.value - printed.quantity.value
    excess = {"": abs(away), "at most": away, "at least": -away}[printed.side]
    unit, said = printed.quantity.unit, abs(printed.quantity.value)
    if found.known and 4 * found.sigma > said > 0 and abs(away) <= 2 * found.sigma:
        return "open", f"found {found}, whose 95 % range is wider than the number itself: it decides nothing"
    basis = "rounding alone, since the found sigma is unknown" if not found.known else "2 sigma of both"
    if printed.side and excess <= 0:
        return (
            "holds",
            f"found {_short(found.value)} {unit}, which is {printed.side} {_short(printed.quantity.value)}".strip(),
        )
    if printed.side and allowed < excess <= rounding:
        told = f"found {_short(found.value)} {unit}, which is {_short(printed.quantity.value)}"
        return "holds", f"{told} but for the rounding of the arithmetic".replace("  ", " ")
    word: Word = "holds" if excess <= allowed + rounding else "fails"
    return word, f"{_short(abs(away))} {unit} apart, {_short(allowed)} allowed ({basis})".replace("  ", " ")


def _short(number: float) -> str:
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"
