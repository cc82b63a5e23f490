"""The values that a step is given, found; and those of them that a fit has found, as facts of the sample's cell."""

from __future__ import annotations

from collections.abc import Mapping

from thiocell.cell.facts import FACTS
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.studies.expression import Expression, split
from thiocell.studies.lookup import Found, evaluate
from thiocell.studies.outcome import Outcome


def found_of(values: Mapping[str, Quantity | Expression], outcomes: Mapping[str, Outcome]) -> dict[str, Found]:
    """What the values of a step come to."""
    return {
        word: evaluate(given, outcomes) if isinstance(given, Expression) else Found(given, "derived", False)
        for word, given in values.items()
    }


def with_fitted(
    sample: Sample, values: Mapping[str, Quantity | Expression], outcomes: Mapping[str, Outcome]
) -> tuple[Sample, tuple[str, ...]]:
    """The sample with those values as facts that a fit has found for its cell, and what is doubtful of them."""
    found = {word: each for word, each in found_of(values, outcomes).items() if each.kind == "fitted" and word in FACTS}
    if not found:
        return sample, ()
    place = ", ".join(sorted({split(name)[0] for w in found for name in _names(values[w])}))
    facts = {
        word: Fact(FACTS[word].term.check(word, each.quantity), Source("fitted", place=f"best fit of '{place}'"))
        for word, each in found.items()
    }
    held = f"{', '.join(found)} are those of the best fit of '{place}', held exact: what it leaves open is not in here"
    return sample.with_facts(facts), (held,)


def _names(given: Quantity | Expression) -> tuple[str, ...]:
    return given.names if isinstance(given, Expression) else ()
