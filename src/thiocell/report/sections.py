"""What each section of the page shows, as plain words for the template."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from thiocell.core.quantity import Quantity
from thiocell.core.result import Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.report import wording
from thiocell.report.recorded import Recorded, notes_of
from thiocell.studies import fitting, intervals, looking, rivals
from thiocell.studies.claim import TESTED, Verdict
from thiocell.studies.outcome import Outcome, Run

Terms = Mapping[str, Mapping[str, Term]]
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_MEANS: Mapping[str, Callable[[str], Term | None]] = {
    fitting.FIT: fitting.meaning,
    rivals.RIVALS: rivals.meaning,
    looking.INSIDE: looking.meaning,
}
_COUNTED = "properties"  # what a result is called that chemistry counted from a recipe
_MANY = 60  # assumed: longer tables of values are folded away
_ENOUGH = 4  # assumed: digits of a chi-square that anybody reads
_STRONG = 0.5  # assumed: weaker correlations are not worth a reader's time


def terms_of(run: Run) -> Terms:
    """The vocabulary of chemistry, and of each technique that ``run`` used where it can be had by its name alone.

    A technique is asked with its default settings, which need not be those of the study: a meaning in its ``gives``
    that names a number may tell of another current or temperature than was used, so it is left out. What its ``terms``
    say, where it has any, holds for all settings; words that depend on them are asked of its ``means``.
    """
    from thiocell.chemistry.vocabulary import term
    from thiocell.techniques import TECHNIQUES

    results = [outcome.result for outcome in run.outcomes.values() if outcome.result]
    counted = {name: term(name) for result in results if result.technique == _COUNTED for name in result.values}
    found: dict[str, Mapping[str, Term]] = {_COUNTED: counted} if counted else {}
    for name, means in _MEANS.items():
        words = {word for result in results if result.technique == name for word in (*result.values, *result.limits)}
        found |= {name: {word: meant for word in words if (meant := means(word)) is not None}} if words else {}
    for name in sorted({result.technique for result in results} - {_COUNTED, *found}):
        try:
            technique = TECHNIQUES.find(name)()
            given = {word: _without_numbers(meant) for word, meant in technique.gives.items()}
            words = {
                word for result in results if result.technique == name for word in (*result.values, *result.limits)
            }
            means = getattr(technique, "means", lambda _: None)
            more = {word: meant for word in words if (meant := means(word)) is not None}
            found[name] = {**given, **more, **_meant(words, technique.terms)}
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
            "rows": [
                _verdict(verdict, anchors) | {"again": before is not None and before.claim == verdict.claim}
                for before, verdict in zip((None, *group), group, strict=False)
            ],
        }
        for tested, group in wording.apart(run.verdicts).items()
    ]


def _verdict(verdict: Verdict, anchors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "symbol": wording.SYMBOLS[verdict.verdict],
        "printed": verdict.says or wording.found(verdict.printed),
        "found": " ".join(wording.found_of(verdict)).strip(),
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
    said: dict[str, list[str]] = {}
    for name, says in limits(result):
        said.setdefault(name, []).append(says)
    rows = [
        _value(name, q, words.get(name), result) | {"says": said.get(name, [])} for name, q in result.values.items()
    ]
    asked = {name for name in result.values if any(_names(outcome.name, name, verdict) for verdict in verdicts)}
    many = len(rows) > _MANY
    told["values"] = [row for row in rows if row["name"] in asked] if many else rows
    told["more_values"] = [row for row in rows if row["name"] not in asked] if many else []
    alone = {name: says for name, says in said.items() if name not in result.values}
    told["limits"] = [{"name": name, "term": words.get(name), "says": says} for name, says in alone.items()]
    told["correlations"] = sorted(_correlations(result), key=lambda pair: -abs(pair[2]))
    told["meanings"] = any(name in words for name in result.values)
    return told


def _value(name: str, quantity: Quantity, term: Term | None, result: Result) -> dict[str, Any]:
    """A row of the table of values; how well a fit does is no number with an error, nor worth six digits."""
    if result.technique in (fitting.FIT, rivals.RIVALS) and quantity.sigma == 0:
        return {"name": name, "term": term, "value": wording.number(quantity, _ENOUGH), "sigma": "–"}
    return {
        "name": name,
        "term": term,
        "value": wording.number_of(name, quantity),
        "sigma": wording.sigma_of(name, quantity, result),
    }


def limits(result: Result) -> Iterator[tuple[str, str]]:
    """Each limit of a result, and each interval of a fit or forecast, with the name of its value.

    An interval that is open to one side is a limit already.
    """
    reaches = intervals.all_of(result)
    for name, limit in result.limits.items():
        if name not in {word for word, _ in reaches}:
            yield name, limit_text(limit)
    for name, reach in reaches:
        yield name, wording.reach(reach)


def limit_text(limit: Limit) -> str:
    """'below 2e-9 S/cm (95 % confidence)'."""
    return f"{limit.side} {wording.number(limit.rounded)} ({100 * limit.level:.4g} % confidence)"


def _correlations(result: Result) -> Iterator[tuple[str, str, float]]:
    if result.covariance is None:
        return
    for one, other in combinations(result.covariance.names, 2):
        r = result.covariance.correlation(one, other)
        if abs(r) >= _STRONG:
            yield (one, other, r)


def told_once(steps: list[dict[str, Any]]) -> None:
    """Give each step the ``doubts`` that no step before it has, and by that step the ones it shares (``again``)."""
    first: dict[str, dict[str, Any]] = {}
    for step in steps:
        doubts = step["result"].doubts if step["result"] else ()
        step["doubts"] = [doubt for doubt in doubts if doubt not in first]
        again: dict[str, list[str]] = {}
        for doubt in doubts:
            if doubt in first:
                again.setdefault(first[doubt]["anchor"], []).append(doubt)
        step["again"] = list(again.items())
        first |= dict.fromkeys(step["doubts"], step)


def paragraphs(text: str) -> list[str]:
    """``text`` cut at its empty lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def source(given: Source) -> dict[str, str]:
    """A source with the address of its DOI."""
    return {"kind": given.kind, "reference": given.reference, "place": given.place, "doi": doi(given.reference)}


def recorded(given: Recorded, notes: Mapping[str, str]) -> dict[str, Any]:
    """What is said of records that no step analyses."""
    kind = given.first.source.kind
    return {
        "name": given.name,
        "verb": given.verb,
        "kind": given.first.kind,
        "members": len(given.members),
        "rows": f"{len(given.first):,}",
        "virtual": given.virtual,
        "badge": wording.VIRTUAL.get(kind, kind),
        "notes": notes,
        "doubts": tuple(dict.fromkeys(doubt for record in given.members.values() for doubt in record.doubts)),
        "source": source(given.first.source),
    }


def records(run: Run) -> list[dict[str, Any]]:
    """Each record that a step holds: its file or origin, its length, its notes and doubts."""
    return [
        {
            "step": outcome.name,
            "role": role,
            "record": record,
            "rows": f"{len(record):,}",
            "notes": "; ".join(f"{word}: {text}" for word, text in notes_of(record).items()),
            "source": source(record.source),
        }
        for outcome in run.outcomes.values()
        for role, record in outcome.records.items()
    ]


def samples(run: Run) -> list[dict[str, Any]]:
    """What is known of each sample, and of the cells that records were taken from, each thing once.

    What was counted of a sample stands with its step.
    """
    rows: list[dict[str, Any]] = []
    counted = _counted(run)
    for outcome in run.outcomes.values():
        of_sample = _known(outcome.sample, counted.get(outcome.sample.name, set())) if outcome.sample else []
        of_cell = [_row(outcome.name, "", "fact", name, f.quantity, f.source) for name, f in outcome.facts.items()]
        rows += [row for row in of_sample + of_cell if row not in rows]
    return rows


def _counted(run: Run) -> dict[str, set[str]]:
    """The names of the values that the steps of samples show, by sample."""
    steps = [outcome for outcome in run.outcomes.values() if outcome.verb == "sample"]
    return {step.sample.name: set(step.result.values) for step in steps if step.sample and step.result}


def _known(sample: Sample, counted: set[str]) -> list[dict[str, Any]]:
    parts = [("recipe", sample.recipe), ("state", sample.state)]
    stated = [_row(sample.name, sample.system, part, n, q, None) for part, given in parts for n, q in given.items()]
    facts = {n: f for n, f in sample.facts.items() if f.source.kind != "derived" or n not in counted}
    return stated + [_row(sample.name, sample.system, "fact", n, f.quantity, f.source) for n, f in facts.items()]


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
