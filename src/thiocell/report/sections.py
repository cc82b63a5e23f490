"""What each section of the page shows, as plain words for the template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from thiocell.core.quantity import Quantity
from thiocell.core.result import Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.report import wording
from thiocell.studies import fitting, intervals, rivals
from thiocell.studies.claim import TESTED, Verdict
from thiocell.studies.outcome import Outcome, Run

Terms = Mapping[str, Mapping[str, Term]]
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_COUNTED = "properties"  # what a result is called that chemistry counted from a recipe
_MANY = 60  # assumed: longer tables of values are folded away
_STRONG = 0.5  # assumed: weaker correlations are not worth a reader's time


def terms_of(run: Run) -> Terms:
    """The vocabulary of chemistry, and of each technique that ``run`` used where it can be had by its name alone.

    A technique is asked with its default settings, which need not be those of the study: a meaning in its ``gives``
    that names a number may tell of another current or temperature than was used, so it is left out. What its ``terms``
    say, where it has any, holds for all settings.
    """
    from thiocell.chemistry.vocabulary import term
    from thiocell.techniques import TECHNIQUES

    results = [outcome.result for outcome in run.outcomes.values() if outcome.result]
    counted = {name: term(name) for result in results if result.technique == _COUNTED for name in result.values}
    found: dict[str, Mapping[str, Term]] = {_COUNTED: counted} if counted else {}
    for name, means in ((fitting.FIT, fitting.meaning), (rivals.RIVALS, rivals.meaning)):
        words = {word for result in results if result.technique == name for word in (*result.values, *result.limits)}
        found |= {name: {word: meant for word in words if (meant := means(word)) is not None}} if words else {}
    for name in sorted({result.technique for result in results} - {_COUNTED, *found}):
        try:
            technique = TECHNIQUES.find(name)()
            given = {word: _without_numbers(meant) for word, meant in technique.gives.items()}
            words = {
                word for result in results if result.technique == name for word in (*result.values, *result.limits)
            }
            found[name] = {**given, **_meant(words, technique.terms)}
        except Exception:  # noqa: S112  a name of no technique, or settings it must be given: the page does without
            continue
    return found


def _meant(words: Iterable[str], terms: Mapping[str, Term]) -> dict[str, Term]:
    """Of each of ``words`` its term; one that ends in a number has that of the name with ``n`` in its place."""
    places = {word: word if word in terms else re.sub(r"_\d+$", "_n", word) for word in words}
    return {word: terms[place] for word, place in places.items() if place in terms}


def _without_numbers(term: Term) -> Term:
    return replace(term, meaning="") if re.search(r"\d", term.meaning) else term


def doi(reference: str) -> str:
    """The address of a reference that is a DOI, else ''."""
    match = _DOI.fullmatch(reference.strip())
    return f"https://doi.org/{match[1]}" if match else ""


def verdicts(run: Run, anchors: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is tested, each with its counts by kind of number and a row a verdict, in the order of the claims.

    ``anchors`` are the places of the steps on the page.
    """
    return [
        {
            "tests": tested,
            "means": TESTED[tested],
            "counts": wording.counts(group),
            "kinds": wording.by_kind(group),
            "rows": [_verdict(verdict, anchors) for verdict in group],
        }
        for tested, group in wording.apart(run.verdicts).items()
    ]


def _verdict(verdict: Verdict, anchors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "symbol": wording.SYMBOLS[verdict.verdict],
        "printed": verdict.says or wording.found(verdict.printed),
        "found": wording.found(verdict.found),
        "steps": list(_steps_in(verdict, anchors)),
    }


def _names(step_name: str, value: str, verdict: Verdict) -> bool:
    return bool(re.search(rf"(?<![\w.\]]){re.escape(step_name)}\.{re.escape(value)}(?!\w)", verdict.about))


def _steps_in(verdict: Verdict, anchors: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The steps that the verdict's expression names, with their anchors; a family is told by its first member."""
    seen: set[str] = set()
    for name, anchor in anchors.items():
        family = name.partition("[")[0]
        if family not in seen and re.search(rf"(?<![\w.]){re.escape(family)}(?:\[[^\]]*\])?\.", verdict.about):
            seen.add(family)
            yield (family, anchor)


def step(outcome: Outcome, terms: Terms, verdicts: tuple[Verdict, ...] = ()) -> dict[str, Any]:
    """Heading, values, limits, doubts of a step; without a result only its error.

    Of very many values those that ``verdicts`` name stand first, the rest folded away.
    """
    result = outcome.result
    told: dict[str, Any] = {"outcome": outcome, "result": result, "member": "[" in outcome.name and result is not None}
    if result is None:
        return told
    words = terms.get(result.technique, {})
    told["source"] = source(result.source)
    told["badge"] = wording.VIRTUAL.get(result.source.kind, result.source.kind)
    told["kind_means"] = wording.KINDS.get(result.source.kind, "")
    rows = [
        {"name": name, "term": words.get(name), "value": wording.number(q), "sigma": wording.sigma(q)}
        for name, q in result.values.items()
    ]
    asked = {name for name in result.values if any(_names(outcome.name, name, verdict) for verdict in verdicts)}
    many = len(rows) > _MANY
    told["values"] = [row for row in rows if row["name"] in asked] if many else rows
    told["more_values"] = [row for row in rows if row["name"] not in asked] if many else []
    told["limits"] = [{"name": name, "term": words.get(name), "says": says} for name, says in limits(result)]
    told["correlations"] = list(_correlations(result))
    told["meanings"] = any(name in words for name in result.values)
    return told


def limits(result: Result) -> Iterator[tuple[str, str]]:
    """Each limit of a result, and each interval of a fit or forecast, with the name of its value."""
    for name, limit in result.limits.items():
        yield name, limit_text(limit)
    for name, reach in intervals.all_of(result):
        yield name, f"{replace(reach, unit=wording.unit(reach.unit))} ({100 * reach.level:.4g} % confidence)"


def limit_text(limit: Limit) -> str:
    """'below 2e-9 S/cm (95 % confidence)'."""
    return f"{limit.side} {wording.number(limit.bound)} ({100 * limit.level:.4g} % confidence)"


def _correlations(result: Result) -> Iterator[tuple[str, str, str]]:
    if result.covariance is None:
        return
    for one, other in combinations(result.covariance.names, 2):
        r = result.covariance.correlation(one, other)
        if abs(r) >= _STRONG:
            yield (one, other, f"{r:+.2f}".replace("-", "−"))


def paragraphs(text: str) -> list[str]:
    """``text`` cut at its empty lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def source(given: Source) -> dict[str, str]:
    """A source with the address of its DOI."""
    return {"kind": given.kind, "reference": given.reference, "place": given.place, "doi": doi(given.reference)}


def records(run: Run) -> list[dict[str, Any]]:
    """Each record that a step holds: its file or origin, its length, its doubts."""
    return [
        {
            "step": outcome.name,
            "role": role,
            "record": record,
            "rows": f"{len(record):,}",
            "source": source(record.source),
        }
        for outcome in run.outcomes.values()
        for role, record in outcome.records.items()
    ]


def samples(run: Run) -> list[dict[str, Any]]:
    """What is known of each sample, and of the cells that records were taken from, each thing once."""
    rows: list[dict[str, Any]] = []
    for outcome in run.outcomes.values():
        of_sample = _known(outcome.sample) if outcome.sample else []
        of_cell = [_row(outcome.name, "", "fact", name, f.quantity, f.source) for name, f in outcome.facts.items()]
        rows += [row for row in of_sample + of_cell if row not in rows]
    return rows


def _known(sample: Sample) -> list[dict[str, Any]]:
    parts = [("recipe", sample.recipe), ("state", sample.state)]
    stated = [_row(sample.name, sample.system, part, n, q, None) for part, given in parts for n, q in given.items()]
    facts = [_row(sample.name, sample.system, "fact", n, f.quantity, f.source) for n, f in sample.facts.items()]
    return stated + facts


def _row(whose: str, system: str, part: str, name: str, quantity: Quantity, origin: Source | None) -> dict[str, Any]:
    return {
        "sample": whose,
        "system": system,
        "part": part,
        "name": name,
        "value": wording.number(quantity),
        "sigma": wording.sigma(quantity),
        "source": source(origin) if origin else None,
    }
